"""The reporting groups of a survey, as the table on its page shows them: a handful, or a thousand."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import groupby

from flask import url_for
from flask_babel import gettext as _

from survey_app.extensions import db
from survey_app.models import ReportingGroup, Survey
from survey_app.services.participation import GroupParticipation, Participation, names_above
from survey_app.text_filters import no_break

ANY_GROUP = "any-group"
"""What stands in an address for the name of a group."""
MOST_TOGETHER = 30
"""Groups in one table without headings."""


@dataclass(frozen=True, slots=True)
class GroupRow:
    name: str
    folded: str
    eligible: int | None
    issued: int
    taken: str
    """How many took part, in words; empty where too few did to say."""
    spares: int
    address: str
    slug: str


@dataclass(frozen=True, slots=True)
class GroupSection:
    """Groups below one unit; the heading is empty where all groups of a survey stand together."""

    heading: str
    rows: tuple[GroupRow, ...]


def group_sections(survey: Survey, count: Participation | None) -> list[GroupSection]:
    """A row per reporting group in the order of the tree; many groups stand under the unit above them."""
    if count is None:
        return []
    groups = {group.unit_id: group for group in survey.groups}
    pattern = _address_pattern(survey)
    words = {arrived: _taken_words(arrived, count.is_exact) for arrived in {row.arrived for row in count.groups}}
    rows = [(row.unit, _group_row(groups[row.unit.id], row, pattern, words[row.arrived])) for row in count.groups]
    if len(rows) <= MOST_TOGETHER:
        return [GroupSection("", tuple(row for _unit, row in rows))]
    above = names_above(db.session, survey)
    return [
        GroupSection(above.get(parent_id, ""), tuple(row for _unit, row in of_parent))
        for parent_id, of_parent in groupby(rows, key=lambda pair: pair[0].parent_id)
    ]


def _group_row(group: ReportingGroup, row: GroupParticipation, pattern: str, taken: str) -> GroupRow:
    return GroupRow(
        name=row.unit.name,
        folded=_folded_words(group),
        eligible=row.eligible,
        issued=row.issued,
        taken=taken,
        spares=group.spares,
        address=pattern.replace(ANY_GROUP, group.slug),
        slug=group.slug,
    )


def _taken_words(arrived: int | None, is_exact: bool) -> str:
    if arrived is None:
        return ""
    if is_exact:
        return no_break(_("%(count)s people", count=arrived))
    return no_break(_("%(count)s people or more", count=arrived))


def _address_pattern(survey: Survey) -> str:
    """The address of each group but for its own name, built once."""
    return url_for("answer.landing", survey_slug=survey.slug, group_slug=ANY_GROUP, _external=True)


def _folded_words(group: ReportingGroup) -> str:
    return _("with %(count)s smaller units", count=len(group.folded_units)) if group.folded_units else ""
