"""What is allowed in a questionnaire but reads or measures badly: hints for its author, none of which stops anything.

Each hint is a small function in the table `HINTS`. What keeps a questionnaire from being published is `checks`; which
words make a question hard to answer is `phrasing`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from itertools import groupby
from types import MappingProxyType

from instruments.checks import display_width, placed_items, problem
from instruments.effort import effort
from instruments.library import LIBRARY
from instruments.model import SCORED_TYPES, Instrument, Item, ItemType, Role, Scale, Translation
from instruments.phrasing import asks_two_things, is_chinese, leading_words, negations
from instruments.problems import Problem
from instruments.wording import N_

LONGEST_QUESTION = 60
"""Chinese characters, or 30 English words, that are taken in at one reading on a phone."""
MOST_TEXTS = 3
FEWEST_OF_DIMENSION = 3
"""Items below which no reliability can be shown: with two, the coefficient rests on one correlation."""
MOST_GROUPS = 5
MOST_ON_PAGE = 12
MOST_LEVELS = 7
"""Named levels that people tell apart (Miller 1956); numbers may be more."""

NEGATIVE = re.compile(
    "^(?:非常|很|十分|极|基本|比?较)?[不没无]|^(?:很|比?较|最)?[差低少小]|^从[不未]|变差|下降|退步|"
    "^(?:very |strongly )?dis|^not |^no |^never|^rarely|^poor|^bad|small$",
    re.IGNORECASE,
)
NEUTRAL = re.compile(
    "一般|中立|中等|说不[准清]|不好说|不确定|有时|^基本(?!不)|尚可|"
    "^neither|^average|^moderate|^sometimes|^basically|^mostly",
    re.IGNORECASE,
)
JUDGING = re.compile("满意|^好$|优秀|satisfied|excellent|^good$", re.I)


def hints(instrument: Instrument) -> tuple[Problem, ...]:
    """Everything worth another thought, in the order of the file; lines are not known here."""
    found = (hint for part in HINTS for hint in part(instrument))
    codes = list(instrument.scales)
    return tuple(sorted(found, key=lambda hint: place_in_file(hint.path, codes)))


def place_in_file(path: str, scales: list[str]) -> tuple[int, ...]:
    """Rank by which places are in the order of the file."""
    part, *steps = re.findall(r"[^.\[\]]+", path) or [""]
    if part == "scales":
        return (PARTS[part], scales.index(steps[0]))
    return (PARTS.get(part, 0), *(int(step) for step in steps if step.isdecimal()))


PARTS: Mapping[str, int] = MappingProxyType({"minutes": 1, "scales": 2, "dimensions": 3, "sections": 4})


def scored(instrument: Instrument) -> Iterator[tuple[str, Item]]:
    return (
        (path, item) for path, item in placed_items(instrument) if item.type in SCORED_TYPES and item.attention is None
    )


# The words of a question ---------------------------------------------------------------------------------------------


def double_barrelled(instrument: Instrument) -> Iterator[Problem]:
    """English is looked at only where no Chinese is: the other texts are translations of the same thing."""
    for path, item in scored(instrument):
        word = asks_two_things(item.text.zh_Hans)
        if word is not None:
            template = N_(
                "two things seem to be asked at once (“%(word)s”); whoever is content with one of them cannot answer"
            )
            yield problem(f"{path}.text.zh_Hans", template, word=word)


def negated(instrument: Instrument) -> Iterator[Problem]:
    for path, item in scored(instrument):
        for language, text in wordings(item.text):
            words = negations(text)
            if len(words) > 1:
                template = N_("two negations (“%(words)s”) are easily misread; say it without them")
                yield problem(f"{path}.text.{language}", template, words="…".join(words))
            elif words:
                template = N_("a question with “%(word)s” is taken the wrong way round by some; ask for the opposite")
                yield problem(f"{path}.text.{language}", template, word=words[0])
            if words:
                break


def leading(instrument: Instrument) -> Iterator[Problem]:
    for path, item in placed_items(instrument):
        found = ((language, leading_words(text)) for language, text in wordings(item.text))
        language, words = next((pair for pair in found if pair[1]), ("", None))
        if words and item.type is not ItemType.INFORMATION:
            template = N_("“%(words)s” shows which answer is expected; ask without it")
            yield problem(f"{path}.text.{language}", template, words=words)


def long_question(instrument: Instrument) -> Iterator[Problem]:
    for path, item in placed_items(instrument):
        if item.type is ItemType.INFORMATION:
            continue
        words = item.text.zh_Hans
        length = display_width(words) if is_chinese(words) else 2 * len(words.split())
        if length > LONGEST_QUESTION:
            template = N_("this question is long; at most %(limit)s Chinese characters are taken in at one reading")
            yield problem(f"{path}.text.zh_Hans", template, limit=LONGEST_QUESTION)


def wordings(text: Translation) -> Iterator[tuple[str, str]]:
    yield "zh_Hans", text.zh_Hans
    if text.en:
        yield "en", text.en


# Scales --------------------------------------------------------------------------------------------------------------


def lopsided(instrument: Instrument) -> Iterator[Problem]:
    """Grade sets of the field are as the rules have them."""
    for path, scale in scales_in_use(instrument):
        sides = [side(level.label.zh_Hans) for level in scale.levels]
        good, bad = sides.count(1), sides.count(-1)
        if len(sides) > 2 and good != bad and labels(scale) not in KNOWN and not in_numbers(scale):
            template = N_("%(good)s favourable levels stand against %(bad)s unfavourable ones; that shifts the answers")
            yield problem(f"{path}.levels", template, good=good, bad=bad)


def side(label: str) -> int:
    """1 for a favourable level, 0 for one in the middle, -1 for an unfavourable one."""
    if NEUTRAL.search(label):
        return 0
    return -1 if NEGATIVE.search(label) else 1


def missing_levels(instrument: Instrument) -> Iterator[Problem]:
    for path, scale in scales_in_use(instrument):
        missing = [code for code in range(scale.low, scale.high) if code not in scale.codes]
        if missing and len(missing) < len(scale.codes):
            template = N_("no level has code %(codes)s; means and indices take the distance of levels from their codes")
            yield problem(f"{path}.levels", template, codes=", ".join(map(str, missing)))


def many_levels(instrument: Instrument) -> Iterator[Problem]:
    for path, scale in scales_in_use(instrument):
        if len(scale.levels) > MOST_LEVELS and not in_numbers(scale):
            template = N_("more than %(limit)s levels in words are hard to tell apart")
            yield problem(f"{path}.levels", template, limit=MOST_LEVELS)


def upside_down(instrument: Instrument) -> Iterator[Problem]:
    for path, scale in scales_in_use(instrument):
        sides = [side(level.label.zh_Hans) for level in scale.levels]
        if len(sides) > 1 and sides[0] < sides[-1] and not in_numbers(scale):
            template = N_("the best level is called “%(label)s”; do the levels stand the wrong way round?")
            yield problem(f"{path}.levels", template, label=scale.levels[0].label.zh_Hans)


def same_levels_elsewhere(instrument: Instrument) -> Iterator[Problem]:
    """Two scales with the same words, counted in another direction or by other codes."""
    seen: dict[frozenset[str], tuple[str, Scale]] = {}
    for path, scale in scales_in_use(instrument):
        name = path.removeprefix("scales.")
        other, first = seen.setdefault(frozenset(labels(scale)), (name, scale))
        if scale.levels != first.levels and codes_by_label(scale) != codes_by_label(first):
            template = N_("these are the levels of “%(scale)s” with other codes; their results could not be compared")
            yield problem(f"{path}.levels", template, scale=other)


def codes_by_label(scale: Scale) -> Mapping[str, int]:
    return {level.label.zh_Hans: level.code for level in scale.levels}


def no_way_out(instrument: Instrument) -> Iterator[Problem]:
    """Headline questions are about what everybody knows, so theirs may do without."""
    judging = {item.scale for _path, item in scored(instrument) if item.role is None}
    for path, scale in scales_in_use(instrument):
        judges = scale.levels and JUDGING.search(scale.levels[0].label.zh_Hans)
        if judges and not scale.unscored and path.removeprefix("scales.") in judging:
            template = N_("there is no “don't know”, so whoever has had no contact with a matter has to guess")
            yield problem(path, template)


def mixed_scales(instrument: Instrument) -> Iterator[Problem]:
    """Within a page, people keep to the scale they have just used."""
    for outer, section in enumerate(instrument.sections):
        asked = [
            (f"sections[{outer}].items[{inner}].scale", labels(instrument.scales[item.scale]))
            for inner, item in enumerate(section.items)
            if item.scale in instrument.scales and item.attention is None
        ]
        runs = [(levels, next(run)[0]) for levels, run in groupby(asked, key=lambda pair: pair[1])]
        returning = [path for number, (levels, path) in enumerate(runs) if levels in [run[0] for run in runs[:number]]]
        if returning:
            template = N_("the scales take turns here; put the questions with the same levels together")
            yield problem(returning[0], template)
        elif section.shuffled and len(runs) > 1:
            template = N_("the questions come in any order and have several scales, so the levels change all the time")
            yield problem(f"sections[{outer}].items", template)


def scales_in_use(instrument: Instrument) -> Iterator[tuple[str, Scale]]:
    used = {item.scale for item in instrument.items}
    return ((f"scales.{code}", scale) for code, scale in instrument.scales.items() if code in used and scale.levels)


def labels(scale: Scale) -> tuple[str, ...]:
    return tuple(level.label.zh_Hans for level in scale.levels)


KNOWN = frozenset(labels(ready.scale) for ready in LIBRARY.values())


def in_numbers(scale: Scale) -> bool:
    return any(sign.isdecimal() for label in labels(scale) for sign in label)


# The questionnaire ---------------------------------------------------------------------------------------------------


def required_text(instrument: Instrument) -> Iterator[Problem]:
    if all(item.role is not None for item in instrument.scored_items):
        return  # words are what it is for
    for path, item in placed_items(instrument):
        if item.type is ItemType.TEXT and item.required:
            template = N_("a text that has to be written makes people give up or write “none”; let it be optional")
            yield problem(f"{path}.required", template)


def many_texts(instrument: Instrument) -> Iterator[Problem]:
    texts = [path for path, item in placed_items(instrument) if item.type is ItemType.TEXT]
    if len(texts) > MOST_TEXTS:
        template = N_("there are %(count)s questions to be answered in words; few people fill in more than %(limit)s")
        yield problem(texts[MOST_TEXTS], template, count=len(texts), limit=MOST_TEXTS)


def takes_longer(instrument: Instrument) -> Iterator[Problem]:
    """By more than a minute, since people read at half or twice the usual speed."""
    estimated = effort(instrument).minutes
    if estimated > instrument.minutes + 1:
        template = N_("it says %(stated)s minutes and takes about %(estimated)s; shorten it or say so")
        yield problem("minutes", template, stated=instrument.minutes, estimated=estimated)


def long_page(instrument: Instrument) -> Iterator[Problem]:
    for position, section in enumerate(instrument.sections):
        asked = sum(item.type is not ItemType.INFORMATION for item in section.items)
        if asked > MOST_ON_PAGE:
            template = N_("%(count)s questions stand on one page; more than %(limit)s are long to scroll on a phone")
            yield problem(f"sections[{position}].items", template, count=asked, limit=MOST_ON_PAGE)


def headline_questions(instrument: Instrument) -> Iterator[Problem]:
    if not instrument.is_annual:
        return
    for role, template in WORTH_ASKING.items():
        if instrument.item_with_role(role) is None:
            yield problem("sections", template)


WORTH_ASKING: Mapping[Role, str] = MappingProxyType(
    {
        Role.OVERALL: N_("no question asks for the overall satisfaction, by which years are compared first"),
        Role.ACTION_TAKEN: N_("no question asks whether effective action was taken on the last survey's results"),
        Role.CANDOUR: N_("no question asks whether people could answer frankly"),
    }
)


def small_dimension(instrument: Instrument) -> Iterator[Problem]:
    for position, dimension in enumerate(instrument.dimensions):
        count = len(instrument.items_of(dimension.code))
        if 0 < count < FEWEST_OF_DIMENSION and instrument.is_annual:
            template = N_("too few items (%(count)s) to show how reliable this dimension is; %(limit)s are enough")
            yield problem(f"dimensions[{position}]", template, count=count, limit=FEWEST_OF_DIMENSION)


def fine_groups(instrument: Instrument) -> Iterator[Problem]:
    for path, item in placed_items(instrument):
        if item.grouping and len(item.options) > MOST_GROUPS:
            template = N_("%(count)s groups are many for a branch: most will be too small to be shown")
            yield problem(f"{path}.options", template, count=len(item.options))


def untranslated(instrument: Instrument) -> Iterator[Problem]:
    """Of a questionnaire that is mostly there in English, what is not; of one that is hardly, nothing but that."""
    texts = list(translations(instrument))
    missing = [path for path, text in texts if text.en is None]
    if len(missing) == len(texts):
        return
    if len(missing) * 2 > len(texts):
        template = N_("English is there for %(count)s of %(all)s texts; the others are shown in Chinese")
        yield problem("", template, count=len(texts) - len(missing), all=len(texts))
        return
    for path in missing:
        yield problem(path, N_("the English is missing here; Chinese is shown instead"))


def translations(instrument: Instrument) -> Iterator[tuple[str, Translation]]:
    yield from present(("title", instrument.title), ("note", instrument.note))
    for code, scale in instrument.scales.items():
        yield from ((f"scales.{code}.levels[{n}].label", level.label) for n, level in enumerate(scale.levels))
        yield from ((f"scales.{code}.unscored[{n}].label", extra.label) for n, extra in enumerate(scale.unscored))
    for n, dimension in enumerate(instrument.dimensions):
        yield f"dimensions[{n}].title", dimension.title
    for outer, section in enumerate(instrument.sections):
        path = f"sections[{outer}]"
        yield from present((f"{path}.title", section.title), (f"{path}.intro", section.intro))
    for path, item in placed_items(instrument):
        yield from present((f"{path}.text", item.text), (f"{path}.short", item.short), (f"{path}.hint", item.hint))
        yield from ((f"{path}.options[{n}].label", option.label) for n, option in enumerate(item.options))


def present(*texts: tuple[str, Translation | None]) -> Iterator[tuple[str, Translation]]:
    return ((path, text) for path, text in texts if text is not None)


HINTS: tuple[Callable[[Instrument], Iterator[Problem]], ...] = (
    takes_longer,
    lopsided,
    missing_levels,
    many_levels,
    upside_down,
    same_levels_elsewhere,
    no_way_out,
    small_dimension,
    headline_questions,
    double_barrelled,
    negated,
    leading,
    long_question,
    mixed_scales,
    required_text,
    many_texts,
    long_page,
    fine_groups,
    untranslated,
)
