"""`branch-survey analyse`: a file of answers and a questionnaire in, the annual result out; no database is touched.

Reading the file is `services.answers_file`, all reckoning `analysis`, all words `wording`.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import click

from analysis.counted import Counted, counted
from analysis.dataset import Manifest, SealedDataset, UnitNode, build
from analysis.disclosure import Policy, suppress
from analysis.report import result_of
from analysis.report_json import to_dict
from analysis.report_schema import report_schema
from analysis.streaming import counted_file
from analysis.tree import Report
from analysis.types import Context, Roster, Rules
from instruments.bands import banded
from instruments.loader import content_hash, load_for_publishing
from instruments.model import Instrument
from instruments.wording import N_
from survey_app.clock import system_clock
from survey_app.commands.parameters import LARGEST_POPULATION, InputFile, OutputFile
from survey_app.commands.progress import progress
from survey_app.commands.speech import LANGUAGE, CommandError
from survey_app.commands.speech import gettext as _
from survey_app.commands.text_tables import as_text
from survey_app.errors import Refusal
from survey_app.services.answers_file import AnswersTable, read_answers, read_column_map
from survey_app.wording.approval import approval
from survey_app.wording.dimensions import dimensions_table
from survey_app.wording.headline import headline_figure, headline_parts, minute_list
from survey_app.wording.items import items_sentence
from survey_app.wording.names import Names
from survey_app.wording.reliability import reliability_notes, reliability_sentence, reliability_table, scales_of
from survey_app.wording.returns import returns_sentence
from survey_app.wording.sentences import hidden_sentence
from survey_app.wording.tables import items_table
from survey_app.wording.years import years_sentence, years_table

FILE = InputFile()
YEARS = range(1949, 2101)
SEALED_SUFFIX = ".parquet"
UNIT = "all"


class NeedsInstrument(Refusal):
    status = 422
    template = N_("%(file)s is no sealed dataset: say with --instrument which questionnaire it answers.")


class MoreThanPopulation(Refusal):
    status = 422
    template = N_("%(file)s has %(rows)s answers, more than the %(population)s people given.")


class NotEarlier(Refusal):
    status = 422
    template = N_("%(file)s is of %(year)s: with --previous stand years before %(this_year)s.")


class NotADataset(Refusal):
    status = 422
    template = N_("%(file)s is no sealed dataset, or it is damaged.")


@dataclass(frozen=True, slots=True)
class Source:
    """A file of answers and the year it is of."""

    path: Path
    year: int


def opened(
    source: Source, instrument: Instrument | None, *, population: int | None, threshold: int, columns: Path | None
) -> Counted:
    """The answers in a file, counted: a sealed dataset as it is, any other table read with the questionnaire.

    Raises: NeedsInstrument, MoreThanPopulation, NotADataset, AnswersFileError.
    """
    name = source.path.name
    if source.path.suffix.lower() == SEALED_SUFFIX:
        with progress(_("Counting %(file)s", file=name)) as step:
            return sealed_survey(source.path, step)
    if instrument is None:
        raise NeedsInstrument(file=name)
    column_map = read_column_map(columns.read_bytes()) if columns else None
    with progress(_("Reading %(file)s", file=name)) as step:
        table = read_answers(source.path.read_bytes(), name, instrument, column_map=column_map, progress=step)
    if population is not None and len(table.rows) > population:
        raise MoreThanPopulation(file=source.path.name, rows=len(table.rows), population=population)
    return counted(_dataset(source, instrument, table, population, threshold))


def sealed_survey(path: Path, step: Callable[[int, int], None]) -> Counted:
    """Raises: NotADataset."""
    try:
        return counted_file(path, progress=step)
    except ValueError as error:
        raise NotADataset(file=path.name) from error


def report_of(survey: Counted, earlier: Sequence[Counted], threshold: int) -> Report:
    """What may be shown of a survey beside earlier years."""
    rules = Rules(threshold=threshold)
    return suppress(result_of(survey, earlier, None, (), rules), Policy(threshold=threshold))


def summary(report: Report, names: Names) -> Iterator[str]:
    """The report as plain text, the short version of the result page."""
    yield f"{report.title} · {report.context.year}"
    yield returns_sentence(report)
    if report.hidden is not None:
        yield hidden_sentence(report)
        return
    figure = headline_figure(report)
    if figure is not None:
        told = _("; ").join([figure, *headline_parts(report, names)])
        yield _("%(overall)s: %(told)s", overall=approval(names).overall, told=told)
    yield from minute_list(report, names)
    if report.dimensions:
        yield from as_text(dimensions_table(report, names))
    if report.items:
        yield from as_text(items_table(report, names))
        yield items_sentence(report, names)
    if scales_of(report):
        yield from as_text(reliability_table(report, names))
        yield reliability_sentence(report, names)
        yield from reliability_notes(report)
    if report.changes:
        yield from as_text(years_table(report, names))
        yield years_sentence(report, names)
    yield f"sha256 {report.provenance.dataset_sha256}"


def _dataset(
    source: Source, instrument: Instrument, table: AnswersTable, population: int | None, threshold: int
) -> SealedDataset:
    rows = len(table.rows)
    answers = [banded(instrument, row) for row in table.rows]
    manifest = Manifest(
        survey=source.path.stem,
        title=source.path.stem,
        context=Context(
            year=source.year,
            mode="imported",
            audience=instrument.audience.value,
            participation=rows / population if population else None,
        ),
        units=(UnitNode(UNIT, source.path.stem),),
        rosters={UNIT: Roster(population, None, rows, rows, verified=population is not None)},
        instrument_sha256=content_hash(instrument),
        threshold=threshold,
        software="branch-survey analyse",
    )
    return build(instrument, answers, [UNIT] * rows, manifest=manifest)


class DataOfYear(click.ParamType[Source]):
    """``FILE:YEAR``."""

    name = "FILE:YEAR"

    def convert(self, value: str | Source, param: click.Parameter | None, ctx: click.Context | None) -> Source:
        if isinstance(value, Source):
            return value
        path, _colon, year = value.rpartition(":")
        if not path or not re.fullmatch("[0-9]{4}", year) or int(year) not in YEARS:
            self.fail(_("write it as FILE:YEAR, for example answers-2025.csv:2025"), param, ctx)
        if not Path(path).is_file():
            self.fail(_("there is no file %(path)s", path=path), param, ctx)
        return Source(Path(path), int(year))


def print_schema(ctx: click.Context, _parameter: click.Parameter, asked: bool) -> None:
    if asked:
        click.echo(json.dumps(report_schema(), ensure_ascii=False, indent=2))
        ctx.exit()


@click.command(name="analyse")
@click.argument("data", type=FILE)
@click.option("--instrument", "questionnaire", type=FILE, help="Questionnaire (YAML); a sealed dataset brings its own.")
@click.option(
    "--json",
    "json_file",
    type=OutputFile(),
    help="Also write all figures to this file.",
)
@click.option("--population", type=click.IntRange(1, LARGEST_POPULATION), help="People eligible; default: unknown.")
@click.option("--threshold", type=click.IntRange(5, 1000), default=10, show_default=True, help="Smallest group shown.")
@click.option("--previous", type=DataOfYear(), multiple=True, help="Answers of an earlier year; may be repeated.")
@click.option("--year", type=click.IntRange(YEARS[0], YEARS[-1]), help="Year of DATA; default: this year.")
@click.option("--columns", type=FILE, help="Column map (YAML): name in the file: item code.")
@click.option("--unit", help="Of a sealed dataset: only this unit with its sub-units.")
@click.option(
    "--schema",
    is_flag=True,
    is_eager=True,
    expose_value=False,
    callback=print_schema,
    help="Print the JSON Schema of what --json writes, and stop.",
)
def command(
    *,
    data: Path,
    questionnaire: Path | None,
    json_file: Path | None,
    population: int | None,
    threshold: int,
    previous: tuple[Source, ...],
    year: int | None,
    columns: Path | None,
    unit: str | None,
) -> None:
    """Analyse the answers in DATA (CSV, .xlsx or a sealed .parquet) and print the annual result.

    Nothing is stored. Small groups are hidden as everywhere.
    """
    instrument = load_for_publishing(questionnaire.read_bytes()) if questionnaire else None
    source = Source(data, year or system_clock.today().year)
    for one in previous:
        if one.year >= source.year:
            raise NotEarlier(file=one.path.name, year=one.year, this_year=source.year)
    surveys = [
        opened(one, instrument, population=population if one is source else None, threshold=threshold, columns=columns)
        for one in (source, *previous)
    ]
    if unit is not None:
        surveys = [_view(survey, unit) for survey in surveys]
    report = report_of(surveys[0], surveys[1:], threshold)
    if json_file is not None:
        json_file.write_text(json.dumps(to_dict(report), ensure_ascii=False, indent=2) + "\n", encoding="utf-8")
    with _in_language():
        for line in summary(report, Names(surveys[0].instrument, LANGUAGE.get())):
            click.echo(line)
    if json_file is not None:
        click.echo(_("All figures written to %(file)s.", file=json_file))


def _view(survey: Counted, unit: str) -> Counted:
    try:
        return survey.for_unit(unit)
    except KeyError as error:
        raise CommandError(_("The dataset has no unit %(unit)s.", unit=unit)) from error


@contextmanager
def _in_language() -> Iterator[None]:
    """The language of this command for sentences that pages share; no database is opened."""
    from flask_babel import force_locale

    from survey_app import create_app

    with create_app().app_context(), force_locale(LANGUAGE.get()):
        yield
