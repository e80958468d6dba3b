"""A person's own account: the address for notices, where one is signed in, and signing out from elsewhere."""

from __future__ import annotations

from datetime import timedelta
from urllib.parse import urlencode
from uuid import uuid4

import pytest
from sqlalchemy import event, func, select

from survey_app import services
from survey_app.extensions import MEMBER_BLUEPRINTS, db
from survey_app.models import AuditEntry, User, UserSession
from survey_app.services.sessions import device_of
from tests.committee_world import PASSWORD, World
from tests.page_checks import elements, parsed, text_of
from tests.visitor import Visitor

FIREFOX = "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:140.0) Gecko/20100101 Firefox/140.0"
CHROME = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36"
NEW_PASSWORD = {"new_password": "another good one", "repeated": "another good one"}


def signed_in(world: World, name: str = "secretary", *, browser: str = FIREFOX) -> Visitor:
    visitor = world.as_user(None)
    visitor.client.environ_base["HTTP_USER_AGENT"] = browser
    assert visitor.submit("/login", login=name, password=PASSWORD).status_code == 302
    return visitor


def is_inside(visitor: Visitor) -> bool:
    return visitor.get("/account").status_code == 200


def buttons(visitor: Visitor) -> dict[str, str]:
    """What can be ended on the page: words of the button -> where its form goes."""
    forms = elements(visitor.page("/account"), "form")
    return {text_of(form): str(form.get("action")) for form in forms if "/sessions/" in str(form.get("action"))}


# ---- where I am signed in ----


def test_the_page_lists_every_browser_with_its_device_and_start(world: World):
    phone, desk = signed_in(world, browser=FIREFOX), signed_in(world, browser=CHROME)
    text = desk.text("/account")
    assert "Firefox · Windows" in text
    assert "Chrome · Linux" in text
    assert "this browser" in text
    assert [words for words in buttons(phone) if "Chrome · Linux" in words]
    assert not [words for words in buttons(phone) if "Firefox" in words]  # the own one is not offered


def test_signed_out_there_it_is_out_and_here_it_stays_in(world: World):
    there, here = signed_in(world), signed_in(world, browser=CHROME)
    ending = next(address for words, address in buttons(here).items() if "Firefox" in words)
    assert here.submit("/account", to=ending).location == "/account"
    assert not is_inside(there)
    assert is_inside(here)
    assert "Firefox" not in here.text("/account")


def test_everywhere_means_here_too(world: World):
    there, here = signed_in(world), signed_in(world)
    assert here.submit("/account", to="/account/sessions/end").location == "/login"
    assert not is_inside(there)
    assert not is_inside(here)


def test_signing_out_removes_the_session_from_the_list_and_a_kept_cookie_opens_nothing(world: World):
    here, other = signed_in(world, browser=CHROME), signed_in(world)
    kept = here.client.get_cookie("session")
    assert kept is not None
    here.submit("/account", to="/logout")
    here.client.set_cookie("session", kept.value)
    assert not is_inside(here)
    assert "Chrome" not in other.text("/account")


def test_nobody_ends_a_session_of_somebody_else(world: World):
    mine, theirs = signed_in(world), signed_in(world, "top")
    with world.app.app_context():
        their_session = db.session.scalar(select(UserSession.id).where(UserSession.user_id == world.users["top"]))
    page = elements(mine.page("/account"), "input")
    token = next(str(field.get("value")) for field in page if field.get("name") == "csrf_token")
    for identifier in (their_session, uuid4()):
        refused = mine.client.post(f"/account/sessions/{identifier}/end", data={"csrf_token": token})
        assert refused.status_code == 404
    assert is_inside(theirs)


@pytest.mark.parametrize("act", ["password", "reset", "switch_off", "administrator"])
def test_what_ends_all_sessions(world: World, act: str):
    there, here = signed_in(world), signed_in(world)
    if act == "password":
        here.submit("/password", current_password=PASSWORD, **NEW_PASSWORD)
    else:
        step = {"reset": "reset", "switch_off": "switch-off", "administrator": "sign-out"}[act]
        signed_in(world, "administrator").submit(f"/committee/people/{world.users['secretary']}/{step}")
    assert not is_inside(there)
    assert is_inside(here) is (act == "password")  # who changes the password goes on
    with world.app.app_context():
        rows = select(func.count()).select_from(UserSession).where(UserSession.user_id == world.users["secretary"])
        assert db.session.scalar(rows) == (1 if act == "password" else 0)


def test_sessions_whose_time_has_run_out_are_forgotten_at_the_next_sign_in(world: World):
    signed_in(world, browser=CHROME)
    signed_in(world, "top", browser=CHROME)
    world.app.config["CLOCK"].moment += timedelta(hours=world.app.config["SESSION_HOURS"], seconds=1)
    assert "Chrome" not in signed_in(world).text("/account")
    with world.app.app_context():
        assert db.session.query(UserSession).filter_by(user_id=world.users["top"]).count() == 1  # theirs to sweep


def test_nothing_but_the_device_is_kept_of_a_browser(world: World):
    visitor = world.as_user(None)
    visitor.client.environ_base |= {"HTTP_USER_AGENT": FIREFOX, "REMOTE_ADDR": "192.0.2.77"}
    visitor.submit("/login", login="secretary", password=PASSWORD)
    with world.app.app_context():
        row = db.session.query(UserSession).one()
        told = " ".join(f"{entry.detail}" for entry in db.session.query(AuditEntry))
    assert row.device == "Firefox · Windows"
    assert "192.0.2.77" not in f"{vars(row)}{told}"


@pytest.mark.parametrize(
    ("said", "device"),
    [
        (FIREFOX, "Firefox · Windows"),
        (CHROME, "Chrome · Linux"),
        (CHROME + " Edg/140.0", "Edge · Linux"),
        ("Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) Version/18.0 Safari/604.1", "Safari · iPhone"),
        ("Mozilla/5.0 (Linux; Android 14) Chrome/130.0 Mobile Safari/537.36 MicroMessenger/8.0", "微信 · Android"),
        ("curl/8.5.0", ""),
        ("", ""),
    ],
)
def test_a_browser_is_named_in_two_words(said: str, device: str):
    assert device_of(said) == device


def test_who_is_signed_in_is_known_after_one_query(world: World):
    visitor = signed_in(world)
    asked: list[str] = []
    engine = world.app.extensions["engine"]
    event.listen(engine, "before_cursor_execute", lambda _c, _cursor, sql, *_rest: asked.append(sql))
    visitor.get("/password")
    loading = [sql for sql in asked if "user_account.password_hash" in sql or "user_session" in sql]
    assert len(loading) == 1


# ---- address ----


def test_an_address_is_kept_and_not_written_into_the_record_of_acts(world: World):
    visitor = signed_in(world)
    assert visitor.submit("/account", email=" wang@example.org ", wants_mail="y").location == "/account"
    with world.app.app_context():
        user = db.session.get_one(User, world.users["secretary"])
        assert (user.email, user.wants_mail) == ("wang@example.org", True)
        entry = db.session.query(AuditEntry).filter_by(act="user.change_address").one()
        assert "example.org" not in str(entry.detail)


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ({"email": "wang"}, "Please compare the address"),
        ({"email": "wang@example.org\r\nBcc: x@example.org"}, "Please compare the address"),
        ({"email": "a" * 250 + "@example.org"}, "At most 254 characters."),
        ({"email": "", "wants_mail": "y"}, "Please enter the address to which notices are sent."),
    ],
)
def test_an_impossible_address_is_told_beside_its_field(world: World, typed: dict[str, str], said: str):
    refused = signed_in(world).submit("/account", **typed)
    assert refused.status_code == 422
    assert said in text_of(parsed(refused.text))


# ---- the door ----


def test_a_session_ends_its_hours_after_signing_in_whatever_is_done_meanwhile(world: World):
    visitor, clock = signed_in(world), world.app.config["CLOCK"]
    clock.moment += timedelta(hours=world.app.config["SESSION_HOURS"])
    assert visitor.submit("/notices", to="/notices/read").location == "/notices"
    clock.moment += timedelta(seconds=1)
    assert not is_inside(visitor)


@pytest.mark.parametrize(
    "path", ["/account", "/account/second-step", "/account/second-step/off", "/committee/", "/notices"]
)
def test_a_password_that_somebody_else_has_seen_opens_only_the_page_where_it_is_changed(world: World, path: str):
    with world.app.app_context():
        db.session.get_one(User, world.users["secretary"]).must_change_password = True
        db.session.commit()
    visitor = signed_in(world)
    assert visitor.get(path).location == "/password"
    visitor.submit("/password", current_password=PASSWORD, **NEW_PASSWORD)
    assert is_inside(visitor)


def test_every_page_behind_the_door_asks_for_a_new_password_first(world: World):
    with world.app.app_context():
        db.session.get_one(User, world.users["secretary"]).must_change_password = True
        db.session.commit()
    visitor = signed_in(world)
    before = (*MEMBER_BLUEPRINTS, "home", "auth", "static")
    rules = [rule for rule in world.app.url_map.iter_rules() if rule.endpoint.partition(".")[0] not in before]
    assert {"notices.index", "account.show", "committee.show"} <= {rule.endpoint for rule in rules}
    with world.app.test_request_context():
        places = world.app.url_map.bind("localhost")
        shown = [rule for rule in rules if "GET" in rule.methods and not rule.arguments]
        addresses = [places.build(rule.endpoint) for rule in shown]
    assert {visitor.client.get(address).location for address in addresses} == {"/password"}


@pytest.mark.parametrize(
    "elsewhere",
    [
        "//evil.example/x",
        "/\t/evil.example/x",
        "/\n/x",
        "/\r/x",
        "\t//x",
        "/\\evil.example",
        "https://evil.example",
        "x",
    ],
)
def test_signing_in_leads_nowhere_but_into_the_service(world: World, elsewhere: str):
    address = f"/login?{urlencode({'next': elsewhere})}"
    arrived = world.as_user(None).submit(address, login="secretary", password=PASSWORD)
    assert (arrived.status_code, arrived.location) == (302, "/committee/")


@pytest.mark.parametrize("path", ["/account", "/account/second-step", "/account/second-step/off"])
def test_nobody_sees_an_account_without_signing_in(world: World, path: str):
    assert world.as_user(None).client.get(path).location.startswith("/login")


def test_a_wrong_password_an_unknown_name_and_a_closed_account_are_answered_alike(world: World):
    def answer(login: str) -> str:
        return text_of(parsed(world.as_user(None).submit("/login", login=login, password="wrong password").text))

    answers = [answer("secretary") for _ in range(12)]  # the last two find it closed
    assert len(set(answers)) == 1
    assert answer("somebody") == answers[0]
    closed = world.as_user(None).submit("/login", login="secretary", password=PASSWORD)
    assert text_of(parsed(closed.text)) == answers[0]


def test_guessing_the_present_password_in_a_session_left_open_is_counted_too(world: World):
    visitor = signed_in(world)
    for _ in range(10):
        visitor.submit("/password", current_password="a guess", **NEW_PASSWORD)
    refused = visitor.submit("/password", current_password=PASSWORD, **NEW_PASSWORD)
    assert "Too many attempts." in text_of(parsed(refused.text))


def test_the_first_page_is_one_that_may_be_opened(world: World):
    first = {
        "administrator": "/committee/organisation/",
        "secretary": "/committee/",
        "committee_member": "/committee/",
        "higher_committee": "/committee/",
        "assessor": "/committee/results/",
        "scrutineer": "/committee/boxes",
    }
    for name, address in first.items():
        arrived = world.as_user(None).submit("/login", login=name, password=PASSWORD)
        assert arrived.location == address
        assert world.as_user(name).get(address).status_code == 200


def test_services_leave_signing_out_of_a_session_that_is_gone(world: World):
    with world.app.app_context():
        user = db.session.get_one(User, world.users["secretary"])
        assert not services.sign_out(db.session, user, uuid4(), clock=world.app.config["CLOCK"])
