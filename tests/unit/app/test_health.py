"""`/healthz` and `/readyz`: what machines that watch over the service are told, and what they never leave behind."""

from __future__ import annotations

import pytest
from sqlalchemy import event, text

from survey_app import create_app


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
