"""Answers to fetches of members' pages, kept so that `web.short_way` can give them again while they are still right.

A view that has answered says from which door (`services.entrance`) its answer follows and until when it may be given.
Each time the database is asked whether both still hold; nothing but that is left to do.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from survey_app.kept_pages import KeptPages
from survey_app.models import Standing
from survey_app.services.entrance import Door
from survey_app.static_files import Wsgi

FOLLOWS_FROM = "survey_app.follows_from"
"""In the environment of a request: the `Source` of its answer."""
DEPENDS_ON = (
    "SCRIPT_NAME", "PATH_INFO", "QUERY_STRING", "HTTP_ACCEPT_LANGUAGE", "HTTP_ACCEPT_ENCODING", "HTTP_IF_NONE_MATCH",
)  # fmt: skip
"""All that such an answer takes from its request."""
KEPT = ("200", "304")
"""Statuses."""
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


def key_of(environ: Mapping[str, Any]) -> tuple[str, ...]:
    return tuple(environ.get(name, "") for name in DEPENDS_ON)


def keep_answers(pages: KeptPages, inner: Wsgi) -> Wsgi:
    """The application's answers, kept where a view says what they follow from."""

    def answer(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        said: list[tuple[str, list[tuple[str, str]]]] = []

        def start(status: str, headers: list[tuple[str, str]], *failure: Any) -> Any:
            said.append((status, list(headers)))
            return start_response(status, headers, *failure)

        key = key_of(environ)
        parts = inner(environ, start)
        source = environ.get(FOLLOWS_FROM)
        is_whole = bool(said) and said[-1][0].startswith(KEPT)  # what failed is tried again
        if source is None or not is_whole or environ["REQUEST_METHOD"] != "GET" or sum(map(len, key)) > LONGEST:
            return parts
        body = b"".join(parts)
        getattr(parts, "close", lambda: None)()
        pages.keep_answer(key, Answer(source, *said[-1], body))
        return [body]

    return answer
