"""The pages of local questions: a branch adds its own to a draft from above, and reads what was answered to them."""

from __future__ import annotations

from datetime import timedelta
from random import Random

import pytest
from flask import Flask

from instruments import catalogue
from survey_app import services
from survey_app.extensions import db
from survey_app.models import LocalModule, Survey, Unit
from tests.answering import answer_all, count_and_seal
from tests.committee_world import World, answers_of, build_world, make_survey
from tests.page_checks import check_page
from tests.unit.app.test_committee_pages import errors_on
from tests.unit.app.test_local_modules import LOCAL


@pytest.fixture
def world(app: Flask) -> World:
    """C1 prepares a survey that takes local questions; branch A has written some."""
    world = build_world(app, with_results=False)
    with app.app_context():
        by, clock = services.COMMAND_LINE, app.config["CLOCK"]
        source = catalogue.read_text("member-satisfaction").replace(
            "audience: member", "audience: member\nlocal_items: 3", 1
        )
        common = services.publish_instrument(db.session, source, by=by, clock=clock)
        branch = db.session.get_one(Unit, world.units["A"])
        local = services.publish_instrument(db.session, LOCAL, unit=branch, by=by, clock=clock)
        draft = make_survey(world, "C1", year=2026, title="共同的测评")
        draft.instrument = common
        db.session.commit()
        world.surveys["common"] = draft.id
        world.versions["local"] = local.sha256
    return world


def page_of(world: World) -> str:
    return f"/committee/surveys/{world.surveys['common']}/local"


def add(world: World, who: str = "branch secretary", unit: str = "A"):
    page = page_of(world)
    return world.as_user(who).submit(page, to=page, unit=str(world.units[unit]), version=world.versions["local"])


def modules(world: World) -> list[str]:
    with world.app.app_context():
        survey = db.session.get_one(Survey, world.surveys["common"])
        return [module.unit.code for module in services.modules_of(db.session, survey)]


def test_a_branch_finds_the_survey_from_above_and_adds_its_questions(world: World):
    secretary = world.as_user("branch secretary")
    listed = secretary.get("/committee/surveys").text
    assert "共同的测评" in listed
    assert page_of(world) in listed
    check_page(secretary.get(page_of(world)).text)
    assert add(world).status_code == 302
    assert modules(world) == ["A"]
    above = world.as_user("secretary").text(f"/committee/surveys/{world.surveys['common']}")
    assert "本支部的问题" in above
    opening = world.as_user("secretary").text(f"/committee/surveys/{world.surveys['common']}/open")
    assert "本支部的问题" in opening


def test_the_branch_takes_them_out_again_and_nobody_else_below_can(world: World):
    add(world)
    remove = f"{page_of(world)}/{world.units['A']}/remove"
    secretary = world.as_user("branch secretary")
    assert secretary.submit(page_of(world), to=remove).status_code == 302
    assert modules(world) == []


def test_a_second_time_is_refused_beside_the_field(world: World):
    add(world)
    refused = add(world, who="secretary", unit="A")
    assert refused.status_code == 422
    assert len(errors_on(refused.text)) == 1


def test_units_and_questionnaires_of_others_are_not_offered(world: World):
    assert world.as_user("stranger").get(page_of(world)).status_code == 404
    assert world.as_user("committee_member").get(page_of(world)).status_code == 403
    offered = world.as_user("branch secretary").get(page_of(world)).text
    assert str(world.units["A"]) in offered
    assert str(world.units["B"]) not in offered
    refused = add(world, unit="B")
    assert refused.status_code == 422
    assert modules(world) == []


def test_the_result_stands_apart_from_the_common_one(world: World):
    add(world)
    with world.app.app_context():
        secret, clock, by = world.app.config["INSTALLATION_SECRET"], world.app.config["CLOCK"], services.COMMAND_LINE
        survey = db.session.get_one(Survey, world.surveys["common"])
        opened = services.open_survey(db.session, survey, by=by, clock=clock, secret=secret)
        rng = Random(5)
        for group in survey.groups:
            asked = services.asked_of(db.session, survey, group)
            sheets = [answers_of(asked, rng) for _ in range(12)]
            answer_all(db.session, opened, group.unit.code, sheets, secret=secret)
        services.close_survey(db.session, survey, by=by, clock=clock)
        clock.moment += timedelta(hours=1)
        count_and_seal(db.session, survey, opened.passphrases, clock=clock, secret=secret, rng=rng)
        db.session.commit()
        assert db.session.get_one(LocalModule, (survey.id, world.units["A"])).unit.code == "A"
    secretary, branch = world.as_user("secretary"), world.as_user("branch secretary")
    common = f"/committee/results/{world.surveys['common']}/{world.units['A']}"
    own = f"{page_of(world)}/{world.units['A']}/result/{world.units['A']}"
    assert own in branch.get(common).text
    assert "食堂" not in branch.text(common).replace("本支部的问题", "")
    shown = branch.get(own).text
    check_page(shown)
    assert "您对食堂满意吗" in shown
    assert "组织生活" not in shown
    assert secretary.get(own).status_code == 200
    assert world.as_user("stranger").get(own).status_code == 404
    workbook = branch.get(f"{own}/export/workbook")
    assert workbook.status_code == 200
    assert workbook.data.startswith(b"PK")
