"""A branch too small for figures of its own: it reads those in which its people are counted, and nothing more."""

from __future__ import annotations

import json

import pytest
from sqlalchemy import select

from survey_app import services
from survey_app.extensions import db
from survey_app.models import Eligibility, Unit, UserRole
from tests.committee_world import PASSWORD, World
from tests.page_checks import elements
from tests.visitor import Visitor


@pytest.fixture
def secretary(world: World) -> Visitor:
    """Of T: three members, counted together with others in the group of the committee above."""
    with world.app.app_context():
        services.create_user(
            db.session, login="small", name="退休党支部书记", password=PASSWORD,
            roles=[(UserRole.SECRETARY, db.session.get_one(Unit, world.units["T"]))], by=services.COMMAND_LINE,
            clock=world.app.config["CLOCK"],
        )  # fmt: skip
        db.session.commit()
    return world.as_user("small")


def result_of(world: World, code: str) -> str:
    return f"/committee/results/{world.surveys['sealed']}/{world.units[code]}"


def test_the_page_says_whose_result_stands_there_and_how_many_are_in_it(world: World, secretary: Visitor):
    said = secretary.text(result_of(world, "T"))
    assert "住建局退休党支部 is too small for figures of its own." in said
    assert "This is the result of 云汀区住建局机关党委" in said
    assert "It includes your branch and 2 others." in said  # A and B; the committee has nobody of its own


def test_a_unit_whose_number_nobody_gave_is_counted_as_empty(world: World, secretary: Visitor):
    with world.app.app_context():
        empty = select(Eligibility).filter_by(unit_id=world.units["C1"], year=2025, audience="member", people=0)
        for entry in db.session.scalars(empty):
            db.session.delete(entry)
        db.session.commit()
    assert "It includes your branch and 2 others." in secretary.text(result_of(world, "T"))


def test_a_unit_with_figures_of_its_own_is_not_told_so(world: World):
    assert "It includes your branch" not in world.as_user("branch secretary").text(result_of(world, "A"))


def test_figures_are_those_that_the_unit_above_reads_to_the_last_digit(world: World, secretary: Visitor):
    own = secretary.client.get(f"{result_of(world, 'T')}/export/json")
    above = world.as_user("secretary").client.get(f"{result_of(world, 'C1')}/export/json")
    assert own.status_code == above.status_code == 200
    blocks = ("roster", "items", "dimensions", "units", "groups", "comments")
    said, published = json.loads(own.data), json.loads(above.data)
    assert {block: said[block] for block in blocks} == {block: published[block] for block in blocks}


@pytest.mark.parametrize("code", ["A", "B", "C1", "W", "D"])
def test_nothing_of_a_neighbour_or_of_the_unit_above_opens_by_its_own_address(
    world: World, secretary: Visitor, code: str
):
    assert secretary.client.get(result_of(world, code)).status_code == 404
    assert secretary.client.get(f"/committee/plan/{world.units[code]}").status_code == 404


def test_its_plan_shows_its_own_actions(world: World, secretary: Visitor):
    new = f"/committee/plan/{world.units['T']}/new/{world.surveys['sealed']}"
    options = elements(secretary.page(new), "option")
    item = next(option.get("value") for option in options if option.get("value"))
    added = secretary.submit(
        new, item=item, title="上门谈心", measure="每月一次。", acceptance="85", owner="周一", due="2027-03-01"
    )
    assert added.status_code == 302, added.text
    said = secretary.text(f"/committee/plan/{world.units['T']}")
    assert "上门谈心" in said
    assert "意见答复台账" not in said
