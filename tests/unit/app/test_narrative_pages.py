"""The committee's own text in the annual report: written section by section, figures linked to the result."""

from __future__ import annotations

import io

from docx import Document
from sqlalchemy import func, select

from survey_app.extensions import db
from survey_app.models import AuditEntry, ReportNarrative
from survey_app.wording.report import ReportSection
from tests.committee_world import World
from tests.page_checks import elements, text_of


def report_of(world: World, unit: str = "C1") -> str:
    return f"/committee/narratives/{world.surveys['sealed']}/{world.units[unit]}"


def stored(world: World) -> dict[str, str]:
    with world.app.app_context():
        return {row.section: row.text for row in db.session.scalars(select(ReportNarrative))}


def test_every_section_of_the_report_is_listed_with_what_it_says_by_itself(world: World):
    page = world.as_user("secretary").page(report_of(world))
    assert [section.get("id") for section in elements(page, "section")] == [section.value for section in ReportSection]
    assert "people were eligible" in text_of(page)


def test_the_result_leads_to_the_report_and_the_report_to_both_files(world: World):
    secretary = world.as_user("secretary")
    result = f"/committee/results/{world.surveys['sealed']}/{world.units['C1']}"
    assert report_of(world) in secretary.get(result).text
    files = [f"{result}/export/{identifier}" for identifier in ("report-word", "report-pdf")]
    assert all(address in secretary.get(report_of(world)).text for address in files)


def test_whoever_may_only_look_is_not_led_to_the_report(world: World):
    result = f"/committee/results/{world.surveys['sealed']}/{world.units['C1']}"
    assert report_of(world) not in world.as_user("assessor").get(result).text


def test_a_text_is_written_with_a_mark_and_read_with_its_figure(world: World):
    secretary = world.as_user("secretary")
    written = secretary.submit(f"{report_of(world)}/weak", text="Participation was 【Participation rate】.")
    assert written.location == f"{report_of(world)}#weak"
    shown = secretary.text(report_of(world))
    assert "【" not in shown
    assert "Participation was " in shown
    assert stored(world) == {"weak": "Participation was 【Participation rate】."}
    result = f"/committee/results/{world.surveys['sealed']}/{world.units['C1']}"
    document = Document(io.BytesIO(secretary.client.get(f"{result}/export/report-word").data))
    sentence = next(p.text for p in document.paragraphs if p.text.startswith("Participation was"))
    assert sentence in shown
    assert sentence.endswith("%.")


def test_the_record_says_who_wrote_which_section_and_not_what(world: World):
    world.as_user("secretary").submit(f"{report_of(world)}/plan", text="Words of the committee.")
    with world.app.app_context():
        entry = db.session.scalars(select(AuditEntry).order_by(AuditEntry.number.desc())).first()
        assert (entry.act, entry.detail["section"]) == ("narrative.write", "plan")
        assert "Words of the committee." not in str(entry.detail)
    assert "section Improvement plan" in world.as_user("top").text("/committee/audit")


def test_an_unknown_mark_is_refused_with_its_place_and_nothing_typed_is_lost(world: World):
    refused = world.as_user("secretary").submit(f"{report_of(world)}/weak", text="First line.\nRate 【no such】.")
    assert refused.status_code == 422
    assert "Line 2: 【no such】 is not a figure of this result." in refused.text
    assert "First line." in refused.text
    assert stored(world) == {}


def test_numbers_typed_by_hand_are_taken_with_a_word_of_warning(world: World):
    secretary = world.as_user("secretary")
    secretary.submit(f"{report_of(world)}/weak", text="About 85% and 【Valid】.")
    assert "do not follow the result: 85%." in secretary.text(report_of(world))
    assert "do not follow the result" not in secretary.text(report_of(world))


def test_two_people_do_not_write_over_each_other_unseen(world: World):
    first, second = world.as_user("secretary"), world.as_user("committee_member")
    first.submit(f"{report_of(world)}/weak", text="What the secretary wrote.")
    stale = second.submit(f"{report_of(world)}/weak", text="What the other wrote.", read="0" * 64)
    assert stale.status_code == 422
    assert "Somebody else has changed this section meanwhile." in stale.text
    assert "What the secretary wrote." in stale.text
    assert "What the other wrote." in stale.text
    assert stored(world) == {"weak": "What the secretary wrote."}


def test_an_empty_text_leaves_the_section_to_the_generated_words(world: World):
    secretary = world.as_user("secretary")
    secretary.submit(f"{report_of(world)}/weak", text="Soon gone.")
    secretary.submit(f"{report_of(world)}/weak", text="")
    assert stored(world) == {}
    assert "Soon gone." not in secretary.text(report_of(world))


def test_saving_what_is_there_already_is_no_act(world: World):
    secretary = world.as_user("secretary")
    secretary.submit(f"{report_of(world)}/weak", text="The same.")
    before = acts(world)
    secretary.submit(f"{report_of(world)}/weak", text="The same.")
    assert acts(world) == before


def test_a_section_is_not_endless(world: World):
    refused = world.as_user("secretary").submit(f"{report_of(world)}/weak", text="字" * 5001)
    assert refused.status_code == 422
    assert "at most 5000 characters" in refused.text


def test_before_sealing_there_is_no_report_to_write(world: World):
    secretary = world.as_user("secretary")
    address = f"/committee/narratives/{world.surveys['open']}/{world.units['C1']}"
    assert secretary.client.get(address).status_code == 404
    assert secretary.client.get(f"{report_of(world)}/no-section").status_code == 404


def test_each_unit_has_a_text_of_its_own(world: World):
    top = world.as_user("top")
    top.submit(f"{report_of(world)}/weak", text="Of the committee.")
    assert "Of the committee." not in top.text(report_of(world, "A"))


def acts(world: World) -> int:
    with world.app.app_context():
        return db.session.scalar(select(func.count()).select_from(AuditEntry)) or 0
