"""The improvement plan in words: choices for its form, cards for its page. Objectives are `objective_page`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from analysis.tree import Rate, Report
from instruments.model import Instrument
from survey_app.forms.committee import StatusForm
from survey_app.models import Action, ActionStatus, Survey
from survey_app.services.plan import may_be_verified
from survey_app.services.questionnaires import instrument_of
from survey_app.services.year import FINISHED
from survey_app.text_filters import iso_date
from survey_app.web.labels import choices_of, goal
from survey_app.wording import Names, names_of, people

STAGES = (
    (ActionStatus.PLANNED, _l("Plan"), _l("decided, not begun")),
    (ActionStatus.UNDER_WAY, _l("Do"), _l("under way")),
    (ActionStatus.DONE, _l("Check"), _l("carried out, to be verified by the next survey")),
    (ActionStatus.VERIFIED, _l("Act"), _l("verified, made part of the rules")),
)


@dataclass(frozen=True, slots=True)
class ActionCard:
    action: Action
    item: str
    baseline: str
    facts: tuple[tuple[str, str], ...]
    overdue: str
    form: StatusForm | None


@dataclass(frozen=True, slots=True)
class StageColumn:
    stage: str
    remark: str
    cards: tuple[ActionCard, ...]


def item_choices(report: Report, instrument: Instrument) -> list[tuple[str, str]]:
    """Items that may carry an action, lowest rate first, each with its baseline; hidden results are left out."""
    names = names_of(instrument)
    shown = [
        (item.rate, item.code)
        for item in report.items
        if report.hidden is None and isinstance(item.rate, Rate) and item.rate.bound == "exact"
    ]
    shown.sort(key=lambda entry: entry[0].value)
    return [(code, _("%(name)s (%(people)s)", name=names.item(code), people=people(rate))) for rate, code in shown]


def action_cards(
    actions: Sequence[Action], sealed: Sequence[Survey], today: date, *, may_move: bool
) -> list[ActionCard]:
    """`sealed`: surveys that cover the unit, which may have asked again."""
    return [
        _card(
            action,
            names_of(instrument_of(action.survey)),
            today,
            _status_form(action, sealed) if may_move else None,
        )
        for action in actions
    ]


def _card(action: Action, names: Names, today: date, form: StatusForm | None) -> ActionCard:
    late = (today - action.due).days if action.status not in FINISHED else 0
    baseline = people(Rate(action.baseline_satisfied, action.baseline_n))
    item = names.item(action.item)
    facts = (
        (_("Question"), item),
        (_("Baseline"), baseline),
        (_("Acceptance"), _("not below %(percent)s", percent=goal(action.acceptance))),
        (_("Responsible"), action.owner),
        (_("Due"), iso_date(action.due)),
    )
    overdue = _("%(days)s days overdue", days=late) if late > 0 else ""
    return ActionCard(action, item, baseline, facts, overdue, form)


def _status_form(action: Action, sealed: Sequence[Survey]) -> StatusForm:
    form = StatusForm(formdata=None, status=action.status.value)
    form.offer(status_choices(action, sealed))
    return form


def status_choices(action: Action, sealed: Sequence[Survey]) -> list[tuple[str, str]]:
    """Verified is what a later survey shows, not what somebody says."""
    is_offered = may_be_verified(action, sealed)
    return [choice for choice in choices_of(ActionStatus) if is_offered or choice[0] != ActionStatus.VERIFIED]


def stage_columns(cards: Sequence[ActionCard]) -> list[StageColumn]:
    """The four columns plan, do, check, act."""
    return [
        _column(str(name), str(remark), [c for c in cards if c.action.status is stage])
        for stage, name, remark in STAGES
    ]


def _column(name: str, remark: str, cards: Sequence[ActionCard]) -> StageColumn:
    return StageColumn(name, _("%(count)s actions · %(remark)s", count=len(cards), remark=remark), tuple(cards))


def plan_summary(cards: Sequence[ActionCard]) -> str:
    """The sentence above the board."""
    finished = sum(card.action.status in FINISHED for card in cards)
    late = sum(bool(card.overdue) for card in cards)
    counts = {"count": len(cards), "finished": finished, "open": len(cards) - finished}
    if late:
        return _(
            "%(count)s actions: %(finished)s carried out, %(open)s still open, %(late)s overdue.", late=late, **counts
        )
    return _("%(count)s actions: %(finished)s carried out, %(open)s still open.", **counts)
