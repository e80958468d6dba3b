"""What no text of ours carries: control characters, marks that turn the direction of writing, and no characters.

A page with a control in it is not valid HTML, PostgreSQL refuses NUL and spreadsheets break on the rest; a direction
turned and left so spills over what stands beside the text. What a browser sends is cleaned at the door
(`clean_request`), what stands in a file where it is read.
"""

from __future__ import annotations

import re

_PLANE_ENDS = "".join(chr(plane * 0x10000 + last) for plane in range(17) for last in (0xFFFE, 0xFFFF))
_LINE_ENDS = re.compile("[\x0b\x0c\x1c\x1d\x1e\x85]")
_TURNING = "\u202a-\u202e\u2066-\u2069"
_NO_CHARACTERS = re.compile(f"[\x00-\x08\x0e-\x1f\x7f-\x9f{_TURNING}\ud800-\udfff\ufdd0-\ufdef{_PLANE_ENDS}]")


def without_controls(text: str) -> str:
    """The text with vertical tabs, form feeds and their like as line ends, and all other controls left out."""
    return _NO_CHARACTERS.sub("", _LINE_ENDS.sub("\n", text))


def is_clean(text: str) -> bool:
    """Is there nothing in the text that `without_controls` would change?"""
    return without_controls(text) == text
