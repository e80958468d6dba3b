"""The first thing that somebody reads who opens an evidence package: what is in it, and how it is checked."""

from __future__ import annotations

from flask_babel import gettext as _


def readme(unit_name: str, year: int) -> bytes:
    """In the language of the page; with the byte order mark that old editors know UTF-8 by."""
    return ("\ufeff" + "\r\n".join(_lines(unit_name, year)) + "\r\n").encode()


def _lines(unit_name: str, year: int) -> tuple[str, ...]:
    return (
        _("Evidence package of %(unit)s for %(year)s", unit=unit_name, year=year),
        "",
        _("In the folder results, for each audience:"),
        *_files(
            ("workbook.xlsx", _("all figures as a workbook")),
            ("report.docx, report.pdf", _("the annual report")),
            ("figures.json, tables.json", _("every figure unrounded, and the counts it follows from")),
            ("inputs.json, rules.json", _("objectives and rules as they were locked before the survey opened")),
        ),
        _("Beside it:"),
        *_files(
            ("minutes.docx", _("minutes of the management review, once one has begun")),
            ("plan-ledger.csv", _("the improvement plan")),
            ("assessment", _("the assessment sheet and its rules, where the unit is assessed by points")),
            ("audit.jsonl", _("who did what and when, as written in the record of acts")),
            ("questionnaires", _("the questionnaires as they were asked")),
            ("datasets", _("sealed answers, only where they may be handed out: keep them as confidential as ballots")),
            ("manifest.json, manifest.sig", _("the hash of every file, and the signature of the installation")),
        ),
        _("To check that nothing has been changed, on any computer with the program, without its database:"),
        "    branch-survey verify FILE.zip --key KEY",
        _("Please take KEY from the organisation itself (branch-survey package --key), not from this package."),
    )


def _files(*named: tuple[str, str]) -> tuple[str, ...]:
    return tuple(f"    {name}: {said}" for name, said in named)
