"""All checks in order, each loaded when its turn comes; one that fails is a finding itself."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from importlib import import_module

from instruments.wording import N_
from survey_app.doctor.finding import Finding, trouble
from survey_app.doctor.installation import Installation
from survey_app.doctor.rights import stranger

Check = Callable[[Installation], Iterator[Finding]]

CHECKS = {
    "python": "packages:check_packages",
    "settings": "settings:check_settings",
    "rights": "rights:check_rights",
    "keys": "keys:check_keys",
    "database": "database:check_database",
    "record": "record:check_record",
    "backups": "backups:check_backups",
    "time": "time:check_time",
    "disk": "disk:check_disk",
    "charts": "fonts:check_charts",
    "print": "fonts:check_print",
    "tls": "encryption:check_encryption",
    "mail": "mail:check_mail",
}
"""Name -> module of this package and function; loaded late, so that a broken library spoils one check alone."""
AT_START = ("settings", "rights", "time", "disk", "charts")
"""Those that take no time: the service says at its start what they find."""


def examine(installation: Installation, names: Iterable[str] = tuple(CHECKS)) -> Iterator[tuple[str, Finding]]:
    """What each check finds, by its name. Never raises."""
    if (found := stranger(installation.folder)) is not None:
        yield "rights", found
        return
    for name in names:
        yield from ((name, finding) for finding in _found(name, installation))


def _found(name: str, installation: Installation) -> list[Finding]:
    try:
        module, function = CHECKS[name].split(":")
        check: Check = getattr(import_module(f"survey_app.doctor.{module}"), function)
        return list(check(installation))
    except Exception as error:
        reason = str(error).partition("\n")[0] or type(error).__name__
        return [trouble(N_("This could not be looked at: %(reason)s"), _mending(error), reason=reason)]


def _mending(error: Exception) -> str:
    """A database that fails half-way is told by its own check, which reads all of it."""
    from survey_app.machine_trouble import trouble_of

    if trouble_of(error) is not None:
        return N_("First do what is said of the database and of the disk.")
    return N_("Ask as the account that runs the service; if it stays, tell whoever looks after the program.")
