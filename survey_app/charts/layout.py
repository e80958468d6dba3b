"""Text and axis arithmetic shared by the charts: how wide a text is, where it breaks, where ticks stand."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass

from survey_app.charts.marks import Anchor, Label

WIDE = 800
NARROW = 296
"""Inside of a card on a screen of 360, so that text keeps its size."""
LINE_HEIGHT = 19

_NOT_FIRST = "，。、；：！？）》」』”’］】%"
_NOT_LAST = "（《「『“‘［【"


def text_width(text: str, size: float = 14) -> float:
    """Width in pixels: 1 em per Chinese character, 0.56 per other."""
    return sum(size if unicodedata.east_asian_width(sign) in "WFA" else 0.56 * size for sign in text)


def broken(text: str, width: float, size: float = 14) -> tuple[str, ...]:
    """The text in as many lines as it needs, never cut: Latin breaks at spaces, Chinese anywhere but at punctuation."""
    lines: list[str] = []
    current = ""
    for piece in _pieces(text):
        if current and text_width((current + piece).rstrip(), size) > width:
            lines.append(current.rstrip())
            current = piece.lstrip()
        else:
            current += piece
    return (*lines, current.rstrip()) if current.strip() else tuple(lines)


def _pieces(text: str) -> list[str]:
    pieces: list[str] = []
    for piece in re.findall(r"[!-~\u00a0-\u024f]+ *| +|.", text):
        if pieces and (piece[0] in _NOT_FIRST or pieces[-1][-1] in _NOT_LAST):
            pieces[-1] += piece
        else:
            pieces.append(piece)
    return pieces


def stacked(x: float, y: float, lines: Sequence[str], look: str = "text", anchor: Anchor = "left") -> tuple[Label, ...]:
    """Lines of one label under each other, the first baseline at ``y``."""
    return tuple(Label(x, y + LINE_HEIGHT * row, line, look, anchor) for row, line in enumerate(lines))


def label_column(texts: Sequence[str], widest: float) -> float:
    """Width of a column that holds these labels, at most ``widest`` (longer ones break)."""
    return min(widest, max((text_width(text) for text in texts), default=0.0))


@dataclass(frozen=True, slots=True)
class Axis:
    """A linear scale from a domain to pixels."""

    low: float
    high: float
    start: float
    end: float

    def __call__(self, value: float) -> float:
        inside = min(max(value, self.low), self.high)
        return self.start + (inside - self.low) / (self.high - self.low) * (self.end - self.start)

    def ticks(self, step: float) -> tuple[float, ...]:
        count = round((self.high - self.low) / step)
        return tuple(self.low + step * number for number in range(count + 1))
