"""The desk where all members' messages of one process meet: keys are looked up once, writes are done together.

What a message is worth is known without the database, once its group's keys are; what it changes is written together
with others (`web.short_way` gathers them), passes and ballots never in one transaction, and judged by what the database
says within it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from functools import partial
from hashlib import sha256
from sqlite3 import OperationalError as SQLiteError
from threading import Lock
from typing import Any, TypeVar
from uuid import UUID

from sqlalchemy import Connection, Engine, bindparam, select
from sqlalchemy.exc import OperationalError

from survey_app.clock import Clock
from survey_app.crypto.blind import PublicKey
from survey_app.crypto.box import envelope_bytes
from survey_app.crypto.codes import code_hash
from survey_app.database import BALLOT_BOX, BUSY_SECONDS, ISSUE_BOX, reading, writing_to
from survey_app.errors import CodeUnknown, Refusal
from survey_app.models import AccessMode, ReportingGroup, Standing, State, StateError, Survey
from survey_app.services.cast import Cast, Checked, Message, cast_checked, check
from survey_app.services.issue import CodeUse, sign, use_codes
from survey_app.services.shelf import Shelf
from survey_app.services.standings import STANDING
from survey_app.services.survey_keys import unwrap_signing_key

BOOTHS = 1024
BOOTH = (
    select(
        ReportingGroup.public_key,
        ReportingGroup.signing_key,
        Survey.envelope_key,
        Survey.envelope_size,
        Survey.access_mode,
        *STANDING,
    )
    .join(Survey, ReportingGroup.survey_id == Survey.id)
    .where(ReportingGroup.id == bindparam("of_group"), Survey.id == bindparam("survey"))
)
OPEN_TO_ALL = (AccessMode.OPEN, AccessMode.IMPORTED)
Order = TypeVar("Order")
Outcome = TypeVar("Outcome")


@dataclass(frozen=True, slots=True, repr=False)
class Booth:
    """What of a group stays as it is from opening to sealing."""

    survey_id: UUID
    group_id: UUID
    key: PublicKey | None
    """Verifies its credentials; None: an open link."""
    signing_key: bytes | None
    """As it lies in the database; None: destroyed."""
    envelope_bytes: int
    standing: Standing
    """When it was looked up: good for saying why there is no key, never for taking a message."""


class Desk:
    """One per application."""

    def __init__(self, engine: Engine, *, secret: bytes, clock: Clock) -> None:
        self._engine, self._secret = engine, secret
        self._booths: Shelf[Booth] = Shelf(BOOTHS)
        self._signers: Shelf[Callable[[bytes], bytes]] = Shelf(BOOTHS)
        self.use_codes = self._writer(ISSUE_BOX, partial(use_codes, clock=clock))
        """Committed; what is wrong with each, if anything."""
        self.cast = self._writer(BALLOT_BOX, partial(cast_checked, clock=clock))
        """Committed; what has become of each."""

    def booth(self, survey_id: UUID, group_id: UUID) -> Booth:
        """Raises: CodeUnknown for a group that is not of this survey; StateError for a survey without ballot box."""
        return self._booths.get((survey_id, group_id), partial(self._look_up, survey_id, group_id))

    def known_booth(self, survey_id: UUID, group_id: UUID) -> Booth:
        """Without asking the database. Raises: LookupError for a booth that nobody has asked for yet."""
        booth = self._booths.known((survey_id, group_id))
        if booth is None:
            raise LookupError
        return booth

    def sign(self, booth: Booth, code: str, blinded: bytes) -> tuple[bytes, CodeUse]:
        """The signature, which is good once the use of the code is written. Raises: as `issue_credential`."""
        if booth.key is None:
            raise CodeUnknown
        hashed = code_hash(self._secret, booth.survey_id, code)
        signature = self._signers.get(booth.group_id, partial(self._signer, booth))(blinded)
        return signature, CodeUse(booth.survey_id, booth.group_id, hashed, sha256(blinded).digest())

    def check(self, booth: Booth, message: Message) -> Checked:
        """The ballot, whose pass and size are right. Raises: as `cast_ballot`."""
        return check(booth.survey_id, booth.group_id, booth.key, booth.envelope_bytes, message)

    def give_pass(self, booth: Booth, code: str, blinded: bytes) -> bytes:
        """As `issue_credential`, committed. Raises: as it does."""
        signature, use = self.sign(booth, code, blinded)
        (refusal,) = self.use_codes([use])
        if refusal is not None:
            raise refusal
        return signature

    def take_ballot(self, booth: Booth, message: Message) -> Cast:
        """As `cast_ballot`, committed. Raises: as it does."""
        (outcome,) = self.cast([self.check(booth, message)])
        if isinstance(outcome, Refusal):
            raise outcome
        return outcome

    def _writer(
        self, box: str, act: Callable[[Connection, Sequence[Order]], Sequence[Outcome]]
    ) -> Callable[[Sequence[Order]], Sequence[Outcome]]:
        engine, is_sqlite = writing_to(self._engine, box), self._engine.dialect.name == "sqlite"
        alone = Lock()
        """A file has one writer at a time; who waits for a lock of ours is woken, who waits for SQLite's sleeps."""

        def write(orders: Sequence[Order]) -> Sequence[Outcome]:
            with _held(alone) if is_sqlite else nullcontext(), engine.begin() as connection:
                return act(connection, orders)

        return write

    def _look_up(self, survey_id: UUID, group_id: UUID) -> Booth:
        with reading(self._engine).connect() as connection:
            row = connection.execute(BOOTH, {"survey": survey_id, "of_group": group_id}).one_or_none()
        if row is None:
            raise CodeUnknown
        public, signing, envelope, size, access, *standing = list[Any](row)
        needs_key = access not in OPEN_TO_ALL
        if envelope is None or size is None or (needs_key and public is None):
            raise StateError(Standing(*standing), State.OPEN)
        return Booth(
            survey_id,
            group_id,
            PublicKey.from_der(public) if needs_key else None,
            signing,
            envelope_bytes(PublicKey.from_der(envelope), size),
            Standing(*standing),
        )

    def _signer(self, booth: Booth) -> Callable[[bytes], bytes]:
        if booth.key is None or booth.signing_key is None:
            raise StateError(booth.standing, State.OPEN)
        return partial(sign, unwrap_signing_key(self._secret, booth.survey_id, booth.key, booth.signing_key))


@contextmanager
def _held(lock: Lock) -> Iterator[None]:
    """Raises: OperationalError, as SQLite does, when it is not to be had for as long as SQLite would wait."""
    if not lock.acquire(timeout=BUSY_SECONDS):
        raise OperationalError("waiting for this process", None, SQLiteError("database is locked"))
    try:
        yield
    finally:
        lock.release()
