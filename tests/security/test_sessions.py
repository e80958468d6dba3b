"""Sessions: nothing from before signing in becomes one, and no cookie opens more than what stands behind it."""

from __future__ import annotations

import pytest
from flask import Flask
from flask.sessions import SecureCookieSessionInterface
from sqlalchemy import select

from survey_app.extensions import BROWSER, db
from survey_app.models import UserSession
from tests.committee_world import PASSWORD, World
from tests.page_checks import elements
from tests.visitor import Visitor


def cookie_of(visitor: Visitor) -> str:
    kept = visitor.client.get_cookie("session")
    assert kept is not None
    return kept.value


def with_cookie(world: World, value: str) -> Visitor:
    visitor = world.as_user(None)
    visitor.client.set_cookie("session", value)
    return visitor


def is_inside(visitor: Visitor) -> bool:
    return visitor.client.get("/account").status_code == 200


def test_what_was_in_a_browser_before_signing_in_is_no_part_of_the_session(world: World):
    visitor = world.as_user(None)
    visitor.client.get("/login")
    with visitor.client.session_transaction() as before:
        before["planted"], before[BROWSER] = "x", "0" * 32
    assert visitor.submit("/login", login="secretary", password=PASSWORD).status_code == 302
    with visitor.client.session_transaction() as now:
        assert "planted" not in now
        assert now[BROWSER] != "0" * 32


def test_a_session_that_an_attacker_planted_never_becomes_the_victims(world: World):
    attacker = world.as_user("stranger")
    planted = cookie_of(attacker)
    victim = with_cookie(world, planted)
    victim.client.get("/logout")
    with victim.client.session_transaction() as carried:
        carried.pop(BROWSER)
        carried.pop("_user_id")
    token_before = cookie_of(victim)
    assert victim.submit("/login", login="secretary", password=PASSWORD).status_code == 302
    for known in (planted, token_before):
        assert "Stranger" in with_cookie(world, known).get("/account").text or not is_inside(with_cookie(world, known))
    with world.app.app_context():
        sessions = db.session.scalars(select(UserSession.user_id)).all()
    assert sessions.count(world.users["secretary"]) == 1


def test_signing_in_again_begins_another_session(world: World):
    visitor = world.as_user("secretary")
    first = cookie_of(visitor)
    with visitor.client.session_transaction() as carried:
        one = carried[BROWSER]
    visitor.submit("/account", to="/logout")
    visitor.submit("/login", login="secretary", password=PASSWORD)
    with visitor.client.session_transaction() as carried:
        assert carried[BROWSER] != one
    assert is_inside(visitor)
    assert not is_inside(with_cookie(world, first))


def test_a_new_password_makes_the_old_cookie_of_this_browser_worthless_too(world: World):
    visitor = world.as_user("secretary")
    old = cookie_of(visitor)
    new = {"new_password": "another good one", "repeated": "another good one"}
    assert visitor.submit("/password", current_password=PASSWORD, **new).status_code == 302
    assert is_inside(visitor)
    assert not is_inside(with_cookie(world, old))


def signed_with(app: Flask, key: str, content: dict[str, str]) -> str:
    elsewhere = Flask("elsewhere")
    elsewhere.secret_key = key
    serializer = app.session_interface.get_signing_serializer(elsewhere)  # type: ignore[attr-defined]
    return str(serializer.dumps(content))


def test_a_cookie_that_was_changed_or_signed_elsewhere_opens_nothing(world: World):
    visitor = world.as_user("secretary")
    good = cookie_of(visitor)
    with visitor.client.session_transaction() as carried:
        content = dict(carried)
    payload, stamp, signature = good.rsplit(".", 2)
    plain = SecureCookieSessionInterface().get_signing_serializer(world.app)
    assert plain is not None
    changed = [
        f"{payload}.{stamp}.{signature[:-4]}AAAA",
        f"{payload}.{stamp}.",
        f"{payload}.{stamp}",
        f"{payload[:-2]}AA.{stamp}.{signature}",
        signed_with(world.app, "another key", content),
        str(plain.dumps(content)),
        "x" * 5000,
        "",
    ]
    assert [value for value in changed if is_inside(with_cookie(world, value))] == []
    assert is_inside(with_cookie(world, signed_with(world.app, "for tests", content)))


def test_no_address_carries_a_session(world: World):
    visitor = world.as_user("secretary")
    value = cookie_of(visitor)
    stranger = world.as_user(None)
    for name in ("session", "sid", "token", "_user_id"):
        assert stranger.client.get("/account", query_string={name: value}).status_code == 302
        assert stranger.client.get("/account", headers={"Authorization": f"Bearer {value}"}).status_code == 302


@pytest.mark.parametrize("role", ["secretary", "administrator", "scrutineer", "assessor", "analyst"])
def test_every_page_behind_the_door_has_the_way_out(world: World, role: str):
    visitor = world.as_user(role)
    first = visitor.client.get("/login").location
    for address in (first, "/account", "/notices", "/password"):
        page = visitor.page(address)
        assert [form for form in elements(page, "form") if str(form.get("action")).endswith("/logout")], address
