"""Column maps kept for the file of next year: by name, for a unit and those below it.

What a map of answers says is read by `answers_file`, one of published figures by `figures_map`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload

from instruments.wording import N_
from survey_app.clock import Clock
from survey_app.errors import Refusal
from survey_app.models import ColumnMap, Unit
from survey_app.services.answers_file import AnswersMap, read_column_map
from survey_app.services.audit import Actor, record
from survey_app.services.figures_map import FiguresMap, read_figures_map


class MapKind(StrEnum):
    ANSWERS = "answers"
    AGGREGATES = "aggregates"


class MapNameTaken(Refusal):
    template = N_("%(unit)s has a column map “%(name)s” already. Please change that one, or give another name.")


@dataclass(frozen=True, slots=True)
class MapLine:
    """What one line of a map does: a word for the kind of line, the name in the file, what it becomes."""

    kind: str
    name: str
    becomes: str = ""


def maps_of(session: Session, units: Iterable[UUID], kind: MapKind | None = None) -> list[ColumnMap]:
    """The maps of these units, by name; one query."""
    wanted = set(units)
    found = select(ColumnMap).options(joinedload(ColumnMap.unit)).order_by(ColumnMap.kind, ColumnMap.name)
    kept = session.scalars(found if kind is None else found.filter_by(kind=kind.value))
    return [one for one in kept if one.unit_id in wanted]


def keep_map(
    session: Session, *, unit: Unit, kind: MapKind, name: str, source: str, by: Actor, clock: Clock
) -> ColumnMap:
    """Keep a map under a name. Raises: MapNameTaken; AnswersFileError for one that cannot be read."""
    lines_of(kind, source)
    _require_free(session, unit, kind, name)
    kept = ColumnMap(name=name, kind=kind.value, source=source, changed_at=clock.now(), unit=unit)
    session.add(kept)
    record(session, by, "column_map.keep", kept, clock=clock, unit=unit, name=name)
    return kept


def change_map(session: Session, kept: ColumnMap, *, name: str, source: str, by: Actor, clock: Clock) -> None:
    """Raises: MapNameTaken; AnswersFileError for a map that cannot be read."""
    kind = MapKind(kept.kind)
    lines_of(kind, source)
    if name != kept.name:
        _require_free(session, kept.unit, kind, name)
    kept.name, kept.source, kept.changed_at = name, source, clock.now()
    record(session, by, "column_map.change", kept, clock=clock, unit=kept.unit, name=name)


def delete_map(session: Session, kept: ColumnMap, *, by: Actor, clock: Clock) -> None:
    """Take a map away; what was imported with it stays."""
    record(session, by, "column_map.delete", kept, clock=clock, unit=kept.unit, name=kept.name)
    session.delete(kept)
    session.flush()


def lines_of(kind: MapKind, source: str) -> tuple[MapLine, ...]:
    """What each line of a map does. Raises: AnswersFileError."""
    if kind is MapKind.ANSWERS:
        return _answers_lines(read_column_map(source.encode()))
    return _figures_lines(read_figures_map(source.encode()))


def _answers_lines(said: AnswersMap) -> tuple[MapLine, ...]:
    lines = [MapLine("item" if code else "left_out", name, code or "") for name, code in said.columns.items()]
    lines += [MapLine("unit", name, code) for name, code in said.units.items()]
    for name, value in said.values.items():
        if isinstance(value, str):
            lines.append(MapLine("value", name, value))
        else:
            lines += [MapLine("value", f"{name}: {cell}", text) for cell, text in value.items()]
    return tuple(lines)


def _figures_lines(said: FiguresMap) -> tuple[MapLine, ...]:
    lines = [MapLine("series", said.series, said.title or said.series)]
    lines += [MapLine(role or "left_out", name) for name, role in said.columns.items()]
    lines += [MapLine("item", name, code) for name, code in said.items.items()]
    lines += [MapLine("reference", name) for name in said.references]
    lines += [MapLine("missing", cell) for cell in said.missing]
    lines += [MapLine("share", item) for item in said.shares]
    lines += [MapLine("percentage", item) for item in said.percents]
    single: Mapping[str, object] = {"participation": said.participation, "fixed_year": said.year, "scale": said.values}
    return (*lines, *(MapLine(kind, str(value)) for kind, value in single.items() if value))


def _require_free(session: Session, unit: Unit, kind: MapKind, name: str) -> None:
    taken = select(ColumnMap.id).filter_by(unit_id=unit.id, kind=kind.value, name=name)
    if session.scalar(taken) is not None:
        raise MapNameTaken(unit=unit.name, name=name)
