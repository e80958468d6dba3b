"""Copies of an SQLite database together with its boxes."""

from __future__ import annotations

import shutil
from pathlib import Path

from survey_app.database import box_files


def copy_database(source: Path, target: Path) -> Path:
    """The main file and the two boxes beside it, as far as they are there."""
    for box, path in box_files(source).items():
        if path.exists():
            shutil.copy(path, box_files(target)[box])
    return Path(shutil.copy(source, target))
