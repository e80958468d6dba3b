"""Early warnings of a unit: its pulses as control charts; for a higher committee the units below that signal."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from survey_app import services
from survey_app.charts import Figure
from survey_app.charts.control import draw_control
from survey_app.charts.layout import NARROW, WIDE
from survey_app.charts.render import page_svg
from survey_app.extensions import db
from survey_app.permissions import Right, requires, unit_in_scope
from survey_app.services.pulse_chart import PulseSeries, UnitWithPulses
from survey_app.services.unit_tree import unit_tree
from survey_app.web.annual import LONGEST_OPEN_TABLE, Block, Content, numbered
from survey_app.web.circumstances import home_unit, may, unit_choices, units_under
from survey_app.wording import warnings as words
from survey_app.wording.names import names_of

warnings = Blueprint("warnings", __name__, url_prefix="/committee/warnings")


@warnings.get("/")
@requires(Right.VIEW_RESULTS)
def index() -> ResponseReturnValue:
    chosen = request.args.get("unit", type=UUID)
    unit = unit_in_scope(chosen, Right.VIEW_RESULTS) if chosen else home_unit(Right.VIEW_RESULTS)
    return redirect(url_for(".show", unit_id=unit.id))


@warnings.get("/<uuid:unit_id>")
@requires(Right.VIEW_RESULTS)
def show(unit_id: UUID) -> ResponseReturnValue:
    unit = unit_in_scope(unit_id, Right.VIEW_RESULTS)
    tree = unit_tree(db.session)
    below = {place.id for place in tree.below(unit.id) if place.id != unit.id and may(Right.VIEW_RESULTS, place)}
    series = sorted(services.pulse_series(db.session, unit), key=lambda one: one.chart.fresh is None)  # signals first
    found = services.units_with_pulses(db.session, below) if below else []
    return render_template(
        "warnings/show.html",
        unit=unit,
        units=unit_choices(units_under(Right.VIEW_RESULTS)),
        blocks=_blocks(series),
        summary=words.summary([one.chart for one in series], _labels(series)),
        below=words.units_table([_unit_row(one, tree[one.unit_id].name) for one in found]) if found else None,
        longest=LONGEST_OPEN_TABLE,
        addresses={str(one.unit_id): url_for(".show", unit_id=one.unit_id) for one in found},
        not_looked_into=sum(one.series is None for one in found),
    )


def _unit_row(one: UnitWithPulses, name: str) -> words.UnitPulses:
    signals = None
    if one.series is not None:
        labelled = zip(one.series, _labels(one.series), strict=True)
        signals = tuple((label, kind) for each, label in labelled if (kind := each.chart.fresh) is not None)
    return words.UnitPulses(str(one.unit_id), name, one.pulses, one.latest, signals)


def _labels(series: Sequence[PulseSeries]) -> list[str]:
    return [names_of(one.instrument).item(one.item) for one in series]


def _blocks(series: Sequence[PulseSeries]) -> list[Block]:
    return [
        Block(f"question-{number + 1}", numbered(number, label), _content(one, number, label))
        for number, (one, label) in enumerate(zip(series, _labels(series), strict=True))
    ]


def _content(one: PulseSeries, number: int, label: str) -> Content:
    wide, narrow = (draw_control(one.chart, width) for width in (WIDE, NARROW))
    return Content(
        words.sentence(one.chart),
        words.cannot(),
        Figure(page_svg(wide, f"pulse-{number}-w", "w"), page_svg(narrow, f"pulse-{number}-n", "n")),
        words.reading(one.chart),
        tables=(words.table(one.chart, label),),
    )
