"""Bringing an earlier year in through the browser: from the file to the result page, and back with what is wrong."""

from __future__ import annotations

import io
from pathlib import Path

import pytest
from sqlalchemy import func, select

from survey_app import services
from survey_app.extensions import db
from survey_app.models import Survey
from tests.committee_world import World
from tests.page_checks import check_page, elements, parsed, text_of
from tests.visitor import Visitor

DATA = Path(__file__).parents[2] / "data"
ADDRESS = "/committee/history/import"


@pytest.fixture
def mobi(world: World) -> str:
    """The questionnaire of the mobile phone survey, published; its hash."""
    with world.app.app_context():
        source = (DATA / "mobi.yaml").read_text(encoding="utf-8")
        version = services.publish_instrument(
            db.session, source, by=services.COMMAND_LINE, clock=world.app.config["CLOCK"]
        )
        db.session.commit()
        return version.sha256


def unit_of(visitor: Visitor) -> str:
    """The first unit offered."""
    choice = next(e for e in elements(visitor.page(ADDRESS), "select") if e.get("name") == "unit")
    return next(elements(choice, "option")).get("value") or ""


def send(visitor: Visitor, data: bytes, version: str, **typed: str):
    page = visitor.page(ADDRESS)
    token = next(e.get("value") for e in elements(page, "input") if e.get("name") == "csrf_token")
    fields = {"csrf_token": token, "version": version, "unit": unit_of(visitor), "year": "2024", **typed}
    upload = {"file": (io.BytesIO(data), "answers.csv")}
    return visitor.client.post(ADDRESS, data={**fields, **upload}, content_type="multipart/form-data")


def surveys(world: World) -> int:
    with world.app.app_context():
        return db.session.scalar(select(func.count()).select_from(Survey)) or 0


def test_a_real_file_becomes_a_result_page_with_a_workbook(world: World, mobi: str):
    committee = world.as_user("higher_committee")
    sent = send(committee, (DATA / "mobi.csv").read_bytes(), mobi, title="2024 年手机用户测评")
    assert sent.status_code == 302
    result = committee.get(sent.location)
    assert result.status_code == 200
    assert "250" in result.text
    check_page(result.text)
    book = committee.get(f"{sent.location}/export/workbook")
    assert (book.status_code, book.data[:2]) == (200, b"PK")


def test_an_unknown_number_of_eligible_people_is_not_made_up(world: World, mobi: str):
    committee = world.as_user("higher_committee")
    send(committee, (DATA / "mobi.csv").read_bytes(), mobi, title="2024 年手机用户测评")
    with world.app.app_context():
        survey = db.session.scalars(select(Survey).where(Survey.title == "2024 年手机用户测评")).one()
        assert [group.eligible for group in survey.groups] == [None]
        address = f"/committee/surveys/{survey.id}"
    page = committee.page(address)
    assert "people eligible: not known" in text_of(page)
    row = next(row for body in elements(page, "tbody") for row in elements(body, "tr"))
    assert [text_of(cell) for cell in elements(row, "td")] == ["not known", "250 people"]
    listed = next(row for row in elements(committee.page("/committee/surveys"), "tr") if "2024 年手机" in text_of(row))
    assert "250 people" in text_of(listed)
    stated = send(committee, (DATA / "mobi.csv").read_bytes(), mobi, year="2023", eligible="400")
    assert stated.status_code == 302
    assert "400 eligible" in committee.text(stated.location.replace("results", "surveys").rpartition("/")[0])


def test_every_fault_is_listed_with_its_place_and_what_was_typed_stays(world: World, mobi: str):
    committee = world.as_user("higher_committee")
    before = surveys(world)
    lines = (DATA / "mobi.csv").read_text(encoding="utf-8").splitlines()
    broken = "\n".join([lines[0], lines[1].replace(",7,", ",77,", 1), *lines[2:]]).encode()
    page = send(committee, broken, mobi, title="typed with care")
    assert page.status_code == 422
    check_page(page.text)
    rows = [[text_of(cell) for cell in elements(row, "th", "td")] for row in elements(parsed(page.text), "tr")]
    assert ["2", "CUEX1", "77 is not one of the answers (1 to 10)."] in rows
    assert 'value="typed with care"' in page.text
    assert surveys(world) == before


def test_a_file_larger_than_other_pages_allow_is_taken(world: World, mobi: str):
    committee = world.as_user("higher_committee")
    lines = (DATA / "mobi.csv").read_text(encoding="utf-8").splitlines()
    large = "\n".join([lines[0], *lines[1:] * 24]).encode()
    assert len(large) > 256 * 1024
    assert send(committee, large, mobi).status_code == 302


def test_nothing_is_taken_without_the_token_of_the_form(world: World, mobi: str):
    committee = world.as_user("higher_committee")
    before = surveys(world)
    assert send(committee, (DATA / "mobi.csv").read_bytes(), mobi, csrf_token="forged").status_code == 422
    assert surveys(world) == before


def test_an_empty_file_and_none_at_all_are_told(world: World, mobi: str):
    committee = world.as_user("higher_committee")
    assert "The file is empty." in send(committee, b" ", mobi).text
    missing = committee.submit(ADDRESS, version=mobi)
    assert missing.status_code == 422
    assert "Please choose a file." in missing.text


@pytest.mark.parametrize("role", ["assessor", "scrutineer", "committee_member"])
def test_only_those_who_run_surveys_import_years(world: World, role: str):
    assert world.as_user(role).get(ADDRESS).status_code == 403
