"""Why this year's figures stand beside the earlier ones, or not: reasons in plain words, texts then and now.

A Report says why; what was asked then stands in the earlier questionnaires that `Names` may know.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace

from flask_babel import gettext as _

from analysis.tree import Change, Comparability, Report
from instruments.wording import N_
from survey_app.wording.cells import Cell, Row, Table
from survey_app.wording.labels import comparability_label, comparability_text, listed, quoted
from survey_app.wording.names import Names
from survey_app.wording.tables import previous_year, year_name

MOST_NAMED = 5
"""Questions named beside a reason; of more only the number is told."""

_PLAIN_REASONS: Mapping[str, str] = {
    "wording": N_("The question or the hint to it reads differently: it is another question now."),
    "levels": N_("The answers to choose from read differently."),
    "definition": N_("Other answers count as good, the question is turned round, or other people are asked it."),
    "scale": N_("The scale has other levels."),
    "translation": N_("Only the English text reads differently; whoever answered in Chinese read the same."),
    "position": N_("Another question stands before it; a question is read in the light of the one before."),
    "mode": N_("The answers were given in another way: with codes, by an open link, or elsewhere."),
    "reference_date": N_("The reference days lie more than 31 days apart in the year."),
    "month": N_("The surveys were held in other seasons."),
    "audience": N_("Other people were asked: members one year, the masses the other."),
    "participation": N_("The shares of people who took part differ by 15 percentage points or more."),
}
_NOT_COMPARABLE = ("wording", "levels", "definition", "scale", "audience")


def shared_reasons(report: Report) -> tuple[str, ...]:
    """What differs for every question alike: the circumstances of the two surveys."""
    if len(report.changes) < 2:
        return ()
    first, *others = report.changes
    return tuple(reason for reason in first.reasons if all(reason in change.reasons for change in others))


def own_comparability_text(change: Change, shared: Sequence[str]) -> str:
    """Comparability with what differs for this question beside what differs for all."""
    own = tuple(reason for reason in change.reasons if reason not in shared)
    return comparability_text(replace(change, reasons=own))


def reasons_table(report: Report, names: Names) -> Table | None:
    """Each difference between the two years in plain words, what it costs, and for which questions."""
    found = [reason for reason in _PLAIN_REASONS if any(reason in change.reasons for change in report.changes)]
    if not found:
        return None
    rows = tuple(_reason_row(reason, report, names) for reason in found)
    columns = ((_("What it costs"), False),)
    return Table(_("What differs from %(year)s", year=previous_year(report)), _("What differs"), columns, rows)


def _reason_row(reason: str, report: Report, names: Names) -> Row:
    concerned = [change for change in report.changes if reason in change.reasons]
    costs_all = reason in _NOT_COMPARABLE or (
        reason == "mode" and all(change.comparability is Comparability.NOT for change in concerned)
    )
    cost = Comparability.NOT if costs_all else Comparability.WITH_RESERVE
    told = _("%(cost)s: %(items)s", cost=comparability_label(cost), items=_concerned(concerned, report, names))
    return Row(_(_PLAIN_REASONS[reason]), (Cell(told),))


def _concerned(changes: Sequence[Change], report: Report, names: Names) -> str:
    if len(changes) == len(report.changes):
        return _("all questions")
    if len(changes) > MOST_NAMED:
        return _("%(n)s questions, see the table above", n=len(changes))
    return listed([names.item(change.code) for change in changes])


def wording_table(report: Report, names: Names) -> Table | None:
    """What was asked then beside what is asked now, of every question whose own text, answers or meaning changed."""
    then = names.of_year(previous_year(report)) if report.changes else None
    if then is None:
        return None
    rows = tuple(row for change in report.changes for row in _differences(change, then, names))
    if not rows:
        return None
    columns = ((year_name(previous_year(report)), False), (year_name(report.context.year), False))
    return Table(_("What was asked then and now"), _("Question"), columns, rows)


def _differences(change: Change, then: Names, now: Names) -> Iterator[Row]:
    for reason, told in _TOLD.items():
        if reason not in change.reasons or not (then.knows(change.code) and now.knows(change.code)):
            continue
        for heading, before, after in zip(_HEADINGS[reason], told(then, change.code), told(now, change.code),
                                          strict=True):  # fmt: skip
            if before != after:
                yield Row(_(heading, item=now.item(change.code)), (Cell(before or _("none")), Cell(after or _("none"))))


def _asked(names: Names, code: str) -> tuple[str, ...]:
    return names.question(code), names.hint(code)


def _answers(names: Names, code: str) -> tuple[str, ...]:
    return (listed(names.levels(code)),)


def _counted(names: Names, code: str) -> tuple[str, ...]:
    return (
        listed([quoted(level) for level in names.approving_levels(code)]),
        _("yes") if names.is_reversed(code) else _("no"),
        _("only some") if names.is_conditional(code) else _("everybody"),
    )


def _in_english(names: Names, code: str) -> tuple[str, ...]:
    english = replace(names, language="en")
    return english.question(code), listed(english.levels(code))


_TOLD: Mapping[str, Callable[[Names, str], tuple[str, ...]]] = {
    "wording": _asked,
    "levels": _answers,
    "scale": _answers,
    "definition": _counted,
    "translation": _in_english,
}
_HEADINGS: Mapping[str, tuple[str, ...]] = {
    "wording": (N_("%(item)s: question"), N_("%(item)s: hint")),
    "levels": (N_("%(item)s: answers"),),
    "scale": (N_("%(item)s: levels"),),
    "definition": (
        N_("%(item)s: answers that count"),
        N_("%(item)s: asked the other way round"),
        N_("%(item)s: who is asked"),
    ),
    "translation": (N_("%(item)s: English question"), N_("%(item)s: English answers")),
}


def question_notes(report: Report, names: Names) -> tuple[str, ...]:
    """Which questions are new this year, and which are no longer asked."""
    then = names.of_year(previous_year(report)) if report.changes else None
    if then is None:
        return ()
    before, now = then.scored(), names.scored()
    new = [quoted(names.item(code)) for code in now if code not in before]
    gone = [quoted(then.item(code)) for code in before if code not in now]
    said = (
        (new, _("Not asked the year before: %(items)s.", items=listed(new))),
        (gone, _("No longer asked: %(items)s.", items=listed(gone))),
    )
    return tuple(text for items, text in said if items)
