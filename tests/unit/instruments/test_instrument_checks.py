"""Fitness to publish: each fault in a questionnaire is found, alone, at its place."""

from __future__ import annotations

import pytest

from instruments.checks import check, display_width
from instruments.loader import load

SECOND = "sections[1].items"


def test_the_small_questionnaire_is_fit(small):
    assert check(small) == ()


@pytest.mark.parametrize(
    ("old", "new", "path", "message"),
    [
        ("{code: memb1,", "{code: overall,", "sections[0].items[1].code", "item code 'overall' stands twice"),
        ("code: topics", "code: has", f"{SECOND}[0].code", "'has' is a word of the rules and cannot be an item code"),
        ("- code: second", "- code: first", "sections[1].code", "section code 'first' stands twice"),
        (
            "{code: 3, label: {zh_Hans: 一般}}",
            "{code: 2, label: {zh_Hans: 一般}}",
            "scales.satisfaction.levels[3].code",
            "level code 2 stands twice",
        ),
        (
            "{code: 4, label: {zh_Hans: 满意}}",
            "{code: 4, label: {zh_Hans: 一般}}",
            "scales.satisfaction.levels[2].label",
            "two levels are called '一般'",
        ),
        (
            "{code: 3, label: {zh_Hans: 一般}}",
            "{code: 1, label: {zh_Hans: 一般}}",
            "scales.satisfaction.levels",
            "levels stand best first, so their codes have to fall from first to last",
        ),
        (
            "satisfied: [5, 4]",
            "satisfied: []",
            "scales.satisfaction.satisfied",
            "no level is named as satisfied; there is no default",
        ),
        (
            "satisfied: [5, 4]",
            "satisfied: [5, 9]",
            "scales.satisfaction.satisfied[1]",
            "the scale has no level with code 9",
        ),
        (
            "satisfied: [5, 4]",
            "satisfied: [5, 3]",
            "scales.satisfaction.satisfied",
            "satisfied levels have to be the best ones, without a gap",
        ),
        ("satisfied: [5, 4]", "satisfied: [5, 5]", "scales.satisfaction.satisfied[1]", "level code 5 stands twice"),
        (
            "satisfied: [5, 4]",
            "satisfied: [2, 3, 4, 5]",
            "scales.satisfaction.satisfied",
            "every level counts as satisfied",
        ),
        (
            "unscored:\n",
            "unscored:\n      - {kind: dont_know, label: {zh_Hans: 不清楚}}\n",
            "scales.satisfaction.unscored[1].kind",
            "'dont_know' is offered twice",
        ),
        (
            ", scale: satisfaction, dimension: members",
            ", scale: agreement, dimension: members",
            "sections[0].items[1].scale",
            "there is no scale 'agreement'",
        ),
        (
            ", scale: satisfaction, dimension: members",
            ", dimension: members",
            "sections[0].items[1].scale",
            "no scale is named",
        ),
        (
            "党员教育}",
            "党员教育内容给您的工作带来的帮助}",
            "sections[0].items[1].short",
            "the text is longer than 14 Chinese characters, so a short label is needed",
        ),
        (
            "text: {zh_Hans: 党员教育}",
            "text: {zh_Hans: 党员教育}, short: {zh_Hans: 党员教育内容给您的工作带来的帮助}",
            "sections[0].items[1].short.zh_Hans",
            "the short label is longer than 14 Chinese characters",
        ),
        (
            "text: {zh_Hans: 党员教育}",
            "text: {zh_Hans: 党员教育}, short: {zh_Hans: 教育, en: The education of members throughout the year}",
            "sections[0].items[1].short.en",
            "the English short label is longer than 40 letters",
        ),
        (
            "text: {zh_Hans: 党员教育}",
            "role: overall, text: {zh_Hans: 党员教育}",
            "sections[0].items[1].role",
            "item 'overall' already stands for 'overall'",
        ),
        ("{zh_Hans: 活动}", "{zh_Hans: 学习}", f"{SECOND}[0].options[1].label", "two options are called '学习'"),
        (
            "{code: 2, label: {zh_Hans: 活动}}",
            "{code: 1, label: {zh_Hans: 活动}}",
            f"{SECOND}[0].options[1].code",
            "option code 1 stands twice",
        ),
        (
            "          - {code: 2, label: {zh_Hans: 活动}}\n",
            "",
            f"{SECOND}[0].options",
            "a choice needs at least two options",
        ),
        (
            "text: {zh_Hans: 关心的方面}",
            "grouping: true\n        text: {zh_Hans: 关心的方面}",
            f"{SECOND}[0].grouping",
            "'grouping' does not belong to an item of type 'multiple'",
        ),
        (
            "text: {zh_Hans: 不满意的原因}",
            "reversed: true, text: {zh_Hans: 不满意的原因}",
            f"{SECOND}[3].reversed",
            "'reversed' does not belong to an item of type 'text'",
        ),
        ("minimum: 0, ", "", f"{SECOND}[2]", "a number needs a minimum and a maximum"),
        ("minimum: 0", "minimum: 20", f"{SECOND}[2].maximum", "the maximum has to be above the minimum"),
        (
            "minimum: 0",
            "minimum: -5",
            f"{SECOND}[2].minimum",
            "a number starts at 0 or above; values below 0 stand for no opinion",
        ),
        (
            "maximum: 20",
            "maximum: 20, bands: [0, 9, 4]",
            f"{SECOND}[2].bands",
            "the lower edges of the bands have to rise",
        ),
        (
            "maximum: 20",
            "maximum: 20, bands: [1, 4]",
            f"{SECOND}[2].bands",
            "the first band starts at the minimum, the last one not above the maximum",
        ),
        (
            "maximum: 20",
            "maximum: 20, bands: [0, 25]",
            f"{SECOND}[2].bands",
            "the first band starts at the minimum, the last one not above the maximum",
        ),
        (
            "grouping: true",
            "grouping: true\n        visible_if: memb1 >= 3",
            f"{SECOND}[1].visible_if",
            "item 'age' has a role or forms groups, so everybody has to be asked",
        ),
    ],
)
def test_one_fault_gives_one_problem_at_its_place(small_with, old, new, path, message):
    found = check(load(small_with(old, new)))
    assert [(problem.path, problem.message) for problem in found] == [(path, message)]


def test_a_scale_of_one_level_is_refused(small_with):
    text = small_with("satisfied: [5, 4]", "satisfied: [5]")
    for line in text.splitlines(keepends=True):
        if any(level in line for level in ("满意}}", "一般}}")) and "非常满意" not in line:
            text = text.replace(line, "")
    messages = [(problem.path, problem.message) for problem in check(load(text))]
    assert ("scales.satisfaction.levels", "a scale needs at least two levels") in messages


def test_a_dimension_nobody_belongs_to_and_one_that_does_not_exist(small_with):
    found = check(load(small_with("dimension: members", "dimension: leadership")))
    assert {(problem.path, problem.message) for problem in found} == {
        ("dimensions[0]", "no item belongs to dimension 'members'"),
        ("sections[0].items[1].dimension", "there is no dimension 'leadership'"),
    }


def test_a_fourth_grouping_question_would_point_to_people(small_with):
    options = "[{code: 1, label: {zh_Hans: 甲}}, {code: 2, label: {zh_Hans: 乙}}]"
    item = "      - {code: g%s, type: single, text: {zh_Hans: 分组}, grouping: true, options: %s}\n"
    anchor = "      - {code: meetings,"
    more = "".join(item % (n, options) for n in range(3))
    (found,) = check(load(small_with(anchor, more + anchor)))
    assert found.path == f"{SECOND}[4].grouping"
    assert found.message == "more than 3 grouping items would make people recognisable"


def test_a_questionnaire_without_items_and_a_section_without_items(small):
    empty = small.model_copy(
        update={"sections": (small.sections[0].model_copy(update={"items": ()}),), "dimensions": ()}
    )
    assert [problem.message for problem in check(empty)] == ["the questionnaire has no items"]
    half = small.model_copy(
        update={"sections": (*small.sections, empty.sections[0].model_copy(update={"code": "third"}))}
    )
    assert [(problem.path, problem.message) for problem in check(half)] == [
        ("sections[2].items", "section 'third' has no items")
    ]


def test_width_counts_chinese_characters_whole_and_letters_half():
    assert display_width("党建引领") == 4
    assert display_width("ISO 9001") == 4
    assert display_width("办事公道、作风务实") == 9
