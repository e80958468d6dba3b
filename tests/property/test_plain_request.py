"""A request is read early only as gunicorn's parser, which knows all of HTTP, would read it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from gunicorn.config import Config
from gunicorn.http.errors import ParseException
from gunicorn.http.message import Request
from gunicorn.http.parser import RequestParser
from hypothesis import example, given
from hypothesis import strategies as st

from survey_app.serving.plain_request import LONGEST_BODY, LONGEST_HEAD, NotPlainError, PlainRequest, read

BEGINNINGS = (b"GET /s/", b"POST /api/")
PAGE = b"GET /s/a/b?lang=en HTTP/1.1\r\nHost: x\r\nAccept-Language:  zh-CN \r\n\r\n"
MESSAGE = b"POST /api/issue HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{}"

WORDS = st.sampled_from(
    ["gzip", "keep-alive", "close", "chunked", "x", "0", "2", "+2", "2, 2", "0x2", "１", "", " ", "\t"]
)
NAMES = st.sampled_from(
    ["Host", "Content-Length", "content-length", "Content_Length", "Transfer-Encoding", "Connection", "Expect",
     "Accept-Encoding", "X-Forwarded-For", "Upgrade", "Cookie", " Folded", "Strange Name", "Ünlaut", ""]
)  # fmt: skip
LINES = st.builds(
    lambda name, colon, value, end: f"{name}{colon}{value}{end}".encode(),
    NAMES,
    st.sampled_from([":", ": ", " :", ""]),
    WORDS | st.text(max_size=4),
    st.sampled_from(["\r\n", "\r\n", "\r\n", "\n", "\r"]),
)
FIRST = st.sampled_from(
    [
        b"GET /s/a/b HTTP/1.1\r\n",
        b"GET /s/a/b?c=d&e HTTP/1.1\r\n",
        b"POST /api/issue HTTP/1.1\r\n",
        b"GET /s/%61 HTTP/1.1\r\n",
        b"GET /s/a HTTP/1.0\r\n",
        b"GET /s/a  HTTP/1.1\r\n",
        b"GET /s/a#b HTTP/1.1\r\n",
        b"GET /s//../x HTTP/1.1\r\n",
    ]
)
MADE = st.builds(
    lambda first, host, lines, body: first + host + b"".join(lines) + b"\r\n" + body,
    FIRST,
    st.sampled_from([b"Host: x\r\n", b"Host: x\r\n", b"Host:\r\n", b""]),
    st.lists(LINES, max_size=4),
    st.binary(max_size=4),
)


@st.composite
def damaged(draw: st.DrawFn) -> bytes:
    """A good request with some bytes taken out, put in or changed."""
    whole = draw(st.sampled_from([PAGE, MESSAGE]))
    for _ in range(draw(st.integers(1, 3))):
        place, end = sorted(draw(st.tuples(*[st.integers(0, len(whole))] * 2)))
        piece = draw(st.binary(max_size=3) | st.sampled_from([b"\r\n", b"\n", b": ", b"\x00", b" ", b"\r\n ", b"\xff"]))
        whole = whole[:place] + piece + whole[min(end, place + 3) :]
    return whole


def as_gunicorn_reads(arrived: bytes) -> tuple[Request, bytes, bytes]:
    """The request, its body, and what is left for the next one."""

    def pieces() -> Iterator[bytes]:
        yield arrived

    parser = RequestParser(Config(), pieces(), ("127.0.0.1", 1))
    request = next(parser)
    body = request.body.read()
    rest = parser.unreader.take_buffered()
    return request, body, rest


@given(MADE | damaged())
@example(PAGE)
@example(MESSAGE)
@example(PAGE + PAGE)
@example(MESSAGE.replace(b"Content-Length: 2", b"Content-Length: 2\r\nContent-Length: 2"))
@example(MESSAGE.replace(b"Content-Length: 2", b"Content-Length: 2\r\nTransfer-Encoding: chunked"))
@example(PAGE.replace(b"Host: x", b"Host: x\r\n folded"))
def test_what_is_read_early_is_read_as_by_the_parser_that_knows_all_of_http(arrived: bytes):
    try:
        plain = read(arrived, BEGINNINGS)
    except NotPlainError:
        return
    if isinstance(plain, int):
        assert plain > len(arrived)
        return
    request, body, rest = as_gunicorn_reads(arrived)
    assert (request.method, request.path, request.query) == (
        plain.environ["REQUEST_METHOD"],
        plain.environ["PATH_INFO"],
        plain.environ["QUERY_STRING"],
    )
    assert headers_of(plain) == sorted((name, value) for name, value in request.headers)
    assert (plain.body, arrived[plain.size :]) == (body, rest)
    assert not request.should_close()


def headers_of(plain: PlainRequest) -> list[tuple[str, str]]:
    """As gunicorn names them."""
    given = {"REQUEST_METHOD", "SCRIPT_NAME", "PATH_INFO", "QUERY_STRING"}
    named = {name: value for name, value in plain.environ.items() if name not in given}
    return sorted((name.removeprefix("HTTP_").replace("_", "-"), value) for name, value in named.items())


@given(st.sampled_from([PAGE, MESSAGE]), st.data())
def test_of_a_request_that_is_still_arriving_nothing_is_read(whole: bytes, data: st.DataObject):
    arrived = data.draw(st.integers(0, len(whole) - 1))
    assert arrived < read(whole[:arrived], BEGINNINGS) <= len(whole)
    assert read(whole, BEGINNINGS).size == len(whole)


@pytest.mark.parametrize(
    "arrived",
    [
        b"POST /login HTTP/1.1\r\nHost: x\r\n\r\n",
        b"GET /committee/ HTTP/1.1\r\n",
        b"PRI * HTTP/2.0\r\n\r\n",
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
        b"GET /s/" + b"a" * LONGEST_HEAD,
        PAGE.replace(b"Host: x", b"Host: x\r\nX: " + b"a" * LONGEST_HEAD),
        PAGE.replace(b"Host: x", b"Host: x\r\n" + b"".join(b"X%d: 1\r\n" % number for number in range(64)) + b"Y: 1"),
        MESSAGE.replace(b": 2", f": {LONGEST_BODY + 1}".encode()),
        MESSAGE.replace(b"Content-Length: 2\r\n", b""),
        PAGE.replace(b"Host: x", b"Host: x\r\nContent-Length: 1"),
        PAGE.replace(b"Host: x", b"Host: x\r\nConnection: close"),
        PAGE.replace(b"Host: x", b"Host: x\r\nX_Forwarded_For: 1"),
        PAGE.replace(b"/a/b", b"/a/%62"),
    ],
    ids=lambda arrived: arrived[:40].decode("latin-1"),
)
def test_whatever_is_long_or_unusual_or_of_no_interest_is_left_alone(arrived: bytes):
    with pytest.raises(NotPlainError):
        read(arrived, BEGINNINGS)


def test_the_parser_that_knows_all_of_http_refuses_what_would_be_read_in_two_ways():
    """What this file leans on: two lengths, or a length beside chunks, are an error there."""
    for more in (b"Content-Length: 3", b"Transfer-Encoding: chunked"):
        with pytest.raises(ParseException):
            as_gunicorn_reads(MESSAGE.replace(b"Content-Length: 2", b"Content-Length: 2\r\n" + more))
