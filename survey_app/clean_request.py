"""The door through which forms come in: what browsers send is text, without control characters."""

from __future__ import annotations

import re
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


_BEYOND_ASCII = re.compile(b"[\x80-\xff]")


class CleanRequest(Request):
    """A request whose form fields hold text only; files are left as they are.

    Of an address, bytes that should have been percent-encoded are: they need not be UTF-8.
    """

    form_data_parser_class = _CleanForms

    def __init__(self, environ: dict[str, Any], *args: Any, **options: Any) -> None:
        super().__init__(environ, *args, **options)
        self.query_string = _BEYOND_ASCII.sub(lambda byte: b"%%%02X" % byte[0][0], self.query_string)
