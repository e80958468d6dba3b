"""The colours of charts: one table from token to hex and to the class that carries it on a page.

Documents (PNG) keep the hex; on pages each hex becomes a class, so that dark mode, print and high contrast follow the
style sheet. Every hex is its own, also where two tokens look alike, so that the way back from hex to token is unique.
"""

from __future__ import annotations

PALETTE: dict[str, str] = {
    "paper": "#ffffff",
    "ink": "#1b2430",
    "soft": "#4a5463",
    "line": "#d9dce1",
    "edge": "#6a7482",
    "act": "#17507f",
    "wash": "#eaf1f7",
    "l5": "#123f6d",
    "l4": "#6aa5d4",
    "l3": "#e3e5e8",
    "l2": "#f0b56e",
    "l1": "#a4520f",
    "t1": "#e4eef6",
    "t2": "#bcd4e8",
    "t3": "#90b6d7",
    "t4": "#41749f",
    "t5": "#123c63",
    "on5": "#fffffe",
    "on1": "#fffefe",
    "onmid": "#1b2431",
}

TOKEN_OF_HEX: dict[str, str] = {hex_code: token for token, hex_code in PALETTE.items()}

TEXT_ON_LEVEL: dict[str, str] = {"l5": "on5", "l4": "onmid", "l3": "onmid", "l2": "onmid", "l1": "on1"}
TEXT_ON_TINT: dict[str, str] = {"t1": "ink", "t2": "ink", "t3": "ink", "t4": "on5", "t5": "on5"}
"""Five steps of the blue, lightest first, and what is written on them."""
OUTLINE_OF_LEVEL: dict[str, str] = {"l5": "l5", "l4": "act", "l3": "edge", "l2": "l1", "l1": "l1"}


def fill_class(token: str) -> str:
    """Class that fills a mark with the token's colour."""
    return f"f-{token}"


def stroke_class(token: str) -> str:
    """Class that draws a mark's line in the token's colour."""
    return f"k-{token}"
