"""The pages of one survey in words: its rules, its groups, and what each step will do."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from flask import abort, url_for
from flask_babel import gettext as _

from instruments.model import Instrument, Item
from survey_app import services
from survey_app.extensions import db
from survey_app.models import (
    GRACE,
    AccessMode,
    Activity,
    LocalModule,
    ObjectiveRecord,
    ReportingGroup,
    State,
    Survey,
)
from survey_app.services.grouping import PlannedPlace
from survey_app.services.groups import AnyGroup
from survey_app.services.rarity import too_fine
from survey_app.services.rules import objectives_of, rules_of
from survey_app.text_filters import iso_date
from survey_app.web.context import page_language
from survey_app.web.labels import audience_label, label

GROUPS_NAMED = 12
"""Groups named one by one before opening; more are only counted."""
FEWEST_PLAYED = 5
"""So many ballots that the server encrypted are told as a number, fewer only as few."""


def group_of(survey: Survey, slug: str) -> ReportingGroup:
    """The group of an address, or 404."""
    return services.find_group(db.session, survey, slug) or abort(404)


def member_address(survey: Survey, group: AnyGroup) -> str:
    """The full address under which the people of a group answer."""
    return url_for("answer.landing", survey_slug=survey.slug, group_slug=group.slug, _external=True)


def rule_rows(survey: Survey, instrument: Instrument) -> list[tuple[str, object]]:
    """What holds for the survey, as term and text."""
    title = f"{survey.instrument.title} · {survey.instrument_sha256[:8]}"
    moments = (
        (_("Opened on"), survey.opened_at),
        (_("Closed on"), survey.closed_at),
        (_("Counted on"), survey.counted_at),
        (_("Sealed on"), survey.sealed_at),
        (_("Withdrawn on"), survey.withdrawn_at),
    )
    return [
        (_("Questionnaire"), title),
        (
            _("Number of questions"),
            _("%(count)s, about %(minutes)s minutes", count=len(instrument.items), minutes=instrument.minutes),
        ),
        (_("Audience"), audience_label(survey.audience)),
        (_("How members get in"), label(survey.access_mode)),
        (_("Reference day"), iso_date(survey.reference_day)),
        (_("Last day for answers"), iso_date(survey.closes_on)),
        (_("Group threshold"), survey.threshold),
        *_locked_rows(survey, instrument),
        *((term, iso_date(moment.astimezone().date())) for term, moment in moments if moment is not None),
    ]


def _locked_rows(survey: Survey, instrument: Instrument) -> list[tuple[str, object]]:
    """What locked when it opened: the questions compared with last year, the objectives of the surveyed unit."""
    if survey.locked_rules is None:
        return []
    compared = [instrument.by_code[code] for code in rules_of(survey).primary if code in instrument.by_code]
    objectives = objectives_of(survey, survey.unit) if instrument.is_annual else ()
    rows = (
        (_("Compared with last year"), " · ".join(item.label(page_language()) for item in compared)),
        (_("Locked objectives"), " · ".join(objective.title for objective in objectives)),
    )
    return [(term, told) for term, told in rows if told]


def ballot_box_rows(survey: Survey) -> list[tuple[str, str]]:
    """How the ballots are kept, as term and text; nothing for a survey without ballot box."""
    if survey.state is not State.DRAFT and not survey.has_ballot_box:
        return []
    three = _("three, any two of them open the ballots together")
    return [
        (_("Scrutineers"), _("one, who can open the ballots alone") if survey.scrutineers == 1 else three),
        (
            _("Browsers that cannot encrypt"),
            _("the server encrypts for them") if survey.accepts_played else _("cannot be used"),
        ),
        (_("Receipts"), _("published after sealing") if survey.has_receipts else _("not published")),
    ]


def played_row(survey: Survey, so_far: int) -> list[tuple[str, str]]:
    """How many ballots the server encrypted, as one more term and text."""
    if not survey.has_ballot_box or not survey.accepts_played or survey.state is State.WITHDRAWN:
        return []
    played = survey.played_ballots if survey.state is State.SEALED else so_far
    return [(_("Ballots encrypted by the server"), played_words(survey, played or 0))]


def played_words(survey: Survey, played: int) -> str:
    """While ballots arrive, no single one of them is seen to come."""
    if played < FEWEST_PLAYED:
        return _("fewer than %(count)s", count=FEWEST_PLAYED)
    if survey.state is State.SEALED or survey.counted_at is not None:
        return str(played)
    return _("%(count)s or more", count=played - played % FEWEST_PLAYED)


def end_of_grace(survey: Survey) -> str:
    """Until when ballots already under way are taken, on the clock of the place."""
    return "" if survey.closed_at is None else f"{(survey.closed_at + GRACE).astimezone():%H:%M}"


def opening_consequences(
    survey: Survey,
    planned: Sequence[PlannedPlace],
    objectives: Sequence[ObjectiveRecord],
    modules: Sequence[LocalModule],
) -> list[str]:
    """What opening fixes and makes."""
    people = sum(plan.eligible for plan in planned)
    fixed = _("%(people)s people are eligible, in %(groups)s reporting groups.", people=people, groups=len(planned))
    named = [_group_sentence(plan) for plan in planned] if len(planned) <= GROUPS_NAMED else []
    instrument = services.instrument_of(survey)
    frozen = _(
        "Questionnaire, reference day and group threshold can no longer be changed; nor can the way in, the number of "
        "scrutineers, the help for old browsers and the receipts."
    )
    until = _("Answers are taken until the end of %(day)s.", day=iso_date(survey.closes_on))
    fine = [_fine_sentence(item, people) for item in too_fine(instrument, people)]
    return [
        fixed,
        *named,
        _locked_sentence(instrument, objectives),
        *_local_sentences(modules),
        _way_in(survey, people),
        _keys_made(survey),
        frozen,
        *fine,
        until,
    ]


def evaluation_warning(survey: Survey, activity: Activity | None, today: date) -> list[str]:
    """An evaluation that opens before the activity asks about what nobody has seen."""
    if activity is None or activity.after_id != survey.id or today >= activity.held_on:
        return []
    day = iso_date(activity.held_on)
    return [_("The activity is on %(day)s; its evaluation is meant to open afterwards.", day=day)]


def _locked_sentence(instrument: Instrument, objectives: Sequence[ObjectiveRecord]) -> str:
    if not instrument.is_annual:
        return _("This is a pulse or an evaluation: it measures no objective and locks none.")
    if not objectives:
        return _("No objective has been set: none can be set afterwards, and nothing will be judged.")
    return _("%(count)s objectives lock and are judged by the result.", count=len(objectives))


def _local_sentences(modules: Sequence[LocalModule]) -> list[str]:
    return [
        _("%(unit)s asks its own people “%(title)s” too.", unit=module.unit.name, title=module.instrument.title)
        for module in modules
    ]


def burden_row(burden: services.Burden) -> tuple[str, str]:
    """What the surveys of the year ask of everybody, this one among them."""
    told = _("%(minutes)s minutes in %(count)s surveys", minutes=burden.minutes, count=len(burden.surveys))
    if burden.is_over:
        told = _("%(told)s: more than the budget of %(budget)s minutes", told=told, budget=burden.budget)
    return _("Asked of everybody this year"), told


def _fine_sentence(item: Item, people: int) -> str:
    """A warning: answers about the person that few share are not kept."""
    return _(
        "“%(question)s” offers %(answers)s answers to %(people)s people: what fewer than five have in common is "
        "blanked at sealing, so little may be left of this question.",
        question=item.label(page_language()),
        answers=len(item.options),
        people=people,
    )


def _way_in(survey: Survey, people: int) -> str:
    if survey.access_mode is AccessMode.CODES:
        return _("%(count)s codes are made and shown once, for printing.", count=people)
    if survey.access_mode is AccessMode.PERSONAL:
        return _("Personal slips are made afterwards, group by group, from a list of names.")
    return _("Whoever has the link can answer; the result is marked unverified.")


def _keys_made(survey: Survey) -> str:
    if survey.scrutineers == 1:
        return _(
            "Fresh keys are made. The passphrase of the scrutineer is shown once; without it nobody can ever open the "
            "ballots."
        )
    return _(
        "Fresh keys are made. The passphrases of the three scrutineers are shown once; without two of them nobody can "
        "ever open the ballots."
    )


def _group_sentence(plan: PlannedPlace) -> str:
    if not plan.folded:
        return _("%(unit)s: %(people)s people", unit=plan.unit.name, people=plan.eligible)
    return _(
        "%(unit)s with %(count)s smaller units: %(people)s people",
        unit=plan.unit.name,
        count=len(plan.folded),
        people=plan.eligible,
    )


def discarding_consequences(survey: Survey) -> list[str]:
    return [
        _(
            "The draft for %(unit)s, %(year)s, is deleted. Nobody has been asked anything yet.",
            unit=survey.unit.name,
            year=survey.year,
        ),
        _("The objectives of the year and the eligible numbers stay as they are."),
        _("The record of acts says that you did this."),
    ]


def extending_consequences(survey: Survey) -> list[str]:
    """What a later last day does, and what it leaves as it is."""
    return [
        _("Members can answer until the end of the new day. Their page says so within a minute."),
        _(
            "Slips, posters and texts given out before still name %(day)s: please tell people.",
            day=iso_date(survey.closes_on),
        ),
        _("Codes, eligible numbers and all rules stay as they are; ballots that have arrived count."),
        _("The new day and the reason are kept in the record of acts and shown on the page of the survey."),
    ]


def closing_consequences(survey: Survey, today: date) -> list[str]:
    early = (
        [_("Its last day is %(day)s: it would be closed early.", day=iso_date(survey.closes_on))]
        if today <= survey.closes_on
        else []
    )
    return [
        *early,
        _("No more passes are given out: unused codes stop working.")
        if survey.has_credentials
        else _("Nobody can begin to answer any more."),
        _("Ballots that are already under way are taken for another 30 minutes."),
        _("It cannot be opened again."),
        _("Afterwards the scrutineers open and count the ballots; until then no answer can be read."),
    ]


def counting_consequences(survey: Survey) -> list[str]:
    """What the first step of sealing does."""
    return [
        _("The ballots are opened in memory, checked one by one and counted. Only the counts are shown."),
        _("From then on no ballot is taken any more."),
        _("If fewer than 5 are valid, nothing is opened."),
        _("Nothing is stored and nothing destroyed yet: sealing follows on the next page."),
    ]


def sealing_consequences(survey: Survey) -> list[str]:
    return [
        _("The valid ballots become the sealed dataset, shuffled; comments are kept apart."),
        _("Rare combinations of answers about the person are blanked."),
        _("The sealed dataset gets its hash; from then on every figure can be traced to it."),
        _("All ballots, codes and keys are destroyed. This cannot be undone."),
        _("Figures of fewer than %(threshold)s people stay hidden.", threshold=survey.threshold),
    ]


def withdrawing_consequences(survey: Survey) -> list[str]:
    return [
        _("No ballot is opened. All ballots, codes and keys are destroyed; this cannot be undone."),
        _("Slips that have been given out lead to a page that says the survey was withdrawn, and why."),
        _("It stays in the list of surveys as withdrawn, without any figure."),
        _("Who has answered has to be asked again, with the corrected copy and new slips.")
        if survey.has_credentials
        else _("Who has answered has to be asked again, with the corrected copy and a new link."),
    ]


def participation_definition(survey: Survey, *, is_exact: bool) -> str:
    """What the count of people who took part counts."""
    if is_exact or survey.state is State.SEALED:
        return _("ballots received")
    if survey.has_credentials:
        return _("codes used, rounded down to 5")
    return _("ballots received, rounded down to 5")
