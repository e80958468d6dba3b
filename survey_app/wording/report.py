"""The annual report in words: its sections in their order, and the sentences that no result page says.

What the pages say already (returns, objectives, questions, years, comments …) is taken from their own modules. Marks
in the committee's text are `report_marks`; which sentences, tables and charts a section has is `exports.outline`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from enum import StrEnum

from flask_babel import gettext as _

from analysis.tree import Report
from instruments.effort import effort
from instruments.wording import N_
from survey_app.wording.cells import Cell, Row, Table
from survey_app.wording.definitions import definition_text, threshold_text
from survey_app.wording.headline import headline_figure, headline_parts
from survey_app.wording.labels import quoted
from survey_app.wording.method import method_facts
from survey_app.wording.names import Names
from survey_app.wording.sentences import method_sentence
from survey_app.wording.tables import objective_title


class ReportSection(StrEnum):
    """Sections in the order in which reports of the field have them."""

    BACKGROUND = "background"
    DESIGN = "design"
    RETURNS = "returns"
    QUALITY = "quality"
    OVERALL = "overall"
    ITEMS = "items"
    GROUPS = "groups"
    YEARS = "years"
    WEAK = "weak"
    COMMENTS = "comments"
    ACTIONS = "actions"
    PLAN = "plan"
    APPENDIX = "appendix"


SECTION_TITLES: Mapping[ReportSection, str] = {
    ReportSection.BACKGROUND: N_("Background and objectives"),
    ReportSection.DESIGN: N_("Design of the survey"),
    ReportSection.RETURNS: N_("Returns"),
    ReportSection.QUALITY: N_("Reliability and validity"),
    ReportSection.OVERALL: N_("Overall result and objectives"),
    ReportSection.ITEMS: N_("Dimensions and questions"),
    ReportSection.GROUPS: N_("Groups and sub-units"),
    ReportSection.YEARS: N_("Against earlier years"),
    ReportSection.WEAK: N_("Weak points and what matters"),
    ReportSection.COMMENTS: N_("Comments"),
    ReportSection.ACTIONS: N_("Last year’s actions verified"),
    ReportSection.PLAN: N_("Improvement plan"),
    ReportSection.APPENDIX: N_("Appendix"),
}
_ASKED: Mapping[str, str] = {
    "codes": N_(
        "Everybody eligible could answer once, with a one-time code that leads to nobody: no answer can be traced back "
        "to a person, and nothing could be read before the ballots were opened."
    ),
    "open": N_("The link was open to everybody; who answered, and whether anybody answered twice, is not verified."),
    "imported": N_("The answers were taken over from a file; they were not collected by this service."),
}


def section_title(section: ReportSection) -> str:
    return _(SECTION_TITLES[section])


def report_title(report: Report) -> str:
    """``2026 年度党员满意度测评结果报告``."""
    return _("Report on the result of %(title)s", title=report.title)


def background_sentences(report: Report, names: Names) -> Iterator[str]:
    yield _(
        "This report tells the result of %(title)s for %(unit)s.", title=quoted(report.title), unit=report.unit_name
    )
    if names.instrument.is_annual:
        yield _(
            "The survey measures the year: its result is held against the objectives set before and against the years "
            "before, and what is to be improved follows from it."
        )
    if report.objectives:
        yield _(
            "%(n)s objectives were set. They, their targets and the way they are counted were locked when the survey "
            "opened.",
            n=len(report.objectives),
        )
    elif names.instrument.is_annual:
        yield _("No objective had been set when the survey opened.")


def set_objectives_table(report: Report, names: Names) -> Table:
    """What was to be reached, before any result."""
    columns = ((_("Target"), True), (_("How it is counted"), False), (_("Responsible"), False))
    rows = tuple(
        Row(
            objective_title(result, names),
            (
                Cell(threshold_text(result.objective)),
                Cell(definition_text(result.objective, names)),
                Cell(result.objective.owner or _("not named")),
            ),
        )
        for result in report.objectives
    )
    return Table(_("Objectives of the year"), _("Objective"), columns, rows)


def design_sentences(report: Report, names: Names) -> Iterator[str]:
    """Who was asked, and how."""
    yield _("Staff were asked.") if report.context.audience == "staff" else _("Members were asked.")
    if report.context.reference_day:
        yield _("Who is eligible was counted on the reference day %(day)s.", day=report.context.reference_day)
    yield _(_ASKED[report.context.mode])


def questionnaire_sentences(report: Report, names: Names) -> Iterator[str]:
    """What was asked, and how the figure is counted that everything is told in."""
    yield _questionnaire(names)
    if report.items:
        rate, counted = method_facts(report, names)[0]
        yield _("%(term)s: %(text)s", term=rate, text=counted)
    yield method_sentence(report)


def _questionnaire(names: Names) -> str:
    instrument, reckoned = names.instrument, effort(names.instrument)
    told = {"title": quoted(names.title()), "questions": reckoned.questions, "minutes": instrument.minutes}
    if not instrument.dimensions:
        return _("The questionnaire %(title)s has %(questions)s questions (about %(minutes)s min).", **told)
    return _(
        "The questionnaire %(title)s has %(questions)s questions (about %(minutes)s min), %(scored)s of them scored, "
        "in %(dimensions)s dimensions.",
        scored=len(instrument.scored_items),
        dimensions=len(instrument.dimensions),
        **told,
    )


def overall_sentences(report: Report, names: Names) -> Iterator[str]:
    """The headline figure with all that stands under it on the result page."""
    figure = headline_figure(report)
    if figure is None or report.overall is None:
        return
    told = _("; ").join(headline_parts(report, names))
    yield _("%(name)s: %(figure)s. %(definition)s.", name=names.item(report.overall), figure=figure, definition=told)


def first_sentence(count: int) -> str:
    """Above the questions that are worth discussing first."""
    return _("%(n)s questions are worth discussing first:", n=count)


def plan_sentence(count: int) -> str:
    if not count:
        return _("No action rests on this result yet.")
    return _(
        "%(n)s improvement actions rest on the results of this year. Baseline and acceptance figure are fixed in "
        "advance; the next survey verifies them.",
        n=count,
    )


def long_table_note(caption: str, rows: int) -> str:
    return _("%(table)s: %(n)s rows; they stand in the workbook.", table=caption, n=rows)
