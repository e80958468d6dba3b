"""Mail to the people of a survey: a reminder to everybody on its roster, and personal links that work once.

A reminder never carries a code and never goes to "those who have not answered": nobody knows who that is. Names and
addresses come from the roster's own store; the record of acts only says how many mails went out. Sending takes a while,
so it happens between two transactions: first what is about to be sent is written down, then what came of it.
"""

from __future__ import annotations

import logging
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import ClassVar
from uuid import UUID

from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session

from instruments.wording import N_
from survey_app.clock import Clock
from survey_app.crypto.codes import code_hash
from survey_app.errors import NoCodesHere, Refusal
from survey_app.models import (
    UNUSED,
    AccessMode,
    AuditEntry,
    Invitation,
    ReportingGroup,
    RosterPerson,
    State,
    Survey,
)
from survey_app.services.audit import Actor, record
from survey_app.services.cast import hold_still
from survey_app.services.issue import issue_codes
from survey_app.services.mail import Mail, MailRefused, MailSettings, send_each
from survey_app.services.roster import roster_groups, roster_of
from survey_app.services.slips import SLIPS_MADE, issue_personal_slips

REMINDED, REMINDER_STOPPED = "survey.remind", "survey.remind_stopped"
LINKS_SENT, LINKS_STOPPED = "survey.mail_links", "survey.mail_links_stopped"
CODES_MADE = (LINKS_SENT, LINKS_STOPPED, SLIPS_MADE)


class ReminderRefused(Refusal):
    sentences: ClassVar[dict[str, str]] = {
        "today": N_("A reminder has gone out today already. Please wait until tomorrow."),
        "nobody": N_("The list of names of this survey has no e-mail address."),
        "over": N_("The last day has passed: a mail would come too late."),
        "others": N_("These are not the people whom the last mails did not reach. Please begin again from this page."),
    }


@dataclass(frozen=True, slots=True)
class Recipient:
    """Somebody on the roster with an address, and the group in which this person answers."""

    id: UUID
    name: str
    email: str
    group: ReportingGroup


@dataclass(frozen=True, slots=True, repr=False)
class PersonalLink:
    """A code that was just made and stands nowhere else."""

    recipient: Recipient
    code: str


@dataclass(frozen=True, slots=True)
class Delivery:
    """Which of the mails, by their place, the mail server took; `stopped` says why it took no more."""

    reached: frozenset[int]
    stopped: MailRefused | None = None


def deliver(settings: MailSettings, mails: Sequence[Mail]) -> Delivery:
    """Send mails over one connection. An address that is refused is passed over."""
    reached = set()
    try:
        for place, (_mail, refused) in enumerate(send_each(settings, mails)):
            if refused is None:
                reached.add(place)
    except MailRefused as stopped:
        logging.getLogger(__name__).error(
            "mails stopped after %s: %s", len(reached), stopped.reason, extra={"event": "mail.failed"}
        )
        return Delivery(frozenset(reached), stopped)
    return Delivery(frozenset(reached))


def recipients_of(session: Session, survey: Survey) -> list[Recipient]:
    """Everybody on the roster who has an e-mail address and belongs to a reporting group, by name."""
    groups = {group.unit_id: group for group in survey.groups}
    places = {unit: groups[one.unit.id] for one in roster_groups(session, survey) for unit in one.units}
    return [
        Recipient(person.id, person.name, person.email, places[person.unit_id])
        for person in roster_of(session, survey)
        if person.email and person.unit_id in places
    ]


def count_addresses(session: Session, survey: Survey) -> int:
    """How many people on the roster have an e-mail address."""
    named = select(func.count()).where(RosterPerson.survey_id == survey.id, RosterPerson.email != "")
    return session.scalar(named) or 0


def was_reminded_today(session: Session, survey: Survey, *, clock: Clock) -> bool:
    """Whether a reminder has gone out on this day; one that reached nobody does not count."""
    acts = select(AuditEntry).where(
        AuditEntry.unit_id == survey.unit_id,
        AuditEntry.object_id == str(survey.id),
        AuditEntry.act.in_((REMINDED, REMINDER_STOPPED)),
    )
    last = session.scalar(acts.order_by(AuditEntry.number.desc()).limit(1))
    if last is None or last.at.astimezone().date() != clock.now().astimezone().date():
        return False
    return last.act == REMINDED or last.detail["sent"] > 0


def begin_reminder(session: Session, survey: Survey, *, by: Actor, clock: Clock) -> list[Recipient]:
    """Write down that everybody on the roster is reminded now, before the mails go.

    Of two at the same instant the second waits, and finds that today's reminder has gone out.

    Raises: StateError, ReminderRefused.
    """
    hold_still(session, survey, alone=True)
    recipients = _reachable(session, survey, clock=clock)
    if was_reminded_today(session, survey, clock=clock):
        raise ReminderRefused("today")
    record(session, by, REMINDED, survey, clock=clock, unit=survey.unit, people=len(recipients))
    return recipients


def end_reminder(session: Session, survey: Survey, *, sent: int, people: int, by: Actor, clock: Clock) -> None:
    """Write down where fewer mails than meant have gone out."""
    if sent < people:
        record(session, by, REMINDER_STOPPED, survey, clock=clock, unit=survey.unit, sent=sent, people=people)


def make_personal_links(
    session: Session,
    survey: Survey,
    *,
    only: Collection[UUID] = (),
    by: Actor,
    clock: Clock,
    secret: bytes,
) -> list[PersonalLink]:
    """A code for everybody on the roster with an address; all codes not used before are void.

    With `only`, for these people besides what was sent before: those whom the mail server did not reach. They get the
    codes that were taken back (`end_personal_links`), so that nothing has to be counted.

    Raises: StateError, NoCodesHere, ReminderRefused; TooManySlips as `issue_personal_slips`.
    """
    hold_still(session, survey, alone=True)
    if survey.access_mode is not AccessMode.PERSONAL:
        raise NoCodesHere
    recipients = [one for one in _reachable(session, survey, clock=clock) if not only or one.id in only]
    if only and not _were_taken_back(session, survey, recipients):
        raise ReminderRefused("others")
    record(session, by, LINKS_SENT, survey, clock=clock, unit=survey.unit, people=len(recipients))
    links = []
    for group in survey.groups:
        of_group = [one for one in recipients if one.group is group]
        if not of_group:
            continue
        if only:
            codes = issue_codes(session, survey, group, len(of_group), secret=secret)
        else:
            names = [one.name for one in of_group]
            made = issue_personal_slips(session, survey, group, names, by=by, clock=clock, secret=secret)
            codes = [code for _name, code in made]
        links += [PersonalLink(one, code) for one, code in zip(of_group, codes, strict=True)]
    return links


def end_personal_links(
    session: Session,
    survey: Survey,
    unsent: Sequence[PersonalLink],
    *,
    people: int,
    by: Actor,
    clock: Clock,
    secret: bytes,
) -> None:
    """Take back the codes whose mail did not go out, so that their owners can be sent others."""
    if not unsent:
        return
    hashes = [code_hash(secret, survey.id, link.code) for link in unsent]
    session.execute(
        delete(Invitation)
        .where(Invitation.code_hash.in_(hashes), Invitation.survey_id == survey.id, Invitation.mark == UNUSED)
        .execution_options(synchronize_session=False)
    )
    sent, whom = people - len(unsent), _fingerprint(link.recipient for link in unsent)
    record(session, by, LINKS_STOPPED, survey, clock=clock, unit=survey.unit, sent=sent, people=people, sha256=whom)


def _reachable(session: Session, survey: Survey, *, clock: Clock) -> list[Recipient]:
    survey.require(State.OPEN)
    if clock.today() > survey.closes_on:
        raise ReminderRefused("over")
    recipients = recipients_of(session, survey)
    if not recipients:
        raise ReminderRefused("nobody")
    return recipients


def _were_taken_back(session: Session, survey: Survey, recipients: Sequence[Recipient]) -> bool:
    """Are these exactly the people whose codes were taken back, and have no codes been made since?"""
    acts = select(AuditEntry).where(AuditEntry.object_id == str(survey.id), AuditEntry.act.in_(CODES_MADE))
    last = session.scalar(acts.order_by(AuditEntry.number.desc()).limit(1))
    return last is not None and last.act == LINKS_STOPPED and last.detail.get("sha256") == _fingerprint(recipients)


def _fingerprint(recipients: Iterable[Recipient]) -> str:
    """Of people by their random identifiers, which go with the roster: it leads to nobody."""
    return sha256(" ".join(sorted(str(one.id) for one in recipients)).encode()).hexdigest()
