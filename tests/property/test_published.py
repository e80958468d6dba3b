"""Published figures under random tables and hostile files: percentiles are right, and nothing breaks."""

from __future__ import annotations

import csv
import io
import json
from itertools import pairwise
from math import isfinite

import numpy
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from analysis.published import Figure, Organisation, Year, bands, describe, quantile, standing, word_difference
from survey_app.services.figures_map import read_figures_map
from survey_app.services.published_file import read_figures
from survey_app.services.table_file import AnswersFileError

MAP = read_figures_map(b"series: s\ncolumns: {y: year, o: organisation, i: item, p: percent, n: n}\n")
PERCENTS = st.decimals(0, 120, places=3).map(float)
HOSTILE = st.one_of(
    st.sampled_from(["=1+1", "+1", "@SUM(A1)", "-5", "NaN", "inf", "-Infinity", "1e999", "1E5", "9" * 400, "0x10",
                     "１２", "12,5", "5 %", "\x00", "\u202e1", '"', "a\nb"]),
    st.text(max_size=30),
)  # fmt: skip


def one_year(values: list[float], year: int = 2024) -> Year:
    rows = {f"O{n}": Organisation(f"O{n}", "", {"q": Figure(str(value), value)}) for n, value in enumerate(values)}
    return Year(year, ("q",), rows, {}, {}, None)


@given(st.lists(PERCENTS, min_size=1, max_size=60), st.floats(0, 1))
def test_quantiles_are_those_of_type_seven(values: list[float], share: float):
    ordered = sorted(values)
    assert abs(quantile(ordered, share) - float(numpy.quantile(ordered, share))) < 1e-9


@given(st.lists(PERCENTS, min_size=10, max_size=60))
def test_bands_are_in_order_and_within_the_figures(values: list[float]):
    found = bands(describe([one_year(values)]), 2024, "q")
    assert found is not None
    marks = [min(values), found.p10, found.p25, found.p50, found.p75, found.p90, max(values)]
    assert all(earlier <= later + 1e-9 for earlier, later in pairwise(marks))


@given(st.lists(PERCENTS, min_size=1, max_size=40), st.data())
def test_a_place_counts_every_other_organisation_once(values: list[float], data):
    series = describe([one_year(values)])
    chosen = data.draw(st.integers(0, len(values) - 1))
    place = standing(series, 2024, "q", f"O{chosen}")
    assert place is not None
    others = values[:chosen] + values[chosen + 1 :]
    assert (place.below, place.above) == (
        sum(value < values[chosen] for value in others), sum(value > values[chosen] for value in others),
    )  # fmt: skip
    assert place.others == len(others)


@given(st.lists(st.sets(st.integers(0, 12), min_size=1), min_size=1, max_size=5))
def test_every_organisation_is_either_of_all_years_or_of_some(presence: list[set[int]]):
    years = [
        Year(
            2000 + n, ("q",), {f"O{k}": Organisation(f"O{k}", "", {"q": Figure("1", 1.0)}) for k in found}, {}, {}, None
        )
        for n, found in enumerate(presence)
    ]
    series = describe(years)
    everybody = {f"O{k}" for found in presence for k in found}
    assert set(series.constant) == {f"O{k}" for k in set.intersection(*presence)}
    assert set(series.partial) == everybody - set(series.constant)


CELLS = st.one_of(st.just("NA"), st.decimals(2, 120, places=2).map(str))


@given(st.lists(st.lists(CELLS, min_size=3, max_size=3), min_size=1, max_size=4))
def test_rows_without_a_figure_say_nothing(cells: list[list[str]]):
    """The file with its empty cells and the same without these rows say the same."""
    rows = [
        [str(2020 + year), f"O{place}", "q", cell, ""]
        for year, row in enumerate(cells)
        for place, cell in enumerate(row)
    ]
    published = [row for row in rows if row[3] != "NA"]
    assume(published)
    tables = [read_figures(written(found), "f.csv", MAP) for found in (rows, published)]
    names = [{year: list(found) for year, found in table.years.items()} for table in tables]
    assert names[0] == names[1]


@given(st.text(max_size=60), st.text(max_size=60))
def test_a_difference_of_wordings_loses_no_character(before: str, after: str):
    pieces = word_difference(before, after)
    assert "".join(text for fate, text in pieces if fate != "new") == before
    assert "".join(text for fate, text in pieces if fate != "gone") == after


def written(rows: list[list[str]]) -> bytes:
    out = io.StringIO()
    csv.writer(out).writerows([["y", "o", "i", "p", "n"], *rows])
    return out.getvalue().encode("utf-8", "replace")


@settings(max_examples=150)
@given(st.lists(st.lists(HOSTILE, min_size=5, max_size=5), min_size=1, max_size=6))
def test_a_hostile_table_is_refused_in_sentences_or_read_as_finite_figures(rows: list[list[str]]):
    rows = [["2024", "A", "q", "50", ""], *([year, *rest] for year, *rest in rows)]
    try:
        table = read_figures(written(rows), "f.csv", MAP)
    except AnswersFileError as refusal:
        assert all(len(str(problem)) < 400 for problem in refusal.problems)
        return
    for found in table.years.values():
        for organisation in found.values():
            assert not organisation.name.startswith(("=", "+", "-", "@"))
            assert all(isfinite(float(figure.percent("percent"))) for figure in organisation.figures.values())


@settings(max_examples=60)
@given(st.binary(max_size=300), st.sampled_from(["f.csv", "f.xlsx", "f.ods"]))
def test_bytes_that_are_no_table_are_refused(data: bytes, name: str):
    try:
        read_figures(data, name, MAP)
    except AnswersFileError:
        return


PARTS = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.text(max_size=10)),
    lambda inner: st.one_of(st.lists(inner, max_size=4), st.dictionaries(st.text(max_size=8), inner, max_size=4)),
    max_leaves=12,
)
KEYS = ["series", "columns", "items", "references", "missing", "values", "year", "wordings", "title"]


@settings(max_examples=100)
@given(PARTS, st.sampled_from(KEYS))
def test_a_hostile_map_is_refused_or_read(part: object, key: str):
    source = json.dumps({"series": "s", "columns": {"o": "organisation", "y": "year"}, key: part}, ensure_ascii=True)
    try:
        read_figures_map(source.encode())
    except AnswersFileError:
        return
