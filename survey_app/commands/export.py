"""`branch-survey export`: the result of a sealed survey in any format, single answers too, or the sealed dataset."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from instruments.wording import N_
from survey_app.commands.parameters import CallContext, OutputFile, Parameter
from survey_app.commands.speech import LANGUAGE, CommandError, json_option, tell, working_app
from survey_app.commands.speech import gettext as _
from survey_app.commands.survey_choice import survey_named
from survey_app.commands.text_tables import as_text

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from survey_app.exports import ExportContext, Exporter
    from survey_app.models import Survey, Unit

SEALED = "sealed"
OLD_WORDS = {"xlsx": "workbook", "parquet": SEALED}
"""What earlier versions, and method pages that they printed, call a format."""


@dataclass(frozen=True, slots=True)
class Format:
    """One format as the command line knows it."""

    name: str
    label: str
    """A msgid."""
    ending: str
    has_rows: bool
    exporter: Exporter | None = None
    """None: the sealed dataset, byte for byte."""


def formats() -> Mapping[str, Format]:
    """All by name, in the order of the pages; a name that means something else since earlier versions stays that."""
    from survey_app.exports import registry

    found = [
        Format(f"rows-{one.identifier}" if one.identifier in OLD_WORDS else one.identifier, one.label, one.extension,
               one.takes_rows, one)
        for one in registry()
    ]  # fmt: skip
    sealed = Format(SEALED, N_("Sealed dataset of the whole survey, as confidential as the ballots"), "parquet", True)
    return {one.name: one for one in (*found, sealed)}


class FormatName(click.ParamType):  # type: ignore[type-arg, unused-ignore]
    """The name of a format, or what earlier versions called it."""

    name = "ID"

    def convert(self, value: Any, param: Parameter, ctx: CallContext) -> Format:
        known = formats()
        name = OLD_WORDS.get(str(value), str(value))
        if name not in known:
            self.fail(_("It is one of: %(choices)s.", choices=_(", ").join(known)), param, ctx)
        return known[name]


@click.command(name="export")
@click.argument("survey_name", metavar="SURVEY", required=False)
@click.option("--format", "wanted", type=FormatName(), default="workbook", show_default=True, help="See --list.")
@click.option("-o", "--out", "--output", "output", type=OutputFile(), help="File to write.")
@click.option("--unit", "unit_code", help="Code of the unit; default: the unit surveyed.")
@click.option("--list", "lists", is_flag=True, help="Show all formats and write nothing.")
@click.option("--force", is_flag=True, help="Write over an existing file.")
@json_option
@click.pass_context
def command(
    context: click.Context,
    *,
    survey_name: str | None,
    wanted: Format,
    output: Path | None,
    unit_code: str | None,
    lists: bool,
    force: bool,
    as_json: bool,
) -> None:
    """Write the result of SURVEY (identifier or address word) for a unit to a file."""
    if lists:
        _tell_formats(as_json=as_json)
        return
    parameters = {param.name: param for param in context.command.params}
    if survey_name is None:
        raise click.MissingParameter(ctx=context, param=parameters["survey_name"])
    if output is None:
        raise click.MissingParameter(ctx=context, param=parameters["output"])
    if output.exists() and not force:
        raise CommandError(_("%(file)s exists; write over it with --force.", file=output))
    _export(survey_name, unit_code, wanted, output, as_json=as_json)


def _tell_formats(*, as_json: bool) -> None:
    from survey_app.wording.cells import Cell, Row, Table

    known = formats().values()
    kinds = {True: _("single answers"), False: _("figures only")}
    rows = tuple(
        Row(one.name, (Cell(f".{one.ending}"), Cell(kinds[one.has_rows]), Cell(_(one.label)))) for one in known
    )
    columns = ((_("File"), False), (_("What is in it"), False), (_("Format"), False))
    facts = [{"format": one.name, "label": _(one.label), "ending": one.ending, "rows": one.has_rows} for one in known]
    tell(as_text(Table(_("Formats"), "ID", columns, rows)), {"formats": facts}, as_json=as_json)


def _export(survey_name: str, unit_code: str | None, wanted: Format, output: Path, *, as_json: bool) -> None:
    """Written down before the file comes to be under its name."""
    from survey_app import services
    from survey_app.backup.archive import new_file
    from survey_app.commands.progress import progress
    from survey_app.exports import ExportContext
    from survey_app.extensions import db

    with working_app() as app:
        clock = app.config["CLOCK"]
        survey = survey_named(db.session, survey_name)
        unit = services.unit_by_code(db.session, unit_code) if unit_code else survey.unit
        digest, size = sha256(), 0
        with progress(str(output)) as step, new_file(output) as file:
            context = ExportContext(LANGUAGE.get(), clock.today(), step)
            for piece in _pieces(db.session, survey, unit, wanted, context):
                digest.update(piece)
                size += file.write(piece)
            act = "rows.export" if wanted.has_rows else "result.export"
            services.record(db.session, services.COMMAND_LINE, act, survey, clock=clock, unit=unit, format=wanted.name)
            db.session.commit()
        facts = {"file": str(output), "bytes": size, "sha256": digest.hexdigest(), "unit": unit.code}
        said = _("%(unit)s, %(title)s written to %(file)s.", unit=unit.name, title=survey.title, file=output)
        tell(said, facts, as_json=as_json)


def _pieces(session: Session, survey: Survey, unit: Unit, wanted: Format, context: ExportContext) -> Iterable[bytes]:
    from survey_app import services
    from survey_app.dossier.material import material_of

    if wanted.exporter is None:
        return [services.load_dataset(session, survey).to_parquet()]
    material = material_of(session, survey, unit, with_rows=wanted.has_rows)
    session.rollback()  # the service may write while the file is made
    return wanted.exporter.produce(material, context)
