"""What forms that take a file share: words for an old token, and the file of evidence."""

from __future__ import annotations

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_wtf.file import FileField, FileRequired

from survey_app.forms.base import FlaskForm


class SentFileForm(FlaskForm):
    """A form that checks its token itself, as its request is read under a larger limit than that of other pages."""

    def say_expired(self) -> None:
        """Words for a token that is missing or old, beside the other errors: the page keeps what was typed."""
        if self.csrf_token.errors:
            self.csrf_token.label.text = _("This page")
            self.csrf_token.errors = [_("It was open for too long and has been renewed. Please send it once more.")]


class EvidenceForm(SentFileForm):
    """A file that shows what was done, or what was seen."""

    file = FileField(
        _l("File"),
        validators=[FileRequired(_l("Please choose a file."))],
        render_kw={"accept": ".pdf,.png,.jpg,.jpeg,.docx,.xlsx,.txt"},
    )
