"""Every figure of an objective is told in its own unit, with how it is counted, on pages, charts and sheets."""

from __future__ import annotations

from datetime import date
from io import BytesIO

import pytest
from flask_babel import force_locale
from openpyxl import load_workbook

from analysis.types import Definition, Measure, Objective
from survey_app.charts import figure
from survey_app.exports import ExportContext, Material, exporter, overview_sheets
from survey_app.web.year_page import verdict_badge
from survey_app.wording import tables
from survey_app.wording.definitions import definition_text, threshold_text, value_text
from survey_app.wording.headline import overall_objective
from survey_app.wording.names import Names
from tests.unit.analysis import synthetic

WEIGHTS = {5: "100", 4: "80", 3: "60", 2: "30", 1: "0"}
OBJECTIVES = (
    Objective("I", "指数", Measure.OVERALL, None, "70", definition=Definition.INDEX),
    Objective("M", "平均分", Measure.ITEM, "l1", "4.2", definition=Definition.MEAN),
    Objective("S", "百分制", Measure.ITEM, "w4", "70.5", definition=Definition.SCORE100, weights=WEIGHTS),
    Objective("L", "另行指定", Measure.OVERALL, None, "0.95", satisfied_levels=(5, 4, 3)),
    Objective("U", "满意率", Measure.OVERALL, None, "0.90"),
    Objective("D", "维度", Measure.DIMENSION, "lead", "70", definition=Definition.INDEX),
    Objective("P", "参与率", Measure.PARTICIPATION, None, "0.80"),
)
NAMES = Names(synthetic.instrument(), "zh_Hans")


@pytest.fixture(autouse=True)
def in_english(app):
    with app.test_request_context(), force_locale("en"):
        yield


def found(n: int = 80, objectives: tuple[Objective, ...] = OBJECTIVES):
    return synthetic.report(n, years=(2026,), objectives=objectives)


def test_targets_and_figures_stand_in_their_own_unit():
    report = found()
    told = {
        result.objective.code: (threshold_text(result.objective), value_text(result)) for result in report.objectives
    }
    assert (told["I"][0], told["M"][0], told["S"][0], told["L"][0]) == (
        "70 points",
        "4.2 scale points",
        "70.5 points",
        "95%",
    )
    assert told["I"][1].endswith(" points")
    assert told["M"][1].endswith(" scale points")


def test_without_figure_and_verdict_the_row_and_the_sheet_say_why():
    unfit = (
        Objective("L", "六级", Measure.OVERALL, None, "0.9", satisfied_levels=(6, 5)),
        Objective("G", "没有问", Measure.ITEM, "gone", "0.9"),
    )
    report = found(objectives=unfit)
    rows = [[cell.text for cell in row.cells] for row in tables.objectives_table(report, NAMES).rows]
    assert [row[0] for row in rows] == ["not measured", "not measured"]
    told = ["does not fit the answer levels of the questionnaire", "the questionnaire does not ask this"]
    assert [row[-2] for row in rows] == told
    assert [overview_sheets._objective_row(result, NAMES)[-1] for result in report.objectives] == told
    assert "6 or 非常满意" in rows[0][-1], "a level that is not on the scale keeps its number"


def test_the_sheet_has_the_bounds_of_every_figure_as_the_page_does():
    report = found()
    for result in report.objectives:
        bounds = overview_sheets._objective_row(result, NAMES)[8]
        on_page = tables.objectives_table(report, NAMES).rows[report.objectives.index(result)].cells[1].text
        assert bounds == (None if result.objective.is_rate else on_page)
    assert overview_sheets._objective_row(report.objectives[1], NAMES)[8] is not None


def test_in_words_the_chart_says_the_same_as_the_page_of_what_is_not_listed():
    report = found(25, (OBJECTIVES[3],))
    assert report.objectives[0].judgement is not None
    drawn = figure("objectives", report, NAMES)
    assert "Not listed" in str(drawn.wide)
    assert "Too few people" not in str(drawn.wide)


def test_the_year_page_does_not_call_a_sealed_survey_none():
    second = Objective("M", "再一个", Measure.OVERALL, None, "4.2", definition=Definition.MEAN)
    gone = Objective("G", "没有问", Measure.ITEM, "gone", "0.9")
    badges = [verdict_badge(result) for result in found(25, (OBJECTIVES[0], second, gone)).objectives]
    assert badges[1:] == [("not judged", ""), ("not judged", "")]


def test_every_row_says_how_its_figure_is_counted():
    rows = tables.objectives_table(found(), NAMES).rows
    counted = {row.head: row.cells[-1].text for row in rows}
    assert len(counted) == len(OBJECTIVES)
    assert all(counted.values())
    text = "；".join(counted.values())
    assert "非常不满意 100" in text
    assert "非常满意 or 满意 or 一般, as the objective names them" in text
    assert "from 1 to 5" in text


def test_a_reversed_question_names_its_levels_the_right_way_round():
    reversed_item = OBJECTIVES[2]
    assert "非常不满意 100" in definition_text(reversed_item, NAMES)


def test_few_answers_give_an_index_in_words_and_no_mean():
    (index,) = found(14, OBJECTIVES[:1]).objectives
    (mean,) = found(14, OBJECTIVES[1:2]).objectives
    assert value_text(index).startswith("about ")
    assert not any(character.isdigit() for character in value_text(mean))


def test_the_headline_speaks_of_the_objective_on_the_rate_alone():
    assert overall_objective(found()).objective.code == "U"
    assert overall_objective(found(80, OBJECTIVES[:1])) is None


@pytest.mark.parametrize("n", [14, 25, 80])
def test_the_chart_draws_every_kind_and_describes_it(n: int):
    drawn = figure("objectives", found(n), NAMES)
    assert drawn is not None


@pytest.mark.parametrize("n", [14, 80])
def test_the_sheet_has_a_column_for_every_cell_and_the_unit_in_words(n: int):
    made = exporter("workbook").whole(Material(found(n), NAMES.instrument), ExportContext("en", date(2026, 12, 20)))
    lines = [list(row) for row in load_workbook(BytesIO(made))["Objectives"].iter_rows(values_only=True)]
    top = next(place for place, line in enumerate(lines) if line[0] == "Objective")
    wide = sum(head is not None for head in lines[top])
    rows = lines[top + 1 : top + 1 + len(found(n).objectives)]
    assert all(not any(row[wide:]) for row in rows)
    assert [row[2] for row in rows][:2] == ["70 points", "4.2 scale points"]
    assert rows[4][2] == 0.9
