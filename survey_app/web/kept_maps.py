"""The column map of an upload: one kept from before or one typed, and keeping the typed one."""

from __future__ import annotations

from uuid import UUID

from flask import abort
from flask_babel import gettext as _

from survey_app.extensions import db
from survey_app.forms.history import UploadForm
from survey_app.models import ColumnMap, Unit
from survey_app.permissions import Right, units_readable
from survey_app.services.column_maps import MapKind, MapNameTaken, keep_map, maps_of
from survey_app.web.circumstances import clock, may, person, unit_choices, units_under
from survey_app.web.labels import in_words


def offer_maps(form: UploadForm, kind: MapKind) -> None:
    """Units over which surveys are run, and the maps of these and of units above them."""
    kept = [
        (str(one.id), _("%(name)s (%(unit)s)", name=one.name, unit=one.unit.name))
        for one in maps_of(db.session, units_readable(Right.RUN_SURVEYS), kind)
    ]
    form.offer(units=unit_choices(units_under(Right.RUN_SURVEYS)), kept=kept)


def map_source(form: UploadForm) -> str:
    """What the map of a valid form says; empty without one."""
    if form.kept.data:
        return readable_map(UUID(form.kept.data)).source
    return (form.column_map.data or "").strip()


def keep_if_named(form: UploadForm, kind: MapKind, unit: Unit) -> bool:
    """Keep the typed map under the name given; a name that is taken becomes an error beside its field."""
    if not form.keep_as.data:
        return True
    try:
        keep_map(
            db.session, unit=unit, kind=kind, name=form.keep_as.data, source=map_source(form), by=person(),
            clock=clock(),
        )  # fmt: skip
    except MapNameTaken as refusal:
        form.keep_as.errors = [in_words(refusal)]
        return False
    return True


def readable_map(map_id: UUID) -> ColumnMap:
    """A map of a unit in scope or of one above it, or 404."""
    kept = db.session.get(ColumnMap, map_id)
    if kept is None or kept.unit_id not in units_readable(Right.RUN_SURVEYS):
        abort(404)
    return kept


def map_in_scope(map_id: UUID) -> ColumnMap:
    """A map of a unit in scope, which may be changed, or 404."""
    kept = readable_map(map_id)
    return kept if may(Right.RUN_SURVEYS, kept.unit) else abort(404)
