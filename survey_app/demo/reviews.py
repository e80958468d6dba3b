"""The sample's management review: the own branch went through the last sealed year, and its secretary signed."""

from __future__ import annotations

from datetime import date, timedelta

from flask_babel import force_locale
from sqlalchemy import select

from survey_app.demo.organisation import OWN_BRANCH
from survey_app.demo.stage import Stage, on
from survey_app.models import Action, PointKind, Survey
from survey_app.services.comments import comments_to_show
from survey_app.services.organisation import unit_by_code
from survey_app.services.questionnaires import instrument_of
from survey_app.services.results import report_for
from survey_app.services.reviewed import Meeting, content_hash
from survey_app.services.reviews import Said, change_point, change_review, sign_review, start_review
from survey_app.wording.agenda import Source, agenda_of
from survey_app.wording.names import Names

MEETING_ROOM, PEOPLE, PRESENT = "三楼会议室", 5, 5
CLOSING = "数字要向全体党员公开，整改要有人负责、有期限；下次测评时逐条检验。"
SAID = {
    PointKind.RETURNS: ("未作答的同志不追问、不点名。", "年底测评时增加一次集中作答时间。", "组织委员"),
    PointKind.PRIORITIES: (
        "意见答复不及时，多数与没有明确承办人有关；题目数据只说明关联，原因由支委分头了解。",
        "设意见台账，每条意见十日内答复本人，每季度在支部党员大会通报。",
        "纪检委员",
    ),
    PointKind.ACTIONS: ("上年措施继续坚持，不因一年的数字下结论。", "写入支部工作制度，再看一年。", "支部书记"),
}
"""Discussion, decision and who is responsible, by point."""


def hold_review(stage: Stage, survey: Survey) -> None:
    """The meeting of the first quarter after a sealed year: agenda, decisions, two signatures."""
    session, unit = stage.session, unit_by_code(stage.session, OWN_BRANCH)
    held_on = date(survey.year + 1, 2, 20)
    secretary, clock = stage.users["demo-secretary"], on(held_on)
    report = report_for(session, survey, unit)
    review = start_review(
        session, unit=unit, year=survey.year, results=[(survey, report)], agenda=_agenda(stage, survey),
        held_on=held_on, by=secretary, clock=clock,
    )  # fmt: skip
    meeting = Meeting(held_on, MEETING_ROOM, "支部书记", "组织委员", PEOPLE, PRESENT, "上级党委组织员", CLOSING)
    change_review(session, review, meeting, by=secretary, clock=clock)
    decided = select(Action).where(Action.unit_id == unit.id, Action.survey_id == survey.id).order_by(Action.created_at)
    action = session.scalars(decided.limit(1)).first()
    for point in review.points:
        if point.kind in SAID:
            discussion, decision, responsible = SAID[point.kind]
            becomes = action if point.kind is PointKind.PRIORITIES else None
            said = Said(point.title, discussion, decision, responsible, date(survey.year + 1, 6, 30), becomes)
            change_point(session, point, said, by=secretary, clock=clock)
    for days, login in enumerate(("demo-member", "demo-secretary")):
        signing = on(held_on + timedelta(days=days))
        sign_review(session, review, agreed=content_hash(review), by=stage.users[login], clock=signing)


def _agenda(stage: Stage, survey: Survey) -> list[tuple[PointKind, str, str]]:
    """As the page fills it in, in Chinese."""
    report = report_for(stage.session, survey, unit_by_code(stage.session, OWN_BRANCH))
    with force_locale("zh_Hans"):
        shown = comments_to_show(stage.session, survey, report)
        points = agenda_of([Source(shown, Names(instrument_of(survey), "zh_Hans"))])
        return [(PointKind(point.kind), point.title, "\n".join(point.facts)) for point in points]
