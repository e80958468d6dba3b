"""The committee's world, made once for all processes of a run and copied for each test."""

from __future__ import annotations

import pickle
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from flask import Flask

from survey_app.clock import SetClock
from tests.application import application
from tests.committee_world import NOON, World, build_world
from tests.databases import alone, copy_database


def _app(database: Path, instance: Path) -> Flask:
    return application(f"sqlite:///{database}", instance, SetClock(NOON), LANGUAGE="en")


@pytest.fixture(scope="session")
def finished_world(migrated_file: Path, shared_folder: Path) -> tuple[World, Path]:
    """Made by the process that needs it first."""
    database, kept = shared_folder / "world.sqlite3", shared_folder / "world.pickle"
    with alone(kept):
        if not kept.exists():
            app = _app(copy_database(migrated_file, database), shared_folder)
            made = build_world(app)
            app.extensions["engine"].dispose()
            kept.write_bytes(pickle.dumps(replace(made, app=None)))
    return pickle.loads(kept.read_bytes()), database


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
