"""Questionnaires that are being written: beginning one, the overview, its text, preview, publishing, discarding.

The forms of single parts are `editor_parts`. Whatever a page changes is the YAML of the draft, so both ways of writing
lead to the same file.
"""

from __future__ import annotations

from typing import Any
from uuid import UUID

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from instruments import catalogue
from instruments.editing import EditError, with_value
from instruments.model import Instrument
from instruments.problems import InstrumentError
from survey_app import services
from survey_app.errors import CodeBelongsToOther, DraftChanged
from survey_app.extensions import db
from survey_app.forms.editor_drafts import ArrangeForm, SourceForm, StartForm
from survey_app.models import InstrumentVersion, QuestionnaireDraft
from survey_app.permissions import Right, draft_in_scope, requires, unit_in_scope, units_readable, version_in_scope
from survey_app.services.questionnaires import require_own_code
from survey_app.web.circumstances import clock, person, unit_choices, units_under
from survey_app.web.editor_changes import arranged
from survey_app.web.editor_findings import Finding, findings, lines_of
from survey_app.web.editor_page import (
    library_choices,
    minutes_sentences,
    overview_of,
    publishing_consequences,
    words_of,
)
from survey_app.web.editor_preview import phones_for
from survey_app.web.editor_reading import Look, look_at
from survey_app.web.labels import in_words
from survey_app.web.questionnaire_page import DifferenceRow, difference_rows

editor = Blueprint("editor", __name__, url_prefix="/committee/questionnaires/drafts")


@editor.errorhandler(InstrumentError)
@editor.errorhandler(EditError)
def show_text_instead(_error: Exception) -> ResponseReturnValue:
    """The text is no YAML any more, or so unusual that only the text itself can be changed."""
    return unreadable()


def unreadable() -> ResponseReturnValue:
    flash(_("The pages cannot read this text. Please mend it here; the first fault is named below."))
    return redirect(url_for("editor.text", draft_id=(request.view_args or {})["draft_id"]))


# ---- beginning ----


@editor.route("/new", methods=["GET", "POST"])
@requires(Right.MAKE_QUESTIONNAIRES)
def new() -> ResponseReturnValue:
    """From nothing, from a published version (`?from=`) or from a ready questionnaire (`?catalogue=`)."""
    base, source = _base()
    form = StartForm(**_names_in(source))
    form.offer(unit_choices(services.existing(units_under(Right.MAKE_QUESTIONNAIRES))))
    if not form.validate_on_submit() or not (draft := _started(form, base, source)):
        page = render_template(
            "editor/new.html", form=form, source=source, base=base, **({} if source else _beginnings())
        )
        return page, 422 if form.is_submitted() else 200
    return redirect(url_for(".show", draft_id=draft.id))


def _base() -> tuple[InstrumentVersion | None, str]:
    """The version a draft begins with, and its text; empty for a blank one."""
    if sha256 := request.args.get("from"):
        version = version_in_scope(sha256)
        return version, version.source
    if name := request.args.get("catalogue"):
        return None, catalogue.read_text(name) if name in catalogue.names() else abort(404)
    return None, ""


def _names_in(source: str) -> dict[str, Any]:
    if not source:
        return {"audience": "member"}
    data = look_at(source).data
    return {"code": data["code"], "title": data["title"]["zh_Hans"], "audience": data["audience"]}


def _beginnings() -> dict[str, Any]:
    """The newest version of every published questionnaire, and the ready ones that are not published."""
    newest: dict[str, InstrumentVersion] = {}
    for version in services.versions(db.session, units_readable()):
        newest.setdefault(version.code, version)
    ready = [(name, words_of(look_at(catalogue.read_text(name)).data, "title")) for name in catalogue.names()]
    return {"versions": newest.values(), "ready": [(name, title) for name, title in ready if name not in newest]}


def _started(form: StartForm, base: InstrumentVersion | None, source: str) -> QuestionnaireDraft | None:
    unit = unit_in_scope(UUID(form.unit.data))
    try:
        require_own_code(db.session, form.code.data, unit)
    except CodeBelongsToOther as refusal:
        form.code.errors = [in_words(refusal)]
        return None
    names = {"code": form.code.data, "title": form.title.data, "audience": form.audience.data}
    draft = services.start_draft(
        db.session,
        unit,
        source=_renamed(source, names) if source else services.blank_source(**names),
        based_on=base if base is not None and base.code == form.code.data else None,
        by=person(),
        clock=clock(),
    )
    db.session.commit()
    return draft


def _renamed(source: str, names: dict[str, str]) -> str:
    """The text under other names; what stays is not touched."""
    data = look_at(source).data
    for path, name in ((("code",), "code"), (("title", "zh_Hans"), "title"), (("audience",), "audience")):
        present = data[path[0]] if len(path) == 1 else data[path[0]][path[1]]
        source = source if present == names[name] else with_value(source, path, names[name])
    return source


# ---- the overview ----


@editor.get("/<uuid:draft_id>")
@requires(Right.MAKE_QUESTIONNAIRES)
def show(draft_id: UUID) -> ResponseReturnValue:
    return _overview(draft_in_scope(draft_id))


def _overview(draft: QuestionnaireDraft, refused: str = "") -> str:
    look = look_at(draft.source)
    return render_template(
        "editor/show.html",
        draft=draft,
        unit=draft.unit,
        refused=refused,
        overview=overview_of(draft, look),
        library=library_choices(),
        form=ArrangeForm(formdata=None, revision=str(draft.revision)),
        **_checks(draft, look),
    )


def _checks(draft: QuestionnaireDraft, look: Look) -> dict[str, Any]:
    return {
        "problems": findings(draft, look, look.problems),
        "hints": findings(draft, look, look.hints),
        "minutes": minutes_sentences(draft, look),
    }


@editor.post("/<uuid:draft_id>/arrange")
@requires(Right.MAKE_QUESTIONNAIRES)
def arrange(draft_id: UUID) -> ResponseReturnValue:
    """One button of the overview: a part goes up or down, to another section, is copied; a ready scale comes."""
    draft, form = draft_in_scope(draft_id), ArrangeForm()
    revision = form.revision.number
    after = arranged(draft.source, form.act.data or "", request.form) if revision == draft.revision else None
    if revision == draft.revision and after is None:
        abort(422)
    try:
        text = after.text if after else draft.source
        services.change_draft(db.session, draft, text, revision=revision, by=person(), clock=clock())
    except DraftChanged as refusal:
        db.session.rollback()
        return _overview(draft, in_words(refusal)), 409
    db.session.commit()
    return redirect(url_for(".show", draft_id=draft.id, _anchor=after.anchor if after else None))


# ---- the text ----


@editor.route("/<uuid:draft_id>/text", methods=["GET", "POST"])
@requires(Right.MAKE_QUESTIONNAIRES)
def text(draft_id: UUID) -> ResponseReturnValue:
    """The YAML itself, kept whatever it says."""
    draft = draft_in_scope(draft_id)
    form = SourceForm(source=draft.source, revision=str(draft.revision))
    if not form.validate_on_submit():
        return _text_page(draft, form), 422 if form.is_submitted() else 200
    try:
        services.change_draft(db.session, draft, form.text, revision=form.revision.number, by=person(), clock=clock())
    except DraftChanged as refusal:
        db.session.rollback()
        form.revision.data = str(draft.revision)
        return _text_page(draft, form, in_words(refusal)), 409
    db.session.commit()
    flash(_("The text has been saved."))
    return redirect(url_for(".text", draft_id=draft.id))


def _text_page(draft: QuestionnaireDraft, form: SourceForm, refused: str = "") -> str:
    problems, hints = _findings_in(draft, form.text)
    return render_template(
        "editor/text.html", draft=draft, unit=draft.unit, form=form, problems=problems, hints=hints, refused=refused
    )


def _findings_in(draft: QuestionnaireDraft, source: str) -> tuple[list[dict[str, Any]], list[Finding]]:
    """Problems of a text, readable or not, each with its line; and hints."""
    try:
        look = look_at(source)
    except InstrumentError as error:
        return lines_of(error.problems), []
    return lines_of(look.problems), findings(draft, look, look.hints)


# ---- preview, publishing, discarding ----


@editor.get("/<uuid:draft_id>/preview")
@requires(Right.MAKE_QUESTIONNAIRES)
def preview(draft_id: UUID) -> ResponseReturnValue:
    draft = draft_in_scope(draft_id)
    look = look_at(draft.source)
    sections = [(part, look.items_in(position)) for position, part in enumerate(look.sections)]
    phones = phones_for(sections, look.scales)
    return render_template("editor/preview.html", draft=draft, unit=draft.unit, phones=phones)


@editor.route("/<uuid:draft_id>/publish", methods=["GET", "POST"])
@requires(Right.MAKE_QUESTIONNAIRES)
def publish(draft_id: UUID) -> ResponseReturnValue:
    draft, form = draft_in_scope(draft_id), ArrangeForm()
    look = look_at(draft.source)
    if not form.validate_on_submit() or look.problems:
        return _publish_page(draft, look), 422 if form.is_submitted() else 200
    try:
        version = services.publish_draft(db.session, draft, revision=form.revision.number, by=person(), clock=clock())
    except (DraftChanged, CodeBelongsToOther) as refusal:
        db.session.rollback()
        return _publish_page(draft, look_at(draft.source), in_words(refusal)), 409
    db.session.commit()
    flash(_("The questionnaire has been published."))
    return redirect(url_for("questionnaires.show", sha256=version.sha256))


def _publish_page(draft: QuestionnaireDraft, look: Look, refused: str = "") -> str:
    instrument = None if look.problems else look.instrument
    return render_template(
        "editor/publish.html",
        draft=draft,
        unit=draft.unit,
        refused=refused,
        form=ArrangeForm(formdata=None, revision=str(draft.revision)),
        differences=_differences(draft, instrument) if instrument else [],
        consequences=publishing_consequences(draft, instrument) if instrument else [],
        **_checks(draft, look),
    )


def _differences(draft: QuestionnaireDraft, instrument: Instrument) -> list[DifferenceRow]:
    """Against the version the draft is based on."""
    return difference_rows(services.instrument_of(draft.based_on), instrument) if draft.based_on else []


@editor.route("/<uuid:draft_id>/discard", methods=["GET", "POST"])
@requires(Right.MAKE_QUESTIONNAIRES)
def discard(draft_id: UUID) -> ResponseReturnValue:
    draft, form = draft_in_scope(draft_id), ArrangeForm()
    if not form.validate_on_submit():
        consequences = [
            _("Everything written in this draft is deleted; it cannot be brought back."),
            _("Published questionnaires and surveys stay as they are."),
        ]
        page = render_template(
            "editor/discard.html", draft=draft, unit=draft.unit, form=form, consequences=consequences
        )
        return page, 422 if form.is_submitted() else 200
    services.discard_draft(db.session, draft, by=person(), clock=clock())
    db.session.commit()
    flash(_("The draft has been discarded."))
    return redirect(url_for("questionnaires.index"))
