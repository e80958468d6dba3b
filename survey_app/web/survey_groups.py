"""The reporting groups of a survey, as the table on its page shows them: a handful, or a level of a thousand."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby

from flask import url_for
from flask_babel import gettext as _

from survey_app.extensions import db
from survey_app.models import Survey
from survey_app.services.participation import GroupParticipation, Participation
from survey_app.services.unit_tree import UnitTree, unit_tree
from survey_app.text_filters import no_break
from survey_app.web.group_levels import Level, Limb

ANY_GROUP = "any-group"
"""What stands in an address for the name of a group."""
MOST_TOGETHER = 30
"""Groups in one table without headings."""


@dataclass(frozen=True, slots=True)
class GroupLine:
    """A group, or the groups at and below a unit: those have no page for members, but `below` leads to them."""

    name: str
    remark: str
    eligible: int | None
    issued: int
    taken: str
    """How many took part, in words; empty where too few did to say."""
    spares: int
    below: str = ""
    address: str = ""
    slug: str = ""


@dataclass(frozen=True, slots=True)
class GroupSection:
    """Groups below one unit; the heading is empty where all lines stand together."""

    heading: str
    lines: tuple[GroupLine, ...]


def group_sections(survey: Survey, count: Participation, level: Level) -> list[GroupSection]:
    """The lines of a level in the order of the tree; many groups shown one by one stand under the unit above them."""
    pattern = _address_pattern(survey)
    lines = [
        _sum_line(limb, [count.groups[place] for place in limb.groups], count)
        if limb.address
        else _group_line(count.groups[limb.groups[0]], pattern, count.is_exact)
        for limb in level.limbs
    ]
    if len(lines) <= MOST_TOGETHER or any(limb.address for limb in level.limbs):
        return [GroupSection("", tuple(lines))]
    tree = unit_tree(db.session)
    return [
        GroupSection(heading, tuple(line for _limb, line in of_parent))
        for heading, of_parent in groupby(zip(level.limbs, lines, strict=True), lambda pair: _name_above(pair[0], tree))
    ]


def _name_above(limb: Limb, tree: UnitTree) -> str:
    return tree[limb.unit.parent_id].name if limb.unit.parent_id is not None else ""


def _group_line(row: GroupParticipation, pattern: str, is_exact: bool) -> GroupLine:
    group = row.group
    return GroupLine(
        name=group.unit.name,
        remark=_("with %(count)s smaller units", count=len(group.folded_units)) if group.folded_units else "",
        eligible=group.eligible,
        issued=group.issued,
        taken=_taken_words(row.arrived, is_exact),
        spares=group.spares,
        address=pattern.replace(ANY_GROUP, group.slug),
        slug=group.slug,
    )


def _sum_line(limb: Limb, rows: Sequence[GroupParticipation], count: Participation) -> GroupLine:
    people = [row.group.eligible for row in rows if row.group.eligible is not None]
    return GroupLine(
        name=limb.unit.name,
        remark=_("%(count)s reporting groups", count=len(rows)),
        eligible=sum(people) if len(people) == len(rows) else None,
        issued=sum(row.group.issued for row in rows),
        taken=_taken_words(count.below[limb.unit.id], count.is_exact),
        spares=sum(row.group.spares for row in rows),
        below=limb.address,
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
