"""What is printed for members: slips with a code each, and the poster of an open link.

The square code is a path of unit squares, drawn by the page as SVG without style attributes.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby

import segno

from survey_app.models import ReportingGroup

QUIET_ZONE = 2


@dataclass(frozen=True, slots=True)
class SquareCode:
    """A QR code: side length in modules (quiet zone included) and the path of its dark modules."""

    side: int
    path: str


@dataclass(frozen=True, slots=True)
class Slip:
    code: str
    square: SquareCode


@dataclass(frozen=True, slots=True)
class SlipSheets:
    """The slips of one reporting group in sheets of ten, all with the same address."""

    group: ReportingGroup
    address: str
    """As it is typed: without the scheme, which browsers add."""
    sheets: tuple[tuple[Slip, ...], ...]

    @property
    def count(self) -> int:
        return sum(len(sheet) for sheet in self.sheets)


def square_code(text: str) -> SquareCode:
    """The QR code of a text at error correction level M."""
    modules = segno.make(text, error="m", micro=False)
    rows = list(modules.matrix_iter(border=QUIET_ZONE))
    path = "".join(f"M{x} {y}h{width}v1h-{width}z" for y, row in enumerate(rows) for x, width in _dark_runs(row))
    return SquareCode(len(rows), path)


def _dark_runs(row: Iterable[int]) -> Iterator[tuple[int, int]]:
    x = 0
    for is_dark, run in groupby(row, key=bool):
        width = len(list(run))
        if is_dark:
            yield x, width
        x += width


def slip_sheets(
    groups: Sequence[ReportingGroup],
    addresses: Mapping[str, str],
    codes: Mapping[str, Sequence[str]],
    per_sheet: int = 10,
) -> tuple[SlipSheets, ...]:
    """Sheets for every group that has codes; the code stands behind # so that it reaches no server log."""
    return tuple(
        SlipSheets(
            group, typed_address(addresses[group.slug]), _sheets(addresses[group.slug], codes[group.slug], per_sheet)
        )
        for group in groups
        if codes.get(group.slug)
    )


def typed_address(address: str) -> str:
    return address.partition("://")[2]


def _sheets(address: str, codes: Sequence[str], per_sheet: int) -> tuple[tuple[Slip, ...], ...]:
    slips = [Slip(code, square_code(f"{address}#{code}")) for code in codes]
    return tuple(tuple(slips[start : start + per_sheet]) for start in range(0, len(slips), per_sheet))
