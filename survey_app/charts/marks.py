"""What a chart is made of: boxes, lines, dots, paths and labels at computed positions, and their Vega-Lite spec.

Positions are pixels from the top left, computed by the chart; the spec has no axis, stack, bin or aggregate of its own.
Colours are tokens of `palette`. Rendering is `render`.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import groupby
from math import pi
from typing import Any, Literal

from survey_app.charts.palette import OUTLINE_OF_LEVEL, PALETTE, TEXT_ON_LEVEL, TEXT_ON_TINT

FONT = "Noto Sans CJK SC, PingFang SC, Microsoft YaHei, WenQuanYi Micro Hei, sans-serif"
Anchor = Literal["left", "center", "right"]


@dataclass(frozen=True, slots=True)
class Box:
    x: float
    y: float
    width: float
    height: float
    look: str


@dataclass(frozen=True, slots=True)
class Line:
    x: float
    y: float
    x2: float
    y2: float
    look: str


@dataclass(frozen=True, slots=True)
class Dot:
    x: float
    y: float
    look: str


@dataclass(frozen=True, slots=True)
class Path:
    points: tuple[tuple[float, float], ...]
    look: str = "course"


@dataclass(frozen=True, slots=True)
class Label:
    """Text whose baseline stands at ``y``."""

    x: float
    y: float
    text: str
    look: str = "text"
    anchor: Anchor = "left"


Mark = Box | Line | Dot | Path | Label


@dataclass(frozen=True, slots=True)
class Drawing:
    """A chart at one width: its marks, and its words for those who do not see it."""

    width: int
    height: float
    title: str
    description: str
    marks: tuple[Mark, ...]


def _box(fill: str, stroke: str | None) -> dict[str, Any]:
    outline = {"stroke": PALETTE[stroke], "strokeWidth": 1} if stroke else {}
    return {"type": "rect", "fill": PALETTE[fill], **outline}


def _line(stroke: str, width: float, dash: list[int] | None = None) -> dict[str, Any]:
    return {"type": "rule", "stroke": PALETTE[stroke], "strokeWidth": width, **({"strokeDash": dash} if dash else {})}


def _dot(radius: float, fill: str, stroke: str) -> dict[str, Any]:
    return {
        "type": "point", "shape": "circle", "size": round(pi * radius**2, 1), "opacity": 1,
        "fill": PALETTE[fill], "stroke": PALETTE[stroke], "strokeWidth": 2,
    }  # fmt: skip


def _diamond(area: int) -> dict[str, Any]:
    return {
        "type": "point", "shape": "diamond", "size": area, "opacity": 1,
        "fill": PALETTE["paper"], "stroke": PALETTE["ink"], "strokeWidth": 2,
    }  # fmt: skip


def _text(token: str, size: int, *, bold: bool = False) -> dict[str, Any]:
    weight = {"fontWeight": "bold"} if bold else {}
    return {"type": "text", "baseline": "alphabetic", "fontSize": size, "fill": PALETTE[token], **weight}


def _halo(size: int) -> dict[str, Any]:
    """Bold text in the colour of the paper, drawn below the same text so that lines do not run through it."""
    return {**_text("paper", size, bold=True), "stroke": PALETTE["paper"], "strokeWidth": 4}


LOOKS: dict[str, dict[str, Any]] = {
    "zone": _box("wash", None),
    "block": _box("line", None),
    "grid": _line("line", 1),
    "axis": _line("edge", 1),
    "bar": _box("wash", "act"),
    "bar_solid": _box("act", None),
    **{level: _box(level, outline) for level, outline in OUTLINE_OF_LEVEL.items()},
    **{tint: _box(tint, None) for tint in TEXT_ON_TINT},
    "cell": _box("paper", "line"),
    "hatch": _line("edge", 0.75),
    "zero": _line("ink", 1.5),
    "range": _line("act", 1.5),
    "bounds": _line("act", 7),
    "course": {"type": "line", "stroke": PALETTE["act"], "strokeWidth": 2, "interpolate": "linear"},
    "ring": _dot(10, "paper", "ink"),
    "earlier": _dot(5, "paper", "edge"),
    "hollow": _dot(5.5, "paper", "ink"),
    "now": _dot(5.5, "ink", "paper"),
    "published": _diamond(120),
    "goal_ground": _line("paper", 5),
    "goal": _line("ink", 1.5, [5, 4]),
    "ground": _box("paper", None),
    "halo": _halo(14),
    "text": _text("ink", 14),
    "strong": _text("ink", 14, bold=True),
    "note": _text("soft", 13),
    **{f"on_{level}": _text(token, 13) for level, token in TEXT_ON_LEVEL.items()},
    **{f"on_{tint}": _text(token, 14) for tint, token in TEXT_ON_TINT.items()},
}
"""How marks look, in painting order: what comes later lies on top."""

_PAINTING_ORDER = {look: rank for rank, look in enumerate(LOOKS)}


def painted(drawing: Drawing) -> list[Mark]:
    """The marks in painting order."""
    return sorted(drawing.marks, key=lambda mark: (_PAINTING_ORDER[mark.look], getattr(mark, "anchor", "")))


def spec(drawing: Drawing) -> dict[str, Any]:
    """The drawing as a Vega-Lite spec: one layer for all marks of one look."""
    runs = groupby(painted(drawing), key=lambda mark: (type(mark), mark.look, getattr(mark, "anchor", None)))
    return {
        "$schema": "https://vega.github.io/schema/vega-lite/v6.json",
        "title": None,
        "description": drawing.description,
        "width": drawing.width,
        "height": drawing.height,
        "padding": 0,
        "autosize": "none",
        "config": {"font": FONT, "view": {"stroke": None}, "axis": {"labelLimit": 0}, "text": {"limit": 0}},
        "layer": [_layer(kind, look, anchor, list(run), drawing) for (kind, look, anchor), run in runs],
    }


def _layer(kind: type[Mark], look: str, anchor: Anchor | None, run: list[Any], drawing: Drawing) -> dict[str, Any]:
    across, down = _scale(drawing.width), _scale(drawing.height)
    mark = dict(LOOKS[look])
    encoding: dict[str, Any] = {"x": {"field": "x", **across}, "y": {"field": "y", **down}}
    if kind in (Box, Line):
        encoding |= {"x2": {"field": "x2"}, "y2": {"field": "y2"}}
    if kind is Path:
        encoding |= {"detail": {"field": "path"}, "order": {"field": "step"}}
    if kind is Label:
        mark["align"] = anchor
        encoding["text"] = {"field": "text", "type": "nominal"}
    return {"data": {"values": list(_rows(run))}, "mark": mark, "encoding": encoding}


def _scale(extent: float) -> dict[str, Any]:
    """Pixels to the same pixels: positions come in computed."""
    identity = {"domain": [0, extent], "range": [0, extent], "nice": False, "zero": False}
    return {"type": "quantitative", "axis": None, "scale": identity}


def _rows(run: Iterable[Mark]) -> Iterable[dict[str, Any]]:
    for number, mark in enumerate(run):
        match mark:
            case Box(x, y, width, height):
                yield {"x": pixel(x), "y": pixel(y), "x2": pixel(x + width), "y2": pixel(y + height)}
            case Line(x, y, x2, y2):
                yield {"x": pixel(x), "y": pixel(y), "x2": pixel(x2), "y2": pixel(y2)}
            case Dot(x, y):
                yield {"x": pixel(x), "y": pixel(y)}
            case Label(x, y, text):
                yield {"x": pixel(x), "y": pixel(y), "text": text}
            case Path(points):
                yield from (
                    {"x": pixel(x), "y": pixel(y), "path": number, "step": step} for step, (x, y) in enumerate(points)
                )


def pixel(position: float) -> float:
    """Tenths of a pixel are enough and keep the page small."""
    return round(position, 1)
