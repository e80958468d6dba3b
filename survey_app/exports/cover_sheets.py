"""The cover of the workbook: what was measured, where and when, and which sheets follow."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from flask_babel import gettext as _
from xlsxwriter.utility import quote_sheetname

from instruments.wording import N_
from survey_app.exports.base import Material
from survey_app.exports.sheet import Cell, Column, Sheet
from survey_app.wording.names import Names

AUDIENCES: Mapping[str, str] = {"member": N_("members"), "staff": N_("staff")}
MODES: Mapping[str, str] = {
    "codes": N_("One-time codes"),
    "open": N_("Open link (unverified)"),
    "imported": N_("Imported from a file"),
}


def cover(sheet: Sheet, material: Material, names: Names, made_on: str, contents: Sequence[str]) -> None:
    """``contents``: names of the sheets that follow, in order."""
    report = material.report
    sheet.gap(3)
    sheet.paragraph(report.unit_name, "cover_unit")
    sheet.paragraph(report.title, "cover_title")
    sheet.gap(2)
    sheet.table([Column(_("What")), Column(_("How it is"))], survey_facts(material, names, made_on))
    sheet.heading(_("Sheets of this workbook"))
    for name in contents:
        target = f"internal:{quote_sheetname(name)}!A1"
        sheet.worksheet.write_url(sheet.row, 0, target, sheet.styles["link"], name)
        sheet.gap()


def survey_facts(material: Material, names: Names, made_on: str) -> list[list[Cell]]:
    """Terms and what they are of this survey, those that are known."""
    context, provenance = material.report.context, material.report.provenance
    facts: list[list[Cell]] = [
        [_("Unit"), f"{material.report.unit_name} ({material.report.unit})"],
        [_("Year"), str(context.year)],
        [_("Asked"), _(AUDIENCES.get(context.audience, context.audience))],
        [_("Questionnaire"), names.title()],
        [_("Reference day"), context.reference_day],
        [_("How it was answered"), _(MODES[context.mode])],
        [_("Group threshold"), _("%(n)s answers", n=provenance.threshold)],
        [_("Review of the results"), material.minutes.standing if material.minutes else None],
        [_("Sealed data"), f"sha256 {provenance.dataset_sha256}"],
        [_("Software"), provenance.software],
        [_("Made on"), made_on],
    ]
    return [fact for fact in facts if fact[1]]
