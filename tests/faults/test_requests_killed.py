"""The process that answers a member is killed at every step of the answer: the same message sent again brings it in."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from urllib.parse import urlencode

import pytest
from sqlalchemy import Engine
from sqlalchemy.orm import Session

from survey_app import services
from survey_app.clock import system_clock
from survey_app.crypto.box import ATTEMPT_BYTES
from survey_app.database import build_engine
from survey_app.services import COMMAND_LINE, OpenedSurvey
from tests.district import found_district
from tests.faults.mortals import Mortal, mortal_process
from tests.faults.polls import answers, receipts_of, used_codes_of
from tests.faults.server import DATABASES, let_connections_end, migrated_database
from tests.voter import RECEIPT_ON_PAGE, LostError, Phone, ScriptVoter

MOST = 60
FORM = "application/x-www-form-urlencoded"


@dataclass
class MortalPhone(Phone):
    """Its messages are answered by a process that may die at a step; then there is no reply."""

    port: int = 0
    mortal: Mortal | None = None
    url: str = ""
    secret: bytes = b""
    step: int = 0
    keys: str = ""

    def send(self, method: str, path: str, body: bytes = b"", kind: str = "") -> tuple[int, str]:
        if method == "GET":
            return 200, self.keys
        assert self.mortal is not None
        where = {"url": self.url, "secret": self.secret.hex(), "path": path, "body": body.decode(), "kind": kind}
        reply = self.mortal.replies(**where, step=self.step)
        if reply is None:
            raise LostError
        return reply


@dataclass
class Polling:
    """An open survey that the mortal process serves."""

    engine: Engine
    opened: OpenedSurvey
    path: str
    codes: Iterator[str]
    phone: Callable[[], MortalPhone]

    def check(self, *, used: int, cast: set[str]) -> None:
        self.engine.dispose()
        let_connections_end(self.engine)
        assert used_codes_of(self.engine, self.opened.survey) == used
        assert set(receipts_of(self.engine, self.opened.survey)) == cast


@pytest.fixture(scope="module")
def mortal(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Mortal]:
    with mortal_process(tmp_path_factory.mktemp("mortal") / "complaints.txt") as mortal:
        yield mortal


@pytest.fixture(params=DATABASES)
def polling(request: pytest.FixtureRequest, tmp_path, secret, mortal) -> Iterator[Polling]:
    with migrated_database(request.param, tmp_path, request) as url:
        engine = build_engine(url)
        with Session(engine, expire_on_commit=False) as session:
            draft = found_district(session, system_clock).draft("education")
            draft.closes_on = system_clock.today() + timedelta(days=30)
            opened = services.open_survey(session, draft, by=COMMAND_LINE, clock=system_clock, secret=secret)
            session.commit()
            group = draft.groups[0]
            keys = json.dumps(services.poll_of(draft, group))
        codes = iter(opened.codes[group.slug])
        path = f"/s/{draft.slug}/{group.slug}"
        yield Polling(
            engine, opened, path, codes, lambda: MortalPhone(mortal=mortal, url=url, secret=secret, keys=keys)
        )
        engine.dispose()


def test_a_pass_and_a_ballot_killed_at_any_step_come_with_the_same_message_again(polling):
    """Killed after the commit they are kept; killed before, the code is as good as new."""
    cast: set[str] = set()
    for step in range(1, MOST):
        voter = ScriptVoter(polling.phone(), polling.path, next(polling.codes), answers(step))
        voter.go(until="activate")
        deaths = [_sends_again_after_death(voter, step) for _message in ("activate", "cast")]
        cast.add(voter.receipt)
        polling.check(used=step, cast=cast)
        if not any(deaths):
            break
    assert step > 5
    assert deaths == [False, False]


def _sends_again_after_death(voter: ScriptVoter, step: int) -> bool:
    """Take the voter's next step, whose first try may die. Returns: whether it did."""
    voter.phone.step = step
    try:
        voter.take_step()
    except LostError:
        voter.phone.step = 0
        voter.take_step()
        return True
    return False


def test_a_page_without_script_killed_at_any_step_is_sent_again_and_counts_once(polling):
    cast: set[str] = set()
    for step in range(1, MOST):
        code, phone = next(polling.codes), polling.phone()
        typed = {f"q_{name}": str(value) for name, value in answers(step).items()}
        page = {**typed, "code": code, "go": "submit", "at": "review", "attempt": f"{step:0{2 * ATTEMPT_BYTES}x}"}
        phone.step = step
        try:
            phone.send("POST", polling.path, urlencode(page).encode(), FORM)
        except LostError:
            phone.step = 0
        status, said = phone.send("POST", polling.path, urlencode(page).encode(), FORM)
        assert status == 200
        cast.add(RECEIPT_ON_PAGE.findall(said)[0])
        polling.check(used=step, cast=cast)
        if phone.step:
            break
    assert step > 10
    assert phone.step
