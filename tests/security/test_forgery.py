"""Requests that another site lets a browser send: without the token of a form nothing is taken, wherever it goes.

The walk reads `app.url_map`, so a form added later is walked without being named here.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from sqlalchemy import func, select

from survey_app.extensions import MEMBER_BLUEPRINTS, db
from survey_app.models import AuditEntry, UserSession
from survey_app.permissions import ROLE_RIGHTS
from tests.committee_world import PASSWORD, World
from tests.unit.app.test_permissions_walk import addresses, guarded_rules, required_right, token_of

OWN = ("auth", "account", "notices")
TAKE_FILES = {"history", "roster", "evidence", "published", "units_file", "assessment_marks"}
"""Their forms look at the token themselves: how much of a request may be read is known only to their views."""


def forms_behind_the_door(world: World) -> Iterator[tuple[str, str, bool]]:
    """The role that may send a form, where it goes, and whether its view alone looks at the token."""
    for rule in guarded_rules(world):
        if "POST" in (rule.methods or ()):
            right = required_right(world, rule)
            role = next(role.value for role, rights in ROLE_RIGHTS.items() if right in rights)
            is_alone = rule.endpoint.partition(".")[0] in TAKE_FILES
            yield role, next(addresses(world, rule, foreign=False)), is_alone
    for rule in world.app.url_map.iter_rules():
        if rule.endpoint.partition(".")[0] in OWN and "POST" in (rule.methods or ()):
            yield "secretary", re.sub("<[^>]+>", str(world.users["top"]), rule.rule), False


def stored(world: World) -> tuple[int, int]:
    with world.app.app_context():
        acts = db.session.scalar(select(func.count()).select_from(AuditEntry)) or 0
        return acts, db.session.scalar(select(func.count()).select_from(UserSession)) or 0


def test_no_form_is_taken_without_its_token(world: World):
    forms = sorted(set(forms_behind_the_door(world)))
    assert len(forms) > 80
    visitors = {role: world.as_user(role) for role, *_rest in forms}
    strangers_token, before = token_of(world.as_user("stranger")), stored(world)
    for role, address, is_alone in forms:
        for typed in ({}, {"csrf_token": strangers_token}):
            status = visitors[role].client.post(address, data=typed).status_code
            assert status < 500 if is_alone else status == 400, f"{role} {address} {typed}: {status}"
    assert stored(world) == before


def test_only_members_pages_and_those_that_take_files_go_past_the_first_look_at_the_token(world: World):
    past = {blueprint.name for blueprint in world.app.extensions["csrf"]._exempt_blueprints}
    assert past == {*MEMBER_BLUEPRINTS, *TAKE_FILES}
    assert world.app.extensions["csrf"]._exempt_views == set()


def test_a_token_in_an_address_is_none(world: World):
    visitor = world.as_user("secretary")
    own = {"csrf_token": token_of(visitor)}
    assert visitor.client.post("/logout", query_string=own).status_code == 400
    assert visitor.client.post("/logout", data=own).status_code == 302


def test_nothing_is_changed_by_following_a_link(world: World):
    """Whoever is signed in may be led to any address; none of them does anything when it is only fetched."""
    before = stored(world)
    roles = {role.value: rights for role, rights in ROLE_RIGHTS.items()}
    visitors = {role: world.as_user(role) for role in roles}
    for rule in guarded_rules(world):
        if "GET" in (rule.methods or ()):
            role = next(role for role, rights in roles.items() if required_right(world, rule) in rights)
            visitors[role].client.get(next(addresses(world, rule, foreign=False)))
    signed_in = len(roles)
    acts = set(_acts_since(world, before[0])) - {"user.sign_in"}
    assert {act for act in acts if not act.endswith(".export")} == set()  # what is taken out is written down
    assert stored(world)[1] == before[1] + signed_in


def _acts_since(world: World, known: int) -> list[str]:
    with world.app.app_context():
        return list(db.session.scalars(select(AuditEntry.act).order_by(AuditEntry.number).offset(known)))


def test_members_pages_have_no_session_to_ride_on(world: World):
    """Only these go without a token: there is nobody signed in whose name could be used."""
    exempt = {blueprint for blueprint in world.app.blueprints if blueprint in MEMBER_BLUEPRINTS}
    assert exempt == set(MEMBER_BLUEPRINTS)
    visitor = world.as_user("secretary")
    cookies = visitor.client.get_cookie("session")
    for rule in world.app.url_map.iter_rules():
        if rule.endpoint.partition(".")[0] in exempt and "POST" in (rule.methods or ()):
            answer = visitor.client.post(re.sub("<[^>]+>", "none", rule.rule))
            assert answer.status_code in (400, 404), rule.rule
            assert "Set-Cookie" not in answer.headers
    assert visitor.client.get_cookie("session") == cookies


def test_no_other_site_may_read_an_answer(world: World):
    """Nothing is shared across origins, whoever asks."""
    visitor = world.as_user("secretary")
    asking = {"Origin": "https://evil.example", "Access-Control-Request-Method": "POST"}
    for address in ("/committee/", "/account", "/api/issue", "/login", "/static/look.css"):
        for answer in (visitor.client.get(address, headers=asking), visitor.client.options(address, headers=asking)):
            assert [name for name, _value in answer.headers if name.lower().startswith("access-control")] == []


def test_a_page_opened_before_signing_in_signs_nobody_in(world: World):
    """Signing somebody into an account of the attacker's needs the token of the victim's own browser."""
    attacker, victim = world.as_user(None), world.as_user(None)
    token = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', attacker.client.get("/login").text)
    assert token is not None
    victim.client.get("/login")
    typed = {"login": "secretary", "password": PASSWORD, "csrf_token": token[1]}
    assert victim.client.post("/login", data=typed).status_code == 400
    assert victim.client.get("/account").status_code == 302
