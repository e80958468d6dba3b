"""A questionnaire as a Word document for approval (审批稿): its questions, how they are scored, a table to sign.

The look is `official_page`, the words of the questions `wording.questionnaire`.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from flask_babel import force_locale
from flask_babel import gettext as _

from instruments.effort import effort
from instruments.loader import content_hash
from instruments.model import Audience, Instrument, Item, Role, Scale
from survey_app.exports.official_page import OfficialPage
from survey_app.wording.labels import listed, quoted
from survey_app.wording.questionnaire import Asked, number_ranges, parts_of, satisfied_labels, type_label
from survey_app.wording.rules import harmless, numbers_of, said

NUMERALS = "〇一二三四五六七八九"


def questionnaire_document(instrument: Instrument, *, language: str, unit_name: str = "") -> bytes:
    """The .docx to be approved before the questionnaire is published.

    Needs an application context, for the words.
    """
    with force_locale(language):
        title = _("%(title)s (for approval)", title=said(instrument.title, language))
        page = OfficialPage(title=title, language=language)
        page.title(title)
        for sentence in _summary(instrument, language, harmless(unit_name)):
            page.paragraph(sentence)
        headings = iter(range(1, 4))
        page.heading(_numbered(next(headings), _("The questions"), language))
        _write_questions(page, instrument, language)
        page.heading(_numbered(next(headings), _("Dimensions and scoring"), language))
        _write_scoring(page, instrument, language)
        page.heading(_numbered(next(headings), _("Approval"), language))
        _write_signing(page)
        return page.bytes()


# What it is ----------------------------------------------------------------------------------------------------------


def _summary(instrument: Instrument, language: str, unit_name: str) -> Iterator[str]:
    if unit_name:
        yield _("Submitted by: %(unit)s.", unit=unit_name)
    yield _("Answered by: staff.") if instrument.audience is Audience.STAFF else _("Answered by: members.")
    if instrument.is_annual:
        yield _("Use: it measures the year; the objectives of the year are held against it.")
    else:
        yield _("Use: it measures an occasion, not the year.")
    reckoned = effort(instrument)
    yield _(
        "Length: %(questions)s questions, about %(minutes)s min (stated to those who answer: %(stated)s min).",
        questions=reckoned.questions,
        minutes=reckoned.minutes,
        stated=instrument.minutes,
    )
    if instrument.local_items:
        yield _("Units may add %(count)s questions of their own below these.", count=instrument.local_items)
    yield _("Version: %(code)s, %(hash)s.", code=instrument.code, hash=content_hash(instrument)[:8])
    if instrument.note:
        yield _("Note to those who answer: %(note)s", note=said(instrument.note, language))


# What is asked -------------------------------------------------------------------------------------------------------


def _write_questions(page: OfficialPage, instrument: Instrument, language: str) -> None:
    for place, (section, part) in enumerate(
        zip(instrument.sections, parts_of(instrument, language), strict=True), start=1
    ):
        page.heading(_numbered(place, part.title, language, is_inner=True), level=2)
        if part.intro:
            page.paragraph(part.intro)
        if section.shuffled:
            page.note(_("These questions come in another order for everybody."))
        for block in part.blocks:
            _write_block(page, block, language)


def _write_block(page: OfficialPage, block: Sequence[Asked], language: str) -> None:
    for text in block[0].words:
        page.paragraph(_("To be read: %(text)s", text=text))
    for asked in block:
        marks = asked.mark if asked.scale else _("(%(words)s)", words=type_label(asked.item)) + asked.mark
        page.paragraph(f"{asked.number}. {asked.text}{marks}", keep_with_next=True)
        for remark in asked.remarks:
            page.note(remark)
    if block[0].offered:
        page.note(_answers_of(block))


def _answers_of(block: Sequence[Asked]) -> str:
    answers = listed([f"□{one.label}" for one in block[0].offered])
    if len(block) == 1:
        return _("Answers: %(answers)s", answers=answers)
    first, last = block[0].number, block[-1].number
    return _("Answers to questions %(first)s to %(last)s: %(answers)s", first=first, last=last, answers=answers)


# How it is scored ----------------------------------------------------------------------------------------------------


def _write_scoring(page: OfficialPage, instrument: Instrument, language: str) -> None:
    numbers = numbers_of(instrument)

    def numbered(items: Sequence[Item]) -> str:
        return number_ranges([numbers[item.code] for item in items]) or _("none")

    if not instrument.scored_items:
        page.paragraph(_("Nothing in this questionnaire is scored: answers are counted."))
    if instrument.dimensions:
        rows = [
            (said(part.title, language), numbered(instrument.items_of(part.code))) for part in instrument.dimensions
        ]
        rest = [item for item in instrument.scored_items if item.dimension is None]
        rows += [(_("without a dimension"), numbered(rest))] if rest else []
        page.table((_("Dimension"), _("Numbers of the questions")), rows, (76, 80))
    if instrument.scored_items:
        heads = (_("Levels (code)"), _("Counted as satisfied"), _("Never scored"), _("Numbers of the questions"))
        by_scale = [(*_scale_cells(scale, language), numbered(items)) for scale, items in _in_use(instrument)]
        page.table(heads, by_scale, (62, 38, 28, 28))
    for words, items in _special(instrument, language):
        page.paragraph(_("%(label)s: question %(numbers)s.", label=words, numbers=numbered(items)))


def _in_use(instrument: Instrument) -> list[tuple[Scale, list[Item]]]:
    """Every scale that scores something, with its questions."""
    found: list[tuple[Scale, list[Item]]] = []
    for item in instrument.scored_items:
        scale = instrument.scale_of(item)
        items = next((items for other, items in found if other == scale), None)
        if items is None:
            found.append((scale, [item]))
        else:
            items.append(item)
    return found


def _scale_cells(scale: Scale, language: str) -> tuple[str, str, str]:
    levels = listed([f"{said(level.label, language)} ({level.code})" for level in scale.levels])
    unscored = listed([said(extra.label, language) for extra in scale.unscored]) or _("none")
    return levels, satisfied_labels(scale, language), unscored


def _special(instrument: Instrument, language: str) -> Iterator[tuple[str, list[Item]]]:
    """What holds for single questions only."""
    overall = instrument.item_with_role(Role.OVERALL)
    groups: list[tuple[str, list[Item]]] = [
        (_("Overall satisfaction"), [overall] if overall else []),
        (_("Keyed the other way round"), [item for item in instrument.scored_items if item.reversed]),
        (_("Results are also shown by the groups of"), list(instrument.grouping_items)),
    ]
    for item in instrument.attention_items:
        levels = instrument.scale_of(item).levels
        expected = next(said(level.label, language) for level in levels if level.code == item.attention)
        groups.append((_("Attention check, to be answered with %(level)s", level=quoted(expected)), [item]))
    yield from ((words, items) for words, items in groups if items)


# Who signs -----------------------------------------------------------------------------------------------------------


def _write_signing(page: OfficialPage) -> None:
    heads = ("", _("Opinion"), _("Signature"), _("Date"))
    rows = [(who, "", "", "") for who in (_("Drafted by"), _("Reviewed by"), _("Approved by"))]
    page.table(heads, rows, (26, 66, 34, 30), row_height=20)


# Numbers of headings -------------------------------------------------------------------------------------------------


def _numbered(number: int, title: str, language: str, *, is_inner: bool = False) -> str:
    """``一、问卷内容`` and within it ``（一）领导班子``; in English ``1. Questions``, ``(1) Leading group``."""
    if language.startswith("en"):
        return f"({number}) {title}" if is_inner else f"{number}. {title}"
    return f"（{chinese_numeral(number)}）{title}" if is_inner else f"{chinese_numeral(number)}、{title}"


def chinese_numeral(number: int) -> str:
    """From 1 to 99: 十二, 二十."""
    tens, ones = divmod(number, 10)
    before = "" if tens == 0 else "十" if tens == 1 else f"{NUMERALS[tens]}十"
    return before + (NUMERALS[ones] if ones else "")
