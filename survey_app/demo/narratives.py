"""What the sample committees wrote into the annual report of the last sealed year."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

from flask_babel import force_locale

from survey_app.demo.organisation import OWN_BRANCH, ROOT
from survey_app.demo.stage import Stage, on
from survey_app.models import Survey
from survey_app.services.narratives import version_of, write_section
from survey_app.services.organisation import unit_by_code
from survey_app.services.questionnaires import instrument_of
from survey_app.services.results import report_for
from survey_app.wording.names import Names
from survey_app.wording.report import ReportSection
from survey_app.wording.report_marks import marks_of

OVERALL = ("总体", "overall")
"""A mark that begins so stands for the overall rate; in English where nobody has set up the words."""
WRITTEN: Mapping[str, tuple[str, Mapping[ReportSection, str]]] = {
    ROOT: (
        "demo-committee",
        {
            ReportSection.BACKGROUND: "本年度测评覆盖机关各党支部，结果用于年终考核和下一年改进计划。",
            ReportSection.OVERALL: "总体满意率{overall}。各支部情况不一，改进措施以支部为单位落实。",
            ReportSection.WEAK: "发展党员的公开程度是今年最需要改进的方面，已列入整改。",
        },
    ),
    OWN_BRANCH: (
        "demo-secretary",
        {
            ReportSection.OVERALL: "支委会逐题看了结果，总体满意率{overall}，肯定了组织生活的变化。",
            ReportSection.WEAK: "意见答复不及时的问题，支委会已分头了解原因，整改措施见改进计划。",
        },
    ),
}


def write_reports(stage: Stage, survey: Survey) -> None:
    """A few paragraphs of the committee above and of the own branch, a month after the review; figures are marks."""
    session, clock = stage.session, on(date(survey.year + 1, 3, 10))
    for code, (login, sections) in WRITTEN.items():
        unit = unit_by_code(session, code)
        with force_locale("zh_Hans"):
            names = [mark.name for mark in marks_of(report_for(session, survey, unit), _names(survey))]
            overall = next(name for name in names if name.startswith(OVERALL))
            for section, text in sections.items():
                write_section(
                    session, survey, unit, section, text.format(overall=f"【{overall}】"), read=version_of(""),
                    marks=names, by=stage.users[login], clock=clock,
                )  # fmt: skip


def _names(survey: Survey) -> Names:
    return Names(instrument_of(survey), "zh_Hans")
