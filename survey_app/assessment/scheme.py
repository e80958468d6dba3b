"""An assessment scheme: classes of units, categories, check points with their rules, grades. Data only.

Points are decimals as written, thresholds exact fractions: 90 % is 9/10 and nothing near it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from enum import StrEnum
from fractions import Fraction

from instruments.model import Translation

KINDS = ("organ", "enterprise", "village", "community", "social_organisation", "university")
LEVELS = ("works_committee", "committee", "general_branch", "branch", "group")
"""Kinds and levels of units, as the organisation knows them."""


class StepName(StrEnum):
    """Steps of a unit's year whose day an assessment can look at."""

    OBJECTIVES = "objectives"
    """The year's objectives are fixed."""
    OPENING = "opening"
    """The annual survey is opened."""
    SEALING = "sealing"
    """Its result is sealed."""
    REVIEW = "review"
    """The minutes of the feedback meeting are signed."""
    PUBLICATION = "publication"
    """The result is made known."""
    PLAN = "plan"
    """The improvement plan is decided: every action has an owner and a day."""


@dataclass(frozen=True, slots=True)
class Steps:
    """The points of the highest threshold that is met; none below the lowest."""

    thresholds: tuple[tuple[Fraction, Decimal], ...]
    """(share, points), highest share first, both falling."""


@dataclass(frozen=True, slots=True)
class Linear:
    """No points up to ``start``, all of them from ``end`` on, in proportion between."""

    start: Fraction
    end: Fraction


@dataclass(frozen=True, slots=True)
class YesNo:
    """All points or none: an objective reached, a step done, or evidence seen on site."""


@dataclass(frozen=True, slots=True)
class Late:
    """All points in time; ``off`` less for each begun ``every_days`` days after the due day, ``at_most`` so many."""

    off: Decimal
    every_days: int = 1
    at_most: Decimal | None = None
    """None: down to nothing."""


@dataclass(frozen=True, slots=True)
class OnSite:
    """Points given on site, with evidence and two signatures."""


Rule = Steps | Linear | YesNo | Late | OnSite


@dataclass(frozen=True, slots=True)
class CheckPoint:
    code: str
    title: Translation
    points: Decimal
    rule: Rule
    figure: str | None = None
    """Name as in `figures`: "member.item:lead1", "staff.overall", "plan.actions_done"."""
    step: StepName | None = None
    instead: tuple[str, ...] = ()
    """Figures to look at where no survey of the year gives ``figure``; the first that is there."""

    @property
    def figures(self) -> tuple[str, ...]:
        return () if self.figure is None else (self.figure, *self.instead)

    @property
    def is_on_site(self) -> bool:
        """Its points come from a mark that somebody enters."""
        return self.figure is None and self.step is None


@dataclass(frozen=True, slots=True)
class Category:
    code: str
    title: Translation
    check_points: tuple[CheckPoint, ...]


@dataclass(frozen=True, slots=True)
class UnitClass:
    """Units that are assessed and ranked together. An empty set of kinds or levels means any."""

    code: str
    title: Translation
    kinds: frozenset[str] = frozenset()
    levels: frozenset[str] = frozenset()
    units: frozenset[str] = frozenset()
    """Codes of units that belong here whatever they are."""
    without: frozenset[str] = frozenset()
    """Check points that do not apply."""
    points: Mapping[str, Decimal] = field(default_factory=dict)
    """Check point -> its points in this class, where they differ; its rule is scaled in proportion."""


@dataclass(frozen=True, slots=True)
class Grade:
    """Best first in a scheme; the last one takes everybody."""

    code: str
    title: Translation
    at_least: Fraction
    """Share of the full points."""
    at_most: Fraction | None = None
    """Share of the units of a class that may get it or a better one, one unit at least; None: all."""


@dataclass(frozen=True, slots=True)
class Scheme:
    code: str
    title: Translation
    year_note: Translation | None
    classes: tuple[UnitClass, ...]
    categories: tuple[Category, ...]
    grades: tuple[Grade, ...]

    @property
    def check_points(self) -> tuple[CheckPoint, ...]:
        return tuple(point for category in self.categories for point in category.check_points)

    def check_point(self, code: str) -> CheckPoint | None:
        return next((point for point in self.check_points if point.code == code), None)

    def class_named(self, code: str) -> UnitClass | None:
        return next((found for found in self.classes if found.code == code), None)

    def of_class(self, unit_class: UnitClass) -> Iterator[tuple[Category, CheckPoint, Decimal]]:
        """What applies to a class: category, check point and its full points there."""
        for category in self.categories:
            for point in category.check_points:
                if point.code not in unit_class.without:
                    yield category, point, unit_class.points.get(point.code, point.points)

    def full_points(self, unit_class: UnitClass) -> Decimal:
        return sum((points for _, _, points in self.of_class(unit_class)), Decimal())


def class_of(scheme: Scheme, unit_code: str, kind: str, level: str) -> UnitClass | None:
    """The class that names the unit, else the first of its kind and level; None: the scheme does not assess it.

    A class that names units and neither kinds nor levels takes no others.
    """
    named = (found for found in scheme.classes if unit_code in found.units)
    fitting = (found for found in scheme.classes if _takes(found, kind, level))
    return next(named, None) or next(fitting, None)


def _takes(unit_class: UnitClass, kind: str, level: str) -> bool:
    if unit_class.units and not unit_class.kinds and not unit_class.levels:
        return False
    return (not unit_class.kinds or kind in unit_class.kinds) and (not unit_class.levels or level in unit_class.levels)
