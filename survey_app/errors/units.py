"""Refusals about the tree of units."""

from __future__ import annotations

from typing import ClassVar

from instruments.wording import N_
from survey_app.errors.base import Refusal


class UnitCodeTaken(Refusal):
    template = N_("The unit code %(code)s is taken.")


class UnitMisplaced(Refusal):
    sentences: ClassVar[dict[str, str]] = {
        "level": N_(
            "A unit stands below one of a higher level: works committee, party committee, general branch, branch, "
            "party group, in this order; only a party committee may stand below another one."
        ),
        "below": N_("A unit below this one has a level that must stay below its own."),
        "cycle": N_("A unit cannot belong to itself or to a unit below it."),
        "sample": N_("Units of the sample organisation stay together; others do not belong to it."),
        "survey": N_(
            "It is being asked in “%(title)s”, a survey of a unit above it. Please move it when that survey has been "
            "sealed or withdrawn."
        ),
    }


class UnitEnded(Refusal):
    sentences: ClassVar[dict[str, str]] = {
        "ended": N_("%(unit)s has ended: nothing new belongs to it."),
        "below": N_("Units below %(unit)s still exist. Please end them first, or move them below another unit."),
        "survey": N_(
            "A survey of %(unit)s is not finished: “%(title)s”. Please seal it, withdraw it or discard its draft first."
        ),
        "parent": N_("%(unit)s, to which it belongs, has ended. Please take that back first."),
    }


class UnknownUnit(Refusal):
    status = 404
    template = N_("There is no unit with the code %(code)s.")
