"""What locks when a survey opens: objectives, definitions and thresholds, as one JSON value on the survey."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from analysis.types import Measure, Objective, Rules
from survey_app.models import ObjectiveRecord, Survey, Unit
from survey_app.services.organisation import ancestors, subtree
from survey_app.services.questionnaires import instrument_of

ALPHA = 0.05


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
        .order_by(ObjectiveRecord.code)
    )
    objectives: dict[str, list[dict[str, Any]]] = {}
    for record in records if instrument.is_annual else ():
        objectives.setdefault(codes[record.unit_id], []).append(_as_json(record))
    return {
        "threshold": survey.threshold,
        "alpha": ALPHA,
        "instrument_sha256": survey.instrument.sha256,
        "satisfied": {code: list(scale.satisfied) for code, scale in instrument.scales.items()},
        "objectives": objectives,
    }


def rules_of(survey: Survey) -> Rules:
    locked = survey.locked_rules or {}
    return Rules(threshold=locked.get("threshold", survey.threshold), alpha=locked.get("alpha", ALPHA))


def objectives_of(survey: Survey, unit: Unit) -> tuple[Objective, ...]:
    """The locked objectives a unit is held against: its own, and those of units above under other codes."""
    locked = (survey.locked_rules or {}).get("objectives", {})
    return tuple(inherited([locked.get(code, []) for code in _codes_upwards(unit)]))


def inherited(levels: Sequence[Sequence[Mapping[str, Any]]]) -> list[Objective]:
    """Objectives by level, the unit's own first: a code set lower down replaces the one above."""
    found: dict[str, Objective] = {}
    for level in levels:
        for entry in level:
            found.setdefault(entry["code"], _from_json(entry))
    return [found[code] for code in sorted(found)]


def _codes_upwards(unit: Unit) -> list[str]:
    return [unit.code, *(above.code for above in ancestors(unit))]


def _as_json(record: ObjectiveRecord) -> dict[str, Any]:
    fields = ("code", "title", "measure", "target", "threshold", "owner")
    return {name: getattr(record, name) for name in fields}


def _from_json(entry: Mapping[str, Any]) -> Objective:
    return Objective(**{**entry, "measure": Measure(entry["measure"])})
