"""An activity and the two surveys around it: opinions before, evaluation after."""

from __future__ import annotations

from datetime import UTC, date, datetime
from random import Random

import pytest
from sqlalchemy import select

from survey_app import services
from survey_app.extensions import db
from survey_app.models import Activity, AuditEntry, State, Survey, Unit
from survey_app.services.activities import ActivityImpossible, Part, create_activity, make_part
from tests.answering import count_and_seal
from tests.committee_world import World, open_and_answer
from tests.page_checks import elements, text_of
from tests.visitor import Visitor

PAGE = "/committee/activities/"
TITLE = "十二月主题党日"


@pytest.fixture
def secretary(world: World) -> Visitor:
    return world.as_user("secretary")


def make_one(world: World, secretary: Visitor) -> str:
    made = secretary.submit(PAGE + "new", title=TITLE, held_on="2026-12-20", unit=str(world.units["A"]))
    assert made.status_code == 302, made.text
    return made.location


def the_activity() -> Activity:
    return db.session.scalars(select(Activity).where(Activity.title == TITLE)).one()


def test_an_activity_makes_two_linked_drafts_one_before_and_one_after_its_day(world: World, secretary: Visitor):
    address = make_one(world, secretary)
    text = secretary.text(address)
    assert "Both drafts have been made." in text
    assert "Open it after the day of the activity." in text
    with world.app.app_context():
        activity = the_activity()
        before, after = activity.before, activity.after
        assert (before.state, after.state) == (State.DRAFT, State.DRAFT)
        assert (before.instrument.code, after.instrument.code) == ("activity-before", "activity-after")
        assert before.closes_on == date(2026, 12, 19)
        assert after.closes_on == date(2026, 12, 27)
        acts = db.session.scalars(select(AuditEntry).where(AuditEntry.object_id == str(activity.id)))
        assert [entry.act for entry in acts] == ["activity.create", "activity.add_survey", "activity.add_survey"]
        before_path = f"/committee/surveys/{before.id}"
    assert f"Belongs to the activity: {TITLE}" in secretary.text(before_path)
    assert TITLE in secretary.text(PAGE)


@pytest.mark.parametrize(
    ("typed", "told"),
    [
        ({"title": TITLE, "held_on": "2026-12-08"}, "later than today"),
        ({"title": TITLE, "held_on": "sometime"}, "A day such as 2026-12-14."),
        ({"title": "", "held_on": "2026-12-20"}, "Please name the activity."),
    ],
)
def test_an_activity_without_a_day_to_come_is_refused_with_what_was_typed(
    secretary: Visitor, world: World, typed, told
):
    refused = secretary.submit(PAGE + "new", unit=str(world.units["A"]), **typed)
    assert (refused.status_code, told in refused.text) == (422, True)
    assert typed["title"] in refused.text
    with world.app.app_context():
        assert db.session.scalar(select(Activity).where(Activity.title == TITLE)) is None


def test_a_discarded_draft_leaves_its_place_and_is_made_anew_from_the_page(world: World, secretary: Visitor):
    address = make_one(world, secretary)
    with world.app.app_context():
        draft = f"/committee/surveys/{the_activity().after.id}"
    assert secretary.submit(draft + "/discard").status_code == 302
    assert "its draft was discarded" in secretary.text(address)
    made = secretary.submit(address, to=f"{address}/after")
    assert made.status_code == 302
    assert made.location != draft
    with world.app.app_context():
        assert f"/committee/surveys/{the_activity().after.id}" == made.location


def test_the_corrected_copy_of_a_withdrawn_survey_takes_its_place(world: World, secretary: Visitor):
    make_one(world, secretary)
    with world.app.app_context():
        first = the_activity().before
        open_and_answer(world, first, share=0)
        db.session.commit()
        copy = services.withdraw_survey(
            db.session, first, reason="日期写错", by=services.COMMAND_LINE, clock=world.app.config["CLOCK"], copy=True
        )
        db.session.commit()
        assert the_activity().before_id == copy.id != first.id


def test_without_a_copy_the_withdrawn_survey_stays_until_another_is_made(world: World, secretary: Visitor):
    address = make_one(world, secretary)
    with world.app.app_context():
        first = the_activity().before
        open_and_answer(world, first, share=0)
        services.withdraw_survey(
            db.session, first, reason="日期写错", by=services.COMMAND_LINE, clock=world.app.config["CLOCK"], copy=False
        )
        db.session.commit()
    assert "日期写错" in secretary.text(address)
    assert secretary.submit(address, to=f"{address}/before").status_code == 302
    with world.app.app_context():
        assert the_activity().before.state is State.DRAFT


def test_a_survey_that_is_there_is_not_made_twice_and_wishes_are_not_asked_after_the_day(world: World):
    with world.app.app_context():
        arguments = {"by": services.COMMAND_LINE, "clock": world.app.config["CLOCK"]}
        unit = db.session.get_one(Unit, world.units["A"])
        activity = create_activity(
            db.session, unit=unit, title=TITLE, held_on=date(2026, 12, 20), before_title="前", after_title="后",
            **arguments,
        )  # fmt: skip
        with pytest.raises(ActivityImpossible, match="exists already"):
            make_part(db.session, activity, Part.BEFORE, title="前", **arguments)
        services.discard_survey(db.session, activity.before, **arguments)
        world.app.config["CLOCK"].moment = datetime(2026, 12, 20, 9, tzinfo=UTC)
        with pytest.raises(ActivityImpossible, match="no longer be gathered"):
            make_part(db.session, activity, Part.BEFORE, title="前", **arguments)


def test_both_results_stand_side_by_side_once_sealed(world: World, secretary: Visitor):
    address = make_one(world, secretary)
    assert "The result stands here once the survey is sealed." not in secretary.text(address)
    with world.app.app_context():
        for name in ("before", "after"):
            survey: Survey = getattr(the_activity(), name)
            open_and_answer(world, survey, share=1)
            services.close_survey(db.session, survey, by=services.COMMAND_LINE, clock=world.app.config["CLOCK"])
            count_and_seal(
                db.session,
                survey,
                world.passphrases[survey.id],
                clock=world.app.config["CLOCK"],
                secret=world.app.config["INSTALLATION_SECRET"],
                rng=Random(5),
            )
        db.session.commit()
    page = secretary.page(address)
    text = text_of(page)
    assert "14 ballots were issued, 14 came back, 14 of them valid" in text
    assert "people answered" in text
    assert len([a for a in elements(page, "a") if text_of(a) == "To the result"]) == 2


def test_a_neighbours_activity_is_not_seen(world: World, secretary: Visitor):
    assert "水务局" not in secretary.text(PAGE)
    assert secretary.get(f"{PAGE}{world.activities['C2']}").status_code == 404
