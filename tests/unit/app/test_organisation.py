"""The tree of units: changing, moving, ordering and ending them, and taking over the numbers of an earlier year."""

from __future__ import annotations

from datetime import date

import pytest
from sqlalchemy import select

from survey_app import services
from survey_app.errors import UnitEnded, UnitMisplaced
from survey_app.models import AuditEntry, Unit, UnitKind, UnitLevel
from survey_app.services import COMMAND_LINE
from survey_app.services.organisation import (
    change_unit,
    copy_eligible,
    end_unit,
    existing,
    latest_year_with_numbers,
    may_stand_below,
    place_unit,
    revive_unit,
)
from tests.district import REFERENCE_DAY, YEAR

DAY = date(2026, 9, 30)


@pytest.fixture
def change(session, clock):
    """Changes some details of a unit and leaves the others."""

    def changed(unit: Unit, **details) -> None:
        as_before = {"name": unit.name, "level": unit.level, "kind": unit.kind, "parent": unit.parent}
        change_unit(session, unit, **{**as_before, **details}, by=COMMAND_LINE, clock=clock)

    return changed


@pytest.fixture
def end(session, clock):
    return lambda unit: end_unit(session, unit, on=DAY, by=COMMAND_LINE, clock=clock)


def codes_below(session, unit: Unit) -> list[str]:
    return [child.code for child in services.subtree(session, unit) if child.parent_id == unit.id]


def test_a_branch_that_moves_becomes_the_last_below_its_new_committee(session, district, change):
    change(district["education"], parent=district["enterprises"], name="教育党支部")
    assert codes_below(session, district["enterprises"]) == ["waterworks", "education"]
    entry = session.scalars(select(AuditEntry).where(AuditEntry.act == "unit.change")).one()
    assert entry.detail["parent"] == "organs → enterprises"
    assert entry.detail["name"].endswith("→ 教育党支部")
    assert "kind" not in entry.detail


def test_nothing_is_written_down_where_nothing_changes(session, district, change):
    change(district["education"])
    assert session.scalars(select(AuditEntry).where(AuditEntry.act == "unit.change")).all() == []


@pytest.mark.parametrize("below", ["organs", "education"])
def test_a_unit_never_comes_to_stand_below_itself(district, change, below):
    with pytest.raises(UnitMisplaced, match="itself"):
        change(district["organs"], parent=district[below])


def test_levels_go_down_the_tree(session, district, change, clock):
    with pytest.raises(UnitMisplaced, match="higher level"):
        change(district["finance"], parent=district["education"])
    with pytest.raises(UnitMisplaced, match="below this one"):
        change(district["organs"], level=UnitLevel.GROUP)
    with pytest.raises(UnitMisplaced):
        services.create_unit(
            session, code="n", name="N", level=UnitLevel.WORKS_COMMITTEE, kind=UnitKind.ORGAN,
            parent=district["organs"], by=COMMAND_LINE, clock=clock,
        )  # fmt: skip
    change(district["organs"], parent=district["enterprises"])  # a committee below a committee
    assert district["organs"].parent is district["enterprises"]


@pytest.mark.parametrize(
    ("level", "above", "may"),
    [
        ("committee", "works_committee", True),
        ("committee", "committee", True),
        ("branch", "committee", True),
        ("group", "branch", True),
        ("branch", "branch", False),
        ("works_committee", "works_committee", False),
        ("general_branch", "branch", False),
    ],
)
def test_which_level_stands_below_which(level, above, may):
    assert may_stand_below(UnitLevel(level), UnitLevel(above)) is may


def test_units_of_the_sample_do_not_mix_with_others(session, district, change):
    district["education"].is_sample = True
    session.flush()
    with pytest.raises(UnitMisplaced, match="sample"):
        change(district["education"], parent=district["enterprises"])


@pytest.mark.parametrize(
    ("after", "order"),
    [
        (None, ["archive", "education", "finance"]),
        ("education", ["education", "archive", "finance"]),
        ("finance", ["education", "finance", "archive"]),
    ],
)
def test_a_unit_is_put_where_it_belongs_among_its_siblings(session, district, clock, after, order):
    place_unit(session, district["archive"], after=after and district[after], by=COMMAND_LINE, clock=clock)
    assert codes_below(session, district["organs"]) == order
    with pytest.raises(ValueError, match="siblings"):
        place_unit(session, district["archive"], after=district["waterworks"], by=COMMAND_LINE, clock=clock)


def test_a_unit_that_has_ended_takes_no_part_in_new_groups_and_no_new_numbers(session, district, end, clock):
    draft = district.draft("organs")
    assert [plan.eligible for plan in services.planned_groups(session, draft)] == [18, 24]
    end(district["education"])
    (group,) = services.planned_groups(session, draft)
    assert (group.unit.code, group.eligible) == ("organs", 18)
    assert {unit.code for unit in group.folded} == {"finance", "archive"}
    with pytest.raises(UnitEnded):
        services.set_eligible(
            session, district["education"], year=2027, audience="member", people=9, reference_day=REFERENCE_DAY,
            by=COMMAND_LINE, clock=clock,
        )  # fmt: skip
    assert district["education"] not in existing(district.units.values())
    revive_unit(session, district["education"], by=COMMAND_LINE, clock=clock)
    assert len(services.planned_groups(session, draft)) == 2


def test_what_stands_in_the_way_of_an_end_is_said(session, district, end, clock):
    with pytest.raises(UnitEnded, match="still exist"):
        end(district["organs"])
    draft = district.draft("education")
    with pytest.raises(UnitEnded, match="not finished"):
        end(district["education"])
    services.discard_survey(session, draft, by=COMMAND_LINE, clock=clock)
    end(district["education"])
    with pytest.raises(UnitEnded):
        end(district["education"])


def test_an_end_is_taken_back_from_the_top_downwards(session, district, end, change, clock):
    end(district["waterworks"])
    end(district["enterprises"])
    with pytest.raises(UnitEnded, match="take that back first"):
        revive_unit(session, district["waterworks"], by=COMMAND_LINE, clock=clock)
    with pytest.raises(UnitEnded):
        change(district["education"], parent=district["enterprises"])
    revive_unit(session, district["enterprises"], by=COMMAND_LINE, clock=clock)
    revive_unit(session, district["waterworks"], by=COMMAND_LINE, clock=clock)
    assert district["waterworks"].ended_on is None


def test_the_numbers_of_last_year_are_taken_over_where_there_are_none(session, district, end, clock):
    units = list(district.units.values())
    services.set_eligible(
        session, district["finance"], year=YEAR + 1, audience="member", people=99, reference_day=REFERENCE_DAY,
        by=COMMAND_LINE, clock=clock,
    )  # fmt: skip
    end(district["archive"])
    assert latest_year_with_numbers(session, before=YEAR + 1, units=units) == YEAR
    taken = {"source": YEAR, "year": YEAR + 1, "reference_day": date(2027, 10, 31), "by": COMMAND_LINE, "clock": clock}
    before = services.eligible_in(session, units, YEAR, "member")
    assert copy_eligible(session, units, **taken) == len(before) - 2
    now = services.eligible_in(session, units, YEAR + 1, "member")
    assert now[district["education"].id] == 24
    assert now[district["finance"].id] == 99
    assert district["archive"].id not in now
    assert copy_eligible(session, units, **taken) == 0
    entry = session.scalars(select(AuditEntry).where(AuditEntry.act == "unit.copy_eligible")).one()
    assert (entry.detail["source"], entry.detail["year"]) == (YEAR, YEAR + 1)
