"""Members' pages are the same bytes for everybody, kept by caches for a minute and by the service until they change."""

from __future__ import annotations

import gzip
import re
from datetime import UTC, datetime
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import event, text
from werkzeug.test import TestResponse

from survey_app import services
from survey_app.extensions import db
from survey_app.kept_pages import KeptPages
from survey_app.models import AccessMode, UserRole
from survey_app.static_files import StaticFiles
from tests.open_survey import OpenSurvey, open_survey
from tests.page_checks import check_page
from tests.short_way import ask, written
from tests.unit.app.small_questionnaire import SOURCE
from tests.visitor import Visitor

PASSWORD = "correct horse battery"
PAGES = ("", "/sheet", "/anonymity", "/receipts")
GZIP = {"Accept-Encoding": "gzip"}


@pytest.fixture
def survey(app: Flask) -> OpenSurvey:
    return open_survey(app)


def address(survey: OpenSurvey, page: str) -> str:
    return f"/s/{survey.slug}/receipts" if page.endswith("receipts") else survey.path + page


def signed_in(app: Flask, survey: OpenSurvey) -> FlaskClient:
    """The browser of the secretary of this survey's unit, used on committee pages in English."""
    with app.app_context():
        services.create_user(
            db.session,
            login="secretary",
            name="Secretary",
            password=PASSWORD,
            roles=[(UserRole.SECRETARY, survey._survey().unit)],
            by=services.COMMAND_LINE,
            clock=app.config["CLOCK"],
        )
        db.session.commit()
    visitor = Visitor(app.test_client())
    assert visitor.submit("/login", login="secretary", password=PASSWORD).status_code == 302
    assert visitor.client.get("/committee/?lang=en").status_code == 200
    return visitor.client


def lines(response: TestResponse) -> list[tuple[str, str]]:
    """The headers, but for the moment of the answer."""
    return [line for line in response.headers if line[0] != "Date"]


@pytest.mark.parametrize("language", ["", "?lang=en"])
def test_secretary_and_stranger_are_sent_the_same_bytes(app: Flask, survey: OpenSurvey, language: str):
    known = {"Accept-Language": "zh-CN", "User-Agent": "one"}
    strange = {"Accept-Language": "zh-CN", "User-Agent": "other", "Cookie": "lang=en; session=x; tracker=7"}
    client = signed_in(app, survey)
    for page in PAGES:
        secretary = client.get(address(survey, page) + language, headers=known)
        stranger = app.test_client().get(address(survey, page) + language, headers=strange)
        assert secretary.status_code == stranger.status_code == 200
        assert secretary.data == stranger.data
        assert lines(secretary) == lines(stranger)
        assert "Set-Cookie" not in secretary.headers
        assert "Cookie" not in secretary.vary
        assert secretary.headers["Cache-Control"] == "public, max-age=60"


def test_a_page_that_nobody_can_enter_by_is_the_same_for_everybody_too(app: Flask, survey: OpenSurvey):
    survey.close()
    client = signed_in(app, survey)
    for path in (survey.path, f"/s/{survey.slug}/elsewhere", "/s/no/survey"):
        response = client.get(path)
        assert response.status_code in (404, 410)
        assert "Cookie" not in response.vary
        assert "no-cache" in response.headers["Cache-Control"]
        again = app.test_client().get(path, headers={"If-None-Match": "*"})
        assert (again.status_code, again.data) == (response.status_code, response.data)


def test_a_members_page_never_looks_up_who_is_signed_in(app: Flask, survey: OpenSurvey):
    client = signed_in(app, survey)
    app.test_client().get(survey.path)  # from now on it is kept
    asked: list[str] = []
    event.listen(app.extensions["engine"], "before_cursor_execute", lambda *call: asked.append(call[2]))
    client.get(survey.path)
    of_secretary = asked.copy()
    app.test_client().get(survey.path)
    assert of_secretary
    assert asked == of_secretary * 2


def test_committee_pages_still_differ_by_cookie(app: Flask, survey: OpenSurvey):
    page = signed_in(app, survey).get("/committee/")
    assert "Cookie" in page.vary
    assert "Secretary" in page.text


def test_nothing_in_a_request_but_its_language_reaches_the_page_that_others_see(
    client: FlaskClient, survey: OpenSurvey
):
    crafted = client.get(f"{survey.path}?code=STOLEN&next=//elsewhere", data={"code": "TYPED", "q_meetings": "1"})
    plain = client.get(survey.path)
    assert crafted.data == plain.data
    assert "TYPED" not in plain.text


def test_the_language_comes_from_the_address_or_the_page_says_that_it_varies(client: FlaskClient, survey: OpenSurvey):
    chinese = client.get(survey.path, headers={"Accept-Language": "zh-CN"})
    english = client.get(survey.path, headers={"Accept-Language": "en-GB"})
    assert chinese.data != english.data
    assert "Accept-Language" in english.vary
    asked = [client.get(f"{survey.path}?lang=en", headers={"Accept-Language": word}) for word in ("zh-CN", "en")]
    assert asked[0].data == asked[1].data
    assert "Accept-Language" not in asked[0].vary
    assert "Accept-Language" in client.get(f"{survey.path}?lang=tlh").vary


def test_who_has_the_page_already_is_not_sent_it_again(client: FlaskClient, survey: OpenSurvey):
    for page in PAGES:
        first = client.get(address(survey, page), headers=GZIP)
        again = client.get(address(survey, page), headers=GZIP | {"If-None-Match": first.headers["ETag"]})
        assert (again.status_code, again.data) == (304, b"")
        for name in ("ETag", "Cache-Control", "Vary"):
            assert again.headers[name] == first.headers[name]
        other = client.get(address(survey, page), headers=GZIP | {"If-None-Match": '"something else"'})
        assert (other.status_code, other.data) == (200, first.data)


def test_a_page_is_compressed_where_the_browser_takes_it(client: FlaskClient, survey: OpenSurvey):
    for page in PAGES:
        compressed = client.get(address(survey, page), headers=GZIP)
        plain = client.get(address(survey, page), headers={"Accept-Encoding": "gzip;q=0"})
        assert compressed.headers["Content-Encoding"] == "gzip"
        assert "Content-Encoding" not in plain.headers
        assert gzip.decompress(compressed.data) == plain.data
        assert len(compressed.data) < 0.7 * len(plain.data)
        assert compressed.headers["ETag"] != plain.headers["ETag"]
        assert "Accept-Encoding" in plain.vary
        check_page(plain.text)


def test_a_page_that_follows_what_was_sent_is_kept_nowhere(client: FlaskClient, survey: OpenSurvey):
    sent = {"go": "start", "code": survey.codes[0]}
    began = client.post(survey.path, data=sent, headers=GZIP)
    refused = client.post(survey.path, data={"go": "start", "code": "nonsense"}, headers=GZIP)
    looked_up = client.post(address(survey, "/receipts"), data={"receipt": "mine"}, headers=GZIP)
    for response in (began, refused, looked_up):
        assert response.headers["Cache-Control"] == "no-store"
        assert "ETag" not in response.headers
        assert "Content-Encoding" not in response.headers
    assert "nonsense" in refused.text
    assert "nonsense" not in client.get(survey.path).text


def test_the_door_shuts_when_the_survey_is_closed_and_when_its_last_day_is_over(app, client, clock, survey):
    pages = [survey.path, f"{survey.path}/sheet"]
    etags = {page: client.get(page).headers["ETag"] for page in pages}
    clock.moment = datetime(2026, 12, 15, 9, 0, tzinfo=UTC)
    assert client.get(survey.path, headers={"If-None-Match": etags[survey.path]}).status_code == 410
    assert client.get(pages[1]).status_code == 200  # who has begun may finish
    survey.close()
    clock.moment = datetime(2026, 12, 15, 9, 31, tzinfo=UTC)
    assert [client.get(page, headers={"If-None-Match": etags[page]}).status_code for page in pages] == [410, 410]


CHANGES = (
    "UPDATE survey SET title = '更名的测评'",
    "UPDATE survey SET closes_on = '2026-12-20'",
    "UPDATE survey SET reference_day = '2026-11-29'",
    "UPDATE survey SET threshold = 12",
    "UPDATE survey SET scrutineers = 1",
    "UPDATE survey SET has_receipts = 0",
    "UPDATE survey SET is_sample = 1",
    "UPDATE survey SET access_mode = 'personal'",
    "UPDATE survey SET access_mode = 'open'",
    "UPDATE survey SET accepts_played = 0",
    "UPDATE survey SET instrument_sha256 = :other",
    "UPDATE reporting_group SET eligible = 13",
    "UPDATE unit SET name = '更名的支部'",
)


def test_whatever_a_page_follows_from_makes_another_page_at_once(app: Flask, client: FlaskClient, survey: OpenSurvey):
    """Even what the database keeps from changing in an opened survey."""
    with app.app_context():
        other = services.publish_instrument(
            db.session,
            SOURCE.replace("minutes: 2", "minutes: 7").replace("meetings?", "lectures?"),
            by=services.COMMAND_LINE,
            clock=app.config["CLOCK"],
        ).sha256
        for trigger in db.session.scalars(text("SELECT name FROM sqlite_master WHERE type = 'trigger'")).all():
            db.session.execute(text(f'DROP TRIGGER "{trigger}"'))
        db.session.commit()
    seen = {both(app, client, survey)}
    for change in CHANGES:
        with app.app_context():
            db.session.execute(text(change), {"other": other} if ":other" in change else {})
            db.session.commit()
        pages = both(app, client, survey)
        assert pages not in seen, change
        seen.add(pages)


def both(app: Flask, client: FlaskClient, survey: OpenSurvey) -> tuple[bytes, ...]:
    """Landing page and questionnaire in both languages: by the short way, kept or rendered anew, the same bytes."""
    addresses = [f"{survey.path}{page}?lang={language}" for page in ("", "/sheet") for language in ("zh-Hans", "en")]
    short = [ask(app, written("GET", page)) for page in addresses]
    kept = tuple(client.get(page).data for page in addresses * 2)
    pages, app.extensions["kept pages"] = app.extensions["kept pages"], KeptPages(0)
    rendered = tuple(client.get(page).data for page in addresses * 2)
    app.extensions["kept pages"] = pages
    assert kept == rendered
    assert all(answered is None or answered.body == page for answered, page in zip(short, rendered, strict=False))
    assert len(set(rendered)) == len(addresses)
    return rendered


def test_groups_and_surveys_do_not_get_each_others_pages(app: Flask, client: FlaskClient, survey: OpenSurvey):
    elsewhere = open_survey(app, unit_code="b4", access_mode=AccessMode.OPEN)
    for page in ("", "/sheet"):
        first, second = client.get(survey.path + page).text, client.get(elsewhere.path + page).text
        assert survey.group in first
        assert elsewhere.group in second
        assert survey.group not in second
        assert client.get(survey.path + page).text == first


def test_a_page_that_names_the_host_it_was_asked_from_is_kept_for_nobody_else(app: Flask, client: FlaskClient):
    strict = open_survey(app, accepts_played=False)
    here = client.get(strict.path, base_url="https://survey.example")
    forged = client.get(strict.path, base_url="https://elsewhere.example")
    assert "https://survey.example/s/" in here.text
    assert "https://elsewhere.example/s/" in forged.text
    assert here.headers["Cache-Control"] == "private, max-age=60"
    assert client.get(strict.path, base_url="https://survey.example").data == here.data


def test_a_page_is_rendered_once_and_what_nobody_asks_for_goes_first():
    pages, rendered = KeptPages(2), []

    def page(name: str) -> bytes:
        return pages.page(name, lambda: rendered.append(name) or name).content

    assert [page(name) for name in ("a", "b", "a", "c", "a", "b")] == [b"a", b"b", b"a", b"c", b"a", b"b"]
    assert rendered == ["a", "b", "c", "b"]


def test_style_and_scripts_are_kept_for_good_under_the_name_of_their_content(client: FlaskClient, survey: OpenSurvey):
    landing = client.get(survey.path).text
    addresses = re.findall(r'(?:href|src)="(/static/[^"]+)"', landing)
    assert len(addresses) == 3
    for hashed in addresses:
        file = client.get(hashed, headers=GZIP)
        assert file.headers["Cache-Control"] == "public, max-age=31536000, immutable"
        assert file.headers["Content-Encoding"] == "gzip"
        assert re.match(r"text/(css|javascript); charset=utf-8", file.headers["Content-Type"])
        assert file.headers["X-Content-Type-Options"] == "nosniff"
        assert "Cookie" not in file.vary
        plain = client.get(re.sub(r"/[0-9a-f]{20}/", "/", hashed))
        assert plain.data == gzip.decompress(file.data)
        assert plain.headers["Cache-Control"] == "public, no-cache"
        known = client.get(hashed, headers=GZIP | {"If-None-Match": file.headers["ETag"]})
        assert (known.status_code, known.data) == (304, b"")
        asked = client.head(hashed, headers=GZIP)
        assert (asked.data, asked.headers["ETag"]) == (b"", file.headers["ETag"])


def test_an_address_of_another_content_leads_nowhere(client: FlaskClient):
    assert client.get(f"/static/{'0' * 20}/look.css").status_code == 404
    assert client.get("/static/../config.py").status_code == 404
    assert client.post("/static/look.css").status_code == 405


def test_changed_content_has_another_address(tmp_path: Path):
    names = []
    for words in ("one", "two"):
        folder = tmp_path / words  # what has been read of a file is kept for all tests
        folder.mkdir()
        (folder / "look.css").write_text(words)
        names.append(StaticFiles(folder, "/static").hashed("look.css"))
    assert names[0] != names[1]
    assert StaticFiles(tmp_path, "/static").hashed("nowhere.css") == "nowhere.css"
