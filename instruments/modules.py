"""Common and local questions: a unit's own module asked below a questionnaire that it cannot change.

The module is a questionnaire of its own, answered on the same sheet and kept apart ever after: its rules look only at
its own questions, it forms no groups, and it carries none of the headline questions.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from instruments.model import Instrument, Item, ItemType, Section, Translation
from instruments.problems import Problem
from instruments.wording import N_

LOCAL = "local_"
"""Before the codes of a module's sections, scales and dimensions on a joint sheet; its items keep theirs."""


def with_module(common: Instrument, module: Instrument, *, of: str) -> Instrument:
    """The questionnaire with the module below it, as the people of the unit called `of` are asked.

    Raises: ValueError for a module that cannot follow (`module_problems`).
    """
    problems = module_problems(common, module)
    if problems:
        raise ValueError("; ".join(str(problem) for problem in problems))
    joint = {
        "minutes": common.minutes + module.minutes,
        "scales": {**common.scales, **{LOCAL + code: scale for code, scale in module.scales.items()}},
        "dimensions": (
            *common.dimensions,
            *(part.model_copy(update={"code": LOCAL + part.code}) for part in module.dimensions),
        ),
        "sections": (*common.sections, *(_local(section, of) for section in module.sections)),
    }
    same = {name: getattr(common, name) for name in Instrument.model_fields}
    return Instrument.model_construct(**{**same, **joint})  # a copy would keep what is cached of the common one


def module_problems(common: Instrument, module: Instrument) -> tuple[Problem, ...]:
    """Why a questionnaire cannot be asked below another; empty where it can. Places are those of the module."""
    return tuple(problem for part in PARTS for problem in part(common, module))


def _local(section: Section, of: str) -> Section:
    title = Translation(
        zh_Hans=f"{of}：{section.title.zh_Hans}",
        en=f"{of}: {section.title.in_language('en')}",
    )
    return section.model_copy(
        update={
            "code": LOCAL + section.code,
            "title": title,
            "items": tuple(_renamed(item) for item in section.items),
        }
    )


def _renamed(item: Item) -> Item:
    update = {name: LOCAL + code for name in ("scale", "dimension") if (code := getattr(item, name)) is not None}
    return item.model_copy(update=update)


def asked_items(instrument: Instrument) -> int:
    """Questions as they are counted against the stated length: words to read and lines for "other" are none."""
    return sum(item.type is not ItemType.INFORMATION for section in instrument.sections for item in section.items)


def _place(module: Instrument, code: str) -> str:
    return next(
        (
            f"sections[{outer}].items[{inner}]"
            for outer, section in enumerate(module.sections)
            for inner, item in enumerate(section.items)
            if item.code == code
        ),
        "",
    )


def _length(common: Instrument, module: Instrument) -> Iterator[Problem]:
    asked = asked_items(module)
    if common.local_items == 0:
        yield Problem("", None, N_("this questionnaire takes no local questions"))
    elif asked > common.local_items:
        template = N_("%(asked)s local questions are too many; this questionnaire takes %(limit)s")
        yield Problem("", None, template, {"asked": asked, "limit": common.local_items})


def _audience(common: Instrument, module: Instrument) -> Iterator[Problem]:
    if module.audience is not common.audience:
        yield Problem("audience", None, N_("the local questions are meant for another audience"))


def _codes(common: Instrument, module: Instrument) -> Iterator[Problem]:
    for item in module.items:
        if item.code in common.by_code:
            template = N_("item code '%(code)s' is taken by a common question")
            yield Problem(f"{_place(module, item.code)}.code", None, template, {"code": item.code})


def _headlines(common: Instrument, module: Instrument) -> Iterator[Problem]:
    for item in module.items:
        if item.grouping:
            template = N_("'%(code)s' forms groups: only common questions do, so that nobody becomes recognisable")
            yield Problem(f"{_place(module, item.code)}.grouping", None, template, {"code": item.code})
        if item.role is not None:
            template = N_("'%(code)s' has a role, which only common questions have")
            yield Problem(f"{_place(module, item.code)}.role", None, template, {"code": item.code})


PARTS: tuple[Callable[[Instrument, Instrument], Iterator[Problem]], ...] = (_length, _audience, _codes, _headlines)
