"""Who is asked what: the language of visible_if, and rules that cannot be meant."""

from __future__ import annotations

import pytest

from instruments.checks import check
from instruments.loader import load
from instruments.rules import RuleError, answers_that_count, parse, references, visible_items

DONT_KNOW, NOT_APPLICABLE = -1, -2


@pytest.mark.parametrize(
    ("rule", "answers", "holds"),
    [
        ("overall <= 2", {"overall": 2}, True),
        ("overall <= 2", {"overall": 3}, False),
        ("overall <= 2", {}, False),
        ("overall <= 2", {"overall": DONT_KNOW}, False),
        ("overall < 5", {"overall": NOT_APPLICABLE}, False),
        ("overall != 5", {"overall": 4}, True),
        ("overall != 5", {"overall": DONT_KNOW}, False),
        ("overall != 5", {}, False),
        ("not overall == 5", {}, True),
        ("not not overall == 5", {"overall": 5}, True),
        ("overall == dont_know", {"overall": DONT_KNOW}, True),
        ("overall == dont_know", {"overall": NOT_APPLICABLE}, False),
        ("overall != dont_know", {"overall": 1}, True),
        ("overall != dont_know", {"overall": DONT_KNOW}, False),
        ("overall in [1, 2, dont_know]", {"overall": DONT_KNOW}, True),
        ("overall in [1, 2]", {"overall": 3}, False),
        ("overall in [1, 2]", {}, False),
        ("topics has 2", {"topics": (1, 2)}, True),
        ("topics has 2", {"topics": (1,)}, False),
        ("topics has 2", {"topics": ()}, False),
        ("answered(topics)", {"topics": ()}, False),
        ("answered(topics)", {"topics": (1,)}, True),
        ("answered(why)", {"why": "   "}, False),
        ("answered(why)", {"why": "太忙"}, True),
        ("answered(overall)", {"overall": DONT_KNOW}, True),
        ("a == 1 or b == 1 and c == 1", {"a": 1, "b": 0, "c": 0}, True),
        ("(a == 1 or b == 1) and c == 1", {"a": 1, "b": 0, "c": 0}, False),
        ("not a == 1 and b == 1", {"a": 0, "b": 1}, True),
        ("not (a == 1 and b == 1)", {"a": 1, "b": 0}, True),
        ("  a>=3   and\tb<4 ", {"a": 3, "b": 3}, True),
    ],
)
def test_a_rule_says_who_is_asked(rule, answers, holds):
    assert parse(rule).evaluate(answers) is holds


@pytest.mark.parametrize(
    ("rule", "position", "message"),
    [
        ("overall = 2", 9, "'=' cannot stand in a rule (position 9)"),
        ("overall <=", 11, "the rule ends too early; possible here: 1"),
        ("", 1, "the rule ends too early; possible here: q1, answered, ("),
        ("overall <= 2 overall", 14, "unexpected 'overall' at position 14; possible here: and, or"),
        ("overall < dont_know", 11, "unexpected 'dont_know' at position 11; possible here: 1"),
        ("overall in []", 13, "unexpected ']' at position 13; possible here: 1, dont_know, not_applicable"),
        ("(overall == 1", 14, "the rule ends too early; possible here: )"),
        ("2 <= overall", 1, "unexpected '2' at position 1; possible here: q1, answered, ("),
        ("__import__('os')", 1, "'_' cannot stand in a rule (position 1)"),
        ("a == 1 and " * 60 + "a == 1", 1, "the rule is longer than 500 characters"),
        ("(" * 40 + "a == 1" + ")" * 40, 22, "the rule is nested too deeply"),
    ],
)
def test_a_rule_that_cannot_be_read_says_where_and_what_was_possible(rule, position, message):
    with pytest.raises(RuleError) as refused:
        parse(rule)
    assert (refused.value.position, str(refused.value)) == (position, message)


def test_a_rule_names_each_item_once_in_order():
    assert references(parse("b == 1 or not (a has 2 and answered(c)) or b > 3")) == ("b", "a", "c")


def test_somebody_dissatisfied_is_asked_why_and_somebody_satisfied_is_not(small):
    def asked(answers):
        return [item.code for item in visible_items(small, answers)]

    assert asked({"overall": 2})[-1] == "why"
    assert "why" not in asked({"overall": 4})
    assert "why" not in asked({})


def test_an_answer_given_before_going_back_falls_away_with_its_question(small):
    answers = {"overall": 4, "memb1": 5, "why": "先前写的话"}
    assert "why" not in answers_that_count(small, answers)
    assert answers_that_count(small, answers)["topics"] is None


def test_what_is_not_asked_opens_no_further_question(small_with):
    follow = "\n      - {code: more, type: text, text: {zh_Hans: 请具体说明}, visible_if: answered(why)}"
    instrument = load(small_with("visible_if: overall <= 2}", "visible_if: overall <= 2}" + follow))
    assert check(instrument) == ()
    codes = [item.code for item in visible_items(instrument, {"overall": 5, "why": "先前写的话"})]
    assert "more" not in codes
    codes = [item.code for item in visible_items(instrument, {"overall": 2, "why": "活动太少"})]
    assert codes[-2:] == ["why", "more"]


@pytest.mark.parametrize(
    ("rule", "messages"),
    [
        ("overal <= 2", ["there is no item 'overal'"]),
        ("why == 1", ["item 'why' stands later or is the item itself; a rule looks back only"]),
        ("overall <=", ["the rule ends too early; possible here: 1"]),
        ("topics == 1", ["item 'topics' cannot be compared; use 'has' for a multiple choice, 'answered' for text"]),
        ("overall has 5", ["item 'overall' is not a multiple choice; 'has' does not fit"]),
        (
            "topics has 7",
            ["item 'topics' has no answer with code 7", "no combination of answers ever shows item 'why'"],
        ),
        ("overall in [2, 9]", ["item 'overall' has no answer with code 9"]),
        ("overall == not_applicable or overall == 2", ["item 'overall' has no answer with code not_applicable"]),
        ("overall < 2", ["no combination of answers ever shows item 'why'"]),
        ("overall == 2 and overall == 3", ["no combination of answers ever shows item 'why'"]),
        ("not answered(overall)", ["no combination of answers ever shows item 'why'"]),
        ("not answered(topics)", []),
        ("topics has 1 and topics has 2 and not answered(topics)", ["no combination of answers ever shows item 'why'"]),
        ("topics has 1 and not topics has 2", []),
        ("meetings > 20", ["no combination of answers ever shows item 'why'"]),
        ("meetings > 7 and meetings < 9", []),
        ("meetings > 7 and meetings < 8", ["no combination of answers ever shows item 'why'"]),
        ("meetings == 21 or age == 1", ["item 'meetings' has no answer with code 21"]),
        ("overall in [dont_know] and memb1 >= 4 and age == 2", []),
    ],
)
def test_a_rule_that_cannot_be_meant_is_found_before_publishing(small_with, rule, messages):
    found = check(load(small_with("visible_if: overall <= 2", f'visible_if: "{rule}"')))
    assert [problem.message for problem in found] == messages
    assert {problem.path for problem in found} <= {"sections[1].items[3].visible_if"}


def test_a_question_behind_a_question_that_excludes_it_is_unreachable(small_with):
    follow = (
        "\n      - {code: more, type: text, text: {zh_Hans: 请具体说明}, visible_if: overall >= 4 and answered(why)}"
    )
    (found,) = check(load(small_with("visible_if: overall <= 2}", "visible_if: overall <= 2}" + follow)))
    assert (found.path, found.values) == ("sections[1].items[4].visible_if", {"item": "more"})


def test_one_unreadable_rule_does_not_hide_the_problems_of_others(small_with):
    more = (
        "\n      - {code: more, type: text, text: {zh_Hans: 请具体说明}, visible_if: answered(why)}"
        "\n      - {code: last, type: text, text: {zh_Hans: 还有吗}, visible_if: overall == 2 and overall == 4}"
    )
    found = check(load(small_with("visible_if: overall <= 2}", "visible_if: overall <=}" + more)))
    assert [problem.message for problem in found] == [
        "the rule ends too early; possible here: 1",
        "no combination of answers ever shows item 'last'",
    ]
