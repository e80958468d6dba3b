"""What was noticed about care in answering, in words: sentence, table, what it cannot say (`analysis.quality`)."""

from __future__ import annotations

from collections.abc import Mapping

from flask_babel import gettext as _

from analysis.quality import ATTENTION, FEW_ANSWERS
from analysis.tree import Hidden, Report
from instruments.wording import N_
from survey_app.wording.cells import Cell, Row, Table, count_cell
from survey_app.wording.figures import percent
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
    said = []
    if isinstance(failed, int):
        said.append(_("%(n)s people gave another answer than the attention check asks for.", n=failed))
    if isinstance(equal, int):
        said.append(
            _("%(n)s people gave one and the same answer to more than half of the questions in a row.", n=equal)
        )
    return paragraph((*said, _("Nobody is left out for it: their answers are counted like all others.")))


def care_cannot() -> str:
    return _(
        "An answer given in haste is not a wrong one, and one that draws no notice need not be careful; who it was is "
        "not known here and should not be asked."
    )


def care_table(report: Report) -> Table:
    """How many people each rule about careless answers flags; empty where too few answered to tell."""
    rows = tuple(Row(_(FLAG_LABELS[flag]), (count_cell(count),)) for flag, count in told_flags(report))
    skipped = report.quality.non_response if report.quality else None
    if rows and isinstance(skipped, float):
        share = percent(skipped, report.quality.n if report.quality else 0)
        rows = (*rows, Row(_("Questions left out, share of all answers"), (Cell(share),)))
    return Table(_("Care in answering"), _("What was noticed"), ((_("People"), True),), rows, "pairs")
