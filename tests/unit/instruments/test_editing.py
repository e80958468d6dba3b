"""Changing a questionnaire's text part by part: what changes, and what stays as its author wrote it."""

from __future__ import annotations

from textwrap import dedent

import pytest

from instruments.editing import EditError, moved, renamed, value_at, with_inserted, with_value, without
from instruments.loader import InstrumentError, load_for_publishing
from instruments.reading import LARGEST, read

TEXT = dedent(
    """\
    # Asked every December.
    schema: 1
    code: small
    title: {zh_Hans: 支部测评, en: "Branch survey"}  # on the first page
    audience: member

    scales:
      # as in the rules
      grade:
        levels:
          - {code: 3, label: {zh_Hans: 好}}
          - {code: 2, label: {zh_Hans: 一般}}  # the middle
          - {code: 1, label: {zh_Hans: 差}}
        satisfied: [3]

    sections:
      - code: first
        title: {zh_Hans: 第一部分}
        items:
          # about the whole
          - code: overall
            text: {zh_Hans: 总体}
            scale: grade

          # about meetings
          - code: meetings
            text:
              zh_Hans: 会议
            scale: grade  # the same
            visible_if: overall <= 2

      - code: second
        title: {zh_Hans: 第二部分}
        items:
          - code: why
            type: text
            text: {zh_Hans: 原因}
            required: false
            visible_if: overall == 1 or not (meetings == 3 and answered(meetings))
    """
)
ITEMS = ("sections", 0, "items")


def change(before: str, after: str) -> tuple[list[str], list[str]]:
    """Lines gone and lines new, where a text was changed in one place."""
    old, new = before.split("\n"), after.split("\n")
    same = next(n for n in range(len(new) + 1) if n == len(new) or n == len(old) or old[n] != new[n])
    while len(old) > same and len(new) > same and old[-1] == new[-1]:
        old.pop(), new.pop()
    return old[same:], new[same:]


@pytest.mark.parametrize(
    ("path", "value", "gone", "new"),
    [
        (("title", "zh_Hans"), "年度测评", 'title: {zh_Hans: 支部测评, en: "Branch survey"}  # on the first page',
         'title: {zh_Hans: 年度测评, en: "Branch survey"}  # on the first page'),
        ((*ITEMS, 1, "scale"), "other", "        scale: grade  # the same", "        scale: other  # the same"),
        ((*ITEMS, 1, "text", "zh_Hans"), "yes", "          zh_Hans: 会议", '          zh_Hans: "yes"'),
        (("scales", "grade", "satisfied"), [3, 2], "    satisfied: [3]", "    satisfied: [3, 2]"),
        (("scales", "grade", "levels", 1, "label", "zh_Hans"), "a, b",
         "      - {code: 2, label: {zh_Hans: 一般}}  # the middle",
         '      - {code: 2, label: {zh_Hans: "a, b"}}  # the middle'),
    ],
)  # fmt: skip
def test_one_value_changes_its_line_and_the_comment_on_it_stays(path, value, gone, new):
    assert change(TEXT, with_value(TEXT, path, value)) == ([gone], [new])


@pytest.mark.parametrize(
    ("value", "written"),
    [
        ("满意", "满意"),
        ("35 岁及以下", "35 岁及以下"),
        ("Clear, and short", "Clear, and short"),
        ("yes", '"yes"'),
        ("1", '"1"'),
        ("- x", '"- x"'),
        ("# x", '"# x"'),
        ("a: b", '"a: b"'),
        (" x ", '" x "'),
        ("", '""'),
        ("“引号”", "“引号”"),
        ('"quoted"', '"\\"quoted\\""'),
        (True, "true"),
        (None, "null"),
        (3, "3"),
    ],
)
def test_a_text_is_quoted_exactly_where_it_would_be_read_otherwise(value, written):
    after = with_value(TEXT, (*ITEMS, 1, "text", "zh_Hans"), value)
    assert change(TEXT, after)[1] == [f"          zh_Hans: {written}"]
    assert value_at(after, (*ITEMS, 1, "text", "zh_Hans")) == value


def test_a_text_of_several_paragraphs_is_written_as_it_reads():
    after = with_value(TEXT, (*ITEMS, 1, "text", "zh_Hans"), "第一段\r\n\r\n第二段")
    assert change(TEXT, after)[1] == ["          zh_Hans: |-", "            第一段", "", "            第二段"]
    assert value_at(after, (*ITEMS, 1, "text", "zh_Hans")) == "第一段\n\n第二段"
    assert with_value(after, (*ITEMS, 1, "text", "zh_Hans"), "会议") == TEXT


def test_between_brackets_even_paragraphs_stay_on_the_line():
    after = with_value(TEXT, (*ITEMS, 0, "text", "zh_Hans"), "一\n二")
    assert change(TEXT, after)[1] == ['        text: {zh_Hans: "一\\n二"}']


def test_a_new_key_comes_where_the_order_of_the_questionnaire_has_it():
    after = with_value(TEXT, (*ITEMS, 1, "hint"), {"zh_Hans": "只算本年"})
    assert change(TEXT, after) == ([], ["        hint: {zh_Hans: 只算本年}"])
    assert after.index("zh_Hans: 会议") < after.index("hint:") < after.index("scale: grade  # the same")
    assert change(TEXT, with_value(TEXT, ("minutes",), 4))[1] == ["minutes: 4"]
    assert "audience: member\nminutes: 4\n\nscales:" in with_value(TEXT, ("minutes",), 4)


def test_what_is_missing_around_a_new_key_is_made():
    after = with_value("schema: 1\ncode: x\n", ("scales", "grade"), {"levels": [], "satisfied": []})
    assert after == "schema: 1\ncode: x\nscales:\n  grade:\n    levels: []\n    satisfied: []\n"
    assert with_value("schema: 1\nscales:\n", ("scales", "a"), None) == "schema: 1\nscales:\n  a: null\n"


def test_a_new_element_looks_like_the_others():
    levels = ("scales", "grade", "levels")
    after = with_inserted(TEXT, (*levels, 3), {"code": 0, "label": {"zh_Hans": "很差"}})
    assert change(TEXT, after) == ([], ["      - {code: 0, label: {zh_Hans: 很差}}"])
    item = {"code": "new", "text": {"zh_Hans": "新"}, "scale": "grade"}
    lines = ["      - code: new", "        text: {zh_Hans: 新}", "        scale: grade", ""]
    assert change(TEXT, with_inserted(TEXT, (*ITEMS, 0), item))[1] == lines
    first, _second = with_inserted(TEXT, (*ITEMS, 2), item).split("  - code: second")
    assert first.endswith("visible_if: overall <= 2\n\n" + "\n".join(lines) + "\n")


def test_a_list_that_is_missing_is_made_for_its_first_element():
    after = with_inserted(
        "schema: 1\ncode: x\nsections: []\n", ("dimensions", 0), {"code": "d", "title": {"zh_Hans": "维"}}
    )
    assert after == "schema: 1\ncode: x\ndimensions:\n  - {code: d, title: {zh_Hans: 维}}\nsections: []\n"
    assert with_inserted(after, ("sections", 0), {"code": "s", "items": []}).endswith(
        "sections:\n  - code: s\n    items: []\n"
    )


def test_an_element_goes_with_the_comments_directly_above_it():
    after = without(TEXT, (*ITEMS, 0))
    assert "about the whole" not in after and "Asked every December." in after
    assert "items:\n      # about meetings\n      - code: meetings" in after
    assert change(TEXT, without(TEXT, (*ITEMS, 1)))[0][:2] == ["      # about meetings", "      - code: meetings"]
    assert without(TEXT, (*ITEMS, 1)).count("\n\n") == TEXT.count("\n\n") - 1


def test_comments_set_off_by_an_empty_line_are_about_nothing_below_and_stay():
    text = "a:\n  - 1\n\n  # on the whole list\n\n  - 2\n  - 3\n"
    assert without(text, ("a", 1)) == "a:\n  - 1\n\n  # on the whole list\n\n  - 3\n"
    assert moved(text, ("a", 2), ("a", 0)) == "a:\n  - 3\n\n  # on the whole list\n\n  - 1\n  - 2\n"


def test_the_last_element_leaves_an_empty_list():
    text = "items:  # none yet\n  # the only one\n  - code: a\ncode: x\n"
    assert without(text, ("items", 0)) == "items: []  # none yet\ncode: x\n"
    assert without("a: {b: 1}\n", ("a", "b")) == "a: {}\n"


@pytest.mark.parametrize(
    ("text", "path", "after"),
    [
        ("a: [1, 2, 3]\n", ("a", 1), "a: [1, 3]\n"),
        ("a: [1, 2, 3]\n", ("a", 2), "a: [1, 2]\n"),
        ("a: { b: 1, c: 2 }  # x\n", ("a", "b"), "a: { c: 2 }  # x\n"),
        ("a: [\n  1, # one\n  2, # two\n]\n", ("a", 1), "a: [\n  1 # one\n  , # two\n]\n"),
        ("- a: 1\n  b: 2\n", (0, "a"), "- b: 2\n"),
        ("- - 1\n  - 2\n", (0, 0), "- - 2\n"),
    ],
)
def test_what_stands_between_brackets_or_behind_a_dash_is_taken_out_cleanly(text, path, after):
    assert without(text, path) == after


@pytest.mark.parametrize(
    ("above", "left"),
    [
        ("# on b\n", "# on b\n"),
        ("  # on b\n", "  # on b\n"),
        ("\n  # on nothing below\n\n", "  # on nothing below\n\n"),
        ("    # on a\n", "    # on a\n"),
    ],
)
def test_a_comment_below_the_first_key_of_an_element_keeps_its_line_when_that_key_goes(above, left):
    text = f"# head\n- a: 1  # one\n{above}  b: 2  # two\n  c: 3\n"
    after = without(text, (0, "a"))
    assert after == f"# head\n-\n{left}  b: 2  # two\n  c: 3\n"
    assert without(text.replace("\n", "\r\n"), (0, "a")) == after.replace("\n", "\r\n")


def test_a_comment_still_goes_with_its_key_when_the_key_before_it_has_gone():
    text = "- a: 1\n  # on b\n  b: 2\n  c: 3\n"
    assert without(without(text, (0, "a")), (0, "b")) == "-\n  c: 3\n"


def test_a_comment_stays_above_its_element_where_that_comes_to_be_the_first_behind_a_dash():
    text = "- - 1\n  # two\n  - 2  # zwei\n- 3\n"
    assert moved(text, (0, 1), (0, 0)) == "-\n  # two\n  - 2  # zwei\n  - 1\n- 3\n"
    assert without(text, (0, 0)) == "-\n  # two\n  - 2  # zwei\n- 3\n"
    text = "x:\n  # one\n  - {a: 1}\n  - b\n  - - {c: 2}\n"
    assert moved(text, ("x", 0), ("x", 1, 0)) == "x:\n  - b\n  -\n    # one\n    - {a: 1}\n    - {c: 2}\n"


def test_moving_takes_the_comments_along_and_leaves_the_empty_lines_in_place():
    after = moved(TEXT, (*ITEMS, 1), (*ITEMS, 0))
    assert "items:\n      # about meetings\n      - code: meetings" in after
    assert "visible_if: overall <= 2\n\n      # about the whole\n      - code: overall" in after
    assert sorted(after.split("\n")) == sorted(TEXT.split("\n"))
    assert moved(after, (*ITEMS, 0), (*ITEMS, 1)) == TEXT


def test_an_item_goes_to_another_section_as_it_is_written():
    after = moved(TEXT, (*ITEMS, 1), ("sections", 1, "items", 0))
    assert (
        "    items:\n      # about meetings\n      - code: meetings\n        text:\n          zh_Hans: 会议\n" in after
    )
    assert "        scale: grade  # the same\n" in after
    assert read(after).data["sections"][1]["items"][0]["code"] == "meetings"


def test_an_item_moved_to_an_empty_list_or_to_another_depth_keeps_its_layout():
    text = "a:\n  - x:\n      - # one\n        b: |\n          1\n\n          2\nc: []\n"
    assert moved(text, ("a", 0, "x", 0), ("c", 0)) == "a:\n  - x: []\nc:\n  - # one\n    b: |\n      1\n\n      2\n"


def test_a_section_is_moved_with_everything_in_it():
    after = moved(TEXT, ("sections", 1), ("sections", 0))
    assert [section["code"] for section in read(after).data["sections"]] == ["second", "first"]
    assert sorted(after.split("\n")) == sorted(TEXT.split("\n"))


def test_an_item_is_renamed_with_the_rules_that_look_at_it_and_nothing_that_only_looks_alike():
    text = TEXT.replace("zh_Hans: 总体", "zh_Hans: overall meetings")
    after = renamed(text, "item", "meetings", "gatherings")
    assert change(text, after)[0][0] == "      - code: meetings"
    assert "visible_if: overall == 1 or not (gatherings == 3 and answered(gatherings))" in after
    assert "{zh_Hans: overall meetings}" in after and "# about meetings" in after
    load_for_publishing(after)


def test_the_line_for_other_is_renamed_with_its_item():
    options = [{"code": 1, "label": {"zh_Hans": "学习"}}, {"code": 9, "label": {"zh_Hans": "其他"}, "other": True}]
    topic = {"code": "topic", "type": "single", "text": {"zh_Hans": "方面"}, "options": options}
    text = with_inserted(TEXT, (*ITEMS, 2), topic)
    text = with_value(text, ("sections", 1, "items", 0, "visible_if"), "answered(topic_other) or topic == 1")
    load_for_publishing(text)
    after = renamed(text, "item", "topic", "matter")
    assert "visible_if: answered(matter_other) or matter == 1" in after
    load_for_publishing(after)


def test_a_rule_that_cannot_be_read_stays_as_it_is():
    text = TEXT.replace("overall <= 2", "overall = bad")
    assert "visible_if: overall = bad" in renamed(text, "item", "overall", "total")


def test_scales_dimensions_and_sections_are_renamed_with_what_names_them():
    after = renamed(TEXT, "scale", "grade", "four")
    assert "  # as in the rules\n  four:\n    levels:" in after
    assert after.count("scale: four") == 2 and "scale: four  # the same" in after
    assert change(TEXT, renamed(TEXT, "section", "first", "one"))[1] == ["  - code: one"]
    text = with_value(
        with_inserted(TEXT, ("dimensions", 0), {"code": "d", "title": {"zh_Hans": "维"}}), (*ITEMS, 0, "dimension"), "d"
    )
    assert renamed(text, "dimension", "d", "work").count("work") == 2


def test_a_code_that_is_taken_or_not_there_is_refused():
    for kind, old, new in (("item", "overall", "why"), ("item", "none", "x"), ("scale", "none", "x")):
        with pytest.raises(EditError):
            renamed(TEXT, kind, old, new)


def test_line_ends_and_the_byte_order_mark_stay_those_of_the_file():
    text = "\ufeff" + TEXT.replace("\n", "\r\n")
    after = with_value(text, (*ITEMS, 1, "text", "zh_Hans"), "一\n二")
    assert after.startswith("\ufeff# Asked") and after.count("\n") == after.count("\r\n") == TEXT.count("\n") + 2
    assert moved(moved(text, (*ITEMS, 1), (*ITEMS, 0)), (*ITEMS, 1), (*ITEMS, 0)) == text


def test_a_last_line_without_its_end_is_no_obstacle():
    assert with_value("a: 1\nb: 2", ("b",), 3) == "a: 1\nb: 3"
    assert with_value("a: 1\nb: 2", ("c",), 3) == "a: 1\nb: 2\nc: 3\n"
    assert moved("- 1\n- 2", (1,), (0,)) == "- 2\n- 1\n"


def test_a_layout_that_cannot_be_changed_in_place_is_written_anew_around_the_place_only():
    text = "# head\n? a\n: [1, 2]\nb: {c: 1, d}  # kept\ne: 5  # five\n"
    after = with_value(text, ("b", "d"), 2)
    assert after == "# head\n? a\n: [1, 2]\nb: {c: 1, d: 2}  # kept\ne: 5  # five\n"
    assert read(without(text, ("a",))).data == {"b": {"c": 1, "d": None}, "e": 5}


@pytest.mark.parametrize(
    "attempt",
    [
        lambda: value_at(TEXT, ("sections", 9)),
        lambda: with_value(TEXT, ("sections", 9), {}),
        lambda: with_value(TEXT, ("title", "zh_Hans", "x"), 1),
        lambda: without(TEXT, (*ITEMS, -1)),
        lambda: without(TEXT, ()),
        lambda: with_inserted(TEXT, (*ITEMS, 3), {}),
        lambda: with_inserted(TEXT, ("title", 0), {}),
        lambda: moved(TEXT, (*ITEMS, 0), (*ITEMS, 2)),
        lambda: moved(TEXT, ("title",), ("code",)),
    ],
)
def test_places_that_are_not_there_are_refused(attempt):
    with pytest.raises(EditError):
        attempt()


@pytest.mark.parametrize("text", ["", "a: [", "\t- x", "x: " + "y" * LARGEST, "x: " + "[" * 30 + "]" * 30])
def test_what_cannot_be_read_cannot_be_changed(text):
    with pytest.raises(InstrumentError):
        with_value(text, ("a",), 1)


def test_signs_that_no_document_carries_are_refused_and_what_is_too_deep_or_large_too():
    deep: object = 1
    for _ in range(20):
        deep = [deep]
    for value in ("a\x07b", "\ud800", "x" * LARGEST, deep):
        with pytest.raises(InstrumentError):
            with_value(TEXT, ("note",), value)
    with pytest.raises(ValueError, match="cannot stand"):
        with_value(TEXT, ("note",), float("nan"))


def test_a_value_that_is_there_already_leaves_the_text_alone_however_it_is_written():
    assert with_value(TEXT, ("title", "en"), "Branch survey") == TEXT
    assert with_value("a: 1\n", ("a",), True) == "a: true\n"
