"""Early warnings: the sealed pulses of a unit as control charts, one for each question asked alike several times.

Every point is taken from that pulse's own Report; charts are kept for as long as the sealed datasets are the same.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload

from instruments.model import Instrument, Item
from survey_app.errors import NothingToReport
from survey_app.models import Dataset, State, SuggestionRound, Survey, Unit
from survey_app.services.questionnaires import instrument_of
from survey_app.services.results import report_for, result_surveys
from survey_app.services.shelf import Shelf

if TYPE_CHECKING:
    from analysis.pulse_control import PulseChart

MOST_PULSES = 24
"""The latest ones that are drawn."""
MOST_UNITS = 12
"""Units below whose pulses one page looks into."""
FEWEST_ASKED = 2


@dataclass(frozen=True, slots=True)
class Asked:
    """What makes two pulses ask the same: words, levels, what counts as satisfied, of whom and how."""

    code: str
    text: str
    levels: tuple[tuple[int, str], ...]
    satisfied: frozenset[int]
    is_reversed: bool
    audience: str
    entry: str
    """By code, by link, or imported."""


@dataclass(frozen=True, slots=True)
class PulseSeries:
    """A question over the pulses that asked it alike; the questionnaire of the latest names it."""

    instrument: Instrument
    chart: PulseChart

    @property
    def item(self) -> str:
        return self.chart.item


@dataclass(frozen=True, slots=True)
class UnitWithPulses:
    """A unit that runs pulses of its own, with its questions if it was among those looked into."""

    unit_id: UUID
    pulses: int
    latest: date
    series: tuple[PulseSeries, ...] | None


SERIES: Shelf[tuple[PulseSeries, ...]] = Shelf(512)
"""By unit and the hashes of its pulses, oldest first."""


def pulse_series(session: Session, unit: Unit) -> tuple[PulseSeries, ...]:
    """The questions of the unit's pulses, its own and those of units above, in the order of the latest one."""
    pulses = [survey for survey in result_surveys(session, unit) if not instrument_of(survey).is_annual]
    pulses.sort(key=_day)
    return _series(session, unit, pulses[-MOST_PULSES:])


def units_with_pulses(session: Session, below: Collection[UUID]) -> list[UnitWithPulses]:
    """Units among ``below`` that have sealed pulses of their own, the latest first.

    Only the first twelve are looked into: of the others the number of pulses is told. One query, two for each of the
    twelve, and for those whose charts are not kept yet the reports of their pulses.
    """
    own = _own_pulses(session, below)
    ordered = sorted(own.items(), key=lambda entry: _day(entry[1][-1]), reverse=True)
    return [
        *(_looked_into(session, unit_id, pulses) for unit_id, pulses in ordered[:MOST_UNITS]),
        *(UnitWithPulses(unit_id, len(pulses), _day(pulses[-1]), None) for unit_id, pulses in ordered[MOST_UNITS:]),
    ]


def _looked_into(session: Session, unit_id: UUID, pulses: Sequence[Survey]) -> UnitWithPulses:
    """What was asked once, as after an activity, counts no more."""
    series = _series(session, pulses[0].unit, pulses[-MOST_PULSES:])
    points = [one.chart.points for one in series]
    latest = max((found[-1].day for found in points), default=_day(pulses[-1]))
    return UnitWithPulses(unit_id, max(map(len, points), default=0), latest, series)


def _own_pulses(session: Session, below: Collection[UUID]) -> dict[UUID, list[Survey]]:
    """At least two sealed ones by the unit that ran them, oldest first."""
    found = session.scalars(select(Survey).where(Survey.state == State.SEALED).options(joinedload(Survey.instrument)))
    own: defaultdict[UUID, list[Survey]] = defaultdict(list)
    for survey in sorted(found, key=_day):
        if survey.unit_id in below and not instrument_of(survey).is_annual:
            own[survey.unit_id].append(survey)
    return {unit_id: pulses for unit_id, pulses in own.items() if len(pulses) >= FEWEST_ASKED}


def _series(session: Session, unit: Unit, pulses: Sequence[Survey]) -> tuple[PulseSeries, ...]:
    ids = [survey.id for survey in pulses]
    stored = session.execute(select(Dataset.survey_id, Dataset.sha256).where(Dataset.survey_id.in_(ids)))
    hashes = {row.survey_id: row.sha256 for row in stored}
    rounds = set(session.scalars(select(SuggestionRound.survey_id).where(SuggestionRound.survey_id.in_(ids))))
    known = [survey for survey in pulses if survey.id in hashes and survey.id not in rounds]
    key = (unit.id, tuple((survey.id, hashes[survey.id]) for survey in known))
    return SERIES.get(key, lambda: tuple(_asked_alike(session, unit, known)))


def _asked_alike(session: Session, unit: Unit, pulses: Sequence[Survey]) -> Iterable[PulseSeries]:
    """Questions of the latest pulses first."""
    from analysis.pulse_control import PulsePoint, pulse_chart

    points: defaultdict[Asked, list[PulsePoint]] = defaultdict(list)
    instruments: dict[Asked, Instrument] = {}
    for survey in pulses:
        try:
            report = report_for(session, survey, unit)
        except NothingToReport:
            continue
        if report.unit != unit.code or report.hidden is not None:
            continue  # what stands for the unit there is another one's
        instrument = instrument_of(survey)
        for item in report.items:
            key = _asked(survey, instrument, instrument.by_code[item.code])
            points[key].append(PulsePoint(survey.title, _day(survey), item.rate))
            instruments[key] = instrument
    kept = [key for key, found in points.items() if len(found) >= FEWEST_ASKED]
    kept.sort(key=lambda key: points[key][-1].day, reverse=True)
    return [PulseSeries(instruments[key], pulse_chart(key.code, points[key])) for key in kept]


def _asked(survey: Survey, instrument: Instrument, item: Item) -> Asked:
    scale = instrument.scale_of(item)
    return Asked(
        item.code,
        item.text.zh_Hans,
        tuple((level.code, level.label.zh_Hans) for level in scale.levels),
        frozenset(scale.satisfied),
        item.reversed,
        survey.audience,
        "codes" if survey.has_credentials else survey.access_mode.value,
    )


def _day(survey: Survey) -> date:
    return survey.closed_at.date() if survey.closed_at else survey.closes_on
