"""From a locked scheme to the sheets of units: figures of sealed results, days of steps, signed marks, then points.

Figures of a sealed result do not change, so they are kept by what they follow from; reckoning those of a unit for the
first time takes about half a second, which is why the ranking of many units asks for a few at a time.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from instruments.model import Audience
from survey_app.assessment.figures import FigureValue, Missing, Source, figures_of, origin_of
from survey_app.assessment.marking import AssessmentSheet, SiteFact, assess
from survey_app.errors import NothingToReport
from survey_app.models import AssessmentScheme, AuditEntry, Dataset, SiteMark, SiteMarkKind, State, Survey, Unit
from survey_app.services.assessment import Assessed, assessed_units, class_in, rules_in
from survey_app.services.assessment_lock import AssessmentRefused
from survey_app.services.assessment_marks import countable, marks_by_unit, marks_of
from survey_app.services.assessment_steps import Year, plan_figures, steps_of, year_of
from survey_app.services.results import folding_group, report_unreviewed
from survey_app.services.shelf import Shelf
from survey_app.services.unit_tree import ONLY_READS, Place, UnitTree, unit_tree

Figures = Mapping[str, FigureValue]
FIGURES: Shelf[Figures] = Shelf(4096)
"""By survey, hash of its sealed data, place of the unit in the tree, the earlier data it may be compared with, and the
rules that ask for the figures."""
SHEETS: Shelf[Sheets] = Shelf(4)
"""By scheme, day, and the last act that is none of an account."""
FEW = 4
"""Results reckoned anew for one page."""


class _EnoughForNow(Exception):  # noqa: N818 (no mistake)
    """As many results as one page waits for have been reckoned."""


@dataclass(slots=True)
class _Sealed:
    """Which sealed data there are, and how many results may still be reckoned anew."""

    rules: str
    """Hash of the scheme that asks."""
    wanted: frozenset[str]
    """Names of figures, and where they come from as a whole."""
    tree: UnitTree
    hashes: Mapping[UUID, str]
    earlier: Mapping[tuple[UUID, str], Sequence[str]]
    """Unit and audience -> hashes of the data of earlier years."""
    left: int

    def spend(self) -> None:
        if self.left <= 0:
            raise _EnoughForNow
        self.left -= 1

    def path(self, unit_id: UUID) -> tuple[UUID, ...]:
        """The unit and those above it."""
        return (unit_id, *(above.id for above in self.tree.above(unit_id)))


@dataclass(frozen=True, slots=True)
class Sheets:
    """The sheets of the units of a scheme, by code; ``waiting`` units have figures that are still to be reckoned."""

    sheets: Mapping[str, AssessmentSheet]
    waiting: int = 0
    names: Mapping[str, str] = field(default_factory=dict)
    ids: Mapping[str, UUID] = field(default_factory=dict)


def sheet_of(session: Session, scheme: AssessmentScheme, unit: Unit, *, today: date) -> AssessmentSheet:
    """The sheet of one unit. Raises: AssessmentRefused for a unit without a class, DatasetAltered."""
    unit_class = class_in(scheme, unit)
    if unit_class is None:
        raise AssessmentRefused("not_assessed", unit=unit.name)
    assessed = Assessed(unit_tree(session)[unit.id], unit_class)
    marks = list(marks_of(session, scheme, unit).values())
    year = year_of(session, scheme, [assessed.place])
    sealed = _sealed(session, scheme, left=len(Audience))
    return _sheet(session, scheme, assessed, year, sealed, marks, countable(session, marks), today)


def sheets_of(session: Session, scheme: AssessmentScheme, *, today: date, few: int = FEW) -> Sheets:
    """The sheets of all units, as far as their results are reckoned; at most ``few`` results are reckoned anew.

    Kept until somebody acts on something other than an account. Raises: DatasetAltered.
    """
    if not session.info.get(ONLY_READS):
        return _sheets(session, scheme, today, few)
    acts = select(AuditEntry.hash).where(AuditEntry.act.not_like("user.%")).order_by(AuditEntry.number.desc()).limit(1)
    try:
        return SHEETS.get((scheme.id, today, session.scalar(acts)), lambda: _complete(session, scheme, today, few))
    except _StillWaiting as reached:
        return reached.sheets


class _StillWaiting(Exception):  # noqa: N818 (no mistake)
    """Sheets that are not to be kept, as some are missing."""

    def __init__(self, sheets: Sheets) -> None:
        super().__init__()
        self.sheets = sheets


def _complete(session: Session, scheme: AssessmentScheme, today: date, few: int) -> Sheets:
    sheets = _sheets(session, scheme, today, few)
    if sheets.waiting:
        raise _StillWaiting(sheets)
    return sheets


def _sheets(session: Session, scheme: AssessmentScheme, today: date, few: int) -> Sheets:
    units = assessed_units(session, scheme)
    year = year_of(session, scheme, [assessed.place for assessed in units])
    sealed = _sealed(session, scheme, left=few)
    marks = marks_by_unit(session, scheme)
    signed = countable(session, [mark for of_unit in marks.values() for mark in of_unit])
    made: dict[str, AssessmentSheet] = {}
    for assessed in units:
        of_unit = marks.get(assessed.place.id, ())
        try:
            made[assessed.place.code] = _sheet(session, scheme, assessed, year, sealed, of_unit, signed, today)
        except _EnoughForNow:
            continue
    places = {assessed.place.code: assessed.place for assessed in units}
    return Sheets(
        made,
        len(units) - len(made),
        {code: place.name for code, place in places.items()},
        {code: place.id for code, place in places.items()},
    )


def _sheet(  # noqa: PLR0917
    session: Session,
    scheme: AssessmentScheme,
    assessed: Assessed,
    year: Year,
    sealed: _Sealed,
    marks: Collection[SiteMark],
    signed: Collection[UUID],
    today: date,
) -> AssessmentSheet:
    place = assessed.place
    surveys = year.surveys[place.id]
    figures: dict[str, FigureValue] = dict(plan_figures(year, place.id))
    for survey in _results_among(surveys, sealed.tree):
        figures |= _figures(session, survey, place, sealed)
    return assess(
        rules_in(scheme),
        assessed.unit_class,
        figures,
        steps_of(year, place.id, today),
        {mark.check_point: _site_fact(mark, signed) for mark in marks},
        awaited=_awaited(scheme.year, surveys, today),
    )


def _results_among(surveys: Iterable[Survey], tree: UnitTree) -> list[Survey]:
    """Of each audience the sealed survey that reaches furthest, of the same unit the last sealed.

    It is the same for all units, so that none is measured by a survey it has held for itself besides.
    """
    chosen: dict[str, tuple[int, Survey]] = {}
    for survey in surveys:  # last sealed first
        height, known = len(tree.above(survey.unit_id)), chosen.get(survey.audience)
        if survey.state is State.SEALED and (known is None or height < known[0]):
            chosen[survey.audience] = height, survey
    return [survey for _height, survey in chosen.values()]


def _awaited(year: int, surveys: Iterable[Survey], today: date) -> frozenset[str]:
    """Audiences whose result is still to come: asked and not sealed, or in a year that is not over."""
    asked = {survey.audience for survey in surveys}
    sealed = {survey.audience for survey in surveys if survey.state is State.SEALED}
    possible = {audience.value for audience in Audience} if today.year <= year else set()
    return frozenset((asked | possible) - sealed)


def _site_fact(mark: SiteMark, signed: Collection[UUID]) -> SiteFact:
    is_exempt = mark.kind is SiteMarkKind.EXEMPT
    return SiteFact(None if is_exempt else Decimal(mark.points), is_exempt, mark.note, mark.id in signed)


def _sealed(session: Session, scheme: AssessmentScheme, *, left: int) -> _Sealed:
    """Hashes of the sealed data up to the year of a scheme; one query."""
    found = session.execute(
        select(Survey.id, Survey.year, Survey.audience, Survey.unit_id, Dataset.sha256)
        .join(Dataset, Dataset.survey_id == Survey.id)
        .where(Survey.year <= scheme.year, Survey.state == State.SEALED)
        .order_by(Survey.id)
    ).all()
    earlier: defaultdict[tuple[UUID, str], list[str]] = defaultdict(list)
    for _id, asked, audience, unit_id, digest in found:
        if asked < scheme.year:
            earlier[unit_id, audience].append(digest)
    hashes = {survey_id: digest for survey_id, _year, _audience, _unit, digest in found}
    asked_for = [name for point in rules_in(scheme).check_points for name in point.figures]
    wanted = frozenset((*asked_for, *(origin_of(name) for name in asked_for)))
    return _Sealed(scheme.sha256, wanted, unit_tree(session), hashes, earlier, left)


def _figures(session: Session, survey: Survey, place: Place, sealed: _Sealed) -> Figures:
    """What the sealed result says of a unit. Raises: _EnoughForNow."""
    digest = sealed.hashes.get(survey.id)
    if digest is None:
        return {}
    path = sealed.path(place.id)
    earlier = tuple(known for unit_id in path for known in sealed.earlier.get((unit_id, survey.audience), ()))
    key = (survey.id, digest, path, earlier, sealed.rules)
    return FIGURES.get(key, lambda: _reckoned(session, survey, place, digest, sealed))


def _reckoned(session: Session, survey: Survey, place: Place, digest: str, sealed: _Sealed) -> Figures:
    """Figures of a report that is the unit's own. One that is counted in another's group has too few people for any."""
    unit = session.get_one(Unit, place.id)
    if folding_group(session, survey, unit) is not None:
        source = Source(str(survey.id), digest, "hidden")
        return {survey.audience: FigureValue(survey.audience, source, missing=Missing.TOO_FEW)}
    sealed.spend()
    try:
        report = report_unreviewed(session, survey, unit)
    except NothingToReport:
        return {}
    if report.unit != unit.code:
        return {}
    found = figures_of(report, survey=str(survey.id))
    return {name: figure for name, figure in found.items() if name in sealed.wanted}
