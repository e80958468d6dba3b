"""What can be wrong with a questionnaire, said with its place. Finding problems is `loader`, `checks` and `rules`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

Step = str | int
"""One step into the file: a key or a position counted from 0."""


@dataclass(frozen=True, slots=True)
class Problem:
    """One fault: where it stands, an English template (a msgid) and the values for its placeholders.

    ``path`` reads like ``sections[1].items[2].scale``, positions counted from 0; empty for the file as a whole.
    ``line`` counts from 1; None where the questionnaire did not come from a file.
    """

    path: str
    line: int | None
    template: str
    values: Mapping[str, object] = field(default_factory=dict)

    @property
    def message(self) -> str:
        return self.template % self.values if self.values else self.template

    def __str__(self) -> str:
        place = ", ".join(part for part in (f"line {self.line}" if self.line else "", self.path) if part)
        return f"{place}: {self.message}" if place else self.message


class InstrumentError(ValueError):
    """A questionnaire that cannot be used; carries every problem found, in the order of the file."""

    def __init__(self, problems: tuple[Problem, ...]) -> None:
        super().__init__("\n".join(str(problem) for problem in problems))
        self.problems = problems


def path_of(steps: tuple[Step, ...]) -> str:
    """``("sections", 1, "items", 2, "scale")`` -> ``sections[1].items[2].scale``."""
    return "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in steps).removeprefix(".")
