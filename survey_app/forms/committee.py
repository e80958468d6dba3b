"""Forms of the committee: surveys and the confirmations of irreversible steps.

Choices that come from the database are passed in by the view. States and rights are checked by the services.
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from typing import Any, ClassVar

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from markupsafe import Markup, escape
from wtforms import (
    BooleanField,
    DateField,
    DecimalField,
    IntegerField,
    RadioField,
    SelectField,
    StringField,
    TextAreaField,
)
from wtforms.validators import DataRequired, InputRequired, Length, NumberRange, ValidationError
from wtforms.widgets import Select, html_params

from survey_app.clean_text import without_controls
from survey_app.forms.account import stripped
from survey_app.forms.base import FlaskForm

LOWEST_THRESHOLD = 5
YEARS = range(2000, 2101)
WHOLE_NUMBER = re.compile(r"-?[0-9]{1,18}")
Choices = Sequence[tuple[str, str]]

ACCESS_MODES = (
    ("codes", _l("Drawn slips: everybody draws one from a box; its code works once and leads to nobody")),
    ("personal", _l("Personal slips: made once for a list of names and handed out; no list of who has which is kept")),
    ("open", _l("Open link: anybody can answer, also more than once; every figure is marked unverified")),
)
SCRUTINEERS = (
    (3, _l("Three: any two of them together open the ballots, nobody alone")),
    (1, _l("One: this one person can open the ballots alone, without anybody else")),
)
LONGEST_NAME = 40
BAD_LINES_NAMED = 10


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


class LongSelect(Select):
    """A list drawn in one go: of a thousand units, each as a widget of its own takes longer than the rest of a page."""

    def __call__(self, field: Any, **attributes: Any) -> Markup:
        attributes = {"id": field.id, "required": bool(field.flags.required)} | attributes
        options = [
            f'<option{" selected" if is_chosen else ""} value="{escape(value)}">{escape(label)}</option>'
            for value, label, is_chosen, _render_kw in field.iter_choices()
        ]
        return Markup(f"<select {html_params(name=field.name, **attributes)}>{''.join(options)}</select>")  # noqa: S704 (escaped)


class ChoiceField(SelectField):
    """One of a list."""

    widget = LongSelect()

    def pre_validate(self, form: FlaskForm) -> None:
        if not self.data or self.data not in {value for value, _label in self.choices or ()}:
            raise ValidationError(_("Please choose one of the list."))


def unchosen(choices: Choices) -> list[tuple[str, str]]:
    """The choices behind an empty first line, where nothing may be chosen by oversight."""
    return [("", _("please choose")), *choices]


class ConfirmForm(FlaskForm):
    """Nothing but the token: the page says what will happen."""


class WordForm(FlaskForm):
    """What cannot be undone: a word is typed."""

    expected: ClassVar[Any]
    word = StringField(_l("Type the word to confirm"), filters=[stripped], render_kw={"autocomplete": "off"})

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.word.label.text = _("Type the word “%(word)s” to confirm", word=self.expected)

    def validate_word(self, field: Any) -> None:
        if (field.data or "").casefold() != str(self.expected).casefold():
            raise ValidationError(_("Please type the word “%(word)s”.", word=self.expected))


class SealForm(WordForm):
    """The second step of sealing."""

    expected = _l("seal")


class WithdrawForm(WordForm):
    """Giving up a faulty survey."""

    expected = _l("withdraw")
    reason = TextAreaField(
        _l("Reason"),
        description=_l("Members read it on their page, and it is kept in the record of acts."),
        filters=[stripped],
        validators=[
            DataRequired(_l("Please say why.")),
            Length(max=500, message=_l("At most 500 characters.")),
        ],
        render_kw={"rows": 3},
    )
    makes_copy = BooleanField(
        _l("Make a corrected copy"),
        default=True,
        description=_l("A new draft with the same settings. It gets keys and slips of its own when it is opened."),
    )


class CountForm(FlaskForm):
    """The scrutineers' passphrases, as many as open the ballots together; and whether late ballots are waited for."""

    first = StringField(validators=[DataRequired(_l("Please type the passphrase."))])
    second = StringField(
        _l("Passphrase of another scrutineer"), validators=[DataRequired(_l("Please type the passphrase."))]
    )
    hurry = BooleanField(
        _l("Do not wait"),
        description=_l("Ballots that are under way at this moment are lost. Only if everybody has finished."),
    )

    def ask_for(self, passphrases: int, *, is_arriving: bool) -> None:
        """Leave out what this survey does not need."""
        self.first.label.text = _("Passphrase of one scrutineer") if passphrases > 1 else _("Passphrase")
        for name, is_needed in (("second", passphrases > 1), ("first", passphrases > 0), ("hurry", is_arriving)):
            if not is_needed:
                delattr(self, name)

    @property
    def fields_of_passphrases(self) -> list[StringField]:
        return [field for field in (self.first, self.second) if field is not None]

    @property
    def passphrases(self) -> list[str]:
        return [field.data for field in self.fields_of_passphrases]

    @property
    def is_in_a_hurry(self) -> bool:
        return self.hurry is not None and bool(self.hurry.data)


class SpareForm(FlaskForm):
    """Which group a spare code is for."""

    group = ChoiceField(_l("Reporting group"))

    def offer(self, groups: Choices) -> None:
        self.group.choices = list(groups)


class NamesForm(FlaskForm):
    """For whom personal slips are made; the names are printed and kept nowhere."""

    typed = TextAreaField(
        _l("Names, one on each line"),
        description=_l("Nothing but the name. People of the same name stand there as often as there are of them."),
        validators=[DataRequired(_l("Please enter the names."))],
        render_kw={"rows": 12, "autocomplete": "off", "spellcheck": "false"},
    )

    def validate_typed(self, field: Any) -> None:
        wrong = [
            str(number)
            for number, line in enumerate(_lines(field.data), start=1)
            if line.strip() and not _is_name(line.strip())
        ]
        if wrong:
            named = ", ".join(wrong[:BAD_LINES_NAMED]) + (" …" if len(wrong) > BAD_LINES_NAMED else "")
            raise ValidationError(
                _(
                    "Please look at line %(lines)s: a name has letters or characters, no columns beside it, and at "
                    "most %(most)s characters.",
                    lines=named,
                    most=LONGEST_NAME,
                )
            )

    @property
    def names(self) -> list[str]:
        return [line.strip() for line in _lines(self.typed.data) if line.strip()]

    @property
    def repeated(self) -> list[str]:
        """Names that stand there more than once."""
        return [name for name, times in Counter(self.names).items() if times > 1]


def _lines(typed: str | None) -> list[str]:
    return without_controls(typed or "").splitlines()


def _is_name(line: str) -> bool:
    return len(line) <= LONGEST_NAME and "\t" not in line and any(character.isalpha() for character in line)


class SlipForm(FlaskForm):
    """The code of a slip that is handed in unopened."""

    code = StringField(
        _l("Code of the slip"),
        description=_l("13 characters. Small letters are fine, the hyphens may be left out."),
        validators=[DataRequired(_l("Please type the code of the slip."))],
        render_kw={"autocomplete": "off", "autocapitalize": "characters", "spellcheck": "false", "maxlength": 64},
    )


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
    access_mode = RadioField(
        _l("How members get in"),
        description=_l(
            "Drawn slips are the usual way. Nobody, not even who printed them, can know who has which; and no list of "
            "names is needed."
        ),
        validators=[DataRequired(_l("Please choose one."))],
    )
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

    scrutineers = RadioField(
        _l("Scrutineers"),
        description=_l("Each gets a passphrase when the survey opens. Without them nobody can read an answer."),
        coerce=int,
        validators=[InputRequired(_l("Please choose one."))],
    )
    accepts_played = BooleanField(
        _l("The server helps browsers that cannot encrypt"),
        description=_l(
            "For an old browser the server encrypts the answers in its memory and stores nothing of it; how many "
            "ballots came this way is published. Without this, their owners need another browser or paper."
        ),
    )
    has_receipts = BooleanField(
        _l("Publish the receipts"),
        description=_l(
            "After sealing everybody can see that their own ballot was counted; a receipt does not say what was "
            "answered."
        ),
    )

    first_day: date | None = None

    def offer(self, *, versions: Choices, units: Choices, first_day: date) -> None:
        """Questionnaires and units to choose from, and the earliest day on which the survey may end."""
        self.version.choices = unchosen(versions) if versions else []
        self.access_mode.choices = list(ACCESS_MODES)
        self.scrutineers.choices = list(SCRUTINEERS)
        self.unit.choices = list(units)
        self.first_day = first_day

    def validate_closes_on(self, field: Any) -> None:
        if field.data and self.first_day and field.data < self.first_day:
            raise ValidationError(_("This day has passed."))
