"""Returns in words: who was eligible, what was issued, came back and is valid; their three rates, beside last year."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction

from flask_babel import gettext as _

from analysis.tree import Report
from analysis.types import Roster
from survey_app.wording.cells import Cell, Row, Table
from survey_app.wording.figures import percent
from survey_app.wording.sentences import paragraph
from survey_app.wording.tables import previous_year, year_name


def count_names() -> Mapping[str, str]:
    """Fields of a Roster in the order they come about, and what they are called."""
    return {"eligible": _("Eligible"), "issued": _("Issued"), "returned": _("Returned"), "valid": _("Valid")}


def rate_names() -> tuple[tuple[str, str, str], ...]:
    """Rates of a Roster: name, what is counted, out of what."""
    return (
        (_("Participation rate"), "returned", "eligible"),
        (_("Return rate"), "returned", "issued"),
        (_("Valid share"), "valid", "returned"),
    )


def share(roster: Roster | None, part: str, whole: str) -> tuple[Fraction, int] | None:
    """One field out of another, and out of how many; None where either is not known or nothing is there."""
    counted, of = (getattr(roster, part), getattr(roster, whole)) if roster is not None else (None, None)
    return (Fraction(counted, of), of) if counted is not None and of else None


def returns_sentence(report: Report) -> str:
    """Counts first, then the three rates, each beside last year's where it is known."""
    counted = _counted(report.roster)
    if report.roster.eligible is None:
        return counted
    rates = [_rate(report, *rate) for rate in rate_names() if share(report.roster, *rate[1:]) is not None]
    return paragraph((counted, _("%(rates)s.", rates=_("; ").join(rates)))) if rates else counted


def _counted(roster: Roster) -> str:
    facts = {
        "eligible": roster.eligible, "issued": roster.issued, "returned": roster.returned, "valid": roster.valid,
    }  # fmt: skip
    if roster.eligible is None:
        return _("%(returned)s ballots came back, %(valid)s of them valid.", **facts)
    if roster.issued is None:
        return _("%(eligible)s people were eligible; %(returned)s ballots came back, %(valid)s of them valid.", **facts)
    return _(
        "%(eligible)s people were eligible, %(issued)s ballots were issued, %(returned)s came back, "
        "%(valid)s of them valid.",
        **facts,
    )


def _rate(report: Report, name: str, part: str, whole: str) -> str:
    now, before = share(report.roster, part, whole), share(report.previous_roster, part, whole)
    told = {"name": name, "now": percent(*now) if now else ""}
    if before is None:
        return _("%(name)s %(now)s", **told)
    return _("%(name)s %(now)s (%(before)s the year before)", **told, before=percent(*before))


def returns_cannot(report: Report) -> str:
    if report.context.mode == "imported" and not report.roster.verified:
        return _("The answers came in from a file: who was asked, and how many were, is not known here.")
    if not report.roster.verified:
        return _("The link was open to anybody: who answered, and whether anybody answered twice, cannot be known.")
    silent = (report.roster.eligible or report.roster.returned) - report.roster.returned
    if silent > 0:
        return _(
            "Who the %(n)s people without an answer are, and why, is not known here and should not be asked.", n=silent
        )
    return _("That everybody answered does not say that everybody answered with care.")


def returns_reading(report: Report) -> str:
    """How to read the chart."""
    if report.previous_roster is None:
        return _("How to read it: bars of numbers first, then of rates, where the full width is 100%.")
    return _(
        "How to read it: bars of numbers first, then of rates, where the full width is 100%; "
        "the upright tick is the year before."
    )


def returns_table(report: Report) -> Table:
    """The four numbers, then the three rates, as in the chart."""
    now, before = report.roster, report.previous_roster
    years = [(report.context.year, now), *([(previous_year(report), before)] if before else [])]
    counts = [
        Row(name, (*(Cell(_count(roster, field)) for _year, roster in years), Cell(_counted_how(field, report))))
        for field, name in count_names().items()
        if getattr(now, field) is not None
    ]
    formulas = (_("returned ÷ eligible"), _("returned ÷ issued"), _("valid ÷ returned"))
    rates = [
        Row(name, (*(Cell(_share(roster, part, whole)) for _year, roster in years), Cell(how)))
        for (name, part, whole), how in zip(rate_names(), formulas, strict=True)
        if getattr(now, whole)
    ]
    columns = (*((year_name(year), True) for year, _roster in years), (_("How it is counted"), False))
    return Table(_("Returns"), _("Figure"), columns, (*counts, *rates))


def _counted_how(field: str, report: Report) -> str:
    if field == "eligible":
        day = report.context.reference_day
        return _("people on the reference day %(day)s", day=day) if day else _("people who may answer")
    counted = {
        "issued": _("ballots and codes"),
        "returned": _("ballots that came back"),
        "valid": _("ballots that are counted"),
    }
    return counted[field]


def _count(roster: Roster, field: str) -> str:
    count = getattr(roster, field)
    return _("not known") if count is None else str(count)


def _share(roster: Roster, part: str, whole: str) -> str:
    found = share(roster, part, whole)
    if found is None:
        return _("not known")
    rate, of = found
    return _("%(percent)s (%(count)s)", percent=percent(rate, of), count=f"{getattr(roster, part)}/{of}")
