"""Answers to fetches of members' pages, given again before the application is asked, while they are still right.

A view that has answered says from which door (`services.entrance`) its answer follows and until when it may be given.
Each time the database is asked whether both still hold; nothing but that is left to do.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from flask import Flask
from sqlalchemy import Engine
from sqlalchemy.exc import SQLAlchemyError

from survey_app.kept_pages import KeptPages
from survey_app.models import Standing
from survey_app.services.entrance import Door, find_door
from survey_app.static_files import Wsgi

FOLLOWS_FROM = "survey_app.follows_from"
"""In the environment of a request: the `Source` of its answer."""
DEPENDS_ON = (
    "SCRIPT_NAME", "PATH_INFO", "QUERY_STRING", "HTTP_ACCEPT_LANGUAGE", "HTTP_ACCEPT_ENCODING", "HTTP_IF_NONE_MATCH",
)  # fmt: skip
"""All that such an answer takes from its request."""
LONGEST = 1024
"""Characters of all these together: what is longer is no browser's, and not kept."""


@dataclass(frozen=True, slots=True)
class Source:
    door: Door
    may_be_shown: Callable[[Standing], bool]


@dataclass(frozen=True, slots=True)
class Answer:
    source: Source
    status: str
    headers: Sequence[tuple[str, str]]
    body: bytes


def answer_again(app: Flask, inner: Wsgi) -> Wsgi:
    def answer(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        if environ["REQUEST_METHOD"] != "GET" or not environ.get("PATH_INFO", "").startswith("/s/"):
            return inner(environ, start_response)
        pages: KeptPages = app.extensions["kept pages"]
        key = tuple(environ.get(name, "") for name in DEPENDS_ON)
        kept = pages.answer(key)
        if kept is None or not _is_right(kept.source, app.extensions["looking engine"]):
            return _listen(environ, start_response, inner, pages, key)
        start_response(kept.status, list(kept.headers))
        return [kept.body]

    return answer


def _listen(
    environ: dict[str, Any], start_response: Callable[..., Any], inner: Wsgi, pages: KeptPages, key: tuple[str, ...]
) -> Iterable[bytes]:
    """The application's answer, kept if a view says what it follows from."""
    said: list[tuple[str, list[tuple[str, str]]]] = []

    def start(status: str, headers: list[tuple[str, str]], *failure: Any) -> Any:
        said.append((status, list(headers)))
        return start_response(status, headers, *failure)

    parts = inner(environ, start)
    source = environ.get(FOLLOWS_FROM)
    if source is None or sum(map(len, key)) > LONGEST:
        return parts
    body = b"".join(parts)
    getattr(parts, "close", lambda: None)()
    pages.keep_answer(key, Answer(source, *said[-1], body))
    return [body]


def _is_right(source: Source, engine: Engine) -> bool:
    """A database in trouble is for the application to speak of."""
    try:
        with engine.connect() as connection:
            door = find_door(connection, source.door.survey_slug, source.door.group_slug)
    except SQLAlchemyError:
        return False
    return door == source.door and source.may_be_shown(source.door.standing)
