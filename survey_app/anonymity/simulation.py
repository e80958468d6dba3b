"""A survey made through the services of this version, on a database of its own, whose truth is kept in memory alone.

Members come in on one day and answer then or some days later; somebody copies the live stores every night. The same
members answer a `naive` store at the same moments.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from random import Random, SystemRandom

from sqlalchemy import Engine, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from survey_app.anonymity.attacks import Rows
from survey_app.anonymity.copies import Copy, copy_of, first_seen, parts_of, stored_bytes
from survey_app.anonymity.naive import NaiveStore
from survey_app.anonymity.nights import Night
from survey_app.anonymity.questionnaire import LEVELS, QUESTIONNAIRE, RATINGS
from survey_app.anonymity.visits import START, Visit, draw_visits
from survey_app.backup.writing import write_backup
from survey_app.clock import SetClock
from survey_app.crypto import box
from survey_app.crypto.blind import PREFIX_BYTES, Blinding, blind, finalize
from survey_app.crypto.codes import code_hash
from survey_app.database import build_engine, rewrite_boxes
from survey_app.migrate import upgrade
from survey_app.models import GRACE, AccessMode, ReportingGroup, Survey, UnitKind, UnitLevel
from survey_app.services.audit import COMMAND_LINE
from survey_app.services.cast import Message, body_of, cast_ballot, cast_played
from survey_app.services.datasets import load_dataset
from survey_app.services.drafts import create_survey
from survey_app.services.issue import issue_credential
from survey_app.services.opening import count_ballots
from survey_app.services.organisation import create_unit, set_eligible
from survey_app.services.questionnaires import publish_instrument
from survey_app.services.seal import seal_survey
from survey_app.services.survey_keys import envelope_key_of, needed_passphrases, public_key_of
from survey_app.services.surveys import OpenedSurvey, close_survey, open_survey

THRESHOLD = 10
RECOGNISED_BYTES = 48


@dataclass(slots=True, repr=False)
class Evidence:
    """All that attackers get in the end, and the truth."""

    truth: dict[bytes, bytes] = field(default_factory=dict)
    """Code hash -> hash of the credential spent."""
    nights: list[Night] = field(default_factory=list)
    naive_nights: list[Night] = field(default_factory=list)
    backups: list[dict[str, bytes]] = field(default_factory=list)
    """The parts of each night's backup, by name."""
    raw: Copy = field(default_factory=Copy)
    """The live stores, copied every night before the backup."""
    rewritten: Copy = field(default_factory=Copy)
    """The live stores at closing after they have been written anew, as before every backup."""
    naive: Copy = field(default_factory=Copy)
    naive_truth: dict[bytes, bytes] = field(default_factory=dict)
    came_in: Rows = field(default_factory=dict)
    """By member: everything that could be noted down while the survey ran, or read in earlier copies."""
    sealed_rows: Rows = field(default_factory=dict)
    sealed_texts: Rows = field(default_factory=dict)
    sealed_files: list[bytes] | None = None
    needles: list[bytes] = field(default_factory=list)
    """What must be found nowhere after sealing, and in no backup."""


@dataclass(slots=True, repr=False)
class Voting:
    """The survey while it runs: what the members' browsers hold is in `passes`."""

    engine: Engine
    session: Session
    opened: OpenedSurvey
    secret: bytes
    clock: SetClock
    codes: Sequence[str]
    passes: dict[int, tuple[Blinding, bytes]] = field(default_factory=dict)
    ballots: dict[int, tuple[bytes, bytes, bytes]] = field(default_factory=dict)
    """By member: hash of the credential, receipt, a part of the envelope."""

    @property
    def survey(self) -> Survey:
        return self.opened.survey

    @property
    def group(self) -> ReportingGroup:
        return self.survey.groups[0]


def simulate(url: str, folder: Path, *, members: int, days: int, rng: Random) -> Evidence:
    """The survey from opening to sealing on an empty database; `folder` takes the naive store and the backups."""
    upgrade(url)
    engine = build_engine(url)
    try:
        with Session(engine, expire_on_commit=False) as session:
            voting = _open(engine, session, members)
            visits = draw_visits(members, days, rng)
            evidence = Evidence()
            _run_days(voting, visits, days, folder, evidence)
            _note_down(voting, visits, evidence)
            rewrite_boxes(engine)
            evidence.rewritten = copy_of(engine, voting.survey.id)
            _seal(voting)
            _read_sealed(voting, evidence)
            evidence.sealed_files = stored_bytes(engine)
            return evidence
    finally:
        engine.dispose()


@contextmanager
def temporary_database(engine: Engine, folder: Path) -> Iterator[str]:
    """An empty database of the same kind; SQLite where the account may not make one on the PostgreSQL server."""
    if engine.dialect.name == "sqlite":
        yield f"sqlite:///{folder / 'simulation.sqlite3'}"
        return
    name = f"anonymity_check_{secrets.token_hex(6)}"
    admin = build_engine(engine.url.render_as_string(hide_password=False)).execution_options(
        isolation_level="AUTOCOMMIT"
    )
    try:
        with admin.connect() as connection:
            connection.execute(text(f"CREATE DATABASE {name}"))
    except DBAPIError:
        yield f"sqlite:///{folder / 'simulation.sqlite3'}"
        return
    try:
        yield engine.url.set(database=name).render_as_string(hide_password=False)
    finally:
        with admin.connect() as connection:
            connection.execute(text(f"DROP DATABASE {name} WITH (FORCE)"))
        admin.dispose()


def _open(engine: Engine, session: Session, members: int) -> Voting:
    clock, secret, by = SetClock(START), secrets.token_bytes(32), COMMAND_LINE
    version = publish_instrument(session, QUESTIONNAIRE, by=by, clock=clock)
    branch = create_unit(
        session, code="branch", name="支部", level=UnitLevel.BRANCH, kind=UnitKind.ORGAN, parent=None,
        by=by, clock=clock,
    )  # fmt: skip
    day = date(START.year, 11, 1)
    set_eligible(
        session, branch, year=day.year, audience="member", people=members, reference_day=day, by=by, clock=clock
    )
    survey = create_survey(
        session, title="匿名性检验", year=day.year, unit=branch, version=version, closes_on=date(START.year, 12, 31),
        reference_day=day, access_mode=AccessMode.CODES, threshold=THRESHOLD, by=by, clock=clock,
    )  # fmt: skip
    opened = open_survey(session, survey, by=by, clock=clock, secret=secret)
    session.commit()
    codes = list(opened.codes[survey.groups[0].slug])
    SystemRandom().shuffle(codes)
    return Voting(engine, session, opened, secret, clock, codes)


def _run_days(voting: Voting, visits: Sequence[Visit], days: int, folder: Path, evidence: Evidence) -> None:
    naive = NaiveStore(folder / "naive.sqlite3", [code.encode() for code in voting.codes])
    comings = [(visit.came, False, visit) for visit in visits if not visit.is_played]
    events = sorted([*comings, *((visit.cast, True, visit) for visit in visits)], key=lambda event: event[:2])
    copies = []
    for day in range(days):
        for moment, is_cast, visit in events:
            if (moment - START).days == day:
                voting.clock.moment = moment
                if is_cast:
                    _answer(voting, visit, naive, evidence)
                else:
                    _come_in(voting, visit)
        copies.append(copy_of(voting.engine, voting.survey.id))
        evidence.naive_nights.append(naive.copy().night)
        backup = folder / f"{day}.zip"
        write_backup(voting.engine, backup, secret=voting.secret, clock=voting.clock)
        evidence.backups.append(parts_of(backup))
    evidence.raw, evidence.nights = first_seen(copies), [copy.night for copy in copies]
    evidence.naive = naive.copy()
    naive.close()


def _answer(voting: Voting, visit: Visit, naive: NaiveStore, evidence: Evidence) -> None:
    """The same answers to both stores."""
    code, key = voting.codes[visit.member], secrets.token_bytes(box.HASH_BYTES)
    (_cast_played if visit.is_played else _cast)(voting, visit.member, _answers(visit.member))
    evidence.truth[code_hash(voting.secret, voting.survey.id, code)] = voting.ballots[visit.member][0]
    evidence.naive_truth[code.encode()] = key
    naive.take(code.encode(), key, body_of(_answers(visit.member)).decode(), visit.cast)


def _come_in(voting: Voting, visit: Visit) -> None:
    """The browser has a message signed unseen for the code, and keeps it."""
    key = public_key_of(voting.group)
    blinding = blind(key, box.credential_message(voting.survey.id, key.key_id))
    signed = issue_credential(
        voting.session, voting.survey, voting.group, voting.codes[visit.member], blinding.blinded,
        secret=voting.secret, clock=voting.clock,
    )  # fmt: skip
    voting.session.commit()
    voting.passes[visit.member] = blinding, finalize(key, blinding, signed)


def _cast(voting: Voting, member: int, answers: Mapping[str, int | str]) -> None:
    survey = voting.survey
    blinding, signature = voting.passes.pop(member)
    sealed = box.seal_envelope(
        envelope_key_of(survey), body_of(answers), survey.envelope_size or 0, survey_id=survey.id
    )
    message = Message(sealed.receipt, sealed.envelope, blinding.message[:PREFIX_BYTES], signature)
    cast_ballot(voting.session, survey, voting.group, message, clock=voting.clock)
    voting.session.commit()
    voting.ballots[member] = box.spent_mark(blinding.message), sealed.receipt, _recognised_by(survey, sealed)


def _cast_played(voting: Voting, member: int, answers: Mapping[str, int | str]) -> None:
    survey, code, attempt = voting.survey, voting.codes[member], secrets.token_bytes(box.ATTEMPT_BYTES)
    voter = box.PlayedVoter.derive(voting.secret, survey.id, code, attempt)
    cast = cast_played(
        voting.session, survey, voting.group, code, attempt, answers, secret=voting.secret, clock=voting.clock
    )
    spent = box.spent_mark(voter.blind(public_key_of(voting.group)).message)
    sealed = voter.seal(envelope_key_of(survey), body_of(answers), survey.envelope_size or 0)
    voting.ballots[member] = spent, cast.receipt, _recognised_by(survey, sealed)


def _recognised_by(survey: Survey, sealed: box.SealedBallot) -> bytes:
    """A part of the envelope that playing the same voter again repeats: what follows the locked key."""
    start = envelope_key_of(survey).size
    return sealed.envelope[start : start + RECOGNISED_BYTES]


def _answers(member: int) -> dict[str, int | str]:
    """Ratings that are the member's number in base 5, and a text that names it; of different lengths."""
    ratings = {code: 1 + member // LEVELS**place % LEVELS for place, code in enumerate(RATINGS)}
    return {**ratings, "said": f"{member} " + "啊" * (member * 7 % 40)}


def _note_down(voting: Voting, visits: Sequence[Visit], evidence: Evidence) -> None:
    hashes = {visit.member: code_hash(voting.secret, voting.survey.id, voting.codes[visit.member]) for visit in visits}
    evidence.came_in = {
        visit.member: {
            "came": visit.came.timestamp(),
            "cast": visit.cast.timestamp(),
            "code_hash": hashes[visit.member],
            "spent": voting.ballots[visit.member][0],
            "receipt": voting.ballots[visit.member][1],
        }
        for visit in visits
    }
    ballots = [part for spent, _, envelope in voting.ballots.values() for part in (spent, envelope)]
    evidence.needles = [*hashes.values(), *ballots]


def _seal(voting: Voting) -> None:
    """Close, count and seal as the scrutineers do; then the boxes are written anew, as after every sealing."""
    session, survey, clock = voting.session, voting.survey, voting.clock
    passphrases = voting.opened.passphrases[: needed_passphrases(survey)]
    close_survey(session, survey, by=COMMAND_LINE, clock=clock)
    session.commit()
    clock.moment += GRACE
    rng = SystemRandom()
    count_ballots(session, survey, passphrases=passphrases, by=COMMAND_LINE, clock=clock, secret=voting.secret, rng=rng)
    session.commit()
    seal_survey(session, survey, passphrases=passphrases, by=COMMAND_LINE, clock=clock, secret=voting.secret, rng=rng)
    session.commit()
    rewrite_boxes(voting.engine)


def _read_sealed(voting: Voting, evidence: Evidence) -> None:
    """Where each member's answers stand in the sealed data: recognised by the ratings, which nobody else gave."""
    dataset = load_dataset(voting.session, voting.survey)
    ratings = [dataset.column(code) for code in RATINGS]
    rows: dict[int, dict[str, int]] = {}
    for row in range(dataset.rows):
        member = sum((int(column[row]) - 1) * LEVELS**place for place, column in enumerate(ratings))
        rows[member] = {"row": row}
    evidence.sealed_rows = rows
    texts = [said for groups in dataset.texts.values() for said in groups[next(iter(groups))]]
    evidence.sealed_texts = {int(said.split()[0]): {"place": place} for place, said in enumerate(texts)}
    voting.session.rollback()
