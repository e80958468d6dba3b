"""The committee reads the annual result: who sees which, what stands on it, what never does."""

from __future__ import annotations

import io
import re

import pytest
from flask import Flask
from python_calamine import CalamineWorkbook
from sqlalchemy import select

from survey_app import services
from survey_app.extensions import db
from survey_app.models import AuditEntry, Survey, Unit
from tests.committee_world import World
from tests.page_checks import elements, text_of

BLOCKS = [
    "returns", "objectives", "items", "choices", "reliability", "groups", "years", "importance", "comments", "units",
    "care", "method",
]  # fmt: skip


def result_path(world: World, unit: str, survey: str = "sealed", rest: str = "") -> str:
    return f"/committee/results/{world.surveys[survey]}/{world.units[unit]}{rest}"


def sections(page) -> dict[str, str]:
    return {section.get("id"): text_of(section) for section in elements(page, "section") if section.get("id")}


# ---- what stands on the page


def test_the_secretary_reads_the_annual_result_block_by_block(world: World):
    page = world.as_user("secretary").page(result_path(world, "C1"))
    found = sections(page)
    assert list(found) == BLOCKS
    titles = [text_of(title) for title in elements(page, "h2")][2:]
    assert [title.split(".")[0] for title in titles] == [str(number) for number in range(1, len(BLOCKS) + 1)]


def test_every_block_says_what_it_cannot_say(world: World):
    found = sections(world.as_user("secretary").page(result_path(world, "C1")))
    assert [key for key, text in found.items() if "What this part cannot say" not in text] == []


def test_every_chart_has_a_table_beside_it_and_words_for_those_who_do_not_see_it(world: World):
    page = world.as_user("secretary").page(result_path(world, "C1"))
    drawn = [section for section in elements(page, "section") if list(elements(section, "figure"))]
    assert {section.get("id") for section in drawn} >= {"returns", "objectives", "items"}
    for section in drawn:
        assert list(elements(section, "table")), section.get("id")
        for figure in elements(section, "figure"):
            described = [node.text for node in figure.iter() if node.tag.endswith("}desc")]
            assert len(described) == 2
            assert all(described)


def test_the_headline_says_people_target_and_verdict(world: World):
    text = world.as_user("secretary").text(result_path(world, "C1"))
    with world.app.app_context():
        report = services.report_for(db.session, _survey(world), _unit(world, "C1"))
    rate = report.item(report.overall).rate
    assert f"{rate.satisfied}/{rate.n} people answered" in text
    assert "target not below 90%" in text
    assert re.search(r"(met|Met) at face value|Certainly|Confidently", text)


def test_without_an_earlier_year_the_page_says_so_and_draws_no_arrow(world: World):
    found = sections(world.as_user("secretary").page(result_path(world, "C1")))
    assert "There is no earlier result to compare with." in found["years"]
    assert not set("▲▼＝") & set("".join(found.values()))


def test_the_page_leads_back_to_the_sealed_data(world: World):
    text = world.as_user("secretary").text(result_path(world, "C1"))
    with world.app.app_context():
        report = services.report_for(db.session, _survey(world), _unit(world, "C1"))
    assert report.provenance.dataset_sha256 in text


# ---- who sees what


def test_the_higher_committee_goes_from_a_unit_down_to_its_branches(world: World):
    visitor = world.as_user("top")
    page = visitor.page(result_path(world, "C1"))
    links = [link.get("href") for link in elements(page, "a") if "/committee/results/" in (link.get("href") or "")]
    below = result_path(world, "A")
    assert below in links
    assert "住建局第一党支部" in visitor.text(below)


def test_a_branch_secretary_sees_the_own_branch_and_not_the_one_beside(world: World):
    visitor = world.as_user("branch secretary")
    assert visitor.get(result_path(world, "A")).status_code == 200
    assert visitor.get(result_path(world, "B")).status_code == 404
    assert visitor.get(result_path(world, "C1")).status_code == 404


def test_a_branch_too_small_for_its_own_figures_gets_its_groups(world: World):
    text = world.as_user("secretary").text(result_path(world, "T"))
    assert "住建局退休党支部 is too small for figures of its own" in text
    assert "This is the result of 云汀区住建局机关党委" in text


@pytest.mark.parametrize("unit", ["C1", "A"])
def test_another_committee_finds_nothing(world: World, unit: str):
    assert world.as_user("stranger").get(result_path(world, unit)).status_code == 404


@pytest.mark.parametrize("role", ["scrutineer", "administrator"])
def test_who_counts_or_runs_the_machine_does_not_read_results(world: World, role: str):
    visitor = world.as_user(role)
    assert visitor.get(result_path(world, "C1")).status_code == 403
    assert visitor.get("/committee/results/").status_code == 403


@pytest.mark.parametrize("survey", ["open", "draft"])
def test_before_sealing_there_is_no_result(world: World, survey: str):
    assert world.as_user("secretary").get(result_path(world, "C1", survey)).status_code == 404


def test_a_unit_outside_the_survey_has_no_result_of_it(world: World):
    assert world.as_user("top").get(result_path(world, "D")).status_code == 404


# ---- the list


def test_the_list_leads_to_the_result(world: World):
    visitor = world.as_user("secretary")
    page = visitor.page("/committee/results/")
    links = [link.get("href") for link in elements(page, "a")]
    assert result_path(world, "C1") in links
    assert world.as_user("stranger").page("/committee/results/") is not None
    assert "住建局" not in world.as_user("stranger").text("/committee/results/")


def test_another_unit_can_be_chosen_within_the_own_scope(world: World):
    visitor = world.as_user("secretary")
    chosen = visitor.page(f"/committee/results/?unit={world.units['A']}")
    assert result_path(world, "A") in [link.get("href") for link in elements(chosen, "a")]
    assert visitor.get(f"/committee/results/?unit={world.units['D']}").status_code == 404


# ---- downloads


def test_the_workbook_is_offered_and_its_download_recorded(world: World):
    visitor = world.as_user("secretary")
    links = [link.get("href") for link in elements(visitor.page(result_path(world, "C1")), "a")]
    workbook = next(link for link in links if link and "/export/" in link and link.endswith("/workbook"))
    response = visitor.client.get(workbook)
    assert response.status_code == 200
    assert response.headers["Content-Disposition"].startswith("attachment")
    assert CalamineWorkbook.from_filelike(io.BytesIO(response.data)).sheet_names
    with world.app.app_context():
        entry = db.session.scalars(select(AuditEntry).where(AuditEntry.act == "result.export")).one()
        assert (entry.actor, entry.unit_id) == ("secretary", world.units["C1"])


def test_an_unknown_format_is_not_found(world: World):
    assert world.as_user("secretary").client.get(result_path(world, "C1", rest="/export/docm")).status_code == 404


def test_nobody_downloads_from_outside(world: World):
    assert world.as_user("stranger").client.get(result_path(world, "C1", rest="/export/workbook")).status_code == 404


def test_the_page_speaks_chinese_too(app: Flask, world: World):
    visitor = world.as_user("secretary")
    page = visitor.page(result_path(world, "C1") + "?lang=zh_Hans")
    html = next(elements(page, "html"))
    assert html.get("lang") == "zh-Hans"
    assert [text_of(title) for title in elements(page, "h2")][2].startswith("一、")


def _survey(world: World) -> Survey:
    return db.session.get_one(Survey, world.surveys["sealed"])


def _unit(world: World, code: str) -> Unit:
    return db.session.get_one(Unit, world.units[code])
