"""Hints for the author: what is allowed and better thought about once more, and what is fine as it is."""

from __future__ import annotations

from textwrap import dedent

import pytest

from instruments import catalogue
from instruments.editing import with_inserted, with_value, without
from instruments.hints import hints
from instruments.loader import load
from instruments.phrasing import asks_two_things, leading_words, negations

PLAIN = dedent(
    """\
    schema: 1
    code: pulse
    title: {zh_Hans: 支部测评}
    audience: member
    annual: false
    scales:
      satisfaction:
        levels:
          - {code: 5, label: {zh_Hans: 非常满意}}
          - {code: 4, label: {zh_Hans: 满意}}
          - {code: 3, label: {zh_Hans: 一般}}
          - {code: 2, label: {zh_Hans: 不满意}}
          - {code: 1, label: {zh_Hans: 非常不满意}}
        satisfied: [5, 4]
        unscored:
          - {kind: dont_know, label: {zh_Hans: 不了解}}
    sections:
      - code: first
        title: {zh_Hans: 第一部分}
        items:
          - {code: overall, text: {zh_Hans: 总体满意}, scale: satisfaction, role: overall}
          - {code: study, text: {zh_Hans: 党员教育}, scale: satisfaction}
      - code: second
        title: {zh_Hans: 第二部分}
        items:
          - code: age
            type: single
            text: {zh_Hans: 年龄段}
            options:
              - {code: 1, label: {zh_Hans: 35 岁及以下}}
              - {code: 2, label: {zh_Hans: 36 岁及以上}}
            grouping: true
          - {code: why, type: text, text: {zh_Hans: 不满意的原因}, required: false}
    """
)
LEVELS = ("scales", "satisfaction", "levels")
FIRST = ("sections", 0, "items")


def paths(text: str) -> list[str]:
    return [hint.path for hint in hints(load(text))]


def said(text: str) -> list[str]:
    return [hint.message for hint in hints(load(text))]


def asking(words: str) -> str:
    return with_value(PLAIN, (*FIRST, 1, "text", "zh_Hans"), words)


def with_levels(*labels: str, codes: tuple[int, ...] = (5, 4, 3, 2, 1)) -> str:
    levels = [{"code": code, "label": {"zh_Hans": label}} for code, label in zip(codes, labels, strict=False)]
    return with_value(PLAIN, LEVELS, levels)


def item(code: str, **fields: object) -> dict[str, object]:
    return {"code": code, "text": {"zh_Hans": f"第 {code} 件事"}, **fields}


def test_there_is_nothing_to_say_of_a_plain_questionnaire():
    assert hints(load(PLAIN)) == ()


TEXT = "sections[0].items[1].text.zh_Hans"


@pytest.mark.parametrize(
    "words",
    ["您对培训和活动是否满意？", "支部工作公开并且及时", "您对服务主动、及时的情况是否满意？", "对教育以及管理的看法",
     "Are you content with training and activities?", "您对会议满意吗？您对活动满意吗？"],
)  # fmt: skip
def test_two_things_asked_at_once_are_pointed_out(words):
    assert paths(asking(words)) == [TEXT]


@pytest.mark.parametrize(
    "words",
    ["您对和谐的工作气氛是否满意？", "支部参与社区工作的情况", "涉及群众利益的事", "批评和自我批评的效果",
     "支部与业务部门的沟通", "党建工作与业务工作相互促进", "您对“三会、一课”是否满意？",
     "您对活动（如参观、座谈）是否满意？",
     "办理及时"],
)  # fmt: skip
def test_one_thing_that_only_looks_like_two_is_not(words):
    assert asks_two_things(words) is None
    assert paths(asking(words)) == []


@pytest.mark.parametrize(
    ("words", "found"),
    [("支部没有及时答复", ["没有"]), ("I am not told of results", ["not"]),
     ("我不认为支部没有解决问题", ["不", "没有"]), ("您是否满意？", []), ("您满意不满意？", []), ("学习不断深入", []),
     ("Whether or not it helps", [])],
)  # fmt: skip
def test_negations_are_found_and_words_that_merely_hold_one_are_not(words, found):
    assert negations(words) == found


def test_one_negation_and_two_are_told_apart():
    (one,), (two,) = said(asking("支部没有及时答复")), said(asking("我不认为支部没有解决问题"))
    assert "“没有” is taken the wrong way round" in one
    assert "two negations (“不…没有”)" in two


@pytest.mark.parametrize(
    "words", ["您是否同意支部工作非常出色？", "难道活动还少吗？", "支部取得的显著成绩", "Surely you are content?"]
)
def test_a_question_that_gives_its_answer_away_is_pointed_out(words):
    assert leading_words(words)
    assert paths(asking(words)) == [TEXT]


def test_a_question_too_long_for_one_reading_is_pointed_out():
    assert paths(asking("您对支部工作" + "的情况" * 20)) == [TEXT]
    assert paths(asking("word " * 31)) == [TEXT]
    assert paths(asking("word " * 29)) == []


def test_levels_that_lean_to_one_side_are_pointed_out():
    assert said(with_levels("非常满意", "很满意", "满意", "一般", "不满意")) == [
        "3 favourable levels stand against 1 unfavourable ones; that shifts the answers"
    ]
    assert said(with_levels("很满意", "满意", "不满意", "很不满意", codes=(4, 3, 2, 1))) == []


def test_the_grade_sets_of_the_field_are_as_they_are():
    assert said(with_levels("好", "较好", "一般", "差", codes=(4, 3, 2, 1))) == []
    assert said(with_levels("优秀", "称职", "基本称职", "不称职", codes=(4, 3, 2, 1))) == []


def test_a_code_that_no_level_has_is_pointed_out():
    (message,) = said(with_levels("很满意", "满意", "不满意", "很不满意", codes=(5, 4, 2, 1)))
    assert message.startswith("no level has code 3;")


def test_levels_the_wrong_way_round_are_pointed_out():
    (message,) = said(with_levels("非常不满意", "不满意", "一般", "满意", "非常满意"))
    assert "wrong way round" in message


def test_the_same_levels_with_other_codes_are_pointed_out_at_the_second_scale():
    text = with_value(PLAIN, ("scales", "again"), load_scale(codes=(4, 3, 2, 1, 0)))
    text = with_inserted(text, (*FIRST, 2), item("x", scale="again"))
    assert paths(text) == ["scales.again.levels"]


def load_scale(*labels: str, codes: tuple[int, ...] = (5, 4, 3, 2, 1)) -> dict[str, object]:
    words = labels or ("非常满意", "满意", "一般", "不满意", "非常不满意")
    return {
        "levels": [{"code": code, "label": {"zh_Hans": word}} for code, word in zip(codes, words, strict=True)],
        "satisfied": list(codes[:2]),
        "unscored": [{"kind": "dont_know", "label": {"zh_Hans": "不了解"}}],
    }


def test_more_levels_in_words_than_people_tell_apart_are_pointed_out():
    words = [f"{word}满意" for word in ("极", "非常", "很", "较", "不太", "很不", "非常不", "极不")]
    text = with_value(PLAIN, ("scales", "satisfaction"), load_scale(*words, codes=(8, 7, 6, 5, 4, 3, 2, 1)))
    assert "scales.satisfaction.levels" in paths(text)
    points = [f"{number} 分" for number in range(10, 0, -1)]
    text = with_value(PLAIN, ("scales", "satisfaction"), load_scale(*points, codes=tuple(range(10, 0, -1))))
    assert paths(text) == []


def test_a_scale_by_which_everybody_has_to_judge_is_pointed_out():
    text = without(PLAIN, ("scales", "satisfaction", "unscored"))
    assert paths(text) == ["scales.satisfaction"]
    assert paths(without(text, (*FIRST, 1))) == []


def test_scales_that_take_turns_on_a_page_are_pointed_out_where_the_first_returns():
    agreement = load_scale("非常同意", "同意", "一般", "不同意", "非常不同意")
    text = with_value(PLAIN, ("scales", "agreement"), agreement)
    text = with_inserted(text, (*FIRST, 1), item("x", scale="agreement"))
    assert paths(text) == ["sections[0].items[2].scale"]
    together = with_value(text, (*FIRST, 2, "scale"), "agreement")
    assert paths(together) == []
    assert paths(with_value(together, ("sections", 0, "shuffled"), True)) == ["sections[0].items"]


def test_texts_that_have_to_be_written_or_are_many_are_pointed_out():
    assert paths(with_value(PLAIN, ("sections", 1, "items", 1, "required"), True)) == ["sections[1].items[1].required"]
    text = PLAIN
    for code in ("a", "b", "c"):
        text = with_inserted(text, ("sections", 1, "items", 2), item(code, type="text", required=False))
    assert paths(text) == ["sections[1].items[4]"]


def test_what_every_annual_survey_should_ask_is_missed():
    text = without(with_value(PLAIN, ("annual",), True), (*FIRST, 0, "role"))
    text = with_inserted(text, ("dimensions", 0), {"code": "d", "title": {"zh_Hans": "教育"}})
    text = with_value(text, (*FIRST, 1, "dimension"), "d")
    assert paths(text) == ["dimensions[0]", "sections", "sections", "sections"]
    few, overall, action, frankly = said(text)
    assert "too few items (1)" in few and "overall" in overall
    assert "effective action" in action and "frankly" in frankly


def test_minutes_too_few_pages_too_long_and_groups_too_fine_are_pointed_out():
    many = [item(f"i{number}", scale="satisfaction", hint={"zh_Hans": "请想一想" * 9}) for number in range(60)]
    assert paths(with_value(PLAIN, FIRST, many)) == ["minutes", "sections[0].items"]
    options = [{"code": number, "label": {"zh_Hans": f"第 {number} 组"}} for number in range(1, 7)]
    assert paths(with_value(PLAIN, ("sections", 1, "items", 0, "options"), options)) == ["sections[1].items[0].options"]


def test_the_english_that_is_missing_is_pointed_out_where_most_of_it_is_there():
    assert said(with_value(PLAIN, ("title", "en"), "Survey")) == [
        "English is there for 1 of 15 texts; the others are shown in Chinese"
    ]
    lines = [line.replace("zh_Hans: ", "en: X, zh_Hans: ") for line in PLAIN.splitlines()]
    assert paths("\n".join(lines)) == []
    lines[9] = lines[9].replace("en: X, ", "")
    assert paths("\n".join(lines)) == ["scales.satisfaction.levels[1].label"]


def test_ready_questionnaires_give_few_hints_and_those_are_just():
    found = {name: hints(catalogue.load_catalogue(name)) for name in catalogue.names()}
    assert {name for name, given in found.items() if given} == {"member-satisfaction", "staff-satisfaction"}
    assert {hint.template for given in found.values() for hint in given if hint.path != "minutes"} == {
        "two things seem to be asked at once (“%(word)s”); whoever is content with one of them cannot answer"
    }


def test_hints_come_in_the_order_of_the_file():
    text = with_value(asking("教育和活动"), ("annual",), True)
    text = without(with_value(text, ("title", "en"), "Survey"), ("scales", "satisfaction", "unscored"))
    assert paths(text) == ["", "scales.satisfaction", "sections", "sections", TEXT]
