"""The form of one station of a unit's year."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l
from wtforms import RadioField, StringField
from wtforms.validators import DataRequired, Length, Optional

from survey_app.forms.account import stripped
from survey_app.forms.base import FlaskForm
from survey_app.forms.committee import DayField


class StationForm(FlaskForm):
    """When it is due, and whether it has been held."""

    choice = RadioField(_l("When"), validators=[DataRequired(_l("Please choose one."))])
    due_on = DayField(_l("Own day"), validators=[Optional()])
    done_on = DayField(_l("Held on"), validators=[Optional()])
    note = StringField(
        _l("Note"),
        filters=[stripped],
        validators=[Length(max=200, message=_l("At most 200 characters."))],
    )
