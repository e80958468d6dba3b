"""Frozen models of a questionnaire (instrument) and what can be read from it.

Only structure lives here. Reading and writing YAML is `loader`, fitness to publish is `checks`, the
language of ``visible_if`` is `rules`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from enum import StrEnum
from functools import cached_property
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

DONT_KNOW = -1
"""Code of 不了解 (no opinion) in data: an answer, never scored."""
NOT_APPLICABLE = -2
"""Code of 不适用 in data: an answer, never scored."""
UNSCORED_CODES = (DONT_KNOW, NOT_APPLICABLE)

Code = Annotated[str, StringConstraints(pattern=r"^[A-Za-z][A-Za-z0-9_]{0,31}$")]
LevelCode = Annotated[int, Field(ge=0, le=100, strict=True)]


class Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Translation(Frozen):
    """One text in the interface languages; English falls back to Chinese where it is missing."""

    zh_Hans: Annotated[str, StringConstraints(min_length=1, max_length=2000, strip_whitespace=True)]  # noqa: N815
    en: Annotated[str, StringConstraints(min_length=1, max_length=2000, strip_whitespace=True)] | None = None

    def in_language(self, language: str) -> str:
        return self.en if language.startswith("en") and self.en else self.zh_Hans


class Audience(StrEnum):
    MEMBER = "member"
    STAFF = "staff"


class ItemType(StrEnum):
    SCALE = "scale"
    SINGLE = "single"
    MULTIPLE = "multiple"
    NUMBER = "number"
    TEXT = "text"


class Role(StrEnum):
    """What an item stands for beyond its dimension."""

    OVERALL = "overall"
    ACTION_TAKEN = "action_taken"
    CANDOUR = "candour"


class Level(Frozen):
    code: LevelCode
    label: Translation


class Unscored(Frozen):
    """不了解 or 不适用 offered beside the levels of a scale."""

    kind: Literal["dont_know", "not_applicable"]
    label: Translation

    @property
    def code(self) -> int:
        return DONT_KNOW if self.kind == "dont_know" else NOT_APPLICABLE


class Scale(Frozen):
    """Named levels, best first, and which of them count as satisfied."""

    levels: tuple[Level, ...]
    satisfied: tuple[LevelCode, ...]
    unscored: tuple[Unscored, ...] = ()

    @property
    def codes(self) -> tuple[int, ...]:
        """Level codes from low to high."""
        return tuple(sorted(level.code for level in self.levels))

    @property
    def low(self) -> int:
        return self.codes[0]

    @property
    def high(self) -> int:
        return self.codes[-1]


class Dimension(Frozen):
    code: Code
    title: Translation


class Option(Frozen):
    """A choice of a single- or multiple-choice item."""

    code: LevelCode
    label: Translation


class Item(Frozen):
    code: Code
    type: ItemType = ItemType.SCALE
    text: Translation
    short: Translation | None = None
    hint: Translation | None = None
    scale: Code | None = None
    dimension: Code | None = None
    role: Role | None = None
    reversed: bool = False
    required: bool = True
    grouping: bool = False
    options: tuple[Option, ...] = ()
    minimum: int | None = None
    maximum: int | None = None
    bands: tuple[int, ...] = ()
    """Lower edges, ascending, into which a number is sorted at sealing; the number itself is not kept."""
    max_length: Annotated[int, Field(ge=1, le=2000)] = 500
    visible_if: str | None = None

    def label(self, language: str) -> str:
        return (self.short or self.text).in_language(language)


class Section(Frozen):
    code: Code
    title: Translation
    intro: Translation | None = None
    items: tuple[Item, ...]


class Instrument(Frozen):
    """A questionnaire; its version is the hash of its content (`loader.content_hash`)."""

    schema_version: Annotated[Literal[1], Field(alias="schema")]
    code: Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9-]{0,63}$")]
    title: Translation
    note: Translation | None = None
    audience: Audience
    minutes: Annotated[int, Field(ge=1, le=60)] = 3
    scales: dict[Code, Scale] = Field(default_factory=dict)
    dimensions: tuple[Dimension, ...] = ()
    sections: tuple[Section, ...]

    @cached_property
    def items(self) -> tuple[Item, ...]:
        """All items in questionnaire order."""
        return tuple(item for section in self.sections for item in section.items)

    @cached_property
    def by_code(self) -> Mapping[str, Item]:
        return {item.code: item for item in self.items}

    @property
    def scored_items(self) -> tuple[Item, ...]:
        """Items answered on a scale, in questionnaire order."""
        return tuple(item for item in self.items if item.type is ItemType.SCALE)

    @property
    def grouping_items(self) -> tuple[Item, ...]:
        return tuple(item for item in self.items if item.grouping)

    @property
    def text_items(self) -> tuple[Item, ...]:
        return tuple(item for item in self.items if item.type is ItemType.TEXT)

    def scale_of(self, item: Item) -> Scale:
        """Raises KeyError for an item without a scale."""
        if item.scale is None:
            raise KeyError(item.code)
        return self.scales[item.scale]

    def items_of(self, dimension: str) -> tuple[Item, ...]:
        return tuple(item for item in self.scored_items if item.dimension == dimension)

    def item_with_role(self, role: Role) -> Item | None:
        return next((item for item in self.items if item.role is role), None)

    def columns(self) -> Iterator[str]:
        """Names of the data columns in order: one per item, one per option of a multiple choice, none for text."""
        for item in self.items:
            if item.type is ItemType.MULTIPLE:
                yield from (option_column(item, option) for option in item.options)
            elif item.type is not ItemType.TEXT:
                yield item.code


def option_column(item: Item, option: Option) -> str:
    """Data column of one option of a multiple-choice item (1 chosen, 0 not)."""
    return f"{item.code}.{option.code}"
