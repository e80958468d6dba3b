"""The disk is full, the database may only be read: nothing is lost, everybody is told what to do, and it goes on."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.district import PASSWORD
from tests.faults.browser import Browser
from tests.faults.machines import PERSON, Machine, machine_with
from tests.faults.polls import receipts_of, used_codes_of
from tests.page_checks import check_page, text_of
from tests.visitor import Visitor
from tests.voter import RefusedError, Voter

ON_POSTGRESQL = pytest.mark.postgresql
HEADING = "This cannot be done at the moment"
OF_DISK = "The disk of the server"
READ_ONLY = "The server can read but not write at present."
STORIES = {
    "sqlite": {
        "full": (OF_DISK, "room"),
        "folder": (READ_ONLY, "right to write"),
        "files": (READ_ONLY, "right to write"),
    },
    "postgresql": {"full": (OF_DISK, "room"), "read_only": (READ_ONLY, "right to write")},
}
"""What the page says, and what the log."""


@pytest.fixture(scope="module", params=["sqlite", pytest.param("postgresql", marks=ON_POSTGRESQL)])
def machine(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Machine]:
    kind = request.param
    with machine_with(kind, tmp_path_factory.mktemp("machine"), request, polls=len(STORIES[kind])) as machine:
        yield machine


def test_what_the_machine_refuses_is_said_and_goes_through_once_it_is_mended(machine):
    kind = "sqlite" if "files" in machine.troubles else "postgresql"
    for poll, (name, (on_page, in_log)) in zip(machine.polls, STORIES[kind].items(), strict=True):
        said_before = len(machine.service.output)
        early = [poll.script_voter(0), poll.form_voter(1)]
        waiting = [poll.script_voter(2), poll.script_voter(3), poll.form_voter(4)]
        for voter in early:
            voter.go()
        for voter, stop in zip(waiting, ("activate", "cast", "submit"), strict=True):
            voter.go(until=stop)
        for voter in (*early, *waiting):
            voter.phone.hang_up()
        secretary = Visitor(Browser(machine.service.port))
        close = f"/committee/surveys/{poll.opened.survey.id}/close"
        assert secretary.submit("/login", login=PERSON, password=PASSWORD).status_code == 200

        with machine.troubles[name]():
            for voter in waiting:
                _is_asked_to_come_again(voter)
            newcomer = Visitor(Browser(machine.service.port))
            for refused in (
                newcomer.submit("/login", login=PERSON, password=PASSWORD),
                secretary.submit(close, reason="everybody has answered"),
            ):
                assert refused.status_code == 503, (name, refused.text)
                assert {HEADING, on_page} <= _sentences(refused.text), name
            assert newcomer.get("/healthz").status_code == 200
        said = machine.service.output[said_before:]
        assert in_log in said, name
        assert "Traceback" not in said

        for voter in waiting:
            voter.persist()
        assert newcomer.submit("/login", login=PERSON, password=PASSWORD).status_code == 200
        assert secretary.submit(close, reason="everybody has answered").status_code == 200
        with machine.look() as engine:
            voters = [*early, *waiting]
            assert sorted(receipts_of(engine, poll.opened.survey)) == sorted(voter.receipt for voter in voters)
            assert used_codes_of(engine, poll.opened.survey) == len(voters)


def _is_asked_to_come_again(voter: Voter) -> None:
    with pytest.raises(RefusedError) as refusal:
        voter.take_step()
    status, said = refusal.value.args
    voter.phone.hang_up()
    assert status == 503
    assert said == {"error": "trouble"} or "请过几分钟" in said or "Please load this page again" in said


def _sentences(page: str) -> set[str]:
    text = text_of(check_page(page))
    return {words for words in (HEADING, OF_DISK, READ_ONLY) if words in text}
