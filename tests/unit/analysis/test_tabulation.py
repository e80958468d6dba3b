"""The one pass: groups of any size count alike, products stay exact at their limits, strange codes are refused."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from analysis.dataset import NOT_ANSWERED
from analysis.products import BLOCK_ROWS, LARGE_GROUP, parts_of
from analysis.tabulation import count, tabulate
from tests.unit.analysis import synthetic
from tests.unit.analysis.test_tables import all_counts

QUESTIONNAIRE = synthetic.instrument()
COLUMNS = list(QUESTIONNAIRE.columns())


def answers(rows: int, *, seed: int = 3) -> np.ndarray:
    """Columns x rows, every code of every kind."""
    rng = np.random.default_rng(seed)
    scored = {item.code for item in QUESTIONNAIRE.scored_items}
    kinds = [[1, 2, 3, 4, 5, -1, NOT_ANSWERED] if name in scored else [1, NOT_ANSWERED] for name in COLUMNS]
    return np.stack([rng.choice(kind, rows) for kind in kinds]).astype(np.int8)


def named(groups: int) -> list[str]:
    return [f"g{number}" for number in range(groups)]


def test_large_groups_and_crowds_of_small_ones_count_alike():
    """One group of all, some large among small, only small ones: the sums over the groups are the same bits."""
    codes = answers(3 * BLOCK_ROWS)
    rows = codes.shape[1]
    rng = np.random.default_rng(11)
    ways = {
        "one": np.zeros(rows, np.int16),
        "two large among small": np.where(rng.random(rows) < 0.8, rng.integers(3, 5, rows), rng.integers(0, 9, rows)),
        "small": rng.integers(0, 900, rows),
        "most of them empty": rng.choice([7, 499, 898], rows),
    }
    found = {way: count(QUESTIONNAIRE, codes, groups, named(900)) for way, groups in ways.items()}
    wholes = {way: all_counts(tables.of(tables.groups)) for way, tables in found.items()}
    assert len(wholes["one"]) > 30
    for way, counts in wholes.items():
        assert all((counts[name] == wholes["one"][name]).all() for name in counts), way
    assert (found["small"].people == np.bincount(ways["small"], minlength=900)).all()


@pytest.mark.parametrize("size", [1, 2, 40, LARGE_GROUP - 1, LARGE_GROUP, BLOCK_ROWS, BLOCK_ROWS + 1])
def test_a_group_among_others_counts_what_it_counts_alone(size: int):
    codes = answers(size + 70)
    groups = np.repeat([0, 1, 2], [30, size, 40])
    among = all_counts(count(QUESTIONNAIRE, codes, groups, named(3)).choice(["g1"]))
    alone = all_counts(count(QUESTIONNAIRE, codes[:, 30 : 30 + size], np.zeros(size, np.int16), ["g1"]))
    assert all((among[name] == alone[name]).all() for name in among if name != ".cross")


def test_the_order_of_the_rows_changes_nothing():
    codes, groups = answers(500), np.random.default_rng(2).integers(0, 4, 500)
    order = np.random.default_rng(5).permutation(500)
    first, second = (
        all_counts(count(QUESTIONNAIRE, c, g, named(4))) for c, g in ((codes, groups), (codes[:, order], groups[order]))
    )
    assert all((first[name] == second[name]).all() for name in first)


def test_every_row_belongs_to_one_part_and_every_block_has_room():
    sizes = [
        0,
        1,
        LARGE_GROUP - 1,
        3,
        5 * BLOCK_ROWS + 2,
        0,
        *[10] * 200,
        LARGE_GROUP,
        LARGE_GROUP - 1,
        LARGE_GROUP - 1,
    ]
    bounds = np.concatenate([[0], np.cumsum(sizes)])
    covered = np.zeros(bounds[-1], int)
    for part in parts_of(bounds):
        for block in part.blocks():
            assert 0 < block.stop - block.start <= BLOCK_ROWS
            for group, rows in part.segments_of(block):
                start, end = block.start + rows.start, block.start + rows.stop
                assert bounds[group] <= start < end <= bounds[group + 1]
                covered[start:end] += 1
    assert (covered == 1).all()


def test_counts_of_two_neighbouring_levels_stay_apart_when_a_block_is_full():
    """Everybody gives one answer, then another: no count may spill over into its neighbour's."""
    for level in (1, 2, 4, 5):
        codes = np.full((len(COLUMNS), 2 * BLOCK_ROWS), NOT_ANSWERED, np.int8)
        codes[[COLUMNS.index("l1"), COLUMNS.index("w1")]] = level
        tables = count(QUESTIONNAIRE, codes, np.zeros(codes.shape[1], np.int16), ["g0"])
        expected = np.zeros((5, 5))
        expected[level - 1, level - 1] = 2 * BLOCK_ROWS
        assert (tables.pair_table("l1", "w1") == expected).all()
        assert (tables.pair_table("w1", "l1") == expected).all()
        assert tables.cross is not None
        assert tables.cross.sum() == 4 * 2 * BLOCK_ROWS


@pytest.mark.parametrize(
    ("column", "code"), [("l1", 6), ("l1", 0), ("w4", -7), ("age", 9), ("wish", -3), ("channels.2", 2)]
)
def test_a_code_the_questionnaire_does_not_have_is_refused_and_not_taken_for_silence(column: str, code: int):
    data = synthetic.sealed(30)
    codes = data.codes.copy()
    codes[data.columns.index(column), 4] = code
    with pytest.raises(ValueError, match=f"{column} holds a code"):
        tabulate(replace(data, codes=codes, whole=None))


def test_a_grouping_question_may_have_many_options_beside_a_long_dimension():
    """Branches of a large organisation as options: cells of the table outnumber what sixteen bits can number."""
    options = [{"code": code, "label": {"zh_Hans": str(code), "en": str(code)}} for code in range(100)]
    items = [
        {"code": f"q{k}", "text": {"zh_Hans": f"q{k}", "en": f"q{k}"}, "scale": "five", "dimension": "lead"}
        for k in range(30)
    ]
    place = {"zh_Hans": "单位", "en": "place"}
    asked = {"code": "place", "text": place, "type": "single", "grouping": True, "options": options}
    questionnaire = synthetic.instrument(
        sections=[{"code": "one", "title": place, "items": [*items, asked]}],
        dimensions=[{"code": "lead", "title": place}],
    )
    codes = np.full((31, 200), 5, np.int8)
    codes[30] = np.arange(200) % 100
    split = count(questionnaire, codes, np.zeros(200, np.int16), ["g0"]).splits["place"]
    assert (split.people == 2).all()
    assert (split.answered == 2).all()
    assert (split.satisfied == 2).all()
