"""Groups and years beside each other, and what matters: what the page says of them, and what it never says."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from itertools import pairwise

import pytest
from flask import Flask
from flask_babel import force_locale

from analysis.findings import Kind, propose
from analysis.tree import Change, Comparability, CompositionResult, Hidden, Rate, Report, YearPoint
from analysis.tree.measurement import Computed
from analysis.trend_results import trends_of
from analysis.weighting import Kitagawa
from instruments.model import Instrument
from survey_app.charts import CHARTS, NARROW, WIDE
from survey_app.charts.marks import Box, Dot, Label, Line, Path
from survey_app.web.annual.compared import groups_block, importance_block, years_block
from survey_app.wording import Names, compared_years, course, groups, importance, names_of, years
from survey_app.wording.quadrants import Quadrant, Quadrants, Standing, quadrants_of
from tests.unit.analysis import every_type, synthetic


@pytest.fixture
def names(app: Flask) -> Iterator[Names]:
    with app.test_request_context(), force_locale("en"):
        yield names_of(synthetic.instrument(), {2025: synthetic.instrument()})


@pytest.fixture(scope="module")
def branch() -> Report:
    return synthetic.report(32, 3)


@pytest.fixture(scope="module")
def middling() -> Report:
    """60 answers: groups of more and of fewer than 20 people."""
    return synthetic.report(60, 3)


@pytest.fixture(scope="module")
def committee() -> Report:
    return synthetic.report(200, 3)


def marks_of(drawing, kind: type, *looks: str) -> list:
    return [mark for mark in drawing.marks if isinstance(mark, kind) and (not looks or mark.look in looks)]


def words_of(drawing) -> list[str]:
    return [label.text for label in marks_of(drawing, Label)]


# ---- groups


@pytest.mark.parametrize("width", [WIDE, NARROW])
def test_a_tint_stands_only_where_two_groups_have_twenty_people_each(names: Names, middling: Report, width: int):
    drawing = CHARTS["groups"](middling, names, width)
    tinted = marks_of(drawing, Box, "t1", "t2", "t3", "t4", "t5")
    people = [[column.n for column in table.columns] for table in middling.groups]
    assert people == [[24, 23, 13], [32, 28]]
    legend, dimensions = 5, 3
    assert len(tinted) - legend == dimensions * (2 + 2)
    assert len(marks_of(drawing, Box, "cell")) == dimensions
    assert "9/13" in words_of(drawing)


def test_one_group_of_twenty_alone_is_told_in_people_without_a_tint(names: Names, middling: Report):
    age = middling.groups[0]
    small = replace(age.columns[1], n=13, cells=age.columns[2].cells)
    alone = replace(middling, groups=(replace(age, columns=(age.columns[0], small, age.columns[2])),))
    drawing = CHARTS["groups"](alone, names, WIDE)
    assert marks_of(drawing, Box, "t1", "t2", "t3", "t4", "t5") == []
    assert "20/24" in words_of(drawing)


@pytest.mark.parametrize("width", [WIDE, NARROW])
def test_a_hidden_group_is_hatched_and_says_why_in_every_cell(names: Names, branch: Report, width: int):
    drawing = CHARTS["groups"](branch, names, width)
    hidden = [word for word in words_of(drawing) if word in ("Too few people", "Also hidden", "Too few", "people")]
    assert marks_of(drawing, Line, "hatch")
    assert len(marks_of(drawing, Box, "ground")) == 9
    assert len(hidden) >= 9
    assert "Also hidden" in drawing.description


def test_of_hidden_groups_alone_there_is_a_table_and_no_picture(names: Names):
    content = groups_block(synthetic.report(15, 3), names)
    assert content is not None
    assert content.figure is None
    assert all(cell.is_hidden for table in content.tables for row in table.rows for cell in row.cells)


def test_a_question_without_a_group_to_show_takes_no_table_of_its_own(names: Names, branch: Report):
    content = groups_block(branch, names)
    assert content is not None
    assert [table.caption for table in content.tables] == ["[在支部时间]"]


def test_the_words_of_the_heat_map_give_every_shown_figure(names: Names, middling: Report):
    drawing = CHARTS["groups"](middling, names, WIDE)
    for table in middling.groups:
        for column in table.columns:
            for cell in column.cells:
                assert f"{cell.rate.satisfied}/{cell.rate.n}" in drawing.description


def test_the_sentence_names_the_two_groups_furthest_apart_as_facts(names: Names, middling: Report):
    told = groups.groups_sentence(middling, names)
    assert "Furthest apart are" in told
    assert "46% (11/24 people)" in told
    assert "70% (16/23 people)" in told
    assert not set("▲▼↑↓→") & set(told)


def test_groups_too_small_to_compare_are_not_compared(names: Names, branch: Report):
    assert "no comparison" in groups.groups_sentence(branch, names)
    assert "Furthest apart" not in groups.groups_sentence(branch, names)


def test_many_answers_go_into_several_rows_of_the_picture_rather_than_out_of_it(names: Names, middling: Report):
    column = middling.groups[0].columns[0]
    many = replace(middling.groups[0], columns=tuple(replace(column, option=1) for _ in range(9)))
    drawing = CHARTS["groups"](replace(middling, groups=(many,)), names, NARROW)
    boxes = [box for box in marks_of(drawing, Box) if box.y > 60]
    assert max(box.x + box.width for box in boxes) <= NARROW
    assert len(boxes) == 9 * 3


# ---- years


def years_of(report: Report, *, count: int = 7) -> Report:
    """The same report with so many years behind each main figure."""
    history = tuple(
        (code, (*(replace(points[0], year=2024 - back) for back in range(count - len(points), 0, -1)), *points))
        for code, points in report.history
    )
    return replace(report, history=history)


def test_at_most_five_years_stand_side_by_side(names: Names, committee: Report):
    drawing = CHARTS["years"](years_of(committee), names, WIDE)
    assert len(marks_of(drawing, Dot, "earlier")) == 4 * len(committee.history)
    assert len(marks_of(drawing, Dot, "now")) == len(committee.history)
    assert "2021" not in drawing.description


def test_a_year_without_people_is_a_diamond_without_an_interval(names: Names, committee: Report):
    code, points = committee.history[0]
    published = replace(committee, history=((code, (YearPoint(2023, 0.8), *points)),))
    drawing = CHARTS["years"](published, names, WIDE)
    assert len(marks_of(drawing, Dot, "published")) == 1
    assert len(marks_of(drawing, Line, "range")) == len(points)


def changed(report: Report, code: str, **fields: object) -> Report:
    return replace(report, changes=tuple(replace(c, **fields) if c.code == code else c for c in report.changes))


def with_hint(report: Report, code: str, effect: float) -> Report:
    found = next(change for change in report.changes if change.code == code)
    assert found.comparison is not None
    return changed(report, code, comparison=replace(found.comparison, bh=0.01), effect=effect)


def test_a_question_outside_the_main_figures_gives_a_hint_in_words_and_never_a_sign(names: Names, committee: Report):
    hinting = with_hint(with_hint(committee, "l1", 0.2), "m1", -0.2)
    told = years.hints_sentence(hinting, names)
    assert "hint of a rise: “[短l1]”" in told
    assert "hint of a fall: “[短m1]”" in told
    rows = {row.head: [cell.text for cell in row.cells] for row in years.years_table(hinting, names).rows}
    assert rows["[短l1]"][2] == "Hint of a rise"
    assert not any(sign in " ".join([told, *rows["[短l1]"], *rows["[短m1]"]]) for sign in "▲▼＝")


def test_a_main_figure_has_a_verdict_and_no_hint(names: Names, committee: Report):
    assert "w3" not in years.hints_sentence(with_hint(committee, "w3", 0.3), names)


def test_no_hint_says_the_opposite_of_the_rate_beside_it(names: Names, committee: Report):
    change = next(change for change in committee.changes if change.code == "l1")
    risen = replace(change, earlier=YearPoint(2025, Rate(120, 200)), later=YearPoint(2026, Rate(130, 200)))
    moved = replace(committee, changes=(risen,))
    assert years.hint_of(with_hint(moved, "l1", 0.2).changes[0]) == "rise"
    assert years.hint_of(with_hint(moved, "l1", -0.2).changes[0]) is None


def test_the_smallest_change_to_be_seen_is_that_of_the_overall_rate_else_the_largest(names: Names, committee: Report):
    def told(*smallest: float | None) -> str:
        found = dict(zip(("l1", "w3", "overall", "m1"), smallest, strict=True))
        by_code = {change.code: change for change in committee.changes}
        changes = (
            replace(by_code[code], smallest_visible_change=value, primary=code != "l1") for code, value in found.items()
        )
        return years.years_cannot(replace(committee, changes=tuple(changes)), names)

    assert "For example “[overall]”: of 200 answers" in told(0.3, 0.2, 0.05, 0.15)
    assert "by about 5 percentage points" in told(0.3, 0.2, 0.05, 0.15)
    assert "For example “[短w3]”" in told(0.3, 0.2, None, 0.15)
    assert "For example" not in told(0.3, None, None, 0.0)


def test_without_adjusted_tests_there_are_no_hints(names: Names, branch: Report):
    assert years.hints_sentence(branch, names) == ""


def test_the_old_and_the_new_words_of_a_changed_question_stand_side_by_side(names: Names, committee: Report):
    then = reworded("l2", text="从前的问法")
    report = changed(committee, "l2", reasons=("wording", "participation"), comparability=Comparability.NOT)
    table = compared_years.wording_table(report, replace(names, earlier={2025: then}))
    assert table is not None
    assert [(row.head, [cell.text for cell in row.cells]) for row in table.rows] == [
        ("[短l2]: question", ["[从前的问法]", "[题目l2]"])
    ]


def reworded(code: str, text: str) -> Instrument:
    content = synthetic.instrument().model_dump()
    for section in content["sections"]:
        for item in section["items"]:
            if item["code"] == code:
                item["text"] = {"zh_Hans": text, "en": f"[{text}]"}
    return Instrument.model_validate(content)


def test_answers_that_count_differently_are_told(names: Names, committee: Report):
    content = synthetic.instrument().model_dump()
    content["scales"]["five"]["satisfied"] = (5,)
    then = Instrument.model_validate(content)
    report = changed(committee, "l2", reasons=("definition",), comparability=Comparability.NOT)
    table = compared_years.wording_table(report, replace(names, earlier={2025: then}))
    assert table is not None
    (row,) = table.rows
    assert [cell.text for cell in row.cells] == ["“[非常满意]”", "“[非常满意]”, “[满意]”"]


def test_where_the_earlier_questionnaire_is_not_at_hand_the_reasons_stand_alone(names: Names, committee: Report):
    report = changed(committee, "l2", reasons=("wording",), comparability=Comparability.NOT)
    alone = replace(names, earlier={})
    assert compared_years.wording_table(report, alone) is None
    table = compared_years.reasons_table(report, alone)
    assert table is not None
    assert [cell.text for cell in table.rows[0].cells] == ["Not comparable: [短l2]"]


def test_what_differs_for_every_question_is_said_once(names: Names, committee: Report):
    shared = replace(
        committee,
        changes=tuple(
            replace(change, reasons=("participation",), comparability=Comparability.WITH_RESERVE)
            for change in committee.changes
        ),
    )
    table = compared_years.reasons_table(shared, names)
    assert table is not None
    assert [cell.text for row in table.rows for cell in row.cells] == ["With reserve: all questions"]
    assert {row.cells[-1].text for row in years.years_table(shared, names).rows} == {"With reserve"}


def test_questions_that_came_and_went_are_named(names: Names, committee: Report):
    content = synthetic.instrument().model_dump()
    content["sections"][0]["items"][0]["code"] = "old"
    content["sections"][0]["items"][0]["short"] = {"zh_Hans": "旧题", "en": "[旧题]"}
    told = compared_years.question_notes(committee, replace(names, earlier={2025: Instrument.model_validate(content)}))
    assert told == ("Not asked the year before: “[短l1]”.", "No longer asked: “[旧题]”.")


def test_the_parts_of_a_change_add_up_as_they_are_printed(names: Names, committee: Report):
    split = CompositionResult(2025, "age", 3, Kitagawa(0.1096, 0.1111, -0.0015))
    told = course.composition_sentence(replace(committee, composition=split), names)
    assert "by +11.0 percentage points: +11.2" in told or "by +11.0 percentage points: +11.1" in told
    total, rate, composition = (float(word.strip(",:").replace("−", "-")) for word in told.split() if word[0] in "+−")
    assert rate + composition == pytest.approx(total)
    assert "told apart by “[年龄段]”" in told


def test_where_the_years_do_not_compare_nothing_is_split(names: Names, committee: Report):
    apart = changed(committee, "overall", comparability=Comparability.NOT)
    assert course.composition_sentence(apart, names) == ""


def course_of(report: Report, *satisfied: int) -> Report:
    """The same report with the first main figure over so many years of 200 answers, this year last."""
    code = report.history[0][0]
    points = tuple(
        YearPoint(2026 - back, Rate(count, 200, interval=(count / 200 - 0.05, count / 200 + 0.05)))
        for back, count in zip(range(len(satisfied) - 1, -1, -1), satisfied, strict=True)
    )
    history = ((code, points),)
    return replace(report, history=history, trends=trends_of(history))


def test_a_steady_course_is_said_in_words_and_three_years_make_no_forecast(names: Names, committee: Report):
    rising = course_of(committee, 100, 130, 160)
    assert "rising: “[overall]”" in course.trends_sentence(rising, names)
    assert "Three years are few" in course.trends_sentence(rising, names)
    assert course.trends_table(rising, names) is None


def test_five_years_say_where_the_next_would_lie(names: Names, committee: Report):
    table = course.trends_table(course_of(committee, 100, 112, 126, 136, 150), names)
    assert table is not None
    assert [heading for heading, _figures in table.columns][-1] == "2027, if it goes on so (95% prediction interval)"
    assert [cell.text for cell in table.rows[0].cells][:2] == ["2022–2026", "rises"]


def test_ups_and_downs_are_no_course(names: Names, committee: Report):
    assert "no steady rise or fall is to be seen in the main figures (1)" in course.trends_sentence(
        course_of(committee, 130, 120, 128, 124), names
    )


def test_so_few_people_have_no_course(names: Names):
    few = synthetic.report(15, 3)
    hidden = replace(few, trends=tuple(replace(trend, shares=None) for trend in few.trends))
    assert "Too few people" in course.trends_sentence(hidden, names)


# ---- what matters


def test_a_dot_is_filled_only_where_both_intervals_stay_in_one_quarter(names: Names, committee: Report):
    found = quadrants_of(committee)
    assert found is not None
    assert [standing.quadrant for standing in found.standings] == [Quadrant.KEEP, None, None]
    drawing = CHARTS["importance"](committee, names, WIDE)
    assert len(marks_of(drawing, Dot, "now")) == 1
    assert len(marks_of(drawing, Dot, "hollow")) == 2
    assert len(marks_of(drawing, Line, "range")) == 6
    assert "Not to be decided" in drawing.description


def test_no_dimension_to_work_on_is_said_for_certain_only_where_no_interval_reaches_there(names: Names):
    def told(share_span: tuple[float, float], rate_span: tuple[float, float] | None) -> str:
        standing = Standing("work", 0.2, share_span, 0.8, rate_span, None)
        return importance.standings_sentence(Quadrants((standing,), (), 1 / 3, 0.85), names)

    assert told((0.1, 0.3), (0.7, 0.8)).startswith("No dimension lies")
    assert told((0.1, 0.4), (0.9, 0.95)).startswith("No dimension lies")
    for open_rate in ((0.7, 0.8), (0.8, 0.9), None):
        assert "where an interval crosses a line, it is not certain" in told((0.1, 0.4), open_rate)


def test_that_everybody_answered_decides_no_quarter(committee: Report):
    """The interval of a census has no width: it is about this group, not about which dimension is done less well."""
    census = replace(committee, dimensions=tuple(replace(d, interval=(d.rate, d.rate)) for d in committee.dimensions))
    assert quadrants_of(census) == quadrants_of(committee)


def test_the_lines_are_an_equal_share_and_the_mean_of_the_dimensions(committee: Report):
    found = quadrants_of(committee)
    assert found is not None
    assert found.share_line == pytest.approx(1 / 3)
    assert found.rate_line == pytest.approx(sum(d.rate for d in committee.dimensions) / 3)
    assert sum(standing.share for standing in found.standings) == pytest.approx(1)


def test_a_rate_that_is_rounded_decides_nothing(names: Names, committee: Report):
    coarse = replace(
        committee,
        dimensions=tuple(replace(d, rate=0.85, interval=Hidden.COARSENED, rounded=True) for d in committee.dimensions),
    )
    found = quadrants_of(coarse)
    assert found is not None
    assert {standing.quadrant for standing in found.standings} == {None}
    drawing = CHARTS["importance"](coarse, names, WIDE)
    assert len(marks_of(drawing, Line, "range")) == 3
    assert "about 85%" in [cell.text for row in importance.importance_table(found, names).rows for cell in row.cells]


def test_a_hidden_dimension_has_no_place_and_is_named_as_such(names: Names, committee: Report):
    first, *others = committee.dimensions
    hidden = replace(committee, dimensions=(replace(first, rate=Hidden.TOO_FEW, interval=Hidden.TOO_FEW), *others))
    found = quadrants_of(hidden)
    assert found is not None
    assert [standing.dimension for standing in found.standings] == ["work", "mass"]
    assert "Without a place, since too few answered: “[领导班子]”." in importance.importance_reading(
        hidden, found, names
    )
    assert "领导班子" not in CHARTS["importance"](hidden, names, WIDE).description


@pytest.mark.parametrize("width", [WIDE, NARROW])
def test_names_keep_clear_of_each_other(names: Names, committee: Report, width: int):
    drawing = CHARTS["importance"](committee, names, width)
    told = {label.text: label for label in marks_of(drawing, Label, "strong") if label.text.startswith("[")}
    assert len(told) == 3
    lines = sorted(label.y for label in told.values())
    assert all(later - earlier > 12 for earlier, later in pairwise(lines))
    assert {label.text for label in marks_of(drawing, Label, "halo")} == set(told)


def test_borrowed_importance_says_whose_it_is(names: Names, committee: Report):
    assert committee.importance is not None
    own = committee.importance.importance
    borrowed = replace(
        committee, importance=replace(committee.importance, importance=Computed(own.value, 412, None, "区直机关工委"))
    )
    content = importance_block(borrowed, names)
    assert content is not None
    assert "those of 区直机关工委 (412 answers)" in content.reading


def test_refused_importance_gives_the_reason_and_still_the_items_to_discuss(names: Names, branch: Report):
    content = importance_block(branch, names)
    assert content is not None
    assert content.figure is None
    assert content.tables == ()
    assert "from 50 answers without a gap" in content.sentence
    assert len(content.points) == 3
    assert content.points_title == "3 questions worth discussing first"


def test_each_item_to_discuss_has_its_people_and_its_reasons(names: Names, committee: Report):
    found = propose(committee)
    told = importance.first_items(committee, names)
    assert [name for name, _why in told] == [names.item(finding.item) for finding in found]
    for finding, (_name, why) in zip(found, told, strict=True):
        assert f"{finding.rate.satisfied}/{finding.rate.n} people" in why
        assert ("objective not met" in why) == (Kind.OBJECTIVE_MISSED in finding.kinds)


def test_a_questionnaire_without_dimensions_has_nothing_to_weigh(app: Flask):
    with app.test_request_context(), force_locale("en"):
        assert importance_block(every_type.report(40), names_of(every_type.instrument())) is None


CAUSES = ("because of", "leads to", "caused", "影响总体", "导致", "造成", "决定了")


@pytest.mark.parametrize("language", ["en", "zh_Hans"])
@pytest.mark.parametrize("size", [15, 32, 200])
def test_no_block_speaks_of_causes_or_lets_an_arrow_stand_without_a_verdict(app: Flask, size: int, language: str):
    report = synthetic.report(size, 3)
    with app.test_request_context(), force_locale(language):
        names = names_of(synthetic.instrument(), {2025: synthetic.instrument()})
        blocks = [make(report, names) for make in (groups_block, years_block, importance_block)]
    for content in blocks:
        assert content is not None
        said = [
            content.sentence,
            content.cannot,
            content.reading,
            *content.notes,
            *(why for _what, why in content.points),
        ]
        assert all(text.count("%(") == 0 for text in said)
        assert not any(cause in text for cause in CAUSES for text in said)
        assert not any(sign in text for sign in "▲▼" for text in said)


def test_a_moved_main_figure_alone_carries_the_arrow(names: Names, committee: Report):
    declined = changed(committee, "w3", verdict="declined", primary=True)
    drawing = CHARTS["years"](declined, names, WIDE)
    assert [word for word in words_of(drawing) if word[0] in "▲▼"] == ["▼ Declined"]
    assert marks_of(drawing, Path)
    assert _arrows(years.years_table(declined, names)) == 1


def _arrows(table) -> int:
    return sum(cell.text[:1] in "▲▼" for row in table.rows for cell in row.cells)


def test_a_change_is_a_fact_in_people(names: Names):
    change = Change(
        code="w3", earlier=YearPoint(2025, Rate(16, 20)), later=YearPoint(2026, Rate(19, 20)),
        comparability=Comparability.COMPARABLE, reasons=(), primary=True, comparison=None,
        smallest_visible_change=None,
    )  # fmt: skip
    assert years.moved_sentence(change, names) == "“[短w3]” went from 16/20 to 19/20 people satisfied."
