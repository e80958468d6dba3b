"""A role is held up to its last day; then it opens nothing, whatever else stays as it is."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from survey_app import services
from survey_app.errors import OwnAdministration, RoleEndImpossible, RoleHeld
from survey_app.extensions import db
from survey_app.models import Unit, User, UserRole
from tests.committee_world import ASSESSED_UNTIL, NOON, PASSWORD, World
from tests.page_checks import parsed, text_of

TODAY = NOON.date()
YEAR = timedelta(days=366)


def path(world: World, name: str) -> str:
    return f"/committee/people/{world.users[name]}"


def move_to(world: World, day: date) -> None:
    world.app.config["CLOCK"].moment += day - world.app.config["CLOCK"].today()


def end_role(world: World, name: str, until: date) -> None:
    with world.app.app_context():
        for membership in db.session.get_one(User, world.users[name]).memberships:
            membership.until = until
        db.session.commit()


def test_the_last_day_still_counts_and_the_next_does_not(world: World):
    move_to(world, ASSESSED_UNTIL)
    assert world.as_user("assessor").get("/committee/results/").status_code == 200
    move_to(world, ASSESSED_UNTIL + timedelta(days=1))
    assert world.as_user("assessor").get("/committee/results/").status_code == 403


def test_whose_roles_have_ended_finds_the_own_account_and_what_to_do(world: World):
    end_role(world, "secretary", TODAY - timedelta(days=1))
    visitor = world.as_user(None)
    assert visitor.submit("/login", login="secretary", password=PASSWORD).location == "/account"
    text = visitor.text("/account")
    assert "None of your roles holds today" in text
    assert "Main navigation" not in text
    assert "This year" not in text


def test_a_role_that_ended_leaves_the_others_as_they_are(world: World):
    with world.app.app_context():
        user = db.session.get_one(User, world.users["branch secretary"])
        district = db.session.get_one(Unit, world.units["D"])
        services.give_role(
            db.session, user, UserRole.SECRETARY, district, until=TODAY, by=services.COMMAND_LINE,
            clock=world.app.config["CLOCK"],
        )  # fmt: skip
        db.session.commit()
    assert "水务局第一党支部" in world.as_user("branch secretary").text("/committee/organisation/")
    move_to(world, TODAY + timedelta(days=1))
    text = world.as_user("branch secretary").text("/committee/organisation/")
    assert "水务局第一党支部" not in text
    assert "住建局第一党支部" in text


def test_an_assessor_needs_a_last_day_at_most_a_year_ahead(world: World):
    administrator = world.as_user("administrator")
    typed = {"name": "考核人", "login": "kaohe", "role": "assessor", "unit": str(world.units["C1"])}

    def answer(until: str) -> str:
        return text_of(parsed(administrator.submit("/committee/people/new", until=until, **typed).text))

    assert "An assessor holds the role for a limited time: please give its last day." in answer("")
    assert "The last day of the role has passed already." in answer(str(TODAY - timedelta(days=1)))
    assert "at most a year ahead: 2027-12-09." in answer(str(TODAY + YEAR + timedelta(days=1)))
    assert "First password of 考核人" in answer(str(TODAY + YEAR))
    assert "Assessor · 云汀区住建局机关党委 · until 2027-12-09" in administrator.text("/committee/people")


def test_other_roles_may_have_an_end_and_none_a_past_one(world: World):
    administrator = world.as_user("administrator")
    given = {"role": "secretary", "unit": str(world.units["B"])}
    assert administrator.submit(path(world, "assessor"), until="2031-12-31", **given).status_code == 302
    assert "2031-12-31" in administrator.text(path(world, "assessor"))
    again = {"role": "committee_member", "unit": str(world.units["B"])}
    assert administrator.submit(path(world, "assessor"), until="2020-01-01", **again).status_code == 422


def test_an_ended_role_is_shown_as_ended_and_given_anew(world: World):
    end_role(world, "assessor", TODAY - timedelta(days=3))
    administrator = world.as_user("administrator")
    assert "expired on 2026-12-05" in administrator.text("/committee/people")
    assert "expired on 2026-12-05" in administrator.text(path(world, "assessor"))
    anew = {"role": "assessor", "unit": str(world.units["C1"]), "until": "2027-03-31"}
    assert administrator.submit(path(world, "assessor"), **anew).status_code == 302
    assert world.as_user("assessor").get("/committee/results/").status_code == 200
    with world.app.app_context():
        held = db.session.get_one(User, world.users["assessor"]).memberships
        assert [(str(one.role), one.until) for one in held] == [("assessor", date(2027, 3, 31))]


def test_nobody_ends_the_own_last_administration(world: World):
    with world.app.app_context():
        session, clock = db.session, world.app.config["CLOCK"]
        user = session.get_one(User, world.users["administrator"])
        unit, below = (session.get_one(Unit, world.units[code]) for code in ("C1", "A"))
        with pytest.raises(OwnAdministration):
            services.give_role(session, user, UserRole.ADMINISTRATOR, unit, until=TODAY, by=user, clock=clock)
        ended = services.give_role(session, user, UserRole.ADMINISTRATOR, below, until=TODAY, by=user, clock=clock)
        clock.moment += timedelta(days=1)
        with pytest.raises(OwnAdministration):  # the other one has ended and does not count
            services.relieve_of_role(session, user.memberships[0], by=user, clock=clock)
        services.relieve_of_role(session, ended, by=user, clock=clock)
        assert [held.unit.code for held in user.memberships] == ["C1"]


def test_the_rule_holds_for_whoever_calls_the_services(world: World):
    with world.app.app_context():
        session, clock = db.session, world.app.config["CLOCK"]
        user, unit = session.get_one(User, world.users["secretary"]), session.get_one(Unit, world.units["C1"])
        with pytest.raises(RoleEndImpossible):
            services.give_role(session, user, UserRole.ASSESSOR, unit, by=services.COMMAND_LINE, clock=clock)
        given = {"until": TODAY, "by": services.COMMAND_LINE, "clock": clock}
        services.give_role(session, user, UserRole.ASSESSOR, unit, **given)
        with pytest.raises(RoleHeld):
            services.give_role(session, user, UserRole.ASSESSOR, unit, **given)
        assert [str(held.role) for held in services.roles_held(user, TODAY)] == ["secretary", "assessor"]
        assert [str(held.role) for held in services.roles_held(user, TODAY + timedelta(days=1))] == ["secretary"]
