"""The record of acts: who did what to what, when. Answering a survey leaves nothing here."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy import inspect
from sqlalchemy.orm import Session

from survey_app.clock import Clock
from survey_app.models import AuditEntry, Base, Unit, User


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
    identity = inspect(obj).identity or ()
    entry = AuditEntry(
        at=clock.now(),
        actor=by.login,
        act=act,
        object_kind=obj.__tablename__,
        object_id="/".join(str(part) for part in identity),
        unit_id=unit.id if unit else _unit_id(obj),
        detail=detail,
    )
    session.add(entry)
    session.flush()
    return entry


def _unit_id(obj: Base) -> Any:
    return obj.id if isinstance(obj, Unit) else getattr(obj, "unit_id", None)
