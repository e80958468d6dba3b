"""Units of a class beside each other: places with ties, the places they could have, grades."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from math import floor

from survey_app.assessment.marking import AssessmentSheet
from survey_app.assessment.scheme import Scheme


@dataclass(frozen=True, slots=True)
class Standing:
    """Place, ``could_be`` and grade are None of a sheet without any points."""

    unit: str
    unit_class: str
    points: Decimal | None
    place: int | None
    out_of_units: int
    """Units of the class that have a place."""
    tied_with: tuple[str, ...]
    could_be: tuple[int, int] | None
    """Best and worst place that the ranges of points leave possible."""
    grade: str | None
    grade_could_be: tuple[str, str] | None
    """Best and worst."""
    grade_is_certain: bool


def rank(sheets: Mapping[str, AssessmentSheet], scheme: Scheme) -> tuple[Standing, ...]:
    """Class by class in the order of the scheme, best first, ties in the order of unit codes.

    Units with the same points share a place, and the places after them stay empty (1, 2, 2, 4). The best place that is
    possible counts the units whose lower end lies above the own upper end, the worst those whose upper end lies above
    the own lower end: every range may be met at any point, all independently.
    """
    found: list[Standing] = []
    for unit_class in scheme.classes:
        members = {unit: sheet for unit, sheet in sorted(sheets.items()) if sheet.unit_class == unit_class.code}
        field = Field.of(
            Span(unit, sheet.rescaled_total, sheet.low, sheet.high, sheet.out_of)
            for unit, sheet in members.items()
            if sheet.rescaled_total is not None
        )
        standings = [_standing(span, field, scheme, unit_class.code) for span in field.spans]
        found += sorted(standings, key=lambda standing: (standing.place or 0, standing.unit))
        found += [
            _without_place(unit, unit_class.code, len(field.spans))
            for unit, sheet in members.items()
            if sheet.rescaled_total is None
        ]
    return tuple(found)


@dataclass(frozen=True, slots=True)
class Span:
    """A unit's points and between which they may lie."""

    unit: str
    points: Decimal
    low: Decimal
    high: Decimal
    out_of: Decimal

    @property
    def is_certain(self) -> bool:
        return self.low == self.high


@dataclass(frozen=True, slots=True)
class Field:
    """All units of a class, sorted once so that a thousand of them are compared at once."""

    spans: tuple[Span, ...]
    points: Sequence[Decimal]
    lows: Sequence[Decimal]
    highs: Sequence[Decimal]
    certain: Mapping[Decimal, int]
    """Points -> how many units have them for certain."""
    tied: Mapping[Decimal, Sequence[str]]

    @classmethod
    def of(cls, spans: Iterable[Span]) -> Field:
        found = tuple(spans)
        tied: dict[Decimal, list[str]] = defaultdict(list)
        for span in found:
            tied[span.points].append(span.unit)
        return cls(
            found,
            sorted(span.points for span in found),
            sorted(span.low for span in found),
            sorted(span.high for span in found),
            Counter(span.low for span in found if span.is_certain),
            tied,
        )


def _standing(own: Span, field: Field, scheme: Scheme, unit_class: str) -> Standing:
    units = len(field.spans)
    place = 1 + units - bisect_right(field.points, own.points)
    tied = tuple(unit for unit in field.tied[own.points] if unit != own.unit)
    surely_above = units - bisect_right(field.lows, own.high)
    surely_tied = field.certain[own.low] - 1 if own.is_certain else 0
    maybe_above = units - bisect_right(field.highs, own.low) - (not own.is_certain)
    not_below = units - bisect_left(field.highs, own.low) - 1
    best_grade = _grade(scheme, own.high, own.out_of, 1 + surely_above + surely_tied, units)
    worst_grade = _grade(scheme, own.low, own.out_of, 1 + not_below, units)
    return Standing(
        unit=own.unit,
        unit_class=unit_class,
        points=own.points,
        place=place,
        out_of_units=units,
        tied_with=tied,
        could_be=(1 + surely_above, 1 + maybe_above),
        grade=_grade(scheme, own.points, own.out_of, place + len(tied), units),
        grade_could_be=(best_grade, worst_grade),
        grade_is_certain=best_grade == worst_grade,
    )


def _grade(scheme: Scheme, points: Decimal, out_of: Decimal, last_place: int, units: int) -> str:
    """The first grade whose points are reached and whose share of units holds everybody down to that place.

    Units with the same points get the same grade: where a share would part them, all get the next one.
    """
    share = Fraction(points) / Fraction(out_of)
    return next(
        grade.code
        for grade in scheme.grades
        if share >= grade.at_least and (grade.at_most is None or last_place <= max(1, floor(grade.at_most * units)))
    )


def _without_place(unit: str, unit_class: str, units: int) -> Standing:
    return Standing(unit, unit_class, None, None, units, (), None, None, None, grade_is_certain=False)
