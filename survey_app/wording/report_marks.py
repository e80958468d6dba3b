"""Marks in the committee's own text: 【总体满意率】 stands for a figure of the Report and is filled in when it is read.

So a text never says another figure than the tables beside it, and a figure that is not shown is not shown there.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass

from flask_babel import force_locale
from flask_babel import gettext as _

from analysis.scales import dimensions_of, overall_item
from analysis.tree import Hidden, ItemResult, Rate, Report
from survey_app.wording.approval import approval
from survey_app.wording.dimensions import dimension_rate
from survey_app.wording.figures import people, percent, rate_text
from survey_app.wording.labels import grade_label
from survey_app.wording.names import Names
from survey_app.wording.returns import count_names, rate_names, share
from survey_app.wording.tables import objective_title

LANGUAGES = ("zh_Hans", "en")
"""A text written in one may be read in the other."""
_MARK = re.compile("【([^【】\n]*)】")
_BRACKETS = str.maketrans("【】", "〔〕")


@dataclass(frozen=True, slots=True)
class Mark:
    name: str
    """What is typed between 【 and 】."""
    value: str


@dataclass(frozen=True, slots=True)
class Misplaced:
    """What cannot be filled in: a name that is none, or a bracket without its fellow."""

    line: int
    """From 1."""
    text: str


def marks_of(report: Report, names: Names) -> tuple[Mark, ...]:
    """Every figure that a text may name, with its present value, in the order of the report."""
    told: dict[str, str] = {}
    for name, value in _named(report, names):
        told.setdefault(_free(name.translate(_BRACKETS), told), value)
    return tuple(Mark(name, value) for name, value in told.items())


def values_of(report: Report, names: Names) -> Mapping[str, str]:
    """Name of a mark, in either language -> what it reads in the language of the page."""
    here = marks_of(report, names)
    found: dict[str, str] = {}
    for language in LANGUAGES:
        with force_locale(language):
            there = marks_of(report, Names(names.instrument, language, names.earlier))
        found |= {other.name: mark.value for other, mark in zip(there, here, strict=True)}
    return found | {mark.name: mark.value for mark in here}


def filled(text: str, values: Mapping[str, str]) -> str:
    """The text with its figures, a space between them and Chinese words; a mark that is none stays as it was typed."""
    return _MARK.sub(lambda found: _spaced(found, values.get(found[1].strip(), found[0])), text)


def misplaced(text: str, known: Collection[str]) -> tuple[Misplaced, ...]:
    """Marks that stand for nothing, in the order of the text."""
    return tuple(_misplaced(text, known))


def typed_figures(text: str) -> tuple[str, ...]:
    """Numbers typed by hand, which stay as they are whatever the result says."""
    return tuple(dict.fromkeys(re.findall(r"\d+(?:[.,]\d+)*[%％]?", _MARK.sub("", text))))


def _spaced(found: re.Match[str], value: str) -> str:
    before, after = found.string[: found.start()][-1:], found.string[found.end() :][:1]
    left = " " if _is_chinese(before) and value[:1].isascii() else ""
    right = " " if _is_chinese(after) and value[-1:].isascii() else ""
    return f"{left}{value}{right}"


def _is_chinese(sign: str) -> bool:
    return "\u4e00" <= sign <= "\u9fff"


def _misplaced(text: str, known: Collection[str]) -> Iterator[Misplaced]:
    for number, line in enumerate(text.splitlines(), start=1):
        yield from (Misplaced(number, found[0]) for found in _MARK.finditer(line) if found[1].strip() not in known)
        yield from (Misplaced(number, sign) for sign in _MARK.sub("", line) if sign in "【】")


def _free(name: str, taken: Collection[str]) -> str:
    """The name itself, or with a number where two questions are called alike."""
    number, free = 1, name
    while free in taken:
        number += 1
        free = _("%(name)s (%(number)s)", name=name, number=number)
    return free


def _named(report: Report, names: Names) -> Iterator[tuple[str, str]]:
    yield _("unit"), report.unit_name
    yield _("year"), str(report.context.year)
    yield from _returns(report)
    yield from _overall(report, names)
    for result in report.objectives:
        verdict = grade_label(result.judgement) if result.judgement else _unjudged(result.rate)
        yield _("%(objective)s: verdict", objective=objective_title(result, names)), verdict
    yield from _dimensions(report, names)
    yield from _items(report, names)
    yield from _actions(report)


def _returns(report: Report) -> Iterator[tuple[str, str]]:
    for field, name in count_names().items():
        count = getattr(report.roster, field)
        yield name, _("not known") if count is None else str(count)
    for name, part, whole in rate_names():
        now, before = share(report.roster, part, whole), share(report.previous_roster, part, whole)
        yield name, percent(*now) if now else _("not known")
        if before:
            yield _last_year(name), percent(*before)


def _overall(report: Report, names: Names) -> Iterator[tuple[str, str]]:
    overall = _overall_code(report, names)
    if overall is None:
        return
    rate = _rate_of(report, overall)
    name = _("overall %(rate)s", rate=approval(names).rate_within)
    yield name, _shown(rate)
    yield _("overall, people"), _people(rate)
    change = next((change for change in report.changes if change.code == overall), None)
    if change is not None:
        yield _last_year(name), _shown(change.earlier.rate)


def _overall_code(report: Report, names: Names) -> str | None:
    return report.overall or overall_item(names.instrument)


def _dimensions(report: Report, names: Names) -> Iterator[tuple[str, str]]:
    shown = {found.code: found for found in report.dimensions}
    for code in dimensions_of(names.instrument):
        found = shown.get(code)
        value = _too_few() if found is None or isinstance(found.rate, Hidden) else dimension_rate(found).text
        words = {"name": names.dimension(code), "rate": approval(names).rate_within}
        yield _("dimension %(name)s: %(rate)s", **words), value


def _items(report: Report, names: Names) -> Iterator[tuple[str, str]]:
    for code in names.scored():
        rate = _rate_of(report, code)
        yield _("%(name)s: %(rate)s", name=names.item(code), rate=approval(names).rate_within), _shown(rate)
        yield _("%(name)s: people", name=names.item(code)), _people(rate)


def _actions(report: Report) -> Iterator[tuple[str, str]]:
    worked = sum(found.verdict == "worked" for found in report.actions)
    for name, count in (
        (_("number of last year’s actions"), len(report.actions)),
        (_("number of actions that worked"), worked),
    ):
        yield name, str(count) if report.hidden is None else _too_few()


def _rate_of(report: Report, code: str) -> Rate | Hidden:
    found: ItemResult | None = next((item for item in report.items if item.code == code), None)
    return Hidden.TOO_FEW if found is None else found.rate


def _last_year(name: str) -> str:
    return _("last year’s %(figure)s", figure=name)


def _unjudged(rate: object) -> str:
    return _too_few() if isinstance(rate, Hidden) else _("not judged")


def _shown(rate: Rate | float | Hidden | None) -> str:
    return _too_few() if isinstance(rate, Hidden) else rate_text(rate)


def _people(rate: Rate | Hidden) -> str:
    return _too_few() if isinstance(rate, Hidden) else people(rate)


def _too_few() -> str:
    return _("not shown, too few people")
