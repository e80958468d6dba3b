"""Forms of the assessment: the text of a scheme, what was found on site. The file that shows it is `sent_file`."""

from __future__ import annotations

import unicodedata
from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_wtf.file import FileField
from wtforms import RadioField, StringField, TextAreaField
from wtforms.validators import DataRequired, Length, ValidationError

from survey_app.clean_text import without_controls
from survey_app.forms.account import stripped
from survey_app.forms.base import FlaskForm

LONGEST_SCHEME = 100_000


class SchemeForm(FlaskForm):
    """The text of a scheme, typed or from a file; a file that is chosen replaces what is typed."""

    file = FileField(_l("A file with the scheme"), description=_l("May be left open: then the text below counts."))
    source = TextAreaField(_l("The scheme as text (YAML)"), render_kw={"rows": 28, "spellcheck": "false"})

    def validate_file(self, field: Any) -> None:
        """Take the text of a file over into the field below, where it can be read and mended."""
        if not field.data:
            return
        content = field.data.read(4 * LONGEST_SCHEME + 1)
        for encoding in ("utf-8-sig", "gb18030"):
            try:
                self.source.data = without_controls(content.decode(encoding))
            except UnicodeDecodeError:
                continue
            return
        raise ValidationError(_("This file is no text. Please choose the YAML file of a scheme."))

    def validate_source(self, field: Any) -> None:
        if not (field.data or "").strip():
            raise ValidationError(_("Please enter a scheme, choose a file, or begin with the sample."))
        if len(field.data) > LONGEST_SCHEME:
            raise ValidationError(_("This is longer than a scheme can be."))

    @property
    def text(self) -> str:
        """What was typed, with line ends as files have them."""
        return (self.source.data or "").replace("\r\n", "\n").replace("\r", "\n").rstrip("\n") + "\n"


def _number(typed: str | None) -> str:
    """A number as it is kept, also from full width."""
    return unicodedata.normalize("NFKC", typed or "").strip()


class MarkForm(FlaskForm):
    """What was found about one check point."""

    found = RadioField(_l("Finding on site"), validators=[DataRequired(_l("Please choose one."))])
    points = StringField(_l("Points"), filters=[_number], render_kw={"inputmode": "decimal", "autocomplete": "off"})
    note = TextAreaField(
        _l("What was seen, or why it does not apply"),
        filters=[stripped],
        validators=[
            DataRequired(_l("Please write down what was seen, or why it does not apply.")),
            Length(max=500, message=_l("At most 500 characters.")),
        ],
        render_kw={"rows": 3},
    )

    def offer(self, found: list[tuple[str, str]], most: str) -> None:
        """Which findings are possible; ``most``: the points that may be given, empty where none are typed."""
        self.found.choices = found
        if most:
            self.points.description = _("From 0 to %(most)s, with at most two decimals.", most=most)
        else:
            del self.points
