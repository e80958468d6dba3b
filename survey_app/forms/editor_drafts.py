"""Forms about a draft as a whole: beginning one, its text, the buttons of its overview."""

from __future__ import annotations

from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from wtforms import HiddenField, RadioField, TextAreaField
from wtforms.validators import DataRequired, Length, Regexp, ValidationError

from survey_app.forms.account import stripped
from survey_app.forms.base import FlaskForm
from survey_app.forms.committee import ChoiceField, Choices
from survey_app.forms.editor import AUDIENCES
from survey_app.forms.editor_fields import LineField, RevisionField

LONGEST_SOURCE = 200_000


class StartForm(FlaskForm):
    """A new draft: of which unit, and under which name."""

    unit = ChoiceField(
        _l("Unit"), description=_l("Whose questionnaire it is: only this unit publishes new versions of it.")
    )
    title = LineField(
        _l("Title"),
        validators=[DataRequired(_l("Please enter a title.")), Length(max=100, message=_l("At most 100 characters."))],
    )
    code = LineField(
        _l("Code of the questionnaire"),
        description=_l("Small letters, digits and hyphens, such as “branch-day”."),
        validators=[
            DataRequired(_l("Please enter a code.")),
            Length(max=64, message=_l("At most 64 characters.")),
            Regexp(r"^[a-z][a-z0-9-]*\Z", message=_l("A small letter first, then small letters, digits or hyphens.")),
        ],
        render_kw={"autocomplete": "off", "autocapitalize": "none", "spellcheck": "false"},
    )
    audience = RadioField(_l("Audience"), validators=[DataRequired(_l("Please choose one."))])

    def offer(self, units: Choices) -> None:
        self.unit.choices = list(units)
        self.audience.choices = [(audience.value, str(words)) for audience, words in AUDIENCES.items()]


class SourceForm(FlaskForm):
    """The whole text of a draft."""

    revision = RevisionField()
    source = TextAreaField(
        _l("The YAML of the questionnaire"), render_kw={"rows": 28, "spellcheck": "false", "wrap": "off"}
    )

    def validate_source(self, field: Any) -> None:
        if len(field.data or "") > LONGEST_SOURCE:
            raise ValidationError(_("This is longer than a questionnaire can be."))

    @property
    def text(self) -> str:
        """What was typed, with line ends as files have them."""
        return (self.source.data or "").replace("\r\n", "\n").replace("\r", "\n").rstrip("\n") + "\n"


class ArrangeForm(FlaskForm):
    """The buttons of the overview: one act on one part, `up sections.0.items.2`."""

    revision = RevisionField()
    act = HiddenField(filters=[stripped])
