"""What becomes of an account once it is made: switched off and on again, given and relieved of roles.

Making accounts, signing in and passwords are `people`. Whose accounts and which units are within reach is the caller's
question (`registers.accounts_in`, `permissions`).
"""

from __future__ import annotations

from sqlalchemy.orm import Session

from survey_app.clock import Clock
from survey_app.errors import LastRole, OwnAccount, OwnAdministration, RoleHeld
from survey_app.models import Membership, Unit, User, UserRole
from survey_app.services.audit import Actor, record


def switch_off(session: Session, user: User, *, by: Actor, clock: Clock) -> None:
    """Let an account sign in no more; its sessions end at once. Raises: OwnAccount."""
    if _is_self(user, by):
        raise OwnAccount
    if not user.is_active:
        return
    user.is_active = False
    user.session_version += 1
    record(session, by, "user.switch_off", user, clock=clock, unit=_first_unit(user), login=user.login)


def switch_on(session: Session, user: User, *, by: Actor, clock: Clock) -> None:
    """Let an account sign in again, with the password it had; sessions of before stay ended."""
    if user.is_active:
        return
    user.is_active = True
    user.failed_logins, user.locked_until = 0, None
    record(session, by, "user.switch_on", user, clock=clock, unit=_first_unit(user), login=user.login)


def give_role(session: Session, user: User, role: UserRole, unit: Unit, *, by: Actor, clock: Clock) -> Membership:
    """Let an account hold a further role over a unit and everything below it. Raises: RoleHeld."""
    if any(held.role is role and held.unit_id == unit.id for held in user.memberships):
        raise RoleHeld(unit=unit.name)
    membership = Membership(role=role, unit=unit)
    user.memberships.append(membership)
    record(session, by, "user.give_role", user, clock=clock, unit=unit, login=user.login, role=role.value)
    return membership


def relieve_of_role(session: Session, membership: Membership, *, by: Actor, clock: Clock) -> None:
    """Take a role away from an account, from the next page it opens.

    Raises: OwnAdministration for one's own last administrator role, LastRole: an account without any role would be out
    of everybody's reach.
    """
    user, role, unit = membership.user, membership.role, membership.unit
    if _is_self(user, by) and role is UserRole.ADMINISTRATOR and _administrations(user) == 1:
        raise OwnAdministration
    if len(user.memberships) == 1:
        raise LastRole
    user.memberships.remove(membership)
    record(session, by, "user.relieve_of_role", user, clock=clock, unit=unit, login=user.login, role=role.value)


def _is_self(user: User, by: Actor) -> bool:
    return isinstance(by, User) and by.id == user.id


def _administrations(user: User) -> int:
    return sum(held.role is UserRole.ADMINISTRATOR for held in user.memberships)


def _first_unit(user: User) -> Unit | None:
    return user.memberships[0].unit if user.memberships else None
