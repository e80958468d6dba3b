"""The forms that bring earlier years in from files, as answers or as published figures, and that keep column maps.

What is in the files is checked by the services.
"""

from __future__ import annotations

from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_wtf.file import FileField, FileRequired
from wtforms import BooleanField, SelectField, StringField, TextAreaField, ValidationError
from wtforms.validators import InputRequired, Length, NumberRange, Optional

from survey_app.forms.account import stripped
from survey_app.forms.base import FlaskForm
from survey_app.forms.committee import ChoiceField, Choices, CountField
from survey_app.forms.sent_file import SentFileForm

LONGEST_MAP = 20_000
TABLES = ".csv,.txt,.tsv,.xlsx,.xls,.ods"
_NAME = Length(max=100, message=_l("At most 100 characters."))
_MAP = Length(max=LONGEST_MAP, message=_l("At most 20000 characters."))
_LINES = {"rows": 6, "spellcheck": "false"}


class KeptChoice(SelectField):
    """One of the maps kept, or none."""

    def pre_validate(self, form: FlaskForm) -> None:
        if self.data not in {value for value, _label in self.choices or ()}:
            raise ValidationError(_("Please choose one of the list."))


class UploadForm(SentFileForm):
    """What both ways of bringing a year in share: the unit and the column map, kept or typed."""

    file: Any
    unit: Any
    column_map: Any
    needs_map = False
    kept = KeptChoice(_l("Column map kept from before"), default="")
    keep_as = StringField(
        _l("Keep this column map as"),
        description=_l("May be left blank. Under this name it stands in the list for the file of next year."),
        filters=[stripped],
        validators=[_NAME],
    )

    def offer(self, *, units: Choices, kept: Choices) -> None:
        self.unit.choices = list(units)
        self.kept.choices = [("", _("none")), *kept]

    def validate_column_map(self, field: Any) -> None:
        is_typed = bool((field.data or "").strip())
        if is_typed and self.kept.data:
            raise ValidationError(_("Please choose a kept column map or type one, not both."))
        if self.needs_map and not is_typed and not self.kept.data:
            raise ValidationError(_("Please choose a kept column map, or type one."))

    def validate_keep_as(self, field: Any) -> None:
        if field.data and not (self.column_map.data or "").strip():
            raise ValidationError(_("There is no column map typed that could be kept."))


class HistoryForm(UploadForm):
    """A file of answers, the questionnaire they belong to, and whose they were."""

    file = FileField(
        _l("File with the answers"),
        description=_l(
            "CSV, .xlsx or SPSS .sav; the first row names the questions by their codes, one row for each answer."
        ),
        validators=[FileRequired(_l("Please choose a file."))],
        render_kw={"accept": f"{TABLES},.sav,.zsav"},
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
        validators=[_NAME],
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
        validators=[_NAME],
    )
    column_map = TextAreaField(
        _l("Other names of columns"),
        description=_l(
            "Only if the file uses other names: one line each, such as “Q1: lead1”. "
            "A name with nothing behind the colon is left out."
        ),
        validators=[_MAP],
        render_kw=_LINES,
    )

    def offer_versions(self, versions: Choices) -> None:
        self.version.choices = list(versions)


class FiguresForm(UploadForm):
    """A file of published figures, the wordings of its items, and whose pages it belongs to."""

    needs_map = True
    file = FileField(
        _l("File with the figures"),
        description=_l("CSV or .xlsx: one row for each organisation and item, or one for each organisation."),
        validators=[FileRequired(_l("Please choose a file."))],
        render_kw={"accept": TABLES},
    )
    wordings = FileField(
        _l("File with the wordings"),
        description=_l("May be left out: a table with the columns year, item and wording. It shows where one changed."),
        render_kw={"accept": TABLES},
    )
    unit = ChoiceField(
        _l("Unit"), description=_l("Who may look at results of this unit sees the figures."),
    )  # fmt: skip
    column_map = TextAreaField(
        _l("Column map"),
        description=_l("Says what the columns hold. The example below may be taken and changed."),
        validators=[_MAP],
        render_kw={**_LINES, "rows": 12},
    )
    replace = BooleanField(
        _l("Replace years that are there already"),
        description=_l("Otherwise a file with such a year is refused. The record of acts keeps what was replaced."),
    )
    over_100 = BooleanField(
        _l("The figures above 100 percent were published so"),
        description=_l("They are kept as published and marked."),
    )
    only_check = BooleanField(
        _l("Only check"), description=_l("Everything is read and told, and nothing is stored."), default=False
    )


class ColumnMapForm(FlaskForm):
    """A column map that is kept: its name and what it says."""

    name = StringField(_l("Name"), filters=[stripped], validators=[InputRequired(_l("Please enter a name.")), _NAME])
    source = TextAreaField(
        _l("Column map"), validators=[InputRequired(_l("Please enter the map.")), _MAP],
        render_kw={**_LINES, "rows": 14},
    )  # fmt: skip
