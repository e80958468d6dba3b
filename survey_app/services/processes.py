"""The processes that actions are sorted by: two levels, written one a line, those of the second level indented."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from survey_app.clock import Clock
from survey_app.errors import ProcessListImpossible
from survey_app.models import ProcessList, Unit
from survey_app.services.audit import Actor, record
from survey_app.services.organisation import ancestors

DEFAULT_PROCESSES = """\
党员教育
    组织生活
    学习教育
    主题党日
    党员管理与服务
党支部建设
    组织设置
    领导班子
    发展党员
    经常性工作
    活动阵地
    意见办理
    考核管理
"""
"""Of a unit that has no list of its own nor above it."""
LONGEST = 30
MOST_LINES = 60


@dataclass(frozen=True, slots=True)
class Process:
    """A process of the first level and those of the second below it."""

    name: str
    parts: tuple[str, ...]

    @property
    def paths(self) -> tuple[str, ...]:
        """As an action keeps them: the process itself, then ``党员教育/组织生活``."""
        return (self.name, *(f"{self.name}/{part}" for part in self.parts))


@dataclass(frozen=True, slots=True)
class Processes:
    """A list, and the unit whose it is; None: the one that comes with the service."""

    source: str
    unit: Unit | None

    @property
    def entries(self) -> tuple[Process, ...]:
        return parse_processes(self.source)


def parse_processes(source: str) -> tuple[Process, ...]:
    """Read a list. Raises: ProcessListImpossible, naming the line."""
    found: list[tuple[str, list[str]]] = []
    known: set[tuple[str, str]] = set()
    for line, name, is_indented in _lines(source):
        if is_indented and not found:
            raise ProcessListImpossible("first", line=line)
        key = (found[-1][0] if is_indented else "", name)
        if key in known:
            raise ProcessListImpossible("twice", line=line, name=name)
        known.add(key)
        if is_indented:
            found[-1][1].append(name)
        else:
            found.append((name, []))
    return tuple(Process(name, tuple(parts)) for name, parts in found)


def _lines(source: str) -> Iterator[tuple[int, str, bool]]:
    """Number, name and whether it is indented, of every line that is not blank."""
    written = source.splitlines()
    if len(written) > MOST_LINES:
        raise ProcessListImpossible("many", most=MOST_LINES)
    for number, text in enumerate(written, 1):
        name = " ".join(text.split())
        if len(name) > LONGEST:
            raise ProcessListImpossible("long", line=number, longest=LONGEST)
        if "/" in name or "／" in name:
            raise ProcessListImpossible("slash", line=number)
        if name:
            yield number, name, text[0].isspace()


def processes_for(session: Session, unit: Unit) -> Processes:
    """The list of a unit, or of the nearest unit above that has one, or the one that comes with the service."""
    path = [unit, *ancestors(unit)]
    found = select(ProcessList).where(ProcessList.unit_id.in_([member.id for member in path]))
    kept = {entry.unit_id: entry.source for entry in session.scalars(found)}
    nearest = next((member for member in path if member.id in kept), None)
    return Processes(kept[nearest.id], nearest) if nearest else Processes(DEFAULT_PROCESSES, None)


def set_processes(session: Session, unit: Unit, source: str, *, by: Actor, clock: Clock) -> None:
    """Give a unit and those below it a list of their own; an empty one takes it back. Raises: ProcessListImpossible."""
    parse_processes(source)
    own = session.get(ProcessList, unit.id)
    if not source.strip():
        if own is not None:
            session.delete(own)
    elif own is None:
        session.add(ProcessList(source=source, unit=unit))
    else:
        own.source = source
    record(session, by, "processes.set", unit, clock=clock)
