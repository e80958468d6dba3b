"""When was the last backup made? As far as the record of acts knows: copies made in other ways are not in it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

from sqlalchemy import Connection, exists, select

from instruments.wording import N_
from survey_app.doctor.finding import Finding, warning, well
from survey_app.doctor.installation import Installation
from survey_app.models import AuditEntry, Unit

LONG_AGO = timedelta(days=7)
MAKE_ONE = N_("Make one, best every night (docs/operations.md): branch-survey backup /safe/place/today.zip")


def last_backup(connection: Connection) -> datetime | None:
    made = select(AuditEntry.at).where(AuditEntry.act == "backup.make")
    return connection.scalar(made.order_by(AuditEntry.number.desc()).limit(1))


def check_backups(installation: Installation) -> Iterator[Finding]:
    with installation.session() as session:
        if session is None:
            return
        last = last_backup(session.connection())
        is_worth_one = session.scalar(select(exists().where(Unit.is_sample.is_(False))))
    if last is not None and installation.clock.now() - last <= LONG_AGO:
        yield well(N_("The last backup was made on %(day)s."), day=last.astimezone().date())
    elif not is_worth_one:
        yield well(N_("There is nothing to back up yet but sample data."))
    elif last is None:
        yield warning(N_("No backup has ever been made here."), MAKE_ONE)
    else:
        days = (installation.clock.now() - last).days
        yield warning(N_("The last backup was made %(days)s days ago."), MAKE_ONE, days=days)
