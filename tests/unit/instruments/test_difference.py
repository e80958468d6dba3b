"""What changed between two versions, as a committee reads it before it publishes."""

from __future__ import annotations

import pytest

from instruments import catalogue
from instruments.changes import FIELDS
from instruments.difference import Change, ChangeKind, difference
from instruments.editing import moved, renamed, with_inserted, with_value, without
from instruments.loader import load
from instruments.model import Dimension, Instrument, Item, Scale, Section

TEXT = catalogue.read_text("member-satisfaction")
LEAD2 = ("sections", 0, "items", 1)


def changes(after: str, before: str = TEXT) -> list[Change]:
    return list(difference(load(before), load(after)))


def told(after: str, before: str = TEXT) -> list[tuple[str, str, str, str]]:
    return [(change.kind.value, change.code, change.before, change.after) for change in changes(after, before)]


def test_equal_content_differs_in_nothing_however_it_is_laid_out():
    assert changes("# another comment\n" + TEXT.replace("minutes: 3", "minutes:   3")) == []


def test_other_words_are_told_with_those_before_and_told_apart_by_language():
    after = with_value(TEXT, (*LEAD2, "text", "zh_Hans"), "班子团结吗？")
    (change,) = changes(after)
    assert (change.kind, change.part, change.code) == (ChangeKind.REWORDED, "item", "lead2")
    assert change.template == "wording changed"
    assert (change.before, change.after) == ("您对支部班子团结协作、分工负责的情况是否满意？", "班子团结吗？")
    ((kind, code, before, after_words),) = told(with_value(TEXT, (*LEAD2, "short", "en"), "United"))
    assert (kind, code, before, after_words) == ("translated", "lead2", "Committee united, duties clear", "United")


def test_an_english_text_that_goes_is_told():
    assert told(without(TEXT, (*LEAD2, "short", "en"))) == [
        ("translated", "lead2", "Committee united, duties clear", "")
    ]


def test_a_question_added_and_one_removed_are_told_where_they_stand_and_stood():
    item = {"code": "new", "text": {"zh_Hans": "新问题"}, "scale": "satisfaction", "dimension": "leadership"}
    after = without(with_inserted(TEXT, ("sections", 0, "items", 3), item), ("sections", 0, "items", 0))
    after = with_value(after, ("sections", 0, "items", 0, "required"), False)
    assert [(kind, code) for kind, code, _before, _after in told(after)] == [
        ("removed", "lead1"),
        ("setting", "lead2"),
        ("added", "new"),
    ]


def test_a_question_that_changes_places_is_told_once_and_those_it_passed_are_not():
    ((kind, code, before, after),) = told(moved(TEXT, ("sections", 2, "items", 0), ("sections", 2, "items", 4)))
    assert (kind, code, before, after) == ("moved", "mech1", "1", "5")
    ((kind, code, before, after),) = told(moved(TEXT, ("sections", 0, "items", 0), ("sections", 1, "items", 2)))
    assert (kind, code, before, after) == ("moved", "lead1", "领导班子", "党员队伍")


def test_a_section_removed_takes_its_questions_with_it():
    kinds = [(kind, code) for kind, code, _before, _after in told(without(TEXT, ("sections", 0)))]
    assert kinds == [("removed", "leadership"), *(("removed", f"lead{n}") for n in range(1, 5))]
    assert told(moved(TEXT, ("sections", 0), ("sections", 1))) == [("moved", "members", "2", "1")]


def test_levels_and_what_counts_as_satisfied_are_told_apart():
    levels = ("scales", "satisfaction", "levels")
    assert told(without(TEXT, (*levels, 4))) == [("scale", "satisfaction", "非常不满意", "")]
    assert told(with_value(TEXT, (*levels, 2, "label", "zh_Hans"), "尚可")) == [
        ("reworded", "satisfaction", "一般", "尚可")
    ]
    assert told(with_value(TEXT, ("scales", "satisfaction", "satisfied"), [5])) == [
        ("definition", "satisfaction", "非常满意 / 满意", "非常满意")
    ]
    assert told(without(TEXT, ("scales", "satisfaction", "unscored"))) == [("scale", "satisfaction", "不了解", "")]


def test_a_question_on_another_scale_shows_both_and_a_scale_with_another_name_is_no_other_scale():
    ((kind, code, before, after),) = told(with_value(TEXT, (*LEAD2, "scale"), "agreement"))
    assert (kind, code) == ("scale", "lead2")
    assert before.startswith("非常满意 / ") and after.startswith("非常同意 / ")
    kinds = {(change.kind, change.part) for change in changes(renamed(TEXT, "scale", "agreement", "agree"))}
    assert kinds == {(ChangeKind.ADDED, "scale"), (ChangeKind.REMOVED, "scale"), (ChangeKind.SETTING, "item")}


def test_a_question_of_another_dimension_names_both():
    ((kind, _code, before, after),) = told(with_value(TEXT, (*LEAD2, "dimension"), "members"))
    assert (kind, before, after) == ("definition", "领导班子", "党员队伍")


def test_options_are_told_one_by_one():
    age = ("sections", 6, "items", 2)
    text = TEXT.replace("36 岁至 50 岁", "36 岁至 45 岁")
    assert told(text) == [("reworded", "age", "36 岁至 50 岁", "36 岁至 45 岁")]
    option = {"code": 4, "label": {"zh_Hans": "不便说"}}
    assert told(with_inserted(TEXT, (*age, "options", 3), option)) == [("scale", "age", "", "不便说")]
    (change,) = changes(moved(TEXT, (*age, "options", 0), (*age, "options", 2)))
    assert (change.kind, change.template) == (ChangeKind.SETTING, "the answers stand in another order")
    text = with_value(TEXT, ("sections", 6, "items", 0, "options", 5, "exclusive"), True)
    (change,) = changes(text)
    assert change.template % change.values == "“其他方面” is chosen alone now"


@pytest.mark.parametrize(
    ("part", "model", "elsewhere"),
    [
        ("questionnaire", Instrument, {"schema_version", "scales", "dimensions", "sections"}),
        ("section", Section, {"code", "items"}),
        ("dimension", Dimension, {"code"}),
        ("scale", Scale, set()),
        ("item", Item, {"code"}),
    ],
)
def test_no_field_of_a_questionnaire_can_change_untold(part, model, elsewhere):
    assert set(FIELDS[part]) == set(model.model_fields) - elsewhere
