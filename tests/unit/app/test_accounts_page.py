"""An administrator switches accounts off and on, gives roles and takes them, within the own tree only."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from survey_app import services
from survey_app.errors import LastRole, OwnAccount, OwnAdministration, RoleHeld
from survey_app.extensions import db
from survey_app.models import AuditEntry, Unit, User, UserRole
from tests.committee_world import PASSWORD, World
from tests.page_checks import elements, parsed, text_of
from tests.visitor import Visitor


def path(world: World, name: str, step: str = "") -> str:
    return f"/committee/people/{world.users[name]}" + (f"/{step}" if step else "")


def links(visitor: Visitor, address: str) -> dict[str, str]:
    return {text_of(a): a.get("href") or "" for a in elements(visitor.page(address), "a")}


def acts(world: World, name: str) -> list[str]:
    """What was done to an account, first to last, but for signing in."""
    with world.app.app_context():
        mine = select(AuditEntry.act).where(AuditEntry.object_id == str(world.users[name]))
        return [act for act in db.session.scalars(mine.order_by(AuditEntry.number)) if act != "user.sign_in"]


def roles(world: World, name: str) -> set[tuple[str, str]]:
    with world.app.app_context():
        user = db.session.get_one(User, world.users[name])
        return {(str(held.role), held.unit.code) for held in user.memberships}


# ---- off and on ----


def test_an_account_switched_off_is_signed_out_at_once_and_cannot_sign_in(world: World):
    administrator, secretary = world.as_user("administrator"), world.as_user("secretary")
    off = links(administrator, path(world, "secretary"))["Switch the account off"]
    assert "Every session of this account ends at once" in administrator.text(off)
    assert secretary.get("/committee/").status_code == 200
    assert administrator.submit(off).location == path(world, "secretary")
    assert secretary.get("/committee/").status_code == 302
    refused = secretary.submit("/login", login="secretary", password=PASSWORD)
    assert "This account is no longer in use." in refused.text
    assert "no longer in use" in administrator.text("/committee/people")


def test_switched_on_again_it_signs_in_as_before_but_old_sessions_stay_ended(world: World):
    administrator, before = world.as_user("administrator"), world.as_user("secretary")
    administrator.submit(path(world, "secretary", "switch-off"))
    on = links(administrator, path(world, "secretary"))["Switch the account on again"]
    assert administrator.submit(on).status_code == 302
    assert before.get("/committee/").status_code == 302
    assert world.as_user("secretary").get("/committee/").status_code == 200
    assert acts(world, "secretary") == ["user.create", "user.switch_off", "user.switch_on"]
    assert "Account switched on again" in world.as_user("top").text("/committee/audit")


def test_switching_twice_is_written_down_once(world: World):
    administrator = world.as_user("administrator")
    for _ in range(2):
        administrator.submit(path(world, "assessor", "switch-off"))
    assert acts(world, "assessor") == ["user.create", "user.switch_off"]


def test_nobody_switches_off_the_own_account(world: World):
    administrator = world.as_user("administrator")
    assert "Switch the account off" not in links(administrator, path(world, "administrator"))
    refused = administrator.submit(path(world, "administrator", "switch-off"))
    assert refused.status_code == 409
    assert "You cannot switch off your own account." in refused.text
    assert administrator.get("/committee/people").status_code == 200


# ---- roles ----


def test_a_role_is_given_and_opens_its_pages_in_the_running_session(world: World):
    administrator, assessor = world.as_user("administrator"), world.as_user("assessor")
    assert assessor.get("/committee/surveys/new").status_code == 403
    given = administrator.submit(path(world, "assessor"), role="secretary", unit=str(world.units["B"]))
    assert given.location == path(world, "assessor")
    assert "now holds the role: Secretary, 住建局第二党支部." in administrator.text(given.location)
    assert roles(world, "assessor") == {("assessor", "C1"), ("secretary", "B")}
    assert assessor.get("/committee/surveys/new").status_code == 200


def test_a_role_taken_away_closes_its_pages_in_the_running_session(world: World):
    administrator, assessor = world.as_user("administrator"), world.as_user("assessor")
    administrator.submit(path(world, "assessor"), role="secretary", unit=str(world.units["B"]))
    relieve = links(administrator, path(world, "assessor"))["Take the role away Secretary 住建局第二党支部"]
    assert "The role Secretary over 住建局第二党支部 ends" in administrator.text(relieve)
    assert administrator.submit(relieve).status_code == 302
    assert roles(world, "assessor") == {("assessor", "C1")}
    assert assessor.get("/committee/surveys/new").status_code == 403
    assert acts(world, "assessor") == ["user.create", "user.give_role", "user.relieve_of_role"]


def test_a_role_already_held_is_told_beside_the_field(world: World):
    refused = world.as_user("administrator").submit(
        path(world, "secretary"), role="secretary", unit=str(world.units["C1"])
    )
    assert refused.status_code == 422
    assert "The account holds this role over 云汀区住建局机关党委 already." in text_of(parsed(refused.text))


@pytest.mark.parametrize("code", ["W", "C2", "D"])
def test_no_role_is_given_over_a_unit_outside_the_own_tree(world: World, code: str):
    refused = world.as_user("administrator").submit(
        path(world, "administrator"), role="secretary", unit=str(world.units[code])
    )
    assert refused.status_code == 422
    assert roles(world, "administrator") == {("administrator", "C1")}


@pytest.mark.parametrize("name", ["stranger", "top"])
@pytest.mark.parametrize("step", ["", "switch-off", "switch-on", "reset"])
def test_accounts_outside_the_own_tree_are_not_found(world: World, name: str, step: str):
    assert world.as_user("administrator").client.get(path(world, name, step)).status_code == 404


def test_a_role_is_only_taken_from_the_account_that_holds_it(world: World):
    with world.app.app_context():
        held = db.session.get_one(User, world.users["secretary"]).memberships[0].id
    administrator = world.as_user("administrator")
    assert administrator.client.get(path(world, "assessor", f"roles/{held}/relieve")).status_code == 404


def test_nobody_takes_away_the_own_last_administrator_role(world: World):
    administrator = world.as_user("administrator")
    administrator.submit(path(world, "administrator"), role="assessor", unit=str(world.units["C1"]))
    own = links(administrator, path(world, "administrator"))["Take the role away Administrator 云汀区住建局机关党委"]
    refused = administrator.submit(own)
    assert refused.status_code == 409
    assert "This is your last administrator role." in refused.text
    assert ("administrator", "C1") in roles(world, "administrator")


def test_the_rules_hold_for_whoever_calls_the_services(world: World):
    with world.app.app_context():
        session, clock = db.session, world.app.config["CLOCK"]
        user = session.get_one(User, world.users["administrator"])
        unit = session.get_one(Unit, world.units["C1"])
        with pytest.raises(OwnAccount):
            services.switch_off(session, user, by=user, clock=clock)
        with pytest.raises(OwnAdministration):
            services.relieve_of_role(session, user.memberships[0], by=user, clock=clock)
        with pytest.raises(LastRole):
            services.relieve_of_role(session, user.memberships[0], by=services.COMMAND_LINE, clock=clock)
        with pytest.raises(RoleHeld):
            services.give_role(session, user, UserRole.ADMINISTRATOR, unit, by=user, clock=clock)
        below = session.get_one(Unit, world.units["A"])
        second = services.give_role(session, user, UserRole.ADMINISTRATOR, below, by=user, clock=clock)
        services.relieve_of_role(session, second, by=user, clock=clock)
        assert [held.unit.code for held in user.memberships] == ["C1"]
