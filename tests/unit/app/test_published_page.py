"""Published figures in the browser: from the file to the pages, what stands on them, and what never does."""

from __future__ import annotations

import io
from pathlib import Path
from urllib.parse import quote

import pytest
from sqlalchemy import event, func, select
from sqlalchemy.orm import Session

from survey_app import services
from survey_app.clock import SetClock
from survey_app.database import build_engine
from survey_app.extensions import db
from survey_app.models import AuditEntry, ColumnMap, PublishedSeries, PublishedYear, Unit
from survey_app.services.figures_map import read_figures_map
from survey_app.services.published import import_figures
from survey_app.services.published_file import read_figures, read_wordings
from tests.committee_world import NOON, PASSWORD, World
from tests.databases import copy_database
from tests.page_checks import check_page, elements, parsed, text_of
from tests.visitor import Visitor

CSPS = Path(__file__).parents[2] / "data" / "csps"
ADDRESS = "/committee/published/import"
MAP = (CSPS / "csps.yaml").read_text(encoding="utf-8")


def send(visitor: Visitor, data: bytes, *, wordings: bytes | None = None, name: str = "figures.csv", **typed: str):
    page = visitor.page(ADDRESS)
    token = next(e.get("value") for e in elements(page, "input") if e.get("name") == "csrf_token")
    unit = next(e for e in elements(page, "select") if e.get("name") == "unit")
    fields = {"csrf_token": token, "unit": next(elements(unit, "option")).get("value"), "kept": "", **typed}
    upload = {"file": (io.BytesIO(data), name)}
    if wordings is not None:
        upload["wordings"] = (io.BytesIO(wordings), "wordings.csv")
    response = visitor.client.post(ADDRESS, data=fields | upload, content_type="multipart/form-data")
    if response.status_code != 302:
        check_page(response.text)
    return response


def csps(visitor: Visitor, **typed: str):
    data, wordings = ((CSPS / f"csps_{name}_2021_2023.csv").read_bytes() for name in ("organisations", "items"))
    return send(visitor, data, wordings=wordings, **{"column_map": MAP, "over_100": "y"} | typed)


def small(committee: Visitor, *rows: str, lines: str = "") -> str:
    """The address of a made-up series; each row is a year, an organisation, an item, a percentage and a number."""
    said = "series: s\ncolumns: {year: year, name: organisation, item: item, rate: percent, n: n}\n" + lines
    sent = send(committee, "\n".join(["year,name,item,rate,n", *rows]).encode(), column_map=said)
    assert sent.status_code == 302
    return sent.location


def rows_of(html: str) -> list[list[str]]:
    return [[text_of(cell) for cell in elements(row, "th", "td")] for row in elements(parsed(html), "tr")]


def counted(world: World, model: type) -> int:
    with world.app.app_context():
        return db.session.scalar(select(func.count()).select_from(model)) or 0


@pytest.fixture
def committee(world: World) -> Visitor:
    return world.as_user("higher_committee")


@pytest.fixture(scope="module")
def with_figures(finished_world: tuple[World, Path], tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """A world into which the real figures have been brought, once for all tests; the address of the series."""
    made, database = finished_world
    path = copy_database(database, tmp_path_factory.mktemp("figures") / "world.sqlite3")
    said = read_figures_map(MAP.encode())
    data, wordings = ((CSPS / f"csps_{name}_2021_2023.csv").read_bytes() for name in ("organisations", "items"))
    with Session(build_engine(f"sqlite:///{path}")) as session:
        imported = import_figures(
            session, read_figures(data, "f.csv", said), said, wordings=read_wordings(wordings, "w.csv", said),
            unit=session.get_one(Unit, made.units["C1"]), may_replace=False, over_100_confirmed=True,
            by=services.COMMAND_LINE, clock=SetClock(NOON),
        )  # fmt: skip
        address = f"/committee/published/{imported.series.id}"
        session.commit()
    return path, address


@pytest.fixture
def series(world: World, committee: Visitor, with_figures: tuple[Path, str], tmp_path: Path) -> str:
    """The address of the real figures, and somebody of C1 signed in."""
    world.app.extensions["engine"].dispose()
    copy_database(with_figures[0], tmp_path / "world.sqlite3")
    signed_in = committee.submit("/login", login="higher_committee", password=PASSWORD)
    assert signed_in.status_code == 302
    return with_figures[1]


def test_figures_above_a_hundred_are_listed_by_row_before_they_are_taken(world: World, committee: Visitor):
    before = counted(world, PublishedYear)
    refused = csps(committee, over_100="")
    assert refused.status_code == 422
    assert ["1099", "Government Property Agency", "response_rate", "2021", "102.281"] in rows_of(refused.text)
    assert any(box.get("name") == "over_100" for box in elements(parsed(refused.text), "input"))
    assert counted(world, PublishedYear) == before


def test_a_check_tells_what_the_file_holds_and_stores_nothing(world: World, committee: Visitor):
    before = counted(world, PublishedYear), counted(world, AuditEntry)
    checked = csps(committee, over_100="", only_check="y")
    assert checked.status_code == 200
    text = text_of(parsed(checked.text)).replace("\u00a0", " ")
    assert "2023: 105 organisations, 2 reference rows, 7597 figures" in text
    assert "103.398" in text
    assert (counted(world, PublishedYear), counted(world, AuditEntry)) == before


def test_the_page_of_a_year_says_who_is_compared_and_that_answers_are_unknown(committee: Visitor, series: str):
    page = committee.text(series)
    assert "number of answers unknown" in page
    assert "97 in all years, 14 in some" in page
    assert "Cabinet Office, Open Government Licence v3.0" in page
    assert "Above 100 percent, kept as published: Government Property Agency: 103.4%" in page
    earlier = committee.text(f"{series}?year=2021")
    assert "102.3%" in earlier
    assert committee.client.get(f"{series}?year=1999").status_code == 404


@pytest.mark.parametrize("part", ["", "/organisation?name=Acas", "/item?code=B59", "/item?code=response_rate"])
def test_no_page_has_an_interval_a_test_an_arrow_or_a_tier(committee: Visitor, series: str, part: str):
    page = committee.text(series + part).casefold()
    for never in ("interval", "▲", "▼", "＝", "improved", "declined", "significant", "funnel", "tier", "p ="):
        assert never not in page, never


def test_reference_rows_are_a_line_and_no_organisation(committee: Visitor, series: str):
    reference = "All civil servants (mean score)"
    linked = [text_of(link) for link in elements(committee.page(series), "a")]
    assert reference not in linked
    assert "Acas" in linked
    assert committee.client.get(f"{series}/organisation?name={quote(reference)}").status_code == 404
    assert "60.7%; 63.9%" in str(rows_of(committee.get(f"{series}/item?code=EES").text))


def test_an_organisation_reads_its_place_in_plain_words(committee: Visitor, series: str):
    page = committee.text(f"{series}/organisation?name=Acas")
    assert "of 96 other organisations are lower" in page
    assert "stand above the median organisation" in page
    assert "2022: wording changed" in page


def test_an_organisation_of_one_year_is_told_to_be_apart(committee: Visitor, series: str):
    page = committee.text(f"{series}/organisation?name={quote('Active Travel England')}")
    assert "This organisation has figures of 2023 only." in page
    assert "of 97 other organisations" in page


def test_an_item_whose_wording_changed_shows_both_and_is_not_one_line(committee: Visitor, series: str):
    page = committee.get(f"{series}/item?code=B59")
    assert "“Brilliant” became “Modern”" in page.text
    assert "Not to be read as one line: 2021 to 2022 (wording changed)." in text_of(parsed(page.text))
    lines = [row for row in rows_of(page.text) if row[0] == "B59"]
    assert lines[0][1] == "2021 to 2022"
    assert lines[0][-1] == "no"


def test_a_line_joins_medians_only_where_the_wording_stayed(committee: Visitor, series: str):
    """Three years are joined by two pieces of line; B59 was worded anew in the second year and keeps one."""

    def pieces(code: str) -> int:
        wide = committee.get(f"{series}/item?code={code}").text.partition("<svg")[2].partition("</svg>")[0]
        return wide.count('stroke-width="2" class="k-act"')

    assert (pieces("B01"), pieces("B59")) == (2, 1)


def test_what_was_imported_can_be_downloaded_digit_by_digit(world: World, committee: Visitor, series: str):
    data = committee.client.get(f"{series}/download/figures").get_data(as_text=True)
    assert "2021,Government Property Agency,Cabinet Office,response_rate,102.281,,percent,0" in data
    assert "I am interested in my work" in committee.client.get(f"{series}/download/wordings").get_data(as_text=True)
    with world.app.app_context():
        assert db.session.scalars(select(AuditEntry).filter_by(act="published.export")).all()


def test_a_year_is_replaced_only_with_the_tick(world: World, committee: Visitor, series: str):
    again = csps(committee)
    assert again.status_code == 409
    assert "The series has figures of 2021, 2022, 2023 already." in again.text
    assert csps(committee, replace="y").location == series


def test_wordings_that_no_file_brings_anew_are_kept_and_the_page_says_so(committee: Visitor, series: str):
    data = (CSPS / "csps_organisations_2021_2023.csv").read_bytes()
    typed = {"column_map": MAP, "over_100": "y", "replace": "y"}
    said = "Kept as stored, since nothing new was given: wordings."
    assert said in text_of(parsed(send(committee, data, only_check="y", **typed).text))
    assert said in committee.text(send(committee, data, **typed).location)
    assert "“Brilliant” became “Modern”" in committee.text(f"{series}/item?code=B59")


DOT, DIAMOND = (
    "dot: this organisation, number of answers known",
    "diamond: this organisation, number of answers unknown",
)


@pytest.mark.parametrize(
    ("numbers", "legend", "never"),
    [(("30", ""), (DOT, DIAMOND), ()), (("30", "31"), (DOT,), (DIAMOND,)), (("", ""), (DIAMOND,), (DOT,))],
)
def test_the_legend_names_every_kind_of_mark_that_is_drawn(
    committee: Visitor, numbers: tuple[str, str], legend: tuple[str, ...], never: tuple[str, ...]
):
    rows = [f"{year},A,q1,50,{n}" for year, n in zip((2023, 2024), numbers, strict=True)]
    drawn = committee.get(f"{small(committee, *rows)}/organisation?name=A").text
    assert all(words in drawn for words in legend)
    assert not any(words in drawn for words in never)


def test_where_an_interval_is_shown_the_page_does_not_say_that_chance_is_unknown(committee: Visitor):
    known = committee.text(f"{small(committee, '2023,A,q1,50,30')}/organisation?name=A")
    assert "interval (95 percent)" in known
    assert "cannot be said" not in known.partition("Its place")[0]
    assert "says how far chance may have moved it. No difference is tested." in known


def test_where_some_numbers_are_published_the_page_says_what_holds_of_which(committee: Visitor):
    address = small(committee, "2023,A,q1,50,30", "2024,A,q1,50,")
    assert "elsewhere that cannot be said. No difference is tested." in committee.text(f"{address}/organisation?name=A")


@pytest.mark.parametrize(
    ("lines", "words"),
    [
        ("measure: percent satisfied.", "2024, 1 items: percent satisfied. The median"),
        ("", "2024, 1 items. The median"),
    ],
)
def test_the_figures_are_called_what_the_map_calls_them(committee: Visitor, lines: str, words: str):
    page = committee.text(small(committee, *(f"2024,O{place},q1,{50 + place}," for place in range(12)), lines=lines))
    assert words in page
    assert "percent positive" not in page


def test_faults_are_listed_by_row_and_what_was_typed_stays(committee: Visitor):
    wrong = send(
        committee,
        b"year,name,item,rate\n2024,A,q1,many\n",
        column_map="series: s\ncolumns: {year: year, name: organisation, item: item, rate: percent}",
    )
    assert wrong.status_code == 422
    assert ["2", "q1", "“many” is not a figure such as 66.7."] in rows_of(wrong.text)
    assert "series: s" in wrong.text


def test_formulas_and_marks_in_a_file_stay_text_on_the_page(committee: Visitor):
    said = "series: s\ncolumns: {year: year, name: organisation, item: item, rate: percent}"
    taken = send(committee, "year,name,item,rate\n2024,<b>甲</b>,q1,50\n".encode(), column_map=said)
    assert "&lt;b&gt;甲&lt;/b&gt;" in committee.get(taken.location).text
    refused = send(committee, b"year,name,item,rate\n2023,=HYPERLINK(1),q1,50\n", column_map=said)
    assert "spreadsheets take for a formula" in refused.text


def test_a_series_is_deleted_after_a_page_that_says_what_that_means(world: World, committee: Visitor, series: str):
    assert "cannot be brought back" in committee.text(f"{series}/delete")
    before = counted(world, PublishedSeries)
    assert committee.submit(f"{series}/delete").status_code == 302
    assert counted(world, PublishedSeries) == before - 1
    assert committee.client.get(series).status_code == 404


@pytest.mark.parametrize(("role", "status"), [("assessor", 200), ("committee_member", 200), ("scrutineer", 403)])
def test_who_looks_at_results_looks_at_figures_and_only_who_runs_surveys_imports(world: World, role: str, status: int):
    visitor = world.as_user(role)
    assert visitor.client.get(f"/committee/published/{world.series['C1']}").status_code == status
    assert visitor.client.get(ADDRESS).status_code == 403


def test_a_page_takes_few_queries_however_many_organisations(world: World, committee: Visitor, series: str):
    committee.get(series)
    asked: list[str] = []
    engine = world.app.extensions["engine"]
    event.listen(engine, "before_cursor_execute", lambda *args: asked.append(args[2]))
    committee.client.get(f"{series}/organisation?name=Acas")
    assert len(asked) <= 12, asked
    assert not any("figures" in statement.partition("FROM")[0] for statement in asked)


# ---- column maps that are kept


def keep(committee: Visitor, name: str = "每年的公开数据") -> str:
    """Import with a map that is kept; the address of the map."""
    said = "series: s\ncolumns: {year: year, name: organisation, item: item, rate: percent, note: null}"
    data = b"year,name,item,rate,note\n2024,A,q1,50,x\n"
    assert send(committee, data, column_map=said, keep_as=name).status_code == 302
    page = committee.page("/committee/history/maps/")
    return next(link.get("href") for link in elements(page, "a") if text_of(link) == name) or ""


def test_a_map_that_is_kept_says_what_each_line_does_and_serves_next_year(world: World, committee: Visitor):
    address = keep(committee)
    rows = rows_of(committee.get(address).text)
    assert ["note", "is left out"] in rows
    assert ["rate", "holds the figure"] in rows
    map_id = address.rpartition("/")[2]
    assert send(committee, b"year,name,item,rate,note\n2025,A,q1,51,x\n", kept=map_id).status_code == 302
    with world.app.app_context():
        assert db.session.scalars(select(AuditEntry).filter_by(act="column_map.keep")).one().detail["name"]


def test_a_map_is_kept_or_typed_but_not_both_and_a_taken_name_is_told(committee: Visitor):
    map_id = keep(committee).rpartition("/")[2]
    assert "not both" in send(committee, b"x", kept=map_id, column_map="series: s").text
    assert "or type one" in send(committee, b"x").text
    said = "series: s2\ncolumns: {year: year, name: organisation, item: item, rate: percent}"
    again = send(committee, b"year,name,item,rate\n2024,A,q1,50\n", column_map=said, keep_as="每年的公开数据")
    assert again.status_code == 422
    assert "has a column map “每年的公开数据” already" in again.text


def test_a_map_is_changed_and_a_slip_in_it_is_told(world: World, committee: Visitor):
    address = keep(committee)
    wrong = committee.submit(address, to=None, source="series: s\nsurprise: 1")
    assert wrong.status_code == 422
    assert "“surprise” is not known" in wrong.text
    assert committee.submit(address, name="新名称").status_code == 302
    assert "新名称" in committee.text(address)


def test_a_map_is_taken_away_after_a_page_that_says_so(world: World, committee: Visitor):
    address, before = keep(committee), counted(world, ColumnMap)
    assert "What was imported with it stays" in committee.text(f"{address}/delete")
    assert committee.submit(f"{address}/delete").status_code == 302
    assert counted(world, ColumnMap) == before - 1


def test_a_branch_uses_the_maps_above_it_and_does_not_change_them(world: World, committee: Visitor):
    address = keep(committee)
    branch = world.as_user("branch secretary")
    assert "belongs to a unit above yours" in branch.text(address)
    page = branch.page(address)
    assert [form for form in elements(page, "form") if not (form.get("action") or "").endswith("/logout")] == []
    assert branch.client.get(f"{address}/delete").status_code == 404
    offered = next(e for e in elements(branch.page(ADDRESS), "select") if e.get("name") == "kept")
    assert any("每年的公开数据" in text_of(option) for option in elements(offered, "option"))
