"""The form of an evidence package: whether the sealed answers go along."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l
from wtforms import BooleanField

from survey_app.forms.base import FlaskForm


class PackageForm(FlaskForm):
    with_rows = BooleanField(
        _l("With the sealed answers"),
        description=_l(
            "Every figure can then be reckoned again from the answers themselves. Keep such a package as confidential "
            "as ballots."
        ),
    )
