"""The paper version of a questionnaire: A4, boxes to tick, questions on the same levels as one table."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from flask_babel import force_locale
from flask_babel import gettext as _

from instruments.checks import display_width
from instruments.loader import content_hash
from instruments.model import Instrument, ItemType
from survey_app.printing.compile import Data, compile_pdf
from survey_app.wording.questionnaire import Asked, Part, ends_of_ladder, parts_of
from survey_app.wording.rules import harmless, said

MOST_COLUMNS = 8
WIDEST_HEAD = 24.0
"""Chinese characters of a level that can head a column; longer ones stand below each other."""
WIDEST_ROW = 150.0
"""Chinese characters of a question that can be a row of a table."""
WIDEST_BESIDE = 14.0
"""Chinese characters of an answer that can stand beside others."""
CHARACTERS_A_LINE = 100
"""Of the longest text allowed, one line is drawn for each so many: most people write less."""


def questionnaire_pdf(instrument: Instrument, *, language: str, heading: str = "") -> bytes:
    """The questionnaire to be filled in by hand; the heading (a unit, an occasion) stands above its title.

    Needs an application context, for the words. Raises: NoChineseFont.
    """
    return compile_pdf("questionnaire.typ", questionnaire_data(instrument, language=language, heading=heading))


def questionnaire_data(instrument: Instrument, *, language: str, heading: str = "") -> dict[str, Data]:
    """What the template reads."""
    with force_locale(language):
        return {
            "lang": language[:2],
            "title": said(instrument.title, language),
            "heading": harmless(heading),
            "note": _paragraphs(said(instrument.note, language)) if instrument.note else [],
            "how": [
                _(
                    "This questionnaire is filled in without a name: please write neither your name nor anything else "
                    "by which you or others could be recognised."
                ),
                _("Please tick one box □ for each question, unless something else is said there."),
            ],
            "words": {
                "question": _("Question"),
                "year": _("(year)"),
                "month": _("(month)"),
                "day": _("(day)"),
            },
            "version": f"{instrument.code} · {content_hash(instrument)[:8]}",
            "parts": [_part_data(part) for part in parts_of(instrument, language)],
        }


def _part_data(part: Part) -> Data:
    return {
        "title": part.title,
        "intro": _paragraphs(part.intro),
        "blocks": [_block_data(questions) for block in part.blocks for questions in _shown_together(block)],
    }


def _shown_together(block: tuple[Asked, ...]) -> list[tuple[Asked, ...]]:
    """A block as one table where its levels have room as columns, else question by question."""
    return [block] if _is_table(block) else [(asked,) for asked in block]


def _is_table(block: tuple[Asked, ...]) -> bool:
    heads = block[0].offered
    has_room = len(heads) <= MOST_COLUMNS and all(display_width(head.label) <= WIDEST_HEAD for head in heads)
    return len(block) > 1 and has_room and all(display_width(asked.text) <= WIDEST_ROW for asked in block)


def _block_data(block: tuple[Asked, ...]) -> Data:
    return {
        "words": [paragraph for text in block[0].words for paragraph in _paragraphs(text)],
        "heads": [head.label for head in block[0].offered] if _is_table(block) else [],
        "questions": [_question_data(asked) for asked in block],
    }


def _question_data(asked: Asked) -> Data:
    return {
        "number": str(asked.number),
        "text": asked.text,
        "mark": asked.mark,
        "remarks": list(asked.remarks),
        **_CONTROLS[asked.item.type](asked),
    }


def _boxes(asked: Asked) -> dict[str, Data]:
    is_stacked = any(one.has_line or display_width(one.label) > WIDEST_BESIDE for one in asked.offered)
    offered: list[Data] = [{"label": one.label, "line": int(one.has_line)} for one in asked.offered]
    return {"control": "stack" if is_stacked else "row", "offered": offered}


def _ladder(asked: Asked) -> dict[str, Data]:
    return {"control": "ladder", "offered": [one.label for one in asked.offered], "ends": list(ends_of_ladder())}


def _places(asked: Asked) -> dict[str, Data]:
    return {"control": "places", "offered": [one.label for one in asked.offered]}


def _number(asked: Asked) -> dict[str, Data]:
    return {"control": "number", "digits": len(str(asked.item.maximum))}


def _date(asked: Asked) -> dict[str, Data]:
    return {"control": "date"}


def _lines(asked: Asked) -> dict[str, Data]:
    lines = 1 if asked.item.is_short else min(max(asked.item.max_length // CHARACTERS_A_LINE, 2), 8)
    return {"control": "lines", "lines": lines}


_CONTROLS: Mapping[ItemType, Callable[[Asked], dict[str, Data]]] = {
    ItemType.SCALE: _boxes,
    ItemType.RECOMMEND: _ladder,
    ItemType.YES_NO: _boxes,
    ItemType.SINGLE: _boxes,
    ItemType.MULTIPLE: _boxes,
    ItemType.RANKING: _places,
    ItemType.NUMBER: _number,
    ItemType.DATE: _date,
    ItemType.TEXT: _lines,
}


def _paragraphs(text: str) -> list[Data]:
    return [line for line in text.splitlines() if line.strip()]
