"""How figures and dates stand in a text: spaces, dates and percents (template filters).

Sentences and labels of results are `wording`; texts themselves are in the translations.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import date, datetime
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from flask_babel import get_locale
from markupsafe import Markup, escape

NO_BREAK_SPACE = "\u00a0"
MEASURE_WORDS = "人份道年月日分项个名张次条位天题岁小期票部"
_BEFORE_MEASURE_WORD = re.compile(rf"(?<=\d) (?=[{MEASURE_WORDS}])")
_AFTER_ORDINAL = re.compile(r"(?<=第) (?=\d)")
_MONTHS = (
    "January", "February", "March", "April", "May", "June",
    "July", "August", "September", "October", "November", "December",
)  # fmt: skip


def no_break(text: object) -> str:
    """Keep a figure and its measure word on one line: ``30 人``, ``第 2 部分``, ``12 月 14 日``."""
    kept = _AFTER_ORDINAL.sub(NO_BREAK_SPACE, _BEFORE_MEASURE_WORD.sub(NO_BREAK_SPACE, str(escape(text))))
    return Markup(kept)  # noqa: S704  escaped above


def long_date(day: date) -> str:
    """A day in running text: ``2026 年 12 月 14 日``, ``14 December 2026``."""
    if _speaks_english():
        return f"{day.day} {_MONTHS[day.month - 1]} {day.year}"
    return no_break(f"{day.year} 年 {day.month} 月 {day.day} 日")


def iso_date(day: date) -> str:
    """A day in a table: ``2026-12-14``."""
    return day.isoformat()


def local_time(moment: datetime) -> str:
    """A moment on the clock of the place where the service runs."""
    return moment.astimezone().strftime("%Y-%m-%d %H:%M")


def percent(share: float | Decimal, places: int = 0) -> str:
    """A share as whole percents, rounded last and half up: ``94%``."""
    hundredfold = Decimal(str(share)) * 100
    return f"{hundredfold.quantize(Decimal(1).scaleb(-places), ROUND_HALF_UP)}%"


def _speaks_english() -> bool:
    locale = get_locale()
    return locale is not None and locale.language == "en"


FILTERS: Mapping[str, Callable[..., Any]] = {
    "no_break": no_break,
    "long_date": long_date,
    "iso_date": iso_date,
    "percent": percent,
}
