"""`branch-survey audit`: is the record of acts as it was written? Status 1 with every place where it is not."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from instruments.wording import N_
from survey_app.commands.parameters import Acts, InputFile
from survey_app.commands.speech import CommandError, json_option, tell, working_app
from survey_app.commands.speech import gettext as _
from survey_app.services.audit_trail import Fault, Finding, Trail, head_of, noted_head, verify_trail

if TYPE_CHECKING:
    from survey_app.services.audit_trail import Head

SENTENCES = {
    Fault.ALTERED: (
        N_("Entry %(number)s does not follow from the entry before it: one of the two was altered."),
        N_("Entries %(number)s to %(last)s do not follow from the entries before them: they were altered."),
    ),
    Fault.MOVED: (N_("Entry %(number)s was moved: it was written as number %(belongs)s."),),
    Fault.DOUBLED: (
        N_("There is more than one entry with the number %(number)s."),
        N_("There is more than one entry with each number from %(number)s to %(last)s."),
    ),
    Fault.MISSING: (N_("Entry %(number)s is missing."), N_("Entries %(number)s to %(last)s are missing.")),
    Fault.AFTER_HEAD: (
        N_("Entry %(number)s stands behind the end of the record: the service did not write it."),
        N_("Entries %(number)s to %(last)s stand behind the end of the record: the service did not write them."),
    ),
    Fault.HEAD: (N_("The end of the record does not name entry %(number)s as it stands there."),),
    Fault.NOT_AS_NOTED: (N_("Entry %(number)s is not the one that was noted: the record was written anew or cut."),),
}
"""For one entry, and for several that follow each other."""


class NotedHead(click.ParamType):  # type: ignore[type-arg, unused-ignore]
    """NUMBER:HASH as `audit head` prints it, or the beginning of it."""

    name = "NUMBER:HASH"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> tuple[int, str]:
        noted = noted_head(str(value))
        if noted is None:
            self.fail(_("A number, a colon and at least the first 16 characters of the hash are needed."), param, ctx)
        return noted


@click.group(cls=Acts, name="audit", no_args_is_help=False)
def command() -> None:
    """Check the record of acts: nothing altered, taken out or put in."""


@command.command()
@click.option(
    "--expect", "noted", type=NotedHead(), multiple=True, help="An end of the record noted earlier; may be repeated."
)
@click.option(
    "--backup", "backups", type=InputFile(), multiple=True, help="A backup: its record has to be the beginning of this."
)
@json_option
def verify(noted: tuple[tuple[int, str], ...], backups: tuple[Path, ...], as_json: bool) -> None:
    """Reckon the whole record of acts again, and name every entry that does not fit.

    A record written anew from some entry on fits by itself: only --expect and --backup tell it apart.
    """
    heads = [*noted, *((head.number, head.hash.hex()) for head in map(_head_in_backup, backups) if head.number)]
    with working_app():
        from survey_app.extensions import db

        trail = verify_trail(db.session, noted=heads)
    tell([*map(_sentence, trail.findings), *_summary(trail, len(heads))], _facts(trail), as_json=as_json)
    if trail.findings:
        raise CommandError(_("The record of acts is not as it was written."), is_told=True)


@command.command()
@json_option
def head(as_json: bool) -> None:
    """Print the end of the record of acts, to be noted outside this machine."""
    with working_app():
        from survey_app.extensions import db

        end = head_of(db.session)
    if end is None:
        raise CommandError(_("The record of acts has no end any more; see: branch-survey audit verify"))
    tell(str(end), {"number": end.number, "hash": end.hash.hex()}, as_json=as_json)


def _head_in_backup(file: Path) -> Head:
    from survey_app.backup.reading import opened_backup

    with opened_backup(file) as backup:
        found = backup.audit_head()
    if found is None:
        raise CommandError(_("%(file)s was made by a version whose record of acts was not a chain yet.", file=file))
    return found


def _sentence(finding: Finding) -> str:
    sentences = SENTENCES[finding.fault]
    said = sentences[-1] if finding.last > finding.number else sentences[0]
    return "✗ " + _(said, number=finding.number, last=finding.last, belongs=finding.belongs)


def _summary(trail: Trail, noted: int) -> Sequence[str]:
    said = [_("%(count)s entries, up to %(head)s", count=trail.entries, head=trail.head or "–")]
    if not trail.findings:
        said.insert(0, "✓ " + _("Every entry follows from the one before."))
        if noted:
            said.insert(1, "✓ " + _("What was noted earlier is still there."))
    return said


def _facts(trail: Trail) -> dict[str, Any]:
    return {
        "passed": not trail.findings,
        "entries": trail.entries,
        "head": str(trail.head) if trail.head else None,
        "findings": [
            {"fault": finding.fault, "number": finding.number, "last": finding.last, "belongs": finding.belongs}
            for finding in trail.findings
        ],
    }
