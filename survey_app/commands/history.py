"""`branch-survey import`: answers of an earlier year, from a file into a sealed survey."""

from __future__ import annotations

from pathlib import Path
from random import SystemRandom
from typing import TYPE_CHECKING

import click

from instruments.reading import decode
from survey_app.commands.parameters import LARGEST_COUNT, InputFile, ShortText
from survey_app.commands.speech import gettext as _
from survey_app.commands.speech import json_option, tell, working_app
from survey_app.services.answers_file import read_answers, read_column_map

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from survey_app.clock import Clock
    from survey_app.models import InstrumentVersion

FILE = InputFile()
NOTES_SHOWN = 5


@click.command(name="import")
@click.argument("file", type=FILE)
@click.option("--instrument", required=True, help="Code of a published questionnaire, or a YAML file to publish.")
@click.option("--unit", "unit_code", required=True, help="Code of the unit that was surveyed.")
@click.option("--year", required=True, type=click.IntRange(1949, 2100), help="Year of the survey.")
@click.option("--map", "column_map", type=FILE, help="Column map (YAML): name in the file: item code.")
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
def command(
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
    """Bring the answers of an earlier year in FILE (CSV or .xlsx) into the database, as a sealed survey."""
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


def _version(session: Session, instrument: str, clock: Clock) -> InstrumentVersion:
    """The published questionnaire of this code, or the file published now."""
    from survey_app import services

    path = Path(instrument)
    if path.is_file():
        source = decode(path.read_bytes())
        return services.publish_instrument(session, source, by=services.COMMAND_LINE, clock=clock)
    return services.latest_version(session, instrument)
