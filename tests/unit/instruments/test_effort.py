"""How long a questionnaire takes: what makes it longer, and that the ready ones take about what they say."""

from __future__ import annotations

import pytest

from instruments import catalogue
from instruments.effort import effort
from instruments.loader import load


def seconds(text: str, language: str = "zh_Hans") -> int:
    return effort(load(text), language).seconds


@pytest.mark.parametrize("name", catalogue.names())
def test_a_ready_questionnaire_takes_about_as_long_as_it_says(name):
    instrument = catalogue.load_catalogue(name)
    for language in ("zh_Hans", "en"):
        assert abs(effort(instrument, language).minutes - instrument.minutes) <= 2


def test_questions_and_texts_are_counted_without_words_to_read_and_lines_for_other(small_with, small):
    assert (effort(small).questions, effort(small).texts) == (6, 1)
    more = small_with("{code: 2, label: {zh_Hans: 活动}}", "{code: 2, label: {zh_Hans: 活动}, other: true}").replace(
        "      - code: topics\n",
        "      - {code: note, type: information, text: {zh_Hans: 请先读一读}}\n      - code: topics\n",
    )
    assert (effort(load(more)).questions, effort(load(more)).texts) == (6, 1)
    assert effort(load(more)).seconds > effort(small).seconds


def test_a_thousand_characters_take_some_four_minutes_to_read_and_as_many_english_words_too(small_with):
    chinese = small_with("{zh_Hans: 第一部分}", f"{{zh_Hans: 第一部分}}\n    intro: {{zh_Hans: {'学' * 1000}}}")
    assert seconds(chinese) - seconds(small_with("code: small", "code: small")) == pytest.approx(60_000 / 260, abs=1)
    english = chinese.replace("学" * 1000, "学").replace("{zh_Hans: 学}", f"{{zh_Hans: 学, en: {'word ' * 300}}}")
    assert seconds(english, "en") - seconds(chinese.replace("学" * 1000, "学"), "en") == pytest.approx(75, abs=2)


def test_what_is_asked_under_a_rule_counts_half_and_a_text_that_has_to_be_written_counts_whole(small_with):
    as_it_is = seconds(small_with("code: small", "code: small"))
    asked_of_all = seconds(small_with(", visible_if: overall <= 2", ""))
    has_to_be_written = seconds(small_with("required: false, visible_if: overall <= 2", "required: true"))
    assert as_it_is < asked_of_all < has_to_be_written
    assert has_to_be_written - asked_of_all > 30


def test_what_a_question_has_in_common_with_the_one_before_is_not_read_again(small_with):
    long = "您对本支部一年来开展的各项工作中关于{}的情况总体上是否感到满意"
    one, other = long.format("教育"), long.format("活动")
    series = small_with("{zh_Hans: 总体满意}", f"{{zh_Hans: {one}}}").replace(
        "{zh_Hans: 党员教育}", f"{{zh_Hans: {other}}}"
    )
    alone = small_with("{zh_Hans: 总体满意}", f"{{zh_Hans: {one}}}").replace(
        "{zh_Hans: 党员教育}", f"{{zh_Hans: {'新' * 34}}}"
    )
    assert seconds(alone) - seconds(series) >= 5


def test_minutes_are_rounded_up_and_never_none(small):
    assert effort(small).minutes * 60 >= effort(small).seconds > (effort(small).minutes - 1) * 60
    tiny = small.model_copy(update={"sections": ()})
    assert effort(tiny).minutes == 1
