"""From a drawing to SVG for pages and PNG for documents, by Vega-Lite on the server.

Page SVG carries classes instead of colours and no style, so that it passes a strict content security policy and
follows dark mode. Equal drawings are rendered once. What a chart shows is decided in the chart's own module.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from functools import lru_cache
from typing import Any
from xml.etree import ElementTree
from xml.sax.saxutils import escape, quoteattr

from markupsafe import Markup

from survey_app.charts.marks import FONT, LOOKS, Drawing, Label, painted, pixel, spec
from survey_app.charts.palette import TOKEN_OF_HEX, fill_class, stroke_class

_SVG = "{http://www.w3.org/2000/svg}"
_KEPT = ("d", "x2", "y2", "transform", "stroke-width", "stroke-dasharray")
_ANCHORS = {"left": "start", "center": "middle", "right": "end"}
_TEXT_SAMPLE = "测评结果"
_IN_NO_FONT = "\U0010fffd"


def page_svg(drawing: Drawing, key: str, classes: str) -> Markup:
    """SVG to stand in a page; ``key`` makes its ids unique there, ``classes`` say at which width it is shown."""
    shapes = replace(drawing, marks=tuple(mark for mark in drawing.marks if not isinstance(mark, Label)))
    body = (_page_marks(_canonical(shapes)) if shapes.marks else "") + _texts(drawing)
    size = f"0 0 {drawing.width} {drawing.height:g}"
    return Markup(  # noqa: S704  built from escaped parts
        f'<svg class="chart {classes}" viewBox="{size}" fill="none" role="img" aria-labelledby="{key}-t {key}-d">'
        f'<title id="{key}-t">{escape(drawing.title)}</title><desc id="{key}-d">{escape(drawing.description)}</desc>'
        f"{body}</svg>"
    )


def document_svg(drawing: Drawing) -> str:
    """SVG on white for documents, in the light palette."""
    return _on_white(_canonical(drawing))


def png(drawing: Drawing, *, scale: float = 2.0) -> bytes:
    """The same as PNG."""
    return _picture(document_svg(drawing), scale)


@lru_cache(maxsize=64)
def _on_white(spec_json: str) -> str:
    import vl_convert

    return str(vl_convert.vegalite_to_svg({**json.loads(spec_json), "background": "#ffffff"}))


@lru_cache(maxsize=64)
def _picture(svg: str, scale: float) -> bytes:
    import vl_convert

    return bytes(vl_convert.svg_to_png(svg, scale=scale))


@lru_cache(maxsize=1)
def chinese_font_available() -> bool:
    """Whether Chinese text can be read. Without a font the renderer draws nothing or empty boxes, and says nothing."""
    import vl_convert

    def picture(text: str) -> bytes:
        return bytes(
            vl_convert.svg_to_png(
                '<svg xmlns="http://www.w3.org/2000/svg" width="80" height="24">'
                f'<text x="2" y="18" font-family="{FONT}" font-size="16">{text}</text></svg>'
            )
        )

    return picture(_TEXT_SAMPLE) not in (picture(""), picture(_IN_NO_FONT * len(_TEXT_SAMPLE)))


def _texts(drawing: Drawing) -> str:
    """Labels, which lie on top of all else, as Vega would write them: it measures each, 10 ms a piece for nothing."""
    labels = [mark for mark in painted(drawing) if isinstance(mark, Label)]
    return "".join(_text(label, LOOKS[label.look]) for label in labels if label.text.strip())


def _text(label: Label, look: Mapping[str, Any]) -> str:
    return (
        f'<text text-anchor="{_ANCHORS[label.anchor]}"{_weight(look)}{_halo(look)} font-size="{look["fontSize"]}"'
        f' x="{pixel(label.x):g}" y="{pixel(label.y):g}" class="{" ".join(_classes_of(look))}">'
        f"{escape(label.text.strip())}</text>"
    )


def _halo(look: Mapping[str, Any]) -> str:
    return f' stroke-width="{look["strokeWidth"]}" stroke-linejoin="round"' if "stroke" in look else ""


def _weight(look: Mapping[str, Any]) -> str:
    return ' font-weight="bold"' if "fontWeight" in look else ""


def _canonical(drawing: Drawing) -> str:
    return json.dumps(spec(drawing), ensure_ascii=False, sort_keys=True)


@lru_cache(maxsize=512)
def _page_marks(spec_json: str) -> str:
    """The marks of a rendered spec, flat, with classes for colours and nothing that is not needed to see them."""
    import vl_convert

    root = ElementTree.fromstring(vl_convert.vegalite_to_svg(json.loads(spec_json)))  # noqa: S314  our own SVG
    return "".join(_element(node) for node in root.iter() if _is_mark(node))


def _is_mark(node: ElementTree.Element) -> bool:
    is_shape = node.tag in (f"{_SVG}path", f"{_SVG}line")
    return is_shape and node.get("class") not in ("background", "foreground")


def _element(node: ElementTree.Element) -> str:
    tag = node.tag.removeprefix(_SVG)
    attributes = {name: value for name in _KEPT if (value := node.get(name)) is not None}
    if classes := _classes_of(node.attrib):
        attributes["class"] = " ".join(classes)
    written = "".join(f" {name}={quoteattr(value)}" for name, value in attributes.items())
    return f"<{tag}{written}/>"


def _classes_of(carrier: Mapping[str, Any]) -> list[str]:
    """Classes for the colours of a mark, an element or a look."""
    colours = (("fill", fill_class), ("stroke", stroke_class))
    return [of(TOKEN_OF_HEX[code]) for name, of in colours if (code := carrier.get(name, "")) in TOKEN_OF_HEX]
