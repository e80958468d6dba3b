"""`branch-survey units import` and `export`: the organisation and its numbers from a table, and as one."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from survey_app.commands.parameters import Acts, InputFile, OutputFile
from survey_app.commands.speech import LANGUAGE, CommandError, json_option, tell, working_app
from survey_app.commands.speech import gettext as _

if TYPE_CHECKING:
    from survey_app.services.organisation_plan import Fate, PlannedNumber, PlannedUnit, UnitsPlan

YEAR = click.IntRange(2000, 2100)
WORKBOOK = ".xlsx"


@click.group(cls=Acts, name="units", no_args_is_help=False)
def command() -> None:
    """Bring units and their eligible numbers in from a table, or write them to one.

    Columns: code, name, level, kind, parent, year, reference_day, member, staff.
    """


@command.command(name="import")
@click.argument("file", type=InputFile())
@click.option("--year", type=YEAR, help="Year of the numbers in rows that name none.")
@click.option("--dry-run", is_flag=True, help="Check everything and store nothing.")
@json_option
def bring_in(*, file: Path, year: int | None, dry_run: bool, as_json: bool) -> None:
    """Add and change the units in FILE (CSV or .xlsx). One fault in it, and nothing is stored.

    Rows may stand in any order; an empty cell leaves what is there; nothing is removed.
    """
    from survey_app import services
    from survey_app.extensions import db
    from survey_app.services.organisation_import import store_units
    from survey_app.services.organisation_plan import plan_units

    with working_app() as app:
        plan = plan_units(db.session, file.read_bytes(), file.name, year=year)
        said, facts = list(_lines(plan)), _facts(plan, is_stored=not dry_run)
        if dry_run:
            db.session.rollback()
            said.append(_("Nothing was stored (dry run)."))
        else:
            store_units(db.session, plan, top=None, by=services.COMMAND_LINE, clock=app.config["CLOCK"])
            db.session.commit()
        tell(said, facts, as_json=as_json)


@command.command()
@click.argument("file", type=OutputFile())
@click.option("--year", type=YEAR, help="Only the numbers of this year; default: of every year.")
@click.option("--force", is_flag=True, help="Write over an existing file.")
@json_option
def export(*, file: Path, year: int | None, force: bool, as_json: bool) -> None:
    """Write all units that have not ended, with their numbers, to FILE: CSV, or a workbook where it ends in .xlsx."""
    from survey_app import services
    from survey_app.extensions import db
    from survey_app.services.organisation_file import as_csv, as_xlsx, unit_rows

    if file.exists() and not force:
        raise CommandError(_("%(file)s exists; write over it with --force.", file=file))
    with working_app():
        units = [unit for top in services.top_units(db.session) for unit in services.subtree(db.session, top)]
        rows = unit_rows(db.session, units, year=year, chinese=LANGUAGE.get() != "en")
        file.write_bytes((as_xlsx if file.suffix.lower() == WORKBOOK else as_csv)(rows))
        count = len({row[0] for row in rows[1:]})
        said = _("%(count)s units written to %(file)s.", count=count, file=file)
        tell(said, {"file": str(file), "units": count, "rows": len(rows) - 1}, as_json=as_json)


def _lines(plan: UnitsPlan) -> Iterator[str]:
    """What is added and changed, unit by unit, and then in all."""
    units, numbers = plan.unit_counts, plan.number_counts
    yield from (line for unit, numbers in plan.differences for line in _lines_of(unit, numbers))
    yield _("Units: %(added)s added, %(changed)s changed, %(left)s left as they are.", **_by_word(units))
    yield _("Numbers: %(added)s added, %(changed)s changed, %(left)s left as they are.", **_by_word(numbers))


def _by_word(counts: Mapping[Fate, int]) -> dict[str, int]:
    return {fate.value: count for fate, count in counts.items()}


def _lines_of(unit: PlannedUnit, numbers: Sequence[PlannedNumber]) -> Iterator[str]:
    if unit.fate != "left":
        yield _line(unit)
    for number in numbers:
        before = "-" if number.before is None else number.before
        facts = f"{number.year} {number.audience} {before} → {number.people}, {number.reference_day}"
        yield _("numbers: %(code)s %(facts)s", code=unit.code, facts=facts)


def _line(unit: PlannedUnit) -> str:
    if not unit.before:
        return _("added: %(code)s %(name)s", code=unit.code, name=unit.name)
    changes = ", ".join(f"{name} {old or '-'} → {getattr(unit, name)}" for name, old in unit.before.items())
    return _("changed: %(code)s (%(changes)s)", code=unit.code, changes=changes)


def _facts(plan: UnitsPlan, *, is_stored: bool) -> dict[str, object]:
    return {
        "units": plan.unit_counts,
        "numbers": plan.number_counts,
        "changes": [
            {"code": unit.code, "row": unit.row, "fate": unit.fate, "before": unit.before, "numbers": _numbers(numbers)}
            for unit, numbers in plan.differences
        ],
        "sha256": plan.sha256,
        "stored": is_stored,
    }


def _numbers(numbers: Sequence[PlannedNumber]) -> list[dict[str, object]]:
    return [
        {"year": one.year, "audience": one.audience, "before": one.before, "people": one.people, "fate": one.fate}
        for one in numbers
    ]
