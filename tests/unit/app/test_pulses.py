"""A pulse from one page: chosen, made and opened with one button."""

from __future__ import annotations

import re

import pytest
from sqlalchemy import func, select

from instruments import catalogue
from survey_app.extensions import db
from survey_app.models import AuditEntry, State, Survey
from tests.committee_world import World
from tests.page_checks import elements, parsed, text_of

PAGE = "/committee/surveys/pulse"
CODE = re.compile(r"\b[0-9A-Z]{4}-[0-9A-Z]{4}-[0-9A-Z]{4}-[0-9A-Z]\b")


def newest(world: World) -> Survey:
    return db.session.scalars(
        select(Survey).where(Survey.title.like("%2026")).order_by(Survey.opened_at.desc())
    ).first()


def count_surveys(world: World) -> int:
    with world.app.app_context():
        return db.session.scalar(select(func.count()).select_from(Survey)) or 0


def test_one_button_makes_opens_and_shows_what_is_to_be_printed(world: World):
    secretary = world.as_user("secretary")
    shown = secretary.submit(PAGE, unit=str(world.units["A"]))
    assert (shown.status_code, shown.headers["Cache-Control"]) == (200, "no-store")
    page = parsed(shown.text)
    carried = [c.get("value") for c in elements(page, "input") if (c.get("name") or "").startswith("codes-")]
    assert len(CODE.findall(" ".join(carried))) == 14
    passphrases = [dd for dd in elements(page, "dd") if dd.get("class") == "typed"]
    assert len(passphrases) == 1
    with world.app.app_context():
        pulse = newest(world)
        assert (pulse.title, pulse.state, pulse.scrutineers) == ("Pulse, 12/2026", State.OPEN, 1)
        assert (pulse.unit_id, pulse.audience, pulse.instrument.code) == (world.units["A"], "member", "pulse")
        assert (pulse.closes_on.isoformat(), pulse.threshold) == ("2026-12-15", 10)
        acts = list(db.session.scalars(select(AuditEntry.act).where(AuditEntry.object_id == str(pulse.id))))
        assert acts == ["survey.create", "survey.open"]


def test_short_questionnaires_are_offered_the_pulse_first_and_no_annual_one(world: World):
    page = world.as_user("secretary").page(PAGE)
    select_ = next(s for s in elements(page, "select") if s.get("name") == "version")
    offered = [text_of(option) for option in elements(select_, "option")]
    assert offered[0] == "Pulse (members, about 1 min)"
    assert any(words.startswith("Opinions before an activity") for words in offered), offered
    assert not any(words.startswith("Suggestion box") for words in offered)
    annual = {catalogue.load_catalogue(name).title.en for name in ("member-satisfaction", "staff-satisfaction")}
    assert not any(words.startswith(title) for words in offered for title in annual)


def test_the_title_follows_the_questionnaire_unless_somebody_wrote_one(world: World):
    secretary = world.as_user("secretary")
    page = secretary.page(PAGE)
    options = {
        text_of(o): o.get("value")
        for s in elements(page, "select")
        if s.get("name") == "version"
        for o in elements(s, "option")
    }
    other = next(value for words, value in options.items() if words.startswith("Opinions before an activity"))
    secretary.submit(PAGE, unit=str(world.units["A"]), version=other, access_mode="open")
    with world.app.app_context():
        assert newest(world).title == "Opinions before an activity, 12/2026"


def test_too_few_people_leave_the_page_as_it_was_typed_and_nothing_is_made(world: World):
    before = count_surveys(world)
    refused = world.as_user("secretary").submit(
        PAGE, unit=str(world.units["T"]), title="三个人的测评", closes_on="2026-12-10", scrutineers="3"
    )
    assert refused.status_code == 422
    assert "3 people are eligible, fewer than the threshold of 10" in refused.text
    page = parsed(refused.text)
    typed = {c.get("name"): c.get("value") for c in elements(page, "input") if c.get("type") != "radio"}
    assert (typed["title"], typed["closes_on"]) == ("三个人的测评", "2026-12-10")
    chosen = {(c.get("name"), c.get("value")) for c in elements(page, "input") if c.get("checked") is not None}
    assert chosen == {("access_mode", "codes"), ("scrutineers", "3")}
    assert count_surveys(world) == before


@pytest.mark.parametrize(
    ("typed", "told"),
    [
        ({"closes_on": "2026-12-07"}, "This day has passed."),
        ({"title": " "}, "Please enter a title."),
        ({"access_mode": "personal"}, "Not a valid choice"),
    ],
)
def test_what_cannot_be_is_refused_beside_its_field(world: World, typed, told: str):
    before = count_surveys(world)
    refused = world.as_user("secretary").submit(PAGE, unit=str(world.units["A"]), **typed)
    assert (refused.status_code, told in refused.text) == (422, True)
    assert count_surveys(world) == before


def test_a_pulse_of_a_neighbour_is_not_opened(world: World):
    before = count_surveys(world)
    assert world.as_user("secretary").submit(PAGE, unit=str(world.units["C2"])).status_code == 422
    assert count_surveys(world) == before


def test_who_does_not_run_surveys_opens_no_pulse(world: World):
    assert world.as_user("committee_member").get(PAGE).status_code == 403
