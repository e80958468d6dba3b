"""The two formats of the log: what each kind of record becomes, and what is left out."""

from __future__ import annotations

import json
import logging
import sys
import threading

import pytest
from flask import Flask

from survey_app.background import in_a_thread
from survey_app.commands.server_log import log_settings
from survey_app.errors import SecretReplaced
from survey_app.logging import JsonLine, Line


def record_of(error: Exception | None = None, **extra: object) -> logging.LogRecord:
    try:
        if error is not None:
            raise error
    except Exception:
        info = sys.exc_info()
    else:
        info = None
    record = logging.LogRecord("survey_app.here", logging.ERROR, __file__, 1, "it %s", ("failed",), info)
    for name, value in extra.items():
        setattr(record, name, value)
    return record


def test_an_error_is_told_by_kind_and_place_and_its_own_words_only_where_they_are_about_the_machine():
    quoted = Line().format(record_of(ValueError("forty-two was the answer")))
    assert quoted.splitlines()[0] == "ERROR it failed: ValueError"
    assert "tests/unit/app/test_log.py:" in quoted
    assert "forty-two" not in quoted
    assert "No space left on device" in Line().format(record_of(OSError(28, "No space left on device")))
    assert "put back the file installation-secret" in Line().format(record_of(SecretReplaced()))


def test_the_cause_of_an_error_is_told_too_and_just_as_quietly():
    error = RuntimeError("with forty-two")
    error.__cause__ = OSError(28, "No space left on device")
    told = json.loads(JsonLine().format(record_of(error, event="work.failed")))
    assert (told["event"], told["words"]) == ("work.failed", "it failed: RuntimeError")
    assert any(place.startswith("caused by OSError: No space left on device") for place in told["at"])
    assert "forty-two" not in json.dumps(told)


@pytest.mark.parametrize("path", ["/s/one/two", "/api/issue", "/no/such/page/ABCD", "/"])
def test_a_library_that_speaks_up_while_a_member_is_served_is_only_named(app: Flask, path):
    with app.test_request_context(path):
        told = json.loads(JsonLine().format(record_of(ValueError("forty-two"))))
    assert told == {"level": "error", "event": "survey_app.here", "words": "a message of survey_app.here, left out"}


def test_on_pages_of_the_committee_every_word_stays_with_its_moment(app: Flask):
    with app.test_request_context("/login"):
        told = json.loads(JsonLine().format(record_of()))
    assert told.pop("time")
    assert told == {"level": "error", "event": "survey_app.here", "words": "it failed"}


def test_of_failures_of_answer_pages_the_first_the_tenth_and_the_hundredth_are_told(app: Flask, caplog):
    with app.test_request_context("/api/issue"):
        for _ in range(120):
            try:
                raise ZeroDivisionError
            except ZeroDivisionError:
                app.log_exception(sys.exc_info())
    said = [record.getMessage().partition("(")[2] for record in caplog.records]
    assert said == [f"{times} times since the start)" for times in (1, 10, 100)]


def test_a_refusal_that_is_the_fault_of_the_installation_is_told(app: Flask, client, caplog):
    @app.get("/refused")
    def refused() -> str:
        raise SecretReplaced

    with caplog.at_level(logging.ERROR):
        assert client.get("/refused").status_code == 500
    (record,) = caplog.records
    assert "SecretReplaced" in record.getMessage()
    assert "/refused" not in record.getMessage()


def test_work_that_fails_apart_from_a_page_is_told(caplog):
    def fail() -> None:
        raise ValueError("forty-two")

    in_a_thread(fail)
    for thread in threading.enumerate():
        if thread.name == "file made apart":
            thread.join()
    assert caplog.records[0].event == "work.failed"


@pytest.mark.parametrize(("form", "kind"), [("text", Line), ("json", JsonLine)])
def test_the_server_speaks_through_the_same_format_and_says_nothing_of_requests(form, kind, capfd):
    from gunicorn.config import Config

    config = Config()
    for name, value in log_settings(form).items():
        config.set(name, value)
    log = config.logger_class(config)
    log.error("Worker (pid:%s) was sent SIGKILL!", 7)
    log.exception("Error handling request %s", "/s/secret")
    log.warning("Invalid request from ip=%s", "203.0.113.77")
    assert {type(handler.formatter) for handler in log.error_log.handlers} == {kind}
    said = capfd.readouterr().err
    assert "Worker (pid:7) was sent SIGKILL!" in said
    assert "secret" not in said
    assert "203" not in said
