"""Reporting groups: who answers under which address, so that nobody answers in too small a group.

A reporting group is the smallest unit with at least `threshold` eligible people; smaller units fold into their
parent. `plan_groups` is pure; opening a survey turns the plan into rows.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy.orm import Session

from survey_app.models import Survey, Unit
from survey_app.services.organisation import children_by_parent, eligible_in, existing, subtree


@dataclass(frozen=True, slots=True)
class PlannedGroup:
    """A unit under whose address people answer, and the smaller units whose people are counted there."""

    unit: Unit
    eligible: int
    folded: tuple[Unit, ...] = ()


@dataclass(slots=True)
class _Branch:
    """What a unit hands to its parent: the groups found so far, and people still without a group."""

    groups: list[PlannedGroup]
    people: int
    units: list[Unit]


def planned_groups(session: Session, survey: Survey) -> list[PlannedGroup]:
    """The reporting groups that opening a draft fixes, or would fix; units that have ended take no part."""
    tree = subtree(session, survey.unit)
    eligible = eligible_in(session, existing(tree), survey.year, survey.audience)
    return plan_groups(tree, children_by_parent(session), eligible, survey.threshold)


def plan_groups(
    tree: Sequence[Unit], children: Mapping[UUID | None, Sequence[Unit]], eligible: Mapping[UUID, int], threshold: int
) -> list[PlannedGroup]:
    """Fold the tree (parents before children, the first being the top) into groups, in the order of the tree.

    People left over in a unit, too few for a group of their own, take in the smallest neighbour below the same
    unit, so that subtraction cannot lay them open; where there is none they go up to the parent. If all
    people together are too few, they stand in one group of the top: whether to open at all is the caller's question.
    """
    branches: dict[UUID, _Branch] = {}
    for unit in reversed(tree):
        below = [branches.pop(child.id) for child in children.get(unit.id, ()) if child.id in branches]
        branches[unit.id] = _fold(unit, below, eligible.get(unit.id, 0), threshold)
    top = branches[tree[0].id]
    rest = [PlannedGroup(tree[0], top.people, _without(tree[0], top.units))] if top.people else []
    place = {unit.id: position for position, unit in enumerate(tree)}
    return sorted([*top.groups, *rest], key=lambda group: place[group.unit.id])


def _fold(unit: Unit, below: list[_Branch], own: int, threshold: int) -> _Branch:
    whole = [branch for branch in below if branch.groups]
    people = own + sum(branch.people for branch in below)
    units = [unit, *(folded for branch in below for folded in branch.units)]
    while 0 < people < threshold and whole:
        smallest = min(whole, key=_people_in_groups)
        whole.remove(smallest)
        people += _people_in_groups(smallest)
        units += [member for group in smallest.groups for member in (group.unit, *group.folded)]
    groups = [group for branch in whole for group in branch.groups]
    if people < threshold:
        return _Branch(groups, people, units if people else [])
    return _Branch([*groups, PlannedGroup(unit, people, _without(unit, units))], 0, [])


def _people_in_groups(branch: _Branch) -> int:
    return sum(group.eligible for group in branch.groups)


def _without(unit: Unit, units: Sequence[Unit]) -> tuple[Unit, ...]:
    return tuple(member for member in units if member is not unit)
