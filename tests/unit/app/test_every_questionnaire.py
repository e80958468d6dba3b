"""Whatever a questionnaire asks, its result page and workbook have something to say and nothing empty."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from datetime import date
from random import Random

import pytest
from flask import Flask
from flask_babel import force_locale
from python_calamine import CalamineWorkbook

from analysis.dataset import build
from analysis.disclosure import suppress
from analysis.report import annual_result
from analysis.tree import Report
from analysis.types import Rules
from instruments import catalogue
from instruments.loader import load
from instruments.model import Instrument, ItemType
from survey_app import services
from survey_app.exports import ExportContext, Material, exporter
from survey_app.extensions import db
from survey_app.models import Unit
from survey_app.web.annual import Page, result_page
from survey_app.wording import names_of
from tests.answering import cast, count_and_seal
from tests.committee_world import World, answers_of, make_survey
from tests.page_checks import elements, text_of
from tests.unit.analysis import every_type, synthetic

NOTHING = re.compile(r"\b(None|nan|NaN|Hidden|All 0 questions|Of 0 )\b|%\(")


def people(instrument: Instrument, n: int) -> list[dict[str, object]]:
    """Answers of n people; every second one writes something."""
    rows = [dict(answers_of(instrument, Random(person))) for person in range(n)]
    texts = [item.code for item in instrument.items if item.type is ItemType.TEXT and item.visible_if is None]
    for person, row in enumerate(rows):
        row.update({code: f"想法 {person}" for code in texts if person % 2 or instrument.by_code[code].required})
    return rows


def seal(world: World, name: str, n: int = 12) -> str:
    """A sealed survey of one branch with a catalogue questionnaire. Returns the address of its result."""
    by, clock, secret = services.COMMAND_LINE, world.app.config["CLOCK"], world.app.config["INSTALLATION_SECRET"]
    with world.app.app_context():
        version = services.latest_version(db.session, name)
        services.set_eligible(
            db.session, db.session.get_one(Unit, world.units["A"]), year=2026, audience=version.audience, people=n,
            reference_day=date(2026, 11, 30), by=by, clock=clock,
        )  # fmt: skip
        world.versions[name] = version.sha256
        survey = make_survey(world, "A", year=2026, audience=name, title=version.title)
        opened = services.open_survey(db.session, survey, by=by, clock=clock, secret=secret)
        (group,) = survey.groups
        for code, sheet in zip(opened.codes[group.slug], people(services.instrument_of(survey), n), strict=True):
            cast(db.session, survey, group, code, sheet, secret=secret)
        services.close_survey(db.session, survey, by=by, clock=clock)
        count_and_seal(db.session, survey, opened.passphrases, clock=clock, secret=secret, rng=Random(5))
        db.session.commit()
        return f"/committee/results/{survey.id}/{survey.unit_id}"


@pytest.fixture
def english(speaking_app: Flask) -> Iterator[None]:
    with speaking_app.test_request_context(), force_locale("en"):
        yield


def small_report(instrument: Instrument, n: int) -> Report:
    rows = people(instrument, n)
    data = build(instrument, rows, ["root"] * n, manifest=synthetic.manifest({"root": n}))
    return suppress(annual_result(data, [], None, (), Rules(threshold=10)))


def require_something_everywhere(page: Page) -> None:
    for block in page.blocks:
        content = block.content
        assert content.sentence, block.key
        assert content.cannot, block.key
        assert all(table.rows for table in content.tables), block.key
        written = [content.sentence, content.cannot, content.reading, *content.notes]
        written += [cell.text for table in content.tables for row in table.rows for cell in row.cells]
        written += [row.head for table in content.tables for row in table.rows]
        assert [text for text in written if NOTHING.search(text)] == [], block.key


def sheets_of(report: Report, instrument: Instrument) -> dict[str, list[list[object]]]:
    data = exporter("workbook").whole(Material(report, instrument), ExportContext("en", date(2026, 12, 20)))
    book = CalamineWorkbook.from_filelike(io.BytesIO(data))
    return {name: book.get_sheet_by_name(name).to_python() for name in book.sheet_names}


@pytest.mark.parametrize("name", catalogue.names())
def test_a_sealed_survey_of_each_questionnaire_has_a_page_and_a_workbook(world: World, name: str):
    address = seal(world, name)
    visitor = world.as_user("secretary")
    page = visitor.page(address)
    sections = {section.get("id"): text_of(section) for section in elements(page, "section") if section.get("id")}
    assert NOTHING.search(text_of(page)) is None
    assert {"returns", "method"} <= set(sections)
    assert all(list(elements(table, "td")) for table in elements(page, "table"))
    workbook = visitor.client.get(f"{address}/export/workbook")
    assert workbook.status_code == 200
    book = CalamineWorkbook.from_filelike(io.BytesIO(workbook.data))
    written = [
        str(cell) for sheet in book.sheet_names for row in book.get_sheet_by_name(sheet).to_python() for cell in row
    ]
    assert [text for text in written if NOTHING.search(text)] == []


FEW_AND_MANY = [
    *((name, 40) for name in catalogue.names()),
    *((name, n) for name in ("every-type", "suggestion-box") for n in (3, 12, 24, 40)),
]


@pytest.mark.parametrize(("name", "n"), FEW_AND_MANY)
def test_with_few_and_with_many_answers_no_block_is_empty(english: None, name: str, n: int):
    if name == "every-type":
        instrument, report = every_type.instrument(), every_type.report(n, failed=2)
    else:
        instrument = load(catalogue.read_text(name))
        report = small_report(instrument, n)
    require_something_everywhere(result_page(report, names_of(instrument)))
    for sheet, rows in sheets_of(report, instrument).items():
        assert len([row for row in rows if any(row)]) > 1, sheet
        assert [cell for row in rows for cell in row if NOTHING.search(str(cell))] == [], sheet


def test_where_nothing_is_scored_the_page_counts_answers_and_says_what_was_chosen_most(english: None):
    instrument = load(catalogue.read_text("activity-before"))
    report = small_report(instrument, 40)
    page = result_page(report, names_of(instrument))
    assert [block.key for block in page.blocks] == ["returns", "choices", "comments", "method"]
    assert (page.headline.label, page.headline.number) == ("Valid answers", "40")
    assert any("chosen most often" in line for line in page.headline.minute)
    assert list(sheets_of(report, instrument)) == [
        "Cover", "Summary", "Returns", "Choices", "Comments", "Questionnaire", "Method", "Data", "Manifest",
    ]  # fmt: skip


def test_of_a_small_branch_choices_are_named_and_not_counted(english: None):
    instrument = load(catalogue.read_text("activity-before"))
    page = result_page(small_report(instrument, 14), names_of(instrument))
    choices = next(block.content for block in page.blocks if block.key == "choices")
    assert choices.tables == ()
    assert choices.sentence.startswith("Fewer than 30 answered, so that the answers are not counted: ")


def blocks_of_every_type(n: int, failed: int = 0) -> dict[str, str]:
    page = result_page(every_type.report(n, failed), names_of(every_type.instrument()))
    told = {}
    for block in page.blocks:
        content = block.content
        cells = [
            text for table in content.tables for row in table.rows for text in (row.head, *(c.text for c in row.cells))
        ]
        heads = [head for table in content.tables for head, _is_number in table.columns]
        told[block.key] = " | ".join(
            [content.sentence, *heads, *cells, *content.notes, *(head for head, _ in content.voices)]
        )
    return told


def test_what_is_no_satisfaction_is_not_called_so(english: None):
    told = blocks_of_every_type(40)
    assert "atisf" not in told["items"]
    assert "Favourable rate" in told["items"]
    assert "The rate is the share of “Agree or Strongly agree”: “It helps”, “It is clear”." in told["items"]
    assert "The rate is the share of “Yes”: “Told in time”." in told["items"]


def test_the_recommendation_is_told_in_people_with_its_interval(english: None):
    told = blocks_of_every_type(40)["recommendation"]
    assert "of 40 people 20 would recommend it (9 or 10), 12 rather not (0 to 6)" in told
    assert "the net promoter score is +20, interval (95%) [" in told
    assert "The net promoter score is shown from 20 answers on." in blocks_of_every_type(15)["recommendation"]


def test_the_attention_check_is_told_as_a_count_and_never_as_a_question(english: None):
    told = blocks_of_every_type(40, failed=6)
    assert "6 people gave another answer than the attention check asks for." in told["care"]
    assert "Please choose" not in " ".join(told.values())
    few = blocks_of_every_type(24, failed=6)["care"]
    assert "Fewer than 30 people answered: how many answered without care is not counted here." in few
    assert "Another answer than the check asks for" not in few
    rows = sheets_of(every_type.report(40, 6), every_type.instrument())
    assert ["Another answer than the check asks for", 6.0] in [row[:2] for row in rows["Care in answering"]]


def test_a_ranking_says_who_was_put_first_by_how_many_of_how_many(english: None):
    told = blocks_of_every_type(42)["choices"]
    assert "How often each answer was put first: “Put in order”." in told
    assert "Study | 28/42 | Visits | 14/42 | Service | 0/42" in told


def test_days_are_told_as_from_one_to_another(english: None):
    assert "2026-01-01 to 2026-01-02 | 8" in blocks_of_every_type(40)["choices"]


def test_what_else_was_meant_stands_under_its_question(english: None):
    assert blocks_of_every_type(40)["comments"].endswith("What is it about? Something else:")


def test_levels_of_scales_that_no_item_names_stand_in_the_workbook(english: None):
    rows = sheets_of(every_type.report(40), every_type.instrument())["Answers level by level"]
    assert ["Told in time", 30.0, 10.0] in [row[:3] for row in rows]
    assert any(row[:4] == ["Would recommend", 8.0, 12.0, 4.0] for row in rows)
