"""Reliability and validity in detail, for those who know the figures: tables a page keeps folded.

Only of figures that `validity_tables` tells; of a unit above where its rows say so.
"""

from __future__ import annotations

from collections.abc import Iterator

from flask_babel import gettext as _

from analysis.confirm import Fit
from analysis.scales import dimensions_of
from analysis.tree import Confirmation, Invariance, ReliabilityResult, Report, ValidityResult
from survey_app.wording import figures
from survey_app.wording.cells import Cell, Row, Table
from survey_app.wording.names import Names
from survey_app.wording.reliability import scales_of
from survey_app.wording.validity_tables import p_text


def detail_tables(report: Report, names: Names) -> tuple[Table, ...]:
    """Everything behind the summary, each table only where it has a figure."""
    found = report.validity
    tables = [_scales(report, names)]
    if found is not None:
        tables += [_questions(found, names), *_confirmed(found, names), *_invariance(found)]
    return tuple(table for table in tables if table.rows)


def _scales(report: Report, names: Names) -> Table:
    """Omega and ordinal alpha beside alpha."""
    columns = ((_("α"), True), (_("α, standardised"), True), (_("ω (McDonald)"), True), (_("Ordinal α"), True))
    rows = tuple(
        Row(names.scope(scale.scope, len(scale.items)), _coefficients(scale))
        for scale in scales_of(report)
        if scale.alpha is not None
    )
    caption = _("Further measures of reliability; ordinal α from 200 answers on")
    return Table(caption, _("Scale"), columns, rows, folded=True)


def _coefficients(scale: ReliabilityResult) -> tuple[Cell, ...]:
    raw, standardised = (scale.alpha.raw, scale.alpha.standardized) if scale.alpha else (None, None)
    return tuple(_number(value) for value in (raw, standardised, scale.omega, scale.ordinal_alpha))


def _number(value: float | None, places: int = 2) -> Cell:
    return Cell(_("not given") if value is None else figures.decimal_text(round(value, places) + 0.0, places))


def _questions(found: ValidityResult, names: Names) -> Table:
    """KMO of each question and its loadings on the factors that the answers themselves show."""
    factors = found.structure.value.factors.loadings if found.structure.value else None
    adequacy = found.kmo.value.items if found.kmo.value else None
    many = 0 if factors is None else factors.shape[1]
    columns = (
        *([(_("KMO"), True)] if adequacy else []),
        *((_("Loading on factor %(n)s", n=number + 1), True) for number in range(many)),
    )
    rows = tuple(
        Row(
            names.item(code),
            (
                *([_number(adequacy[place])] if adequacy else []),
                *(_number(float(factors[place, factor])) for factor in range(many) if factors is not None),
            ),
        )
        for place, code in enumerate(found.items)
        if adequacy or many
    )
    caption = _("Each question: adequacy, and what it goes together with (explored factors)")
    return Table(caption, _("Question"), columns, rows, folded=True)


def _confirmed(found: ValidityResult, names: Names) -> Iterator[Table]:
    confirmation = found.confirmation.value
    if confirmation is None:
        return
    yield _loadings(found, confirmation, names)
    yield _dimensions(found, confirmation, names)
    if len(found.dimensions) > 1:
        yield _between(found, confirmation, names)


def _loadings(found: ValidityResult, confirmation: Confirmation, names: Names) -> Table:
    asked = dimensions_of(names.instrument)
    members = [(code, item) for code in found.dimensions for item in asked[code] if item in found.items]
    rows = tuple(
        Row(
            names.item(item),
            (Cell(names.dimension(code)), _number(float(row[found.dimensions.index(code)]))),
        )
        for (code, item), row in zip(members, confirmation.fit.loadings, strict=True)
    )
    caption = _("How strongly each question speaks for its dimension (confirmed loadings)")
    return Table(caption, _("Question"), ((_("Dimension"), False), (_("Loading"), True)), rows, folded=True)


def _dimensions(found: ValidityResult, confirmation: Confirmation, names: Names) -> Table:
    rows = tuple(
        Row(
            names.dimension(code),
            (
                _number(confirmation.average_variance_extracted[code]),
                _number(confirmation.composite_reliability[code]),
            ),
        )
        for code in found.dimensions
    )
    columns = ((_("AVE (from 0.5)"), True), (_("Composite reliability (from 0.7)"), True))
    return Table(_("What the questions of a dimension share"), _("Dimension"), columns, rows, folded=True)


def _between(found: ValidityResult, confirmation: Confirmation, names: Names) -> Table:
    """Fornell and Larcker's matrix in the lower left with its diagonal, HTMT in the upper right."""
    columns = tuple((names.dimension(code), True) for code in found.dimensions)
    rows = tuple(
        Row(names.dimension(code), tuple(_pair(confirmation, row, column) for column in range(len(columns))))
        for row, code in enumerate(found.dimensions)
    )
    caption = _("Dimensions beside each other: √AVE in the diagonal, correlations below it, HTMT above")
    return Table(caption, _("Dimension"), columns, rows, "matrix", folded=True)


def _pair(confirmation: Confirmation, row: int, column: int) -> Cell:
    if column <= row:
        return _number(float(confirmation.fornell_larcker[row, column]))
    return _number(None if confirmation.htmt is None else float(confirmation.htmt[row, column]))


def _invariance(found: ValidityResult) -> Iterator[Table]:
    value = found.invariance.value if found.invariance else None
    if value is not None:
        yield _steps(value)


def _steps(found: Invariance) -> Table:
    good = (_("CFI (near 1 is good)"), _("RMSEA (small is good)"), _("SRMR (small is good)"))
    heads = (_("χ²"), _("Degrees of freedom"), _("p"), *good)
    steps = (
        (_("Same dimensions"), found.configural),
        (_("and same loadings"), found.metric),
        (_("and same intercepts"), found.scalar),
    )
    rows = tuple(Row(name, _fit_cells(fit)) for name, fit in steps)
    caption = _("Against %(year)s, step by step", year=found.year)
    return Table(caption, _("Held equal"), tuple((head, True) for head in heads), rows, folded=True)


def _fit_cells(fit: Fit) -> tuple[Cell, ...]:
    return (
        Cell(figures.decimal_text(fit.chi2, 1)),
        Cell(str(fit.df)),
        Cell(_("not given") if fit.p is None else p_text(fit.p)),
        *(_number(value, 3) for value in (fit.cfi, fit.rmsea, fit.srmr)),
    )
