"""This year against the one before, in words and tables: verdicts on the main figures, hints on the others, facts.

Why years compare or not is `compared_years`, several years and who answered are `course`. The chart is `charts.years`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from flask_babel import gettext as _

from analysis.tree import Change, Comparability, Rate, Report
from instruments.wording import N_
from survey_app.wording import figures
from survey_app.wording.approval import approving
from survey_app.wording.cells import Cell, Row, Table, people_cell
from survey_app.wording.compared_years import own_comparability_text, shared_reasons
from survey_app.wording.figures import people, rate_text, share_of_people
from survey_app.wording.labels import VERDICT_LABELS, change_label, listed, quoted, verdict_of
from survey_app.wording.names import Names
from survey_app.wording.sentences import paragraph, visible_change
from survey_app.wording.tables import previous_year, year_name

HINT_AT = 0.05
"""Of all hints at most this share is expected to be chance (Benjamini and Hochberg)."""

_COUNTED = {
    "improved": N_("%(n)s improved"),
    "declined": N_("%(n)s declined"),
    "equivalent": N_("%(n)s about the same"),
    "no_clear_change": N_("%(n)s without clear change"),
}
_HINTS = {"rise": N_("Hint of a rise"), "fall": N_("Hint of a fall")}


def years_sentence(report: Report, names: Names) -> str:
    if not report.changes:
        return _("There is no earlier result to compare with.")
    tested = [change for change in report.changes if verdict_of(change)]
    if not tested:
        return _("No main figure can be compared with the year before.")
    counts = verdict_counts(report)
    told = _("Of %(n)s main figures: %(counts)s.", n=len(tested), counts=listed(counts))
    moved = [change for change in tested if verdict_of(change) in ("improved", "declined")]
    return paragraph((told, *(moved_sentence(change, names) for change in moved)))


def verdict_counts(report: Report) -> list[str]:
    """``1 项改善``, ``4 项无明显变化`` of the tested main figures, best first, none left at zero."""
    counts = Counter(verdict_of(change) for change in report.changes)
    return [_(_COUNTED[verdict], n=counts[verdict]) for verdict in VERDICT_LABELS if counts[verdict]]


def moved_sentence(change: Change, names: Names) -> str:
    """A tested change as a fact in people: ``“意见有答复”由 11/31 变为 22/30 人满意。``"""
    earlier, later = change.earlier.rate, change.later.rate
    name = quoted(names.item(change.code))
    if isinstance(earlier, Rate) and isinstance(later, Rate):
        return _(
            "%(name)s went from %(earlier)s to %(later)s.",
            name=name,
            earlier=share_of_people(earlier),
            later=approving(people(later), change.code, names),
        )
    return _(
        "%(name)s went from %(earlier)s to %(later)s.", name=name, earlier=rate_text(earlier), later=rate_text(later)
    )


def hint_of(change: Change) -> str | None:
    """``rise`` or ``fall`` where a question outside the main figures stands out; never a verdict, never with a sign.

    None where all levels together moved one way and the rate, which stands beside it, the other.
    """
    comparison = change.comparison
    if change.primary or change.comparability is Comparability.NOT or comparison is None or not change.effect:
        return None
    if comparison.bh is None or comparison.bh > HINT_AT:
        return None
    earlier, later = change.earlier.rate, change.later.rate
    if isinstance(earlier, Rate) and isinstance(later, Rate) and (later.value - earlier.value) * change.effect < 0:
        return None
    return "rise" if change.effect > 0 else "fall"


def hints_sentence(report: Report, names: Names) -> str:
    """What the questions outside the main figures hint at; empty where none of them could be looked at."""
    looked_at = [
        change
        for change in report.changes
        if not change.primary and change.comparison is not None and change.comparison.bh is not None
    ]
    if not looked_at:
        return ""
    named = {way: [quoted(names.item(c.code)) for c in looked_at if hint_of(c) == way] for way in _HINTS}
    said = (
        (named["rise"], _("hint of a rise: %(items)s", items=listed(named["rise"]))),
        (named["fall"], _("hint of a fall: %(items)s", items=listed(named["fall"]))),
    )
    told = [text for items, text in said if items]
    if not told:
        return _("None of the other %(n)s questions shows a hint of a change.", n=len(looked_at))
    return _(
        "Of the other %(n)s questions, %(hints)s. A hint is a reason to ask, not a verdict.",
        n=len(looked_at),
        hints=_("; ").join(told),
    )


def years_cannot(report: Report, names: Names) -> str:
    unclear = _("“No clear change” does not mean “no change”, only that so few people cannot show it.")
    who = _("Both years were anonymous: whose view changed cannot be said.")
    levels = _("The verdicts rest on all levels of the answers, not on the rate alone.")
    return paragraph((unclear, *visible_change(report, names), levels, who))


def years_reading() -> str:
    """How to read the chart."""
    return _(
        "● this year, ○ earlier years, with people or percents below; upright lines are intervals (95%). The course "
        "breaks where years do not compare."
    )


def years_table(report: Report, names: Names) -> Table:
    columns = (
        (year_name(previous_year(report)), True), (year_name(report.context.year), True), (_("Verdict"), False),
        (_("Effect size δ"), True), (_("Comparability"), False),
    )  # fmt: skip
    ordered = sorted(report.changes, key=lambda change: not change.primary)
    shared = shared_reasons(report)
    return Table(
        _("Against the year before"),
        _("Figure"),
        columns,
        tuple(Row(names.item(change.code), _change_cells(change, shared)) for change in ordered),
    )


def _change_cells(change: Change, shared: Sequence[str]) -> tuple[Cell, ...]:
    effect = figures.signed(change.effect) if change.effect is not None else _("not given")
    hint = hint_of(change)
    return (
        people_cell(change.earlier.rate),
        people_cell(change.later.rate),
        Cell(_(_HINTS[hint]) if hint else change_label(change)),
        Cell(effect),
        Cell(own_comparability_text(change, shared)),
    )


def family_notes(report: Report) -> tuple[str, ...]:
    """Why most questions carry no verdict of their own."""
    if all(change.primary for change in report.changes):
        return ()
    return (
        _(
            "Only the main figures, fixed before the survey opened, get a verdict; judging every question would find "
            "changes by chance. The others are compared for hints only (false discovery rate 5%), without a verdict."
        ),
    )
