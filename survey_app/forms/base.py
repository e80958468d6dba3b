"""The form that all others are: text comes into its fields for text, files into those for files, and nothing else."""

from __future__ import annotations

from typing import Any

import flask_wtf
from flask import request
from flask_wtf.file import FileField
from werkzeug.datastructures import CombinedMultiDict, MultiDict


class FlaskForm(flask_wtf.FlaskForm):
    """Reads what a browser posts. Flask-WTF would take JSON as well, whose values need not be text, and a file for any
    field."""

    class Meta(flask_wtf.FlaskForm.Meta):
        def wrap_formdata(self, form: Any, formdata: Any) -> Any:
            if formdata is None or hasattr(formdata, "getlist"):  # given by the view
                return formdata
            if not form.is_submitted():
                return None
            wanted = {field.name for field in form if isinstance(field, FileField)}
            files = MultiDict([(name, file) for name, file in request.files.items(multi=True) if name in wanted])
            return CombinedMultiDict([files, request.form]) if files else request.form or None
