"""A member without an account reads the published result on the phone, large, in the dark and on paper."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from flask import Flask
from playwright.sync_api import Page, expect

from survey_app import create_app, services
from survey_app.clock import SetClock
from survey_app.extensions import db
from survey_app.models import Survey, Unit
from survey_app.services.publications import USUAL_PARTS, Chosen, SaidAndDone, change_publication, publish
from tests.committee_world import World, build_world
from tests.databases import copy_database
from tests.live_browser import DESK, accessibility_complaints

pytestmark = pytest.mark.browser

NARROWEST = {"width": 320, "height": 640}
NOON = datetime(2026, 12, 8, 12, tzinfo=UTC)

Visit = Callable[..., Page]


def _app(database: Path, folder: Path) -> Flask:
    return create_app(
        {
            "TESTING": True,
            "INSTANCE": str(folder),
            "DATABASE_URL": f"sqlite:///{database}",
            "SECRET_KEY": "for tests",
            "INSTALLATION_SECRET": bytes(range(32)),
            "RATELIMIT_ENABLED": False,
            "CLOCK": SetClock(NOON),
        }
    )


@pytest.fixture(scope="module")
def published(migrated_file: Path) -> Iterator[tuple[Path, str]]:
    """A database with a published result of branch A, and its address."""
    with TemporaryDirectory(prefix="public-") as name:
        folder = Path(name)
        database = copy_database(migrated_file, folder / "world.sqlite3")
        app = _app(database, folder)
        world = build_world(app)
        with app.app_context():
            address = _publish(world)
        app.extensions["engine"].dispose()
        yield database, address


def _publish(world: World) -> str:
    clock, by = world.app.config["CLOCK"], services.COMMAND_LINE
    unit = db.session.get_one(Unit, world.units["C1"])
    survey = db.session.get_one(Survey, world.surveys["sealed"])
    told = (SaidAndDone(str(world.actions["sealed"]), "提了意见，没有下文。", "建了台账，十日内答复。"),)
    made = change_publication(db.session, unit, survey, Chosen("谢谢大家。", USUAL_PARTS, told), by=by, clock=clock)
    publish(db.session, made, by=by, clock=clock)
    db.session.commit()
    return f"/p/{made.slug}"


@pytest.fixture
def app(published: tuple[Path, str], tmp_path: Path) -> Iterator[Flask]:
    app = _app(copy_database(published[0], tmp_path / "world.sqlite3"), tmp_path)
    yield app
    app.extensions["engine"].dispose()


@pytest.mark.parametrize("viewport", [NARROWEST, DESK], ids=["phone", "desk"])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_everybody_can_read_the_published_result(
    visit: Visit, published: tuple[Path, str], shoot: Callable[[Page, str], None], viewport: dict[str, int], scheme: str
):
    page = visit(published[1], viewport=viewport, color_scheme=scheme)
    expect(page.locator("#said-and-done")).to_contain_text("没有下文")
    assert accessibility_complaints(page) == []
    assert not page.evaluate("document.documentElement.scrollWidth > document.documentElement.clientWidth")
    assert page.context.cookies() == []
    shoot(page, f"public-{viewport['width']}-{scheme}")


def test_it_loads_one_style_sheet_and_nothing_from_elsewhere_and_needs_no_script(
    visit: Visit, published: tuple[Path, str]
):
    page = visit("/p/nowhere", java_script_enabled=False)
    loaded: list[str] = []
    page.on("request", lambda request: loaded.append(request.url))
    page.goto(published[1])
    expect(page.locator("#receipts a")).to_be_visible()
    paths = [url.partition("://")[2].partition("/")[2] for url in loaded if not url.startswith("data:")]
    assert len(paths) == 2
    assert paths[0] == published[1].removeprefix("/")
    assert paths[1].endswith("look.css")


def test_from_the_page_to_the_receipts_and_back_to_the_keyboard(visit: Visit, published: tuple[Path, str]):
    page = visit(published[1])
    link = page.locator("#receipts a")
    link.focus()
    with page.expect_navigation():
        page.keyboard.press("Enter")
    expect(page.locator("input[name=receipt]")).to_be_visible()


def test_printed_it_is_a_notice_with_everything_on_it(visit: Visit, published: tuple[Path, str]):
    page = visit(published[1])
    page.emulate_media(media="print")
    expect(page.locator("#objectives .big").first).to_be_visible()
    expect(page.locator("#receipts .btn")).to_be_hidden()
