"""What is wrong with a questionnaire, what reads badly, how long it takes: as lines and as facts for scripts."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from instruments.effort import Effort, effort
from instruments.hints import hints
from instruments.loader import located
from instruments.model import Instrument
from instruments.problems import InstrumentError, Problem
from instruments.reading import read
from survey_app.commands.questionnaire_file import Given
from survey_app.commands.questionnaire_text import length_in_words
from survey_app.commands.speech import gettext as _
from survey_app.commands.speech import in_words


@dataclass(frozen=True, slots=True)
class Checked:
    """One questionnaire and everything there is to say about it."""

    name: str
    problems: tuple[Problem, ...]
    hints: tuple[Problem, ...] = ()
    instrument: Instrument | None = None
    effort: Effort | None = None

    def lines(self) -> Iterator[str]:
        """Problems with their places; or, of a questionnaire fit to publish, its length and the hints."""
        if self.instrument is None:
            yield _("%(name)s: to be mended: %(count)s", name=self.name, count=len(self.problems))
        else:
            yield _("%(name)s: fit to publish.", name=self.name) + " " + length_in_words(self.instrument)
        yield from (f"  {line}" for line in problem_lines(self.problems))
        yield from (_("  Hint: %(hint)s", hint=line) for line in problem_lines(self.hints))

    def facts(self) -> dict[str, Any]:
        facts: dict[str, Any] = {
            "name": self.name,
            "fit": self.instrument is not None,
            "problems": [_facts(problem) for problem in self.problems],
            "hints": [_facts(problem) for problem in self.hints],
        }
        if self.instrument is not None and self.effort is not None:
            facts |= {
                "code": self.instrument.code,
                "questions": self.effort.questions,
                "texts": self.effort.texts,
                "seconds": self.effort.seconds,
                "minutes": self.effort.minutes,
                "minutes_stated": self.instrument.minutes,
            }
        return facts


def checked(given: Given) -> Checked:
    try:
        instrument = given.instrument()
    except InstrumentError as error:
        return Checked(given.name, error.problems)
    source = read(given.text)
    found = tuple(located(hint, source) for hint in hints(instrument))
    return Checked(given.name, (), found, instrument, effort(instrument))


def problem_lines(problems: tuple[Problem, ...]) -> list[str]:
    """Each problem with its line and its place."""
    return (in_words(InstrumentError(problems)) or "").splitlines() if problems else []


def _facts(problem: Problem) -> dict[str, Any]:
    return {"line": problem.line, "place": problem.path, "message": _(problem.template, **problem.values)}
