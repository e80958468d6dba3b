"""Commands as an operator types them, each in a process of its own."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

PATIENCE = 120


def command_line(*arguments: object) -> list[str]:
    return [str(Path(sys.executable).with_name("branch-survey")), "--lang", "en", *map(str, arguments)]


def surroundings(instance: Path, url: str) -> dict[str, str]:
    """Nothing of this machine's own settings."""
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("BRANCH_SURVEY_")}
    return inherited | {"BRANCH_SURVEY_INSTANCE": str(instance), "BRANCH_SURVEY_DATABASE_URL": url}


def typed(instance: Path, url: str, *arguments: object) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        command_line(*arguments), env=surroundings(instance, url), capture_output=True, text=True, timeout=PATIENCE,
        check=False,
    )  # fmt: skip


def well_typed(instance: Path, url: str, *arguments: object) -> str:
    """What a command says that succeeds."""
    done = typed(instance, url, *arguments)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout
