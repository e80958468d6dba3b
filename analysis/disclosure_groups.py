"""Suppression where parts stand beside their total: groups of a grouping question, sub-units of a unit."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from analysis.coarsening import coarse_rate, coarser
from analysis.pattern import detail_of, is_exact, limits, tells_a_bound, unit_pattern
from analysis.tree import AnnualResult, Detail, GroupCell, GroupColumn, GroupTable, Hidden, ItemResult, Rate, UnitRow


def shown_tables(result: AnnualResult, items: Mapping[str, ItemResult], threshold: int) -> tuple[GroupTable, ...]:
    """Group tables in which no hidden group follows from the total and the shown ones.

    A group goes with all its dimensions when it, or any of its cells, is below the threshold; then the smallest shown
    group goes too until what is left of every total (hidden groups and those who gave no answer) is nobody or at least
    the threshold, one more where a group that is too small is among them. ``items`` are those of the Report: a
    dimension of one answered item has its total printed there. A table that shows everybody exactly prints the totals
    for the other tables. Cells of a dimension with a hidden item go: together with the other items they would say what
    the few answered.
    """
    answered = {item.code for item in result.items if isinstance(item.rate, Rate)}
    totals = [responses(result), *(dimension.n for dimension in result.dimensions if isinstance(dimension.n, int))]
    printed = {
        dimension.code: rate
        for dimension in result.dimensions
        if len(only := answered.intersection(dimension.items)) == 1
        and isinstance(rate := items[next(iter(only))].rate, Rate)
    }
    small = [_small(table, threshold) for table in result.groups]
    shown = [
        _shown_columns(table, few, totals, result, threshold) for table, few in zip(result.groups, small, strict=True)
    ]
    told = [_told(columns, totals) for columns in shown]
    for position, columns in enumerate(shown):
        others = {dimension: rate for other in told[:position] + told[position + 1 :] for dimension, rate in other}
        while gives_away := next(_giving_away(columns, {**others, **printed}), None):
            columns.remove(gives_away)
    veiled = frozenset(
        dimension.code
        for dimension in result.dimensions
        if any(isinstance(items[code].rate, Hidden) for code in answered.intersection(dimension.items))
    )
    return tuple(
        _shown_table(table, {column.option for column in columns}, few, veiled)
        for table, columns, few in zip(result.groups, shown, small, strict=True)
    )


def responses(result: AnnualResult) -> int:
    """People whose answers are counted: those of any item, scored or not; never more than the valid ballots."""
    counted = (
        (item.rate.n if isinstance(item.rate, Rate) else 0, item.dont_know, item.not_applicable, item.skipped)
        for item in result.items
    )
    people = sum(count for count in next(counted, (result.roster.valid,)) if isinstance(count, int))
    return min(people, result.roster.valid)


def _small(table: GroupTable, threshold: int) -> frozenset[int]:
    return frozenset(column.option for column in table.columns if min(_sizes(column)) < threshold)


def _shown_columns(
    table: GroupTable, small: frozenset[int], totals: Sequence[int], result: AnnualResult, threshold: int
) -> list[GroupColumn]:
    """Groups of sufficient size, without those that would give the size of the others away; largest first."""
    withheld = {option for item, option in result.limits.columns if item == table.item}
    shown = [column for column in table.columns if column.option not in small | withheld]
    shown.sort(key=lambda column: _sizes(column)[0], reverse=True)
    alone = any(0 < _sizes(column)[0] < threshold for column in table.columns)
    while shown and any(0 < rest < threshold + alone for rest in _rests(totals, shown)):
        shown.pop()
    return shown


def _told(shown: Sequence[GroupColumn], totals: Sequence[int]) -> list[tuple[str, Rate]]:
    """Totals of dimensions that follow from a table: nobody is missing, and every group's number is exact."""
    found = []
    for position, rest in enumerate([] if not shown else list(_rests(totals, shown))[1:]):
        rates = [column.cells[position].rate for column in shown]
        exact = [rate for rate in rates if isinstance(rate, Rate) and is_exact(rate.n, rate.satisfied)]
        if rest == 0 and len(exact) == len(shown):
            total = Rate(sum(rate.satisfied for rate in exact), sum(rate.n for rate in exact))
            found.append((shown[0].cells[position].dimension, total))
    return found


def _shown_table(table: GroupTable, kept: set[int], small: frozenset[int], veiled: frozenset[str]) -> GroupTable:
    return replace(
        table,
        columns=tuple(
            _shown_column(column, veiled)
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
    """The smallest group whose exact count, taken from a known total, leaves the count of the coarse ones; then the
    smallest coarse one that what is left decides."""
    for dimension, total in printed.items():
        cells = [(column, cell.rate) for column in shown for cell in column.cells if cell.dimension == dimension]
        exact = [(column, r) for column, r in cells if isinstance(r, Rate) and is_exact(r.n, r.satisfied)]
        n = total.n - sum(rate.n for _, rate in exact)
        satisfied = total.satisfied - sum(rate.satisfied for _, rate in exact)
        if total.bound != "exact" or n == 0:
            continue
        if exact and not is_exact(n, satisfied):
            yield min(exact, key=lambda found: found[1].n)[0]
        bounded = [(column, r) for column, r in cells if isinstance(r, Rate) and not is_exact(r.n, r.satisfied)]
        if tells_a_bound((n, satisfied), [(rate.n, rate.satisfied) for _, rate in bounded]):
            yield min(bounded, key=lambda found: found[1].n)[0]


def _shown_column(column: GroupColumn, veiled: frozenset[str]) -> GroupColumn:
    return replace(column, cells=tuple(_shown_cell(cell, veiled) for cell in column.cells))


def _shown_cell(cell: GroupCell, veiled: frozenset[str]) -> GroupCell:
    if cell.dimension in veiled:
        return GroupCell(cell.dimension, Hidden.COMPLEMENTARY, Hidden.COMPLEMENTARY)
    return replace(cell, rate=coarse_rate(cell.rate)) if isinstance(cell.rate, Rate) else cell


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
    details = {unit: limit for unit, limit in result.limits.rows.items() if isinstance(limit, Detail)}
    return tuple(
        _shown_row(row, hidden, allowed[row.unit], details.get(row.unit, Detail.FULL), threshold)
        for row in result.units
    )


def _shown_row(row: UnitRow, hidden: frozenset[str], limit: Detail | Hidden, finest: Detail, threshold: int) -> UnitRow:
    """As in the sub-unit's own report: in two classes the population stays only where everybody's answer is scored."""
    roster = row.roster
    if row.unit in hidden or isinstance(roster, Hidden):
        small = isinstance(roster, Hidden) or roster.valid < threshold
        reason = Hidden.TOO_FEW if small else Hidden.COMPLEMENTARY
        return replace(row, roster=reason, overall=reason)
    if isinstance(row.overall, Hidden) or isinstance(limit, Hidden):
        return replace(row, overall=limit if isinstance(limit, Hidden) else row.overall)
    in_two_classes = coarser(limit, finest, detail_of(row.overall.n)) is Detail.TWO_WAY
    population_shown = not in_two_classes or row.overall.n == roster.valid
    return replace(row, overall=coarse_rate(row.overall, population_shown=population_shown))
