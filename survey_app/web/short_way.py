"""The short way: a member's plain requests, answered by the loop of the server before the application is asked.

Fetches whose answer is kept, and messages that are in order. What they ask of the database is gathered, and asked for
many at once; within that nothing tells who came first (`services.key_order`). Whatever is refused, limited or fails
goes the long way through the application from its beginning, which says what is wrong and counts it: a message may be
sent as often as one likes. Nothing is said here that is not said there.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from enum import Enum, auto
from typing import Any, NamedTuple

from flask import Flask
from limits import RateLimitItem, parse

from survey_app.errors import Refusal
from survey_app.extensions import limiter, nameless
from survey_app.kept_answers import Answer, key_of
from survey_app.kept_pages import KeptPages
from survey_app.services.cast import Cast
from survey_app.services.desk import Desk
from survey_app.services.entrance import Door, find_door
from survey_app.static_files import Wsgi
from survey_app.web.ballot_box import LIMIT, REFUSED_AT, ballot_in, issue_in, message_in, pass_said, receipt_said

OF_A_MESSAGE = (("Content-Type", "application/json"), ("Cache-Control", "no-store"))
OFTEN: RateLimitItem = parse(LIMIT)


class Reply(NamedTuple):
    head: bytes
    """Status line and headers, each with its end of line."""
    body: bytes


class About(Enum):
    """What is asked for together: each kind concerns one store."""

    DOOR = auto()
    CODE = auto()
    BALLOT = auto()


@dataclass(frozen=True, slots=True, repr=False)
class Question:
    """What a request asks of the database."""

    about: About
    order: Any
    reply: Callable[[Any], Reply | None]
    """To what has become of it."""


class ShortWay:
    """One per application."""

    beginnings = (b"GET /s/", b"POST /api/")

    def __init__(self, app: Flask, *, believe: Callable[[Wsgi], Wsgi], unless: str, headers: Mapping[str, str]) -> None:
        """`believe`: the layers that say which of a request's words about itself are true.

        `unless`: what in its environment says that it is to be refused; `headers`: of every answer.
        """
        self._believe, self._unless, self._headers = believe(lambda _environ, _start: ()), unless, headers
        self._pages: KeptPages = app.extensions["kept pages"]
        self._desk: Desk = app.extensions["desk"]
        self._engine = app.extensions["looking engine"]
        self._is_limited = app.config["RATELIMIT_ENABLED"]
        self._acts: Mapping[About, Callable[[Sequence[Any]], Sequence[Any]]] = {
            About.DOOR: self._look,
            About.CODE: self._desk.use_codes,
            About.BALLOT: self._desk.cast,
        }

    def take(self, environ: dict[str, Any], body: bytes) -> Question | None:
        """What is to be asked of the database for this request, without asking it; None: not by this way."""
        try:
            self._believe(environ, _start_nothing)
            if environ.get(self._unless):
                return None
            if environ["REQUEST_METHOD"] == "GET":
                return self._fetch(environ)
            return self._message(environ, body) if environ.get("CONTENT_TYPE") == "application/json" else None
        except Exception:
            return None

    def ask(self, questions: Sequence[Question]) -> Sequence[Reply | None]:
        """What is to be answered to each, after everything is committed; None: ask the application. Raises nothing."""
        replies: list[Reply | None] = [None] * len(questions)
        for about, act in self._acts.items():
            places = [place for place, question in enumerate(questions) if question.about is about]
            with suppress(Exception):
                outcomes = act([questions[place].order for place in places]) if places else ()
                for place, outcome in zip(places, outcomes, strict=True):
                    replies[place] = questions[place].reply(outcome)
        return replies

    def _fetch(self, environ: Mapping[str, Any]) -> Question | None:
        kept: Answer | None = self._pages.answer(key_of(environ))
        if kept is None:
            return None
        source = kept.source

        def reply(door: Door | None) -> Reply | None:
            is_right = door == source.door and source.may_be_shown(source.door.standing)
            return self._reply(kept.status, kept.headers, kept.body) if is_right else None

        return Question(About.DOOR, (source.door.survey_slug, source.door.group_slug), reply)

    def _look(self, addresses: Sequence[tuple[str, str]]) -> Sequence[Door | None]:
        """Each door is looked at once."""
        with self._engine.connect() as connection:
            found = {address: find_door(connection, *address) for address in set(addresses)}
        return [found[address] for address in addresses]

    def _message(self, environ: Mapping[str, Any], body: bytes) -> Question | None:
        if self._is_limited and not limiter.limiter.test(OFTEN, nameless(environ.get("REMOTE_ADDR", "")), REFUSED_AT):
            return None
        match environ["PATH_INFO"]:
            case "/api/issue":
                return self._issue(message_in(body))
            case "/api/ballots":
                return self._cast(message_in(body))
        return None

    def _issue(self, message: Mapping[str, str]) -> Question:
        signature, use = self._desk.sign(*issue_in(message, self._desk.known_booth))

        def reply(refusal: Refusal | None) -> Reply | None:
            return self._said("200 OK", pass_said(signature)) if refusal is None else None

        return Question(About.CODE, use, reply)

    def _cast(self, message: Mapping[str, str]) -> Question:
        def reply(outcome: Cast | Refusal) -> Reply | None:
            if isinstance(outcome, Refusal):
                return None
            return self._said("409 CONFLICT" if outcome.is_earlier else "200 OK", receipt_said(outcome))

        return Question(About.BALLOT, self._desk.check(*ballot_in(message, self._desk.known_booth)), reply)

    def _said(self, status: str, words: Mapping[str, str]) -> Reply:
        body = json.dumps(words).encode()
        return self._reply(status, (*OF_A_MESSAGE, ("Content-Length", str(len(body)))), body)

    def _reply(self, status: str, headers: Sequence[tuple[str, str]], body: bytes) -> Reply:
        there = {name.lower() for name, _value in headers}
        added = [(name, value) for name, value in self._headers.items() if name.lower() not in there]
        lines = [f"HTTP/1.1 {status}", *(f"{name}: {value}" for name, value in (*headers, *added))]
        return Reply("".join(f"{line}\r\n" for line in lines).encode("latin-1"), body)


def _start_nothing(*_said: Any) -> Callable[[bytes], Iterable[bytes]]:
    raise AssertionError("the layers answer nothing by themselves")
