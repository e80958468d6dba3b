"""Lists of the sheet ``choices``: every choice with a code of ours, and what a list is a list of."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from instruments.exporters.layout import UNSCORED_NAMES
from instruments.importers.columns import Languages, Row, Table, shown
from instruments.wording import N_

HIGHEST_CODE = 100
MOST_CHOICES = HIGHEST_CODE + 1
UNSCORED_CODES = {name: code for code, name in UNSCORED_NAMES.items()}
YES, NO = frozenset({"是", "yes"}), frozenset({"否", "no"})
Data = dict[str, Any]
"""Part of a questionnaire as JSON data."""


@dataclass(frozen=True, slots=True)
class Choice:
    name: str
    code: int
    label: dict[str, str]
    exclusive: bool
    other: bool


@dataclass(slots=True)
class ChoiceList:
    name: str
    place: str
    choices: list[Choice] = field(default_factory=list)
    is_used: bool = False
    is_said: bool = False

    @property
    def codes(self) -> dict[str, int]:
        return {choice.name: choice.code for choice in reversed(self.choices)}

    def options(self) -> list[Data]:
        return [
            {
                "code": choice.code,
                "label": choice.label,
                **{key: True for key in ("exclusive", "other") if getattr(choice, key)},
            }
            for choice in self.choices
        ]

    def best_first(self) -> ChoiceList:
        """The list as a scale of its own: by falling codes, or where choices have names, numbered down to 1."""
        levels = [choice for choice in self.choices if choice.code >= 0]
        unscored = [choice for choice in self.choices if choice.code < 0]
        if all(choice.name == str(choice.code) for choice in levels):
            ordered = sorted(levels, key=lambda choice: choice.code, reverse=True)
        else:
            numbers = range(len(levels), 0, -1)
            ordered = [replace(choice, code=code) for choice, code in zip(levels, numbers, strict=True)]
        return ChoiceList(self.name, self.place, ordered + unscored)

    def as_options(self) -> ChoiceList:
        """The list as options, of which none is without a number."""
        taken = {choice.code for choice in self.choices}
        free = (code for code in range(HIGHEST_CODE + 1) if code not in taken)
        numbered = [replace(one, code=next(free, HIGHEST_CODE)) if one.code < 0 else one for one in self.choices]
        return ChoiceList(self.name, self.place, numbered, is_said=self.is_said)

    def scale(self, satisfied: Sequence[int | str]) -> Data:
        levels = [{"code": one.code, "label": one.label} for one in self.choices if one.code >= 0]
        unscored = [{"kind": UNSCORED_NAMES[one.code], "label": one.label} for one in self.choices if one.code < 0]
        return {"levels": levels, "satisfied": [*satisfied], "unscored": unscored}

    def yes_and_no(self) -> Mapping[str, int] | None:
        """Codes by name where the list says yes and no in so many words."""
        if len(self.choices) != 2:
            return None
        said = {choice.name: choice.label["zh_Hans"].lower() for choice in self.choices}
        if not {*said.values()} <= YES | NO or len({text in YES for text in said.values()}) != 2:
            return None
        return {name: int(text in YES) for name, text in said.items()}


def lists_of(table: Table | None, languages: Languages) -> dict[str, ChoiceList]:
    rows: dict[str, list[Row]] = {}
    for row in table.rows if table else ():
        name = row.take("list name")
        if name:
            rows.setdefault(name, []).append(row)
    return {name: list_of(name, members, languages) for name, members in rows.items()}


def list_of(name: str, rows: list[Row], languages: Languages) -> ChoiceList:
    found = ChoiceList(name, rows[0].place("list name"))
    names = [row.take("name") for row in rows]
    codes = codes_of([row.take("branch_code") or name for row, name in zip(rows, names, strict=True)])
    for row, choice, code in zip(rows, names, codes, strict=True):
        exclusive, other = row.take("branch_exclusive") == "yes", row.take("branch_other") == "yes"
        label = languages.text(row, "label")
        if code is None:
            template = N_("a list holds at most %(limit)s choices; '%(name)s' has no place")
            languages.said.say(row.place("name"), template, limit=MOST_CHOICES, name=choice)
            continue
        if label is None:
            languages.said.say_called_by_name(row.place("name"), choice)
            label = {"zh_Hans": languages.clean(choice, row.place("name"))}
        found.choices.append(Choice(choice, code, label, exclusive, other))
    return found


def codes_of(names: list[str]) -> list[int | None]:
    """A code for each name: the number it is, else the first one free from 1. None where all are taken."""
    fixed = [UNSCORED_CODES.get(name, int(name) if is_code(name) else None) for name in names]
    taken = {code for code in fixed if code is not None}
    free = iter([code for code in (*range(1, HIGHEST_CODE + 1), 0) if code not in taken])
    return [next(free, None) if code is None else code for code in fixed]


def is_code(name: str) -> bool:
    return name.isascii() and name.isdecimal() and name == str(int(name[:9])) and int(name) <= HIGHEST_CODE


def say_numbers(found: ChoiceList, languages: Languages) -> None:
    """Say once which numbers stand for choices that had names."""
    named = [choice for choice in found.choices if UNSCORED_NAMES.get(choice.code, str(choice.code)) != choice.name]
    if named and not found.is_said and not languages.is_ours:
        numbers = shown(", ".join(f"{choice.name} = {choice.code}" for choice in named))
        template = N_("the choices of the list '%(list)s' have numbers here: %(numbers)s")
        languages.said.say(found.place, template, list=found.name, numbers=numbers)
    found.is_said = True
