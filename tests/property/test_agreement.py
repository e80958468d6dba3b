"""Three places decide on an answer: the page that takes it, the rules that ask for it and the sealing that counts it.

On made-up questionnaires with everything a questionnaire can hold they always decide the same.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from werkzeug.datastructures import MultiDict

from analysis.dataset import NOT_ANSWERED, Manifest, SealedDataset, UnitNode, build
from analysis.types import Context, Roster
from instruments.bands import banded
from instruments.loader import InstrumentError, load_for_publishing
from instruments.model import BANDED_TYPES, Instrument, Item, ItemType, option_column
from instruments.rules import Answer, answers_that_count, parse, visible_items
from survey_app.forms.builder import accepted_answers, field_name, form_class, valid_answers
from survey_app.forms.sheet import AnswerSheet
from survey_app.services import body_of
from survey_app.services.cast import envelope_size
from tests.property.made_instruments import (
    OFTEN,
    answers_to,
    as_typed,
    instruments,
    proper_answers,
    tampered_bodies,
    valid_answers_to,
)
from tests.unit.app.small_questionnaire import SOURCE


@st.composite
def posted(draw: st.DrawFn) -> tuple[Instrument, MultiDict[str, str]]:
    instrument = draw(instruments())
    return instrument, draw(answers_to(instrument))


@st.composite
def answered(draw: st.DrawFn) -> tuple[Instrument, dict[str, Answer]]:
    instrument = draw(instruments())
    return instrument, draw(valid_answers_to(instrument))


def as_form(instrument: Instrument, answers: Mapping[str, Answer]) -> MultiDict[str, str]:
    form: MultiDict[str, str] = MultiDict()
    for item in instrument.items:
        form.setlist(field_name(item), as_typed(item, answers.get(item.code)))
    return form


def in_envelope(answers: Mapping[str, Any]) -> Any:
    """What an opened envelope holds of answers put into it."""
    return json.loads(body_of(answers))


# The page and the sealing --------------------------------------------------------------------------------------------


@OFTEN
@given(answered())
def test_whoever_answers_properly_is_accepted_by_the_page_and_counted_as_said(given_answers):
    instrument, answers = given_answers
    assert accepted_answers(instrument, as_form(instrument, answers)) == answers
    assert valid_answers(instrument, in_envelope(answers)) == answers


@OFTEN
@given(posted())
def test_what_the_page_accepts_sealing_counts_with_the_same_answers(case):
    instrument, form = case
    accepted = accepted_answers(instrument, form)
    if accepted is not None:
        assert valid_answers(instrument, in_envelope(accepted)) == accepted


@OFTEN
@given(answered(), st.data())
def test_without_an_answer_that_is_required_page_and_sealing_both_refuse(case, data):
    instrument, answers = case
    required = [item.code for item in visible_items(instrument, answers) if item.required]
    if required:
        missing = answers | {data.draw(st.sampled_from(required)): None}
        assert accepted_answers(instrument, as_form(instrument, missing)) is None
        assert valid_answers(instrument, in_envelope(missing)) is None


def errors_of_what_is_asked(instrument: Instrument, form: MultiDict[str, str]) -> dict[str, Any]:
    page = form_class(instrument)(form)
    asked = visible_items(instrument, page.answers())
    fields = {field.item.code: field for field in page.questions() if field.item in asked}
    return {code: field for code, field in fields.items() if not field.validate(page)}


@OFTEN
@given(posted())
def test_pages_section_by_section_and_the_form_as_a_whole_find_the_same_faults(case):
    instrument, form = case
    sheet = AnswerSheet.posted(instrument, form, "zh_Hans")
    by_section = {code for section in sheet.path for code in sheet.errors_in(section)}
    assert by_section == set(errors_of_what_is_asked(instrument, form))
    assert (sheet.accepted() is None) is bool(by_section)
    assert sheet.accepted() == accepted_answers(instrument, form)


@OFTEN
@given(posted())
def test_everything_asked_stands_on_one_page_and_in_the_review(case):
    instrument, form = case
    sheet = AnswerSheet.posted(instrument, form, "en")
    shown = [question.code for section in sheet.path for question in sheet.page(section).questions]
    assert sorted(shown) == sorted(item.code for item in sheet.asked)
    assert sum(len(part.given) for part in sheet.review()) == len(shown)


@OFTEN
@given(instruments(), st.data())
def test_what_sealing_counts_the_page_would_have_accepted(instrument, data):
    body = data.draw(tampered_bodies(instrument))
    counted = valid_answers(instrument, body)
    if counted is not None:
        assert accepted_answers(instrument, as_form(instrument, counted)) == counted


# What is asked -------------------------------------------------------------------------------------------------------


@OFTEN
@given(posted())
def test_an_answer_counts_exactly_where_the_rule_of_its_question_holds(case):
    instrument, form = case
    answers = form_class(instrument)(form).answers()
    counting = answers_that_count(instrument, answers)
    for item in instrument.items:
        holds = item.visible_if is None or parse(item.visible_if).evaluate(counting)
        assert holds is (item.code in counting) is (item in visible_items(instrument, answers))
    accepted = accepted_answers(instrument, form)
    if accepted is not None:
        assert accepted == {item.code: counting.get(item.code) for item in instrument.items}


@OFTEN
@given(posted(), st.data())
def test_a_form_with_only_what_is_asked_gives_the_same_answers(case, data):
    instrument, form = case
    accepted = accepted_answers(instrument, form)
    asked = visible_items(instrument, form_class(instrument)(form).answers())
    only_asked = MultiDict({field_name(item): form.getlist(field_name(item)) for item in asked})
    assert accepted_answers(instrument, only_asked) == accepted
    page = form_class(instrument, asked)(form)
    assert page.validate() is (accepted is not None)
    if accepted is not None:
        assert page.answers() == {item.code: accepted[item.code] for item in asked}
    meddled = form.copy()
    for item in instrument.items:
        if item not in asked:
            meddled.setlist(field_name(item), data.draw(st.lists(st.text(max_size=4), max_size=2)))
    assert accepted_answers(instrument, meddled) == accepted


@OFTEN
@given(answered(), st.data())
def test_an_answer_to_what_was_not_asked_changes_nothing_in_what_is_counted(case, data):
    instrument, answers = case
    hidden = [item for item in instrument.items if item not in visible_items(instrument, answers)]
    smuggled = {item.code: data.draw(proper_answers(instrument, item)) for item in hidden}
    assert valid_answers(instrument, in_envelope(answers | smuggled)) == answers


# The envelope --------------------------------------------------------------------------------------------------------


@OFTEN
@given(instruments(), st.data())
def test_the_longest_answers_there_can_be_fit_into_the_envelope(instrument, data):
    longest = {item.code: longest_answer(item, data) for item in instrument.items}
    room = envelope_size(instrument)
    assert len(body_of(longest)) <= room
    assert len(body_of(data.draw(valid_answers_to(instrument)))) <= room


def longest_answer(item: Item, data: st.DataObject) -> Answer:
    """Everything chosen, the largest number, and as much text of long characters as the item takes."""
    if item.type is ItemType.TEXT:
        return data.draw(st.sampled_from(["\U0010fffd", "\\", '"', "\n", "字"])) * item.max_length
    if item.type in (ItemType.MULTIPLE, ItemType.RANKING):
        return tuple(option.code for option in item.options)
    if item.type is ItemType.DATE:
        return str(item.latest)
    return item.maximum if item.type is ItemType.NUMBER else 100


# The dataset ---------------------------------------------------------------------------------------------------------


@OFTEN
@given(instruments(), st.data())
def test_every_answer_counted_can_be_read_back_from_the_dataset(instrument, data):
    rows = data.draw(st.lists(valid_answers_to(instrument), min_size=1, max_size=3))
    sealed = sealed_from(instrument, rows)
    assert set(sealed.columns) == {name for item in instrument.items for name in columns_of(item)}
    for item in instrument.items:
        for place, row in enumerate(rows):
            if item.type is not ItemType.TEXT:
                assert read_back(sealed, item, place) == kept_of(instrument, item, row)
        texts = [text for by_unit in [sealed.texts.get(item.code, {})] for text in by_unit.get("b1", ())]
        said = [row[item.code] for row in rows if item.type is ItemType.TEXT and row[item.code] is not None]
        assert sorted(texts) == sorted(map(str, said))
    again = SealedDataset.from_parquet(sealed.to_parquet(), sealed.texts_json())
    assert again.instrument == instrument
    assert again.codes.tolist() == sealed.codes.tolist()
    assert again.texts == sealed.texts


def sealed_from(instrument: Instrument, rows: Sequence[Mapping[str, Answer]]) -> SealedDataset:
    manifest = Manifest(
        survey="made-up",
        title="测评",
        context=Context(year=2026, month=12, mode="open"),
        units=(UnitNode("b1", "第一党支部", None),),
        rosters={"b1": Roster(eligible=9, issued=None, returned=len(rows), valid=len(rows), verified=False)},
        instrument_sha256="0" * 64,
        threshold=10,
        hidden_units=frozenset(),
        software="made-up",
    )
    return build(instrument, [banded(instrument, row) for row in rows], ["b1"] * len(rows), manifest=manifest)


def columns_of(item: Item) -> list[str]:
    if item.type in (ItemType.MULTIPLE, ItemType.RANKING):
        return [option_column(item, option) for option in item.options]
    return [] if item.type is ItemType.TEXT else [item.code]


def kept_of(instrument: Instrument, item: Item, row: Mapping[str, Answer]) -> Answer:
    """What a row keeps of an answer: numbers and days their band, everything else as it was said."""
    return banded(instrument, row)[item.code] if item.type in BANDED_TYPES else row[item.code]


def read_back(sealed: SealedDataset, item: Item, row: int) -> Answer:
    codes = [int(sealed.column(name)[row]) for name in columns_of(item)]
    if NOT_ANSWERED in codes:
        return None
    if item.type is ItemType.MULTIPLE:
        return tuple(option.code for option, code in zip(item.options, codes, strict=True) if code)
    if item.type is ItemType.RANKING:
        placed = sorted((code, option.code) for option, code in zip(item.options, codes, strict=True) if code)
        return tuple(code for _place, code in placed)
    return codes[0]


@pytest.mark.parametrize(
    "limits", [f"maximum: {10**17}", f"maximum: 400\n        bands: {list(range(200))}"], ids=["huge", "in 200 bands"]
)
def test_a_number_that_no_envelope_or_column_has_room_for_cannot_be_published(limits):
    with pytest.raises(InstrumentError):
        load_for_publishing(SOURCE.replace("maximum: 200\n        bands: [0, 5, 10]", limits, 1))


# Envelopes with anything in them -------------------------------------------------------------------------------------


@OFTEN
@given(instruments(), st.data())
def test_whatever_an_envelope_holds_is_counted_or_refused_and_breaks_nothing(instrument, data):
    body = data.draw(tampered_bodies(instrument))
    counted = valid_answers(instrument, body)
    if counted is None:
        return
    assert set(counted) == set(instrument.by_code)
    assert valid_answers(instrument, in_envelope(counted)) == counted
    assert len(body_of(counted)) <= envelope_size(instrument)
    sealed_from(instrument, [counted])


@OFTEN
@given(answered(), st.data())
def test_an_answer_of_another_kind_than_its_question_makes_the_ballot_invalid(case, data):
    instrument, answers = case
    item = data.draw(st.sampled_from(visible_items(instrument, answers)))
    wrong = data.draw(st.sampled_from(WRONG_FOR[item.type]))
    assert valid_answers(instrument, {**answers, item.code: wrong}) is None
    assert valid_answers(instrument, {**answers, "stranger": 1}) is None


NEVER: tuple[Any, ...] = (True, False, 1.0, float("nan"), {}, {"1": 1}, [[1]], [True], [1.0], [None], ["1"])
NO_CODE: tuple[Any, ...] = (*NEVER, "1", "满意", "\ud800", -3, 101, 10**18, -(10**18), [1], [])
NO_CODES: tuple[Any, ...] = (*NEVER, "1", 1, [101], [-1], [10**18], ["1", "2"])
WRONG_FOR: Mapping[ItemType, tuple[Any, ...]] = {
    ItemType.SCALE: NO_CODE,
    ItemType.RECOMMEND: NO_CODE,
    ItemType.YES_NO: NO_CODE,
    ItemType.SINGLE: NO_CODE,
    ItemType.MULTIPLE: NO_CODES,
    ItemType.RANKING: (*NO_CODES, [1, 1]),
    ItemType.NUMBER: (*NEVER, "1", -1, 10**7, 10**400, [1], "\ud800"),
    ItemType.DATE: (*NEVER, 1, "2026-02-30", "2026-1-1", "9999-99-99", "\ud800", ["2026-01-01"], "20260101"),
    ItemType.TEXT: (*NEVER, 1, ["words"], "字" * 2001),
}
