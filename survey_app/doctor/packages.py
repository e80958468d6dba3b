"""Are Python and the installed packages those that this version was tested with?"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from packaging.markers import Marker

from instruments.wording import N_
from survey_app.doctor.finding import Finding, trouble, warning, well
from survey_app.doctor.installation import Installation

LOCK = Path(__file__).parents[2] / "requirements.lock"
PINNED = re.compile(r"^([A-Za-z0-9._-]+)==([^\s;\\]+)(?:\s*;\s*([^\\\n]+))?", re.MULTILINE)
"""Name, version, and the machines that need it."""
OLDEST_PYTHON = (3, 11)
SHOWN = 5


def check_packages(_installation: Installation) -> Iterator[Finding]:
    python = ".".join(map(str, sys.version_info[:3]))
    if sys.version_info < OLDEST_PYTHON:
        yield trouble(
            N_("Python %(python)s is too old."),
            N_("Install Python 3.11 or later, remove .venv, then: make run PYTHON=python3.11"),
            python=python,
        )
        return
    if not LOCK.exists():
        yield well(N_("Python %(python)s; without requirements.lock the packages cannot be compared."), python=python)
        return
    differing = list(differences(LOCK.read_text(encoding="utf-8")))
    if differing:
        more = ", …" if len(differing) > SHOWN else ""
        yield warning(
            N_("%(count)s packages are not those that this version was tested with: %(names)s"),
            N_("Install the right ones: .venv/bin/pip install --require-hashes -r requirements.lock"),
            count=len(differing),
            names=", ".join(differing[:SHOWN]) + more,
        )
    else:
        yield well(N_("Python %(python)s, and every package as in requirements.lock."), python=python)


def differences(lock: str) -> Iterator[str]:
    """Packages that this machine needs and that are missing, or of another version than the lock says."""
    for name, pinned, condition in PINNED.findall(lock):
        if condition and not Marker(condition.strip()).evaluate():
            continue
        try:
            installed = version(name)
        except PackageNotFoundError:
            installed = "–"
        if installed != pinned:
            yield f"{name} {installed} ({pinned})"
