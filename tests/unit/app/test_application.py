"""The application as a whole: safeguards on every response, pages for what went wrong, languages, scope."""

from __future__ import annotations

import logging
from datetime import timedelta
from uuid import uuid4

import pytest
from flask import Flask, g
from flask_login import login_user
from sqlalchemy import event, insert
from sqlalchemy.exc import IntegrityError
from werkzeug.exceptions import NotFound

from survey_app import services
from survey_app.errors import NothingToReport
from survey_app.extensions import BROWSER, db
from survey_app.models import Unit, User, UserRole
from survey_app.permissions import ROLE_RIGHTS, Right, survey_in_scope, unit_in_scope, units_in_scope
from survey_app.services import COMMAND_LINE

BIG = 1024 * 1024


@pytest.fixture
def opened(session, clock, district, secret):
    opened = services.open_survey(session, district.draft(), by=COMMAND_LINE, clock=clock, secret=secret)
    session.commit()
    return opened


@pytest.fixture
def door(session, opened):
    """Address under which the first group answers."""
    address = f"/s/{opened.survey.slug}/{opened.survey.groups[0].slug}"
    session.commit()
    return address


def text_of(response):
    return response.get_data(as_text=True)


def test_every_page_forbids_what_it_does_not_need(client, door):
    for address in ("/", "/login", door, "/no/such/page"):
        response = client.get(address)
        policy = response.headers["Content-Security-Policy"]
        assert "default-src 'none'" in policy
        assert "unsafe" not in policy
        assert response.headers["Referrer-Policy"] == "no-referrer"
        assert response.headers["X-Content-Type-Options"] == "nosniff"
        assert response.headers["X-Frame-Options"] == "DENY"


def test_a_member_who_answers_gets_no_cookie(client, door):
    for response in (client.get(door + "?lang=en"), client.post(door, data={"go": "start", "code": "x"})):
        assert "Set-Cookie" not in response.headers
    assert "no-store" in client.post(door, data={"go": "start"}).headers["Cache-Control"]


def test_answers_of_a_megabyte_get_a_page_in_words(client, door):
    response = client.post(door, data={"q_comment": "好" * (BIG // 3)})
    assert response.status_code == 413
    assert "<h1>" in text_of(response)


@pytest.mark.parametrize(("address", "status"), [("/no/such/page", 404), ("/logout", 405), ("/s/no/survey", 404)])
def test_what_went_wrong_is_a_page_with_a_heading(client, address, status):
    response = client.get(address)
    assert response.status_code == status
    assert text_of(response).count("<h1") == 1


def test_a_refused_act_is_told_in_words(app: Flask, client):
    @app.get("/refused")
    def refused() -> str:
        raise NothingToReport(unit="Archive")

    response = client.get("/refused?lang=en")
    assert response.status_code == 404
    assert "There is no result of Archive in this survey." in text_of(response)


def test_an_unforeseen_error_shows_no_details_and_the_log_names_no_respondent(app: Flask, client, door, caplog):
    app.config.update(TESTING=False)

    def fail(*_arguments, **_values):
        raise ZeroDivisionError("the answer was 42")

    app.view_functions["answer.step"] = fail
    with caplog.at_level(logging.INFO):
        response = client.post(door, data={"q_overall": "1"})
    assert response.status_code == 500
    assert "ZeroDivision" not in text_of(response)
    told = " ".join(record.getMessage() for record in caplog.records)
    assert "ZeroDivisionError" in told
    assert door not in told
    assert "42" not in told


def test_a_committee_form_without_its_token_is_refused(client):
    response = client.post("/login", data={"login": "x", "password": "y"})
    assert response.status_code == 400
    assert "<h1>" in text_of(response)


@pytest.mark.parametrize(
    ("address", "browser", "language"),
    [
        ("/login", "", "zh-Hans"),
        ("/login", "en-US,en;q=0.9", "en"),
        ("/login?lang=zh_Hans", "en", "zh-Hans"),
        ("/login", "fr", "zh-Hans"),
        ("/login?lang=xx", "zh-CN", "zh-Hans"),
    ],
)
def test_the_language_is_the_one_asked_for_else_the_browsers_else_chinese(district, client, address, browser, language):
    district.person(UserRole.SECRETARY)
    district.session.commit()
    response = client.get(address, headers={"Accept-Language": browser})
    assert f'<html lang="{language}">' in text_of(response)


def test_a_chosen_language_is_remembered_on_committee_pages(district, client):
    district.person(UserRole.SECRETARY)
    district.session.commit()
    client.get("/login?lang=en")
    assert '<html lang="en">' in text_of(client.get("/login"))


def test_behind_an_undeclared_proxy_nobody_sits_at_the_machine_itself(client):
    assert client.get("/first-administrator").status_code == 200
    assert client.get("/first-administrator", headers={"X-Forwarded-For": "127.0.0.1"}).status_code == 404


class Scope:
    """What a signed-in person may reach, seen from inside a request."""

    def __init__(self, app: Flask, login: str) -> None:
        self.app, self.login = app, login

    def units(self, right: Right) -> set[str]:
        with self.app.test_request_context():
            user = self._sign_in()
            return {db.session.get_one(Unit, unit_id).code for unit_id in units_in_scope(user, right)}

    def reaches(self, finder, identifier, right: Right) -> bool:
        with self.app.test_request_context():
            self._sign_in()
            g.right = right
            try:
                finder(identifier)
            except NotFound:
                return False
            return True

    def _sign_in(self) -> User:
        user = services.user_by_login(db.session, self.login)
        login_user(user)
        return user


@pytest.fixture
def scope_of(app, district):
    def scope(role: UserRole, unit: str) -> Scope:
        user = district.person(role, unit)
        district.session.commit()
        return Scope(app, user.login)

    return scope


def test_a_role_reaches_the_subtree_of_its_unit_and_no_further(scope_of):
    secretary = scope_of(UserRole.SECRETARY, "organs")
    assert secretary.units(Right.RUN_SURVEYS) == {"organs", "education", "finance", "archive"}
    assert secretary.units(Right.OPEN_BOX) == set()


def test_another_units_identifier_is_not_found(scope_of, district):
    secretary = scope_of(UserRole.SECRETARY, "organs")
    assert secretary.reaches(unit_in_scope, district["archive"].id, Right.RUN_SURVEYS)
    assert not secretary.reaches(unit_in_scope, district["waterworks"].id, Right.RUN_SURVEYS)
    assert not secretary.reaches(unit_in_scope, uuid4(), Right.RUN_SURVEYS)


def test_a_branch_looks_at_results_of_the_district_survey_that_covers_it_but_does_not_run_it(scope_of, district):
    secretary = scope_of(UserRole.SECRETARY, "education")
    survey = district.draft()
    district.session.commit()
    assert secretary.reaches(survey_in_scope, survey.id, Right.VIEW_RESULTS)
    assert not secretary.reaches(survey_in_scope, survey.id, Right.RUN_SURVEYS)


def test_sealing_is_the_scrutineers_alone():
    assert [role for role, rights in ROLE_RIGHTS.items() if Right.OPEN_BOX in rights] == [UserRole.SCRUTINEER]


def test_a_session_ends_when_the_password_is_reset(app, district, rng):
    user = district.person(UserRole.ASSESSOR)
    district.session.commit()
    client = app.test_client()
    carry_session(client, district, user)
    assert client.get("/committee/results/").status_code == 200
    services.reset_password(district.session, user, by=COMMAND_LINE, clock=district.clock, rng=rng)
    district.session.commit()
    assert client.get("/committee/results/").status_code in (302, 303)


def carry_session(client, district, user: User) -> None:
    """Let a browser be one in which the person is signed in."""
    lasts = timedelta(hours=8)
    browser = services.start_session(district.session, user, user_agent="", clock=district.clock, lasts=lasts)
    district.session.commit()
    with client.session_transaction() as carried:
        carried["_user_id"], carried[BROWSER] = user.get_id(), str(browser.id)


def test_pages_that_only_show_something_never_wait_for_a_writer(app, district, client):
    begun: list[str] = []
    event.listen(app.extensions["engine"], "before_cursor_execute", lambda _c, _cursor, sql, *_rest: begun.append(sql))
    user = district.person(UserRole.ASSESSOR)
    carry_session(client, district, user)
    begun.clear()
    assert client.get("/committee/results/").status_code == 200
    assert "BEGIN" in begun
    assert "BEGIN IMMEDIATE" not in begun


def test_an_error_of_the_database_does_not_repeat_what_was_to_be_stored(session, district):
    with pytest.raises(IntegrityError) as error:
        session.execute(insert(Unit).values(id=uuid4(), code="district", name="秘密的名称", level="branch"))
    assert "秘密的名称" not in str(error.value)
