"""The questionnaire as it was asked: its questions, who was asked, what could be answered, how answers are scored."""

from __future__ import annotations

from collections.abc import Iterator

from flask_babel import gettext as _

from instruments.model import Instrument, Scale
from survey_app.exports.base import Material
from survey_app.exports.sheet import Cell, Column, Sheet
from survey_app.wording.labels import listed
from survey_app.wording.names import Names
from survey_app.wording.questionnaire import Asked, number_ranges, parts_of, satisfied_labels, type_label
from survey_app.wording.rules import numbers_of, said


def questionnaire(sheet: Sheet, material: Material, names: Names) -> None:
    instrument, language = material.instrument, names.language
    sheet.title(_("Questionnaire"))
    sheet.paragraph(names.title())
    if instrument.note:
        sheet.paragraph(_("Note to those who answer: %(note)s", note=said(instrument.note, language)), "note")
    columns = [
        Column(_("Number"), "count"), Column(_("Question")), Column(_("Kind")), Column(_("Answers")),
        Column(_("Remark")), Column(_("Dimension")), Column(_("Section")), Column(_("Code")),
    ]  # fmt: skip
    sheet.table(columns, list(_questions(instrument, names)), freeze=True, name="questionnaire")
    scales = list(_scales(instrument, language))
    if scales:
        sheet.heading(_("How answers are scored"))
        heads = ("", _("Levels (code)"), _("Counted as satisfied"), _("Never scored"), _("Numbers of the questions"))
        sheet.table([Column(head) for head in heads], scales, name="scales")


def _questions(instrument: Instrument, names: Names) -> Iterator[list[Cell]]:
    for part in parts_of(instrument, names.language):
        for asked in (asked for block in part.blocks for asked in block):
            yield [
                asked.number, "\n".join((*asked.words, asked.text)) + asked.mark, type_label(asked.item),
                listed([offer.label for offer in asked.offered]), "\n".join(_remarks(asked)),
                names.dimension(asked.item.dimension) if asked.item.dimension else "", part.title, asked.item.code,
            ]  # fmt: skip


def _remarks(asked: Asked) -> Iterator[str]:
    yield from asked.remarks
    if asked.item.reversed:
        yield _("Keyed the other way round")
    if asked.item.grouping:
        yield _("Results are also shown by these groups")


def _scales(instrument: Instrument, language: str) -> Iterator[list[Cell]]:
    """Every scale that scores something: its levels best first, which of them count, for which questions."""
    numbers, using = numbers_of(instrument), dict[Scale, list[int]]()
    for item in instrument.scored_items:
        using.setdefault(instrument.scale_of(item), []).append(numbers[item.code])
    for place, (scale, asked) in enumerate(using.items(), start=1):
        levels = listed([f"{said(level.label, language)} ({level.code})" for level in scale.levels])
        unscored = listed([said(extra.label, language) for extra in scale.unscored]) or _("none")
        yield [place, levels, satisfied_labels(scale, language), unscored, number_ranges(asked)]
