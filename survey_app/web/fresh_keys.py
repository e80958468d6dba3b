"""Keys for a survey that is about to open, drawn while no transaction keeps others waiting."""

from __future__ import annotations

from survey_app import services
from survey_app.crypto.blind import SigningKey
from survey_app.extensions import db
from survey_app.models import Survey


def drawn_keys(survey: Survey) -> list[SigningKey]:
    """One for each group to come. Ends the transaction and gives up what has not been committed in it."""
    groups = len(services.foreseen_groups(db.session, survey))
    db.session.rollback()
    return services.draw_signing_keys(groups)
