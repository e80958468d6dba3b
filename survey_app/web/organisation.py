"""The organisation: units and eligible numbers, the record of acts. Accounts are `accounts`."""

from __future__ import annotations

from uuid import UUID

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from instruments.model import Audience
from survey_app import services
from survey_app.errors import UnitCodeTaken
from survey_app.extensions import db
from survey_app.forms.organisation import EligibleForm, UnitForm
from survey_app.models import Unit, UnitKind, UnitLevel
from survey_app.permissions import Right, requires, unit_in_scope
from survey_app.services import registers
from survey_app.web.circumstances import asked_year, clock, person, unit_choices, units_under
from survey_app.web.labels import choices_of, in_words

organisation = Blueprint("organisation", __name__, url_prefix="/committee")

ACTS_ON_A_PAGE = 50
ENTRY_NUMBERS = range(1, 2**63)
DEEPEST_INDENT = 4


@organisation.get("/organisation/")
@requires(Right.VIEW_SURVEYS)
def index() -> ResponseReturnValue:
    year = asked_year()
    units = units_under(Right.VIEW_SURVEYS)
    rows = _number_rows(units, year)
    may_manage = bool(units_under(Right.MANAGE_ORGANISATION))
    return render_template("organisation/tree.html", rows=rows, year=year, may_manage=may_manage)


def _number_rows(units: list[Unit], year: int) -> list[dict[str, object]]:
    """A row per unit: how deep it stands and how many people of each audience it has."""
    numbers = registers.eligible_rows(db.session, [unit.id for unit in units], year)
    depth: dict[UUID | None, int] = {}
    rows: list[dict[str, object]] = []
    for unit in units:
        depth[unit.id] = depth.get(unit.parent_id, -1) + 1
        people = {
            str(audience): numbers[unit.id, audience].people if (unit.id, audience) in numbers else _("not entered")
            for audience in Audience
        }
        rows.append({"unit": unit, "depth": min(depth[unit.id], DEEPEST_INDENT), **people})
    return rows


@organisation.route("/organisation/new", methods=["GET", "POST"])
@requires(Right.MANAGE_ORGANISATION)
def new_unit() -> ResponseReturnValue:
    form = UnitForm(level=UnitLevel.BRANCH.value, kind=UnitKind.ORGAN.value)
    parents = unit_choices(units_under(Right.MANAGE_ORGANISATION))
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
    except UnitCodeTaken as refusal:
        form.code.errors = [in_words(refusal)]
        return render_template("organisation/unit.html", form=form), 422
    db.session.commit()
    flash(_("The unit has been added. Please enter its eligible numbers."))
    return redirect(url_for(".index"))


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
    return redirect(url_for(".index", year=year))


def _eligible_form(unit: Unit, year: int) -> EligibleForm:
    stored = registers.eligible_rows(db.session, [unit.id], year)
    known = {audience: row.people for (_unit, audience), row in stored.items()}
    day = max((row.reference_day for row in stored.values()), default=clock().today())
    return EligibleForm(reference_day=day, **known)


@organisation.get("/audit")
@requires(Right.VIEW_AUDIT)
def audit() -> ResponseReturnValue:
    units = units_under(Right.VIEW_AUDIT)
    before = request.args.get("before", type=int)
    entries = registers.acts_in(
        db.session,
        [unit.id for unit in units],
        everything=any(unit.parent_id is None for unit in units),
        before=before if before is not None and before in ENTRY_NUMBERS else None,
        limit=ACTS_ON_A_PAGE,
    )
    older = entries[-1].number if len(entries) == ACTS_ON_A_PAGE else None
    names = {unit.id: unit.name for unit in units}
    return render_template("organisation/audit.html", entries=entries, older=older, unit_names=names)
