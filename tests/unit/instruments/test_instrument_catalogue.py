"""The ready questionnaires and the questionnaires for the real data under tests/data."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest

from instruments.catalogue import load_catalogue, names, read_text
from instruments.checks import SHORT_WIDTH, display_width
from instruments.loader import content_hash, load_for_publishing
from instruments.model import Audience, ItemType, Role
from instruments.rules import visible_items

DATA = Path(__file__).parents[2] / "data"

PUBLISHED = {
    "member-satisfaction": "325ea3622b5706b77c715fe332e68dd1671e1c9f4be63296c8fc19c0a5271958",
    "staff-satisfaction": "d8602bb9780f7ded7ea0adf5eeead8bb1ec44dad91a126caac92ff7994034c60",
}
"""Content of each ready questionnaire as first released: a changed wording is a new file, never a new content."""


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


@pytest.mark.parametrize("name", PUBLISHED)
def test_each_ready_questionnaire_has_the_headline_questions_two_groupings_and_one_comment(name):
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
    assert [text.zh_Hans for text in texts if not text.en] == []
    assert all(item.short and display_width(item.short.zh_Hans) <= SHORT_WIDTH for item in instrument.items)


@pytest.mark.parametrize("name", PUBLISHED)
def test_only_the_dissatisfied_are_asked_what_they_are_dissatisfied_with(name):
    instrument = load_catalogue(name)
    asked = {
        overall: {item.code for item in visible_items(instrument, {"overall": overall})} for overall in (-1, 1, 2, 3, 5)
    }
    assert [overall for overall, codes in asked.items() if "concerns" in codes] == [1, 2]


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
