"""What a sample branch does between two annual surveys: a party day with surveys, a round of suggestions, pulses."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta

import numpy as np
from sqlalchemy import select

from analysis.dataset import Manifest, build
from analysis.types import Context, Roster
from instruments.model import SCORED_TYPES, Instrument, Item, ItemType
from survey_app.demo.comments import SUGGESTIONS, SampleSuggestion
from survey_app.demo.generator import Answers
from survey_app.demo.organisation import OWN_BRANCH
from survey_app.demo.stage import Stage, cast, on, opened, sealed
from survey_app.models import (
    AccessMode,
    Action,
    Activity,
    InstrumentVersion,
    ReportingGroup,
    State,
    SuggestionChannel,
    Survey,
    Unit,
    User,
)
from survey_app.services.activities import Part, create_activity, survey_of
from survey_app.services.datasets import store_dataset
from survey_app.services.drafts import create_survey
from survey_app.services.moderation import WithholdReason, join_action, release_suggestion, withhold_suggestion
from survey_app.services.organisation import eligible_in, unit_by_code
from survey_app.services.pulses import PULSE_THRESHOLD
from survey_app.services.questionnaires import instrument_of, latest_version
from survey_app.services.rules import locked_rules
from survey_app.services.seal import reporting_units
from survey_app.services.suggestions import RoundSettings, open_channel, start_round, suggestions_in

PLANNED_BEFORE = timedelta(days=75)
HELD_BEFORE = timedelta(days=60)
ROUND_BEGAN, ROUND_ENDED = timedelta(days=100), timedelta(days=20)
ASKED_BEFORE, ASKED_AFTER = 22, 26
"""How many of the branch answered the surveys around the activity."""
SATISFIED = 0.85
PULSES, BETWEEN_PULSES = 9, timedelta(days=80)
PULSE_ANSWERS = 31
PULSE_SEED = 19210723
SLOWER_ANSWERS, SATISFIED_WITH_THEM = "pulr1", 0.42
"""What the latest pulse finds: opinions have been answered more slowly of late."""


def hold_activity(stage: Stage, today: date) -> Activity:
    """A themed party day of some weeks ago: opinions before it, evaluation after it, both sealed."""
    by, unit = _secretary(stage), unit_by_code(stage.session, OWN_BRANCH)
    planned, held = today - PLANNED_BEFORE, today - HELD_BEFORE
    activity = create_activity(
        stage.session, unit=unit, title="主题党日“走进社区”", held_on=held, before_title="“走进社区”主题党日意见征集",
        after_title="“走进社区”主题党日评价", by=by, clock=on(planned),
    )  # fmt: skip
    week = timedelta(days=7)
    parts = ((Part.BEFORE, ASKED_BEFORE, planned), (Part.AFTER, ASKED_AFTER, held))
    for part, people, day in parts:
        survey = survey_of(activity, part)
        if survey is None:
            continue
        instrument = instrument_of(survey)
        ballots = [_answers(stage, instrument) for _person in range(people)]
        _held(stage, survey, unit, ballots, opened_on=day, closed_on=day + week)
    return activity


def hold_suggestion_round(stage: Stage, today: date) -> SuggestionChannel:
    """A channel whose first round is over: some suggestions answered, one followed by an action, some still waiting."""
    by, unit, session = _secretary(stage), unit_by_code(stage.session, OWN_BRANCH), stage.session
    began, ended = today - ROUND_BEGAN, today - ROUND_ENDED
    channel = open_channel(
        session, title="支部意见建议箱", unit=unit, version=latest_version(session, "suggestion-box"), months=3,
        by=by, clock=on(began),
    )  # fmt: skip
    survey = start_round(
        session, channel, closes_on=ended, settings=RoundSettings(scrutineers=1), by=by, clock=on(began)
    )
    instrument = instrument_of(survey)
    ballots = [_answers(stage, instrument) | {"comment": said.text} for said in SUGGESTIONS]
    _held(stage, survey, unit, ballots, opened_on=began, closed_on=ended)
    said_of = {said.text: said for said in SUGGESTIONS}
    action = session.scalars(select(Action).where(Action.unit_id == unit.id, Action.item == "resp4")).first()
    clock = on(ended + timedelta(days=8))
    for suggestion in suggestions_in(session, channel):
        said: SampleSuggestion = said_of[suggestion.original]
        if said.is_withheld:
            withhold_suggestion(session, suggestion, reason=WithholdReason.NO_SUGGESTION, by=by, clock=clock)
        elif said.answer:
            release_suggestion(session, suggestion, shown=suggestion.shown, answer=said.answer, by=by, clock=clock)
            if said.has_action and action is not None:
                join_action(session, suggestion, action, by=by, clock=clock)
    return channel


def hold_pulses(stage: Stage, today: date) -> list[Survey]:
    """Quarterly pulses of the branch, the latest a month ago, stored as they were sealed: nobody watches them run."""
    unit, version = unit_by_code(stage.session, OWN_BRANCH), latest_version(stage.session, "pulse")
    rng = np.random.default_rng(PULSE_SEED)
    days = [today - timedelta(days=30) - BETWEEN_PULSES * back for back in reversed(range(PULSES))]
    return [
        _sealed_pulse(stage, unit, version, day, _pulse_answers(instrument_of(version), rng, is_last=day == days[-1]))
        for day in days
    ]


def _sealed_pulse(stage: Stage, unit: Unit, version: InstrumentVersion, day: date, answers: list[Answers]) -> Survey:
    session, clock, began = stage.session, on(day), day - timedelta(days=7)
    survey = create_survey(
        session, title=f"{day:%Y-%m} 支部工作快速测评", year=day.year, unit=unit, version=version,
        access_mode=AccessMode.CODES, closes_on=day, reference_day=began, threshold=PULSE_THRESHOLD,
        scrutineers=1, by=_secretary(stage), clock=on(began),
    )  # fmt: skip
    people = eligible_in(session, [unit], day.year, version.audience)[unit.id]
    survey.groups.append(ReportingGroup(slug="g1", eligible=people, issued=people, unit=unit, folded_units=[]))
    survey.locked_rules, survey.has_receipts = locked_rules(session, survey), False
    survey.opened_at = on(began).now()
    survey.closed_at = survey.counted_at = survey.sealed_at = clock.now()
    for state in (State.OPEN, State.CLOSED, State.SEALED):  # the database lets no step be left out
        survey.state = state
        session.flush()
    returned = len(answers)
    manifest = Manifest(
        survey=str(survey.id),
        title=survey.title,
        context=Context(
            year=survey.year, month=day.month, audience=survey.audience, participation=returned / people,
            reference_day=began.isoformat(),
        ),
        units=reporting_units(session, survey),
        rosters={unit.code: Roster(people, people, returned, returned)},
        instrument_sha256=version.sha256,
        threshold=survey.threshold,
        rows=returned,
    )  # fmt: skip
    store_dataset(session, survey, build(instrument_of(version), answers, [unit.code] * returned, manifest=manifest))
    return survey


def _pulse_answers(instrument: Instrument, rng: np.random.Generator, *, is_last: bool) -> list[Answers]:
    columns = {}
    for item in instrument.scored_items:
        share = SATISFIED_WITH_THEM if is_last and item.code == SLOWER_ANSWERS else SATISFIED
        columns[item.code] = np.where(rng.random(PULSE_ANSWERS) < share, 4, 2) + rng.integers(0, 2, PULSE_ANSWERS)
    return [{code: int(levels[person]) for code, levels in columns.items()} for person in range(PULSE_ANSWERS)]


def _held(
    stage: Stage, survey: Survey, unit: Unit, ballots: Sequence[Answers], *, opened_on: date, closed_on: date
) -> None:
    by = _secretary(stage)
    running = opened(stage, survey, by=by, day=opened_on)
    cast(stage, running, {unit.code: ballots})
    sealed(stage, running, by=by, closed_on=closed_on, sealed_on=closed_on + timedelta(days=1))


def _secretary(stage: Stage) -> User:
    return stage.users["demo-secretary"]


def _answers(stage: Stage, instrument: Instrument) -> Answers:
    """What one person says to everything that is asked of all."""
    return {item.code: _answer(stage, instrument, item) for item in instrument.items if item.visible_if is None}


def _answer(stage: Stage, instrument: Instrument, item: Item) -> int | tuple[int, ...] | str | None:
    rng = stage.answers_rng
    if item.type in SCORED_TYPES:
        scale = instrument.scale_of(item)
        levels = scale.satisfied if rng.random() < SATISFIED else [c for c in scale.codes if c not in scale.satisfied]
        return int(rng.choice(levels))
    options = [option.code for option in item.options if not option.exclusive]
    if item.type is ItemType.SINGLE:
        return int(rng.choice(options))
    if item.type is ItemType.MULTIPLE:
        return tuple(sorted(int(code) for code in rng.choice(options, size=min(2, len(options)), replace=False)))
    if item.type is ItemType.RANKING:
        return tuple(int(code) for code in rng.permutation(options)[: item.places or len(options)])
    return int(item.minimum or 0) if item.type is ItemType.NUMBER else None
