"""Every route, every role, and the identifiers of a neighbour: 403 or 404, and never a word of the neighbour's data.

The walk reads `app.url_map`, so a route added later is walked without being named here; a route with a parameter
that the walk does not know fails until its values are given below.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import product

import pytest
from sqlalchemy import func, select
from werkzeug.routing import Rule

from survey_app.extensions import MEMBER_BLUEPRINTS, db
from survey_app.models import AuditEntry, Survey, User, UserRole
from survey_app.permissions import ROLE_RIGHTS, Right
from tests.committee_world import World
from tests.page_checks import elements
from tests.visitor import Visitor

OPEN_TO_ALL = {*MEMBER_BLUEPRINTS, "home", "auth"}
NEIGHBOURS_NAME = "水务局"
ROLES = [role.value for role in UserRole]


def guarded_rules(world: World) -> list[Rule]:
    rules = world.app.url_map.iter_rules()
    return [rule for rule in rules if "." in rule.endpoint and rule.endpoint.split(".")[0] not in OPEN_TO_ALL]


def required_right(world: World, rule: Rule) -> Right:
    return world.app.view_functions[rule.endpoint].required_right


def own_and_foreign(world: World) -> Mapping[str, tuple[list[object], list[object]]]:
    """Parameter -> values inside the scope of C1, values of the neighbour; no neighbour's value: only the first."""
    with world.app.app_context():
        slugs = [db.session.get_one(Survey, world.surveys[name]).groups[0].slug for name in ("open", "open elsewhere")]
        roles = {name: db.session.get_one(User, world.users[name]).memberships[0].id for name in ("secretary", "top")}
    return {
        "unit_id": ([world.units["C1"]], [world.units["C2"], world.units["D"], world.units["W"]]),
        "survey_id": (
            [world.surveys[name] for name in ("sealed", "open", "closed", "draft")],
            [world.surveys["sealed elsewhere"], world.surveys["open elsewhere"]],
        ),
        "group_slug": ([slugs[0]], [slugs[1]]),
        "user_id": ([world.users["secretary"]], [world.users["stranger"], world.users["top"]]),
        "membership_id": ([roles["secretary"]], [roles["top"]]),
        "action_id": ([world.actions["sealed"]], [world.actions["sealed elsewhere"]]),
        "objective_id": ([world.objectives["C1"]], [world.objectives["C2"]]),
        "year": ([2026], []),
        "audience": (["member"], []),
        "sha256": ([world.versions["member"]], []),
        "older": ([world.versions["member"]], []),
        "name": (["yaml"], []),
        "asking_id": ([world.units["A"]], [world.units["D"]]),
        "draft_id": ([world.drafts["C1"]], [world.drafts["C2"]]),
        "section": ([0], []),
        "item": ([0], []),
        "scale": ([0], []),
        "dimension": ([0], []),
        "place": (["sections/0"], []),
        "identifier": (["xlsx", "json"], []),
    }


def addresses(world: World, rule: Rule, *, foreign: bool) -> Iterator[str]:
    """Addresses of a rule with values of our own only, or with at least one of the neighbour's."""
    values = own_and_foreign(world)
    unknown = rule.arguments - set(values)
    assert not unknown, f"{rule.rule}: give the walk values for {sorted(unknown)}"
    names = sorted(rule.arguments)
    choices = [[(value, False) for value in values[n][0]] + [(value, True) for value in values[n][1]] for n in names]
    with world.app.test_request_context():
        for chosen in product(*choices):
            if any(is_foreign for _value, is_foreign in chosen) == foreign:
                arguments = {name: value for name, (value, _) in zip(names, chosen, strict=True)}
                yield world.app.url_map.bind("localhost").build(rule.endpoint, arguments)


def token_of(visitor: Visitor) -> str:
    fields = elements(visitor.page("/password"), "input")
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


@pytest.mark.parametrize("role", ROLES)
def test_a_role_opens_exactly_what_its_rights_say(world: World, role: str):
    visitor, rights = world.as_user(role), ROLE_RIGHTS[UserRole(role)]
    token = token_of(visitor)
    for rule in guarded_rules(world):
        is_allowed = required_right(world, rule) in rights
        for method, address in product(methods_of(rule), addresses(world, rule, foreign=False)):
            if method == "POST" and is_allowed:
                continue  # an act; the pages' own tests tell what it does
            status = ask(visitor, method, address, token).status_code
            assert (status != 403) == is_allowed, f"{role} {method} {address}: {status}"
            assert status < 500, f"{role} {method} {address}: {status}"


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
def test_no_page_of_ones_own_shows_anything_of_a_neighbour(world: World, role: str):
    visitor = world.as_user(role)
    for rule in guarded_rules(world):
        for address in addresses(world, rule, foreign=False):
            if "GET" in methods_of(rule):
                assert NEIGHBOURS_NAME.encode() not in visitor.client.get(address).data, address


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
