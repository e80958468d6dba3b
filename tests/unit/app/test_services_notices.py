"""Who is told what, and when: notices follow from the state of things, by right and by place in the tree."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from sqlalchemy import event

from instruments import catalogue
from survey_app import services
from survey_app.models import AccessMode, Action, ActionStatus, Membership, State, StationKind, Survey, User, UserRole
from survey_app.services import COMMAND_LINE
from survey_app.services.calendar import DayChoice, set_station
from survey_app.services.notice_marks import mark_mailed, mark_read, read_keys, to_mail
from survey_app.services.notices import Notice, NoticeKind, notices_of, state_of_things
from tests.district import District, found_district

TODAY = date(2026, 11, 2)


@pytest.fixture
def district(session, clock) -> District:
    """All stations of the year left out at the top: what is told here is told by the test."""
    district = found_district(session, clock)
    for year in (2025, 2026, 2027):
        for kind in StationKind:
            set_station(
                session, district["district"], year, kind,
                choice=DayChoice.LEFT_OUT, by=COMMAND_LINE, clock=clock,
            )  # fmt: skip
    return district


def told(district: District, user: User) -> list[tuple[NoticeKind, str]]:
    """Kind and unit of each notice."""
    return [(notice.kind, notice.unit_name) for notice in found(district, user)]


def found(district: District, user: User) -> tuple[Notice, ...]:
    return notices_of(district.session, user, clock=district.clock)


def planned(district: District, unit: str, kind: StationKind, day: date) -> None:
    set_station(
        district.session, district[unit], 2026, kind,
        choice=DayChoice.OWN_DAY, due_on=day, by=COMMAND_LINE, clock=district.clock,
    )  # fmt: skip


def lead(district: District, survey: Survey, *states: State) -> Survey:
    """Carry a survey forward, one state after the other."""
    moments = {State.OPEN: "opened_at", State.CLOSED: "closed_at", State.SEALED: "sealed_at"}
    for state in states:
        survey.state = state
        setattr(survey, moments[state], district.clock.now())
        district.session.flush()
    return survey


def drafted(district: District, unit: str, *, closes_on: date, code: str = "pulse") -> Survey:
    version = services.publish_instrument(
        district.session, catalogue.read_text(code), by=COMMAND_LINE, clock=district.clock
    )
    return services.create_survey(
        district.session, title=f"{code} {unit}", year=2026, unit=district[unit], version=version,
        access_mode=AccessMode.CODES, closes_on=closes_on, reference_day=date(2026, 10, 31), threshold=10,
        by=COMMAND_LINE, clock=district.clock,
    )  # fmt: skip


def action(district: District, unit: str, due: date, status: ActionStatus = ActionStatus.PLANNED) -> Action:
    made = Action(
        title=f"措施 {due}", item="Q1", baseline_satisfied=8, baseline_n=10, acceptance="0.9", owner="顾一鸣", due=due,
        created_at=district.clock.now(), unit=district[unit], survey=district.draft(unit), status=status,
    )  # fmt: skip
    district.session.add(made)
    district.session.flush()
    return made


@pytest.mark.parametrize(
    ("day", "kind"),
    [
        (TODAY + timedelta(days=31), None),
        (TODAY + timedelta(days=30), NoticeKind.STATION_DUE),
        (TODAY, NoticeKind.STATION_DUE),
        (TODAY - timedelta(days=1), NoticeKind.STATION_OVERDUE),
        (TODAY - timedelta(days=91), None),
    ],
)
def test_a_station_is_called_for_from_thirty_days_before_until_it_lapses(district, day, kind):
    secretary = district.person(UserRole.SECRETARY, "education")
    planned(district, "education", StationKind.FEEDBACK_MEETING, day)
    assert told(district, secretary) == ([(kind, "Education")] if kind else [])


def test_a_station_is_new_again_at_thirty_seven_and_no_days_and_when_overdue(district, clock):
    secretary = district.person(UserRole.SECRETARY, "education")
    planned(district, "education", StationKind.FEEDBACK_MEETING, TODAY + timedelta(days=30))
    keys = []
    for days in (0, 22, 23, 29, 30, 31, 40):
        clock.moment = datetime(2026, 11, 2, 9, tzinfo=UTC) + timedelta(days=days)
        keys.append(found(district, secretary)[0].key)
    assert len(set(keys)) == 4
    assert keys[0] == keys[1]
    assert keys[2] == keys[3]
    assert keys[5] == keys[6]


def test_a_station_ticked_off_or_under_way_is_not_called_for(district, clock):
    secretary = district.person(UserRole.SECRETARY, "education")
    planned(district, "education", StationKind.LOOK_BACK, TODAY)
    survey = drafted(district, "education", closes_on=TODAY + timedelta(days=90), code="half-year-look-back")
    assert told(district, secretary) == []
    district.session.delete(survey)
    assert told(district, secretary) == [(NoticeKind.STATION_DUE, "Education")]
    set_station(
        district.session, district["education"], 2026, StationKind.LOOK_BACK,
        choice=DayChoice.AS_ABOVE, done_on=TODAY, by=COMMAND_LINE, clock=clock,
    )  # fmt: skip
    assert told(district, secretary) == []


def test_a_survey_is_called_for_from_its_draft_to_its_box(district):
    secretary = district.person(UserRole.SECRETARY, "education")
    scrutineer = district.person(UserRole.SCRUTINEER, "education")
    survey = drafted(district, "education", closes_on=TODAY + timedelta(days=14))
    assert told(district, secretary) == [(NoticeKind.SURVEY_TO_OPEN, "Education")]
    lead(district, survey, State.OPEN)
    assert told(district, secretary) == []
    survey.closes_on = TODAY + timedelta(days=3)
    assert told(district, secretary) == [(NoticeKind.SURVEY_CLOSING, "Education")]
    survey.closes_on = TODAY - timedelta(days=1)
    assert told(district, secretary) == [(NoticeKind.SURVEY_TO_CLOSE, "Education")]
    assert told(district, scrutineer) == []
    lead(district, survey, State.CLOSED)
    assert told(district, secretary) == []
    assert told(district, scrutineer) == [(NoticeKind.BOX_TO_OPEN, "Education")]
    lead(district, survey, State.SEALED)
    assert told(district, scrutineer) == []


def test_every_scrutineer_is_told_of_a_box_also_those_of_units_above(district):
    near, far = district.person(UserRole.SCRUTINEER, "education"), district.person(UserRole.SCRUTINEER, "organs")
    elsewhere = district.person(UserRole.SCRUTINEER, "enterprises")
    survey = drafted(district, "education", closes_on=TODAY)
    lead(district, survey, State.OPEN, State.CLOSED)
    assert told(district, near) == told(district, far) == [(NoticeKind.BOX_TO_OPEN, "Education")]
    assert told(district, elsewhere) == []


def test_what_is_for_a_unit_to_do_is_told_to_the_nearest_who_may_do_it(district):
    higher = district.person(UserRole.HIGHER_COMMITTEE, "district")
    committee = district.person(UserRole.SECRETARY, "organs")
    survey = drafted(district, "education", closes_on=TODAY)
    assert told(district, higher) == []
    assert told(district, committee) == [(NoticeKind.SURVEY_TO_OPEN, "Education")]
    branch = district.person(UserRole.SECRETARY, "education")
    assert told(district, branch) == [(NoticeKind.SURVEY_TO_OPEN, "Education")]
    assert told(district, committee) == []
    branch.is_active = False
    assert told(district, committee) == [(NoticeKind.SURVEY_TO_OPEN, "Education")]
    committee.memberships[0].until = TODAY - timedelta(days=1)
    assert told(district, committee) == []
    assert told(district, higher) == [(NoticeKind.SURVEY_TO_OPEN, survey.unit.name)]


def test_nothing_of_a_unit_elsewhere_is_told(district):
    stranger = district.person(UserRole.SECRETARY, "enterprises")
    drafted(district, "education", closes_on=TODAY)
    action(district, "education", TODAY)
    planned(district, "organs", StationKind.PULSE_4, TODAY)
    assert told(district, stranger) == []


def test_who_may_not_run_surveys_is_not_told_to(district):
    member, assessor = (district.person(role, "education") for role in (UserRole.COMMITTEE_MEMBER, UserRole.ASSESSOR))
    planned(district, "education", StationKind.PULSE_4, TODAY)
    drafted(district, "education", closes_on=TODAY)
    assert told(district, member) == told(district, assessor) == []


def test_a_fresh_result_is_told_to_the_people_of_the_units_it_asked(district, clock):
    branch = district.person(UserRole.COMMITTEE_MEMBER, "education")
    elsewhere = district.person(UserRole.COMMITTEE_MEMBER, "waterworks")
    survey = lead(district, drafted(district, "organs", closes_on=TODAY), State.OPEN, State.CLOSED, State.SEALED)
    (notice,) = found(district, branch)
    assert (notice.kind, notice.object_id, notice.unit_id) == (
        NoticeKind.RESULT_SEALED, survey.id, district["education"].id,
    )  # fmt: skip
    assert told(district, elsewhere) == []
    clock.moment += timedelta(days=31)
    assert told(district, branch) == []


def test_actions_are_called_for_a_week_before_and_when_overdue(district):
    member = district.person(UserRole.COMMITTEE_MEMBER, "education")
    action(district, "education", TODAY + timedelta(days=8))
    action(district, "education", TODAY + timedelta(days=7))
    action(district, "education", TODAY - timedelta(days=200))
    action(district, "education", TODAY, ActionStatus.DONE)
    assert told(district, member) == [
        (NoticeKind.ACTION_OVERDUE, "Education"),
        (NoticeKind.ACTION_DUE, "Education"),
    ]


def test_who_answers_for_an_action_is_told_also_where_somebody_is_nearer(district):
    district.person(UserRole.COMMITTEE_MEMBER, "education")
    above = district.person(UserRole.SECRETARY, "district")
    stranger = district.person(UserRole.SECRETARY, "enterprises")
    late = action(district, "education", TODAY - timedelta(days=1))
    assert told(district, above) == []
    late.owner_user = above
    district.session.flush()
    assert told(district, above) == [(NoticeKind.ACTION_OVERDUE, "Education")]
    late.owner_user = stranger  # the role there has been taken away meanwhile
    district.session.flush()
    assert told(district, stranger) == []


def test_an_annual_survey_about_to_open_without_objectives_is_told(district):
    secretary = district.person(UserRole.SECRETARY, "education")
    planned(district, "education", StationKind.OBJECTIVES, date(2026, 1, 31))
    survey = drafted(district, "education", closes_on=TODAY + timedelta(days=10), code="member-satisfaction")
    kinds = [kind for kind, _unit in told(district, secretary)]
    assert sorted(kinds) == [NoticeKind.OBJECTIVES_MISSING, NoticeKind.SURVEY_TO_OPEN]
    services.set_objective(
        district.session, unit=district["district"], year=2026, audience="member", code="O1", title="总体满意率",
        measure="overall", target=None, threshold="0.90", owner="", by=COMMAND_LINE, clock=district.clock,
    )  # fmt: skip
    assert [kind for kind, _unit in told(district, secretary)] == [NoticeKind.SURVEY_TO_OPEN]
    assert survey.state is State.DRAFT


def test_a_role_that_ends_soon_is_told_to_its_holder(district):
    person = district.person(UserRole.COMMITTEE_MEMBER, "education")
    membership: Membership = person.memberships[0]
    membership.until = TODAY + timedelta(days=15)
    assert told(district, person) == []
    membership.until = TODAY + timedelta(days=14)
    assert told(district, person) == [(NoticeKind.ROLE_ENDING, "Education")]
    membership.until = TODAY - timedelta(days=1)
    assert told(district, person) == []


def test_what_was_read_or_sent_is_not_sent_again(district, clock):
    secretary = district.person(UserRole.SECRETARY, "education")
    other = district.person(UserRole.SECRETARY, "education", login="other")
    drafted(district, "education", closes_on=TODAY)
    planned(district, "education", StationKind.PULSE_4, TODAY)
    first, second = found(district, secretary)
    assert len(to_mail(district.session, secretary, [first, second])) == 2
    mark_read(district.session, secretary, [first.key], clock=clock)
    assert to_mail(district.session, secretary, [first, second]) == [second]
    mark_mailed(district.session, secretary, [second.key], clock=clock)
    assert to_mail(district.session, secretary, [first, second]) == []
    assert read_keys(district.session, secretary, [first, second]) == {first.key}
    assert len(to_mail(district.session, other, [first, second])) == 2


def test_notices_take_a_known_number_of_queries_however_many_units_and_surveys(district, session):
    higher = district.person(UserRole.HIGHER_COMMITTEE, "district")
    statements: list[str] = []
    event.listen(session.get_bind(), "before_cursor_execute", lambda _c, _cursor, sql, *_rest: statements.append(sql))

    def asked() -> tuple[int, int]:
        session.commit()
        session.expunge_all()
        user = session.get_one(User, higher.id)
        assert user.memberships
        statements.clear()
        return len(notices_of(session, user, clock=district.clock)), len(statements)

    drafted(district, "education", closes_on=TODAY, code="member-satisfaction")
    few, queries_for_few = asked()
    for unit in ("organs", "education", "finance", "enterprises", "waterworks"):
        district = District(
            session,
            district.clock,
            {u.code: u for u in services.subtree(session, services.unit_by_code(session, "district"))},
            district.version,
        )
        drafted(district, unit, closes_on=TODAY)
        action(district, unit, TODAY)
    many, queries_for_many = asked()
    assert many >= few + 10
    assert queries_for_many == queries_for_few <= 16


def test_the_state_of_things_changes_with_every_act(district, session):
    before = state_of_things(session)
    assert state_of_things(session) == before
    drafted(district, "education", closes_on=TODAY)
    assert state_of_things(session) != before
