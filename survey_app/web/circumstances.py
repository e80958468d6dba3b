"""What a view passes to a service besides its form: the moment, randomness, the secret, who acts and where."""

from __future__ import annotations

import random
from collections.abc import Iterable
from uuid import UUID

from flask import abort, current_app, request
from flask_login import current_user

from survey_app.clock import Clock
from survey_app.extensions import db
from survey_app.forms.committee import YEARS
from survey_app.models import Unit, User
from survey_app.permissions import Right, units_in_scope
from survey_app.services.desk import Desk
from survey_app.services.unit_tree import AnyUnit, Place, unit_tree


def asked_year() -> int:
    """The year asked for in the address, this year without one."""
    asked = request.args.get("year", type=int)
    return asked if asked is not None and asked in YEARS else clock().today().year


def clock() -> Clock:
    return current_app.config["CLOCK"]  # type: ignore[no-any-return]


def desk() -> Desk:
    """Where members' messages are taken."""
    return current_app.extensions["desk"]  # type: ignore[no-any-return]


def installation_secret() -> bytes:
    return current_app.config["INSTALLATION_SECRET"]  # type: ignore[no-any-return]


def system_rng() -> random.Random:
    return random.SystemRandom()


def person() -> User:
    """Who is signed in; only behind `requires`."""
    return current_user._get_current_object()  # type: ignore[no-any-return]


def units_under(right: Right) -> list[Place]:
    """Units over which the signed-in person holds a right, parents before children, each once."""
    allowed, tree = units_in_scope(person(), right), unit_tree(db.session)
    found: dict[UUID, Place] = {}
    for membership in person().memberships:
        below = tree.below(membership.unit_id)
        all_of_them = tree.ids_below(membership.unit_id) <= allowed
        found |= {place.id: place for place in below if all_of_them or place.id in allowed}
    return list(found.values())


def may(right: Right, unit: AnyUnit) -> bool:
    """Does the signed-in person hold a right over a unit?"""
    return unit.id in units_in_scope(person(), right)


def home_unit(right: Right) -> Unit:
    """The unit a person's pages begin with: the first over which the right is held."""
    units = units_under(right)
    if not units:
        abort(403)
    return db.session.get_one(Unit, units[0].id)


def unit_choices(units: Iterable[AnyUnit]) -> list[tuple[str, str]]:
    """Units for a list, each indented below the nearest listed unit above it."""
    depth: dict[UUID, int] = {}
    for unit in units:
        depth[unit.id] = depth[unit.parent_id] + 1 if unit.parent_id in depth else 0
    return [(str(unit.id), "\u3000" * depth[unit.id] + unit.name) for unit in units]
