"""Early warnings: the pulses of a branch as control charts, and what the committee above sees of it."""

from __future__ import annotations

from random import Random

import pytest
from flask import Flask

from survey_app import services
from survey_app.demo import loading
from survey_app.demo.organisation import OWN_BRANCH, ROOT, people_of
from survey_app.extensions import db
from survey_app.services.organisation import unit_by_code
from tests.visitor import Visitor

PASSWORD = "correct horse battery"


@pytest.fixture
def pulses(app: Flask) -> Flask:
    """The sample branch with its nine pulses, the latest of which found opinions answered more slowly."""
    with app.app_context():
        clock = app.config["CLOCK"]
        passwords = {person.login: PASSWORD for person in people_of()}
        stage = loading._set_stage(db.session, passwords, clock, bytes(32), Random(3))
        loading.hold_pulses(stage, clock.today())
        db.session.commit()
    return app


def visitor(app: Flask, login: str) -> Visitor:
    found = Visitor(app.test_client())
    assert found.submit("/login", login=login, password=PASSWORD).status_code == 302
    return found


def address(app: Flask, code: str) -> str:
    with app.app_context():
        return f"/committee/warnings/{unit_by_code(db.session, code).id}"


def test_a_branch_sees_each_question_in_a_chart_and_the_signal_in_words(pulses: Flask):
    told = visitor(pulses, "demo-secretary").text(address(pulses, OWN_BRANCH) + "?lang=en")
    assert "The latest pulse is a signal for “Opinions answered fast”." in told
    assert "Latest pulse: 42% (13/31 people). This is a signal: below the lower limit." in told
    assert told.count("All pulses lie within the usual ups and downs.") == 4
    assert "What this part cannot say" in told


def test_the_committee_above_finds_the_branch_that_signals(pulses: Flask):
    above = visitor(pulses, "demo-committee")
    told = above.text(address(pulses, ROOT) + "?lang=en")
    assert "Opinions answered fast: below the lower limit" in told
    assert address(pulses, OWN_BRANCH) in above.get(address(pulses, ROOT)).text
    assert above.client.get("/committee/warnings/").status_code == 302


def test_a_branch_does_not_open_the_page_of_the_committee_above(pulses: Flask):
    assert visitor(pulses, "demo-secretary").get(address(pulses, ROOT)).status_code == 404


def test_a_unit_without_pulses_is_told_what_they_are_for(pulses: Flask):
    told = visitor(pulses, "demo-committee").text(address(pulses, "YT-1-1") + "?lang=en")
    assert "has no two sealed pulses with the same questions yet" in told


def test_charts_are_kept_for_the_same_pulses(pulses: Flask):
    with pulses.app_context():
        unit = unit_by_code(db.session, OWN_BRANCH)
        first, second = (services.pulse_series(db.session, unit) for _time in range(2))
    assert first is second
    assert [len(one.chart.points) for one in first] == [9] * 5
