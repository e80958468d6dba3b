"""The manifest: what the workbook was made from, the rules as locked, and what formulas may call its tables.

Whoever wants to check a figure finds here the fingerprints of what it follows from.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from hashlib import sha256

from flask_babel import gettext as _

from instruments.loader import content_hash
from survey_app.exports.base import Material
from survey_app.exports.cover_sheets import survey_facts
from survey_app.exports.plan_sheets import plan_rows
from survey_app.exports.sheet import Cell, Column, NamedRange, Sheet
from survey_app.wording.definitions import threshold_text
from survey_app.wording.names import Names

OF_SINGLE_UNITS = ("objectives", "assessment")
"""Locked by unit: others' are no matter of this workbook, its own objectives are told one by one."""


def manifest(
    sheet: Sheet,
    material: Material,
    names: Names,
    made_on: str,
    *,
    sources: Sequence[tuple[str, str]],
    named: Sequence[NamedRange],
) -> None:
    """``sources``: each sheet and the block of the figures file (JSON) it is made from; ``named``: names in use."""
    sheet.title(_("Manifest"), freeze=True)
    sheet.paragraph(
        _("What this workbook was made from. The same results, made on the same day, give the same file byte by byte.")
    )
    sheet.heading(_("What was measured"))
    what = [Column(_("What")), Column(_("How it is"))]
    sheet.table(what, survey_facts(material, names, made_on), name="manifest")
    sheet.heading(_("Fingerprints in full"))
    sheet.table([Column(_("What")), Column(_("sha256"))], list(_fingerprints(material)), name="fingerprints")
    sheet.heading(_("Rules as locked when the survey opened"))
    sheet.table(what, list(_locked(material)), name="rules")
    sheet.heading(_("Where the figures of each sheet come from"))
    sheet.table([Column(_("Sheet")), Column(_("Block of the figures (JSON)"))], sources)
    sheet.heading(_("Names that formulas and programs can use"))
    sheet.table([Column(_("Name")), Column(_("Cells"))], [[one.name, f"{one.sheet}!{one.reference}"] for one in named])
    sheet.closing(_("A fingerprint shows that nothing was changed since, not that what was entered was right."))


def _fingerprints(material: Material) -> Iterator[list[Cell]]:
    provenance = material.report.provenance
    yield [_("Sealed data"), provenance.dataset_sha256]
    yield [_("Questionnaire"), provenance.instrument_sha256]
    for year, instrument in sorted(material.earlier.items()):
        yield [_("Questionnaire of %(year)s", year=year), content_hash(instrument)]
    if material.rules:
        yield [_("Rules as locked"), _hash_of(material.rules)]
    if material.minutes and material.minutes.sha256:
        yield [_("Minutes of the review"), material.minutes.sha256]
    for row in plan_rows(material):
        for name, digest in row.evidence:
            yield [_("Evidence of “%(action)s”: %(file)s", action=row.title, file=name), digest]


def _locked(material: Material) -> Iterator[list[Cell]]:
    """The objectives this unit is held against, then what holds for the whole survey, as it is kept."""
    yield ["threshold", str(material.report.provenance.threshold)]
    for result in material.report.objectives:
        objective = result.objective
        yield [f"objectives.{objective.code}", f"{objective.title} (≥ {threshold_text(objective)})"]
    for key, value in sorted(material.rules.items()):
        if key not in (*OF_SINGLE_UNITS, "threshold"):
            yield [key, value if isinstance(value, str) else _canonical(value)]


def _hash_of(rules: Mapping[str, object]) -> str:
    """Of the whole as canonical JSON: keys sorted, no spaces, UTF-8."""
    return sha256(_canonical(dict(rules)).encode()).hexdigest()


def _canonical(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
