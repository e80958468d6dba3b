"""`/healthz` and `/readyz`: what machines that watch over the service are told, and what they never leave behind."""

from __future__ import annotations

import sys
from importlib.metadata import version

import pytest
from prometheus_client.parser import text_string_to_metric_families
from sqlalchemy import event, text

from survey_app import create_app
from survey_app.config import SettingImpossible
from survey_app.extensions import db
from survey_app.services import COMMAND_LINE
from survey_app.services.audit import record_of
from tests.open_survey import open_survey
from tests.unit.app.small_questionnaire import CONTENT
from tests.voter import ClientPhone, ScriptVoter


def answer(client, path: str) -> tuple[int, list[str]]:
    response = client.get(path)
    return response.status_code, response.text.split()


def test_a_service_that_works_lives_and_is_ready(client):
    assert answer(client, "/healthz") == (200, ["ok"])
    assert answer(client, "/readyz") == (200, ["ready"])


def test_to_live_needs_no_database(app, client):
    asked: list[str] = []
    event.listen(app.extensions["engine"], "before_cursor_execute", lambda *said: asked.append(said[2]))
    client.get("/healthz")
    assert asked == []
    client.get("/readyz")
    assert 1 <= len(asked) <= 3


def test_a_service_without_its_database_and_secrets_lives_but_is_not_ready(tmp_path):
    nowhere = "postgresql://nobody@127.0.0.1:1/nothing"
    client = create_app({"INSTANCE": str(tmp_path), "DATABASE_URL": nowhere, "SECRET_KEY": "k" * 64}).test_client()
    assert answer(client, "/healthz") == (200, ["ok"])
    assert answer(client, "/readyz") == (503, ["database", "secrets"])


def test_a_service_over_a_database_of_another_version_is_not_ready(app, client):
    with app.extensions["engine"].begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '0005'"))
    assert answer(client, "/readyz") == (503, ["migrations"])


def test_a_service_without_one_of_its_secrets_is_not_ready(app, client):
    app.config["INSTALLATION_SECRET"] = b""
    assert answer(client, "/readyz") == (503, ["secrets"])


@pytest.mark.parametrize("path", ["/healthz", "/readyz", "/healthz?lang=en"])
def test_whoever_asks_gets_no_cookie_and_nothing_to_keep(client, path):
    response = client.get(path)
    assert "Set-Cookie" not in response.headers
    assert response.headers["Cache-Control"] == "no-store"
    assert response.mimetype == "text/plain"
    assert client.head(path).status_code == 200
    assert client.post(path).status_code == 405


def figures(response) -> dict[str, float]:
    """By name and label."""
    families = text_string_to_metric_families(response.text)
    return {
        " ".join((sample.name, *sample.labels.values())): sample.value for one in families for sample in one.samples
    }


@pytest.fixture
def watched(app):
    return create_app(dict(app.config) | {"METRICS": True})


def test_figures_are_there_for_those_who_ask_for_them(client, watched):
    assert client.get("/metrics").status_code == 404
    response = watched.test_client().get("/metrics")
    found = figures(response)
    assert (response.mimetype, response.headers["Cache-Control"]) == ("text/plain", "no-store")
    assert found[f"branch_survey_info {version('branch-survey')}"] == 1
    assert [found[f"branch_survey_ready {part}"] for part in ("database", "migrations", "secrets")] == [1, 1, 1]
    assert found["branch_survey_room_bytes"] > 0
    assert found["branch_survey_surveys open"] == 0
    assert "branch_survey_last_backup_timestamp_seconds" not in found
    assert "Set-Cookie" not in response.headers


def test_no_figure_tells_that_somebody_has_answered(app, watched):
    """Such figures are kept for months, every few seconds."""
    survey = open_survey(app)
    visitor = watched.test_client()

    def seen() -> dict[str, float]:
        found = figures(visitor.get("/metrics"))
        assert found.pop("branch_survey_database_seconds") >= 0
        return found

    visitor.get(survey.path)
    before = seen()
    assert before["branch_survey_surveys open"] == 1
    voter = ScriptVoter(ClientPhone(visitor), survey.path, survey.codes[0], CONTENT)
    voter.go()
    assert survey.counts() == (1, 1)
    assert seen() == before


def test_the_last_backup_is_among_the_figures(app, watched, clock):
    with app.app_context():
        record_of(db.session, COMMAND_LINE, "backup.make", "backup", "today.zip", clock=clock)
        db.session.commit()
    found = figures(watched.test_client().get("/metrics"))
    assert found["branch_survey_last_backup_timestamp_seconds"] == clock.now().timestamp()


def test_figures_of_a_service_without_its_database_say_so(tmp_path):
    nowhere = "postgresql://nobody@127.0.0.1:1/nothing"
    app = create_app({"INSTANCE": str(tmp_path), "DATABASE_URL": nowhere, "SECRET_KEY": "k" * 64, "METRICS": True})
    found = figures(app.test_client().get("/metrics"))
    assert found["branch_survey_ready database"] == found["branch_survey_ready secrets"] == 0
    assert not any(name.startswith(("branch_survey_surveys", "branch_survey_database_seconds")) for name in found)


def test_figures_without_their_library_are_refused_at_the_start(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "prometheus_client", None)
    with pytest.raises(SettingImpossible, match="METRICS"):
        create_app({"INSTANCE": str(tmp_path), "METRICS": True})
