"""The summary of validity: one row for each thing asked of the questionnaire, in plain words.

Every figure stands with whose answers it comes from, or why there is none. What is printed from how many answers is
decided in `analysis.validity_results` and `analysis.agreement_results`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import permutations
from typing import Any

from flask_babel import gettext as _

from analysis.tree import AgreementResult, Computed, Confirmation, Hidden, Invariance, Report, Structure, ValidityResult
from analysis.validity import SamplingAdequacy, Sphericity
from analysis.validity_results import (
    FEWEST_A_YEAR,
    FEWEST_FOR_CONFIRMATION,
    fewest_for_adequacy,
    fewest_for_structure,
)
from instruments.wording import N_
from survey_app.wording import figures
from survey_app.wording.cells import Cell, Row, Table
from survey_app.wording.labels import hidden_label
from survey_app.wording.names import Names
from survey_app.wording.validity import GOOD_ADEQUACY, USABLE_ADEQUACY, close_pairs, fit_grade

SIGNIFICANCE = 0.05
ENOUGH_VARIANCE, ENOUGH_RELIABILITY = 0.5, 0.7
"""AVE and composite reliability of a dimension (Fornell and Larcker 1981)."""
RELIABLE_MEAN, AGREEMENT_WITHIN = 0.7, 0.7
"""ICC(k) and rwg from which the mean of a branch speaks for it (LeBreton and Senter 2008, Org. Res. Methods 11:815)."""
NO_FIGURE: Mapping[str, str] = {
    "too_few_items": N_("too few questions belong together"),
    "constant_item": N_("the answers to a question hardly differ"),
    "singular": N_("questions repeat one another"),
    "no_convergence": N_("the computation finds no solution"),
}
INVARIANCE_WORDS: Mapping[str, str] = {
    "scalar": N_("alike in both years; levels may be compared"),
    "metric": N_("understood alike, but the yardstick has shifted; compare levels with reserve"),
    "configural": N_("the same dimensions, but questions weigh otherwise; compare with reserve"),
    "none": N_("not shown to be alike; compare single questions only"),
}
_FIT_WORDS: Mapping[str, str] = {"good": N_("Good"), "usable": N_("Acceptable"), "poor": N_("Insufficient")}


def validity_table(report: Report, names: Names) -> Table:
    """One row for each thing asked of the questionnaire: figure, judgement, whose answers."""
    columns = ((_("Figure"), True), (_("Judgement"), False), (_("From whose answers"), False))
    rows = (*_rows(report.validity, names), *_agreement_rows(report.agreement))
    is_empty = all(found.cells[0].text == _("not given") for found in rows)
    return Table(_("Validity"), _("What is asked"), columns, rows, folded=is_empty)


def _rows(found: ValidityResult | None, names: Names) -> Iterator[Row]:
    if found is None:
        return
    k = len(found.items)
    yield _adequacy(found.kmo, fewest_for_adequacy(k))
    yield _sphericity(found.bartlett, fewest_for_adequacy(k))
    yield _structure(found.structure, max(1, len(found.dimensions)), fewest_for_structure(k))
    yield _fit(found.confirmation)
    yield _within(found.confirmation)
    yield _between(found, names)
    if found.invariance is not None:
        yield _years(found.invariance)


def _adequacy(kmo: Computed[SamplingAdequacy], fewest: int) -> Row:
    head = _("Have the questions enough in common? (KMO measure)")
    if kmo.value is None:
        return _refused(head, kmo, fewest)
    value = kmo.value.overall
    word = _("Good") if value >= GOOD_ADEQUACY else _("Usable") if value >= USABLE_ADEQUACY else _("Insufficient")
    return Row(head, (Cell(figures.decimal_text(value)), Cell(word), basis(kmo)))


def _sphericity(bartlett: Computed[Sphericity], fewest: int) -> Row:
    head = _("Are the answers connected at all? (Bartlett's test)")
    if bartlett.value is None:
        return _refused(head, bartlett, fewest)
    word = _("Yes") if bartlett.value.p <= SIGNIFICANCE else _("No connection shown")
    chi2 = figures.decimal_text(bartlett.value.chi2, 1)
    told = _("χ² %(chi2)s (%(df)s), p %(p)s", chi2=chi2, df=bartlett.value.df, p=p_text(bartlett.value.p))
    return Row(head, (Cell(told), Cell(word), basis(bartlett)))


def _structure(structure: Computed[Structure], expected: int, fewest: int) -> Row:
    head = _("How many aspects do the answers themselves show? (parallel analysis)")
    if structure.value is None:
        return _refused(head, structure, fewest)
    suggested = structure.value.suggested
    if suggested == expected:
        word = _("As many as dimensions")
    elif suggested < expected:
        word = _("Fewer than the %(n)s dimensions: answers to them are much alike", n=expected)
    else:
        word = _("More than the %(n)s dimensions", n=expected)
    return Row(head, (Cell(str(suggested)), Cell(word), basis(structure)))


def _fit(confirmation: Computed[Confirmation]) -> Row:
    head = _("Do the questions fall into their dimensions? (confirmatory factor analysis)")
    if confirmation.value is None:
        return _refused(head, confirmation, FEWEST_FOR_CONFIRMATION)
    fit = confirmation.value.fit
    told = _(
        "CFI %(cfi)s, RMSEA %(rmsea)s %(interval)s, SRMR %(srmr)s",
        cfi=figures.decimal_text(fit.cfi, 3), rmsea=figures.decimal_text(fit.rmsea, 3),
        interval=figures.interval_text(*(figures.decimal_text(end, 3) for end in fit.rmsea_ci)),
        srmr=figures.decimal_text(fit.srmr, 3),
    )  # fmt: skip
    return Row(head, (Cell(told), Cell(_(_FIT_WORDS[fit_grade(fit)])), basis(confirmation)))


def _within(confirmation: Computed[Confirmation]) -> Row:
    head = _("Do the questions of a dimension say the same thing? (AVE, composite reliability)")
    if confirmation.value is None:
        return _refused(head, confirmation, FEWEST_FOR_CONFIRMATION)
    lowest_variance = min(confirmation.value.average_variance_extracted.values())
    lowest_reliability = min(confirmation.value.composite_reliability.values())
    solid = lowest_variance >= ENOUGH_VARIANCE and lowest_reliability >= ENOUGH_RELIABILITY
    told = _(
        "lowest AVE %(variance)s, lowest CR %(reliability)s",
        variance=figures.decimal_text(lowest_variance), reliability=figures.decimal_text(lowest_reliability),
    )  # fmt: skip
    word = _("Yes, in every dimension") if solid else _("Not in every dimension")
    return Row(head, (Cell(told), Cell(word), basis(confirmation)))


def _between(found: ValidityResult, names: Names) -> Row:
    head = _("Can the dimensions be told apart? (HTMT)")
    confirmation = found.confirmation.value
    if confirmation is None:
        return _refused(head, found.confirmation, FEWEST_FOR_CONFIRMATION)
    size = len(found.dimensions)
    if confirmation.htmt is None or size < 2:
        return Row(head, (Cell(_("not given")), Cell(_("needs two dimensions")), Cell(_("not given"))))
    highest = max(float(confirmation.htmt[pair]) for pair in permutations(range(size), 2))
    close = close_pairs(found, names)
    word = _("Hardly: %(pairs)s", pairs=close) if close else _("Yes")
    told = _("highest %(value)s", value=figures.decimal_text(highest))
    return Row(head, (Cell(told), Cell(word), basis(found.confirmation)))


def _years(invariance: Computed[Invariance]) -> Row:
    if invariance.value is None:
        return _refused(_("Do the questions mean the same as before? (invariance)"), invariance, FEWEST_A_YEAR)
    found = invariance.value
    head = _("Do the questions mean the same as in %(year)s? (invariance)", year=found.year)
    told = _(
        "CFI %(form)s, %(loadings)s, %(intercepts)s",
        form=figures.decimal_text(found.configural.cfi, 3), loadings=figures.decimal_text(found.metric.cfi, 3),
        intercepts=figures.decimal_text(found.scalar.cfi, 3),
    )  # fmt: skip
    return Row(head, (Cell(told), Cell(_(INVARIANCE_WORDS[found.verdict])), basis(invariance)))


def _agreement_rows(found: AgreementResult | None) -> Iterator[Row]:
    """Of the branches below, on overall satisfaction."""
    if found is None:
        return
    source = Cell(_("%(n)s branches, overall satisfaction", n=found.units))
    mean = figures.decimal_text(found.icc_k) if found.icc_k is not None else _("not given")
    reliable = found.icc_k is not None and found.icc_k >= RELIABLE_MEAN
    yield Row(
        _("Do branches differ, or only people? (intraclass correlation)"),
        (
            Cell(_("ICC(1) %(single)s, ICC(k) %(mean)s", single=figures.decimal_text(found.icc1), mean=mean)),
            Cell(_("Branch figures tell branches apart") if reliable else _("They hardly tell branches apart")),
            source,
        ),
    )
    alike = found.median_rwg >= AGREEMENT_WITHIN
    yield Row(
        _("Do people of one branch see it alike? (rwg, the middle branch)"),
        (
            Cell(figures.decimal_text(found.median_rwg)),
            Cell(_("Mostly alike") if alike else _("Views within branches differ much")),
            source,
        ),
    )


def _refused(head: str, found: Computed[Any], fewest: int) -> Row:
    """No figure: how many answers it needs and how many there are, or what stands in its way."""
    if found.refused not in (None, "too_few_rows", "empty"):
        why = _(NO_FIGURE[found.refused])
    elif isinstance(found.n, Hidden):
        why = _("needs %(fewest)s complete answers", fewest=fewest)
    else:
        why = _("needs %(fewest)s complete answers, here %(n)s", fewest=fewest, n=found.n)
    return Row(head, (Cell(_("not given")), Cell(why), basis(found)))


def basis(found: Computed[Any]) -> Cell:
    """Whose answers a figure comes from: the unit's own, or of which unit above."""
    n = hidden_label(found.n) if isinstance(found.n, Hidden) else _("%(n)s complete answers", n=found.n)
    if found.value is None and found.source is None:
        return Cell(_("no unit above has enough either") if found.refused == "too_few_rows" else n)
    return Cell(_("from above: %(unit)s, %(n)s", unit=found.source, n=n) if found.source else n)


def p_text(p: float) -> str:
    """A p value to three places; ``< 0.001`` below."""
    return _("< 0.001") if p < 0.001 else figures.decimal_text(p, 3)
