"""Two services over one PostgreSQL behind the shipped nginx site: either may die at any moment, and nobody notices.

What a web process keeps in memory must follow from the database, or not matter. Each test would see it otherwise.
"""

from __future__ import annotations

import json
import random
import shutil
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import timedelta
from http.cookiejar import CookieJar
from pathlib import Path
from typing import Any
from urllib.error import HTTPError
from urllib.parse import urlencode
from urllib.request import HTTPCookieProcessor, HTTPSHandler, Request, build_opener

import pytest
from sqlalchemy import Engine, bindparam, func, select, text
from sqlalchemy.orm import Session

from deploy.web_server import WebServer, running_web_server
from survey_app import services
from survey_app.clock import system_clock
from survey_app.config import INSTALLATION_SECRET_FILE, SESSION_KEY_FILE
from survey_app.crypto.box import printed_receipt
from survey_app.database import build_engine
from survey_app.models import UNUSED, Ballot, Invitation, Survey, UserRole
from survey_app.services import COMMAND_LINE, OpenedSurvey
from survey_app.services.people import ATTEMPTS
from tests.answering import count_and_seal
from tests.district import PASSWORD, District, found_district
from tests.faults.server import Service, migrated_database, running, wait_until
from tests.unit.app.small_questionnaire import CONTENT
from tests.visitor import Visitor
from tests.voter import FormVoter, Phone, RefusedError, ScriptVoter, Voter

pytestmark = pytest.mark.postgresql

BY_SCRIPT, BY_FORM = 18, 5
BEHIND_PROXY = {"X-Forwarded-For": "203.0.113.9", "X-Forwarded-Proto": "https", "X-Forwarded-Host": "127.0.0.1"}
HOT_TABLES = ("invitation", "ballot", "played_count", "survey", "reporting_group", "unit", "instrument_version")


@dataclass(frozen=True)
class Site:
    """Both servers, nginx before them, and the database, where alone the truth is."""

    first: Service
    second: Service
    web_server: WebServer
    engine: Engine
    district: District

    @property
    def servers(self) -> tuple[Service, Service]:
        return self.first, self.second

    def phone(self) -> Phone:
        return Phone(self.web_server.https, trust=self.web_server.trust)

    def receipts(self, survey: Survey) -> list[str]:
        with Session(self.engine) as session:
            of_survey = select(Ballot.receipt).where(Ballot.survey_id == survey.id)
            return [printed_receipt(receipt) for receipt in session.scalars(of_survey)]

    def used_codes(self, survey: Survey) -> int:
        used = select(func.count()).where(Invitation.survey_id == survey.id, Invitation.mark != UNUSED)
        with Session(self.engine) as session:
            return session.scalar(used) or 0


@pytest.fixture(scope="module")
def site(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """As docs/scaling.md says: both secrets are the same on both machines, each has a folder of its own."""
    folder = tmp_path_factory.mktemp("two")
    for name in ("one", "other", "nginx"):
        (folder / name).mkdir()
    settings = {"TLS": "1", "TRUSTED_PROXIES": "1"}
    with (
        migrated_database("postgresql", folder, request) as url,
        running(folder / "one", url, **settings) as first,
        _with_the_same_secrets(first.folder, folder / "other", url, settings) as second,
        running_web_server(folder / "nginx", [first.port, second.port]) as web_server,
    ):
        engine = build_engine(url)
        with Session(engine, expire_on_commit=False) as session:
            yield Site(first, second, web_server, engine, found_district(session, system_clock))
        engine.dispose()
        for server in (first, second):
            assert "Traceback" not in server.output
        assert (web_server.folder / "access.log").read_text() == ""


def _with_the_same_secrets(known: Path, folder: Path, url: str, settings: Mapping[str, str]) -> Any:
    (folder / "instance").mkdir()
    for name in (INSTALLATION_SECRET_FILE, SESSION_KEY_FILE):
        shutil.copy(known / name, folder / "instance" / name)
    return running(folder, url, **settings)


@dataclass(frozen=True)
class Answer:
    """What `Visitor` wants to know of a reply."""

    status_code: int
    mimetype: str
    text: str


class Browser:
    """A browser with cookies that reaches the site through TLS; goes where it is led."""

    def __init__(self, web_server: WebServer) -> None:
        self._address = f"https://127.0.0.1:{web_server.https}"
        self._opener = build_opener(HTTPSHandler(context=web_server.trust), HTTPCookieProcessor(CookieJar()))

    def get(self, path: str) -> Answer:
        return self._ask(Request(self._address + path))

    def post(self, path: str, *, data: Mapping[str, object]) -> Answer:
        return self._ask(Request(self._address + path, urlencode(data).encode()))

    def _ask(self, request: Request) -> Answer:
        try:
            reply = self._opener.open(request, timeout=60)
        except HTTPError as error:
            reply = error
        with reply:
            return Answer(reply.status, reply.headers.get_content_type(), reply.read().decode())


def _open(site: Site) -> tuple[Survey, OpenedSurvey, str, Sequence[str]]:
    """A survey of one branch, where its members come in, and their codes."""
    draft = site.district.draft("education")
    draft.closes_on = system_clock.today() + timedelta(days=30)
    session, secret = site.district.session, site.first.secret
    opened = services.open_survey(session, draft, by=COMMAND_LINE, clock=system_clock, secret=secret)
    group = draft.groups[0]
    session.commit()
    return draft, opened, f"/s/{draft.slug}/{group.slug}", opened.codes[group.slug]


def _answers(number: int) -> dict[str, object]:
    return {**CONTENT, "comment": f"member {number}"}


def test_members_notice_nothing_when_one_of_two_servers_dies_and_comes_back(site):
    survey, opened, path, codes = _open(site)
    kinds = [ScriptVoter] * BY_SCRIPT + [FormVoter] * BY_FORM
    voters = [kind(site.phone(), path, codes[at], _answers(at)) for at, kind in enumerate(kinds)]
    steps = sum(len(voter.steps) for voter in voters)
    with ThreadPoolExecutor(len(voters)) as threads:
        under_way = [threads.submit(voter.go) for voter in voters]
        wait_until(lambda: sum(voter.done for voter in voters) > steps // 4)
        site.first.kill()
        acknowledged = {voter.receipt for voter in voters if voter.receipt}
        assert acknowledged <= set(site.receipts(survey))
        site.first.start()
        for voting in under_way:
            voting.result()  # nobody saw a failure, nobody had to send again
    _each_counts_once(site, survey, voters)
    _both_servers_tell_the_same(site, voters)
    _each_counts_once(site, survey, voters)
    late = ScriptVoter(site.phone(), path, codes[len(voters)], CONTENT)
    late.go(until="activate")
    assert _sealed_comments(site, survey, opened, late) == Counter(str(voter.answers["comment"]) for voter in voters)
    for voter in (*voters, late):
        voter.phone.hang_up()


def _each_counts_once(site: Site, survey: Survey, voters: Sequence[Voter]) -> None:
    assert sorted(site.receipts(survey)) == sorted(voter.receipt for voter in voters)
    assert site.used_codes(survey) == len(voters)


def _both_servers_tell_the_same(site: Site, voters: Sequence[Voter]) -> None:
    """Whoever sends again, to whichever server: the same pass, the same receipt, no second ballot."""
    for server in site.servers:
        for voter in voters:
            receipt, voter.phone = voter.receipt, Phone(server.port, BEHIND_PROXY)
            if isinstance(voter, ScriptVoter):
                assert voter.gets_the_same_pass_again()
            voter.done -= 1
            voter.go()
            assert voter.receipt == receipt
            voter.phone.hang_up()


def _sealed_comments(site: Site, survey: Survey, opened: OpenedSurvey, late: ScriptVoter) -> Counter[str]:
    """Once it is closed, neither server gives anything out any more; then what was said, in no order."""
    session, how = site.district.session, {"by": COMMAND_LINE, "clock": system_clock}
    session.refresh(survey)
    services.close_survey(session, survey, **how)
    session.commit()
    for server in site.servers:
        late.phone = Phone(server.port, BEHIND_PROXY)
        with pytest.raises(RefusedError) as refused:
            late.activate()
        assert refused.value.args[0] == 410
        late.phone.hang_up()
    dataset = count_and_seal(session, survey, opened.passphrases, secret=site.first.secret, rng=random.Random(5), **how)
    session.commit()
    return Counter(said for group in json.loads(dataset.comments)["comment"].values() for said in group)


def test_a_committee_goes_on_on_the_other_server_and_sees_at_once_what_was_done(site):
    secretary = site.district.person(UserRole.HIGHER_COMMITTEE, login="secretary")
    site.district.session.commit()
    visitor, unit = _signed_in(site, secretary.login), site.district["waterworks"]
    page = f"/committee/organisation/{unit.id}"
    assert all("Waterworks" in visitor.text(page) for _each_server in range(4))
    for name, dies in (("Waterworks by the river", site.first), ("Waterworks on the hill", site.second)):
        dies.kill()
        assert visitor.submit(page, name=name).status_code == 200  # sent once, though nginx does not know yet
        assert name in visitor.text(page)
        dies.start()
        _reached_again(site, visitor, page)
        assert all(name in visitor.text(page) for _each_server in range(4))


def _reached_again(site: Site, visitor: Visitor, page: str) -> None:
    """nginx asks a server that it missed again after five seconds; both answer for themselves already."""
    for server in site.servers:
        assert Phone(server.port, BEHIND_PROXY).send("GET", "/healthz")[0] == 200
    assert visitor.get(page).status_code == 200


def test_wrong_passwords_are_counted_together_whichever_server_hears_them(site):
    site.district.person(UserRole.SECRETARY, login="forgetful")
    site.district.session.commit()
    browser = Visitor(Browser(site.web_server))  # type: ignore[arg-type]
    for _attempt in range(ATTEMPTS):
        assert browser.submit("/login", login="forgetful", password="not this one").status_code == 422
    locked = browser.submit("/login", login="forgetful", password=PASSWORD)
    assert locked.status_code == 422


def test_hot_tables_number_nothing(site):
    """A sequence is one place that all servers of a cluster would wait for."""
    numbered = text(
        "SELECT table_name, column_name FROM information_schema.columns WHERE table_name IN :tables"
        " AND (is_identity = 'YES' OR column_default LIKE 'nextval%')"
    ).bindparams(bindparam("tables", HOT_TABLES, expanding=True))
    with site.engine.connect() as connection:
        assert connection.execute(numbered).all() == []


def _signed_in(site: Site, login: str) -> Visitor:
    visitor = Visitor(Browser(site.web_server))  # type: ignore[arg-type]
    assert visitor.submit("/login", login=login, password=PASSWORD).status_code == 200
    return visitor
