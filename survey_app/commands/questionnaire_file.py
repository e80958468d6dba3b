"""Which questionnaire a command is about: a file, or the name of one that comes with the service."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click

from instruments import catalogue
from instruments.json_form import as_yaml
from instruments.loader import dump, load_for_publishing
from instruments.model import Instrument
from instruments.reading import LARGEST, decode
from survey_app.commands.parameters import InputFile
from survey_app.commands.speech import gettext as _

WORKBOOK, JSON, YAML = ".xlsx", ".json", (".yaml", ".yml")


@dataclass(frozen=True, slots=True)
class Given:
    """A questionnaire's text, not yet looked at."""

    name: str
    text: str | bytes
    """YAML, also where the file is JSON."""
    was_json: bool = False

    def instrument(self) -> Instrument:
        """Raises InstrumentError with everything that keeps it from being published."""
        return load_for_publishing(self.text)

    def as_yaml(self) -> str:
        """The text itself with its comments; JSON in the layout of YAML."""
        return dump(self.instrument()) if self.was_json else decode(self.text)


class QuestionnaireFile(InputFile):
    """A YAML or JSON file that can be read, or the name of a ready questionnaire."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        if not Path(value).exists():
            if value in catalogue.names():
                return Given(value, catalogue.read_text(value))
            if not Path(value).suffix:
                ready = _(", ").join(catalogue.names())
                said = _(
                    "There is no file and no ready questionnaire %(name)s. Ready: %(ready)s.", name=value, ready=ready
                )
                self.fail(said, param, ctx)
        path = super().convert(value, param, ctx)
        if path.suffix.lower() == WORKBOOK:
            said = _("%(name)s is a workbook. First: branch-survey questionnaire import", name=value)
            self.fail(said, param, ctx)
        return given(path)


def given(path: Path) -> Given:
    """The content of a YAML or JSON file; of one that is too large, as much as shows it.

    Raises InstrumentError for JSON that is not UTF-8.
    """
    with path.open("rb") as file:
        content = file.read(LARGEST + 1)
    was_json = path.suffix.lower() == JSON
    return Given(path.name, as_yaml(content) if was_json else content, was_json)
