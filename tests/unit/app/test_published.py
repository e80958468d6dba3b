"""Published figures from a file: what is taken, what is refused by row, how it is kept and handed out again."""

from __future__ import annotations

import csv
import io
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from random import Random

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from analysis.published import Published, bands, passages, standing
from survey_app import services
from survey_app.models import AuditEntry, PublishedSeries, PublishedYear
from survey_app.services.figures_map import FiguresMap, read_figures_map
from survey_app.services.published import (
    FiguresAhead,
    FiguresAltered,
    FiguresOverHundred,
    YearsKnown,
    delete_series,
    figures_csv,
    hashes_of,
    import_figures,
    published_of,
    wordings_csv,
)
from survey_app.services.published_file import FiguresTable, read_figures, read_wordings
from survey_app.services.table_file import AnswersFileError

CSPS = Path(__file__).parents[2] / "data" / "csps"
LONG = "columns: {year: year, name: organisation, item: item, rate: percent, n: n}"
HEADER = "year,name,item,rate,n"
MAP_WITHOUT_WORDS = """
series: csps
columns: {year: year, department_group: group, organisation: organisation, item: item, percent_positive: percent}
participation: response_rate
references: [All civil servants (mean score), Civil Service Benchmark (median)]
"""
DOWNLOADED = """
series: again
columns:
  {year: year, organisation: organisation, group: group, item: item, value: percent, n: n, scale: null, reference: null}
"""


def said(*lines: str) -> FiguresMap:
    return read_figures_map("\n".join(["series: made", *lines]).encode())


def read(*rows: str, lines: tuple[str, ...] = (LONG,), header: str = HEADER) -> FiguresTable:
    return read_figures("\n".join([header, *rows]).encode(), "figures.csv", said(*lines))


def faults(*rows: str, **how: object) -> list[tuple[int | None, str]]:
    with pytest.raises(AnswersFileError) as refusal:
        read(*rows, **how)
    return [(problem.row, problem.message) for problem in refusal.value.problems]


def stored(session: Session, district, clock, table: FiguresTable, mapped: FiguresMap, **how: object):
    choices = {"wordings": {}, "may_replace": False, "over_100_confirmed": False} | how
    return import_figures(
        session, table, mapped, unit=district["district"], by=services.COMMAND_LINE, clock=clock, **choices
    )


# ---- the real file


@pytest.fixture(scope="module")
def csps_map() -> FiguresMap:
    return read_figures_map((CSPS / "csps.yaml").read_bytes())


@pytest.fixture(scope="module")
def csps(csps_map: FiguresMap) -> FiguresTable:
    name = "csps_organisations_2021_2023.csv"
    return read_figures((CSPS / name).read_bytes(), name, csps_map)


@pytest.fixture
def wordings(csps_map: FiguresMap) -> dict[int, dict[str, str]]:
    return read_wordings((CSPS / "csps_items_2021_2023.csv").read_bytes(), "items.csv", csps_map)


@pytest.fixture
def series(session, district, clock, csps, csps_map, wordings) -> PublishedSeries:
    return stored(session, district, clock, csps, csps_map, wordings=wordings, over_100_confirmed=True).series


@pytest.fixture
def published(session, series) -> Published:
    return published_of(session, series)


def test_the_two_figures_above_a_hundred_are_told_by_row_and_wait_for_a_word(session, district, clock, csps, csps_map):
    told = [(one.row, one.year, one.organisation, one.item, one.text) for one in csps.over_100]
    assert told == [
        (1099, 2021, "Government Property Agency", "response_rate", "102.281"),
        (14147, 2023, "Government Property Agency", "response_rate", "103.398"),
    ]
    lines = (CSPS / "csps_organisations_2021_2023.csv").read_text(encoding="utf-8").splitlines()
    assert all(lines[row - 1].endswith(text) for row, *_, text in told)
    with pytest.raises(FiguresOverHundred) as refusal:
        stored(session, district, clock, csps, csps_map)
    assert refusal.value.figures == csps.over_100
    assert session.scalar(select(PublishedYear.year)) is None


def test_references_are_no_organisations_and_organisations_of_some_years_are_kept_apart(published: Published):
    latest = published.years[-1]
    assert list(latest.references) == ["All civil servants (mean score)", "Civil Service Benchmark (median)"]
    assert (len(published.constant), len(published.partial)) == (97, 14)
    assert published.partial["Active Travel England"] == (2023,)
    assert not set(latest.references) & {*published.constant, *published.partial}


def test_participation_is_no_item_of_the_real_file(published: Published):
    assert "response_rate" not in published.items
    assert {year.participation for year in published.years} == {"response_rate"}


def test_percentiles_of_the_real_file_are_those_of_its_97_organisations(published: Published):
    with (CSPS / "csps_organisations_2021_2023.csv").open(encoding="utf-8") as file:
        rows = [row for row in csv.DictReader(file) if (row["year"], row["item"]) == ("2023", "B01")]
    values = sorted(float(row["percent_positive"]) for row in rows if row["organisation"] in published.constant)
    found = bands(published, 2023, "B01")
    assert found is not None
    assert (found.organisations, found.p50) == (97, values[48])
    assert found.p25 == values[24]
    place = standing(published, 2023, "B01", "Acas")
    acas = next(float(row["percent_positive"]) for row in rows if row["organisation"] == "Acas")
    assert place is not None
    assert (place.below, place.others) == (sum(value < acas for value in values), 96)


def test_the_item_whose_wording_changed_is_not_joined_over_it(published: Published):
    assert [(one.later, one.change) for one in passages(published, "B59")] == [(2022, "changed"), (2023, "same")]
    assert [(one.later, one.change) for one in passages(published, "B06")] == [(2022, "same"), (2023, "edited")]
    changed = {
        code for code in published.items for one in passages(published, code) if one.change == "changed"
    }  # fmt: skip
    assert changed == {"B28", "B59"}


def test_what_was_imported_comes_out_with_every_digit(session, series):
    with (CSPS / "csps_organisations_2021_2023.csv").open(encoding="utf-8") as file:
        published = sorted(tuple(row.values()) for row in csv.DictReader(file))
    out = csv.DictReader(io.StringIO(figures_csv(session, series)))
    handed_out = sorted((row["year"], row["group"], row["organisation"], row["item"], row["value"]) for row in out)
    assert handed_out == published
    lines = (CSPS / "csps_items_2021_2023.csv").read_text(encoding="utf-8").splitlines()
    assert sorted(wordings_csv(session, series).splitlines()) == sorted(lines)


def test_a_year_that_is_there_is_replaced_only_on_demand_and_that_is_recorded(
    session, district, clock, series, csps, csps_map
):
    with pytest.raises(YearsKnown) as refusal:
        stored(session, district, clock, csps, csps_map, over_100_confirmed=True)
    assert refusal.value.values == {"years": "2021, 2022, 2023"}
    one_year = replace(csps, years={2023: csps.years[2023]})
    again = stored(session, district, clock, one_year, csps_map, over_100_confirmed=True, may_replace=True)
    assert (again.series.id, again.replaced) == (series.id, (2023,))
    acts = session.scalars(select(AuditEntry).filter_by(act="published.import").order_by(AuditEntry.number)).all()
    assert [entry.detail["replaced"] for entry in acts] == [[], [2023]]


def test_a_replaced_year_keeps_what_nobody_gives_anew_and_says_so(session, district, clock, series, csps, wordings):
    before = published_of(session, series).years
    bare = read_figures_map(MAP_WITHOUT_WORDS.encode())
    again = stored(session, district, clock, csps, bare, over_100_confirmed=True, may_replace=True)
    session.flush()
    after = published_of(session, series).years
    assert again.kept == ("title", "origin", "measure", "wordings")
    assert (series.title, series.origin[:14]) == ("UK Civil Service People Survey", "Cabinet Office")
    assert [(year.wordings, year.measure) for year in after] == [(year.wordings, year.measure) for year in before]
    anew = stored(
        session, district, clock, csps, replace(bare, title="New", origin="New", measure="New"),
        wordings=wordings | {2023: {"B01": "Otherwise"}}, over_100_confirmed=True, may_replace=True,
    )  # fmt: skip
    session.flush()
    assert (anew.kept, series.title) == ((), "New")
    assert published_of(session, series).years[-1].wordings == {"B01": "Otherwise"}


def test_a_series_without_a_title_is_called_by_its_code(session, district, clock):
    made = stored(session, district, clock, read("2024,A,q1,50,"), said(LONG))
    assert (made.series.title, made.kept) == ("made", ())


def test_altered_figures_are_not_shown(session, series):
    session.get_one(PublishedYear, (series.id, 2022)).figures = b'{"organisations": []}'
    session.get_one(PublishedYear, (series.id, 2022)).sha256 = "0" * 64
    session.flush()
    with pytest.raises(FiguresAltered):
        published_of(session, series)


def test_a_series_goes_with_its_years_and_leaves_its_hashes_in_the_record(session, series, clock):
    hashes = [year.sha256 for year in series.years]
    delete_series(session, series, by=services.COMMAND_LINE, clock=clock)
    assert session.scalar(select(PublishedYear.year)) is None
    entry = session.scalars(select(AuditEntry).filter_by(act="published.delete")).one()
    assert entry.detail["sha256"] == hashes


# ---- other shapes


def test_a_wide_table_of_shares_of_one_year_says_the_same_as_a_long_one_of_percents(session, district, clock):
    wide = said(
        "year: 2024", "values: share", "columns: {name: organisation, n: n, remark: null}", "items: {Q 1: q1, Q 2: q2}"
    )
    table = read_figures(b"name,n,Q 1,Q 2,remark\nA,40,0.9,,x\nB,,0.75,0.5,\n", "wide.csv", wide)
    long = read("2024,A,q1,90,40", "2024,A,q2,,40", "2024,B,q1,75,", "2024,B,q2,50,")
    first = stored(session, district, clock, table, wide).series
    second = stored(session, district, clock, long, replace(said(LONG), series="long")).series
    one, other = published_of(session, first), published_of(session, second)
    assert one.values == other.values
    assert one.years[0].organisations["A"].figures["q1"].n == 40
    assert one.years[0].organisations["A"].figures["q1"].text == "0.9"
    assert table.missing == long.missing == 1


def test_cells_that_stand_for_nothing_are_said_in_the_map():
    table = read("2024,A,q1,*,", "2024,B,q1,NA,", "2024,C,q1,50,", lines=(LONG, 'missing: ["*"]'))
    assert (table.figures, table.missing) == (1, 2)


def test_a_spreadsheet_is_read_as_its_csv(session):
    import xlsxwriter

    stream = io.BytesIO()
    with xlsxwriter.Workbook(stream) as workbook:
        sheet = workbook.add_worksheet()
        for row, cells in enumerate([HEADER.split(","), [2024, "甲", "q1", 66.7, 30]]):
            sheet.write_row(row, 0, cells)
    table = read_figures(stream.getvalue(), "figures.xlsx", said(LONG))
    assert table == read("2024,甲,q1,66.7,30")


def test_a_download_that_is_imported_again_is_the_same_series_also_where_an_organisation_has_no_figure(
    session, district, clock
):
    table = read("2023,A,q1,50,", "2023,Z,q1,40,", "2024,A,q1,51,30", "2024,Z,q1,NA,", "2025,A,q1,,")
    first = stored(session, district, clock, table, said(LONG)).series
    session.flush()
    downloaded = read_figures_map(DOWNLOADED.encode())
    second = stored(
        session, district, clock, read_figures(figures_csv(session, first).encode(), "f.csv", downloaded), downloaded
    ).series
    session.flush()
    assert hashes_of(first) == hashes_of(second)
    assert published_of(session, first).partial == published_of(session, second).partial == {"Z": (2023,)}
    assert (table.missing, sorted(table.years)) == (2, [2023, 2024])


def test_a_participation_in_shares_stands_beside_items_in_percent(session, district, clock):
    mapped = said(LONG, "participation: took_part", "shares: [took_part]")
    table = read(
        "2024,A,q1,66,", "2024,A,took_part,0.66,", "2024,B,q1,70,", "2024,B,took_part,1.04,",
        lines=(LONG, "participation: took_part", "shares: [took_part]"),
    )  # fmt: skip
    assert [one.text for one in table.over_100] == ["1.04"]
    made = stored(session, district, clock, table, mapped, over_100_confirmed=True).series
    session.flush()
    [year] = published_of(session, made).years
    assert {code: figure.percent for code, figure in year.organisations["A"].figures.items()} == {
        "q1": 66.0, "took_part": 66.0,
    }  # fmt: skip
    rows = csv.DictReader(io.StringIO(figures_csv(session, made)))
    assert {row["item"]: row["scale"] for row in rows} == {"q1": "percent", "took_part": "share"}


# ---- what is wrong with a file, by row


def test_every_bad_cell_is_listed_by_its_row():
    found = faults(
        "2024,A,q1,66.7,30", "24,A,q2,50,", "2024,,q1,50,", "2024,B,q1,many,", "2024,C,q1,50,0", "2024,A,q1,12,",
        "2024,D,q1,-3,", "2024,E,q1,1e999,", "2024,F,q1,nan,", "2024,G,q1,50,,,7", "2024,=cmd(),q1,50,",
    )  # fmt: skip
    assert [row for row, _ in found] == [3, 4, 5, 6, 7, 8, 9, 10, 11, 12]
    assert dict(found)[7] == "The same figure stands in row 2."


def test_a_column_that_nobody_mapped_is_told():
    [(row, words)] = faults("2024,A,q1,50,,x", header=f"{HEADER},remark")
    assert (row, words) == (1, "The column “remark” is neither mapped nor left out.")


def test_names_of_the_map_that_the_file_has_not_are_told():
    found = faults("2024,A,q1,50,", lines=(LONG, "participation: took_part", "references: [Mean]"))
    assert [words for _, words in found] == [
        "The map names the reference “Mean”, which is not in the file.",
        "The map names the participation “took_part”, which is not in the file.",
    ]


def test_shares_taken_for_percents_are_noticed():
    [(_, words)] = faults("2024,A,q1,0.5,", "2024,B,q1,0.9,")
    assert "values: share" in words


def test_shares_of_which_one_is_above_a_whole_are_noticed_too():
    [(_, words)] = faults("2024,A,q1,0.66,", "2024,B,q1,1.04,")
    assert "values: share" in words


def test_a_participation_below_one_percent_is_a_share_even_where_it_stands_once():
    [(_, words)] = faults("2024,A,q1,66,", "2024,A,took_part,0.7,", lines=(LONG, "participation: took_part"))
    assert "“took_part” look like shares" in words


def test_one_item_in_shares_among_percentages_is_noticed_and_named():
    rows = (
        "2024,A,q1,66,",
        "2024,B,q1,70,",
        "2024,A,took_part,0.66,",
        "2024,B,took_part,0.7,",
        "2024,C,took_part,1.04,",
    )
    [(_, words)] = faults(*rows)
    assert "“took_part” look like shares" in words
    assert "highest: 1.04" in words
    assert read(*rows, lines=(LONG, "shares: [took_part]")).figures == 5


def test_small_percentages_are_taken_once_the_map_names_their_item():
    rows = ("2024,A,q1,66,", "2024,A,left,0.4,", "2024,B,left,0.9,")
    assert len(faults(*rows)) == 1
    assert read(*rows, lines=(LONG, "percents: [left]")).over_100 == ()


def test_items_that_are_nothing_everywhere_or_stand_once_are_no_shares():
    assert read("2024,A,q1,66,", "2024,A,q2,0,", "2024,B,q2,0,", "2024,A,q3,0.9,").figures == 4


def test_a_scale_for_an_item_that_is_not_there_is_told():
    [(_, words)] = faults("2024,A,q1,50,", lines=(LONG, "shares: [took_part]"))
    assert words == "The map gives a scale to “took_part”, which is not in the file."


def test_a_file_without_any_figure_is_refused():
    assert [words for _, words in faults("2024,A,q1,NA,")] == ["No cell of the file holds a figure."]


def test_figures_of_next_year_are_refused(session, district, clock):
    with pytest.raises(FiguresAhead):
        stored(session, district, clock, read("2027,A,q1,50,"), said(LONG))


@pytest.mark.parametrize(
    ("lines", "words"),
    [
        ((), "which column holds “organisation”"),
        (("columns: {a: organisation, b: year}",), "which column holds “item”"),
        (("columns: {a: organisation, b: organisation}",), "gives “organisation” to two columns"),
        (("columns: {a: organisation, b: queen}",), "Line 2 of the map: “columns” is not as needed."),
        (("values: points",), "Line 2 of the map: “values” is not as needed."),
        (("year: 2024", "columns: {a: organisation, b: year}"), "gives the year twice"),
        ((LONG, "shares: [q1]", "percents: [q1]"), "“q1” under “shares” and under “percents”"),
        (("surprise: yes",), "Line 2 of the map: “surprise” is not known."),
        (("year: 2024", "columns: {a: organisation, b: item}", "items: {c: q1}"), "then no column holds"),
    ],
)
def test_a_map_with_a_slip_says_which(lines: tuple[str, ...], words: str):
    with pytest.raises(AnswersFileError) as refusal:
        said(*lines)
    assert words in str(refusal.value)


def test_a_map_without_a_series_is_told_what_it_needs():
    with pytest.raises(AnswersFileError, match="needs “series”"):
        read_figures_map(LONG.encode())


def test_wordings_with_faults_are_told_by_row():
    data = b"year,item,wording\n2024,q1,Content?\nsoon,q1,x\n2024,q1,Again?\n2024,q2,\n2024,q3,=1+1\n"
    with pytest.raises(AnswersFileError) as refusal:
        read_wordings(data, "w.csv", said(LONG))
    assert [problem.row for problem in refusal.value.problems] == [3, 4, 5, 6]


@pytest.mark.parametrize(("item", "wording", "limit"), [("q" * 201, "Content?", 200), ("q1", "w" * 501, 500)])
def test_a_text_of_the_wordings_that_is_too_long_is_told_its_own_limit(item: str, wording: str, limit: int):
    with pytest.raises(AnswersFileError, match=f"more than {limit} characters"):
        read_wordings(f"year,item,wording\n2024,{item},{wording}\n".encode(), "w.csv", said(LONG))


def test_decimals_are_kept_as_they_were_written(session, district, clock):
    rng = Random(5)
    texts = [f"{Decimal(rng.randrange(10**6)) / 10**4:.{rng.randrange(1, 9)}f}" for _ in range(50)]
    rows = [f"2024,O{number},q1,{text}," for number, text in enumerate(["88.90", "07.5", *texts])]
    made = stored(session, district, clock, read(*rows), said(LONG)).series
    out = [row["value"] for row in csv.DictReader(io.StringIO(figures_csv(session, made)))]
    assert out == ["88.90", "07.5", *texts]
