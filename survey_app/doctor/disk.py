"""Is there room where the service writes?"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from tempfile import gettempdir

from instruments.wording import N_
from survey_app.doctor.finding import Finding, trouble, warning, well
from survey_app.doctor.installation import Installation

MEGABYTE = 1024 * 1024
LITTLE, TOO_LITTLE = 1024 * MEGABYTE, 100 * MEGABYTE
FEW_FILES = 1000
MAKE_ROOM = N_("Make room there (see what is large: du -xh %(path)s | sort -h | tail), or give it a larger disk.")


def check_disk(installation: Installation) -> Iterator[Finding]:
    file, places = installation.database_file, _places(installation)
    stored = sum(path.stat().st_size for path in installation.database_files)
    found = [finding for place, free in places.items() for finding in _of_place(place, free)]
    if file is not None and not found and _free(file.parent) < 2 * stored:
        found.append(
            warning(
                N_(
                    "%(path)s has less room left than twice the database (%(size)s MB), which updates and backups take."
                ),
                MAKE_ROOM,
                path=file.parent,
                size=stored // MEGABYTE,
            )
        )
    yield from found or [well(N_("%(free)s GB are free."), free=f"{min(places.values()) / 1024 / MEGABYTE:.1f}")]
    if file is None:
        yield well(N_("The disk of the database server cannot be seen from here; please watch it there."))


def room_left(installation: Installation) -> int:
    """Bytes, where there are fewest."""
    return min(_places(installation).values())


def _places(installation: Installation) -> dict[Path, int]:
    """Where the service writes, and how many bytes are free there."""
    file = installation.database_file
    return {place: _free(place) for place in (installation.folder, file and file.parent, Path(gettempdir())) if place}


def _of_place(place: Path, free: int) -> Iterator[Finding]:
    values = {"path": place, "free": free // MEGABYTE}
    if free < TOO_LITTLE:
        yield trouble(N_("Only %(free)s MB are free in %(path)s: answers may soon be refused."), MAKE_ROOM, **values)
    elif free < LITTLE:
        yield warning(N_("Only %(free)s MB are free in %(path)s."), MAKE_ROOM, **values)
    counted = os.statvfs(_existing(place))
    if counted.f_files and counted.f_favail < FEW_FILES:
        yield trouble(
            N_("The disk of %(path)s can hold only %(count)s more files."), MAKE_ROOM, count=counted.f_favail, **values
        )


def _free(place: Path) -> int:
    return shutil.disk_usage(_existing(place)).free


def _existing(place: Path) -> Path:
    """The folder itself, or the nearest one above that is there."""
    return next(folder for folder in (place, *place.resolve().parents) if folder.is_dir())
