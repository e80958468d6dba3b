"""The two secrets: are they there, long enough, and those with which the database was written?"""

from __future__ import annotations

from collections.abc import Iterator
from hashlib import sha256
from hmac import digest

from sqlalchemy import select
from sqlalchemy.orm import Session

from instruments.wording import N_
from survey_app.config import INSTALLATION_SECRET_FILE, SESSION_KEY_FILE
from survey_app.crypto.keys import WrongSecretError, unwrap
from survey_app.doctor.finding import Finding, trouble, warning, well
from survey_app.doctor.installation import Installation
from survey_app.errors import SecretReplaced
from survey_app.models import ReportingGroup, Survey, User
from survey_app.services.one_time_password import PURPOSE
from survey_app.services.survey_keys import signing_key_of

LEAST_SESSION_KEY = 32
"""Characters."""
MOST_LOOKED_AT = 200
"""Groups and accounts whose keys are tried."""


def check_keys(installation: Installation) -> Iterator[Finding]:
    found = [*_of_session_key(installation), *_of_secret(installation)]
    yield from found or [
        well(
            N_("Both secrets are there. On every server of the installation this line ends with %(mark)s."),
            mark=_mark(installation),
        )
    ]


def _of_session_key(installation: Installation) -> Iterator[Finding]:
    key, path = str(installation.settings["SECRET_KEY"]), installation.folder / SESSION_KEY_FILE
    if not key:
        yield trouble(
            N_("The secret %(path)s is missing: nobody can sign in."),
            N_("Make a new one; whoever is signed in signs in again: branch-survey init")
            if installation.settings["INSTALLATION_SECRET"] or not installation.is_set_up
            else N_("Put it back together with %(other)s."),
            path=path,
            other=INSTALLATION_SECRET_FILE,
        )
    elif len(key) < LEAST_SESSION_KEY:
        yield warning(
            N_("The session key has only %(length)s characters and could be guessed."),
            N_("Delete it (%(path)s, or SECRET_KEY), then: branch-survey init"),
            length=len(key),
            path=path,
        )


def _of_secret(installation: Installation) -> Iterator[Finding]:
    secret, path = installation.settings["INSTALLATION_SECRET"], installation.folder / INSTALLATION_SECRET_FILE
    with installation.session() as session:
        if not secret:
            yield _missing(session, installation)
        elif session is not None and not _fits(session, secret):
            yield trouble(
                N_("The installation secret is not the one with which this database was written."),
                N_("Put back the file of then as %(path)s: surveys under way give out no passes without it."),
                path=path,
            )


def _missing(session: Session | None, installation: Installation) -> Finding:
    path = installation.folder / INSTALLATION_SECRET_FILE
    if session is None or not _wrapped(session):
        what = N_("The secret %(path)s is missing.")
        if installation.is_set_up:
            return trouble(
                what,
                N_("Put it back from where you keep it; only if it is lost for good: branch-survey init --new-secret"),
                path=path,
            )
        return trouble(what, N_("Make it: branch-survey init"), path=path)
    return trouble(
        N_("The secret %(path)s is missing, and what is under way depends on it."),
        N_("Put it back from where you keep it: with a new one these surveys give out no more passes."),
        path=path,
    )


def _fits(session: Session, secret: bytes) -> bool:
    """Can everything be unwrapped that lies wrapped in the database, and is it the other half of what members hold?"""
    groups, accounts = _wrapped_groups(session), _wrapped_accounts(session)
    try:
        for group in groups:
            if signing_key_of(group, secret=secret).public.der != group.public_key:
                return False
        for user in accounts:
            unwrap(secret, user.id, PURPOSE, user.totp_secret or b"", bound_to=user.id.bytes)
    except (SecretReplaced, WrongSecretError):
        return False
    return True


def _wrapped(session: Session) -> bool:
    return bool(_wrapped_groups(session) or _wrapped_accounts(session))


def _wrapped_groups(session: Session) -> list[ReportingGroup]:
    """Groups of surveys under way: their keys are destroyed at sealing."""
    held = select(ReportingGroup).join(Survey).where(ReportingGroup.signing_key.is_not(None))
    return list(session.scalars(held.limit(MOST_LOOKED_AT)))


def _wrapped_accounts(session: Session) -> list[User]:
    return list(session.scalars(select(User).where(User.totp_secret.is_not(None)).limit(MOST_LOOKED_AT)))


def _mark(installation: Installation) -> str:
    """The same where both secrets are the same; nobody can reckon a secret from it."""
    secret, key = installation.settings["INSTALLATION_SECRET"], str(installation.settings["SECRET_KEY"])
    return digest(secret, b"branch-survey/doctor/" + sha256(key.encode()).digest(), "sha256").hex()[:8]
