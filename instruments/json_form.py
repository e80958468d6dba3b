"""A questionnaire as JSON, and JSON text made readable for `loader`, with its limits and its lines.

JSON is YAML but for one thing: it writes a character beyond U+FFFF as two escapes, which YAML takes for two halves.
"""

from __future__ import annotations

import json
import re

from instruments.loader import plain
from instruments.model import Instrument
from instruments.reading import LARGEST, decode

ESCAPE = re.compile(r"\\(?:u([dD][89abAB][0-9a-fA-F]{2})\\u([dD][c-fC-F][0-9a-fA-F]{2})|.)")
"""A pair of halves, or any other escape: passed over, so that the second of two backslashes begins none."""


def write_json(instrument: Instrument) -> str:
    """JSON that `loader.load` reads back to an equal instrument; keys in the order of the model, defaults left out."""
    return json.dumps(plain(instrument), ensure_ascii=False, indent=2) + "\n"


def as_yaml(text: str | bytes) -> str | bytes:
    """JSON text as YAML that says the same in the same lines; too long a text is left for `loader` to refuse.

    Raises InstrumentError where the text is not UTF-8.
    """
    return text if len(text) > LARGEST else ESCAPE.sub(joined, decode(text))


def joined(escape: re.Match[str]) -> str:
    if escape[1] is None:
        return escape[0]
    high, low = int(escape[1], 16), int(escape[2], 16)
    return chr(0x10000 + ((high - 0xD800) << 10) + (low - 0xDC00))
