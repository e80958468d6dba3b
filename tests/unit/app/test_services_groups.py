"""Reporting groups: nobody answers in a group below the threshold, and folding cannot be undone by subtraction."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from survey_app.errors import TooFewEligible
from survey_app.models import Unit, UnitLevel
from survey_app.services import open_survey
from survey_app.services.audit import COMMAND_LINE
from survey_app.services.grouping import plan_groups


@pytest.fixture
def opened(session, clock, district, secret):
    return open_survey(session, district.draft(), by=COMMAND_LINE, clock=clock, secret=secret).survey


def test_each_unit_with_enough_people_answers_by_itself(opened):
    assert {group.unit.code: group.eligible for group in opened.groups} == {
        "organs": 18,
        "education": 24,
        "enterprises": 12,
        "waterworks": 20,
    }


def test_three_people_fold_into_their_parent_together_with_its_smallest_branch(opened):
    organs = next(group for group in opened.groups if group.unit.code == "organs")
    assert sorted(organs.folded_units) == ["archive", "finance"]


def test_every_eligible_person_has_a_place_and_a_code(session, clock, district, secret):
    opened = open_survey(session, district.draft(), by=COMMAND_LINE, clock=clock, secret=secret)
    assert sum(group.eligible for group in opened.survey.groups) == 74
    assert {group.slug: group.issued for group in opened.survey.groups} == {
        slug: len(codes) for slug, codes in opened.codes.items()
    }
    assert len({code for codes in opened.codes.values() for code in codes}) == 74


def test_a_branch_of_three_by_itself_cannot_be_surveyed(session, clock, district, secret):
    with pytest.raises(TooFewEligible) as refusal:
        open_survey(session, district.draft("archive"), by=COMMAND_LINE, clock=clock, secret=secret)
    assert "3 people" in str(refusal.value)


def test_a_lower_threshold_leaves_more_units_to_themselves(session, clock, district, secret):
    district.set_eligible(2026, archive=6)
    survey = district.draft(threshold=5)
    open_survey(session, survey, by=COMMAND_LINE, clock=clock, secret=secret)
    assert {group.unit.code for group in survey.groups} == {
        "education", "finance", "archive", "enterprises", "waterworks",
    }  # fmt: skip


@st.composite
def trees(draw):
    """A random tree of units, each with its own number of people."""
    parents = [None, *(draw(st.integers(0, number)) for number in range(draw(st.integers(0, 12))))]
    units: list[Unit] = []
    for number, parent in enumerate(parents):
        above = None if parent is None else units[parent]
        units.append(
            Unit(code=f"u{number}", name=f"Unit {number}", level=UnitLevel.BRANCH, parent_id=above and above.id)
        )
    children: dict = {}
    for unit in units:
        children.setdefault(unit.parent_id, []).append(unit)
    ordered, waiting = [], [units[0]]
    while waiting:
        ordered.append(waiting.pop())
        waiting.extend(reversed(children.get(ordered[-1].id, ())))
    return ordered, children, {unit.id: draw(st.integers(0, 25)) for unit in units}


@settings(max_examples=60)
@given(trees())
def test_whatever_the_tree_everybody_is_in_one_group_and_no_group_is_small(tree):
    units, children, eligible = tree
    groups = plan_groups(units, children, eligible, 10)
    members = [unit.id for group in groups for unit in (group.unit, *group.folded)]
    assert len(members) == len(set(members))
    assert sum(group.eligible for group in groups) == sum(eligible.values())
    for group in groups:
        assert group.eligible == sum(eligible[unit.id] for unit in (group.unit, *group.folded))
        assert group.eligible >= 10 or len(groups) == 1
    assert {unit for unit, people in eligible.items() if people} <= set(members)
