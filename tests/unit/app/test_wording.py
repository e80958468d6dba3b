"""How a report is put into words: figures, verdicts, sentences, tables."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from fractions import Fraction

import pytest
from flask import Flask
from flask_babel import force_locale

from analysis.reliability import Alpha, cronbach_alpha
from analysis.targets import judge
from analysis.tree import Change, Comparability, Hidden, Rate, YearPoint
from analysis.types import Roster
from survey_app.wording import (
    Names,
    alpha_word,
    change_label,
    comments,
    comparability_text,
    dimensions,
    grade_classes,
    grade_label,
    groups,
    headline,
    hidden_label,
    index_text,
    items,
    method,
    names_of,
    people,
    percent,
    rate_percent,
    rate_text,
    rate_with_people,
    reliability,
    returns,
    sentences,
    signed,
    tables,
    target_percent,
    units,
    years,
)
from survey_app.wording.labels import quoted
from tests.unit.analysis import synthetic


@pytest.fixture
def english(app: Flask) -> Iterator[None]:
    with app.test_request_context(), force_locale("en"):
        yield


@pytest.fixture
def names(english: None) -> Names:
    return names_of(synthetic.instrument())


@pytest.fixture(scope="module")
def branch():
    """32 answers in each of three years."""
    return synthetic.report(32, 3)


@pytest.fixture(scope="module")
def tiny():
    return synthetic.report(15, 3)


def alpha_between(low: float, high: float) -> Alpha:
    solid = cronbach_alpha([[1, 1], [2, 3], [3, 3], [5, 4]])
    return replace(solid, feldt=(low, high))


# ---- figures


@pytest.mark.parametrize(
    ("rate", "n", "target", "written"),
    [
        (Fraction(30, 32), 32, None, "94%"),
        (Fraction(29, 200), 200, None, "15%"),
        (Fraction(1, 8), 1200, None, "12.5%"),
        (Fraction(359, 400), 400, "0.90", "89.8%"),
        (Fraction(8999, 9999), 9999, "0.90", "89.999%"),
        (Fraction(89991, 100000), 999, "0.90", "89.99%"),
        (Fraction(90, 100), 100, "0.90", "90%"),
        (Fraction(0, 30), 30, "0.90", "0%"),
        (Fraction(30, 30), 30, "0.90", "100%"),
    ],
)
def test_a_percent_is_rounded_last_and_never_hides_the_side_of_the_target(rate, n, target, written):
    assert percent(rate, n, target) == written


def test_a_target_is_written_as_it_was_set():
    assert [target_percent(text) for text in ("0.90", "0.925", "1")] == ["90%", "92.5%", "100%"]


def test_people_come_before_percents(english: None):
    assert people(Rate(30, 32)) == "30/32 people"
    assert rate_with_people(Rate(30, 32)) == "94% (30/32 people)"


def test_of_few_answers_only_people_are_told(english: None):
    assert rate_percent(Rate(18, 19)) is None
    assert rate_text(Rate(12, 15)) == "12/15 people"
    assert people(Rate(12, 13, bound="at_least")) == "at least 12/13 people"
    assert people(Rate(1, 13, bound="at_most")) == "at most 1/13 people"
    assert rate_percent(Rate(28, 29, bound="at_least")) is None


def test_an_index_of_few_answers_goes_by_fives(english: None):
    assert index_text(83.4, 32) == "83"
    assert index_text(83.4, 15) == "about 85"


def test_differences_carry_a_typeset_sign():
    assert [signed(value) for value in (0.091, -0.4, 0.001, -0.001)] == ["+0.09", "−0.40", "0.00", "0.00"]


@pytest.mark.parametrize("reason", Hidden)
def test_a_hidden_figure_is_words_never_a_sign(english: None, reason: Hidden):
    for written in (hidden_label(reason), rate_text(reason), index_text(reason)):
        assert written
        assert not set(written) & set("0123456789-–*")


# ---- labels


@pytest.mark.parametrize(
    ("counted", "words", "classes"),
    [
        ((38, 38, 38, "0.90"), "Certainly met", "sure"),
        ((90, 95, 100, "0.80"), "Certainly met", "sure"),
        ((31, 32, 38, "0.85"), "Confidently met", "conf"),
        ((30, 32, 38, "0.90"), "Met at face value", "face"),
        ((26, 31, 37, "0.85"), "Not met at face value", "no face"),
        ((22, 30, 36, "0.80"), "Certainly not met", "no sure"),
    ],
)
def test_a_grade_has_words_and_classes(english: None, counted, words, classes):
    judgement = judge(*counted)
    assert (grade_label(judgement), grade_classes(judgement)) == (words, classes)


@pytest.mark.parametrize(
    ("interval", "word"),
    [
        ((0.94, 0.96), "Excellent"),
        ((0.76, 0.93), "at least acceptable"),
        ((0.81, 0.93), "at least good"),
        ((0.60, 0.88), "not to be decided yet"),
        ((0.52, 0.65), "at most barely"),
        ((0.20, 0.50), "Revise"),
    ],
)
def test_alpha_is_judged_by_its_whole_interval(english: None, interval, word):
    assert alpha_word(alpha_between(*interval)) == word


def change(
    verdict: str | None, *, primary: bool = True, comparability: Comparability = Comparability.COMPARABLE
) -> Change:
    return Change(
        "w3",
        YearPoint(2025, Rate(11, 31)),
        YearPoint(2026, Rate(22, 30)),
        comparability,
        ("position",) if comparability is Comparability.WITH_RESERVE else (),
        primary,
        None,
        0.25,
        verdict,
    )


def test_only_tested_changes_of_the_main_figures_carry_a_sign(english: None):
    assert change_label(change("improved")) == "▲ Improved"
    assert change_label(change("declined")) == "▼ Declined"
    assert change_label(change("no_clear_change")) == "No clear change"
    assert change_label(change("improved", primary=False)) == "No verdict"
    assert change_label(change("improved", comparability=Comparability.NOT)) == "Not comparable"


def test_a_change_with_a_hidden_year_says_so(english: None):
    hidden = replace(change("improved"), earlier=YearPoint(2025, Hidden.TOO_FEW))
    assert change_label(hidden) == "Too few people"


def test_reserve_says_why(english: None):
    reserved = change("improved", comparability=Comparability.WITH_RESERVE)
    assert comparability_text(reserved) == "With reserve: position in the questionnaire changed"


# ---- sentences


def test_returns_are_told_in_people_with_last_year_beside(english: None, branch):
    told = returns.returns_sentence(branch)
    roster, before = branch.roster, branch.previous_roster
    assert f"{roster.eligible} people were eligible" in told
    assert percent(Fraction(roster.returned, roster.eligible), roster.eligible) in told
    assert percent(Fraction(before.returned, before.eligible), before.eligible) in told


def test_an_open_link_is_told_without_participation(english: None, branch):
    unverified = replace(branch, roster=Roster(None, None, 40, 39, verified=False))
    assert returns.returns_sentence(unverified) == "40 ballots came back, 39 of them valid."
    assert "cannot be known" in returns.returns_cannot(unverified)


def test_what_is_open_about_an_objective_is_told_in_people(english: None, branch):
    result = branch.objectives[0]

    def told(*counted) -> str:
        return sentences.margin(replace(result, judgement=judge(*counted)))

    assert told(30, 32, 38, "0.90") == "met if 5 of the 6 not counted are satisfied"
    assert told(26, 31, 37, "0.85") == "met only if all 6 not counted are satisfied"
    assert told(22, 30, 36, "0.80") == "not met even if all 6 not counted were satisfied"
    assert told(37, 37, 40, "0.90") == "met even if none of the 3 not counted were satisfied"
    assert told(30, 32, 32, "0.90") == "everybody is counted, nothing is open"
    assert told(30, 32, None, "0.90") == ""


def test_face_value_is_spoken_of_only_where_such_a_verdict_stands(english: None, branch):
    def told(*counted) -> str:
        return sentences.objectives_cannot(
            replace(branch, objectives=(replace(branch.objectives[0], judgement=judge(*counted)),))
        )

    assert "“At face value”" in told(30, 32, 38, "0.90")
    assert told(38, 38, 38, "0.90") == "People who chose “don't know” are not counted as eligible for that question."
    unverified = replace(branch, roster=Roster(None, None, 40, 39, verified=False))
    assert "face value" not in sentences.objectives_cannot(replace(unverified, objectives=()))
    face = replace(branch.objectives[0], judgement=judge(30, 32, None, "0.90"))
    assert "at face value only" in sentences.objectives_cannot(replace(unverified, objectives=(face,)))


def test_items_are_ranked_by_rate_ties_in_the_order_of_the_questionnaire(branch):
    shown = sentences.ranked(branch)
    order = [item.code for item in branch.items]
    keys = [(-Fraction(item.rate.satisfied, item.rate.n), order.index(item.code)) for item in shown]
    assert keys == sorted(keys)


def test_the_year_sentence_counts_verdicts_and_names_what_moved(names: Names, branch):
    moved = replace(branch, changes=(change("improved"), change("no_clear_change"), change("declined", primary=False)))
    told = years.years_sentence(moved, names)
    assert told.startswith("Of 2 main figures: 1 improved, 1 without clear change.")
    assert "from 11/31 to 22/30 people" in told


def test_without_an_earlier_year_nothing_is_compared(names: Names, branch):
    alone = replace(branch, changes=(), history=(), previous_roster=None)
    assert years.years_sentence(alone, names) == "There is no earlier result to compare with."
    assert "year before" not in returns.returns_sentence(alone)


def test_the_headline_of_a_small_group_is_people(names: Names, branch, tiny):
    assert headline.headline_figure(branch).endswith("%")
    assert "/15" in headline.headline_figure(tiny)
    assert any("target not below 90%" in part for part in headline.headline_parts(tiny, names))


def test_the_minute_list_begins_with_the_objectives(names: Names, branch):
    first, *others = headline.minute_list(branch, names)
    assert first.startswith("4 objectives: ")
    assert any(line.startswith("Worth discussing first: ") for line in others)


@pytest.mark.parametrize("n", [9, 12, 15, 25, 32, 60, 200])
def test_every_block_has_a_sentence_and_its_limits_at_every_size(names: Names, n: int):
    report = synthetic.report(n, 5)
    if report.hidden is not None:
        assert "Fewer than 10 valid answers" in sentences.hidden_sentence(report)
        return
    told = [
        returns.returns_sentence(report),
        sentences.objectives_sentence(report, names),
        items.items_sentence(report, names),
        reliability.reliability_sentence(report, names),
        groups.groups_sentence(report, names),
        years.years_sentence(report, names),
        comments.comments_sentence(report),
        sentences.choices_sentence(report, names),
        sentences.method_sentence(report),
        returns.returns_cannot(report),
        sentences.objectives_cannot(report),
        items.items_cannot(report, names),
        years.years_cannot(report, names),
    ]
    assert all(sentence.endswith(".") and "%(" not in sentence for sentence in told)


# ---- tables


def test_a_hidden_group_shows_words_in_every_cell(names: Names):
    report = synthetic.report(25, 3)
    found = [
        cell for table in report.groups for row in groups.group_table(table, report, names).rows for cell in row.cells
    ]
    withheld = [cell for cell in found if cell.is_hidden]
    assert withheld
    assert {cell.text for cell in withheld} <= {"Too few people", "Also hidden"}
    assert groups.group_notes(report)[0] == "Too few people: fewer than 10, not shown."


def test_tables_have_as_many_cells_as_columns(names: Names, branch):
    made = [
        returns.returns_table(branch),
        tables.objectives_table(branch, names),
        dimensions.dimensions_table(branch, names),
        tables.items_table(branch, names),
        reliability.reliability_table(branch, names),
        years.years_table(branch, names),
        *(groups.group_table(table, branch, names) for table in branch.groups),
        *tables.choice_tables(branch, names),
    ]
    for table in made:
        assert table.rows
        assert {len(row.cells) for row in table.rows} == {len(table.columns)}, table.caption


def test_the_higher_committee_sees_its_sub_units_in_their_order(english: None):
    report = synthetic.report(units={"a": 40, "b": 25, "c": 4, "d": 5})
    table = units.units_table(report, names_of(synthetic.instrument()))
    assert [row.unit for row in table.rows] == ["a", "b", "c", "d"]
    assert table.rows[2].cells[-1].is_hidden


def test_method_says_definition_threshold_and_hash(names: Names, branch):
    facts = dict(method.method_facts(branch, names))
    assert "[非常满意] or [满意]" in facts["Satisfaction rate"]
    assert "Below 10 answers" in facts["Small groups"]
    assert facts["Sealed data"] == f"sha256 {branch.provenance.dataset_sha256}"


def test_names_fall_back_to_the_code_for_what_the_questionnaire_no_longer_has(names: Names):
    assert names.item("gone") == "gone"
    assert names.item("w3") == "[短w3]"
    assert names.question("w3") == "[题目w3]"
    assert names.option("age", 2) == "[中]"


@pytest.mark.parametrize(
    ("words", "told"),
    [
        ("“三会一课”按期开展", "“‘三会一课’按期开展”"),
        ("““三会一课””按期开展", "“‘“三会一课”’按期开展”"),
        ("落实‘“三会一课”计划’", "“落实‘“三会一课”计划’”"),
        ("the branch’s ‘year’s plan’", "“the branch’s ‘year’s plan’”"),
        ("只有后一半”的名称", "“只有后一半’的名称”"),
    ],
)
def test_quotation_marks_within_a_name_take_turns(english: None, words: str, told: str):
    assert quoted(words) == told


def test_a_choice_question_that_must_not_be_shown_has_words_and_no_table(names: Names, branch):
    first, *others = branch.choices
    hidden = replace(first, n=Hidden.TOO_FEW, counts=(Hidden.TOO_FEW,) * len(first.counts))
    report = replace(branch, choices=(hidden, *others))
    assert len(tables.choice_tables(report, names)) == len(others)
    assert f"Too few people answered to show: “{names.item(first.code)}”." in sentences.choices_sentence(report, names)


def test_bands_of_a_number_are_named_by_their_edges(english: None):
    number = {
        "code": "years",
        "type": "number",
        "text": {"zh_Hans": "年数"},
        "minimum": 0,
        "maximum": 40,
        "bands": [0, 3, 10],
    }
    section = {"code": "s", "title": {"zh_Hans": "一"}, "items": [number]}
    names = names_of(synthetic.instrument(sections=[section], dimensions=[]))
    assert names.options("years") == ("0–2", "3–9", "10–40")
    assert names.option("years", 1) == "3–9"


def test_chinese_is_the_first_language(app: Flask, branch):
    with app.test_request_context(), force_locale("zh_Hans"):
        names = names_of(synthetic.instrument())
        assert names.item("w3") == "短w3"
        assert people(Rate(12, 13, bound="at_least")) == "至少 12/13 人"
        assert grade_label(judge(30, 32, 38, "0.90")) == "数值达成"
        assert sentences.margin(replace(branch.objectives[0], judgement=judge(26, 31, 37, "0.85"))) == (
            "未计入的 6 人须全部满意才达标"
        )
