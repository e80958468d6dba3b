"""The form by which a unit adds its own questions to a survey from above."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l

from survey_app.forms.base import FlaskForm
from survey_app.forms.committee import ChoiceField, Choices, unchosen


class LocalForm(FlaskForm):
    unit = ChoiceField(_l("Unit whose people are asked"))
    version = ChoiceField(_l("Questionnaire with the local questions"))

    def offer(self, *, units: Choices, versions: Choices) -> None:
        self.unit.choices, self.version.choices = list(units), unchosen(versions)
