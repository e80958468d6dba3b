"""The committee at work: a year from setting objectives to following up actions, page by page."""

from __future__ import annotations

import re
from pathlib import Path
from uuid import UUID

import pytest
from flask import Flask
from sqlalchemy import func, select

import instruments
from survey_app.extensions import db
from survey_app.models import GRACE, Action, AuditEntry, Ballot, InstrumentVersion, ObjectiveRecord, State, Survey, User
from tests.committee_world import NOON, PASSWORD, World
from tests.page_checks import check_page, elements, parsed, text_of
from tests.visitor import Visitor

CODE = re.compile(r"\b[0-9A-Z]{4}-[0-9A-Z]{4}-[0-9A-Z]{4}-[0-9A-Z]\b")
PASSPHRASE = re.compile(r"(?:[0-9A-Z]{4}-){4}[0-9A-Z]{4}")


def fingerprint_on(html: str) -> str:
    """The check print of the survey's keys."""
    return next(text_of(span) for span in elements(parsed(html), "span") if span.get("class") == "check-print")


def passphrases_on(html: str) -> list[str]:
    return [text_of(dd) for dd in elements(parsed(html), "dd") if dd.get("class") == "typed"]


def in_browser(visitor: Visitor, html: str):
    """The slips of a page shown once, as a page that the browser prints."""
    form = next(f for f in elements(parsed(html), "form") if (f.get("action") or "").endswith("/slips.pdf"))
    data = {control.get("name"): control.get("value") for control in elements(form, "input")}
    return visitor.client.post(form.get("action").removesuffix(".pdf"), data=data)


def slips_on(html: str) -> list[str]:
    """The codes of the slips that a page carries."""
    carried = (c for c in elements(parsed(html), "input") if (c.get("name") or "").startswith("codes-"))
    return [code for control in carried for code in control.get("value").split()]


def errors_on(html: str) -> list[str]:
    """The sentences beside the fields."""
    return [text_of(p) for p in elements(parsed(html), "p") if "err" in (p.get("class") or "").split()]


def count(world: World, model: type) -> int:
    with world.app.app_context():
        return db.session.scalar(select(func.count()).select_from(model)) or 0


def survey_path(world: World, name: str, step: str = "") -> str:
    return f"/committee/surveys/{world.surveys[name]}" + (f"/{step}" if step else "")


# ---- signing in ----


def test_a_person_signs_in_and_comes_to_the_page_that_was_asked_for(world: World):
    nobody = world.as_user(None)
    asked = nobody.get("/committee/surveys")
    assert asked.status_code == 302
    signed_in = nobody.submit(asked.location, login="secretary", password=PASSWORD)
    assert signed_in.location == "/committee/surveys"


@pytest.mark.parametrize("elsewhere", ["https://evil.example/", "//evil.example/", "/\\evil.example"])
def test_signing_in_never_leads_to_another_site(world: World, elsewhere: str):
    visitor = world.as_user(None)
    token = next(c.get("value") for c in elements(visitor.page("/login"), "input") if c.get("name") == "csrf_token")
    typed = {"login": "secretary", "password": PASSWORD, "csrf_token": token}
    assert visitor.client.post("/login", query_string={"next": elsewhere}, data=typed).location == "/committee/"


def test_a_wrong_password_is_told_beside_the_field_and_the_login_stays_typed(world: World):
    refused = world.as_user(None).submit("/login", login="secretary", password="not this one at all")
    assert refused.status_code == 422
    assert errors_on(refused.text) == [
        "The login name or the password is not right. After ten wrong attempts an account stays closed for 15 minutes."
    ]
    assert 'value="secretary"' in refused.text
    assert "not this one" not in refused.text


def test_signing_out_ends_the_session(world: World):
    visitor = world.as_user("secretary")
    assert visitor.submit("/committee/", to="/logout").location == "/login"
    assert visitor.get("/committee/").status_code == 302


def test_a_password_given_by_somebody_else_is_changed_before_anything_else(world: World):
    administrator = world.as_user("administrator")
    shown = administrator.submit(f"/committee/people/{world.users['secretary']}/reset")
    given = text_of(next(b for b in elements(parsed(shown.text), "b") if b.get("class") == "typed"))
    assert shown.headers["Cache-Control"] == "no-store"

    secretary = Visitor(world.app.test_client())
    secretary.submit("/login", login="secretary", password=given)
    assert secretary.get("/committee/surveys").location == "/password"
    changed = secretary.submit(
        "/password", current_password=given, new_password="river stone winter", repeated="river stone winter"
    )
    assert changed.location == "/committee/"
    assert secretary.get("/committee/surveys").status_code == 200


def test_a_changed_password_ends_the_other_sessions_of_the_account(world: World):
    phone, desk = world.as_user("secretary"), world.as_user("secretary")
    desk.submit(
        "/password", current_password=PASSWORD, new_password="river stone winter", repeated="river stone winter"
    )
    assert desk.get("/committee/").status_code == 200
    assert phone.get("/committee/").status_code == 302


@pytest.mark.parametrize(
    ("typed", "told"),
    [
        ({"new_password": "short", "repeated": "short"}, "The password needs 10 to 200 characters."),
        ({"new_password": "river stone winter", "repeated": "river stone summer"}, "The two passwords differ."),
        ({"new_password": PASSWORD, "repeated": PASSWORD}, "The new password is the same as the present one."),
    ],
)
def test_a_new_password_that_will_not_do_is_refused_with_its_reason(world: World, typed: dict[str, str], told: str):
    refused = world.as_user("secretary").submit("/password", current_password=PASSWORD, **typed)
    assert refused.status_code == 422
    assert told in errors_on(refused.text)


def test_the_first_administrator_starts_an_empty_installation_and_only_once(empty_app: Flask):
    visitor = Visitor(empty_app.test_client())
    assert visitor.get("/login").location == "/first-administrator"
    started = visitor.submit(
        "/first-administrator",
        unit_name="云汀区直机关工委",
        name="陆文谦",
        login="lu",
        new_password="river stone winter",
        repeated="river stone winter",
    )
    assert started.location == "/committee/"
    assert "云汀区直机关工委" in visitor.text("/committee/organisation/")
    assert visitor.get("/first-administrator").status_code == 404


def test_the_first_administrator_is_not_offered_to_another_machine(empty_app: Flask):
    far = empty_app.test_client()
    assert far.get("/first-administrator", environ_base={"REMOTE_ADDR": "192.0.2.7"}).status_code == 404
    assert far.get("/login", environ_base={"REMOTE_ADDR": "192.0.2.7"}).status_code == 503


def test_no_form_is_taken_from_another_site(world: World):
    secretary = world.as_user("secretary")
    assert secretary.client.post(survey_path(world, "open", "close")).status_code == 400
    with world.app.app_context():
        assert db.session.get_one(Survey, world.surveys["open"]).state is State.OPEN


# ---- the year ----


def stations_on(page) -> list[tuple[str, str]]:
    """Stations in the order of plan, do, check, act: how each is drawn, and what stands there."""
    lists = [ol for ol in elements(page, "ol") if ol.get("class") == "year"]
    return [(li.get("class") or "", text_of(li)) for ol in lists for li in elements(ol, "li")]


def test_the_year_shows_where_the_unit_stands(world: World):
    page = world.as_user("secretary").page("/committee/")
    stations = stations_on(page)
    assert [heading for heading in map(text_of, elements(page, "h3")) if heading in ("Plan", "Do", "Check", "Act")] == [
        "Plan",
        "Do",
        "Check",
        "Act",
    ]
    assert stations[0] == (
        "done",
        "Objectives of the year（done）members: 1, locked on 2026-12-08 · staff: 1 set, not yet locked",
    )
    assert stations[1] == ("now", "Improvements of last year（now）0 of 1 carried out")
    assert stations[2] == ("missed", "Pulse, first quarter（not held）not held (was due by 2026-03-31)")
    assert stations[5] == ("late", "Pulse, third quarter（overdue）by 2026-09-3069 days overdue")
    assert stations[7] == ("now", "Annual survey（now）under way until 2026-12-14")
    assert stations[8] == ("", "Feedback meeting（to come）by 2027-03-31")


def test_what_is_overdue_stands_first_among_what_is_coming_up(world: World):
    page = world.as_user("secretary").page("/committee/")
    due = [text_of(li) for ul in elements(page, "ul") if ul.get("class") == "due" for li in elements(ul, "li")]
    assert due[0].startswith("09-30Pulse, third quarter 69 days overdue")
    assert due[1].startswith("12-03意见答复台账 5 days overdue")
    assert due[2].startswith("12-14Survey closes")


def test_a_running_survey_shows_a_rounded_count_and_no_verdict(world: World):
    text = world.as_user("secretary").text("/committee/")
    assert "20 people or more" in text
    assert "29 eligible" in text
    assert "to be judged after sealing" in text


def test_last_years_verdict_stands_beside_this_years_objective(world: World):
    page = world.as_user("secretary").page("/committee/")
    badges = [s for s in elements(page, "span") if (s.get("class") or "").startswith("grade")]
    assert len(badges) == 2
    assert badges[1].get("class") == "grade wait"
    assert badges[0].get("class") != "grade wait"


def test_a_branch_sees_the_survey_of_its_committee_with_its_own_count(world: World):
    text = world.as_user("branch secretary").text("/committee/")
    assert "2026 年度党员满意度测评" in text
    assert "14 eligible" in text


def test_a_branch_too_small_for_a_count_of_its_own_sees_that_of_its_group(world: World):
    text = world.as_user("secretary").text(f"/committee/year/{world.units['T']}/2026")
    assert "This is the count of 云汀区住建局机关党委: it includes your branch and 1 others." in text


def test_a_year_without_anything_says_what_to_do_first(world: World):
    text = world.as_user("secretary").text(f"/committee/year/{world.units['C1']}/2030")
    assert "No objective has been set for 2030." in text
    assert "No survey is open." in text


def test_the_year_page_speaks_chinese_when_asked(world: World):
    page = world.as_user("secretary").page("/committee/?lang=zh_Hans")
    assert next(elements(page, "html")).get("lang") == "zh-Hans"


# ---- surveys ----


def new_survey(world: World, **changes: object) -> dict[str, object]:
    return {
        "version": world.versions["staff"],
        "unit": str(world.units["C1"]),
        "title": "2026 年度职工满意度测评",
        "year": "2026",
        "closes_on": "2026-12-20",
        "reference_day": "2026-11-30",
        "access_mode": "codes",
        "threshold": "10",
        "scrutineers": "3",
    } | changes


def test_a_survey_goes_from_draft_to_printed_codes_shown_once(world: World):
    secretary = world.as_user("secretary")
    made = secretary.submit("/committee/surveys/new", **new_survey(world))
    assert made.status_code == 302
    told = secretary.text(made.location + "/open")
    assert "29 people are eligible, in 2 reporting groups." in told
    assert "so little may be left of this question" in told  # more age groups than a tenth of the people

    slips = secretary.submit(made.location + "/open")
    codes = slips_on(slips.text)
    assert len(codes) == len(set(codes)) == 29
    assert set(codes) == set(CODE.findall(slips.text))
    assert slips.headers["Cache-Control"] == "no-store"
    assert not CODE.search(secretary.get(made.location).text)
    again = secretary.client.get(made.location + "/open")
    assert again.status_code == 409
    assert not CODE.search(again.text)


def test_each_sheet_holds_eight_slips_with_a_square_code_each(world: World):
    secretary = world.as_user("secretary")
    made = secretary.submit("/committee/surveys/new", **new_survey(world))
    printed = in_browser(secretary, secretary.submit(made.location + "/open").text)
    assert printed.headers["Cache-Control"] == "no-store"
    page = check_page(printed.text)
    sheets = [div for div in elements(page, "div") if div.get("class") == "slips"]
    assert [sum(1 for _ in elements(sheet, "section")) for sheet in sheets] == [8, 7, 8, 6]
    assert sum(1 for element in page.iter() if element.tag.endswith("}svg")) == 29


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"title": "  "}, "Please enter a title."),
        ({"closes_on": "2026-12-01"}, "This day has passed."),
        ({"closes_on": "14.12.2026"}, "A day such as 2026-12-14."),
        ({"threshold": "4"}, "A number from 5 to 100."),
        ({"threshold": "ten"}, "A whole number is needed."),
        ({"year": "26"}, "A year between 2000 and 2100."),
        ({"version": "0" * 64}, "Please choose one of the list."),
    ],
)
def test_what_is_wrong_with_a_new_survey_is_told_beside_the_field(world: World, changes: dict[str, str], told: str):
    before = count(world, Survey)
    refused = world.as_user("secretary").submit("/committee/surveys/new", **new_survey(world, **changes))
    assert refused.status_code == 422
    assert errors_on(refused.text) == [told]
    assert text_of(next(elements(parsed(refused.text), "title"))).startswith("Error: ")
    assert 'value="2026-11-30"' in refused.text
    assert count(world, Survey) == before


def test_a_survey_is_not_made_for_a_unit_of_somebody_else(world: World):
    foreign = new_survey(world, unit=str(world.units["C2"]))
    refused = world.as_user("secretary").submit("/committee/surveys/new", **foreign)
    assert errors_on(refused.text) == ["Please choose one of the list."]


def test_too_few_people_are_told_before_opening(world: World):
    secretary = world.as_user("secretary")
    text = secretary.text(survey_path(world, "draft", "open"))
    assert "0 people are eligible for 2027" in text
    assert "What will happen" not in text


def test_an_open_link_gets_a_poster_and_no_codes(world: World):
    secretary = world.as_user("secretary")
    made = secretary.submit("/committee/surveys/new", **new_survey(world, access_mode="open"))
    opened = secretary.submit(made.location + "/open")
    assert slips_on(opened.text) == []
    assert "Recovery sheets (PDF)" in opened.text
    page = secretary.page(made.location)
    poster = next(a.get("href") for a in elements(page, "a") if text_of(a).startswith("Poster"))
    shown = secretary.page(poster)
    assert "the link is the same for everybody" in text_of(shown)
    assert fingerprint_on(opened.text) in text_of(shown)
    assert sum(1 for element in shown.iter() if element.tag.endswith("}svg")) == 1
    assert secretary.client.get(made.location + "/poster/000000000000").status_code == 404


def test_a_spare_code_is_shown_once_and_counted_as_issued(world: World):
    secretary = world.as_user("secretary")
    shown = secretary.submit(survey_path(world, "open", "spare-code"))
    assert len(slips_on(shown.text)) == 1
    assert not CODE.search(secretary.get(survey_path(world, "open")).text)
    assert "of these 1 spare" in secretary.text(survey_path(world, "open"))
    with world.app.app_context():
        groups = db.session.get_one(Survey, world.surveys["open"]).groups
        assert sum(group.issued for group in groups) == 30
        assert (
            db.session.scalar(select(AuditEntry.actor).where(AuditEntry.act == "survey.issue_spare_code"))
            == "secretary"
        )


def test_groups_are_hidden_or_rounded_while_the_survey_runs(world: World):
    text = world.as_user("secretary").text(survey_path(world, "open"))
    assert "10 people or more" in text
    assert "with 2 smaller units" in text


def test_each_scrutineer_gets_a_passphrase_that_is_shown_once(world: World):
    secretary = world.as_user("secretary")
    made = secretary.submit("/committee/surveys/new", **new_survey(world))
    opened = secretary.submit(made.location + "/open")
    shown = passphrases_on(opened.text)
    assert len(set(shown)) == 3
    assert all(PASSPHRASE.fullmatch(passphrase) for passphrase in shown)
    assert "Give each to another person" in opened.text
    again = secretary.get(made.location).text
    assert not any(passphrase in again for passphrase in shown)
    assert "three, any two of them open the ballots together" in secretary.text(made.location)


def test_with_one_scrutineer_every_page_says_that_this_person_can_open_the_ballots_alone(world: World):
    secretary = world.as_user("secretary")
    made = secretary.submit("/committee/surveys/new", **new_survey(world, scrutineers="1"))
    assert "one, who can open the ballots alone" in secretary.text(made.location)
    opened = secretary.submit(made.location + "/open")
    assert "This person can open the ballots alone" in opened.text
    assert len(passphrases_on(opened.text)) == 1


def test_the_check_print_is_the_same_on_slips_recovery_sheets_and_the_page_of_the_survey(world: World):
    secretary = world.as_user("secretary")
    made = secretary.submit("/committee/surveys/new", **new_survey(world))
    opened = secretary.submit(made.location + "/open")
    fingerprint = fingerprint_on(opened.text)
    assert re.fullmatch(r"(\w{4}-){7}\w{4}", fingerprint)
    slips = check_page(in_browser(secretary, opened.text).text)
    assert text_of(slips).count(fingerprint) == 29
    assert fingerprint in secretary.text(made.location)


@pytest.fixture
def elsewhere(world: World, monkeypatch: pytest.MonkeyPatch) -> World:
    """The same world, reached from other machines without https."""
    monkeypatch.setitem(world.app.config, "SERVER_NAME", "ceping.example.gov.cn")
    return world


def test_without_https_a_survey_whose_voters_must_encrypt_is_not_opened(elsewhere: World):
    world, secretary = elsewhere, elsewhere.as_user("secretary")
    made = secretary.submit("/committee/surveys/new", **new_survey(world))
    with world.app.app_context():
        db.session.get_one(Survey, UUID(made.location.rpartition("/")[2])).accepts_played = False
        db.session.commit()
    assert "this survey cannot be opened" in secretary.text(made.location + "/open")
    refused = secretary.submit(made.location + "/open")
    assert refused.status_code == 422
    assert "Members would reach this survey without https" in refused.text
    assert "Change the draft" in secretary.text(made.location)
    world.app.config["SERVER_NAME"] = None
    at_the_machine = world.as_user("secretary")
    assert len(slips_on(at_the_machine.submit(made.location + "/open").text)) == 29


def test_without_https_the_server_encrypts_where_that_is_allowed_and_the_page_says_so(elsewhere: World):
    secretary = elsewhere.as_user("secretary")
    made = secretary.submit("/committee/surveys/new", **new_survey(elsewhere))
    assert "the server encrypts the answers for everybody" in secretary.text(made.location + "/open")
    assert len(slips_on(secretary.submit(made.location + "/open").text)) == 29


def test_closing_early_is_said_before_it_is_done(world: World):
    secretary = world.as_user("secretary")
    assert "it would be closed early" in secretary.text(survey_path(world, "open", "close"))
    assert secretary.submit(survey_path(world, "open", "close"), reason="都答完了").status_code == 302
    assert "Closed, not yet sealed" in secretary.text(survey_path(world, "open"))


def test_closing_says_until_when_ballots_under_way_are_taken(world: World):
    secretary = world.as_user("secretary")
    text = secretary.text(survey_path(world, "open", "close"))
    assert "No more passes are given out" in text
    assert "taken for another 30 minutes" in text
    secretary.submit(survey_path(world, "open", "close"), reason="都答完了")
    until = (NOON + GRACE).astimezone()
    assert f"are taken until {until:%H:%M}" in secretary.text(survey_path(world, "open"))
    world.app.config["CLOCK"].moment = NOON + GRACE
    assert "are taken until" not in secretary.text(survey_path(world, "open"))


# ---- withdrawing ----


def withdraw(visitor: Visitor, path: str, **typed: str):
    return visitor.submit(path + "/withdraw", **{"reason": "第 3 题的选项印错了", "word": "withdraw"} | typed)


def test_a_faulty_survey_is_withdrawn_unread_and_leads_to_a_corrected_copy(world: World):
    secretary = world.as_user("secretary")
    path = survey_path(world, "open")
    before = count(world, Ballot)
    link = next(a.get("href") for a in elements(secretary.page(path), "a") if text_of(a) == "Withdraw the survey")
    assert link == path + "/withdraw"
    assert "No ballot is opened." in secretary.text(link)
    withdrawn = withdraw(secretary, path)
    copy = secretary.text(withdrawn.location)
    assert withdrawn.location != path
    assert "This is the copy to be corrected." in copy
    assert "2026 年度党员满意度测评" in copy
    assert count(world, Ballot) == before - 20
    shown = secretary.text(path)
    assert "Withdrawn" in shown
    assert "Reason: 第 3 题的选项印错了" in shown
    assert "people or more" not in shown
    assert "Survey withdrawn" in world.as_user("top").text("/committee/audit")
    assert "Survey closes" not in secretary.text("/committee/")
    assert "withdrawn" in secretary.text("/committee/surveys")


@pytest.mark.parametrize(
    ("typed", "told"),
    [({"reason": " "}, "Please say why."), ({"word": "yes"}, "Please type the word “withdraw”.")],
)
def test_withdrawing_needs_a_reason_and_the_word(world: World, typed: dict[str, str], told: str):
    secretary = world.as_user("secretary")
    before = count(world, Ballot)
    refused = withdraw(secretary, survey_path(world, "open"), **typed)
    assert refused.status_code == 422
    assert errors_on(refused.text) == [told]
    assert count(world, Ballot) == before


def test_a_survey_can_be_withdrawn_without_a_copy(world: World):
    secretary = world.as_user("secretary")
    before, path = count(world, Survey), survey_path(world, "open")
    page = secretary.page(path + "/withdraw")
    token = next(c.get("value") for c in elements(page, "input") if c.get("name") == "csrf_token")
    typed = {"reason": "不再需要", "word": "withdraw", "csrf_token": token}
    assert secretary.client.post(path + "/withdraw", data=typed).location == path
    assert count(world, Survey) == before


def test_who_only_opens_ballots_withdraws_nothing(world: World):
    scrutineer = world.as_user("scrutineer")
    assert scrutineer.client.get(survey_path(world, "open", "withdraw")).status_code == 403
    assert scrutineer.client.get(survey_path(world, "open")).status_code == 403


def test_the_list_shows_surveys_of_the_whole_tree_and_nothing_of_neighbours(world: World):
    text = world.as_user("secretary").text("/committee/surveys")
    assert "住建局第二党支部职工测评" in text
    assert "水务局" not in text


# ---- objectives ----


def objectives_path(world: World, year: int = 2027, audience: str = "member") -> str:
    return f"/committee/objectives/{world.units['C1']}/{year}/{audience}"


GOAL = {"title": "党员教育有帮助不低于 87.5%", "measured": "overall", "threshold": "87.5%", "owner": "方砚秋"}


def test_an_objective_is_set_changed_and_kept_as_written(world: World):
    secretary = world.as_user("secretary")
    assert secretary.submit(objectives_path(world) + "/new", **GOAL).location == objectives_path(world)
    page = secretary.page(objectives_path(world))
    assert "87.5%" in text_of(page)
    link = next(a.get("href") for a in elements(page, "a") if text_of(a) == GOAL["title"])
    secretary.submit(link, threshold="90")
    with world.app.app_context():
        kept = db.session.scalars(select(ObjectiveRecord).where(ObjectiveRecord.year == 2027)).one()
        assert (kept.threshold, kept.owner, kept.measure, kept.target) == ("0.90", "方砚秋", "overall", None)


def test_an_objective_on_the_same_measure_keeps_last_years_code(world: World):
    secretary = world.as_user("secretary")
    secretary.submit(objectives_path(world) + "/new", **GOAL)
    secretary.submit(objectives_path(world) + "/new", **GOAL | {"measured": "participation"})
    with world.app.app_context():
        kept = db.session.scalars(select(ObjectiveRecord).where(ObjectiveRecord.year == 2027)).all()
        assert {record.measure: record.code for record in kept} == {"overall": "O1", "participation": "O2"}


def test_objectives_are_locked_once_the_survey_has_opened(world: World):
    secretary = world.as_user("secretary")
    text = secretary.text(objectives_path(world, 2026))
    assert "Locked since 8 December 2026" in text
    assert "Set an objective" not in text
    assert secretary.client.get(objectives_path(world, 2026) + "/new").status_code == 409
    assert secretary.client.get(f"/committee/objectives/{world.objectives['C1']}").status_code == 409


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"threshold": "0"}, "A percentage from 1 to 100, with at most one decimal."),
        ({"threshold": "90.55"}, "A percentage from 1 to 100, with at most one decimal."),
        ({"threshold": "NaN"}, "A number from 0 to 100, with at most two decimals."),
        ({"threshold": "most"}, "A number such as 90 or 4.2."),
        ({"threshold": ""}, "Please enter the target."),
        ({"measured": "item:nothing"}, "Please choose one of the list."),
        ({"title": ""}, "Please enter the objective."),
    ],
)
def test_an_impossible_objective_is_refused_with_everything_typed(world: World, changes: dict[str, str], told: str):
    refused = world.as_user("secretary").submit(objectives_path(world) + "/new", **GOAL | changes)
    assert refused.status_code == 422
    assert errors_on(refused.text) == [told]
    assert "方砚秋" in refused.text


# ---- the improvement plan ----


def plan_path(world: World, code: str = "C1") -> str:
    return f"/committee/plan/{world.units[code]}"


def new_action(**changes: str) -> dict[str, str]:
    return {
        "title": "重点任务进度上墙",
        "measure": "每月更新一次。",
        "acceptance": "90",
        "owner": "陆文谦",
        "due": "2027-06-30",
    } | changes


def test_an_action_takes_its_baseline_from_the_sealed_result(world: World):
    secretary = world.as_user("secretary")
    path = f"{plan_path(world)}/new/{world.surveys['sealed']}"
    lowest = list(elements(secretary.page(path), "option"))[1]
    satisfied, n = re.search(r"(\d+)/(\d+)", text_of(lowest)).groups()
    assert secretary.submit(path, **new_action(item=lowest.get("value"))).location == plan_path(world)
    with world.app.app_context():
        action = db.session.scalars(select(Action).where(Action.title == "重点任务进度上墙")).one()
        assert (action.baseline_satisfied, action.baseline_n) == (int(satisfied), int(n))
        assert action.acceptance == "0.90"
    assert f"{satisfied}/{n}" in secretary.text(plan_path(world))


def test_an_action_without_a_due_date_comes_back_with_everything_typed(world: World):
    path = f"{plan_path(world)}/new/{world.surveys['sealed']}"
    refused = world.as_user("secretary").submit(path, **new_action(due=""))
    assert refused.status_code == 422
    assert errors_on(refused.text) == ["Please choose one of the list.", "Please enter the due date."]
    assert "每月更新一次。" in refused.text
    assert count(world, Action) == 2


def test_an_action_cannot_rest_on_a_result_of_somebody_else(world: World):
    path = f"{plan_path(world)}/new/{world.surveys['sealed elsewhere']}"
    assert world.as_user("secretary").client.get(path).status_code == 404


def test_an_action_moves_along_the_board_and_stops_being_overdue(world: World):
    secretary = world.as_user("secretary")
    assert "5 days overdue" in secretary.text(plan_path(world))
    moved = f"/committee/plan/actions/{world.actions['sealed']}/status"
    assert secretary.submit(plan_path(world), to=moved, status="done").status_code == 302
    text = secretary.text(plan_path(world))
    assert "overdue" not in text
    assert "Check 1 actions" in text


def test_an_action_is_called_verified_only_once_a_later_survey_has_asked_again(world: World):
    secretary = world.as_user("secretary")
    moved = f"/committee/plan/actions/{world.actions['sealed']}/status"
    assert 'value="verified"' not in secretary.get(plan_path(world)).text
    assert secretary.submit(plan_path(world), to=moved, status="verified").status_code == 400


def test_an_assessor_reads_the_plan_but_cannot_move_it(world: World):
    page = world.as_user("assessor").page(plan_path(world))
    assert "意见答复台账" in text_of(page)
    assert not any((form.get("action") or "").endswith("/status") for form in elements(page, "form"))


def test_a_unit_without_a_result_says_where_actions_come_from(world: World):
    assert "Actions follow from a sealed survey" not in world.as_user("top").text(plan_path(world, "A"))
    assert "Actions follow from a sealed survey" in world.as_user("top").text(plan_path(world, "W"))


# ---- the organisation ----


def test_a_unit_is_added_with_its_numbers(world: World):
    higher = world.as_user("higher_committee")
    added = higher.submit(
        "/committee/organisation/new", parent=str(world.units["C1"]), name="住建局第三党支部", code="E"
    )
    assert added.status_code == 302
    page = higher.page("/committee/organisation/")
    links = [str(a.get("href")) for a in elements(page, "a") if "住建局第三党支部" in text_of(a)]
    link = next(link for link in links if "/eligible/" in link)
    assert higher.submit(link, member="9", staff="0", reference_day="2026-11-30").status_code == 302
    tree = text_of(next(iter(elements(higher.page("/committee/organisation/"), "main"))))
    assert re.search("住建局第三党支部 E · Branch · Organ ?Members 9 · Staff 0", tree)


def test_a_unit_code_that_is_taken_is_told_beside_the_field(world: World):
    refused = world.as_user("higher_committee").submit("/committee/organisation/new", name="又一个支部", code="A")
    assert refused.status_code == 422
    assert errors_on(refused.text) == ["The unit code A is taken."]
    assert "又一个支部" in refused.text


def test_an_account_is_made_with_a_first_password_that_opens_only_the_change(world: World):
    administrator = world.as_user("administrator")
    shown = administrator.submit(
        "/committee/people/new", name="何静岚", login="he.jinglan", role="secretary", unit=str(world.units["B"])
    )
    password = text_of(next(b for b in elements(parsed(shown.text), "b") if b.get("class") == "typed"))
    newcomer = Visitor(world.app.test_client())
    newcomer.submit("/login", login="he.jinglan", password=password)
    assert newcomer.get("/committee/").location == "/password"
    assert "何静岚" in administrator.text("/committee/people")


def test_an_account_that_reaches_further_is_out_of_an_administrators_reach(world: World):
    administrator = world.as_user("administrator")
    assert "Stranger" not in administrator.text("/committee/people")
    with world.app.app_context():
        before = db.session.get_one(User, world.users["top"]).password_hash
    assert administrator.client.get(f"/committee/people/{world.users['top']}/reset").status_code == 404
    with world.app.app_context():
        assert db.session.get_one(User, world.users["top"]).password_hash == before


def test_a_login_that_is_taken_is_told_beside_the_field(world: World):
    refused = world.as_user("administrator").submit(
        "/committee/people/new", name="某人", login="secretary", role="secretary"
    )
    assert refused.status_code == 422
    assert errors_on(refused.text) == ["The login name secretary is taken."]


def test_the_record_of_acts_names_persons_and_keeps_to_the_scope(world: World):
    world.as_user("secretary").submit(survey_path(world, "open", "close"), reason="都答完了")
    text = world.as_user("assessor").text("/committee/audit")
    assert "Survey was closed" in text
    assert "secretary" in text
    assert "水务局" not in text


def test_the_record_of_acts_is_read_page_by_page(world: World):
    page = world.as_user("top").page("/committee/audit")
    older = next(a.get("href") for a in elements(page, "a") if text_of(a) == "Earlier acts")
    numbers = [int(text_of(th)) for tr in elements(page, "tr") for th in elements(tr, "th") if th.get("scope") == "row"]
    following = world.as_user("top").page(older)
    later = [
        int(text_of(th)) for tr in elements(following, "tr") for th in elements(tr, "th") if th.get("scope") == "row"
    ]
    assert len(numbers) == 50
    assert max(later) < min(numbers)


# ---- questionnaires ----

FAULTY = """\
schema: 1
code: faulty
title: {zh_Hans: 有问题的问卷}
audience: member
colour: red
sections:
  - code: one
    title: {zh_Hans: 第一部分}
    items:
      - {code: q1, type: scale, text: {zh_Hans: 一}, scale: missing}
      - {code: q1, type: text, text: {zh_Hans: 二}}
"""


def test_all_problems_of_a_questionnaire_are_listed_with_their_line_and_the_text_stays(world: World):
    before = count(world, InstrumentVersion)
    refused = world.as_user("higher_committee").submit("/committee/questionnaires/new", source=FAULTY, publishes="yes")
    assert refused.status_code == 422
    page = parsed(refused.text)
    rows = [[text_of(cell) for cell in tr] for body in elements(page, "tbody") for tr in elements(body, "tr")]
    assert any(row[0] == "5" and "colour" in " ".join(row) for row in rows)
    assert len(rows) >= 2
    assert "有问题的问卷" in text_of(next(elements(page, "textarea")))
    assert count(world, InstrumentVersion) == before


def test_a_questionnaire_file_is_published_and_shown(world: World):
    from io import BytesIO

    from tests.unit.app.small_questionnaire import SOURCE

    published = world.as_user("higher_committee").submit(
        "/committee/questionnaires/new", file=(BytesIO(SOURCE.encode()), "small.yaml"), publishes="yes"
    )
    assert published.status_code == 302
    text = world.as_user("secretary").text(published.location)
    assert "How satisfied are you with the meetings?" in text


def test_a_file_that_is_not_text_is_refused(world: World):
    from io import BytesIO

    refused = world.as_user("higher_committee").submit(
        "/committee/questionnaires/new", file=(BytesIO(b"\xff\xfe\x00\x01"), "picture.png")
    )
    assert refused.status_code == 422
    assert errors_on(refused.text) == ["This file is neither a workbook nor UTF-8 text."]


def test_the_ready_questionnaires_are_published_with_one_button(empty_app: Flask):
    visitor = Visitor(empty_app.test_client())
    visitor.submit(
        "/first-administrator",
        unit_name="工委",
        name="陆",
        login="lu",
        new_password="river stone winter",
        repeated="river stone winter",
    )
    assert "No questionnaire has been published yet." in visitor.text("/committee/surveys/new")
    visitor.submit("/committee/questionnaires", to="/committee/questionnaires/catalogue")
    ready = len(list((Path(instruments.__file__).parent / "catalogue").glob("*.yaml")))
    assert sum(1 for tr in elements(visitor.page("/committee/questionnaires"), "tr")) == 1 + ready
