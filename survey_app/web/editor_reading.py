"""What the text of a draft says: plain data as far as it can be read, its problems and hints, how long it takes.

A draft may be wrong or half finished at any time, so pages go by the plain data; only what needs a whole
questionnaire waits until there is one.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from instruments.effort import Effort, effort
from instruments.form import understood
from instruments.hints import hints
from instruments.loader import load_for_publishing
from instruments.model import Instrument, ItemType
from instruments.problems import InstrumentError, Problem, Step
from instruments.reading import read
from survey_app.forms.editor_fields import as_typed, mappings_in

Place = tuple[Step, ...]
"""Where a part stands: ("sections", 0, "items", 2), ("scales", "satisfaction"), () for the whole."""


@dataclass(frozen=True, slots=True)
class Look:
    """One text, looked at from all sides. The data are shared: nobody changes them."""

    data: Mapping[str, Any]
    instrument: Instrument | None
    """None while the form is wrong."""
    problems: tuple[Problem, ...]
    """Everything that stops it from being published."""
    faults: tuple[Problem, ...]
    """Those of form alone: what cannot even be understood."""
    hints: tuple[Problem, ...]
    effort: Effort | None

    @property
    def sections(self) -> list[Mapping[str, Any]]:
        return mappings_in(self.data.get("sections"))

    @property
    def dimensions(self) -> list[Mapping[str, Any]]:
        return mappings_in(self.data.get("dimensions"))

    @property
    def scales(self) -> Mapping[str, Mapping[str, Any]]:
        scales = self.data.get("scales")
        pairs = scales.items() if isinstance(scales, Mapping) else ()
        return {str(code): scale if isinstance(scale, Mapping) else {} for code, scale in pairs}

    def items_in(self, section: int) -> list[Mapping[str, Any]]:
        return mappings_in(self.sections[section].get("items"))

    def placed_items(self) -> Iterator[tuple[int, int, Mapping[str, Any]]]:
        """Section, position in it, and the item."""
        for section in range(len(self.sections)):
            yield from ((section, item, part) for item, part in enumerate(self.items_in(section)))

    def codes(self, kind: str) -> list[str]:
        """Codes in use by the parts of a kind: items, sections, scales or dimensions."""
        if kind == "scales":
            return list(self.scales)
        parts = {
            "items": [item for _section, _position, item in self.placed_items()],
            "sections": self.sections,
            "dimensions": self.dimensions,
        }[kind]
        return [as_typed(part.get("code")) for part in parts]

    def numbers(self) -> Mapping[tuple[int, int], int]:
        """Numbers of the items that are asked, as those who answer see them."""
        asked = [
            (section, position)
            for section, position, item in self.placed_items()
            if item.get("type") != ItemType.INFORMATION.value
        ]
        return {place: number for number, place in enumerate(asked, start=1)}


@lru_cache(maxsize=64)
def look_at(text: str) -> Look:
    """Raises InstrumentError where the text is no YAML, or no list of keys and values."""
    source = read(text)
    instrument, faults = understood(source)
    if not isinstance(source.data, dict):
        raise InstrumentError(faults)
    return Look(
        data=source.data,
        instrument=instrument,
        problems=_problems(text),
        faults=faults,
        hints=hints(instrument) if instrument else (),
        effort=effort(instrument) if instrument else None,
    )


def _problems(text: str) -> tuple[Problem, ...]:
    try:
        load_for_publishing(text)
    except InstrumentError as error:
        return error.problems
    return ()


def free_code(stem: str, taken: list[str]) -> str:
    """The first of `q1`, `q2`, … that no part has."""
    number = 1
    while f"{stem}{number}" in taken:
        number += 1
    return f"{stem}{number}"


def copied_code(code: str, taken: list[str]) -> str:
    """A code for the copy of a part: `overall` -> `overall_2`."""
    return free_code(code[:28].rstrip("_") + "_", [*taken, code[:28].rstrip("_") + "_1"])
