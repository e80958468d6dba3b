"""E-mail by SMTP: the settings, and one connection over which plain texts go out, one recipient each.

Nothing is stored, and nothing about recipients is logged. What a mail says is its caller's.
"""

from __future__ import annotations

import smtplib
import ssl
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from email.errors import MessageError
from email.headerregistry import Address
from email.message import EmailMessage
from email.utils import localtime, make_msgid, parseaddr
from enum import StrEnum
from typing import Any, ClassVar

from instruments.wording import N_
from survey_app.errors import Refusal

SECONDS = 20
"""How long the mail server may be silent."""


class Encryption(StrEnum):
    """How the connection to the mail server is protected."""

    STARTTLS = "starttls"
    TLS = "tls"
    NONE = "none"


class MailRefused(Refusal):
    """Mail that did not go out. `recipient` and `content` concern one mail, all others the server as a whole."""

    status = 502
    sentences: ClassVar[dict[str, str]] = {
        "not_set_up": N_(
            "No mail server is set up. Please give SMTP_HOST and MAIL_FROM in the settings; "
            "docs/operations.md says how."
        ),
        "unreachable": N_(
            "The mail server %(host)s does not answer on port %(port)s (%(why)s). Please check SMTP_HOST and SMTP_PORT."
        ),
        "encryption": N_(
            "The mail server %(host)s does not encrypt in the way that SMTP_TLS asks for (%(why)s). "
            "Usually starttls goes with port 587 and tls with port 465."
        ),
        "certificate": N_(
            "The certificate of the mail server %(host)s cannot be trusted (%(why)s). If your organisation issues "
            "its own certificates, please name the file of its root certificate in SMTP_CA_FILE."
        ),
        "ca_file": N_("The file named in SMTP_CA_FILE cannot be read as certificates (%(why)s)."),
        "login": N_(
            "The mail server %(host)s refuses to sign in (%(why)s). Please check SMTP_LOGIN and SMTP_PASSWORD."
        ),
        "sender": N_("The mail server does not take mail from %(sender)s (%(why)s). Please check MAIL_FROM."),
        "broken": N_("The mail server stopped taking mail (%(why)s). Please try again later."),
        "recipient": N_("The mail server does not take mail to this address (%(why)s). Please check the address."),
        "address": N_("This is not an e-mail address that can be written to. Please check it."),
        "content": N_("The mail server does not take this mail (%(why)s)."),
    }


@dataclass(frozen=True, slots=True)
class MailSettings:
    host: str
    port: int
    encryption: Encryption
    sender: str
    """As in the header From: an address, or a name and an address."""
    login: str = ""
    password: str = field(default="", repr=False)
    ca_file: str = ""
    """Certificates to be trusted instead of those of the machine."""

    @property
    def domain(self) -> str:
        return parseaddr(self.sender)[1].rpartition("@")[2]


@dataclass(frozen=True, slots=True)
class Mail:
    to: str
    subject: str
    text: str


def mail_settings(config: Mapping[str, Any]) -> MailSettings | None:
    """The mail server of this installation; None without one."""
    if not config["SMTP_HOST"]:
        return None
    return MailSettings(
        host=config["SMTP_HOST"],
        port=config["SMTP_PORT"],
        encryption=Encryption(config["SMTP_TLS"]),
        sender=config["MAIL_FROM"],
        login=config["SMTP_LOGIN"],
        password=config["SMTP_PASSWORD"],
        ca_file=config["SMTP_CA_FILE"],
    )


def required_mail_settings(config: Mapping[str, Any]) -> MailSettings:
    """The same. Raises: MailRefused without a mail server."""
    settings = mail_settings(config)
    if settings is None:
        raise MailRefused("not_set_up")
    return settings


def send_mails(settings: MailSettings, mails: Iterable[Mail]) -> int:
    """Send all mails over one connection. Returns how many the server took; refused recipients are passed over.

    Raises: MailRefused where the server itself cannot be used; mails before that have gone out.
    """
    return sum(refused is None for _mail, refused in send_each(settings, mails))


def send_each(settings: MailSettings, mails: Iterable[Mail]) -> Iterator[tuple[Mail, MailRefused | None]]:
    """Send mails one after the other over one connection, and give each back with why it was refused (None: sent).

    Raises: MailRefused where the server itself cannot be used.
    """
    with _connection(settings) as server:
        for mail in mails:
            yield mail, _send(server, settings, mail)


def is_address(written: str) -> bool:
    """One address that mail can be sent to, and nothing else."""
    try:
        address = Address(addr_spec=written)
    except (ValueError, IndexError, MessageError):
        return False
    return bool(address.username and address.domain) and written.isascii()


@contextmanager
def _connection(settings: MailSettings) -> Iterator[smtplib.SMTP]:
    server = _greeted(settings)
    try:
        _sign_in(server, settings)
        yield server
    finally:
        _hang_up(server)


def _greeted(settings: MailSettings) -> smtplib.SMTP:
    """A connection, encrypted as the settings ask."""
    host, port, name = settings.host, settings.port, settings.domain
    context = _context(settings)
    try:
        if settings.encryption is Encryption.TLS:
            return smtplib.SMTP_SSL(host, port, local_hostname=name, timeout=SECONDS, context=context)
        server = smtplib.SMTP(host, port, local_hostname=name, timeout=SECONDS)
    except ssl.SSLCertVerificationError as error:
        raise MailRefused("certificate", host=host, why=error.verify_message) from error
    except ssl.SSLError as error:
        raise MailRefused("encryption", host=host, why=_reason(error)) from error
    except (OSError, smtplib.SMTPException) as error:
        raise MailRefused("unreachable", host=host, port=port, why=_reason(error)) from error
    if settings.encryption is Encryption.STARTTLS:
        _start_tls(server, settings, context)
    return server


def _start_tls(server: smtplib.SMTP, settings: MailSettings, context: ssl.SSLContext) -> None:
    try:
        server.starttls(context=context)
    except ssl.SSLCertVerificationError as error:
        server.close()
        raise MailRefused("certificate", host=settings.host, why=error.verify_message) from error
    except (OSError, smtplib.SMTPException) as error:
        server.close()
        raise MailRefused("encryption", host=settings.host, why=_reason(error)) from error


def _context(settings: MailSettings) -> ssl.SSLContext:
    try:
        return ssl.create_default_context(cafile=settings.ca_file or None)
    except OSError as error:
        raise MailRefused("ca_file", why=_reason(error)) from error


def _sign_in(server: smtplib.SMTP, settings: MailSettings) -> None:
    if not settings.login:
        return
    try:
        server.login(settings.login, settings.password)
    except (OSError, smtplib.SMTPException) as error:
        raise MailRefused("login", host=settings.host, why=_reason(error)) from error


def _send(server: smtplib.SMTP, settings: MailSettings, mail: Mail) -> MailRefused | None:
    if not is_address(mail.to):
        return MailRefused("address")
    try:
        server.send_message(_message(settings, mail))
    except smtplib.SMTPRecipientsRefused as error:
        return MailRefused("recipient", why=_said(*error.recipients[mail.to]))
    except smtplib.SMTPDataError as error:
        return MailRefused("content", why=_reason(error))
    except smtplib.SMTPSenderRefused as error:
        raise MailRefused("sender", sender=settings.sender, why=_reason(error)) from error
    except (OSError, smtplib.SMTPException) as error:
        raise MailRefused("broken", why=_reason(error)) from error
    return None


def _message(settings: MailSettings, mail: Mail) -> EmailMessage:
    message = EmailMessage()
    message["From"] = settings.sender
    message["To"] = mail.to
    message["Subject"] = " ".join(mail.subject.split())
    message["Date"] = localtime()
    message["Message-ID"] = make_msgid(domain=settings.domain)
    message["Auto-Submitted"] = "auto-generated"  # no holiday replies (RFC 3834)
    message.set_content(mail.text, charset="utf-8", cte="base64")
    return message


def _hang_up(server: smtplib.SMTP) -> None:
    """A server that is gone already takes no farewell; what it took before stays sent."""
    try:
        server.quit()
    except (OSError, smtplib.SMTPException):
        server.close()


def _reason(error: Exception) -> str:
    """What the server or the system said, in its own words."""
    if isinstance(error, smtplib.SMTPResponseException):
        return _said(error.smtp_code, error.smtp_error)
    return getattr(error, "strerror", None) or str(error) or type(error).__name__


def _said(code: int, words: bytes | str) -> str:
    text = words.decode("utf-8", "replace") if isinstance(words, bytes) else words
    return f"{code} {' '.join(text.split())}"
