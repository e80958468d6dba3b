"""The management review: its list, its minutes to fill in, to sign and to take away as a Word document."""

from __future__ import annotations

from io import BytesIO
from uuid import UUID

from flask import Blueprint, abort, flash, redirect, render_template, send_file, url_for
from flask.typing import ResponseReturnValue
from flask_babel import get_locale
from flask_babel import gettext as _

from analysis.tree import Report
from survey_app import services
from survey_app.dossier.minutes import head_of, minutes_of, review_title, signed_by, standing_of
from survey_app.errors import NothingToReport
from survey_app.extensions import db
from survey_app.forms.committee import ConfirmForm
from survey_app.forms.reviews import NO_ACTION, MeetingForm, MoveForm, NewPointForm, PointForm, SignForm, StartForm
from survey_app.models import AgendaPoint, Review, Survey, Unit
from survey_app.permissions import Right, requires, unit_in_scope
from survey_app.services.reviewed import Meeting, content_hash, is_unaltered, kept_report, results_today
from survey_app.services.reviews import (
    ReviewRefused,
    Said,
    add_point,
    change_point,
    change_review,
    discard_review,
    move_point,
    remove_point,
    reviewable,
    reviews_of,
    sign_review,
    start_review,
)
from survey_app.web.circumstances import clock, home_unit, may, person
from survey_app.web.labels import in_words
from survey_app.web.review_page import (
    actions_to_choose,
    agenda_from,
    chosen_action,
    point_cards,
    result_cards,
    review_rows,
    signing_of,
    voids,
    years_to_choose,
)

reviews = Blueprint("reviews", __name__, url_prefix="/committee/reviews")

WORD = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"


@reviews.get("/")
@requires(Right.VIEW_RESULTS)
def index() -> ResponseReturnValue:
    return redirect(url_for(".of_unit", unit_id=home_unit(Right.VIEW_RESULTS).id))


@reviews.get("/<uuid:unit_id>")
@requires(Right.VIEW_RESULTS)
def of_unit(unit_id: UUID) -> ResponseReturnValue:
    unit = unit_in_scope(unit_id)
    years = reviewable(db.session, unit)
    return render_template(
        "reviews/index.html",
        unit=unit,
        rows=review_rows(reviews_of(db.session, unit)),
        has_result=bool(years),
        may_start=bool(years) and may(Right.MANAGE_PLAN, unit),
    )


@reviews.route("/<uuid:unit_id>/new", methods=["GET", "POST"])
@requires(Right.MANAGE_PLAN)
def new(unit_id: UUID) -> ResponseReturnValue:
    unit = unit_in_scope(unit_id)
    years = reviewable(db.session, unit)
    form = StartForm(held_on=clock().today())
    form.offer(years_to_choose(years))
    if form.validate_on_submit():
        year = int(form.year.data)
        results = _results(years[year], unit)
        try:
            review = start_review(
                db.session, unit=unit, year=year, results=results, agenda=agenda_from(results),
                held_on=form.held_on.data, by=person(), clock=clock(),
            )  # fmt: skip
        except ReviewRefused as refusal:
            form.year.errors = [in_words(refusal)]
        else:
            db.session.commit()
            flash(_("The agenda has been filled in from the results."))
            return redirect(url_for(".show", review_id=review.id))
    page = render_template("reviews/new.html", unit=unit, form=form)
    return page, 422 if form.errors else 200


@reviews.get("/minutes/<uuid:review_id>")
@requires(Right.VIEW_RESULTS)
def show(review_id: UUID) -> ResponseReturnValue:
    review = _review_in_scope(review_id)
    is_closed = review.signed_at is not None
    return render_template(
        "reviews/show.html",
        unit=review.unit,
        review=review,
        title=review_title(review),
        standing=standing_of(review),
        head=head_of(review),
        points=point_cards(review),
        results=result_cards(review, results_today(db.session, review)),
        signatures=signed_by(review),
        is_closed=is_closed,
        is_unaltered=is_closed and is_unaltered(db.session, review),
        may_change=not is_closed and may(Right.MANAGE_PLAN, review.unit),
    )


@reviews.route("/minutes/<uuid:review_id>/meeting", methods=["GET", "POST"])
@requires(Right.MANAGE_PLAN)
def meeting(review_id: UUID) -> ResponseReturnValue:
    review = _open_review(review_id)
    form = MeetingForm(obj=review)
    if not form.validate_on_submit():
        page = render_template("reviews/meeting.html", unit=review.unit, review=review, title=review_title(review),
                               form=form, voids=voids(review))  # fmt: skip
        return page, 422 if form.is_submitted() else 200
    filled = Meeting(
        form.held_on.data, form.place.data or "", form.chair.data or "", form.recorder.data or "",
        form.expected.data, form.present.data, form.guests.data or "", form.closing.data or "",
    )  # fmt: skip
    return _saved(review, change_review(db.session, review, filled, by=person(), clock=clock()))


@reviews.route("/minutes/<uuid:review_id>/points/new", methods=["GET", "POST"])
@requires(Right.MANAGE_PLAN)
def new_point(review_id: UUID) -> ResponseReturnValue:
    review = _open_review(review_id)
    form = NewPointForm()
    if not form.validate_on_submit():
        page = render_template("reviews/new_point.html", unit=review.unit, review=review, title=review_title(review),
                               form=form, voids=voids(review))  # fmt: skip
        return page, 422 if form.is_submitted() else 200
    added = add_point(db.session, review, form.title.data, by=person(), clock=clock())
    db.session.commit()
    return redirect(url_for(".point", point_id=added.id))


@reviews.route("/points/<uuid:point_id>", methods=["GET", "POST"])
@requires(Right.MANAGE_PLAN)
def point(point_id: UUID) -> ResponseReturnValue:
    found = _open_point(point_id)
    review = found.review
    form = PointForm(data=_as_written(found))
    form.offer(actions_to_choose(review.unit))
    if not form.validate_on_submit():
        page = render_template(
            "reviews/point.html", unit=review.unit, review=review, title=review_title(review), point=found, form=form,
            voids=voids(review),
        )  # fmt: skip
        return page, 422 if form.is_submitted() else 200
    said = Said(
        form.title.data, form.discussion.data or "", form.decision.data or "", form.responsible.data or "",
        form.due.data, chosen_action(review.unit, form.action.data),
    )  # fmt: skip
    return _saved(review, change_point(db.session, found, said, by=person(), clock=clock()), found)


@reviews.post("/points/<uuid:point_id>/move")
@requires(Right.MANAGE_PLAN)
def move(point_id: UUID) -> ResponseReturnValue:
    found = _open_point(point_id)
    form = MoveForm()
    if not form.validate_on_submit():
        abort(400)
    is_up = form.direction.data == "up"
    return _saved(found.review, move_point(db.session, found, up=is_up, by=person(), clock=clock()), found)


@reviews.route("/points/<uuid:point_id>/remove", methods=["GET", "POST"])
@requires(Right.MANAGE_PLAN)
def remove(point_id: UUID) -> ResponseReturnValue:
    found = _open_point(point_id)
    review = found.review
    form = ConfirmForm()
    if not form.validate_on_submit():
        page = render_template("reviews/remove_point.html", unit=review.unit, review=review, point=found, form=form,
                               title=review_title(review), voids=voids(review))  # fmt: skip
        return page, 422 if form.is_submitted() else 200
    return _saved(review, remove_point(db.session, found, by=person(), clock=clock()))


@reviews.route("/minutes/<uuid:review_id>/sign", methods=["GET", "POST"])
@requires(Right.MANAGE_PLAN)
def sign(review_id: UUID) -> ResponseReturnValue:
    review = _open_review(review_id)
    form, refusal = SignForm(), ""
    if form.validate_on_submit():
        try:
            is_closed = sign_review(db.session, review, agreed=form.agreed.data or "", by=person(), clock=clock())
        except ReviewRefused as refused:
            refusal = in_words(refused)
        else:
            db.session.commit()
            flash(_("The minutes are signed and closed.") if is_closed else _("You have signed the minutes."))
            return redirect(url_for(".show", review_id=review.id))
    form.agreed.data = content_hash(review)
    signing = signing_of(review, person(), clock().today())
    page = render_template(
        "reviews/sign.html", unit=review.unit, review=review, title=review_title(review), form=form, signing=signing,
        refusal=refusal or signing.refusal,
    )  # fmt: skip
    return page, 422 if refusal or form.errors else 200


@reviews.route("/minutes/<uuid:review_id>/discard", methods=["GET", "POST"])
@requires(Right.MANAGE_PLAN)
def discard(review_id: UUID) -> ResponseReturnValue:
    review = _open_review(review_id)
    unit, form = review.unit, ConfirmForm()
    if not form.validate_on_submit():
        page = render_template("reviews/discard.html", unit=unit, review=review, title=review_title(review), form=form)
        return page, 422 if form.is_submitted() else 200
    discard_review(db.session, review, by=person(), clock=clock())
    db.session.commit()
    flash(_("The minutes have been discarded."))
    return redirect(url_for(".of_unit", unit_id=unit.id))


@reviews.get("/minutes/<uuid:review_id>/minutes.docx")
@requires(Right.VIEW_RESULTS)
def document(review_id: UUID) -> ResponseReturnValue:
    from survey_app.exports.minutes import minutes_document  # loads what writes Word, which no page needs

    review = _review_in_scope(review_id)
    content = minutes_document(minutes_of(review), language=str(get_locale() or "zh_Hans"))
    name = _("Minutes of the review %(year)s %(unit)s", year=review.year, unit=review.unit.name) + ".docx"
    return send_file(BytesIO(content), WORD, as_attachment=True, download_name=name)


@reviews.get("/minutes/<uuid:review_id>/results/<uuid:survey_id>.json")
@requires(Right.EXPORT)
def result(review_id: UUID, survey_id: UUID) -> ResponseReturnValue:
    """The figures as they were reviewed, byte for byte what the hash is of."""
    review = _review_in_scope(review_id)
    kept = next((one for one in review.results if one.survey_id == survey_id), None) or abort(404)
    services.record(
        db.session, person(), "result.export", kept.survey, clock=clock(), unit=review.unit, format="json",
        sha256=kept.sha256,
    )  # fmt: skip
    db.session.commit()
    name = f"reviewed-{review.unit.code}-{review.year}-{kept.survey.audience}.json"
    return send_file(BytesIO(kept_report(kept)), "application/json", as_attachment=True, download_name=name)


def _results(surveys: list[Survey], unit: Unit) -> list[tuple[Survey, Report]]:
    """Of each survey what may be shown of the unit; none where it has no result of its own or above it."""
    found = []
    for survey in surveys:
        try:
            found.append((survey, services.report_for(db.session, survey, unit)))
        except NothingToReport:
            continue
    return found


def _review_in_scope(review_id: UUID) -> Review:
    """The review of a unit in scope, or 404."""
    review = db.session.get(Review, review_id) or abort(404)
    unit_in_scope(review.unit_id)
    return review


def _open_review(review_id: UUID) -> Review:
    """The same where it may still be changed. Raises: ReviewRefused before anything is typed in vain."""
    review = _review_in_scope(review_id)
    if review.signed_at is not None:
        raise ReviewRefused("signed")
    return review


def _open_point(point_id: UUID) -> AgendaPoint:
    found = db.session.get(AgendaPoint, point_id) or abort(404)
    _open_review(found.review_id)
    return found


def _as_written(point: AgendaPoint) -> dict[str, object]:
    return {
        "title": point.title,
        "discussion": point.discussion,
        "decision": point.decision,
        "responsible": point.responsible,
        "due": point.due,
        "action": str(point.action_id or NO_ACTION),
    }


def _saved(review: Review, voided: int, point: AgendaPoint | None = None) -> ResponseReturnValue:
    """Back to the minutes, and said how many have to sign again."""
    db.session.commit()
    if voided:
        flash(_("The minutes have been changed. Signatures that became void: %(count)s.", count=voided))
    anchor = f"point-{point.id}" if point is not None else None
    return redirect(url_for(".show", review_id=review.id, _anchor=anchor))
