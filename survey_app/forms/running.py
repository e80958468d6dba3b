"""Forms of surveys that run: a later last day, closing, and those made and opened in one go.

Days are judged by the services; what a draft lays down is `committee`.
"""

from __future__ import annotations

from datetime import date
from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from wtforms import RadioField, StringField, TextAreaField
from wtforms.validators import DataRequired, InputRequired, Length, Optional, ValidationError

from survey_app.forms.account import stripped
from survey_app.forms.base import FlaskForm
from survey_app.forms.committee import ACCESS_MODES, SCRUTINEERS, ChoiceField, Choices, DayField

LONGEST_REASON = 500
LONGEST_ACTIVITY = 60
CODES, OPEN_LINK = "codes", "open"
SAY_WHY = _l("Please say why.")


def reason_field(description: Any) -> Any:
    return TextAreaField(
        _l("Reason"),
        description=description,
        filters=[stripped],
        validators=[
            DataRequired(SAY_WHY),
            Length(max=LONGEST_REASON, message=_l("At most 500 characters.")),
        ],
        render_kw={"rows": 3},
    )


class ExtendForm(FlaskForm):
    """A later last day."""

    closes_on = DayField(
        _l("New last day"),
        description=_l("A day such as 2026-12-14. Answers are taken until its end."),
        validators=[InputRequired(_l("Please enter the last day for answers."))],
    )
    reason = reason_field(_l("For example: a branch was away on a visit. It is kept in the record of acts."))


class CloseForm(FlaskForm):
    """Closing; whoever closes before the last day says why."""

    reason = reason_field(_l("It is kept in the record of acts and shown on the page of the survey."))

    def __init__(self, *, is_early: bool) -> None:
        super().__init__()
        if not is_early:
            self.reason.validators = [Optional(), *self.reason.validators[1:]]
            self.reason.flags.required = False
            self.reason.label.text = _l("Reason (may be left blank)")


class _AtOnceForm(FlaskForm):
    """What is decided of a survey that is made without a draft being written: way in, and who opens it."""

    unit = ChoiceField(_l("Unit"), description=_l("The survey covers this unit with everything below it."))
    access_mode = RadioField(
        _l("How members get in"), default=CODES, validators=[DataRequired(_l("Please choose one."))]
    )
    scrutineers = RadioField(
        _l("Who opens the ballots"),
        description=_l("For a short survey one scrutineer is usual. Members read on their page which it is."),
        coerce=int,
        default=1,
        validators=[InputRequired(_l("Please choose one."))],
    )

    def offer_units(self, units: Choices) -> None:
        self.unit.choices = list(units)
        self.access_mode.choices = [choice for choice in ACCESS_MODES if choice[0] in (CODES, OPEN_LINK)]
        self.scrutineers.choices = sorted(SCRUTINEERS)


class PulseForm(_AtOnceForm):
    """A short survey that opens with one button."""

    version = ChoiceField(_l("Questionnaire"))
    title = StringField(
        _l("Title"),
        description=_l("As members will read it on their page."),
        filters=[stripped],
        validators=[DataRequired(_l("Please enter a title.")), Length(max=100, message=_l("At most 100 characters."))],
    )
    closes_on = DayField(
        _l("Last day for answers"), validators=[InputRequired(_l("Please enter the last day for answers."))]
    )

    first_day: date | None = None

    def offer(self, *, versions: Choices, units: Choices, first_day: date) -> None:
        """Short questionnaires and units to choose from, and the earliest day on which the survey may end."""
        self.offer_units(units)
        self.version.choices = list(versions)
        self.first_day = first_day

    def validate_closes_on(self, field: Any) -> None:
        if field.data and self.first_day and field.data < self.first_day:
            raise ValidationError(_("This day has passed."))


class ActivityForm(_AtOnceForm):
    """An activity that is asked about before and after."""

    title = StringField(
        _l("Activity"),
        description=_l("For example: themed party day in October."),
        filters=[stripped],
        validators=[
            DataRequired(_l("Please name the activity.")),
            Length(max=LONGEST_ACTIVITY, message=_l("At most 60 characters.")),
        ],
    )
    held_on = DayField(
        _l("Day of the activity"), validators=[InputRequired(_l("Please enter the day of the activity."))]
    )
