"""The calendar, notices and the feed on pages, and the mails that a daily command sends."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import date, timedelta

import pytest
from click.testing import CliRunner
from icalendar import Calendar
from sqlalchemy import select
from sqlalchemy.orm import Session

from survey_app import services
from survey_app.cli import main
from survey_app.database import build_engine
from survey_app.extensions import db
from survey_app.models import AuditEntry, NoticeMark, User, UserRole
from tests.committee_world import World, make_survey, open_and_answer
from tests.district import District, found_district
from tests.mail_server import REFUSED, LetterBox, letter_box
from tests.page_checks import check_page, elements, text_of
from tests.visitor import Visitor


def calendar_path(world: World, unit: str = "C1", station: str = "") -> str:
    return f"/committee/calendar/{world.units[unit]}/2026" + (f"/{station}" if station else "")


def rows_of(visitor: Visitor, path: str) -> dict[str, list[str]]:
    """First cell of each row of the page's table -> the others."""
    body = next(elements(visitor.page(path), "tbody"))
    rows = ([text_of(cell) for cell in elements(row, "th", "td")] for row in elements(body, "tr"))
    return {row[0]: row[1:] for row in rows}


def navigation_of(visitor: Visitor, path: str) -> list[str]:
    return [text_of(link) for nav in elements(visitor.page(path), "nav") for link in elements(nav, "a")]


def calendar_key_of(world: World, name: str) -> bytes | None:
    with world.app.app_context():
        return db.session.get_one(User, world.users[name]).calendar_key


# ---- the calendar ----


def test_a_secretary_sets_a_day_and_the_branch_follows(world: World):
    secretary = world.as_user("secretary")
    changed = secretary.submit(calendar_path(world, "C1", "pulse_4"), choice="own_day", due_on="2026-12-20")
    assert changed.location == calendar_path(world)
    assert rows_of(secretary, calendar_path(world))["Pulse, fourth quarter"][:2] == ["2026-12-20", "own choice"]
    below = rows_of(world.as_user("branch secretary"), calendar_path(world, "A"))
    assert below["Pulse, fourth quarter"][:2] == ["2026-12-20", "云汀区住建局机关党委"]
    with world.app.app_context():
        entry = db.session.scalars(select(AuditEntry).where(AuditEntry.act == "calendar.set")).one()
        assert (entry.actor, entry.detail["due"]) == ("secretary", "2026-12-20")


def test_a_meeting_is_ticked_off_with_its_note_and_leaves_what_is_coming_up(world: World):
    secretary = world.as_user("secretary")
    secretary.submit(calendar_path(world, "C1", "pulse_3"), done_on="2026-10-08", note="座谈会代替")
    assert rows_of(secretary, calendar_path(world))["Pulse, third quarter"][2] == "done on 2026-10-08 · 座谈会代替"
    page = secretary.page("/committee/")
    due = [text_of(li) for ul in elements(page, "ul") if ul.get("class") == "due" for li in elements(ul, "li")]
    assert not any("third quarter" in line for line in due)


@pytest.mark.parametrize(
    ("typed", "told"),
    [
        ({"choice": "own_day", "due_on": ""}, "Please choose a day in 2026 or in the year after."),
        ({"choice": "own_day", "due_on": "2029-01-01"}, "Please choose a day in 2026 or in the year after."),
        ({"done_on": "2026-12-09"}, "What is still to come cannot be ticked off yet."),
        ({"done_on": "gestern"}, "A day such as 2026-12-14."),
    ],
)
def test_an_impossible_day_is_told_beside_the_field(world: World, typed: dict[str, str], told: str):
    refused = world.as_user("secretary").submit(calendar_path(world, "C1", "pulse_3"), **typed)
    assert refused.status_code == 422
    assert told in text_of(check_page(refused.text))


def test_a_committee_member_reads_the_calendar_and_changes_nothing(world: World):
    member = world.as_user("committee_member")
    assert member.get(calendar_path(world)).status_code == 200
    assert member.get(calendar_path(world, "C1", "pulse_3")).status_code == 403


def test_there_is_no_station_of_another_name(world: World):
    assert world.as_user("secretary").get(calendar_path(world, "C1", "party")).status_code == 404


# ---- notices ----


def test_the_navigation_counts_what_is_new_until_it_is_read(world: World):
    secretary = world.as_user("secretary")
    count = len([li for ul in elements(secretary.page("/notices"), "ul") if ul.get("class") == "due"
                 for li in elements(ul, "li")])  # fmt: skip
    assert count >= 3
    assert f"Notices ({count})" in navigation_of(secretary, "/committee/surveys")
    page = secretary.page("/notices")
    key = next(button.get("value") for button in elements(page, "button") if button.get("name") == "key")
    secretary.submit("/notices", to="/notices/read", key=key)
    assert f"Notices ({count - 1})" in navigation_of(secretary, "/notices")
    secretary.submit("/notices", to="/notices/read")
    assert "Notices" in navigation_of(secretary, "/committee/")
    assert "There is nothing new." in secretary.text("/notices")


def test_every_link_of_the_notices_opens(world: World):
    for name in ("secretary", "committee_member", "scrutineer", "branch secretary", "assessor", "administrator"):
        visitor = world.as_user(name)
        links = [a.get("href") for ul in elements(visitor.page("/notices"), "ul") if ul.get("class") == "due"
                 for a in elements(ul, "a")]  # fmt: skip
        for link in links:
            assert visitor.get(link).status_code == 200, (name, link)


def test_a_scrutineer_is_told_of_the_box_and_of_nothing_else(world: World):
    text = world.as_user("scrutineer").text("/notices")
    assert "“住建局第二党支部职工测评” is closed. Its ballot box waits for the scrutineers." in text
    assert "意见答复台账" not in text


def test_waiting_suggestions_are_told_to_who_may_release_them(world: World):
    assert "Suggestions that wait to be read" in world.as_user("committee_member").text("/notices")
    assert "Suggestions that wait to be read" not in world.as_user("assessor").text("/notices")


def test_nobody_marks_what_is_not_theirs(world: World):
    secretary = world.as_user("secretary")
    secretary.submit("/notices", to="/notices/read", key="station/of/somebody/else")
    with world.app.app_context():
        assert db.session.scalars(select(NoticeMark)).all() == []


def test_notices_need_signing_in(world: World):
    for address in ("/notices", "/notices/read", "/notices/calendar", "/notices/calendar/end"):
        visitor = world.as_user(None)
        asked = visitor.client.get(address) if address == "/notices" else visitor.client.post(address)
        assert asked.status_code in (302, 400), address


# ---- the calendar for other programs ----


def feed_of(world: World, visitor: Visitor) -> str:
    """Where the calendar is, after its owner has made its address."""
    made = visitor.submit("/notices", to="/notices/calendar")
    assert made.headers["Cache-Control"] == "no-store"
    address = next(text_of(p) for p in elements(check_page(made.text), "p") if p.get("class") == "typed")
    return address.removeprefix("http://localhost")


def events_of(world: World, address: str) -> dict[str, dict[str, object]]:
    """Summary -> what else the calendar says of it, read by a program of others."""
    answer = world.app.test_client().get(address)
    assert answer.status_code == 200
    assert answer.mimetype == "text/calendar"
    assert "Set-Cookie" not in answer.headers
    read = Calendar.from_ical(answer.data)
    return {
        str(event["SUMMARY"]): {
            "uid": str(event["UID"]),
            "day": event.decoded("DTSTART"),
            "until": event.decoded("DTEND"),
        }
        for event in read.walk("VEVENT")
    }


def test_a_calendar_program_reads_the_days_of_the_year_and_of_surveys(world: World):
    address = feed_of(world, world.as_user("secretary"))
    events = events_of(world, address)
    assert events["Feedback meeting of 2026"]["day"] == date(2027, 3, 31)
    assert events["Feedback meeting of 2026"]["until"] == date(2027, 4, 1)
    assert events["Objectives of the year of 2026 (done)"]["day"] == date(2026, 1, 31)
    assert events["Last day: 2026 年度党员满意度测评"]["day"] == date(2026, 12, 14)
    assert not any("水务局" in summary for summary in events)


def test_the_calendar_shows_no_draft_of_a_unit_above(world: World):
    draft, running = "Last day: 2027 年度职工满意度测评", "Last day: 2026 年度党员满意度测评"
    assert {draft, running} <= set(events_of(world, feed_of(world, world.as_user("secretary"))))
    below = events_of(world, feed_of(world, world.as_user("branch secretary")))
    assert running in below
    assert draft not in below


def test_the_calendar_of_a_scrutineer_shows_the_boxes_that_wait_and_nothing_else(world: World):
    with world.app.app_context():  # the feed reaches from last year to next year
        survey = make_survey(world, "B", year=2026, title="封存待开箱")
        open_and_answer(world, survey, share=0)
        services.close_survey(db.session, survey, by=services.COMMAND_LINE, clock=world.app.config["CLOCK"])
        db.session.commit()
    assert set(events_of(world, feed_of(world, world.as_user("scrutineer")))) == {"Last day: 封存待开箱"}


def test_an_event_keeps_its_identity_when_its_day_changes(world: World):
    secretary = world.as_user("secretary")
    address = feed_of(world, secretary)
    before = events_of(world, address)["Feedback meeting of 2026"]
    secretary.submit(calendar_path(world, "C1", "feedback_meeting"), choice="own_day", due_on="2027-02-20")
    after = events_of(world, address)["Feedback meeting of 2026"]
    assert (after["uid"], after["day"]) == (before["uid"], date(2027, 2, 20))


def test_an_address_ends_when_another_is_made_or_it_is_switched_off(world: World):
    secretary, stranger = world.as_user("secretary"), world.app.test_client()
    first = feed_of(world, secretary)
    second = feed_of(world, secretary)
    assert first != second
    assert stranger.get(first).status_code == 404
    assert stranger.get(second).status_code == 200
    key = second.removeprefix("/calendar/").removesuffix(".ics").encode()
    assert key not in (calendar_key_of(world, "secretary") or b"")
    secretary.submit("/notices", to="/notices/calendar/end")
    assert stranger.get(second).status_code == 404
    assert calendar_key_of(world, "secretary") is None


def test_a_wrong_key_and_a_closed_account_lead_nowhere(world: World):
    address = feed_of(world, world.as_user("secretary"))
    nobody = world.app.test_client()
    assert nobody.get("/calendar/guessed.ics").status_code == 404
    with world.app.app_context():
        db.session.get_one(User, world.users["secretary"]).is_active = False
        db.session.commit()
    assert nobody.get(address).status_code == 404


def test_a_role_that_has_ended_leaves_an_empty_calendar(world: World):
    address = feed_of(world, world.as_user("secretary"))
    with world.app.app_context():
        db.session.get_one(User, world.users["secretary"]).memberships[0].until = date(2026, 12, 7)
        db.session.commit()
    assert events_of(world, address) == {}


# ---- e-mail ----


@pytest.fixture
def box() -> Iterator[LetterBox]:
    with letter_box() as box:
        yield box


@pytest.fixture
def run(tmp_path, monkeypatch, clock):
    """Commands on an installation with a district; one secretary wants mail."""
    folder = tmp_path / "instance"
    monkeypatch.setenv("BRANCH_SURVEY_INSTANCE", str(folder))
    monkeypatch.setenv("BRANCH_SURVEY_MAIL_FROM", "survey@example.org")
    monkeypatch.setenv("BRANCH_SURVEY_SMTP_TLS", "none")
    monkeypatch.setenv("BRANCH_SURVEY_SITE_ADDRESS", "https://survey.example.org/branch")

    def run(*arguments: object):
        return CliRunner().invoke(main, ["--lang", "en", *map(str, arguments)])

    assert run("init").exit_code == 0
    engine = build_engine(f"sqlite:///{folder / 'branch-survey.sqlite3'}")
    with Session(engine) as session:
        district = found_district(session, clock)
        _who_wants_mail(district, "education", "lu@example.org")
        session.commit()
    run.engine = engine
    yield run
    engine.dispose()


def _who_wants_mail(district: District, unit: str, address: str) -> User:
    """A secretary whose role ends in a week by the clock of the machine: that is a notice on any day."""
    person = district.person(UserRole.SECRETARY, unit, login=address.partition("@")[0])
    person.email, person.wants_mail = address, True
    person.memberships[0].until = date.today() + timedelta(days=7)  # noqa: DTZ011
    return person


def with_server(monkeypatch: pytest.MonkeyPatch, box: LetterBox) -> None:
    monkeypatch.setenv("BRANCH_SURVEY_SMTP_HOST", "127.0.0.1")
    monkeypatch.setenv("BRANCH_SURVEY_SMTP_PORT", str(box.port))


def test_what_is_new_is_mailed_once_in_the_language_of_the_installation(run, box, monkeypatch):
    with_server(monkeypatch, box)
    sent = run("notices", "send")
    assert (sent.exit_code, sent.output) == (0, "Mails sent: 1.\n")
    (letter,) = box.letters
    assert letter["To"] == "lu@example.org"
    assert "https://survey.example.org/branch/account" in letter.get_content()
    assert "Education" in letter.get_content()
    assert run("notices", "send").output == "Mails sent: 0.\n"
    assert len(box.letters) == 1


def test_a_dry_run_sends_and_marks_nothing(run, box, monkeypatch):
    with_server(monkeypatch, box)
    told = json.loads(run("notices", "send", "--dry-run", "--json").output)
    assert list(told["would_send"]) == ["lu"]
    assert box.letters == []
    assert run("notices", "send").output == "Mails sent: 1.\n"


def test_without_a_mail_server_the_command_says_what_to_do(run):
    refused = run("notices", "send")
    assert refused.exit_code == 1
    assert "SMTP_HOST" in refused.output


def test_what_the_server_refuses_is_tried_again_and_the_others_get_theirs(run, box, monkeypatch, clock):
    with_server(monkeypatch, box)
    with Session(run.engine) as session:
        person = session.scalars(select(User)).one()
        unit = person.memberships[0].unit
        district = District(session, clock, {"education": unit}, version=None)
        _who_wants_mail(district, "education", REFUSED)
        session.commit()
    first = run("notices", "send", "--json")
    assert first.exit_code == 1
    assert json.loads(first.stdout)["sent"] == 1
    assert list(json.loads(first.stdout)["refused"]) == ["nobody"]
    assert "no such mailbox" in run("notices", "send").output
    assert len(box.letters) == 1


def test_a_server_that_breaks_off_leaves_the_rest_for_the_next_day(run, box, monkeypatch, clock):
    with_server(monkeypatch, box)
    with Session(run.engine) as session:
        unit = session.scalars(select(User)).one().memberships[0].unit
        district = District(session, clock, {"education": unit}, version=None)
        for name in ("ma", "na"):
            _who_wants_mail(district, "education", f"{name}@example.org")
        session.commit()
    box.full_after = 2
    broken = run("notices", "send")
    assert broken.exit_code == 1
    assert "stopped taking mail" in broken.output
    box.full_after = None
    assert run("notices", "send").output == "Mails sent: 1.\n"
    assert sorted(letter["To"] for letter in box.letters) == ["lu@example.org", "ma@example.org", "na@example.org"]


def test_whoever_wants_no_mail_gets_none(run, box, monkeypatch):
    with_server(monkeypatch, box)
    with Session(run.engine) as session:
        session.scalars(select(User)).one().wants_mail = False
        session.commit()
    assert run("notices", "send").output == "Mails sent: 0.\n"
    assert box.letters == []


def test_a_mail_server_can_be_tried(run, box, monkeypatch):
    with_server(monkeypatch, box)
    assert run("notices", "test", "wen@example.org").exit_code == 0
    assert box.letters[0]["To"] == "wen@example.org"
    assert "no such mailbox" in run("notices", "test", REFUSED).output
