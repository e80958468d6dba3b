"""The committee reads the annual result of the sample organisation in a real browser: phone, desk, dark, paper."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory
from uuid import UUID

import pytest
from flask import Flask
from playwright.sync_api import Page, expect
from sqlalchemy.orm import Session

from survey_app import create_app, demo
from survey_app.clock import SetClock
from survey_app.database import build_engine
from survey_app.models import UserRole
from tests.databases import copy_database
from tests.live_browser import DESK, PHONE, accessibility_complaints, press

pytestmark = pytest.mark.browser

NOON = datetime(2026, 12, 8, 12, tzinfo=UTC)
SECRET = bytes(range(32))

Visit = Callable[..., Page]
Shoot = Callable[[Page, str], None]


@dataclass(frozen=True)
class Sample:
    """The loaded sample organisation: its database, who may sign in, the last sealed survey, its units."""

    database: Path
    logins: dict[UserRole, tuple[str, str]]
    survey: UUID
    top: UUID


@pytest.fixture(scope="module")
def sample(migrated_file: Path) -> Iterator[Sample]:
    with TemporaryDirectory(prefix="sample-") as folder:
        database = copy_database(migrated_file, Path(folder) / "sample.sqlite3")
        engine = build_engine(f"sqlite:///{database}")
        with Session(engine) as session:
            facts = demo.load(session, clock=SetClock(NOON), secret=SECRET, rng=Random(11))
            session.commit()
            latest = max(facts.sealed, key=lambda survey: survey.year)
            yield Sample(
                database,
                {person.role: (person.login, facts.passwords[person.login]) for person in facts.people},
                latest.id,
                latest.unit_id,
            )
        engine.dispose()


@pytest.fixture
def app(sample: Sample, tmp_path: Path) -> Iterator[Flask]:
    """The application on a copy of the sample organisation."""
    app = create_app(
        {
            "TESTING": True,
            "INSTANCE": str(tmp_path / "instance"),
            "DATABASE_URL": f"sqlite:///{copy_database(sample.database, tmp_path / 'sample.sqlite3')}",
            "SECRET_KEY": "for tests",
            "INSTALLATION_SECRET": SECRET,
            "RATELIMIT_ENABLED": False,
            "CLOCK": SetClock(NOON),
        }
    )
    yield app
    app.extensions["engine"].dispose()


def sign_in(visit: Visit, sample: Sample, role: UserRole, path: str, **choices: object) -> Page:
    login, password = sample.logins[role]
    page = visit("/login", **choices)
    page.locator("input[name=login]").fill(login)
    page.locator("input[name=password]").fill(password)
    press(page.locator("main form button[type=submit]"))
    page.goto(path)
    return page


def top_result(sample: Sample) -> str:
    return f"/committee/results/{sample.survey}/{sample.top}"


def scrolls_sideways(page: Page) -> bool:
    return bool(page.evaluate("document.documentElement.scrollWidth > document.documentElement.clientWidth"))


@pytest.mark.parametrize(("viewport", "scheme"), [(PHONE, "light"), (DESK, "dark")], ids=["phone", "dark desk"])
def test_the_annual_result_can_be_read_by_everybody(visit: Visit, sample, shoot: Shoot, viewport, scheme):
    page = sign_in(visit, sample, UserRole.HIGHER_COMMITTEE, top_result(sample), viewport=viewport, color_scheme=scheme)
    expect(page.locator("h1")).to_have_count(1)
    assert accessibility_complaints(page) == []
    assert not scrolls_sideways(page)
    shoot(page, f"result-{viewport['width']}-{scheme}")


def test_a_phone_shows_the_narrow_charts_and_a_desk_the_wide_ones(visit: Visit, sample):
    page = sign_in(visit, sample, UserRole.HIGHER_COMMITTEE, top_result(sample))
    figures = page.locator("#returns figure svg:visible")
    expect(figures).to_have_count(1)
    assert figures.get_attribute("viewBox").startswith("0 0 296 ")
    page.set_viewport_size(DESK)
    assert page.locator("#returns figure svg:visible").get_attribute("viewBox").startswith("0 0 800 ")


def test_charts_follow_dark_mode_and_obey_the_content_policy(visit: Visit, sample):
    page = sign_in(visit, sample, UserRole.HIGHER_COMMITTEE, top_result(sample), color_scheme="dark")
    refused: list[str] = []
    page.on("console", lambda message: refused.append(message.text) if message.type == "error" else None)
    page.reload()
    text = page.locator("#items figure svg:visible text").first
    assert text.evaluate("node => getComputedStyle(node).fill") != "rgb(27, 36, 48)"
    assert refused == []


def test_from_the_list_to_the_result_to_a_branch_and_its_workbook(visit: Visit, sample, shoot: Shoot):
    page = sign_in(visit, sample, UserRole.HIGHER_COMMITTEE, "/committee/results/", viewport=DESK)
    assert accessibility_complaints(page) == []
    shoot(page, "results-1280")
    press(page.locator("main table a").first)
    press(page.locator("#units table a").first)
    expect(page.locator("#returns")).to_be_visible()
    with page.expect_download() as downloading:
        page.locator("a[href$='/export/workbook']").first.click()
    assert downloading.value.suggested_filename.endswith(".xlsx")


def test_a_secretary_reads_the_own_branch_on_the_phone(visit: Visit, sample, shoot: Shoot):
    page = sign_in(visit, sample, UserRole.SECRETARY, "/committee/results/")
    press(page.locator("main table a").first)
    expect(page.locator(".big")).to_have_text(re.compile(r"\d+/\d+|\d+\s*%"))
    assert not scrolls_sideways(page)
    assert accessibility_complaints(page) == []
    shoot(page, "branch-360")


def test_the_contents_lead_to_the_blocks_by_keyboard(visit: Visit, sample):
    page = sign_in(visit, sample, UserRole.HIGHER_COMMITTEE, top_result(sample), viewport=DESK)
    link = page.locator(".toc a:visible").nth(2)
    link.focus()
    page.keyboard.press("Enter")
    assert page.url.endswith(link.get_attribute("href") or "-")


def test_printed_it_shows_wide_charts_and_open_tables(visit: Visit, sample):
    page = sign_in(visit, sample, UserRole.HIGHER_COMMITTEE, top_result(sample), viewport=PHONE)
    page.emulate_media(media="print")
    assert page.locator("#returns figure svg:visible").get_attribute("viewBox").startswith("0 0 800 ")
    expect(page.locator(".toc")).to_be_hidden()
