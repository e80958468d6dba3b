"""Every route, every role, and the identifiers of a neighbour: 403 or 404, and never a word of the neighbour's data.

The walk reads `app.url_map`, so a route added later is walked without being named here; a route with a parameter
that the walk does not know fails until its values are given below.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from datetime import timedelta
from functools import cache
from itertools import product
from pathlib import Path
from weakref import WeakKeyDictionary

import pytest
from flask import Flask
from sqlalchemy import func, select
from werkzeug.routing import Rule
from werkzeug.test import TestResponse

from survey_app.clock import SetClock
from survey_app.extensions import MEMBER_BLUEPRINTS, db
from survey_app.models import AuditEntry, Survey, User, UserRole
from survey_app.permissions import ROLE_RIGHTS, Right
from tests.application import application
from tests.committee_world import NOON, World
from tests.databases import copy_database
from tests.page_checks import elements, text_of
from tests.visitor import Visitor

OPEN_TO_ALL = {*MEMBER_BLUEPRINTS, "home", "auth", "account", "notices"}
"""Without a right: members, the door, and what is everybody's own."""
FOLLOWED = re.compile(r'<(?:a|form)\b[^>]*?\b(?:href|action)="(/[^"#?]*)')
NEIGHBOURS_NAME = "水务局"
ROLES = [role.value for role in UserRole]
KNOWN: WeakKeyDictionary[Flask, Mapping[str, tuple[list[object], list[object]]]] = WeakKeyDictionary()
"""Values of parameters in the world of an application."""


def guarded_rules(world: World) -> list[Rule]:
    rules = world.app.url_map.iter_rules()
    return [rule for rule in rules if "." in rule.endpoint and rule.endpoint.split(".")[0] not in OPEN_TO_ALL]


def required_right(world: World, rule: Rule) -> Right:
    return world.app.view_functions[rule.endpoint].required_right


def own_and_foreign(world: World) -> Mapping[str, tuple[list[object], list[object]]]:
    """Parameter -> values inside the scope of C1, values of the neighbour; no neighbour's value: only the first."""
    if world.app in KNOWN:
        return KNOWN[world.app]
    with world.app.app_context():
        slugs = [db.session.get_one(Survey, world.surveys[name]).groups[0].slug for name in ("open", "open elsewhere")]
        roles = {name: db.session.get_one(User, world.users[name]).memberships[0].id for name in ("secretary", "top")}
    KNOWN[world.app] = {
        "unit_id": ([world.units["C1"]], [world.units["C2"], world.units["D"], world.units["W"]]),
        "survey_id": (
            [world.surveys[name] for name in ("sealed", "open", "closed", "draft")],
            [world.surveys["sealed elsewhere"], world.surveys["open elsewhere"]],
        ),
        "group_slug": ([slugs[0]], [slugs[1]]),
        "user_id": ([world.users["secretary"]], [world.users["stranger"], world.users["top"]]),
        "membership_id": ([roles["secretary"]], [roles["top"]]),
        "action_id": ([world.actions["sealed"]], [world.actions["sealed elsewhere"]]),
        "evidence_id": ([world.evidence["sealed"]], [world.evidence["sealed elsewhere"]]),
        "proposal_id": ([world.proposals["sealed"]], [world.proposals["sealed elsewhere"]]),
        "question": ([world.proposed_item], []),
        "channel_id": ([world.channels["C1"]], [world.channels["C2"]]),
        "suggestion_id": ([world.suggestions["C1"]], [world.suggestions["C2"]]),
        "objective_id": ([world.objectives["C1"]], [world.objectives["C2"]]),
        "year": ([2026], []),
        "audience": (["member"], []),
        "sha256": ([world.versions["member"]], []),
        "older": ([world.versions["member"]], []),
        "name": (["yaml"], []),
        "asking_id": ([world.units["A"]], [world.units["D"]]),
        "activity_id": ([world.activities["C1"]], [world.activities["C2"]]),
        "part": (["before", "after"], []),
        "station": (["pulse_1"], []),
        "series_id": ([world.series["C1"]], [world.series["C2"]]),
        "job_id": ([world.jobs["C1"]], [world.jobs["C2"]]),
        "scheme_id": ([world.schemes["C1"]], [world.schemes["C2"]]),
        "check_point": (["L1", "L2"], []),
        "mark_id": ([world.marks["C1"]], [world.marks["C2"]]),
        "site_evidence_id": ([world.site_evidence["C1"]], [world.site_evidence["C2"]]),
        "map_id": ([world.maps["C1"]], [world.maps["C2"]]),
        "which": (["figures"], []),
        "review_id": ([world.reviews["C1"]], [world.reviews["C2"]]),
        "point_id": ([world.points["C1"]], [world.points["C2"]]),
        "draft_id": ([world.drafts["C1"]], [world.drafts["C2"]]),
        "chapter": (["weak"], []),
        "section": ([0], []),
        "item": ([0], []),
        "scale": ([0], []),
        "dimension": ([0], []),
        "place": (["sections/0"], []),
        "identifier": (["xlsx", "json"], []),
        "key": (["returns"], []),
    }
    return KNOWN[world.app]


def addresses(world: World, rule: Rule, *, foreign: bool) -> Iterator[str]:
    """Addresses of a rule with values of our own only, or with at least one of the neighbour's."""
    values = own_and_foreign(world)
    unknown = rule.arguments - set(values)
    assert not unknown, f"{rule.rule}: give the walk values for {sorted(unknown)}"
    names, routes = sorted(rule.arguments), world.app.url_map.bind("localhost")
    choices = [[(value, False) for value in values[n][0]] + [(value, True) for value in values[n][1]] for n in names]
    for chosen in product(*choices):
        if any(is_foreign for _value, is_foreign in chosen) == foreign:
            yield routes.build(rule.endpoint, {name: value for name, (value, _) in zip(names, chosen, strict=True)})


def rights_behind(world: World, page: TestResponse) -> set[Right]:
    """Rights that the links and forms of a page need."""
    if page.mimetype != "text/html":
        return set()
    routes = world.app.url_map.bind("localhost")
    behind = [routes.match(address, method=min(routes.allowed_methods(address))) for address in followed_in(page)]
    views = [world.app.view_functions[endpoint] for endpoint, _values in behind]
    return {view.required_right for view in views if hasattr(view, "required_right")}


def followed_in(page: TestResponse) -> set[str]:
    return set(FOLLOWED.findall(page.text))


def token_of(visitor: Visitor) -> str:
    return token_on(visitor, "/password")


def token_on(visitor: Visitor, address: str) -> str:
    fields = elements(visitor.page(address), "input")
    return next(str(field.get("value")) for field in fields if field.get("name") == "csrf_token")


def ask(visitor: Visitor, method: str, address: str, token: str):
    if method == "GET":
        return visitor.client.get(address)
    return visitor.client.post(address, headers={"X-CSRFToken": token})


def methods_of(rule: Rule) -> set[str]:
    return {"GET", "POST"} & set(rule.methods or ())


def test_every_committee_route_carries_a_right(world: World):
    bare = [
        rule.rule
        for rule in guarded_rules(world)
        if not hasattr(world.app.view_functions[rule.endpoint], "required_right")
    ]
    assert bare == []
    assert len(guarded_rules(world)) > 30
    assert all(isinstance(required_right(world, rule), Right) for rule in guarded_rules(world))


def test_nobody_gets_in_without_signing_in(world: World):
    visitor = world.as_user(None)
    for rule in guarded_rules(world):
        for address in addresses(world, rule, foreign=False):
            if "GET" in methods_of(rule):
                response = visitor.client.get(address)
                assert (response.status_code, response.location.split("?")[0]) == (302, "/login"), address


@pytest.fixture(scope="module")
def pages_of(
    finished_world: tuple[World, Path], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Callable[[str], dict[str, TestResponse]]]:
    """Everything that somebody gets at addresses of the own scope, asked for once."""
    made, database = finished_world
    folder = tmp_path_factory.mktemp("pages")
    path = copy_database(database, folder / "world.sqlite3")
    world = replace(made, app=application(f"sqlite:///{path}", folder, SetClock(NOON), LANGUAGE="en"))

    @cache
    def pages(name: str) -> dict[str, TestResponse]:
        visitor = world.as_user(name)
        read = [rule for rule in guarded_rules(world) if "GET" in methods_of(rule)]
        return {
            address: visitor.client.get(address) for rule in read for address in addresses(world, rule, foreign=False)
        }

    yield pages
    world.app.extensions["engine"].dispose()


@pytest.mark.parametrize("role", ROLES)
def test_a_role_opens_exactly_what_its_rights_say(world: World, pages_of, role: str):
    visitor, rights = world.as_user(role), ROLE_RIGHTS[UserRole(role)]
    pages, token = pages_of(role), token_of(visitor)
    for rule in guarded_rules(world):
        is_allowed = required_right(world, rule) in rights
        for method, address in product(methods_of(rule), addresses(world, rule, foreign=False)):
            if method == "POST" and is_allowed:
                continue  # an act; the pages' own tests tell what it does
            answer = pages[address] if method == "GET" else ask(visitor, method, address, token)
            assert (answer.status_code != 403) == is_allowed, f"{role} {method} {address}: {answer.status_code}"
            assert answer.status_code < 500, f"{role} {method} {address}: {answer.status_code}"


@pytest.mark.parametrize(
    ("role", "blueprint", "endpoints"),
    [
        ("scrutineer", "committee", {"open_survey", "close", "withdraw"}),
        ("scrutineer", "printing", {"spare_code", "personal_slips", "slips", "slips_in_browser", "recovery"}),
        ("scrutineer", "paper", {"index", "type_in"}),
        ("secretary", "sealing", {"count", "confirm"}),
        ("higher_committee", "sealing", {"count", "confirm"}),
    ],
)
def test_who_runs_a_survey_does_not_open_its_ballots_and_who_opens_them_does_not_run_it(
    world: World, role: str, blueprint: str, endpoints: set[str]
):
    wanted = {f"{blueprint}.{endpoint}" for endpoint in endpoints}
    rules = [rule for rule in guarded_rules(world) if rule.endpoint in wanted]
    assert {rule.endpoint for rule in rules} == wanted
    visitor = world.as_user(role)
    token, before = token_of(visitor), written(world)
    for rule in rules:
        for method, address in product(methods_of(rule), addresses(world, rule, foreign=False)):
            assert ask(visitor, method, address, token).status_code == 403, f"{role} {method} {address}"
    assert written(world) == before


@pytest.mark.parametrize("role", [*ROLES, "branch secretary"])
def test_a_neighbours_identifiers_open_nothing_and_change_nothing(world: World, role: str):
    visitor = world.as_user(role)
    token, before = token_of(visitor), written(world)
    for rule in guarded_rules(world):
        for method, address in product(methods_of(rule), addresses(world, rule, foreign=True)):
            response = ask(visitor, method, address, token)
            assert response.status_code in (403, 404), f"{role} {method} {address}: {response.status_code}"
            assert NEIGHBOURS_NAME not in response.text, f"{role} {method} {address}"
    assert written(world) == before


@pytest.mark.parametrize("role", [*ROLES, "branch secretary"])
def test_ones_own_pages_show_nothing_of_a_neighbour_and_lead_to_nothing_closed(world: World, pages_of, role: str):
    rights, pages = ROLE_RIGHTS[UserRole(role.rpartition(" ")[2])], pages_of(role)
    assert len(pages) > 100
    for address, page in pages.items():
        assert NEIGHBOURS_NAME.encode() not in page.data, address
        assert rights_behind(world, page) <= rights, f"{role}: {address} leads where this role may not go"


def test_a_scrutineer_opens_boxes_and_nothing_else(world: World):
    opened = {rule.endpoint for rule in guarded_rules(world) if required_right(world, rule) is Right.OPEN_BOX}
    assert opened == {"sealing.boxes", "sealing.count", "sealing.confirm"}
    assert ROLE_RIGHTS[UserRole.SCRUTINEER] == {Right.OPEN_BOX}
    shown = text_of(world.as_user("scrutineer").page("/committee/boxes"))
    assert "住建局第二党支部职工测评" in shown  # closed
    assert "2026 年度党员满意度测评" not in shown  # open
    assert "水务局" not in shown


def test_an_assessor_reads_and_changes_nothing_but_marks_on_site(world: World):
    rights = ROLE_RIGHTS[UserRole.ASSESSOR]
    assert rights == {Right.VIEW_RESULTS, Right.EXPORT, Right.VIEW_AUDIT, Right.ASSESS}
    within_reach = [rule for rule in guarded_rules(world) if required_right(world, rule) in rights]
    theirs = {"jobs.anew", "jobs.remove", "packages.make"}  # files made for themselves
    theirs |= {f"assessment_marks.{act}" for act in ("mark", "sign", "add", "remove")}
    assert [r.rule for r in within_reach if "POST" in methods_of(r) and r.endpoint not in theirs] == []


@pytest.mark.parametrize("role", [*ROLES, "branch secretary"])
def test_a_role_that_has_ended_opens_nothing(world: World, role: str):
    with world.app.app_context():
        for membership in db.session.get_one(User, world.users[role]).memberships:
            membership.until = world.app.config["CLOCK"].today() - timedelta(days=1)
        db.session.commit()
    visitor = world.as_user(role)
    token, before = token_of(visitor), written(world)
    for rule in guarded_rules(world):
        address = next(addresses(world, rule, foreign=False))
        for method in methods_of(rule):
            response = ask(visitor, method, address, token)
            assert response.status_code == 403, f"{role} {method} {address}: {response.status_code}"
    assert written(world) == before


def test_the_own_account_is_for_those_who_are_signed_in(world: World):
    rules = [rule for rule in world.app.url_map.iter_rules() if rule.endpoint.startswith("account.")]
    assert len(rules) > 3
    visitor = world.as_user(None)
    token = token_on(visitor, "/login")
    for rule in rules:
        address = re.sub("<[^>]+>", str(world.users["top"]), rule.rule)
        for method in methods_of(rule):
            assert (ask(visitor, method, address, token).location or "").startswith("/login"), address


@pytest.mark.parametrize(
    ("role", "path", "typed"),
    [
        ("higher_committee", "/committee/organisation/new", {"name": "新支部", "code": "N"}),
        ("administrator", "/committee/people/new", {"name": "某人", "login": "someone", "role": "secretary"}),
    ],
)
def test_a_form_does_not_take_a_unit_of_a_neighbour(world: World, role: str, path: str, typed: dict[str, str]):
    before = written(world)
    field = "parent" if "organisation" in path else "unit"
    refused = world.as_user(role).submit(path, **typed, **{field: str(world.units["C2"])})
    assert refused.status_code == 422
    assert written(world) == (before[0] + 1, before[1])  # the signing in


def test_a_person_with_roles_in_two_places_sees_both_and_nothing_between(world: World):
    with world.app.app_context():
        from survey_app.models import Membership, Unit

        user = db.session.get_one(User, world.users["branch secretary"])
        user.memberships.append(Membership(role=UserRole.SECRETARY, unit=db.session.get_one(Unit, world.units["D"])))
        db.session.commit()
    visitor = world.as_user("branch secretary")
    text = visitor.text("/committee/organisation/")
    assert "住建局第一党支部" in text
    assert "水务局第一党支部" in text
    assert "住建局第二党支部" not in text


def written(world: World) -> tuple[int, int]:
    """How much has been written down of acts and accounts."""
    with world.app.app_context():
        acts = db.session.scalar(select(func.count()).select_from(AuditEntry)) or 0
        return acts, db.session.scalar(select(func.count()).select_from(User)) or 0
