"""What makes a questionnaire fit to publish: every problem of content, with its place.

The form of the file (keys, types) is `form`; the sense of ``visible_if`` rules is `reachability`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping
from types import MappingProxyType
from unicodedata import east_asian_width

from instruments.model import OPTION_TYPES, SCORED_TYPES, Instrument, Item, ItemType, Role, Scale, other_lines
from instruments.parsing import KEYWORDS
from instruments.problems import Problem
from instruments.reachability import rule_problems
from instruments.wording import N_

SHORT_WIDTH = 14
"""Chinese characters of a short label: what a chart has room for in one line on a phone."""
ENGLISH_SHORT = 40
"""Letters of an English short label; the same room."""
LONGEST_CODE = 32
MOST_RANKED = 10
"""Things to put in order; more is guesswork."""
MOST_BANDS = 20
"""Bands of a number; each has to hold enough people to be shown."""
MOST_GROUPING = 3
"""Grouping questions; with more, combinations of answers would point to single people."""


def check(instrument: Instrument) -> tuple[Problem, ...]:
    """Everything that keeps a questionnaire from being published; empty when it is fit."""
    return tuple(problem for part in PARTS for problem in part(instrument))


def display_width(text: str) -> float:
    """Width in Chinese characters: wide characters count 1, others 0.5."""
    return sum(1.0 if east_asian_width(sign) in "WFA" else 0.5 for sign in text)


def placed_items(instrument: Instrument) -> Iterator[tuple[str, Item]]:
    """Every item of the file, words to read among them, with its place."""
    for outer, section in enumerate(instrument.sections):
        for inner, item in enumerate(section.items):
            yield f"sections[{outer}].items[{inner}]", item


def item_paths(instrument: Instrument) -> dict[int, str]:
    """Place in the file of each item that is asked, by its position in the questionnaire."""
    asked = ((path, item) for path, item in placed_items(instrument) if item.type is not ItemType.INFORMATION)
    places = (path for path, item in asked for _ in (item, *other_lines(item)))
    return dict(enumerate(places))


def problem(path: str, template: str, **values: object) -> Problem:
    return Problem(path, None, template, values)


def repeated(values: Iterable[Hashable]) -> Iterator[tuple[int, Hashable]]:
    """Positions at which a value stands for the second time or later."""
    seen: Counter[Hashable] = Counter()
    for position, value in enumerate(values):
        seen[value] += 1
        if seen[value] > 1:
            yield position, value


# Parts of the questionnaire ------------------------------------------------------------------------------------------


def section_problems(instrument: Instrument) -> Iterator[Problem]:
    if not instrument.items:
        yield problem("sections", N_("the questionnaire has no items"))
    for position, code in repeated(section.code for section in instrument.sections):
        yield problem(f"sections[{position}].code", N_("section code '%(code)s' stands twice"), code=code)
    for position, section in enumerate(instrument.sections):
        if not section.items and instrument.items:
            yield problem(f"sections[{position}].items", N_("section '%(code)s' has no items"), code=section.code)


def scale_problems(instrument: Instrument) -> Iterator[Problem]:
    for name, scale in instrument.scales.items():
        path = f"scales.{name}"
        yield from level_problems(scale, path)
        yield from satisfied_problems(scale, path)
        for position, kind in repeated(extra.kind for extra in scale.unscored):
            yield problem(f"{path}.unscored[{position}].kind", N_("'%(code)s' is offered twice"), code=kind)


def level_problems(scale: Scale, path: str) -> Iterator[Problem]:
    codes = [level.code for level in scale.levels]
    if len(codes) < 2:
        yield problem(f"{path}.levels", N_("a scale needs at least two levels"))
    twice = tuple(repeated(codes))
    for position, code in twice:
        yield problem(f"{path}.levels[{position}].code", N_("level code %(code)s stands twice"), code=code)
    for position, label in repeated(level.label.zh_Hans for level in scale.levels):
        yield problem(f"{path}.levels[{position}].label", N_("two levels are called '%(label)s'"), label=label)
    if not twice and codes != sorted(codes, reverse=True):
        yield problem(f"{path}.levels", N_("levels stand best first, so their codes have to fall from first to last"))


def satisfied_problems(scale: Scale, path: str) -> Iterator[Problem]:
    codes, satisfied = {level.code for level in scale.levels}, scale.satisfied
    if not satisfied:
        yield problem(f"{path}.satisfied", N_("no level is named as satisfied; there is no default"))
    for position, code in repeated(satisfied):
        yield problem(f"{path}.satisfied[{position}]", N_("level code %(code)s stands twice"), code=code)
    for position, code in enumerate(satisfied):
        if code not in codes:
            yield problem(f"{path}.satisfied[{position}]", N_("the scale has no level with code %(code)s"), code=code)
    if satisfied and codes <= set(satisfied) and len(codes) > 1:
        yield problem(f"{path}.satisfied", N_("every level counts as satisfied"))
    elif set(satisfied) <= codes and set(satisfied) != set(sorted(codes, reverse=True)[: len(set(satisfied))]):
        yield problem(f"{path}.satisfied", N_("satisfied levels have to be the best ones, without a gap"))


def dimension_problems(instrument: Instrument) -> Iterator[Problem]:
    for position, code in repeated(dimension.code for dimension in instrument.dimensions):
        yield problem(f"dimensions[{position}].code", N_("dimension code '%(code)s' stands twice"), code=code)
    used = {item.dimension for item in instrument.items}
    for position, dimension in enumerate(instrument.dimensions):
        if dimension.code not in used:
            template = N_("no item belongs to dimension '%(code)s'")
            yield problem(f"dimensions[{position}]", template, code=dimension.code)
    known = {dimension.code for dimension in instrument.dimensions}
    for path, item in placed_items(instrument):
        if item.dimension is not None and item.dimension not in known:
            yield problem(f"{path}.dimension", N_("there is no dimension '%(code)s'"), code=item.dimension)


def item_problems(instrument: Instrument) -> Iterator[Problem]:
    placed = [(path, part) for path, item in placed_items(instrument) for part in (item, *other_lines(item))]
    for position, code in repeated(item.code for _path, item in placed):
        yield problem(f"{placed[position][0]}.code", N_("item code '%(code)s' stands twice"), code=code)
    for path, item in placed_items(instrument):
        if item.code in KEYWORDS:
            template = N_("'%(code)s' is a word of the rules and cannot be an item code")
            yield problem(f"{path}.code", template, code=item.code)
        yield from misplaced_fields(item, path)
        yield from BY_TYPE[item.type](instrument, item, path)
        yield from label_problems(item, path)


def misplaced_fields(item: Item, path: str) -> Iterator[Problem]:
    for name, types in BELONGS_TO.items():
        if item.type not in types and getattr(item, name) != Item.model_fields[name].default:
            template = N_("'%(key)s' does not belong to an item of type '%(type)s'")
            key = Item.model_fields[name].alias or name
            yield problem(f"{path}.{key}", template, key=key, type=item.type.value)


NOT_READ = frozenset(ItemType) - {ItemType.INFORMATION}
BELONGS_TO: Mapping[str, frozenset[ItemType]] = MappingProxyType(
    {
        "scale": frozenset({ItemType.SCALE}),
        "dimension": frozenset(SCORED_TYPES),
        "role": frozenset(SCORED_TYPES),
        "reversed": frozenset(SCORED_TYPES),
        "attention": frozenset({ItemType.SCALE}),
        "matrix": frozenset({ItemType.SCALE}),
        "grouping": frozenset({ItemType.SINGLE}),
        "options": frozenset(OPTION_TYPES),
        "places": frozenset({ItemType.RANKING}),
        "minimum": frozenset({ItemType.NUMBER}),
        "maximum": frozenset({ItemType.NUMBER}),
        "bands": frozenset({ItemType.NUMBER}),
        "earliest": frozenset({ItemType.DATE}),
        "latest": frozenset({ItemType.DATE}),
        "max_length": frozenset({ItemType.TEXT}),
        "is_short": frozenset({ItemType.TEXT}),
        "short": NOT_READ,
        "hint": NOT_READ,
        "required": NOT_READ,
    }
)


def label_problems(item: Item, path: str) -> Iterator[Problem]:
    """A label for charts: short by itself, or short because the question is."""
    if item.short is None:
        if item.type in SCORED_TYPES and display_width(item.text.zh_Hans) > SHORT_WIDTH:
            template = N_("the text is longer than %(limit)s Chinese characters, so a short label is needed")
            yield problem(f"{path}.short", template, limit=SHORT_WIDTH)
        return
    if display_width(item.short.zh_Hans) > SHORT_WIDTH:
        template = N_("the short label is longer than %(limit)s Chinese characters")
        yield problem(f"{path}.short.zh_Hans", template, limit=SHORT_WIDTH)
    if item.short.en and len(item.short.en) > ENGLISH_SHORT:
        template = N_("the English short label is longer than %(limit)s letters")
        yield problem(f"{path}.short.en", template, limit=ENGLISH_SHORT)


# By type of item -----------------------------------------------------------------------------------------------------


def nothing_wrong(instrument: Instrument, item: Item, path: str) -> Iterator[Problem]:
    """Of an item that has nothing that could be wrong by itself."""
    return iter(())


def scale_item_problems(instrument: Instrument, item: Item, path: str) -> Iterator[Problem]:
    if item.scale is None:
        yield problem(f"{path}.scale", N_("no scale is named"))
    elif item.scale not in instrument.scales:
        yield problem(f"{path}.scale", N_("there is no scale '%(code)s'"), code=item.scale)
    elif item.attention is not None:
        yield from attention_problems(instrument.scales[item.scale], item, path)


def attention_problems(scale: Scale, item: Item, path: str) -> Iterator[Problem]:
    if item.attention not in scale.codes:
        yield problem(f"{path}.attention", N_("the scale has no level with code %(code)s"), code=item.attention)
    for name in ("dimension", "role"):
        if getattr(item, name) is not None:
            yield problem(f"{path}.{name}", N_("an attention check is scored nowhere"))


def choice_problems(instrument: Instrument, item: Item, path: str) -> Iterator[Problem]:
    if len(item.options) < 2:
        yield problem(f"{path}.options", N_("a choice needs at least two options"))
    for position, code in repeated(option.code for option in item.options):
        yield problem(f"{path}.options[{position}].code", N_("option code %(code)s stands twice"), code=code)
    for position, label in repeated(option.label.zh_Hans for option in item.options):
        yield problem(f"{path}.options[{position}].label", N_("two options are called '%(label)s'"), label=label)


def single_problems(instrument: Instrument, item: Item, path: str) -> Iterator[Problem]:
    yield from choice_problems(instrument, item, path)
    yield from other_problems(item, path)
    for position, option in enumerate(item.options):
        if option.exclusive:
            template = N_("one answer only is given here, so no option needs to be exclusive")
            yield problem(f"{path}.options[{position}].exclusive", template)


def multiple_problems(instrument: Instrument, item: Item, path: str) -> Iterator[Problem]:
    yield from choice_problems(instrument, item, path)
    yield from other_problems(item, path)


def other_problems(item: Item, path: str) -> Iterator[Problem]:
    others = [position for position, option in enumerate(item.options) if option.other]
    for position in others[1:]:
        yield problem(f"{path}.options[{position}].other", N_("one option only opens a line to write on"))
    if others and len(item.code) > LONGEST_CODE - len("_other"):
        template = N_("the code is too long for an item with a line to write on; at most %(limit)s signs")
        yield problem(f"{path}.code", template, limit=LONGEST_CODE - len("_other"))
    if others and item.grouping:
        yield problem(f"{path}.options[{others[0]}].other", N_("a grouping question has no line to write on"))


def ranking_problems(instrument: Instrument, item: Item, path: str) -> Iterator[Problem]:
    yield from choice_problems(instrument, item, path)
    if len(item.options) > MOST_RANKED:
        yield problem(f"{path}.options", N_("more than %(limit)s things cannot be put in order"), limit=MOST_RANKED)
    if item.places is not None and item.places > len(item.options):
        yield problem(f"{path}.places", N_("there are more places than options"))
    for position, option in enumerate(item.options):
        if option.exclusive or option.other:
            yield problem(f"{path}.options[{position}]", N_("what is put in order is neither exclusive nor other"))


def date_problems(instrument: Instrument, item: Item, path: str) -> Iterator[Problem]:
    if item.earliest is None or item.latest is None:
        yield problem(path, N_("a date needs an earliest and a latest day"))
    elif item.earliest >= item.latest:
        yield problem(f"{path}.latest", N_("the latest day has to come after the earliest"))


def number_problems(instrument: Instrument, item: Item, path: str) -> Iterator[Problem]:
    low, high = item.minimum, item.maximum
    if low is None or high is None:
        yield problem(path, N_("a number needs a minimum and a maximum"))
        return
    if low < 0:
        yield problem(f"{path}.minimum", N_("a number starts at 0 or above; values below 0 stand for no opinion"))
    if low >= high:
        yield problem(f"{path}.maximum", N_("the maximum has to be above the minimum"))
    if len(item.bands) > MOST_BANDS:
        yield problem(f"{path}.bands", N_("a number has at most %(limit)s bands"), limit=MOST_BANDS)
    if list(item.bands) != sorted(set(item.bands)):
        yield problem(f"{path}.bands", N_("the lower edges of the bands have to rise"))
    elif item.bands and (item.bands[0] != low or item.bands[-1] > high):
        yield problem(f"{path}.bands", N_("the first band starts at the minimum, the last one not above the maximum"))


BY_TYPE: Mapping[ItemType, Callable[[Instrument, Item, str], Iterator[Problem]]] = MappingProxyType(
    {
        ItemType.SCALE: scale_item_problems,
        ItemType.RECOMMEND: nothing_wrong,
        ItemType.YES_NO: nothing_wrong,
        ItemType.SINGLE: single_problems,
        ItemType.MULTIPLE: multiple_problems,
        ItemType.RANKING: ranking_problems,
        ItemType.NUMBER: number_problems,
        ItemType.DATE: date_problems,
        ItemType.TEXT: nothing_wrong,
        ItemType.INFORMATION: nothing_wrong,
    }
)


# Across items --------------------------------------------------------------------------------------------------------


def role_problems(instrument: Instrument) -> Iterator[Problem]:
    holders: dict[Role, str] = {}
    for path, item in placed_items(instrument):
        if item.role is None:
            continue
        if item.role in holders:
            template = N_("item '%(item)s' already stands for '%(role)s'")
            yield problem(f"{path}.role", template, item=holders[item.role], role=item.role.value)
        holders.setdefault(item.role, item.code)


def grouping_problems(instrument: Instrument) -> Iterator[Problem]:
    grouping = [(path, item) for path, item in placed_items(instrument) if item.grouping]
    for path, _ in grouping[MOST_GROUPING:]:
        template = N_("more than %(limit)s grouping items would make people recognisable")
        yield problem(f"{path}.grouping", template, limit=MOST_GROUPING)


def everybody_problems(instrument: Instrument) -> Iterator[Problem]:
    """Headline figures and groups only make sense for items that everybody is asked."""
    for path, item in placed_items(instrument):
        if item.visible_if is not None and (item.role is not None or item.grouping):
            template = N_("item '%(item)s' has a role or forms groups, so everybody has to be asked")
            yield problem(f"{path}.visible_if", template, item=item.code)


def matrix_problems(instrument: Instrument) -> Iterator[Problem]:
    """A table has one heading of levels, so its items stand together and share a scale."""
    for outer, section in enumerate(instrument.sections):
        seen: dict[str, int] = {}
        for inner, item in enumerate(section.items):
            if item.matrix is None:
                continue
            path = f"sections[{outer}].items[{inner}]"
            last = seen.get(item.matrix)
            if last is not None and last != inner - 1:
                yield problem(
                    f"{path}.matrix", N_("the items of table '%(code)s' do not stand together"), code=item.matrix
                )
            elif last is not None and section.items[last].scale != item.scale:
                yield problem(
                    f"{path}.scale", N_("the items of table '%(code)s' have different scales"), code=item.matrix
                )
            seen[item.matrix] = inner


def reading_problems(instrument: Instrument) -> Iterator[Problem]:
    """Words to read belong to the question after them."""
    for outer, section in enumerate(instrument.sections):
        if section.items and section.items[-1].type is ItemType.INFORMATION:
            path = f"sections[{outer}].items[{len(section.items) - 1}]"
            yield problem(path, N_("words to read stand before a question, not at the end of a section"))
    for path, item in placed_items(instrument):
        if item.type is ItemType.INFORMATION and item.visible_if is not None:
            yield problem(f"{path}.visible_if", N_("words to read are shown to everybody who gets to them"))


def visibility_problems(instrument: Instrument) -> Iterator[Problem]:
    return rule_problems(instrument, item_paths(instrument))


PARTS: tuple[Callable[[Instrument], Iterator[Problem]], ...] = (
    scale_problems,
    dimension_problems,
    section_problems,
    item_problems,
    role_problems,
    grouping_problems,
    everybody_problems,
    matrix_problems,
    reading_problems,
    visibility_problems,
)
