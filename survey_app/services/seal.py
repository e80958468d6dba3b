"""Sealing: the one place where opened ballots turn into a dataset, and where they are destroyed.

The answers of `opening` are shuffled, rare combinations of grouping answers set to null, free numbers banded and texts
parted from the rest. Dataset, receipts and the end of ballots, codes and keys are one commit.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from importlib.metadata import version
from random import Random

from sqlalchemy import delete
from sqlalchemy.orm import Session

from analysis.dataset import Manifest, SealedDataset, UnitNode, build
from analysis.types import Context, Roster
from instruments.bands import banded
from instruments.model import Instrument
from instruments.rules import parse, references
from survey_app.clock import Clock
from survey_app.errors import NotCounted
from survey_app.forms.builder import valid_answers
from survey_app.models import Ballot, Dataset, Invitation, LocalModule, ParticipationOfDay, PlayedCount, State, Survey
from survey_app.services.audit import Actor, record
from survey_app.services.cast import AnswerValue, hold_still
from survey_app.services.datasets import store_dataset, store_local_dataset
from survey_app.services.modules import groups_under, modules_of
from survey_app.services.opening import FEWEST_BALLOTS, Answers, OpenedBox, Validator, open_box
from survey_app.services.organisation import subtree
from survey_app.services.questionnaires import instrument_of
from survey_app.services.rarity import without_rare
from survey_app.services.receipts import keep_receipts
from survey_app.services.roster import purge_roster
from survey_app.services.suggestion_texts import collect_suggestions
from survey_app.services.survey_keys import destroy_keys


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
    passphrases: Sequence[str] = (),
    by: Actor,
    clock: Clock,
    secret: bytes,
    rng: Random,
    validator: Validator = valid_answers,
) -> Dataset:
    """Turn the counted ballots of a survey into its sealed dataset and destroy them. The caller commits once.

    Raises: StateError, NotCounted, PassphraseRefused, TooFewBallots; then nothing has changed.
    """
    hold_still(session, survey, alone=True)
    survey.require(State.CLOSED)
    if survey.counted_at is None:
        raise NotCounted
    box = open_box(session, survey, passphrases=passphrases, secret=secret, rng=rng, validator=validator)
    instrument = instrument_of(survey)
    opened = Opened([only(row, instrument) for row in box.answers], box.units, _returned(box))
    answers, suppressed = without_rare_groupings(instrument, opened)
    manifest = replace(_manifest(session, survey, opened), suppressed_groupings=suppressed)
    sealed = build(instrument, [banded(instrument, row) for row in answers], opened.units, manifest=manifest)
    for module in modules_of(session, survey):
        _seal_module(session, module, box, manifest, rng)
    dataset = _keep(session, survey, sealed, box, clock)
    record(
        session, by, "survey.seal", survey, clock=clock, unit=survey.unit,
        sha256=dataset.sha256, returned=box.count.returned, valid=dataset.rows, paper=box.count.paper,
    )  # fmt: skip
    collect_suggestions(session, survey, sealed, by=by, clock=clock)
    return dataset


def _seal_module(session: Session, module: LocalModule, box: OpenedBox, common: Manifest, rng: Random) -> None:
    """The answers to a unit's own questions as a dataset of its own, in another order than the common ones.

    Of fewer than five answers nothing is kept.
    """
    codes = {group.unit.code for group in groups_under(module.survey, module.unit)}
    instrument = instrument_of(module.instrument)
    rows = [(only(row, instrument), unit) for row, unit in zip(box.answers, box.units, strict=True) if unit in codes]
    if len(rows) < FEWEST_BALLOTS:
        return
    rng.shuffle(rows)
    units = [unit for _, unit in rows]
    sealed = build(
        instrument,
        [banded(instrument, row) for row, _ in rows],
        units,
        manifest=_local_manifest(module, common, units),
    )
    store_local_dataset(session, module, sealed)


def only(row: Answers, instrument: Instrument) -> Answers:
    """What a row says to the questions of one questionnaire."""
    return {code: value for code, value in row.items() if code in instrument.by_code}


def _local_manifest(module: LocalModule, common: Manifest, answered: Sequence[str]) -> Manifest:
    """The common manifest cut down to the unit, with a pattern of its own: other questions, other figures."""
    from analysis.pattern import unit_pattern  # loads the statistics, which answering never needs

    kept = set(common.subtree(module.unit.code))
    units = tuple(
        replace(unit, parent=unit.parent if unit.parent in kept else None) for unit in common.units if unit.code in kept
    )
    rosters = {code: roster for code, roster in common.rosters.items() if code in kept}
    parents = {unit.code: unit.parent for unit in units}
    return replace(
        common,
        survey=f"{common.survey}/{module.unit.code}",
        title=instrument_of(module.instrument).title.zh_Hans,
        units=units,
        rosters=rosters,
        context=replace(common.context, participation=participation_in(rosters)),
        instrument_sha256=module.instrument.sha256,
        hidden_units=unit_pattern(Counter(answered), parents, common.threshold),
        suppressed_groupings=0,
    )


def destroy_ballots(session: Session, survey: Survey) -> None:
    """Ballots, codes, keys and counts of a survey: nothing of them is left."""
    for box in (Ballot, Invitation, PlayedCount, ParticipationOfDay):
        session.execute(delete(box).where(box.survey_id == survey.id).execution_options(synchronize_session=False))
    destroy_keys(survey)


def _returned(box: OpenedBox) -> Mapping[str, int]:
    return Counter({counted.group.unit.code: counted.returned for counted in box.count.groups})


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
    rows: list[dict[str, AnswerValue]] = []
    for row, old, new in zip(opened.answers, combinations, kept, strict=True):
        gone = {code for code, before, now in zip(items, old, new, strict=True) if before is not None and now is None}
        blanked: dict[str, AnswerValue] = dict.fromkeys(gone)
        rows.append(without_followers(instrument, {**row, **blanked}, gone))
    return rows, suppressed


def without_followers(instrument: Instrument, row: Mapping[str, AnswerValue], gone: set[str]) -> dict[str, AnswerValue]:
    """The row without answers to questions that only those were asked who gave an answer now blanked.

    Else the question answered would give the blanked answer back.
    """
    kept, lost = dict(row), set(gone)
    for item in instrument.items:
        if lost and item.visible_if is not None and lost & set(references(parse(item.visible_if))):
            kept[item.code] = None
            lost.add(item.code)
    return kept


def _manifest(session: Session, survey: Survey, opened: Opened) -> Manifest:
    from analysis.pattern import unit_pattern  # loads the statistics, which answering never needs

    valid = Counter(opened.units)
    by_code = survey.has_credentials
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
    """The units that results can be shown for: the tree without those folded into another's group.

    A unit with a group of its own that no longer stands below the surveyed unit counts as directly below it.
    """
    folded = {code for group in survey.groups for code in group.folded_units}
    tree = [unit for unit in subtree(session, survey.unit) if unit.code not in folded]
    codes = {unit.id: unit.code for unit in tree}
    tree += [group.unit for group in survey.groups if group.unit_id not in codes]
    top = survey.unit
    parents = {unit.id: codes.get(unit.parent_id, top.code) if unit.parent_id else top.code for unit in tree}
    return tuple(UnitNode(unit.code, unit.name, None if unit is top else parents[unit.id]) for unit in tree)


def _context(survey: Survey, rosters: Mapping[str, Roster]) -> Context:
    return Context(
        year=survey.year,
        mode="codes" if survey.has_credentials else "open",
        month=survey.closed_at.month if survey.closed_at else None,
        audience=survey.audience,
        participation=participation_in(rosters),
        reference_day=survey.reference_day.isoformat(),
    )


def participation_in(rosters: Mapping[str, Roster]) -> float | None:
    """Share of the people eligible whose ballots were returned; None where nobody knows how many were."""
    eligible = sum(roster.eligible or 0 for roster in rosters.values())
    returned = sum(roster.returned for roster in rosters.values())
    return returned / eligible if eligible else None


def _keep(session: Session, survey: Survey, sealed: SealedDataset, box: OpenedBox, clock: Clock) -> Dataset:
    """Write the dataset and the receipts, destroy ballots, codes and keys."""
    dataset = store_dataset(session, survey, sealed)
    if survey.has_receipts and survey.has_ballot_box:
        keep_receipts(session, survey, box.receipts)
    destroy_ballots(session, survey)
    purge_roster(session, survey)
    survey.played_ballots = box.count.played if survey.has_ballot_box else None
    survey.state, survey.sealed_at = State.SEALED, clock.now()
    session.flush()
    return dataset
