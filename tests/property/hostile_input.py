"""What people and programs send that mean no good, or did not look: values, files, bodies and whole requests.

Requests are made byte by byte and handed to the application as a server would: a test client would mend much of it.
"""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from random import Random
from urllib.parse import quote_from_bytes, unquote_to_bytes

from flask import Flask
from werkzeug.test import TestResponse, run_wsgi_app

LONG = 100_000
NUMBERS = (
    "0", "-1", "-0", "1", "+1", " 7 ", "1e3", "1e309", "-1e309", "NaN", "Infinity", "1.5", "1,5", "0x10", "1_000",
    "²",
    "٣", "５", "½", "9" * 19, "9" * 40, "-" + "9" * 40, "9" * 5000, "2147483648", "0.1e-400", "%",
)  # fmt: skip
DATES = (
    "0000-00-00", "0000-01-01", "0001-01-01", "1899-12-31", "1900-01-01", "9999-12-31", "10000-01-01", "99999-01-01",
    "2026-02-31", "2026-02-29", "2026-13-01", "2026-W01-1", "20260101", "2026-1-1", "31.2.2026", "2026-02-28T25:00",
    "2026-01-01\u0000", "-2026-01-01", "２０２６-０１-０１",
)  # fmt: skip
IDENTIFIERS = (
    "00000000-0000-0000-0000-000000000000", "ffffffff-ffff-ffff-ffff-ffffffffffff", "{}", "not-one", "1",
    "urn:uuid:00000000-0000-0000-0000-000000000000", "00000000000000000000000000000000",
)  # fmt: skip
WORDS = (
    "", " ", "\t\n", "\u3000", "x", "True", "on", "null", "None", "[]", "{}", "../../../etc/passwd", "C:\\x",
    "a\r\nSet-Cookie: a=b",
    "' OR 1=1 --",
    '"; DROP TABLE survey; --', "<stranger>", '" stranger="1" onfocus="stranger(1)', "{{ 7*7 }}{% x %}",
    "%s %(stranger)s %d {0} {name}", "=1+1", "\x00", "a\x00b", "\x0b\x0c\x1c\x85", "\ud800", "\udfff\ud800",
    "\ufffe\uffff",
    "\u202e\u2066", "e" + "\u0301" * 500, "😀" * 200, "\u200b", "𠮷", "K", "ſ", "İ", "ß" * 300, "&amp;&#0;&#x110000;",
    "&", "=", ";", "%", "%zz", "%00", "~", "|", "\\", "a: &a [*a]", "!!python/object:os.system x", "- - - - -",
    "a" * 256,
    "a" * 300, "字" * 2000, "字 " * 20_000, "x" * LONG, "\n" * 5000, "http://stranger.example/", "//stranger.example",
    "javascript:x",
    "data:text/html,x", "mailto:x", "a@b", "a@b\nc@d", "@", "ab" * 40 + "@example.org",
)  # fmt: skip
TEXTS = (*NUMBERS, *DATES, *IDENTIFIERS, *WORDS)
RAW = (b"\xff", b"\xc3(", b"\xed\xa0\x80", b"\xf4\x90\x80\x80", b"\xc0\xaf", b"a\x00b", bytes(range(256)))
"""No UTF-8."""
LANGUAGES = (
    "xx",
    "zh-Hans-CN;q=NaN",
    ",,,;;;",
    "en;q=1e999",
    "*",
    "\xff\xfe",
    "a" * 5000,
    "en-" * 500,
    "zh;q=-1,en;q=2",
)
HEADERS: tuple[tuple[str, Sequence[str]], ...] = (
    ("HTTP_ACCEPT_LANGUAGE", LANGUAGES),
    ("HTTP_ACCEPT", ("", "*/*;q=nan", "application/json", "x" * 3000, "\xff")),
    ("HTTP_RANGE", ("bytes=0-0", "bytes=-1", "bytes=9-1", "bytes=a-b", "bytes=0-1,5-6,-9", "lines=1-2",
    "bytes=" + "9" * 50 + "-")),
    ("HTTP_IF_NONE_MATCH", ("*", '"x"', "W/", '"' * 99, "\xff", '"a", W/"b",')),
    ("HTTP_IF_MATCH", ("*", '"x"', "W/")),
    ("HTTP_IF_MODIFIED_SINCE", ("yesterday", "Thu, 01 Jan 1970 00:00:00 GMT", "Fri, 31 Dec 99999 23:59:59 GMT", "0",
    "\xff")),
    ("HTTP_IF_RANGE", ('"x"', "Thu, 01 Jan 1970 00:00:00 GMT", "?")),
    ("HTTP_ACCEPT_ENCODING", ("gzip;q=x", "br, gzip, identity;q=0", "*;q=0", "\xff")),
    ("HTTP_X_FORWARDED_FOR", ("1.2.3.4", "::1, x", "\xff", "," * 200)),
    ("HTTP_FORWARDED", ("for=_x", ";;;")),
    ("HTTP_AUTHORIZATION", ("Basic x", "Basic " + "=" * 9, "Bearer \xff", "Digest a=b,")),
    ("HTTP_ORIGIN", ("null", "http://stranger.example", "\xff")),
    ("HTTP_REFERER", ("", "http://stranger.example/x", "::", "http://[", "\xff")),
    ("HTTP_USER_AGENT", ("", "x" * 5000, "\xff")),
    ("HTTP_X_REQUESTED_WITH", ("XMLHttpRequest",)),
    ("HTTP_EXPECT", ("100-continue", "x")),
    ("HTTP_TRANSFER_ENCODING", ("chunked", "gzip")),
)  # fmt: skip
METHODS = ("HEAD", "OPTIONS", "PUT", "DELETE", "PATCH", "TRACE", "PROPFIND", "GET", "POST", "get", "X" * 300)
ALTERED_COOKIES = (
    "",
    "session=",
    "session=x",
    "session=.eJx",
    "session=e30.x.y",
    "lang=xx",
    "=;=",
    "session=" + "A" * 3900,
    "\xff",
)
FORM, MULTIPART, JSON = "application/x-www-form-urlencoded", "multipart/form-data", "application/json"
BOUNDARY = "nobody-types-this"
TYPES = (
    "", "text/plain", JSON, FORM, FORM + "; charset=utf-16", FORM + "; charset=\xff", MULTIPART,
    MULTIPART + "; boundary=",
    MULTIPART + '; boundary="', MULTIPART + "; boundary=" + "x" * 300, "application/xml", "x", ";", "a/b;" * 300,
)  # fmt: skip


@dataclass(frozen=True)
class Asked:
    """A request as it goes over the wire. `path` and `query` percent-encoded; `length`: said, where it is not true."""

    method: str
    path: str
    query: bytes = b""
    body: bytes = b""
    content_type: str = ""
    length: str | None = None
    headers: Mapping[str, str] = field(default_factory=dict)

    def __str__(self) -> str:
        parts = [self.method, self.path[:300]]
        parts += [f"?{self.query[:300]!r}"] if self.query else []
        parts += (
            [f"{self.content_type[:90]} {self.length or ''} {len(self.body)}: {self.body[:900]!r}"] if self.body else []
        )
        return " ".join([*parts, *(f"[{name}: {value[:80]!r}]" for name, value in self.headers.items())])

    def send(self, app: Flask, *, cookie: str = "", token: str = "") -> TestResponse:
        environ = {
            "REQUEST_METHOD": self.method, "SCRIPT_NAME": "", "QUERY_STRING": self.query.decode("latin-1"),
            "PATH_INFO": unquote_to_bytes(self.path).decode("latin-1"), "RAW_URI": self.path,
            "REQUEST_URI": self.path,
            "SERVER_NAME": "localhost", "SERVER_PORT": "80", "HTTP_HOST": "localhost", "SERVER_PROTOCOL": "HTTP/1.1",
            "REMOTE_ADDR": "127.0.0.1", "wsgi.version": (1, 0), "wsgi.url_scheme": "http",
            "wsgi.input": io.BytesIO(self.body), "wsgi.errors": io.StringIO(), "wsgi.multithread": False,
            "wsgi.multiprocess": False, "wsgi.run_once": False, "HTTP_USER_AGENT": "tests", "HTTP_COOKIE": cookie,
        }  # fmt: skip
        if token:
            environ["HTTP_X_CSRFTOKEN"] = token
        if self.content_type:
            environ["CONTENT_TYPE"] = self.content_type
        if self.body or self.length is not None:
            environ["CONTENT_LENGTH"] = str(len(self.body)) if self.length is None else self.length
        response = run_wsgi_app(app, {**environ, **self.headers}, buffered=True)
        return TestResponse(*response, request=None)  # type: ignore[arg-type]


@dataclass(frozen=True)
class Control:
    """One field of a form as the page shows it."""

    name: str
    kind: str
    values: tuple[str, ...] = ("",)
    """What a browser would send untouched, or may be chosen."""


@dataclass(frozen=True)
class File:
    name: str
    content: bytes
    media_type: str = "application/octet-stream"


Typed = tuple[str, bytes | File]
"""Name and value of a field as it is sent."""


def encoded(text: str) -> bytes:
    """Also what is no text."""
    return text.encode("utf-8", "surrogatepass")


def hostile(rng: Random) -> bytes:
    return rng.choice(RAW) if rng.random() < 0.06 else encoded(rng.choice(TEXTS))


def untouched(controls: Iterable[Control], rng: Random) -> list[Typed]:
    return [
        (control.name, File("", b"") if control.kind == "file" else encoded(rng.choice(control.values)))
        for control in controls
    ]


def typed_by_an_enemy(controls: Sequence[Control], rng: Random, files: Sequence[File]) -> list[Typed]:
    """The form with some of its fields filled with what nobody expects, some left out, some sent twice."""
    share = rng.choice((0.1, 0.3, 1.0))
    typed: list[Typed] = []
    for name, value in untouched(controls, rng):
        chance, sent = rng.random(), value
        is_file = isinstance(value, File)
        if chance < share * 0.1:
            continue
        if chance < share:
            as_expected = rng.random() >= 0.05
            sent = damaged(rng.choice(files), rng) if is_file == as_expected else hostile(rng)
        typed += [(name, sent)] * (2 if rng.random() < share * 0.1 else 1)
    if rng.random() < 0.1:
        typed += [(f"stranger-{rng.randrange(9)}", hostile(rng)) for _ in range(rng.choice((1, 30, 700)))]
    if rng.random() < 0.05:
        rng.shuffle(typed)
    return typed


def damaged(file: File, rng: Random) -> File:
    """As it is, cut short, with some bytes changed, or under another name."""
    content = bytearray(file.content)
    match rng.randrange(5):
        case 0:
            del content[rng.randrange(len(content) + 1) :]
        case 1 | 2:
            for _ in range(rng.choice((1, 3, 20))):
                if content:
                    content[rng.randrange(len(content))] = rng.randrange(256)
        case 3:
            at = rng.randrange(len(content) + 1)
            content[at:at] = rng.choice((encoded(rng.choice(TEXTS)), rng.randbytes(20)))
        case _:
            pass
    name = (
        file.name
        if rng.random() < 0.8
        else rng.choice(("", "..", "a/b.csv", "x" * 300 + ".xlsx", "\x00.csv", "台账.xlsx", "a.yaml", "f.sav", "x.pdf"))
    )
    return replace(file, name=name, content=bytes(content))


def as_form(typed: Iterable[Typed]) -> tuple[bytes, str]:
    pairs = ((name, value.name.encode() if isinstance(value, File) else value) for name, value in typed)
    return b"&".join(quoted(name.encode()) + b"=" + quoted(value) for name, value in pairs), FORM


def quoted(data: bytes) -> bytes:
    return quote_from_bytes(data).encode()


def as_multipart(typed: Iterable[Typed]) -> tuple[bytes, str]:
    parts = []
    for name, value in typed:
        head = f'Content-Disposition: form-data; name="{name}"'
        if isinstance(value, File):
            head += f'; filename="{value.name}"\r\nContent-Type: {value.media_type}'
        content = value.content if isinstance(value, File) else value
        parts.append(f"--{BOUNDARY}\r\n{head}\r\n\r\n".encode() + content + b"\r\n")
    return b"".join(parts) + f"--{BOUNDARY}--\r\n".encode(), f"{MULTIPART}; boundary={BOUNDARY}"


def as_json(typed: Iterable[Typed]) -> tuple[bytes, str]:
    fields = {name: "" if isinstance(value, File) else value.decode("utf-8", "replace") for name, value in typed}
    return json.dumps(fields).encode(), JSON


BODIES: tuple[Callable[[Iterable[Typed]], tuple[bytes, str]], ...] = (as_form, as_form, as_form, as_multipart, as_json)


def posted(path: str, controls: Sequence[Control], rng: Random, files: Sequence[File]) -> Asked:
    """A form sent by an enemy, usually as forms are sent."""
    typed = typed_by_an_enemy(controls, rng, files)
    has_file = any(isinstance(value, File) for _name, value in typed)
    body, content_type = (as_multipart if has_file and rng.random() < 0.9 else rng.choice(BODIES))(typed)
    asked = Asked("POST", path, body=body, content_type=content_type)
    return mangled(asked, rng) if rng.random() < 0.12 else asked


def mangled(asked: Asked, rng: Random) -> Asked:
    """A body that is not what its headers say, or no body at all."""
    match rng.randrange(6):
        case 0:
            return replace(asked, content_type=rng.choice(TYPES))
        case 1:
            return replace(asked, body=asked.body[: rng.randrange(len(asked.body) + 1)])
        case 2:
            return replace(asked, length=rng.choice(("0", "1", "99999", "-1", "x", "9" * 30, "")))
        case 3:
            return replace(
                asked, body=rng.choice((rng.randbytes(200), b"&" * 3000, b"a=%ff&%00=%zz&=&==", b"[" * LONG))
            )
        case 4:
            return replace(asked, body=asked.body * rng.choice((2, 40)))
        case _:
            return replace(asked, headers=strange_headers(rng))


def strange_headers(rng: Random) -> dict[str, str]:
    return {name: rng.choice(values) for name, values in rng.sample(HEADERS, rng.choice((1, 2, 5)))}


def fetched(path: str, names: Sequence[str], rng: Random) -> Asked:
    """A page asked for with arguments, headers or a method that nobody foresaw."""
    chosen = [rng.choice(names) for _ in range(rng.choice((0, 1, 2, 4, 40)))] if names else []
    query = b"&".join(quoted(name.encode()) + b"=" + quoted(hostile(rng)[:3000]) for name in chosen)
    if rng.random() < 0.1:
        query = rng.choice(
            (b"%ff=%ff", b"lang=en&lang=zh&lang", b"&&==&", b"%00", b"a[b]=c&a[]=d", "字=字".encode(), b"\xff=\xfe")
        )
    method = rng.choice(METHODS) if rng.random() < 0.2 else "GET"
    return Asked(method, path, query=query, headers=strange_headers(rng) if rng.random() < 0.3 else {})


STRANGE_PARTS = (
    "%00", "%ff", "%ed%a0%80", "..%2f..%2fetc", "%2e%2e", "a%0d%0ab", "x" * 3000, "-1", "9" * 30, "%E2%80%AE", "%zz",
    "%",
    "{}", "<stranger>", "%3Cstranger%3E", "00000000-0000-0000-0000-000000000000", "%F0%9F%98%80", " ", "%20",
    "sections%2F9",
    "sections/0/items/99999999999999999999", "0", "2026", "99999", "2100", "0000", "1e3",
)  # fmt: skip


def misled(path: str, rng: Random) -> str:
    """An address with one of its parts replaced, doubled or cut."""
    parts = path.split("/")
    at = rng.randrange(1, len(parts))
    match rng.randrange(4):
        case 0 | 1:
            parts[at] = rng.choice(STRANGE_PARTS)
        case 2:
            parts[at] = parts[at][: rng.randrange(len(parts[at]) + 1)]
        case _:
            parts.insert(at, rng.choice(STRANGE_PARTS))
    return "/".join(parts)


def zipped(**parts: bytes) -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as file:
        for name, content in parts.items():
            file.writestr(name, content)
    return made.getvalue()


WORKSHEET = "xl/worksheets/sheet1.xml"
NO_FILES: tuple[File, ...] = (
    File("empty.csv", b""),
    File("nul.csv", b"\x00" * 400),
    File("wide.csv", b"a," * 20_000 + b"\n" + b"1," * 20_000),
    File("long.csv", b"code,name\n" + b"x,y\n" * 5_000),
    File("quote.csv", b'code,name\n"never closed,' + b"x" * 2000),
    File("utf16.csv", "单位编码,单位名称\nA,甲\n".encode("utf-16")),
    File("gbk.csv", "单位编码,单位名称\nA,甲\n".encode("gb18030")),
    File("big.csv", b"code,name,level,kind,parent,member 2026\n" + b"A,x,branch,organ,,99999999999999999999999\n"),
    File("bomb.xlsx", zipped(**{WORKSHEET: b"\x00" * 20_000_000})),
    File("no.xlsx", zipped(a=b"b")),
    File("deep.yaml", b"[" * 20_000),
    File("alias.yaml", b"a: &a [x,x]\nb: &b [*a,*a]\nc: [*b,*b]\n"),
    File("odd.yaml", b"schema: 1\ncode: 2026-01-01\ntitle: [1, {2: 3}]\nsections: 9\nscales: {1: ~}\n"),
    File("key.yaml", b"? [a, b]\n: c\n? {d: e}\n: f\n"),
    File("tag.yaml", b"!!python/object/apply:os.system [x]\n"),
    File("deep.json", b'{"a":' * 20_000),
    File("odd.json", b'{"a": 1e999, "a": NaN, "b": "\\ud800"}'),
    File("f.sav", b"$FL2@(#) SPSS DATA FILE" + bytes(200)),
    File("z.sav", b"$FL3" + bytes(range(256)) * 4),
    File("p.pdf", b"%PDF-1.7\n1 0 obj<</Type/Catalog/Pages 1 0 R>>endobj\ntrailer<</Root 1 0 R>>"),
    File(
        "p.png", b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR\xff\xff\xff\xff\xff\xff\xff\xff\x08\x06\x00\x00\x00", "image/png"
    ),
    File("p.jpg", b"\xff\xd8\xff\xe0" + bytes(100), "image/jpeg"),
    File(
        "d.docx",
        zipped(**{"word/document.xml": b"<!DOCTYPE a [<!ENTITY b 'c'>]><a>&b;</a>", "[Content_Types].xml": b"<x"}),
    ),
    File("text.txt", "台账：十日内答复。\n".encode(), "text/plain"),
)
"""Files that are not what they say."""
