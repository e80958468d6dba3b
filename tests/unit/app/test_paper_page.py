"""Answering on paper: a slip handed in, forms typed in, counted apart."""

from __future__ import annotations

from random import Random

import pytest
from sqlalchemy import func, select
from werkzeug.test import TestResponse

from survey_app import services
from survey_app.extensions import db
from survey_app.models import AuditEntry, Ballot, ReportingGroup, Survey
from tests.committee_world import NOON, World, answers_of
from tests.page_checks import elements, parsed, text_of
from tests.visitor import Visitor


@pytest.fixture
def secretary(world: World) -> Visitor:
    return world.as_user("secretary")


@pytest.fixture
def path(world: World) -> str:
    return f"/committee/surveys/{world.surveys['open']}/paper"


@pytest.fixture
def slips(world: World) -> dict[str, list[str]]:
    """Unopened slips by group."""
    return {slug: codes[-3:] for slug, codes in world.codes["open"].items()}


def group_named(world: World, slug: str) -> str:
    with world.app.app_context():
        found = db.session.scalars(select(ReportingGroup).where(ReportingGroup.slug == slug)).one()
        return found.unit.name


def filled_in(world: World, seed: int = 1) -> dict[str, str]:
    """A paper form as it is typed in."""
    with world.app.app_context():
        instrument = services.instrument_of(db.session.get_one(Survey, world.surveys["open"]))
        answers = answers_of(instrument, Random(seed))
    return {f"q_{code}": str(value) for code, value in answers.items() if isinstance(value, int)}


def on_paper(world: World) -> int:
    with world.app.app_context():
        return db.session.scalar(select(func.count()).select_from(Ballot).where(Ballot.is_paper)) or 0


def errors_on(refused: TestResponse) -> list[str]:
    return [text_of(p) for p in elements(parsed(refused.text), "p") if "err" in (p.get("class") or "").split()]


def rows_of(secretary: Visitor, path: str) -> dict[str, list[str]]:
    bodies = [tr for body in elements(secretary.page(path), "tbody") for tr in elements(body, "tr")]
    return {text_of(next(elements(tr, "th"))): [text_of(td) for td in elements(tr, "td")] for tr in bodies}


def test_an_unopened_slip_is_handed_in_and_the_page_says_into_which_urn_the_form_goes(
    world: World, secretary: Visitor, path: str, slips: dict[str, list[str]]
):
    slug, codes = next(iter(slips.items()))
    assert secretary.submit(path, code=codes[0].lower().replace("-", " ")).location == path
    page = secretary.text(path)
    assert f"The paper form goes into the urn of: {group_named(world, slug)}." in page
    assert rows_of(secretary, path)[group_named(world, slug)][:2] == ["1", "0"]
    again = secretary.submit(path, code=codes[0])
    assert errors_on(again) == ["This slip has been used or handed in already: its code no longer counts."]


@pytest.mark.parametrize(
    ("code", "told"),
    [
        ("", "Please type the code of the slip."),
        ("7QK4", "A code has 13 characters; this one has 4."),
        ("0000-0000-0000-0", "This code does not belong to this survey."),
    ],
)
def test_what_is_no_slip_of_the_survey_is_refused_and_stays_typed(secretary: Visitor, path: str, code: str, told: str):
    refused = secretary.submit(path, code=code)
    assert refused.status_code in (422, 404)
    assert errors_on(refused)[0].startswith(told)
    assert f'value="{code}"' in refused.text


def test_a_slip_that_has_been_used_cannot_be_handed_in(world: World, secretary: Visitor, path: str):
    used = next(iter(world.codes["open"].values()))[0]
    assert "has been used or handed in already" in secretary.submit(path, code=used).text


def test_as_many_forms_are_typed_in_as_slips_were_handed_in_and_each_is_a_ballot_of_its_group(
    world: World, secretary: Visitor, path: str, slips: dict[str, list[str]]
):
    slug, codes = next(iter(slips.items()))
    for code in codes[:2]:
        secretary.submit(path, code=code)
    form = next(a.get("href") for a in elements(secretary.page(path), "a") if text_of(a).startswith("Type in forms"))
    assert form == f"{path}/{slug}"
    text = secretary.text(form)
    assert "Shuffle all forms" in text
    assert "Slips handed in: 2. Forms typed in: 0." in text
    for seed in (1, 2):
        assert secretary.submit(form, **filled_in(world, seed)).location == form
    following = secretary.page(form)
    assert "Slips handed in: 2. Forms typed in: 2." in text_of(following)
    assert not any(field.get("checked") is not None for field in elements(following, "input"))
    too_many = secretary.submit(form, **filled_in(world, 3))
    assert too_many.status_code == 422
    assert "2 slips were handed in" in too_many.text
    assert any(field.get("checked") is not None for field in elements(parsed(too_many.text), "input"))
    assert on_paper(world) == 2
    assert rows_of(secretary, path)[group_named(world, slug)] == ["2", "2", "nothing to type in"]


def test_a_form_with_a_gap_comes_back_with_everything_typed(
    world: World, secretary: Visitor, path: str, slips: dict[str, list[str]]
):
    slug, codes = next(iter(slips.items()))
    secretary.submit(path, code=codes[0])
    typed = filled_in(world)
    left_out, *kept = typed
    refused = secretary.submit(f"{path}/{slug}", **{name: typed[name] for name in kept})
    assert refused.status_code == 422
    assert len(errors_on(refused)) == 1
    assert "Questions still to be answered or corrected: 1" in refused.text
    chosen = {
        field.get("name") for field in elements(parsed(refused.text), "input") if field.get("checked") is not None
    }
    assert chosen == set(kept)
    assert left_out not in chosen
    assert on_paper(world) == 0


def test_paper_ballots_are_counted_apart_and_still_typed_in_after_closing_until_the_count(
    world: World, secretary: Visitor, path: str, slips: dict[str, list[str]]
):
    slug, codes = next(iter(slips.items()))
    secretary.submit(path, code=codes[0])
    secretary.submit(path.removesuffix("/paper") + "/close", reason="都答完了")
    assert "Hand in an unopened slip" not in secretary.text(path)
    assert secretary.submit(f"{path}/{slug}", **filled_in(world)).status_code == 302
    first, second, _third = world.passphrases[world.surveys["open"]]
    counted = world.as_user("scrutineer").submit(
        path.removesuffix("/paper") + "/seal", first=first, second=second, hurry="y"
    )
    row = next(
        tr
        for tr in elements(parsed(counted.text), "tr")
        if any(text_of(th) == group_named(world, slug) for th in elements(tr, "th"))
    )
    assert [text_of(td) for td in elements(row, "td")][3] == "1"
    assert secretary.client.get(path).status_code == 409
    assert secretary.client.get(f"{path}/{slug}").status_code == 409


def test_slips_handed_in_and_forms_typed_in_are_written_down_without_a_code(
    world: World, secretary: Visitor, path: str, slips: dict[str, list[str]]
):
    slug, codes = next(iter(slips.items()))
    secretary.submit(path, code=codes[0])
    secretary.submit(f"{path}/{slug}", **filled_in(world))
    text = world.as_user("top").text("/committee/audit")
    assert "Unopened slip handed in for paper" in text
    assert "Paper form typed in" in text
    with world.app.app_context():
        details = db.session.scalars(
            select(AuditEntry.detail).where(AuditEntry.act.in_(("survey.void_slip", "survey.enter_paper_ballot")))
        )
        assert [detail for detail in details if detail] == []


def test_a_group_of_a_neighbour_has_no_form_here(world: World, secretary: Visitor, path: str):
    with world.app.app_context():
        foreign = db.session.get_one(Survey, world.surveys["open elsewhere"]).groups[0].slug
    assert secretary.client.get(f"{path}/{foreign}").status_code == 404


def test_a_scrutineer_types_in_no_forms(world: World, path: str):
    world.app.config["CLOCK"].moment = NOON
    scrutineer = world.as_user("scrutineer")
    assert scrutineer.client.get(path).status_code == 403
    assert scrutineer.client.get(path.removesuffix("/paper")).status_code == 403
