"""Labels of a chart on a page stand exactly where Vega puts them in the picture."""

from __future__ import annotations

import re
from xml.etree import ElementTree

import vl_convert

from survey_app.charts.layout import WIDE
from survey_app.charts.marks import LOOKS, Drawing, Label, Line, spec
from survey_app.charts.render import page_svg

TEXT = "{http://www.w3.org/2000/svg}text"
LABELS = (
    Label(10.5, 20, "满意 <b> & 'x' \"y\""),
    Label(400.04, 31.16, "strong", "strong", "center"),
    Label(798.7, 4101.25, "note  two", "note", "right"),
    Label(32.5, 53.3, "5", "on_l5", "center"),
)


def test_labels_of_a_page_are_those_of_the_picture():
    drawing = Drawing(WIDE, 5000, "t", "d", (Line(0, 0, 10, 10, "grid"), *LABELS))
    picture = ElementTree.fromstring(vl_convert.vegalite_to_svg(spec(drawing)))
    page = ElementTree.fromstring(str(page_svg(drawing, "k", "w")))
    assert [_drawn(node) for node in picture.iter(TEXT)] == [_written(node) for node in page.iter("text")]
    assert len(list(page.iter("text"))) == len(LABELS)


def test_every_look_of_a_text_can_stand_on_a_page():
    looks = [name for name, look in LOOKS.items() if look["type"] == "text"]
    drawing = Drawing(WIDE, 100, "t", "d", tuple(Label(10, 20, name, name) for name in looks))
    assert sorted(re.findall(r">([a-z_0-9]+)</text>", page_svg(drawing, "k", "w"))) == sorted(looks)


def _drawn(node: ElementTree.Element) -> tuple[object, ...]:
    x, y = re.findall(r"[-\d.]+", node.get("transform", ""))
    size = node.get("font-size", "").removesuffix("px")
    return node.text, round(float(x), 3), round(float(y), 3), node.get("text-anchor"), size, node.get("font-weight")


def _written(node: ElementTree.Element) -> tuple[object, ...]:
    place = (float(node.get("x", "")), float(node.get("y", "")))
    return node.text, *place, node.get("text-anchor"), node.get("font-size"), node.get("font-weight")
