"""What the columns and codes of the single answers mean, as a Word document to lie beside every format."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
from flask_babel import gettext as _

from analysis.dataset import SealedDataset
from instruments.model import SCORED_TYPES, Instrument
from instruments.wording import N_
from survey_app.clean_text import without_controls
from survey_app.exports.base import ExportContext, Exporter, Material
from survey_app.exports.row_groups import SMALLEST, named_groups, rows_of
from survey_app.exports.rows import ColumnKind, RowColumn, row_columns
from survey_app.wording.labels import listed

COLUMN_WIDTHS, UNIT_WIDTHS = (30, 66, 60), (46, 80, 30)


def codebook(material: Material, context: ExportContext) -> Iterator[bytes]:
    """The .docx; the same material gives the same bytes."""
    from survey_app.exports.official_page import OfficialPage

    dataset = rows_of(material)
    columns = row_columns(dataset, context.language)
    title = _("Codebook of the single answers")
    page = OfficialPage(title=title, language=context.language, made_on=context.made_on)
    page.title(title)
    for sentence in _summary(material, dataset, columns):
        page.paragraph(sentence)
    page.heading(_("Columns"))
    heads = (_("Column"), _("Question"), _("Codes"))
    page.table(heads, [_told(column, material.instrument) for column in columns], COLUMN_WIDTHS)
    page.heading(_("Units in the first column"))
    page.table((_("Code"), _("Unit"), _("Ballots")), list(_units(dataset, columns[0])), UNIT_WIDTHS)
    yield page.bytes()


def _summary(material: Material, dataset: SealedDataset, columns: Sequence[RowColumn]) -> Iterator[str]:
    report = material.report
    yield _("%(unit)s: %(title)s", unit=_clean(report.unit_name), title=_clean(report.title))
    yield _(
        "%(rows)s rows and %(columns)s columns. Each row is one valid ballot; their order follows nothing.",
        rows=dataset.rows,
        columns=len(columns),
    )
    yield _(
        "Cells hold codes. An empty cell says that the question was not answered or not asked; in an SPSS file it is "
        "missing."
    )
    yield _(
        "Codes below 0 are answers without an opinion: they are never scored, and an SPSS file declares them missing."
    )
    yield _(
        "Every combination of unit and answers about the person, such as an age group, stands in at least %(least)s "
        "rows. Rarer answers are left empty; rows of units too small for a result go under the unit above them.",
        least=SMALLEST,
    )
    yield _("What people wrote in their own words is not part of the rows.")
    yield _("Sealed data: SHA-256 %(hash)s", hash=report.provenance.dataset_sha256)


def _told(column: RowColumn, instrument: Instrument) -> tuple[str, str, str]:
    if column.kind is ColumnKind.GROUP:
        return column.name, column.label, _("Code of a unit, see below")
    words = [f"{code} {_clean(word)}" for code, word in column.levels.items()]
    words += [
        _("%(code)s %(word)s (not scored)", code=code, word=_clean(word)) for code, word in column.missing.items()
    ]
    return column.name, _clean(column.label), "\n".join([listed(words), *_scoring(column, instrument)])


def _scoring(column: RowColumn, instrument: Instrument) -> Iterator[str]:
    """Of an item on a scale: which codes count as satisfied, as they stand in the data."""
    item = instrument.by_code[column.item]
    if item.type not in SCORED_TYPES:
        return
    if item.attention is not None:
        yield _("Attention check: answered with %(code)s by whoever reads it", code=item.attention)
        return
    scale = instrument.scale_of(item)
    codes = [scale.low + scale.high - code if item.reversed else code for code in scale.satisfied]
    yield _("Satisfied: %(codes)s", codes=listed([str(code) for code in codes]))
    if item.reversed:
        yield _("Asked the other way round: scored as %(sum)s less the code", sum=scale.low + scale.high)


def _units(dataset: SealedDataset, group: RowColumn) -> Iterator[tuple[str, str, str]]:
    found, times = np.unique(named_groups(dataset), return_counts=True)
    counted = dict(zip(found.tolist(), times.tolist(), strict=True))
    for place, code in group.levels.items():
        yield code, _clean(group.units[place]), str(counted[place])


def _clean(text: str) -> str:
    return " ".join(without_controls(text).split())


EXPORTERS = (
    Exporter(
        "codebook",
        N_("Codebook (.docx)"),
        "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
        "docx",
        codebook,
        position=66,
        takes_rows=True,
        ending="codebook",
    ),
)
