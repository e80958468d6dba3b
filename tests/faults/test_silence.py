"""After twelve members have answered, the service has said and kept nothing of who they were: bytes are searched."""

from __future__ import annotations

import re
import socket
from base64 import b64encode
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta
from urllib.parse import quote

import pytest
from sqlalchemy import Date, DateTime, Engine, Time, func, inspect, select
from sqlalchemy.orm import Session

from survey_app import services
from survey_app.clock import system_clock
from survey_app.crypto.codes import code_hash, normalise
from survey_app.database import BOX_TABLES, build_engine, reading
from survey_app.models import AuditEntry, Ballot, Base
from survey_app.services import COMMAND_LINE, OpenedSurvey
from tests.district import found_district
from tests.faults.server import DATABASES, HOST, Service, migrated_database, running
from tests.unit.app.small_questionnaire import CONTENT
from tests.voter import FormVoter, Phone, RefusedError, ScriptVoter, Voter

ADDRESS = "203.0.113.77"
BROWSER = "Hongqi/7.1 (an unmistakable telephone)"
COMMENT = "食堂的豆浆第{}次凉了"
MEMBERS = 12


@dataclass
class Evening:
    """The service after everybody has answered, and what it must not have kept."""

    service: Service
    engine: Engine
    opened: OpenedSurvey
    voters: list[Voter]
    said_at_start: str
    acts_before: int
    files_before: set[str]

    def said(self) -> bytes:
        return self.service.said.read_bytes()

    def kept(self) -> dict[str, bytes]:
        """Every file of the instance folder by name; of a database elsewhere every row."""
        files = {path.name: path.read_bytes() for path in self.service.folder.rglob("*") if path.is_file()}
        if self.engine.dialect.name == "sqlite":
            return files
        with reading(self.engine).connect() as connection:
            tables = {name: connection.execute(select(table)).all() for name, table in Base.metadata.tables.items()}
        return files | {name: repr([tuple(row) for row in rows]).encode() for name, rows in tables.items()}


@pytest.fixture(scope="module", params=DATABASES)
def evening(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Evening]:
    """Members by script and by form, behind a proxy that names their address; mistakes of every kind among them."""
    folder = tmp_path_factory.mktemp("silence")
    with (
        migrated_database(request.param, folder, request) as url,
        running(folder, url, TRUSTED_PROXIES="1") as service,
    ):
        engine = build_engine(url)
        with Session(engine, expire_on_commit=False) as session:
            draft = found_district(session, system_clock).draft("education")
            draft.closes_on = system_clock.today() + timedelta(days=30)
            opened = services.open_survey(session, draft, by=COMMAND_LINE, clock=system_clock, secret=service.secret)
            group = draft.groups[0]
            session.commit()
        path, codes, acts = f"/s/{draft.slug}/{group.slug}", opened.codes[group.slug], _acts(engine)
        said_at_start, files = service.output, {path.name for path in service.folder.iterdir()}
        voters = [
            kind(_phone(service), path, code, {**CONTENT, "comment": COMMENT.format(number)})
            for number, (kind, code) in enumerate(zip([ScriptVoter, FormVoter] * (MEMBERS // 2), codes, strict=False))
        ]
        for voter in voters:
            _answer_with_mistakes(voter, voters[0])
        _speak_no_http(service, path, codes[-1])
        service.stop()
        yield Evening(service, engine, opened, voters, said_at_start, acts, files)
        engine.dispose()


def _phone(service: Service) -> Phone:
    headers = {"User-Agent": BROWSER, "X-Forwarded-For": ADDRESS, "Forwarded": f"for={ADDRESS}", "X-Real-IP": ADDRESS}
    return Phone(service.port, headers)


def _acts(engine: Engine) -> int:
    with Session(reading(engine)) as session:
        return session.scalar(select(func.count()).select_from(AuditEntry)) or 0


def _answer_with_mistakes(voter: Voter, first: Voter) -> None:
    """The landing page in both languages, a mistyped code, someone else's code, nonsense; then the ballot, twice."""
    phone, path = voter.phone, voter.path
    for address in (
        path,
        f"{path}?lang=en",
        f"{path}/sheet",
        f"{path}/anonymity",
        f"{path}/nowhere",
        f"/s/{voter.code}/x",
    ):
        phone.send("GET", address)
    for code in ("", voter.code[:-1], voter.code + "Z", "0000-0000-0000-0"):
        phone.send_form(path, {"go": "start", "code": code, "q_comment": str(voter.answers["comment"])})
    phone.send("POST", "/api/issue", voter.code.encode(), "application/json")
    phone.send("POST", "/api/ballots", b"[" * 100_000, "application/json")
    phone.send("POST", "/api/ballots", str(voter.answers["comment"]).encode() * 20_000, "text/plain")
    phone.hang_up()
    phone.send("DELETE", path)
    voter.persist()
    voter.done -= 1
    voter.persist()
    stranger = type(voter)(phone, path, first.code, voter.answers)
    if voter is not first:
        with pytest.raises(RefusedError):
            stranger.go()
    phone.hang_up()


def _speak_no_http(service: Service, path: str, code: str) -> None:
    """What a scanner, a broken proxy or a phone in a tunnel sends; nobody reads the replies."""
    name = f"X-Forwarded-For: {ADDRESS}\r\nUser-Agent: {BROWSER}\r\nHost: {HOST}\r\n"
    for sent in (
        f"GET {path}\r\n\r\n",
        f"GET {path} HTTP/9.9\r\n{name}\r\n",
        f"G?T {path} HTTP/1.1\r\n{name}\r\n",
        f"GET {path} HTTP/1.1\r\n{name}{code} : x\r\n\r\n",
        f"GET /{code * 1000} HTTP/1.1\r\n{name}\r\n",
        f"POST /api/issue HTTP/1.1\r\n{name}Content-Type: application/json\r\nContent-Length: 900\r\n\r\n{code}",
        f"POST {path} HTTP/1.1\r\n{name}Transfer-Encoding: chunked\r\n\r\n{code}\r\n",
        f"POST {path} HTTP/1.1\r\n{name}Content-Length: {code}\r\n\r\n",
        "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
    ):
        with suppress(ConnectionError), socket.create_connection((HOST, service.port), timeout=10) as connection:
            connection.sendall(sent.encode())
            connection.shutdown(socket.SHUT_WR)
            while connection.recv(4096):
                pass


def test_everybody_has_answered(evening):
    with Session(reading(evening.engine)) as session:
        assert session.scalar(select(func.count()).select_from(Ballot)) == MEMBERS
    assert all(voter.receipt for voter in evening.voters)


def test_the_service_says_nothing_while_members_answer(evening):
    """Not a line between its start and its end, so no line can stand for somebody."""
    assert re.fullmatch(rf"Serving on http://{HOST}:\d+ .*\n(?:.*\n)*", evening.said_at_start)
    assert evening.service.output == evening.said_at_start + "INFO the service has stopped\n"


def test_no_output_names_an_address_a_browser_a_code_a_comment_or_a_receipt(evening):
    said = evening.said().replace(f"http://{HOST}:{evening.service.port}".encode(), b"")
    for trace in [*_traces_of_people(evening), *_receipts(evening)]:
        assert trace not in said, trace
    assert not re.search(rb"\d\d:\d\d:\d\d", said)


def test_nothing_kept_names_an_address_a_browser_a_code_or_a_comment(evening):
    kept = evening.kept()
    assert any(len(content) > 10_000 for content in kept.values())
    for name, content in kept.items():
        for trace in _traces_of_people(evening):
            assert trace not in content, (name, trace)


def _traces_of_people(evening: Evening) -> list[bytes]:
    comments = [str(voter.answers["comment"]) for voter in evening.voters]
    codes = [voter.code for voter in evening.voters]
    words = [ADDRESS, HOST, BROWSER, BROWSER.partition("/")[0], *codes, *map(normalise, codes), *comments]
    return [word.encode() for word in [*words, *map(quote, comments)]]


def _receipts(evening: Evening) -> list[bytes]:
    with Session(reading(evening.engine)) as session:
        receipts = list(session.scalars(select(Ballot.receipt)))
    assert len(receipts) == MEMBERS
    printed = [voter.receipt.encode() for voter in evening.voters]
    return [*receipts, *map(b64encode, receipts), *(receipt.hex().encode() for receipt in receipts), *printed]


def test_answering_is_no_act_and_makes_no_file(evening):
    assert _acts(evening.engine) == evening.acts_before
    assert {path.name for path in evening.service.folder.iterdir()} == evening.files_before
    for voter in evening.voters:
        assert not any(normalise(voter.code) in name for name in evening.files_before)


def test_what_lies_in_the_boxes_has_no_moment(evening):
    found = inspect(reading(evening.engine))
    for schema, tables in BOX_TABLES.items():
        assert set(found.get_table_names(schema=schema)) == set(tables)
        for table in tables:
            columns = found.get_columns(table, schema=schema)
            assert not [column for column in columns if isinstance(column["type"], Date | DateTime | Time)]


def test_no_row_of_the_boxes_leads_to_a_row_of_the_other(evening):
    """Whoever knows a code finds its row, which holds nothing that stands anywhere in the ballots."""
    survey = evening.opened.survey
    kept = evening.kept()
    hashes = [code_hash(evening.service.secret, survey.id, voter.code) for voter in evening.voters]
    if evening.engine.dialect.name == "sqlite":
        issue, ballots = (kept[f"branch-survey.{box}.sqlite3"] for box in ("issue", "ballots"))
        assert all(hashed in issue and hashed not in ballots for hashed in hashes)
    else:
        assert all(repr(hashed).encode() in kept["issue_box.invitation"] for hashed in hashes)
        assert not any(repr(hashed).encode() in kept["ballot_box.ballot"] for hashed in hashes)
