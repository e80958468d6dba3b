"""The form of a public page: which blocks it shows, the committee's own words, and what to tell of each action."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from wtforms import BooleanField, SelectField, TextAreaField
from wtforms.validators import Length

from survey_app.forms.account import stripped
from survey_app.forms.base import FlaskForm

LONGEST_FOREWORD = 1000
LONGEST_WORDS = 300
MISSING = {"said": _l("Please say what people said."), "did": _l("Please say what was done.")}


class PublicationForm(FlaskForm):
    """Fields for blocks and actions are added by `publication_form`."""

    parts: ClassVar[tuple[str, ...]] = ()
    actions: ClassVar[tuple[str, ...]] = ()

    foreword = TextAreaField(
        _l("A few words of the committee"),
        description=_l("Stand on top, below the returns. May be left blank."),
        filters=[stripped],
        validators=[Length(max=LONGEST_FOREWORD, message=_l("At most 1,000 characters."))],
        render_kw={"rows": 4},
    )

    @property
    def part_fields(self) -> list[BooleanField]:
        return [self[f"part_{part}"] for part in self.parts]

    def action_fields(self, action: str) -> Mapping[str, Any]:
        """By what they ask for; the theme is missing where the comments have none."""
        names = ("tell", "said", "theme", "did")
        return {name: self[f"{name}_{action}"] for name in names if f"{name}_{action}" in self}

    @property
    def chosen_parts(self) -> list[str]:
        return [part for part in self.parts if self[f"part_{part}"].data]

    @property
    def told_actions(self) -> list[dict[str, str]]:
        """Action, said, theme and did of each that is to be told, in the order of the form."""
        return [
            {"action": action}
            | {name: field.data or "" for name, field in self.action_fields(action).items() if name != "tell"}
            for action in self.actions
            if self[f"tell_{action}"].data
        ]

    def validate(self, extra_validators: Mapping[str, Sequence[Any]] | None = None) -> bool:
        """All that is wrong at once, each at its field."""
        is_valid: bool = super().validate(extra_validators)
        if self.parts and not self.chosen_parts:
            self.part_fields[0].errors = [_("Please choose at least one part to be shown.")]
            is_valid = False
        for told in self.told_actions:
            for name, sentence in (
                ("said", _("Please say what people said.")),
                ("did", _("Please say what was done.")),
            ):
                if not told[name]:
                    self[f"{name}_{told['action']}"].errors = [sentence]
                    is_valid = False
        return is_valid


def publication_form(
    parts: Sequence[tuple[str, Any]], actions: Sequence[tuple[str, str]], themes: Sequence[str]
) -> type[PublicationForm]:
    """`parts`: word and label; `actions`: identifier and title; `themes`: those that a page may name as said."""
    fields: dict[str, Any] = {f"part_{part}": BooleanField(words) for part, words in parts}
    for action, title in actions:
        fields |= _fields_of(action, title, themes)
    known = {"parts": tuple(part for part, _words in parts), "actions": tuple(action for action, _title in actions)}
    return type("ThisPublicationForm", (PublicationForm,), fields | known)


def _fields_of(action: str, title: str, themes: Sequence[str]) -> dict[str, Any]:
    short = Length(max=LONGEST_WORDS, message=_l("At most 300 characters."))
    fields: dict[str, Any] = {
        f"tell_{action}": BooleanField(_("Tell of “%(title)s”", title=title)),
        f"said_{action}": TextAreaField(
            _l("What people said"),
            description=_l("In the committee’s own words, so that nobody is recognised."),
            filters=[stripped],
            validators=[short],
            render_kw={"rows": 2},
        ),
    }
    if themes:
        fields[f"theme_{action}"] = SelectField(
            _l("Mentioned in the comments as"),
            description=_l("Then the page adds that 3 people or more mentioned it. Only such themes can be chosen."),
            choices=[("", _l("none")), *((theme, theme) for theme in themes)],
        )
    fields[f"did_{action}"] = TextAreaField(
        _l("What we did"), filters=[stripped], validators=[short], render_kw={"rows": 3}
    )
    return fields
