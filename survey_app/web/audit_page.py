"""The record of acts as a page: which acts were asked for, what each was about, whether they fit together."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from flask import request, url_for
from flask_babel import gettext as _

from survey_app.clean_text import is_clean
from survey_app.extensions import db
from survey_app.forms.committee import YEARS
from survey_app.models import AuditEntry
from survey_app.permissions import Right, units_in_scope
from survey_app.services.audit import COMMAND_LINE
from survey_app.services.audit_trail import head_fits, head_of, unlinked
from survey_app.services.registers import WantedActs, objects_of
from survey_app.web.act_labels import ACTS, act_label, detail_text
from survey_app.web.circumstances import clock, person

ENTRY_NUMBERS = range(1, 2**63)
YEARS_BACK = 10
LONGEST_LOGIN = 64


@dataclass(frozen=True, slots=True)
class ActRow:
    number: int
    at: datetime
    person: str
    act: str
    about: str
    address: str
    """Of what it is about; empty where there is no page of it, or none for the reader."""
    unit: str
    detail: str
    fits: bool


@dataclass(frozen=True, slots=True)
class Standing:
    """Whether what is shown fits together, and the line that fixes all of it."""

    is_whole: bool
    end: str


def wanted_acts() -> WantedActs:
    """As the address asks; what makes no sense is as if it were not there."""
    before, year = request.args.get("before", type=int), request.args.get("year", type=int)
    act, actor = request.args.get("act", ""), request.args.get("person", "").strip().lower()
    return WantedActs(
        before=before if before is not None and before in ENTRY_NUMBERS else None,
        act=act if act in ACTS else "",
        actor=actor if is_clean(actor) and len(actor) <= LONGEST_LOGIN else "",
        year=year if year is not None and year in YEARS else None,
    )


def filters(wanted: WantedActs) -> dict[str, Any]:
    """The form above the list, and the address arguments that keep its choices."""
    today = clock().today().year
    years = [year for year in range(today, today - YEARS_BACK, -1) if year in YEARS]
    return {
        "wanted": wanted,
        "acts": sorted(((act, str(words)) for act, words in ACTS.items()), key=lambda choice: choice[1]),
        "years": years,
        "kept": {
            name: value
            for name, value in (("act", wanted.act), ("person", wanted.actor), ("year", wanted.year))
            if value
        },
    }


def act_rows(entries: Sequence[AuditEntry], unit_names: Mapping[UUID, str]) -> list[ActRow]:
    objects = _objects(entries)
    loose = unlinked(db.session, entries)
    rows = []
    for entry in entries:
        about, address = objects.get((entry.object_kind, entry.object_id), ("", ""))
        unit = unit_names.get(entry.unit_id, "") if entry.unit_id else ""
        rows.append(
            ActRow(
                number=entry.number,
                at=entry.at,
                person=_("command line") if entry.actor == COMMAND_LINE.login else entry.actor,
                act=act_label(entry.act),
                about=about,
                address=address,
                unit=unit if unit != about else "",
                detail=detail_text(entry.detail),
                fits=entry.number not in loose,
            )
        )
    return rows


def standing(rows: Sequence[ActRow]) -> Standing:
    head = head_of(db.session)
    return Standing(head_fits(db.session, head) and all(row.fits for row in rows), str(head) if head else "–")


def _objects(entries: Sequence[AuditEntry]) -> dict[tuple[str, str], tuple[str, str]]:
    """Kind and identifier of what acts were about -> its name and where the reader sees it."""
    readable = units_in_scope(person(), Right.VIEW_AUDIT)
    found = {}
    for one in objects_of(db.session, entries):
        right, endpoint, argument = PAGES[one.kind]
        parts: dict[str, Any] = {argument: one.page}
        address = url_for(endpoint, **parts) if one.unit_id in units_in_scope(person(), right) else ""
        if one.unit_id in readable:
            found[one.kind, str(one.id)] = one.name, address
    return found


PAGES = {
    "survey": (Right.VIEW_SURVEYS, "committee.show", "survey_id"),
    "action": (Right.VIEW_RESULTS, "plan.show", "unit_id"),
    "unit": (Right.VIEW_RESULTS, "plan.show", "unit_id"),
}
"""Kind of object -> who may open its page, and which that is."""
