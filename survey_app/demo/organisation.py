"""Who and what the sample organisation is: its tree, numbers, accounts, objectives and plan. All names are invented.

Running its years is `demo`, the model of its answers `generator`.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from analysis.types import Measure
from instruments.model import Audience
from instruments.wording import N_
from survey_app.clock import Clock
from survey_app.demo.generator import Truth
from survey_app.errors import Refusal
from survey_app.models import ActionStatus, Unit, UnitKind, UnitLevel, User, UserRole
from survey_app.services.audit import COMMAND_LINE
from survey_app.services.objectives import set_objective
from survey_app.services.organisation import create_unit, set_eligible

ROOT = "YT"
OWN_BRANCH = "YT-1-3"
"""The branch whose secretary and committee member have sample accounts."""


class SampleLoaded(Refusal):
    template = N_("The sample organisation is loaded already.")


@dataclass(frozen=True, slots=True)
class Branch:
    """A branch: its committee, members and staff, and how far its answers stand from the common level."""

    code: str
    name: str
    parent: str
    members: int
    staff: int
    shift: float = 0.0


COMMITTEES = (("YT-1", "云汀区发展服务局机关党委"), ("YT-2", "云汀区社会事务局机关党委"))
BRANCHES = (
    Branch("YT-1-1", "办公室党支部", "YT-1", 40, 96),
    Branch("YT-1-2", "规划科党支部", "YT-1", 24, 51, shift=-0.4),
    Branch("YT-1-3", "项目科党支部", "YT-1", 36, 88, shift=0.3),
    Branch("YT-1-4", "离退休党支部", "YT-1", 18, 0),
    Branch("YT-1-5", "信息中心党支部", "YT-1", 26, 40, shift=0.6),
    Branch("YT-1-6", "后勤服务党支部", "YT-1", 21, 63, shift=-0.7),
    Branch("YT-2-1", "综合科党支部", "YT-2", 22, 47),
    Branch("YT-2-2", "民生服务党支部", "YT-2", 27, 74),
    Branch("YT-2-3", "社区工作党支部", "YT-2", 12, 39),
    Branch("YT-2-4", "档案室党支部", "YT-2", 3, 8),
)


@dataclass(frozen=True, slots=True)
class SamplePerson:
    login: str
    name: str
    role: UserRole
    unit: str


def people_of() -> tuple[SamplePerson, ...]:
    """One account for each role."""
    return (
        SamplePerson("demo-admin", "样例管理员", UserRole.ADMINISTRATOR, ROOT),
        SamplePerson("demo-committee", "样例机关工委", UserRole.HIGHER_COMMITTEE, ROOT),
        SamplePerson("demo-secretary", "样例支部书记", UserRole.SECRETARY, OWN_BRANCH),
        SamplePerson("demo-member", "样例支委", UserRole.COMMITTEE_MEMBER, OWN_BRANCH),
        SamplePerson("demo-scrutineer", "样例监票人", UserRole.SCRUTINEER, ROOT),
        SamplePerson("demo-assessor", "样例考核组", UserRole.ASSESSOR, ROOT),
        SamplePerson("demo-analyst", "样例数据分析员", UserRole.ANALYST, ROOT),
    )


@dataclass(frozen=True, slots=True)
class PlannedAction:
    """An action of the sample's plan: on which item of the truth, what is promised, and how far it has come."""

    truth_item: str
    title: str
    measure: str
    acceptance: str
    owner: str
    status: ActionStatus
    due_month: int | None = None
    """Month of the year after the survey; None: a few days ago, so that it is overdue."""
    unit: str = ROOT
    decided_by: str = "demo-committee"
    finding: str = ""
    causes: tuple[str, ...] = ()
    process: str = ""
    rule: str = ""
    """What was written into the rules, of one that proved itself."""

    def item_in(self, truth: Truth) -> str:
        return str(getattr(truth, self.truth_item, self.truth_item))

    def due_after(self, year: int, today: date) -> date:
        return today - timedelta(days=4) if self.due_month is None else date(year + 1, self.due_month, 30)


PLAN = (
    (
        PlannedAction(
            "improved", "组织生活按年初计划逐月落实", "年初排定全年安排并公布；每月 5 日前提醒；每季度通报开展情况。",
            "0.75", "组织委员", ActionStatus.VERIFIED, 6,
            finding="党员反映组织生活时有时无，临时通知多。",
            causes=("安排常与业务工作冲突", "全年没有统一的计划", "计划没有列入年初的支委会议题"),
            process="党员教育/组织生活", rule="组织生活年度计划须在一月底前由支委会通过并公布。",
        ),
        PlannedAction(
            "improved", "“三会一课”全年计划上墙", "年初公布全年安排，每次提前三天通知，缺课的一周内补上。",
            "0.80", "组织委员", ActionStatus.VERIFIED, 6, OWN_BRANCH, "demo-secretary",
            finding="支部党员提出“三会一课”通知晚、缺课不补。",
            causes=("通知靠口头", "没有固定的发布地方"),
            process="党员教育/组织生活",
        ),
    ),
    (
        PlannedAction(
            "declined", "发展党员全程公开", "政治审查、公示、票决结果在支部党员大会通报，程序表张贴在党务公开栏。",
            "0.85", "组织委员", ActionStatus.UNDER_WAY, None,
            finding="“发展党员公开规范”一题比上年下降。",
            causes=("各环节的结果只在支委会内知道", "没有规定向谁、何时通报"),
            process="党支部建设/发展党员",
        ),
        PlannedAction(
            "mech3", "党费收缴和使用按季公布", "每季度首月公布上季度收缴与使用明细，在支部联络群和公开栏同时公布。",
            "0.85", "副书记", ActionStatus.DONE, 9,
            process="党支部建设/经常性工作",
        ),
        PlannedAction(
            "mech5", "活动室和学习设备修缮", "维修投影和桌椅，增加无障碍通道，开放预约。",
            "0.80", "宣传委员", ActionStatus.PLANNED, 12,
            finding="活动场所使用不便，设备老旧。", process="党支部建设/活动阵地",
        ),
        PlannedAction(
            "resp4", "意见十日内答复", "设意见台账，每条意见注明承办人，十日内答复本人，每季度在支部党员大会通报。",
            "0.85", "纪检委员", ActionStatus.UNDER_WAY, None, OWN_BRANCH, "demo-secretary",
            finding="意见提出后常常没有下文。",
            causes=("意见没有登记", "没有指定承办人", "支委分工里没有这一项"),
            process="党支部建设/意见办理",
        ),
        PlannedAction(
            "perf3", "主题党日先征求意见再定题", "每季度向党员征集题目，活动后当场填写一张评价卡，下次据此调整。",
            "0.97", "宣传委员", ActionStatus.PLANNED, 12, OWN_BRANCH, "demo-secretary",
            process="党员教育/主题党日",
        ),
    ),
)  # fmt: skip


def build_tree(session: Session, years: Iterable[int], *, clock: Clock) -> Unit:
    """Units and their numbers of people eligible in these years. Raises: SampleLoaded."""
    if session.scalar(select(Unit.id).where(Unit.is_sample).limit(1)) is not None:
        raise SampleLoaded
    root = _unit(session, ROOT, "云汀区直机关工委（样例）", level=UnitLevel.WORKS_COMMITTEE, parent=None, clock=clock)
    root.is_sample = True
    above = {
        code: _unit(session, code, name, level=UnitLevel.COMMITTEE, parent=root, clock=clock)
        for code, name in COMMITTEES
    }
    units = {
        branch.code: _unit(
            session, branch.code, branch.name, level=UnitLevel.BRANCH, parent=above[branch.parent], clock=clock
        )
        for branch in BRANCHES
    }
    for year in years:
        day = date(year, 11, 20)
        for branch in BRANCHES:
            for audience, people in ((Audience.MEMBER, branch.members), (Audience.STAFF, branch.staff)):
                set_eligible(
                    session, units[branch.code], year=year, audience=audience.value, people=people,
                    reference_day=day, by=COMMAND_LINE, clock=clock,
                )  # fmt: skip
    return root


def set_objectives(session: Session, root: Unit, year: int, truth: Truth, *, by: User, clock: Clock) -> None:
    """The quality objectives of a year; the items in them are the primary ones of year over year."""
    wanted = (
        ("A1", "总体满意率不低于 90%", Measure.OVERALL, None, "0.90", "书记"),
        ("A2", "组织生活按计划开展，满意率不低于 75%", Measure.ITEM, truth.improved, "0.75", "组织委员"),
        ("A3", "发展党员公开规范，满意率不低于 85%", Measure.ITEM, truth.declined, "0.85", "组织委员"),
        ("A4", "“领导班子”各题平均满意率不低于 85%", Measure.DIMENSION, "leadership", "0.85", "书记"),
        ("A5", "参与率不低于 80%", Measure.PARTICIPATION, None, "0.80", "副书记"),
    )
    for code, title, measure, target, threshold, owner in wanted:
        set_objective(
            session, unit=root, year=year, audience=Audience.MEMBER.value, code=code, title=title, measure=measure,
            target=target, threshold=threshold, owner=owner, by=by, clock=clock,
        )  # fmt: skip


def _unit(session: Session, code: str, name: str, *, level: UnitLevel, parent: Unit | None, clock: Clock) -> Unit:
    return create_unit(
        session, code=code, name=name, level=level, kind=UnitKind.ORGAN, parent=parent, by=COMMAND_LINE, clock=clock
    )
