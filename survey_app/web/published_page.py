"""What the pages of published figures show: blocks of a sentence, a chart, tables and what they cannot say.

Only arrangement: figures are `analysis.published`, words `wording`, pictures `charts`. A page is put together once for
the hashes of its years and the language.
"""

from __future__ import annotations

from collections.abc import Sequence

from flask_babel import get_locale
from flask_babel import gettext as _

from analysis.published import Organisation, Published, Year, bands, interval, passages, standing
from survey_app.charts import Figure
from survey_app.charts.layout import NARROW, WIDE
from survey_app.charts.marks import Drawing
from survey_app.charts.published import Lane, Strip, YearColumn, draw_strips, draw_years_of_item
from survey_app.charts.render import page_svg
from survey_app.services.shelf import Shelf
from survey_app.web.annual import Block, Content, numbered
from survey_app.wording import published as words
from survey_app.wording import published_tables as tables

PAGES: Shelf[tuple[Block, ...]] = Shelf(32)
"""By the hashes of the series, what is shown, and the language."""


def series_blocks(published: Published, hashes: tuple[str, ...], year: Year) -> tuple[Block, ...]:
    """One year of a series: participation, items, wordings, organisations."""
    return PAGES.get((hashes, "series", year.year, str(get_locale())), lambda: _series(published, year))


def organisation_blocks(published: Published, hashes: tuple[str, ...], year: Year, name: str) -> tuple[Block, ...]:
    """One organisation over the years; the sentences speak of its latest year."""
    return PAGES.get(
        (hashes, "organisation", name, str(get_locale())),
        lambda: _organisation(published, year, year.organisations[name]),
    )


def item_blocks(published: Published, hashes: tuple[str, ...], code: str) -> tuple[Block, ...]:
    """One item over the years."""
    return PAGES.get((hashes, "item", code, str(get_locale())), lambda: _item(published, code))


def _series(published: Published, year: Year) -> tuple[Block, ...]:
    found = []
    if year.participation:
        found.append(("participation", _("Participation"), _participation(published, year, year.participation)))
    strips = [_strip_of_year(published, year, code) for code in year.items]
    measure = year.measure
    caption = _("Percentiles by item: %(measure)s", measure=measure) if measure else _("Percentiles by item")
    found.append(
        (
            "items",
            _("Items of %(year)s", year=year.year),
            Content(
                words.items_sentence(published, year),
                words.cannot_say(published),
                _figure("items", strips, _("Items, percentiles among organisations")),
                words.who_is_compared(published),
                (tables.items_table(published, year, year.items, caption),),
            ),
        )
    )
    if wordings := tables.wordings_table(published, published.items).rows:
        found.append(("wordings", _("Wordings"), _wordings(published, len(wordings))))
    found.append(("organisations", _("Organisations"), _organisations(published)))
    return _numbered(found)


def _participation(published: Published, year: Year, code: str) -> Content:
    note = words.over_hundred_note(published, year)
    return Content(
        words.participation_sentence(published, year),
        _("Participation says how many took part, not how satisfied they are. It is no item and enters no mean."),
        _figure("participation", [_strip_of_year(published, year, code)], _("Participation among organisations")),
        tables=(tables.items_table(published, year, [code], _("Percentiles of the participation")),),
        notes=(note,) if note else (),
    )


def _wordings(published: Published, count: int) -> Content:
    return Content(
        _("%(count)s times an item was worded otherwise than the year before.", count=count),
        _(
            "Whether people understood the new wording otherwise cannot be said from here. Years are not joined where "
            "more than punctuation changed."
        ),
        tables=(tables.wordings_table(published, published.items),),
    )


def _organisations(published: Published) -> Content:
    return Content(
        words.who_is_compared(published),
        _(
            "An organisation that is missing in a year may have been founded, merged, renamed or not published: the "
            "file does not say which."
        ),
        tables=tuple(
            table for table in (tables.constant_table(published), tables.partial_table(published)) if table.rows
        ),
    )


def _organisation(published: Published, year: Year, row: Organisation) -> tuple[Block, ...]:
    found = []
    cannot = words.cannot_say(published)
    if year.participation:
        strips = [_strip_of(published, row.name, year.participation)]
        content = Content(
            words.own_participation_sentence(published, year, row),
            _("Participation says how many took part, not how satisfied they are. It is no item and enters no mean."),
            _figure("participation", strips, _("Participation, by year")),
            tables=(tables.organisation_table(published, row.name, [year.participation], _("Participation by year")),),
        )
        found.append(("participation", _("Participation"), content))
    codes = [code for code in published.items if any(_has(one, row.name, code) for one in published.years)]
    apart = (_apart(published, row.name),) if row.name in published.partial else ()
    content = Content(
        words.organisation_sentence(published, year, row),
        cannot,
        _figure("items", [_strip_of(published, row.name, code) for code in codes], _("Items, by year")),
        words.who_is_compared(published),
        (tables.organisation_table(published, row.name, codes, _("Items by year, and how many others are lower")),),
        apart,
    )
    found.append(("items", _("Items over the years"), content))
    return _numbered(found)


def _apart(published: Published, name: str) -> str:
    return _(
        "This organisation has figures of %(years)s only. It is set beside the others, but is not one of those among "
        "which percentiles are taken.",
        years=words.years_text(published.partial[name]),
    )


def _item(published: Published, code: str) -> tuple[Block, ...]:
    columns = [
        YearColumn(year.year, bands(published, year.year, code), _references(year, code))
        for year in published.years
        if _is_asked(year, code)
    ]
    drawings = [
        draw_years_of_item(columns, passages(published, code), _("Percentiles among organisations, by year"), width)
        for width in (WIDE, NARROW)
    ]
    notes = [words.over_hundred_note(published, year) for year in published.years if code == year.participation]
    over_years = Content(
        words.item_sentence(published, code),
        words.cannot_say(published),
        _pair("years", drawings),
        _("Dashes are the reference rows. %(who)s", who=words.who_is_compared(published)),
        (tables.years_table(published, code),),
        tuple(note for note in notes if note),
    )
    found = [("years", _("Over the years"), over_years)]
    if tables.wordings_table(published, [code]).rows:
        wordings = Content(
            _("The wording did not stay the same."),
            _("Whether people understood the new wording otherwise cannot be said from here."),
            tables=(tables.wordings_table(published, [code]),),
        )
        found.append(("wordings", _("Wordings"), wordings))
    organisations = Content(
        _("Figures of each organisation, in the order of the alphabet."),
        words.cannot_say(published),
        tables=tuple(
            tables.organisations_of_item(published, code, names, caption)
            for names, caption in (
                (published.constant, _("Organisations of all years")),
                (tuple(published.partial), _("Organisations of some years only")),
            )
            if names
        ),
    )
    found.append(("organisations", _("Organisations"), organisations))
    return _numbered(found)


def _strip_of_year(published: Published, year: Year, code: str) -> Strip:
    lane = Lane("", bands(published, year.year, code), _references(year, code))
    return Strip(words.item_label(published, code), (lane,))


def _strip_of(published: Published, name: str, code: str) -> Strip:
    """An item with a lane for each year in which it was asked, and the organisation's figure where it has one."""
    lanes = tuple(_lane(published, year, name, code) for year in published.years if _is_asked(year, code))
    marks = words.breaks_of(published, code)
    label = words.item_label(published, code)
    return Strip(_("%(label)s (%(marks)s)", label=label, marks=marks) if marks else label, lanes)


def _lane(published: Published, year: Year, name: str, code: str) -> Lane:
    row = year.organisations.get(name)
    figure = row.figures.get(code) if row else None
    return Lane(
        str(year.year),
        bands(published, year.year, code),
        _references(year, code),
        figure,
        interval(figure) if figure else None,
        words.place_in_short(standing(published, year.year, code, name)),
    )


def _is_asked(year: Year, code: str) -> bool:
    return code in year.items or code == year.participation


def _has(year: Year, name: str, code: str) -> bool:
    return name in year.organisations and code in year.organisations[name].figures


def _references(year: Year, code: str) -> tuple[float, ...]:
    return tuple(row.figures[code].percent for row in year.references.values() if code in row.figures)


def _figure(key: str, strips: Sequence[Strip], title: str) -> Figure | None:
    return _pair(key, [draw_strips(strips, title, width) for width in (WIDE, NARROW)])


def _pair(key: str, drawings: Sequence[Drawing | None]) -> Figure | None:
    wide, narrow = drawings
    if wide is None or narrow is None:
        return None
    return Figure(page_svg(wide, f"{key}-w", "w"), page_svg(narrow, f"{key}-n", "n"))


def _numbered(found: Sequence[tuple[str, str, Content]]) -> tuple[Block, ...]:
    return tuple(Block(key, numbered(place, title), content) for place, (key, title, content) in enumerate(found))
