"""The counts of the opened box as a table: what is shown before a survey is sealed, and nothing else."""

from __future__ import annotations

from dataclasses import dataclass

from flask_babel import gettext as _

from survey_app.models import Survey
from survey_app.services.opening import Count, GroupCount

Cells = tuple[tuple[str, int], ...]
"""Heading of the column and the number below it."""


@dataclass(frozen=True, slots=True)
class CountTable:
    """A row by group, and their sum."""

    rows: tuple[tuple[str, Cells], ...]
    total: Cells

    @property
    def columns(self) -> list[tuple[str, bool]]:
        """Headings, and whether numbers stand below them."""
        return [(_("Unit"), False), *((heading, True) for heading, _number in self.total)]


def count_table(survey: Survey, count: Count) -> CountTable:
    """Slips and passes are counted where there are codes."""
    rows = tuple((row.group.unit.name, _cells(row, by_code=survey.has_credentials)) for row in count.groups)
    by_column = zip(*(cells for _name, cells in rows), strict=True)
    return CountTable(rows, tuple((cells[0][0], sum(number for _heading, number in cells)) for cells in by_column))


def rejected_sentences(count: Count) -> list[str]:
    """Groups whose ballots do not count, each with the reason."""
    return [
        _(
            "%(unit)s: %(electronic)s ballots for %(used)s passes, %(paper)s paper forms for %(slips)s slips handed "
            "in. More ballots than passes void a ballot, so none of this group counts.",
            unit=row.group.unit.name,
            electronic=row.returned - row.paper,
            used=row.used,
            paper=row.paper,
            slips=row.slips_handed_in,
        )
        for row in count.groups
        if row.is_rejected
    ]


def _cells(row: GroupCount, *, by_code: bool) -> Cells:
    counted = (
        (_("Ballots returned"), row.returned),
        (_("of these on paper"), row.paper),
        (_("Valid"), row.valid),
        (_("Invalid"), row.invalid),
    )
    return ((_("Slips issued"), row.group.issued), (_("Passes used"), row.used), *counted) if by_code else counted
