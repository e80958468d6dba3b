"""Published figures: the list of series, a year of one, an organisation, an item, bringing a file in, downloads."""

from __future__ import annotations

from collections.abc import Sequence
from io import BytesIO
from uuid import UUID

from flask import Blueprint, abort, flash, redirect, render_template, request, send_file, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from analysis.published import Published, Year
from survey_app import services
from survey_app.errors import Refusal
from survey_app.extensions import csrf, db
from survey_app.forms.committee import ConfirmForm
from survey_app.forms.history import FiguresForm
from survey_app.models import PublishedSeries
from survey_app.permissions import Right, requires, unit_in_scope, units_in_scope
from survey_app.services.column_maps import MapKind
from survey_app.services.figures_map import read_figures_map
from survey_app.services.published import (
    FiguresOverHundred,
    ImportedFigures,
    delete_series,
    figures_csv,
    hashes_of,
    import_figures,
    published_of,
    series_of,
    wordings_csv,
)
from survey_app.services.published_file import FiguresTable, OverHundred, read_figures, read_wordings
from survey_app.services.table_file import MAXIMUM_BYTES, AnswersFileError, TableProblem
from survey_app.web.annual import LONGEST_OPEN_TABLE
from survey_app.web.circumstances import clock, may, person
from survey_app.web.files import allow_a_file
from survey_app.web.history import problem_rows
from survey_app.web.kept_maps import keep_if_named, map_source, offer_maps
from survey_app.web.labels import in_words
from survey_app.web.published_page import item_blocks, organisation_blocks, series_blocks
from survey_app.wording import published as words
from survey_app.wording.published_tables import item_key, organisation_key

published = Blueprint("published", __name__, url_prefix="/committee/published")

# As for files of answers: the form checks the token, under the limit for files.
csrf.exempt(published)

DOWNLOADS = {"figures": figures_csv, "wordings": wordings_csv}
OVER_SHOWN = 50


@published.get("/")
@requires(Right.VIEW_RESULTS)
def index() -> ResponseReturnValue:
    series = series_of(db.session, units_in_scope(person(), Right.VIEW_RESULTS))
    may_import = bool(units_in_scope(person(), Right.RUN_SURVEYS))
    return render_template("published/index.html", series=series, may_import=may_import)


@published.get("/<uuid:series_id>")
@requires(Right.VIEW_RESULTS)
def show(series_id: UUID) -> ResponseReturnValue:
    series = _series(series_id)
    found = published_of(db.session, series)
    year = found.year(request.args.get("year", found.years[-1].year, type=int)) or abort(404)
    return render_template(
        "published/show.html",
        series=series,
        title=_("%(title)s %(year)s", title=series.title, year=year.year),
        years=[(one.year, one is year) for one in found.years],
        facts=_facts(series, found),
        blocks=series_blocks(found, hashes_of(series), year),
        downloads=_downloads(series),
        may_delete=may(Right.RUN_SURVEYS, series.unit),
        **_links(series, found),
    )


@published.get("/<uuid:series_id>/organisation")
@requires(Right.VIEW_RESULTS)
def organisation(series_id: UUID) -> ResponseReturnValue:
    """The organisation named in the address."""
    series, name = _series(series_id), request.args.get("name", "")
    found = published_of(db.session, series)
    year = next((year for year in reversed(found.years) if name in year.organisations), None) or abort(404)
    return render_template(
        "published/part.html",
        series=series,
        title=name,
        under=year.organisations[name].group,
        blocks=organisation_blocks(found, hashes_of(series), year, name),
        **_links(series, found),
    )


@published.get("/<uuid:series_id>/item")
@requires(Right.VIEW_RESULTS)
def item(series_id: UUID) -> ResponseReturnValue:
    """The item whose code the address names."""
    series, code = _series(series_id), request.args.get("code", "")
    found = published_of(db.session, series)
    if code not in found.items and code not in {year.participation for year in found.years}:
        abort(404)
    return render_template(
        "published/part.html",
        series=series,
        title=words.item_label(found, code),
        under="",
        blocks=item_blocks(found, hashes_of(series), code),
        **_links(series, found),
    )


@published.get("/<uuid:series_id>/download/<any(figures, wordings):which>")
@requires(Right.EXPORT)
def download(series_id: UUID, which: str) -> ResponseReturnValue:
    """What was imported, with every digit as it was published."""
    series = _series(series_id, Right.EXPORT)
    content = "\ufeff" + DOWNLOADS[which](db.session, series)
    services.record(db.session, person(), "published.export", series, clock=clock(), unit=series.unit, code=series.code)
    db.session.commit()
    name = f"{series.code}-{which}.csv"
    return send_file(BytesIO(content.encode()), "text/csv; charset=utf-8", as_attachment=True, download_name=name)


@published.route("/<uuid:series_id>/delete", methods=["GET", "POST"])
@requires(Right.RUN_SURVEYS)
def delete(series_id: UUID) -> ResponseReturnValue:
    series, form = _series(series_id, Right.RUN_SURVEYS), ConfirmForm()
    if not form.validate_on_submit():
        return render_template("published/delete.html", series=series, form=form)
    delete_series(db.session, series, by=person(), clock=clock())
    db.session.commit()
    flash(_("The published figures have been deleted."))
    return redirect(url_for(".index"))


@published.route("/import", methods=["GET", "POST"])
@requires(Right.RUN_SURVEYS)
def new() -> ResponseReturnValue:
    allow_a_file(MAXIMUM_BYTES)
    form = FiguresForm()
    offer_maps(form, MapKind.AGGREGATES)
    if not form.validate_on_submit():
        form.say_expired()
        return _import_page(form, 422 if form.is_submitted() else 200)
    try:
        return _imported(form)
    except AnswersFileError as error:
        db.session.rollback()
        return _import_page(form, 422, problems=error.problems)
    except FiguresOverHundred as refusal:
        db.session.rollback()
        form.over_100.errors = [in_words(refusal)]
        return _import_page(form, refusal.status, over_100=refusal.figures)
    except Refusal as refusal:
        db.session.rollback()
        form.file.errors = [in_words(refusal)]
        return _import_page(form, refusal.status)


def _imported(form: FiguresForm) -> ResponseReturnValue:
    """Read the files, store them or only tell what they hold. Raises: AnswersFileError, Refusal."""
    unit = unit_in_scope(UUID(form.unit.data), Right.RUN_SURVEYS)
    said = read_figures_map(map_source(form).encode())
    table = read_figures(form.file.data.read(), form.file.data.filename or "", said)
    upload = form.wordings.data
    wordings = read_wordings(upload.read(), upload.filename, said) if upload else {}
    imported = import_figures(
        db.session, table, said, wordings=wordings, unit=unit, may_replace=bool(form.replace.data),
        over_100_confirmed=bool(form.over_100.data or form.only_check.data), by=person(), clock=clock(),
    )  # fmt: skip
    if form.only_check.data:
        db.session.rollback()
        return _import_page(
            form, 200, checked=table, references=said.references, over_100=table.over_100, kept=_kept(imported)
        )
    if not keep_if_named(form, MapKind.AGGREGATES, unit):
        db.session.rollback()
        return _import_page(form, 422)
    db.session.commit()
    flash(_("%(figures)s figures have been imported.", figures=imported.figures))
    if kept := _kept(imported):
        flash(kept)
    return redirect(url_for(".show", series_id=imported.series.id))


def _kept(imported: ImportedFigures) -> str:
    """What stays of the series because nothing new was given; empty where nothing does."""
    parts = _(", ").join(_(words.KEPT_WORDS[part]) for part in imported.kept)
    return _("Kept as stored, since nothing new was given: %(kept)s.", kept=parts) if parts else ""


def _import_page(
    form: FiguresForm,
    status: int,
    *,
    problems: Sequence[TableProblem] = (),
    over_100: Sequence[OverHundred] = (),
    checked: FiguresTable | None = None,
    references: Sequence[str] = (),
    kept: str = "",
) -> ResponseReturnValue:
    read = [] if checked is None else [
        (
            year,
            sum(name not in references for name in found),
            sum(name in references for name in found),
            sum(len(row.figures) for row in found.values()),
        )
        for year, found in sorted(checked.years.items())
    ]  # fmt: skip
    return render_template(
        "published/import.html", form=form, problems=problem_rows(problems), over_100=over_100[:OVER_SHOWN],
        over_count=len(over_100), read=read, missing=checked.missing if checked else 0, kept=kept,
    ), status  # fmt: skip


def _series(series_id: UUID, right: Right = Right.VIEW_RESULTS) -> PublishedSeries:
    """The series, or 404 where its unit is not in scope."""
    series = db.session.get(PublishedSeries, series_id) or abort(404)
    unit_in_scope(series.unit_id, right)
    return series


def _facts(series: PublishedSeries, found: Published) -> list[tuple[str, str]]:
    latest: Year = found.years[-1]
    facts = [
        (_("Published by"), series.origin),
        (_("Figures"), latest.measure),
        (_("Numbers of answers"), words.answers_known(found)),
        (_("Reference rows"), _("; ").join(latest.references)),
        (
            _("Organisations"),
            _(
                "%(constant)s in all years, %(partial)s in some",
                constant=len(found.constant),
                partial=len(found.partial),
            ),
        ),
        (_("Belongs to"), series.unit.name),
    ]
    return [(term, text) for term, text in facts if text]


def _links(series: PublishedSeries, found: Published) -> dict[str, object]:
    """Addresses of organisations and items, for the tables."""
    names = (*found.constant, *found.partial)
    codes = dict.fromkeys((*found.items, *(year.participation for year in found.years if year.participation)))
    organisations = {organisation_key(name): url_for(".organisation", series_id=series.id, name=name) for name in names}
    items = {item_key(code): url_for(".item", series_id=series.id, code=code) for code in codes}
    return {"addresses": organisations | items, "longest": LONGEST_OPEN_TABLE}


def _downloads(series: PublishedSeries) -> list[tuple[str, str]]:
    if not may(Right.EXPORT, series.unit):
        return []
    labels = {"figures": _("Figures as CSV"), "wordings": _("Wordings as CSV")}
    return [(label, url_for(".download", series_id=series.id, which=which)) for which, label in labels.items()]
