"""From data to a PDF: the job is handed to the press, a process of its own.

Data travel as JSON and reach the page as strings, never as markup: whatever a title contains is printed as it stands.
The result depends on data and fonts alone: it carries no time.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Mapping
from typing import TypeAlias

from instruments.wording import N_
from survey_app.clean_text import without_controls
from survey_app.errors import Refusal
from survey_app.printing import press

Data: TypeAlias = "str | int | list[Data] | dict[str, Data] | None"


class NoChineseFont(Refusal):
    """Chinese text would come out as empty boxes."""

    status = 503
    template = N_("Nothing can be printed, the server has no Chinese font. Its administrator runs: %(command)s")

    def __init__(self) -> None:
        super().__init__(command="apt-get install fonts-noto-cjk")


def require_chinese_font(*, system_fonts: bool = True) -> None:
    """Make sure that Chinese text can be printed: to be asked before codes are made that are shown only once.

    Raises: NoChineseFont.
    """
    _press({"template": None, "system_fonts": system_fonts})


def compile_pdf(template: str, data: Mapping[str, Data], *, system_fonts: bool = True) -> bytes:
    """The PDF of a template in this folder; without the system's fonts only those that typst brings are used.

    Raises: NoChineseFont.
    """
    return _press({"template": template, "data": printable(dict(data)), "system_fonts": system_fonts})


def _press(job: Mapping[str, object]) -> bytes:
    told = json.dumps(job, ensure_ascii=False).encode()
    command = [sys.executable, "-P", press.__file__]
    pressed = subprocess.run(command, input=told, capture_output=True, check=False)  # noqa: S603  our own file
    if pressed.returncode == press.NO_CHINESE_FONT:
        raise NoChineseFont()
    pressed.check_returncode()
    return pressed.stdout


def printable(data: Data) -> Data:
    """The same data with every text on one line and without control characters, which no font can show."""
    if isinstance(data, str):
        return re.sub(r"\s", " ", without_controls(data))
    if isinstance(data, list):
        return [printable(value) for value in data]
    if isinstance(data, dict):
        return {key: printable(value) for key, value in data.items()}
    return data
