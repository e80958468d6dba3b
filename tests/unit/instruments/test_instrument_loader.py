"""Reading a questionnaire file: what an author is told, and where."""

from __future__ import annotations

import pytest

from instruments.loader import InstrumentError, content_hash, dump, load, load_file, load_for_publishing
from instruments.reading import LARGEST, MOST_PARTS


def told(text: str | bytes, reading=load) -> list[str]:
    with pytest.raises(InstrumentError) as refused:
        reading(text)
    return [str(problem) for problem in refused.value.problems]


def test_a_sound_questionnaire_is_read(small):
    assert [item.code for item in small.items] == ["overall", "memb1", "topics", "age", "meetings", "why"]
    assert small.scales["satisfaction"].satisfied == (5, 4)
    assert small.by_code["memb1"].text.in_language("en") == "党员教育"


def test_a_mistyped_key_is_named_with_its_line_and_the_key_that_was_meant(small_with):
    assert told(small_with("title: {zh_Hans: 第一部分}", "titel: {zh_Hans: 第一部分}")) == [
        "line 18, sections[0].title: key 'title' is missing",
        "line 19, sections[0].titel: unknown key 'titel'; did you mean 'title'?",
    ]


def test_a_key_that_resembles_nothing_is_answered_with_the_keys_known_there(small_with):
    (message,) = told(small_with("audience: member", "audience: member\nquorum: 20"))
    assert message.startswith("line 5, quorum: unknown key 'quorum'; known here are: schema, code, title")


def test_a_scale_that_is_called_like_a_key_does_not_confuse_the_suggestions(small_with):
    text = small_with("  satisfaction:\n", "  levels:\n").replace("unscored:", "unscord:")
    assert told(text) == ["line 13, scales.levels.unscord: unknown key 'unscord'; did you mean 'unscored'?"]


def test_all_problems_of_form_come_at_once(small_with):
    text = (
        small_with("code: small", "code: Small One")
        .replace("audience: member", "audience: everybody\nminutes: 90")
        .replace("satisfied: [5, 4]", "satisfied: best")
        .replace("minimum: 0", 'minimum: "0"')
        .replace("grouping: true", "grouping: yes")
        .replace("{zh_Hans: 学习}", "{zh_Hans: 2026}")
    )
    assert told(text) == [
        "line 2, code: 'Small One' cannot be a code: a small letter first, then small letters, digits or -, "
        "at most 64 signs",
        "line 4, audience: 'everybody' is not possible here; possible are member, staff",
        "line 5, minutes: 90 is too large; the most is 60",
        "line 13, scales.satisfaction.satisfied: this has to be a list",
        "line 31, sections[1].items[0].options[0].label.zh_Hans: this has to be text; "
        "put it in quotes if it looks like a number",
        "line 40, sections[1].items[1].grouping: this has to be true or false",
        "line 41, sections[1].items[2].minimum: this has to be a whole number",
    ]


def test_problems_of_form_and_of_content_come_together_when_publishing(small_with):
    text = (
        small_with("{code: memb1,", "{code: overall,")
        .replace("title: {zh_Hans: 第二部分}", "titel: {zh_Hans: 第二部分}")
        .replace("overall <= 2", "overall == 1")
    )
    assert told(text, load_for_publishing) == [
        "line 22, sections[0].items[1].code: item code 'overall' stands twice",
        "line 23, sections[1].title: key 'title' is missing",
        "line 24, sections[1].titel: unknown key 'titel'; did you mean 'title'?",
        "line 41, sections[1].items[3].visible_if: item 'overall' has no answer with code 1",
        "line 41, sections[1].items[3].visible_if: no combination of answers ever shows item 'why'",
    ]


def test_a_key_that_stands_twice_is_refused_with_both_lines(small_with):
    text = small_with("audience: member", "audience: member\naudience: staff")
    assert told(text) == ["line 5, audience: key 'audience' stands here twice, first in line 4"]


def test_anchors_and_aliases_are_refused_and_never_unfolded(small_with):
    text = small_with("{code: 1, label: {zh_Hans: 学习}}", "&one {code: 1, label: {zh_Hans: 学习}}")
    assert told(text) == [
        "line 30, sections[1].items[0].options[0]: anchors and aliases (& and *) are not used in questionnaires"
    ]
    bomb = "a: &a [1, 2]\n" + "".join(
        f"{x}: &{x} [*{y}, *{y}, *{y}, *{y}]\n" for y, x in zip("abcdefgh", "bcdefghi", strict=True)
    )
    assert any("anchors and aliases" in message for message in told(bomb))


def test_tags_cannot_call_anything(small_with):
    (message, *_) = told(small_with("code: small", "code: !!python/object/apply:os.system [ls]"))
    assert "tags such as" in message


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "the file is empty"),
        ("# nothing but a comment\n", "the file is empty"),
        ("- a\n- b\n", "line 1: a questionnaire file is a list of keys and values, such as 'title: …'"),
        ("schema: 1\n---\nschema: 1\n", "line 2: the file holds more than one document"),
        ("title: 支部测评".encode("gb18030"), "line 1: the file is not UTF-8 text"),
        (b"schema: 1\n\xff", "line 2: the file is not UTF-8 text"),
        ("x: " + "[" * 200 + "]" * 200, "line 1: the file is nested too deeply"),
        ("x: " + "y" * LARGEST, f"the file is larger than {LARGEST} bytes"),
        ("满" * (LARGEST // 2), f"the file is larger than {LARGEST} bytes"),
        ("x:\n" + "- 1\n" * MOST_PARTS, f"the file has more than {MOST_PARTS} parts"),
    ],
)
def test_what_is_no_questionnaire_file_gets_one_clear_line(text, message):
    assert told(text) == [message]


def test_broken_yaml_is_answered_with_its_line():
    (message,) = told("schema: 1\ntitle: {zh_Hans: 支部\ncode: x\n")
    assert message == "line 3: a bracket { is opened and not closed"


def test_control_characters_are_refused_because_no_document_format_carries_them(small_with):
    text = small_with("{zh_Hans: 学习}", '{zh_Hans: "学\\u0007习"}')
    assert told(text) == [
        "line 30, sections[1].items[0].options[0].label.zh_Hans: the text contains a control character"
    ]


def test_a_byte_order_mark_is_no_obstacle(small, small_with):
    text = small_with("code: small", "code: small")
    assert load(b"\xef\xbb\xbf" + text.encode()) == load("\ufeff" + text) == small


def test_a_date_left_unquoted_is_text(small_with):
    assert load(small_with("{zh_Hans: 年龄段}", "{zh_Hans: 2026-12-31}")).by_code["age"].text.zh_Hans == "2026-12-31"


def test_a_file_written_by_us_reads_back_equal(small, tmp_path):
    path = tmp_path / "small.yaml"
    path.write_text(dump(small), encoding="utf-8")
    assert load_file(path) == small
    assert "title:\n  zh_Hans: 支部测评\n  en: Branch survey\n" in dump(small)


def test_the_version_is_the_content_and_not_its_layout(small, small_with):
    version = content_hash(small)
    assert len(version) == 64
    with_comment = "# 本年度用\n" + small_with(
        "audience: member", "minutes: 3   # the default, spelled out\naudience: member"
    )
    assert content_hash(load(with_comment)) == version
    assert content_hash(load(dump(small))) == version
    assert content_hash(load(small_with("{zh_Hans: 党员教育}", "{zh_Hans: 党员培训}"))) != version
    assert content_hash(load(small_with("satisfied: [5, 4]", "satisfied: [5]"))) != version
