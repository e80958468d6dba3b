"""Members' messages of many threads at once: written together, each answered for itself, on both databases."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from threading import Barrier

import pytest
from sqlalchemy import Engine, event, select
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from survey_app import services
from survey_app.crypto.blind import Blinding, PublicKey, blind, finalize
from survey_app.crypto.box import credential_message, seal_envelope
from survey_app.errors import CodeMalformed, CodeUnknown, CodeUsed, ForgedCredential, MalformedMessage
from survey_app.models import UNUSED, AccessMode, Ballot, Invitation, StateError, Survey
from survey_app.services import COMMAND_LINE, Message, body_of
from survey_app.services.desk import Booth, Desk
from tests.district import found_district

CODES = 12


class Hall:
    """An open survey, the desk of one process, and how many transactions it wrote."""

    def __init__(self, engine: Engine, clock, secret: bytes, **draft) -> None:
        self.engine, self.clock, self.secret = engine, clock, secret
        with Session(engine, expire_on_commit=False) as session:
            district = found_district(session, clock)
            opened = services.open_survey(session, district.draft(**draft), by=COMMAND_LINE, clock=clock, secret=secret)
            session.commit()
            self.survey, self.group = opened.survey, opened.survey.groups[0]
        self.codes = opened.codes[self.group.slug][:CODES]
        self.desk = Desk(engine, secret=secret, clock=clock)
        self.commits = 0
        event.listen(engine, "commit", self._count)

    def _count(self, _connection: object) -> None:
        self.commits += 1

    @property
    def booth(self) -> Booth:
        return self.desk.booth(self.survey.id, self.group.id)

    def blinding(self) -> Blinding:
        key = PublicKey.from_der(self.group.public_key)
        return blind(key, credential_message(self.survey.id, key.key_id))

    def ballot(self, blinding: Blinding | None = None, signature: bytes = b"", **answers: int) -> Message:
        envelope_key = PublicKey.from_der(self.survey.envelope_key)
        sealed = seal_envelope(envelope_key, body_of(answers), self.survey.envelope_size, survey_id=self.survey.id)
        if blinding is None:
            return Message(sealed.receipt, sealed.envelope)
        passed = finalize(PublicKey.from_der(self.group.public_key), blinding, signature)
        return Message(sealed.receipt, sealed.envelope, blinding.message[:32], passed)

    def ballots(self) -> list[Message]:
        """Of all codes, each with its own pass."""
        begun = [self.blinding() for _ in self.codes]
        return [
            self.ballot(one, self.desk.give_pass(self.booth, code, one.blinded), overall=4)
            for code, one in zip(self.codes, begun, strict=True)
        ]

    def used(self) -> int:
        with Session(self.engine) as session:
            return len(session.scalars(select(Invitation.mark).where(Invitation.mark != UNUSED)).all())

    def receipts(self) -> set[bytes]:
        with Session(self.engine) as session:
            return set(session.scalars(select(Ballot.receipt)))

    def change(self, **columns: object) -> None:
        with Session(self.engine) as session:
            survey = session.get_one(Survey, self.survey.id)
            for name, value in columns.items():
                setattr(survey, name, value)
            session.commit()

    def close(self) -> None:
        with Session(self.engine) as session:
            services.close_survey(session, session.get_one(Survey, self.survey.id), by=COMMAND_LINE, clock=self.clock)
            session.commit()


@pytest.fixture
def hall(either_database: Engine, clock, secret) -> Hall:
    return Hall(either_database, clock, secret)


def together(acts: Sequence) -> list[object]:
    """What each act gave or raised, all begun at the same instant."""
    start = Barrier(len(acts))

    def one(act) -> object:
        start.wait()
        try:
            return act()
        except Exception as error:
            return type(error)

    with ThreadPoolExecutor(len(acts)) as threads:
        return list(threads.map(one, acts))


def test_passes_asked_for_at_once_are_each_their_own(hall: Hall):
    begun = [hall.blinding() for _ in hall.codes]
    before = hall.commits
    signatures = together(
        [
            lambda code=code, one=one: hall.desk.give_pass(hall.booth, code, one.blinded)
            for code, one in zip(hall.codes, begun, strict=True)
        ]
    )
    key = PublicKey.from_der(hall.group.public_key)
    assert all(finalize(key, one, signature) for one, signature in zip(begun, signatures, strict=True))
    assert hall.used() == len(hall.codes)
    assert hall.commits - before <= len(hall.codes)


def test_one_code_on_many_phones_at_once_gives_one_pass(hall: Hall):
    begun = [hall.blinding() for _ in range(8)]
    outcomes = together([lambda one=one: hall.desk.give_pass(hall.booth, hall.codes[0], one.blinded) for one in begun])
    assert sum(isinstance(outcome, bytes) for outcome in outcomes) == 1
    assert outcomes.count(CodeUsed) == 7
    assert hall.used() == 1


def test_good_and_bad_messages_at_once_are_each_answered_for_themselves(hall: Hall):
    first, second, third, *_ = hall.ballots()
    other = replace(first, receipt=second.receipt[::-1])
    stolen = replace(third, receipt=first.receipt, envelope=first.envelope)
    hall.desk.take_ballot(hall.booth, first)
    bad = [
        (replace(second, signature=bytes(256)), ForgedCredential),
        (replace(second, envelope=b"short"), MalformedMessage),
        (stolen, MalformedMessage),
    ]
    acts = [lambda message=message: hall.desk.take_ballot(hall.booth, message) for message, _ in bad]
    acts += [lambda: hall.desk.take_ballot(hall.booth, second), lambda: hall.desk.take_ballot(hall.booth, other)]
    *refused, cast, earlier = together(acts)
    assert refused == [refusal for _, refusal in bad]
    assert (cast.receipt, cast.is_new) == (second.receipt, True)
    assert (earlier.receipt, earlier.is_new, earlier.is_earlier) == (first.receipt, False, True)
    assert hall.receipts() == {first.receipt, second.receipt}


def test_the_same_ballot_sent_from_everywhere_at_once_is_one_ballot(hall: Hall):
    ballots = hall.ballots()
    casts = together([lambda one=one: hall.desk.take_ballot(hall.booth, one) for one in ballots * 2])
    assert [cast.receipt for cast in casts] == [ballot.receipt for ballot in ballots * 2]
    assert sum(cast.is_new for cast in casts) == len(ballots)
    assert hall.receipts() == {ballot.receipt for ballot in ballots}


def test_codes_that_open_nothing_are_refused_as_anywhere(hall: Hall):
    blinded = hall.blinding().blinded
    unused = hall.codes[0]
    for code, refusal in (("", CodeMalformed), (unused[:-1] + ("A" if unused[-1] != "A" else "B"), CodeMalformed)):
        with pytest.raises(refusal):
            hall.desk.give_pass(hall.booth, code, blinded)
    with pytest.raises(MalformedMessage):
        hall.desk.give_pass(hall.booth, unused, bytes(256))
    with pytest.raises(CodeUnknown):
        hall.desk.booth(hall.group.id, hall.survey.id)
    assert hall.used() == 0


def test_whether_a_message_is_taken_follows_from_what_the_database_says_in_that_moment(hall: Hall):
    """The desk has known the survey as open; another process closes it."""
    first, second, *_ = hall.ballots()
    begun, fresh = hall.blinding(), hall.codes[0]
    hall.clock.moment += timedelta(days=60)
    again = hall.blinding()
    with pytest.raises(CodeUsed):
        hall.desk.give_pass(hall.booth, fresh, again.blinded)
    hall.close()
    assert hall.desk.take_ballot(hall.booth, first).is_new
    hall.clock.moment += timedelta(minutes=31)
    with pytest.raises(StateError):
        hall.desk.take_ballot(hall.booth, second)
    with pytest.raises(StateError):
        hall.desk.give_pass(hall.booth, fresh, begun.blinded)
    assert hall.receipts() == {first.receipt}


def test_after_the_last_day_a_code_gives_no_first_pass(hall: Hall):
    begun = hall.blinding()
    signature = hall.desk.give_pass(hall.booth, hall.codes[0], begun.blinded)
    hall.clock.moment += timedelta(days=60)
    assert hall.desk.give_pass(hall.booth, hall.codes[0], begun.blinded) == signature
    with pytest.raises(StateError):
        hall.desk.give_pass(hall.booth, hall.codes[1], hall.blinding().blinded)
    assert hall.used() == 1


def test_messages_written_together_are_each_judged_for_themselves(hall: Hall):
    """As the short way does: one transaction, and in it one ballot twice and one that is not the first."""
    ballots = hall.ballots()
    other = replace(ballots[0], receipt=ballots[1].receipt[::-1])
    before = hall.commits
    casts = hall.desk.cast([hall.desk.check(hall.booth, one) for one in (*ballots, ballots[2], other)])
    assert hall.commits == before + 1
    assert [cast.receipt for cast in casts] == [one.receipt for one in (*ballots, ballots[2], ballots[0])]
    assert [cast.is_new for cast in casts] == [True] * len(ballots) + [False, False]
    assert casts[-1].is_earlier
    begun = [hall.blinding() for _ in range(2)]
    uses = [hall.desk.sign(hall.booth, hall.codes[0], one.blinded)[1] for one in begun]
    assert [type(refusal) for refusal in hall.desk.use_codes(uses)] == [CodeUsed, CodeUsed]


def test_a_write_that_fails_leaves_nothing_of_any_message(hall: Hall):
    """Such as a row that the database refuses: each is then sent again for itself (`web.short_way`)."""
    ballots = [hall.desk.check(hall.booth, one) for one in hall.ballots()]

    def stumble(_connection, _cursor, statement, parameters, _context, _many) -> None:
        if "INTO ballot_box.ballot" in statement and ballots[3].receipt in _values(parameters):
            raise OperationalError("a damaged row", None, Exception())

    event.listen(hall.engine, "before_cursor_execute", stumble)
    with pytest.raises(OperationalError):
        hall.desk.cast(ballots)
    assert hall.receipts() == set()
    event.remove(hall.engine, "before_cursor_execute", stumble)
    assert all(cast.is_new for cast in hall.desk.cast(ballots))


def _values(parameters) -> list[object]:
    """PostgreSQL's driver wraps bytes."""
    given = parameters.values() if isinstance(parameters, dict) else parameters
    return [getattr(value, "obj", value) for value in given]


def test_two_processes_with_the_same_messages_never_wait_for_each_other_crosswise(hall: Hall):
    """As when a phone sends again to the other server; each has them in an order of its own."""
    other = Desk(hall.engine, secret=hall.secret, clock=hall.clock)
    ballots = [hall.desk.check(hall.booth, one) for one in hall.ballots()]
    uses = [hall.desk.sign(hall.booth, code, hall.blinding().blinded)[1] for code in hall.codes]
    for _ in range(5):
        together(
            [
                lambda: hall.desk.cast(ballots), lambda: other.cast(ballots[::-1]),
                lambda: hall.desk.use_codes(uses), lambda: other.use_codes(uses[::-1]),
            ]
        )  # fmt: skip
    outcomes = together([lambda: hall.desk.cast(ballots), lambda: other.cast(ballots[::-1])])
    assert [[cast.receipt for cast in casts] for casts in outcomes] == [
        [one.receipt for one in ballots],
        [one.receipt for one in ballots[::-1]],
    ]


def test_passes_and_ballots_never_share_a_transaction(hall: Hall):
    """On PostgreSQL rows of one transaction carry one number: a pass and a ballot with the same one would be a link."""
    ballots, begun = hall.ballots()[:6], [hall.blinding() for _ in range(6)]
    with Session(hall.engine) as session:
        spare = [
            services.issue_spare_code(
                session,
                session.get_one(Survey, hall.survey.id),
                session.get_one(type(hall.group), hall.group.id),
                by=COMMAND_LINE,
                clock=hall.clock,
                secret=hall.secret,
            )
            for _ in range(6)
        ]
        session.commit()
    touched: dict[object, set[str]] = {}

    def note(connection, _cursor, statement, _parameters, _context, _many) -> None:
        for box in ("issue_box", "ballot_box"):
            if box in statement and not statement.startswith("SELECT") and not statement.endswith("WHERE 0"):
                touched.setdefault(connection.get_transaction(), set()).add(box)

    event.listen(hall.engine, "after_cursor_execute", note)
    together(
        [
            *(lambda one=one: hall.desk.take_ballot(hall.booth, one) for one in ballots),
            *(
                lambda code=code, one=one: hall.desk.give_pass(hall.booth, code, one.blinded)
                for code, one in zip(spare, begun, strict=True)
            ),
        ]
    )
    assert touched
    assert all(len(boxes) == 1 for boxes in touched.values())


def test_through_an_open_link_ballots_come_without_a_pass(either_database: Engine, clock, secret):
    hall = Hall(either_database, clock, secret, access_mode=AccessMode.OPEN)
    ballots = [hall.ballot(overall=number) for number in range(1, 6)]
    casts = together([lambda one=one: hall.desk.take_ballot(hall.booth, one) for one in ballots * 2])
    assert sum(cast.is_new for cast in casts) == len(ballots)
    with pytest.raises(CodeUnknown):
        hall.desk.give_pass(hall.booth, "7QK4-M2XD-9RTB-5", hall.blinding().blinded if hall.group.public_key else b"")
