"""What in a comment could tell who somebody is, and the comment with marks in its place. Suggestions: a person decides.

Names are found by `names`; here stand numbers and addresses.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from analysis.names import find_names

Kind = Literal["email", "id_number", "id_candidate", "mobile", "landline", "wechat", "qq", "name"]

MARKS: dict[Kind, str] = {
    "email": "〔邮箱〕",
    "id_number": "〔证件号〕",
    "id_candidate": "〔证件号〕",
    "mobile": "〔电话〕",
    "landline": "〔电话〕",
    "wechat": "〔微信号〕",
    "qq": "〔QQ号〕",
    "name": "〔姓名〕",
}


@dataclass(frozen=True, slots=True, order=True)
class Span:
    """``text[start:end]``."""

    start: int
    end: int
    kind: Kind


_HALF_WIDTH = {wide: wide - 0xFEE0 for wide in range(0xFF01, 0xFF5F)}
"""One character for one, so that places stay."""
_TAKEN = "\ue000"
"""Stands for what is found already: part of nothing that is looked for."""

_GAP = "[ \\-.·‐‑–—]?"
_DATE = r"(?:0[1-9]|1[0-2])(?:0[1-9]|[12][0-9]|3[01])"
_ID_18 = re.compile(rf"(?<![0-9])([1-9][0-9]{{5}}) ?((?:18|19|20)[0-9]{{2}}{_DATE}) ?([0-9]{{3}}[0-9Xx])(?![0-9])")
_ID_15 = re.compile(rf"(?<![0-9])[1-9][0-9]{{7}}{_DATE}[0-9]{{3}}(?![0-9])")
_MOBILE = re.compile(
    rf"(?<![0-9])(?:(?:\+|00)?86{_GAP})?1[3-9][0-9]"
    rf"(?:{_GAP}[0-9]{{4}}{_GAP}[0-9]{{4}}|[0-9]{_GAP}[0-9]{{4}}{_GAP}[0-9]{{3}}|[0-9]{_GAP}[0-9]{{3}}{_GAP}[0-9]{{4}}"
    rf"|[0-9]{{2}}{_GAP}[0-9]{{6}})(?![0-9])"
)
_LANDLINE = re.compile(
    rf"(?<![0-9])\(?0(?:10|2[0-9]|[3-9][0-9]{{2}})\)?{_GAP}[2-9][0-9]{{2,3}}{_GAP}[0-9]{{4}}"
    r"(?:(?:转|-|#) ?[0-9]{1,5})?(?![0-9])"
    r"|(?<=电话|座机|号码)[是为: ]{0,3}(?P<id>[2-9][0-9]{6,7})(?![0-9])"
)
_EMAIL = re.compile(r"(?<![\w.%+-])[A-Za-z0-9._%+-]+@[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)+", re.ASCII)
_WECHAT = re.compile(
    r"(?:微信|威信|薇信|v信|(?<![a-z0-9])(?:wechat|weixin|wx|vx))"
    r"(?:账号|号)?[是为: ]{0,3}(?P<id>[a-z0-9][a-z0-9_-]{5,})",
    re.IGNORECASE,
)
_QQ = re.compile(r"(?:(?<![a-z0-9])qq|扣扣)(?:号码|号)?[是为: ]{0,3}(?P<id>[1-9][0-9]{4,10})(?![0-9])", re.IGNORECASE)

_CHECK_WEIGHTS = tuple(2**place % 11 for place in range(17, 0, -1))
_CHECK_DIGITS = "10X98765432"

Finder = Callable[[str], Iterable[Span]]


def suggest_redactions(text: str, *, known_names: Iterable[str] = ()) -> tuple[Span, ...]:
    """Spans that could tell who somebody is, sorted, none overlapping; what stands in `MARKS` already is passed over.

    Mobile and landline numbers of mainland China, identity numbers (GB 11643-1999: an ``id_number`` has the right check
    digit, an ``id_candidate`` only looks like one, as the 15 digits of old), e-mail addresses, WeChat and QQ accounts
    that are announced as such, names. ``known_names`` of two characters or more are found wherever they stand.
    """
    finders = (*_NUMBERS, _known(known_names), _names)
    plain = _ANY_MARK.sub(lambda mark: _TAKEN * len(mark[0]), text.translate(_HALF_WIDTH))
    found: list[Span] = []
    # what is taken out may lay bare what its neighbourhood hid: a second look at the redacted text finds nothing new
    while True:
        before = len(found)
        for finder in finders:
            for span in finder(plain):
                found.append(span)
                plain = plain[: span.start] + _TAKEN * (span.end - span.start) + plain[span.end :]
        if len(found) == before:
            return tuple(sorted(found))


def redact(text: str, spans: Iterable[Span]) -> str:
    """The text with the mark of its kind in place of each span. Raises ValueError for spans outside or overlapping."""
    pieces, done = [], 0
    for span in sorted(spans):
        if not done <= span.start < span.end <= len(text):
            raise ValueError(f"nothing can be taken out from {span.start} to {span.end}")
        pieces += [text[done : span.start], MARKS[span.kind]]
        done = span.end
    return "".join(pieces) + text[done:]


def without_marks(text: str) -> str:
    """The text with a space in place of every mark."""
    return _ANY_MARK.sub(" ", text)


def has_check_digit(number: str) -> bool:
    """Whether 18 characters end in their check digit: ``sum(a_i 2^(18-i)) = 1 (mod 11)`` (ISO 7064, MOD 11-2)."""
    total = sum(weight * int(digit) for weight, digit in zip(_CHECK_WEIGHTS, number[:17], strict=True))
    return _CHECK_DIGITS[total % 11] == number[17].upper()


def _matches(pattern: re.Pattern[str], kind: Kind) -> Finder:
    """A finder of the group ``id`` where the pattern has one that took part, else of the whole match."""

    def find(text: str) -> Iterator[Span]:
        for match in pattern.finditer(text):
            announced = "id" in pattern.groupindex and match["id"] is not None
            yield Span(*match.span("id" if announced else 0), kind)

    return find


def _identity_numbers(text: str) -> Iterator[Span]:
    for match in _ID_18.finditer(text):
        yield Span(*match.span(), "id_number" if has_check_digit("".join(match.groups())) else "id_candidate")


def _names(text: str) -> Iterator[Span]:
    return (Span(start, end, "name") for start, end in find_names(text))


def _known(names: Iterable[str]) -> Finder:
    wanted = {name.translate(_HALF_WIDTH).strip() for name in names}
    longest_first: Sequence[str] = sorted(
        (name for name in wanted if len(name) > 1), key=lambda name: (-len(name), name)
    )
    if not longest_first:
        return lambda _: ()
    latin = "(?<![A-Za-z]){}(?![A-Za-z])"
    return _matches(
        re.compile(
            "|".join(latin.format(re.escape(name)) if name.isascii() else re.escape(name) for name in longest_first),
            re.IGNORECASE,
        ),
        "name",
    )


_ANY_MARK = re.compile("|".join(map(re.escape, sorted(set(MARKS.values())))))
_NUMBERS: tuple[Finder, ...] = (
    _matches(_EMAIL, "email"),
    _identity_numbers,
    _matches(_ID_15, "id_candidate"),
    _matches(_MOBILE, "mobile"),
    _matches(_LANDLINE, "landline"),
    _matches(_WECHAT, "wechat"),
    _matches(_QQ, "qq"),
)
