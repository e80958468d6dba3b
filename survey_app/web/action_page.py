"""One action in words: what its form offers and begins with, what its page says."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from math import ceil
from statistics import median_low

from flask_babel import gettext as _

from analysis.tree import Rate, Report
from instruments.model import Instrument
from survey_app.extensions import db
from survey_app.forms.committee import percent_of
from survey_app.forms.plan import ActionForm, causes_typed
from survey_app.models import Action, Survey, Unit
from survey_app.services.ledger import LedgerEntry
from survey_app.services.plan import Particulars, people_for_plan, smallest_rise
from survey_app.services.processes import processes_for
from survey_app.services.proposals import Proposed, objective_on, suggested_acceptance
from survey_app.services.questionnaires import instrument_of
from survey_app.text_filters import iso_date
from survey_app.web.circumstances import clock
from survey_app.web.labels import goal, label, local_day
from survey_app.web.plan_page import baseline
from survey_app.wording import Names, names_of, people
from survey_app.wording.actions import action_reason, action_verdict, from_to, proposal_reasons
from survey_app.wording.labels import quoted, within_quotes

Facts = tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class ActionPage:
    """What stands on the page of an action."""

    facts: Facts
    verdict: str
    reason: str


def item_choices(report: Report, instrument: Instrument) -> list[tuple[str, str]]:
    """Items that may carry an action, lowest rate first, each with its baseline; hidden results are left out."""
    names = names_of(instrument)
    shown = sorted(_exact_rates(report).items(), key=lambda entry: entry[1].value)
    return [(code, _("%(name)s (%(people)s)", name=names.item(code), people=people(rate))) for code, rate in shown]


def _exact_rates(report: Report) -> dict[str, Rate]:
    if report.hidden is not None:
        return {}
    return {item.code: item.rate for item in report.items if isinstance(item.rate, Rate) and item.rate.bound == "exact"}


def offer_choices(  # noqa: PLR0917
    form: ActionForm,
    unit: Unit,
    report: Report,
    instrument: Instrument,
    kept: Action | None,
    opened: Survey | None = None,
) -> None:
    """Questions, processes and accounts; a process that the list has lost stays to be chosen where it stands.

    `opened`: the survey that will judge the action, where it has opened already.
    """
    paths = [(path, _indented(path)) for entry in processes_for(db.session, unit).entries for path in entry.paths]
    if kept is not None and kept.process and kept.process not in dict(paths):
        paths.append((kept.process, kept.process))
    accounts = people_for_plan(db.session, unit, clock().today())
    if kept is not None and kept.owner_user is not None and kept.owner_user not in accounts:
        accounts.append(kept.owner_user)
    form.offer(item_choices(report, instrument), paths, [(str(user.id), user.name) for user in accounts])
    fixed = (
        _("The survey of %(year)s has opened: once saved, the acceptance figure can no longer be changed.",
          year=opened.year)
        if opened is not None
        else _("Next year’s result is held against it. It can be changed until the next survey opens.")
    )  # fmt: skip
    form.hint(fixed + _visible_change(report, names_of(instrument), form.item.data))


def _indented(path: str) -> str:
    above, slash, name = path.partition("/")
    return f"\u3000{name}" if slash else above


def _visible_change(report: Report, names: Names, chosen: str | None) -> str:
    """The smallest change that the chosen question could show; while none is chosen, that of a usual one."""
    rates = _exact_rates(report)
    if not rates:
        return ""
    usual = median_low(rate.n for rate in rates.values())
    item = chosen if chosen in rates else next(code for code, rate in rates.items() if rate.n == usual)
    rise = smallest_rise(rates[item])
    if rise is None:
        return ""
    return _(
        " Take %(name)s: with %(n)s answers a change of less than about %(points)s percentage points cannot be told "
        "from chance.",
        name=quoted(names.item(item)), n=rates[item].n, points=round(rise * 100),
    )  # fmt: skip


def acceptance_doubt(form: ActionForm, report: Report) -> str:
    """Why a typed acceptance figure looks like a slip: it asks no more than is reached, or less than the objective."""
    if form.item.errors or form.acceptance.errors:
        return ""
    typed, rate = Fraction(form.acceptance.fraction), _exact_rates(report).get(form.item.data)
    percent = goal(form.acceptance.fraction)
    if rate is not None and typed <= Fraction(rate.satisfied, rate.n):
        return _("%(percent)s is not above the present rate, %(people)s. Please check it.",
                 percent=percent, people=people(rate))  # fmt: skip
    objective = objective_on(report, form.item.data)
    if objective is not None and typed < Fraction(objective):
        return _("%(percent)s is below the objective of this question, %(objective)s. Please check it.",
                 percent=percent, objective=goal(objective))  # fmt: skip
    return ""


def begun_from_proposal(proposed: Proposed, survey: Survey, report: Report) -> dict[str, object]:
    """What the form begins with where a proposal is adopted."""
    name = names_of(instrument_of(survey)).item(proposed.item)
    finding = _(
        "%(name)s: %(people)s satisfied in %(year)s; %(reasons)s.",
        name=name, people=people(proposed.rate), year=survey.year, reasons=proposal_reasons(proposed.kinds),
    )  # fmt: skip
    acceptance = suggested_acceptance(report, proposed.item)
    return {"item": proposed.item, "finding": finding} | (
        {"acceptance": percent_of(acceptance)} if acceptance is not None else {}
    )


def begun_again(entry: LedgerEntry) -> dict[str, object]:
    """What the form begins with where an action is taken up again: all but its causes and its due date."""
    action, found = entry.action, entry.action.finding
    if entry.result is not None and entry.survey is not None:
        found = _(
            "The action “%(title)s” after the survey of %(year)s: %(people)s. %(why)s",
            title=within_quotes(action.title), year=entry.survey.year, people=from_to(entry.result),
            why=action_reason(entry.result),
        )  # fmt: skip
    return {
        "item": action.item, "finding": found, "title": action.title, "measure": action.measure,
        "belongs_to": action.process, "owner": action.owner, "resources": action.resources,
        "acceptance": percent_of(action.acceptance), "account": _account(action),
    }  # fmt: skip


def typed_of(action: Action) -> dict[str, object]:
    """A stored action as the fields of its form."""
    return {
        "item": action.item, "finding": action.finding, "title": action.title, "measure": action.measure,
        "belongs_to": action.process, "owner": action.owner, "resources": action.resources, "due": action.due,
        "acceptance": percent_of(action.acceptance), "account": _account(action), **causes_typed(action.causes),
    }  # fmt: skip


def _account(action: Action) -> str:
    return str(action.owner_user_id) if action.owner_user_id else ""


def particulars(form: ActionForm, unit: Unit, kept: Action | None = None) -> Particulars:
    """What was typed; the account is one of those that were offered."""
    accounts = {str(user.id): user for user in people_for_plan(db.session, unit, clock().today())}
    if kept is not None and kept.owner_user is not None:
        accounts[str(kept.owner_user.id)] = kept.owner_user
    return Particulars(
        title=form.title.data,
        measure=form.measure.data,
        owner=form.owner.data,
        due=form.due.data,
        finding=form.finding.data,
        causes=form.causes,
        process=form.belongs_to.data or "",
        resources=form.resources.data,
        owner_user=accounts.get(form.account.data or ""),
    )


def expectation_facts(action: Action) -> Facts:
    """Question, baseline, acceptance figure, and what change is expected, in people."""
    before = baseline(action)
    needed = ceil(Fraction(action.acceptance) * before.n)
    return (
        (_("Question"), names_of(instrument_of(action.survey)).item(action.item)),
        (_("Baseline"), _("%(people)s (survey of %(year)s)", people=people(before), year=action.survey.year)),
        (_("Acceptance"), _("not below %(percent)s", percent=goal(action.acceptance))),
        (_("Expected change"), _expected_change(before, needed)),
    )  # fmt: skip


def _expected_change(before: Rate, needed: int) -> str:
    known = {"n": before.n, "before": before.satisfied, "after": needed}
    if needed <= before.satisfied:
        return _("of %(n)s people no fewer than %(after)s satisfied, as now %(before)s", **known)
    return _("of %(n)s people from %(before)s to at least %(after)s satisfied", **known)


def action_page(entry: LedgerEntry) -> ActionPage:
    action, result = entry.action, entry.result
    rows = (
        *expectation_facts(action),
        (_("Process"), action.process.replace("/", " › ")),
        (_("Responsible"), action.owner),
        (_("Reminders to"), action.owner_user.name if action.owner_user else ""),
        (_("Resources"), action.resources),
        (_("Due"), iso_date(action.due)),
        (_("Status"), label(action.status)),
        (_("Done on"), iso_date(action.done_on) if action.done_on else ""),
        (_("Stopped on"), local_day(action.stopped_at) if action.stopped_at else ""),
        (_("Why it was stopped"), action.stopped_because),
        (_("Measured"), _("%(people)s (survey of %(year)s)", people=from_to(result), year=entry.survey.year)
         if result is not None and entry.survey is not None else ""),
        (_("Written into the rules"), action.rule),
    )  # fmt: skip
    facts = tuple(row for row in rows if row[1])
    if result is None:
        return ActionPage(facts, "", "")
    return ActionPage(facts, action_verdict(result.verdict), action_reason(result))
