"""Suppression where parts stand beside their total: groups of a grouping question, sub-units of a unit."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from analysis.coarsening import coarse_rate
from analysis.pattern import is_exact, limits, unit_pattern
from analysis.tree import AnnualResult, GroupCell, GroupColumn, GroupTable, Hidden, ItemResult, Rate, UnitRow


def shown_tables(result: AnnualResult, items: Mapping[str, ItemResult], threshold: int) -> tuple[GroupTable, ...]:
    """Group tables in which no hidden group follows from the total and the shown ones.

    A group goes with all its dimensions when it, or any of its cells, is below the threshold; then the smallest shown
    group goes too until what is left of every total (hidden groups and those who gave no answer) is nobody or at least
    the threshold. ``items`` are those of the Report: a dimension of one answered item has its total printed there.
    """
    answered = {item.code for item in result.items if isinstance(item.rate, Rate)}
    totals = [_people(result), *(dimension.n for dimension in result.dimensions if isinstance(dimension.n, int))]
    printed = {
        dimension.code: rate
        for dimension in result.dimensions
        if len(only := answered.intersection(dimension.items)) == 1
        and isinstance(rate := items[next(iter(only))].rate, Rate)
    }
    return tuple(_shown_table(table, totals, printed, result, threshold) for table in result.groups)


def _people(result: AnnualResult) -> int:
    for item in result.items:
        others = (item.dont_know, item.not_applicable, item.skipped)
        if isinstance(item.rate, Rate):
            return item.rate.n + sum(count for count in others if isinstance(count, int))
    return result.roster.valid


def _shown_table(
    table: GroupTable, totals: Sequence[int], printed: Mapping[str, Rate], result: AnnualResult, threshold: int
) -> GroupTable:
    small = {column.option for column in table.columns if min(_sizes(column)) < threshold}
    withheld = {option for item, option in result.limits.columns if item == table.item}
    shown = [column for column in table.columns if column.option not in small | withheld]
    shown.sort(key=lambda column: _sizes(column)[0], reverse=True)
    while shown and any(0 < rest < threshold for rest in _rests(totals, shown)):
        shown.pop()
    while gives_away := next(_giving_away(shown, printed), None):
        shown.remove(gives_away)
    kept = {column.option for column in shown}
    return replace(
        table,
        columns=tuple(
            _shown_column(column)
            if column.option in kept
            else _hidden_column(column, Hidden.TOO_FEW if column.option in small else Hidden.COMPLEMENTARY)
            for column in table.columns
        ),
    )


def _sizes(column: GroupColumn) -> tuple[int, ...]:
    return (_number(column.n), *(_number(cell.n) for cell in column.cells))


def _number(n: int | Hidden) -> int:
    return 0 if isinstance(n, Hidden) else n


def _rests(totals: Sequence[int], shown: Sequence[GroupColumn]) -> Iterator[int]:
    for position, total in enumerate(totals):
        yield total - sum(_sizes(column)[position] for column in shown)


def _giving_away(shown: Sequence[GroupColumn], printed: Mapping[str, Rate]) -> Iterator[GroupColumn]:
    """The smallest group whose exact count, taken from a printed total, leaves the count of the coarse ones."""
    for dimension, total in printed.items():
        cells = [(column, cell.rate) for column in shown for cell in column.cells if cell.dimension == dimension]
        exact = [(column, r) for column, r in cells if isinstance(r, Rate) and is_exact(r.n, r.satisfied)]
        n = total.n - sum(rate.n for _, rate in exact)
        satisfied = total.satisfied - sum(rate.satisfied for _, rate in exact)
        if exact and total.bound == "exact" and n > 0 and not is_exact(n, satisfied):
            yield min(exact, key=lambda found: found[1].n)[0]


def _shown_column(column: GroupColumn) -> GroupColumn:
    return replace(
        column,
        cells=tuple(
            replace(cell, rate=coarse_rate(cell.rate)) if isinstance(cell.rate, Rate) else cell for cell in column.cells
        ),
    )


def _hidden_column(column: GroupColumn, hidden: Hidden) -> GroupColumn:
    cells = tuple(GroupCell(cell.dimension, hidden, hidden) for cell in column.cells)
    return GroupColumn(column.option, hidden, cells)


def shown_units(result: AnnualResult, threshold: int) -> tuple[UnitRow, ...]:
    """Sub-units by the pattern fixed at sealing; the same rules once more within the table, should ours be stricter."""
    parents = {result.unit: None, **{row.unit: result.unit for row in result.units}}
    valid = {row.unit: row.roster.valid for row in result.units if not isinstance(row.roster, Hidden)}
    own = {**valid, result.unit: result.roster.valid - sum(valid.values())}
    hidden = unit_pattern(own, parents, threshold) | result.limits.hidden_rows
    total = next((item.rate for item in result.items if item.code == result.overall), Hidden.TOO_FEW)
    rates = {row.unit: (row.overall.n, row.overall.satisfied) for row in result.units if isinstance(row.overall, Rate)}
    if isinstance(total, Rate):
        rates[result.unit] = (
            total.n - sum(n for n, _ in rates.values()),
            total.satisfied - sum(satisfied for _, satisfied in rates.values()),
        )
    withheld = {unit for unit, limit in result.limits.rows.items() if isinstance(limit, Hidden)}
    allowed = limits(rates, parents, hidden | withheld, threshold)
    return tuple(_shown_row(row, hidden, allowed[row.unit], threshold) for row in result.units)


def _shown_row(row: UnitRow, hidden: frozenset[str], limit: object, threshold: int) -> UnitRow:
    roster = row.roster
    if row.unit in hidden or isinstance(roster, Hidden):
        small = isinstance(roster, Hidden) or roster.valid < threshold
        reason = Hidden.TOO_FEW if small else Hidden.COMPLEMENTARY
        return replace(row, roster=reason, overall=reason)
    if isinstance(row.overall, Hidden) or isinstance(limit, Hidden):
        return replace(row, overall=limit if isinstance(limit, Hidden) else row.overall)
    return replace(row, overall=coarse_rate(row.overall))
