"""A process that does one act of the house and dies on the way: `python -m tests.faults.mortal`.

Reads one JSON object a line, forks a child for each so that everything is loaded once, and answers how the child ended:
`done`, or `killed`; before that, of a request to the application, its reply. An order may name the `step` at which it
kills itself: a statement that has been executed, the moment before a commit and the one after it are a step each. Or it
names a folder for `images`: then the child is halted again and again from its commit on, and whenever a file beside the
database has changed meanwhile, copies of all of them are kept. They are what would be left if it were killed at this
moment.
"""

from __future__ import annotations

import json
import os
import signal
import sys
import time
from collections.abc import Callable, Mapping
from functools import cache
from importlib import import_module
from pathlib import Path
from random import Random
from typing import Any
from uuid import UUID

from flask import Flask
from sqlalchemy import Engine, event
from sqlalchemy.orm import Session, configure_mappers

from survey_app import create_app, services
from survey_app.clock import system_clock
from survey_app.database import build_engine, rewrite_boxes
from survey_app.models import Survey

Order = Mapping[str, Any]
LATE = ("analysis.pattern", "analysis.parquet", "pandas", "pyarrow.parquet", "pyarrow.pandas_compat")
"""What sealing imports when it comes to it: loaded once, before any child is forked."""
ENDS = {0: "done", -signal.SIGKILL: "killed"}
SLICE = 0.00002
"""Seconds that a watched child goes on between two looks: about one call of the operating system."""


def count(session: Session, survey: Survey, order: Order) -> None:
    services.count_ballots(session, survey, hurry=True, **_committee(order))
    session.commit()


def seal(session: Session, survey: Survey, order: Order) -> None:
    services.seal_survey(session, survey, **_committee(order))
    session.commit()


def play(session: Session, survey: Survey, order: Order) -> None:
    """A member without JavaScript sends the review page; the service commits by itself."""
    services.cast_played(
        session, survey, survey.groups[0], order["code"], bytes.fromhex(order["attempt"]), order["answers"],
        secret=bytes.fromhex(order["secret"]), clock=system_clock,
    )  # fmt: skip


ACTS: Mapping[str, Callable[[Session, Survey, Order], None]] = {"count": count, "seal": seal, "play": play}


def _committee(order: Order) -> dict[str, Any]:
    return {
        "passphrases": order["passphrases"],
        "secret": bytes.fromhex(order["secret"]),
        "by": services.COMMAND_LINE,
        "clock": system_clock,
        "rng": Random(11),
    }


def die() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def halt(*_what: object) -> None:
    os.kill(os.getpid(), signal.SIGSTOP)


def stairs(last: int) -> Callable[..., None]:
    """What is called at every step, and dies at the last."""
    taken = 0

    def step(*_what: object) -> None:
        nonlocal taken
        taken += 1
        if taken == last:
            die()

    return step


def die_at_step(engine: Engine, last: int) -> None:
    step = stairs(last)
    event.listen(engine, "after_cursor_execute", step)
    event.listen(Session, "before_commit", step)
    event.listen(Session, "after_commit", step)


@cache
def application(url: str, secret: str) -> Flask:
    """Made before the children are, and connected to nothing yet."""
    return create_app({"DATABASE_URL": url, "INSTALLATION_SECRET": bytes.fromhex(secret), "SECRET_KEY": "for tests"})


def request(order: Order) -> None:
    """A message of a phone, all the way through the application; its connections end a step, the reply is one."""
    app, step = application(order["url"], order["secret"]), stairs(order.get("step", 0))
    for moment in ("after_cursor_execute", "commit", "checkin"):
        event.listen(app.extensions["engine"], moment, step)
    reply = app.test_client().post(order["path"], data=order["body"], content_type=order["kind"])
    step()
    print(json.dumps([reply.status_code, reply.text]), flush=True)


def obey(order: Order) -> None:
    if order["act"] == "request":
        request(order)
        return
    engine = build_engine(order["url"])
    if step := order.get("step"):
        die_at_step(engine, step)
    if order["act"] == "rewrite":
        if "images" in order:
            engine.connect().close()
            halt()
        rewrite_boxes(engine)
        return
    if "images" in order:
        event.listen(engine, "commit", halt)
    with Session(engine) as session:
        ACTS[order["act"]](session, session.get_one(Survey, UUID(order["survey"])), order)


def outlive(child: int, order: Order) -> int:
    """Wait for the child to end, and take images whenever it stands still. Returns its exit code."""
    last: dict[str, bytes] = {}
    taken = 0
    while os.WIFSTOPPED(status := os.waitpid(child, os.WUNTRACED)[1]):
        found = {path.name: path.read_bytes() for path in Path(order["files"]).iterdir()}
        if found != last:
            image = Path(order["images"], f"{taken:04}")
            image.mkdir(parents=True)
            for name, content in found.items():
                (image / name).write_bytes(content)
            last, taken = found, taken + 1
        os.kill(child, signal.SIGCONT)
        time.sleep(SLICE)
        os.kill(child, signal.SIGSTOP)
    return os.waitstatus_to_exitcode(status)


def main() -> None:
    for module in LATE:
        import_module(module)
    configure_mappers()
    for line in sys.stdin:
        order = json.loads(line)
        if order["act"] == "request":
            application(order["url"], order["secret"])
        child = os.fork()
        if not child:
            try:
                obey(order)
            except BaseException as error:  # the parent hears of it; the child must never go on with the loop
                print(f"{type(error).__name__}: {error}", file=sys.stderr, flush=True)
                os._exit(1)
            os._exit(0)
        print(ENDS.get(outlive(child, order), "failed"), flush=True)


if __name__ == "__main__":
    main()
