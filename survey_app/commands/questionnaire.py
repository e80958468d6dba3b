"""`branch-survey questionnaire`: check, show, compare, bring in, hand on and print questionnaires; no database is used.

What they say is `questionnaire_check` and `questionnaire_text`, what is printed `printing` and `exports`.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import click

from instruments.exporters.xlsform import write_xlsform
from instruments.importers.package import LARGEST
from instruments.importers.xlsform import Imported, read_xlsform
from instruments.json_form import write_json
from instruments.json_schema import questionnaire_schema
from instruments.loader import dump, load, load_for_publishing
from instruments.model import Instrument
from instruments.problems import InstrumentError
from instruments.reading import decode
from survey_app.commands.parameters import Acts, InputFile, OutputFile, ShortText
from survey_app.commands.questionnaire_check import checked, problem_lines
from survey_app.commands.questionnaire_file import JSON, WORKBOOK, YAML, Given, QuestionnaireFile, given
from survey_app.commands.questionnaire_text import difference_lines, lines_of
from survey_app.commands.speech import LANGUAGE, CommandError, json_option, tell
from survey_app.commands.speech import gettext as _

FILE = QuestionnaireFile()

language_option = click.option(
    "--language", type=click.Choice(["zh_Hans", "en"]), help="Language of the questionnaire; default: of the messages."
)
output_option = click.option("-o", "--out", required=True, type=OutputFile(), help="File to write.")
force_option = click.option("--force", is_flag=True, help="Write over an existing file.")


@click.group(cls=Acts, name="questionnaire", no_args_is_help=False)
def command() -> None:
    """Check, show, compare, convert and print questionnaires.

    FILE is a questionnaire in YAML or JSON, or the name of a ready one such as member-satisfaction.
    """


def print_schema(ctx: click.Context, _parameter: click.Parameter, asked: bool) -> None:
    if asked:
        click.echo(json.dumps(questionnaire_schema(), ensure_ascii=False, indent=2))
        ctx.exit()


@command.command()
@click.argument("files", metavar="FILE...", type=FILE, nargs=-1, required=True)
@click.option(
    "--schema",
    is_flag=True,
    is_eager=True,
    expose_value=False,
    callback=print_schema,
    help="Print the JSON Schema of questionnaire files, and stop.",
)
@json_option
def check(files: tuple[Given, ...], as_json: bool) -> None:
    """Say what keeps FILE from being published, what reads badly and how long it takes.

    FILE may be the name of a ready questionnaire. Status 1 where something has to be mended.
    """
    with _speaking(LANGUAGE.get()):
        found = [checked(one) for one in files]
        lines = [line for one in found for line in one.lines()]
    tell(lines, {"files": [one.facts() for one in found]}, as_json=as_json)
    faulty = sum(bool(one.problems) for one in found)
    if faulty:
        raise CommandError(_("Questionnaires to be mended: %(count)s", count=faulty), is_told=True)


@command.command()
@click.argument("file", type=FILE)
@language_option
def show(file: Given, language: str | None) -> None:
    """Show FILE as text: sections, questions, levels, and in words who is asked what.

    FILE may be the name of a ready questionnaire.
    """
    instrument = file.instrument()
    with _speaking(language or LANGUAGE.get()) as spoken:
        for line in lines_of(instrument, spoken):
            click.echo(line)


@command.command()
@click.argument("older", metavar="OLD", type=FILE)
@click.argument("newer", metavar="NEW", type=FILE)
def diff(older: Given, newer: Given) -> None:
    """Say what changed from OLD to NEW, and which figures stay comparable.

    OLD and NEW may be names of ready questionnaires.
    """
    before, after = older.instrument(), newer.instrument()
    with _speaking(LANGUAGE.get()) as language:
        for line in difference_lines(before, after, language):
            click.echo(line)


@command.command(name="import")
@click.argument("file", type=InputFile())
@output_option
@force_option
def bring_in(file: Path, out: Path, force: bool) -> None:
    """Make a questionnaire in YAML out of FILE: an XLSForm (.xlsx), JSON or YAML.

    What cannot be taken over is listed, and so is what has to be mended before it can be published.
    """
    reader = READERS.get(file.suffix.lower())
    if reader is None:
        raise CommandError(_("%(name)s is none of these: %(kinds)s.", name=file.name, kinds=_(", ").join(READERS)))
    _require_new(out, force)
    imported = reader(file)
    out.write_text(imported.source, encoding="utf-8")
    click.echo(_("Questionnaire written to %(file)s.", file=out))
    _tell_aside(_("Not taken over:"), problem_lines(imported.left_out))
    try:
        load_for_publishing(imported.source)
    except InstrumentError as error:
        _tell_aside(_("To be mended before it is published:"), problem_lines(error.problems))


@command.command()
@click.argument("file", type=FILE)
@click.option(
    "--format", "wanted", type=click.Choice(["yaml", "json", "xlsform"]), default="yaml", show_default=True,
    help="A ready questionnaire or a YAML file as YAML stays as it is, with its comments.",
)  # fmt: skip
@output_option
@force_option
def export(file: Given, wanted: str, out: Path, force: bool) -> None:
    """Write FILE in another format. What the format cannot say is listed.

    FILE may be the name of a ready questionnaire.
    """
    instrument = file.instrument()
    _require_new(out, force)
    if wanted == "xlsform":
        exported = write_xlsform(instrument)
        out.write_bytes(exported.content)
        left_out = exported.left_out
    else:
        out.write_text(write_json(instrument) if wanted == "json" else file.as_yaml(), encoding="utf-8")
        left_out = ()
    click.echo(_("Questionnaire written to %(file)s.", file=out))
    _tell_aside(_("Other programs will not understand:"), problem_lines(left_out))


@command.command(name="print")
@click.argument("file", type=FILE)
@output_option
@language_option
@click.option("--heading", default="", type=ShortText(may_be_blank=True), help="Who asks, or on which occasion.")
@force_option
def print_out(file: Given, out: Path, language: str | None, heading: str, force: bool) -> None:
    """Print FILE on paper: as PDF to be filled in by hand (.pdf), as Word document to be approved (.docx).

    FILE may be the name of a ready questionnaire.
    """
    printer = PRINTERS.get(out.suffix.lower())
    if printer is None:
        raise CommandError(_("%(name)s is none of these: %(kinds)s.", name=out.name, kinds=_(", ").join(PRINTERS)))
    instrument = file.instrument()
    _require_new(out, force)
    with _speaking(language or LANGUAGE.get()) as spoken:
        content = printer(instrument, spoken, heading)
    out.write_bytes(content)
    click.echo(_("Questionnaire written to %(file)s.", file=out))


def _pdf(instrument: Instrument, language: str, heading: str) -> bytes:
    from survey_app.printing import questionnaire_pdf

    return questionnaire_pdf(instrument, language=language, heading=heading)


def _document(instrument: Instrument, language: str, heading: str) -> bytes:
    from survey_app.exports.questionnaire_document import questionnaire_document

    return questionnaire_document(instrument, language=language, unit_name=heading)


PRINTERS: Mapping[str, Callable[[Instrument, str, str], bytes]] = {".pdf": _pdf, ".docx": _document}


def _from_workbook(file: Path) -> Imported:
    with file.open("rb") as workbook:
        return read_xlsform(workbook.read(LARGEST + 1), name=file.stem)


def _from_json(file: Path) -> Imported:
    return Imported(dump(load(given(file).text)), ())


def _from_yaml(file: Path) -> Imported:
    text = decode(given(file).text)
    load(text)
    return Imported(text, ())


READERS: Mapping[str, Callable[[Path], Imported]] = {
    WORKBOOK: _from_workbook,
    JSON: _from_json,
    **dict.fromkeys(YAML, _from_yaml),
}


def _require_new(out: Path, force: bool) -> None:
    if out.exists() and not force:
        raise CommandError(_("%(file)s exists; write over it with --force.", file=out))


def _tell_aside(heading: str, lines: list[str]) -> None:
    """On stderr: what whoever runs the command has to know beside the result."""
    for line in [heading, *(f"  {line}" for line in lines)] if lines else []:
        click.echo(line, err=True)


@contextmanager
def _speaking(language: str) -> Iterator[str]:
    """The language for sentences that pages share; no database is opened."""
    from flask_babel import force_locale

    from survey_app import create_app

    with create_app().app_context(), force_locale(language):
        yield language
