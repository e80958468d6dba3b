"""`branch-survey doctor`: what is wrong with this installation, and one line for each thing that mends it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import click

from instruments.wording import N_
from survey_app.commands.speech import gettext as _
from survey_app.commands.speech import json_option

if TYPE_CHECKING:
    from survey_app.doctor import Finding

MARKS: Mapping[str, str] = {"ok": "✓", "warning": "!", "trouble": "✗"}
SUBJECTS = {
    "python": N_("Python and packages"),
    "settings": N_("Settings"),
    "rights": N_("Access rights"),
    "keys": N_("Secrets"),
    "database": N_("Database"),
    "record": N_("Record of acts"),
    "backups": N_("Backups"),
    "time": N_("Clock"),
    "disk": N_("Disk"),
    "charts": N_("Charts"),
    "print": N_("Printing"),
    "tls": N_("Encryption"),
    "mail": N_("Mail"),
}


@click.command()
@click.option("--online", is_flag=True, help="Ask the mail server and the address of the service, too.")
@json_option
def command(online: bool, as_json: bool) -> None:
    """Examine this installation: what is wrong, and what mends it. Nothing is changed.

    Ends with status 1 when something is wrong, with 0 when something is only to be watched.
    """
    from survey_app.doctor import examine, installation_at

    facts = []
    for name, finding in examine(installation_at(_folder(), online=online)):
        facts.append({"check": name, "grade": str(finding.grade), **sentences_of(finding)})
        if not as_json:
            _show(facts[-1])
    troubles, warnings = (sum(fact["grade"] == grade for fact in facts) for grade in ("trouble", "warning"))
    if as_json:
        click.echo(json.dumps({"passed": not troubles, "findings": facts}, ensure_ascii=False))
    else:
        click.echo(_("Wrong: %(troubles)s; to be watched: %(warnings)s.", troubles=troubles, warnings=warnings))
    if troubles:
        click.get_current_context().exit(1)


def in_one_line(finding: Finding) -> str:
    """What was found and what mends it."""
    return " ".join(sentences_of(finding).values())


def sentences_of(finding: Finding) -> dict[str, str]:
    """What was found and what mends it, in the reader's language."""
    return {
        part: _(said, **finding.values) if said else ""
        for part, said in (("what", finding.what), ("mending", finding.mending))
    }


def _show(fact: Mapping[str, str]) -> None:
    subject, what = SUBJECTS[fact["check"]], fact["what"]
    said = _("%(subject)s: %(what)s", subject=_(subject), what=what)
    click.echo(f"{MARKS[fact['grade']]} {said}")
    if fact["mending"]:
        click.echo(f"    → {fact['mending']}")


def _folder() -> Path:
    from flask import Flask

    from survey_app.config import instance_folder

    return instance_folder({}) or Path(Flask("survey_app").instance_path)
