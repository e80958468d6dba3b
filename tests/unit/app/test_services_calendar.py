"""The calendar of a unit's year: days inherited from above, and stations that tick themselves off."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest
from sqlalchemy import event, func, select

from instruments import catalogue
from survey_app import services
from survey_app.models import (
    AccessMode,
    Activity,
    AuditEntry,
    State,
    StationKind,
    SuggestionChannel,
    SuggestionRound,
    Survey,
)
from survey_app.services import COMMAND_LINE
from survey_app.services.calendar import (
    DayChoice,
    Progress,
    Station,
    StationImpossible,
    calendars,
    set_station,
    stations_of,
    usual_day,
)
from tests.district import District, found_district


@pytest.fixture
def district(session, clock) -> District:
    return found_district(session, clock)


def station(district: District, unit: str, kind: StationKind, year: int = 2026) -> Station:
    return next(found for found in stations_of(district.session, district[unit], year) if found.kind is kind)


def decide(district: District, unit: str, kind: StationKind, choice: DayChoice = DayChoice.AS_ABOVE, **details):
    set_station(
        district.session, district[unit], 2026, kind, choice=choice, **details, by=COMMAND_LINE, clock=district.clock
    )


def asked(
    district: District,
    code: str,
    *,
    unit: str = "district",
    opened: date | None = None,
    closed: date | None = None,
    sealed: date | None = None,
    year: int = 2026,
) -> Survey:
    """A survey with a questionnaire of the catalogue, in the state that these days say."""
    version = services.publish_instrument(
        district.session, catalogue.read_text(code), by=COMMAND_LINE, clock=district.clock
    )
    survey = services.create_survey(
        district.session,
        title=f"{code} {year}",
        year=year,
        unit=district[unit],
        version=version,
        access_mode=AccessMode.CODES,
        closes_on=closed or date(year, 12, 14),
        reference_day=date(year, 1, 31),
        threshold=10,
        by=COMMAND_LINE,
        clock=district.clock,
    )
    lead(district, survey, opened=opened, closed=closed, sealed=sealed)
    return survey


def lead(
    district: District,
    survey: Survey,
    *,
    opened: date | None = None,
    closed: date | None = None,
    sealed: date | None = None,
) -> None:
    """Carry a survey forward, one state after the other."""
    for state, moment, day in (
        (State.OPEN, "opened_at", opened),
        (State.CLOSED, "closed_at", closed),
        (State.SEALED, "sealed_at", sealed),
    ):
        if day is not None:
            survey.state = state
            setattr(survey, moment, datetime(day.year, day.month, day.day, 12, tzinfo=UTC))
            district.session.flush()


def test_without_any_decision_the_usual_days_hold_everywhere(district):
    for unit in ("district", "education"):
        days = [found.day for found in stations_of(district.session, district[unit], 2026)]
        assert days == [usual_day(kind, 2026) for kind in StationKind]
    assert station(district, "education", StationKind.FEEDBACK_MEETING).day == date(2027, 3, 31)
    assert station(district, "education", StationKind.LOOK_BACK).set_by is None


def test_a_unit_follows_the_nearest_unit_above_that_chose_a_day(district):
    decide(district, "district", StationKind.PULSE_1, DayChoice.OWN_DAY, due_on=date(2026, 4, 10))
    decide(district, "organs", StationKind.PULSE_1, DayChoice.OWN_DAY, due_on=date(2026, 4, 20))
    assert station(district, "education", StationKind.PULSE_1).day == date(2026, 4, 20)
    assert station(district, "education", StationKind.PULSE_1).set_by == district["organs"]
    assert station(district, "waterworks", StationKind.PULSE_1).day == date(2026, 4, 10)
    assert station(district, "waterworks", StationKind.PULSE_2).day == date(2026, 6, 30)


def test_a_station_left_out_above_is_left_out_below_until_a_unit_chooses_its_own_day(district):
    decide(district, "district", StationKind.LOOK_BACK, DayChoice.LEFT_OUT)
    assert station(district, "finance", StationKind.LOOK_BACK).progress is Progress.LEFT_OUT
    assert station(district, "finance", StationKind.LOOK_BACK).set_by == district["district"]
    decide(district, "finance", StationKind.LOOK_BACK, DayChoice.OWN_DAY, due_on=date(2026, 8, 15))
    assert station(district, "finance", StationKind.LOOK_BACK).day == date(2026, 8, 15)
    assert station(district, "education", StationKind.LOOK_BACK).progress is Progress.LEFT_OUT
    decide(district, "finance", StationKind.LOOK_BACK, DayChoice.AS_ABOVE)
    assert station(district, "finance", StationKind.LOOK_BACK).progress is Progress.LEFT_OUT


def test_a_meeting_is_ticked_off_with_its_day_and_a_note_for_the_unit_that_held_it_alone(district):
    decide(district, "organs", StationKind.FEEDBACK_MEETING, done_on=date(2026, 10, 30), note="会议纪要 3 号")
    held = station(district, "organs", StationKind.FEEDBACK_MEETING)
    assert (held.progress, held.done_on, held.note) == (Progress.DONE, date(2026, 10, 30), "会议纪要 3 号")
    assert station(district, "education", StationKind.FEEDBACK_MEETING).progress is Progress.TO_COME
    decide(district, "organs", StationKind.FEEDBACK_MEETING)
    assert station(district, "organs", StationKind.FEEDBACK_MEETING).progress is Progress.TO_COME


@pytest.mark.parametrize(
    ("details", "reason"),
    [
        ({"choice": DayChoice.OWN_DAY}, "day"),
        ({"choice": DayChoice.OWN_DAY, "due_on": date(2028, 1, 31)}, "day"),
        ({"choice": DayChoice.OWN_DAY, "due_on": date(2025, 12, 31)}, "day"),
        ({"done_on": date(2026, 11, 3)}, "future"),
    ],
)
def test_a_day_outside_the_year_or_a_tick_in_the_future_is_refused(district, details, reason):
    with pytest.raises(StationImpossible) as refused:
        decide(district, "organs", StationKind.PULSE_3, **details)
    assert refused.value.reason == reason
    assert station(district, "organs", StationKind.PULSE_3).own is None


def test_what_was_decided_is_in_the_record_of_acts(district):
    decide(district, "organs", StationKind.PULSE_3, DayChoice.OWN_DAY, due_on=date(2026, 10, 15))
    entry = district.session.scalars(select(AuditEntry).order_by(AuditEntry.number.desc())).first()
    assert entry is not None
    assert (entry.act, entry.unit_id) == ("calendar.set", district["organs"].id)
    assert entry.detail["due"] == "2026-10-15"


def test_objectives_that_reach_a_unit_tick_its_station_off(district):
    services.set_objective(
        district.session, unit=district["organs"], year=2026, audience="member", code="O1", title="总体满意率",
        measure="overall", target=None, threshold="0.90", owner="", by=COMMAND_LINE, clock=district.clock,
    )  # fmt: skip
    assert station(district, "organs", StationKind.OBJECTIVES).progress is Progress.DONE
    assert station(district, "education", StationKind.OBJECTIVES).progress is Progress.DONE
    assert station(district, "waterworks", StationKind.OBJECTIVES).progress is Progress.TO_COME
    record = services.objectives_for(district.session, district["organs"], 2026, "member")[0]
    record.reaches_below = False
    assert station(district, "organs", StationKind.OBJECTIVES).progress is Progress.DONE
    assert station(district, "education", StationKind.OBJECTIVES).progress is Progress.TO_COME


def test_the_look_back_is_under_way_while_it_is_prepared_and_done_when_it_closes(district):
    survey = asked(district, "half-year-look-back")
    assert station(district, "education", StationKind.LOOK_BACK).progress is Progress.NOW
    lead(district, survey, opened=date(2026, 7, 10), closed=date(2026, 7, 20))
    held = station(district, "education", StationKind.LOOK_BACK)
    assert (held.progress, held.done_on, held.surveys) == (Progress.DONE, date(2026, 7, 20), (survey,))


def test_the_annual_survey_is_done_when_that_of_members_and_that_of_staff_are_sealed(district):
    members = asked(district, "member-satisfaction", opened=date(2026, 12, 1))
    staff = asked(district, "staff-satisfaction", opened=date(2026, 12, 1))
    assert station(district, "finance", StationKind.ANNUAL_SURVEY).progress is Progress.NOW
    lead(district, members, closed=date(2026, 12, 14), sealed=date(2026, 12, 15))
    assert station(district, "finance", StationKind.ANNUAL_SURVEY).progress is Progress.NOW
    lead(district, staff, closed=date(2026, 12, 16), sealed=date(2026, 12, 18))
    held = station(district, "finance", StationKind.ANNUAL_SURVEY)
    assert (held.progress, held.done_on) == (Progress.DONE, date(2026, 12, 16))


@pytest.mark.parametrize(
    ("opened", "counts_for"),
    [
        (date(2026, 2, 10), StationKind.PULSE_1),
        (date(2026, 3, 31), StationKind.PULSE_1),
        (date(2026, 4, 1), StationKind.PULSE_2),
        (date(2026, 9, 5), StationKind.PULSE_3),
        (date(2026, 11, 20), StationKind.PULSE_4),
    ],
)
def test_a_pulse_counts_for_the_quarter_in_which_it_opened(district, opened, counts_for):
    asked(district, "pulse", opened=opened, closed=date(2026, 12, 1))
    done = [s.kind for s in stations_of(district.session, district["education"], 2026) if s.progress is Progress.DONE]
    assert done == [counts_for]


def test_a_pulse_follows_the_days_that_a_unit_has_chosen(district):
    decide(district, "organs", StationKind.PULSE_1, DayChoice.OWN_DAY, due_on=date(2026, 4, 15))
    decide(district, "enterprises", StationKind.PULSE_2, DayChoice.LEFT_OUT)
    asked(district, "pulse", opened=date(2026, 4, 5), closed=date(2026, 4, 12))
    assert station(district, "finance", StationKind.PULSE_1).progress is Progress.DONE
    assert station(district, "waterworks", StationKind.PULSE_1).progress is Progress.TO_COME
    assert station(district, "waterworks", StationKind.PULSE_3).progress is Progress.DONE


def test_a_pulse_is_under_way_until_it_closes(district):
    asked(district, "pulse", opened=date(2026, 9, 5))
    assert station(district, "education", StationKind.PULSE_3).progress is Progress.NOW


def test_the_annual_survey_stands_for_the_last_pulse_but_a_draft_for_none(district):
    survey = asked(district, "member-satisfaction")
    assert station(district, "education", StationKind.PULSE_4).progress is Progress.TO_COME
    lead(district, survey, opened=date(2026, 12, 1))
    assert station(district, "education", StationKind.PULSE_4).progress is Progress.NOW


def test_surveys_for_another_occasion_are_no_pulses(district):
    opened, closed = date(2026, 5, 4), date(2026, 5, 9)
    around = asked(district, "pulse", opened=opened, closed=closed)
    district.session.add(Activity(title="主题党日", held_on=closed, unit=district["district"], after=around))
    box = asked(district, "suggestion-box", opened=opened, closed=closed)
    channel = SuggestionChannel(slug="box", title="意见箱", unit=district["district"], instrument=box.instrument)
    district.session.add(SuggestionRound(survey=box, channel=channel))
    asked(district, "half-year-look-back", opened=opened, closed=closed)
    asked(district, "training-evaluation", opened=opened, closed=closed)
    asked(district, "pulse", opened=opened).state = State.WITHDRAWN
    district.session.flush()
    assert station(district, "education", StationKind.PULSE_2).progress is Progress.TO_COME


def test_a_survey_elsewhere_or_below_does_not_stand_for_ones_own(district):
    asked(district, "pulse", unit="enterprises", opened=date(2026, 5, 4), closed=date(2026, 5, 9))
    assert station(district, "waterworks", StationKind.PULSE_2).progress is Progress.DONE
    assert station(district, "education", StationKind.PULSE_2).progress is Progress.TO_COME
    assert station(district, "district", StationKind.PULSE_2).progress is Progress.TO_COME


def test_a_tick_made_by_hand_goes_before_what_the_database_knows(district):
    asked(district, "pulse", opened=date(2026, 9, 5))
    decide(district, "education", StationKind.PULSE_3, done_on=date(2026, 9, 1), note="座谈会")
    assert station(district, "education", StationKind.PULSE_3).done_on == date(2026, 9, 1)


def test_what_was_missed_is_called_for_a_while_and_then_no_more(district):
    missed = station(district, "education", StationKind.PULSE_2)
    assert missed.overdue_days(date(2026, 6, 30)) == 0
    assert missed.overdue_days(date(2026, 7, 4)) == 4
    assert missed.is_called_for(date(2026, 7, 4))
    assert not missed.is_called_for(date(2026, 11, 2))


def test_many_units_and_years_take_as_many_queries_as_one(district):
    district.session.commit()
    district.session.expire_all()
    units = [district[code] for code in ("district", "organs", "education", "finance", "waterworks", "enterprises")]
    for unit in units:
        assert unit.name
    statements = []
    event.listen(district.session.get_bind(), "before_cursor_execute", lambda *said: statements.append(said[2]))
    found = calendars(district.session, units, [2025, 2026, 2027])
    assert len(found) == 18
    assert len(statements) == 3


def test_the_record_grows_by_one_entry_for_each_decision(district):
    count = select(func.count()).select_from(AuditEntry).where(AuditEntry.act == "calendar.set")
    decide(district, "organs", StationKind.PULSE_3, DayChoice.LEFT_OUT)
    decide(district, "organs", StationKind.PULSE_3, DayChoice.AS_ABOVE)
    assert district.session.scalar(count) == 2
