"""Many voters and the real service, which is killed while they vote: nothing is lost, nobody counts twice."""

from __future__ import annotations

import json
import random
import socket
import time
from base64 import b64decode
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import timedelta
from threading import Barrier
from typing import TypeVar

import pytest
from sqlalchemy import Engine, func, select
from sqlalchemy.orm import Session

from survey_app import services
from survey_app.clock import system_clock
from survey_app.crypto.box import printed_receipt
from survey_app.database import build_engine
from survey_app.models import UNUSED, Ballot, Invitation, PlayedCount, Survey
from survey_app.services import COMMAND_LINE, OpenedSurvey
from tests.answering import count_and_seal
from tests.district import District, found_district
from tests.faults.server import DATABASES, Service, let_connections_end, migrated_database, running
from tests.unit.app.small_questionnaire import CONTENT
from tests.voter import FormVoter, Phone, RefusedError, ScriptVoter, Voter

PHONES = 30
VOTERS = 20
KILLS = 3
Did = TypeVar("Did")


@dataclass
class Poll:
    """An open survey of one group on the running service, and what only its database tells."""

    service: Service
    engine: Engine
    opened: OpenedSurvey
    path: str
    codes: list[str]

    def script_voter(self, number: int) -> ScriptVoter:
        return ScriptVoter(Phone(self.service.port), self.path, self.codes[number], _answers(number))

    def form_voter(self, number: int) -> FormVoter:
        return FormVoter(Phone(self.service.port), self.path, self.codes[number], _answers(number))

    def receipts(self) -> list[str]:
        """Of all ballots in the box."""
        with Session(self.engine) as session:
            of_survey = select(Ballot.receipt).where(Ballot.survey_id == self.opened.survey.id)
            return [printed_receipt(receipt) for receipt in session.scalars(of_survey)]

    def used_codes(self) -> int:
        of_survey = Invitation.survey_id == self.opened.survey.id
        with Session(self.engine) as session:
            used = select(func.count()).select_from(Invitation).where(of_survey, Invitation.mark != UNUSED)
            return session.scalar(used) or 0

    def played(self) -> int:
        with Session(self.engine) as session:
            return session.scalar(select(PlayedCount.count).filter_by(survey_id=self.opened.survey.id)) or 0

    def sealed_comments(self) -> Counter[str]:
        """Close, count and seal; what was said, in no order."""
        with Session(self.engine) as session:
            survey, how = session.get_one(Survey, self.opened.survey.id), {"by": COMMAND_LINE, "clock": system_clock}
            services.close_survey(session, survey, **how)
            dataset = count_and_seal(
                session, survey, self.opened.passphrases, secret=self.service.secret, rng=random.Random(5), **how
            )
            session.commit()
            return Counter(said for group in json.loads(dataset.comments)["comment"].values() for said in group)


@dataclass
class House:
    """One running service for all stories on one kind of database."""

    service: Service
    engine: Engine
    session: Session
    district: District


@pytest.fixture(scope="module", params=DATABASES)
def house(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    folder = tmp_path_factory.mktemp("house")
    with migrated_database(request.param, folder, request) as url, running(folder, url) as service:
        engine = build_engine(url)
        with Session(engine, expire_on_commit=False) as session:
            yield House(service, engine, session, found_district(session, system_clock))
        engine.dispose()


@pytest.fixture
def poll(house: House) -> Iterator[Poll]:
    """A survey opened for this story; afterwards the service has nothing to complain of."""
    draft = house.district.draft("education")
    draft.closes_on = system_clock.today() + timedelta(days=30)
    opened = services.open_survey(
        house.session, draft, by=COMMAND_LINE, clock=system_clock, secret=house.service.secret
    )
    group = draft.groups[0]
    house.session.commit()
    yield Poll(house.service, house.engine, opened, f"/s/{draft.slug}/{group.slug}", opened.codes[group.slug])
    said = house.service.output
    assert "locked" not in said
    assert "failed" not in said
    assert "Traceback" not in said


def _answers(number: int) -> dict[str, object]:
    return {**CONTENT, "comment": f"member {number}"}


def together(acts: Sequence[Callable[[], Did]]) -> list[Did]:
    """All acts at the same instant, each in a thread of its own."""
    start = Barrier(len(acts))

    def one(act: Callable[[], Did]) -> Did:
        start.wait()
        return act()

    with ThreadPoolExecutor(len(acts)) as threads:
        return list(threads.map(one, acts))


def test_one_code_asked_for_thirty_times_at_once_gives_one_signature(poll):
    voters = [poll.script_voter(0) for _ in range(PHONES)]
    for voter in voters:
        voter.go(until="activate")
    for voter in voters[2::2]:
        voter.blinding = voters[0].prepare()
    for voter in voters[1::2]:
        voter.prepare()
    asked = together([lambda voter=voter: _ask_once(voter) for voter in voters])
    assert {status for status, _said in asked} == {200, 409}
    signatures = {reply["blind_sig"] for status, reply in asked if status == 200}
    assert len(signatures) == 1
    assert poll.used_codes() == 1


def _ask_once(voter: ScriptVoter) -> tuple[int, dict[str, str]]:
    try:
        return voter.ask_for_pass()
    finally:
        voter.phone.hang_up()


def test_two_hundred_ballots_at_once_lose_and_duplicate_nothing(poll):
    voters = [poll.script_voter(number) for number in range(VOTERS)]
    for voter in voters:
        voter.go(until="cast")
        voter.phone.hang_up()
    ballots = []
    for voter in voters:
        first, other = voter.seal(voter.answers), voter.seal({**voter.answers, "overall": 1})
        ballots += [first] * 5 + [other] * 5
    random.Random(3).shuffle(ballots)

    def send(mine: Sequence[dict[str, str]]) -> list[tuple[str, str]]:
        phone, got = Phone(poll.service.port), []
        for ballot in mine:
            status, reply = phone.send_json("/api/ballots", ballot)
            assert status == (200 if reply["receipt"] == ballot["receipt"] else 409), reply
            got.append((ballot["prefix"], reply["receipt"]))
        phone.hang_up()
        return got

    replies = together([lambda mine=ballots[start::8]: send(mine) for start in range(8)])
    acknowledged = {reply for batch in replies for reply in batch}
    assert len(acknowledged) == len({prefix for prefix, _receipt in acknowledged}) == VOTERS
    stored = poll.receipts()
    assert len(stored) == VOTERS
    assert set(stored) == {printed_receipt(b64decode(receipt)) for _prefix, receipt in acknowledged}


def test_of_two_sessions_with_one_code_one_counts_whichever_way_they_come(poll):
    pairs = [(poll.script_voter(number), poll.form_voter(number)) for number in range(8)]
    for by_script, by_form in pairs:
        by_script.go(until="activate")
        by_form.go(until="submit")
    voters = [voter for pair in pairs for voter in pair]
    outcomes = together([lambda voter=voter: _finish(voter) for voter in voters])
    for pair in zip(outcomes[::2], outcomes[1::2], strict=True):
        assert sorted(pair) == ["code already used", "counted"]
    assert [_finish(voter) for voter in voters] == outcomes
    assert sorted(poll.receipts()) == sorted(voter.receipt for voter in voters if voter.receipt)
    assert poll.used_codes() == len(pairs)


def _finish(voter: Voter) -> str:
    try:
        voter.persist()
    except RefusedError as refusal:
        assert refusal.args[0] == 409
        return "code already used"
    finally:
        voter.phone.hang_up()
    return "counted"


def test_a_server_killed_between_any_two_steps_costs_nobody_a_ballot(poll):
    """Wherever each of twenty stands when the server dies: sending the last message again brings every ballot in."""
    by_script = [poll.script_voter(number) for number in range(12)]
    by_form = [poll.form_voter(number) for number in range(12, VOTERS)]
    for voter, stop, loses_reply in zip(
        [*by_script, *by_form],
        ["fetch_keys", "activate", "activate", "cast", "cast", ""] * 2 + ["enter", "submit", "submit", ""] * 2,
        [False, False, True, False, True, False] * 2 + [False, False, True, False] * 2,
        strict=True,
    ):
        voter.go(until=stop)
        if loses_reply:
            voter.lose_reply()
        voter.phone.hang_up()
    acknowledged = {voter.receipt for voter in [*by_script, *by_form] if voter.receipt}
    poll.service.kill()
    let_connections_end(poll.engine)
    assert acknowledged <= set(poll.receipts())
    poll.service.start()
    _everybody_ends_with_a_receipt(poll, by_script, by_form)


def test_a_server_killed_again_and_again_while_twenty_vote_loses_nothing(poll):
    rng = random.Random(f"{poll.engine.dialect.name} 7")
    by_script = [poll.script_voter(number) for number in range(14)]
    by_form = [poll.form_voter(number) for number in range(14, VOTERS)]
    voters = [*by_script, *by_form]
    moments = sorted(rng.sample(range(6, sum(len(voter.steps) for voter in voters) - 4), KILLS))
    with ThreadPoolExecutor(VOTERS) as threads:
        under_way = [threads.submit(voter.persist) for voter in voters]
        for moment in moments:
            while sum(voter.done for voter in voters) < moment:
                assert not any(voting.done() and voting.exception() for voting in under_way)
            time.sleep(rng.uniform(0, 0.02))
            poll.service.kill()
            acknowledged = {voter.receipt for voter in voters if voter.receipt}
            let_connections_end(poll.engine)
            assert acknowledged <= set(poll.receipts())
            poll.service.start()
        for voting in under_way:
            voting.result()
    _everybody_ends_with_a_receipt(poll, by_script, by_form)


def _everybody_ends_with_a_receipt(poll: Poll, by_script: Sequence[ScriptVoter], by_form: Sequence[FormVoter]) -> None:
    """And has exactly one ballot; who sends again is told the same again; the sealed answers are theirs."""
    voters = [*by_script, *by_form]
    for voter in voters:
        voter.persist()
    receipts = {voter.code: voter.receipt for voter in voters}
    for voter in by_script:
        assert voter.gets_the_same_pass_again()
    for voter in voters:
        voter.done -= 1
        voter.persist()
    assert {voter.code: voter.receipt for voter in voters} == receipts
    assert sorted(poll.receipts()) == sorted(receipts.values())
    assert poll.used_codes() == len(voters)
    assert poll.played() <= len(by_form)
    assert poll.sealed_comments() == Counter(str(voter.answers["comment"]) for voter in voters)


def test_a_request_that_never_ends_keeps_nobody_waiting(poll: Poll):
    """Without a web server in front: the forms are read before the database is asked for anything."""
    stalled = []
    for path in (poll.path, f"{poll.path.rsplit('/', 1)[0]}/receipts"):
        connection = socket.create_connection(("127.0.0.1", poll.service.port))
        head = f"POST {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 1000\r\n"
        connection.sendall(f"{head}Content-Type: application/x-www-form-urlencoded\r\n\r\nreceipt=A".encode())
        stalled.append(connection)
    voter = poll.script_voter(0)
    voter.fetch_keys()
    voter.activate()
    voter.cast()
    assert voter.receipt in poll.receipts()
    for connection in stalled:
        connection.close()
