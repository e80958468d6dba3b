"""The sheet ``choices``: every scale and every question's options as a list, with its rows and names."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import chain

from instruments.exporters.layout import LANGUAGES, UNSCORED_NAMES, free_name, guarded
from instruments.model import (
    BUILT_IN,
    OPTION_TYPES,
    YES_OR_NO,
    Instrument,
    Item,
    ItemType,
    Option,
    Scale,
    Translation,
)

YES_NO_LIST = "yes_no"


class ChoiceLists:
    """Lists of a questionnaire by what they belong to; names of lists and choices are unique in any case."""

    def __init__(self, instrument: Instrument) -> None:
        self.rows: list[dict[str, str]] = []
        self.of_scale: dict[str, str] = {}
        self._of_item: dict[int, str] = {}
        self._named: dict[str, tuple[tuple[str, int, Option | None], ...]] = {}
        for code, scale in instrument.scales.items():
            if scale.levels or scale.unscored:
                self.of_scale[code] = self._add_scale(code, scale)
        items = [item for section in instrument.sections for item in section.items]
        self._yes_no = (
            self._add_scale(YES_NO_LIST, YES_OR_NO) if any(item.type is ItemType.YES_NO for item in items) else None
        )
        for item in items:
            if item.options:
                self._of_item[id(item)] = self._add_options(item)

    def of(self, item: Item) -> str | None:
        """The list that stands in the row of a question; None where it has none."""
        if item.type is ItemType.YES_NO:
            return self._yes_no
        if item.type in OPTION_TYPES:
            return self.of_options(item)
        return self.of_scale.get(item.scale or "")

    def of_options(self, item: Item) -> str | None:
        return self._of_item.get(id(item))

    def codes_of(self, item: Item) -> Mapping[str, int]:
        if item.type in BUILT_IN and item.type is not ItemType.YES_NO:
            return {}
        return {name: code for name, code, _option in self._named.get(self.of(item) or "", ())}

    def options_of(self, item: Item) -> Iterator[tuple[str, Option]]:
        """The options of a question with their names in the list."""
        for name, _code, option in self._named.get(self.of_options(item) or "", ()):
            if option is not None:
                yield name, option

    def _add_scale(self, wanted: str, scale: Scale) -> str:
        levels = ((level.code, level.label, None) for level in scale.levels)
        return self._add(wanted, chain(levels, ((extra.code, extra.label, None) for extra in scale.unscored)))

    def _add_options(self, item: Item) -> str:
        return self._add(item.code, ((option.code, option.label, option) for option in item.options))

    def _add(self, wanted: str, choices: Iterator[tuple[int, Translation, Option | None]]) -> str:
        list_name = free_name(wanted, self._named)
        named: list[tuple[str, int, Option | None]] = []
        for code, label, option in choices:
            usual = UNSCORED_NAMES.get(code, str(code))
            name = free_name(usual, [other for other, _code, _option in named])
            named.append((name, code, option))
            self.rows.append(
                {
                    "list_name": list_name,
                    "name": name,
                    **{f"label::{LANGUAGES[key]}": guarded(text) for key, text in label if text is not None},
                    "branch_code": usual if usual != name else "",
                    "branch_exclusive": "yes" if option and option.exclusive else "",
                    "branch_other": "yes" if option and option.other else "",
                }
            )
        self._named[list_name] = tuple(named)
        return list_name
