"""Does the end of the record of acts fit? The whole of it is reckoned again by `branch-survey audit verify`."""

from __future__ import annotations

from collections.abc import Iterator

from sqlalchemy import select

from instruments.wording import N_
from survey_app.doctor.finding import Finding, trouble, well
from survey_app.doctor.installation import Installation
from survey_app.models import AuditEntry
from survey_app.services.audit_trail import head_fits, head_of, unlinked

LAST = 100
"""Entries looked at."""


def check_record(installation: Installation) -> Iterator[Finding]:
    with installation.session() as session:
        if session is None:
            return
        entries = session.scalars(select(AuditEntry).order_by(AuditEntry.number.desc()).limit(LAST)).all()
        if unlinked(session, entries) or not head_fits(session, head_of(session)):
            yield trouble(
                N_("The last entries of the record of acts do not follow from each other."),
                N_("See which ones, and tell whoever answers for the record: branch-survey audit verify"),
            )
        else:
            yield well(N_("The last %(count)s entries follow from each other."), count=len(entries))
