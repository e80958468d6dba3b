"""The improvement plan in words: cards, columns, proposals and ledger rows. Objectives are `objective_page`."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import groupby
from uuid import UUID

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from analysis.tree import ActionResult, Rate
from survey_app.errors import NothingToReport
from survey_app.extensions import db
from survey_app.forms.plan import StatusForm
from survey_app.models import Action, ActionStatus, Decision, Proposal, Survey, Unit
from survey_app.services.ledger import LedgerEntry
from survey_app.services.plan import MOVABLE, may_be_verified
from survey_app.services.proposals import Proposed, proposals_for
from survey_app.services.questionnaires import instrument_of
from survey_app.services.results import report_for
from survey_app.services.year import CARRIED_OUT, FINISHED
from survey_app.text_filters import iso_date
from survey_app.web.labels import audience_label, goal, label, local_day
from survey_app.wording import Names, names_of, people
from survey_app.wording.actions import action_reason, action_verdict, expected_text, is_missed, proposal_reasons
from survey_app.wording.labels import listed

STAGES = (
    (ActionStatus.PLANNED, _l("Plan"), _l("decided, not begun")),
    (ActionStatus.UNDER_WAY, _l("Do"), _l("under way")),
    (ActionStatus.DONE, _l("Check"), _l("carried out, to be verified by the next survey")),
    (
        ActionStatus.VERIFIED,
        _l("Act"),
        _l("verified: what worked goes into the rules, the rest is watched or taken up again"),
    ),
)


@dataclass(frozen=True, slots=True)
class ActionCard:
    """An action as the board and the register show it."""

    action: Action
    item: str
    baseline: str
    facts: tuple[tuple[str, str], ...]
    overdue: str
    evidence: str
    now: str
    expected: str
    verdict: str
    """What the survey that followed says of it; else where it stands."""
    reason: str
    is_verified: bool
    is_missed: bool
    """Taking it up again is proposed."""
    may_close: bool
    form: StatusForm | None


@dataclass(frozen=True, slots=True)
class StageColumn:
    stage: str
    remark: str
    cards: tuple[ActionCard, ...]


@dataclass(frozen=True, slots=True)
class ProposalLine:
    """A proposal in words, and what was decided on it."""

    item: str
    name: str
    said: str
    decision: str
    proposal_id: UUID | None


@dataclass(frozen=True, slots=True)
class ProposalList:
    """What the latest result of an audience proposes."""

    survey: Survey
    open: tuple[ProposalLine, ...]
    decided: tuple[ProposalLine, ...]
    words: str


@dataclass(frozen=True, slots=True)
class RejectedLine:
    """A proposal that is not followed, as the ledger keeps it."""

    name: str
    survey: str
    day: str
    reason: str


@dataclass(frozen=True, slots=True)
class LedgerRow:
    card: ActionCard
    causes: tuple[str, ...]
    progress: tuple[str, ...]


def latest_by_audience(sealed: Iterable[Survey]) -> list[Survey]:
    """The latest sealed annual survey of each audience: what new actions are based on."""
    latest: dict[str, Survey] = {}
    for survey in sealed:
        if instrument_of(survey).is_annual:
            latest.setdefault(survey.audience, survey)
    return list(latest.values())


def action_cards(
    entries: Sequence[LedgerEntry],
    sealed: Sequence[Survey],
    evidence: Mapping[UUID, int],
    today: date,
    *,
    may_move: bool,
) -> list[ActionCard]:
    """`sealed`: surveys that cover the unit, which may have asked again; `evidence`: files by action."""
    return [
        _card(
            entry,
            names_of(instrument_of(entry.action.survey)),
            evidence.get(entry.action.id, 0),
            today,
            form=status_form(entry.action) if may_move and entry.action.status in MOVABLE else None,
            may_close=may_move and entry.action.status in MOVABLE and may_be_verified(entry.action, sealed),
        )
        for entry in entries
    ]


def _card(
    entry: LedgerEntry, names: Names, evidence: int, today: date, *, form: StatusForm | None, may_close: bool
) -> ActionCard:
    action, result = entry.action, entry.result
    late = days_late(action, today)
    verdict, reason = _verdict(action, result)
    return ActionCard(
        action=action,
        item=names.item(action.item),
        baseline=people(baseline(action)),
        facts=_card_facts(action, names),
        overdue=_("%(days)s days overdue", days=late) if late > 0 else "",
        evidence=_("Evidence: %(count)s", count=evidence),
        now=people(result.rate) if result is not None and isinstance(result.rate, Rate) else "",
        expected=expected_text(result) if result is not None else "",
        verdict=verdict,
        reason=reason,
        is_verified=result is not None,
        is_missed=result is not None and is_missed(result) and action.status is not ActionStatus.VERIFIED,
        may_close=may_close,
        form=form,
    )


def _card_facts(action: Action, names: Names) -> tuple[tuple[str, str], ...]:
    return (
        (_("Question"), names.item(action.item)),
        (_("Baseline"), people(baseline(action))),
        (_("Acceptance"), _("not below %(percent)s", percent=goal(action.acceptance))),
        (_("Responsible"), action.owner),
        (_("Due"), iso_date(action.due)),
    )


def _verdict(action: Action, result: ActionResult | None) -> tuple[str, str]:
    if result is not None:
        return action_verdict(result.verdict), action_reason(result)
    return label(action.status), action.stopped_because


def baseline(action: Action) -> Rate:
    return Rate(action.baseline_satisfied, action.baseline_n)


def days_late(action: Action, today: date) -> int:
    return (today - action.due).days if action.status not in FINISHED else 0


def status_form(action: Action) -> StatusForm:
    form = StatusForm(formdata=None, status=action.status.value)
    form.offer(status_choices())
    return form


def status_choices() -> list[tuple[str, str]]:
    """Verified is what a later survey shows, and stopping takes a reason: both have pages of their own."""
    return [(status.value, label(status)) for status in MOVABLE]


def stage_columns(cards: Sequence[ActionCard]) -> list[StageColumn]:
    """The four columns plan, do, check, act; what was stopped stands below them."""
    return [
        _column(str(name), str(remark), [c for c in cards if c.action.status is stage])
        for stage, name, remark in STAGES
    ]


def _column(name: str, remark: str, cards: Sequence[ActionCard]) -> StageColumn:
    return StageColumn(name, _("%(count)s actions · %(remark)s", count=len(cards), remark=remark), tuple(cards))


def overdue_cards(cards: Sequence[ActionCard]) -> list[ActionCard]:
    """The longest overdue first."""
    return sorted((card for card in cards if card.overdue), key=lambda card: card.action.due)


def plan_summary(cards: Sequence[ActionCard]) -> str:
    """The sentence above the board."""
    carried_out = sum(card.action.status in CARRIED_OUT for card in cards)
    stopped, late = len(stopped_cards(cards)), sum(bool(card.overdue) for card in cards)
    parts = [_("%(count)s carried out", count=carried_out)]
    if stopped:
        parts.append(_("%(count)s stopped", count=stopped))
    still_open = len(cards) - carried_out - stopped
    parts.append(
        _("%(count)s still open (%(late)s overdue)", count=still_open, late=late)
        if late
        else _("%(count)s still open", count=still_open)
    )
    return _("%(count)s actions: %(parts)s.", count=len(cards), parts=listed(parts))


def stopped_cards(cards: Sequence[ActionCard]) -> list[ActionCard]:
    """They have no column on the board."""
    return [card for card in cards if card.action.status is ActionStatus.STOPPED]


def proposal_lists(sources: Iterable[Survey], unit: Unit) -> list[ProposalList]:
    """What the latest results propose for the unit; nothing where it has no result of its own."""
    found = []
    for survey in sources:
        try:
            report = report_for(db.session, survey, unit)
        except NothingToReport:
            continue
        names = names_of(instrument_of(survey))
        proposed = proposals_for(db.session, survey, unit, report)
        if proposed:
            found.append(_proposal_list(survey, proposed, names))
    return found


def _proposal_list(survey: Survey, proposed: Sequence[Proposed], names: Names) -> ProposalList:
    waiting = tuple(_line(one, names) for one in proposed if one.decided is None)
    decided = tuple(_line(one, names) for one in proposed if one.decided is not None)
    known = {"year": survey.year, "audience": audience_label(survey.audience), "count": len(waiting)}
    words = (
        _("The result of %(year)s (%(audience)s) proposes what to begin with; the committee decides. To be decided: "
          "%(count)s.", **known)
        if waiting
        else _("Everything that the result of %(year)s (%(audience)s) proposes has been decided.", **known)
    )  # fmt: skip
    return ProposalList(survey, waiting, decided, words)


def _line(proposed: Proposed, names: Names) -> ProposalLine:
    decided = proposed.decided
    return ProposalLine(
        proposed.item,
        names.item(proposed.item),
        _("%(people)s satisfied; %(reasons)s.", people=people(proposed.rate), reasons=proposal_reasons(proposed.kinds)),
        _decision(decided.decision, decided.action, decided.reason) if decided else "",
        decided.id if decided else None,
    )


def _decision(decision: Decision, action: Action | None, reason: str) -> str:
    if decision is Decision.ADOPTED:
        return _("adopted: %(title)s", title=action.title if action else "")
    return _("not followed: %(reason)s", reason=reason)


def rejected_lines(rejected: Iterable[Proposal]) -> list[RejectedLine]:
    return [
        RejectedLine(
            names_of(instrument_of(one.survey)).item(one.item), one.survey.title, local_day(one.decided_at), one.reason
        )
        for one in rejected
    ]


def ledger_years(
    entries: Sequence[LedgerEntry], evidence: Mapping[UUID, int], today: date
) -> list[tuple[int, list[LedgerRow]]]:
    """Rows of the ledger by the year of the survey that they rest on, the latest first."""
    cards = action_cards(entries, (), evidence, today, may_move=False)
    by_year = groupby(cards, key=lambda card: card.action.survey.year)
    return [(year, [_row(card) for card in group]) for year, group in by_year]


def _row(card: ActionCard) -> LedgerRow:
    action = card.action
    progress = (
        label(action.status),
        _("done on %(day)s", day=iso_date(action.done_on)) if action.done_on else card.overdue,
        _("stopped on %(day)s", day=local_day(action.stopped_at)) if action.stopped_at else "",
        card.evidence,
    )
    return LedgerRow(card, tuple(action.causes), tuple(words for words in progress if words))
