"""Opening the box: envelopes are decrypted and checked with the rules of the page, and counted by group.

The first of the two steps of sealing ends here and shows counts alone; what the answers turn into is `seal`.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from random import Random
from typing import Any
from uuid import UUID

from cryptography.exceptions import InvalidTag
from sqlalchemy import func, select
from sqlalchemy.orm import Session, joinedload

from instruments.model import Instrument
from survey_app.clock import Clock
from survey_app.crypto.box import MalformedEnvelopeError, SealedBallot, open_envelope
from survey_app.crypto.envelope import open_old_envelope
from survey_app.errors import StillArriving, TooFewBallots
from survey_app.forms.builder import valid_answers
from survey_app.models import (
    GRACE,
    UNUSED,
    VOID,
    AuditEntry,
    Ballot,
    Invitation,
    PlayedCount,
    ReportingGroup,
    State,
    Survey,
)
from survey_app.services.audit import Actor, record
from survey_app.services.cast import AnswerValue, hold_still
from survey_app.services.modules import asked_by_group
from survey_app.services.survey_keys import unlock_envelopes

FEWEST_BALLOTS = 5
RESTORED = "survey.restore"
"""The act that brings a survey under way back from a backup."""

Answers = Mapping[str, AnswerValue]
Validator = Callable[[Instrument, Mapping[str, Any]], dict[str, AnswerValue] | None]
Reader = Callable[[Ballot], bytes]


def boxes_in(session: Session, units: Collection[UUID]) -> Sequence[Survey]:
    """Closed surveys of these units, longest waiting first: their ballots wait to be counted, or to be sealed."""
    waiting = select(Survey).where(Survey.unit_id.in_(units), Survey.state == State.CLOSED)
    return session.scalars(waiting.options(joinedload(Survey.unit)).order_by(Survey.closed_at, Survey.title)).all()


@dataclass(frozen=True, slots=True)
class GroupCount:
    """The returns of one reporting group, as at any ballot. `used`: passes given out; `slips_handed_in`: for paper."""

    group: ReportingGroup
    used: int
    slips_handed_in: int
    returned: int
    paper: int
    """Of those returned, typed in from the urn."""
    valid: int
    is_rejected: bool
    """More ballots than passes: somebody else's are among them, so none counts."""

    @property
    def invalid(self) -> int:
        return self.returned - self.valid


@dataclass(frozen=True, slots=True)
class Count:
    """The whole box. `played`: ballots whose voter the server played."""

    groups: tuple[GroupCount, ...]
    played: int

    @property
    def returned(self) -> int:
        return sum(group.returned for group in self.groups)

    @property
    def valid(self) -> int:
        return sum(group.valid for group in self.groups)

    @property
    def paper(self) -> int:
        return sum(group.paper for group in self.groups)


@dataclass(frozen=True, slots=True, repr=False)
class OpenedBox:
    """Valid answers in random order with the code of each one's unit, the counts, and every receipt."""

    answers: Sequence[Answers]
    units: Sequence[str]
    count: Count
    receipts: Sequence[bytes]


@dataclass(frozen=True, slots=True, repr=False)
class _Read:
    group_id: UUID
    is_paper: bool
    answers: Answers | None


def count_ballots(
    session: Session,
    survey: Survey,
    *,
    passphrases: Sequence[str] = (),
    by: Actor,
    clock: Clock,
    secret: bytes,
    rng: Random,
    hurry: bool = False,
    validator: Validator = valid_answers,
) -> Count:
    """Open the box and count, show nothing else; from now on no ballot is taken. May be done again.

    Raises: StateError, StillArriving within the half hour after closing unless in a `hurry`, PassphraseRefused,
    TooFewBallots; then nothing has changed.
    """
    hold_still(session, survey, alone=True)
    survey.require(State.CLOSED)
    if survey.takes_ballots(clock.now()) and survey.has_ballot_box and not hurry:
        raise StillArriving(until=_end_of_grace(survey))
    opened = open_box(session, survey, passphrases=passphrases, secret=secret, rng=rng, validator=validator)
    if survey.counted_at is None:
        survey.counted_at = clock.now()
    count = opened.count
    record(
        session, by, "survey.count", survey, clock=clock, unit=survey.unit,
        returned=count.returned, valid=count.valid, paper=count.paper,
    )  # fmt: skip
    return count


def open_box(
    session: Session,
    survey: Survey,
    *,
    passphrases: Sequence[str],
    secret: bytes,
    rng: Random,
    validator: Validator = valid_answers,
) -> OpenedBox:
    """All ballots of a survey, opened in memory and in random order. Raises: PassphraseRefused, TooFewBallots."""
    asked = asked_by_group(session, survey)
    opens = _reader(survey, passphrases, secret)
    ballots = list(session.scalars(select(Ballot).where(Ballot.survey_id == survey.id)))
    rng.shuffle(ballots)
    read = [
        _Read(ballot.group_id, ballot.is_paper, _answers(asked[ballot.group_id], ballot, opens, validator))
        for ballot in ballots
    ]
    receipts = sorted(ballot.receipt for ballot in ballots)
    for ballot in ballots:
        session.expunge(ballot)
    count = _count(session, survey, read)
    if count.valid < FEWEST_BALLOTS:
        raise TooFewBallots(ballots=count.valid)
    units = {group.group.id: group.group.unit.code for group in count.groups if not group.is_rejected}
    valid = [(units[one.group_id], one.answers) for one in read if one.answers is not None and one.group_id in units]
    return OpenedBox([answers for _, answers in valid], [unit for unit, _ in valid], count, receipts)


def _reader(survey: Survey, passphrases: Sequence[str], secret: bytes) -> Reader:
    """How an envelope of this survey is opened. Raises: PassphraseRefused."""
    if not survey.has_ballot_box:
        return lambda ballot: open_old_envelope(secret, survey.id, ballot.group_id, ballot.envelope)
    key, size = unlock_envelopes(survey, passphrases), survey.envelope_size or 0
    return lambda ballot: open_envelope(key, SealedBallot(ballot.envelope, ballot.receipt), size, survey_id=survey.id)


def _answers(instrument: Instrument, ballot: Ballot, opens: Reader, validator: Validator) -> Answers | None:
    """What the ballot says, None if it is not valid: tampered with, or not what the questionnaire asks."""
    try:
        found = json.loads(opens(ballot))
    except (MalformedEnvelopeError, InvalidTag, ValueError, RecursionError):
        return None
    return validator(instrument, found) if isinstance(found, dict) else None


def _count(session: Session, survey: Survey, read: Sequence[_Read]) -> Count:
    used, handed_in = marks_by_group(session, survey)
    was_restored = _was_restored(session, survey)
    returned = Counter((one.group_id, one.is_paper) for one in read)
    valid = Counter(one.group_id for one in read if one.answers is not None)
    groups = []
    for group in survey.groups:
        electronic, paper = returned[group.id, False], returned[group.id, True]
        passes = _most(group) - handed_in.get(group.id, 0) if was_restored else used.get(group.id, 0)
        is_rejected = survey.has_credentials and (electronic > passes or paper > handed_in.get(group.id, 0))
        groups.append(
            GroupCount(
                group=group,
                used=used.get(group.id, 0),
                slips_handed_in=handed_in.get(group.id, 0),
                returned=electronic + paper,
                paper=paper,
                valid=0 if is_rejected else valid[group.id],
                is_rejected=is_rejected,
            )
        )
    return Count(tuple(groups), played=played_so_far(session, survey))


def _most(group: ReportingGroup) -> int:
    """Passes a group may have been given: of personal slips that are made again `issued` counts the largest round."""
    return max(group.issued, (group.eligible or 0) + group.spares)


def _was_restored(session: Session, survey: Survey) -> bool:
    """A pass given out after the backup is good, though its code stands unused in what was restored."""
    restored = select(AuditEntry.number).where(
        AuditEntry.act == RESTORED, AuditEntry.object_id == str(survey.id), AuditEntry.object_kind == "survey"
    )
    return session.scalar(restored.limit(1)) is not None


def marks_by_group(session: Session, survey: Survey) -> tuple[dict[UUID, int], dict[UUID, int]]:
    """By group: codes for which a pass was given out, and slips handed in for paper."""
    of_survey = select(Invitation.group_id, func.count().label("codes")).where(Invitation.survey_id == survey.id)
    used = of_survey.where(Invitation.mark.not_in((UNUSED, VOID))).group_by(Invitation.group_id)
    void = of_survey.where(Invitation.mark == VOID).group_by(Invitation.group_id)
    return (
        {row.group_id: row.codes for row in session.execute(used)},
        {row.group_id: row.codes for row in session.execute(void)},
    )


def played_so_far(session: Session, survey: Survey) -> int:
    """Ballots whose voter the server played."""
    return session.scalar(select(PlayedCount.count).where(PlayedCount.survey_id == survey.id)) or 0


def _end_of_grace(survey: Survey) -> str:
    return "" if survey.closed_at is None else f"{(survey.closed_at + GRACE).astimezone():%H:%M}"
