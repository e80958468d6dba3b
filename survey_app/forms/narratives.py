"""The form of one section of the annual report."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l
from wtforms import HiddenField, TextAreaField

from survey_app.forms.account import stripped
from survey_app.forms.base import FlaskForm


class SectionForm(FlaskForm):
    """``read`` says which text was changed, so that two people do not write over each other unseen."""

    text = TextAreaField(
        _l("Text of this section"),
        description=_l(
            "A paragraph a line. A figure is written as its mark, such as 【Participation rate】: it is filled in from "
            "the result and follows it. May be left blank."
        ),
        filters=[stripped],
        render_kw={"rows": 10},
    )
    read = HiddenField()
