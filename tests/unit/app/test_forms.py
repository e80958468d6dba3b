"""The form built from a questionnaire: what a member may answer and what is said when something is amiss."""

from __future__ import annotations

import pytest
from werkzeug.datastructures import MultiDict

from instruments.catalogue import load_catalogue, names
from instruments.model import DONT_KNOW, Instrument, ItemType
from survey_app.forms.builder import accepted_answers, form_class, valid_answers
from survey_app.forms.fields import plain_text
from survey_app.forms.sheet import AnswerSheet, count_of_questions
from tests.unit.app.small_questionnaire import CONTENT, DISCONTENT, small_questionnaire


@pytest.fixture(scope="module")
def instrument() -> Instrument:
    return small_questionnaire()


def posted(**typed: str | list[str]) -> MultiDict[str, str]:
    return MultiDict({f"q_{code}": value for code, value in typed.items()})


def sentence(instrument: Instrument, code: str, *written: str) -> str:
    """What stands beside a question when this was written; empty if it is fine."""
    form = form_class(instrument, [instrument.by_code[code]], language="en")(posted(**{code: list(written)}))
    return "" if form.validate() else str(form[f"q_{code}"].errors[0])


def test_complete_answers_are_accepted_with_one_entry_per_item(instrument):
    typed = posted(meetings="4", overall="5", hours="6", age="2", comment="希望活动多一些")
    assert accepted_answers(instrument, typed) == {**CONTENT, "why": None}


def test_dont_know_is_an_answer_of_its_own_by_word_or_by_code(instrument):
    for written in ("dont_know", "-1"):
        form = form_class(instrument)(posted(meetings=written))
        assert form.answers()["meetings"] == DONT_KNOW


@pytest.mark.parametrize("written", ["6", "0", "-2", "not_applicable", "abc", "5.0", "９" * 3, "5" * 400])
def test_a_level_that_was_never_offered_is_refused(instrument, written):
    assert sentence(instrument, "meetings", written) == "Please choose one of the answers listed."


def test_two_levels_for_one_question_are_refused(instrument):
    assert sentence(instrument, "meetings", "4", "5") == "Please choose one of the answers listed."


def test_a_missing_answer_points_to_the_way_out_that_the_scale_offers(instrument):
    assert "choose “Don't know”" in sentence(instrument, "meetings")


@pytest.mark.parametrize("written", ["", "  ", "many", "-1", "201", "3.5", "1e2", "9" * 5000])
def test_a_number_outside_its_bounds_is_refused_with_the_bounds(instrument, written):
    assert sentence(instrument, "hours", written) == "Please write a whole number from 0 to 200."


@pytest.mark.parametrize(("written", "number"), [("６", 6), (" 12 ", 12), ("１２", 12), ("0", 0)])
def test_full_width_digits_and_spaces_are_read(instrument, written, number):
    assert form_class(instrument)(posted(hours=written)).answers()["hours"] == number


def test_a_text_over_the_limit_says_by_how_much_and_keeps_every_word(instrument):
    long = "多" * 43
    assert sentence(instrument, "comment", long).startswith("You have written 43 characters, at most 40 are possible.")
    section = instrument.sections[1]
    sheet = AnswerSheet(instrument, posted(comment=long))
    question = sheet.page(section, errors=sheet.errors_in(section)).questions[-1]
    assert question.typed == long
    assert question.error


def test_line_ends_count_once_and_control_characters_vanish():
    assert plain_text(" 第一行\r\n第二行\x00\x07\u2028第三行\ud800 ") == "第一行\n第二行\n第三行"


def test_options_come_in_the_order_of_the_questionnaire_and_each_once(instrument):
    assert form_class(instrument)(posted(why=["2", "1", "2"])).answers()["why"] == (1, 2)


def test_a_question_that_is_not_asked_counts_for_nothing(instrument):
    typed = posted(meetings="4", overall="5", why=["1"], hours="6")
    answers = accepted_answers(instrument, typed)
    assert answers is not None
    assert answers["why"] is None


def test_a_question_that_is_asked_has_to_be_answered(instrument):
    assert accepted_answers(instrument, posted(meetings="4", overall="1", hours="6")) is None
    assert accepted_answers(instrument, posted(meetings="4", overall="1", why=["1"], hours="6")) is not None


def test_the_ballot_a_page_has_accepted_is_valid_at_sealing(instrument):
    accepted = accepted_answers(instrument, posted(meetings="4", overall="2", why=["1", "2"], hours="6"))
    assert accepted is not None
    as_stored = {code: list(value) if isinstance(value, tuple) else value for code, value in accepted.items()}
    assert valid_answers(instrument, as_stored) == accepted


@pytest.mark.parametrize(
    "changed",
    [
        {"meetings": 9},
        {"meetings": None},
        {"meetings": True},
        {"meetings": 4.0},
        {"meetings": "4"},
        {"meetings": [4]},
        {"hours": 500},
        {"comment": 7},
        {"comment": "长" * 41},
        {"why": [3]},
        {"why": []},
        {"unheard_of": 1},
    ],
)
def test_a_ballot_that_no_page_would_have_accepted_is_not_valid(instrument, changed):
    assert valid_answers(instrument, DISCONTENT) is not None
    assert valid_answers(instrument, {**DISCONTENT, **changed}) is None


@pytest.mark.parametrize("opened", [None, [], "text", 3])
def test_what_is_no_ballot_at_all_is_not_valid(instrument, opened):
    assert valid_answers(instrument, opened) is None


def test_an_item_called_like_a_part_of_a_form_does_not_clash():
    source = small_questionnaire().model_dump(by_alias=True)
    source["sections"][1]["items"][2]["code"] = "data"
    source["sections"][0]["items"][0]["code"] = "errors"
    instrument = Instrument.model_validate(source)
    form = form_class(instrument)(posted(data="好", errors="4"))
    assert (form.answers()["data"], form.answers()["errors"]) == ("好", 4)


def test_the_best_level_stands_first_and_nothing_is_chosen_beforehand(instrument):
    page = AnswerSheet(instrument).page(instrument.sections[0])
    choices = page.questions[0].choices
    assert [choice.label for choice in choices] == ["非常满意", "满意", "一般", "不满意", "非常不满意", "不了解"]
    assert not any(choice.is_chosen for question in page.questions for choice in question.choices)
    assert [choice.is_apart for choice in choices] == [False] * 5 + [True]


def test_a_choice_that_may_stay_blank_can_be_taken_back(instrument):
    page = AnswerSheet(instrument).page(instrument.sections[1])
    age = next(question for question in page.questions if question.code == "age")
    assert age.choices[-1].value == ""
    assert form_class(instrument)(posted(age="")).answers()["age"] is None


def test_an_answer_in_the_same_section_calls_for_a_further_question(instrument):
    first = instrument.sections[0]
    sheet = AnswerSheet(instrument, posted(meetings="4", overall="2"))
    assert sheet.added_to(first, shown=["meetings", "overall"]) == {"why"}
    assert sheet.added_to(first, shown=["meetings", "overall", "why"]) == set()


def test_the_sheet_carries_along_whatever_the_page_does_not_show(instrument):
    typed = posted(meetings="4", overall="5", why=["1", "2"], hours="many", comment="好")
    sheet = AnswerSheet.posted(instrument, typed, "zh_Hans")
    shown_and_carried = [name for name, _ in sheet.carried(instrument.sections[1])]
    assert shown_and_carried == ["q_meetings", "q_overall", "q_why", "q_why"]
    assert dict(sheet.carried())["q_hours"] == "many"


def test_minutes_to_go_become_fewer(instrument):
    sheet = AnswerSheet(instrument)
    assert [sheet.page(section).minutes for section in sheet.path] == [2, 2]
    full = load_catalogue("member-satisfaction")
    minutes = [AnswerSheet(full).page(section).minutes for section in full.sections]
    assert minutes == sorted(minutes, reverse=True)
    assert (minutes[0], minutes[-1]) == (full.minutes, 1)


@pytest.mark.parametrize("name", names())
def test_every_catalogue_questionnaire_can_be_answered_and_read_in_both_languages(name):
    questionnaire = load_catalogue(name)
    best = {
        item.code: questionnaire.scale_of(item).levels[0].code if item.type is ItemType.SCALE else item.options[0].code
        for item in questionnaire.items
        if item.type in (ItemType.SCALE, ItemType.SINGLE)
    }
    for item in questionnaire.items:
        if item.required and item.type in (ItemType.MULTIPLE, ItemType.TEXT):
            best[item.code] = (item.options[0].code,) if item.options else "多办活动"
    assert valid_answers(questionnaire, best) is not None
    for language in ("zh_Hans", "en"):
        sheet = AnswerSheet(questionnaire, language=language)
        assert all(sheet.page(section).questions for section in sheet.path)
    choices, texts = count_of_questions(questionnaire)
    assert choices >= 3
    assert texts == (0 if name == "pulse" else 1)  # a pulse has to stay one minute
