"""What people know of a survey while it lives, kept beside the database for test_survey_lives to compare with it.

A `Life` is the survey, a `Slip` one member with a code (or with the link), whose browser is played here message by
message, so that it can stop after any of them and send any of them again.
"""

from __future__ import annotations

import secrets
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from typing import Any, Literal
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from survey_app import services
from survey_app.clock import Clock
from survey_app.crypto.blind import PREFIX_BYTES, Blinding, blind, finalize
from survey_app.crypto.box import ATTEMPT_BYTES, credential_message, seal_envelope
from survey_app.models import (
    GRACE,
    UNUSED,
    VOID,
    AccessMode,
    Ballot,
    Invitation,
    PlayedCount,
    ReportingGroup,
    State,
    Survey,
)
from survey_app.services.survey_keys import envelope_key_of, public_key_of
from tests.unit.app.small_questionnaire import CONTENT, DISCONTENT

IMPOSSIBLE = {**CONTENT, "overall": 99}
"""What only an altered browser sends: no level of the question."""
SHEETS: tuple[Mapping[str, Any], ...] = (
    CONTENT,
    DISCONTENT,
    {**CONTENT, "meetings": 1, "overall": 3, "age": 1},
    {"meetings": 5, "overall": 5, "hours": 0},
    {**DISCONTENT, "overall": 1, "why": (2,), "hours": 200, "age": None, "comment": "少开会"},
    IMPOSSIBLE,
)


@dataclass(repr=False)
class Slip:
    """A member who answers; what is kept here the browser keeps."""

    group: str
    code: str
    answers: Mapping[str, Any]
    attempt: bytes = field(default_factory=lambda: secrets.token_bytes(ATTEMPT_BYTES))
    blinding: Blinding | None = None
    message: services.Message | None = None
    """Ready to be put into the box."""
    receipt: bytes | None = None
    """As soon as the ballot has been acknowledged."""
    mark: Literal["used", "unused", "gone"] = "used"
    """What its code is in the database: not used where the pass was given out after a backup that was restored, gone
    where slips have been made again since."""

    @property
    def is_valid(self) -> bool:
        return self.answers is not IMPOSSIBLE

    def ask(self, survey: Survey, group: ReportingGroup) -> bytes:
        """What is sent for a pass: drawn once, the same however often it is sent."""
        key = public_key_of(group)
        self.blinding = self.blinding or blind(key, credential_message(survey.id, key.key_id))
        return self.blinding.blinded

    def take(self, survey: Survey, group: ReportingGroup, signed: bytes) -> None:
        """The pass has come: make the ballot, once. `signed`: empty where there are no codes."""
        signature, prefix = b"", b""
        if self.blinding is not None:
            signature = finalize(public_key_of(group), self.blinding, signed)
            prefix = self.blinding.message[:PREFIX_BYTES]
        self.message = self.message or sealed(survey, self.answers, prefix, signature)


def sealed(survey: Survey, answers: Mapping[str, Any], prefix: bytes, signature: bytes) -> services.Message:
    """A ballot with these answers."""
    body = services.body_of(answers)
    found = seal_envelope(envelope_key_of(survey), body, survey.envelope_size or 0, survey_id=survey.id)
    return services.Message(found.receipt, found.envelope, prefix, signature)


@dataclass(repr=False)
class Life:
    """What must be true of a survey, from what was done with it."""

    survey_id: UUID
    year: int
    closes_on: date
    mode: AccessMode
    state: State = State.DRAFT
    accepts_played: bool = True
    closed_at: datetime | None = None
    is_counted: bool = False
    was_restored: bool = False
    passphrases: list[str] = field(default_factory=list)
    unused: dict[str, list[str]] = field(default_factory=dict)
    """Codes that nobody has used, by group."""
    groups: list[str] = field(default_factory=list)
    """Their slugs."""
    slips: list[Slip] = field(default_factory=list)
    """Members who have at least asked for a pass."""
    handed_in: Counter[str] = field(default_factory=Counter)
    paper: Counter[str] = field(default_factory=Counter)
    played: int = 0
    rules: tuple[Any, ...] = ()
    """As they stood when the survey opened."""
    rows: int = 0
    sha256: str = ""

    def __repr__(self) -> str:
        return f"{self.mode} survey of {self.year}, {self.state}, {self.returned} ballots"

    @property
    def has_codes(self) -> bool:
        return self.mode is not AccessMode.OPEN

    @property
    def voted(self) -> list[Slip]:
        return [slip for slip in self.slips if slip.receipt is not None]

    @property
    def under_way(self) -> list[Slip]:
        """With a pass and no receipt."""
        return [slip for slip in self.slips if slip.receipt is None]

    @property
    def valid(self) -> int:
        return sum(slip.is_valid for slip in self.voted) + self.paper.total()

    @property
    def returned(self) -> int:
        return len(self.voted) + self.paper.total()

    def in_boxes(self) -> dict[str, Counter[str]]:
        """What `boxes_of` must find."""
        marked = Counter(slip.group for slip in self.slips if slip.mark == "used") if self.has_codes else Counter[str]()
        unmarked = Counter(slip.group for slip in self.slips if slip.mark == "unused")
        return {
            "unused": Counter({slug: len(codes) for slug, codes in self.unused.items()}) + unmarked,
            "void": +self.handed_in,
            "used": marked,
            "ballots": Counter(slip.group for slip in self.voted),
            "paper": +self.paper,
        }

    def takes_ballots(self, now: datetime) -> bool:
        if self.state is State.OPEN:
            return True
        is_early = self.closed_at is not None and abs(now - self.closed_at) < GRACE
        return self.state is State.CLOSED and not self.is_counted and is_early

    def as_of_now(self) -> Life:
        """For a backup: what happens afterwards does not change it."""
        return replace(
            self,
            unused={slug: list(codes) for slug, codes in self.unused.items()},
            slips=[replace(slip) for slip in self.slips],
            handed_in=Counter(self.handed_in),
            paper=Counter(self.paper),
        )

    def restored(self, later: Life | None) -> Life:
        """A survey under way as its backup brings it back. Whoever got a pass since then still has it.

        `later`: what had become of it meanwhile.
        """
        again = replace(self.as_of_now(), was_restored=True)
        known = {slip.code for slip in self.slips}
        for slip in later.slips if later is not None and self.has_codes else ():
            codes = again.unused.get(slip.group, [])
            if slip.message is not None and slip.code not in known and slip.code in codes:
                codes.remove(slip.code)
                again.slips.append(replace(slip, receipt=None, mark="unused"))
        return again

    def gives_passes(self, clock: Clock) -> bool:
        """To codes that were not used before."""
        return self.state is State.OPEN and clock.today() <= self.closes_on


def rules_in(survey: Survey) -> tuple[Any, ...]:
    """What nobody changes after opening."""
    return (
        survey.title, survey.year, survey.audience, survey.access_mode, survey.threshold, survey.scrutineers,
        survey.accepts_played, survey.has_receipts, survey.envelope_size, survey.envelope_key, survey.instrument_sha256,
        repr(survey.locked_rules), tuple((group.slug, group.eligible, group.public_key) for group in survey.groups),
    )  # fmt: skip


def by_group(session: Session, survey: Survey, kind: type[Ballot] | type[Invitation], *wanted: Any) -> Counter[str]:
    """Rows of a box by slug of the group."""
    found = select(kind.group_id, func.count()).where(kind.survey_id == survey.id, *wanted).group_by(kind.group_id)
    slugs = {group.id: group.slug for group in survey.groups}
    return Counter({slugs[group]: rows for group, rows in session.execute(found)})


def boxes_of(session: Session, survey: Survey) -> dict[str, Counter[str]]:
    """How many codes and ballots of each sort lie in the boxes, by group."""
    return {
        "unused": by_group(session, survey, Invitation, Invitation.mark == UNUSED),
        "void": by_group(session, survey, Invitation, Invitation.mark == VOID),
        "used": by_group(session, survey, Invitation, Invitation.mark.not_in((UNUSED, VOID))),
        "ballots": by_group(session, survey, Ballot, Ballot.is_paper.is_(False)),
        "paper": by_group(session, survey, Ballot, Ballot.is_paper.is_(True)),
    }


def receipts_in(session: Session, survey: Survey) -> set[bytes]:
    of_voters = select(Ballot.receipt).where(Ballot.survey_id == survey.id, Ballot.is_paper.is_(False))
    return set(session.scalars(of_voters))


def rows_left(session: Session, survey: Survey) -> Iterator[int]:
    """In each of the boxes."""
    for kind in (Invitation, Ballot, PlayedCount):
        yield session.scalar(select(func.count()).select_from(kind).where(kind.survey_id == survey.id)) or 0
