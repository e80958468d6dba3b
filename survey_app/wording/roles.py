"""What the roles of people are called."""

from __future__ import annotations

from collections.abc import Mapping

from flask_babel import gettext as _

from instruments.wording import N_

ROLES: Mapping[str, str] = {
    "administrator": N_("Administrator"),
    "higher_committee": N_("Higher committee"),
    "secretary": N_("Secretary"),
    "committee_member": N_("Committee member"),
    "scrutineer": N_("Scrutineer"),
    "assessor": N_("Assessor"),
    "analyst": N_("Data analyst"),
}
"""Stored code -> msgid."""


def role_label(role: str) -> str:
    return _(ROLES[role])
