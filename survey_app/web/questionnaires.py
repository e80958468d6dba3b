"""Published questionnaires: the list, one with its versions and files, two compared, and bringing one in from a file.

Writing one in the browser is `editor`.
"""

from __future__ import annotations

from io import BytesIO
from uuid import UUID

from flask import Blueprint, abort, flash, redirect, render_template, send_file, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from instruments.json_form import as_yaml
from instruments.loader import InstrumentError
from instruments.problems import Problem
from instruments.reading import read
from survey_app import services
from survey_app.clean_text import without_controls
from survey_app.errors import CodeBelongsToOther
from survey_app.extensions import db
from survey_app.forms.committee import ConfirmForm
from survey_app.forms.questionnaires import ImportForm
from survey_app.models import InstrumentVersion
from survey_app.permissions import Right, requires, unit_in_scope, units_readable, version_in_scope
from survey_app.web.circumstances import clock, person, unit_choices, units_under
from survey_app.web.context import page_language
from survey_app.web.labels import in_words
from survey_app.web.questionnaire_page import FILES, difference_rows, glance_rows, problem_rows, scoring_rows

questionnaires = Blueprint("questionnaires", __name__, url_prefix="/committee/questionnaires")


@questionnaires.get("")
@requires(Right.VIEW_SURVEYS)
def index() -> ResponseReturnValue:
    """The newest version of each, and the drafts of whoever may write them."""
    makers = units_under(Right.MAKE_QUESTIONNAIRES)
    newest: dict[str, InstrumentVersion] = {}
    for version in services.versions(db.session, units_readable()):
        newest.setdefault(version.code, version)
    return render_template(
        "questionnaires/index.html",
        versions=sorted(newest.values(), key=lambda version: not services.instrument_of(version).is_annual),
        drafts=services.drafts_of(db.session, makers),
        may_make=bool(makers),
        may_publish_catalogue=bool(units_under(Right.MANAGE_ORGANISATION)),
        form=ConfirmForm(),
    )


@questionnaires.post("/catalogue")
@requires(Right.MANAGE_ORGANISATION)
def publish_catalogue() -> ResponseReturnValue:
    """The ready questionnaires that come with the service."""
    if not ConfirmForm().validate_on_submit():
        abort(400)
    services.install_catalogue(db.session, by=person(), clock=clock())
    db.session.commit()
    flash(_("The ready questionnaires have been published."))
    return redirect(url_for(".index"))


@questionnaires.route("/new", methods=["GET", "POST"])
@requires(Right.MAKE_QUESTIONNAIRES)
def take_in() -> ResponseReturnValue:
    """From a file or a text, as a draft; or published at once where nothing is wrong with it."""
    form = ImportForm()
    form.offer(unit_choices(services.existing(units_under(Right.MAKE_QUESTIONNAIRES))))
    if not form.validate_on_submit():
        form.source.data = without_controls(form.source.data or "")
        return render_template("questionnaires/import.html", form=form), 422 if form.is_submitted() else 200
    try:
        source, left_out = _taken_in(form)
        return _published(form, source) if form.publishes.data else _drafted(form, source, left_out)
    except InstrumentError as error:
        form.source.data = without_controls(form.source.data)
        return render_template("questionnaires/import.html", form=form, problems=problem_rows(error.problems)), 422
    except CodeBelongsToOther as refusal:
        db.session.rollback()
        form.source.errors = [in_words(refusal)]
        return render_template("questionnaires/import.html", form=form), 422


def _taken_in(form: ImportForm) -> tuple[str, tuple[Problem, ...]]:
    """The YAML, and what of a foreign file has no place in it. Raises: InstrumentError where it cannot be read."""
    if form.workbook is not None:
        from instruments.importers.xlsform import read_xlsform  # loads much that no other page needs

        taken = read_xlsform(form.workbook, name=form.file.data.filename or "")
        return taken.source, taken.left_out
    source = form.source.data
    if source.lstrip().startswith("{"):
        source = str(as_yaml(source))
    read(source)
    return source, ()


def _published(form: ImportForm, source: str) -> ResponseReturnValue:
    unit = unit_in_scope(UUID(form.unit.data))
    version = services.publish_instrument(db.session, source, unit=unit, by=person(), clock=clock())
    db.session.commit()
    flash(_("The questionnaire has been published."))
    return redirect(url_for(".show", sha256=version.sha256))


def _drafted(form: ImportForm, source: str, left_out: tuple[Problem, ...]) -> ResponseReturnValue:
    """What was left out stands at the top of the text, where it stays until somebody has looked at it."""
    rows = problem_rows(left_out)
    told = "".join(f"# {row.place}: {' '.join(row.words.split())}\n" for row in rows)
    unit = unit_in_scope(UUID(form.unit.data))
    draft = services.start_draft(db.session, unit, source=told + source, by=person(), clock=clock())
    db.session.commit()
    if not rows:
        return redirect(url_for("editor.show", draft_id=draft.id))
    flash(_("%(count)s things in the file have no place here; the text names them at its top.", count=len(rows)))
    return redirect(url_for("editor.text", draft_id=draft.id))


@questionnaires.get("/<string(length=64):sha256>")
@requires(Right.VIEW_SURVEYS)
def show(sha256: str) -> ResponseReturnValue:
    version = version_in_scope(sha256)
    instrument = services.instrument_of(version)
    from survey_app.services.past_reliability import past_reliability  # loads the statistics
    from survey_app.wording.reliability_history import reliability_history

    own = units_under(Right.VIEW_RESULTS)
    return render_template(
        "questionnaires/show.html",
        version=version,
        instrument=instrument,
        glance=glance_rows(version, instrument),
        scoring=scoring_rows(instrument, page_language()),
        language=page_language(),
        versions=[one for one in services.versions(db.session, units_readable()) if one.code == version.code],
        reliability=reliability_history(past_reliability(db.session, version.code, own)),
        files=[(one.name, _(one.label)) for one in FILES.values()],
        may_make=bool(units_under(Right.MAKE_QUESTIONNAIRES)),
    )


@questionnaires.get("/<string(length=64):sha256>/since/<string(length=64):older>")
@requires(Right.VIEW_SURVEYS)
def compare(sha256: str, older: str) -> ResponseReturnValue:
    """What a version changes against an older one."""
    newer, before = version_in_scope(sha256), version_in_scope(older)
    if newer.code != before.code:
        abort(404)
    rows = difference_rows(services.instrument_of(before), services.instrument_of(newer))
    return render_template("questionnaires/compare.html", version=newer, older=before, rows=rows)


@questionnaires.get("/<string(length=64):sha256>/file/<string(maxlength=20):name>")
@requires(Right.VIEW_SURVEYS)
def file(sha256: str, name: str) -> ResponseReturnValue:
    """The questionnaire as a file: ours, for other programs, on paper."""
    version = version_in_scope(sha256)
    chosen = FILES.get(name) or abort(404)
    content = chosen.make(version, services.instrument_of(version), page_language())
    return send_file(
        BytesIO(content), chosen.mime, as_attachment=True,
        download_name=f"{version.code}-{version.sha256[:8]}.{chosen.ending}",
    )  # fmt: skip
