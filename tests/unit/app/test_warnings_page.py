"""Early warnings: the pulses of a branch as control charts, and what the committee above sees of it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime
from pathlib import Path
from random import Random

import pytest
from flask import Flask
from flask_babel import force_locale
from sqlalchemy import select

from analysis.pulse_control import PulseChart, PulsePoint, pulse_chart
from analysis.tree import Hidden, Rate
from survey_app import services
from survey_app.clock import SetClock
from survey_app.demo import loading
from survey_app.demo.organisation import OWN_BRANCH, ROOT, people_of
from survey_app.extensions import db
from survey_app.models import AccessMode, InstrumentVersion, Survey
from survey_app.services import pulse_chart as pulse_chart_service
from survey_app.services.organisation import unit_by_code
from survey_app.services.shelf import Shelf
from survey_app.wording import warnings
from tests.application import application
from tests.databases import copy_database
from tests.visitor import Visitor

PASSWORD = "correct horse battery"


@pytest.fixture(scope="module")
def nine_pulses(migrated_file: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The sample branch with its nine pulses, the latest of which found opinions answered more slowly; made once."""
    folder = tmp_path_factory.mktemp("pulses")
    database = copy_database(migrated_file, folder / "pulses.sqlite3")
    app = application(f"sqlite:///{database}", folder, SetClock(datetime(2026, 11, 2, 9, tzinfo=UTC)))
    with app.app_context():
        clock = app.config["CLOCK"]
        passwords = {person.login: PASSWORD for person in people_of()}
        stage = loading._set_stage(db.session, passwords, clock, bytes(32), Random(3))
        loading.hold_pulses(stage, clock.today())
        db.session.commit()
    app.extensions["engine"].dispose()
    return database


@pytest.fixture
def pulses(nine_pulses: Path, tmp_path: Path, clock: SetClock) -> Iterator[Flask]:
    """The application on a copy of them."""
    url = f"sqlite:///{copy_database(nine_pulses, tmp_path / 'pulses.sqlite3')}"
    app = application(url, tmp_path / "instance", clock)
    yield app
    app.extensions["engine"].dispose()


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
    assert told.index("This is a signal") < told.index("All pulses lie within")
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


def by_a_link_for_anybody(survey: Survey) -> None:
    survey.access_mode = AccessMode.OPEN


def with_other_satisfied_levels(survey: Survey) -> None:
    _published_otherwise(survey, "satisfied: [5, 4]", "satisfied: [5]")


def with_another_label(survey: Survey) -> None:
    _published_otherwise(survey, "zh_Hans: 一般,", "zh_Hans: 说不清,")


def _published_otherwise(survey: Survey, words: str, others: str) -> None:
    was = survey.instrument
    assert words in was.source
    source = was.source.replace(words, others)
    survey.instrument = InstrumentVersion(
        sha256=words,
        code=was.code,
        title=was.title,
        audience=was.audience,
        source=source,
        published_at=was.published_at,
    )


@pytest.mark.parametrize("change", [by_a_link_for_anybody, with_other_satisfied_levels, with_another_label])
def test_a_pulse_that_asked_otherwise_is_not_joined_to_the_others(
    pulses: Flask, change: Callable[[Survey], None], monkeypatch: pytest.MonkeyPatch
):
    """Of an opened survey neither can change, so the change is only looked at, not kept."""
    monkeypatch.setattr(pulse_chart_service, "SERIES", Shelf(8))  # else what was kept before the change is found
    with pulses.app_context(), db.session.no_autoflush:
        unit = unit_by_code(db.session, OWN_BRANCH)
        first, *_others = held = sorted(db.session.scalars(select(Survey)), key=lambda survey: survey.closes_on)
        change(first)
        assert len(held) == 9
        assert [len(one.chart.points) for one in services.pulse_series(db.session, unit)] == [8] * 5


# ---- words


@pytest.fixture
def english(app: Flask) -> Iterator[None]:
    with app.test_request_context(), force_locale("en"):
        yield


def chart(*told: Rate | Hidden) -> PulseChart:
    points = [PulsePoint(f"pulse {k}", date(2026, 1 + k, 1), rate) for k, rate in enumerate(told)]
    return pulse_chart("q1", points)


STEADY = tuple(Rate(24 + k % 2, 30) for k in range(8))
ROUGH = Rate(11, 12, bound="at_least")


@pytest.mark.parametrize("latest", [ROUGH, Hidden.TOO_FEW])
def test_a_latest_pulse_without_an_exact_number_is_not_called_usual(english: None, latest: Rate | Hidden):
    told = warnings.sentence(chart(*STEADY, latest))
    assert "There is no exact number to hold against the limits." in told
    assert "usual ups and downs" not in told


def test_the_summary_speaks_only_of_questions_held_against_limits(english: None):
    usual, rough = chart(*STEADY, Rate(24, 30)), chart(*STEADY, ROUGH)
    assert warnings.summary([usual, usual], ["a", "b"]) == "No question stands out in its latest pulse."
    assert "Of the 1 questions held against limits, none" in warnings.summary([usual, rough], ["a", "b"])
    assert warnings.summary([rough], ["b"]) == "In its latest pulse no question can be held against limits."


def test_after_pulses_that_all_agree_the_words_name_no_limit(english: None):
    found = chart(*[Rate(30, 30)] * 8, Rate(20, 30))
    assert "This is a signal: clearly unlike all earlier pulses. It is worth asking whether" in warnings.sentence(found)
    assert "there are no limits to draw" in warnings.reading(found)
    assert "Where a line is missing" not in warnings.reading(found)
    assert {row.cells[2].text for row in warnings.table(found, "a").rows} == {"not given"}
    assert "appears by chance now and then" in warnings.cannot()
