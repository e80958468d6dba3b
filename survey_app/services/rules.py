"""What locks when a survey opens: objectives, definitions, thresholds, family and the hash of assessment schemes, as
one JSON value on the survey."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from analysis.themes import DEFAULT_THEMES
from analysis.types import Definition, Measure, Objective, Rules
from survey_app.errors import ObjectiveImpossible
from survey_app.models import ObjectiveRecord, Survey, Unit
from survey_app.services.assessment_lock import locked_schemes
from survey_app.services.definitions import misfit
from survey_app.services.family import family_of, objectives_below
from survey_app.services.objectives import by_number, objectives_for
from survey_app.services.organisation import ancestors, subtree
from survey_app.services.questionnaires import instrument_of
from survey_app.services.themes import read_themes, theme_source

ALPHA = 0.05
_LOCKED = (
    "code", "title", "measure", "target", "threshold", "owner", "definition", "satisfied_levels", "weights",
    "evaluated", "reaches_below",
)  # fmt: skip


def locked_rules(session: Session, survey: Survey) -> dict[str, Any]:
    """The rules as they stand now, for every unit the survey covers and those above, whose objectives it inherits.

    Only a survey of the year measures objectives.
    """
    instrument = instrument_of(survey)
    units = [*ancestors(survey.unit), *subtree(session, survey.unit)]
    codes = {unit.id: unit.code for unit in units}
    records = session.scalars(
        select(ObjectiveRecord)
        .filter_by(year=survey.year, audience=survey.audience)
        .where(ObjectiveRecord.unit_id.in_(codes))
    )
    objectives: dict[str, list[dict[str, Any]]] = {}
    for record in sorted(records, key=lambda found: by_number(found.code)) if instrument.is_annual else ():
        objectives.setdefault(codes[record.unit_id], []).append(_as_json(record))
    return {
        "threshold": survey.threshold,
        "alpha": ALPHA,
        "instrument_sha256": survey.instrument.sha256,
        "satisfied": {code: list(scale.satisfied) for code, scale in instrument.scales.items()},
        "objectives": objectives,
        "family": family_of(session, survey),
        "themes": theme_source(session, survey.unit)[0],
        "assessment": locked_schemes(session, survey),
    }


def unfit_objectives(session: Session, survey: Survey) -> list[tuple[ObjectiveRecord, ObjectiveImpossible]]:
    """Objectives that would lock with a survey though its questionnaire gives them no verdict, and why: those the
    surveyed unit is held against, then those of units below."""
    instrument = instrument_of(survey)
    if not instrument.is_annual:
        return []
    own = objectives_for(session, survey.unit, survey.year, survey.audience)
    below = objectives_below(session, survey)
    judged = [(record, misfit(objective_of(record), instrument)) for record in (*own, *below)]
    return [(record, reason) for record, reason in judged if reason is not None]


def rules_of(survey: Survey) -> Rules:
    """Surveys opened before families were locked take the usual one of each unit, and so with themes."""
    locked = survey.locked_rules or {}
    return Rules(
        threshold=locked.get("threshold", survey.threshold),
        alpha=locked.get("alpha", ALPHA),
        primary=tuple(locked.get("family", ())),
        themes=read_themes(locked.get("themes", DEFAULT_THEMES)),
    )


def objectives_of(survey: Survey, unit: Unit) -> tuple[Objective, ...]:
    """The locked objectives a unit is held against: its own, and those above that reach it under other codes."""
    locked = (survey.locked_rules or {}).get("objectives", {})
    return tuple(inherited([locked.get(code, []) for code in _codes_upwards(unit)]))


def inherited(levels: Sequence[Sequence[Mapping[str, Any]]]) -> list[Objective]:
    """Objectives by level, the unit's own first: a code set lower down replaces the one above. Those of units above
    that hold for these alone are left out."""
    found: dict[str, Objective] = {}
    for above, level in enumerate(levels):
        for entry in level:
            if not above or entry.get("reaches_below", True):
                found.setdefault(entry["code"], _from_json(entry))
    return [found[code] for code in sorted(found, key=by_number)]


def _codes_upwards(unit: Unit) -> list[str]:
    return [unit.code, *(above.code for above in ancestors(unit))]


def objective_of(record: ObjectiveRecord) -> Objective:
    """An objective of the register as analysis knows it."""
    return _from_json(_as_json(record))


def _as_json(record: ObjectiveRecord) -> dict[str, Any]:
    return {name: getattr(record, name) for name in _LOCKED}


def _from_json(entry: Mapping[str, Any]) -> Objective:
    """What a survey opened by an earlier version does not say is the usual rate, also for units below."""
    levels, weights = entry.get("satisfied_levels"), entry.get("weights")
    return Objective(
        code=entry["code"],
        title=entry["title"],
        measure=Measure(entry["measure"]),
        target=entry["target"],
        threshold=entry["threshold"],
        owner=entry["owner"],
        definition=Definition(entry.get("definition", Definition.SATISFIED)),
        satisfied_levels=None if levels is None else tuple(levels),
        weights=None if weights is None else {int(level): points for level, points in weights.items()},
        evaluated=entry.get("evaluated", ""),
    )
