"""Forms of the management review: its beginning, the head of the minutes, a point of the agenda, a signature."""

from __future__ import annotations

from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from wtforms import HiddenField, StringField, TextAreaField
from wtforms.validators import DataRequired, InputRequired, Length, NumberRange, Optional, ValidationError

from survey_app.forms.account import stripped
from survey_app.forms.base import FlaskForm
from survey_app.forms.committee import ChoiceField, Choices, ConfirmForm, CountField, DayField

MOST_PEOPLE = 100_000
LINE = Length(max=100, message=_l("At most 100 characters."))
TEXT = Length(max=3000, message=_l("At most 3,000 characters."))
COUNTED = (Optional(), NumberRange(0, MOST_PEOPLE, _l("A number from 0 to 100,000.")))


class StartForm(FlaskForm):
    """Which year is reviewed, and when."""

    year = ChoiceField(_l("Results of the year"))
    held_on = DayField(_l("Day of the meeting"), validators=[InputRequired(_l("Please enter the day of the meeting."))])

    def offer(self, years: Choices) -> None:
        self.year.choices = list(years)


class MeetingForm(FlaskForm):
    """Who met where, and what the chair said in the end."""

    held_on = DayField(_l("Day of the meeting"), validators=[InputRequired(_l("Please enter the day of the meeting."))])
    place = StringField(_l("Place of the meeting"), filters=[stripped], validators=[LINE])
    chair = StringField(_l("Chair"), filters=[stripped], validators=[LINE])
    recorder = StringField(_l("Keeper of the minutes"), filters=[stripped], validators=[LINE])
    expected = CountField(_l("People who should be there"), validators=COUNTED)
    present = CountField(_l("People who were there"), validators=COUNTED)
    guests = StringField(
        _l("Who else took part"),
        filters=[stripped],
        validators=[Length(max=300, message=_l("At most 300 characters."))],
    )
    closing = TextAreaField(
        _l("What the chair said in the end"), filters=[stripped], validators=[TEXT], render_kw={"rows": 4}
    )

    def validate_present(self, field: Any) -> None:
        if field.data is not None and self.expected.data is not None and field.data > self.expected.data:
            raise ValidationError(_("No more people can be there than should be; others are guests."))


class PointForm(FlaskForm):
    """What was said and decided on a point."""

    title = StringField(
        _l("Title of the point"), filters=[stripped], validators=[DataRequired(_l("Please enter a title.")), LINE]
    )
    discussion = TextAreaField(_l("Discussion"), filters=[stripped], validators=[TEXT], render_kw={"rows": 5})
    decision = TextAreaField(_l("Decision"), filters=[stripped], validators=[TEXT], render_kw={"rows": 4})
    responsible = StringField(_l("Person responsible"), filters=[stripped], validators=[LINE])
    due = DayField(_l("Due date"), validators=[Optional()])
    action = ChoiceField(
        _l("Action of the improvement plan"),
        description=_l("The decision becomes this action: it has a baseline, and the next survey verifies it."),
    )

    def offer(self, actions: Choices) -> None:
        self.action.choices = [(NO_ACTION, _("none")), *actions]


NO_ACTION = "none"


class NewPointForm(FlaskForm):
    title = StringField(
        _l("Title of the point"), filters=[stripped], validators=[DataRequired(_l("Please enter a title.")), LINE]
    )


class MoveForm(ConfirmForm):
    """One place up or down: which of the two, says the button."""

    direction = HiddenField(validators=[DataRequired()])


class SignForm(ConfirmForm):
    """What was read is what is signed."""

    agreed = HiddenField()
