"""What holds for every questionnaire: nothing is lost in the file, the version is the content, unasked is unsaid."""

from __future__ import annotations

import io
import json
import random
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from ruamel.yaml import YAML

from instruments.bands import band_edges, band_of, band_ranges
from instruments.loader import InstrumentError, content_hash, dump, load, load_for_publishing, plain
from instruments.model import (
    Audience,
    Instrument,
    Item,
    ItemType,
    Level,
    Option,
    Scale,
    Section,
    Translation,
    Unscored,
)
from instruments.rules import answers_that_count, parse, references, visible_items

OFTEN = settings(max_examples=60, deadline=None)

printable = st.characters(exclude_categories=["Cc", "Cs", "Zl", "Zp"], exclude_characters="\ufffe\uffff")
texts = st.text(printable, min_size=1, max_size=30).filter(str.strip)
translations = st.builds(Translation, zh_Hans=texts, en=st.none() | texts)
awkward = st.sampled_from(["2026", "no", "null", "~", "- x", "a: b", "# x", "'", '"', "1e3", "2026-12-31", "[x]", "&a"])
labels = translations | st.builds(Translation, zh_Hans=awkward)


@st.composite
def scales(draw: st.DrawFn) -> Scale:
    codes = sorted(draw(st.sets(st.integers(0, 10), min_size=2, max_size=7)), reverse=True)
    unscored = draw(st.sets(st.sampled_from(["dont_know", "not_applicable"])))
    return Scale(
        levels=tuple(Level(code=code, label=draw(labels)) for code in codes),
        satisfied=tuple(codes[: draw(st.integers(1, len(codes) - 1))]),
        unscored=tuple(Unscored(kind=kind, label=draw(labels)) for kind in sorted(unscored)),
    )


@st.composite
def rules(draw: st.DrawFn, earlier: tuple[Item, ...]) -> str:
    def statement() -> str:
        item = draw(st.sampled_from(earlier))
        if item.type is ItemType.MULTIPLE:
            return draw(st.sampled_from([f"{item.code} has 1", f"answered({item.code})"]))
        if item.type is ItemType.TEXT:
            return f"answered({item.code})"
        operator, code = draw(st.sampled_from(["==", "!=", "<", "<=", ">", ">="])), draw(st.integers(0, 10))
        return draw(st.sampled_from([f"{item.code} {operator} {code}", f"{item.code} in [{code}, dont_know]"]))

    parts = [draw(st.sampled_from(["", "not "])) + statement() for _ in range(draw(st.integers(1, 3)))]
    return draw(st.sampled_from([" and ", " or "])).join(parts)


@st.composite
def items(draw: st.DrawFn, earlier: tuple[Item, ...]) -> Item:
    kind = draw(st.sampled_from(list(ItemType)))
    fields: dict[str, Any] = {
        "code": f"q{len(earlier)}",
        "type": kind,
        "text": draw(labels),
        "required": draw(st.booleans()),
    }
    if kind is ItemType.SCALE:
        fields |= {"scale": "main", "reversed": draw(st.booleans())}
    elif kind in (ItemType.SINGLE, ItemType.MULTIPLE):
        fields["options"] = tuple(Option(code=code, label=draw(labels)) for code in range(1, draw(st.integers(3, 5))))
    elif kind is ItemType.NUMBER:
        fields |= {"minimum": draw(st.integers(0, 5)), "maximum": draw(st.integers(6, 90))}
    if earlier and draw(st.booleans()):
        fields["visible_if"] = draw(rules(earlier))
    return Item(**fields)


@st.composite
def instruments(draw: st.DrawFn) -> Instrument:
    built: tuple[Item, ...] = ()
    for _ in range(draw(st.integers(1, 6))):
        built = (*built, draw(items(built)))
    cut = draw(st.integers(0, len(built)))
    halves = [half for half in (built[:cut], built[cut:]) if half]
    return Instrument(
        schema=1,
        code="made-up",
        title=draw(labels),
        audience=draw(st.sampled_from(Audience)),
        scales={"main": draw(scales())},
        sections=tuple(Section(code=f"s{n}", title=draw(labels), items=half) for n, half in enumerate(halves)),
    )


def answer_to(draw: st.DrawFn, instrument: Instrument, item: Item) -> Any:
    choices: dict[ItemType, st.SearchStrategy[Any]] = {
        ItemType.SCALE: st.sampled_from((*instrument.scales["main"].codes, -1)),
        ItemType.SINGLE: st.sampled_from([option.code for option in item.options] or [1]),
        ItemType.MULTIPLE: st.sets(st.sampled_from([option.code for option in item.options] or [1])).map(tuple),
        ItemType.NUMBER: st.integers(item.minimum or 0, item.maximum or 0),
        ItemType.TEXT: st.sampled_from(["", "有话要说"]),
    }
    return draw(st.none() | choices[item.type])


@st.composite
def answered_instruments(draw: st.DrawFn) -> tuple[Instrument, dict[str, Any]]:
    instrument = draw(instruments())
    return instrument, {item.code: answer_to(draw, instrument, item) for item in instrument.items}


@OFTEN
@given(instruments())
def test_a_questionnaire_reads_back_equal_from_its_own_file(instrument):
    again = load(dump(instrument))
    assert again == instrument
    assert content_hash(again) == content_hash(instrument)


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
    changed = answers | {item.code: answer_to(data.draw, instrument, item) for item in hidden}
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
@given(answered_instruments())
def test_a_question_somebody_was_asked_is_never_called_unreachable(answered):
    instrument, answers = answered
    complete = all(
        answers[item.code] not in (None, "", ()) or not item.required for item in visible_items(instrument, answers)
    )
    if not complete:
        return
    try:
        load_for_publishing(dump(instrument))
        refused: set[object] = set()
    except InstrumentError as error:
        unreachable = [problem for problem in error.problems if "ever shows" in problem.template]
        refused = {problem.values["item"] for problem in unreachable}
    scale = instrument.scales["main"]
    possible = {*scale.codes, *(extra.code for extra in scale.unscored)}
    given = [answers[item.code] for item in instrument.items if item.type is ItemType.SCALE]
    if {answer for answer in given if answer is not None} <= possible:
        assert refused.isdisjoint(item.code for item in visible_items(instrument, answers))


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
@given(st.text(max_size=200) | st.binary(max_size=200))
def test_nonsense_is_refused_with_problems_and_never_with_another_error(nonsense):
    try:
        load_for_publishing(nonsense)
    except InstrumentError as error:
        assert error.problems
        assert all(problem.message for problem in error.problems)
    else:
        raise AssertionError("no text this short is a questionnaire")


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
