"""Opening the box and sealing, as the scrutineers see it: their passphrases, the counts, the word."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy import select
from werkzeug.test import TestResponse

from survey_app import services
from survey_app.extensions import db
from survey_app.models import GRACE, AuditEntry, Ballot, Invitation, State, Survey, Unit, User, UserRole
from tests.committee_world import NOON, World
from tests.page_checks import check_page, elements, parsed, text_of
from tests.visitor import Visitor

SURVEY = "closed"


@pytest.fixture
def later(world: World) -> World:
    """Half an hour after the survey was closed."""
    world.app.config["CLOCK"].moment = NOON + GRACE
    return world


def path(world: World, name: str = SURVEY) -> str:
    return f"/committee/surveys/{world.surveys[name]}"


def passphrases(world: World) -> list[str]:
    return world.passphrases[world.surveys[SURVEY]]


def open_box(world: World, visitor: Visitor | None = None, **typed: str) -> TestResponse:
    """Two of the three scrutineers type their passphrases."""
    first, _second, third = passphrases(world)
    at = visitor or world.as_user("scrutineer")
    return at.submit(path(world) + "/seal", **{"first": first, "second": third} | typed)


def confirm(visitor: Visitor, counted: TestResponse, **typed: str) -> TestResponse:
    """Send the form of the page of counts."""
    page = parsed(counted.text)
    form = next(form for form in elements(page, "form") if (form.get("action") or "").endswith("/seal/confirm"))
    hidden = [(field.get("name"), field.get("value")) for field in elements(form, "input") if field.get("value")]
    names = {name for name, _value in hidden}
    data = {name: [value for other, value in hidden if other == name] for name in names}
    return visitor.client.post(form.get("action"), data=data | typed)


def errors_on(html: str) -> list[str]:
    return [text_of(p) for p in elements(parsed(html), "p") if "err" in (p.get("class") or "").split()]


def row_of(html: str, name: str) -> list[str]:
    rows = (tr for tr in elements(parsed(html), "tr") if any(text_of(th) == name for th in elements(tr, "th")))
    return [text_of(td) for td in elements(next(rows), "td")]


def in_the_box(world: World, model: type) -> int:
    with world.app.app_context():
        of_survey = select(model).where(model.survey_id == world.surveys[SURVEY])
        return len(db.session.scalars(of_survey).all())


def state_of(world: World) -> State:
    with world.app.app_context():
        return db.session.get_one(Survey, world.surveys[SURVEY]).state


# ---- open and count ----


def test_two_scrutineers_open_the_box_and_see_counts_and_nothing_else(later: World):
    counted = open_box(later)
    assert counted.status_code == 200
    assert counted.headers["Cache-Control"] == "no-store"
    headings = [text_of(th) for th in elements(parsed(counted.text), "th") if th.get("scope") == "col"]
    assert headings == [
        "Unit", "Slips issued", "Passes used", "Ballots returned", "of these on paper", "Valid", "Invalid",
    ]  # fmt: skip
    assert row_of(counted.text, "住建局第二党支部") == ["12", "12", "12", "0", "12", "0"]
    assert "for browsers that cannot: 12" in text_of(parsed(counted.text))
    assert "%" not in text_of(parsed(counted.text))
    assert in_the_box(later, Ballot) == 12
    assert state_of(later) is State.CLOSED
    assert "The ballots have been counted." in later.as_user("secretary").text(path(later))


def test_a_box_is_not_opened_while_ballots_are_arriving_unless_the_scrutineers_say_so(world: World):
    waiting = open_box(world)
    assert waiting.status_code == 422
    until = (NOON + GRACE).astimezone()
    assert errors_on(waiting.text) == [
        f"Ballots already under way are taken until {until:%H:%M} (30 minutes after closing). Please wait until then, "
        "or say that you do not want to wait."
    ]
    assert passphrases(world)[0] in waiting.text
    assert "Valid" in open_box(world, hurry="y").text


def test_after_the_half_hour_nobody_is_asked_to_wait(later: World):
    assert "Do not wait" not in later.as_user("scrutineer").text(path(later) + "/seal")


@pytest.mark.parametrize(
    ("typed", "told"),
    [
        ({"second": ""}, "Please type the passphrase."),
        ({"second": "ABCD-EFGH"}, "A passphrase has 20 characters; number 2 has 8."),
        ({"first": "UUUU-UUUU-UUUU-UUUU-UUUU"}, "A passphrase has only letters and digits. Please look at number 1."),
    ],
)
def test_a_mistyped_passphrase_is_told_beside_its_field_and_stays_typed(later: World, typed: dict[str, str], told: str):
    refused = open_box(later, **typed)
    assert refused.status_code == 422
    assert errors_on(refused.text) == [told]
    kept = [value for name, value in {"first": passphrases(later)[0], **typed}.items() if value]
    assert all(value in refused.text for value in kept)
    assert state_of(later) is State.CLOSED


def test_one_scrutineer_cannot_open_the_box_by_typing_twice(later: World):
    refused = open_box(later, second=passphrases(later)[0])
    assert refused.status_code == 422
    assert "Two different scrutineers have to open the ballots." in refused.text
    assert "Nothing has been opened" in refused.text


def test_passphrases_of_another_survey_open_nothing(later: World):
    of_another = later.passphrases[later.surveys["open"]]
    refused = open_box(later, first=of_another[0], second=of_another[1])
    assert "These passphrases do not belong to this survey." in refused.text
    with later.app.app_context():
        assert db.session.get_one(Survey, later.surveys[SURVEY]).counted_at is None
        assert db.session.scalar(select(AuditEntry).where(AuditEntry.act == "survey.count", _by("scrutineer"))) is None


def _by(login: str):
    return AuditEntry.actor == login


def test_too_few_ballots_are_not_opened_and_withdrawing_is_pointed_to(world: World):
    with world.app.app_context():
        survey = db.session.get_one(Survey, world.surveys["open"])
        for ballot in db.session.scalars(select(Ballot).where(Ballot.survey_id == survey.id)).all()[4:]:
            db.session.delete(ballot)
        services.close_survey(db.session, survey, by=services.COMMAND_LINE, clock=world.app.config["CLOCK"])
        db.session.commit()
    first, second, _third = world.passphrases[world.surveys["open"]]
    scrutineer = world.as_user("scrutineer")
    refused = scrutineer.submit(path(world, "open") + "/seal", first=first, second=second, hurry="y")
    assert refused.status_code == 422
    assert "Fewer than 5 valid ballots have arrived (4)." in refused.text
    assert "can be withdrawn" in refused.text
    assert "Withdraw the survey" not in refused.text  # not the scrutineer's to do
    assert "Withdraw the survey" in world.as_user("secretary").text(path(world, "open"))


def test_a_group_with_more_ballots_than_passes_is_named_and_does_not_count(world: World):
    with world.app.app_context():
        survey = db.session.get_one(Survey, world.surveys["open"])
        group = survey.groups[-1]
        used = db.session.scalars(
            select(Invitation).where(Invitation.group_id == group.id, Invitation.mark != bytes(32))
        ).first()
        used.mark = bytes(32)
        services.close_survey(db.session, survey, by=services.COMMAND_LINE, clock=world.app.config["CLOCK"])
        db.session.commit()
        name = group.unit.name
    first, second, _third = world.passphrases[world.surveys["open"]]
    counted = world.as_user("scrutineer").submit(path(world, "open") + "/seal", first=first, second=second, hurry="y")
    text = text_of(check_page(counted.text))
    assert f"{name}: 10 ballots for 9 passes" in text
    assert row_of(counted.text, name)[-2:] == ["0", "10"]
    assert row_of(counted.text, "Total") == ["29", "19", "20", "0", "10", "10"]


# ---- sealing ----


def test_sealing_needs_the_word_and_destroys_ballots_codes_and_keys(later: World):
    scrutineer = later.as_user("scrutineer")
    refused = confirm(scrutineer, open_box(later, scrutineer), word="yes")
    assert refused.status_code == 422
    assert refused.headers["Cache-Control"] == "no-store"
    assert errors_on(refused.text) == ["Please type the word “seal”."]
    assert row_of(refused.text, "住建局第二党支部")[2] == "12"
    assert in_the_box(later, Ballot) == 12

    sealed = confirm(scrutineer, refused, word="Seal")
    assert sealed.location == "/committee/boxes"
    assert "The survey is sealed and its ballots are destroyed." in scrutineer.text("/committee/boxes")
    assert "Sealed and counted" in later.as_user("secretary").text(path(later))
    assert (in_the_box(later, Ballot), in_the_box(later, Invitation)) == (0, 0)
    with later.app.app_context():
        survey = db.session.get_one(Survey, later.surveys[SURVEY])
        assert survey.opening_lock is None
        assert all(group.signing_key is None for group in survey.groups)


def test_of_a_sealed_survey_no_ballot_is_left_in_the_files(later: World, tmp_path: Path):
    with later.app.app_context():
        wanted = select(Ballot.receipt).where(Ballot.survey_id == later.surveys[SURVEY])
        receipts = list(db.session.scalars(wanted))
    box = tmp_path / "world.ballots.sqlite3"
    assert all(receipt in box.read_bytes() for receipt in receipts)
    scrutineer = later.as_user("scrutineer")
    confirm(scrutineer, open_box(later, scrutineer), word="seal")
    assert not any(receipt in box.read_bytes() for receipt in receipts)


def test_nothing_is_sealed_that_was_not_counted_before(later: World):
    scrutineer = later.as_user("scrutineer")
    page = scrutineer.page(path(later) + "/seal")
    token = next(field.get("value") for field in elements(page, "input") if field.get("name") == "csrf_token")
    data = {"csrf_token": token, "word": "seal", "passphrase": passphrases(later)[:2]}
    refused = scrutineer.client.post(path(later) + "/seal/confirm", data=data)
    assert refused.status_code == 409
    assert "Counting comes first, then sealing." in refused.text
    assert state_of(later) is State.CLOSED


def test_after_sealing_the_page_leads_to_the_receipts_and_says_how_many_the_server_encrypted(later: World):
    scrutineer = later.as_user("scrutineer")
    confirm(scrutineer, open_box(later, scrutineer), word="seal")
    page = later.as_user("secretary").page(path(later))
    receipts = next(a.get("href") for a in elements(page, "a") if text_of(a) == "List of receipts")
    assert "Ballots encrypted by the server 12" in " ".join(text_of(part) for part in elements(page, "dt", "dd"))
    assert Visitor(later.app.test_client()).get(receipts).status_code == 200


def test_a_box_waits_on_the_scrutineers_page_until_it_is_sealed(later: World):
    scrutineer = later.as_user("scrutineer")
    waiting = scrutineer.page("/committee/boxes")
    assert "not yet opened" in text_of(waiting)
    assert path(later) + "/seal" in [a.get("href") for a in elements(waiting, "a")]
    counted = open_box(later, scrutineer)
    assert "opened and counted on" in scrutineer.text("/committee/boxes")
    confirm(scrutineer, counted, word="seal")
    assert "No ballot box waits to be opened." in scrutineer.text("/committee/boxes")


def test_no_page_of_a_scrutineer_leads_away_from_the_boxes(later: World):
    scrutineer = later.as_user("scrutineer")
    pages = [scrutineer.page(address) for address in ("/committee/boxes", path(later) + "/seal")]
    pages.append(parsed(open_box(later, scrutineer).text))
    for page in pages:
        found = {str(a.get("href")).partition("?")[0] for a in elements(page, "a")}
        assert found <= {"#main", "", "/committee/boxes", path(later) + "/seal", "/notices", "/account"}


def test_whoever_is_secretary_and_scrutineer_goes_on_where_both_lead(later: World):
    with later.app.app_context():
        session, clock = db.session, later.app.config["CLOCK"]
        user = session.get_one(User, later.users["secretary"])
        unit = session.get_one(Unit, later.units["C1"])
        services.give_role(session, user, UserRole.SCRUTINEER, unit, by=services.COMMAND_LINE, clock=clock)
        session.commit()
    both = later.as_user("secretary")
    assert path(later) + "/seal" in [a.get("href") for a in elements(both.page(path(later)), "a")]
    assert "/committee/boxes" in [a.get("href") for a in elements(both.page("/committee/"), "a")]
    assert confirm(both, open_box(later, both), word="seal").location == path(later)


def test_both_steps_are_written_down_with_counts_and_no_passphrase(later: World):
    scrutineer = later.as_user("scrutineer")
    confirm(scrutineer, open_box(later, scrutineer), word="seal")
    with later.app.app_context():
        acts = db.session.scalars(
            select(AuditEntry).where(AuditEntry.actor == "scrutineer", AuditEntry.act.startswith("survey."))
        ).all()
        assert [entry.act for entry in acts] == ["survey.count", "survey.seal"]
        assert acts[0].detail == {"returned": 12, "valid": 12, "paper": 0}
        assert not any(passphrase in str(entry.detail) for entry in acts for passphrase in passphrases(later))
    assert "Ballots opened and counted" in later.as_user("top").text("/committee/audit")


def test_a_survey_without_ballot_box_is_counted_without_passphrases_and_the_page_says_why(later: World):
    with later.app.app_context():
        survey = db.session.get_one(Survey, later.surveys["draft"])
        survey.state = State.OPEN
        db.session.flush()
        survey.state, survey.closed_at = State.CLOSED, NOON
        db.session.commit()
    page = later.as_user("scrutineer").page(path(later, "draft") + "/seal")
    assert "protected by the key of the installation only" in text_of(page)
    assert not any(field.get("name") in ("first", "second") for field in elements(page, "input"))
    assert "Without ballot box" in later.as_user("secretary").text(path(later, "draft"))


def test_who_runs_surveys_does_not_open_the_ballots(later: World):
    secretary = later.as_user("secretary")
    assert "Open and count" not in secretary.text(path(later))
    assert secretary.client.get(path(later) + "/seal").status_code == 403
