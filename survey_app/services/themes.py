"""The themes that a unit sorts comments by: its own list, else that of the nearest unit above, else the usual one."""

from __future__ import annotations

from functools import lru_cache

from sqlalchemy import select
from sqlalchemy.orm import Session

from analysis.themes import DEFAULT_THEMES, ThemeRule, parse_themes
from survey_app.clock import Clock
from survey_app.models import ThemeList, Unit
from survey_app.services.audit import Actor, record
from survey_app.services.organisation import ancestors


def theme_source(session: Session, unit: Unit) -> tuple[str, Unit | None]:
    """The list that holds for a unit as it was written, and whose it is; None: the usual one."""
    path = [unit, *ancestors(unit)]
    found = select(ThemeList).where(ThemeList.unit_id.in_([one.id for one in path]))
    lists = {one.unit_id: one.source for one in session.scalars(found)}
    holder = next((one for one in path if one.id in lists), None)
    return (DEFAULT_THEMES, None) if holder is None else (lists[holder.id], holder)


def themes_for(session: Session, unit: Unit) -> tuple[ThemeRule, ...]:
    """The rules of the list that holds for a unit now."""
    return read_themes(theme_source(session, unit)[0])


@lru_cache(maxsize=64)
def read_themes(source: str) -> tuple[ThemeRule, ...]:
    """The rules of a list. Raises: ThemesUnreadable."""
    return parse_themes(source)


def keep_themes(session: Session, unit: Unit, source: str, *, by: Actor, clock: Clock) -> None:
    """Give a unit a list of its own; what was chosen for a comment before stays. Raises: ThemesUnreadable."""
    rules = read_themes(source)
    kept = session.get(ThemeList, unit.id)
    if kept is None:
        session.add(ThemeList(unit=unit, source=source))
    else:
        kept.source = source
    record(session, by, "themes.set", unit, clock=clock, themes=len(rules))


def drop_themes(session: Session, unit: Unit, *, by: Actor, clock: Clock) -> None:
    """From now on the list of the unit above holds, or the usual one; nothing happens where it does already."""
    kept = session.get(ThemeList, unit.id)
    if kept is not None:
        session.delete(kept)
        record(session, by, "themes.drop", unit, clock=clock)
