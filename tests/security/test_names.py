"""The name a request calls the service by is the caller's to choose: it opens nothing and stands in no link."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from survey_app import create_app, services
from survey_app.config import SettingImpossible, host_of
from survey_app.extensions import db
from survey_app.models import AccessMode, Survey, UserRole
from tests.district import District
from tests.open_survey import OpenSurvey, open_survey
from tests.visitor import Visitor

SITE = "https://survey.example.org"
OTHER = {"Host": "evil.example"}
PASSWORD = "correct horse battery"


@pytest.fixture
def app_with(sqlite_url: str, tmp_path: Path, clock: object) -> Iterator[Callable[..., Flask]]:
    made: list[Flask] = []

    def app_with(**settings: object) -> Flask:
        given = {"TESTING": True, "INSTANCE": str(tmp_path), "DATABASE_URL": sqlite_url, "SECRET_KEY": "for tests"}
        app = create_app({**given, "INSTALLATION_SECRET": bytes(range(32)), "CLOCK": clock, **settings})
        made.append(app)
        return app

    yield app_with
    for app in made:
        app.extensions["engine"].dispose()


def statuses(client: FlaskClient, host: str) -> set[int]:
    called, places = {"Host": host}, ("/first-administrator", "/no/such/page", "/s/no/where")
    asked = [client.get(address, headers=called) for address in places]
    return {answer.status_code for answer in (*asked, client.post("/login", data={"login": "x"}, headers=called))}


def test_under_another_name_every_page_is_refused(app_with: Callable[..., Flask]):
    client = app_with(ALLOWED_HOSTS="survey.example.org, 10.1.2.3").test_client()
    for host in ("evil.example", "", "survey.example.org.evil.example", "x@survey.example.org", "survey.example.org/x"):
        assert statuses(client, host) == {400}, host
    refused = client.get("/first-administrator?lang=en", headers=OTHER)
    assert "The service does not answer under this name." in refused.text
    assert "evil.example" not in refused.text


@pytest.mark.parametrize("host", ["survey.example.org", "SURVEY.example.org.", "survey.example.org:8443", "10.1.2.3"])
def test_under_its_own_names_it_answers_however_they_are_written(app_with: Callable[..., Flask], host: str):
    client = app_with(ALLOWED_HOSTS="Survey.Example.org, 10.1.2.3").test_client()
    assert client.get("/first-administrator", headers={"Host": host}).status_code == 200


def test_the_name_of_the_site_is_always_one_of_them(app_with: Callable[..., Flask]):
    client = app_with(ALLOWED_HOSTS="localhost", SITE_ADDRESS=SITE).test_client()
    assert client.get("/first-administrator", headers={"Host": "survey.example.org"}).status_code == 200
    assert client.get("/first-administrator", headers=OTHER).status_code == 400


def test_without_a_list_it_answers_under_any_name(app_with: Callable[..., Flask]):
    assert app_with().test_client().get("/first-administrator", headers=OTHER).status_code == 200


def test_whoever_watches_the_machine_may_call_it_by_any_name(app_with: Callable[..., Flask]):
    client = app_with(ALLOWED_HOSTS="survey.example.org").test_client()
    for address in ("/healthz", "/readyz"):
        assert client.get(address, headers={"Host": "127.0.0.1:8000"}).status_code != 400


@pytest.mark.parametrize("name", ["https://survey.example.org", "a b", "survey.example.org/x", "*"])
def test_a_list_with_something_else_in_it_is_refused_at_the_start(app_with: Callable[..., Flask], name: str):
    with pytest.raises(SettingImpossible, match="ALLOWED_HOSTS"):
        app_with(ALLOWED_HOSTS=name)


@pytest.mark.parametrize(
    ("name", "host"),
    [("测评.example:80", "xn--0zw036d.example"), ("[::1]:8000", "[::1]"), ("a:b", ""), ("[::1", ""), ("\udcff", "")],
)
def test_a_host_is_compared_without_its_port(name: str, host: str):
    assert host_of(name) == host


def links_in(page: str) -> list[str]:
    return [word for word in page.replace('"', " ").replace("<", " ").replace(">", " ").split() if "://" in word]


@pytest.fixture
def opened(app_with: Callable[..., Flask]) -> Callable[..., OpenSurvey]:
    """A survey without ballots from old browsers: its first page prints its own address."""

    def opened(**settings: object) -> OpenSurvey:
        return open_survey(app_with(**settings), accepts_played=False)

    return opened


def test_where_the_site_has_an_address_links_carry_it_whatever_a_request_says(opened: Callable[..., OpenSurvey]):
    survey = opened(SITE_ADDRESS=SITE, TRUSTED_PROXIES=1)
    forwarded = {"X-Forwarded-Host": "evil.example", "X-Forwarded-Proto": "http", "X-Forwarded-For": "192.0.2.1"}
    for headers in (OTHER, forwarded, {"Forwarded": "host=evil.example"}):
        page = survey.app.test_client().get(survey.path, headers=headers).text
        assert SITE + survey.path in links_in(page)
        assert "evil" not in page


def test_what_an_undeclared_proxy_says_of_the_name_is_not_believed(opened: Callable[..., OpenSurvey]):
    survey = opened()
    headers = {"X-Forwarded-Host": "evil.example", "X-Forwarded-Proto": "https", "Forwarded": "host=evil.example"}
    page = survey.app.test_client().get(survey.path, headers=headers).text
    assert f"http://localhost{survey.path}" in links_in(page)
    assert "evil" not in page


def test_links_that_a_committee_hands_out_carry_the_name_of_the_site(app_with: Callable[..., Flask]):
    app = app_with(SITE_ADDRESS=SITE)
    survey = open_survey(app, access_mode=AccessMode.OPEN)
    with app.app_context():
        stored = db.session.scalars(select(Survey)).one()
        services.create_user(
            db.session, login="secretary", name="S", password=PASSWORD, roles=[(UserRole.SECRETARY, stored.unit)],
            by=services.COMMAND_LINE, clock=app.config["CLOCK"],
        )  # fmt: skip
        db.session.commit()
        address = f"/committee/surveys/{stored.id}"
    visitor = Visitor(app.test_client())
    visitor.client.environ_base["HTTP_HOST"] = "evil.example"
    assert visitor.submit("/login", login="secretary", password=PASSWORD).status_code == 302
    page = visitor.get(address).text
    assert [link for link in links_in(page) if link.startswith(f"{SITE}/s/{survey.slug}/")]
    assert "evil" not in page


def test_forms_are_taken_through_tls_although_browsers_send_no_referrer(
    app_with: Callable[..., Flask], district: District
):
    person = district.person(UserRole.SECRETARY)
    district.session.commit()
    app = app_with(TLS=True, TRUSTED_PROXIES=1)
    client = app.test_client()
    client.environ_base |= {"HTTP_X_FORWARDED_PROTO": "https", "HTTP_X_FORWARDED_FOR": "192.0.2.1"}
    assert Visitor(client).submit("/login", login=person.login, password="no password").status_code == 422
