"""The assessment scheme of a committee's year: set as long as no result of the year can be known, then locked.

Locking is `assessment_lock`, what is found on site `assessment_marks`, what points follow from `assessment_facts`.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload

from survey_app.assessment.figures import figure_names, out_of_reach
from survey_app.assessment.loader import SchemeError, load_scheme, scheme_hash
from survey_app.assessment.scheme import CheckPoint, Scheme, UnitClass, class_of
from survey_app.clock import Clock
from survey_app.models import AssessmentScheme, Unit
from survey_app.services.assessment_lock import AssessmentRefused, held_scheme, scheme_of, surveys_in_reach
from survey_app.services.audit import Actor, record
from survey_app.services.organisation import ancestors
from survey_app.services.questionnaires import instrument_of
from survey_app.services.shelf import Shelf
from survey_app.services.unit_tree import AnyUnit, Place, unit_tree

LOADED: Shelf[Scheme] = Shelf(32)
"""By source."""


@dataclass(frozen=True, slots=True)
class Assessed:
    """A unit that a scheme assesses, and the class it is ranked in."""

    place: Place
    unit_class: UnitClass


def schemes_over(session: Session, unit: Unit, year: int) -> list[AssessmentScheme]:
    """The schemes of a year that assess a unit, the nearest committee's first."""
    path = [above.id for above in (unit, *ancestors(unit))]
    found = session.scalars(
        select(AssessmentScheme)
        .where(AssessmentScheme.unit_id.in_(path), AssessmentScheme.year == year)
        .options(joinedload(AssessmentScheme.unit))
    )
    return sorted(
        (scheme for scheme in found if class_in(scheme, unit) is not None),
        key=lambda scheme: path.index(scheme.unit_id),
    )


def rules_in(scheme: AssessmentScheme) -> Scheme:
    """The scheme as data. Raises: AssessmentRefused for a stored text that is none."""
    try:
        return LOADED.get(scheme.source, lambda: load_scheme(scheme.source))
    except SchemeError as problem:
        raise AssessmentRefused("unreadable", year=scheme.year) from problem


def class_in(scheme: AssessmentScheme, unit: AnyUnit) -> UnitClass | None:
    """The class in which a scheme assesses a unit below its committee. The committee itself only if it is named."""
    return _class_by(rules_in(scheme), scheme, unit)


def _class_by(rules: Scheme, scheme: AssessmentScheme, unit: AnyUnit) -> UnitClass | None:
    found = class_of(rules, unit.code, unit.kind.value, unit.level.value)
    if found is None or (unit.id == scheme.unit_id and unit.code not in found.units):
        return None
    return found


def assessed_units(session: Session, scheme: AssessmentScheme) -> list[Assessed]:
    """Units below the committee that have a class, in the order of the tree; those that ended by then are left out."""
    last_day, rules = date(scheme.year, 12, 31), rules_in(scheme)
    return [
        Assessed(place, unit_class)
        for place in unit_tree(session).below(scheme.unit_id)
        if (place.ended_on is None or place.ended_on > last_day)
        and (unit_class := _class_by(rules, scheme, place)) is not None
    ]


def set_scheme(
    session: Session, unit: Unit, year: int, source: str, *, by: Actor, clock: Clock
) -> AssessmentScheme:  # fmt: skip
    """Set or replace the scheme of a year as long as it is not locked. Raises: SchemeError, AssessmentRefused."""
    require_settable(session, unit, year)
    load_scheme(source)
    digest = scheme_hash(source)
    scheme = session.scalar(held_scheme(unit, year))
    if scheme is None:
        scheme = AssessmentScheme(year=year, source=source, sha256=digest, changed_at=clock.now(), unit=unit)
        session.add(scheme)
    elif scheme.locked_at is not None:
        raise AssessmentRefused("locked", year=year)
    scheme.source, scheme.sha256, scheme.changed_at = source, digest, clock.now()
    record(session, by, "assessment.set", scheme, clock=clock, unit=unit, year=year, sha256=digest)
    return scheme


def remove_scheme(session: Session, scheme: AssessmentScheme, *, by: Actor, clock: Clock) -> None:
    """Give a scheme up before it is locked. Raises: AssessmentRefused."""
    require_settable(session, scheme.unit, scheme.year)
    record(session, by, "assessment.remove", scheme, clock=clock, unit=scheme.unit, year=scheme.year)
    session.delete(scheme)


def out_of_sight(session: Session, scheme: AssessmentScheme) -> tuple[CheckPoint, ...]:
    """Check points whose figure no annual survey of the year asks, drafts among them; none while there is no survey."""
    surveys = surveys_in_reach(session, scheme.unit, scheme.year, with_drafts=True)
    if not surveys:
        return ()
    return out_of_reach(rules_in(scheme), frozenset().union(*(figure_names(instrument_of(one)) for one in surveys)))


def require_settable(session: Session, unit: Unit, year: int) -> None:
    """Raises: AssessmentRefused where the scheme is locked, or a survey of the year has opened without one."""
    scheme = scheme_of(session, unit, year)
    if scheme is not None and scheme.locked_at is not None:
        raise AssessmentRefused("locked", year=year)
    if surveys_in_reach(session, unit, year):
        raise AssessmentRefused("opened", year=year)
