"""Frozen models of a questionnaire (instrument) and what can be read from it.

Only structure lives here. Reading and writing YAML is `loader`, fitness to publish is `checks`, the
language of ``visible_if`` is `rules`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date
from enum import StrEnum
from functools import cached_property
from itertools import takewhile
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
    """A level of a named scale, a grade of a grade set among them."""
    RECOMMEND = "recommend"
    """0 to 10: would you recommend this branch to others (Reichheld 2003)?"""
    YES_NO = "yes_no"
    SINGLE = "single"
    MULTIPLE = "multiple"
    RANKING = "ranking"
    """Options put in order, the first place first."""
    NUMBER = "number"
    DATE = "date"
    TEXT = "text"
    INFORMATION = "information"
    """Words to read; nothing is asked."""


SCORED_TYPES = (ItemType.SCALE, ItemType.RECOMMEND, ItemType.YES_NO)
"""Answered with a level that has a direction."""
OPTION_TYPES = (ItemType.SINGLE, ItemType.MULTIPLE, ItemType.RANKING)
BANDED_TYPES = (ItemType.NUMBER, ItemType.DATE)
"""Kept as a band only, so that no single value can be recognised."""
OTHER_LENGTH = 100
MOST_NUMBER = 999_999_999
"""What a number may be at most: browsers count exactly, and a ballot has room for it."""


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


RECOMMENDATION = Scale(
    levels=tuple(Level(code=code, label=Translation(zh_Hans=f"{code} 分", en=str(code))) for code in range(10, -1, -1)),
    satisfied=(10, 9),
)
"""Ten and nine are promoters, six and below detractors."""
YES_OR_NO = Scale(
    levels=(
        Level(code=1, label=Translation(zh_Hans="是", en="Yes")),
        Level(code=0, label=Translation(zh_Hans="否", en="No")),
    ),
    satisfied=(1,),
)
BUILT_IN = {ItemType.RECOMMEND: RECOMMENDATION, ItemType.YES_NO: YES_OR_NO}
"""Scales of item types that name none."""


class Dimension(Frozen):
    code: Code
    title: Translation


class Option(Frozen):
    """A choice of a single- or multiple-choice item, or what a ranking puts in order."""

    code: LevelCode
    label: Translation
    exclusive: bool = False
    """Chosen alone, such as "none of these"."""
    other: bool = False
    """Opens a line to write what it is."""


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
    minimum: Annotated[int, Field(le=MOST_NUMBER)] | None = None
    maximum: Annotated[int, Field(le=MOST_NUMBER)] | None = None
    bands: tuple[int, ...] = ()
    """Lower edges, ascending, into which a number is sorted at sealing; the number itself is not kept."""
    earliest: date | None = None
    latest: date | None = None
    places: Annotated[int, Field(ge=2, le=10)] | None = None
    """How many places a ranking fills; all by default."""
    max_length: Annotated[int, Field(ge=1, le=2000)] = 500
    is_short: Annotated[bool, Field(alias="one_line")] = False
    """A text of one line."""
    matrix: Code | None = None
    """Neighbouring items of one scale with the same name here stand in one table on wide screens."""
    attention: LevelCode | None = None
    """The level that whoever reads the question chooses; the item is scored nowhere."""
    visible_if: str | None = None

    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True)

    def label(self, language: str) -> str:
        return (self.short or self.text).in_language(language)


class Section(Frozen):
    code: Code
    title: Translation
    intro: Translation | None = None
    items: tuple[Item, ...]
    shuffled: bool = False
    """Its items come in another order for everybody; the order is kept nowhere."""


class Instrument(Frozen):
    """A questionnaire; its version is the hash of its content (`loader.content_hash`)."""

    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True)

    schema_version: Annotated[Literal[1], Field(alias="schema")]
    code: Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9-]{0,63}$")]
    title: Translation
    note: Translation | None = None
    audience: Audience
    is_annual: Annotated[bool, Field(alias="annual")] = True
    """It measures the year: objectives are held against it. A pulse or an evaluation is not."""
    minutes: Annotated[int, Field(ge=1, le=60)] = 3
    local_items: Annotated[int, Field(ge=0, le=30)] = 0
    """How many questions of its own a unit may add below these, which it cannot change (`instruments.modules`)."""
    scales: dict[Code, Scale] = Field(default_factory=dict)
    dimensions: tuple[Dimension, ...] = ()
    sections: tuple[Section, ...]

    @cached_property
    def items(self) -> tuple[Item, ...]:
        """All items in questionnaire order, lines for "other" included; words to read are `section.items` alone."""
        asked = (item for section in self.sections for item in section.items if item.type is not ItemType.INFORMATION)
        return tuple(found for item in asked for found in (item, *other_lines(item)))

    @cached_property
    def by_code(self) -> Mapping[str, Item]:
        return {item.code: item for item in self.items}

    @cached_property
    def section_by_item(self) -> Mapping[str, Section]:
        """The section in which an item of `items` is asked."""
        return {
            found.code: section for section in self.sections for item in section.items
            for found in (item, *other_lines(item))
        }  # fmt: skip

    def words_before(self, item: Item) -> tuple[Translation, ...]:
        """What is to be read between the question before an item and the item itself."""
        section = self.section_by_item[item.code]
        if item not in section.items:
            return ()
        before = section.items[: section.items.index(item)]
        words = takewhile(lambda other: other.type is ItemType.INFORMATION, reversed(before))
        return tuple(other.text for other in reversed(list(words)))

    @property
    def scored_items(self) -> tuple[Item, ...]:
        """Items answered on a scale, in questionnaire order."""
        return tuple(item for item in self.items if item.type in SCORED_TYPES and item.attention is None)

    @property
    def attention_items(self) -> tuple[Item, ...]:
        return tuple(item for item in self.items if item.attention is not None)

    @property
    def grouping_items(self) -> tuple[Item, ...]:
        return tuple(item for item in self.items if item.grouping)

    @property
    def text_items(self) -> tuple[Item, ...]:
        return tuple(item for item in self.items if item.type is ItemType.TEXT)

    def scale_of(self, item: Item) -> Scale:
        """Raises KeyError for an item without a scale."""
        if item.type in BUILT_IN:
            return BUILT_IN[item.type]
        if item.scale is None:
            raise KeyError(item.code)
        return self.scales[item.scale]

    def items_of(self, dimension: str) -> tuple[Item, ...]:
        return tuple(item for item in self.scored_items if item.dimension == dimension)

    def item_with_role(self, role: Role) -> Item | None:
        return next((item for item in self.items if item.role is role), None)

    def columns(self) -> Iterator[str]:
        """Names of the data columns in order: one per item, one per option of a multiple choice or ranking."""
        for item in self.items:
            if item.type in (ItemType.MULTIPLE, ItemType.RANKING):
                yield from (option_column(item, option) for option in item.options)
            elif item.type is not ItemType.TEXT:
                yield item.code


def option_column(item: Item, option: Option) -> str:
    """Data column of one option of a multiple choice (1 chosen, 0 not) or of a ranking (its place, 0 for none)."""
    return f"{item.code}.{option.code}"


def other_lines(item: Item) -> tuple[Item, ...]:
    """The line on which somebody writes what "other" is: a text of its own, asked once "other" is chosen."""
    operator = "has" if item.type is ItemType.MULTIPLE else "=="
    return tuple(
        Item(
            code=f"{item.code}_other",
            type=ItemType.TEXT,
            text=Translation.model_construct(  # a label of the greatest length makes a longer question
                zh_Hans=f"请写明“{option.label.zh_Hans}”", en=f"Please say what “{option.label.in_language('en')}” is"
            ),
            required=False,
            max_length=OTHER_LENGTH,
            is_short=True,
            visible_if=f"{item.code} {operator} {option.code}",
        )
        for option in item.options
        if option.other
    )
