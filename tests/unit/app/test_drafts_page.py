"""A draft can still be changed or discarded; an open survey whose last day has passed says what to do."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from sqlalchemy import select

from survey_app import services
from survey_app.extensions import db
from survey_app.models import AccessMode, AuditEntry, StateError, Survey
from tests.committee_world import World
from tests.page_checks import elements, parsed, text_of
from tests.visitor import Visitor


def path(world: World, name: str, step: str = "") -> str:
    return f"/committee/surveys/{world.surveys[name]}" + (f"/{step}" if step else "")


def links(visitor: Visitor, address: str) -> dict[str, str]:
    """Words -> address of every link of a page."""
    return {text_of(a): a.get("href") or "" for a in elements(visitor.page(address), "a")}


def last_act(act: str) -> AuditEntry:
    return db.session.scalars(select(AuditEntry).where(AuditEntry.act == act)).one()


# ---- changing ----


def test_everything_a_draft_lays_down_can_be_changed(world: World):
    secretary = world.as_user("secretary")
    change = links(secretary, path(world, "draft"))["Change the draft"]
    changed = secretary.submit(
        change,
        title="2026 年度第一党支部党员测评",
        year="2026",
        unit=str(world.units["A"]),
        version=world.versions["member"],
        access_mode="open",
        closes_on="2026-12-18",
        reference_day="2026-12-01",
        threshold="12",
        scrutineers="1",
    )
    assert changed.location == path(world, "draft")
    text = secretary.text(changed.location)
    for told in ("The draft has been changed.", "住建局第一党支部 · members · 2026", "Open link", "2026-12-18"):
        assert told in text
    with world.app.app_context():
        survey = db.session.get_one(Survey, world.surveys["draft"])
        assert (survey.audience, survey.access_mode, survey.threshold) == ("member", AccessMode.OPEN, 12)
        assert (survey.scrutineers, survey.accepts_played, survey.has_receipts) == (1, True, True)
        assert survey.instrument_sha256 == world.versions["member"]
    assert "14 people are eligible" not in text
    assert "14 people are eligible, in 1 reporting groups." in secretary.text(path(world, "draft", "open"))


def test_the_form_begins_with_what_the_draft_says_and_the_record_tells_only_what_changed(world: World):
    secretary = world.as_user("secretary")
    assert secretary.submit(path(world, "draft", "change"), threshold="15").status_code == 302
    with world.app.app_context():
        entry = last_act("survey.change")
        assert (entry.actor, entry.detail) == ("secretary", {"threshold": "10 → 15"})
        assert entry.unit_id == world.units["C1"]
    secretary.submit(path(world, "draft", "change"), unit=str(world.units["B"]))
    text = world.as_user("top").text("/committee/audit")
    assert "Draft survey changed" in text
    assert "unit C1 → B" in text


def test_a_new_survey_has_drawn_slips_three_scrutineers_help_and_receipts_unless_changed(world: World):
    page = world.as_user("secretary").page("/committee/surveys/new")
    chosen = {
        (field.get("name"), field.get("value")) for field in elements(page, "input") if field.get("checked") is not None
    }
    assert chosen == {("access_mode", "codes"), ("scrutineers", "3"), ("accepts_played", "y"), ("has_receipts", "y")}
    text = text_of(page)
    assert "Drawn slips are the usual way." in text
    assert "this one person can open the ballots alone" in text


def test_help_for_old_browsers_and_receipts_can_be_switched_off_before_opening(world: World):
    secretary = world.as_user("secretary")
    change = path(world, "draft", "change")
    page = secretary.page(change)
    ticked = ("accepts_played", "has_receipts")
    typed = {
        field.get("name"): field.get("value")
        for field in elements(page, "input")
        if field.get("name") not in ticked and (field.get("type") != "radio" or field.get("checked") is not None)
    }
    typed |= {"version": world.versions["staff"], "unit": str(world.units["C1"])}
    assert secretary.client.post(change, data=typed).status_code == 302
    text = secretary.text(path(world, "draft"))
    assert "cannot be used" in text
    assert "not published" in text
    with world.app.app_context():
        changes = {"accepts_played": "True → False", "has_receipts": "True → False"}
        assert last_act("survey.change").detail == changes


def test_saving_a_draft_untouched_leaves_no_entry(world: World):
    assert world.as_user("secretary").submit(path(world, "draft", "change")).status_code == 302
    with world.app.app_context():
        assert db.session.scalar(select(AuditEntry).where(AuditEntry.act == "survey.change")) is None


def test_a_wrong_entry_comes_back_with_what_was_typed(world: World):
    refused = world.as_user("secretary").submit(
        path(world, "draft", "change"), title="another title", closes_on="2026-12-01"
    )
    assert refused.status_code == 422
    assert "This day has passed." in refused.text
    assert 'value="another title"' in refused.text
    with world.app.app_context():
        assert db.session.get_one(Survey, world.surveys["draft"]).title != "another title"


def test_a_draft_is_not_moved_to_a_unit_of_somebody_else(world: World):
    refused = world.as_user("secretary").submit(path(world, "draft", "change"), unit=str(world.units["C2"]))
    assert refused.status_code == 422
    assert "Please choose one of the list." in refused.text


# ---- discarding ----


def test_a_draft_is_discarded_after_a_page_that_says_what_happens(world: World):
    secretary = world.as_user("secretary")
    discard = links(secretary, path(world, "draft"))["Discard the draft"]
    assert "住建局机关党委, 2027, is deleted" in secretary.text(discard)
    assert secretary.submit(discard).location == "/committee/surveys"
    assert "The draft has been discarded." in secretary.text("/committee/surveys")
    assert secretary.get(path(world, "draft")).status_code == 404
    with world.app.app_context():
        assert db.session.get(Survey, world.surveys["draft"]) is None
        assert last_act("survey.discard").detail["year"] == 2027


@pytest.mark.parametrize("name", ["open", "closed", "sealed"])
@pytest.mark.parametrize("step", ["change", "discard"])
def test_once_opened_a_survey_is_neither_changed_nor_discarded(world: World, name: str, step: str):
    secretary = world.as_user("secretary")
    assert secretary.get(path(world, name, step)).status_code == 409
    assert not any(address.endswith(f"/{step}") for address in links(secretary, path(world, name)).values())
    with world.app.app_context():
        survey = db.session.get_one(Survey, world.surveys[name])
        by, clock = services.COMMAND_LINE, world.app.config["CLOCK"]
        with pytest.raises(StateError):
            services.discard_survey(db.session, survey, by=by, clock=clock)
        with pytest.raises(StateError):
            services.change_survey(
                db.session, survey, title="x", year=2026, unit=survey.unit, version=survey.instrument,
                access_mode=AccessMode.OPEN, closes_on=survey.closes_on, reference_day=survey.reference_day,
                threshold=5, by=by, clock=clock,
            )  # fmt: skip


def test_who_does_not_run_surveys_is_not_offered_the_steps(world: World):
    offered = links(world.as_user("committee_member"), path(world, "draft"))
    assert {"Change the draft", "Discard the draft", "Open the survey"}.isdisjoint(offered)


# ---- the last day has passed ----


def test_an_open_survey_past_its_last_day_says_that_it_has_to_be_closed(world: World):
    world.app.config["CLOCK"].moment = datetime(2026, 12, 16, 12, tzinfo=UTC)
    secretary = world.as_user("secretary")
    shown = secretary.text(path(world, "open"))
    assert "The last day, 14 December 2026, has passed and no more answers are taken." in shown
    assert "Answers are taken until" not in shown
    assert "Issue a spare code" not in links(secretary, path(world, "open"))
    year = secretary.text("/committee/")
    assert "Its last day has passed and no more answers are taken." in year
    assert "Closing day has passed: close the survey 2 days overdue" in year
    assert secretary.submit(links(secretary, "/committee/")["Close the survey"]).status_code == 302
    assert "Its last day has passed" not in secretary.text("/committee/")


def test_on_its_last_day_a_survey_still_takes_answers(world: World):
    world.app.config["CLOCK"].moment = datetime(2026, 12, 14, 12, tzinfo=UTC)
    secretary = world.as_user("secretary")
    assert "Answers are taken until the end of 14 December 2026." in secretary.text(path(world, "open"))
    assert "Its last day has passed" not in secretary.text("/committee/")


def test_a_branch_is_told_who_has_to_close_and_gets_no_link_that_leads_nowhere(world: World):
    world.app.config["CLOCK"].moment = datetime(2026, 12, 16, 12, tzinfo=UTC)
    branch = world.as_user("branch secretary")
    text = branch.text("/committee/")
    assert "Its last day has passed and no more answers are taken." in text
    assert "run by 云汀区住建局机关党委" in text
    assert "Close the survey" not in links(branch, "/committee/")


@pytest.mark.parametrize("name", ["branch secretary", "secretary", "administrator", "top"])
def test_every_link_of_the_year_page_opens(world: World, name: str):
    visitor = world.as_user(name)
    for words, address in links(visitor, "/committee/").items():
        if address.startswith("/"):
            assert visitor.client.get(address, follow_redirects=True).status_code == 200, f"{name}: {words} {address}"


def test_the_survey_of_a_unit_above_is_named_as_plain_text(world: World):
    title = "2026 年度党员满意度测评"
    branch, committee = world.as_user("branch secretary"), world.as_user("secretary")
    assert title in branch.text("/committee/")
    assert title not in links(branch, "/committee/")
    assert links(committee, "/committee/")[title] == path(world, "open")


# ---- earlier years ----


def test_the_list_of_surveys_leads_to_the_import_of_an_earlier_year(world: World):
    offered = links(world.as_user("secretary"), "/committee/surveys")
    assert offered["Import an earlier year"] == "/committee/history/import"
    assert "Import an earlier year" not in links(world.as_user("committee_member"), "/committee/surveys")
    assert parsed(world.as_user("secretary").get(offered["Import an earlier year"]).text) is not None
