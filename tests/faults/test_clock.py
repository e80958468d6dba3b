"""The clock of the machine is set back a day in the middle of everything: nothing is lost, nobody is shut out."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy.orm import Session

from survey_app.models import UserRole
from survey_app.services.audit_trail import verify_trail
from survey_app.services.people import ATTEMPTS
from tests.district import PASSWORD
from tests.faults import clocks
from tests.faults.browser import Browser
from tests.faults.polls import House, house_on
from tests.faults.server import DATABASES
from tests.page_checks import check_page, text_of
from tests.visitor import Visitor
from tests.voter import RefusedError

LOGIN_PAGE = "Password"


@pytest.fixture
def days(tmp_path: Path) -> Path:
    """By how many the clock of the service is wrong."""
    file = tmp_path / "days"
    file.write_text("0")
    return file


@pytest.fixture(params=DATABASES)
def house(request: pytest.FixtureRequest, tmp_path: Path, days: Path) -> Iterator[House]:
    first = clocks.python_for(days)
    with house_on(request.param, tmp_path, request, first=first, RATELIMIT_ENABLED="0") as house:
        yield house


def test_a_clock_set_back_a_day_loses_no_ballot_and_locks_nobody_out(house, days):
    poll = house.open_poll()
    for login in ("secretary", "forgetful"):
        house.district.person(UserRole.SECRETARY, "education", login=login)
    house.session.commit()
    voters = [*map(poll.script_voter, range(4)), *map(poll.form_voter, range(4, 6))]
    late, *others = voters
    for voter, stop in zip(others, ("activate", "cast", "", "submit", ""), strict=True):
        voter.go(until=stop)
    late.go(until="cast")
    secretary, forgetful = (Visitor(Browser(house.service.port)) for _ in range(2))
    close = f"/committee/surveys/{poll.opened.survey.id}/close"
    assert secretary.submit("/login", login="secretary", password=PASSWORD).status_code == 200
    for _ in range(ATTEMPTS):
        forgetful.submit("/login", login="forgetful", password="not this one")
    assert forgetful.submit("/login", login="forgetful", password=PASSWORD).status_code == 422

    days.write_text("-1")
    for voter in others:
        voter.persist()
    poll.keeps_what_it_acknowledged(others)
    assert forgetful.submit("/login", login="forgetful", password=PASSWORD).status_code == 200
    assert LOGIN_PAGE in text_of(check_page(secretary.get(close).text))
    assert secretary.submit("/login", login="secretary", password=PASSWORD).status_code == 200
    assert secretary.submit(close, reason="everybody has answered").status_code == 200

    for wrong_by in ("-2", "0"):  # closed a day from now, a day ago: half an hour is over
        days.write_text(wrong_by)
        with pytest.raises(RefusedError) as refusal:
            late.take_step()
        assert refusal.value.args[0] == 410
    for voter in others:
        voter.phone.hang_up()
    assert poll.sealed_comments() == Counter(str(voter.answers["comment"]) for voter in others)
    with Session(house.engine) as session:
        assert not verify_trail(session).findings
    assert "Traceback" not in house.service.output
