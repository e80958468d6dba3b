"""Settings that cannot be understood, that nobody reads, or that contradict each other."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from ipaddress import ip_address
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from instruments.wording import N_
from survey_app.config import CONFIG_FILE, INSTALLATION_SECRET_FILE, PREFIX, SESSION_KEY_FILE, SETTINGS
from survey_app.doctor.finding import Finding, trouble, warning, well
from survey_app.doctor.installation import Installation

Contradiction = tuple[Finding, bool]


def check_settings(installation: Installation) -> Iterator[Finding]:
    found = [*_not_understood(installation), *_read_by_nobody(), *_contradictions(installation.settings)]
    found += _overridden_secrets(installation)
    yield from found or [well(N_("Every setting is understood, and they go together."))]


def _not_understood(installation: Installation) -> Iterator[Finding]:
    for fault in installation.faults:
        yield trouble(
            fault.sentence,
            N_("Correct it in %(file)s or in the environment; docs/operations.md lists every setting."),
            **fault.values,
            file=installation.folder / CONFIG_FILE,
        )


def _read_by_nobody() -> Iterator[Finding]:
    known = {PREFIX + setting.name for setting in SETTINGS}
    for name in sorted(name for name in os.environ if name.startswith(PREFIX) and name not in known):
        yield warning(
            N_("The environment sets %(name)s, which is no setting."),
            N_("Compare it with docs/operations.md, or remove it: unset %(name)s"),
            name=name,
        )


def _contradictions(settings: Mapping[str, Any]) -> list[Finding]:
    return [finding for finding, is_there in (*_of_encryption(settings), *_of_limits(settings)) if is_there]


def _of_encryption(settings: Mapping[str, Any]) -> Iterator[Contradiction]:
    place, tls = urlsplit(settings["SITE_ADDRESS"]), settings["TLS"]
    yield (
        trouble(
            N_("Members reach %(address)s without encryption: answers and passwords cross the network readable."),
            N_('Set up https in front (docs/operations.md), then SITE_ADDRESS = "https://…" and TLS = true'),
            address=settings["SITE_ADDRESS"],
        ),
        place.scheme == "http" and not is_this_machine(place.hostname or "") and not tls,
    )
    yield (
        warning(
            N_("SITE_ADDRESS begins with https, but TLS is 0: cookies may travel unencrypted."),
            N_("Write TLS = true into config.toml."),
        ),
        place.scheme == "https" and not tls,
    )
    yield (
        warning(
            N_("TLS is 1, but SITE_ADDRESS begins with http: links in mails lead past the encryption."),
            N_("Begin SITE_ADDRESS with https:// in config.toml."),
        ),
        place.scheme == "http" and tls,
    )
    yield (
        warning(
            N_("TLS is 1, but TRUSTED_PROXIES is 0: everybody behind the web server counts as one address."),
            N_("Write TRUSTED_PROXIES = 1 into config.toml, or the number of web servers in front."),
        ),
        tls and not settings["TRUSTED_PROXIES"],
    )
    yield (
        warning(
            N_("Mails and their password go to %(host)s unencrypted."),
            N_('Write SMTP_TLS = "starttls" into config.toml.'),
            host=settings["SMTP_HOST"],
        ),
        bool(settings["SMTP_HOST"]) and settings["SMTP_TLS"] == "none" and not is_this_machine(settings["SMTP_HOST"]),
    )


def _of_limits(settings: Mapping[str, Any]) -> Iterator[Contradiction]:
    yield (
        warning(
            N_("There is a mail server but no SITE_ADDRESS: mails carry no links."),
            N_('Write SITE_ADDRESS = "https://…" into config.toml: the address under which people open the service.'),
        ),
        bool(settings["SMTP_HOST"]) and not settings["SITE_ADDRESS"],
    )
    yield (
        warning(
            N_("RATELIMIT_ENABLED is 0: passwords and codes can be guessed without pause."),
            N_("Write RATELIMIT_ENABLED = true into config.toml, or remove the line."),
        ),
        not settings["RATELIMIT_ENABLED"],
    )
    yield (
        trouble(
            N_("WORKERS is %(count)s, but SQLite serves one process at a time: the service does not start."),
            N_("Write WORKERS = 1 into config.toml, or use PostgreSQL: branch-survey migrate-to URL"),
            count=settings["WORKERS"],
        ),
        settings["WORKERS"] != 1 and settings["DATABASE_URL"].startswith("sqlite"),
    )
    yield (
        trouble(
            N_("SMTP_CA_FILE names %(file)s, which is not there."),
            N_("Put the certificate there, or correct SMTP_CA_FILE in config.toml."),
            file=settings["SMTP_CA_FILE"],
        ),
        bool(settings["SMTP_CA_FILE"]) and not Path(settings["SMTP_CA_FILE"]).is_file(),
    )


def _overridden_secrets(installation: Installation) -> Iterator[Finding]:
    """A file and a setting that say different things: whoever puts back the file mends nothing."""
    used = {
        SESSION_KEY_FILE: ("SECRET_KEY", installation.settings["SECRET_KEY"]),
        INSTALLATION_SECRET_FILE: ("INSTALLATION_SECRET", installation.settings["INSTALLATION_SECRET"].hex()),
    }
    for file, (name, value) in used.items():
        path = installation.folder / file
        if value and path.is_file() and path.read_text(encoding="utf-8", errors="replace").strip().lower() != value:
            yield warning(
                N_("%(name)s is set to another value than the file %(file)s holds; the file is not read."),
                N_("Keep the one that belongs to this installation, and remove the other."),
                name=name,
                file=path,
            )


def is_this_machine(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
