"""The organisation: units and eligible numbers, the record of acts.

Whole tables of units are `units_file`, accounts `accounts`.
"""

from __future__ import annotations

from uuid import UUID

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from instruments.model import Audience
from survey_app import services
from survey_app.errors import UnitCodeTaken, UnitEnded, UnitMisplaced
from survey_app.extensions import db
from survey_app.forms.committee import ConfirmForm
from survey_app.forms.organisation import (
    FIRST,
    STAY,
    ChangeUnitForm,
    CopyNumbersForm,
    EligibleForm,
    EndUnitForm,
    UnitForm,
)
from survey_app.models import Unit, UnitKind, UnitLevel
from survey_app.permissions import Right, requires, unit_in_scope, units_in_scope
from survey_app.services import registers
from survey_app.services.unit_tree import unit_tree
from survey_app.web.audit_page import act_rows, filters, standing, wanted_acts
from survey_app.web.circumstances import asked_year, clock, person, unit_choices, units_under
from survey_app.web.labels import choices_of, in_words
from survey_app.web.organisation_page import (
    ending_consequences,
    parent_choices,
    place_choices,
    siblings_of,
    tree_page,
)

organisation = Blueprint("organisation", __name__, url_prefix="/committee")

ACTS_ON_A_PAGE = 50


@organisation.get("/organisation/")
@requires(Right.VIEW_SURVEYS)
def index() -> ResponseReturnValue:
    year, units = asked_year(), units_under(Right.VIEW_SURVEYS)
    manageable = units_in_scope(person(), Right.MANAGE_ORGANISATION)
    under = request.args.get("under", type=UUID)
    numbers = registers.kept_numbers(db.session, year)
    page = tree_page(units, numbers, year=year, manageable=manageable, under=under)
    earlier = None
    if manageable and page.without_numbers:
        earlier = services.latest_year_with_numbers(db.session, before=year)
    return render_template(
        "organisation/tree.html", page=page, year=year, under=under, earlier=earlier, may_manage=bool(manageable)
    )


@organisation.route("/organisation/new", methods=["GET", "POST"])
@requires(Right.MANAGE_ORGANISATION)
def new_unit() -> ResponseReturnValue:
    form = UnitForm(level=UnitLevel.BRANCH.value, kind=UnitKind.ORGAN.value)
    parents = unit_choices(services.existing(units_under(Right.MANAGE_ORGANISATION)))
    form.offer(parents=parents, levels=choices_of(UnitLevel), kinds=choices_of(UnitKind))
    if not form.validate_on_submit():
        return render_template("organisation/unit.html", form=form), 422 if form.is_submitted() else 200
    try:
        services.create_unit(
            db.session,
            code=form.code.data,
            name=form.name.data,
            level=UnitLevel(form.level.data),
            kind=UnitKind(form.kind.data),
            parent=unit_in_scope(UUID(form.parent.data), Right.MANAGE_ORGANISATION),
            by=person(),
            clock=clock(),
        )
    except (UnitCodeTaken, UnitMisplaced) as refusal:
        db.session.rollback()
        field = form.code if isinstance(refusal, UnitCodeTaken) else form.level
        field.errors = [in_words(refusal)]
        return render_template("organisation/unit.html", form=form), 422
    db.session.commit()
    flash(_("The unit has been added. Please enter its eligible numbers."))
    return redirect(url_for(".index", under=form.parent.data))


@organisation.route("/organisation/<uuid:unit_id>", methods=["GET", "POST"])
@requires(Right.MANAGE_ORGANISATION)
def change(unit_id: UUID) -> ResponseReturnValue:
    unit = unit_in_scope(unit_id, Right.MANAGE_ORGANISATION)
    if unit.ended_on is not None:
        return render_template("organisation/ended.html", unit=unit, form=ConfirmForm())
    form = _change_form(unit)
    if not form.validate_on_submit():
        return _change_page(unit, form, 422 if form.is_submitted() else 200)
    try:
        _change(unit, form)
    except (UnitMisplaced, UnitEnded) as refusal:
        db.session.rollback()
        field = form.level if refusal.reason in ("level", "below") else form.parent
        field.errors = [in_words(refusal)]
        return _change_page(unit, form, 422)
    db.session.commit()
    flash(_("%(unit)s has been changed.", unit=unit.name))
    return redirect(url_for(".index", under=unit.parent_id))


def _change_form(unit: Unit) -> ChangeUnitForm:
    units = units_under(Right.MANAGE_ORGANISATION)
    siblings = siblings_of(unit, units)
    place = [other.id for other in siblings].index(unit.id) if siblings else 0
    form = ChangeUnitForm(
        name=unit.name,
        level=unit.level.value,
        kind=unit.kind.value,
        parent=STAY,
        after=str(siblings[place - 1].id) if place else FIRST,
    )
    form.offer(
        levels=choices_of(UnitLevel),
        kinds=choices_of(UnitKind),
        parents=parent_choices(unit, units, unit_tree(db.session).ids_below(unit.id)),
        places=place_choices([other for other in siblings if other.id != unit.id]),
    )
    return form


def _change(unit: Unit, form: ChangeUnitForm) -> None:
    """A unit that moves becomes the last; one that stays may be put elsewhere among its siblings."""
    stays = form.parent.data == STAY
    parent = unit.parent if stays else unit_in_scope(UUID(form.parent.data), Right.MANAGE_ORGANISATION)
    services.change_unit(
        db.session,
        unit,
        name=form.name.data,
        level=UnitLevel(form.level.data),
        kind=UnitKind(form.kind.data),
        parent=parent,
        by=person(),
        clock=clock(),
    )
    if stays and form.after is not None:
        is_first = form.after.data == FIRST
        after = None if is_first else unit_in_scope(UUID(form.after.data), Right.MANAGE_ORGANISATION)
        services.place_unit(db.session, unit, after=after, by=person(), clock=clock())


def _change_page(unit: Unit, form: ChangeUnitForm, status: int) -> ResponseReturnValue:
    return render_template("organisation/change.html", unit=unit, form=form), status


@organisation.route("/organisation/<uuid:unit_id>/end", methods=["GET", "POST"])
@requires(Right.MANAGE_ORGANISATION)
def end(unit_id: UUID) -> ResponseReturnValue:
    unit = unit_in_scope(unit_id, Right.MANAGE_ORGANISATION)
    form = EndUnitForm(ended_on=clock().today())
    form.latest = clock().today()
    if form.validate_on_submit():
        try:
            services.end_unit(db.session, unit, on=form.ended_on.data, by=person(), clock=clock())
        except UnitEnded as refusal:
            db.session.rollback()
            form.ended_on.errors = [in_words(refusal)]
        else:
            db.session.commit()
            flash(_("%(unit)s has ended. Its results stay.", unit=unit.name))
            return redirect(url_for(".index"))
    page = render_template("organisation/end.html", unit=unit, form=form, consequences=ending_consequences())
    return page, 422 if form.is_submitted() else 200


@organisation.post("/organisation/<uuid:unit_id>/revive")
@requires(Right.MANAGE_ORGANISATION)
def revive(unit_id: UUID) -> ResponseReturnValue:
    unit = unit_in_scope(unit_id, Right.MANAGE_ORGANISATION)
    if ConfirmForm().validate_on_submit():
        services.revive_unit(db.session, unit, by=person(), clock=clock())
        db.session.commit()
        flash(_("%(unit)s exists again.", unit=unit.name))
    return redirect(url_for(".change", unit_id=unit.id))


@organisation.route("/organisation/copy-numbers/<int(min=2000, max=2100):year>", methods=["GET", "POST"])
@requires(Right.MANAGE_ORGANISATION)
def copy_numbers(year: int) -> ResponseReturnValue:
    """Numbers of the last year that has any, as a proposal where this one has none."""
    units = units_under(Right.MANAGE_ORGANISATION)
    source = services.latest_year_with_numbers(db.session, before=year, units=units)
    form = CopyNumbersForm(reference_day=clock().today())
    if source is None or not form.validate_on_submit():
        page = render_template("organisation/copy.html", form=form, year=year, source=source)
        return page, 422 if form.is_submitted() else 200
    count = services.copy_eligible(
        db.session, units, source=source, year=year, reference_day=form.reference_day.data, by=person(), clock=clock()
    )
    db.session.commit()
    flash(_("The numbers of %(count)s units have been taken over. Please look through them.", count=count))
    return redirect(url_for(".index", year=year))


@organisation.route("/organisation/<uuid:unit_id>/eligible/<int(min=2000, max=2100):year>", methods=["GET", "POST"])
@requires(Right.MANAGE_ORGANISATION)
def eligible(unit_id: UUID, year: int) -> ResponseReturnValue:
    unit = unit_in_scope(unit_id, Right.MANAGE_ORGANISATION)
    form = _eligible_form(unit, year)
    if not form.validate_on_submit():
        page = render_template("organisation/eligible.html", form=form, unit=unit, year=year)
        return page, 422 if form.is_submitted() else 200
    for audience in Audience:
        services.set_eligible(
            db.session,
            unit,
            year=year,
            audience=audience,
            people=form[audience.value].data,
            reference_day=form.reference_day.data,
            by=person(),
            clock=clock(),
        )
    db.session.commit()
    flash(_("The numbers of %(unit)s have been saved.", unit=unit.name))
    return redirect(url_for(".index", year=year, under=unit.parent_id))


def _eligible_form(unit: Unit, year: int) -> EligibleForm:
    """What is stored of the year, else the numbers of an earlier one as a proposal."""
    stored = registers.eligible_rows(db.session, [unit.id], year)
    day = max((row.reference_day for row in stored.values()), default=clock().today())
    earlier = None if stored else services.latest_year_with_numbers(db.session, before=year, units=[unit])
    if earlier is not None:
        stored = registers.eligible_rows(db.session, [unit.id], earlier)
    form = EligibleForm(reference_day=day, **{audience: row.people for (_unit, audience), row in stored.items()})
    form.proposed_from = earlier
    return form


@organisation.get("/audit")
@requires(Right.VIEW_AUDIT)
def audit() -> ResponseReturnValue:
    units, wanted = units_under(Right.VIEW_AUDIT), wanted_acts()
    entries = registers.acts_in(
        db.session,
        [unit.id for unit in units],
        everything=any(unit.parent_id is None for unit in units),
        wanted=wanted,
        limit=ACTS_ON_A_PAGE,
    )
    rows = act_rows(entries, {unit.id: unit.name for unit in units})
    older = entries[-1].number if len(entries) == ACTS_ON_A_PAGE else None
    return render_template(
        "organisation/audit.html", rows=rows, older=older, standing=standing(rows), **filters(wanted)
    )
