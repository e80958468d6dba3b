"""Sealing: the one place where ballots are opened, and what they turn into.

Envelopes are decrypted and checked with the rules of the page, shuffled, rare combinations of grouping answers set to
null, free numbers banded and texts parted from the rest; then ballots and codes are destroyed.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from importlib.metadata import version
from random import Random
from typing import Any

from cryptography.exceptions import InvalidTag
from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session

from analysis.dataset import Manifest, SealedDataset, UnitNode, build
from analysis.types import Context, Roster
from instruments.bands import band_of
from instruments.model import Instrument, ItemType
from survey_app.clock import Clock
from survey_app.crypto.envelope import ballot_key, open_envelope
from survey_app.errors import MoreBallotsThanCodes, TooFewBallots
from survey_app.forms.builder import valid_answers
from survey_app.models import AccessMode, Ballot, Dataset, Invitation, State, Survey
from survey_app.services.audit import Actor, record
from survey_app.services.cast import AnswerValue, binding
from survey_app.services.datasets import store_dataset
from survey_app.services.organisation import subtree
from survey_app.services.questionnaires import instrument_of
from survey_app.services.rarity import without_rare

FEWEST_BALLOTS = 5

Answers = Mapping[str, AnswerValue]
Validator = Callable[[Instrument, Mapping[str, Any]], dict[str, AnswerValue] | None]


@dataclass(frozen=True, slots=True)
class Opened:
    """Valid ballots in random order, the unit of each, and how many were returned to each unit."""

    answers: Sequence[Answers]
    units: Sequence[str]
    returned: Mapping[str, int]


def seal_survey(
    session: Session,
    survey: Survey,
    *,
    by: Actor,
    clock: Clock,
    secret: bytes,
    rng: Random,
    validator: Validator = valid_answers,
) -> Dataset:
    """Turn the ballots of a closed survey into its sealed dataset and destroy them.

    Raises: StateError, MoreBallotsThanCodes, TooFewBallots; then nothing has changed.
    """
    survey.require(State.CLOSED)
    instrument = instrument_of(survey)
    opened = _open(session, survey, instrument, secret=secret, rng=rng, validator=validator)
    if len(opened.answers) < FEWEST_BALLOTS:
        raise TooFewBallots(ballots=len(opened.answers))
    answers, suppressed = without_rare_groupings(instrument, opened)
    manifest = replace(_manifest(session, survey, opened), suppressed_groupings=suppressed)
    sealed = build(instrument, [banded(instrument, row) for row in answers], opened.units, manifest=manifest)
    dataset = _keep(session, survey, sealed, clock)
    record(
        session, by, "survey.seal", survey, clock=clock, unit=survey.unit,
        sha256=dataset.sha256, returned=sum(opened.returned.values()), valid=dataset.rows,
    )  # fmt: skip
    return dataset


def _open(
    session: Session, survey: Survey, instrument: Instrument, *, secret: bytes, rng: Random, validator: Validator
) -> Opened:
    key = ballot_key(secret, survey.id)
    codes = {group.id: group.unit.code for group in survey.groups}
    ballots = list(session.execute(select(Ballot.group_id, Ballot.envelope).where(Ballot.survey_id == survey.id)))
    _require_no_more_than_codes(session, survey, Counter(group_id for group_id, _ in ballots))
    rng.shuffle(ballots)
    read = [
        (codes[group_id], validator(instrument, _read(key, envelope, binding(survey.id, group_id))))
        for group_id, envelope in ballots
    ]
    valid = [(unit, answers) for unit, answers in read if answers is not None]
    return Opened(
        answers=[answers for _, answers in valid],
        units=[unit for unit, _ in valid],
        returned=Counter(unit for unit, _ in read),
    )


def _require_no_more_than_codes(session: Session, survey: Survey, returned: Counter[Any]) -> None:
    if survey.access_mode is not AccessMode.CODES:
        return
    used = select(Invitation.group_id, func.count().label("codes")).where(
        Invitation.survey_id == survey.id, Invitation.used
    )
    codes_used = {row.group_id: row.codes for row in session.execute(used.group_by(Invitation.group_id))}
    for group in survey.groups:
        if returned[group.id] > codes_used.get(group.id, 0):
            raise MoreBallotsThanCodes(unit=group.unit.name)


def _read(key: bytes, envelope: bytes, bound_to: bytes) -> dict[str, Any]:
    """The answers of an envelope; an envelope that was tampered with holds none and is therefore not valid."""
    try:
        found = json.loads(open_envelope(key, envelope, bound_to=bound_to))
    except (InvalidTag, ValueError):
        return {}
    return found if isinstance(found, dict) else {}


def without_rare_groupings(instrument: Instrument, opened: Opened) -> tuple[list[dict[str, AnswerValue]], int]:
    """Rows with rare combinations of grouping answers set to None, and how many answers that took."""
    items = [item.code for item in instrument.grouping_items]
    combinations = [tuple(row.get(code) for code in items) for row in opened.answers]
    kept = without_rare(opened.units, combinations)
    suppressed = sum(
        before is not None and after is None
        for old, new in zip(combinations, kept, strict=True)
        for before, after in zip(old, new, strict=True)
    )
    rows = [{**row, **dict(zip(items, new, strict=True))} for row, new in zip(opened.answers, kept, strict=True)]
    return rows, suppressed  # type: ignore[return-value]


def banded(instrument: Instrument, row: Answers) -> dict[str, AnswerValue]:
    """The row with every free number replaced by its band; the number itself is not kept."""
    numbers = [item for item in instrument.items if item.type is ItemType.NUMBER]
    found = {item: row.get(item.code) for item in numbers}
    bands = {item.code: band_of(item, value) for item, value in found.items() if isinstance(value, int)}
    return {**row, **bands}


def _manifest(session: Session, survey: Survey, opened: Opened) -> Manifest:
    from analysis.pattern import unit_pattern  # loads the statistics, which answering never needs

    valid = Counter(opened.units)
    by_code = survey.access_mode is AccessMode.CODES
    rosters = {
        group.unit.code: Roster(
            eligible=group.eligible,
            issued=group.issued if by_code else None,
            returned=opened.returned.get(group.unit.code, 0),
            valid=valid[group.unit.code],
            verified=by_code,
        )
        for group in survey.groups
    }
    units = reporting_units(session, survey)
    parents = {unit.code: unit.parent for unit in units}
    return Manifest(
        survey=str(survey.id),
        title=survey.title,
        context=_context(survey, rosters),
        units=units,
        rosters=rosters,
        instrument_sha256=survey.instrument.sha256,
        threshold=survey.threshold,
        hidden_units=unit_pattern(valid, parents, survey.threshold),
        software=f"branch-survey {version('branch-survey')}",
    )


def reporting_units(session: Session, survey: Survey) -> tuple[UnitNode, ...]:
    """The units that results can be shown for: the tree without those folded into another's group."""
    folded = {code for group in survey.groups for code in group.folded_units}
    tree = [unit for unit in subtree(session, survey.unit) if unit.code not in folded]
    codes = {unit.id: unit.code for unit in tree}
    return tuple(UnitNode(unit.code, unit.name, codes.get(unit.parent_id) if unit.parent_id else None) for unit in tree)


def _context(survey: Survey, rosters: Mapping[str, Roster]) -> Context:
    eligible = sum(roster.eligible or 0 for roster in rosters.values())
    returned = sum(roster.returned for roster in rosters.values())
    return Context(
        year=survey.year,
        mode="codes" if survey.access_mode is AccessMode.CODES else "open",
        month=survey.closed_at.month if survey.closed_at else None,
        audience=survey.audience,
        participation=returned / eligible if eligible else None,
        reference_day=survey.reference_day.isoformat(),
    )


def _keep(session: Session, survey: Survey, sealed: SealedDataset, clock: Clock) -> Dataset:
    """Write the dataset, destroy ballots and codes."""
    dataset = store_dataset(session, survey, sealed)
    session.execute(delete(Ballot).where(Ballot.survey_id == survey.id))
    session.execute(delete(Invitation).where(Invitation.survey_id == survey.id))
    survey.state, survey.sealed_at = State.SEALED, clock.now()
    return dataset
