"""`branch-survey history`: earlier years from files, as answers (a sealed survey) or as published figures."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from random import SystemRandom
from typing import TYPE_CHECKING

import click

from instruments.reading import decode
from survey_app.commands.parameters import LARGEST_COUNT, Acts, InputFile, ShortText
from survey_app.commands.speech import CommandError, json_option, tell, working_app
from survey_app.commands.speech import gettext as _
from survey_app.errors import Refusal
from survey_app.services.answers_file import read_answers, read_column_map

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from survey_app.clock import Clock
    from survey_app.models import InstrumentVersion
    from survey_app.services.published_file import FiguresTable

FILE = InputFile()
NOTES_SHOWN = 5


@click.group(cls=Acts, name="history", no_args_is_help=False)
def command() -> None:
    """Bring earlier years in from files: answers, or figures that somebody has published."""


@command.command(name="import")
@click.argument("file", type=FILE)
@click.option("--instrument", required=True, help="Code of a published questionnaire, or a YAML file to publish.")
@click.option("--unit", "unit_code", required=True, help="Code of the unit that was surveyed.")
@click.option("--year", required=True, type=click.IntRange(1949, 2100), help="Year of the survey.")
@click.option("--map", "column_map", type=FILE, help="Column map (YAML), such as “Q1: lead1”.")
@click.option("--unit-column", help="Column with the code of each answer's unit.")
@click.option(
    "--eligible", type=click.IntRange(1, LARGEST_COUNT), help="People eligible then; default: as the organisation says."
)
@click.option(
    "--title",
    default="",
    type=ShortText(may_be_blank=True),
    help="Title of the survey; default: year and questionnaire.",
)
@click.option("--threshold", type=click.IntRange(5, 100), default=10, show_default=True, help="Smallest group shown.")
@click.option("--dry-run", is_flag=True, help="Check everything and store nothing.")
@json_option
def import_years_answers(
    *,
    file: Path,
    instrument: str,
    unit_code: str,
    year: int,
    column_map: Path | None,
    unit_column: str | None,
    eligible: int | None,
    title: str,
    threshold: int,
    dry_run: bool,
    as_json: bool,
) -> None:
    """Bring the answers of an earlier year in FILE (CSV, .xlsx or SPSS .sav) into the database, as a sealed survey."""
    from survey_app import services
    from survey_app.extensions import db
    from survey_app.services.history import import_answers

    with working_app() as app:
        clock = app.config["CLOCK"]
        unit = services.unit_by_code(db.session, unit_code)
        version = _version(db.session, instrument, clock)
        columns = read_column_map(column_map.read_bytes()) if column_map else None
        questionnaire = services.instrument_of(version)
        table = read_answers(file.read_bytes(), file.name, questionnaire, column_map=columns, unit_column=unit_column)
        imported = import_answers(
            db.session, table, version=version, unit=unit, year=year, eligible=eligible, title=title,
            threshold=threshold, by=services.COMMAND_LINE, clock=clock, rng=SystemRandom(),
        )  # fmt: skip
        facts = {
            "survey": str(imported.survey.id), "rows": imported.rows, "groups": imported.groups,
            "sha256": imported.sha256, "not_counted": len(table.notes), "stored": not dry_run,
        }  # fmt: skip
        said = [_("%(rows)s answers read for %(unit)s, %(year)s.", rows=imported.rows, unit=unit.name, year=year)]
        said += [
            _(
                "Row %(row)s, %(column)s: %(said)s",
                row=note.row,
                column=note.column,
                said=_(note.template, **note.values),
            )
            for note in table.notes[:NOTES_SHOWN]
        ]
        if dry_run:
            db.session.rollback()
            said.append(_("Nothing was stored (dry run)."))
        else:
            db.session.commit()
            said.append(_("Stored as survey %(survey)s, sha256 %(sha256)s.", **facts))
        tell(said, facts, as_json=as_json)


@command.command(name="import-aggregates")
@click.argument("file", type=FILE)
@click.option("--map", "figures_map", required=True, type=FILE, help="What the columns hold (YAML): docs/history.md.")
@click.option("--unit", "unit_code", required=True, help="Code of the unit whose people may look at the figures.")
@click.option("--wordings", type=FILE, help="Wording of each item in each year: year, item, wording.")
@click.option("--replace", is_flag=True, help="Replace years that the series has already.")
@click.option("--confirm-over-100", is_flag=True, help="Keep figures above 100 percent: they were published so.")
@click.option("--dry-run", is_flag=True, help="Check everything and store nothing.")
@json_option
def import_published_figures(
    *,
    file: Path,
    figures_map: Path,
    unit_code: str,
    wordings: Path | None,
    replace: bool,
    confirm_over_100: bool,
    dry_run: bool,
    as_json: bool,
) -> None:
    """Bring published figures in FILE (CSV or .xlsx) into the database: percentages of organisations, by year."""
    from survey_app import services
    from survey_app.extensions import db
    from survey_app.services.figures_map import read_figures_map
    from survey_app.services.published import FiguresOverHundred, import_figures
    from survey_app.services.published_file import read_figures, read_wordings
    from survey_app.wording.published import KEPT_WORDS

    with working_app() as app:
        unit = services.unit_by_code(db.session, unit_code)
        said = read_figures_map(figures_map.read_bytes())
        table = read_figures(file.read_bytes(), file.name, said)
        words = read_wordings(wordings.read_bytes(), wordings.name, said) if wordings else {}
        try:
            imported = import_figures(
                db.session, table, said, wordings=words, unit=unit, may_replace=replace,
                over_100_confirmed=confirm_over_100 or dry_run, by=services.COMMAND_LINE, clock=app.config["CLOCK"],
            )  # fmt: skip
        except FiguresOverHundred as refusal:
            raise CommandError("\n".join([*_over_100_lines(table), *_refused(refusal)])) from refusal
        facts = {
            "series": said.series, "years": imported.years, "replaced": imported.replaced, "figures": imported.figures,
            "missing": table.missing, "over_100": [asdict(one) for one in table.over_100], "kept": imported.kept,
            "stored": not dry_run,
        }  # fmt: skip
        lines = [
            _(
                "%(year)s: %(organisations)s organisations, %(references)s reference rows.",
                year=year,
                organisations=sum(name not in said.references for name in found),
                references=sum(name in said.references for name in found),
            )
            for year, found in sorted(table.years.items())
        ]
        lines += _over_100_lines(table)
        if imported.kept:
            kept = _(", ").join(_(KEPT_WORDS[part]) for part in imported.kept)
            lines.append(_("Kept as stored, since nothing new was given: %(kept)s.", kept=kept))
        if dry_run:
            db.session.rollback()
            lines.append(_("Nothing was stored (dry run)."))
        else:
            db.session.commit()
            lines.append(
                _("%(figures)s figures stored as series %(series)s.", figures=table.figures, series=said.series)
            )
        tell(lines, facts, as_json=as_json)


def _over_100_lines(table: FiguresTable) -> list[str]:
    return [
        _(
            "Row %(row)s: %(organisation)s, %(item)s, %(year)s: %(value)s is above 100 percent.",
            row=one.row, organisation=one.organisation, item=one.item, year=one.year, value=one.text,
        )
        for one in table.over_100
    ]  # fmt: skip


def _refused(refusal: Refusal) -> list[str]:
    return [_(refusal.sentence, **refusal.values), _("On the command line: --confirm-over-100.")]


def _version(session: Session, instrument: str, clock: Clock) -> InstrumentVersion:
    """The published questionnaire of this code, or the file published now."""
    from survey_app import services

    path = Path(instrument)
    if path.is_file():
        source = decode(path.read_bytes())
        return services.publish_instrument(session, source, by=services.COMMAND_LINE, clock=clock)
    return services.latest_version(session, instrument)
