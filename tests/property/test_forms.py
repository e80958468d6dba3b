"""Whatever is typed, sent or stored: the form never breaks, and what it accepts once it accepts again."""

from __future__ import annotations

import json

from hypothesis import given, settings
from hypothesis import strategies as st
from werkzeug.datastructures import MultiDict

from survey_app.forms.builder import accepted_answers, valid_answers
from survey_app.forms.fields import plain_text
from survey_app.forms.sheet import AnswerSheet
from tests.unit.app.small_questionnaire import small_questionnaire

INSTRUMENT = small_questionnaire()
WORDS = st.one_of(
    st.sampled_from(["1", "2", "4", "5", "-1", "dont_know", "not_applicable", "", "0", "200", "６"]),
    st.text(max_size=60),
)
TYPED = st.dictionaries(st.sampled_from([f"q_{code}" for code in INSTRUMENT.by_code]), st.lists(WORDS, max_size=3))
STORED = st.dictionaries(
    st.one_of(st.sampled_from(list(INSTRUMENT.by_code)), st.text(max_size=5)),
    st.one_of(
        st.none(), st.booleans(), st.integers(-3, 300), st.floats(), st.text(max_size=50), st.lists(st.integers())
    ),
)
LEVELS = st.sampled_from([5, 4, 3, 2, 1, -1])
ANSWERED = st.fixed_dictionaries(
    {
        "meetings": LEVELS,
        "overall": LEVELS,
        "why": st.lists(st.sampled_from([1, 2]), min_size=1, max_size=2),
        "hours": st.integers(0, 200),
        "age": st.sampled_from([None, 1, 2]),
        "comment": st.one_of(st.none(), st.text(max_size=40)),
    }
)


@settings(max_examples=60, deadline=None)
@given(TYPED)
def test_every_posted_page_is_read_and_shown_again_without_breaking(typed):
    sheet = AnswerSheet.posted(INSTRUMENT, MultiDict(typed), "zh_Hans")
    for section in sheet.path:
        page = sheet.page(section, errors=sheet.errors_in(section))
        assert {question.code for question in page.mistakes} == set(sheet.errors_in(section))
    assert sheet.review()
    assert (sheet.accepted() is None) == (sheet.first_open_section() is not None)


@settings(max_examples=60, deadline=None)
@given(TYPED)
def test_everything_typed_is_either_on_the_page_or_carried_along(typed):
    sheet = AnswerSheet.posted(INSTRUMENT, MultiDict(typed), "zh_Hans")
    for section in sheet.path:
        on_page = {question.name for question in sheet.page(section).questions}
        assert on_page | {name for name, _ in sheet.carried(section)} >= {
            name for name, words in typed.items() if words
        }


@settings(max_examples=60, deadline=None)
@given(ANSWERED)
def test_complete_answers_are_valid_and_stay_so_when_stored_and_opened(answers):
    accepted = valid_answers(INSTRUMENT, answers)
    assert accepted is not None
    assert set(accepted) == set(INSTRUMENT.by_code)
    assert (accepted["why"] is not None) == (answers["overall"] in (1, 2))
    assert valid_answers(INSTRUMENT, json.loads(json.dumps(accepted))) == accepted


@settings(max_examples=60, deadline=None)
@given(STORED)
def test_nothing_found_in_an_envelope_breaks_the_check(stored):
    accepted = valid_answers(INSTRUMENT, stored)
    if accepted is not None:
        assert valid_answers(INSTRUMENT, accepted) == accepted


@settings(max_examples=60, deadline=None)
@given(TYPED)
def test_what_the_pages_accept_is_what_sealing_accepts(typed):
    accepted = accepted_answers(INSTRUMENT, MultiDict(typed))
    if accepted is not None:
        assert valid_answers(INSTRUMENT, accepted) == accepted


@settings(max_examples=60, deadline=None)
@given(st.text(max_size=200))
def test_plain_text_is_plain_the_second_time_too(written):
    once = plain_text(written)
    assert plain_text(once) == once
    once.encode("utf-8")
