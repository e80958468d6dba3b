"""The sample's assessment: the shipped scheme, fixed before each year, and a visit to the branches after it.

The scheme of last year has its marks: an assessor wrote down what was seen, a second person signed it; one is waiting.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Decimal

from survey_app.assessment.loader import sample_scheme
from survey_app.assessment.scheme import CheckPoint, OnSite
from survey_app.demo.stage import Stage, on
from survey_app.models import AssessmentScheme, SiteMark, SiteMarkKind, Unit
from survey_app.services.assessment import assessed_units, rules_in, set_scheme
from survey_app.services.assessment_lock import scheme_of
from survey_app.services.assessment_marks import Found, add_site_evidence, enter_mark, mark_hash, sign_mark
from survey_app.services.evidence import Limits
from survey_app.services.organisation import unit_by_code

SEEN = {
    "L1": "支委会委员齐全，本届任期内按期换届。",
    "L7": "查书记述职报告和民主评议记录，评议意见有反馈。",
    "M5": "抽查学习记录，多数党员达到规定学时。",
    "M6": "查发展党员档案，程序材料齐全。",
    "M7": "查党费收缴台账，按月足额收缴。",
    "W6": "查会议记录，议题、表决和结论清楚。",
    "P7": "查阵地和活动照片，活动有记录、有成效。",
}
NOTED = "现场查阅台账和记录。"
SHARES = (Decimal("1"), Decimal("0.8"), Decimal("1"), Decimal("0.6"), Decimal("0.9"))
"""Of the full points, in turn."""
WAITS = "YT-2-3"
"""The branch whose last mark nobody has signed yet."""
ONE_NOTE = Limits(size=10_000, files=1)


def fix_scheme(stage: Stage, year: int) -> None:
    """The shipped scheme for a year, set in January and locked when the survey opens."""
    set_scheme(
        stage.session, stage.root, year, sample_scheme(), by=stage.users["demo-committee"],
        clock=on(date(year, 1, 12)),
    )  # fmt: skip


def visit_branches(stage: Stage, year: int) -> None:
    """What the assessor saw in January after the year, each mark signed by the committee above, but for one."""
    scheme = scheme_of(stage.session, stage.root, year)
    if scheme is None:
        raise LookupError(year)
    entered, signed = on(date(year + 1, 1, 20)), on(date(year + 1, 1, 20) + timedelta(days=1))
    for number, unit, point, full in _points_on_site(stage, scheme):
        code, points = point.code, full
        if isinstance(point.rule, OnSite):  # what is yes or no was found everywhere
            share = SHARES[(number * 7 + len(code) + int(code[1])) % len(SHARES)]
            points = (full * share).quantize(Decimal("0.5"), rounding=ROUND_HALF_UP)
        mark = enter_mark(
            stage.session, scheme, unit, code, Found(SiteMarkKind.POINTS, str(points), SEEN.get(code, NOTED)),
            by=stage.users["demo-assessor"], clock=entered,
        )  # fmt: skip
        _keep_note(stage, mark, unit)
        if unit.code != WAITS or code != "P7":
            sign_mark(stage.session, mark, agreed=mark_hash(mark), by=stage.users["demo-committee"], clock=signed)


def _points_on_site(stage: Stage, scheme: AssessmentScheme) -> Iterator[tuple[int, Unit, CheckPoint, Decimal]]:
    """Number of the branch, branch, check point and its full points there."""
    rules = rules_in(scheme)
    for number, assessed in enumerate(assessed_units(stage.session, scheme)):
        unit = unit_by_code(stage.session, assessed.place.code)
        for _category, point, full in rules.of_class(assessed.unit_class):
            if point.is_on_site:
                yield number, unit, point, full


def _keep_note(stage: Stage, mark: SiteMark, unit: Unit) -> None:
    note = f"现场核查记录\n单位：{unit.name}\n考核点：{mark.check_point}\n所见：{mark.note}\n"
    add_site_evidence(
        stage.session, mark, note.encode(), name=f"核查记录-{mark.check_point}.txt", limits=ONE_NOTE,
        by=stage.users["demo-assessor"], clock=on(mark.entered_at.date()),
    )  # fmt: skip
