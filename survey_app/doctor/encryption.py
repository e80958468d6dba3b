"""Do people reach the service encrypted? What the settings say, and with `--online` what the address itself answers."""

from __future__ import annotations

import http.client
import ssl
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from urllib.parse import SplitResult, urlsplit

from instruments.wording import N_
from survey_app.doctor.finding import Finding, trouble, warning, well
from survey_app.doctor.installation import Installation

SECONDS = 10
SOON, VERY_SOON = timedelta(days=21), timedelta(days=3)
RENEW = N_("Renew the certificate in the web server in front, for instance: certbot renew")


def check_encryption(installation: Installation) -> Iterator[Finding]:
    settings = installation.settings
    place = urlsplit(settings["SITE_ADDRESS"])
    if not settings["TLS"]:
        yield well(N_("TLS is 0: the service is meant for this machine alone (see Settings where it is not)."))
    elif not place.hostname:
        yield warning(
            N_("TLS is 1, but no SITE_ADDRESS says where people open the service."),
            N_('Write SITE_ADDRESS = "https://…" into config.toml.'),
        )
    elif place.scheme == "https" and not installation.online:
        yield well(
            N_("People reach the service by %(address)s; the certificate is looked at with --online."),
            address=settings["SITE_ADDRESS"],
        )
    if place.scheme == "https" and place.hostname and installation.online:
        yield from _of_address(place, installation.clock.now())


def _of_address(place: SplitResult, now: datetime) -> Iterator[Finding]:
    host, port = place.hostname or "", place.port or 443
    values = {"address": f"https://{place.netloc}", "host": host}
    try:
        ends, status, header = _asked(host, port, f"{place.path.rstrip('/')}/healthz")
    except ssl.SSLCertVerificationError as error:
        yield trouble(
            N_("The certificate of %(host)s is not valid: %(why)s."), RENEW, why=error.verify_message, **values
        )
        return
    except (OSError, http.client.HTTPException) as error:
        yield trouble(
            N_("%(address)s cannot be reached from here: %(why)s."),
            N_("Is the web server running (systemctl status nginx), and does the name lead to this machine?"),
            why=getattr(error, "strerror", None) or error,
            **values,
        )
        return
    found = [*_of_certificate(ends, now, values), *_of_reply(status, header, values)]
    yield from found or [
        well(
            N_("%(address)s answers encrypted; its certificate is valid until %(day)s."),
            day=ends.date(),
            **values,
        )
    ]


def _asked(host: str, port: int, path: str) -> tuple[datetime, int, str]:
    """When the certificate ends, the status of the answer, and how long browsers are told to insist on https."""
    connection = http.client.HTTPSConnection(host, port, timeout=SECONDS, context=ssl.create_default_context())
    try:
        connection.connect()
        certificate = connection.sock.getpeercert() or {}
        ends = datetime.fromtimestamp(ssl.cert_time_to_seconds(str(certificate["notAfter"])), UTC)
        connection.request("GET", path)
        response = connection.getresponse()
        return ends, response.status, response.headers.get("Strict-Transport-Security", "")
    finally:
        connection.close()


def _of_certificate(ends: datetime, now: datetime, values: dict[str, str]) -> Iterator[Finding]:
    if ends - now < SOON:
        told = trouble if ends - now < VERY_SOON else warning
        yield told(
            N_("The certificate of %(host)s ends in %(days)s days, and nobody has renewed it."),
            RENEW,
            days=max(0, (ends - now).days),
            **values,
        )


def _of_reply(status: int, header: str, values: dict[str, str]) -> Iterator[Finding]:
    if status != 200:
        yield trouble(
            N_("%(address)s is reached, but the service behind it answers with status %(status)s."),
            N_("Start the service (systemctl start branch-survey), and compare the port in the web server's settings."),
            status=status,
            **values,
        )
    elif "max-age" not in header:
        yield warning(
            N_("%(address)s does not tell browsers to insist on https."),
            N_("Write TLS = true into config.toml, or let the web server send Strict-Transport-Security."),
            **values,
        )
