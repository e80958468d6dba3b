"""Forms of the improvement plan: an action, where it stands, evidence, decisions on proposals, the list of processes.

Choices that come from the database are passed in by the view. States and rights are checked by the services.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from wtforms import BooleanField, SelectField, StringField, TextAreaField
from wtforms.validators import DataRequired, InputRequired, Length, ValidationError

from survey_app.forms.account import stripped
from survey_app.forms.base import FlaskForm
from survey_app.forms.committee import ChoiceField, Choices, DayField, PercentField, unchosen
from survey_app.forms.sent_file import EvidenceForm

MOST_CAUSES = 5
_AT_MOST_100 = Length(max=100, message=_l("At most 100 characters."))


def _why(label: Any) -> StringField:
    return StringField(label, filters=[stripped], validators=[_AT_MOST_100], render_kw={"autocomplete": "off"})


class ActionForm(FlaskForm):
    """An improvement action; its baseline is taken from the sealed result and is not typed."""

    item = ChoiceField(_l("Question that is to improve"))
    finding = TextAreaField(
        _l("What was found"),
        filters=[stripped],
        validators=[Length(max=500, message=_l("At most 500 characters."))],
        render_kw={"rows": 3},
    )
    why1 = _why(_l("Why is that so?"))
    why2 = _why(_l("And why that? (2)"))
    why3 = _why(_l("And why that? (3)"))
    why4 = _why(_l("And why that? (4)"))
    why5 = _why(_l("And why that? (5)"))
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
    belongs_to = SelectField(_l("Process it belongs to"), default="")
    acceptance = PercentField(_l("Acceptance figure (per cent satisfied, not below)"))
    checked = BooleanField(
        _l("I have checked it"), description=_l("The acceptance figure is meant as it stands above.")
    )
    owner = StringField(
        _l("Person responsible"),
        filters=[stripped],
        validators=[
            DataRequired(_l("Please enter the person responsible.")),
            Length(max=50, message=_l("At most 50 characters.")),
        ],
    )
    account = SelectField(
        _l("Account that gets the reminders"),
        description=_l("May be left open: then the committee is reminded."),
        default="",
    )
    resources = StringField(
        _l("Resources"), description=_l("People, money, rooms. May be left blank."), filters=[stripped],
        validators=[_AT_MOST_100],
    )  # fmt: skip
    due = DayField(_l("Due date"), validators=[InputRequired(_l("Please enter the due date."))])
    earliest: date | None = None
    kept_due: date | None = None
    is_doubted = False

    def offer(self, items: Choices, processes: Choices, accounts: Choices) -> None:
        self.item.choices = unchosen(items)
        self.belongs_to.choices = [("", _("not assigned")), *processes]
        self.account.choices = [("", _("nobody in particular")), *accounts]

    def hint(self, acceptance: str) -> None:
        """What stands below the acceptance figure."""
        self.acceptance.description = acceptance

    def due_from(self, day: date, *, kept: date | None = None) -> None:
        """No earlier due date is taken; one that stands already may stay."""
        self.earliest, self.kept_due = day, kept

    def validate_due(self, field: DayField) -> None:
        if self.earliest and field.data and field.data < self.earliest and field.data != self.kept_due:
            raise ValidationError(_("This day has passed. Please enter today or a later day."))

    def doubt(self, words: str) -> bool:
        """Ask for a tick below an acceptance figure that looks like a slip; whether it is still missing."""
        self.is_doubted = bool(words)
        if not words or self.checked.data:
            return False
        self.checked.errors = [words]
        return True

    def fix_expectation(self) -> None:
        """Question and acceptance figure are no longer asked for."""
        del self.item, self.acceptance

    @property
    def whys(self) -> list[Any]:
        return [self[f"why{number}"] for number in range(1, MOST_CAUSES + 1)]

    @property
    def causes(self) -> list[str]:
        return [why.data for why in self.whys if why.data]


def causes_typed(causes: Iterable[str]) -> dict[str, str]:
    """Stored causes as the fields of the form."""
    return {f"why{number}": cause for number, cause in enumerate(causes, 1)}


class StatusForm(FlaskForm):
    status = ChoiceField(_l("Status"))

    def offer(self, statuses: Choices) -> None:
        self.status.choices = list(statuses)


class ReasonForm(FlaskForm):
    """Why a proposal is not followed, or an action given up."""

    reason = TextAreaField(
        _l("Reason for the decision"),
        description=_l("It stays in the ledger, where auditors read it."),
        filters=[stripped],
        validators=[
            DataRequired(_l("Please say why.")),
            Length(max=500, message=_l("At most 500 characters.")),
        ],
        render_kw={"rows": 3},
    )


class ClosingForm(FlaskForm):
    """Act: what stays of an action that a survey has verified."""

    rule = TextAreaField(
        _l("What was written into the rules"),
        filters=[stripped],
        validators=[Length(max=500, message=_l("At most 500 characters."))],
        render_kw={"rows": 4},
    )

    def ask(self, *, is_needed: bool) -> None:
        """An action that worked is closed with the rule that keeps it up."""
        if is_needed:
            self.rule.description = _("It worked: please say which rule, plan or duty keeps it up from now on.")
            needed = DataRequired(_("Please say what was written into the rules."))
            self.rule.validators = [needed, *self.rule.validators]
        else:
            self.rule.description = _("May be left blank: the survey did not show that it worked.")


class ActionEvidenceForm(EvidenceForm):
    """A file that shows what was done, and in a few words what it shows."""

    note = StringField(
        _l("What it shows"), description=_l("May be left blank."), filters=[stripped], validators=[_AT_MOST_100]
    )


class ProcessesForm(FlaskForm):
    """The list of processes, one a line."""

    source = TextAreaField(
        _l("Processes"),
        description=_l(
            "One process a line; begin those of the second level with spaces. Without a line the list of the unit "
            "above holds again."
        ),
        validators=[Length(max=4000, message=_l("At most 4,000 characters."))],
        render_kw={"rows": 16, "spellcheck": "false"},
    )
