"""The sample organisation: two sealed years and an open survey, made through the same services as real ones.

What its answers are drawn from is `demo_generator`; its tree, people and plan are `demo_organisation`. Loaded data
carries `is_sample` and can be taken out again without touching anything else: `demo_removal`.
"""

from __future__ import annotations

import os
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any

import numpy as np
from flask import Flask
from sqlalchemy.orm import Session

from instruments.model import Instrument
from survey_app.clock import Clock, SetClock
from survey_app.crypto.box import ATTEMPT_BYTES
from survey_app.demo_generator import Answers, Crowd, Truth, draw, truth_of
from survey_app.demo_organisation import (
    BRANCHES,
    PLAN,
    Branch,
    PlannedAction,
    SampleLoaded,
    SamplePerson,
    build_tree,
    people_of,
    set_objectives,
)
from survey_app.demo_removal import Removed, remove
from survey_app.models import AccessMode, InstrumentVersion, Survey, Unit, User
from survey_app.services.audit import COMMAND_LINE
from survey_app.services.cast import play_voter
from survey_app.services.drafts import create_survey
from survey_app.services.opening import count_ballots
from survey_app.services.organisation import unit_by_code
from survey_app.services.people import create_user, generate_password
from survey_app.services.plan import add_action, set_action_status
from survey_app.services.questionnaires import install_catalogue, instrument_of, latest_version
from survey_app.services.results import report_for
from survey_app.services.seal import seal_survey
from survey_app.services.surveys import close_survey, open_survey

__all__ = ["DemoFacts", "Removed", "SampleLoaded", "announcement", "load", "remove", "write_announcement"]

QUESTIONNAIRE = "member-satisfaction"
ANSWER_SEED = 20121210
PARTICIPATION = (0.84, 0.86)
"""Share of eligible people who answered in the two sealed years."""
ARRIVED_SO_FAR = 0.4
"""Share of eligible people who have answered the open survey when the sample is loaded."""
THRESHOLD = 10
DAYS_OPEN = 14
CODES_SHOWN = 8
NEEDED_PASSPHRASES = 2
FILE_NAME = "demo.txt"
DEFAULT_ADDRESS = "http://127.0.0.1:8000"


@dataclass(frozen=True, slots=True)
class DemoFacts:
    """What a person needs to look around: passwords by login, the open survey's address, a few unused codes."""

    passwords: Mapping[str, str]
    people: Sequence[SamplePerson]
    survey_slug: str
    group_slug: str
    group_name: str
    codes: Sequence[str]
    passphrases: Sequence[str]
    sealed: Sequence[Survey]
    truth: Truth


@dataclass(frozen=True, slots=True)
class Stage:
    """What all years of the sample share."""

    session: Session
    root: Unit
    version: InstrumentVersion
    instrument: Instrument
    truth: Truth
    users: Mapping[str, User]
    secret: bytes
    rng: Random
    answers_rng: np.random.Generator


@dataclass(slots=True)
class OpenYear:
    """A survey that has just been opened, with the codes nobody has used yet."""

    survey: Survey
    codes: dict[str, list[str]]
    passphrases: list[str]
    clock: Clock


def load(session: Session, *, clock: Clock, secret: bytes, rng: Random) -> DemoFacts:
    """Build the sample organisation: tree, accounts, two sealed years with their plans, one open survey.

    Raises: SampleLoaded when it is there already.
    """
    this_year = clock.today().year
    passwords = {person.login: generate_password(rng) for person in people_of()}
    stage = _set_stage(session, passwords, clock, secret, rng)
    sealed = []
    for position, share in enumerate(PARTICIPATION):
        year = this_year - len(PARTICIPATION) + position
        sealed.append(_sealed_year(stage, year, position, share))
        _plan(stage, sealed[-1], PLAN[position], clock)
    opened = _current_year(stage, this_year, len(PARTICIPATION), clock)
    group = next(group for group in opened.survey.groups if len(opened.codes[group.slug]) >= CODES_SHOWN)
    return DemoFacts(
        passwords=passwords,
        people=people_of(),
        survey_slug=opened.survey.slug,
        group_slug=group.slug,
        group_name=group.unit.name,
        codes=opened.codes[group.slug][:CODES_SHOWN],
        passphrases=opened.passphrases,
        sealed=sealed,
        truth=stage.truth,
    )


def crowds(share: float, answers_rng: np.random.Generator) -> dict[str, Crowd]:
    """How many of each branch answer: its share, one or two people more or less."""
    return {branch.code: Crowd(_answering(branch, share, answers_rng), branch.shift) for branch in BRANCHES}


def write_announcement(facts: DemoFacts, folder: Path) -> Path:
    """Keep links, codes and passwords where only the owner of the installation can read them."""
    path = folder / FILE_NAME
    path.unlink(missing_ok=True)
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write("\n".join(_lines(facts)) + "\n")
    return path


def announcement(app: Flask, address: str = DEFAULT_ADDRESS) -> str:
    """What `serve` prints at every start while the sample organisation is loaded; empty without it."""
    path = Path(app.config["INSTANCE"]) / FILE_NAME
    return path.read_text(encoding="utf-8").replace(DEFAULT_ADDRESS, address) if path.exists() else ""


def _set_stage(session: Session, passwords: Mapping[str, str], clock: Clock, secret: bytes, rng: Random) -> Stage:
    this_year = clock.today().year
    past = SetClock(_moment(this_year - len(PARTICIPATION), 1, 8))
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
    opened = _open(stage, year, opened_on=date(year, 11, 28), closes_on=date(year, 12, 14))
    answering = crowds(share, stage.answers_rng)
    _cast(stage, opened, draw(stage.instrument, stage.truth, position, answering, stage.answers_rng))
    runs, opens = stage.users["demo-committee"], stage.users["demo-scrutineer"]
    close_survey(stage.session, opened.survey, by=runs, clock=SetClock(_moment(year, 12, 14)))
    how: dict[str, Any] = {
        "passphrases": opened.passphrases[:NEEDED_PASSPHRASES],
        "by": opens,
        "clock": SetClock(_moment(year, 12, 16)),
        "secret": stage.secret,
        "rng": stage.rng,
    }
    count_ballots(stage.session, opened.survey, **how)
    seal_survey(stage.session, opened.survey, **how)
    return opened.survey


def _current_year(stage: Stage, year: int, position: int, clock: Clock) -> OpenYear:
    today = clock.today()
    opened = _open(stage, year, opened_on=today, closes_on=today + timedelta(days=DAYS_OPEN))
    so_far = crowds(ARRIVED_SO_FAR, stage.answers_rng)
    _cast(stage, opened, draw(stage.instrument, stage.truth, position, so_far, stage.answers_rng))
    return opened


def _open(stage: Stage, year: int, *, opened_on: date, closes_on: date) -> OpenYear:
    by = stage.users["demo-committee"]
    set_objectives(stage.session, stage.root, year, stage.truth, by=by, clock=SetClock(_moment(year, 1, 15)))
    clock = SetClock(datetime(opened_on.year, opened_on.month, opened_on.day, 1, tzinfo=UTC))
    survey = create_survey(
        stage.session, title=f"{year} 年度党员满意度测评", year=year, unit=stage.root, version=stage.version,
        access_mode=AccessMode.CODES, closes_on=closes_on, reference_day=opened_on - timedelta(days=7),
        threshold=THRESHOLD, by=by, clock=clock,
    )  # fmt: skip
    opened = open_survey(stage.session, survey, by=by, clock=clock, secret=stage.secret, rng=stage.rng)
    return OpenYear(survey, opened.codes, opened.passphrases, clock)


def _cast(stage: Stage, opened: OpenYear, answers: Mapping[str, Sequence[Answers]]) -> None:
    """Every answer gets a pass for a code of its group and casts a ballot, as a phone would."""
    for group in opened.survey.groups:
        codes = opened.codes[group.slug]
        for unit in (group.unit.code, *group.folded_units):
            for ballot in answers.get(unit, ()):
                attempt = secrets.token_bytes(ATTEMPT_BYTES)
                play_voter(
                    stage.session, opened.survey, group, codes.pop(), attempt, ballot,
                    secret=stage.secret, clock=opened.clock, keep=stage.session.flush,
                )  # fmt: skip


def _plan(stage: Stage, survey: Survey, actions: Sequence[PlannedAction], clock: Clock) -> None:
    """The actions decided on in the first quarter after a sealed year."""
    decided = SetClock(_moment(survey.year + 1, 2, 20))
    for planned in actions:
        by, unit = stage.users[planned.decided_by], unit_by_code(stage.session, planned.unit)
        report = report_for(stage.session, survey, unit)
        action = add_action(
            stage.session, unit=unit, survey=survey, item=planned.item_in(stage.truth), title=planned.title,
            measure=planned.measure, acceptance=planned.acceptance, owner=planned.owner,
            due=planned.due_after(survey.year, clock.today()), report=report, by=by, clock=decided,
        )  # fmt: skip
        if planned.status is not action.status:
            set_action_status(stage.session, action, planned.status, by=by, clock=decided)


def _answering(branch: Branch, share: float, answers_rng: np.random.Generator) -> int:
    return int(np.clip(round(branch.members * share) + answers_rng.integers(-1, 2), 0, branch.members))


def _moment(year: int, month: int, day: int) -> datetime:
    return datetime(year, month, day, 2, tzinfo=UTC)


def _lines(facts: DemoFacts) -> list[str]:
    link = f"{DEFAULT_ADDRESS}/s/{facts.survey_slug}/{facts.group_slug}"
    return [
        "样例单位已载入（数据全部虚构） / sample organisation, all data invented",
        f"  答卷 answer: {link}  ({facts.group_name})",
        f"  参评码 codes: {'  '.join(facts.codes[:4])}",
        *[f"               {'  '.join(facts.codes[start : start + 4])}" for start in range(4, len(facts.codes), 4)],
        f"  启封口令 passphrases of the scrutineers (any two open the ballots after closing): {facts.passphrases[0]}",
        *[f"               {passphrase}" for passphrase in facts.passphrases[1:]],
        f"  管理端 committee: {DEFAULT_ADDRESS}/login",
        *[f"    {person.login:<18} {facts.passwords[person.login]:<24} {person.name}" for person in facts.people],
    ]
