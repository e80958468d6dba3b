"""Reporting groups: who answers under which address, so that nobody answers in too small a group.

A reporting group is the smallest unit with at least `threshold` eligible people; smaller units fold into their
parent. `plan_groups` is pure; opening a survey turns the plan into rows.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from survey_app.models import Eligibility, Survey, Unit
from survey_app.services.organisation import children_by_parent, eligible_in, existing, subtree
from survey_app.services.unit_tree import AnyUnit, Place, unit_tree

Some = TypeVar("Some", bound=AnyUnit)


@dataclass(frozen=True, slots=True)
class Planned(Generic[Some]):
    """A unit under whose address people answer, and the smaller units whose people are counted there."""

    unit: Some
    eligible: int
    folded: tuple[Some, ...] = ()


PlannedGroup = Planned[Unit]
PlannedPlace = Planned[Place]


@dataclass(slots=True)
class _Branch(Generic[Some]):
    """What a unit hands to its parent: the groups found so far, and people still without a group."""

    groups: list[Planned[Some]]
    people: int
    units: list[Some]


def planned_groups(session: Session, survey: Survey) -> list[PlannedGroup]:
    """The reporting groups that opening a draft fixes, or would fix; units that have ended take no part."""
    tree = subtree(session, survey.unit)
    eligible = eligible_in(session, existing(tree), survey.year, survey.audience)
    return plan_groups(tree, children_by_parent(session), eligible, survey.threshold)


def foreseen_groups(session: Session, survey: Survey) -> list[PlannedPlace]:
    """The same, to be told on a page: places of the kept tree and one query instead of a thousand units."""
    tree = unit_tree(session)
    below = tree.below(survey.unit_id)
    numbers = select(Eligibility.unit_id, Eligibility.people).where(
        Eligibility.year == survey.year, Eligibility.audience == survey.audience
    )
    taking_part = {place.id for place in existing(below)}
    eligible = {row.unit_id: row.people for row in session.execute(numbers) if row.unit_id in taking_part}
    children: dict[UUID | None, tuple[Place, ...]] = {place.id: tree.children(place.id) for place in below}
    return plan_groups(below, children, eligible, survey.threshold)


def plan_groups(
    tree: Sequence[Some], children: Mapping[UUID | None, Sequence[Some]], eligible: Mapping[UUID, int], threshold: int
) -> list[Planned[Some]]:
    """Fold the tree (parents before children, the first being the top) into groups, in the order of the tree.

    People left over in a unit, too few for a group of their own, take in the smallest neighbour below the same
    unit, so that subtraction cannot lay them open; where there is none they go up to the parent. If all
    people together are too few, they stand in one group of the top: whether to open at all is the caller's question.
    """
    branches: dict[UUID, _Branch[Some]] = {}
    for unit in reversed(tree):
        below = [branches.pop(child.id) for child in children.get(unit.id, ()) if child.id in branches]
        branches[unit.id] = _fold(unit, below, eligible.get(unit.id, 0), threshold)
    top = branches[tree[0].id]
    rest = [Planned(tree[0], top.people, _without(tree[0], top.units))] if top.people else []
    place = {unit.id: position for position, unit in enumerate(tree)}
    return sorted([*top.groups, *rest], key=lambda group: place[group.unit.id])


def _fold(unit: Some, below: list[_Branch[Some]], own: int, threshold: int) -> _Branch[Some]:
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
    return _Branch([*groups, Planned(unit, people, _without(unit, units))], 0, [])


def _people_in_groups(branch: _Branch[Some]) -> int:
    return sum(group.eligible for group in branch.groups)


def _without(unit: Some, units: Sequence[Some]) -> tuple[Some, ...]:
    return tuple(member for member in units if member is not unit)
