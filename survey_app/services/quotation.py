"""What may be made of a comment before others read it: parts are taken out, nothing is put in. It is a quotation."""

from __future__ import annotations

import re

from survey_app.clean_text import without_controls
from survey_app.errors import QuotationRefused

LEFT_OUT = "×××"
"""Stands for what a person took out; the marks of `analysis.redaction` for what was found."""
_STOPS = "。.．…，,、；;！!"
"""May be missing at the end without a mark; a question mark may not."""
_BEGIN = "\x02"
"""No text carries it."""


def check_quotation(original: str, shown: str) -> None:
    """Whether the shown words are what remains of the original when parts are taken out.

    Between two marks stands one piece of the original as it was written, and the pieces follow each other as there: the
    shown words without their marks are a subsequence of the original. No gap goes unmarked, not at the ends either, so
    that nobody's "not satisfied" becomes "satisfied". Blanks do not count, nor do stops missing at the very end.

    Raises: QuotationRefused ("nothing", "long", "added").
    """
    from analysis.redaction import without_marks  # loads a dictionary, which answering never needs

    kept, left = re.sub("×+", " ", without_marks(_without_blanks(shown))), _without_blanks(original)
    if not kept.strip():
        raise QuotationRefused("nothing")
    if len(shown) > 2 * len(original) + 20 * len(LEFT_OUT):
        raise QuotationRefused("long")
    left = _BEGIN + left
    *others, last = f"{_BEGIN}{kept}".split()
    for piece in others:
        _before, found, left = left.partition(piece)
        if not found:
            raise QuotationRefused("added")
    _before, found, rest = left.rpartition(last)
    if not found or (rest.strip(_STOPS) and not kept.endswith(" ")):
        raise QuotationRefused("added")


def _without_blanks(text: str) -> str:
    return "".join(without_controls(text).split())
