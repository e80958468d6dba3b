"""The form by which a questionnaire comes in from outside. Writing one in the browser is `editor`."""

from __future__ import annotations

from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_wtf.file import FileField
from wtforms import SubmitField, TextAreaField
from wtforms.validators import ValidationError

from survey_app.forms.base import FlaskForm
from survey_app.forms.committee import ChoiceField, Choices

SOURCE_LIMIT = 200_000
"""Characters of the longest text taken; the largest questionnaires have some 60,000."""
WORKBOOK = b"PK\x03\x04"
"""How an .xlsx file begins."""


class ImportForm(FlaskForm):
    """A file (YAML, JSON or XLSForm) or the text itself; a text that does not pass comes back to be mended."""

    unit = ChoiceField(_l("Questionnaire of"), description=_l("This unit changes it and publishes its versions."))
    file = FileField(
        _l("File: YAML, JSON or an XLSForm (.xlsx)"),
        render_kw={"accept": ".yaml,.yml,.json,.xlsx,text/yaml,application/json"},
    )
    source = TextAreaField(_l("Or the text itself"), render_kw={"rows": 20, "spellcheck": "false"})
    publishes = SubmitField(_l("Check and publish at once"))
    workbook: bytes | None = None
    """The XLSForm, where one was chosen."""

    def offer(self, units: Choices) -> None:
        self.unit.choices = list(units)

    def validate_source(self, field: Any) -> None:
        """Takes the file where there is one, so that its text can be shown again beside its problems."""
        upload = self.file.data
        if upload:
            content = upload.read()
            if content.startswith(WORKBOOK):
                self.workbook, field.data = content, ""
                return
            try:
                field.data = content.decode("utf-8-sig")
            except UnicodeDecodeError:
                raise ValidationError(_("This file is neither a workbook nor UTF-8 text.")) from None
        if not (field.data or "").strip():
            raise ValidationError(_("Please choose a file or enter the text."))
        if len(field.data) > SOURCE_LIMIT:
            raise ValidationError(_("This is longer than a questionnaire can be."))
