"""While a survey runs: a later last day, closing with a reason, its course on its page, its groups, its poster."""

from __future__ import annotations

from datetime import UTC, date, datetime
from secrets import token_bytes
from uuid import UUID
from xml.etree.ElementTree import Element

import pytest
from sqlalchemy import event, select

from survey_app import services
from survey_app.clock import SetClock
from survey_app.errors import LastDayTooEarly
from survey_app.extensions import db
from survey_app.models import (
    AccessMode,
    AuditEntry,
    Ballot,
    ReportingGroup,
    State,
    StateError,
    Survey,
    Unit,
    UnitKind,
    UnitLevel,
)
from tests.committee_world import World, make_survey
from tests.page_checks import elements, parsed, text_of

WHY = "一个支部外出参观。"


def path(world: World, name: str, step: str = "") -> str:
    return f"/committee/surveys/{world.surveys[name]}" + (f"/{step}" if step else "")


def survey(world: World, name: str) -> Survey:
    return db.session.get_one(Survey, world.surveys[name])


def last_act(act: str) -> AuditEntry:
    return db.session.scalars(
        select(AuditEntry).where(AuditEntry.act == act).order_by(AuditEntry.number.desc())
    ).first()


def members_page(world: World, name: str) -> str:
    with world.app.app_context():
        running = survey(world, name)
        address = f"/s/{running.slug}/{running.groups[0].slug}"
    return world.app.test_client().get(address).text


# ---- a later last day ----


def test_the_last_day_is_moved_back_with_a_reason_and_members_read_the_new_one(world: World):
    assert "14 December 2026" in members_page(world, "open")
    secretary = world.as_user("secretary")
    moved = secretary.submit(path(world, "open", "extend"), closes_on="2026-12-20", reason=WHY)
    assert moved.location == path(world, "open")
    text = secretary.text(moved.location)
    for told in ("Answers are taken until the end of 20 December 2026.", "2026-12-14 → 2026-12-20", WHY):
        assert told in text
    assert "20 December 2026" in members_page(world, "open")
    with world.app.app_context():
        entry = last_act("survey.extend")
        assert (entry.actor, entry.detail) == ("secretary", {"closes_on": "2026-12-14 → 2026-12-20", "reason": WHY})


def test_a_survey_whose_last_day_has_passed_takes_answers_again(world: World):
    standing: SetClock = world.app.config["CLOCK"]
    standing.moment = datetime(2026, 12, 16, 9, tzinfo=UTC)
    secretary = world.as_user("secretary")
    assert "has passed" in secretary.text(path(world, "open"))
    assert "takes no more" in members_page(world, "open")
    assert secretary.submit(path(world, "open", "extend"), closes_on="2026-12-18", reason=WHY).status_code == 302
    assert "has passed" not in secretary.text(path(world, "open"))
    assert "takes no more" not in members_page(world, "open")


@pytest.mark.parametrize(
    ("typed", "told"),
    [
        ({"closes_on": "2026-12-14", "reason": WHY}, "later than 2026-12-14, the present one"),
        ({"closes_on": "2026-12-10", "reason": WHY}, "later than 2026-12-14, the present one"),
        ({"closes_on": "2026-12-20", "reason": " "}, "Please say why."),
        ({"closes_on": "2028-12-20", "reason": WHY}, "2027-03-10 at the latest"),
        ({"closes_on": "soon", "reason": WHY}, "A day such as 2026-12-14."),
    ],
)
def test_what_is_no_later_day_or_has_no_reason_is_refused_with_what_was_typed(world: World, typed, told: str):
    refused = world.as_user("secretary").submit(path(world, "open", "extend"), **typed)
    assert refused.status_code == 422
    assert told in refused.text
    assert typed["reason"].strip() in refused.text
    with world.app.app_context():
        assert survey(world, "open").closes_on == date(2026, 12, 14)


def test_a_day_later_than_before_but_not_than_today_is_refused(world: World):
    with world.app.app_context():
        now = SetClock(datetime(2026, 12, 20, 9, tzinfo=UTC))
        arguments = {"closes_on": date(2026, 12, 20), "reason": WHY, "by": services.COMMAND_LINE, "clock": now}
        with pytest.raises(LastDayTooEarly, match="later than today"):
            services.extend_survey(db.session, survey(world, "open"), **arguments)


@pytest.mark.parametrize("name", ["draft", "closed", "sealed"])
def test_only_an_open_survey_is_extended(world: World, name: str):
    with world.app.app_context(), pytest.raises(StateError):
        services.extend_survey(
            db.session,
            survey(world, name),
            closes_on=date(2028, 1, 1),
            reason=WHY,
            by=services.COMMAND_LINE,
            clock=world.app.config["CLOCK"],
        )
    assert world.as_user("secretary").get(path(world, name, "extend")).status_code == 409


# ---- closing ----


def test_whoever_closes_before_the_last_day_says_why_and_the_page_of_the_survey_tells_it(world: World):
    secretary = world.as_user("secretary")
    refused = secretary.submit(path(world, "open", "close"))
    assert (refused.status_code, "Please say why." in refused.text) == (422, True)
    with world.app.app_context():
        assert survey(world, "open").state is State.OPEN
    assert secretary.submit(path(world, "open", "close"), reason="全部答完。").status_code == 302
    text = secretary.text(path(world, "open"))
    assert "2026-12-08 Survey was closed" in text
    assert "全部答完。" in text
    with world.app.app_context():
        assert last_act("survey.close").detail == {"reason": "全部答完。"}


def test_after_the_last_day_closing_needs_no_reason(world: World):
    world.app.config["CLOCK"].moment = datetime(2026, 12, 15, 9, tzinfo=UTC)
    secretary = world.as_user("secretary")
    assert "may be left blank" in secretary.text(path(world, "open", "close"))
    assert secretary.submit(path(world, "open", "close")).status_code == 302


# ---- the list ----


def test_the_list_stands_by_year_and_says_what_comes_next_with_a_link_for_whoever_may(world: World):
    page = world.as_user("secretary").page("/committee/surveys")
    assert [text_of(h) for h in elements(page, "h2")] == ["2027", "2026", "2025", "2024"]
    links = {text_of(a): a.get("href") for a in elements(page, "a")}
    assert links["Open the survey"] == path(world, "draft", "open")
    assert links["Remind people"] == path(world, "open", "remind")
    assert links["Read the result"] == f"/committee/results/{world.surveys['sealed']}/{world.units['C1']}"
    assert "Open and count" in text_of(page)  # the scrutineer's
    assert "Open and count" not in links
    assert "20 or more of 29" in text_of(page)
    member = {text_of(a) for a in elements(world.as_user("committee_member").page("/committee/surveys"), "a")}
    assert not {"Open the survey", "Remind people", "New survey", "New pulse"} & member


def test_a_survey_past_its_last_day_is_to_be_closed(world: World):
    world.app.config["CLOCK"].moment = datetime(2026, 12, 16, 9, tzinfo=UTC)
    page = world.as_user("secretary").page("/committee/surveys")
    links = {text_of(a): a.get("href") for a in elements(page, "a")}
    assert links["The last day has passed: close it"] == path(world, "open", "close")


def statements(world: World, address: str) -> int:
    """How many statements a page of the secretary asks."""
    secretary, counted = world.as_user("secretary"), []
    secretary.page(address)  # what is kept in memory is there

    def count(*_arguments: object) -> None:
        counted.append(1)

    engine = world.app.extensions["engine"]
    event.listen(engine, "before_cursor_execute", count)
    try:
        secretary.page(address)
    finally:
        event.remove(engine, "before_cursor_execute", count)
    return len(counted)


def test_many_surveys_are_listed_year_by_year_in_as_many_statements_as_few(world: World):
    before = statements(world, "/committee/surveys")
    with world.app.app_context():
        for number in range(101):
            make_survey(world, "C1", year=2026, title=f"测评 {number}")
        db.session.commit()
    assert statements(world, "/committee/surveys") <= before
    page = world.as_user("secretary").page("/committee/surveys?year=2026")
    assert [text_of(h) for h in elements(page, "h2")] == ["2026"]
    others = [href for a in elements(page, "a") if "surveys?year=" in (href := a.get("href") or "")]
    further, *years = others
    assert years == [f"/committee/surveys?year={year}" for year in (2027, 2025, 2024)]
    rest = world.as_user("secretary").page(further)
    first, second = (survey_titles(page), survey_titles(rest))
    assert len(first) == 100
    assert {f"测评 {number}" for number in range(101)} <= {*first, *second}
    assert not {*first} & {*second}


def survey_titles(page: Element) -> list[str]:
    return [text_of(a) for th in elements(page, "th") if th.get("scope") == "row" for a in elements(th, "a")]


# ---- groups ----


def test_many_groups_stand_under_the_unit_above_them_in_as_many_statements_as_few(world: World):
    before = statements(world, path(world, "open"))
    wide = wide_survey(world, groups=40)
    page = world.as_user("secretary").page(f"/committee/surveys/{wide}")
    headings = [text_of(th) for th in elements(page, "th") if th.get("scope") == "rowgroup"]
    assert headings == ["云汀区住建局机关党委"]
    assert len([a for a in elements(page, "a") if text_of(a).startswith("Poster")]) == 40
    assert statements(world, f"/committee/surveys/{wide}") <= before + 1  # the names above


def test_very_many_groups_fold_under_the_units_above_them_and_all_are_still_reached(world: World):
    wide = wide_survey(world, groups=160, committees=2)
    secretary, address = world.as_user("secretary"), f"/committee/surveys/{wide}"
    page = secretary.page(address)
    links = {text_of(a): a.get("href") for th in elements(page, "th") for a in elements(th, "a")}
    assert len(links) == 2
    assert all("80 reporting groups" in row for row in map(text_of, elements(page, "th")) if "新委" in row)
    before = statements(world, address)
    posters = set()
    for below in links.values():
        assert statements(world, below.split("#")[0]) <= before
        posters |= {a.get("href") for a in elements(secretary.page(below), "a") if text_of(a).startswith("Poster")}
    assert len(posters) == 160
    assert secretary.get(f"{address}?under={world.units['C2']}").status_code == 404
    assert secretary.get(f"{address}?under=elsewhere&page=many").status_code == 200


def test_the_sum_of_folded_groups_is_hidden_and_rounded_like_a_group(world: World):
    wide = wide_survey(world, groups=60, committees=2)
    with world.app.app_context():
        clock = world.app.config["CLOCK"]
        survey = db.session.get_one(Survey, wide)
        db.session.add_all(ballot_of(survey.groups[place]) for place in (0, 1, 2) for _ in range(4))
        db.session.add_all(ballot_of(survey.groups[-1]) for _ in range(9))
        db.session.commit()
        found = services.participation(db.session, survey, clock=clock)
        parents = [survey.groups[place].unit.parent_id for place in (0, -1)]
        assert {part.arrived for part in found.groups} == {None}
        assert [found.below[parent] for parent in parents] == [10, None]
    page = world.as_user("secretary").page(f"/committee/surveys/{wide}")
    shown = [text_of(td) for td in elements(page, "td") if td.get("data-l") == "Took part"]
    assert shown == ["10 people or more", "too few to show"]


def wide_survey(world: World, *, groups: int, committees: int = 0) -> UUID:
    """An open survey by link of so many branches of ten, below so many new committees in equal parts."""
    with world.app.app_context():
        clock, by = world.app.config["CLOCK"], services.COMMAND_LINE
        top = db.session.get_one(Unit, world.units["C1"])
        parents = [
            services.create_unit(
                db.session, code=f"P{number}", name=f"新委{number}", level=UnitLevel.COMMITTEE, kind=UnitKind.ORGAN,
                parent=top, by=by, clock=clock,
            )
            for number in range(committees)
        ] or [top]  # fmt: skip
        for number in range(groups):
            unit = services.create_unit(
                db.session, code=f"N{number}", name=f"新{number}支部", level=UnitLevel.BRANCH, kind=UnitKind.ORGAN,
                parent=parents[number * len(parents) // groups], by=by, clock=clock,
            )  # fmt: skip
            services.set_eligible(
                db.session, unit, year=2028, audience="member", people=10, reference_day=date(2028, 1, 1), by=by,
                clock=clock,
            )  # fmt: skip
        made = make_survey(world, "C1", year=2028, access_mode=AccessMode.OPEN)
        services.open_survey(
            db.session, made, by=by, clock=clock, secret=world.app.config["INSTALLATION_SECRET"], drawn=keys(groups)
        )
        db.session.commit()
        return made.id


def ballot_of(group: ReportingGroup) -> Ballot:
    return Ballot(
        spent=token_bytes(32), survey_id=group.survey_id, group_id=group.id, receipt=token_bytes(32), envelope=b"sealed"
    )


def keys(count: int) -> list:
    """One key over and over: these groups only stand in a list."""
    return services.draw_signing_keys(1) * count


# ---- the poster ----


def test_a_survey_with_slips_has_a_poster_too_which_says_where_the_code_is(world: World):
    secretary = world.as_user("secretary")
    page = secretary.page(path(world, "open"))
    poster = next(a.get("href") for a in elements(page, "a") if text_of(a).startswith("Poster"))
    text = secretary.text(poster)
    assert "Your code is on your slip." in text
    with world.app.app_context():
        codes = [code for group in world.codes["open"].values() for code in group]
    assert not any(code in text for code in codes)


def test_the_page_of_an_open_link_does_not_speak_of_a_code(world: World):
    wide = wide_survey(world, groups=1)
    secretary = world.as_user("secretary")
    page = secretary.page(f"/committee/surveys/{wide}")
    poster = next(a.get("href") for a in elements(page, "a") if text_of(a).startswith("Poster"))
    assert "Your code" not in secretary.text(poster)
    assert "Codes issued" not in text_of(parsed(secretary.get(f"/committee/surveys/{wide}").text))
