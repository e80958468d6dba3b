"""Is a mail server set up, and does it take our connection? Asked only with `--online`; no mail is sent."""

from __future__ import annotations

from collections.abc import Iterator

from instruments.wording import N_
from survey_app.doctor.finding import Finding, trouble, well
from survey_app.doctor.installation import Installation
from survey_app.services.mail import MailRefused, mail_settings, send_mails


def check_mail(installation: Installation) -> Iterator[Finding]:
    settings = mail_settings(installation.settings)
    if settings is None:
        yield well(N_("No mail server is set up: notices are shown on pages only."))
        return
    if not installation.online:
        yield well(N_("Mails go through %(host)s; it is asked with --online."), host=settings.host)
        return
    try:
        send_mails(settings, [])
    except MailRefused as refusal:
        yield trouble(
            refusal.sentence,
            N_("Then try it with a mail to yourself: branch-survey notices test you@example.org"),
            **refusal.values,
        )
    else:
        yield well(N_("The mail server %(host)s takes our connection."), host=settings.host)
