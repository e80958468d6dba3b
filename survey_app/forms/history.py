"""The form that brings answers of an earlier year in from a file. What is in the file is checked by the service."""

from __future__ import annotations

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from flask_wtf.file import FileField, FileRequired
from wtforms import StringField, TextAreaField
from wtforms.validators import InputRequired, Length, NumberRange, Optional

from survey_app.forms.account import stripped
from survey_app.forms.committee import ChoiceField, Choices, CountField

LONGEST_MAP = 20_000


class HistoryForm(FlaskForm):
    """A file of answers, the questionnaire they belong to, and whose they were."""

    file = FileField(
        _l("File with the answers"),
        description=_l("CSV or .xlsx; the first row names the questions by their codes, one row for each answer."),
        validators=[FileRequired(_l("Please choose a file."))],
        render_kw={"accept": ".csv,.txt,.tsv,.xlsx,.xls,.ods"},
    )
    version = ChoiceField(_l("Questionnaire"))
    unit = ChoiceField(_l("Unit that was surveyed"))
    year = CountField(
        _l("Year of the survey"),
        validators=[
            InputRequired(_l("Please enter the year.")),
            NumberRange(1949, 2100, _l("A year such as 2025.")),
        ],
    )
    title = StringField(
        _l("Title"),
        description=_l("May be left blank: year and questionnaire."),
        filters=[stripped],
        validators=[Length(max=100, message=_l("At most 100 characters."))],
    )
    eligible = CountField(
        _l("People eligible then"),
        description=_l("May be left blank: the numbers of that year in the organisation, if there are any."),
        validators=[Optional(), NumberRange(1, 100_000, _l("A number from 1 to 100000."))],
    )
    unit_column = StringField(
        _l("Column with the unit"),
        description=_l("Only if the file covers several units: the name of the column that holds their short codes."),
        filters=[stripped],
        validators=[Length(max=100, message=_l("At most 100 characters."))],
    )
    column_map = TextAreaField(
        _l("Other names of columns"),
        description=_l(
            "Only if the file uses other names: one line each, such as “Q1: lead1”. "
            "A name with nothing behind the colon is left out."
        ),
        validators=[Length(max=LONGEST_MAP, message=_l("At most 20000 characters."))],
        render_kw={"rows": 6, "spellcheck": "false"},
    )

    def say_expired(self) -> None:
        """Words for a token that is missing or old, beside the other errors: the page keeps what was typed."""
        if self.csrf_token.errors:
            self.csrf_token.label.text = _("This page")
            self.csrf_token.errors = [_("It was open for too long and has been renewed. Please send it once more.")]

    def offer(self, *, versions: Choices, units: Choices) -> None:
        self.version.choices, self.unit.choices = list(versions), list(units)
