"""Forms of the committee: surveys, objectives, improvement actions and the confirmations of irreversible steps.

Choices that come from the database are passed in by the view. States and rights are checked by the services.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import DateField, DecimalField, IntegerField, RadioField, SelectField, StringField, TextAreaField
from wtforms.validators import DataRequired, InputRequired, Length, NumberRange, ValidationError

from survey_app.forms.account import stripped

LOWEST_THRESHOLD = 5
YEARS = range(2000, 2101)
WHOLE_NUMBER = re.compile(r"-?[0-9]{1,18}")
Choices = Sequence[tuple[str, str]]

ACCESS_MODES = (
    ("codes", _l("One-time codes on slips: each works once, and a code leads to nobody")),
    ("open", _l("Open link: anybody can answer, also more than once; every figure is marked unverified")),
)


def fraction_of(percent: Decimal) -> str:
    """A percentage as the decimal that is stored: 90 -> "0.90", 87.5 -> "0.875"."""
    step = Decimal("0.01") if percent == percent.to_integral_value() else Decimal("0.001")
    return str((percent / 100).quantize(step))


def percent_of(fraction: str) -> Decimal:
    """The percentage of a stored decimal: "0.90" -> 90, "0.875" -> 87.5."""
    percent = Decimal(fraction) * 100
    return percent.quantize(Decimal(1)) if percent == percent.to_integral_value() else percent.quantize(Decimal("0.1"))


class PercentField(DecimalField):
    """A percentage between 1 and 100 with at most one decimal."""

    def __init__(self, label: Any, **kwargs: Any) -> None:
        needed = [InputRequired(_l("Please enter a percentage.")), self.within_range]
        super().__init__(label, validators=needed, places=None, **kwargs)

    @staticmethod
    def within_range(form: FlaskForm, field: PercentField) -> None:
        if field.data is None:
            return
        if not field.data.is_finite() or not 1 <= field.data <= 100 or field.data != round(field.data, 1):
            raise ValidationError(_("A percentage from 1 to 100, with at most one decimal."))

    @property
    def fraction(self) -> str:
        return fraction_of(self.data)

    def process_formdata(self, valuelist: list[Any]) -> None:
        try:
            super().process_formdata([value.strip().rstrip("%％") for value in valuelist])
        except ValueError:
            raise ValueError(_("A percentage from 1 to 100, with at most one decimal.")) from None


class DayField(DateField):
    """A calendar day of this century as YYYY-MM-DD."""

    def process_formdata(self, valuelist: list[Any]) -> None:
        try:
            super().process_formdata(valuelist)
        except ValueError:
            raise ValueError(_("A day such as 2026-12-14.")) from None
        day: date | None = self.data
        if day is not None and day.year not in YEARS:
            raise ValueError(_("A day between 2000 and 2100."))


class CountField(IntegerField):
    """A whole number, also in full width."""

    data: Any

    def process_formdata(self, valuelist: list[Any]) -> None:
        written = unicodedata.normalize("NFKC", "".join(valuelist[:1])).strip()
        self.data = int(written) if WHOLE_NUMBER.fullmatch(written) else None
        if valuelist and self.data is None:
            raise ValueError(_("A whole number is needed."))


class ChoiceField(SelectField):
    """One of a list."""

    def pre_validate(self, form: FlaskForm) -> None:
        if not self.data or self.data not in {value for value, _label in self.choices or ()}:
            raise ValidationError(_("Please choose one of the list."))


def unchosen(choices: Choices) -> list[tuple[str, str]]:
    """The choices behind an empty first line, where nothing may be chosen by oversight."""
    return [("", _("please choose")), *choices]


class ConfirmForm(FlaskForm):
    """Nothing but the token: the page says what will happen."""


class SealForm(FlaskForm):
    """Sealing cannot be undone: the word is typed."""

    word = StringField(_l("Type the word to confirm"), filters=[stripped], render_kw={"autocomplete": "off"})

    def validate_word(self, field: Any) -> None:
        if (field.data or "").casefold() != self.expected.casefold():
            raise ValidationError(_("Please type the word “%(word)s”.", word=self.expected))

    @property
    def expected(self) -> str:
        return _("seal")


class SpareForm(FlaskForm):
    """Which group a spare code is for."""

    group = ChoiceField(_l("Reporting group"))

    def offer(self, groups: Choices) -> None:
        self.group.choices = list(groups)


class SurveyForm(FlaskForm):
    """A new survey, still a draft."""

    version = ChoiceField(_l("Questionnaire"))
    unit = ChoiceField(_l("Unit"), description=_l("The survey covers this unit with everything below it."))
    title = StringField(
        _l("Title"),
        description=_l("As members will read it on their page."),
        filters=[stripped],
        validators=[DataRequired(_l("Please enter a title.")), Length(max=100, message=_l("At most 100 characters."))],
    )
    year = CountField(
        _l("Year"),
        validators=[
            InputRequired(_l("Please enter the year.")),
            NumberRange(2000, 2100, _l("A year between 2000 and 2100.")),
        ],
    )
    access_mode = RadioField(_l("How members get in"), validators=[DataRequired(_l("Please choose one."))])
    closes_on = DayField(
        _l("Last day for answers"), validators=[InputRequired(_l("Please enter the last day for answers."))]
    )
    reference_day = DayField(
        _l("Reference day"),
        description=_l("Who belongs to the unit on this day is eligible."),
        validators=[InputRequired(_l("Please enter the reference day."))],
    )
    threshold = CountField(
        _l("Group threshold"),
        description=_l("Figures of fewer answers than this are not shown. Never below 5; 10 is usual."),
        validators=[
            InputRequired(_l("Please enter the group threshold.")),
            NumberRange(LOWEST_THRESHOLD, 100, _l("A number from 5 to 100.")),
        ],
    )

    first_day: date | None = None

    def offer(self, *, versions: Choices, units: Choices, first_day: date) -> None:
        """Questionnaires and units to choose from, and the earliest day on which the survey may end."""
        self.version.choices = list(versions)
        self.access_mode.choices = list(ACCESS_MODES)
        self.unit.choices = list(units)
        self.first_day = first_day

    def validate_closes_on(self, field: Any) -> None:
        if field.data and self.first_day and field.data < self.first_day:
            raise ValidationError(_("This day has passed."))


class ObjectiveForm(FlaskForm):
    """A quality objective: what is measured and the rate it has to reach."""

    title = StringField(
        _l("Objective"),
        description=_l("As it reads in the work plan."),
        filters=[stripped],
        validators=[
            DataRequired(_l("Please enter the objective.")),
            Length(max=100, message=_l("At most 100 characters.")),
        ],
    )
    measured = ChoiceField(_l("What is measured"))
    threshold = PercentField(_l("Not below (per cent)"))
    owner = StringField(
        _l("Person responsible"),
        filters=[stripped],
        validators=[
            DataRequired(_l("Please enter the person responsible.")),
            Length(max=50, message=_l("At most 50 characters.")),
        ],
    )

    def offer(self, measures: Choices) -> None:
        self.measured.choices = unchosen(measures)

    @property
    def measure_and_target(self) -> tuple[str, str | None]:
        """`item:q3` -> ("item", "q3"); `overall` -> ("overall", None)."""
        measure, _colon, target = str(self.measured.data).partition(":")
        return measure, target or None


class ActionForm(FlaskForm):
    """An improvement action; its baseline is taken from the sealed result and is not typed."""

    item = ChoiceField(_l("Question that is to improve"))
    title = StringField(
        _l("Action"),
        filters=[stripped],
        validators=[
            DataRequired(_l("Please name the action.")),
            Length(max=50, message=_l("At most 50 characters.")),
        ],
    )
    measure = TextAreaField(
        _l("What will be done"),
        filters=[stripped],
        validators=[
            DataRequired(_l("Please say what will be done.")),
            Length(max=500, message=_l("At most 500 characters.")),
        ],
        render_kw={"rows": 4},
    )
    acceptance = PercentField(
        _l("Acceptance figure (per cent satisfied, not below)"),
        description=_l("Next year’s result is held against it. Once saved it is not changed."),
    )
    owner = StringField(
        _l("Person responsible"),
        filters=[stripped],
        validators=[
            DataRequired(_l("Please enter the person responsible.")),
            Length(max=50, message=_l("At most 50 characters.")),
        ],
    )
    due = DayField(_l("Due date"), validators=[InputRequired(_l("Please enter the due date."))])

    def offer(self, items: Choices) -> None:
        self.item.choices = unchosen(items)


class StatusForm(FlaskForm):
    status = ChoiceField(_l("Status"))

    def offer(self, statuses: Choices) -> None:
        self.status.choices = list(statuses)
