"""Published questionnaires: taken in from files, owned by units, compared with their earlier versions, given out."""

from __future__ import annotations

import io
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from flask import Flask

from instruments import catalogue
from instruments.exporters.xlsform import write_xlsform
from instruments.json_form import write_json
from instruments.loader import load
from survey_app import services
from survey_app.clock import SetClock
from survey_app.extensions import db
from survey_app.models import InstrumentVersion, QuestionnaireDraft, Unit
from tests.application import application
from tests.committee_world import World, build_world
from tests.databases import copy_database
from tests.page_checks import elements, parsed, text_of
from tests.unit.app.test_committee_pages import errors_on

TAKE_IN = "/committee/questionnaires/new"
SOURCE = catalogue.read_text("activity-before").replace("code: activity-before", "code: our-activity", 1)


@pytest.fixture(scope="module")
def ready(migrated_file: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[World, Path]:
    """The world before any result, made once and copied for each test."""
    folder = tmp_path_factory.mktemp("questionnaires")
    database = copy_database(migrated_file, folder / "ready.sqlite3")
    app = application(f"sqlite:///{database}", folder, SetClock(datetime(2026, 11, 2, 9, tzinfo=UTC)))
    made = build_world(app, with_results=False)
    app.extensions["engine"].dispose()
    return made, database


@pytest.fixture
def sqlite_url(ready: tuple[World, Path], tmp_path: Path) -> str:
    return f"sqlite:///{copy_database(ready[1], tmp_path / 'test.sqlite3')}"


@pytest.fixture
def world(ready: tuple[World, Path], app: Flask) -> World:
    return replace(ready[0], app=app)


def publish(world: World, who: str, source: str, unit: str = ""):
    typed = {"unit": str(world.units[unit])} if unit else {}
    return world.as_user(who).submit(TAKE_IN, source=source, publishes="yes", **typed)


def sha_of(response) -> str:
    return response.location.rsplit("/", 1)[1]


def drafts(world: World) -> list[str]:
    """Of those begun in the story."""
    with world.app.app_context():
        here = set(world.drafts.values())
        return [draft.source for draft in db.session.query(QuestionnaireDraft) if draft.id not in here]


def test_a_changed_questionnaire_is_a_new_version_that_says_what_is_different(world: World):
    first = sha_of(publish(world, "secretary", SOURCE))
    changed = SOURCE.replace("minutes: 2", "minutes: 3", 1)
    second = sha_of(publish(world, "secretary", changed))
    assert first != second
    secretary = world.as_user("secretary")
    assert f"/since/{first}" in secretary.get(f"/committee/questionnaires/{second}").text
    rows = elements(secretary.page(f"/committee/questionnaires/{second}/since/{first}"), "tbody")
    told = text_of(next(rows))
    assert "3" in told
    assert "2" in told
    other = world.versions["member"]
    assert secretary.get(f"/committee/questionnaires/{second}/since/{other}").status_code == 404


def test_nobody_below_publishes_a_version_of_what_is_asked_of_all(world: World):
    publish(world, "secretary", SOURCE)
    refused = publish(world, "branch secretary", SOURCE.replace("minutes: 2", "minutes: 3", 1))
    assert refused.status_code == 422
    assert "our-activity" in " ".join(errors_on(refused.text))
    ready = publish(world, "secretary", catalogue.read_text("activity-before").replace("minutes: 2", "minutes: 3", 1))
    assert ready.status_code == 422, "what came with the service is taken over by the unit at the top only"
    taken_over = catalogue.read_text("activity-before").replace("minutes: 2", "minutes: 3", 1)
    assert publish(world, "top", taken_over, "W").status_code == 302


def test_a_branch_s_questionnaire_is_its_own_and_a_higher_one_is_read_below(world: World):
    own = sha_of(publish(world, "branch secretary", SOURCE))
    above = sha_of(publish(world, "secretary", SOURCE.replace("our-activity", "their-activity", 1)))
    stranger, branch = world.as_user("stranger"), world.as_user("branch secretary")
    for sha256 in (own, above):
        for page in ("", f"/since/{sha256}", "/file/yaml"):
            assert stranger.get(f"/committee/questionnaires/{sha256}{page}").status_code == 404
    assert branch.get(f"/committee/questionnaires/{above}").status_code == 200
    assert world.as_user("secretary").get(f"/committee/questionnaires/{own}").status_code == 200
    assert own not in stranger.get("/committee/questionnaires").text


def test_an_xlsform_becomes_a_draft_with_the_same_content(world: World):
    instrument = load(SOURCE)
    content = write_xlsform(instrument).content
    taken = world.as_user("secretary").submit(TAKE_IN, file=(io.BytesIO(content), "form.xlsx"))
    assert taken.status_code == 302
    assert "/drafts/" in taken.location
    assert load(drafts(world)[0]) == instrument


def test_what_an_xlsform_has_and_we_have_not_stands_at_the_top_of_the_draft(world: World):
    taken = world.as_user("secretary").submit(TAKE_IN, file=(foreign_form(), "theirs.xlsx"))
    assert taken.status_code == 302
    assert taken.location.endswith("/text")
    source = drafts(world)[0]
    assert source.startswith("# ")
    assert "geopoint" in source.partition("schema:")[0]
    assert world.as_user("secretary").get(taken.location).status_code == 200


def test_a_file_that_is_no_workbook_though_it_begins_like_one_is_refused(world: World):
    refused = world.as_user("secretary").submit(TAKE_IN, file=(io.BytesIO(b"PK\x03\x04 and then nothing"), "x.xlsx"))
    assert refused.status_code == 422
    assert drafts(world) == []


def test_json_is_taken_in_as_yaml_is(world: World):
    taken = publish(world, "secretary", write_json(load(SOURCE)))
    with world.app.app_context():
        version = db.session.get_one(InstrumentVersion, sha_of(taken))
        assert services.instrument_of(version) == load(SOURCE)
        assert version.unit is db.session.get_one(Unit, world.units["C1"])


@pytest.mark.parametrize(
    ("name", "beginning"), [("pdf", b"%PDF"), ("word", b"PK"), ("yaml", b""), ("json", b"{"), ("xlsform", b"PK")]
)
def test_a_questionnaire_is_given_out_as_a_file(world: World, name, beginning):
    response = world.as_user("committee_member").get(
        f"/committee/questionnaires/{world.versions['member']}/file/{name}"
    )
    assert response.status_code == 200
    assert response.data.startswith(beginning)
    assert "attachment" in response.headers["Content-Disposition"]


def test_who_makes_no_questionnaires_sees_no_way_to(world: World):
    member = world.as_user("committee_member")
    assert TAKE_IN not in member.get("/committee/questionnaires").text
    assert member.get(TAKE_IN).status_code == 403
    page = parsed(member.get(f"/committee/questionnaires/{world.versions['member']}").text)
    assert not any("drafts/new" in (a.get("href") or "") for a in elements(page, "a"))


def foreign_form() -> io.BytesIO:
    from xlsxwriter import Workbook

    stream = io.BytesIO()
    book = Workbook(stream)
    sheets = {
        "survey": [
            ("type", "name", "label"),
            ("select_one yn", "again", "Come again?"),
            ("geopoint", "place", "Where are you?"),
        ],
        "choices": [("list_name", "name", "label"), ("yn", "yes", "Yes"), ("yn", "no", "No")],
        "settings": [("form_title", "form_id"), ("Theirs", "theirs")],
    }
    for title, rows in sheets.items():
        sheet = book.add_worksheet(title)
        for number, row in enumerate(rows):
            sheet.write_row(number, 0, row)
    book.close()
    stream.seek(0)
    return stream
