"""Roles that an account holds over units: given, for a time or for good, and taken away.

Accounts themselves are `people` and `accounts`; what a role allows is `permissions`.
"""

from __future__ import annotations

from datetime import date, timedelta

from sqlalchemy.orm import Session

from survey_app.clock import Clock
from survey_app.errors import LastRole, OwnAdministration, RoleEndImpossible, RoleHeld
from survey_app.models import Membership, Unit, User, UserRole
from survey_app.services.audit import Actor, record

FOR_A_TIME = frozenset({UserRole.ASSESSOR})
"""Roles that are never given without a last day."""
LONGEST_TIME = timedelta(days=366)
"""So far ahead the last day of such a role lies at most."""


def roles_held(user: User, today: date) -> list[Membership]:
    """Roles of a person that have not ended; the last day still counts."""
    return [held for held in user.memberships if held.until is None or today <= held.until]


def check_end(role: UserRole, until: date | None, today: date) -> None:
    """Whether a role may be given until this day. Raises: RoleEndImpossible."""
    if until is None:
        if role in FOR_A_TIME:
            raise RoleEndImpossible("missing")
        return
    if until < today:
        raise RoleEndImpossible("passed")
    if role in FOR_A_TIME and until > today + LONGEST_TIME:
        raise RoleEndImpossible("too_late", day=(today + LONGEST_TIME).isoformat())


def give_role(
    session: Session, user: User, role: UserRole, unit: Unit, *, until: date | None = None, by: Actor, clock: Clock
) -> Membership:
    """Let an account hold a further role over a unit and everything below it, or one it holds until another day.

    Raises: RoleEndImpossible; RoleHeld; OwnAdministration where the own last administrator role would get an end.
    """
    check_end(role, until, clock.today())
    membership = next((held for held in user.memberships if held.role is role and held.unit_id == unit.id), None)
    if membership is None:
        membership = Membership(role=role, unit=unit, until=until)
        user.memberships.append(membership)
    elif membership.until == until:
        raise RoleHeld(unit=unit.name)
    elif until is not None and _is_own_last_administration(membership, by, clock):
        raise OwnAdministration
    else:
        membership.until = until
    record(session, by, "user.give_role", user, clock=clock, unit=unit, login=user.login, **_said_of(membership))
    return membership


def relieve_of_role(session: Session, membership: Membership, *, by: Actor, clock: Clock) -> None:
    """Take a role away from an account, from the next page it opens.

    Raises: OwnAdministration for one's own last administrator role, LastRole: an account without any role would be out
    of everybody's reach.
    """
    user, unit = membership.user, membership.unit
    if _is_own_last_administration(membership, by, clock):
        raise OwnAdministration
    if len(user.memberships) == 1:
        raise LastRole
    user.memberships.remove(membership)
    record(
        session, by, "user.relieve_of_role", user, clock=clock, unit=unit, login=user.login, role=membership.role.value
    )


def _said_of(membership: Membership) -> dict[str, str]:
    end = {} if membership.until is None else {"until": membership.until.isoformat()}
    return {"role": membership.role.value, **end}


def _is_own_last_administration(membership: Membership, by: Actor, clock: Clock) -> bool:
    is_own = isinstance(by, User) and by.id == membership.user_id
    if membership.role is not UserRole.ADMINISTRATOR or not is_own:
        return False
    held = [one for one in roles_held(membership.user, clock.today()) if one.role is UserRole.ADMINISTRATOR]
    return held == [membership]


def first_unit(user: User) -> Unit | None:
    """The unit under which what a person does to an account is written down."""
    return user.memberships[0].unit if user.memberships else None
