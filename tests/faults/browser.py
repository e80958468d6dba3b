"""A browser of somebody with an account, on the running service: keeps cookies, goes where it is led."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from http.cookiejar import CookieJar
from urllib.error import HTTPError
from urllib.parse import urlencode
from urllib.request import HTTPCookieProcessor, Request, build_opener

from tests.faults.server import HOST, PATIENCE


@dataclass(frozen=True)
class Answer:
    """What `Visitor` wants to know of a reply."""

    status_code: int
    mimetype: str
    text: str


class Browser:
    def __init__(self, port: int) -> None:
        self._address = f"http://{HOST}:{port}"
        self._opener = build_opener(HTTPCookieProcessor(CookieJar()))

    def get(self, path: str) -> Answer:
        return self._ask(Request(self._address + path, headers={"Accept-Language": "en"}))

    def post(self, path: str, *, data: Mapping[str, object]) -> Answer:
        return self._ask(Request(self._address + path, urlencode(data).encode(), {"Accept-Language": "en"}))

    def _ask(self, request: Request) -> Answer:
        try:
            reply = self._opener.open(request, timeout=PATIENCE)
        except HTTPError as error:
            reply = error
        with reply:
            return Answer(reply.status, reply.headers.get_content_type(), reply.read().decode())
