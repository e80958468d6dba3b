"""The record of acts: who did what to what, when. Answering a survey leaves nothing here.

Entries are a chain: each carries a hash over itself and over the hash of the one before it, and `audit_head` says where
the chain ends. Whoever alters, removes or reorders a row leaves a place where the chain does not fit.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256
from typing import Any
from uuid import UUID

from sqlalchemy import Row, inspect, select
from sqlalchemy.orm import Session

from survey_app.clock import Clock
from survey_app.models import AuditEntry, AuditHead, Base, Unit, User

FIRST_HASH = bytes(32)


@dataclass(frozen=True, slots=True)
class CommandLine:
    """Whoever may run commands on the machine."""

    login: str = "command line"


COMMAND_LINE = CommandLine()
Actor = User | CommandLine


def record(
    session: Session, by: Actor, act: str, obj: Base, *, clock: Clock, unit: Unit | None = None, **detail: Any
) -> AuditEntry:
    """Write down an act, a dotted verb such as "survey.close", under the unit that it concerns."""
    session.flush()
    identity = "/".join(str(part) for part in inspect(obj).identity or ())
    return record_of(
        session, by, act, obj.__tablename__, identity, clock=clock, unit_id=unit.id if unit else _unit_id(obj), **detail
    )


def record_of(
    session: Session, by: Actor, act: str, kind: str, identity: str, *, clock: Clock, unit_id: UUID | None = None,
    **detail: Any,
) -> AuditEntry:  # fmt: skip
    """The same for what is no row of the database, such as a backup.

    Whoever else writes an entry waits until this transaction ends.
    """
    session.flush()
    head = session.scalars(select(AuditHead).with_for_update().execution_options(populate_existing=True)).one()
    entry = AuditEntry(
        number=head.number + 1,
        at=clock.now(),
        actor=by.login,
        act=act,
        object_kind=kind,
        object_id=identity,
        unit_id=unit_id,
        detail=json.loads(json.dumps(detail)),
        hash=FIRST_HASH,
    )
    entry.hash = entry_hash(head.hash, entry)
    head.number, head.hash = entry.number, entry.hash
    session.add(entry)
    session.flush()
    return entry


def entry_hash(previous: bytes, entry: AuditEntry | Row[Any], number: int | None = None) -> bytes:
    """SHA-256 over the hash of the entry before and all that this one says, as JSON in one fixed form.

    `number`: as if the entry had been written under this one.
    """
    said = (
        previous.hex(), entry.number if number is None else number, _in_utc(entry.at), entry.actor, entry.act,
        entry.object_kind, entry.object_id, None if entry.unit_id is None else str(entry.unit_id), entry.detail,
    )  # fmt: skip
    return sha256(json.dumps(said, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()).digest()


def _in_utc(moment: datetime) -> str:
    return moment.astimezone(UTC).replace(tzinfo=None).isoformat(timespec="microseconds")


def _unit_id(obj: Base) -> UUID | None:
    return obj.id if isinstance(obj, Unit) else getattr(obj, "unit_id", None)
