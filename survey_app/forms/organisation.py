"""Forms of the organisation: units, eligible numbers, accounts.

Choices that come from the database are passed in by the view.
"""

from __future__ import annotations

from typing import Any

from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import StringField
from wtforms.validators import DataRequired, InputRequired, Length, NumberRange, Regexp

from survey_app.forms.account import new_login_field, stripped
from survey_app.forms.committee import ChoiceField, Choices, CountField, DayField, unchosen


class UnitForm(FlaskForm):
    """A unit of the tree."""

    parent = ChoiceField(_l("Belongs to"))
    name = StringField(
        _l("Name"),
        filters=[stripped],
        validators=[DataRequired(_l("Please enter the name.")), Length(max=100, message=_l("At most 100 characters."))],
    )
    code = StringField(
        _l("Short code"),
        description=_l("Letters, digits, dots and hyphens, for import and export, such as “d3”."),
        filters=[stripped],
        validators=[
            DataRequired(_l("Please enter a short code.")),
            Length(max=32, message=_l("At most 32 characters.")),
            Regexp(r"^[A-Za-z0-9][A-Za-z0-9._-]*$", message=_l("Only letters, digits, dots and hyphens.")),
        ],
    )
    level = ChoiceField(_l("Level"))
    kind = ChoiceField(_l("Kind"), description=_l("Branches are compared with branches of their kind."))

    def offer(self, *, parents: Choices, levels: Choices, kinds: Choices) -> None:
        self.parent.choices, self.level.choices, self.kind.choices = list(parents), list(levels), list(kinds)


def _people_field(label: Any) -> CountField:
    return CountField(
        label,
        validators=[
            InputRequired(_l("Please enter a number; 0 where there is nobody.")),
            NumberRange(0, 100_000, _l("A number from 0 to 100000.")),
        ],
    )


class EligibleForm(FlaskForm):
    """How many people of each audience belong to the unit itself on the reference day."""

    reference_day = DayField(_l("Reference day"), validators=[InputRequired(_l("Please enter the reference day."))])
    member = _people_field(_l("Members"))
    staff = _people_field(_l("Staff"))


def _role_field() -> ChoiceField:
    return ChoiceField(_l("Role"))


def _role_unit_field() -> ChoiceField:
    return ChoiceField(_l("Unit"), description=_l("The role holds for this unit and everything below it."))


class RoleForm(FlaskForm):
    """A role over a unit."""

    role = _role_field()
    unit = _role_unit_field()

    def offer(self, *, roles: Choices, units: Choices) -> None:
        self.role.choices, self.unit.choices = unchosen(roles), list(units)


class UserForm(RoleForm):
    """An account with one role over one unit; the password is generated."""

    name = StringField(
        _l("Full name"),
        filters=[stripped],
        validators=[DataRequired(_l("Please enter the name.")), Length(max=100, message=_l("At most 100 characters."))],
    )
    login = new_login_field("off")
    role = _role_field()
    unit = _role_unit_field()
