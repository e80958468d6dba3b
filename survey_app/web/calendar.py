"""The calendar of a unit's year: its days on one page, each station on its own to choose its day or tick it off."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from uuid import UUID

from flask import Blueprint, abort, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from survey_app.extensions import db
from survey_app.forms.calendar import StationForm
from survey_app.models import Unit
from survey_app.permissions import Right, requires, unit_in_scope
from survey_app.services.calendar import DayChoice, Progress, Station, StationImpossible, set_station, stations_of
from survey_app.text_filters import iso_date
from survey_app.web.circumstances import clock, may, person
from survey_app.web.labels import in_words, label
from survey_app.web.year_page import station_hint

calendar = Blueprint("calendar", __name__, url_prefix="/committee/calendar")


@dataclass(frozen=True, slots=True)
class CalendarRow:
    name: str
    day: str
    chosen_by: str
    standing: str
    address: str
    """Where it is changed; empty for those who may not."""


@calendar.get("/<uuid:unit_id>/<int(min=2000, max=2100):year>")
@requires(Right.VIEW_SURVEYS)
def show(unit_id: UUID, year: int) -> ResponseReturnValue:
    unit = unit_in_scope(unit_id)
    may_change = may(Right.RUN_SURVEYS, unit)
    rows = [_row(station, may_change, clock().today()) for station in stations_of(db.session, unit, year)]
    return render_template("calendar/show.html", unit=unit, year=year, rows=rows, may_change=may_change)


@calendar.route("/<uuid:unit_id>/<int(min=2000, max=2100):year>/<station>", methods=["GET", "POST"])
@requires(Right.RUN_SURVEYS)
def station(unit_id: UUID, year: int, station: str) -> ResponseReturnValue:
    unit = unit_in_scope(unit_id)
    present = next((found for found in stations_of(db.session, unit, year) if found.kind == station), None)
    if present is None:
        abort(404)
    form = StationForm(data=_as_decided(present))
    form.choice.choices = _choices(present, unit)
    if not form.validate_on_submit():
        return _station_page(present, form), 422 if form.is_submitted() else 200
    try:
        set_station(
            db.session, unit, year, present.kind,
            choice=DayChoice(form.choice.data), due_on=form.due_on.data, done_on=form.done_on.data,
            note=form.note.data or "", by=person(), clock=clock(),
        )  # fmt: skip
    except StationImpossible as refusal:
        field = form.due_on if refusal.reason == "day" else form.done_on
        field.errors = [in_words(refusal)]
        return _station_page(present, form), 422
    db.session.commit()
    flash(_("The calendar has been changed."))
    return redirect(url_for(".show", unit_id=unit.id, year=year))


def _station_page(station: Station, form: StationForm) -> str:
    return render_template(
        "calendar/station.html", station=station, unit=station.unit, form=form, hint=station_hint(station.kind)
    )


def _as_decided(station: Station) -> dict[str, object]:
    """What the unit itself has decided so far."""
    own = station.own
    if own is None:
        return {"choice": DayChoice.AS_ABOVE.value, "due_on": station.day}
    chosen = DayChoice.LEFT_OUT if own.is_left_out else DayChoice.OWN_DAY if own.due_on else DayChoice.AS_ABOVE
    return {"choice": chosen.value, "due_on": station.day, "done_on": own.done_on, "note": own.note}


def _choices(station: Station, unit: Unit) -> list[tuple[str, str]]:
    above = _("as the unit above has it") if unit.parent_id else _("on the usual day")
    return [
        (DayChoice.AS_ABOVE.value, above),
        (DayChoice.OWN_DAY.value, _("on a day of our own")),
        (DayChoice.LEFT_OUT.value, _("left out this year")),
    ]


def _row(station: Station, may_change: bool, today: date) -> CalendarRow:
    address = url_for(".station", unit_id=station.unit.id, year=station.year, station=station.kind.value)
    return CalendarRow(
        name=label(station.kind),
        day=iso_date(station.day) if station.day else _("left out"),
        chosen_by=_chosen_by(station),
        standing=_standing(station, today),
        address=address if may_change else "",
    )


def _chosen_by(station: Station) -> str:
    if station.set_by is None:
        return _("usual day")
    return _("own choice") if station.set_by is station.unit else station.set_by.name


def _standing(station: Station, today: date) -> str:
    if station.progress is Progress.DONE and station.done_on is not None:
        said = _("done on %(day)s", day=iso_date(station.done_on))
    elif station.is_called_for(today) and station.overdue_days(today):
        said = _("%(days)s days overdue", days=station.overdue_days(today))
    elif station.is_open and not station.is_called_for(today):
        said = _("not held")
    else:
        said = label(station.progress)
    return f"{said} · {station.note}" if station.note else said
