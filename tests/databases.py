"""Copies of an SQLite database together with its stores."""

from __future__ import annotations

import shutil
from pathlib import Path

from survey_app.database import store_files


def copy_database(source: Path, target: Path) -> Path:
    """The main file and the stores beside it, as far as they are there."""
    for store, path in store_files(source).items():
        if path.exists():
            shutil.copy(path, store_files(target)[store])
    return Path(shutil.copy(source, target))
