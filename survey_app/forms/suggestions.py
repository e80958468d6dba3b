"""Forms of suggestion channels: setting one up, its next round, and what moderators decide."""

from __future__ import annotations

from datetime import date
from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from wtforms import RadioField, StringField, TextAreaField
from wtforms.validators import DataRequired, InputRequired, Length, NumberRange, ValidationError

from survey_app.forms.account import stripped
from survey_app.forms.base import FlaskForm
from survey_app.forms.committee import ACCESS_MODES, SCRUTINEERS, ChoiceField, Choices, CountField, DayField, unchosen

LONGEST_ANSWER = 1000


class _RoundSettings(FlaskForm):
    """How people get in, and who opens the box."""

    access_mode = RadioField(
        _l("How people get in"),
        description=_l("Suggestions that came through an open link are marked unverified."),
        choices=list(ACCESS_MODES),
        validators=[DataRequired(_l("Please choose one."))],
    )
    scrutineers = RadioField(
        _l("Scrutineers"),
        description=_l("Each gets a passphrase when the round opens. Without them nobody can read a suggestion."),
        choices=list(SCRUTINEERS),
        coerce=int,
        validators=[InputRequired(_l("Please choose one."))],
    )


class ChannelForm(_RoundSettings):
    """A new channel with its first round."""

    title = StringField(
        _l("Title"),
        description=_l("As people read it on the notice board and on their page."),
        filters=[stripped],
        validators=[DataRequired(_l("Please enter a title.")), Length(max=60, message=_l("At most 60 characters."))],
    )
    unit = ChoiceField(_l("Unit"), description=_l("The channel is for this unit with everything below it."))
    version = ChoiceField(
        _l("Questionnaire"),
        description=_l("One for any time of the year, with a question to be answered in one’s own words."),
    )
    months = CountField(
        _l("Months that a round lasts"),
        description=_l("Suggestions are read when a round is over, so a short round brings an answer sooner."),
        validators=[InputRequired(_l("Please enter a number.")), NumberRange(1, 12, _l("A number from 1 to 12."))],
    )

    def offer(self, *, versions: Choices, units: Choices) -> None:
        self.version.choices = list(versions)
        self.unit.choices = unchosen(units) if len(units) > 1 else list(units)


class RoundForm(_RoundSettings):
    """The next round of a channel."""

    closes_on = DayField(
        _l("Last day for suggestions"), validators=[InputRequired(_l("Please enter the last day for suggestions."))]
    )
    first_day: date | None = None

    def validate_closes_on(self, field: Any) -> None:
        if field.data and self.first_day and field.data < self.first_day:
            raise ValidationError(_("This day has passed."))


class ReleaseForm(FlaskForm):
    """The words of a suggestion as everybody reads them, and the answer."""

    shown = TextAreaField(
        _l("Text on the public page"),
        description=_l("Names and numbers are taken out already. Please take out what else could tell who wrote it."),
        filters=[stripped],
        validators=[
            DataRequired(_l("Please leave something to read, or withhold the suggestion.")),
            Length(max=1000, message=_l("At most 1,000 characters.")),
        ],
        render_kw={"rows": 5},
    )
    answer = TextAreaField(
        _l("Answer to it"),
        description=_l("What will be done, or why not. May be left blank for now and changed later."),
        filters=[stripped],
        validators=[Length(max=LONGEST_ANSWER, message=_l("At most 1,000 characters."))],
        render_kw={"rows": 5},
    )


class WithholdForm(FlaskForm):
    """Why a suggestion is not shown."""

    reason = RadioField(_l("Reason"), validators=[DataRequired(_l("Please choose one."))])
    words = StringField(
        _l("Note for other moderators"),
        description=_l("May be left blank. It is never shown to others."),
        filters=[stripped],
        validators=[Length(max=200, message=_l("At most 200 characters."))],
        render_kw={"autocomplete": "off"},
    )

    def offer(self, reasons: Choices) -> None:
        self.reason.choices = list(reasons)
