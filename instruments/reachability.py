"""Whether the ``visible_if`` rules of a questionnaire make sense: known items, possible codes, items that can be seen.

The language itself is `rules`; all other checks are `checks`.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from itertools import chain, combinations, product
from math import prod
from types import MappingProxyType

from instruments.conditions import Answer, Answered, Comparison, Has, Membership, Statement
from instruments.model import BUILT_IN, SCORED_TYPES, Instrument, Item, ItemType
from instruments.parsing import NAMED_CODES, RuleError
from instruments.problems import Problem
from instruments.rules import Rule, parse, references, statements
from instruments.wording import N_

MOST_COMBINATIONS = 20_000
"""Combinations of answers tried for one item; with more, an item counts as reachable."""

COMPARED = frozenset({*SCORED_TYPES, ItemType.SINGLE, ItemType.NUMBER})
FITTING: Mapping[type, frozenset[ItemType]] = MappingProxyType(
    {
        Comparison: COMPARED,
        Membership: COMPARED,
        Has: frozenset({ItemType.MULTIPLE}),
        Answered: frozenset(ItemType),
    }
)


def rule_problems(instrument: Instrument, paths: Mapping[int, str]) -> Iterator[Problem]:
    """Problems of all rules; ``paths`` gives the place of each item by its position in the questionnaire."""
    rules: dict[str, Rule] = {}
    faulty: set[str] = set()
    for position, item in enumerate(instrument.items):
        if item.visible_if is None:
            continue
        path = f"{paths[position]}.visible_if"
        try:
            rules[item.code] = rule = parse(item.visible_if)
        except RuleError as error:
            faulty.add(item.code)
            yield Problem(path, None, error.template, error.values)
            continue
        earlier = {other.code: other for other in instrument.items[:position]}
        misplaced = tuple(reference_problems(instrument, rule, earlier, path))
        yield from misplaced
        yield from code_problems(instrument, rule, earlier, path)
        if misplaced:
            faulty.add(item.code)
        elif not closure(item.code, rules) & faulty and not can_be_seen(instrument, item, rules):
            yield Problem(path, None, N_("no combination of answers ever shows item '%(item)s'"), {"item": item.code})


def reference_problems(instrument: Instrument, rule: Rule, earlier: Mapping[str, Item], path: str) -> Iterator[Problem]:
    """Items that a rule cannot look at, or not in this way."""
    for code in references(rule):
        if code not in earlier:
            template = LOOKS_AHEAD if code in instrument.by_code else NO_SUCH_ITEM
            yield Problem(path, None, template, {"item": code})
    for statement in statements(rule):
        other = earlier.get(statement.item)
        if other and other.type not in FITTING[type(statement)]:
            yield Problem(path, None, MISFITS[type(statement)], {"item": other.code})


LOOKS_AHEAD = N_("item '%(item)s' stands later or is the item itself; a rule looks back only")
NO_SUCH_ITEM = N_("there is no item '%(item)s'")
MISFITS: Mapping[type, str] = MappingProxyType(
    {
        Comparison: N_("item '%(item)s' cannot be compared; use 'has' for a multiple choice, 'answered' for text"),
        Membership: N_("item '%(item)s' cannot be compared; use 'has' for a multiple choice, 'answered' for text"),
        Has: N_("item '%(item)s' is not a multiple choice; 'has' does not fit"),
    }
)


def code_problems(instrument: Instrument, rule: Rule, earlier: Mapping[str, Item], path: str) -> Iterator[Problem]:
    """Codes a rule names that the item does not offer; orderings (<, >=) may name any number."""
    for statement in statements(rule):
        item = earlier.get(statement.item)
        offered = offered_codes(instrument, item) if item else None
        for code in named_codes(statement):
            if offered is not None and item and item.type in FITTING[type(statement)] and code not in offered:
                template = N_("item '%(item)s' has no answer with code %(code)s")
                yield Problem(path, None, template, {"item": item.code, "code": CODE_NAMES.get(code, code)})


CODE_NAMES: Mapping[int, str] = MappingProxyType({code: name for name, code in NAMED_CODES.items()})


def named_codes(statement: Statement) -> tuple[int, ...]:
    match statement:
        case Membership():
            return statement.codes
        case Has():
            return (statement.code,)
        case Comparison(operator="==" | "!="):
            return (statement.code,)
    return ()


def offered_codes(instrument: Instrument, item: Item) -> Collection[int] | None:
    """Codes an answer can have; None where they cannot be told (text, an unknown scale, a number without limits)."""
    match item.type:
        case ItemType.SCALE | ItemType.RECOMMEND | ItemType.YES_NO:
            scale = BUILT_IN.get(item.type) or instrument.scales.get(item.scale or "")
            return (
                frozenset((*scale.codes, *(extra.code for extra in scale.unscored))) if scale and scale.levels else None
            )
        case ItemType.SINGLE | ItemType.MULTIPLE:
            return frozenset(option.code for option in item.options) or None
        case ItemType.NUMBER if item.minimum is not None and item.maximum is not None:
            return range(item.minimum, item.maximum + 1)
    return None


def can_be_seen(instrument: Instrument, item: Item, rules: Mapping[str, Rule]) -> bool:
    """Whether some complete set of answers shows the item.

    Tries every combination of answers to the items its rule looks at, directly or through the rules of those items.
    Required items are taken as answered wherever they are asked.
    """
    codes = closure(item.code, rules)
    looked_at = tuple(other for other in instrument.items if other.code in codes)
    named = [statement for code in (*codes, item.code) if code in rules for statement in statements(rules[code])]
    domains = [possible_answers(instrument, other, named) for other in looked_at]
    if prod(map(len, domains)) > MOST_COMBINATIONS:
        return True
    return any(
        rules[item.code].evaluate(
            in_effect(dict(zip((other.code for other in looked_at), answers, strict=True)), rules)
        )
        for answers in product(*domains)
    )


def closure(code: str, rules: Mapping[str, Rule]) -> frozenset[str]:
    """Items a rule looks at, with the items that the rules of those look at, and so on back."""
    found: set[str] = set()
    open_codes = list(references(rules[code]))
    while open_codes:
        current = open_codes.pop()
        if current not in found:
            found.add(current)
            open_codes.extend(references(rules[current]) if current in rules else ())
    return frozenset(found)


def in_effect(answers: Mapping[str, Answer], rules: Mapping[str, Rule]) -> dict[str, Answer]:
    """The answers, in questionnaire order, of those items that are asked at all."""
    known: dict[str, Answer] = {}
    for code, answer in answers.items():
        if code not in rules or rules[code].evaluate(known):
            known[code] = answer
    return known


def possible_answers(instrument: Instrument, item: Item, named: list[Statement]) -> tuple[Answer, ...]:
    """Answers that can make a difference to the statements given."""
    about = [statement for statement in named if statement.item == item.code]
    nothing: tuple[Answer, ...] = () if item.required else (None,)
    return (*DOMAINS[item.type](instrument, item, about), *nothing)


def offered_answers(instrument: Instrument, item: Item, about: list[Statement]) -> tuple[Answer, ...]:
    offered = offered_codes(instrument, item)
    return tuple(sorted(offered)) if offered else (0,)


def choices(instrument: Instrument, item: Item, about: list[Statement]) -> tuple[Answer, ...]:
    """Every combination of the options that rules name, alone and with one that they do not name."""
    named = sorted({statement.code for statement in about if isinstance(statement, Has)})
    others = [option.code for option in item.options if option.code not in named][:1]
    pool = [code for code in (*named, *others) if any(option.code == code for option in item.options)]
    subsets = chain.from_iterable(combinations(pool, size) for size in range(1, len(pool) + 1))
    return tuple(subsets) or ((),)


def numbers(instrument: Instrument, item: Item, about: list[Statement]) -> tuple[Answer, ...]:
    """The limits of the item and the numbers around those that rules name."""
    if item.minimum is None or item.maximum is None:
        return (0,)
    named = {code for statement in about if not isinstance(statement, Answered) for code in all_codes(statement)}
    around = {code + step for code in named for step in (-1, 0, 1)} | {item.minimum, item.maximum}
    return tuple(sorted(number for number in around if item.minimum <= number <= item.maximum)) or (item.minimum,)


def all_codes(statement: Statement) -> tuple[int, ...]:
    return (statement.code,) if isinstance(statement, Comparison) else named_codes(statement)


def some_text(instrument: Instrument, item: Item, about: list[Statement]) -> tuple[Answer, ...]:
    return ("text",)


DOMAINS: Mapping[ItemType, Callable[[Instrument, Item, list[Statement]], tuple[Answer, ...]]] = MappingProxyType(
    {
        ItemType.SCALE: offered_answers,
        ItemType.RECOMMEND: offered_answers,
        ItemType.YES_NO: offered_answers,
        ItemType.SINGLE: offered_answers,
        ItemType.MULTIPLE: choices,
        ItemType.RANKING: some_text,
        ItemType.NUMBER: numbers,
        ItemType.DATE: some_text,
        ItemType.TEXT: some_text,
    }
)
