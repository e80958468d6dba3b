"""QR codes of links as SVG: one filled path, crisp at every size."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby

import segno

ERROR_LEVEL = "m"


def square_codes(links: Sequence[str]) -> list[str]:
    """SVG pictures, without quiet zone, of links that differ in their codes only.

    The best mask is sought for the first link and kept for the others: seeking takes four fifths of the time, and all
    but sixteen characters are the same.
    """
    if not links:
        return []
    mask = symbol_of(links[0]).mask
    return [drawing_of(symbol_of(link, mask).matrix) for link in links]


def symbol_of(link: str, mask: int | None = None) -> segno.QRCode:
    """The symbol at level M or better. What follows the # has capitals and digits only and is packed more tightly."""
    address, hash_sign, fragment = link.partition("#")
    parts = [part for part in (address + hash_sign, fragment) if part]
    return segno.make(parts, error=ERROR_LEVEL, micro=False, mask=mask)  # type: ignore[arg-type]  # parts are allowed


def drawing_of(matrix: Sequence[Iterable[int]]) -> str:
    """An SVG with a unit square for every dark module, joined along each row."""
    side = len(matrix)
    path = "".join(f"M{x} {y}h{width}v1h-{width}z" for y, row in enumerate(matrix) for x, width in _dark_runs(row))
    return f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {side} {side}"><path d="{path}"/></svg>'


def _dark_runs(row: Iterable[int]) -> Iterator[tuple[int, int]]:
    x = 0
    for is_dark, run in groupby(row, key=bool):
        width = len(list(run))
        if is_dark:
            yield x, width
        x += width
