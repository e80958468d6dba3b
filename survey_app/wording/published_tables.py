"""Published figures as tables: percentiles by item and year, organisations, wordings. The words are `published`."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from flask_babel import gettext as _

from analysis.published import Figure, Published, WordingChange, Year, bands, interval, passages, standing
from survey_app.wording.cells import Cell, Row, Table
from survey_app.wording.published import (
    CHANGE_WORDS,
    difference_text,
    figure_text,
    item_label,
    marks_of,
    one_decimal,
    place_in_short,
    years_text,
)


def percentile_columns() -> tuple[tuple[str, bool], ...]:
    named = (_("10th percentile"), _("25th"), _("Median"), _("75th"), _("90th"), _("Reference rows"))
    return tuple((name, True) for name in (_("Number of organisations"), *named))


def percentile_cells(published: Published, year: Year, code: str) -> tuple[Cell, ...]:
    """Among how many, the percentiles, and the reference rows in their order."""
    found = bands(published, year.year, code)
    count = len(published.values.get((year.year, code), ()))
    marks = [found.p10, found.p25, found.p50, found.p75, found.p90] if found else []
    told = [one_decimal(mark) for mark in marks] or [_("too few")] * 5
    references = _("; ").join(_reference_texts(year, code))
    return tuple(Cell(text) for text in (str(count), *told, references))


def _reference_texts(year: Year, code: str) -> list[str]:
    rows = year.references.values()
    return [figure_text(row.figures[code]) if code in row.figures else _("no figure") for row in rows]


def items_table(published: Published, year: Year, codes: Sequence[str], caption: str) -> Table:
    rows = [Row(item_label(published, code), percentile_cells(published, year, code), item_key(code)) for code in codes]
    return Table(caption, _("Item"), percentile_columns(), tuple(rows))


def years_table(published: Published, code: str) -> Table:
    """One item over the years."""
    rows = [
        Row(str(year.year), percentile_cells(published, year, code))
        for year in published.years
        if code in year.items or code == year.participation
    ]
    return Table(_("Percentiles by year"), _("Year"), percentile_columns(), tuple(rows))


def organisations_of_item(published: Published, code: str, names: Sequence[str], caption: str) -> Table:
    columns = tuple((str(year.year), True) for year in published.years)
    rows = tuple(Row(name, _figures_of(published, name, lambda _year: code), organisation_key(name)) for name in names)
    return Table(caption, _("Name of the organisation"), columns, rows)


def _figures_of(published: Published, name: str, code_in: Callable[[Year], str]) -> tuple[Cell, ...]:
    cells = []
    for year in published.years:
        row = year.organisations.get(name)
        figure = row.figures.get(code_in(year)) if row else None
        cells.append(Cell(_with_n(figure) if figure else _("no figure")))
    return tuple(cells)


def _with_n(figure: Figure) -> str:
    return (
        figure_text(figure)
        if figure.n is None
        else _("%(percent)s, n = %(n)s", percent=figure_text(figure), n=figure.n)
    )


def organisation_table(published: Published, name: str, codes: Sequence[str], caption: str) -> Table:
    """An organisation's figures by item and year, each with how many of the others are lower."""
    columns = tuple((str(year.year), True) for year in published.years)
    rows = tuple(
        Row(item_label(published, code), _placed_cells(published, name, code), item_key(code)) for code in codes
    )
    return Table(caption, _("Item"), (*columns, (_("Wording"), False)), rows)


def _placed_cells(published: Published, name: str, code: str) -> tuple[Cell, ...]:
    cells = []
    for year in published.years:
        row = year.organisations.get(name)
        figure = row.figures.get(code) if row else None
        if figure is None:
            cells.append(Cell(_("no figure")))
            continue
        place = standing(published, year.year, code, name)
        told = _with_n(figure)
        if (bounds := interval(figure)) is not None:
            told = _("%(figure)s, interval (95 percent) %(low)s to %(high)s", figure=told, low=one_decimal(bounds[0]),
                     high=one_decimal(bounds[1]))  # fmt: skip
        short = place_in_short(place)
        cells.append(Cell(_("%(figure)s, %(place)s", figure=told, place=short) if short else told))
    return (*cells, Cell(marks_of(published, code)))


def wordings_table(published: Published, codes: Sequence[str]) -> Table:
    """Items whose wording did not stay: both wordings and what differs."""
    columns = (
        (_("Years"), False), (_("What differs"), False), (_("Before"), False), (_("After"), False),
        (_("Read together"), False),
    )  # fmt: skip
    rows = [
        Row(code, (
            Cell(_("%(earlier)s to %(later)s", earlier=one.earlier, later=one.later)),
            Cell(difference_text(one.before, one.after) or str(CHANGE_WORDS[one.change])),
            Cell(one.before or _("not known")),
            Cell(one.after or _("not known")),
            Cell(_("yes, marked") if one.is_joined else _("no")),
        ), item_key(code))
        for code in codes
        for one in passages(published, code)
        if one.change is not WordingChange.SAME
    ]  # fmt: skip
    return Table(_("Items whose wording changed"), _("Item"), columns, tuple(rows))


def constant_table(published: Published) -> Table:
    """Organisations of all years with their participation."""
    columns = ((_("Group"), False), *((str(year.year), True) for year in published.years))
    latest = published.years[-1]
    rows = [
        Row(
            name,
            (
                Cell(latest.organisations[name].group),
                *_figures_of(published, name, lambda year: year.participation or ""),
            ),
            organisation_key(name),
        )
        for name in published.constant
    ]
    return Table(_("Organisations of all years, participation"), _("Name of the organisation"), columns, tuple(rows))


def partial_table(published: Published) -> Table:
    """Organisations of some years only, kept apart."""
    rows = [
        Row(name, (Cell(_group_of(published, name)), Cell(years_text(years))), organisation_key(name))
        for name, years in published.partial.items()
    ]
    columns = ((_("Group"), False), (_("Years with figures"), False))
    return Table(_("Organisations of some years only"), _("Name of the organisation"), columns, tuple(rows))


def _group_of(published: Published, name: str) -> str:
    return next(year.organisations[name].group for year in reversed(published.years) if name in year.organisations)


def item_key(code: str) -> str:
    """Under which a page finds the address of an item."""
    return f"item {code}"


def organisation_key(name: str) -> str:
    return f"organisation {name}"
