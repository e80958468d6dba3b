"""Sheets about how well the questionnaire measured: reliability and validity.

Summaries are in the words of the pages; every figure behind them stands as a number.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from flask_babel import gettext as _

from analysis.confirm import Fit
from analysis.scales import dimensions_of
from analysis.tree import AgreementResult, Computed, Confirmation, ReliabilityResult, ValidityResult
from survey_app.exports.base import Material
from survey_app.exports.sheet import Cell, Column, Sheet
from survey_app.wording.labels import alpha_word, refusal_label
from survey_app.wording.names import Names
from survey_app.wording.reliability import reliability_cannot, reliability_notes, reliability_sentence, scales_of
from survey_app.wording.validity import validity_cannot, validity_sentences
from survey_app.wording.validity_tables import validity_table


def reliability(sheet: Sheet, material: Material, names: Names) -> None:
    """Coefficients of the whole and of each dimension, then of each item what its scale would be without it."""
    report = material.report
    sheet.title(_("Reliability"), freeze=True)
    sheet.paragraph(reliability_sentence(report, names))
    results = scales_of(report)
    columns = [
        Column(_("Scale")), Column(_("Questions"), "count"), Column(_("Complete answers"), "count"),
        Column(_("Cronbach's alpha"), "decimal"), Column(_("Interval (95%), from"), "decimal"),
        Column(_("Interval (95%), to"), "decimal"), Column(_("Standardised"), "decimal"),
        Column(_("ω (McDonald)"), "decimal"), Column(_("Ordinal α"), "decimal"), Column(_("Judgement")),
        Column(_("Remark")),
    ]  # fmt: skip
    sheet.table(columns, [_reliability_row(result, names) for result in results], name="reliability")
    for result in results:
        if result.alpha is None or not result.items:
            continue
        sheet.heading(names.scope(result.scope, len(result.items)))
        sheet.table(
            [Column(_("Question")), Column(_("Corrected item-total correlation"), "decimal"),
             Column(_("Alpha without this question"), "decimal")],
            [[names.item(code), one.r_drop, one.alpha_if_dropped]
             for code, one in zip(result.items, result.alpha.items, strict=True)],
        )  # fmt: skip
    sheet.notes(reliability_notes(report))
    sheet.closing(reliability_cannot())


def _reliability_row(result: ReliabilityResult, names: Names) -> list[Cell]:
    label = names.scope(result.scope, len(result.items))
    if result.alpha is None:
        return [label, len(result.items), result.n, *[None] * 7, refusal_label(result)]
    remark = _("from %(unit)s, pooled within units", unit=result.source) if result.source else ""
    alpha = result.alpha
    return [
        label, len(result.items), result.n, alpha.raw, *alpha.feldt, alpha.standardized, result.omega,
        result.ordinal_alpha, alpha_word(alpha), remark,
    ]  # fmt: skip


def validity(sheet: Sheet, material: Material, names: Names) -> None:
    """What the pages say of it, then every measure with whose answers it comes from, then loadings and dimensions."""
    report, found = material.report, material.report.validity
    sheet.title(_("Validity"), freeze=True)
    for sentence in validity_sentences(report, names):
        sheet.paragraph(sentence)
    summary = validity_table(report, names)
    sheet.gap()
    sheet.table(
        [Column(summary.corner), *[Column(head) for head, _is_figure in summary.columns]],
        [[row.head, *[cell.text for cell in row.cells]] for row in summary.rows],
        name="validity",
    )
    _measures(sheet, found, report.agreement)
    if found is not None:
        _questions(sheet, found, names)
        _confirmed(sheet, found, names)
    sheet.closing(validity_cannot())


def _measures(sheet: Sheet, found: ValidityResult | None, agreement: AgreementResult | None) -> None:
    rows = [*(_validity_rows(found) if found else ()), *(_agreement_rows(agreement) if agreement else ())]
    if not rows:
        return
    sheet.heading(_("The measures as numbers"))
    columns = [
        Column(_("Figure")), Column(_("Value"), "precise"), Column(_("n"), "count"), Column(_("From whose answers"))
    ]  # fmt: skip
    sheet.table(columns, rows, name="validity_measures")


def _validity_rows(found: ValidityResult) -> Iterator[list[Cell]]:
    kmo, bartlett, structure, confirmation = found.kmo, found.bartlett, found.structure, found.confirmation
    if kmo.value:
        yield _measure("KMO", kmo.value.overall, kmo)
    if bartlett.value:
        yield _measure("Bartlett χ²", bartlett.value.chi2, bartlett)
        yield _measure("Bartlett df", bartlett.value.df, bartlett)
        yield _measure("Bartlett p", bartlett.value.p, bartlett)
    if structure.value:
        yield [_("Factors that stand out from chance"), structure.value.suggested, structure.n, structure.source]
    if confirmation.value:
        yield from (_measure(name, value, confirmation) for name, value in _fit_figures(confirmation.value.fit))
    if found.invariance and found.invariance.value:
        value = found.invariance.value
        steps = (_("Same dimensions"), value.configural), (_("and same loadings"), value.metric), (
            _("and same intercepts"), value.scalar,
        )  # fmt: skip
        for step, fit in steps:
            told = _("Against %(year)s, %(step)s", year=value.year, step=step)
            yield from (_measure(f"{told}: {name}", figure, found.invariance) for name, figure in _fit_figures(fit))


def _measure(name: str, value: float | None, basis: Computed[Any]) -> list[Cell]:
    return [name, value, basis.n, basis.source]


def _fit_figures(fit: Fit) -> Iterator[tuple[str, float | None]]:
    yield from (("χ²", fit.chi2), ("df", fit.df), ("p", fit.p), ("CFI", fit.cfi), ("TLI", fit.tli))
    yield from (
        ("RMSEA", fit.rmsea),
        (_("RMSEA, from (90%)"), fit.rmsea_ci[0]),
        (_("RMSEA, to (90%)"), fit.rmsea_ci[1]),
    )
    yield "SRMR", fit.srmr


def _agreement_rows(found: AgreementResult) -> Iterator[list[Cell]]:
    branches = _("%(n)s branches, overall satisfaction", n=found.units)
    for name, value in (("ICC(1)", found.icc1), ("ICC(k)", found.icc_k), ("rwg", found.median_rwg)):
        yield [name, value, None, branches]


def _questions(sheet: Sheet, found: ValidityResult, names: Names) -> None:
    """KMO of each question and its loadings on the factors that the answers themselves show."""
    adequacy = found.kmo.value.items if found.kmo.value else None
    factors = found.structure.value.factors.loadings if found.structure.value else None
    many = 0 if factors is None else factors.shape[1]
    if adequacy is None and not many:
        return
    sheet.heading(_("Each question: adequacy, and what it goes together with (explored factors)"))
    heads = [*([_("KMO")] if adequacy else []), *[_("Loading on factor %(n)s", n=place + 1) for place in range(many)]]
    rows: list[list[Cell]] = [
        [names.item(code), *([adequacy[place]] if adequacy else []),
         *([float(value) for value in factors[place]] if factors is not None else [])]
        for place, code in enumerate(found.items)
    ]  # fmt: skip
    sheet.table([Column(_("Question")), *[Column(head, "decimal") for head in heads]], rows)


def _confirmed(sheet: Sheet, found: ValidityResult, names: Names) -> None:
    confirmation = found.confirmation.value
    if confirmation is None:
        return
    sheet.heading(_("How strongly each question speaks for its dimension (confirmed loadings)"))
    asked = dimensions_of(names.instrument)
    members = [(code, item) for code in found.dimensions for item in asked[code] if item in found.items]
    sheet.table(
        [Column(_("Question")), Column(_("Loading"), "decimal"), Column(_("Dimension"))],
        [
            [names.item(item), float(row[found.dimensions.index(code)]), names.dimension(code)]
            for (code, item), row in zip(members, confirmation.fit.loadings, strict=True)
        ],
    )
    sheet.heading(_("What the questions of a dimension share"))
    sheet.table(
        [Column(_("Dimension")), Column(_("AVE (from 0.5)"), "decimal"),
         Column(_("Composite reliability (from 0.7)"), "decimal")],
        [[names.dimension(code), confirmation.average_variance_extracted[code],
          confirmation.composite_reliability[code]] for code in found.dimensions],
    )  # fmt: skip
    if len(found.dimensions) > 1:
        _between(sheet, found, confirmation, names)


def _between(sheet: Sheet, found: ValidityResult, confirmation: Confirmation, names: Names) -> None:
    sheet.heading(_("Dimensions beside each other: √AVE in the diagonal, correlations below it, HTMT above"))
    size = range(len(found.dimensions))
    rows: list[list[Cell]] = [
        [names.dimension(found.dimensions[row]), *[_pair(confirmation, row, column) for column in size]] for row in size
    ]
    heads = [Column(names.dimension(code), "decimal") for code in found.dimensions]
    sheet.table([Column(_("Dimension")), *heads], rows)


def _pair(confirmation: Confirmation, row: int, column: int) -> float | None:
    if column <= row:
        return float(confirmation.fornell_larcker[row, column])
    return None if confirmation.htmt is None else float(confirmation.htmt[row, column])
