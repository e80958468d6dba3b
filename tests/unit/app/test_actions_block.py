"""Last year's actions on the result page: verdicts with their reasons, and what the chart may draw."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest
from flask import Flask
from flask_babel import force_locale

from analysis.tree import ActionResult, Hidden, Rate
from analysis.types import ActionSpec
from survey_app.charts import NARROW, WIDE
from survey_app.charts.actions import draw_actions
from survey_app.charts.marks import Dot, Line
from survey_app.web.annual.actions import actions_block
from survey_app.wording import Names, names_of
from survey_app.wording.actions import action_reason, actions_sentence, expected_text, is_missed
from tests.unit.analysis import synthetic

SPEC = ActionSpec("a1", "w3", 11, 31, "0.65", "意见答复台账")
WORKED = ActionResult(SPEC, Rate(22, 30), 0.43, 0.2, 0.66, True, "worked", 14)
UNCLEAR = replace(WORKED, action=replace(SPEC, title=""), expected=0.86, lower=0.7, upper=1.04, verdict="not_shown")
HIDDEN = ActionResult(SPEC, Hidden.TOO_FEW, None, None, None, None, "not_comparable", 0)


@pytest.fixture
def names(app: Flask) -> Iterator[Names]:
    with app.test_request_context(), force_locale("en"):
        yield names_of(synthetic.instrument())


@pytest.fixture(scope="module")
def report():
    return replace(synthetic.report(32), actions=(WORKED, UNCLEAR, HIDDEN))


def test_the_sentence_counts_verdicts_and_leaves_none_out(report, names):
    assert actions_sentence(report) == (
        "Of 3 actions of last year: 1 worked, 1 without clear effect, 1 not comparable."
    )
    assert actions_block(replace(report, actions=()), names) is None


def test_reached_but_not_shown_is_watched_for_another_year(names):
    assert "watch it for another year" in action_reason(UNCLEAR)
    assert not is_missed(UNCLEAR)
    missed = replace(UNCLEAR, reached=False)
    assert "looking for the causes once more" in action_reason(missed)
    assert is_missed(missed)
    assert is_missed(replace(missed, verdict="worse"))


def test_an_expectation_stays_within_what_a_share_can_be(names):
    assert expected_text(WORKED) == "43% [20, 66]"
    assert expected_text(UNCLEAR) == "86% [70, 100]"
    assert expected_text(HIDDEN) == "not given"


def test_an_action_without_a_title_is_called_by_its_question(report, names):
    rows = actions_block(report, names).tables[0].rows
    assert [row.head for row in rows] == ["意见答复台账", names.item("w3"), "意见答复台账"]
    assert rows[2].cells[3].is_hidden


@pytest.mark.parametrize("width", [WIDE, NARROW])
def test_the_chart_draws_no_mark_of_what_is_hidden_or_only_a_bound(report, names, width: int):
    def drawn(found: ActionResult) -> tuple[int, int, int]:
        marks = draw_actions(replace(report, actions=(found,)), names, width).marks
        looks = [mark.look for mark in marks if isinstance(mark, Dot | Line)]
        return looks.count("hollow"), looks.count("now"), looks.count("bounds")

    assert drawn(WORKED) == (1, 1, 1)
    assert drawn(HIDDEN) == (1, 0, 0)
    assert drawn(replace(WORKED, rate=Rate(29, 30, bound="at_least"))) == (1, 0, 1)


def test_the_text_alternative_says_figures_and_verdicts(report, names):
    said = draw_actions(report, names, WIDE).description
    for word in ("11/31", "22/30", "65%", "43% [20, 66]", "(90%)", "Worked", "No clear effect", "Too few people"):
        assert word in said
