"""`branch-survey export`: the annual result of a sealed survey as a file, or the sealed dataset itself."""

from __future__ import annotations

from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING

import click

from survey_app.commands.parameters import OutputFile
from survey_app.commands.speech import LANGUAGE, CommandError, json_option, tell, working_app
from survey_app.commands.speech import gettext as _
from survey_app.commands.survey_choice import survey_named

if TYPE_CHECKING:
    from datetime import date

    from sqlalchemy.orm import Session

    from survey_app.models import Survey, Unit

FORMATS = ("xlsx", "json", "parquet")
SEALED = "parquet"


@click.command(name="export")
@click.argument("survey_name", metavar="SURVEY")
@click.option("--unit", "unit_code", help="Code of the unit; default: the unit surveyed.")
@click.option(
    "--format",
    "wanted",
    type=click.Choice(FORMATS),
    default="xlsx",
    show_default=True,
    help="Workbook, figures, or (parquet) the sealed dataset, to be kept as confidential as ballots.",
)
@click.option("-o", "--output", required=True, type=OutputFile(), help="File to write.")
@click.option("--force", is_flag=True, help="Write over an existing file.")
@json_option
def command(*, survey_name: str, unit_code: str | None, wanted: str, output: Path, force: bool, as_json: bool) -> None:
    """Write the result of SURVEY (identifier or address word) for a unit to a file."""
    from survey_app import services
    from survey_app.extensions import db

    if output.exists() and not force:
        raise CommandError(_("%(file)s exists; write over it with --force.", file=output))
    with working_app() as app:
        clock = app.config["CLOCK"]
        survey = survey_named(db.session, survey_name)
        unit = services.unit_by_code(db.session, unit_code) if unit_code else survey.unit
        content = _content(db.session, survey, unit, wanted, clock.today())
        services.record(
            db.session, services.COMMAND_LINE, "survey.export", survey, clock=clock, unit=unit, format=wanted
        )
        output.write_bytes(content)
        db.session.commit()
        facts = {"file": str(output), "bytes": len(content), "sha256": sha256(content).hexdigest(), "unit": unit.code}
        said = _("%(unit)s, %(title)s written to %(file)s.", unit=unit.name, title=survey.title, file=output)
        tell(said, facts, as_json=as_json)


def _content(session: Session, survey: Survey, unit: Unit, wanted: str, made_on: date) -> bytes:
    from survey_app import services
    from survey_app.dossier.material import material_of
    from survey_app.exports import ExportContext, registry

    if wanted == SEALED:
        return services.load_dataset(session, survey).to_parquet()
    exporter = next(one for one in registry() if one.extension == wanted)
    return exporter.whole(material_of(session, survey, unit), ExportContext(LANGUAGE.get(), made_on))
