"""`branch-survey package`: the evidence package of a unit's year as one signed file, and the key that checks it."""

from __future__ import annotations

from pathlib import Path

import click

from survey_app.commands.parameters import OutputFile
from survey_app.commands.speech import LANGUAGE, CommandError, json_option, tell, working_app
from survey_app.commands.speech import gettext as _


@click.command(name="package")
@click.option("--unit", "unit_code", help="Code of the unit.")
@click.option("--cycle", type=click.IntRange(1949, 9999), help="Year of the surveys.")
@click.option("-o", "--out", type=OutputFile(), help="File to write, such as evidence.zip.")
@click.option("--with-rows", is_flag=True, help="With the sealed answers, where they may be handed out.")
@click.option("--key", "shows_key", is_flag=True, help="Print the public key that packages of here are signed with.")
@click.option("--force", is_flag=True, help="Write over an existing file.")
@json_option
def command(
    *,
    unit_code: str | None,
    cycle: int | None,
    out: Path | None,
    with_rows: bool,
    shows_key: bool,
    force: bool,
    as_json: bool,
) -> None:
    """Put results, report, minutes, plan and rules of a unit's year into one signed file."""
    if shows_key:
        _tell_key(as_json=as_json)
        return
    if unit_code is None or cycle is None or out is None:
        raise click.UsageError(_("Please name the unit, the year and the file: --unit CODE --cycle YEAR --out FILE"))
    if out.exists() and not force:
        raise CommandError(_("%(file)s exists; write over it with --force.", file=out))
    _write(unit_code, cycle, out, with_rows=with_rows, as_json=as_json)


def _tell_key(*, as_json: bool) -> None:
    from survey_app.crypto.package_key import public_key

    with working_app() as app:
        key = public_key(app.config["INSTALLATION_SECRET"]).hex()
    tell(key, {"algorithm": "Ed25519", "public_key": key}, as_json=as_json)


def _write(unit_code: str, year: int, out: Path, *, with_rows: bool, as_json: bool) -> None:
    from survey_app import services
    from survey_app.dossier.package import build_package
    from survey_app.extensions import db

    with working_app() as app:
        secret, clock = app.config["INSTALLATION_SECRET"], app.config["CLOCK"]
        unit = services.unit_by_code(db.session, unit_code)
        package = build_package(
            db.session, unit, year, secret=secret, with_rows=with_rows, language=LANGUAGE.get()
        )  # fmt: skip
        digest, has_rows = package.sha256, package.has_rows
        services.record(
            db.session,
            services.COMMAND_LINE,
            "package.make",
            unit,
            clock=clock,
            year=year,
            sha256=digest,
            rows=has_rows,
        )
        out.write_bytes(package.content)
        db.session.commit()
        said = [
            _("Evidence package of %(unit)s for %(year)s written to %(file)s.", unit=unit.name, year=year, file=out),
            f"sha256 {digest}",
        ]
        if with_rows and not has_rows:
            said.append(_("Sealed answers are not in it: they may not be handed out for this unit."))
        facts = {
            "file": str(out), "bytes": len(package.content), "sha256": digest, "unit": unit.code, "year": year,
            "files": len(package.manifest.files), "has_rows": has_rows, "public_key": package.manifest.public_key,
        }  # fmt: skip
        tell(said, facts, as_json=as_json)
