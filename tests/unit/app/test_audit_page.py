"""The record of acts on a page: who did what, where it is seen, and whether anybody laid hands on it."""

from __future__ import annotations

import pytest
from sqlalchemy import text

from survey_app.extensions import db
from survey_app.services.audit_trail import head_of
from tests.committee_world import World
from tests.page_checks import elements, text_of

PAGE = "/committee/audit"


def rows(page) -> list[str]:
    return [text_of(row) for row in elements(page, "tr") if any(th.get("scope") == "row" for th in elements(row, "th"))]


def test_acts_are_looked_for_by_kind_person_and_year(world: World):
    visitor = world.as_user("top")
    closed = rows(visitor.page(f"{PAGE}?act=survey.close"))
    assert closed
    assert all("Survey was closed" in row for row in closed)
    mine = rows(visitor.page(f"{PAGE}?person=TOP"))
    assert mine
    assert all(" top " in row for row in mine)
    both = rows(visitor.page(f"{PAGE}?act=survey.close&year=2025"))
    assert 0 < len(both) < len(closed)
    assert "No such act has been recorded." in visitor.text(f"{PAGE}?person=nobody")


@pytest.mark.parametrize("asked", ["act=no.such", "year=99999", "year=x", "before=-1", "person=%00"])
def test_what_makes_no_sense_is_as_if_it_were_not_asked(world: World, asked: str):
    assert world.as_user("top").get(f"{PAGE}?{asked}").status_code == 200


def test_earlier_acts_are_of_the_same_kind(world: World):
    page = world.as_user("top").page(f"{PAGE}?person=command+line")
    older = next(a.get("href") for a in elements(page, "a") if text_of(a) == "Earlier acts")
    assert all("command line" in row for row in rows(world.as_user("top").page(older)))


def test_an_act_leads_to_the_survey_it_was_about_for_whoever_may_open_it(world: World):
    survey = f"/committee/surveys/{world.surveys['closed']}"
    assert survey in world.as_user("top").client.get(f"{PAGE}?act=survey.close").text
    seen_by_assessor = world.as_user("assessor").client.get(f"{PAGE}?act=survey.close").text
    assert "住建局第二党支部职工测评" in seen_by_assessor
    assert ("水务局" in seen_by_assessor) is False


def test_the_page_says_that_the_record_fits_and_prints_the_line_to_be_kept(world: World):
    said = world.as_user("top").text(PAGE)
    with world.app.app_context():
        assert str(head_of(db.session)) in said
    assert "the record ends where it should" in said


@pytest.mark.parametrize(
    "statement",
    [
        "update audit_entry set actor = 'somebody' where number = (select max(number) - 3 from audit_entry)",
        "delete from audit_entry where number = (select max(number) - 3 from audit_entry)",
        "update audit_head set number = number + 1",
    ],
)
def test_the_page_says_when_somebody_laid_hands_on_what_it_shows(world: World, statement: str):
    visitor = world.as_user("top")
    with world.app.app_context():
        for name in db.session.scalars(
            text("select name from sqlite_master where tbl_name = 'audit_entry' and type = 'trigger'")
        ).all():
            db.session.execute(text(f"drop trigger {name}"))
        db.session.execute(text(statement))
        db.session.commit()
    assert "The record is not as it was written" in visitor.text(PAGE)
