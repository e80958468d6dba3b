"""Every item type by its tiny questionnaire, without JavaScript: open, answer wrongly, answer rightly, check, send."""

from __future__ import annotations

import re
from random import Random

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.datastructures import MultiDict

from instruments.loader import load
from instruments.model import Instrument, ItemType
from survey_app.forms.builder import accepted_answers, valid_answers
from survey_app.forms.item_types import ITEM_FIELDS
from survey_app.forms.sheet import AnswerSheet
from survey_app.forms.whole_sheet import WholeSheet
from tests.open_survey import OpenSurvey, open_survey
from tests.page_checks import check_page, elements, text_of
from tests.tiny_instruments import NAMES, source

LISTED = "Please choose one of the answers listed."
SOME_LISTED = "Please choose from the answers listed."
PLACES = "Please fill every place from 1 to 2, each with something else."
DAY = "Please write a day from 2026-01-01 to 2026-12-31, such as 2026-12-31."
HOURS = "Please write a whole number from 0 to 60."

RIGHT = {
    "attention": ({"open": ["3"], "reads": ["3"]}, {"open": 3, "reads": 3}, ["Agree", "Agree"]),
    "date": ({"day": ["２０２６-05-01"]}, {"day": "2026-05-01"}, ["2026-05-01"]),
    "grade_set": ({"grade": ["not_applicable"]}, {"grade": -2}, ["Not applicable"]),
    "information": ({"friday": ["dont_know"]}, {"friday": -1}, ["Don't know"]),
    "long_text": ({"advice": ["多谈心\r\n多走访 "]}, {"advice": "多谈心\n多走访"}, ["多谈心 多走访"]),
    "matrix": (
        {"plan": ["3"], "time": ["1"], "result": [""]},
        {"plan": 3, "time": 1, "result": None},
        ["Agree", "Disagree", "left blank"],
    ),
    "multiple_exclusive_other": (
        {"topics": ["3", "1"], "topics_other": ["健康"]},
        {"topics": (1, 3), "topics_other": "健康"},
        ["History · Something else", "健康"],
    ),
    "number": ({"hours": ["１２"]}, {"hours": 12}, ["12"]),
    "optional": ({}, {"suits": None, "remark": None}, ["left blank", "left blank"]),
    "ranking": ({"order": ["3", "1"]}, {"order": (3, 1)}, ["1. Talks · 2. Study"]),
    "recommend": ({"recommend": ["10"]}, {"recommend": 10}, ["10"]),
    "scale_n_point": ({"ease": ["7"]}, {"ease": 7}, ["Very easy"]),
    "short_text": ({"word": [" 团结 "]}, {"word": "团结"}, ["团结"]),
    "single_other": ({"way": ["3"], "way_other": [""]}, {"way": 3, "way_other": None}, ["Another way", "left blank"]),
    "visible_if": (
        {"happy": ["1"], "reason": ["忙"], "change": ["2"]},
        {"happy": 1, "reason": "忙", "change": 2},
        ["Disagree", "忙", "The content"],
    ),
    "yes_no": ({"told": ["0"]}, {"told": 0}, ["No"]),
}
"""By questionnaire: what is posted, what is accepted, what the review repeats."""

WRONG = [
    ("attention", "reads", ["9"], LISTED),
    ("date", "day", [""], DAY),
    ("date", "day", ["2026-02-30"], DAY),
    ("date", "day", ["2025-12-31"], DAY),
    ("date", "day", ["31.12.2026"], DAY),
    ("grade_set", "grade", ["dont_know"], LISTED),
    ("information", "friday", [], "choose “Don't know”"),
    ("long_text", "advice", ["多" * 41], "Please shorten it by 1."),
    ("long_text", "advice", [" \n"], "Please write a few words."),
    ("matrix", "time", [], "choose “Don't know”"),
    ("multiple_exclusive_other", "topics", [], "Please choose at least one answer."),
    ("multiple_exclusive_other", "topics", ["9"], SOME_LISTED),
    ("multiple_exclusive_other", "topics", ["1", "4"], "“None of these” stands alone."),
    ("multiple_exclusive_other", "topics_other", ["字" * 101], "Please shorten it by 1."),
    ("number", "hours", ["61"], HOURS),
    ("number", "hours", ["很多"], HOURS),
    ("optional", "suits", ["4"], LISTED),
    ("ranking", "order", ["", ""], PLACES),
    ("ranking", "order", ["2", ""], PLACES),
    ("ranking", "order", ["2", "2"], "“Service” stands at more than one place. Please keep it at one of them."),
    ("ranking", "order", ["2", "7"], SOME_LISTED),
    ("recommend", "recommend", ["11"], LISTED),
    ("recommend", "recommend", [], "Please choose one answer."),
    ("scale_n_point", "ease", ["8"], LISTED),
    ("short_text", "word", ["字" * 13], "Please shorten it by 1."),
    ("single_other", "way", ["1", "2"], LISTED),
    ("visible_if", "reason", [""], "Please write a few words."),
    ("yes_no", "told", ["2"], LISTED),
]
NO_BALLOTS = [
    ("ranking", {"order": 1}),
    ("ranking", {"order": [1, 1]}),
    ("ranking", {"order": [1, True]}),
    ("ranking", {"order": ["1", "2"]}),
    ("multiple_exclusive_other", {"topics": 1}),
    ("multiple_exclusive_other", {"topics": [1, 4]}),
    ("date", {"day": 20260501}),
    ("date", {"day": ["2026-05-01"]}),
    ("number", {"hours": "12"}),
    ("recommend", {"recommend": [10]}),
    ("yes_no", {"told": False}),
    ("information", {"friday": 3, "background": "read"}),
]


def posted(typed: dict[str, list[str]]) -> MultiDict[str, str]:
    return MultiDict([(f"q_{code}", word) for code, words in typed.items() for word in words])


class Phone:
    """Somebody without JavaScript: sends on whatever the page carries, with what is typed in its place."""

    def __init__(self, client: FlaskClient, survey: OpenSurvey) -> None:
        self.client, self.survey = client, survey
        self.html = client.get(f"{survey.path}?lang=en").text
        self.page = check_page(self.html)
        self.press("start", {"code": [survey.codes[0]]})

    def press(self, button: str, typed: dict[str, list[str]], *, language: str = "en") -> None:
        carried = [
            (control.get("name", ""), control.get("value", ""))
            for control in elements(self.page, "input")
            if control.get("type") == "hidden" and control.get("name") not in typed
        ]
        sent = MultiDict([*carried, *((name, word) for name, words in typed.items() for word in words)])
        sent["go"] = button
        response = self.client.post(f"{self.survey.path}?lang={language}", data=sent)
        self.status, self.html = response.status_code, response.text
        self.page = check_page(self.html)

    def said(self) -> str:
        return text_of(self.page).replace("\u00a0", " ")

    def given(self) -> list[str]:
        return [text_of(given) for given in elements(self.page, "dd")]

    def shown(self) -> list[str]:
        return next(c.get("value", "").split() for c in elements(self.page, "input") if c.get("name") == "shown")

    def numbers(self) -> list[str]:
        return re.findall(r'class="no num">(\d+)<', self.html)


def test_every_item_type_that_is_answered_has_a_class_of_its_own():
    assert set(ITEM_FIELDS) == set(ItemType) - {ItemType.INFORMATION}
    assert len(set(ITEM_FIELDS.values())) == len(ITEM_FIELDS)


def test_every_tiny_questionnaire_is_walked_here():
    assert set(NAMES) == {*RIGHT, "shuffled"}


@pytest.mark.parametrize("name", RIGHT)
def test_what_is_answered_rightly_is_repeated_and_arrives(app: Flask, client: FlaskClient, name: str):
    typed, accepted, repeated = RIGHT[name]
    survey = open_survey(app, source=source(name))
    phone = Phone(client, survey)
    for _page in range(4):  # what an answer calls for is asked on a page more
        if "Check and send" in phone.said():
            break
        asked = phone.shown()
        phone.press("next", {f"q_{code}": words for code, words in typed.items() if code in asked})
    assert phone.given() == repeated
    phone.press("submit", {})
    assert "Thank you, your answers have arrived" in phone.said()
    assert survey.counts() == (1, 1)
    instrument = load(source(name))
    assert accepted_answers(instrument, posted(typed)) == accepted
    assert valid_answers(instrument, accepted) == accepted


@pytest.mark.parametrize(("name", "code", "words", "sentence"), WRONG)
def test_what_is_wrong_is_said_beside_its_question_and_nothing_is_lost(
    app: Flask, client: FlaskClient, name: str, code: str, words: list[str], sentence: str
):
    phone = Phone(client, open_survey(app, source=source(name)))
    typed = {f"q_{other}": right for other, right in RIGHT[name][0].items()} | {f"q_{code}": words}
    if code not in phone.shown():
        phone.press("next", typed)
    phone.press("next", typed)
    assert phone.status == 422
    card = next(e for e in phone.page.iter() if e.get("id") == f"q_{code}-error")
    assert sentence in text_of(card)
    assert f'href="#q_{code}-0"' in phone.html
    assert accepted_answers(load(source(name)), posted({**RIGHT[name][0], code: words})) is None
    if list(elements(phone.page, "textarea")) or code in ("day", "hours", "word"):
        assert words[0].strip() in phone.html


@pytest.mark.parametrize(("name", "opened"), NO_BALLOTS)
def test_an_opened_ballot_of_another_form_is_not_valid(name: str, opened: dict[str, object]):
    assert valid_answers(load(source(name)), opened) is None


# How types look ------------------------------------------------------------------------------------------------------


def test_zero_to_ten_stands_upwards_with_its_ends_in_words(app: Flask, client: FlaskClient):
    phone = Phone(client, open_survey(app, source=source("recommend")))
    radios = [c.get("value") for c in elements(phone.page, "input") if c.get("type") == "radio"]
    assert radios == [str(step) for step in range(11)]
    (card,) = elements(phone.page, "fieldset")
    assert "q_recommend-ends" in (card.get("aria-describedby") or "")
    assert "0: certainly not" in phone.said()


def test_a_table_has_one_row_of_heads_and_every_row_is_a_group_with_its_name(app: Flask, client: FlaskClient):
    phone = Phone(client, open_survey(app, source=source("matrix")))
    heads = next(e for e in phone.page.iter() if e.get("class") == "heads")
    assert [text_of(head) for head in heads] == ["Agree", "Undecided", "Disagree", "Don't know", "Leave blank"]
    rows = list(elements(phone.page, "fieldset"))
    assert [text_of(next(elements(row, "legend"))) for row in rows] == [
        "1Plans are published early", "2The time is well chosen", "3Results are acted on (may be left blank)",
    ]  # fmt: skip
    cells = [len(list(next(e for e in row if (e.get("class") or "").startswith("answers")))) for row in rows]
    assert cells == [5, 5, 5]  # an empty one where a row has no “Leave blank”
    assert all(text_of(label) for row in rows for label in elements(row, "label"))


def test_more_answers_than_fit_side_by_side_make_no_table():
    eleven = [f"{{code: {code}, label: {{zh_Hans: {code} 级}}}}" for code in range(11, 0, -1)]
    text = re.sub(r"levels:\n(?:      - .*\n)+", f"levels: [{', '.join(eleven)}]\n", source("matrix"))
    text = text.replace("satisfied: [3]", "satisfied: [11]")
    sheet = AnswerSheet(load(text))
    assert sheet.page(sheet.path[0]).blocks[0].heads == ()


def test_words_to_read_describe_their_question(app: Flask, client: FlaskClient):
    phone = Phone(client, open_survey(app, source=source("information")))
    (card,) = elements(phone.page, "fieldset")
    words = next(e for e in phone.page.iter() if e.get("id") == card.get("aria-describedby"))
    assert "Friday afternoons" in text_of(words)


def test_an_answer_that_stands_alone_says_so_before_it_is_chosen(app: Flask, client: FlaskClient):
    phone = Phone(client, open_survey(app, source=source("multiple_exclusive_other")))
    assert "None of these (only this one)" in phone.said().replace("these(", "these (")


@pytest.mark.parametrize(
    ("name", "sentence"),
    [
        ("long_text", "Questions to answer in your own words: 1."),
        ("yes_no", "Questions to choose from: 1."),
        ("optional", "Questions to choose from: 1. To answer in your own words: 1."),
    ],
)
def test_the_first_page_counts_only_what_there_is(app: Flask, client: FlaskClient, name: str, sentence: str):
    survey = open_survey(app, source=source(name))
    landing = text_of(check_page(client.get(f"{survey.path}?lang=en").text)).replace("\u00a0", " ")
    assert sentence in landing
    assert "0 " not in sentence
    assert "Please take about 1 min to answer a few questions." in landing
    phone = Phone(client, survey)
    assert "About 1 min to go" in phone.said()
    assert "Part 1 of 1" not in phone.said()


# Drawn order ---------------------------------------------------------------------------------------------------------


@pytest.fixture
def shuffled() -> Instrument:
    return load(source("shuffled"))


EVERYTHING = {
    "clear": ["1"], "unclear": ["都"], "early": ["3"], "brief": ["2"], "useful": ["1"], "place": ["2"],
    "place_other": ["图书馆"], "heard": ["1"],
}  # fmt: skip


def orders(instrument: Instrument, draws: int, typed: dict[str, list[str]] = EVERYTHING) -> list[list[str]]:
    sheets = [AnswerSheet(instrument, posted(typed), rng=Random(seed)) for seed in range(draws)]
    return [[ask.code for ask in sheet.page(sheet.path[0]).questions] for sheet in sheets]


def test_every_question_comes_first_for_somebody_but_those_that_depend_on_another(shuffled):
    drawn = orders(shuffled, 200)
    assert {order[0] for order in drawn} == {"clear", "early", "brief", "useful", "place", "heard"}
    assert all(sorted(order) == sorted(EVERYTHING) for order in drawn)
    for order in drawn:
        assert order.index("unclear") > order.index("clear")
        assert order.index("place_other") == order.index("place") + 1
        rows = sorted(order.index(code) for code in ("early", "brief", "useful"))
        assert rows == list(range(rows[0], rows[0] + 3))


def test_words_to_read_stay_before_their_table(shuffled):
    for seed in range(20):
        sheet = AnswerSheet(shuffled, rng=Random(seed))
        (table,) = (block for block in sheet.page(sheet.path[0]).blocks if block.heads)
        assert table.told is not None
        assert table.told.words == ("以下三项都是关于会议的。",)
        assert {ask.code for ask in table.questions} == {"early", "brief", "useful"}


def test_numbers_follow_the_order_shown_on_the_page_and_in_the_review(shuffled):
    for seed in range(10):
        sheet = AnswerSheet(shuffled, posted(EVERYTHING), rng=Random(seed))
        questions = sheet.page(sheet.path[0]).questions
        assert [ask.number for ask in questions] == list(range(1, 9))
        (mixed, _fixed) = sheet.review()
        assert [(given.number, given.text) for given in mixed.given] == [(ask.number, ask.short) for ask in questions]
        assert [ask.number for ask in sheet.page(sheet.path[1]).questions] == [9]


def test_an_order_once_shown_stays_whatever_is_pressed(app: Flask, client: FlaskClient):
    phone = Phone(client, open_survey(app, source=source("shuffled")))
    first = phone.shown()
    typed = {f"q_{code}": words for code, words in EVERYTHING.items() if code in first}
    phone.press("next", {**typed, "q_heard": []})
    assert phone.status == 422 or "call for" in phone.said()
    withall = [code for code in phone.shown() if code in first]
    assert withall == first
    order = phone.shown()
    assert {*order} == {*EVERYTHING}
    answers = {f"q_{code}": words for code, words in EVERYTHING.items()}
    phone.press("again", answers, language="zh-Hans")
    assert phone.shown() == order
    phone.press("next", {f"q_{code}": words for code, words in EVERYTHING.items()})
    assert phone.shown()[0] == "overall"
    phone.press("back", {"q_overall": []})
    assert phone.shown() == order
    phone.press("next", answers)
    phone.press("next", {"q_overall": ["3"]})
    assert phone.numbers() == [str(number) for number in range(1, 10)]
    assert phone.shown() == order
    phone.press("correct:mixed", {})
    assert phone.shown() == order


def test_an_order_that_nobody_can_have_been_shown_does_no_harm(shuffled):
    typed = posted(EVERYTHING)
    typed["shown"] = "unclear <b> unclear place_other useful nobody clear"
    sheet = AnswerSheet.posted(shuffled, typed, "en")
    order = [ask.code for ask in sheet.page(sheet.path[0]).questions]
    assert sorted(order) == sorted(EVERYTHING)
    assert order.index("unclear") > order.index("clear")
    assert "nobody" not in sheet.page(sheet.path[0]).shown


def test_the_page_for_the_browser_and_the_paper_keep_the_order_of_the_questionnaire(shuffled):
    pages = [[ask.code for ask in WholeSheet(shuffled).pages[0].questions] for _ in range(5)]
    assert pages == [[item.code for item in shuffled.items][:8]] * 5


def test_the_order_leaves_no_trace_in_the_answers(shuffled):
    typed = posted({**EVERYTHING, "overall": ["3"]})
    accepted = [AnswerSheet(shuffled, typed, rng=Random(seed)).accepted() for seed in range(5)]
    assert [list(answers or {}) for answers in accepted] == [[item.code for item in shuffled.items]] * 5
