"""Published figures in words: figures, places among organisations, sentences to read out.

There is no verdict here and no word for better or worse than chance: without the answers nothing can be tested.
"""

from __future__ import annotations

from collections.abc import Sequence
from decimal import ROUND_HALF_UP, Decimal

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from analysis.published import (
    LEAST_FOR_BANDS,
    Bands,
    Fate,
    Figure,
    Organisation,
    Passage,
    Published,
    Standing,
    WordingChange,
    Year,
    bands,
    passages,
    standing,
    word_difference,
)
from instruments.wording import N_

CHANGE_WORDS = {
    WordingChange.SAME: _l("wording unchanged"),
    WordingChange.EDITED: _l("only punctuation changed"),
    WordingChange.CHANGED: _l("wording changed"),
    WordingChange.UNKNOWN: _l("wording not known"),
}


def one_decimal(percent: float) -> str:
    """A percentage with one decimal, rounded half up: ``66.7%``."""
    return f"{Decimal(repr(percent)).quantize(Decimal('0.1'), ROUND_HALF_UP)}%"


def figure_text(figure: Figure) -> str:
    """The figure; one above 100 says that it was published so."""
    return (
        _("%(percent)s (as published)", percent=one_decimal(figure.percent))
        if figure.percent > 100
        else one_decimal(figure.percent)
    )


def item_label(published: Published, code: str) -> str:
    """Code and latest wording; the participation by its name."""
    for year in reversed(published.years):
        if code == year.participation:
            return _("Participation")
        if wording := year.wordings.get(code):
            return wording if wording == code else f"{code} {wording}"
    return code


def join_mark(passage: Passage) -> str:
    """What stands between two years whose wordings differ; empty where they do not."""
    return "" if passage.change is WordingChange.SAME else str(CHANGE_WORDS[passage.change])


def marks_of(published: Published, code: str) -> str:
    """Every change of an item's wording with the year it came; that it stayed, where it did."""
    found = passages(published, code)
    marks = [_("%(later)s: %(text)s", later=one.later, text=join_mark(one)) for one in found if join_mark(one)]
    return _("; ").join(marks) or (str(CHANGE_WORDS[WordingChange.SAME]) if found else "")


def breaks_of(published: Published, code: str) -> str:
    """Years over which an item is not to be read as one; empty where there is none."""
    found = [one for one in passages(published, code) if not one.is_joined]
    return _("; ").join(_("%(later)s: %(text)s", later=one.later, text=join_mark(one)) for one in found)


def difference_text(before: str, after: str) -> str:
    """What differs between two wordings, in words."""
    if not before or not after:
        return ""
    told, gone = [], ""
    for fate, text in (*word_difference(before, after), (Fate.KEPT, "")):
        if fate is Fate.GONE:
            gone = text
        elif fate is Fate.NEW:
            told.append(_("“%(old)s” became “%(new)s”", old=gone, new=text) if gone else _("“%(new)s” added", new=text))
            gone = ""
        elif gone:
            told.append(_("“%(old)s” left out", old=gone))
            gone = ""
    return _("; ").join(told)


def bands_spoken(found: Bands | None) -> str:
    if found is None:
        return ""
    return _(
        "median %(median)s, middle half %(p25)s to %(p75)s, middle four fifths %(p10)s to %(p90)s",
        median=one_decimal(found.p50), p25=one_decimal(found.p25), p75=one_decimal(found.p75),
        p10=one_decimal(found.p10), p90=one_decimal(found.p90),
    )  # fmt: skip


def place_in_short(found: Standing | None) -> str:
    """For a chart or a table: how many of the others are lower."""
    return "" if found is None or not found.others else _("above %(n)s/%(of)s", n=found.below, of=found.others)


def place_in_words(found: Standing | None) -> str:
    if found is None or found.percentile is None:
        return _("Its place among the others cannot be said: there are no others to set it beside.")
    return _(
        "%(below)s of %(others)s other organisations are lower, %(equal)s the same and %(above)s higher: "
        "percentile %(percentile)s.",
        below=found.below, others=found.others, equal=found.equal, above=found.above,
        percentile=Decimal(repr(found.percentile)).quantize(Decimal(1), ROUND_HALF_UP),
    )  # fmt: skip


# ---- what is said of all of it


def answers_known(published: Published) -> str:
    """Whether the numbers of answers were published with the figures."""
    return {
        frozenset({True}): _("number of answers unknown"),
        frozenset({False}): _("numbers of answers published"),
    }.get(_is_unknown(published), _("number of answers known in part"))


def _is_unknown(published: Published) -> frozenset[bool]:
    """Of all figures: is the number of answers unknown?"""
    return frozenset(
        figure.n is None for year in published.years for row in _rows(year) for figure in row.figures.values()
    )


def who_is_compared(published: Published) -> str:
    return _(
        "Percentiles are taken among the %(constant)s organisations that published figures in all years (%(years)s); "
        "%(partial)s more with figures in some years only are listed apart.",
        constant=len(published.constant), years=years_text([year.year for year in published.years]),
        partial=len(published.partial),
    )  # fmt: skip


def years_text(years: Sequence[int]) -> str:
    return _(", ").join(map(str, years))


def cannot_say(published: Published) -> str:
    is_unknown = _is_unknown(published)
    if False not in is_unknown:
        return _(
            "No answers lie behind these figures here (%(answers)s): how much of a difference is chance cannot be "
            "said, and nothing is tested. A higher percentile is not a better organisation.",
            answers=answers_known(published),
        )
    if True not in is_unknown:
        return _(
            "No answers lie behind these figures here, but their numbers were published: the interval of an "
            "organisation's figure says how far chance may have moved it. No difference is tested. A higher percentile "
            "is not a better organisation."
        )
    return _(
        "No answers lie behind these figures here. Where the number of answers was published, the interval of an "
        "organisation's figure says how far chance may have moved it; elsewhere that cannot be said. No difference is "
        "tested. A higher percentile is not a better organisation."
    )


KEPT_WORDS = {
    "title": N_("title"),
    "origin": N_("who published the figures"),
    "measure": N_("what the percentages are of"),
    "wordings": N_("wordings"),
}
"""What stays of a series at an import that does not give it anew; the speaker translates."""


def items_sentence(published: Published, year: Year) -> str:
    medians = {code: found for code in year.items if (found := bands(published, year.year, code))}
    if not medians:
        return _(
            "In %(year)s fewer than %(least)s organisations of all years published these items: no percentiles are "
            "taken.",
            year=year.year, least=LEAST_FOR_BANDS,
        )  # fmt: skip
    measure = year.measure.rstrip(". 。")
    items = (
        _("%(year)s, %(items)s items: %(measure)s.", year=year.year, items=len(year.items), measure=measure)
        if measure
        else _("%(year)s, %(items)s items.", year=year.year, items=len(year.items))
    )
    high = max(medians, key=lambda code: medians[code].p50)
    low = min(medians, key=lambda code: medians[code].p50)
    return _(
        "%(items)s The median organisation is highest on “%(high)s” (%(most)s) and lowest on “%(low)s” (%(least)s).",
        items=items, high=item_label(published, high), most=one_decimal(medians[high].p50),
        low=item_label(published, low), least=one_decimal(medians[low].p50),
    )  # fmt: skip


def participation_sentence(published: Published, year: Year) -> str:
    found = bands(published, year.year, year.participation or "")
    if found is None:
        return _("There are no percentiles of the participation of %(year)s.", year=year.year)
    return _(
        "%(year)s: in the median organisation %(median)s took part; half of the organisations lie between %(low)s and "
        "%(high)s.",
        year=year.year, median=one_decimal(found.p50), low=one_decimal(found.p25), high=one_decimal(found.p75),
    )  # fmt: skip


def over_hundred_note(published: Published, year: Year) -> str:
    """Which figures of a year are above 100; empty where none is."""
    found = [
        _("%(name)s: %(value)s", name=row.name, value=one_decimal(figure.percent))
        for row in _rows(year)
        for figure in row.figures.values()
        if figure.percent > 100
    ]
    if not found:
        return ""
    return _("Above 100 percent, kept as published: %(figures)s.", figures=_("; ").join(found))


def organisation_sentence(published: Published, year: Year, row: Organisation) -> str:
    """How many of its items stand above, at and below the median organisation."""
    pairs = [
        (row.figures[code].percent, found.p50)
        for code in year.items
        if code in row.figures and (found := bands(published, year.year, code))
    ]
    if not pairs:
        return _("%(year)s: there is nothing to set the figures beside.", year=year.year)
    above, below = sum(value > median for value, median in pairs), sum(value < median for value, median in pairs)
    return _(
        "%(year)s: of %(items)s items, %(above)s stand above the median organisation, %(below)s below and %(equal)s at "
        "it.",
        year=year.year, items=len(pairs), above=above, below=below, equal=len(pairs) - above - below,
    )  # fmt: skip


def own_participation_sentence(published: Published, year: Year, row: Organisation) -> str:
    code = year.participation or ""
    if code not in row.figures:
        return _("The participation of %(year)s was not published.", year=year.year)
    return _(
        "%(year)s: %(percent)s took part. %(place)s",
        year=year.year, percent=figure_text(row.figures[code]),
        place=place_in_words(standing(published, year.year, code, row.name)),
    )  # fmt: skip


def item_sentence(published: Published, code: str) -> str:
    told = [
        _("%(year)s %(median)s", year=year.year, median=one_decimal(found.p50))
        for year in published.years
        if (found := bands(published, year.year, code))
    ]
    if not told:
        return _("Fewer than %(least)s organisations of all years published this item.", least=LEAST_FOR_BANDS)
    broken = [passage for passage in passages(published, code) if not passage.is_joined]
    said = _("Median organisation: %(figures)s.", figures=_(", ").join(told))
    if not broken:
        return said
    years = _(", ").join(
        _("%(earlier)s to %(later)s (%(text)s)", earlier=one.earlier, later=one.later, text=join_mark(one))
        for one in broken
    )
    return said + _(" Not to be read as one line: %(years)s.", years=years)


def _rows(year: Year) -> tuple[Organisation, ...]:
    return (*year.organisations.values(), *year.references.values())
