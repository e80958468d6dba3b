"""What the page of a mark on site shows and asks: the rule, what was found so far, which findings are possible."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from flask_babel import gettext as _

from survey_app.assessment.scheme import CheckPoint, OnSite
from survey_app.forms.assessment import MarkForm
from survey_app.models import AssessmentScheme, SiteMark, SiteMarkKind, User
from survey_app.services.assessment import rules_in
from survey_app.services.assessment_marks import Found
from survey_app.text_filters import local_time
from survey_app.web.context import page_language
from survey_app.wording.assessment_rules import points_text, rule_words

GIVEN, YES, NO, EXEMPT = "points", "yes", "no", "exempt"


@dataclass(frozen=True, slots=True)
class MarkPage:
    code: str
    title: str
    category: str
    rule: str
    full: str
    facts: tuple[tuple[str, str], ...]
    """What was found so far, by whom and when."""
    may_sign: bool
    why_not: str
    """Why the person at the page cannot sign."""


def mark_page(scheme: AssessmentScheme, point: CheckPoint, full: Decimal, mark: SiteMark | None, by: User) -> MarkPage:
    language = page_language()
    category = next(one for one in rules_in(scheme).categories if point in one.check_points)
    why_not = _why_not(mark, by)
    return MarkPage(
        point.code,
        point.title.in_language(language),
        category.title.in_language(language),
        rule_words(point, full),
        points_text(full),
        _facts(mark, full) if mark is not None else (),
        mark is not None and mark.second_by_id is None and not why_not,
        why_not,
    )


def _why_not(mark: SiteMark | None, by: User) -> str:
    if mark is None or mark.second_by_id is not None:
        return ""
    if mark.entered_by_id == by.id:
        return _("You have entered this mark yourself. Please let another person sign it.")
    if mark.kind is SiteMarkKind.POINTS and not mark.evidence:
        return _("Before somebody signs, please add a file that shows what was seen on site.")
    return ""


def _facts(mark: SiteMark, full: Decimal) -> tuple[tuple[str, str], ...]:
    if mark.kind is SiteMarkKind.EXEMPT:
        found = _("does not apply (exempt)")
    else:
        found = _("%(points)s of %(full)s points", points=mark.points, full=points_text(full))
    entered = _("%(name)s, %(moment)s", name=mark.entered_by.name, moment=local_time(mark.entered_at))
    signed = _("still to come")
    if mark.second_by is not None and mark.second_at is not None:
        signed = _("%(name)s, %(moment)s", name=mark.second_by.name, moment=local_time(mark.second_at))
    return (
        (_("Found"), found),
        (_("Seen"), mark.note),
        (_("Entered by"), entered),
        (_("Second signature"), signed),
    )


def offered(point: CheckPoint, full: Decimal) -> tuple[list[tuple[str, str]], str]:
    """Findings that are possible of a check point, and the most points that may be typed."""
    exempt = (EXEMPT, str(_("It does not apply to this unit (exempt)")))
    if not point.is_on_site:
        return [exempt], ""
    if isinstance(point.rule, OnSite):
        return [(GIVEN, str(_("Points are given"))), exempt], points_text(full)
    return [
        (YES, str(_("Yes: all %(points)s points", points=points_text(full)))),
        (NO, str(_("No: no points"))),
        exempt,
    ], ""


def as_found(mark: SiteMark, point: CheckPoint) -> dict[str, str]:
    """A mark as the form has it."""
    if mark.kind is SiteMarkKind.EXEMPT:
        found = EXEMPT
    elif isinstance(point.rule, OnSite):
        found = GIVEN
    else:
        found = YES if Decimal(mark.points) else NO
    return {"found": found, "points": mark.points, "note": mark.note}


def found_in(form: MarkForm, full: Decimal) -> Found:
    """What the form says was found."""
    note, found = form.note.data or "", form.found.data
    if found == EXEMPT:
        return Found(SiteMarkKind.EXEMPT, note=note)
    points = {YES: str(full), NO: "0"}.get(found) or (form.points.data if form.points else "")
    return Found(SiteMarkKind.POINTS, points, note)
