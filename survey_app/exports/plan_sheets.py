"""Sheets about improvement: last year's actions held against this year's result, and the plan that was made of results.

Verification follows from the Report; the plan is what the ledger (整改台账) keeps.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from flask_babel import gettext as _

from analysis.tree import ActionResult, Rate
from instruments.wording import N_
from survey_app.exports.base import Material, PlanRow
from survey_app.exports.cells import people_cell, rate_cell
from survey_app.exports.sheet import Cell, Column, Sheet
from survey_app.wording.actions import (
    ACTION_VERDICTS,
    action_reason,
    action_title,
    action_verdict,
    actions_cannot,
    actions_sentence,
    baseline_of,
)
from survey_app.wording.names import Names

STATUSES: Mapping[str, str] = {
    "planned": N_("Planned"),
    "under_way": N_("Under way"),
    "done": N_("Done, to be verified"),
    "verified": N_("Verified"),
    "stopped": N_("Stopped"),
}
VERDICT_STYLES: Mapping[str, str] = {"worked": "marked_good", "worse": "marked_bad"}


def verification(sheet: Sheet, material: Material, names: Names) -> None:
    """Baseline, acceptance, measured rate, what was expected without the action, and the verdict."""
    report = material.report
    sheet.title(_("Actions verified"))
    sheet.paragraph(actions_sentence(report))
    columns = [
        Column(_("Action")), Column(_("Question")), Column(_("Baseline, people"), "interval"),
        Column(_("Baseline, rate"), "percent"), Column(_("Acceptance"), "percent"),
        Column(_("Measured, people"), "interval"), Column(_("Measured, rate"), "percent"),
        Column(_("Expected without the action"), "percent"), Column(_("Expected (90%), from"), "percent"),
        Column(_("Expected (90%), to"), "percent"), Column(_("Verdict")), Column(_("Why")),
    ]  # fmt: skip
    rows = [_verification_row(found, names) for found in report.actions]
    area = sheet.table(columns, rows, freeze=True, name="actions")
    sheet.mark_below(area, 6, f"$E{area.first_row + 1}")
    for verdict, style in VERDICT_STYLES.items():
        sheet.mark_word(area, [10], _(ACTION_VERDICTS[verdict]), style)
    sheet.closing(actions_cannot())


def _verification_row(found: ActionResult, names: Names) -> list[Cell]:
    before = baseline_of(found.action)
    expected = (found.expected, found.lower, found.upper)
    return [
        action_title(found.action, names), names.item(found.action.item), people_cell(before), rate_cell(before),
        float(found.action.acceptance), people_cell(found.rate), rate_cell(found.rate),
        *[None if value is None else min(max(value, 0.0), 1.0) for value in expected],
        action_verdict(found.verdict), action_reason(found),
    ]  # fmt: skip


def plan(sheet: Sheet, material: Material, names: Names) -> None:
    """Every action up to this year: what was found, what is done about it, by whom and until when, what came of it."""
    rows = plan_rows(material)
    sheet.title(_("Improvement plan"), freeze=True)
    columns = [
        Column(_("Action")), Column(_("Result of"), "count"), Column(_("Question")), Column(_("Finding and causes")),
        Column(_("Measure and process")), Column(_("Responsible")), Column(_("Due"), "day"),
        Column(_("Done on"), "day"), Column(_("Status")),
    ]  # fmt: skip
    sheet.table(columns, [_plan_row(row, names) for row in rows], name="plan")
    sheet.heading(_("What came of it"))
    columns = [
        Column(_("Action")), Column(_("Verified in"), "count"), Column(_("Verdict")), Column(_("Evidence")),
        Column(_("Written into the rules")), Column(_("Baseline, people"), "interval"),
        Column(_("Baseline, rate"), "percent"), Column(_("Acceptance"), "percent"),
        Column(_("Measured, rate"), "percent"),
    ]  # fmt: skip
    area = sheet.table(columns, [_outcome_row(row) for row in rows], name="plan_results")
    for verdict, style in VERDICT_STYLES.items():
        sheet.mark_word(area, [2], _(ACTION_VERDICTS[verdict]), style)


def plan_rows(material: Material) -> list[PlanRow]:
    """The ledger up to the year of the report; what later results gave rise to belongs to their workbooks.

    Actions rest on surveys of the year: those of an occasion do not know their questions.
    """
    if not material.instrument.is_annual:
        return []
    return [row for row in material.plan if row.year <= material.report.context.year]


def _plan_row(row: PlanRow, names: Names) -> list[Cell]:
    return [
        row.title, row.year, _item(row, names), _lines(row.finding, *_numbered(row.causes)),
        _lines(row.measure, row.process.replace("/", " › "), row.resources), row.owner, row.due, row.done_on,
        _lines(_(STATUSES[row.status]), row.stopped_because),
    ]  # fmt: skip


def _outcome_row(row: PlanRow) -> list[Cell]:
    before = Rate(row.baseline_satisfied, row.baseline_n)
    return [
        row.title, row.verified_in, action_verdict(row.result.verdict) if row.result else None,
        _lines(*[name for name, _hash in row.evidence]), row.rule, people_cell(before), rate_cell(before),
        float(row.acceptance), rate_cell(row.result.rate) if row.result else None,
    ]  # fmt: skip


def _item(row: PlanRow, names: Names) -> str:
    """The question as this year's or the action's own questionnaire calls it."""
    then = names.of_year(row.year)
    return then.item(row.item) if then and not names.knows(row.item) else names.item(row.item)


def _numbered(causes: tuple[str, ...]) -> Iterator[str]:
    return (f"{number}. {cause}" for number, cause in enumerate(causes, start=1))


def _lines(*texts: str) -> str:
    return "\n".join(text for text in texts if text)
