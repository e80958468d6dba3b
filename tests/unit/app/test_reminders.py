"""Reminding people: texts to be passed on, one mail a day to everybody, and personal links that leave no trace."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from sqlalchemy import func, select

from survey_app import services
from survey_app.extensions import db
from survey_app.models import AccessMode, AuditEntry, Invitation, RosterPerson, Survey, Unit
from survey_app.services.roster import RosterRow, store_roster
from tests.committee_world import World, make_survey, open_and_answer
from tests.mail_server import REFUSED, LetterBox, letter_box
from tests.page_checks import elements, parsed, text_of
from tests.visitor import Visitor

LINK = re.compile(r"http://\S+#([0-9A-Z-]+)\.\S+")
PEOPLE = ("陆文谦", "顾一鸣", "沈知远", "方静", "程博")


@pytest.fixture
def secretary(world: World) -> Visitor:
    return world.as_user("secretary")


@pytest.fixture
def letters(world: World) -> Iterator[LetterBox]:
    """A mail server, and a service that knows it."""
    with letter_box() as box:
        settings = {"SMTP_HOST": "127.0.0.1", "SMTP_PORT": box.port, "SMTP_TLS": "none", "MAIL_FROM": "zb@example.org"}
        world.app.config.update(settings)
        yield box


def texts(visitor: Visitor, address: str) -> dict[str, str]:
    """What stands ready to be copied, by the name of its field."""
    page = visitor.page(address)
    return {area.get("id"): area.text for area in elements(page, "textarea")}


def running(world: World) -> str:
    return f"/committee/surveys/{world.surveys['open']}"


def with_roster(world: World, mode: AccessMode, people=PEOPLE, *, wrong: str = "") -> UUID:
    """An open survey of branch A with a list of names; everybody has an address."""
    with world.app.app_context():
        survey = make_survey(world, "A", year=2026, title="第一党支部测评", access_mode=mode)
        open_and_answer(world, survey, share=0)
        rows = [
            RosterRow(number, survey.unit_id, name, REFUSED if name == wrong else f"p{number}@example.org")
            for number, name in enumerate(people, start=2)
        ]
        store_roster(db.session, survey, rows, by=services.COMMAND_LINE, clock=world.app.config["CLOCK"])
        db.session.commit()
        return survey.id


def acts(world: World, survey_id: UUID, *names: str) -> list[tuple[str, dict]]:
    with world.app.app_context():
        found = db.session.scalars(
            select(AuditEntry)
            .where(AuditEntry.object_id == str(survey_id), AuditEntry.act.in_(names))
            .order_by(AuditEntry.number)
        )
        return [(entry.act, entry.detail) for entry in found]


def codes_stored(world: World, survey_id: UUID) -> int:
    with world.app.app_context():
        return db.session.scalar(select(func.count()).where(Invitation.survey_id == survey_id)) or 0


# ---- texts ----


def test_texts_stand_ready_for_a_group_in_chinese_then_english(world: World, secretary: Visitor):
    ready = texts(secretary, running(world) + "/remind")
    assert list(ready) == [f"{kind}-{lang}" for lang in ("zh-Hans", "en") for kind in ("notice", "chat", "spoken")]
    with world.app.app_context():
        survey = db.session.get_one(Survey, world.surveys["open"])
        group = survey.groups[0]
        address, unit = f"http://localhost/s/{survey.slug}/{group.slug}", group.unit.name
    assert address in ready["notice-zh-Hans"]
    notice = ready["notice-en"]
    for told in (
        unit, address, "14 December 2026", "6 days are left", "about 3 min", "Anonymous: this slip has no number",
        "Nobody knows who has.",
    ):  # fmt: skip
        assert told in notice
    assert address in ready["chat-en"]
    assert address not in ready["spoken-en"]


def test_participation_is_said_rounded_and_only_where_it_may_be_shown(world: World, secretary: Visitor):
    with world.app.app_context():
        groups = {g.unit.code: g.slug for g in db.session.get_one(Survey, world.surveys["open"]).groups}
    large = texts(secretary, f"{running(world)}/remind?group={groups['A']}")
    assert "at least 10 of 14 people" in large["notice-en"]
    with world.app.app_context():
        survey = make_survey(world, "B", year=2026, title="第二党支部测评", access_mode=AccessMode.CODES)
        open_and_answer(world, survey, share=0.5)
        db.session.commit()
        address = f"/committee/surveys/{survey.id}/remind"
    assert "So far" not in texts(secretary, address)["notice-en"]  # 6 of 12 took part


def test_a_branch_finds_the_texts_for_its_own_people_in_the_survey_of_the_unit_above(world: World):
    branch = world.as_user("branch secretary")
    page = branch.page(running(world) + "/remind")
    assert "住建局第一党支部" in text_of(page)
    assert "住建局第二党支部" not in text_of(page)
    assert "By e-mail" not in text_of(page)
    token = next(c.get("value") for c in elements(branch.page("/password"), "input") if c.get("name") == "csrf_token")
    assert branch.client.post(running(world) + "/remind", data={"csrf_token": token}).status_code == 404


def test_without_a_mail_server_or_a_list_of_names_the_page_says_so(world: World, secretary: Visitor):
    assert "No mail server is set up" in secretary.text(running(world) + "/remind")


def test_a_survey_that_is_not_open_reminds_nobody(world: World, secretary: Visitor):
    for name in ("draft", "closed", "sealed"):
        assert secretary.get(f"/committee/surveys/{world.surveys[name]}/remind").status_code == 409


# ---- a reminder by mail ----


def test_everybody_on_the_list_gets_the_same_words_without_a_code_at_most_once_a_day(
    world: World, secretary: Visitor, letters: LetterBox
):
    survey_id = with_roster(world, AccessMode.CODES)
    address = f"/committee/surveys/{survey_id}/remind"
    assert "all 5 people on the list of names" in secretary.text(address)
    assert secretary.submit(address, to=address).status_code == 302
    assert "5 of 5 mails went out." in secretary.text(address)
    assert {to for (to,) in letters.recipients} == {f"p{number}@example.org" for number in range(2, 7)}
    bodies = {letter.get_content() for letter in letters.letters}
    assert len(bodies) == 1
    assert "#" not in bodies.pop()
    assert acts(world, survey_id, "survey.remind") == [("survey.remind", {"people": 5})]
    assert "The next one can be sent tomorrow." in secretary.text(address)
    token = next(
        c.get("value") for c in elements(secretary.page("/password"), "input") if c.get("name") == "csrf_token"
    )
    again = secretary.client.post(address, data={"csrf_token": token})
    assert (again.status_code, "gone out today already" in again.text) == (422, True)
    assert len(letters.letters) == 5
    world.app.config["CLOCK"].moment += timedelta(days=1)
    assert world.as_user("secretary").submit(address, to=address).status_code == 302
    assert len(letters.letters) == 10


def test_a_server_that_reaches_nobody_does_not_use_up_the_day(world: World, secretary: Visitor, letters: LetterBox):
    survey_id = with_roster(world, AccessMode.CODES)
    address = f"/committee/surveys/{survey_id}/remind"
    right, world.app.config["SMTP_PORT"] = world.app.config["SMTP_PORT"], 1
    failed = secretary.submit(address, to=address)
    assert failed.status_code == 502
    assert "0 of 5 mails went out" in failed.text
    world.app.config["SMTP_PORT"] = right
    assert secretary.submit(address, to=address).status_code == 302
    assert len(letters.letters) == 5


def test_after_the_last_day_no_reminder_goes_out(world: World, letters: LetterBox):
    survey_id = with_roster(world, AccessMode.CODES)
    world.app.config["CLOCK"].moment = datetime(2026, 12, 15, 9, tzinfo=UTC)
    text = world.as_user("secretary").text(f"/committee/surveys/{survey_id}/remind")
    assert "The last day has passed." in text
    assert "Send the reminder to everybody" not in text


# ---- personal links ----


def test_everybody_gets_a_link_of_their_own_that_stands_nowhere_else(
    world: World, secretary: Visitor, letters: LetterBox
):
    survey_id = with_roster(world, AccessMode.PERSONAL)
    address = f"/committee/surveys/{survey_id}/personal-links"
    told = secretary.submit(address, to=address)
    assert (told.status_code, told.headers["Cache-Control"]) == (200, "no-store")
    assert "5 of 5 mails went out." in told.text
    codes = [LINK.search(letter.get_content()).group(1) for letter in letters.letters]
    assert len(set(codes)) == 5
    assert not any(code in told.text for code in codes)
    with world.app.app_context():
        survey = db.session.get_one(Survey, survey_id)
        for code in codes:
            services.check_code(
                db.session, survey, survey.groups[0], code, secret=world.app.config["INSTALLATION_SECRET"]
            )
    recorded = acts(world, survey_id, "survey.mail_links")
    assert recorded == [("survey.mail_links", {"people": 5})]


def test_made_again_the_links_that_were_not_used_are_void(world: World, secretary: Visitor, letters: LetterBox):
    survey_id = with_roster(world, AccessMode.PERSONAL)
    address = f"/committee/surveys/{survey_id}/personal-links"
    secretary.submit(address, to=address)
    assert "stop working: also printed slips, and links sent earlier" in secretary.text(address)
    secretary.submit(address, to=address)
    assert (len(letters.letters), codes_stored(world, survey_id)) == (10, 5)


def test_where_the_mail_breaks_off_the_rest_is_named_once_and_can_be_sent_alone(
    world: World, secretary: Visitor, letters: LetterBox
):
    survey_id = with_roster(world, AccessMode.PERSONAL)
    address = f"/committee/surveys/{survey_id}/personal-links"
    letters.full_after = 2
    broken = secretary.submit(address, to=address)
    assert broken.status_code == 502
    assert "2 of 5 mails went out, then it broke off." in broken.text
    named = [name for name in PEOPLE if name in broken.text]
    assert len(named) == 3
    assert codes_stored(world, survey_id) == 2  # those never sent are taken back
    ((_act, written),) = acts(world, survey_id, "survey.mail_links_stopped")
    assert (written["sent"], written["people"]) == (2, 5)
    letters.full_after = None
    form = {c.get("name"): c.get("value") for c in elements(parsed(broken.text), "input") if c.get("name")}
    others = secretary.client.post(address, data=form | {"only": form["only"].split()[0]})
    assert (others.status_code, "not the people whom the last mails" in others.text) == (422, True)
    rest = secretary.client.post(address, data=form)
    assert (rest.status_code, "3 of 3 mails went out." in rest.text) == (200, True)
    assert secretary.client.post(address, data=form).status_code == 422, "once"
    assert codes_stored(world, survey_id) == 5
    reached = {to for (to,) in letters.recipients}
    assert reached == {f"p{number}@example.org" for number in range(2, 7)}


def test_an_address_that_is_refused_is_passed_over_and_named(world: World, secretary: Visitor, letters: LetterBox):
    survey_id = with_roster(world, AccessMode.PERSONAL, wrong="沈知远")
    address = f"/committee/surveys/{survey_id}/personal-links"
    told = secretary.submit(address, to=address)
    assert (told.status_code, "4 of 5 mails went out." in told.text, "沈知远" in told.text) == (200, True, True)
    assert codes_stored(world, survey_id) == 4


def test_the_rest_never_gets_more_codes_than_there_are_people(world: World, secretary: Visitor, letters: LetterBox):
    people = tuple(f"党员{number}" for number in range(14))
    survey_id = with_roster(world, AccessMode.PERSONAL, people)
    address = f"/committee/surveys/{survey_id}/personal-links"
    secretary.submit(address, to=address)
    with world.app.app_context():
        one = db.session.scalars(select(RosterPerson.id).where(RosterPerson.survey_id == survey_id)).first()
    token = next(
        c.get("value") for c in elements(secretary.page("/password"), "input") if c.get("name") == "csrf_token"
    )
    refused = secretary.client.post(address, data={"csrf_token": token, "only": str(one)})
    assert (refused.status_code, "not the people whom the last mails" in refused.text) == (422, True)
    assert codes_stored(world, survey_id) == 14


def test_links_refused_are_written_down_and_say_the_same_whichever_group_it_is(
    world: World, secretary: Visitor, letters: LetterBox
):
    survey_id = with_roster(world, AccessMode.PERSONAL, tuple(f"党员{number}" for number in range(14)))
    address = f"/committee/surveys/{survey_id}/personal-links"
    secretary.submit(address, to=address)
    refused = secretary.submit(address, to=address)
    assert (refused.status_code, "more codes than there may be" in refused.text) == (422, True)
    assert acts(world, survey_id, "survey.refuse_slips") == [("survey.refuse_slips", {})]
    assert (len(letters.letters), codes_stored(world, survey_id)) == (14, 14)


def test_only_surveys_with_personal_slips_send_links(world: World, secretary: Visitor):
    assert secretary.get(running(world) + "/personal-links").status_code == 404


def test_names_and_addresses_are_in_no_record_of_acts(world: World, secretary: Visitor, letters: LetterBox):
    survey_id = with_roster(world, AccessMode.PERSONAL)
    for step in ("personal-links", "remind"):
        secretary.submit(f"/committee/surveys/{survey_id}/{step}", to=f"/committee/surveys/{survey_id}/{step}")
    with world.app.app_context():
        written = " ".join(str(entry.detail) for entry in db.session.scalars(select(AuditEntry)))
        assert db.session.get_one(Unit, world.units["A"]).name  # the world is there
    assert not any(name in written for name in PEOPLE)
    assert "example.org" not in written
