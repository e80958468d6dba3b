"""The second step of signing in: set up on one's own account page, asked for at the door, lifted for a lost phone."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from random import Random

import pytest
from pyotp import TOTP

from survey_app import services
from survey_app.errors import LoginRefused
from survey_app.extensions import db
from survey_app.models import AuditEntry, User
from tests.committee_world import PASSWORD, World
from tests.page_checks import elements, parsed, text_of
from tests.visitor import Visitor

HALF_A_MINUTE = timedelta(seconds=30)
OTHER_SECRET = bytes(reversed(range(32)))


@dataclass(frozen=True)
class Phone:
    """An app that was shown the secret; its clock may be slow."""

    world: World
    secret: str

    def shows(self, slow: timedelta = timedelta()) -> str:
        return TOTP(self.secret).at(self.world.app.config["CLOCK"].now() - slow)


def wait(world: World, time: timedelta) -> None:
    world.app.config["CLOCK"].moment += time


def secret_on(visitor: Visitor) -> str:
    page = visitor.page("/account/second-step")
    written = next(text_of(b) for b in elements(page, "b") if "typed" in (b.get("class") or ""))
    assert any(picture.tag.endswith("svg") for picture in page.iter())
    return written.replace(" ", "")


def set_up(world: World, name: str = "secretary") -> Phone:
    visitor = world.as_user(name)
    phone = Phone(world, secret_on(visitor))
    typed = {"current_password": PASSWORD, "code": phone.shows()}
    assert visitor.submit("/account/second-step", **typed).location == "/account"
    wait(world, HALF_A_MINUTE)
    return phone


def at_the_door(world: World, name: str = "secretary", password: str = PASSWORD) -> Visitor:
    """A browser in which the password has been shown."""
    visitor = world.as_user(None)
    shown = visitor.submit("/login?next=/committee/surveys", login=name, password=password)
    assert shown.location == "/login/code?next=/committee/surveys", shown.text
    return visitor


def show(visitor: Visitor, code: str):
    return visitor.submit("/login/code?next=/committee/surveys", code=code)


def is_inside(visitor: Visitor) -> bool:
    return visitor.get("/committee/surveys").status_code == 200


def acts(world: World, name: str) -> list[str]:
    with world.app.app_context():
        entries = db.session.query(AuditEntry).filter_by(object_id=str(world.users[name])).order_by(AuditEntry.number)
        return [entry.act for entry in entries]


def test_after_the_password_the_code_of_the_phone_is_asked_for(world: World):
    phone = set_up(world)
    visitor = at_the_door(world)
    assert not is_inside(visitor)
    assert show(visitor, phone.shows()).location == "/committee/surveys"
    assert is_inside(visitor)
    assert acts(world, "secretary") == ["user.create", "user.sign_in", "user.second_step_on", "user.sign_in"]


def test_a_phone_that_has_not_understood_locks_nobody_out(world: World):
    visitor = world.as_user("secretary")
    secret_on(visitor)
    refused = visitor.submit("/account/second-step", current_password=PASSWORD, code="000000")
    assert refused.status_code == 422
    assert "This code is not right." in text_of(parsed(refused.text))
    assert is_inside(world.as_user("secretary"))  # by the password alone


def test_who_finds_a_browser_left_open_does_not_lock_its_owner_out(world: World):
    visitor = world.as_user("secretary")
    phone = Phone(world, secret_on(visitor))
    refused = visitor.submit("/account/second-step", current_password="a guess", code=phone.shows())
    assert "The present password is not right." in text_of(parsed(refused.text))
    assert is_inside(world.as_user("secretary"))  # by the password alone


def test_the_secret_stays_the_same_while_one_is_setting_up(world: World):
    visitor = world.as_user("secretary")
    assert secret_on(visitor) == secret_on(visitor) != secret_on(world.as_user("top"))


@pytest.mark.parametrize("written", ["{0} {1}", " {0}{1} ", "{0}\u3000{1}"])
def test_a_code_may_be_typed_with_blanks(world: World, written: str):
    phone = set_up(world)
    code = phone.shows()
    assert show(at_the_door(world), written.format(code[:3], code[3:])).status_code == 302


@pytest.mark.parametrize(("slow", "is_taken"), [(-1, True), (1, True), (2, False), (-2, False)])
def test_phone_and_server_may_differ_by_one_step(world: World, slow: int, is_taken: bool):
    phone = set_up(world)
    wait(world, 2 * HALF_A_MINUTE)
    assert (show(at_the_door(world), phone.shows(slow * HALF_A_MINUTE)).status_code == 302) is is_taken


def test_a_code_is_never_taken_twice_nor_an_older_one_after_it(world: World):
    phone = set_up(world)
    wait(world, HALF_A_MINUTE)
    older, code = phone.shows(HALF_A_MINUTE), phone.shows()
    assert show(at_the_door(world), code).status_code == 302
    for seen in (code, older):
        again = show(at_the_door(world), seen)
        assert again.status_code == 422
        assert "each counts only once" in again.text
    wait(world, HALF_A_MINUTE)
    assert show(at_the_door(world), phone.shows()).status_code == 302


def test_the_code_that_set_the_step_up_signs_nobody_in(world: World):
    visitor = world.as_user("secretary")
    phone = Phone(world, secret_on(visitor))
    code = phone.shows()
    visitor.submit("/account/second-step", current_password=PASSWORD, code=code)
    assert show(at_the_door(world), code).status_code == 422


def test_the_password_is_remembered_for_five_minutes_only(world: World):
    phone = set_up(world)
    visitor = at_the_door(world)
    wait(world, timedelta(minutes=6))
    late = visitor.client.get("/login/code?next=/committee/surveys")
    assert late.location == "/login?next=/committee/surveys"
    assert show(at_the_door(world), phone.shows()).status_code == 302


def test_nobody_comes_to_the_code_without_the_password(world: World):
    assert world.as_user(None).client.get("/login/code").location.startswith("/login")


def test_a_changed_password_ends_what_was_halfway(world: World):
    phone = set_up(world)
    visitor = at_the_door(world)
    with world.app.app_context():
        user, clock = db.session.get_one(User, world.users["secretary"]), world.app.config["CLOCK"]
        services.reset_password(db.session, user, by=services.COMMAND_LINE, clock=clock, rng=Random(1))
        db.session.commit()
    refused = show(visitor, phone.shows())
    assert refused.status_code == 422
    assert "Please sign in again." in refused.text


def test_ten_wrong_codes_lock_the_account_and_the_right_password_in_between_does_not_forgive_them(world: World):
    phone = set_up(world)
    for _ in range(2):
        visitor = at_the_door(world)
        for _ in range(5):
            assert show(visitor, "000000").status_code == 422
    refused = show(visitor, phone.shows())
    assert "Too many attempts. Please try again in 15 minutes." in text_of(parsed(refused.text))
    assert acts(world, "secretary")[-1] == "user.lock"
    closed = world.as_user(None).submit("/login", login="secretary", password=PASSWORD)
    assert closed.status_code == 422
    wait(world, timedelta(minutes=16))
    assert show(at_the_door(world), phone.shows()).status_code == 302


def test_wrong_passwords_and_wrong_codes_are_counted_together(world: World):
    phone = set_up(world)
    for _ in range(5):
        world.as_user(None).submit("/login", login="secretary", password="wrong password")
    visitor = at_the_door(world)
    for _ in range(5):
        show(visitor, "000000")
    assert "Too many attempts." in show(visitor, phone.shows()).text


def test_switching_off_needs_password_and_code(world: World):
    phone = set_up(world)
    visitor = at_the_door(world)
    show(visitor, phone.shows())
    wait(world, HALF_A_MINUTE)
    off = "/account/second-step/off"
    assert "The present password is not right." in visitor.submit(off, current_password="x", code=phone.shows()).text
    assert "This code is not right." in visitor.submit(off, current_password=PASSWORD, code="000000").text
    assert visitor.submit(off, current_password=PASSWORD, code=phone.shows()).location == "/account"
    assert "none: the password is enough" in visitor.text("/account")
    assert is_inside(world.as_user("secretary"))
    assert acts(world, "secretary")[-2:] == ["user.second_step_off", "user.sign_in"]


def test_an_administrator_lifts_it_for_a_lost_phone(world: World):
    set_up(world)
    administrator = world.as_user("administrator")
    address = f"/committee/people/{world.users['secretary']}"
    step = f"{address}/lift-second-step"
    assert step in [a.get("href") for a in elements(administrator.page(address), "a")]
    assert "Please make sure that it is the owner who asks for this" in administrator.text(step)
    assert administrator.submit(step).location == address
    assert step not in [a.get("href") for a in elements(administrator.page(address), "a")]
    assert is_inside(world.as_user("secretary"))
    with world.app.app_context():
        entry = db.session.query(AuditEntry).filter_by(act="user.second_step_off").one()
        assert (entry.actor, entry.detail["login"]) == ("administrator", "secretary")


def test_the_stored_secret_opens_under_the_own_account_and_installation_only(world: World):
    phone = set_up(world)
    with world.app.app_context():
        secret = world.app.config["INSTALLATION_SECRET"]
        user, other = (db.session.get_one(User, world.users[name]) for name in ("secretary", "top"))
        assert user.totp_secret is not None
        assert phone.secret.encode() not in user.totp_secret
        opened = services.set_up_of(user, user.totp_secret, secret=secret, issuer="x")
        assert opened.typed.replace(" ", "") == phone.secret
        for whose, key in ((other, secret), (user, OTHER_SECRET)):
            with pytest.raises(LoginRefused, match="cannot be read"):
                services.set_up_of(whose, user.totp_secret, secret=key, issuer="x")


def test_the_square_code_says_what_apps_expect(world: World):
    with world.app.app_context():
        user, secret = db.session.get_one(User, world.users["secretary"]), world.app.config["INSTALLATION_SECRET"]
        locked = services.draw_secret(user, secret=secret, rng=Random(5))
        made = services.set_up_of(user, locked, secret=secret, issuer="支部测评")
    assert made.address.startswith("otpauth://totp/")
    assert f"secret={made.typed.replace(' ', '')}" in made.address
    assert [len(group) for group in made.typed.split()] == [4] * 8  # 160 bits
