"""Names of the people to be asked, from a file: for personal slips and for reminders, and for nothing else.

They lie in a store of their own that no backup takes. No code stands beside a name, nothing says who has answered, and
sealing, withdrawing or discarding the survey erases them in the same transaction.
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import case, delete, func, select
from sqlalchemy.orm import Session

from instruments.wording import N_
from survey_app.clock import Clock
from survey_app.errors import Refusal
from survey_app.models import ReportingGroup, RosterPerson, State, Survey, Unit
from survey_app.services.audit import Actor, record
from survey_app.services.cast import hold_still
from survey_app.services.grouping import foreseen_groups
from survey_app.services.groups import group_rows
from survey_app.services.named_columns import NamedColumn, NamedRow, WholeFileError, named_table
from survey_app.services.table_file import TableProblem, read_grid
from survey_app.services.unit_tree import Place, unit_tree

LONGEST_NAME = 40
LONGEST_EMAIL = 254
EMAIL = re.compile(r"[^\s@,;:<>\"()\[\]\\]+@[^\s@,;:<>\"()\[\]\\]+\.[^\s@,;:<>\"()\[\]\\.]+")
COLUMNS = (
    NamedColumn("unit", ("单位编号", "编号", "单位", "单位简码", "支部", "code", "unit_code"), is_needed=True),
    NamedColumn("name", ("姓名", "名字", "full_name"), is_needed=True),
    NamedColumn("email", ("邮箱", "电子邮箱", "电子邮件", "邮件", "e-mail", "mail")),
)


class NoNamesNeeded(Refusal):
    template = N_("Only surveys with slips take a list of names: through an open link nobody is asked by name.")


@dataclass(frozen=True, slots=True)
class RosterRow:
    """A person as the file names them: the row, the unit, the name, and an e-mail address or ""."""

    number: int
    unit_id: UUID
    name: str
    email: str = ""


@dataclass(frozen=True, slots=True)
class RosterGroup:
    """A reporting group, there or planned: how many are eligible in it, and the units whose people answer there."""

    unit: Place
    eligible: int
    units: frozenset[UUID]


def read_roster(
    data: bytes, filename: str, units: Mapping[str, Unit], *, groups: Sequence[RosterGroup] | None = None
) -> tuple[RosterRow, ...]:
    """People of a CSV file or a spreadsheet with the columns unit, name and, if wanted, email.

    `units` are those that may be named, by what the file may call them (`units_by_word`). With `groups` it is also
    looked at whether more people are named than are eligible.

    Raises: WholeFileError with every problem by its row.
    """
    table = named_table(read_grid(data, filename), COLUMNS)
    problems = [*table.problems, *_bad_cells(table.rows, units)]
    rows = tuple(
        RosterRow(row.number, units[row.cells["unit"]].id, _one_line(row.cells["name"]), row.cells.get("email", ""))
        for row in table.rows
        if row.cells["unit"] in units
    )
    problems += [*_doubled(rows), *(_too_many(rows, groups) if groups is not None else ())]
    if problems:
        raise WholeFileError(problems)
    return rows


def store_roster(session: Session, survey: Survey, rows: Sequence[RosterRow], *, by: Actor, clock: Clock) -> int:
    """Put these people in the place of those who stood there before. Returns how many there are.

    Raises: StateError once the survey is closed, NoNamesNeeded, WholeFileError for more people than are eligible.
    """
    hold_still(session, survey, alone=True)  # names that came while it is sealed or withdrawn would stay for ever
    survey.require(State.DRAFT, State.OPEN)
    if not survey.has_credentials:
        raise NoNamesNeeded
    problems = list(_too_many(rows, roster_groups(session, survey)))
    if problems:
        raise WholeFileError(problems)
    purge_roster(session, survey)
    session.add_all(
        RosterPerson(survey_id=survey.id, unit_id=row.unit_id, name=row.name, email=row.email) for row in rows
    )
    record(session, by, "survey.store_roster", survey, clock=clock, unit=survey.unit, people=len(rows))
    return len(rows)


def roster_of(session: Session, survey: Survey) -> list[RosterPerson]:
    """Everybody named for a survey, by name."""
    named = select(RosterPerson).where(RosterPerson.survey_id == survey.id)
    return list(session.scalars(named.order_by(RosterPerson.name, RosterPerson.email, RosterPerson.id)))


def counted_by_unit(session: Session, survey: Survey) -> dict[UUID, tuple[int, int]]:
    """Unit -> how many people are named for a survey, and how many of them with an e-mail address; one query."""
    with_email = func.sum(case((RosterPerson.email != "", 1), else_=0))
    counted = select(RosterPerson.unit_id, func.count(), with_email).where(RosterPerson.survey_id == survey.id)
    rows = session.execute(counted.group_by(RosterPerson.unit_id))
    return {unit_id: (named, with_email) for unit_id, named, with_email in rows}


def names_of_group(session: Session, survey: Survey, group: ReportingGroup) -> list[str]:
    """Everybody named for a reporting group of an open survey."""
    places = {one.unit.id: one.units for one in roster_groups(session, survey)}
    units = places.get(group.unit_id, frozenset())
    return [person.name for person in roster_of(session, survey) if person.unit_id in units]


def purge_roster(session: Session, survey: Survey) -> None:
    """Erase all names of a survey. The caller commits, and writes the store anew (`database.try_to_rewrite_boxes`)."""
    session.execute(
        delete(RosterPerson).where(RosterPerson.survey_id == survey.id).execution_options(synchronize_session=False)
    )


def discard_roster(session: Session, survey: Survey, *, by: Actor, clock: Clock) -> None:
    """Erase the names before their time, and say so in the record of acts."""
    purge_roster(session, survey)
    record(session, by, "survey.discard_roster", survey, clock=clock, unit=survey.unit)


def roster_groups(session: Session, survey: Survey) -> list[RosterGroup]:
    """The groups fixed at opening, or those that opening now would fix."""
    if survey.state is State.DRAFT:
        return [
            RosterGroup(plan.unit, plan.eligible, frozenset(unit.id for unit in (plan.unit, *plan.folded)))
            for plan in foreseen_groups(session, survey)
        ]
    tree = unit_tree(session)
    by_code = {place.code: place.id for place in tree.below(survey.unit_id)}
    return [
        RosterGroup(
            group.unit,
            group.eligible or 0,
            frozenset({group.unit.id, *(by_code[code] for code in group.folded_units if code in by_code)}),
        )
        for group in group_rows(session, survey, tree)
    ]


def units_by_word(units: Sequence[Unit]) -> dict[str, Unit]:
    """Units by their code, and by their name where it is that of one unit only."""
    times = Counter(unit.name for unit in units)
    by_name = {unit.name: unit for unit in units if times[unit.name] == 1}
    return by_name | {unit.code: unit for unit in units}


def _bad_cells(rows: Sequence[NamedRow], units: Mapping[str, Unit]) -> Iterator[TableProblem]:
    for row in rows:
        unit, name, email = row.cells["unit"], _one_line(row.cells["name"]), row.cells.get("email", "")
        if not unit:
            yield TableProblem(N_("The unit is missing."), {}, row.number)
        elif unit not in units:
            yield TableProblem(N_("There is no unit “%(code)s” in this survey."), {"code": unit}, row.number)
        if not name:
            yield TableProblem(N_("The name is missing."), {}, row.number)
        elif len(name) > LONGEST_NAME or not any(character.isalpha() for character in name):
            yield TableProblem(
                N_("“%(name)s” is no name of at most %(most)s characters."),
                {"name": name, "most": LONGEST_NAME},
                row.number,
            )
        if email and (len(email) > LONGEST_EMAIL or not EMAIL.fullmatch(email)):
            yield TableProblem(N_("“%(email)s” is not an e-mail address."), {"email": email}, row.number)


def _doubled(rows: Sequence[RosterRow]) -> Iterator[TableProblem]:
    first: dict[tuple[UUID, str], int] = {}
    for row in rows:
        before = first.setdefault((row.unit_id, unicodedata.normalize("NFKC", row.name).casefold()), row.number)
        if row.name and before != row.number:
            yield TableProblem(
                N_("“%(name)s” stands in row %(row)s already. Two people of one name need something to tell them by."),
                {"name": row.name, "row": before},
                row.number,
            )


def _too_many(rows: Sequence[RosterRow], groups: Sequence[RosterGroup]) -> Iterator[TableProblem]:
    """The rows beyond the number of people eligible in their group."""
    place = {unit_id: group for group in groups for unit_id in group.units}
    named: Counter[UUID] = Counter()
    for row in rows:
        group = place.get(row.unit_id)
        if group is None:
            yield TableProblem(N_("Nobody is eligible in this unit; please enter its number first."), {}, row.number)
            continue
        named[group.unit.id] += 1
        if named[group.unit.id] > group.eligible:
            yield TableProblem(
                N_("%(unit)s has %(eligible)s people eligible; this is number %(number)s."),
                {"unit": group.unit.name, "eligible": group.eligible, "number": named[group.unit.id]},
                row.number,
            )


def _one_line(text: str) -> str:
    return " ".join(text.split())
