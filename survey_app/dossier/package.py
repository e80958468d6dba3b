"""The evidence package (考核档案): all that tells of a unit's year in one signed file, the same from the same state.

What goes in is gathered here; its zip form is `container`, checking one is `verification`. The form in which a reader
finds figures (workbook, report) comes from the exporters that are there.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import date
from hashlib import sha256
from importlib.metadata import version

from flask_babel import force_locale
from sqlalchemy import select
from sqlalchemy.orm import Session

from analysis.public_tables import tables_of
from analysis.reckoning import Inputs, inputs_to_dict
from analysis.report_json import to_dict
from instruments.wording import N_
from survey_app import services
from survey_app.crypto.package_key import public_key, sign
from survey_app.dossier.audit_extract import Entry, extract_of, extract_written
from survey_app.dossier.container import packed
from survey_app.dossier.manifest import (
    MANIFEST,
    SIGNATURE,
    PackageManifest,
    Rests,
    ResultEntry,
    file_entries,
    fixed_json,
    manifest_written,
)
from survey_app.dossier.material import material_of
from survey_app.dossier.minutes import minutes_of
from survey_app.dossier.plan_ledger import ledger_json, ledger_table
from survey_app.dossier.readme import readme
from survey_app.errors import NothingToReport, Refusal
from survey_app.exports import ExportContext, Material, exporter
from survey_app.exports.base import Progress, unheard
from survey_app.exports.row_groups import SMALLEST, as_handed_out, rarest
from survey_app.models import Dataset, Review, Survey, Unit
from survey_app.services.assessment import schemes_over
from survey_app.services.assessment_lock import AssessmentRefused
from survey_app.services.organisation import ancestors
from survey_app.services.results import Sources, earlier_among, result_surveys, sources_of
from survey_app.services.reviewed import signed_content
from survey_app.services.reviews import reviews_of

DOCUMENTS = (
    ("workbook", "workbook.xlsx"),
    ("report-word", "report.docx"),
    ("report-pdf", "report.pdf"),
    ("json", "figures.json"),
)
"""Exporters, as far as there are any of this name, and the files they make."""
LANGUAGE = "zh_Hans"
MIME = "application/zip"


class NothingToPack(Refusal):
    status = 404
    template = N_("%(unit)s has no sealed annual survey of %(year)s; an evidence package needs one.")


@dataclass(frozen=True, slots=True)
class Package:
    manifest: PackageManifest
    content: bytes

    @property
    def sha256(self) -> str:
        """Of the whole file."""
        return sha256(self.content).hexdigest()

    @property
    def has_rows(self) -> bool:
        return any(one.rests is not Rests.TABLES for one in self.manifest.results)


@dataclass(frozen=True, slots=True)
class _Result:
    """One survey of the year, as it concerns the unit."""

    survey: Survey
    folder: str
    past: tuple[Survey, ...]
    """Surveys of earlier years that it is compared with."""
    sources: Sources
    material: Material
    rests: Rests


def annual_surveys(session: Session, unit: Unit, year: int) -> list[Survey]:
    """Sealed annual surveys of a year that cover a unit, by audience."""
    found = result_surveys(session, unit)
    return [survey for survey in found if survey.year == year and services.instrument_of(survey).is_annual]


def rows_may_go_along(session: Session, survey: Survey, unit: Unit) -> bool:
    """Whether the sealed data of a survey may be handed out with the unit's package, for those with the right to rows.

    Only those of the unit's own survey, and only where rows are handed out just as they were sealed: none stands in
    too small a group or is known by an answer that so few have given.
    """
    if survey.unit_id != unit.id:
        return False
    dataset = services.load_dataset(session, survey)
    handed = as_handed_out(dataset)
    is_as_sealed = bool((handed.groups == dataset.units).all()) and not handed.silent.any()
    return is_as_sealed and dataset.rows >= dataset.manifest.threshold and rarest(dataset) >= SMALLEST


def build_package(
    session: Session,
    unit: Unit,
    year: int,
    *,
    secret: bytes,
    with_rows: bool,
    language: str = LANGUAGE,
    progress: Progress = unheard,
) -> Package:
    """The signed package of a unit's year. The caller has seen to it that the person may have the rows.

    Raises: NothingToPack, DatasetAltered.
    """
    with force_locale(language):
        results = tuple(_results(session, unit, year, with_rows=with_rows))
        if not results:
            raise NothingToPack(unit=unit.name, year=year)
        surveys = {survey.id: survey for one in results for survey in (*one.past, one.survey)}
        acts = extract_of(session, unit, year, list(surveys.values()))
        day = _day_of(acts, results)
        files = dict(_files(session, unit, year, results, acts, ExportContext(language, day), progress))
    manifest = PackageManifest(
        unit=unit.code,
        unit_name=unit.name,
        cycle=year,
        language=language,
        state_of=day.isoformat(),
        software=f"branch-survey {version('branch-survey')}",
        public_key=public_key(secret).hex(),
        results=tuple(_entry(one) for one in results),
        files=file_entries(files),
    )
    head = manifest_written(manifest)
    return Package(manifest, packed({MANIFEST: head, SIGNATURE: sign(secret, head), **files}))


def _results(session: Session, unit: Unit, year: int, *, with_rows: bool) -> Iterator[_Result]:
    taken: dict[str, int] = {}
    for survey in annual_surveys(session, unit, year):
        try:
            sources, material = sources_of(session, survey, unit), material_of(session, survey, unit)
        except NothingToReport:
            continue
        past = tuple(earlier_among(result_surveys(session, unit), survey))
        taken[survey.audience] = taken.get(survey.audience, 0) + 1
        number = taken[survey.audience]
        folder = f"results/{survey.audience}" if number == 1 else f"results/{survey.audience}-{number}"
        rests = _rests(session, unit, survey, past, sources) if with_rows else Rests.TABLES
        yield _Result(survey, folder, past, sources, _own(material, unit), rests)


def _rests(session: Session, unit: Unit, survey: Survey, past: Sequence[Survey], sources: Sources) -> Rests:
    if sources.shown != unit.code or not rows_may_go_along(session, survey, unit):
        return Rests.TABLES
    may_all = all(rows_may_go_along(session, one, unit) for one in past)
    return Rests.ALL_DATA if may_all else Rests.OWN_DATA


def _own(material: Material, unit: Unit) -> Material:
    """With the rules that hold for the unit, and nothing that was locked for its neighbours."""
    return replace(material, rules=_rules(material.rules, unit))


def _rules(locked: Mapping[str, object], unit: Unit) -> dict[str, object]:
    upwards = _codes_upwards(unit)
    by_unit = {name: value for name in ("objectives", "assessment") if isinstance(value := locked.get(name), Mapping)}
    kept = {name: {code: value[code] for code in upwards if code in value} for name, value in by_unit.items()}
    return {**locked, **kept}


def _codes_upwards(unit: Unit) -> list[str]:
    return [unit.code, *(above.code for above in ancestors(unit))]


def _day_of(acts: Sequence[Entry], results: Sequence[_Result]) -> date:
    """Of the last act that the package tells of; where the record begins later, of the last sealing."""
    moments = [entry.at for entry in acts] or [one.survey.sealed_at for one in results if one.survey.sealed_at]
    return max(moments).astimezone().date() if moments else date(results[0].survey.year, 12, 31)


def _files(  # noqa: PLR0917
    session: Session,
    unit: Unit,
    year: int,
    results: Sequence[_Result],
    acts: Sequence[Entry],
    context: ExportContext,
    progress: Progress,
) -> Iterator[tuple[str, bytes]]:
    """Names and contents in the order of the package."""
    yield "readme.txt", readme(unit.name, year)
    for done, one in enumerate(results):
        progress(done, len(results))
        yield from _files_of_result(one, unit, context)
    progress(len(results), len(results))
    yield from _minutes([review for review in reviews_of(session, unit) if review.year == year], context.language)
    plan = results[0].material.plan
    yield "plan-ledger.csv", ledger_table(plan)
    yield "plan-ledger.json", ledger_json(plan)
    yield from _assessment(session, unit, year, context)
    yield "audit.jsonl", extract_written(acts)
    asked = {survey.instrument_sha256: survey.instrument for one in results for survey in (*one.past, one.survey)}
    for digest, instrument in sorted(asked.items()):
        yield f"questionnaires/{digest}.yaml", instrument.source.encode()
    yield from _datasets(session, results)


def _files_of_result(one: _Result, unit: Unit, context: ExportContext) -> Iterator[tuple[str, bytes]]:
    for identifier, name in DOCUMENTS:
        chosen = exporter(identifier)
        if chosen is not None:
            yield f"{one.folder}/{name}", chosen.whole(one.material, context)
    yield f"{one.folder}/tables.json", fixed_json(tables_of(to_dict(one.material.report)))
    below = dict(one.sources.below) if one.rests is Rests.ALL_DATA else None
    inputs = Inputs(one.sources.shown, one.sources.objectives, one.sources.rules, one.sources.actions, below)
    yield f"{one.folder}/inputs.json", fixed_json(inputs_to_dict(inputs))
    rules = {"upwards": _codes_upwards(unit), "locked": one.material.rules}
    yield f"{one.folder}/rules.json", fixed_json(rules)


def _minutes(reviews: Sequence[Review], language: str) -> Iterator[tuple[str, bytes]]:
    """As a document, and where they are signed the very bytes whose hash was signed."""
    from survey_app.exports.minutes import minutes_document  # loads what writes Word

    for number, review in enumerate(reviews, start=1):
        name = "minutes" if number == 1 else f"minutes-{number}"
        yield f"{name}.docx", minutes_document(minutes_of(review), language=language)
        if review.signed_at is not None:
            yield f"{name}.json", signed_content(review)


def _assessment(session: Session, unit: Unit, year: int, context: ExportContext) -> Iterator[tuple[str, bytes]]:
    """The unit's sheet by every locked scheme that assesses it, on the day that the package tells of, and the rules."""
    from survey_app.dossier.assessment_file import assessment_file

    day = context.made_on
    for scheme in schemes_over(session, unit, year):
        if scheme.locked_at is None:
            continue
        with suppress(AssessmentRefused):  # nothing of this unit follows from it
            sheet = assessment_file(session, scheme, unit, today=day, made_on=day, language=context.language)
            yield f"assessment/{scheme.unit.code}.xlsx", sheet
            yield f"assessment/{scheme.unit.code}.yaml", scheme.source.encode()


def _datasets(session: Session, results: Sequence[_Result]) -> Iterator[tuple[str, bytes]]:
    wanted = {
        survey.id
        for one in results
        for survey in ((*one.past, one.survey) if one.rests is Rests.ALL_DATA else (one.survey,))
        if one.rests is not Rests.TABLES
    }
    found = session.scalars(select(Dataset).where(Dataset.survey_id.in_(wanted)).order_by(Dataset.sha256))
    for dataset in found:
        yield f"datasets/{dataset.sha256}.parquet", dataset.parquet


def _entry(one: _Result) -> ResultEntry:
    return ResultEntry(
        folder=one.folder,
        survey=str(one.survey.id),
        title=one.survey.title,
        audience=one.survey.audience,
        dataset_sha256=one.sources.dataset.sha256,
        instrument_sha256=one.survey.instrument_sha256,
        earlier=tuple(past.sha256 for past in one.sources.earlier),
        rests=one.rests,
    )
