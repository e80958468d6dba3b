"""Loading the sample organisation: two sealed years with their plans, an open survey, and what happened in between.

What its answers are drawn from is `generator`; its tree, people and plan are `organisation`, what a branch does during
the year `occasions`. Loaded data carries `is_sample` and can be taken out again without touching anything else:
`removal`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from random import Random

import numpy as np
from sqlalchemy.orm import Session

from survey_app.clock import Clock
from survey_app.demo.announcement import DemoFacts
from survey_app.demo.assessment import fix_scheme, visit_branches
from survey_app.demo.comments import STILL_WAITING
from survey_app.demo.decisions import review_comments
from survey_app.demo.generator import Crowd, draw, truth_of
from survey_app.demo.narratives import write_reports
from survey_app.demo.occasions import hold_activity, hold_pulses, hold_suggestion_round
from survey_app.demo.organisation import (
    BRANCHES,
    PLAN,
    Branch,
    PlannedAction,
    build_tree,
    people_of,
    set_objectives,
)
from survey_app.demo.publications import publish_result
from survey_app.demo.reviews import hold_review
from survey_app.demo.stage import OpenSurvey, Stage, cast, on, opened, sealed
from survey_app.models import AccessMode, Action, ActionStatus, Survey
from survey_app.services.audit import COMMAND_LINE
from survey_app.services.drafts import create_survey
from survey_app.services.organisation import unit_by_code
from survey_app.services.people import create_user, generate_password
from survey_app.services.plan import add_action, close_action, set_action_status
from survey_app.services.proposals import adopt_proposal, proposals_for
from survey_app.services.questionnaires import install_catalogue, instrument_of, latest_version
from survey_app.services.results import report_for

QUESTIONNAIRE = "member-satisfaction"
ANSWER_SEED = 20121210
PARTICIPATION = (0.84, 0.86)
"""Share of eligible people who answered in the two sealed years."""
ARRIVED_SO_FAR = 0.4
"""Share of eligible people who have answered the open survey when the sample is loaded."""
THRESHOLD = 10
DAYS_OPEN = 14
CODES_SHOWN = 8


def load(session: Session, *, clock: Clock, secret: bytes, rng: Random) -> DemoFacts:
    """Build the sample organisation. Raises: SampleLoaded when it is there already."""
    this_year = clock.today().year
    passwords = {person.login: generate_password(rng) for person in people_of()}
    stage = _set_stage(session, passwords, clock, secret, rng)
    years: list[Survey] = []
    verified: list[tuple[Action, PlannedAction]] = []
    for position, share in enumerate(PARTICIPATION):
        year = this_year - len(PARTICIPATION) + position
        if year == this_year - 1:
            fix_scheme(stage, year)
        years.append(_sealed_year(stage, year, position, share))
        review_comments(stage, years[-1], waiting=STILL_WAITING if year == this_year - 1 else ())
        _close(stage, verified, on(date(year + 1, 2, 20)))
        verified = _plan(stage, years[-1], PLAN[position], clock)
    public = publish_result(stage, years[-1], clock.today())
    hold_review(stage, years[-1])
    visit_branches(stage, years[-1].year)
    write_reports(stage, years[-1])
    hold_pulses(stage, clock.today())
    hold_activity(stage, clock.today())
    channel = hold_suggestion_round(stage, clock.today())
    fix_scheme(stage, this_year)
    running = _current_year(stage, this_year, len(PARTICIPATION), clock)
    group = next(group for group in running.survey.groups if len(running.codes[group.slug]) >= CODES_SHOWN)
    return DemoFacts(
        passwords=passwords,
        people=people_of(),
        survey_slug=running.survey.slug,
        group_slug=group.slug,
        group_name=group.unit.name,
        codes=running.codes[group.slug][:CODES_SHOWN],
        passphrases=running.passphrases,
        sealed=years,
        truth=stage.truth,
        suggestions_slug=channel.slug,
        public_slug=public.slug,
    )


def crowds(share: float, answers_rng: np.random.Generator) -> dict[str, Crowd]:
    """How many of each branch answer: its share, one or two people more or less."""
    return {branch.code: Crowd(_answering(branch, share, answers_rng), branch.shift) for branch in BRANCHES}


def _set_stage(session: Session, passwords: Mapping[str, str], clock: Clock, secret: bytes, rng: Random) -> Stage:
    this_year = clock.today().year
    past = on(date(this_year - len(PARTICIPATION), 1, 8))
    install_catalogue(session, by=COMMAND_LINE, clock=past)
    root = build_tree(session, range(this_year - len(PARTICIPATION), this_year + 1), clock=past)
    users = {
        person.login: create_user(
            session, login=person.login, name=person.name, password=passwords[person.login],
            roles=[(person.role, unit_by_code(session, person.unit))], by=COMMAND_LINE, clock=past, sample=True,
        )
        for person in people_of()
    }  # fmt: skip
    version = latest_version(session, QUESTIONNAIRE)
    instrument = instrument_of(version)
    return Stage(
        session=session, root=root, version=version, instrument=instrument, truth=truth_of(instrument),
        users=users, secret=secret, rng=rng, answers_rng=np.random.default_rng(ANSWER_SEED),
    )  # fmt: skip


def _sealed_year(stage: Stage, year: int, position: int, share: float) -> Survey:
    running = _open(stage, year, opened_on=date(year, 11, 28), closes_on=date(year, 12, 14))
    answering = crowds(share, stage.answers_rng)
    cast(stage, running, draw(stage.instrument, stage.truth, position, answering, stage.answers_rng))
    by = stage.users["demo-committee"]
    return sealed(stage, running, by=by, closed_on=date(year, 12, 14), sealed_on=date(year, 12, 16))


def _current_year(stage: Stage, year: int, position: int, clock: Clock) -> OpenSurvey:
    today = clock.today()
    running = _open(stage, year, opened_on=today, closes_on=today + timedelta(days=DAYS_OPEN))
    so_far = crowds(ARRIVED_SO_FAR, stage.answers_rng)
    cast(stage, running, draw(stage.instrument, stage.truth, position, so_far, stage.answers_rng))
    return running


def _open(stage: Stage, year: int, *, opened_on: date, closes_on: date) -> OpenSurvey:
    by = stage.users["demo-committee"]
    set_objectives(stage.session, stage.root, year, stage.truth, by=by, clock=on(date(year, 1, 15)))
    survey = create_survey(
        stage.session, title=f"{year} 年度党员满意度测评", year=year, unit=stage.root, version=stage.version,
        access_mode=AccessMode.CODES, closes_on=closes_on, reference_day=opened_on - timedelta(days=7),
        threshold=THRESHOLD, by=by, clock=on(opened_on),
    )  # fmt: skip
    return opened(stage, survey, by=by, day=opened_on)


def _plan(
    stage: Stage, survey: Survey, actions: Sequence[PlannedAction], clock: Clock
) -> list[tuple[Action, PlannedAction]]:
    """The actions decided on in the first quarter after a sealed year. Returns those that the next one verifies."""
    made: list[tuple[Action, PlannedAction]] = []
    decided = on(date(survey.year + 1, 2, 20))
    for planned in actions:
        by, unit = stage.users[planned.decided_by], unit_by_code(stage.session, planned.unit)
        report = report_for(stage.session, survey, unit)
        action = add_action(
            stage.session, unit=unit, survey=survey, item=planned.item_in(stage.truth), title=planned.title,
            measure=planned.measure, acceptance=planned.acceptance, owner=planned.owner,
            due=planned.due_after(survey.year, clock.today()), finding=planned.finding, causes=planned.causes,
            process=planned.process, report=report, by=by, clock=decided,
        )  # fmt: skip
        made.append((action, planned))
        if any(proposed.item == action.item for proposed in proposals_for(stage.session, survey, unit, report)):
            adopt_proposal(stage.session, unit, survey, action.item, action=action, by=by, clock=decided)
        reached = ActionStatus.DONE if planned.status is ActionStatus.VERIFIED else planned.status
        if reached is not action.status:
            set_action_status(stage.session, action, reached, by=by, clock=decided)
    return [(action, planned) for action, planned in made if planned.status is ActionStatus.VERIFIED]


def _close(stage: Stage, verified: Sequence[tuple[Action, PlannedAction]], closed: Clock) -> None:
    """What the next survey has verified is closed in the quarter after it."""
    for action, planned in verified:
        by = stage.users[planned.decided_by]
        close_action(stage.session, action, rule=planned.rule, by=by, clock=closed)


def _answering(branch: Branch, share: float, answers_rng: np.random.Generator) -> int:
    return int(np.clip(round(branch.members * share) + answers_rng.integers(-1, 2), 0, branch.members))
