"""Is the clock right? Last days, locks, backups and the record of acts follow it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from functools import partial

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from instruments.wording import N_
from survey_app.doctor.finding import Finding, trouble, warning, well
from survey_app.doctor.installation import Installation
from survey_app.models import AuditEntry

APART = timedelta(minutes=2)
"""So far two clocks may differ."""
FIRST_VERSION = datetime(2026, 1, 1, tzinfo=UTC)
"""No clock of an installation can be before it."""
SET_CLOCK = N_("Let the clock be set by the network: timedatectl set-ntp true")
LANGUAGE_OF_CHINA = "zh_Hans"


def check_time(installation: Installation) -> Iterator[Finding]:
    now = installation.clock.now()
    found = [*_of_clock(installation, now), *_of_zone(installation, now)]
    local = now.astimezone()
    yield from found or [well(N_("It is %(now)s."), now=f"{local:%Y-%m-%d %H:%M} ({local:%Z})")]


def _of_clock(installation: Installation, now: datetime) -> Iterator[Finding]:
    told = partial(trouble, now=_shown(now))
    if now < FIRST_VERSION:
        yield told(N_("The clock of this machine says %(now)s, which is long past."), SET_CLOCK)
        return
    with installation.session() as session:
        if session is None:
            return
        newest = session.scalar(select(AuditEntry.at).order_by(AuditEntry.number.desc()).limit(1))
        if newest is not None and newest > now + APART:
            yield told(
                N_("The clock of this machine says %(now)s, but the newest act was written down at %(newest)s."),
                SET_CLOCK,
                newest=_shown(newest),
            )
        there = _clock_of_database(session)
        if there is not None and abs(there - now) > APART:
            yield told(
                N_("The clock of this machine says %(now)s, that of the database server %(there)s."),
                N_("Let both be set by the network, on each machine: timedatectl set-ntp true"),
                there=_shown(there),
            )


def _clock_of_database(session: Session) -> datetime | None:
    """None for SQLite, which has none of its own."""
    if session.get_bind().dialect.name == "sqlite":
        return None
    return session.scalar(select(func.clock_timestamp()))


def _of_zone(installation: Installation, now: datetime) -> Iterator[Finding]:
    """The last day of a survey ends at midnight of the machine's time zone."""
    offset = now.astimezone().utcoffset()
    if installation.settings["LANGUAGE"] == LANGUAGE_OF_CHINA and not offset:
        yield warning(
            N_("The time zone of this machine is UTC: in China a new day would begin at eight in the morning."),
            N_("Set the time zone, then start the service again: timedatectl set-timezone Asia/Shanghai"),
        )


def _shown(moment: datetime) -> str:
    return f"{moment.astimezone():%Y-%m-%d %H:%M %Z}"
