"""The server's loop without a network: requests as they arrive, answered by the short way alone."""

from __future__ import annotations

import gzip
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from flask import Flask

from survey_app.serving.plain_request import PlainRequest, read
from survey_app.web.short_way import Question, Reply, ShortWay
from tests.voter import Phone

ADDRESS = "127.0.0.1"


@dataclass(frozen=True)
class Answered:
    status: int
    headers: Mapping[str, str]
    body: bytes

    @classmethod
    def by(cls, reply: Reply) -> Answered:
        first, *lines = reply.head.decode("latin-1").removesuffix("\r\n").split("\r\n")
        return cls(int(first.split()[1]), dict(line.split(": ", 1) for line in lines), reply.body)

    @property
    def text(self) -> str:
        return (gzip.decompress(self.body) if self.headers.get("Content-Encoding") == "gzip" else self.body).decode()


@dataclass
class ShortPhone(Phone):
    """A phone whose requests go no other way. Raises AssertionError for those the short way leaves alone."""

    port: int = 0
    app: Flask | None = None

    def send(self, method: str, path: str, body: bytes = b"", kind: str = "") -> tuple[int, str]:
        answered = ask(self.app, written(method, path, body, kind, **self.headers))
        assert answered is not None, f"{method} {path} went the long way"
        return answered.status, answered.text


def written(method: str, path: str, body: bytes = b"", kind: str = "", **headers: str) -> bytes:
    """A request as a browser writes it; `_` in the names of headers stands for `-`."""
    lines = [f"{method} {path} HTTP/1.1", *(f"{name.replace('_', '-')}: {value}" for name, value in headers.items())]
    if "Host" not in headers:
        lines.append("Host: localhost")
    if body:
        lines += [f"Content-Type: {kind}", f"Content-Length: {len(body)}"]
    return "".join(f"{line}\r\n" for line in (*lines, "")).encode() + body


def taken(app: Flask, request: bytes) -> Question | None:
    """What is to be asked of the database for it."""
    way: ShortWay = app.extensions["short way"]
    plain = read(request, way.beginnings)
    assert isinstance(plain, PlainRequest)
    return way.take(plain.environ | {"REMOTE_ADDR": ADDRESS, "wsgi.url_scheme": "http"}, plain.body)


def ask_together(app: Flask, requests: Sequence[bytes]) -> list[Answered | None]:
    """In one turn; None: the long way."""
    questions = [taken(app, request) for request in requests]
    asked = [question for question in questions if question is not None]
    replies = dict(zip(map(id, asked), app.extensions["short way"].ask(asked), strict=True))
    found = [replies.get(id(question)) for question in questions]
    return [None if reply is None else Answered.by(reply) for reply in found]


def ask(app: Flask, request: bytes) -> Answered | None:
    return ask_together(app, [request])[0]
