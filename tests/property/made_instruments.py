"""Made-up questionnaires that are fit to publish, with everything a questionnaire can hold, and answers to them.

`instruments()` draws questionnaires, `answers_to` what somebody might type into one or send to it, sensible or not,
`valid_answers_to` what a person who answers properly says.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from datetime import date, timedelta
from typing import Any

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from werkzeug.datastructures import MultiDict

from instruments.bands import limits
from instruments.checks import ENGLISH_SHORT, SHORT_WIDTH, display_width
from instruments.model import (
    SCORED_TYPES,
    Audience,
    Dimension,
    Instrument,
    Item,
    ItemType,
    Level,
    Option,
    Role,
    Scale,
    Section,
    Translation,
    Unscored,
)
from instruments.reachability import can_be_seen
from instruments.rules import Answer, parse, visible_items
from survey_app.forms.builder import field_name
from survey_app.forms.fields import plain_text

OFTEN = settings(
    max_examples=30,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.large_base_example],
)
MOST_ITEMS = 6

# Words ---------------------------------------------------------------------------------------------------------------

BIDI_CONTROLS = "".join(map(chr, (*range(0x202A, 0x202F), *range(0x2066, 0x206A))))
printable = st.characters(
    exclude_categories=["Cc", "Cs", "Zl", "Zp"], exclude_characters="\ufffe\uffff" + BIDI_CONTROLS
)
awkward = st.sampled_from(
    ["2026", "no", "null", "~", "- x", "a: b", "# x", "'", '"', "1e3", "2026-12-31", "[x]", "&a", "{0}", "%(limit)s"]
)
texts = st.text(printable, min_size=1, max_size=8).filter(str.strip) | awkward
translations = st.builds(Translation, zh_Hans=texts, en=st.none() | texts)


def several(least: int, most: int) -> st.SearchStrategy[list[Translation]]:
    """Labels of one list: no two alike."""
    return st.lists(translations, min_size=least, max_size=most, unique_by=lambda label: label.zh_Hans)


def with_short(draw: st.DrawFn, text: Translation, *, is_scored: bool) -> dict[str, Translation]:
    """A question's text, and a short label where one is needed or drawn."""
    fits = display_width(text.zh_Hans) <= SHORT_WIDTH
    if fits and not (is_scored and draw(st.booleans())):
        return {"text": text}
    short = Translation(zh_Hans=text.zh_Hans[: SHORT_WIDTH // 2].strip() or "短", en=draw(st.none() | texts))
    assert display_width(short.zh_Hans) <= SHORT_WIDTH >= len(short.en or "") * SHORT_WIDTH / ENGLISH_SHORT
    return {"text": text, "short": short}


# Parts of a questionnaire --------------------------------------------------------------------------------------------


@st.composite
def scales(draw: st.DrawFn) -> Scale:
    """Two to seven named levels with no, one or both ways out."""
    labels = draw(several(2, 7))
    codes = sorted(draw(st.sets(st.integers(0, 100), min_size=len(labels), max_size=len(labels))), reverse=True)
    ways = draw(st.sets(st.sampled_from(["dont_know", "not_applicable"])))
    return Scale(
        levels=tuple(Level(code=code, label=label) for code, label in zip(codes, labels, strict=True)),
        satisfied=tuple(codes[: draw(st.integers(1, len(codes) - 1))]),
        unscored=tuple(Unscored(kind=kind, label=draw(translations)) for kind in sorted(ways)),
    )


class Making:
    """The questionnaire as far as it has been made; every part keeps what is there fit to publish."""

    def __init__(self, draw: st.DrawFn) -> None:
        self.draw = draw
        self.scales = {name: draw(scales()) for name in ("main", "Other_1")[: draw(st.integers(1, 2))]}
        self.dimensions = tuple(
            Dimension(code=f"d{place}", title=title) for place, title in enumerate(draw(several(0, 2)))
        )
        self.sections: list[Section] = []
        self.current: list[Item] = []
        self.roles = list(Role)

    def finished(self) -> Instrument:
        draw = self.draw
        used = {item.dimension for section in self.sections for item in section.items}
        return Instrument(
            schema=1,
            code=draw(st.sampled_from(["made-up", "m", "made-up-2026"])),
            title=draw(translations),
            note=draw(st.none() | translations),
            audience=draw(st.sampled_from(Audience)),
            annual=draw(st.booleans()),
            minutes=draw(st.integers(1, 60)),
            local_items=draw(st.sampled_from([0, 5])),
            scales=self.scales,
            dimensions=tuple(dimension for dimension in self.dimensions if dimension.code in used),
            sections=tuple(self.sections),
        )

    def close_section(self) -> None:
        self.sections.append(
            Section(
                code=f"s{len(self.sections)}",
                title=self.draw(translations),
                intro=self.draw(st.none() | translations),
                items=tuple(self.current),
                shuffled=self.draw(st.booleans()),
            )
        )
        self.current = []

    @property
    def so_far(self) -> Instrument:
        """Everything made until now, to look back at from a rule."""
        sections = (*self.sections, Section(code="current", title=Translation(zh_Hans="x"), items=tuple(self.current)))
        return Instrument(
            schema=1, code="x", title=Translation(zh_Hans="x"), audience=Audience.MEMBER, scales=self.scales,
            sections=sections,
        )  # fmt: skip

    def add(self, number: int) -> None:
        """One question, perhaps with words to read before it."""
        if self.draw(st.integers(0, 5)) == 0:
            words = self.draw(translations)
            self.current.append(Item(code=f"words{number}", type=ItemType.INFORMATION, text=words))
        kind = self.draw(st.sampled_from(KINDS))
        fields: dict[str, Any] = {
            "code": f"{self.draw(st.sampled_from(['q', 'Item_', 'x' * 24]))}{number}",
            "type": kind,
            "hint": self.draw(st.none() | translations),
            "required": self.draw(st.booleans()),
            **with_short(self.draw, self.draw(translations), is_scored=kind in SCORED_TYPES),
            **FIELDS[kind](self),
        }
        rule = None if fields.get("role") or fields.get("grouping") else self._rule(fields)
        self.current.append(Item(**fields, visible_if=rule))
        if fields.get("matrix"):
            self._add_row(f"row{number}")

    def _add_row(self, code: str) -> None:
        """A row below the last one of a table."""
        above = self.current[-1]
        fields = {"code": code, "scale": above.scale, "matrix": above.matrix, **scored_fields(self)}
        text = with_short(self.draw, self.draw(translations), is_scored=True)
        rule = None if fields["role"] else self._rule({**fields, **text})
        self.current.append(Item(**fields, **text, visible_if=rule))

    def _rule(self, fields: Mapping[str, Any]) -> str | None:
        """A rule by which some answers show the item, or none."""
        earlier = self.so_far
        if not earlier.items or not self.draw(st.booleans()):
            return None
        item = Item(**fields, visible_if=self.draw(rules(earlier)))
        known = {other.code: parse(other.visible_if) for other in (*earlier.items, item) if other.visible_if}
        return item.visible_if if can_be_seen(earlier, item, known) else None


def scale_fields(making: Making) -> dict[str, Any]:
    draw = making.draw
    name = draw(st.sampled_from(sorted(making.scales)))
    table = draw(st.sampled_from([None, f"t{len(making.current)}"]))
    if draw(st.integers(0, 4)) == 0:
        return {"scale": name, "matrix": table, "attention": draw(st.sampled_from(making.scales[name].codes))}
    return {"scale": name, "matrix": table, **scored_fields(making)}


def scored_fields(making: Making) -> dict[str, Any]:
    draw = making.draw
    role = draw(st.sampled_from([None, *making.roles]))
    if role is not None:
        making.roles.remove(role)
    dimension = draw(st.sampled_from([None, *(dimension.code for dimension in making.dimensions)]))
    return {"role": role, "dimension": dimension, "reversed": draw(st.booleans())}


def options(making: Making, *, has_exclusive: bool = False, has_other: bool = False) -> tuple[Option, ...]:
    draw, labels = making.draw, making.draw(several(2, 5))
    codes = draw(st.lists(st.integers(0, 100), min_size=len(labels), max_size=len(labels), unique=True))
    other = draw(st.sampled_from([*codes, None])) if has_other else None
    return tuple(
        Option(code=code, label=label, exclusive=has_exclusive and draw(st.integers(0, 3)) == 0, other=code == other)
        for code, label in zip(codes, labels, strict=True)
    )


def single_fields(making: Making) -> dict[str, Any]:
    grouping = sum(item.grouping for section in making.sections for item in section.items)
    if grouping + sum(item.grouping for item in making.current) < 3 and making.draw(st.booleans()):
        return {"options": options(making), "grouping": True}
    return {"options": options(making, has_other=True)}


def multiple_fields(making: Making) -> dict[str, Any]:
    return {"options": options(making, has_exclusive=True, has_other=True)}


def ranking_fields(making: Making) -> dict[str, Any]:
    ranked = options(making)
    return {"options": ranked, "places": making.draw(st.none() | st.integers(2, len(ranked)))}


def number_fields(making: Making) -> dict[str, Any]:
    low = making.draw(st.integers(0, 50))
    high = low + making.draw(st.integers(1, 100) | st.just(999_999))
    edges = making.draw(st.sets(st.integers(low + 1, min(high, low + 60)), max_size=4))
    return {"minimum": low, "maximum": high, "bands": tuple(sorted({low, *edges})) if edges else ()}


def date_fields(making: Making) -> dict[str, Any]:
    first = making.draw(st.dates(date(1, 1, 1), date(9000, 1, 1)) | st.just(date(2026, 1, 1)))
    return {"earliest": first, "latest": first + timedelta(days=making.draw(st.integers(1, 4000)))}


def text_fields(making: Making) -> dict[str, Any]:
    return {"max_length": making.draw(st.sampled_from([1, 20, 500, 2000])), "is_short": making.draw(st.booleans())}


FIELDS: Mapping[ItemType, Callable[[Making], dict[str, Any]]] = {
    ItemType.SCALE: scale_fields,
    ItemType.RECOMMEND: scored_fields,
    ItemType.YES_NO: scored_fields,
    ItemType.SINGLE: single_fields,
    ItemType.MULTIPLE: multiple_fields,
    ItemType.RANKING: ranking_fields,
    ItemType.NUMBER: number_fields,
    ItemType.DATE: date_fields,
    ItemType.TEXT: text_fields,
}


KINDS = (*FIELDS, ItemType.SCALE, ItemType.MULTIPLE)  # twice as many of those that can stand in tables or open a line


@st.composite
def rules(draw: st.DrawFn, earlier: Instrument) -> str:
    """A rule over the items of `earlier`: statements joined, negated and put in brackets."""

    def statement() -> str:
        item = draw(st.sampled_from(earlier.items))
        return draw(st.sampled_from(["", "not "])) + draw(st.sampled_from(STATEMENTS[item.type](draw, earlier, item)))

    parts = [statement() for _ in range(draw(st.integers(1, 3)))]
    joined = draw(st.sampled_from([" and ", " or "])).join(parts)
    return f"not ({joined})" if draw(st.integers(0, 3)) == 0 else joined


def about_codes(draw: st.DrawFn, instrument: Instrument, item: Item) -> list[str]:
    code, other = draw(st.sampled_from(codes_of(instrument, item))), draw(st.sampled_from(codes_of(instrument, item)))
    words = {-1: "dont_know", -2: "not_applicable"}
    equal, ordering = draw(st.sampled_from(["==", "!="])), draw(st.sampled_from(["<", "<=", ">", ">="]))
    return [
        f"{item.code} {equal} {words.get(code, code)}",
        f"{item.code} {ordering} {max(code, 0)}",
        f"{item.code} in [{words.get(code, code)}, {words.get(other, other)}]",
        f"answered({item.code})",
    ]


def about_options(draw: st.DrawFn, instrument: Instrument, item: Item) -> list[str]:
    return [f"{item.code} has {draw(st.sampled_from(item.options)).code}", f"answered({item.code})"]


def about_number(draw: st.DrawFn, instrument: Instrument, item: Item) -> list[str]:
    low, high = limits(item)
    number, sign = draw(st.integers(low, high)), draw(st.sampled_from(["==", "!=", "<", "<=", ">", ">="]))
    return [f"{item.code} {sign} {number}", f"{item.code} in [{number}]", f"answered({item.code})"]


def whether_answered(draw: st.DrawFn, instrument: Instrument, item: Item) -> list[str]:
    return [f"answered({item.code})"]


STATEMENTS: Mapping[ItemType, Callable[[st.DrawFn, Instrument, Item], list[str]]] = {
    **dict.fromkeys((*SCORED_TYPES, ItemType.SINGLE), about_codes),
    ItemType.MULTIPLE: about_options,
    ItemType.NUMBER: about_number,
    **dict.fromkeys((ItemType.RANKING, ItemType.DATE, ItemType.TEXT), whether_answered),
}


@st.composite
def instruments(draw: st.DrawFn, *, most_items: int = MOST_ITEMS) -> Instrument:
    """A questionnaire without a problem (`instruments.checks.check`)."""
    making = Making(draw)
    for number in range(draw(st.sampled_from(range(1, most_items + 1)))):
        making.add(number)
        if draw(st.integers(0, 2)) == 0:
            making.close_section()
    if making.current:
        making.close_section()
    return making.finished()


# Answers -------------------------------------------------------------------------------------------------------------


def codes_of(instrument: Instrument, item: Item) -> tuple[int, ...]:
    """Codes that can be chosen: of levels and ways out, or of options."""
    if item.type not in SCORED_TYPES:
        return tuple(option.code for option in item.options)
    scale = instrument.scale_of(item)
    return (*scale.codes, *(way.code for way in scale.unscored))


def proper_answers(instrument: Instrument, item: Item) -> st.SearchStrategy[Answer]:
    """Answers to one item as they are kept."""
    match item.type:
        case ItemType.MULTIPLE:
            together = [option.code for option in item.options if not option.exclusive]
            alone = [st.just((option.code,)) for option in item.options if option.exclusive]
            some = [st.sets(st.sampled_from(together), min_size=1).map(lambda chosen: in_order(item, chosen))]
            alone += [st.just((option.code,)) for option in item.options if option.other]
            return st.one_of(*alone, *(some if together else ()))
        case ItemType.RANKING:
            ranked = [option.code for option in item.options]
            return st.permutations(ranked).map(lambda order: tuple(order[: item.places or len(ranked)]))
        case ItemType.NUMBER:
            return st.integers(*limits(item))
        case ItemType.DATE:
            low, high = limits(item)
            return st.integers(low, high).map(lambda day: date.fromordinal(day).isoformat())
        case ItemType.TEXT:
            return st.text(max_size=min(item.max_length, 12)).map(plain_text).filter(bool) | st.just("有")
    others = [option.code for option in item.options if option.other]
    return st.sampled_from((*others * 3, *codes_of(instrument, item)))


def in_order(item: Item, chosen: set[int]) -> tuple[int, ...]:
    return tuple(option.code for option in item.options if option.code in chosen)


@st.composite
def valid_answers_to(draw: st.DrawFn, instrument: Instrument) -> dict[str, Answer]:
    """What one person says who answers what is asked: an entry per item, None where nothing was asked or said."""
    given: dict[str, Answer] = {}
    for item in instrument.items:
        given[item.code] = None
        if item in visible_items(instrument, given):
            answer = proper_answers(instrument, item)
            given[item.code] = draw(answer if item.required else st.none() | answer)
    return given


JUNK = st.sampled_from(
    ["", " ", "0", "-1", "-2", "dont_know", "not_applicable", "６", "1,000", "1_0", "+5", "-0", "1.5", "NaN", "１２月",
     "2026-02-30", "2026-1-1", "二〇二六", "٣", "<b>", "\x00", "\ud800", "\u202e", "9" * 30, "1e9", "0x10", "null"]
)  # fmt: skip
words_typed = JUNK | st.integers(-3, 101).map(str) | st.text(max_size=8)


def as_typed(item: Item, answer: Answer) -> list[str]:
    """An answer as a browser sends it."""
    if answer is None:
        return []
    if isinstance(answer, tuple):
        return [str(code) for code in answer]
    words = {-1: "dont_know", -2: "not_applicable"} if item.type in SCORED_TYPES else {}
    return [words.get(answer, str(answer)) if isinstance(answer, int) else answer]


FULL_WIDTH = str.maketrans("0123456789-", "０１２３４５６７８９－")


@st.composite
def answers_to(draw: st.DrawFn, instrument: Instrument) -> MultiDict[str, str]:
    """A posted form: mostly proper answers (also to what is not asked), with some missing, foreign, doubled or junk."""
    posted: MultiDict[str, str] = MultiDict()
    for item in instrument.items:
        proper = as_typed(item, draw(proper_answers(instrument, item)))
        spoiled = draw(st.sampled_from(SPOILT)) if draw(st.integers(0, 3)) == 0 else same
        posted.setlist(field_name(item), spoiled(draw, proper))
    if draw(st.integers(0, 5)) == 0:
        posted.setlist("q_stranger", [draw(words_typed)])
    return posted


def same(draw: st.DrawFn, words: list[str]) -> list[str]:
    return words


SPOILT: Sequence[Callable[[st.DrawFn, list[str]], list[str]]] = (
    lambda draw, words: [],
    lambda draw, words: words * 2,
    lambda draw, words: [*words, draw(words_typed)],
    lambda draw, words: draw(st.lists(words_typed, max_size=3)),
    lambda draw, words: [word.translate(FULL_WIDTH) for word in words],
    lambda draw, words: [f" {word}\u3000" for word in words],
)

bodies_values = st.recursive(
    st.none() | st.booleans() | st.floats() | st.integers() | st.integers(-3, 101) | words_typed,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=2),
    max_leaves=5,
)


@st.composite
def tampered_bodies(draw: st.DrawFn, instrument: Instrument) -> object:
    """What might be found in an envelope: proper answers with some of them replaced by anything JSON can say."""
    body: dict[str, Any] = json.loads(json.dumps(draw(valid_answers_to(instrument))))
    for code in draw(st.sets(st.sampled_from(sorted(body)), max_size=3)):
        body[code] = draw(bodies_values)
    if draw(st.integers(0, 5)) == 0:
        body[draw(st.text(max_size=5) | st.just("__proto__"))] = draw(bodies_values)
    return body if draw(st.integers(0, 9)) else draw(bodies_values)
