"""The evidence package of a unit's year: what goes in, how it is checked, and the file itself."""

from __future__ import annotations

from io import BytesIO
from uuid import UUID

from flask import Blueprint, abort, render_template, send_file
from flask.typing import ResponseReturnValue

from survey_app import services
from survey_app.crypto.package_key import public_key
from survey_app.dossier.jobs import PACKAGE, should_wait
from survey_app.extensions import db
from survey_app.forms.packages import PackageForm
from survey_app.models import Survey, Unit
from survey_app.permissions import Right, requires, unit_in_scope
from survey_app.services.reviews import reviewable, reviews_of
from survey_app.web.circumstances import clock, installation_secret, may, person
from survey_app.web.context import page_language
from survey_app.web.jobs import make_apart

packages = Blueprint("packages", __name__, url_prefix="/committee/packages")


@packages.get("/<uuid:unit_id>/<int:year>")
@requires(Right.EXPORT)
def show(unit_id: UUID, year: int) -> ResponseReturnValue:
    unit = unit_in_scope(unit_id)
    years = reviewable(db.session, unit)
    surveys = years.get(year, [])
    minutes = [review for review in reviews_of(db.session, unit) if review.year == year]
    return render_template(
        "packages/show.html",
        unit=unit,
        year=year,
        years=[other for other in years if other != year],
        surveys=surveys,
        has_minutes=bool(minutes),
        are_minutes_signed=bool(minutes) and all(review.signed_at is not None for review in minutes),
        may_have_rows=may(Right.EXPORT_ROWS, unit),
        rows_go_along=_rows_go_along(surveys, unit),
        may_see_result=may(Right.VIEW_RESULTS, unit),
        key=public_key(installation_secret()).hex(),
        form=PackageForm(),
    )


@packages.post("/<uuid:unit_id>/<int:year>")
@requires(Right.EXPORT)
def make(unit_id: UUID, year: int) -> ResponseReturnValue:
    from survey_app.dossier.package import MIME, build_package  # loads what writes every kind of document

    unit = unit_in_scope(unit_id)
    form = PackageForm()
    if not form.validate_on_submit():
        abort(400)
    if form.with_rows.data:
        unit_in_scope(unit_id, Right.EXPORT_ROWS)
    surveys = reviewable(db.session, unit).get(year, [])
    large = next((survey for survey in surveys if should_wait(db.session, survey, unit)), None)
    if large is not None:
        return make_apart(large, unit, PACKAGE, year=year, with_rows=bool(form.with_rows.data))
    made = build_package(
        db.session, unit, year,
        secret=installation_secret(), with_rows=bool(form.with_rows.data), language=page_language(),
    )  # fmt: skip
    services.record(
        db.session, person(), "package.make", unit, clock=clock(), year=year, sha256=made.sha256, has_rows=made.has_rows
    )
    db.session.commit()
    return send_file(BytesIO(made.content), MIME, as_attachment=True, download_name=made.manifest.filename)


def _rows_go_along(surveys: list[Survey], unit: Unit) -> bool:
    if not may(Right.EXPORT_ROWS, unit):
        return False
    from survey_app.dossier.package import rows_may_go_along

    return any(rows_may_go_along(db.session, survey, unit) for survey in surveys)
