"""The door through which forms come in: what browsers send is text, without control characters."""

from __future__ import annotations

from typing import Any

from flask import Request
from werkzeug.datastructures import MultiDict
from werkzeug.formparser import FormDataParser

from survey_app.clean_text import without_controls


class _CleanForms(FormDataParser):
    def parse(self, *args: Any, **options: Any) -> tuple[Any, MultiDict[str, str], Any]:
        stream, form, files = super().parse(*args, **options)
        clean = type(form)(
            [(without_controls(name), without_controls(typed)) for name, typed in form.items(multi=True)]
        )
        return stream, clean, files


class CleanRequest(Request):
    """A request whose form fields hold text only; files are left as they are."""

    form_data_parser_class = _CleanForms
