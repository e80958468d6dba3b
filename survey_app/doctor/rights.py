"""Who may read and write the folder of the installation, its secrets and its database files."""

from __future__ import annotations

import os
import pwd
import stat
import tomllib
from collections.abc import Iterator
from pathlib import Path

from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError

from instruments.wording import N_
from survey_app.config import CONFIG_FILE, INSTALLATION_SECRET_FILE, SESSION_KEY_FILE
from survey_app.doctor.finding import Finding, trouble, warning, well
from survey_app.doctor.installation import Installation

FOR_OWNER_ONLY = N_("Let its owner alone read it: chmod 600 %(path)s")
SECRET_NAMES = ("SECRET_KEY", "INSTALLATION_SECRET", "SMTP_PASSWORD")


def stranger(folder: Path) -> Finding | None:
    """Whoever asks as another account than the owner of the folder sees trouble everywhere, and none that is there."""
    try:
        is_one = folder.exists() and os.geteuid() not in (0, folder.stat().st_uid)
    except PermissionError:
        is_one = True
    if not is_one:
        return None
    return trouble(
        N_("%(path)s belongs to another account than yours."),
        N_("Ask as the account that runs the service, for instance: sudo -u branch-survey branch-survey doctor"),
        path=folder,
    )


def check_rights(installation: Installation) -> Iterator[Finding]:
    folder = installation.folder
    if not folder.is_dir():
        yield trouble(
            N_("There is no folder %(path)s: nothing is set up here yet."),
            N_("Set it up: branch-survey init. If it lies elsewhere: export BRANCH_SURVEY_INSTANCE=/the/folder"),
            path=folder,
        )
        return
    found = [*_of_folder(folder), *_of_secrets(folder), *_of_config(folder)]
    for path in installation.database_files:
        found += _of_database(path)
    found += _of_owners(installation)
    yield from found or [
        well(N_("%(path)s and what lies in it are for the account %(owner)s alone."), path=folder, owner=_owner(folder))
    ]


def _of_folder(folder: Path) -> Iterator[Finding]:
    if os.statvfs(folder).f_flag & os.ST_RDONLY:
        yield trouble(
            N_("%(path)s lies on a disk that is mounted read-only."),
            N_("Look for disk errors (dmesg), then mount it again for writing: mount -o remount,rw %(mount)s"),
            path=folder,
            mount=_mount_of(folder),
        )
    elif not os.access(folder, os.W_OK | os.X_OK) or not folder.stat().st_mode & stat.S_IWUSR:
        yield trouble(N_("%(path)s cannot be written to."), N_("Let its owner write: chmod 700 %(path)s"), path=folder)
    if folder.stat().st_mode & (stat.S_IRWXG | stat.S_IRWXO):
        yield warning(
            N_("Other accounts of this machine may look into %(path)s."),
            N_("Close it to them: chmod 700 %(path)s"),
            path=folder,
        )


def _of_secrets(folder: Path) -> Iterator[Finding]:
    for path in (folder / SESSION_KEY_FILE, folder / INSTALLATION_SECRET_FILE):
        if path.exists() and _is_open(path):
            yield trouble(N_("Other accounts may read or change the secret %(path)s."), FOR_OWNER_ONLY, path=path)


def _of_config(folder: Path) -> Iterator[Finding]:
    path = folder / CONFIG_FILE
    if path.exists() and _is_open(path) and _holds_a_secret(path):
        yield trouble(N_("A password stands in %(path)s, and other accounts may read it."), FOR_OWNER_ONLY, path=path)


def _of_database(path: Path) -> Iterator[Finding]:
    mode = path.stat().st_mode
    if not os.access(path, os.R_OK | os.W_OK) or not mode & stat.S_IWUSR:
        yield trouble(
            N_("The database file %(path)s cannot be written to."),
            N_("Let its owner write to it: chmod 600 %(path)s"),
            path=path,
        )
    elif mode & (stat.S_IROTH | stat.S_IWOTH) and _others_get_to(path):
        yield trouble(N_("Every account of this machine may read %(path)s."), FOR_OWNER_ONLY, path=path)


def _of_owners(installation: Installation) -> Iterator[Finding]:
    """A command called by root leaves files that the service may not write to."""
    folder = installation.folder
    secrets = [folder / name for name in (SESSION_KEY_FILE, INSTALLATION_SECRET_FILE)]
    for path in filter(Path.exists, (*secrets, *installation.database_files)):
        if path.stat().st_uid != folder.stat().st_uid:
            yield trouble(
                N_("%(path)s belongs to the account %(other)s, its folder to %(owner)s."),
                N_("Give it to the account of the service: chown %(owner)s %(path)s"),
                path=path,
                other=_owner(path),
                owner=_owner(folder),
            )


def _is_open(path: Path) -> bool:
    return bool(path.stat().st_mode & (stat.S_IRWXG | stat.S_IRWXO))


def _others_get_to(path: Path) -> bool:
    return all(parent.stat().st_mode & stat.S_IXOTH for parent in path.resolve().parents)


def _holds_a_secret(path: Path) -> bool:
    """In doubt, yes: of a file that cannot be understood nobody knows."""
    try:
        written = tomllib.loads(path.read_text(encoding="utf-8"))
        address = written.get("DATABASE_URL")
        return any(written.get(name) for name in SECRET_NAMES) or bool(address and make_url(str(address)).password)
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, ArgumentError):
        return True


def _mount_of(path: Path) -> Path:
    return next(place for place in (path.resolve(), *path.resolve().parents) if place.is_mount())


def _owner(path: Path) -> str:
    number = path.stat().st_uid
    try:
        return pwd.getpwuid(number).pw_name
    except KeyError:
        return str(number)
