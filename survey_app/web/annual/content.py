"""What a result page is made of: headline, numbered blocks, and what a block says."""

from __future__ import annotations

from dataclasses import dataclass

from flask_babel import get_locale
from flask_babel import gettext as _

from survey_app.charts import Figure
from survey_app.wording.cells import Table

LONGEST_OPEN_TABLE = 8
"""Rows above which a table is folded."""
_NUMERALS = ("一", "二", "三", "四", "五", "六", "七", "八", "九", "十", "十一", "十二", "十三", "十四", "十五")


@dataclass(frozen=True, slots=True)
class Headline:
    label: str
    number: str
    unit: str
    grade: str
    grade_classes: str
    parts: tuple[str, ...]
    minute: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Content:
    """What a block says, before it has its number."""

    sentence: str
    cannot: str
    figure: Figure | None = None
    reading: str = ""
    """How to read the chart."""
    tables: tuple[Table, ...] = ()
    notes: tuple[str, ...] = ()
    voices: tuple[tuple[str, tuple[tuple[str, tuple[str, ...]], ...]], ...] = ()
    """Question, and the comments to it by theme."""
    facts: tuple[tuple[str, str], ...] = ()
    figures: tuple[Figure, ...] = ()
    """Further charts, below the first."""
    points_title: str = ""
    points: tuple[tuple[str, str], ...] = ()
    """What is said between charts and tables: a word or two, and the sentence to it."""


@dataclass(frozen=True, slots=True)
class Block:
    key: str
    title: str
    content: Content


@dataclass(frozen=True, slots=True)
class Page:
    title: str
    headline: Headline | None
    hidden: str
    """Why nothing but the returns is shown; empty where more may be."""
    blocks: tuple[Block, ...]


def numbered(number: int, title: str) -> str:
    """``一、回收情况``; Arabic numbers in English."""
    locale = get_locale()
    in_english = locale is not None and locale.language == "en"
    numeral = str(number + 1) if in_english or number >= len(_NUMERALS) else _NUMERALS[number]
    return _("%(numeral)s. %(title)s", numeral=numeral, title=title)


def filled(table: Table) -> tuple[Table, ...]:
    return (table,) if table.rows else ()
