"""Words and themes count people; a committee writes the rules of themes in a text field."""

from __future__ import annotations

import pytest

from analysis.comments import ThemeCount, WordCount, code_themes, count_themes, words
from analysis.themes import DEFAULT_THEMES, ThemeError, ThemeRule, ThemesUnreadable, dump_themes, parse_themes


def test_who_repeats_a_word_counts_once():
    said = ["报销太慢,报销太难,报销太烦", "报销要三个月", "场地不错"]
    assert words(said, most=1) == (WordCount("报销", 2),)


def test_terms_of_branch_work_stay_whole():
    found = {found.word for found in words(["三会一课走过场", "主题党日和党务公开都好"])}
    assert {"三会一课", "走过场", "主题党日", "党务公开"} <= found


def test_single_characters_numbers_marks_and_stop_words_are_no_words():
    assert words(["我们的会非常好。2024年,12.5%,三百,希望我们的会……"]) == ()
    assert words(["〔姓名〕说,〔电话〕"]) == ()


def test_latin_words_count_whatever_their_case_and_width():
    assert words(["APP 卡", "ａｐｐ 慢", "app"], most=1) == (WordCount("app", 3),)


def test_equal_counts_have_one_order_whatever_the_order_of_the_texts():
    said = ["培训 经费", "经费 场地", "场地 培训"]
    assert words(said) == words(said[::-1]) == tuple(WordCount(word, 2) for word in ("场地", "培训", "经费"))


def test_further_words_may_be_left_out():
    assert words(["培训 经费"], stop={"经费"}) == (WordCount("培训", 1),)
    assert words([]) == words(["培训"], most=0) == ()
    with pytest.raises(ValueError, match="most"):
        words([], most=-1)


def test_a_theme_is_recognised_by_any_of_its_words_all_required_and_none_excluded():
    rules = parse_themes("活动经费: 经费, 报销; 不含 党费\n陈旧的场地: 活动室, 场地; 同时 陈旧")
    said = ["经费少", "报销慢,党费也收得急", "活动室陈旧", "场地很新", "陈旧"]
    assert code_themes(said, rules) == (("活动经费",), (), ("陈旧的场地",), (), ())
    assert count_themes(said, rules) == (ThemeCount("活动经费", 1), ThemeCount("陈旧的场地", 1))


def test_all_required_words_must_occur():
    rules = [ThemeRule("学习时间", all_of=("学习", "时间"))]
    assert code_themes(["学习的时间太少", "学习不错"], rules) == (("学习时间",), ())


def test_a_comment_may_have_several_themes_and_a_theme_nobody():
    rules = parse_themes("甲: 经费\n乙: 场地\n丙: 帮扶")
    assert code_themes(["场地和经费"], rules) == (("甲", "乙"),)
    assert count_themes(["场地和经费"], rules)[2] == ThemeCount("丙", 0)


def test_latin_keywords_are_whole_words():
    rules = parse_themes("应用: app, c++")
    assert code_themes(["用APP方便", "webapp apps", "ＡＰＰ", "C++班"], rules) == (("应用",), (), ("应用",), ("应用",))


def test_the_default_themes_know_the_usual_comments():
    rules = parse_themes(DEFAULT_THEMES)
    assert dump_themes(rules) == DEFAULT_THEMES
    said = {
        "活动经费报销太慢": "经费保障",
        "组织生活走过场": "形式负担",
        "慰问困难党员应当更及时": "困难帮扶",
        "活动室的空调坏了": "场地设施",
        "入党材料的要求不清楚": "发展党员",
        "财务情况要公示": "党务公开",
        "培训内容陈旧": "学习培训",
        "意见提了没有下文": "整改落实",
    }
    assert [title in found for title, found in zip(said.values(), code_themes(list(said), rules), strict=True)] == [
        True
    ] * len(said)


def test_chinese_and_latin_punctuation_mean_the_same():
    assert parse_themes("经费：报销，补贴、预算；不含党费；同时：慢") == parse_themes(
        "经费: 报销, 补贴, 预算; 同时 慢; 不含 党费"
    )
    assert parse_themes("\n  经费 :  报销 ,, 报销 ; \n\n") == (ThemeRule("经费", ("报销",)),)


def test_all_errors_are_told_at_once_with_their_lines():
    with pytest.raises(ThemesUnreadable) as refused:
        parse_themes("经费\n: 报销\n场地: \n\n学习: 培训；读书；不含 培训；不含 会\n学习: 讲座\n帮扶: 不含 党费")
    assert refused.value.errors == (
        ThemeError(1, "no_colon", "经费"),
        ThemeError(2, "no_title", ": 报销"),
        ThemeError(3, "no_keywords", "场地"),
        ThemeError(5, "unmarked_part", "读书"),
        ThemeError(5, "part_twice", "不含"),
        ThemeError(5, "required_and_excluded", "培训"),
        ThemeError(6, "title_taken", "学习"),
        ThemeError(7, "no_keywords", "帮扶"),
    )


@pytest.mark.parametrize(
    "parts",
    [
        {"title": "", "any_of": ("报销",)},
        {"title": "经费"},
        {"title": "经费", "none_of": ("党费",)},
        {"title": "经:费", "any_of": ("报销",)},
        {"title": "经\n费", "any_of": ("报销",)},
        {"title": "经费", "any_of": ("报,销",)},
        {"title": "经费", "any_of": ("不含糊",)},
        {"title": "经费", "any_of": ("报销", "报销")},
        {"title": "经费", "any_of": ("报销",), "none_of": ("报销",)},
    ],
)
def test_a_rule_that_its_line_could_not_bring_back_does_not_exist(parts):
    with pytest.raises(ValueError, match="cannot be written"):
        ThemeRule(**parts)
