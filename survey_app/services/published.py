"""Series of published figures: kept by year with their hash, read back into `analysis.published`, handed out unchanged.

Reading a file is `published_file`. No answers lie behind these figures, so nothing here knows ballots or surveys.
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from hashlib import sha256
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session, selectinload

from analysis.published import Figure, Organisation, Published, Year, describe
from instruments.wording import N_
from survey_app.clock import Clock
from survey_app.errors import Refusal
from survey_app.models import PublishedSeries, PublishedYear, Unit
from survey_app.services.audit import Actor, record
from survey_app.services.figures_map import FiguresMap
from survey_app.services.published_file import FiguresTable, OverHundred, ReadOrganisation
from survey_app.services.shelf import Shelf

SERIES: Shelf[Published] = Shelf(16)
"""By the hashes of its years."""


class FiguresOverHundred(Refusal):
    """Figures above 100 that nobody has confirmed: ``figures`` are the first of them, by row."""

    status = 422
    template = N_(
        "%(count)s figures are above 100 percent. They are kept as published and marked, once you confirm that they "
        "were published so."
    )

    def __init__(self, figures: tuple[OverHundred, ...]) -> None:
        super().__init__(count=len(figures))
        self.figures = figures


class YearsKnown(Refusal):
    template = N_(
        "The series has figures of %(years)s already. They are replaced only if you say so; nothing was stored."
    )


class FiguresAhead(Refusal):
    status = 422
    template = N_("%(year)s lies ahead: only figures of years up to now can be imported.")


class FiguresAltered(Refusal):
    """The stored bytes do not have the hash that was written down at the import."""

    status = 500
    template = N_("The published figures of %(year)s have been altered: their hash is not the one of the import.")


@dataclass(frozen=True, slots=True)
class ImportedFigures:
    series: PublishedSeries
    years: tuple[int, ...]
    replaced: tuple[int, ...]
    figures: int
    kept: tuple[str, ...] = ()
    """What neither the map nor a file of wordings gave, so that the stored stays: title, origin, measure, wordings."""


def import_figures(
    session: Session,
    table: FiguresTable,
    said: FiguresMap,
    *,
    wordings: Mapping[int, Mapping[str, str]],
    unit: Unit,
    may_replace: bool,
    over_100_confirmed: bool,
    by: Actor,
    clock: Clock,
) -> ImportedFigures:
    """Store the years of a file in the unit's series of that name, which is made if there is none.

    What the series says already and nobody gives anew stays: its title and origin, and of a year that is replaced
    the measure and the wordings.

    Raises: FiguresAhead, FiguresOverHundred, YearsKnown.
    """
    if (latest := max(table.years)) > clock.today().year:
        raise FiguresAhead(year=latest)
    if table.over_100 and not over_100_confirmed:
        raise FiguresOverHundred(table.over_100)
    series = session.scalar(select(PublishedSeries).filter_by(unit_id=unit.id, code=said.series))
    known = {year.year: year for year in series.years} if series else {}
    replaced = tuple(sorted(set(known) & set(table.years)))
    if replaced and not may_replace:
        raise YearsKnown(years=", ".join(map(str, replaced)))
    before = {number: _intact(known[number]) for number in replaced}
    kept = _kept(series, before, said, wordings)
    if series is None:
        series = PublishedSeries(code=said.series, title="", origin="", unit=unit)
        session.add(series)
    series.title = said.title or series.title or said.series
    series.origin = said.origin or series.origin
    hashes = {}
    for number, organisations in sorted(table.years.items()):
        was = before.get(number, {})
        content = _stored(
            organisations, said, measure=said.measure or was.get("measure", ""),
            wordings=wordings.get(number) or was.get("wordings", {}),
        )  # fmt: skip
        digest = hashes[number] = sha256(content).hexdigest()
        if number in known:
            year = known[number]
            year.sha256, year.figures, year.imported_at = digest, content, clock.now()
        else:
            series.years.append(PublishedYear(year=number, sha256=digest, figures=content, imported_at=clock.now()))
    record(
        session, by, "published.import", series, clock=clock, unit=unit, code=said.series, figures=table.figures,
        years=sorted(table.years), replaced=list(replaced), over_100=len(table.over_100), sha256=list(hashes.values()),
    )  # fmt: skip
    return ImportedFigures(series, tuple(sorted(table.years)), replaced, table.figures, kept)


def _intact(year: PublishedYear) -> dict[str, Any]:
    """What is stored of a year; nothing where it was altered, since replacing it is then the remedy."""
    return json.loads(year.figures) if sha256(year.figures).hexdigest() == year.sha256 else {}


def _kept(
    series: PublishedSeries | None,
    before: Mapping[int, Mapping[str, Any]],
    said: FiguresMap,
    wordings: Mapping[int, Mapping[str, str]],
) -> tuple[str, ...]:
    """What the series or a replaced year has and nobody gives anew, in the order in which it is told."""
    if series is None:
        return ()
    stays = {
        "title": not said.title and series.title != said.series,
        "origin": not said.origin and bool(series.origin),
        "measure": not said.measure and any(was.get("measure") for was in before.values()),
        "wordings": any(was.get("wordings") and not wordings.get(number) for number, was in before.items()),
    }
    return tuple(part for part, stayed in stays.items() if stayed)


def delete_series(session: Session, series: PublishedSeries, *, by: Actor, clock: Clock) -> None:
    """Take a series away with all its years; the record of acts keeps their hashes."""
    years = {"years": [year.year for year in series.years], "sha256": [year.sha256 for year in series.years]}
    record(session, by, "published.delete", series, clock=clock, unit=series.unit, code=series.code, **years)
    session.delete(series)
    session.flush()


def series_of(session: Session, units: Iterable[UUID]) -> list[PublishedSeries]:
    """The series of these units with their years, by title; two queries."""
    found = (
        select(PublishedSeries)
        .options(selectinload(PublishedSeries.years), selectinload(PublishedSeries.unit))
        .order_by(PublishedSeries.title, PublishedSeries.code)
    )
    wanted = set(units)
    return [series for series in session.scalars(found) if series.unit_id in wanted]


def hashes_of(series: PublishedSeries) -> tuple[str, ...]:
    """What everything shown of a series follows from."""
    return tuple(year.sha256 for year in series.years)


def published_of(session: Session, series: PublishedSeries) -> Published:
    """The series for analysis; parsed once for its hashes. Raises: FiguresAltered."""
    return SERIES.get(
        hashes_of(series), lambda: describe([_year(year.year, said) for year, said in _contents(session, series)])
    )


def figures_csv(session: Session, series: PublishedSeries) -> str:
    """What was imported, figure by figure, with every digit as it was published."""
    rows: list[tuple[object, ...]] = [("year", "organisation", "group", "item", "value", "n", "scale", "reference")]
    for year, said in _contents(session, series):
        for organisation in said["organisations"]:
            name, group, is_reference = (organisation[key] for key in ("name", "group", "is_reference"))
            for item, (text, n) in organisation["figures"].items():
                answers = "" if n is None else n
                rows.append((year.year, name, group, item, text, answers, _scale(said, item), int(is_reference)))
    return _csv(rows)


def wordings_csv(session: Session, series: PublishedSeries) -> str:
    rows: list[tuple[object, ...]] = [("year", "item", "wording")]
    for year, said in _contents(session, series):
        rows += [(year.year, item, wording) for item, wording in said["wordings"].items()]
    return _csv(rows)


def _csv(rows: Iterable[tuple[object, ...]]) -> str:
    written = io.StringIO()
    csv.writer(written).writerows(rows)
    return written.getvalue()


def _stored(
    organisations: Mapping[str, ReadOrganisation], said: FiguresMap, *, measure: str, wordings: Mapping[str, str]
) -> bytes:
    """One year as JSON in one form: the same figures have the same hash."""
    items = {item for organisation in organisations.values() for item in organisation.figures}
    otherwise = {item: scale for item in sorted(items) if (scale := said.scale_of(item)) != said.values}
    content = {
        "scale": said.values,
        **({"scales": otherwise} if otherwise else {}),
        "measure": measure,
        "participation": said.participation,
        "wordings": {item: wording for item, wording in wordings.items() if item in items},
        "organisations": [
            {
                "name": organisation.name,
                "group": organisation.group,
                "is_reference": organisation.name in said.references,
                "figures": {item: (figure.text, figure.n) for item, figure in organisation.figures.items()},
            }
            for organisation in organisations.values()
        ],
    }
    return json.dumps(content, ensure_ascii=False, separators=(",", ":")).encode()


def _contents(session: Session, series: PublishedSeries) -> list[tuple[PublishedYear, dict[str, Any]]]:
    """Years with what is stored of them, earliest first. Raises: FiguresAltered."""
    stored = session.execute(
        select(PublishedYear, PublishedYear.figures).filter_by(series_id=series.id).order_by(PublishedYear.year)
    )
    found = []
    for year, figures in stored:
        if sha256(figures).hexdigest() != year.sha256:
            raise FiguresAltered(year=year.year)
        found.append((year, json.loads(figures)))
    return found


def _scale(said: Mapping[str, Any], item: str) -> str:
    """On which scale the figures of an item are stored: that of the year, unless the item has one of its own."""
    return str(said.get("scales", {}).get(item, said["scale"]))


def _figure(said: Mapping[str, Any], item: str, text: str, n: int | None) -> Figure:
    return Figure(text, float(Decimal(text) * (100 if _scale(said, item) == "share" else 1)), n)


def _year(number: int, said: Mapping[str, Any]) -> Year:
    rows = {
        row["name"]: (
            row["is_reference"],
            Organisation(
                row["name"],
                row["group"],
                {item: _figure(said, item, text, n) for item, (text, n) in row["figures"].items()},
            ),
        )
        for row in said["organisations"]
    }
    published = dict.fromkeys(item for _, row in rows.values() for item in row.figures)
    known = [item for item in said["wordings"] if item in published]
    order = [*known, *(item for item in published if item not in said["wordings"])]
    return Year(
        number,
        tuple(item for item in order if item != said["participation"]),
        {name: row for name, (is_reference, row) in rows.items() if not is_reference},
        {name: row for name, (is_reference, row) in rows.items() if is_reference},
        said["wordings"],
        said["participation"],
        said["measure"],
    )
