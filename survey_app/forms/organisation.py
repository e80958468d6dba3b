"""Forms of the organisation: units, eligible numbers, tables of units and of names, accounts.

Choices that come from the database are passed in by the view.
"""

from __future__ import annotations

from base64 import b64decode
from datetime import date
from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_wtf.file import FileField, FileRequired
from wtforms import HiddenField, StringField
from wtforms.validators import (
    DataRequired,
    InputRequired,
    Length,
    NumberRange,
    Optional,
    Regexp,
    ValidationError,
)
from wtforms.widgets import HiddenInput

from survey_app.forms.account import new_login_field, stripped
from survey_app.forms.base import FlaskForm
from survey_app.forms.committee import ChoiceField, Choices, CountField, DayField, unchosen
from survey_app.forms.sent_file import SentFileForm


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


STAY, FIRST = "stay", "first"
"""The unit above stays as it is; the unit is the first among its siblings."""


class ChangeUnitForm(FlaskForm):
    """What may be changed of a unit that is there. Its code stays: results and files know it by that."""

    name = StringField(
        _l("Name"),
        filters=[stripped],
        validators=[DataRequired(_l("Please enter the name.")), Length(max=100, message=_l("At most 100 characters."))],
    )
    level = ChoiceField(_l("Level"))
    kind = ChoiceField(_l("Kind"), description=_l("Branches are compared with branches of their kind."))
    parent = ChoiceField(_l("Belongs to"), description=_l("Below another unit it becomes the last."))
    after = ChoiceField(_l("Place"), description=_l("Among the units that belong to the same one."))

    def offer(self, *, levels: Choices, kinds: Choices, parents: Choices, places: Choices) -> None:
        """`places` is empty for a unit that stands alone, or whose siblings are not the person’s to order."""
        self.level.choices, self.kind.choices = list(levels), list(kinds)
        self.parent.choices, self.after.choices = list(parents), list(places)
        if not places:
            del self.after


class EndUnitForm(FlaskForm):
    """On which day a unit was dissolved or merged."""

    ended_on = DayField(_l("Day on which it ended"), validators=[InputRequired(_l("Please enter the day."))])
    latest: date

    def validate_ended_on(self, field: Any) -> None:
        if field.data is not None and field.data > self.latest:
            raise ValidationError(_("This day lies ahead. Please come back when the unit has ended."))


class CopyNumbersForm(FlaskForm):
    """The numbers of an earlier year taken over; only the day is new."""

    reference_day = DayField(_l("Reference day"), validators=[InputRequired(_l("Please enter the reference day."))])


class _TableForm(SentFileForm):
    """A table that is sent as a file."""

    file = FileField(
        _l("File"),
        validators=[FileRequired(_l("Please choose a file."))],
        render_kw={"accept": ".csv,.txt,.tsv,.xlsx,.xls,.ods"},
    )


def _year_of_numbers_field(widget: Any = None) -> CountField:
    return CountField(
        _l("Year of the numbers"),
        description=_l("For rows that name no year themselves."),
        validators=[Optional(), NumberRange(2000, 2100, _l("A year such as 2025."))],
        widget=widget,
    )


class UnitsFileForm(_TableForm):
    """A table of units and their numbers."""

    year = _year_of_numbers_field()


class CarriedFileForm(FlaskForm):
    """The file that has been checked, carried by the page that showed what it would change."""

    name = HiddenField()
    content = HiddenField(validators=[DataRequired()])
    year = _year_of_numbers_field(HiddenInput())

    file = b""
    """`content` decoded, once it has been validated."""

    def validate_content(self, field: Any) -> None:
        try:
            self.file = b64decode(field.data, validate=True)
        except ValueError as error:
            raise ValidationError(str(error)) from None


class RosterForm(_TableForm):
    """A list of names."""


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

    proposed_from: int | None = None
    """The earlier year whose numbers stand in the fields and are not yet stored for this one."""
    reference_day = DayField(_l("Reference day"), validators=[InputRequired(_l("Please enter the reference day."))])
    member = _people_field(_l("Members"))
    staff = _people_field(_l("Staff"))


def _role_field() -> ChoiceField:
    return ChoiceField(_l("Role"))


def _role_unit_field() -> ChoiceField:
    return ChoiceField(_l("Unit"), description=_l("The role holds for this unit and everything below it."))


def _until_field() -> DayField:
    return DayField(
        _l("Last day of the role"),
        description=_l("An assessor needs one, at most a year ahead; for other roles it may be left blank."),
        validators=[Optional()],
    )


class RoleForm(FlaskForm):
    """A role over a unit."""

    role = _role_field()
    unit = _role_unit_field()
    until = _until_field()

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
    until = _until_field()
