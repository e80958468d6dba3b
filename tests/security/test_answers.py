"""What no answer goes without, whatever it is: a page, a file, a download, a refusal, a failure.

The walk reads `app.url_map`, so an address added later is walked without being named here.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import text
from werkzeug.test import TestResponse

from survey_app import create_app
from survey_app.extensions import MEMBER_BLUEPRINTS, db
from survey_app.models import Survey
from survey_app.permissions import ROLE_RIGHTS
from tests.committee_world import World
from tests.unit.app.test_permissions_walk import addresses, guarded_rules, required_right
from tests.visitor import Visitor

EXPECTED = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}
FORBIDDEN_FEATURES = ("camera", "geolocation", "microphone", "payment", "usb")
LANDMARKS = "default-src 'none'", "frame-ancestors 'none'"


def require_safe(answer: TestResponse) -> None:
    """The headers are there, each once, and the answer says how long it may be kept."""
    where = f"{answer.request.method} {answer.request.path}: {answer.status_code}"
    for name, value in EXPECTED.items():
        assert answer.headers.getlist(name) == [value], f"{where}: {name}"
    (policy,) = answer.headers.getlist("Content-Security-Policy")
    assert [mark for mark in LANDMARKS if mark not in policy] == [], where
    assert "unsafe" not in policy, where
    features = answer.headers["Permissions-Policy"]
    assert [name for name in FORBIDDEN_FEATURES if f"{name}=()" not in features] == [], where
    assert "Cache-Control" in answer.headers, where
    if answer.data and answer.mimetype.startswith("text/"):
        assert "charset=utf-8" in answer.headers["Content-Type"].lower(), where


def require_kept_nowhere(answer: TestResponse) -> None:
    require_safe(answer)
    assert answer.headers["Cache-Control"] == "no-store", f"{answer.request.path}: {answer.headers['Cache-Control']}"


def signed_in_by_right(world: World) -> Callable[[object], Visitor]:
    """A browser of somebody who holds a right, one for all rights of a role."""
    visitors: dict[str, Visitor] = {}

    def visitor_with(right: object) -> Visitor:
        role = next(role.value for role, rights in ROLE_RIGHTS.items() if right in rights)
        return visitors.setdefault(role, world.as_user(role) if role not in visitors else visitors[role])

    return visitor_with


def addresses_of_members(world: World) -> Iterator[str]:
    with world.app.test_request_context():
        survey = db.session.get_one(Survey, world.surveys["open"])
        known = {"survey_slug": survey.slug, "group_slug": survey.groups[0].slug, "slug": "none", "key": "none"}
        routes = world.app.url_map.bind("localhost")
        for rule in world.app.url_map.iter_rules():
            if rule.endpoint.partition(".")[0] in MEMBER_BLUEPRINTS and "GET" in (rule.methods or ()):
                yield routes.build(rule.endpoint, {name: known[name] for name in rule.arguments})


def test_every_page_and_download_behind_the_door_is_safe_and_kept_nowhere(world: World):
    visitor_with = signed_in_by_right(world)
    kinds = set()
    for rule in guarded_rules(world):
        if "GET" in (rule.methods or ()):
            address = next(addresses(world, rule, foreign=False))
            answer = visitor_with(required_right(world, rule)).client.get(address)
            require_kept_nowhere(answer)
            kinds.add(answer.mimetype)
    assert {"text/html", "image/png", "application/json", "text/csv", "text/plain"} <= kinds


def test_what_is_everybodys_own_is_kept_nowhere_either(world: World):
    visitor = world.as_user("secretary")
    for address in (
        "/account",
        "/account/second-step",
        "/account/second-step/off",
        "/notices",
        "/password",
        "/",
        "/login",
    ):
        require_kept_nowhere(visitor.client.get(address))


def test_members_pages_are_safe_and_say_how_long_they_may_be_kept(world: World):
    member = world.app.test_client()
    asked = [*addresses_of_members(world)]
    assert len(asked) > 7
    for address in asked:
        require_safe(member.get(address))
        require_safe(member.get(f"{address}?lang=en", headers={"Accept-Encoding": "gzip"}))
    kept = next(address for address in asked if member.get(address).headers.get("ETag"))
    again = member.get(kept, headers={"If-None-Match": member.get(kept).headers["ETag"]})
    assert again.status_code == 304
    require_safe(again)


def test_style_and_scripts_are_safe_under_both_their_addresses(world: World):
    member = world.app.test_client()
    with world.app.test_request_context():
        hashed = [world.app.url_for("static", filename=name) for name in ("look.css", "ballot-box.js")]
    for address in [*hashed, "/static/look.css"]:
        answer = member.get(address)
        assert answer.status_code == 200, address
        require_safe(answer)
        again = member.get(address, headers={"If-None-Match": answer.headers["ETag"]})
        assert again.status_code == 304
        require_safe(again)


@pytest.mark.parametrize(
    ("method", "address", "status"),
    [
        ("GET", "/healthz", 200),
        ("GET", "/readyz", 200),
        ("GET", "/no/such/page", 404),
        ("GET", "/static/no-such-file.js", 404),
        ("GET", "/static/../../wsgi.py", 404),
        ("GET", "/logout", 405),
        ("DELETE", "/login", 405),
        ("TRACE", "/", 405),
        ("OPTIONS", "/login", 200),
        ("HEAD", "/login", 200),
        ("GET", "/committee/", 302),
        ("POST", "/login", 400),
        ("POST", "/api/issue", 400),
        ("GET", "/api/issue", 405),
        ("GET", "/s/no/where", 404),
        ("GET", "/p/nothing", 404),
        ("GET", "/calendar/nobody.ics", 404),
        ("GET", "/committee/surveys/%00", 404),
    ],
)
def test_what_goes_wrong_at_the_door_is_answered_safely(world: World, method: str, address: str, status: int):
    answer = world.app.test_client().open(address, method=method)
    assert answer.status_code == status
    require_safe(answer)
    if status >= 400:
        assert {"no-store", "no-cache"} & {*re.findall("[a-z-]+", answer.headers["Cache-Control"])}


def test_too_much_at_once_is_answered_safely(world: World):
    answer = world.app.test_client().post("/login", data={"login": "x" * 1_000_000})
    assert answer.status_code == 413
    require_kept_nowhere(answer)


def test_a_failure_is_answered_safely_and_tells_nothing(world: World):
    app = world.app
    app.config["PROPAGATE_EXCEPTIONS"] = False
    with app.app_context(), app.extensions["engine"].begin() as connection:
        connection.execute(text("ALTER TABLE user_account RENAME TO gone"))
        connection.execute(text("ALTER TABLE survey RENAME TO gone_too"))
    failed = app.test_client().get("/login")
    assert failed.status_code in (500, 503)
    require_kept_nowhere(failed)
    assert "user_account" not in failed.text
    in_api = app.test_client().post(
        "/api/issue", json={"survey": "0" * 32, "group": "0" * 32, "code": "", "blinded": ""}
    )
    require_kept_nowhere(in_api)
    member = app.test_client().get("/s/no/where")
    assert member.status_code >= 500
    require_safe(member)
    assert "gone" not in member.text


def test_before_anybody_can_sign_in_the_answers_are_safe_too(empty_app: Flask):
    stranger = empty_app.test_client()
    elsewhere = {"REMOTE_ADDR": "192.0.2.1"}
    for address, environ, status in (
        ("/login", elsewhere, 503),
        ("/login", {}, 302),
        ("/first-administrator", {}, 200),
    ):
        answer = stranger.get(address, environ_base=environ)
        assert answer.status_code == status
        require_kept_nowhere(answer)


@pytest.fixture
def app_with(sqlite_url: str, tmp_path: Path) -> Iterator[Callable[..., Flask]]:
    made: list[Flask] = []

    def app_with(**settings: object) -> Flask:
        given = {"TESTING": True, "INSTANCE": str(tmp_path), "DATABASE_URL": sqlite_url, "SECRET_KEY": "for tests"}
        made.append(create_app({**given, "INSTALLATION_SECRET": bytes(range(32)), **settings}))
        return made[-1]

    yield app_with
    for app in made:
        app.extensions["engine"].dispose()


def test_whoever_asks_too_often_is_answered_safely(app_with: Callable[..., Flask]):
    hurried = app_with(RATELIMIT_ENABLED=True).test_client()
    token = hurried.get("/first-administrator").text.partition('name="csrf_token"')[2].partition('value="')[2]
    typed = {"csrf_token": token.partition('"')[0], "login": "x", "password": "y"}
    refused = [hurried.post("/login", data=typed) for _ in range(22)][-1]
    assert refused.status_code == 429
    require_kept_nowhere(refused)


def test_with_tls_browsers_are_told_to_come_by_no_other_way(app_with: Callable[..., Flask]):
    for address in ("/login", "/static/look.css", "/no/such/page"):
        with_tls, without = (app_with(TLS=tls).test_client().get(address) for tls in (True, False))
        assert with_tls.headers["Strict-Transport-Security"] == "max-age=31536000; includeSubDomains", address
        assert "Strict-Transport-Security" not in without.headers


def test_cookies_are_for_this_host_and_for_no_script_and_with_tls_never_sent_in_clear(app_with: Callable[..., Flask]):
    def cookies(tls: bool) -> dict[str, str]:
        page = app_with(TLS=tls).test_client().get("/first-administrator?lang=en", base_url="https://localhost")
        return dict(cookie.split("=", 1) for cookie in page.headers.getlist("Set-Cookie"))

    plain, guarded = cookies(tls=False), cookies(tls=True)
    assert set(plain) == {"session", "lang"}
    assert set(guarded) == {"__Host-session", "__Host-lang"}
    for said in (*plain.values(), *guarded.values()):
        assert {"HttpOnly", "Path=/", "SameSite=Lax"} <= {part.strip() for part in said.split(";")}
        assert "Domain" not in said
    assert ["Secure" in said for said in guarded.values()] == [True, True]
    assert ["Secure" in said for said in plain.values()] == [False, False]


def test_a_language_chosen_with_tls_is_remembered(app_with: Callable[..., Flask]):
    reader = app_with(TLS=True).test_client()
    reader.get("/first-administrator?lang=en", base_url="https://localhost")
    assert '<html lang="en">' in reader.get("/first-administrator", base_url="https://localhost").text
