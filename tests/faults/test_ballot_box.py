"""Many voters and the real service, which is killed while they vote: nothing is lost, nobody counts twice."""

from __future__ import annotations

import random
import socket
import time
from base64 import b64decode
from collections import Counter
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor

import pytest

from survey_app.crypto.box import printed_receipt
from tests.faults.polls import House, Poll, house_on, together
from tests.faults.server import DATABASES, let_connections_end
from tests.voter import FormVoter, Phone, RefusedError, ScriptVoter, Voter

PHONES = 30
VOTERS = 20
KILLS = 3


@pytest.fixture(scope="module", params=DATABASES)
def house(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    with house_on(request.param, tmp_path_factory.mktemp("house"), request) as house:
        yield house


@pytest.fixture
def poll(house: House) -> Iterator[Poll]:
    """A survey opened for this story; afterwards the service has nothing to complain of."""
    yield house.open_poll()
    said = house.service.output
    assert "locked" not in said
    assert "failed" not in said
    assert "Traceback" not in said


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
                assert [voting.exception() for voting in under_way if voting.done() and voting.exception()] == []
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
    poll.close()
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
