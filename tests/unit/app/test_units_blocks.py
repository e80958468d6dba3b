"""What a higher committee sees of the units below: funnel, tiers, whom to learn from. Words, tables and charts."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from flask import Flask
from flask_babel import force_locale

from analysis.disclosure import suppress
from analysis.report import annual_result
from analysis.tree import Report
from analysis.types import Rules
from survey_app.charts import CHARTS, NARROW, WIDE
from survey_app.charts.layout import text_width
from survey_app.charts.marks import Box, Dot, Drawing, Label, Line
from survey_app.web.annual.below import learning_block, standing_block, units_block
from survey_app.wording import Names, names_of, units
from tests.unit.analysis import synthetic
from tests.unit.analysis.test_exemplars_pairing import report_of
from tests.unit.analysis.test_units_results import Branch, sealed

APART = {
    **{f"m{k}": Branch(25 + k % 3, 30, 34) for k in range(8)},
    "up": Branch(40, 40, 44),
    "down": Branch(12, 40, 44),
}
ALIKE = {f"m{k}": Branch(24 + k % 3, 30, 34) for k in range(7)}


@pytest.fixture
def names(app: Flask) -> Iterator[Names]:
    with app.test_request_context(), force_locale("en"):
        yield names_of(synthetic.instrument())


def report(branches: dict[str, Branch], parents: dict[str, str | None] | None = None) -> Report:
    return suppress(annual_result(sealed(branches, parents=parents), [], None, (), Rules()))


def labels(drawing: Drawing) -> str:
    return " ".join(mark.text for mark in drawing.marks if isinstance(mark, Label))


@pytest.mark.parametrize("width", [WIDE, NARROW])
def test_the_funnel_fills_the_dots_outside_the_limits_and_names_them(names: Names, width: int):
    drawing = CHARTS["funnel"](report(APART), names, width)
    filled = [mark for mark in drawing.marks if isinstance(mark, Dot) and mark.look == "now"]
    assert len(filled) == 2
    assert "支部 up" in labels(drawing)
    assert "支部 down" in labels(drawing)
    assert "支部 down: 30% (12/40 people), below the limits" in drawing.description


@pytest.mark.parametrize("key", ["funnel", "caterpillar"])
@pytest.mark.parametrize("width", [WIDE, NARROW])
@pytest.mark.parametrize("count", [6, 100])
def test_no_word_leaves_the_drawing_however_many_units_there_are(names: Names, key: str, width: int, count: int):
    many = {f"unit{k}": Branch(12 + k * 7 % 17, 30, 34) for k in range(count)}
    drawing = CHARTS[key](report(many), names, width)
    for label in (mark for mark in drawing.marks if isinstance(mark, Label)):
        wide = text_width(label.text, 14 if label.look in ("text", "strong") else 13)
        left = label.x - {"left": 0, "center": wide / 2, "right": wide}[label.anchor]
        assert left >= -0.5, label
        assert left + wide <= width + 0.5, label
        assert 0 <= label.y <= drawing.height, label


def test_units_not_told_apart_stand_in_one_grey_block(names: Names):
    apart = CHARTS["caterpillar"](report(APART), names, WIDE)
    (block,) = [mark for mark in apart.marks if isinstance(mark, Box)]
    outside = {
        mark.text for mark in apart.marks if isinstance(mark, Label) and not block.y <= mark.y <= block.y + block.height
    }
    assert {"支部 up", "支部 down"} <= outside
    assert "支部 m1" not in outside
    assert "8 units not told apart" in labels(apart)


def test_very_many_units_not_told_apart_share_one_row(names: Names):
    many = {f"unit{k}": Branch(20 + k % 7, 30, 34) for k in range(90)}
    drawing = CHARTS["caterpillar"](report(many), names, NARROW)
    assert "90 units not told apart" in labels(drawing)
    assert drawing.height < 200


def test_the_sentence_names_who_stands_apart_and_nobody_otherwise(names: Names):
    block = standing_block(report(APART), names)
    assert "支部 up: more satisfied than the units together" in block.sentence
    assert "支部 down: less satisfied" in block.sentence
    assert "The other 8 are not told apart." in block.sentence
    alike = standing_block(report(ALIKE), names)
    assert alike.sentence.startswith("7 units are compared; none stands out by more than chance.")


@pytest.mark.parametrize("width", [WIDE, NARROW])
def test_units_that_differ_no_more_than_counting_error_have_no_interval(names: Names, width: int):
    """All rates are the common one then: a bracket or a line without width would look like certainty."""
    drawing = CHARTS["caterpillar"](report(ALIKE), names, width)
    assert [mark for mark in drawing.marks if isinstance(mark, Line) and mark.look == "range"] == []
    assert "支部 m1: 25/30 people, drawn towards the average 83%, not told apart" in drawing.description
    block = standing_block(report(ALIKE), names)
    assert {row.cells[3].text for row in block.tables[0].rows} == {"not given"}
    assert "no interval of a single unit" in block.reading
    assert "where the rate may lie (95%)" in standing_block(report(APART), names).reading


def test_the_middle_is_called_not_told_apart_and_one_in_twenty_outside_is_no_finding(names: Names):
    (table,) = standing_block(report(APART), names).tables
    assert {row.cells[-1].text for row in table.rows[1:-1]} == {"not told apart"}
    told = units_block(report(APART), names).sentence
    assert "1 lie above the limits (95%), 1 below; even if no unit differed" in told
    assert "All units compared lie within the limits (95%)." in units_block(report(ALIKE), names).sentence


def test_the_table_stands_in_the_order_of_the_chart(names: Names):
    (table,) = standing_block(report(APART), names).tables
    assert (table.rows[0].unit, table.rows[-1].unit) == ("up", "down")
    assert [cell.text for cell in (table.rows[0].cells[-1], table.rows[-1].cells[-1])] == ["ahead", "behind"]


def test_of_very_many_units_the_table_lists_those_that_stand_out(names: Names):
    many = {**{f"unit{k}": Branch(24, 30, 34) for k in range(100)}, "down": Branch(3, 30, 34)}
    found = report(many)
    assert [row.unit for row in units.standing_table(found, found.benchmark, names).rows] == ["down"]


def test_a_top_committee_sees_the_branches_of_its_committees_compared(names: Names):
    parents = {"root": None, "left": "root", "right": "root"}
    parents |= {unit: ("left", "right")[k % 2] for k, unit in enumerate(APART)}
    found = report(APART, parents)
    block = units_block(found, names)
    assert "Compared are 10 of the 10 lowest units" in block.sentence
    assert "支部 down: 30% (12/40 people), below the limits" in CHARTS["funnel"](found, names, WIDE).description
    assert [row.unit for row in block.tables[0].rows] == ["left", "right"]
    assert {row.unit for row in standing_block(found, names).tables[0].rows} == APART.keys()


def test_units_that_stand_in_no_other_table_are_all_listed(names: Names):
    many = {f"unit{k}": Branch(24, 30, 34) for k in range(100)}
    parents = {"root": None, "left": "root", "right": "root"}
    parents |= {unit: ("left", "right")[k % 2] for k, unit in enumerate(many)}
    found = report({**many, "unit0": Branch(3, 30, 34)}, parents)
    assert len(units.standing_table(found, found.benchmark, names).rows) == 100


def test_a_unit_too_small_is_in_no_chart_no_sentence_and_no_table(names: Names):
    found = report({**APART, "tiny": Branch(1, 6, 7), "small": Branch(2, 8, 9)})
    drawn = [CHARTS[key](found, names, width) for key in ("funnel", "caterpillar") for width in (WIDE, NARROW)]
    told = " ".join([labels(drawing) + drawing.description for drawing in drawn])
    block = standing_block(found, names)
    told += block.sentence + str(block.tables)
    assert "支部 tiny" not in told
    assert "支部 small" not in told


def test_without_enough_units_the_table_of_returns_stands_alone(names: Names):
    few = report({"a": Branch(20, 30, 34), "b": Branch(21, 30, 34)})
    assert standing_block(few, names) is None
    assert units_block(few, names).figure is None
    assert "Fewer than 5 units can be shown with their exact figure" in units_block(few, names).sentence
    assert units_block(few, names).tables[0].rows


def test_an_exemplar_is_told_with_people_and_without_a_cause(names: Names):
    block = learning_block(report_of(), names)
    assert "支部 a, “[短w3]” 14/30 → 27/30 people" in block.sentence
    assert "does not say that the action was the reason" in block.cannot
    assert learning_block(report(ALIKE), names) is None
