"""What holds for every questionnaire: nothing is lost in the file, the version is the content, unasked is unsaid."""

from __future__ import annotations

import io
import json
import random
from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from ruamel.yaml import YAML

from instruments.bands import band_edges, band_of, band_ranges, limits
from instruments.checks import check
from instruments.loader import InstrumentError, content_hash, dump, load, load_for_publishing, plain
from instruments.model import BANDED_TYPES, Instrument, Item, ItemType, Section, Translation
from instruments.rules import Answer, answers_that_count, parse, references, visible_items
from tests.property.made_instruments import OFTEN, instruments, proper_answers, rules, texts, valid_answers_to


@st.composite
def answered_instruments(draw: st.DrawFn) -> tuple[Instrument, dict[str, Answer]]:
    """A questionnaire and answers to any of its questions, asked or not."""
    instrument = draw(instruments())
    return instrument, {item.code: draw(st.none() | proper_answers(instrument, item)) for item in instrument.items}


@OFTEN
@given(instruments())
def test_a_questionnaire_reads_back_equal_from_its_own_file(instrument):
    again = load(dump(instrument))
    assert again == instrument
    assert content_hash(again) == content_hash(instrument)
    assert dump(again) == dump(instrument)


@OFTEN
@given(instruments())
def test_what_is_made_fit_to_publish_is_published_from_its_file(instrument):
    assert check(instrument) == ()
    assert load_for_publishing(dump(instrument)) == instrument


@OFTEN
@given(instruments(), st.randoms(use_true_random=False))
def test_the_version_survives_reordered_keys_another_layout_and_comments(instrument, rng):
    def shuffled(data: Any) -> Any:
        if isinstance(data, list):
            return [shuffled(part) for part in data]
        if not isinstance(data, dict):
            return data
        return {key: shuffled(data[key]) for key in rng.sample(sorted(data), len(data))}

    writer, stream = YAML(typ="safe", pure=True), io.StringIO()
    writer.default_flow_style = False
    writer.dump(shuffled(plain(instrument)), stream)
    as_json = json.dumps(shuffled(plain(instrument)), ensure_ascii=False)
    assert content_hash(load("# 重新排过\n" + stream.getvalue())) == content_hash(instrument)
    assert content_hash(load(as_json)) == content_hash(instrument)


@OFTEN
@given(instruments(), texts)
def test_another_wording_is_another_version(instrument, wording):
    changed = instrument.model_copy(update={"title": Translation(zh_Hans=wording)})
    assert (content_hash(changed) == content_hash(instrument)) is (changed.title == instrument.title)


@OFTEN
@given(answered_instruments(), st.data())
def test_the_answer_to_a_question_not_asked_changes_nothing(answered, data):
    instrument, answers = answered
    asked = visible_items(instrument, answers)
    hidden = [item for item in instrument.items if item not in asked]
    changed = answers | {item.code: data.draw(st.none() | proper_answers(instrument, item)) for item in hidden}
    assert visible_items(instrument, changed) == asked
    assert answers_that_count(instrument, changed) == answers_that_count(instrument, answers)


@OFTEN
@given(answered_instruments())
def test_leaving_out_what_does_not_count_leaves_the_questions_the_same(answered):
    instrument, answers = answered
    asked = visible_items(instrument, answers)
    assert visible_items(instrument, answers_that_count(instrument, answers)) == asked
    assert all(item in asked for item in instrument.items if item.visible_if is None)


@OFTEN
@given(answered_instruments())
def test_asked_means_exactly_that_the_rule_holds_for_the_answers_that_count(answered):
    instrument, answers = answered
    counting = answers_that_count(instrument, answers)
    for item in instrument.items:
        if item.visible_if is not None:
            assert set(references(parse(item.visible_if))) <= set(instrument.by_code)
            assert parse(item.visible_if).evaluate(counting) is (item.code in counting)


@OFTEN
@given(instruments(most_items=4), st.data())
def test_a_question_somebody_was_asked_is_never_called_unreachable(instrument, data):
    last = Item(
        code="last", type=ItemType.YES_NO, text=Translation(zh_Hans="最后"), visible_if=data.draw(rules(instrument))
    )
    longer = Instrument(
        **{
            **{name: getattr(instrument, name) for name in Instrument.model_fields},
            "sections": (*instrument.sections, Section(code="end", title=Translation(zh_Hans="结束"), items=(last,))),
        }
    )
    answers = data.draw(valid_answers_to(longer))
    if last in visible_items(longer, answers):
        assert check(longer) == ()


@OFTEN
@given(st.integers(0, 50), st.integers(1, 200), st.data())
def test_every_number_falls_into_the_one_band_that_holds_it(minimum, span, data):
    edges = data.draw(st.sets(st.integers(minimum, minimum + span), max_size=6))
    bands = tuple(sorted(edges | {minimum})) if edges else ()
    text, maximum = Translation(zh_Hans="次数"), minimum + span
    item = Item(code="n", type=ItemType.NUMBER, text=text, minimum=minimum, maximum=maximum, bands=bands)
    for value in range(minimum, minimum + span + 1):
        low, high = band_ranges(item)[band_of(item, value)]
        assert low <= value <= high
    assert len(band_edges(item)) == len(bands) or (not bands and len(band_edges(item)) <= 5)


@OFTEN
@given(answered_instruments())
def test_every_number_and_day_that_can_be_answered_has_a_band(answered):
    instrument, _ = answered
    for item in (item for item in instrument.items if item.type in BANDED_TYPES):
        low, high = limits(item)
        ranges = band_ranges(item)
        assert [first for first, _ in ranges] == list(band_edges(item))
        assert (ranges[0][0], ranges[-1][1]) == (low, high)
        for first, last in ranges:
            assert band_of(item, first) == band_of(item, last) == ranges.index((first, last))


@OFTEN
@given(instruments(), st.randoms(use_true_random=False))
def test_a_damaged_file_is_refused_or_read_and_never_fails_otherwise(instrument, rng: random.Random):
    text = dump(instrument)
    lines = text.splitlines(keepends=True)
    victim = rng.randrange(len(lines))
    lines[victim] = rng.choice(["", lines[victim] * 2, lines[victim].replace(":", ""), "  " + lines[victim]])
    try:
        load_for_publishing("".join(lines))
    except InstrumentError as error:
        assert all(str(problem) for problem in error.problems)
