"""The questionnaire as one page for the browser: everything in it, the same for everybody, and rules as JSON."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient

from instruments import catalogue
from instruments.loader import load
from instruments.rules import parse
from survey_app.forms.whole_sheet import WholeSheet, condition_as_lists
from tests.open_survey import OpenSurvey, draft_survey, open_survey
from tests.page_checks import check_page, elements
from tests.unit.app.small_questionnaire import small_questionnaire


@pytest.fixture
def survey(app: Flask) -> OpenSurvey:
    return open_survey(app)


def test_every_section_and_question_is_shown_even_those_an_answer_calls_for(app: Flask):
    with app.test_request_context():
        pages = WholeSheet(small_questionnaire(), language="en").pages
    assert [[ask.code for ask in page.questions] for page in pages] == [
        ["meetings", "overall", "why"],
        ["hours", "age", "comment"],
    ]
    assert pages[0].intros[0] == "Please choose according to your own experience."


def test_the_rules_say_in_json_what_is_asked_read_and_missing(app: Flask):
    with app.test_request_context(headers={"Accept-Language": "en"}):
        rules = WholeSheet(small_questionnaire(), language="en").rules
    assert json.loads(json.dumps(rules)) == rules
    by_code = {item["code"]: item for item in rules["items"]}
    assert by_code["why"]["if"] == ["<=", "overall", 2]
    assert (by_code["hours"]["low"], by_code["hours"]["high"]) == (0, 200)
    assert by_code["comment"] | {"missing": 0} == {
        "code": "comment", "reads": "text", "missing": 0, "optional": True, "most": 40,
    }  # fmt: skip
    assert rules["missing"][by_code["why"]["missing"]] == "Please choose at least one answer."
    assert "“Don't know”" in rules["missing"][by_code["overall"]["missing"]]
    assert "{written}" in rules["excess"]


@pytest.mark.parametrize(
    ("text", "lists"),
    [
        ("a != 2", ["!=", "a", 2]),
        ("a in [1, dont_know]", ["in", "a", [1, -1]]),
        ("topics has 2 or answered(a)", ["or", ["has", "topics", 2], ["answered", "a"]]),
        ("not (a > 1 and a < 4)", ["not", ["and", [">", "a", 1], ["<", "a", 4]]]),
    ],
)
def test_a_condition_becomes_lists(text: str, lists: list[object]):
    assert condition_as_lists(parse(text).condition) == lists


def test_the_page_is_sound_and_the_same_for_everybody(client: FlaskClient, survey: OpenSurvey):
    first = client.get(f"{survey.path}/sheet", headers={"Cookie": "session=x; lang=en", "User-Agent": "one"})
    again = client.get(f"{survey.path}/sheet", headers={"User-Agent": "other"})
    assert first.status_code == 200
    assert first.data == again.data
    assert "Set-Cookie" not in first.headers
    page = check_page(first.text)
    (form,) = elements(page, "form")
    assert (form.get("data-cast"), form.get("data-receipts")) == ("/api/ballots", "yes")
    assert form.get("method") == "dialog"  # which sends nothing anywhere


def test_the_page_follows_the_language_asked_for(client: FlaskClient, survey: OpenSurvey):
    english = client.get(f"{survey.path}/sheet?lang=en").text
    assert "Very satisfied" in english
    assert "?lang=en" in english.split('data-landing="')[1].split('"')[0]


def test_every_published_questionnaire_makes_a_page(app: Flask, client: FlaskClient):
    survey = open_survey(app, source=catalogue.read_text("member-satisfaction"), eligible=38)
    page = check_page(client.get(f"{survey.path}/sheet").text)
    asked = list(elements(page, "fieldset", "textarea"))
    assert len(asked) == len(load(catalogue.read_text("member-satisfaction")).items)


def test_nobody_answers_before_opening_or_after_the_last_ballots(app: Flask, client: FlaskClient, clock):
    with app.app_context():
        draft = draft_survey(app, unit_code="b4")
        path = f"/s/{draft.slug}/{draft.groups[0].slug if draft.groups else 'all'}/sheet"
    assert client.get(path).status_code == 409
    survey = open_survey(app)
    survey.close()
    assert client.get(f"{survey.path}/sheet").status_code == 200  # who has begun may finish
    clock.moment += timedelta(minutes=31)
    assert client.get(f"{survey.path}/sheet").status_code == 410
    assert client.get("/s/nothing/here/sheet").status_code == 404
