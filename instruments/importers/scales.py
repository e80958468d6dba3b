"""Scales of a form: those that came with our columns, and those made of the lists of others."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from instruments.exporters.layout import free_name
from instruments.importers.choices import Choice, ChoiceList, Data, say_numbers
from instruments.importers.columns import Languages, Table
from instruments.library import DONT_KNOW, LIBRARY, NOT_APPLICABLE
from instruments.model import Level, Scale, Unscored
from instruments.wording import N_

NOT_IN_CODES = re.compile(r"[^A-Za-z0-9_]+")
CODE = re.compile(r"[A-Za-z][A-Za-z0-9_]{0,31}", re.ASCII)
LONGEST_CODE = 32
LONGEST_NUMBER = 18


def whole(text: str) -> int | str:
    """The number; what is none, or longer than any can be, stays text and is found by the loader."""
    plain = text.removeprefix("-")
    return int(text) if plain.isascii() and plain.isdecimal() and len(plain) <= LONGEST_NUMBER else text


def code_like(name: str, *, longest: int = LONGEST_CODE, otherwise: str = "q") -> str:
    """The nearest code to a name."""
    plain = NOT_IN_CODES.sub("_", name).strip("_")
    if not plain or not plain[0].isalpha():
        plain = f"{otherwise}_{plain}" if plain else otherwise
    return plain[:longest]


def ready_scale(found: ChoiceList) -> tuple[str, ChoiceList] | None:
    """The scale of our library that has the levels of a list in either language, with the list in its codes."""
    matching = ((name, matched(found, ready.scale)) for name, ready in LIBRARY.items())
    fitting = [(name, choices) for name, choices in matching if choices is not None]
    ways = {choice.code for _name, choices in fitting for choice in choices if choice.code < 0}
    fitting.sort(key=lambda part: {extra.code for extra in LIBRARY[part[0]].scale.unscored} != ways)
    return next(((name, ChoiceList(found.name, found.place, choices)) for name, choices in fitting), None)


def matched(found: ChoiceList, scale: Scale) -> list[Choice] | None:
    """The choices in the order and words of a scale; None where a level is missing or something is left over."""
    places = {word.lower(): (n, part) for n, part in enumerate(parts_of(scale)) for _key, word in part.label if word}
    chosen = [(choice, places.get(choice.label["zh_Hans"].lower())) for choice in found.choices]
    placed = sorted(((place, choice) for choice, place in chosen if place), key=lambda pair: pair[0][0])
    numbers = [n for (n, _part), _choice in placed]
    if (
        len(placed) < len(chosen)
        or len({*numbers}) < len(numbers)
        or numbers[: len(scale.levels)] != [*range(len(scale.levels))]
    ):
        return None
    return [
        replace(choice, code=part.code, label=part.label.model_dump(exclude_none=True)) for (_n, part), choice in placed
    ]


def parts_of(scale: Scale) -> tuple[Level | Unscored, ...]:
    """Levels, then every way out; those that a scale does not offer are offered by some other."""
    kinds = {extra.kind: extra for extra in (DONT_KNOW, NOT_APPLICABLE)} | {one.kind: one for one in scale.unscored}
    return (*scale.levels, *kinds.values())


@dataclass(slots=True)
class Scales:
    languages: Languages
    data: dict[str, Data] = field(default_factory=dict)
    by_list: dict[str, tuple[str, ChoiceList]] = field(default_factory=dict)
    """Code of a scale with its levels, by the name of their list in the workbook."""

    def add_own(self, table: Table | None, lists: Mapping[str, ChoiceList]) -> None:
        """Scales of our sheet, with the levels that stand among the choices."""
        for row in table.rows if table else ():
            code, list_name, satisfied = row.take("code"), row.take("list_name"), row.take("satisfied")
            found = lists.get(list_name) or ChoiceList(list_name, row.place("code"))
            found.is_used = True
            self.data[code] = found.scale([whole(one) for one in satisfied.split()])
            self.by_list[list_name] = code, found

    def of(self, found: ChoiceList) -> tuple[str, ChoiceList]:
        """Code and levels of the scale made of a list, made now if it was not."""
        if found.name in self.by_list:
            return self.by_list[found.name]
        known = ready_scale(found)
        if known is not None:
            return self.take_ready(found, *known)
        code = free_name(code_like(found.name, otherwise="scale"), self.data, longest=LONGEST_CODE)
        levels = found.best_first()
        self.data[code] = levels.scale([])
        self.by_list[found.name] = code, levels
        say_numbers(levels, self.languages)
        template = N_("assumed: the levels of the list '%(list)s' stand in their order; which of them satisfy is open")
        self.languages.said.say(found.place, template, list=found.name)
        return self.by_list[found.name]

    def take_ready(self, found: ChoiceList, name: str, levels: ChoiceList) -> tuple[str, ChoiceList]:
        data = levels.scale(LIBRARY[name].scale.satisfied)
        code = name if self.data.get(name, data) == data else free_name(name, self.data, longest=LONGEST_CODE)
        self.data[code] = data
        self.by_list[found.name] = code, levels
        say_numbers(levels, self.languages)
        template = N_("assumed: the list '%(list)s' is the ready scale '%(scale)s'")
        self.languages.said.say(found.place, template, list=found.name, scale=name)
        return code, levels
