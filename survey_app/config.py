"""Settings, read once at the door: from the call, the environment (BRANCH_SURVEY_…) or instance/config.toml.

Also the two secrets of an installation, which `branch-survey init` writes into the instance folder. Nothing else
in the application looks at the environment.
"""

from __future__ import annotations

import os
import re
import secrets
import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from email.utils import parseaddr
from functools import partial
from importlib.util import find_spec
from pathlib import Path
from typing import Any, ClassVar, TypeVar
from urllib.parse import urlsplit

from instruments.wording import N_
from survey_app.background import in_a_thread
from survey_app.clock import system_clock
from survey_app.errors import Refusal

PREFIX = "BRANCH_SURVEY_"
CONFIG_FILE = "config.toml"
SESSION_KEY_FILE = "session-key"
INSTALLATION_SECRET_FILE = "installation-secret"  # noqa: S105 (the name of a file)
SECRET_BYTES = 32
LOCALES = ("zh_Hans", "en")
LOG_FORMATS = ("text", "json")
T = TypeVar("T")
HOST = re.compile(r"(\[[0-9a-f:.]+\]|[a-z0-9_.-]+?)\.?(?::[0-9]{0,5})?")
NEEDED: Mapping[type, str] = {int: "count", bool: "yes", str: "text"}


@dataclass(frozen=True, slots=True)
class Setting:
    """A value that an operator may choose. `read` turns the text of an environment variable into it."""

    name: str
    default: Any
    help: str
    read: Callable[[str], Any] = str


class SettingImpossible(Refusal):
    """A setting that the service cannot start with."""

    status = 500
    sentences: ClassVar[dict[str, str]] = {
        "count": N_("The setting %(name)s needs a whole number, 0 or more."),
        "yes": N_("The setting %(name)s is 1 (yes) or 0 (no)."),
        "text": N_("The setting %(name)s needs a text in quotation marks."),
        "language": N_("The setting %(name)s is zh_Hans or en."),
        "log": N_("The setting %(name)s is text or json."),
        "secret": N_("The setting %(name)s needs at least 32 bytes, written in hexadecimal."),
        "encryption": N_("The setting %(name)s is starttls, tls or none."),
        "sender": N_("With SMTP_HOST, the setting %(name)s needs an e-mail address, such as survey@example.org."),
        "address": N_("The setting %(name)s needs an address that begins with https:// or http://."),
        "hosts": N_("The setting %(name)s lists names of hosts with commas between them, such as survey.example.org."),
        "metrics": N_("The setting %(name)s needs a library that is not installed: make install METRICS=1"),
        "unknown": N_("There is no setting %(name)s; please compare config.toml with docs/operations.md."),
        "file": N_("The file %(name)s is not valid TOML: %(why)s"),
        "unreadable": N_("The file %(name)s cannot be read: %(why)s"),
        "no_secret": N_("The file %(name)s holds no secret that init has written; please put back the right one."),
    }


YES, NO = ("1", "yes", "true", "on"), ("0", "no", "false", "off", "")


def _is_yes(text: str) -> bool:
    word = text.strip().lower()
    if word not in YES + NO:
        raise ValueError(text)
    return word in YES


SETTINGS = (
    Setting(
        "INSTANCE", "", "Folder for the database, the secrets and config.toml; default: instance/ beside the code."
    ),
    Setting("DATABASE_URL", "", "SQLAlchemy URL; default: SQLite in the instance folder. postgresql:// is understood."),
    Setting("SECRET_KEY", "", "Signs sign-in sessions; default: the file session-key written by init."),
    Setting(
        "INSTALLATION_SECRET",
        "",
        "Keys of codes and envelopes follow from it (hexadecimal, at least 32 bytes); equal on all servers; "
        "default: the file installation-secret written by init.",
    ),
    Setting("LANGUAGE", "zh_Hans", "Language where a reader has chosen none: zh_Hans or en."),
    Setting("TLS", False, "1 when members reach the service by https: cookies are then sent by https only.", _is_yes),
    Setting("TRUSTED_PROXIES", 0, "How many reverse proxies stand before the service and set X-Forwarded-For.", int),
    Setting("SESSION_HOURS", 8, "Hours after which a signed-in person signs in again.", int),
    Setting("BURDEN_MINUTES", 30, "Minutes a year that surveys may ask of one person before pages warn.", int),
    Setting("EVIDENCE_MB", 5, "Megabytes that one file of evidence of an action may have.", int),
    Setting("EVIDENCE_FILES", 20, "Files of evidence that one action may have.", int),
    Setting("RATELIMIT_ENABLED", True, "0 switches the limits on sign-in and code entry off.", _is_yes),
    Setting("WORKERS", 1, "Processes that serve; with SQLite one. 0: as many as the machine has processors.", int),
    Setting("THREADS", 16, "Threads of each process: so many requests are under way at once, others wait.", int),
    Setting("LOG_FORMAT", "text", "What is logged on stderr: text, or json with one object a line."),
    Setting("METRICS", False, "1: figures for Prometheus at /metrics; needs `make install METRICS=1`.", _is_yes),
    Setting("SMTP_HOST", "", "Name of the mail server; without one no mail is sent."),
    Setting("SMTP_PORT", 587, "Its port: usually 587 with starttls, 465 with tls, 25 with none.", int),
    Setting("SMTP_TLS", "starttls", "How the connection to it is encrypted: starttls, tls or none."),
    Setting("SMTP_LOGIN", "", "Name to sign in to it with; empty where it asks for none."),
    Setting("SMTP_PASSWORD", "", "Password to sign in to it with."),
    Setting("SMTP_CA_FILE", "", "Root certificate of an organisation that issues its own."),
    Setting("MAIL_FROM", "", "Sender of mails: an address, or a name and <an address>."),
    Setting("SITE_ADDRESS", "", "Where people open the service (https://survey.example.org): for links."),
    Setting("ALLOWED_HOSTS", "", "Host names the service answers under, with commas; empty: any."),
)

FIXED = {
    "MAX_CONTENT_LENGTH": 256 * 1024,
    "MAX_FORM_MEMORY_SIZE": 256 * 1024,
    "MAX_FORM_PARTS": 600,
    "SESSION_COOKIE_HTTPONLY": True,
    "SESSION_COOKIE_SAMESITE": "Lax",
    "WTF_CSRF_TIME_LIMIT": None,
    "WTF_CSRF_SSL_STRICT": False,  # it asks for the Referer, which our pages tell browsers not to send
    "RATELIMIT_STORAGE_URI": "memory://",
    "RATELIMIT_HEADERS_ENABLED": False,
    "BABEL_TRANSLATION_DIRECTORIES": "translations",
    "CLOCK": system_clock,
    "BACKGROUND": in_a_thread,
}


def instance_folder(given: Mapping[str, Any]) -> Path | None:
    """The folder chosen by the call or the environment; None leaves Flask's own choice."""
    chosen = given.get("INSTANCE") or os.environ.get(PREFIX + "INSTANCE")
    return Path(chosen).resolve() if chosen else None


def read_settings(given: Mapping[str, Any], folder: Path) -> dict[str, Any]:
    """All settings: the call goes before the environment, the environment before the file, the file before defaults.

    Raises: SettingImpossible.
    """
    values, faults = look_at_settings(given, folder)
    if faults:
        raise faults[0]
    return values


def look_at_settings(given: Mapping[str, Any], folder: Path) -> tuple[dict[str, Any], list[SettingImpossible]]:
    """The same, and all that is wrong with them; where something is, the default stands in its place."""
    faults: list[SettingImpossible] = []
    written: Mapping[str, Any] = _understood(faults, partial(_file, folder / CONFIG_FILE), {})
    known = {setting.name for setting in SETTINGS}
    faults += [SettingImpossible("unknown", name=name) for name in written if name not in known]
    chosen = {
        setting.name: _understood(faults, partial(_value, setting, written), setting.default) for setting in SETTINGS
    }
    values: dict[str, Any] = {**FIXED, **chosen, **given}
    for require in (_require_known_words, _require_usable_mail, _require_library):
        _understood(faults, partial(require, values), None)
    values["INSTANCE"] = str(folder)
    values["DATABASE_URL"] = values["DATABASE_URL"] or f"sqlite:///{folder / 'branch-survey.sqlite3'}"
    values["SECRET_KEY"] = values["SECRET_KEY"] or _understood(
        faults, partial(_secret_file, folder / SESSION_KEY_FILE), ""
    )
    secret = values["INSTALLATION_SECRET"] or _understood(
        faults, partial(_secret_file, folder / INSTALLATION_SECRET_FILE), ""
    )
    values["INSTALLATION_SECRET"] = _understood(faults, partial(_as_bytes, secret), b"")
    values["PERMANENT_SESSION_LIFETIME"] = values["SESSION_HOURS"] * 3600
    values["SESSION_COOKIE_SECURE"] = values["TLS"]
    prefix = "__Host-" if values["TLS"] else ""  # browsers then take these cookies from this very host alone
    values["SESSION_COOKIE_NAME"], values["LANGUAGE_COOKIE_NAME"] = f"{prefix}session", f"{prefix}lang"
    values["KNOWN_HOSTS"] = _understood(faults, partial(_known_hosts, values), frozenset[str]())
    return values, faults


def write_secrets(folder: Path) -> list[Path]:
    """Make the secrets that are missing, readable by their owner only. Returns the files written."""
    folder.mkdir(parents=True, exist_ok=True)
    missing = [path for path in (folder / SESSION_KEY_FILE, folder / INSTALLATION_SECRET_FILE) if not path.exists()]
    for path in missing:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w", encoding="ascii") as file:
            file.write(secrets.token_hex(SECRET_BYTES) + "\n")
    return missing


def _understood(faults: list[SettingImpossible], read: Callable[[], T], default: T) -> T:
    """What is read; where that is impossible the default, and one fault more."""
    try:
        return read()
    except SettingImpossible as fault:
        faults.append(fault)
        return default


def _value(setting: Setting, written: Mapping[str, Any]) -> Any:
    """Of the environment, else of the file, else the default; of the type of the default."""
    text, value = os.environ.get(PREFIX + setting.name), written.get(setting.name, setting.default)
    kind = type(setting.default)
    if text is not None:
        try:
            value = setting.read(text)
        except ValueError:
            value = None
    if kind is bool and value in (0, 1):  # as the environment writes it
        value = bool(value)
    if type(value) is not kind or (kind is int and value < 0):
        raise SettingImpossible(NEEDED[kind], name=setting.name)
    return value


def _require_known_words(values: Mapping[str, Any]) -> None:
    """Raises: SettingImpossible."""
    if values["LANGUAGE"] not in LOCALES:
        raise SettingImpossible("language", name="LANGUAGE")
    if values["LOG_FORMAT"] not in LOG_FORMATS:
        raise SettingImpossible("log", name="LOG_FORMAT")


def _require_usable_mail(values: Mapping[str, Any]) -> None:
    """What would only be found out when the first mail goes out. Raises: SettingImpossible."""
    if values["SMTP_TLS"] not in ("starttls", "tls", "none"):
        raise SettingImpossible("encryption", name="SMTP_TLS")
    if values["SMTP_HOST"] and "@" not in parseaddr(values["MAIL_FROM"])[1]:
        raise SettingImpossible("sender", name="MAIL_FROM")
    if not (values["SITE_ADDRESS"] or "https://").startswith(("https://", "http://")):
        raise SettingImpossible("address", name="SITE_ADDRESS")


def _require_library(values: Mapping[str, Any]) -> None:
    """Raises: SettingImpossible."""
    if values["METRICS"] and find_spec("prometheus_client") is None:
        raise SettingImpossible("metrics", name="METRICS")


def host_of(name: str) -> str:
    """The host in a name with or without a port, as names are compared; empty for what is none."""
    try:
        plain = HOST.fullmatch(name.lower() if name.isascii() else name.encode("idna").decode())
    except UnicodeError:
        plain = None
    return plain[1] if plain else ""


def _known_hosts(values: Mapping[str, Any]) -> frozenset[str]:
    """Names that the service answers under; none listed: any. Raises: SettingImpossible."""
    listed = [name.strip() for name in values["ALLOWED_HOSTS"].split(",") if name.strip()]
    hosts = frozenset(map(host_of, listed))
    if "" in hosts:
        raise SettingImpossible("hosts", name="ALLOWED_HOSTS")
    return hosts | {host_of(urlsplit(values["SITE_ADDRESS"]).netloc)} - {""} if hosts else hosts


def _file(path: Path) -> Mapping[str, Any]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except (FileNotFoundError, NotADirectoryError):
        return {}
    except OSError as error:
        raise SettingImpossible("unreadable", name=path.name, why=error.strerror) from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise SettingImpossible("file", name=path.name, why=str(error)) from error


def _secret_file(path: Path) -> str:
    try:
        return path.read_text(encoding="ascii").strip()
    except (FileNotFoundError, NotADirectoryError):
        return ""
    except OSError as error:
        raise SettingImpossible("unreadable", name=path.name, why=error.strerror) from error
    except UnicodeDecodeError as error:
        raise SettingImpossible("no_secret", name=path.name) from error


def _as_bytes(secret: str | bytes) -> bytes:
    """The installation secret; empty before `init` has been run."""
    if isinstance(secret, bytes) or not secret:
        return secret or b""
    try:
        given = bytes.fromhex(secret)
    except ValueError:
        given = b""
    if len(given) < SECRET_BYTES:
        raise SettingImpossible("secret", name="INSTALLATION_SECRET")
    return given
