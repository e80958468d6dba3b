"""Both doors, the committee's and the members': what refuses says no more than it must, and costs the same."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier, Lock
from typing import Any

import pytest
from argon2 import PasswordHasher
from flask import Flask
from sqlalchemy import event

from survey_app.crypto import passwords
from survey_app.crypto.blind import SigningKey
from survey_app.crypto.codes import generate
from survey_app.extensions import db
from survey_app.models import User
from tests.committee_world import PASSWORD, World
from tests.open_survey import open_survey
from tests.page_checks import parsed, text_of
from tests.unit.app.test_ballot_box_api import Voter
from tests.visitor import Visitor


class Counting(PasswordHasher):
    """The real hasher, which notes how often it worked and how many worked at once."""

    def __init__(self, **costs: int) -> None:
        super().__init__(**costs)
        self.times, self.now, self.most, self._lock = 0, 0, 0, Lock()

    def verify(self, hash: str | bytes, password: str | bytes) -> Any:
        with self._lock:
            self.times, self.now = self.times + 1, self.now + 1
            self.most = max(self.most, self.now)
        try:
            return super().verify(hash, password)
        finally:
            with self._lock:
                self.now -= 1


@pytest.fixture
def counting(monkeypatch: pytest.MonkeyPatch) -> Counting:
    counting = Counting(time_cost=1, memory_cost=8, parallelism=1)
    monkeypatch.setattr(passwords, "HASHER", counting)
    return counting


# ---- the committee's ----


def attempt(world: World, counting: Counting, login: str, password: str) -> tuple[int, int, str]:
    """How often a password was hashed, and what was answered."""
    before = counting.times
    answer = world.as_user(None).submit("/login", login=login, password=password)
    return counting.times - before, answer.status_code, text_of(parsed(answer.text))


def test_a_login_that_nobody_has_costs_and_says_what_a_wrong_password_does(world: World, counting: Counting):
    known = attempt(world, counting, "secretary", "a wrong password")
    assert known[:2] == (1, 422)
    for login in ("nobody", "SECRETARY ", "x" * 64, "'; --", "%", "\u202esecretary"):
        assert attempt(world, counting, login, "a wrong password") == known, login


def test_a_locked_account_costs_and_says_the_same_with_the_right_password_too(world: World, counting: Counting):
    unknown = attempt(world, counting, "nobody", PASSWORD)
    for _ in range(10):
        attempt(world, counting, "secretary", "a guess")
    assert attempt(world, counting, "secretary", PASSWORD) == unknown
    assert attempt(world, counting, "secretary", "a guess") == unknown


def test_an_account_switched_off_is_known_only_to_who_has_its_password(world: World, counting: Counting):
    unknown = attempt(world, counting, "nobody", "a wrong password")
    with world.app.app_context():
        db.session.get_one(User, world.users["secretary"]).is_active = False
        db.session.commit()
    assert attempt(world, counting, "secretary", "a wrong password") == unknown


def test_nobody_is_told_by_mail_or_page_whether_a_login_exists(world: World):
    """There is no address to ask for a new password: it comes from the administrator, on paper."""
    asked = {rule.rule for rule in world.app.url_map.iter_rules() if rule.endpoint.startswith("auth.")}
    assert asked == {"/login", "/login/code", "/logout", "/password", "/first-administrator"}


def test_a_flood_of_sign_ins_takes_the_memory_of_two(counting: Counting):
    """Each hash takes 64 MiB; however many ask at once, two are worked out at a time."""
    start, asked = Barrier(12), passwords.hash_password(PASSWORD)

    def ask(password: str) -> bool:
        start.wait()
        return passwords.password_fits(asked, password)

    with ThreadPoolExecutor(12) as crowd:
        fits = list(crowd.map(ask, [PASSWORD, *["a guess"] * 11]))
    assert fits == [True, *[False] * 11]
    assert counting.times == 12
    assert counting.most <= 2


# ---- the members' ----


@pytest.fixture
def signed(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Notes every signature that the service works out."""
    made: list[int] = []
    sign = SigningKey.sign

    def noted(key: SigningKey, message: bytes) -> bytes:
        made.append(1)
        return sign(key, message)

    monkeypatch.setattr(SigningKey, "sign", noted)
    return made


@pytest.fixture
def statements(app: Flask) -> Iterator[list[str]]:
    asked: list[str] = []

    def note(_connection: object, _cursor: object, sql: str, *_rest: object) -> None:
        asked.append(sql)

    event.listen(app.extensions["engine"], "before_cursor_execute", note)
    yield asked
    event.remove(app.extensions["engine"], "before_cursor_execute", note)


def test_a_code_that_nobody_has_costs_what_a_used_one_does(
    app: Flask, signed: list[int], statements: list[str], rng: Any
):
    survey = open_survey(app)

    def cost(code: str) -> tuple[int, list[str], int, dict[str, str]]:
        voter = Voter(app.test_client(), survey)
        voter.code = code
        message = voter.issue_message()
        signed.clear()
        statements.clear()
        reply = voter.post("/api/issue", message)
        return len(signed), list(statements), reply.status_code, reply.get_json()

    assert cost(survey.codes[0])[2] == 200
    used, unknown = cost(survey.codes[0]), cost(generate(rng))
    assert used[2:] == (409, {"error": "used"})
    assert unknown[2:] == (404, {"error": "unknown"})
    assert used[:2] == unknown[:2]
    other_survey = cost("".join(generate(rng)))
    assert other_survey == unknown


def test_a_code_in_the_clear_is_nowhere_looked_for(app: Flask, statements: list[str]):
    """What is compared is a keyed hash: how far a guess is right is not in how long the search takes."""
    survey = open_survey(app)
    voter = Voter(app.test_client(), survey)
    voter.code = survey.codes[0]
    parameters: list[object] = []
    engine = app.extensions["engine"]
    event.listen(engine, "before_cursor_execute", lambda _c, _cu, _sql, values, *_r: parameters.append(values))
    assert voter.post("/api/issue", voter.issue_message()).status_code == 200
    told = repr(parameters)
    assert survey.codes[0] not in told
    assert survey.codes[0].replace("-", "") not in told


def test_pages_that_wait_for_a_code_do_not_say_what_codes_there_are(app: Flask, rng: Any):
    survey = open_survey(app)
    pages = Visitor(app.test_client())
    assert pages.get(survey.path).text.count(survey.codes[0][:4]) == 0
    unknown = [pages.client.post(survey.path, data={"go": "start", "code": generate(rng)}) for _ in range(2)]
    assert {answer.status_code for answer in unknown} == {unknown[0].status_code}
