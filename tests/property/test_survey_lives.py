"""Whole survey lives in random order: draft, open, answer, lose a reply, close, count, seal, withdraw, restore, review.

After every step the database is compared with what its people know (`survey_lives`): nothing acknowledged is lost or
counted twice, nothing is taken when nothing is taken any more, and the record of acts fits together.

The same few lives are lived each time. `SURVEY_LIVES=500 pytest tests/property/test_survey_lives.py` lives as many
others, different ones each time.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory
from typing import Any, TypeVar
from uuid import UUID

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from analysis.tree import Hidden, Rate
from instruments.model import Audience
from survey_app import services
from survey_app.backup.loading import restore
from survey_app.backup.reading import opened_backup
from survey_app.backup.writing import write_backup
from survey_app.clock import SetClock
from survey_app.crypto import codes
from survey_app.crypto.box import printed_receipt
from survey_app.database import build_engine
from survey_app.errors import (
    CodeUnknown,
    CodeUsed,
    ForgedCredential,
    LastDayTooLate,
    MalformedMessage,
    NoCodesHere,
    NotCounted,
    PaperWithoutSlip,
    PassphraseRefused,
    PlayedNotAccepted,
    Refusal,
    RulesLocked,
    StillArriving,
    TooFewBallots,
    TooManySlips,
)
from survey_app.models import (
    AccessMode,
    AuditEntry,
    Dataset,
    ReportingGroup,
    Review,
    State,
    StateError,
    Survey,
    User,
    UserRole,
)
from survey_app.services import COMMAND_LINE
from survey_app.services.audit_trail import verify_trail
from survey_app.services.datasets import load_dataset
from survey_app.services.desk import Desk
from survey_app.services.opening import FEWEST_BALLOTS, RESTORED
from survey_app.services.participation import KEPT
from survey_app.services.reviewed import Meeting, content_hash, is_unaltered
from survey_app.services.reviews import ReviewRefused, Said, add_point, change_point, change_review, sign_review
from survey_app.services.reviews import start_review as begin_minutes
from survey_app.services.surveys import LONGEST_EXTENSION
from tests.databases import copy_database
from tests.district import found_district
from tests.property.survey_lives import SHEETS, Life, Slip, boxes_of, receipts_in, rows_left, rules_in, sealed

SECRET = bytes(range(32))
YEARS = (2026, 2027)
UNITS = ("district", "education")
MOST_LIVES = 4
FIRST_DAY = datetime(2026, 11, 2, 9, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
LEAPS = (10 * MINUTE, 29 * MINUTE, 31 * MINUTE, timedelta(days=1), timedelta(days=40), -timedelta(hours=1))
"""The last: somebody sets the machine's clock."""
HAS_OPENED = (State.OPEN, State.CLOSED, State.SEALED)
EVERY = tuple(State)
CHOSEN = st.fixed_dictionaries(
    {
        "year": st.sampled_from(YEARS),
        "unit": st.sampled_from(UNITS),
        "access_mode": st.sampled_from([AccessMode.CODES, AccessMode.CODES, AccessMode.PERSONAL, AccessMode.OPEN]),
        "threshold": st.sampled_from([5, 10]),
        "scrutineers": st.sampled_from([1, 3]),
        "accepts_played": st.booleans(),
    }
)
"""What a draft says."""
MADE_UP_CODE = codes.generate(Random(2026))
LIVES = int(os.environ.get("SURVEY_LIVES", "0"))

T = TypeVar("T")
Group = ReportingGroup


def where_some_are(*states: State) -> Callable[[T], T]:
    return precondition(lambda machine: any(life.state in states for life in machine.lives))


@dataclass(frozen=True)
class Founded:
    """An organisation with a secretary, of which every run has a copy."""

    database: Path
    secretary: UUID

    @classmethod
    def within(cls, folder: Path, migrated: Path) -> Founded:
        database = copy_database(migrated, folder / "founded.sqlite3")
        engine = build_engine(f"sqlite:///{database}")
        with Session(engine) as session:
            district = found_district(session, SetClock(FIRST_DAY), years=YEARS)
            secretary = district.person(UserRole.SECRETARY, login="secretary").id
            session.commit()
        engine.dispose()
        return cls(database, secretary)


class SurveyLives(RuleBasedStateMachine):
    """An organisation with up to four surveys, its clock, and the last backup."""

    def __init__(self, migrated: Path, founded: Founded, folder: Path) -> None:
        super().__init__()
        self.migrated, self.folder = migrated, folder
        self.secretary = founded.secretary
        self.clock = SetClock(FIRST_DAY)
        self.rng = Random(20261102)
        self.databases = 0
        self.lives: list[Life] = []
        self.backup: tuple[Path, list[Life], dict[UUID, str]] | None = None
        self.signed: dict[UUID, str] = {}
        """Signed minutes and their hashes."""
        self._open_database(founded.database)

    # How acts are done ---------------------------------------------------------------------------------------------

    def _open_database(self, template: Path) -> str:
        self.databases += 1
        self.url = f"sqlite:///{copy_database(template, self.folder / f'{self.databases}.sqlite3')}"
        self.engine = build_engine(self.url)
        self.desk = Desk(self.engine, secret=SECRET, clock=self.clock)
        KEPT.clear()  # a new process
        return self.url

    def teardown(self) -> None:
        self.engine.dispose()

    @contextmanager
    def session(self) -> Iterator[Session]:
        with Session(self.engine, expire_on_commit=False) as session:
            yield session

    def do(self, act: Callable[[Session], T], *, refused: type[Refusal] | None = None) -> T | None:
        """One request: it is committed, or it is refused in this way and leaves nothing."""
        with self.session() as session:
            if refused is None:
                result = act(session)
                session.commit()
                return result
            with pytest.raises(refused):
                act(session)
            session.rollback()
            return None

    def on(self, life: Life, act: Callable[[Session, Survey], T], *, refused: type[Refusal] | None = None) -> T | None:
        return self.do(lambda session: act(session, session.get_one(Survey, life.survey_id)), refused=refused)

    def at(
        self, life: Life, slug: str, act: Callable[[Session, Survey, Group], T], *, refused: type[Refusal] | None = None
    ) -> T | None:
        """An act at the door of a group."""

        def found(session: Session, survey: Survey) -> T:
            return act(session, survey, next(group for group in survey.groups if group.slug == slug))

        return self.on(life, found, refused=refused)

    def found(self, life: Life, slug: str) -> tuple[Survey, Group]:
        """For those who only read."""
        with self.session() as session:
            survey = session.get_one(Survey, life.survey_id)
            return survey, next(group for group in survey.groups if group.slug == slug)

    def one(self, data: st.DataObject, *states: State) -> Life:
        return data.draw(st.sampled_from([life for life in self.lives if life.state in states]))

    @property
    def by(self) -> dict[str, Any]:
        return {"by": COMMAND_LINE, "clock": self.clock}

    # Before opening ------------------------------------------------------------------------------------------------

    @initialize(chosen=CHOSEN)
    def the_first_survey_is_drafted(self, chosen) -> None:
        self._draft(**chosen)

    @precondition(lambda self: len(self.lives) < MOST_LIVES)
    @rule(chosen=CHOSEN)
    def somebody_drafts(self, chosen) -> None:
        self._draft(**chosen)

    def _draft(self, *, unit: str, **chosen: Any) -> None:
        closes_on = self.clock.today() + timedelta(days=30)

        def draft(session: Session) -> UUID:
            survey = services.create_survey(
                session, title=f"{chosen['year']} 年度测评", unit=services.unit_by_code(session, unit),
                version=services.latest_version(session, "small"), closes_on=closes_on,
                reference_day=self.clock.today(), **chosen, **self.by,
            )  # fmt: skip
            return survey.id

        survey_id = self.do(draft)
        mode, accepts_played = chosen["access_mode"], chosen["accepts_played"]
        self.lives.append(Life(survey_id, chosen["year"], closes_on, mode, accepts_played=accepts_played))

    @precondition(lambda self: len(self.lives) == MOST_LIVES)
    @where_some_are(State.DRAFT)
    @rule(data=st.data())
    def a_draft_is_discarded(self, data) -> None:
        life = self.one(data, State.DRAFT)
        self.on(life, lambda session, survey: services.discard_survey(session, survey, **self.by))
        self.lives.remove(life)

    @rule(year=st.sampled_from(YEARS), unit=st.sampled_from(UNITS), threshold=st.sampled_from(["0.80", "0.95"]))
    def an_objective_is_set(self, year, unit, threshold) -> None:
        """Both units lie above or below each other: what has opened for one has locked the rules of the other."""
        is_locked = any(life.year == year and life.state in HAS_OPENED for life in self.lives)
        self.do(
            lambda session: services.set_objective(
                session, unit=services.unit_by_code(session, unit), year=year, audience=Audience.MEMBER.value,
                code="O1", title="总体满意率", measure="overall", target=None, threshold=threshold, owner="组织委员",
                **self.by,
            ),
            refused=RulesLocked if is_locked else None,
        )  # fmt: skip

    @where_some_are(*EVERY)
    @rule(data=st.data(), people=st.integers(0, 9), sheet=st.sampled_from(SHEETS))
    def a_survey_opens(self, data, people, sheet) -> None:
        """Some answer on the first day."""
        life = self.one(data, *EVERY)
        was = life.state
        self._open(life)
        if was is State.DRAFT:
            with self.nothing_is_recorded():
                self._answer(life, people, sheet, is_played=False, data=data)

    def _open(self, life: Life) -> None:
        refused = None if life.state is State.DRAFT else StateError
        opened = self.on(
            life,
            lambda session, survey: services.open_survey(session, survey, secret=SECRET, rng=self.rng, **self.by),
            refused=refused,
        )
        if opened is None:
            return
        life.state, life.passphrases = State.OPEN, opened.passphrases
        life.rules, life.groups = rules_in(opened.survey), [group.slug for group in opened.survey.groups]
        life.unused = {slug: list(codes) for slug, codes in opened.codes.items()} if life.has_codes else {}

    # Members -------------------------------------------------------------------------------------------------------

    @where_some_are(*HAS_OPENED)
    @rule(
        data=st.data(),
        people=st.integers(1, 9),
        sheet=st.sampled_from(SHEETS),
        is_played=st.booleans(),
    )
    def members_answer(self, data, people, sheet, is_played) -> None:
        life = self.one(data, State.OPEN, *HAS_OPENED)
        with self.nothing_is_recorded():
            self._answer(life, people, sheet, is_played=is_played and sheet is not SHEETS[-1], data=data)

    def _answer(self, life: Life, people: int, sheet: Any, *, is_played: bool, data: st.DataObject) -> None:
        slug = data.draw(st.sampled_from(life.groups))
        codes = life.unused.get(slug, []) if life.has_codes else [""] * people
        for code in codes[:people]:
            slip = Slip(slug, code, sheet)
            if is_played:
                self._play(life, slip)
            else:
                self._get_pass(life, slip)
                if slip.message is not None:
                    self._cast(life, slip)

    def _play(self, life: Life, slip: Slip) -> None:
        """The server plays the voter; sent twice it is one ballot."""
        refused: type[Refusal] | None = None
        if not life.accepts_played:
            refused = PlayedNotAccepted
        elif life.state is not State.OPEN and (life.has_codes or not life.takes_ballots(self.clock.now())):
            refused = StateError  # after closing no code is good for its first pass
        for is_new in (True, False):
            cast = self.at(
                life, slip.group,
                lambda session, survey, group: services.cast_played(
                    session, survey, group, slip.code, slip.attempt, slip.answers, secret=SECRET, clock=self.clock
                ),
                refused=refused,
            )  # fmt: skip
            if cast is None:
                return
            assert (cast.is_new, cast.is_earlier) == (is_new, False)
            assert slip.receipt in (None, cast.receipt)
            slip.receipt = cast.receipt
        life.played += 1
        self._has_pass(life, slip)

    def _get_pass(self, life: Life, slip: Slip) -> None:
        self._ask(life, slip, refused=None if not life.has_codes or life.gives_passes(self.clock) else StateError)
        if slip.message is not None:
            self._has_pass(life, slip)

    def _ask(self, life: Life, slip: Slip, *, refused: type[Refusal] | None) -> None:
        survey, group = self.found(life, slip.group)
        with pytest.raises(refused) if refused else nullcontext():
            signed = b""
            if life.has_codes:
                booth = self.desk.booth(survey.id, group.id)
                signed = self.desk.give_pass(booth, slip.code, slip.ask(survey, group))
            slip.take(survey, group, signed)

    def _has_pass(self, life: Life, slip: Slip) -> None:
        life.slips.append(slip)
        if life.has_codes:
            life.unused[slip.group].remove(slip.code)

    def _cast(self, life: Life, slip: Slip) -> None:
        cast = self._put_in(life, slip.group, slip.message)
        if cast is not None:
            assert cast.receipt == slip.message.receipt
            assert cast.is_new == (slip.receipt is None)
            slip.receipt = cast.receipt

    def _put_in(
        self, life: Life, slug: str, message: services.Message, *, refused: type[Refusal] | None = None
    ) -> services.Cast | None:
        _survey, group = self.found(life, slug)
        reasons = tuple(filter(None, (refused, None if life.takes_ballots(self.clock.now()) else StateError)))
        with pytest.raises(reasons) if reasons else nullcontext():
            return self.desk.take_ballot(self.desk.booth(life.survey_id, group.id), message)
        return None

    @precondition(lambda self: any(life.has_codes for life in self.lives if life.state is State.OPEN))
    @rule(data=st.data(), people=st.integers(1, 4), sheet=st.sampled_from(SHEETS))
    def members_get_a_pass_and_go_no_further(self, data, people, sheet) -> None:
        life = data.draw(st.sampled_from([one for one in self.lives if one.state is State.OPEN and one.has_codes]))
        slug = data.draw(st.sampled_from(life.groups))
        with self.nothing_is_recorded():
            for code in life.unused[slug][:people]:
                self._get_pass(life, Slip(slug, code, sheet))

    @precondition(lambda self: any(life.under_way for life in self.lives))
    @rule(data=st.data(), people=st.integers(1, 9), replies_are_lost=st.booleans())
    def members_with_a_pass_go_on(self, data, people, replies_are_lost) -> None:
        life = data.draw(st.sampled_from([one for one in self.lives if one.under_way]))
        with self.nothing_is_recorded():
            for slip in life.under_way[:people]:
                if replies_are_lost and slip.mark == "used":
                    self._ask_again(life, slip)
                self._cast(life, slip)
                if replies_are_lost and slip.receipt is not None:
                    self._cast(life, slip)

    def _ask_again(self, life: Life, slip: Slip) -> None:
        """The same code with the same message gets the same signature, as long as ballots are taken."""
        before = slip.message
        is_given = not life.has_codes or life.takes_ballots(self.clock.now())
        self._ask(life, slip, refused=None if is_given else StateError)
        assert slip.message is before

    @precondition(lambda self: any(life.voted for life in self.lives))
    @rule(data=st.data(), sheet=st.sampled_from(SHEETS))
    def a_member_sends_again(self, data, sheet) -> None:
        """The same ballot, or with the same pass another one: the first counts, and its receipt is given."""
        life = data.draw(st.sampled_from([one for one in self.lives if one.voted]))
        slip = data.draw(st.sampled_from(life.voted))
        if slip.message is None:
            return
        with self.nothing_is_recorded():
            self._cast(life, slip)
            if not life.has_codes:
                return
            survey, _group = self.found(life, slip.group)
            other = sealed(survey, sheet, slip.message.prefix, slip.message.signature)
            cast = self._put_in(life, slip.group, other)
            if cast is not None:
                assert (cast.receipt, cast.is_new, cast.is_earlier) == (slip.receipt, False, True)

    @where_some_are(*HAS_OPENED)
    @rule(data=st.data())
    def a_stranger_tries(self, data) -> None:
        """With a used code, a made-up one, one of another group, a forged pass, a cut envelope."""
        life = self.one(data, *HAS_OPENED)
        taken = life.takes_ballots(self.clock.now())
        slug = data.draw(st.sampled_from(life.groups))
        with self.nothing_is_recorded():
            if life.has_codes:
                self._try_codes(life, slug, StateError if not taken else None)
            for change, refusal in (("signature", ForgedCredential), ("envelope", MalformedMessage)):
                if life.has_codes or change == "envelope":
                    self._try_ballot(life, slug, change, refusal)

    def _try_codes(self, life: Life, slug: str, over: type[Refusal] | None) -> None:
        used = [slip.code for slip in life.slips if slip.group == slug and slip.mark == "used"]
        elsewhere = [code for other, codes in life.unused.items() if other != slug for code in codes]
        for known, refusal in ((used, CodeUsed), (elsewhere, CodeUnknown), ([MADE_UP_CODE], CodeUnknown)):
            for code in known[:1]:
                self._ask(life, Slip(slug, code, SHEETS[0]), refused=over or refusal)

    def _try_ballot(self, life: Life, slug: str, change: str, refused: type[Refusal]) -> None:
        survey, _group = self.found(life, slug)
        made = sealed(survey, SHEETS[0], bytes(32), bytes(256))
        altered = replace(made, envelope=made.envelope[:-1]) if change == "envelope" else made
        self._put_in(life, slug, altered, refused=refused)

    @contextmanager
    def nothing_is_recorded(self) -> Iterator[None]:
        """Whoever answers leaves nothing in the record of acts."""
        before = self._acts()
        yield
        assert self._acts() == before

    def _acts(self) -> int:
        with self.session() as session:
            return session.scalar(select(func.count()).select_from(AuditEntry)) or 0

    # The committee while the survey runs ---------------------------------------------------------------------------

    @where_some_are(*HAS_OPENED)
    @rule(data=st.data())
    def a_spare_slip_is_made(self, data) -> None:
        life = self.one(data, *HAS_OPENED)
        slug = data.draw(st.sampled_from(life.groups))
        refused = StateError if life.state is not State.OPEN else None if life.has_codes else NoCodesHere
        code = self.at(
            life, slug,
            lambda session, survey, group: services.issue_spare_code(session, survey, group, secret=SECRET, **self.by),
            refused=refused,
        )  # fmt: skip
        if code is not None:
            life.unused.setdefault(slug, []).append(code)

    @where_some_are(*HAS_OPENED)
    @rule(data=st.data(), forms=st.integers(1, 3))
    def members_answer_on_paper(self, data, forms) -> None:
        """For each slip handed in one form is typed in, and no more than that."""
        life = self.one(data, *HAS_OPENED)
        slug = data.draw(st.sampled_from(life.groups))
        if life.state is State.OPEN and life.has_codes:
            for code in life.unused[slug][:forms]:
                self._hand_in(life, slug, code)
        for _ in range(forms):
            self._type_in(life, slug)

    def _hand_in(self, life: Life, slug: str, code: str) -> None:
        self.on(life, lambda session, survey: services.void_slip(session, survey, code, secret=SECRET, **self.by))
        life.unused[slug].remove(code)
        life.handed_in[slug] += 1

    def _type_in(self, life: Life, slug: str) -> None:
        refused: type[Refusal] | None = None
        if life.state is State.SEALED or life.is_counted:
            refused = StateError
        elif life.has_codes and life.paper[slug] >= life.handed_in[slug]:
            refused = PaperWithoutSlip
        self.at(
            life, slug,
            lambda session, survey, group: services.enter_paper_ballot(session, survey, group, SHEETS[0], **self.by),
            refused=refused,
        )  # fmt: skip
        life.paper[slug] += refused is None

    @precondition(lambda self: any(life.mode is AccessMode.PERSONAL for life in self.lives if life.groups))
    @rule(data=st.data(), people=st.integers(1, 24))
    def slips_are_made_for_names(self, data, people) -> None:
        """All unused codes of the group go; whether that is possible follows from what is published alone."""
        life = data.draw(st.sampled_from([one for one in self.lives if one.mode is AccessMode.PERSONAL and one.groups]))
        slug = data.draw(st.sampled_from(life.groups))
        names = [f"党员{number}" for number in range(people)]

        def make(session: Session, survey: Survey, group: Group) -> list[tuple[str, str]]:
            try:
                made = services.issue_personal_slips(session, survey, group, names, secret=SECRET, **self.by)
            except TooManySlips:
                session.rollback()
                return []
            return made

        made = self.at(life, slug, make, refused=None if life.state is State.OPEN else StateError)
        if made:
            assert [name for name, _code in made] == names
            life.unused[slug] = [code for _name, code in made]
            for slip in life.slips:
                if slip.mark == "unused" and slip.group == slug:
                    slip.mark = "gone"

    @where_some_are(*HAS_OPENED)
    @rule(data=st.data())
    def a_survey_is_extended(self, data) -> None:
        life = self.one(data, *EVERY)
        closes_on = max(life.closes_on, self.clock.today()) + timedelta(days=7)
        refused: type[Refusal] | None = None
        if life.state is not State.OPEN:
            refused = StateError
        elif closes_on > self.clock.today() + LONGEST_EXTENSION:
            refused = LastDayTooLate
        self.on(
            life,
            lambda session, survey: services.extend_survey(
                session, survey, closes_on=closes_on, reason="出差人员多", **self.by
            ),
            refused=refused,
        )
        if refused is None:
            life.closes_on = closes_on

    @where_some_are(*HAS_OPENED)
    @rule(data=st.data())
    def a_survey_is_closed(self, data) -> None:
        self._close(self.one(data, *EVERY))

    def _close(self, life: Life) -> None:
        refused = None if life.state is State.OPEN else StateError
        self.on(life, lambda session, survey: services.close_survey(session, survey, **self.by), refused=refused)
        if refused is None:
            life.state, life.closed_at = State.CLOSED, self.clock.now()

    @where_some_are(*HAS_OPENED)
    @rule(data=st.data(), copy=st.booleans())
    def a_survey_is_withdrawn(self, data, copy) -> None:
        life = self.one(data, *EVERY)
        refused = None if life.state in (State.OPEN, State.CLOSED) else StateError
        draft = self.on(
            life,
            lambda session, survey: services.withdraw_survey(session, survey, reason="题目有误", copy=copy, **self.by),
            refused=refused,
        )
        if refused is None:
            life.state = State.WITHDRAWN
        if draft is not None:
            self.lives.append(Life(draft.id, life.year, life.closes_on, life.mode, accepts_played=life.accepts_played))

    @where_some_are(*HAS_OPENED)
    @rule(leap=st.sampled_from(LEAPS))
    def time_passes(self, leap) -> None:
        self.clock.moment += leap

    # The scrutineers -----------------------------------------------------------------------------------------------

    @where_some_are(*HAS_OPENED)
    @rule(data=st.data(), forgot_one=st.sampled_from([False, False, False, True]))
    def scrutineers_count(self, data, forgot_one) -> None:
        self._count(self.one(data, *EVERY), forgot_one=forgot_one)

    def _needed(self, life: Life, *, forgot_one: bool = False) -> list[str]:
        needed = life.passphrases[:2] if len(life.passphrases) == 3 else life.passphrases
        return needed[forgot_one:]

    def _refusal_of_box(self, life: Life, *, forgot_one: bool) -> type[Refusal] | None:
        if forgot_one:
            return PassphraseRefused
        return TooFewBallots if life.valid < FEWEST_BALLOTS else None

    def _count(self, life: Life, *, forgot_one: bool = False) -> None:
        refused = self._refusal_of_box(life, forgot_one=forgot_one)
        if life.state is not State.CLOSED:
            refused = StateError
        elif life.takes_ballots(self.clock.now()):
            refused = StillArriving
        passphrases = self._needed(life, forgot_one=forgot_one)
        count = self.on(
            life,
            lambda session, survey: services.count_ballots(
                session, survey, passphrases=passphrases, secret=SECRET, rng=self.rng, **self.by
            ),
            refused=refused,
        )
        if count is None:
            return
        life.is_counted = True
        assert (count.returned, count.valid) == (life.returned, life.valid)
        assert (count.paper, count.played) == (life.paper.total(), life.played)
        assert not any(group.is_rejected for group in count.groups)

    @where_some_are(*HAS_OPENED)
    @rule(data=st.data(), forgot_one=st.sampled_from([False, False, False, True]))
    def scrutineers_seal(self, data, forgot_one) -> None:
        self._seal(self.one(data, *EVERY), forgot_one=forgot_one)

    def _seal(self, life: Life, *, forgot_one: bool = False) -> None:
        refused = self._refusal_of_box(life, forgot_one=forgot_one)
        if life.state is not State.CLOSED:
            refused = StateError
        elif not life.is_counted:
            refused = NotCounted
        passphrases = self._needed(life, forgot_one=forgot_one)
        dataset = self.on(
            life,
            lambda session, survey: services.seal_survey(
                session, survey, passphrases=passphrases, secret=SECRET, rng=self.rng, **self.by
            ),
            refused=refused,
        )
        if dataset is not None:
            life.state, life.rows, life.sha256 = State.SEALED, life.valid, dataset.sha256

    @where_some_are(State.DRAFT)
    @rule(data=st.data(), people=st.integers(3, 20), sheet=st.sampled_from(SHEETS[:-1]))
    def a_survey_runs_smoothly(self, data, people, sheet) -> None:
        """From its opening to its result, with nothing in between."""
        life = self.one(data, State.DRAFT)
        self._open(life)
        self._answer(life, people, sheet, is_played=False, data=data)
        self._close(life)
        self.clock.moment += 31 * MINUTE
        self._count(life)
        self._seal(life)

    # Afterwards ----------------------------------------------------------------------------------------------------

    @where_some_are(State.CLOSED, State.SEALED)
    @rule(data=st.data(), unit=st.sampled_from([*UNITS, "organs", "waterworks"]))
    def somebody_reads_the_result(self, data, unit) -> None:
        """Nothing but of the sealed; no figure of fewer people than the threshold, no comment that nobody released."""
        life = self.one(data, State.SEALED, *EVERY)
        with self.session() as session:
            survey = session.get_one(Survey, life.survey_id)
            if life.state is not State.SEALED:
                with pytest.raises(StateError):
                    services.report_for(session, survey, survey.unit)
                return
            read = services.unit_by_code(session, unit) if survey.unit.code == "district" else survey.unit
            report = services.report_for(session, survey, read)
        threshold = survey.threshold
        assert all(comments.texts == () for comments in report.comments)
        rates = [item.rate for item in report.items] + [row.overall for row in report.units]
        assert all(isinstance(rate, Hidden | Rate) for rate in rates)
        assert all(threshold <= rate.n <= life.rows for rate in rates if isinstance(rate, Rate))
        if life.rows < threshold:
            assert report.hidden is not None
            assert report.items == ()

    @where_some_are(State.SEALED)
    @rule(data=st.data())
    def the_committee_reviews_the_year(self, data) -> None:
        """Minutes are written and signed; nobody changes them afterwards."""
        life = self.one(data, State.SEALED)

        def hold(session: Session, survey: Survey) -> tuple[UUID, str]:
            secretary = session.get_one(User, self.secretary)
            review = begin_minutes(
                session, unit=survey.unit, year=survey.year, held_on=self.clock.today(), agenda=[],
                results=[(survey, services.report_for(session, survey, survey.unit))], **self.by,
            )  # fmt: skip
            point = add_point(session, review, "整改", **self.by)
            change_point(session, point, Said("整改", decision="按月通报。"), **self.by)
            change_review(session, review, Meeting(self.clock.today(), expected=7, present=6), **self.by)
            assert sign_review(session, review, agreed=content_hash(review), by=secretary, clock=self.clock)
            with pytest.raises(ReviewRefused):
                change_review(session, review, Meeting(self.clock.today(), place="会议室"), **self.by)
            return review.id, review.sha256

        review_id, signed = self.on(life, hold)
        self.signed[review_id] = signed

    # Backup --------------------------------------------------------------------------------------------------------

    @precondition(lambda self: self.backup is None or self.backup[1] != self.lives)
    @rule()
    def a_backup_is_made(self) -> None:
        file = self.folder / f"{self.databases}-{self._acts()}.zip"
        file.unlink(missing_ok=True)
        write_backup(self.engine, file, secret=SECRET, clock=self.clock)
        self.backup = (file, [life.as_of_now() for life in self.lives], dict(self.signed))

    @precondition(lambda self: self.backup is not None)
    @rule(with_scrutineers=st.sampled_from([True, True, False]))
    def the_backup_is_restored(self, with_scrutineers) -> None:
        """Without its scrutineers a survey under way comes back withdrawn."""
        file, kept, signed = self.backup
        self.engine.dispose()
        later = {life.survey_id: life for life in self.lives}
        with opened_backup(file) as backup:
            under_way = backup.surveys_under_way()
            lives = {life.survey_id: life for life in kept}
            assert {survey.id for survey in under_way} == {
                life.survey_id for life in kept if life.state in (State.OPEN, State.CLOSED)
            }
            keys = {one.id: one.unlock(self._needed(lives[one.id])) for one in under_way} if with_scrutineers else {}
            url = self._open_database(self.migrated)
            restore(url, backup, keys=keys, secret=SECRET, because="没有票箱", now=self.clock.now())
        self.lives = [
            life.restored(later.get(life.survey_id)) if life.survey_id in keys else life.as_of_now() for life in kept
        ]
        self.signed = dict(signed)
        for life in self.lives:
            if life.survey_id in keys:
                self.on(life, lambda session, survey: services.record(session, COMMAND_LINE, RESTORED, survey,
                                                                      clock=self.clock))  # fmt: skip
            elif life.state in (State.OPEN, State.CLOSED):
                life.state = State.WITHDRAWN

    # What always holds ---------------------------------------------------------------------------------------------

    @invariant()
    def the_record_of_acts_fits_together(self) -> None:
        with self.session() as session:
            assert verify_trail(session).findings == ()

    @invariant()
    def every_survey_is_what_its_people_know(self) -> None:
        with self.session() as session:
            for life in self.lives:
                survey = session.get_one(Survey, life.survey_id)
                assert survey.state is life.state
                CHECKS[life.state](self, session, survey, life)

    @invariant()
    def signed_minutes_stay_what_was_signed(self) -> None:
        with self.session() as session:
            for review_id, signed in self.signed.items():
                review = session.get_one(Review, review_id)
                assert review.sha256 == signed
                assert is_unaltered(session, review)

    def _a_draft(self, session: Session, survey: Survey, _life: Life) -> None:
        assert survey.groups == []
        assert list(rows_left(session, survey)) == [0, 0, 0]

    def _under_way(self, session: Session, survey: Survey, life: Life) -> None:
        assert rules_in(survey) == life.rules
        assert (survey.closes_on, survey.closed_at, survey.counted_at is not None) == (
            life.closes_on, life.closed_at, life.is_counted,
        )  # fmt: skip
        assert boxes_of(session, survey) == life.in_boxes()
        assert receipts_in(session, survey) == {slip.receipt for slip in life.voted}
        assert services.played_so_far(session, survey) == life.played
        assert all(group.issued <= group.eligible + group.spares for group in survey.groups)
        self._shows_no_single_person(session, survey, life)

    def _shows_no_single_person(self, session: Session, survey: Survey, life: Life) -> None:
        shown = services.participation(session, survey, clock=self.clock)
        took_part = len(life.slips) + (life.handed_in if life.has_codes else life.paper).total()
        assert shown.arrived is not None
        assert shown.arrived % 5 == 0
        assert shown.arrived <= took_part
        assert all(one.arrived is None or one.arrived >= survey.threshold for one in shown.groups)
        assert all(one.arrived is None or one.arrived % 5 == 0 for one in shown.groups)

    def _a_sealed_one(self, session: Session, survey: Survey, life: Life) -> None:
        assert rules_in(survey) == life.rules
        stored = session.get_one(Dataset, survey.id)
        assert (stored.rows, stored.sha256) == (life.rows, life.sha256)
        assert load_dataset(session, survey).rows == life.rows
        published = services.receipts_of(session, survey)
        assert len(published.printed) == life.returned
        assert {printed_receipt(slip.receipt) for slip in life.voted} <= set(published.printed)
        self._nothing_is_left(session, survey)

    def _a_withdrawn_one(self, session: Session, survey: Survey, _life: Life) -> None:
        assert session.get(Dataset, survey.id) is None
        self._nothing_is_left(session, survey)

    def _nothing_is_left(self, session: Session, survey: Survey) -> None:
        assert list(rows_left(session, survey)) == [0, 0, 0]
        assert survey.opening_lock is None
        assert all(group.signing_key is None for group in survey.groups)


CHECKS: dict[State, Callable[[SurveyLives, Session, Survey, Life], None]] = {
    State.DRAFT: SurveyLives._a_draft,
    State.OPEN: SurveyLives._under_way,
    State.CLOSED: SurveyLives._under_way,
    State.SEALED: SurveyLives._a_sealed_one,
    State.WITHDRAWN: SurveyLives._a_withdrawn_one,
}


def test_whatever_happens_to_surveys_nothing_is_lost_doubled_or_told(migrated_file):
    with TemporaryDirectory() as place:
        lived = iter(range(1_000_000))
        founded = Founded.within(Path(place), migrated_file)

        def begin() -> SurveyLives:
            folder = Path(place) / str(next(lived))
            folder.mkdir()
            return SurveyLives(migrated_file, founded, folder)

        run_state_machine_as_test(
            begin,
            settings=settings(
                max_examples=LIVES or 12,
                stateful_step_count=30,
                derandomize=not LIVES,
                deadline=None,
                phases=tuple(phase for phase in Phase if phase is not Phase.explain),
                suppress_health_check=list(HealthCheck),
            ),
        )
