"""The committee's world, made once and copied for each test."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from flask import Flask
from jinja2 import FileSystemBytecodeCache

from survey_app import create_app
from survey_app.clock import SetClock
from tests.committee_world import NOON, World, build_world
from tests.databases import copy_database


def _app(database: Path, instance: Path) -> Flask:
    app = create_app(
        {
            "TESTING": True,
            "INSTANCE": str(instance),
            "DATABASE_URL": f"sqlite:///{database}",
            "SECRET_KEY": "for tests",
            "INSTALLATION_SECRET": bytes(range(32)),
            "RATELIMIT_ENABLED": False,
            "CLOCK": SetClock(NOON),
            "LANGUAGE": "en",
        }
    )
    app.jinja_env.bytecode_cache = TEMPLATES
    return app


COMPILED = TemporaryDirectory(prefix="compiled-templates-")
TEMPLATES = FileSystemBytecodeCache(COMPILED.name)


@pytest.fixture(scope="session")
def finished_world(migrated_file: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[World, Path]:
    folder = tmp_path_factory.mktemp("world")
    database = copy_database(migrated_file, folder / "world.sqlite3")
    app = _app(database, folder)
    world = build_world(app)
    app.extensions["engine"].dispose()
    return world, database


@pytest.fixture
def world(finished_world: tuple[World, Path], tmp_path: Path) -> Iterator[World]:
    """Six roles and surveys in every state; pages speak English unless asked otherwise."""
    made, database = finished_world
    app = _app(copy_database(database, tmp_path / "world.sqlite3"), tmp_path)
    yield replace(made, app=app)
    app.extensions["engine"].dispose()


@pytest.fixture
def empty_app(migrated_file: Path, tmp_path: Path) -> Iterator[Flask]:
    """A fresh installation in which nobody can sign in yet."""
    app = _app(copy_database(migrated_file, tmp_path / "empty.sqlite3"), tmp_path)
    yield app
    app.extensions["engine"].dispose()


@pytest.fixture(scope="session")
def speaking_app(migrated_file: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Flask]:
    """For words and documents, of which none looks into the database: shared by all."""
    folder = tmp_path_factory.mktemp("speaking")
    app = _app(copy_database(migrated_file, folder / "empty.sqlite3"), folder)
    yield app
    app.extensions["engine"].dispose()
