"""Settings, read once at the door: from the call, the environment (BRANCH_SURVEY_…) or instance/config.toml.

Also the two secrets of an installation, which `branch-survey init` writes into the instance folder. Nothing else
in the application looks at the environment.
"""

from __future__ import annotations

import os
import secrets
import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from survey_app.clock import system_clock

PREFIX = "BRANCH_SURVEY_"
CONFIG_FILE = "config.toml"
SESSION_KEY_FILE = "session-key"
INSTALLATION_SECRET_FILE = "installation-secret"  # noqa: S105 (the name of a file)
SECRET_BYTES = 32


@dataclass(frozen=True, slots=True)
class Setting:
    """A value that an operator may choose. `read` turns the text of an environment variable into it."""

    name: str
    default: Any
    help: str
    read: Callable[[str], Any] = str


def _is_yes(text: str) -> bool:
    return text.strip().lower() in ("1", "yes", "true", "on")


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
    Setting("RATELIMIT_ENABLED", True, "0 switches the limits on sign-in and code entry off.", _is_yes),
)

FIXED = {
    "MAX_CONTENT_LENGTH": 256 * 1024,
    "MAX_FORM_MEMORY_SIZE": 256 * 1024,
    "MAX_FORM_PARTS": 600,
    "SESSION_COOKIE_HTTPONLY": True,
    "SESSION_COOKIE_SAMESITE": "Lax",
    "WTF_CSRF_TIME_LIMIT": None,
    "RATELIMIT_STORAGE_URI": "memory://",
    "RATELIMIT_HEADERS_ENABLED": False,
    "BABEL_TRANSLATION_DIRECTORIES": "translations",
    "CLOCK": system_clock,
}


def instance_folder(given: Mapping[str, Any]) -> Path | None:
    """The folder chosen by the call or the environment; None leaves Flask's own choice."""
    chosen = given.get("INSTANCE") or os.environ.get(PREFIX + "INSTANCE")
    return Path(chosen).resolve() if chosen else None


def read_settings(given: Mapping[str, Any], folder: Path) -> dict[str, Any]:
    """All settings: the call goes before the environment, the environment before the file, the file before defaults."""
    written = _file(folder / CONFIG_FILE)
    chosen = {setting.name: _value(setting, written) for setting in SETTINGS}
    values: dict[str, Any] = {**FIXED, **chosen, **given}
    values["INSTANCE"] = str(folder)
    values["DATABASE_URL"] = values["DATABASE_URL"] or f"sqlite:///{folder / 'branch-survey.sqlite3'}"
    values["SECRET_KEY"] = values["SECRET_KEY"] or _secret_file(folder / SESSION_KEY_FILE)
    values["INSTALLATION_SECRET"] = _as_bytes(
        values["INSTALLATION_SECRET"] or _secret_file(folder / INSTALLATION_SECRET_FILE)
    )
    values["PERMANENT_SESSION_LIFETIME"] = values["SESSION_HOURS"] * 3600
    values["SESSION_COOKIE_SECURE"] = values["TLS"]
    return values


def write_secrets(folder: Path) -> list[Path]:
    """Make the secrets that are missing, readable by their owner only. Returns the files written."""
    folder.mkdir(parents=True, exist_ok=True)
    missing = [path for path in (folder / SESSION_KEY_FILE, folder / INSTALLATION_SECRET_FILE) if not path.exists()]
    for path in missing:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w", encoding="ascii") as file:
            file.write(secrets.token_hex(SECRET_BYTES) + "\n")
    return missing


def _value(setting: Setting, written: Mapping[str, Any]) -> Any:
    text = os.environ.get(PREFIX + setting.name)
    return setting.read(text) if text is not None else written.get(setting.name, setting.default)


def _file(path: Path) -> Mapping[str, Any]:
    return tomllib.loads(path.read_text(encoding="utf-8")) if path.exists() else {}


def _secret_file(path: Path) -> str:
    return path.read_text(encoding="ascii").strip() if path.exists() else ""


def _as_bytes(secret: str | bytes) -> bytes:
    return secret if isinstance(secret, bytes) else bytes.fromhex(secret)
