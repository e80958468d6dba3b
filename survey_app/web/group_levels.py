"""How far into the tree of its groups a page of a survey looks.

A handful of groups stand together; of many a page shows one level of the tree, with what is below as a sum and a link.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby
from uuid import UUID

from flask import abort, request, url_for

from survey_app.extensions import db
from survey_app.models import Survey
from survey_app.services.unit_tree import AnyUnit, UnitTree, unit_tree

TOGETHER = 50
"""So many groups are shown one by one, whatever unit they are below."""
MOST_ON_A_PAGE = 100


@dataclass(frozen=True, slots=True)
class Limb:
    """One line: a group, or a unit with several groups at and below it."""

    unit: AnyUnit
    groups: tuple[int, ...]
    """Their places among all that were given."""
    address: str
    """Where the groups are shown; empty for a single one."""


@dataclass(frozen=True, slots=True)
class Step:
    """A place to go to; without address where one is."""

    words: str
    address: str


@dataclass(frozen=True, slots=True)
class Level:
    limbs: tuple[Limb, ...]
    path: tuple[Step, ...] = ()
    """From the unit of the survey down to the one looked below; empty where all groups are shown."""
    pages: tuple[Step, ...] = ()
    """Empty where there is but one."""


def level_shown(survey: Survey, units: Sequence[AnyUnit]) -> Level:
    """What the address asks for, of the groups of these units. Gives 404 for a unit that is not below the survey's."""
    tree = unit_tree(db.session)
    asked = request.args.get("under", type=UUID)
    under = asked or survey.unit_id
    if under not in tree.ids_below(survey.unit_id):
        abort(404)
    limbs = _limbs(units, under, survey.unit_id, tree)
    while len(limbs) == 1 and limbs[0].address:  # nothing to choose from
        under = limbs[0].unit.id
        limbs = _limbs(units, under, survey.unit_id, tree)
    above = [place for place in reversed(tree.above(under)) if place.id in tree.ids_below(survey.unit_id)]
    path = [*(Step(place.name, _address(under=place.id)) for place in above), Step(tree[under].name, "")]
    page, pages = asked_page(len(limbs))
    return Level(
        limbs=tuple(limbs[(page - 1) * MOST_ON_A_PAGE : page * MOST_ON_A_PAGE]),
        path=tuple(path) if asked or len(path) > 1 else (),
        pages=steps_of(page, pages, under=under),
    )


def asked_page(lines: int) -> tuple[int, int]:
    """The page asked for and how many there are."""
    pages = max(1, -(-lines // MOST_ON_A_PAGE))
    return min(max(1, request.args.get("page", 1, type=int)), pages), pages


def steps_of(page: int, pages: int, **asked: object) -> tuple[Step, ...]:
    """The pages of a list as links."""
    if pages == 1:
        return ()
    return tuple(
        Step(str(number), "" if number == page else _address(**asked, page=number)) for number in range(1, pages + 1)
    )


def _limbs(units: Sequence[AnyUnit], under: UUID, top: UUID, tree: UnitTree) -> list[Limb]:
    """In the order of the groups. A unit that has been moved away since stands at the top."""
    below = tree.ids_below(under)
    shown = [place for place, unit in enumerate(units) if under == top or unit.id in below]
    if len(shown) <= TOGETHER:
        return [Limb(units[place], (place,), "") for place in shown]
    branches: dict[UUID | None, UUID | None] = {
        under: None
    }  # unit above groups -> branch of it below the one asked for
    of_branch: defaultdict[UUID, list[int]] = defaultdict(list)
    for parent_id, siblings in groupby(shown, lambda place: units[place].parent_id):
        if parent_id not in branches:
            branches[parent_id] = _branch(parent_id, under, tree)
        for place in siblings:
            of_branch[branches[parent_id] or units[place].id].append(place)
    pattern = _address(under=under)
    return [
        Limb(units[places[0]], tuple(places), "")
        if len(places) == 1
        else Limb(tree[branch], tuple(places), pattern.replace(str(under), str(branch)))
        for branch, places in of_branch.items()
    ]


def _branch(unit_id: UUID | None, under: UUID, tree: UnitTree) -> UUID | None:
    """The unit directly below another at or above this one; None where this one is not below that other."""
    if unit_id is None:
        return None
    path = [unit_id, *(place.id for place in tree.above(unit_id))]
    return path[path.index(under) - 1] if under in path else None


def _address(**asked: object) -> str:
    """This page with something else asked of it; the list is what it begins with."""
    return url_for(request.endpoint or "", **(request.view_args or {}), **asked, _anchor="list")  # type: ignore[arg-type]
