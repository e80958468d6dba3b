"""The register of objectives in words: rows for its page, choices and known entries for its form."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from flask import url_for
from flask_babel import gettext as _

from analysis.scales import items_measured
from analysis.types import Definition, Measure
from instruments.model import Instrument
from survey_app.forms.committee import percent_of
from survey_app.forms.objectives import OTHER_LEVELS
from survey_app.models import ObjectiveRecord, Survey, Unit
from survey_app.services.rules import objective_of
from survey_app.text_filters import long_date
from survey_app.wording import names_of
from survey_app.wording.definitions import definition_text, figure_name, threshold_text
from survey_app.wording.labels import within_quotes


@dataclass(frozen=True, slots=True)
class ObjectiveLine:
    title: str
    measured: str
    figure: str
    """What the figure is called."""
    definition: str
    threshold: str
    owner: str
    evaluated: str
    unit_name: str
    holds_for: str
    """For whom it holds, and where it comes from."""
    address: str
    """Where it is changed; empty where it is locked or set by a unit above."""


@dataclass(frozen=True, slots=True)
class KnownLevels:
    """The levels of what is measured in the direction of the dimension, as everywhere else, best first, each as the
    question words it; and which of them the questionnaire names as satisfied."""

    levels: tuple[tuple[int, str], ...] = ()
    satisfied: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Locked:
    words: str
    title: str
    address: str
    """Of the survey that locked them; empty for those who may not open it."""


def objective_rows(
    records: Sequence[ObjectiveRecord], unit: Unit, instrument: Instrument | None, *, may_set: bool
) -> list[ObjectiveLine]:
    return [_line(record, unit, instrument, may_set=may_set) for record in records]


def _line(record: ObjectiveRecord, unit: Unit, instrument: Instrument | None, *, may_set: bool) -> ObjectiveLine:
    objective, is_own = objective_of(record), record.unit_id == unit.id
    names = names_of(instrument) if instrument else None
    known = dict(measure_choices(None))
    return ObjectiveLine(
        title=record.title,
        measured=names.measure(objective) if names else record.target or known.get(record.measure, record.measure),
        figure=figure_name(objective, names) if names else "",
        definition=definition_text(objective, names) if names else "",
        threshold=threshold_text(objective),
        owner=record.owner,
        evaluated=record.evaluated,
        unit_name=record.unit.name,
        holds_for=_holds_for(record, is_own=is_own, has_below=bool(unit.children)),
        address=url_for("plan.objective", objective_id=record.id) if may_set and is_own else "",
    )


def _holds_for(record: ObjectiveRecord, *, is_own: bool, has_below: bool) -> str:
    if not is_own:
        return _("set by the unit above")
    if not has_below:
        return ""
    return _("and the units below") if record.reaches_below else _("for this unit alone")


def locked_words(survey: Survey, *, may_open: bool) -> Locked:
    """Since when the objectives are locked, and by which survey."""
    day = long_date(survey.opened_at.astimezone().date()) if survey.opened_at else ""
    address = url_for("committee.show", survey_id=survey.id) if may_open else ""
    return Locked(
        _(
            "Locked since %(day)s, when the survey opened: rules come before results, so objectives are no longer "
            "added or changed.",
            day=day,
        ),
        survey.title,
        address,
    )


def removing_consequences(record: ObjectiveRecord) -> list[str]:
    """What it means to take an objective out of the register."""
    told = [_("“%(title)s” is deleted; nothing will be judged by it.", title=within_quotes(record.title))]
    if record.reaches_below and record.unit.children:
        told.append(_("It no longer holds for the units below."))
    if record.unit.parent is not None:
        told.append(_("An objective of a unit above that this one replaced holds again."))
    return [*told, _("The record of acts says that you did this.")]


def measure_choices(instrument: Instrument | None) -> list[tuple[str, str]]:
    """What an objective may be about: overall, participation, each dimension, each scored item."""
    general = [
        (Measure.OVERALL.value, _("Overall satisfaction")),
        (Measure.PARTICIPATION.value, _("Participation (returned of eligible)")),
    ]
    if instrument is None:
        return general
    names = names_of(instrument)
    dimensions = [
        (f"{Measure.DIMENSION}:{dimension.code}", _("Dimension: %(name)s", name=names.dimension(dimension.code)))
        for dimension in instrument.dimensions
    ]
    items = [
        (f"{Measure.ITEM}:{item.code}", _("Question: %(name)s", name=names.item(item.code)))
        for item in instrument.scored_items
    ]
    return [*general, *dimensions, *items]


def measured_of(record: ObjectiveRecord) -> str:
    """What an objective measures, as the form names it: `item:q3`, `overall`."""
    return f"{record.measure}:{record.target}" if record.target else record.measure


def levels_of(measured: str, instrument: Instrument | None) -> KnownLevels:
    """The levels of a single question; none of a dimension, of participation, or without a questionnaire."""
    measure, _colon, target = measured.partition(":")
    if instrument is None or measure not in (Measure.OVERALL, Measure.ITEM):
        return KnownLevels()
    asked = items_measured(instrument, Measure(measure), target or None)
    if not asked:
        return KnownLevels()
    (item,) = asked
    scale, names = instrument.scale_of(item), names_of(instrument)
    words = {
        level: names.level_group(item.code, (scale.low + scale.high - level if item.reversed else level,))
        for level in scale.codes
    }
    return KnownLevels(
        tuple((level, words[level]) for level in scale.codes[::-1]), tuple(sorted(scale.satisfied, reverse=True))
    )


def entries_of(record: ObjectiveRecord) -> dict[str, Any]:
    """An objective as it stands, for its form."""
    is_rate = record.definition == Definition.SATISFIED
    names_levels = is_rate and record.satisfied_levels is not None
    definition = OTHER_LEVELS if names_levels else record.definition
    return {
        "title": record.title,
        "measured": measured_of(record),
        "definition": definition,
        "satisfied_levels": [str(level) for level in record.satisfied_levels or ()],
        "threshold": percent_of(record.threshold) if is_rate else Decimal(record.threshold),
        "owner": record.owner,
        "evaluated": record.evaluated,
        "reaches_below": record.reaches_below,
        "levels_of": f"{definition} {measured_of(record)}",
        **{f"points_{level}": Decimal(points) for level, points in (record.weights or {}).items()},
    }


def meanings() -> tuple[tuple[str, str], ...]:
    """Each figure in one plain sentence."""
    return (
        (
            _("Satisfaction rate"),
            _("Of 20 who gave an answer 18 are satisfied: nine in ten. How satisfied they are does not count."),
        ),
        (
            _("Satisfaction index"),
            _("All at the best level give 100, all at the worst 0; “satisfied” on a scale of five levels gives 75."),
        ),
        (_("Mean score"), _("The average of the levels as numbers: half 5 and half 4 give 4.5.")),
        (
            _("Score out of 100"),
            _(
                "The average of the points that you set for each level, for example 100, 80, 60, 30, 0. It cannot be "
                "compared with the index."
            ),
        ),
    )
