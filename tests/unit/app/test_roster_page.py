"""The list of names through the browser: sent, counted by group, taken for personal slips, deleted."""

from __future__ import annotations

import io

import pytest

from survey_app import services
from survey_app.extensions import db
from survey_app.models import AccessMode, Survey
from survey_app.services.roster import roster_of
from tests.committee_world import World, make_survey
from tests.page_checks import check_page, elements, parsed, text_of
from tests.visitor import Visitor

NAMES = "单位编号,姓名,邮箱\nA,欧阳若水,\nA,司徒远,s@example.cn\n住建局退休党支部,上官平,\n".encode("gb18030")


@pytest.fixture
def survey_id(world: World):
    """An open survey with personal slips."""
    with world.app.app_context():
        survey = make_survey(world, "C1", year=2026, title="记名纸条测评", access_mode=AccessMode.PERSONAL)
        secret, clock = world.app.config["INSTALLATION_SECRET"], world.app.config["CLOCK"]
        services.open_survey(db.session, survey, by=services.COMMAND_LINE, clock=clock, secret=secret)
        db.session.commit()
        return survey.id


def send(visitor: Visitor, address: str, data: bytes):
    token = next(e.get("value") for e in elements(visitor.page(address), "input") if e.get("name") == "csrf_token")
    fields = {"csrf_token": token, "file": (io.BytesIO(data), "names.csv")}
    response = visitor.client.post(address, data=fields, content_type="multipart/form-data")
    if response.status_code != 302:
        check_page(response.text)
    return response


def rows_of(html: str) -> list[list[str]]:
    return [[text_of(cell) for cell in elements(row, "th", "td")] for row in elements(parsed(html), "tr")][1:]


def names_in(world: World, survey_id: object) -> list[str]:
    with world.app.app_context():
        return [person.name for person in roster_of(db.session, db.session.get_one(Survey, survey_id))]


def test_names_are_counted_by_group_and_stand_on_the_page_of_the_slips_only(world: World, survey_id):
    visitor, address = world.as_user("secretary"), f"/committee/surveys/{survey_id}/roster"
    assert "No names have been stored." in visitor.text(address)
    assert send(visitor, address, NAMES).status_code == 302
    page = visitor.get(address).text
    assert rows_of(page) == [["云汀区住建局机关党委", "15", "1", "0"], ["住建局第一党支部", "14", "2", "1"]]
    assert "欧阳若水" not in page
    with world.app.app_context():
        slug = next(g.slug for g in db.session.get_one(Survey, survey_id).groups if g.unit.code == "A")
    slips = f"/committee/surveys/{survey_id}/personal-slips/{slug}"
    typed = next(elements(visitor.page(slips), "textarea"))
    assert (typed.text or "").split() == ["司徒远", "欧阳若水"]
    made = visitor.submit(slips)
    assert made.status_code == 200
    assert "2 slips" in text_of(parsed(made.text))


def test_faults_are_listed_by_row_and_the_list_that_was_there_stays(world: World, survey_id):
    visitor, address = world.as_user("secretary"), f"/committee/surveys/{survey_id}/roster"
    send(visitor, address, NAMES)
    refused = send(visitor, address, "unit,name\nD,某人\nA,\n".encode())
    assert refused.status_code == 422
    assert rows_of(refused.text)[:2] == [
        ["2", "", "There is no unit “D” in this survey."],
        ["3", "", "The name is missing."],
    ]
    assert len(names_in(world, survey_id)) == 3


def test_the_list_is_deleted_after_a_page_that_explains(world: World, survey_id):
    visitor, address = world.as_user("secretary"), f"/committee/surveys/{survey_id}/roster"
    send(visitor, address, NAMES)
    assert "erased for good" in visitor.text(f"{address}/delete")
    assert visitor.submit(f"{address}/delete").status_code == 302
    assert names_in(world, survey_id) == []


def test_a_file_without_the_token_of_the_page_is_not_taken(world: World, survey_id):
    visitor, address = world.as_user("secretary"), f"/committee/surveys/{survey_id}/roster"
    data = {"csrf_token": "forged", "file": (io.BytesIO(NAMES), "names.csv")}
    assert visitor.client.post(address, data=data, content_type="multipart/form-data").status_code == 422
    assert names_in(world, survey_id) == []
