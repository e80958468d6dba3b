"""Charts of the annual result: what is drawn where, and what reaches the page."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from itertools import permutations, product
from pathlib import Path as File
from xml.etree import ElementTree

import pytest
from flask import Flask
from flask_babel import force_locale

from analysis.comments import ThemeCount
from analysis.targets import judge
from analysis.tree import Detail, Hidden, LevelCount, Rate, WeightedRate
from analysis.types import ActionSpec, Roster
from survey_app.charts import CHARTS, NARROW, WIDE, chinese_font_available, figure, page_svg, picture, png
from survey_app.charts.bands import bands
from survey_app.charts.layout import broken, text_width
from survey_app.charts.marks import LOOKS, Box, Dot, Drawing, Label, Line, Path, spec
from survey_app.charts.palette import PALETTE, TOKEN_OF_HEX, fill_class, stroke_class
from survey_app.charts.render import _page_marks, _picture
from survey_app.wording import Names, hidden_label, names_of, sentences
from tests.unit.analysis import every_type, synthetic


@pytest.fixture
def names(app: Flask) -> Iterator[Names]:
    with app.test_request_context(), force_locale("zh_Hans"):
        yield names_of(synthetic.instrument())


@pytest.fixture(scope="module")
def branch():
    return synthetic.report(32, 3)


@pytest.fixture(scope="module")
def tiny():
    return synthetic.report(15, 3)


@pytest.fixture(scope="module")
def rich():
    """Enough people, years, branches, actions and comments for every chart."""
    actions = (ActionSpec("a1", "w3", 110, 200, "0.70"), ActionSpec("a2", "w4", 120, 200, "0.75"))
    report = synthetic.report(seed=4, units={f"B{place}": 18 + 4 * place for place in range(12)}, actions=actions)
    themes = (ThemeCount("学习教育", 12), ThemeCount("活动场所", 7))
    return replace(report, comments=tuple(replace(comments, themes=themes) for comments in report.comments))


ALWAYS = {"returns", "objectives", "dimensions", "items"}
"""Charts that a report of any size has; others need more people, years or branches."""
NUMBER = re.compile(r"\d+(?:\.\d+)?")
SIZES = [12, 15, 25, 32, 60, 1200]


@pytest.fixture(scope="module", params=SIZES)
def any_report(request: pytest.FixtureRequest):
    return synthetic.report(request.param, 5)


def marks_of(drawing: Drawing, kind: type, *looks: str) -> list:
    return [mark for mark in drawing.marks if isinstance(mark, kind) and (not looks or mark.look in looks)]


# ---- layout and palette


def test_a_label_is_broken_at_its_width_and_never_cut():
    words = "决策前听取党员意见（含预备党员）的情况"
    lines = broken(words, 126)
    assert "".join(lines) == words
    assert all(text_width(line) <= 126 for line in lines)
    assert not any(line[0] in "）。，" for line in lines)


def test_english_breaks_between_words():
    assert broken("The branch acts on opinions", 110) == ("The branch", "acts on", "opinions")


def test_every_colour_leads_back_to_one_token():
    assert len(TOKEN_OF_HEX) == len(PALETTE)
    used = {value for look in LOOKS.values() for name, value in look.items() if name in ("fill", "stroke")}
    assert used <= set(TOKEN_OF_HEX)


def test_the_style_sheet_knows_every_token(app: Flask):
    css = File(app.static_folder or "", "look.css").read_text(encoding="utf-8")
    missing = [
        token for token in PALETTE if f".{fill_class(token)} " not in css or f".{stroke_class(token)} " not in css
    ]
    assert missing == []


# ---- every chart, every size of group


@pytest.mark.parametrize("key", CHARTS)
@pytest.mark.parametrize("width", [WIDE, NARROW])
def test_nothing_is_drawn_outside_the_picture(names: Names, any_report, key: str, width: int):
    drawing = CHARTS[key](any_report, names, width)
    if drawing is None:
        assert key not in ALWAYS
        return
    assert drawing.width == width
    assert drawing.title
    assert drawing.description
    for mark in drawing.marks:
        low, high = _extent(mark)
        assert low >= -0.5, mark
        assert high <= width + 0.5, mark
        assert _bottom(mark) <= drawing.height, mark


@pytest.mark.parametrize("key", CHARTS)
def test_what_is_told_in_place_of_the_picture_has_every_figure_of_it(names: Names, rich, branch, tiny, key: str):
    for report, width in product((rich, branch, tiny), (WIDE, NARROW)):
        drawing = CHARTS[key](report, names, width)
        if drawing is None:
            continue
        told = set(NUMBER.findall(f"{drawing.title} {drawing.description}"))
        written = set(marks_of(drawing, Label)) - _ticks(drawing)
        assert [label.text for label in written if not set(NUMBER.findall(label.text)) <= told] == []


def _ticks(drawing: Drawing) -> set[Label]:
    """Bare numbers that say where along a line they stand: any three of them at even steps of value and of place."""
    bare = [label for label in marks_of(drawing, Label, "note") if re.fullmatch(r"[\d.]+%?", label.text)]
    found: set[Label] = set()
    for along, across in (("x", "y"), ("y", "x")):
        for three in permutations(bare, 3):
            values = [float(label.text.removesuffix("%")) for label in three]
            places = [getattr(label, along) for label in three]
            is_one_line = len({round(getattr(label, across)) for label in three}) == 1
            if is_one_line and _are_even(values) and _are_even(places, within=0.2):
                found.update(three)
    return found


def _are_even(steps: list[float], within: float = 1e-9) -> bool:
    first, second, third = steps
    return first != second and abs(first + third - 2 * second) <= within * abs(third - first)


def _extent(mark) -> tuple[float, float]:
    if isinstance(mark, Box):
        return mark.x, mark.x + mark.width
    if isinstance(mark, Line):
        return min(mark.x, mark.x2), max(mark.x, mark.x2)
    if isinstance(mark, Path):
        return min(x for x, _ in mark.points), max(x for x, _ in mark.points)
    if isinstance(mark, Label):
        length = text_width(mark.text, LOOKS[mark.look]["fontSize"])
        shift = {"left": 0.0, "center": length / 2, "right": length}[mark.anchor]
        return mark.x - shift, mark.x - shift + length
    return mark.x, mark.x


def _bottom(mark) -> float:
    if isinstance(mark, Box):
        return mark.y + mark.height
    if isinstance(mark, Path):
        return max(y for _, y in mark.points)
    return max(mark.y, getattr(mark, "y2", mark.y))


@pytest.mark.parametrize("key", CHARTS)
def test_the_page_gets_classes_and_no_colour_style_or_script(names: Names, rich, key: str):
    drawn = figure(key, rich, names)
    assert drawn is not None
    for svg in (drawn.wide, drawn.narrow):
        root = ElementTree.fromstring(svg)
        assert root.get("role") == "img"
        labelled = (root.get("aria-labelledby") or "").split()
        assert [node.get("id") for node in root[:2]] == labelled
        assert not re.search(r"#[0-9a-f]{3,6}\b|style=|<script|<image|href", svg)
    assert set(re.findall(r' id="([^"]+)"', drawn.wide)).isdisjoint(re.findall(r' id="([^"]+)"', drawn.narrow))


@pytest.mark.parametrize("key", CHARTS)
def test_positions_are_computed_here(names: Names, rich, key: str):
    written = str(spec(CHARTS[key](rich, names, WIDE)))
    assert not re.search("aggregate|'bin'|stack|tooltip", written)


def test_text_of_a_label_cannot_become_markup():
    drawing = Drawing(100, 40, "<b>", "a & b", (Label(0, 20, "<script>&"),))
    svg = page_svg(drawing, "k", "w")
    assert "<script>" not in svg
    assert (
        ElementTree.fromstring(svg).findtext("{*}text") is None or "<script>&" in ElementTree.fromstring(svg).itertext()
    )


# ---- single charts


def test_returns_begin_at_zero_and_keep_their_order(names: Names, branch):
    drawing = CHARTS["returns"](branch, names, WIDE)
    bars, rates = marks_of(drawing, Box)[:4], marks_of(drawing, Box)[4:]
    assert len(rates) == 3
    assert len({bar.x for bar in bars}) == 1
    roster = branch.roster
    longest = max(roster.eligible, roster.issued, branch.previous_roster.eligible, branch.previous_roster.issued)
    assert bars[3].width / bars[0].width == pytest.approx(roster.valid / roster.eligible)
    assert bars[0].width <= bars[3].width * longest / roster.valid + 1e-9
    assert bars[3].look == "bar_solid"
    full = rates[2].width / (roster.valid / roster.returned)
    assert [bar.width / full for bar in rates[:2]] == pytest.approx(
        [roster.returned / roster.eligible, roster.returned / roster.issued]
    )


def test_the_year_before_is_a_tick_in_every_bar(names: Names, branch):
    before, roster = branch.previous_roster, branch.roster
    drawing = CHARTS["returns"](branch, names, WIDE)
    ticks, bars = marks_of(drawing, Line, "zero"), marks_of(drawing, Box)
    assert len(ticks) == len(bars) == 7
    assert (ticks[4].x - bars[4].x) / bars[4].width == pytest.approx(
        (before.returned / before.eligible) / (roster.returned / roster.eligible)
    )
    alone = CHARTS["returns"](replace(branch, previous_roster=None), names, WIDE)
    assert marks_of(alone, Line, "zero") == []


def test_returns_are_told_in_people_ballots_and_percents_each_with_its_own_word(app: Flask, branch):
    roster = Roster(40, 38, 36, 35)
    with app.test_request_context(), force_locale("en"):
        report = replace(branch, roster=roster, previous_roster=Roster(50, None, 36, 35))
        told = CHARTS["returns"](report, names_of(synthetic.instrument()), WIDE).description.split("; ")
    assert told[:2] == ["Eligible 40 people (50 people the year before)", "Issued 38 ballots"]
    assert told[2] == "Returned 36 ballots (36 ballots the year before)"
    assert told[4] == "Participation rate 90% (72% the year before)"


def test_returns_of_an_open_link_have_no_picture(names: Names, branch):
    unverified = replace(branch, roster=Roster(None, None, 40, 39, verified=False), previous_roster=None)
    assert CHARTS["returns"](unverified, names, WIDE) is None


def objective_report(branch, rate, judgement):
    return replace(branch, objectives=(replace(branch.objectives[0], rate=rate, judgement=judgement),))


def test_an_objective_shows_point_bounds_worst_to_best_and_target(names: Names, branch):
    rate = Rate(30, 32, population=38, people=(34, 36), worst_best=(30, 36))
    drawing = CHARTS["objectives"](objective_report(branch, rate, judge(30, 32, 38, "0.90")), names, WIDE)
    (dot,), (bounds,), goals = (
        marks_of(drawing, Dot),
        marks_of(drawing, Line, "bounds"),
        marks_of(drawing, Line, "goal"),
    )
    ticks = {label.text: label.x for label in marks_of(drawing, Label)}

    def at(share: float) -> float:
        return ticks["50"] + (share - 0.5) / 0.4 * (ticks["90"] - ticks["50"])

    assert dot.x == pytest.approx(at(30 / 32))
    assert (bounds.x, bounds.x2) == pytest.approx((at(34 / 38), at(36 / 38)))
    assert [goal.x for goal in goals] == pytest.approx([at(0.9)])
    assert "30/32" in drawing.description


def test_a_dot_in_which_branches_weigh_by_their_people_is_called_so(app: Flask, branch):
    with app.test_request_context(), force_locale("en"):
        names, rate = (
            names_of(synthetic.instrument()),
            Rate(30, 40, population=100, people=(60, 90), worst_best=(30, 90)),
        )
        plain = objective_report(branch, rate, judge(30, 40, 100, "0.70"))
        (result,) = plain.objectives
        weighed = replace(plain, objectives=(replace(result, weighted=WeightedRate(0.625, (0.55, 0.7), 2, 100)),))
        (dot,) = marks_of(CHARTS["objectives"](weighed, names, WIDE), Dot)
        assert dot.x < marks_of(CHARTS["objectives"](plain, names, WIDE), Dot)[0].x
        for report, is_said in ((plain, False), (weighed, True)):
            drawn = CHARTS["objectives"](report, names, WIDE)
            for told in (drawn.title, drawn.description, sentences.objectives_reading(report)):
                assert ("branches weighed by their people" in told) is is_said
        assert "branches weighed by their people: 63%" in CHARTS["objectives"](weighed, names, WIDE).description


def test_a_census_has_no_intervals(names: Names, branch):
    rate = Rate(30, 32, population=32, people=(30, 30), worst_best=(30, 30))
    drawing = CHARTS["objectives"](objective_report(branch, rate, judge(30, 32, 32, "0.90")), names, WIDE)
    assert marks_of(drawing, Line, "bounds", "range") == []


def test_a_hidden_objective_has_no_mark_but_its_target(names: Names, branch):
    drawing = CHARTS["objectives"](objective_report(branch, Hidden.TOO_FEW, None), names, WIDE)
    assert marks_of(drawing, Dot) == []
    assert len(marks_of(drawing, Line, "goal")) == 1


def test_at_least_has_no_exact_point(names: Names, branch):
    rate = Rate(12, 13, population=15, bound="at_least")
    drawing = CHARTS["objectives"](objective_report(branch, rate, judge(13, 13, 15, "0.80")), names, WIDE)
    assert marks_of(drawing, Dot) == []
    assert any("12/13" in label.text for label in marks_of(drawing, Label))


def test_a_low_mark_opens_the_axis_to_zero(names: Names, branch):
    low = objective_report(
        branch, Rate(10, 32, population=38, people=(9, 16), worst_best=(10, 16)), judge(10, 32, 38, "0.9")
    )
    assert "0" in [label.text for label in marks_of(CHARTS["objectives"](low, names, WIDE), Label)]


def test_the_length_to_the_right_of_zero_is_the_rate(names: Names, branch):
    drawing = CHARTS["items"](branch, names, WIDE)
    zero = marks_of(drawing, Line, "zero")[0].x
    full = marks_of(drawing, Label)  # ticks stand at their values
    hundred = next(label.x for label in full if label.text == "100")
    rates = sorted((item.rate.value for item in branch.items), reverse=True)
    ends = {}
    for box in marks_of(drawing, Box, "l5", "l4"):
        if box.y > 40:
            ends[round(box.y)] = max(ends.get(round(box.y), 0), box.x + box.width)
    lengths = [(ends[y] - zero + 0.5) / (hundred - zero) for y in sorted(ends)]
    assert lengths == pytest.approx(rates, abs=0.002)


def test_only_items_with_an_objective_carry_a_target(names: Names, branch):
    assert len(marks_of(CHARTS["items"](branch, names, WIDE), Line, "goal")) == 2


def test_a_hidden_item_has_words_and_no_bar(names: Names, branch):
    first = branch.items[0]
    hidden = replace(first, rate=Hidden.TOO_FEW, levels=Hidden.TOO_FEW, awareness=Hidden.TOO_FEW)
    drawing = CHARTS["items"](replace(branch, items=(hidden, *branch.items[1:])), names, NARROW)
    assert hidden_label(Hidden.TOO_FEW) in [label.text for label in marks_of(drawing, Label)]
    assert names.item(first.code) not in drawing.description


def levels(*counts: tuple[int, bool]) -> tuple[LevelCount, ...]:
    return tuple(
        LevelCount((len(counts) - place,), count, satisfied) for place, (count, satisfied) in enumerate(counts)
    )


@pytest.mark.parametrize(
    ("shape", "detail", "colours"),
    [
        ("ss---", Detail.FULL, ["l5", "l4", "l3", "l2", "l1"]),
        ("ss--", Detail.FULL, ["l5", "l4", "l2", "l1"]),
        ("s--", Detail.THREE_WAY, ["l4", "l3", "l2"]),
        ("s-", Detail.TWO_WAY, ["l4", "l3"]),
        ("ss---------", Detail.FULL, ["l5", "l4", "l3", "l2", "l1"]),
        ("sss--", Detail.FULL, ["l5", "l4", "l2", "l1"]),
    ],
)
def test_levels_get_the_colour_of_their_side(branch, shape, detail, colours):
    item = replace(branch.items[0], levels=levels(*((1, sign == "s") for sign in shape)), detail=detail)
    found = bands(item)
    assert [band.level for band in found] == colours
    assert sum(band.count for band in found) == len(shape)


def test_a_borrowed_alpha_is_hollow_and_says_so(names: Names, rich):
    own = rich.dimensions[0].reliability
    borrowed = replace(rich, reliability=replace(own, source="区直机关工委"), dimensions=())
    drawing = CHARTS["reliability"](borrowed, names, WIDE)
    assert [dot.look for dot in marks_of(drawing, Dot)] == ["hollow"]
    assert marks_of(drawing, Label)[-2].text != names.scope(own.scope, len(own.items))


def test_the_line_breaks_where_years_cannot_be_compared(names: Names, branch):
    code, points = branch.history[0]
    apart = (replace(points[0], comparable=False), *points[1:])
    whole = CHARTS["years"](replace(branch, history=((code, points),)), names, WIDE)
    broken_line = CHARTS["years"](replace(branch, history=((code, apart),)), names, WIDE)
    assert [len(path.points) for path in marks_of(whole, Path)] == [3]
    assert [len(path.points) for path in marks_of(broken_line, Path)] == [2]


def test_a_hidden_year_has_words_and_no_point(names: Names, branch):
    code, points = branch.history[0]
    hidden = (replace(points[0], rate=Hidden.TOO_FEW), *points[1:])
    drawing = CHARTS["years"](replace(branch, history=((code, hidden),)), names, WIDE)
    assert len(marks_of(drawing, Dot)) == 2
    assert hidden_label(Hidden.TOO_FEW) in [label.text for label in marks_of(drawing, Label)]


def test_overall_comes_before_the_dimensions_and_each_has_rate_interval_and_index(names: Names, rich):
    drawing = CHARTS["dimensions"](rich, names, WIDE)
    overall, first = rich.item(rich.overall), rich.dimensions[0]
    bold = [label.text for label in marks_of(drawing, Label, "strong")]
    assert bold[0] == names.item(rich.overall)
    assert drawing.description.index(names.item(rich.overall)) < drawing.description.index(names.dimension(first.code))
    dots = marks_of(drawing, Dot)
    assert len(dots) == 1 + len(rich.dimensions)
    ticks = {label.text: label.x for label in marks_of(drawing, Label, "note")}
    at = [ticks["50"] + (rate - 0.5) / 0.4 * (ticks["90"] - ticks["50"]) for rate in (overall.rate.value, first.rate)]
    assert [dot.x for dot in dots[:2]] == pytest.approx(at)
    lines = marks_of(drawing, Line, "bounds")
    assert all(line.x < dot.x < line.x2 for line, dot in zip(lines, dots, strict=True))
    assert f"指数 {round(first.index)}" in drawing.description or f"index {round(first.index)}" in drawing.description


def test_a_dimension_told_about_is_hollow_and_a_hidden_one_has_no_dot(names: Names, tiny):
    drawing = CHARTS["dimensions"](tiny, names, NARROW)
    assert {dot.look for dot in marks_of(drawing, Dot)} <= {"hollow", "now"}
    assert len(marks_of(drawing, Dot, "hollow")) == len(tiny.dimensions)
    hidden = replace(tiny.dimensions[0], rate=Hidden.TOO_FEW, index=Hidden.TOO_FEW, interval=Hidden.TOO_FEW)
    without = CHARTS["dimensions"](replace(tiny, dimensions=(hidden, *tiny.dimensions[1:])), names, NARROW)
    assert len(marks_of(without, Dot, "hollow")) == len(tiny.dimensions) - 1
    assert hidden_label(Hidden.TOO_FEW) in without.description


# ---- documents


def test_every_chart_is_a_picture_for_documents_too_and_is_drawn_once(names: Names, rich):
    first = picture("returns", rich, names)
    drawn = _picture.cache_info().misses
    assert picture("returns", replace(rich, comments=()), names) == first
    assert _picture.cache_info().misses == drawn
    assert picture("no such chart", rich, names) is None
    assert picture("items", replace(rich, hidden=Hidden.TOO_FEW), names) is None
    assert picture("returns", replace(rich, hidden=Hidden.TOO_FEW), names) == first


def test_marks_of_a_page_are_drawn_once(names: Names, rich):
    first = figure("items", rich, names)
    drawn = _page_marks.cache_info().misses
    assert figure("items", replace(rich, comments=()), names) == first
    assert _page_marks.cache_info().misses == drawn


def test_a_picture_for_documents_has_ink_where_the_text_is(names: Names):
    assert chinese_font_available(), "apt-get install fonts-noto-cjk"
    blank, written = (png(Drawing(200, 40, "t", "d", (Label(2, 24, text),))) for text in ("", "测评结果"))
    assert written.startswith(b"\x89PNG")
    assert len(written) > len(blank)


def test_a_recommendation_is_coloured_as_its_score_counts_it():
    drawn = bands(every_type.report(40).item("advise"))
    assert [(band.codes, band.count) for band in drawn] == [
        ((10,), 8),
        ((9,), 12),
        ((8, 7), 8),
        ((6, 5, 4, 3, 2, 1, 0), 12),
    ]


def test_a_chart_of_no_satisfaction_does_not_speak_of_it(app: Flask):
    with app.test_request_context(), force_locale("en"):
        drawn = CHARTS["items"](every_type.report(15), names_of(every_type.instrument()), WIDE)
        written = [mark.text for mark in drawn.marks if isinstance(mark, Label)] + [drawn.title, drawn.description]
    assert not [text for text in written if "atisf" in text]
    assert "← other answers" in written
