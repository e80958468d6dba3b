"""A row of everything that a committee leaves in the database over a year, besides its surveys."""

from __future__ import annotations

from datetime import date
from hashlib import sha256

from sqlalchemy import select
from sqlalchemy.orm import Session

from survey_app.clock import Clock
from survey_app.models import (
    Action,
    ActionEvidence,
    Activity,
    AgendaPoint,
    AssessmentScheme,
    CalendarEntry,
    ColumnMap,
    CommentDecision,
    CommentState,
    Decision,
    ExportJob,
    ExportPart,
    JobState,
    NoticeMark,
    ParticipationOfDay,
    PointKind,
    ProcessList,
    Proposal,
    Publication,
    PublishedSeries,
    PublishedYear,
    ReportNarrative,
    Review,
    ReviewedResult,
    ReviewSignature,
    SiteEvidence,
    SiteMark,
    SiteMarkKind,
    StationKind,
    Suggestion,
    SuggestionChannel,
    SuggestionRound,
    SuggestionState,
    Survey,
    ThemeList,
    User,
    UserSession,
)

FIGURES = b'{"rows": []}'
CALENDAR_KEY = sha256(b"key").digest()


def leave_traces_of_a_year(session: Session, survey: Survey, *, before: Survey, after: Survey, clock: Clock) -> None:
    """`survey` is taken for a round of a suggestion channel, the other two for those around an activity."""
    unit, user = survey.unit, session.scalars(select(User)).first()
    assert user is not None
    user.email, user.wants_mail, user.calendar_key = "secretary@example.org", True, CALENDAR_KEY
    user.memberships[0].until = date(2099, 12, 31)
    channel = SuggestionChannel(slug="a1b2c3", title="意见建议", unit=unit, instrument=survey.instrument)
    one_round = SuggestionRound(survey=survey, channel=channel, collected_on=clock.today())
    session.add_all([channel, one_round])
    series = PublishedSeries(code="peers", title="同行公布的结果", origin="公开年报", unit=unit)
    series.years.append(
        PublishedYear(year=2025, sha256=sha256(FIGURES).hexdigest(), figures=FIGURES, imported_at=clock.now())
    )
    session.flush()
    session.add_all(
        [
            UserSession(user_id=user.id, started_at=clock.now(), device="Firefox · Linux"),
            NoticeMark(user_id=user.id, key="station:annual_survey:2026", read_at=clock.now()),
            CalendarEntry(unit_id=unit.id, year=2026, kind=StationKind.ANNUAL_SURVEY, due_on=date(2026, 12, 20)),
            Activity(title="主题党日", held_on=date(2026, 7, 1), unit=unit, before=before, after=after),
            ColumnMap(name="旧问卷", kind="answers", source="Q1: lead1\n", changed_at=clock.now(), unit=unit),
            Suggestion(
                position=1, original="请张三多听意见。", shown="请×××多听意见。", survey_id=survey.id, unit=unit,
                state=SuggestionState.RELEASED, answer="已安排每月座谈。", answered_on=clock.today(),
            ),
            series,
        ]
    )  # fmt: skip
    _leave_plan_and_review(session, survey, user, clock=clock)
    _leave_assessment_file(session, survey, user, clock=clock)
    session.flush()


def _leave_plan_and_review(session: Session, survey: Survey, user: User, *, clock: Clock) -> None:
    unit, now = survey.unit, clock.now()
    action = Action(
        title="意见答复台账", item="listen1", baseline_satisfied=11, baseline_n=31, acceptance="0.65", owner="组织委员",
        due=date(2026, 6, 30), created_at=now, unit=unit, survey=survey, owner_user=user,
        finding="意见提出后没有下文。", causes=["没有专人登记", "没有时限"], process="党支部建设/组织生活",
        resources="一个月例会",
    )  # fmt: skip
    review = Review(
        year=2025, held_on=date(2026, 2, 20), created_at=now, unit=unit, unit_name=unit.name, expected=7, present=6
    )
    review.results.append(ReviewedResult(sha256=sha256(FIGURES).hexdigest(), report=FIGURES, survey=survey))
    review.points.append(
        AgendaPoint(position=1, kind=PointKind.OBJECTIVES, title="目标达成", action=action, action_title=action.title)
    )
    review.signatures.append(ReviewSignature(name="书记", role="secretary", signed_at=now, sha256="0" * 64, user=user))
    evidence = ActionEvidence(
        name="台账.pdf", media_type="application/pdf", size=len(FIGURES), sha256=sha256(FIGURES).hexdigest(),
        added_at=now, content=FIGURES, action=action,
    )  # fmt: skip
    decided = CommentDecision(
        survey_id=survey.id, item="comment", text_sha256="0" * 64, unit_id=unit.id, state=CommentState.RELEASED,
        decided_at=now, shown="多听意见。", themes=["意见办理"],
    )  # fmt: skip
    session.add_all(
        [
            action, review, evidence, decided, ThemeList(source="意见办理: 意见, 答复\n", unit=unit),
            ProcessList(source="党员教育\n", unit=unit),
            Proposal(
                item="listen1", decision=Decision.ADOPTED, decided_at=now, unit=unit, survey=survey, action=action
            ),
            Publication(slug="d4e5f6", unit=unit, survey=survey, parts=["returns"], published_at=now),
        ]
    )  # fmt: skip


def _leave_assessment_file(session: Session, survey: Survey, user: User, *, clock: Clock) -> None:
    unit, now = survey.unit, clock.now()
    scheme = AssessmentScheme(
        year=2026, source="schema: 1\n", sha256=sha256(b"schema: 1\n").hexdigest(), changed_at=now, unit=unit
    )
    mark = SiteMark(
        check_point="a1", kind=SiteMarkKind.POINTS, points="2.5", note="台账齐全", entered_at=now, scheme=scheme,
        unit=unit, entered_by=user,
    )  # fmt: skip
    mark.evidence.append(
        SiteEvidence(
            name="现场.pdf",
            media_type="application/pdf",
            size=len(FIGURES),
            sha256=sha256(FIGURES).hexdigest(),
            added_at=now,
            content=FIGURES,
        )
    )  # fmt: skip
    job = ExportJob(
        format="workbook", language="zh_Hans", asked_at=now, survey=survey, unit=unit, user=user, state=JobState.DONE,
        done=1, total=1, finished_at=now, filename="a.xlsx", mime="application/zip", size=len(FIGURES),
        sha256=sha256(FIGURES).hexdigest(),
    )  # fmt: skip
    session.add_all(
        [
            scheme, mark, job,
            ReportNarrative(survey_id=survey.id, unit_id=unit.id, section="weak", text="意见待办。", changed_at=now),
        ]
    )  # fmt: skip
    session.flush()
    session.add(ExportPart(job_id=job.id, position=0, content=FIGURES))
    session.add(ParticipationOfDay(survey_id=survey.id, day=clock.today(), groups={}, units={str(unit.id): 10}))
