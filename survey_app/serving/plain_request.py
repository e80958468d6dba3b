"""Requests as browsers and web servers write them, read from what has arrived so far.

Only the plainest form of HTTP/1.1 (RFC 9112) is understood here: whatever leaves any doubt about where a request ends
or what it means is left, whole, to the parser that knows all of HTTP.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

LONGEST_HEAD = 8 * 1024
LONGEST_BODY = 16 * 1024
"""A ballot of the longest questionnaire of the catalogue takes half of it."""
MOST_HEADERS = 64
LINE = re.compile(r"(GET|POST) (/[A-Za-z0-9/._~-]*)(?:\?([A-Za-z0-9=&._~-]*))? HTTP/1\.1")
NAME = re.compile("[A-Za-z0-9-]+")
NO_VALUE = re.compile(r"[^\t\x20-\x7e\x80-\xff]")
SIZE = re.compile("0|[1-9][0-9]{0,5}")
OF_ANOTHER_KIND = frozenset({"transfer-encoding", "expect", "upgrade", "te", "trailer", "http2-settings"})
"""Headers that change how a request is read or answered."""
HOST, CONNECTION = "HTTP_HOST", "HTTP_CONNECTION"
ENDS = b"\r\n\r\n"


class NotPlainError(ValueError):
    """The parser that knows all of HTTP shall look at this."""


@dataclass(frozen=True, slots=True, repr=False)
class PlainRequest:
    environ: dict[str, Any]
    """What PEP 3333 takes from a request; nothing of the connection."""
    body: bytes
    size: int
    """Bytes of the whole request."""


def read(arrived: bytes, beginnings: tuple[bytes, ...]) -> PlainRequest | int:
    """The request that has arrived; while some of it is still to come, how many bytes there will be at least.

    `beginnings`: how requests begin that are of interest. Raises: NotPlainError.
    """
    if len(arrived) >= max(map(len, beginnings)) and not arrived.startswith(beginnings):
        raise NotPlainError
    end = arrived.find(ENDS, 0, LONGEST_HEAD)
    if end < 0:
        if len(arrived) >= LONGEST_HEAD:
            raise NotPlainError
        return len(arrived) + 1
    environ = _head(arrived[:end].decode("latin-1"))
    length = _length(environ)
    start, size = end + len(ENDS), end + len(ENDS) + length
    return PlainRequest(environ, arrived[start:size], size) if len(arrived) >= size else size


def _head(head: str) -> dict[str, Any]:
    first, *lines = head.split("\r\n")
    asked = LINE.fullmatch(first)
    if asked is None or len(lines) > MOST_HEADERS:
        raise NotPlainError
    method, path, query = asked.groups("")
    environ: dict[str, Any] = {"REQUEST_METHOD": method, "SCRIPT_NAME": "", "PATH_INFO": path, "QUERY_STRING": query}
    for line in lines:
        name, colon, value = line.partition(":")
        key = _key(name)
        if not (colon and key) or key in environ or NO_VALUE.search(value):
            raise NotPlainError
        environ[key] = value.strip(" \t")
    if not environ.get(HOST) or environ.get(CONNECTION, "keep-alive").lower() != "keep-alive":
        raise NotPlainError
    return environ


def _length(environ: dict[str, Any]) -> int:
    given = environ.get("CONTENT_LENGTH", "0" if environ["REQUEST_METHOD"] == "GET" else "")
    if not SIZE.fullmatch(given) or int(given) > LONGEST_BODY or (environ["REQUEST_METHOD"] == "GET" and given != "0"):
        raise NotPlainError
    return int(given)


@lru_cache(maxsize=256)
def _key(name: str) -> str:
    """As in the environment of WSGI; empty for a name that is not to be met here."""
    lower = name.lower()
    if not NAME.fullmatch(name) or lower in OF_ANOTHER_KIND:
        return ""
    key = lower.upper().replace("-", "_")
    return key if lower in ("content-type", "content-length") else f"HTTP_{key}"
