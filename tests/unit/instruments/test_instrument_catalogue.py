"""The ready questionnaires and the questionnaires for the real data under tests/data."""

from __future__ import annotations

import csv
from collections import Counter
from pathlib import Path

import pytest

from instruments.catalogue import load_catalogue, names, read_text
from instruments.checks import SHORT_WIDTH, display_width
from instruments.effort import effort
from instruments.loader import content_hash, load_for_publishing
from instruments.model import Audience, ItemType, Role
from instruments.rules import visible_items

DATA = Path(__file__).parents[2] / "data"
GUIDE = Path(__file__).parents[3] / "docs" / "questionnaires.md"

PUBLISHED = {
    "activity-after": "6589d4458291e122a07345329769ca492183fb42c8a9ca9ad3c0b43e88ab32ae",
    "activity-before": "3463aba9cae5f850e3bb0de31f718d3bdee5a78d9267a9cae16ae715a157fce4",
    "branch-year": "f9a34183d10d7fcf0d6f59d5b0cd4bf333f34420a2b6daa0b27df1cab93675f5",
    "democratic-assessment": "8e8269e61335037f0598c34f7df6dfc40b715d05faa483afe36af09e953774f9",
    "half-year-look-back": "b2ce3efb902d41a5bddc99de9cde5998f83e69ee4f2828fdbea7efefa5bd59ad",
    "member-satisfaction": "325ea3622b5706b77c715fe332e68dd1671e1c9f4be63296c8fc19c0a5271958",
    "pulse": "f0b7c4103392da82e5490077323dc2d65616748f6a4598258bdfc00f12a0c7d9",
    "service-window": "ebef045a0dcbc97595c7b1a520ae2be8f51fe5e299f72e0c5dbd0ad4390c069c",
    "staff-satisfaction": "d8602bb9780f7ded7ea0adf5eeead8bb1ec44dad91a126caac92ff7994034c60",
    "suggestion-box": "cf0aacafca04341f7c9f56c171516186a75c531bb87aa063f641049c4a2f7d10",
    "training-evaluation": "e48fb191218d5f9beccb5d96d7f47fd2d95018389a841722866f46d07f28e430",
}
"""Content of each ready questionnaire as first released: a changed wording is a new file, never a new content."""
ANNUAL = ("member-satisfaction", "staff-satisfaction")
OTHERS = tuple(name for name in PUBLISHED if name not in ANNUAL)
SHARED = {"overall", "action", "candour", "comment", "concerns", "age", "years"}
"""Codes that stand for the same thing in every questionnaire."""


def test_the_ready_questionnaires_keep_their_released_content():
    assert {name: content_hash(load_catalogue(name)) for name in names()} == PUBLISHED


def test_a_name_outside_the_catalogue_reads_no_file():
    with pytest.raises(KeyError):
        read_text("../model")


def test_members_are_asked_24_scored_questions_in_the_five_dimensions_of_the_field():
    instrument = load_catalogue("member-satisfaction")
    assert instrument.audience is Audience.MEMBER
    assert len(instrument.scored_items) == 24
    titles = [dimension.title.zh_Hans for dimension in instrument.dimensions]
    assert titles == ["领导班子", "党员队伍", "工作机制", "工作业绩", "群众反映"]
    assert all(4 <= len(instrument.items_of(dimension.code)) <= 5 for dimension in instrument.dimensions)


def test_staff_have_their_own_18_scored_questions():
    instrument = load_catalogue("staff-satisfaction")
    assert instrument.audience is Audience.STAFF
    assert len(instrument.scored_items) == 18


@pytest.mark.parametrize("name", ANNUAL)
def test_each_annual_questionnaire_has_the_headline_questions_two_groupings_and_one_comment(name):
    instrument = load_catalogue(name)
    assert all(instrument.item_with_role(role) for role in Role)
    assert [item.code for item in instrument.grouping_items] == ["age", "years"]
    assert [item.code for item in instrument.text_items] == ["comment"]
    assert all(item.dimension is None for item in instrument.scored_items if item.role)


@pytest.mark.parametrize("name", PUBLISHED)
def test_every_text_has_an_english_translation_and_every_item_a_short_label(name):
    instrument = load_catalogue(name)
    texts = [
        text
        for item in instrument.items
        for text in (item.text, item.short, item.hint, *(option.label for option in item.options))
        if text
    ]
    texts += [level.label for scale in instrument.scales.values() for level in (*scale.levels, *scale.unscored)]
    texts += [section.title for section in instrument.sections]
    texts += [section.intro for section in instrument.sections if section.intro]
    texts += [dimension.title for dimension in instrument.dimensions]
    texts += [text for text in (instrument.title, instrument.note) if text]
    assert [text.zh_Hans for text in texts if not text.en] == []
    assert all(item.short and display_width(item.short.zh_Hans) <= SHORT_WIDTH for item in instrument.items)


@pytest.mark.parametrize("name", ANNUAL)
def test_only_the_dissatisfied_are_asked_what_they_are_dissatisfied_with(name):
    instrument = load_catalogue(name)
    asked = {
        overall: {item.code for item in visible_items(instrument, {"overall": overall})} for overall in (-1, 1, 2, 3, 5)
    }
    assert [overall for overall, codes in asked.items() if "concerns" in codes] == [1, 2]


@pytest.mark.parametrize("name", PUBLISHED)
def test_a_ready_questionnaire_is_found_by_its_code_and_says_how_to_answer(name):
    instrument = load_catalogue(name)
    assert instrument.code == name
    assert instrument.note is not None


def test_no_two_questionnaires_use_one_code_for_different_questions():
    users = Counter(item.code for name in names() for item in load_catalogue(name).items)
    assert {code for code, count in users.items() if count > 1} <= SHARED


@pytest.mark.parametrize("name", OTHERS)
def test_the_minutes_promised_are_those_that_answering_takes(name):
    instrument = load_catalogue(name)
    assert instrument.minutes == effort(instrument).minutes


@pytest.mark.parametrize("name", PUBLISHED)
def test_scales_in_use_name_their_satisfied_levels_and_every_scale_is_used(name):
    instrument = load_catalogue(name)
    assert {item.scale for item in instrument.scored_items} == set(instrument.scales)
    names_of_satisfied = {
        tuple(level.label.zh_Hans for level in scale.levels if level.code in scale.satisfied)
        for scale in instrument.scales.values()
    }
    assert names_of_satisfied <= {
        ("非常满意", "满意"), ("非常同意", "同意"), ("很高", "较高"), ("好", "较好"), ("优秀", "良好"),
    }  # fmt: skip


@pytest.mark.parametrize("name", PUBLISHED)
def test_where_satisfaction_is_measured_everybody_is_asked_for_it_as_a_whole(name):
    """A questionnaire without dimensions gathers wishes or suggestions and measures no satisfaction."""
    instrument = load_catalogue(name)
    overall = instrument.item_with_role(Role.OVERALL)
    assert (overall is not None) == bool(instrument.dimensions)
    assert overall is None or (overall.code, overall.required, overall.dimension) == ("overall", True, None)


@pytest.mark.parametrize("name", PUBLISHED)
def test_a_dimension_is_asked_by_two_questions_or_more_on_one_scale(name):
    instrument = load_catalogue(name)
    for dimension in instrument.dimensions:
        items = instrument.items_of(dimension.code)
        assert len(items) >= 2
        assert len({instrument.scale_of(item).levels for item in items}) == 1


@pytest.mark.parametrize("name", OTHERS)
def test_nobody_is_made_recognisable_by_many_grouping_questions(name):
    grouping = load_catalogue(name).grouping_items
    assert [(item.code, len(item.options)) for item in grouping] in ([], [("win_who", 2)])


def test_the_leading_group_is_graded_in_the_words_of_democratic_assessment():
    instrument = load_catalogue("democratic-assessment")
    words = {
        item.role: [level.label.zh_Hans for level in instrument.scale_of(item).levels]
        for item in instrument.scored_items
        if item.role in (None, Role.OVERALL)
    }
    assert words == {None: ["好", "较好", "一般", "差"], Role.OVERALL: ["优秀", "良好", "一般", "较差"]}


def test_the_year_of_the_branch_is_asked_by_the_four_norms():
    titles = [dimension.title.zh_Hans for dimension in load_catalogue("branch-year").dimensions]
    assert titles == ["组织设置", "日常工作", "阵地建设", "考核管理"]


def test_training_without_an_opportunity_to_use_it_is_left_out_of_the_score_for_use():
    instrument = load_catalogue("training-evaluation")
    offered = {
        dimension.code: {
            extra.kind for item in instrument.items_of(dimension.code) for extra in instrument.scale_of(item).unscored
        }
        for dimension in instrument.dimensions
    }
    assert [code for code, kinds in offered.items() if "not_applicable" in kinds] == ["use"]


def test_the_guide_lists_every_ready_questionnaire_with_its_minutes():
    guide = GUIDE.read_text(encoding="utf-8")
    for name in names():
        instrument = load_catalogue(name)
        row = next(line for line in guide.splitlines() if line.startswith(f"| `{name}` |"))
        assert f"| {instrument.minutes} |" in row
        assert f"\n## {instrument.title.en} (`{name}`)\n" in guide
        assert all(dimension.title.en in guide for dimension in instrument.dimensions)


@pytest.mark.parametrize(
    ("name", "items", "low", "overall"), [("satisfaction", 27, 0, "sat1"), ("mobi", 24, 1, "CUSA1")]
)
def test_the_real_data_fit_their_questionnaires(name, items, low, overall):
    instrument = load_for_publishing((DATA / f"{name}.yaml").read_bytes())
    with (DATA / f"{name}.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == 250
    assert set(rows[0]) - {""} == set(instrument.columns())
    assert len(instrument.scored_items) == items
    assert instrument.item_with_role(Role.OVERALL) is instrument.by_code[overall]
    for item in instrument.scored_items:
        scale = instrument.scale_of(item)
        assert (scale.low, scale.high, scale.satisfied) == (low, 10, (10, 9))
        assert item.dimension == item.code.rstrip("0123456789")
        assert {int(row[item.code]) for row in rows} <= set(scale.codes)


def test_the_gender_of_the_bank_customers_is_found_by_its_english_label():
    gender = load_for_publishing((DATA / "satisfaction.yaml").read_bytes()).by_code["gender"]
    assert gender.type is ItemType.SINGLE
    assert [option.label.en for option in gender.options] == ["male", "female"]
