"""Reliability in words: sentence, tables, notes, what it cannot say. The figures are `analysis.reliability_results`."""

from __future__ import annotations

from collections.abc import Iterable

from flask_babel import gettext as _

from analysis.tree import ReliabilityResult, Report
from instruments.wording import N_
from survey_app.wording import figures
from survey_app.wording.cells import Cell, Row, Table, count_cell
from survey_app.wording.labels import ACCEPTABLE_ALPHA, alpha_word, listed, quoted, refusal_label
from survey_app.wording.names import Names
from survey_app.wording.sentences import paragraph


def scales_of(report: Report) -> list[ReliabilityResult]:
    """The whole questionnaire and its dimensions, as far as they have questions that belong together."""
    found = [report.reliability, *(dimension.reliability for dimension in report.dimensions)]
    return found if len(report.reliability.items) > 1 else []


def reliability_sentence(report: Report, names: Names) -> str:
    scales = scales_of(report)
    solid = [scale for scale in scales if scale.alpha and scale.alpha.feldt[0] >= ACCEPTABLE_ALPHA]
    weak = [scale for scale in scales if scale.alpha and scale.alpha.feldt[1] < ACCEPTABLE_ALPHA]
    open_still = [scale for scale in scales if scale.alpha and scale not in solid and scale not in weak]
    groups = (
        (solid, N_("At least acceptable: %(scales)s.")),
        (weak, N_("Below acceptable: %(scales)s.")),
        (open_still, N_("Not to be decided yet, the interval is wide: %(scales)s.")),
    )
    said = [_(text, scales=_scale_names(group, names)) for group, text in groups if group]
    if not said:
        return _("Too few complete answers to tell how well the questions hold together.")
    if report.reliability.source:
        said.append(_("The whole questionnaire borrows the result of %(unit)s.", unit=report.reliability.source))
    return paragraph(said)


def _scale_names(scales: Iterable[ReliabilityResult], names: Names) -> str:
    return listed([quoted(names.scope(scale.scope, len(scale.items))) for scale in scales])


def reliability_cannot() -> str:
    return _(
        "High reliability says that the questions agree with each other, not that the work is good, "
        "nor that everybody answered with care."
    )


def reliability_table(report: Report, names: Names) -> Table:
    rows = tuple(Row(names.scope(s.scope, len(s.items)), reliability_cells(s)) for s in scales_of(report))
    return Table(_("Cronbach's alpha"), _("Scale"), reliability_columns(), rows)


def reliability_columns() -> tuple[tuple[str, bool], ...]:
    return (
        (_("Questions"), True),
        (_("Answers"), True),
        (_("α"), True),
        (_("Interval (95%)"), True),
        (_("Word"), False),
    )


def reliability_cells(scale: ReliabilityResult) -> tuple[Cell, ...]:
    size = Cell(str(len(scale.items)))
    if scale.alpha is None:
        reason = refusal_label(scale) or _("not given")
        return (size, count_cell(scale.n), Cell(_("not given")), Cell(_("not given")), Cell(reason))
    word = alpha_word(scale.alpha)
    if scale.source:
        word = _("%(word)s (from %(unit)s)", word=word, unit=scale.source)
    return (
        size,
        count_cell(scale.n),
        Cell(figures.decimal_text(scale.alpha.raw)),
        Cell(figures.coefficient_interval(scale.alpha.feldt)),
        Cell(word),
    )


def item_reliability_table(scale: ReliabilityResult, names: Names) -> Table:
    """Item-total correlation and alpha if the item were dropped; empty of a scale without an alpha."""
    columns = ((_("Corrected item-total correlation"), True), (_("α without the question"), True))
    rows = tuple(
        Row(
            names.item(code),
            (Cell(figures.decimal_text(item.r_drop)), Cell(figures.decimal_text(item.alpha_if_dropped))),
        )
        for code, item in (zip(scale.items, scale.alpha.items, strict=True) if scale.alpha else ())
    )
    return Table(_("Each question within the whole"), _("Question"), columns, rows, folded=True)


def reliability_notes(report: Report) -> tuple[str, ...]:
    """Where values are borrowed from; why a scale has none stands in its table."""
    return tuple(
        _(
            "○ taken from %(unit)s: fewer than 30 people here answered every question of the scale, so that none of "
            "its own is computed.",
            unit=source,
        )
        for source in dict.fromkeys(scale.source for scale in scales_of(report) if scale.source)
    )


def reading(report: Report) -> str:
    """How to read the chart; empty where there is none."""
    if all(scale.alpha is None for scale in scales_of(report)):
        return ""
    return _(
        "How to read it: α says how well the questions of a scale agree with each other, 1 is the most; the line is "
        "its interval (95%), the words above are the usual bands. ○ is taken from a unit above."
    )
