"""The page of a questionnaire tells how well it held together in past surveys, and no more than their results show."""

from __future__ import annotations

import pytest
from flask import render_template_string

from survey_app import services
from survey_app.extensions import db
from survey_app.models import Survey, Unit
from survey_app.services.past_reliability import past_reliability
from survey_app.wording.reliability_history import reliability_history
from tests.committee_world import World

MACRO = "{% from 'results/reliability.html' import reliability_history %}{{ reliability_history(history) }}"
CODE = "member-satisfaction"


@pytest.fixture
def units(world: World):
    with world.app.test_request_context():
        yield lambda *codes: [db.session.get_one(Unit, world.units[code]) for code in codes]


def test_sealed_surveys_of_the_own_units_are_told_as_their_results_show_them(world: World, units):
    (past,) = past_reliability(db.session, CODE, units("C1", "A"))
    report = services.report_for(db.session, db.session.get_one(Survey, world.surveys["sealed"]), *units("C1"))
    assert (past.year, past.unit_name, past.valid) == (2025, "云汀区住建局机关党委", report.roster.valid)
    assert past.scales == (report.reliability, *(dimension.reliability for dimension in report.dimensions))


def test_surveys_of_others_of_other_questionnaires_and_unsealed_ones_are_not_told(world: World, units):
    assert past_reliability(db.session, CODE, units("A", "B")) == ()
    assert past_reliability(db.session, "staff-satisfaction", units("C1")) == ()
    assert [past.unit_name for past in past_reliability(db.session, CODE, units("C1", "C2"))] != []
    assert len(past_reliability(db.session, CODE, units("C1", "C2"))) == 2


def test_too_few_complete_answers_are_told_as_the_reason(world: World, units):
    history = reliability_history(past_reliability(db.session, CODE, units("C1")))
    assert "none had enough complete answers" in history.sentence
    cells = [cell.text for row in history.tables[0].rows for cell in row.cells]
    assert "fewer than 30 complete answers" in cells
    page = render_template_string(MACRO, history=history)
    assert "What this part cannot say" in page
    assert history.tables[0].caption in page


def test_before_the_first_survey_there_is_a_sentence_and_no_table(world: World, units):
    page = render_template_string(MACRO, history=reliability_history(()))
    assert "No survey with this questionnaire has been sealed here yet." in page
    assert "<table" not in page
