"""Forms of the comment queue: one comment with its themes, several at once, and the list of themes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from wtforms import RadioField, SelectMultipleField, StringField, TextAreaField
from wtforms.validators import DataRequired, Length, ValidationError

from analysis.themes import ThemeError, ThemesUnreadable, parse_themes
from survey_app.forms.account import stripped
from survey_app.forms.base import FlaskForm
from survey_app.forms.committee import BAD_LINES_NAMED, Choices

WITHHOLD = "withhold"
LONGEST_LIST = 10_000
WRONG = {
    "no_colon": _l("there is no colon after the theme"),
    "no_title": _l("the theme has no name"),
    "title_taken": _l("this theme is there already"),
    "no_keywords": _l("there is no word to find the theme by"),
    "unmarked_part": _l("after a semicolon comes 同时 or 不含"),
    "part_twice": _l("同时 and 不含 may each come once"),
    "required_and_excluded": _l("a word is both wanted and excluded"),
}


class CommentForm(FlaskForm):
    """One comment: the words in which it is released, or why it is withheld; and its themes."""

    shown = TextAreaField(
        _l("As it will be read"),
        description=_l("Only take out: put ××× wherever something is left out. Nothing can be added."),
        filters=[stripped],
        render_kw={"rows": 5},
    )
    themes = SelectMultipleField(_l("Themes"), description=_l("Those the comment really speaks of; none is fine too."))
    reason = RadioField(_l("Reason"), validate_choice=False)
    act = StringField()
    """The button that was pressed."""

    def offer(self, *, themes: Sequence[str], reasons: Choices) -> None:
        self.themes.choices = [(title, title) for title in themes]
        self.reason.choices = list(reasons)

    @property
    def withholds(self) -> bool:
        return bool(self.act.data == WITHHOLD)

    def validate_shown(self, field: Any) -> None:
        if not self.withholds and not field.data:
            raise ValidationError(_("Please leave something to read, or do not show the comment."))

    def validate_reason(self, field: Any) -> None:
        if self.withholds and field.data not in {value for value, _words in self.reason.choices}:
            raise ValidationError(_("Please choose one."))


class SeveralForm(FlaskForm):
    """Comments released as proposed, several at once."""

    chosen = SelectMultipleField(_l("Comments"), validators=[DataRequired(_l("Please tick at least one comment."))])

    def offer(self, keys: Sequence[str]) -> None:
        self.chosen.choices = [(key, key) for key in keys]


class ThemesForm(FlaskForm):
    source = TextAreaField(
        _l("Themes, one per line"),
        description=_l("Name, colon, then words by which it is found, set apart by commas."),
        validators=[
            DataRequired(_l("Please write at least one theme.")),
            Length(max=LONGEST_LIST, message=_l("At most 10,000 characters.")),
        ],
        render_kw={"rows": 20, "spellcheck": "false"},
    )

    def validate_source(self, field: Any) -> None:
        try:
            parse_themes(field.data)
        except ThemesUnreadable as unreadable:
            raise ValidationError(_told(unreadable.errors)) from unreadable


def _told(errors: Sequence[ThemeError]) -> str:
    """Every wrong line by its number, as far as there are not too many."""
    lines = [
        _("Line %(line)s: %(what)s (%(detail)s).", line=error.line, what=WRONG[error.reason], detail=error.detail[:40])
        for error in errors[:BAD_LINES_NAMED]
    ]
    return " ".join(lines)
