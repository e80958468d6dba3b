"""What was noticed about care in answering, in words: sentence, table, what it cannot say (`analysis.quality`)."""

from __future__ import annotations

from collections.abc import Mapping

from flask_babel import gettext as _

from analysis.quality import ATTENTION, FEW_ANSWERS
from analysis.tree import Hidden, Report
from instruments.wording import N_
from survey_app.wording.cells import Cell, Row, Table, count_cell
from survey_app.wording.figures import percent
from survey_app.wording.names import Names
from survey_app.wording.sentences import paragraph

FLAG_LABELS: Mapping[str, str] = {
    "attention": N_("Another answer than the check asks for"),
    "long_string": N_("One answer to more than half of the questions in a row"),
    "no_variability": N_("One and the same answer to everything"),
    "all_top": N_("The best answer to everything, which may well be meant"),
}
"""What is noticed, the attention check first."""


def told_flags(report: Report) -> tuple[tuple[str, int | Hidden], ...]:
    """Flags with how many people have them, the attention check first; nothing where no number may be shown.

    Equal answers to fewer questions than `FEW_ANSWERS` say nothing about care.
    """
    if report.quality is None:
        return ()
    enough = len(report.items) >= FEW_ANSWERS
    told = [
        (flag, report.quality.flags[flag])
        for flag in FLAG_LABELS
        if flag in report.quality.flags and (enough or flag == ATTENTION)
    ]
    return tuple(told) if any(isinstance(count, int) for _flag, count in told) else ()


def care_sentence(report: Report) -> str:
    flags = dict(told_flags(report))
    failed, equal = flags.get(ATTENTION), flags.get("long_string")
    said = list(_left_out(report))
    if isinstance(failed, int):
        said.append(_("%(n)s people gave another answer than the attention check asks for.", n=failed))
    if isinstance(equal, int):
        said.append(
            _("%(n)s people gave one and the same answer to more than half of the questions in a row.", n=equal)
        )
    if report.quality is not None and Hidden.COARSENED in report.quality.flags.values():
        said.append(_("Fewer than 30 people answered: how many answered without care is not counted here."))
    return paragraph((*said, _("Nobody is left out for it: their answers are counted like all others.")))


def _left_out(report: Report) -> tuple[str, ...]:
    skipped = report.quality.non_response if report.quality else None
    if report.quality is None or not isinstance(skipped, float):
        return ()
    if skipped == 0:
        return (_("Everybody answered every question or said “don't know”."),)
    return (_("Of all questions asked %(share)s were left out.", share=_percent(skipped)),)


def _percent(share: float) -> str:
    """Of answers; shares that would round to nothing are told as such."""
    return _("less than 1%") if 0 < share < 0.005 else percent(share, 0)


def care_cannot() -> str:
    return _(
        "An answer given in haste is not a wrong one, and one that draws no notice need not be careful; who it was is "
        "not known here and should not be asked."
    )


def care_table(report: Report) -> Table:
    """How many people each rule about careless answers flags, of how many; then the questions left out."""
    rows = [Row(_(FLAG_LABELS[flag]), (_people(count, report),)) for flag, count in told_flags(report)]
    skipped = report.quality.non_response if report.quality else None
    if isinstance(skipped, float):
        rows.append(Row(_("Questions left out, share of all answers"), (Cell(_percent(skipped)),)))
    return Table(_("Care in answering"), _("What was noticed"), ((_("People"), True),), tuple(rows), "pairs")


def _people(count: int | Hidden, report: Report) -> Cell:
    if isinstance(count, Hidden) or report.quality is None:
        return count_cell(count)
    return Cell(f"{count}/{report.quality.n}")


def unanswered_table(report: Report, names: Names) -> Table:
    """Of each question who left it out, who had no opinion, whom it does not concern; empty where nothing is shown."""
    columns = ((_("Skipped"), True), (_("Don't know"), True), (_("Not applicable"), True))
    rows = tuple(
        Row(names.item(item.code), tuple(count_cell(n) for n in (item.skipped, item.dont_know, item.not_applicable)))
        for item in report.items
        if isinstance(item.skipped, int)
    )
    return Table(_("Questions without a scored answer, people"), _("Question"), columns, rows, folded=True)
