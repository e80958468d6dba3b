"""The units below in words and tables: their returns, where they stand beside each other, who could learn from whom.

Takes a Report; charts are `charts.funnel` and `charts.caterpillar`, the workbook and the page share these words.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Literal

from flask_babel import gettext as _

from analysis.benchmark_results import FEWEST_UNITS
from analysis.tree import Benchmark, BenchmarkRow, Comparable, Exemplar, Hidden, Pairing, Rate, Report
from analysis.types import Roster
from instruments.wording import N_
from survey_app.wording import figures
from survey_app.wording.approval import approval
from survey_app.wording.cells import Cell, Row, Table, rate_cell
from survey_app.wording.labels import hidden_label, listed, quoted
from survey_app.wording.names import Names
from survey_app.wording.notes import suppression_notes
from survey_app.wording.sentences import paragraph, participation

MOST_LISTED = 60
"""Units up to which the table of where they stand lists every one; above, those told apart alone."""
MOST_NAMED = 3
"""Units named in a sentence that is read out."""
TIERS: Mapping[str, str] = {
    "advanced": N_("ahead"),
    "middle": N_("not told apart"),
    "lagging": N_("behind"),
    "not_distinguishable": N_("not told apart"),
}
Side = Literal["above", "inside", "below"]
SIDES: Mapping[Side, str] = {
    "above": N_("above the limits"),
    "inside": N_("within the limits"),
    "below": N_("below the limits"),
}


def units_sentence(report: Report) -> str:
    told = [row.overall if report.overall else row.roster for row in report.units]
    shown = sum(1 for figure in told if not isinstance(figure, Hidden))
    said = _(
        "%(shown)s of %(all)s sub-units can be shown, in the order of the organisation.",
        shown=shown,
        all=len(report.units),
    )
    return paragraph((said, *_outside(report)))


def _outside(report: Report) -> Iterable[str]:
    found = report.comparable
    if found is None:
        return
    if found.exact < FEWEST_UNITS:
        yield _(
            "Fewer than %(fewest)s units can be shown with their exact figure; units are not compared.",
            fewest=FEWEST_UNITS,
        )
        return
    if report.benchmark is None:
        yield _("In all units compared everybody is satisfied, or nobody: there is nothing to tell apart.")
        return
    yield _compared(found)
    sides = [side_of(row) for row in report.benchmark.rows]
    above, below = sides.count("above"), sides.count("below")
    if above or below:
        yield _(
            "%(above)s lie above the limits (95%%), %(below)s below; even if no unit differed from the others, about "
            "one in twenty would lie outside.",
            above=above,
            below=below,
        )
    else:
        yield _("All units compared lie within the limits (95%).")


def _compared(found: Comparable) -> str:
    return _(
        "Compared are %(n)s of the %(all)s lowest units: those whose own results show the exact figure.",
        n=found.exact,
        all=found.branches,
    )


def funnel_reading(report: Report) -> str:
    if report.benchmark is None:
        return ""
    read = _(
        "How to read it: each dot is a unit; between the two lines units differ by chance, and the fewer answered, the "
        "farther the lines stand apart. Dashes are the rate of these units together."
    )
    if report.benchmark.overdispersion <= 1:
        return read
    return paragraph((read, _("The lines are widened, as these units differ by more than counting error anyway.")))


def units_cannot() -> str:
    return _("Sub-units of this size differ by chance; the order here is no ranking.")


def unit_notes(report: Report) -> tuple[str, ...]:
    shown = [figure for row in report.units for figure in (row.overall, row.roster)]
    return suppression_notes(shown, report.provenance.threshold)


def units_table(report: Report, names: Names) -> Table:
    columns = (
        (_("Eligible"), True),
        (_("Returned"), True),
        (_("Participation rate"), True),
        *([(approval(names).overall, True)] if report.overall else []),
    )
    rows = tuple(
        Row(row.name, (*_roster_cells(row.roster), *([rate_cell(row.overall)] if report.overall else [])), row.unit)
        for row in report.units
    )
    return Table(_("Sub-units"), _("Unit"), columns, rows)


def _roster_cells(roster: Roster | Hidden) -> tuple[Cell, ...]:
    if isinstance(roster, Hidden):
        return (Cell(hidden_label(roster), is_hidden=True),) * 3
    share = participation(roster)
    return (
        Cell(str(roster.eligible) if roster.eligible is not None else _("not known")),
        Cell(str(roster.returned)),
        Cell(figures.percent(share, roster.eligible or 0) if share is not None else _("not known")),
    )


# ---- where they stand


def tier_label(tier: str) -> str:
    return _(TIERS[tier])


def side_of(row: BenchmarkRow) -> Side:
    """Where the unit's rate lies in the funnel."""
    rate = row.satisfied / row.n
    return "above" if rate > row.upper else "below" if rate < row.lower else "inside"


def side_label(row: BenchmarkRow) -> str:
    return _(SIDES[side_of(row)])


def told_apart(row: BenchmarkRow) -> bool:
    return row.tier in ("advanced", "lagging")


def by_standing(found: Benchmark) -> tuple[BenchmarkRow, ...]:
    """Those ahead, those not told apart, those behind; within each by the rate drawn towards the average."""
    order = list(TIERS)
    return tuple(sorted(found.rows, key=lambda row: (order.index(row.tier), -row.shrunken)))


def rate_of_row(row: BenchmarkRow) -> str:
    """``30/32 人``, with the percent where enough answered."""
    return figures.rate_with_people(Rate(row.satisfied, row.n))


def has_interval(row: BenchmarkRow) -> bool:
    """Where units differ no more than counting error, all have the common rate, and there is nothing around it."""
    return row.interval[0] < row.interval[1]


def interval_of(row: BenchmarkRow) -> str:
    return figures.percent_interval(row.interval if has_interval(row) else None)


def standing_sentence(report: Report, found: Benchmark) -> str:
    said = [
        text
        for tier, text in (
            ("advanced", N_("%(units)s: more satisfied than the units together, by more than chance.")),
            ("lagging", N_("%(units)s: less satisfied than the units together, by more than chance.")),
        )
        for text in _of_tier([row.name for row in by_standing(found) if row.tier == tier], text)
    ]
    rest = sum(not told_apart(row) for row in found.rows)
    if not said:
        said = [_("%(n)s units are compared; none stands out by more than chance.", n=rest)]
    elif rest:
        said.append(_("The other %(n)s are not told apart.", n=rest))
    return paragraph([*said, *_agreement(report)])


def _of_tier(names: Sequence[str], sentence: str) -> Iterable[str]:
    if len(names) > MOST_NAMED:
        yield _(sentence, units=_("%(n)s units", n=len(names)))
    elif names:
        yield _(sentence, units=listed(list(names)))


def _agreement(report: Report) -> Iterable[str]:
    """How much units differ at all, in one sentence: of units directly below, so only where these are compared."""
    found = report.agreement
    if found is None or not _are_directly_below(report):
        return
    if found.icc1 <= 0:
        yield _("No difference between units can be seen.")
        return
    share = figures.percent(found.icc1, 0)
    yield _("Of all differences between single answers, about %(share)s lie between units.", share=share)


def standing_cannot() -> str:
    return _(
        "Ahead or behind speaks of what people answered, not of how well a branch works or why: branches differ in "
        "their people and tasks. It is no ranking and no assessment; not told apart does not mean alike."
    )


def standing_reading(found: Benchmark) -> str:
    if not any(has_interval(row) for row in found.rows):
        return _(
            "How to read it: the dot is the rate of all units together. They differ no more than counting error, so "
            "that only this rate can be given, and no interval of a single unit. Their order says nothing."
        )
    return _(
        "How to read it: the dot is the unit's rate drawn towards the rate of all, the more the fewer answered; the "
        "line is where the rate may lie (95%). Units in the grey block are not told apart: their order says nothing."
    )


def standing_table(report: Report, found: Benchmark, names: Names) -> Table:
    """In the order of the chart; of very many units that stand in the table of sub-units those told apart alone."""
    rows = by_standing(found)
    if _is_shortened(report, found):
        rows = tuple(row for row in rows if told_apart(row) or side_of(row) != "inside")
    columns = (
        (approval(names).overall, True),
        (_("In the funnel"), False),
        (_("Drawn towards the average"), True),
        (_("Interval (95%)"), True),
        (_("Beside the others"), False),
    )
    return Table(
        _("Where units stand"),
        _("Unit"),
        columns,
        tuple(Row(row.name, _standing_cells(row), row.unit) for row in rows),
    )


def _are_directly_below(report: Report) -> bool:
    """Whether what is compared are the sub-units of the table, not units below these."""
    listed = {row.unit for row in report.units}
    return report.benchmark is not None and all(row.unit in listed for row in report.benchmark.rows)


def _is_shortened(report: Report, found: Benchmark) -> bool:
    return len(found.rows) > MOST_LISTED and _are_directly_below(report)


def _standing_cells(row: BenchmarkRow) -> tuple[Cell, ...]:
    return (
        Cell(rate_of_row(row)),
        Cell(side_label(row)),
        Cell(figures.percent(row.shrunken, row.n)),
        Cell(interval_of(row)),
        Cell(tier_label(row.tier)),
    )


def standing_notes(report: Report, found: Benchmark) -> tuple[str, ...]:
    said = [
        _(
            "“Ahead” and “behind” are said only where the difference is hardly chance: of those named at most one in "
            "twenty is, in the long run."
        )
    ]
    if report.comparable is not None:
        said.insert(0, _compared(report.comparable))
    if _is_shortened(report, found):
        said.append(_("Only units that stand out are listed; the figures of the others are in the table of sub-units."))
    return tuple(said)


# ---- who could learn from whom


def learning_sentence(report: Report, names: Names) -> str:
    said = []
    if report.exemplars:
        told = [_exemplar(found, names) for found in report.exemplars[:MOST_NAMED]]
        more = len(report.exemplars) - len(told)
        listing = _("; ").join([*told, *([_("and %(n)s more", n=more)] if more else [])])
        said.append(_("Verified improvements in units below, worth telling others of: %(units)s.", units=listing))
    if report.pairings:
        paired = [_pair(found, names) for found in report.pairings[:MOST_NAMED]]
        more = len(report.pairings) - len(paired)
        listing = _("; ").join([*paired, *([_("and %(n)s more", n=more)] if more else [])])
        said.append(_("Suggested to meet and exchange experience: %(units)s.", units=listing))
    return paragraph(said)


def _exemplar(found: Exemplar, names: Names) -> str:
    return _(
        "%(unit)s, %(item)s %(earlier)s → %(later)s people",
        unit=found.name,
        item=quoted(names.item(found.action.item)),
        earlier=figures.share_of_people(found.earlier),
        later=figures.share_of_people(found.later),
    )


def _pair(found: Pairing, names: Names) -> str:
    return _(
        "%(dimension)s: %(one)s with %(other)s",
        dimension=names.dimension(found.dimension),
        one=found.behind_name,
        other=found.ahead_name,
    )


def learning_cannot() -> str:
    return _(
        "That more people were satisfied after an action does not say that the action was the reason, nor that it "
        "would work elsewhere. A suggestion to meet rests on answers alone; it is an invitation, no assessment."
    )


def learning_tables(report: Report, names: Names) -> tuple[Table, ...]:
    worked = Table(
        _("Verified improvements of units below"),
        _("Unit"),
        ((_("Action"), False), (_("Question"), False), (_("Last year"), True), (_("This year"), True)),
        tuple(Row(found.name, _exemplar_cells(found, names), found.unit) for found in report.exemplars),
    )
    pairs = Table(
        _("Suggested to meet and exchange experience"),
        _("Dimension"),
        ((_("Could tell of its way"), False), (_("Could visit"), False)),
        tuple(
            Row(names.dimension(found.dimension), (Cell(found.ahead_name), Cell(found.behind_name)))
            for found in report.pairings
        ),
    )
    return tuple(table for table in (worked, pairs) if table.rows)


def _exemplar_cells(found: Exemplar, names: Names) -> tuple[Cell, ...]:
    return (
        Cell(found.action.title),
        Cell(names.item(found.action.item)),
        Cell(figures.rate_with_people(found.earlier)),
        Cell(figures.rate_with_people(found.later)),
    )


def learning_notes(report: Report) -> tuple[str, ...]:
    rules = (
        (
            report.exemplars,
            _(
                "Verified: the acceptance figure is reached, and the rise is more than the other questions of the same "
                "unit let expect, also when the actions of all units are looked at together: in the long "
                "run at most one in twenty of those named is there by chance."
            ),
        ),
        (
            report.pairings,
            _(
                "To meet: in one dimension one unit stands ahead of the others and one behind by more than chance, by "
                "the people satisfied with more than half of what they answered in it; the units are looked at "
                "together within one dimension, not over all of them. Only units in which at least 30 people "
                "answered, each unit ahead at most twice."
            ),
        ),
    )
    return tuple(words for found, words in rules if found)
