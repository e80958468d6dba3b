"""`branch-survey notices`: what is new, by e-mail to those who want it; and a mail to try the mail server with."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import click

from survey_app.commands.parameters import Acts, ShortText
from survey_app.commands.speech import CommandError, json_option, tell, working_app
from survey_app.commands.speech import gettext as _

if TYPE_CHECKING:
    from flask import Flask

    from survey_app.models import User
    from survey_app.services.mail import Mail, MailRefused
    from survey_app.services.notices import Notice


@dataclass(frozen=True, slots=True)
class Digest:
    """What one person is sent."""

    user: User
    notices: Sequence[Notice]
    mail: Mail


@click.group(name="notices", cls=Acts)
def command() -> None:
    """Notices by e-mail."""


@command.command()
@click.option("--dry-run", is_flag=True, help="Say what would be sent, and send nothing.")
@json_option
def send(dry_run: bool, as_json: bool) -> None:
    """Send everybody who wants mail what is new to them; to be run once a day."""
    with working_app() as app:
        if dry_run:
            digests = _digests(app)
            facts: Mapping[str, Any] = {digest.user.login: len(digest.notices) for digest in digests}
            said = [_("%(login)s: %(count)s notices", login=login, count=count) for login, count in facts.items()]
            tell(said or [_("Nothing is new: no mail would be sent.")], {"would_send": facts}, as_json=as_json)
            return
        sent, refused = _send(app)
    facts = {"sent": sent, "refused": refused}
    said = [_("Mails sent: %(count)s.", count=sent)]
    said += [_("Not sent to %(login)s: %(why)s", login=login, why=why) for login, why in refused.items()]
    tell(said, facts, as_json=as_json)
    if refused:
        raise CommandError(_("Some mails were refused; they are tried again next time."), is_told=True)


@command.command()
@click.argument("address", type=ShortText())
@json_option
def test(address: str, as_json: bool) -> None:
    """Send a mail to ADDRESS, to see that the mail server is set up rightly."""
    from survey_app.services.mail import Mail, required_mail_settings, send_each

    with working_app() as app:
        mail = Mail(
            address, _("A test of the survey service"), _("This mail shows that the mail server is set up.") + "\n"
        )
        for _mail, refused in send_each(required_mail_settings(app.config), [mail]):
            if refused is not None:
                raise refused
        tell(_("The mail server has taken the mail to %(address)s.", address=address), {"sent": 1}, as_json=as_json)


def _send(app: Flask) -> tuple[int, dict[str, str]]:
    """How many mails went out, and by login why others did not. Each person is marked as soon as their mail is gone."""
    from survey_app.extensions import db
    from survey_app.services.mail import required_mail_settings, send_each
    from survey_app.services.notice_marks import mark_mailed

    settings = required_mail_settings(app.config)
    digests = _digests(app)
    refused: dict[str, str] = {}
    if not digests:
        return 0, refused
    outcomes = send_each(settings, [digest.mail for digest in digests])
    for digest, (_mail, refusal) in zip(digests, outcomes, strict=True):
        if refusal is None:
            keys = {notice.key for notice in digest.notices}
            mark_mailed(db.session, digest.user, keys, clock=app.config["CLOCK"])
            db.session.commit()
        else:
            refused[digest.user.login] = _in_words(refusal)
    return len(digests) - len(refused), refused


def _in_words(refusal: MailRefused) -> str:
    return _(refusal.sentence, **refusal.values)


def _digests(app: Flask) -> list[Digest]:
    """In the language of the installation; one for each person who wants mail and to whom something is new."""
    from flask_babel import force_locale

    from survey_app.extensions import db
    from survey_app.services.notice_marks import people_who_want_mail, to_mail
    from survey_app.services.notices import notices_of

    digests = []
    with force_locale(app.config["LANGUAGE"]):
        for user in people_who_want_mail(db.session):
            fresh = to_mail(db.session, user, notices_of(db.session, user, clock=app.config["CLOCK"]))
            if fresh:
                digests.append(Digest(user, fresh, _mail_of(app, user, fresh)))
    return digests


def _mail_of(app: Flask, user: User, notices: Sequence[Notice]) -> Mail:
    from flask_babel import gettext

    from survey_app.services.mail import Mail
    from survey_app.web.notice_words import page_of, sentence_of

    parts = [gettext("%(name)s, this is new:", name=user.name)]
    for notice in notices:
        line = f"{notice.day}  {sentence_of(notice)} · {notice.unit_name}"
        parts.append("\n".join(filter(None, (line, _address(app, *page_of(notice))))))
    parts.append(gettext("You get this mail because you asked for it in your account; there you can switch it off."))
    return Mail(
        user.email, gettext("Notices of the survey service: %(count)s", count=len(notices)), "\n\n".join(parts) + "\n"
    )


def _address(app: Flask, endpoint: str, parameters: Mapping[str, Any]) -> str:
    """Of the page on the service; empty where nobody has said where that is."""
    place = urlsplit(app.config["SITE_ADDRESS"])
    if not place.netloc:
        return ""
    anchor = parameters.get("_anchor")
    values = {name: value for name, value in parameters.items() if name != "_anchor"}
    pages = app.url_map.bind(place.netloc, script_name=place.path or "/", url_scheme=place.scheme)
    return pages.build(endpoint, values, force_external=True) + (f"#{anchor}" if anchor else "")
