"""The forms of single parts of a draft: question, section, scale, dimension, settings; their preview, and removing.

Every form is about one place in the file. A button inside it (another type, one more option) shows the form again with
everything typed; only saving changes the draft.
"""

from __future__ import annotations

from uuid import UUID

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from instruments.editing import EditError, without
from instruments.problems import InstrumentError
from survey_app import services
from survey_app.errors import DraftChanged
from survey_app.extensions import db
from survey_app.forms.editor_drafts import ArrangeForm
from survey_app.models import QuestionnaireDraft
from survey_app.permissions import Right, draft_in_scope, requires
from survey_app.web.circumstances import clock, person
from survey_app.web.editor import show_text_instead
from survey_app.web.editor_changes import id_of, place_in
from survey_app.web.editor_desk import Desk, desk_at
from survey_app.web.editor_findings import address_of, spot_of
from survey_app.web.editor_page import removing_consequences
from survey_app.web.editor_reading import Place, look_at
from survey_app.web.labels import in_words as refusal_in_words

editor_parts = Blueprint("editor_parts", __name__, url_prefix="/committee/questionnaires/drafts")
editor_parts.register_error_handler(InstrumentError, show_text_instead)
editor_parts.register_error_handler(EditError, show_text_instead)

SAVE = "save"


@editor_parts.route("/<uuid:draft_id>/settings", methods=["GET", "POST"])
@requires(Right.MAKE_QUESTIONNAIRES)
def settings(draft_id: UUID) -> ResponseReturnValue:
    return _part(draft_id, ())


@editor_parts.route("/<uuid:draft_id>/sections/<int:section>", methods=["GET", "POST"])
@requires(Right.MAKE_QUESTIONNAIRES)
def section(draft_id: UUID, section: int) -> ResponseReturnValue:
    return _part(draft_id, ("sections", section))


@editor_parts.route("/<uuid:draft_id>/sections/<int:section>/items/<int:item>", methods=["GET", "POST"])
@requires(Right.MAKE_QUESTIONNAIRES)
def item(draft_id: UUID, section: int, item: int) -> ResponseReturnValue:
    return _part(draft_id, ("sections", section, "items", item))


@editor_parts.route("/<uuid:draft_id>/dimensions/<int:dimension>", methods=["GET", "POST"])
@requires(Right.MAKE_QUESTIONNAIRES)
def dimension(draft_id: UUID, dimension: int) -> ResponseReturnValue:
    return _part(draft_id, ("dimensions", dimension))


@editor_parts.route("/<uuid:draft_id>/scales/<int:scale>", methods=["GET", "POST"])
@requires(Right.MAKE_QUESTIONNAIRES)
def scale(draft_id: UUID, scale: int) -> ResponseReturnValue:
    codes = list(look_at(draft_in_scope(draft_id).source).scales)
    return _part(draft_id, ("scales", codes[scale] if scale < len(codes) else ""))


@editor_parts.post("/<uuid:draft_id>/sections/<int:section>/items/<int:item>/preview")
@requires(Right.MAKE_QUESTIONNAIRES)
def preview(draft_id: UUID, section: int, item: int) -> ResponseReturnValue:
    """What stands in the form of a question at this moment, as members would see it."""
    desk = _desk(draft_in_scope(draft_id), ("sections", section, "items", item))
    return render_template("editor/phones.html", phones=desk.phones())


@editor_parts.route("/<uuid:draft_id>/remove/<path:place>", methods=["GET", "POST"])
@requires(Right.MAKE_QUESTIONNAIRES)
def remove(draft_id: UUID, place: str) -> ResponseReturnValue:
    draft, form = draft_in_scope(draft_id), ArrangeForm()
    desk = _desk(draft, place_in(place, "/"))
    if desk.present is None or not desk.place:
        abort(404)
    if not form.validate_on_submit():
        return _remove_page(desk), 422 if form.is_submitted() else 200
    try:
        desk.require_revision(form.revision.number)
        _change(draft, without(draft.source, desk.place), form.revision.number)
    except DraftChanged as refusal:
        db.session.rollback()
        return _remove_page(_desk(draft, ()), refusal_in_words(refusal)), 409
    flash(_("It has been removed."))
    return redirect(url_for("editor.show", draft_id=draft.id, _anchor=_list_of(desk.place)))


def _part(draft_id: UUID, place: Place) -> ResponseReturnValue:
    """A form: shown, shown again after a button inside it, or saved."""
    draft = draft_in_scope(draft_id)
    desk = _desk(draft, place)
    form = desk.form
    if not form.is_submitted():
        desk.tell(spot_of)
        return _page(desk)
    if desk.is_another:
        desk = _desk(draft, desk.place_now())
        form = desk.form
    button = request.form.get("go", SAVE)
    if button != SAVE:
        form.act(button)
        desk.offer()
        return _page(desk)
    if not form.validate():
        return _page(desk), 422
    try:
        desk.require_revision(form.revision.number)
        if desk.is_another:
            raise DraftChanged
        text = desk.changed()
        desk.tell(spot_of, look_at(text).faults)
        if form.errors or desk.faults:
            return _page(desk), 422
        _change(draft, text, form.revision.number)
    except DraftChanged as refusal:
        db.session.rollback()
        desk.catch_up(draft)
        return _page(desk, refusal_in_words(refusal)), 409
    return _after_saving(draft, desk.saved_place)


def _after_saving(draft: QuestionnaireDraft, place: Place) -> ResponseReturnValue:
    """Back to the overview, or to the form once more while something in it stops publishing."""
    look = look_at(draft.source)
    spots = [spot_of(problem.path, look) for problem in look.problems]
    if any(spot.place == place and spot.control is not None for spot in spots if spot):
        flash(_("Saved. What is marked has to be mended before publishing."))
        return redirect(address_of(draft, look, place))
    flash(_("Saved."))
    return redirect(url_for("editor.show", draft_id=draft.id, _anchor=id_of(place, "edit") if place else None))


def _change(draft: QuestionnaireDraft, text: str, revision: int) -> None:
    services.change_draft(db.session, draft, text, revision=revision, by=person(), clock=clock())
    db.session.commit()


def _desk(draft: QuestionnaireDraft, place: Place) -> Desk:
    return desk_at(draft, place) or abort(404)


def _page(desk: Desk, refused: str = "") -> str:
    return render_template(
        f"editor/{desk.template}.html",
        draft=desk.draft,
        unit=desk.draft.unit,
        desk=desk,
        form=desk.form,
        refused=refused,
        back=url_for("editor.show", draft_id=desk.draft.id, _anchor=desk.anchor),
        phones=desk.phones(),
        **desk.vocabulary,
    )


def _remove_page(desk: Desk, refused: str = "") -> str:
    return render_template(
        "editor/remove.html",
        draft=desk.draft,
        unit=desk.draft.unit,
        desk=desk,
        refused=refused,
        form=ArrangeForm(formdata=None, revision=str(desk.draft.revision)),
        consequences=removing_consequences(desk.look, desk.place),
    )


def _list_of(place: Place) -> str:
    return id_of(place[:2]) if "items" in place else str(place[0])
