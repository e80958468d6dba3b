"""Whatever the answers, scales and groups: counts are those of looking at every row, and any parts add up to them."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from analysis.dataset import NOT_ANSWERED
from analysis.scoring import is_satisfied, keyed_level
from analysis.tabulation import count, total
from instruments.model import Instrument
from tests.unit.analysis.test_tables import all_counts

LEVELS = st.sampled_from([(1, 2, 3, 4, 5), (0, 1), (0, 50, 100), (2, 7, 9), tuple(range(11))])


def word(said: str) -> dict[str, str]:
    return {"zh_Hans": said, "en": said}


@st.composite
def questionnaires(draw) -> Instrument:
    """Up to six items, each on one of two scales, some reversed, in one dimension or two, and a grouping question."""
    scales = {
        name: {"levels": [{"code": code, "label": word(str(code))} for code in levels], "satisfied": levels[-1:]}
        for name, levels in zip("ab", draw(st.tuples(LEVELS, LEVELS)), strict=True)
    }
    choices = draw(
        st.lists(st.tuples(st.sampled_from("ab"), st.sampled_from("xy"), st.booleans()), min_size=1, max_size=6)
    )
    items = [
        {"code": f"q{k}", "text": word(f"q{k}"), "scale": scale, "dimension": dimension, "reversed": turned}
        for k, (scale, dimension, turned) in enumerate(choices)
    ]
    options = [{"code": code, "label": word(str(code))} for code in (1, 2, 3)]
    asked = {"code": "age", "text": word("age"), "type": "single", "grouping": True, "options": options}
    return Instrument.model_validate(
        {
            "schema": 1,
            "code": "any",
            "title": word("any"),
            "audience": "member",
            "scales": scales,
            "dimensions": [{"code": code, "title": word(code)} for code in "xy"],
            "sections": [{"code": "one", "title": word("one"), "items": [*items, asked]}],
        }
    )


@st.composite
def answered(draw):
    """Questionnaire, columns x rows, the group of each row."""
    questionnaire = draw(questionnaires())
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    rows = draw(st.integers(0, 60))
    kinds = [questionnaire.scale_of(item).codes for item in questionnaire.scored_items] + [(1, 2, 3)]
    codes = [rng.choice([*kind, -1, -2, NOT_ANSWERED], rows) for kind in kinds]
    return questionnaire, np.array(codes, np.int8).reshape(len(kinds), rows), rng.integers(0, 4, rows), rng


@settings(max_examples=60)
@given(answered())
def test_counts_are_those_of_looking_at_every_row(given_answers):
    questionnaire, codes, groups, _ = given_answers
    tables = count(questionnaire, codes, groups, "abcd")
    items = questionnaire.scored_items
    scored = codes[:-1] >= 0
    value, satisfied = np.zeros(scored.shape, int), np.zeros(scored.shape, bool)
    for place, row in np.argwhere(scored):
        value[place, row] = keyed_level(questionnaire, items[place], int(codes[place, row]))
        satisfied[place, row] = is_satisfied(questionnaire, items[place], int(codes[place, row]))
    for group in range(4):
        rows = groups == group
        own, known = value[:, rows], scored[:, rows].astype(int)
        assert tables.people[group] == rows.sum()
        assert (tables.pair_n[group] == known @ known.T).all()
        assert (tables.pair_sum[group] == own @ known.T).all()
        assert (tables.pair_product[group] == own @ own.T).all()
        for position, code in enumerate(tables.codes):
            assert (tables.levels[group, :, position] == (codes[:-1, rows] == code).sum(axis=1)).all()
        for dimension in tables.dimensions.values():
            places = [tables.items.index(item) for item in dimension.items]
            complete = own[places][:, known[places].all(axis=0)]
            assert dimension.scale.n[group] == complete.shape[1]
            assert (dimension.scale.products[group] == complete @ complete.T).all()
            people = np.zeros_like(dimension.people[group])
            np.add.at(people, (known[places].sum(axis=0), satisfied[:, rows][places].sum(axis=0)), 1)
            assert (dimension.people[group] == people).all()


@settings(max_examples=40)
@given(answered(), st.integers(1, 5))
def test_any_parts_add_up_to_the_same_bits(given_answers, pieces):
    questionnaire, codes, groups, rng = given_answers
    piece = rng.integers(0, pieces, groups.size)
    parts = total(count(questionnaire, codes[:, piece == k], groups[piece == k], "abcd") for k in range(pieces))
    whole, added = (all_counts(tables) for tables in (count(questionnaire, codes, groups, "abcd"), parts))
    assert whole.keys() == added.keys()
    assert all((whole[name] == added[name]).all() for name in whole)
