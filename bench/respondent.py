"""Where the processor time of one respondent goes within the application, message by message, without a network.

    python bench/respondent.py [--respondents 300] [--questionnaire member-satisfaction] [--json FILE]

A new SQLite database, one open survey, one thread, so every commit holds one message: what `load.py` counts beyond
these figures are connections, and what it saves are commits and questions shared. Time is the thread's processor time;
a *signature* is what one blind signature costs on this machine in this minute.
"""

from __future__ import annotations

import argparse
import gc
import gzip
import json
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from time import thread_time
from typing import Any
from uuid import uuid4

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

from flask import Flask

from instruments import catalogue
from survey_app import create_app
from survey_app.crypto.blind import SigningKey, blind
from survey_app.crypto.box import credential_message
from survey_app.migrate import upgrade
from tests.open_survey import open_survey
from tests.short_way import ask, written
from tests.voter import Phone, ScriptVoter

FIRST = 20
"""Respondents that warm the service up."""
SIGNATURES = 200
BROWSER = {"Accept-Encoding": "gzip", "Accept-Language": "zh-CN,zh;q=0.9"}


@dataclass
class Inside(Phone):
    """A phone whose requests are given to the short way itself, and to the application where that has no answer."""

    port: int = 0
    headers: Mapping[str, str] = field(default_factory=lambda: BROWSER)
    app: Flask | None = None
    seconds: dict[str, float] = field(default_factory=dict)
    """By what was asked for."""

    def send(self, method: str, path: str, body: bytes = b"", kind: str = "") -> tuple[int, str]:
        assert self.app is not None
        request = written(method, path, body, kind, **self.headers)
        start = thread_time()
        answered = ask(self.app, request)
        took = thread_time() - start
        name = path.rsplit("/", 1)[-1] if path.count("/") > 3 or path.startswith("/api") else "landing"
        self.seconds[name] = self.seconds.get(name, 0.0) + took
        if answered is not None:
            return answered.status, answered.text
        reply = self.app.test_client().open(path, method=method, data=body, content_type=kind or None, headers=BROWSER)
        return reply.status_code, (gzip.decompress(reply.data) if reply.content_encoding else reply.data).decode()


def answer(app: Flask, path: str, codes: tuple[str, ...], answers: Mapping[str, Any]) -> dict[str, float]:
    """Seconds by message, of all these respondents together."""
    phone = Inside(app=app)
    for code in codes:
        voter = ScriptVoter(phone, path, code, answers)
        phone.send("GET", path)
        voter.go(until="cast")
        phone.send("GET", f"{path}/sheet")
        voter.go()
    return phone.seconds


def signature_seconds() -> float:
    key = SigningKey.generate()
    blinded = blind(key.public, credential_message(uuid4(), key.public.key_id)).blinded
    start = thread_time()
    for _ in range(SIGNATURES):
        key.sign(blinded)
    return (thread_time() - start) / SIGNATURES


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--respondents", type=int, default=300)
    parser.add_argument("--questionnaire", choices=catalogue.names(), default="member-satisfaction")
    parser.add_argument("--json", type=Path, metavar="FILE")
    chosen = parser.parse_args()
    with TemporaryDirectory() as folder:
        url = f"sqlite:///{folder}/bench.sqlite3"
        upgrade(url)
        app = create_app({"INSTANCE": folder, "DATABASE_URL": url, "SECRET_KEY": "k", "INSTALLATION_SECRET": bytes(32)})
        source, today = catalogue.read_text(chosen.questionnaire), app.config["CLOCK"].today()
        survey = open_survey(app, source=source, eligible=chosen.respondents + FIRST, closes_on=today)
        answer(app, survey.path, survey.codes[:FIRST], {})
        gc.freeze()
        seconds = answer(app, survey.path, survey.codes[FIRST:], {})
        app.extensions["engine"].dispose()
    signature = signature_seconds() * 1000
    costs = {name: spent / chosen.respondents * 1000 for name, spent in seconds.items()}
    costs["together"] = sum(costs.values())
    print(f"{'message':12}{'CPU ms':>8}{'signatures':>12}")
    for name, cost in costs.items():
        print(f"{name:12}{cost:>8.2f}{cost / signature:>12.2f}")
    print(f"one signature: {signature:.2f} ms")
    if chosen.json:
        chosen.json.write_text(json.dumps(costs | {"signature": signature}, indent=1) + "\n")


if __name__ == "__main__":
    main()
