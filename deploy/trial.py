"""Tries the shipped files on this machine: settings, service, nginx site and units; a member answers through TLS.

    deploy/try

Everything lies in a temporary folder, listens on free ports of the loopback address and is gone afterwards. Each line
says what was found; the exit status is 1 if anything is not as it should be. Of the shipped files only names, ports and
folders are replaced.
"""

from __future__ import annotations

import gzip
import os
import re
import shlex
import socket
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.client import HTTPConnection, HTTPMessage, HTTPSConnection
from pathlib import Path
from tempfile import TemporaryDirectory

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from deploy.web_server import (
    HERE,
    HOST,
    NAME,
    PATIENCE,
    NothingToTryWith,
    WebServer,
    find_program,
    free_port,
    running_web_server,
    wait_for_port,
    with_replaced,
)
from survey_app import create_app
from survey_app.config import FIXED
from tests.open_survey import OpenSurvey, open_survey
from tests.unit.app.small_questionnaire import CONTENT
from tests.voter import FormVoter, Phone, ScriptVoter

UNITS = ("branch-survey.service", "branch-survey-notices.service", "branch-survey-backup.service")
TIMERS = ("branch-survey-notices.timer", "branch-survey-backup.timer")
SAFE_ENOUGH = 2.5
"""Exposure as `systemd-analyze security` reckons it, 0 to 10; most services of a distribution are above 9."""
ON_EVERY_ANSWER = ("Strict-Transport-Security", "Content-Security-Policy", "X-Content-Type-Options", "Referrer-Policy")


@dataclass
class Findings:
    """What has been looked at; each is told at once."""

    wrong: list[str] = field(default_factory=list)

    def note(self, is_right: bool, what: str, seen: object = "") -> None:
        if not is_right:
            self.wrong.append(what)
        print(f"{'ok   ' if is_right else 'WRONG'} {what}{'' if is_right or not seen else f' ({seen})'}", flush=True)


@dataclass(frozen=True, slots=True)
class Reply:
    status: int
    headers: HTTPMessage
    body: bytes


@dataclass(frozen=True, slots=True)
class Site:
    """The service behind nginx, with a survey to answer."""

    web_server: WebServer
    survey: OpenSurvey
    service: subprocess.Popen[bytes]

    def ask(self, path: str, method: str = "GET", body: bytes | None = None, **headers: str) -> Reply:
        connection = HTTPSConnection(HOST, self.web_server.https, context=self.web_server.trust, timeout=PATIENCE)
        return _reply(connection, path, method, body, {name.replace("_", "-"): text for name, text in headers.items()})


def main() -> int:
    findings = Findings()
    try:
        with TemporaryDirectory(prefix="branch-survey-try-") as folder:
            with running_site(Path(folder)) as site:
                try_headers(site, findings)
                try_answering(site, findings)
                try_cache(site, findings)
                try_limits(site, findings)
                try_silence(site, findings)
                try_without_service(site, findings)
            (Path(folder) / "units").mkdir()
            try_units(Path(folder) / "units", findings)
    except NothingToTryWith as missing:
        print(missing, file=sys.stderr)
        return 1
    print("everything is as it should be" if not findings.wrong else f"wrong: {len(findings.wrong)}")
    return 1 if findings.wrong else 0


@contextmanager
def running_site(folder: Path) -> Iterator[Site]:
    """As the guide says: settings, `init`, the service as its unit starts it, nginx; and a survey."""
    instance, nginx, port = folder / "instance", folder / "nginx", free_port()
    instance.mkdir(mode=0o700)
    nginx.mkdir()
    shipped = (HERE / "config.toml").read_text(encoding="utf-8")
    (instance / "config.toml").write_text(with_replaced(shipped, {NAME: HOST}), encoding="utf-8")
    environment = {name: value for name, value in os.environ.items() if not name.startswith("BRANCH_SURVEY_")}
    environment["BRANCH_SURVEY_INSTANCE"] = str(instance)
    command = started_by_unit("branch-survey.service", port)
    quiet = {"env": environment, "cwd": ROOT, "stdout": subprocess.DEVNULL}
    subprocess.run([command[0], "init"], check=True, **quiet)
    app = create_app({"INSTANCE": str(instance)})
    survey = open_survey(app, closes_on=app.config["CLOCK"].today())
    app.extensions["engine"].dispose()
    told = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    told.bind(str(folder / "notify"))
    told.settimeout(PATIENCE)
    environment["NOTIFY_SOCKET"] = str(folder / "notify")
    service = subprocess.Popen(command, **quiet)
    try:
        wait_for_port(port)
        if not told.recv(200).startswith(b"READY=1"):
            raise RuntimeError("the service does not tell systemd that it is ready, as Type=notify asks")
        with running_web_server(nginx, [port]) as web_server:
            yield Site(web_server, survey, service)
    finally:
        service.terminate()
        service.wait(PATIENCE)
        told.close()


def started_by_unit(name: str, port: int) -> list[str]:
    """The command of a unit, from this folder and on this port."""
    found = re.findall(r"^ExecStart=(.*)$", (HERE / name).read_text(encoding="utf-8"), re.M)
    here = with_replaced(found[0], {"/srv/branch-survey": str(ROOT), "--port 8000": f"--port {port}"})
    return shlex.split(here)


def try_headers(site: Site, findings: Findings) -> None:
    plain = HTTPConnection(HOST, site.web_server.http, timeout=PATIENCE)
    moved = _reply(plain, "/login", "GET", None, {})
    to_tls = moved.status == 301 and moved.headers["Location"] == f"https://{HOST}/login"
    findings.note(to_tls, "http leads to https", moved.headers["Location"])
    for path in ("/", site.survey.path, "/nothing-here"):
        headers = site.ask(path).headers
        missing = [name for name in ON_EVERY_ANSWER if len(headers.get_all(name) or ()) != 1]
        findings.note(not missing, f"every safeguard once on {_told(path, site)}", missing)
    cookies = site.ask("/login?lang=en").headers.get_all("Set-Cookie") or []
    guarded = bool(cookies) and all("Secure" in cookie and "HttpOnly" in cookie for cookie in cookies)
    findings.note(guarded, "cookies of accounts are sent by https only", cookies)
    elsewhere = site.ask("/login", Host="elsewhere.example.org").status
    findings.note(elsewhere == 400, "a foreign name is refused", elsewhere)
    findings.note(site.ask("/readyz").status == 200, "the service says that it is ready")


def try_answering(site: Site, findings: Findings) -> None:
    phone = Phone(site.web_server.https, trust=site.web_server.trust)
    first = ScriptVoter(phone, site.survey.path, site.survey.codes[0], CONTENT)
    first.persist()
    findings.note(bool(first.receipt), "a member answers through TLS and gets a receipt")
    again = ScriptVoter(phone, site.survey.path, site.survey.codes[0], CONTENT)
    again.go(until="activate")
    findings.note(again.ask_for_pass()[0] == 409, "the same slip is refused on another phone")
    by_form = FormVoter(phone, site.survey.path, site.survey.codes[1], CONTENT)
    by_form.persist()
    findings.note(bool(by_form.receipt), "a member without JavaScript gets a receipt")
    findings.note(site.survey.counts() == (2, 2), "two codes are used and two ballots in the box", site.survey.counts())


def try_cache(site: Site, findings: Findings) -> None:
    path, phone = f"{site.survey.path}?lang=zh-Hans", {"Accept_Encoding": "gzip"}
    first, second = site.ask(path, **phone), site.ask(path, **phone)
    states = first.headers["X-Cache"], second.headers["X-Cache"]
    findings.note(states == ("MISS", "HIT"), "a member's page comes from nginx the second time", states)
    findings.note(first.body == second.body, "and is the same, byte by byte")
    plain = site.ask(path, Accept_Encoding="identity")
    findings.note(plain.body == gzip.decompress(second.body), "who takes no gzip gets it plain")
    known = site.ask(path, If_None_Match=second.headers["ETag"] or "", **phone)
    findings.note(known.status == 304, "who has it already is told so", known.status)
    english = site.ask(site.survey.path, Accept_Language="en", **phone)
    chinese = site.ask(site.survey.path, Accept_Language="zh-CN", **phone)
    findings.note(english.body != chinese.body, "another language is another page")
    for address in ("/login?lang=en", "/healthz"):
        kept = [site.ask(address).headers["X-Cache"] for _again in range(2)]
        findings.note("HIT" not in kept, f"never kept: {address}", kept)
    style = re.findall(r'(/static/[^"]+\.css)', gzip.decompress(first.body).decode())[0]
    kept = [site.ask(style, **phone).headers["X-Cache"] for _again in range(2)]
    findings.note(kept[1] == "HIT", "style comes from nginx the second time", kept)


def try_limits(site: Site, findings: Findings) -> None:
    largest = int(FIXED["MAX_CONTENT_LENGTH"])
    for path in ("/api/ballots", site.survey.path):
        within, beyond = (site.ask(path, "POST", b"x" * size).status for size in (largest, largest + 1))
        findings.note(
            (within == 413, beyond) == (False, 413),
            f"reads as much as the service: {_told(path, site)}",
            (within, beyond),
        )


def try_silence(site: Site, findings: Findings) -> None:
    """While one is in the middle of sending, and after all that was done so far."""
    connection = socket.create_connection((HOST, site.web_server.https))
    with site.web_server.trust.wrap_socket(connection, server_hostname=HOST) as half:
        head = f"POST /api/ballots HTTP/1.1\r\nHost: {HOST}\r\nContent-Length: 200000\r\n\r\n"
        half.sendall(head.encode() + b"x" * 100_000)
        sent = [path for path in (site.web_server.folder / "sent").rglob("*") if path.is_file()]
        findings.note(not sent, "what members send lies in no file")
    for name in ("access.log", "branch-survey.error.log", "nginx.error.log"):
        log = site.web_server.folder / name
        text = log.read_text(encoding="utf-8") if log.exists() else ""
        findings.note(not text, f"nothing stands in {name}", text[:200])


def try_without_service(site: Site, findings: Findings) -> None:
    site.service.terminate()
    site.service.wait(PATIENCE)
    gone = site.ask("/login")
    friendly = (HERE / "unavailable.html").read_bytes()
    findings.note(
        gone.status == 502 and gone.body == friendly, "without the service a page says what to do", gone.status
    )
    member = site.ask("/api/ballots", "POST", b"{}")
    findings.note(member.status == 502, "and a ballot is not taken", member.status)
    log = (site.web_server.folder / "nginx.error.log").read_text(encoding="utf-8")
    findings.note(HOST not in log, "no address of a member is logged", log[:200])


def try_units(folder: Path, findings: Findings) -> None:
    """`systemd-analyze` reads the units; they need not be installed, and systemd need not run."""
    program = find_program("systemd-analyze", "systemd")
    account = subprocess.run(["id", "-un"], check=True, capture_output=True, text=True).stdout.strip()
    for name in (*UNITS, *TIMERS):
        text = (HERE / name).read_text(encoding="utf-8")
        text = text.replace("/srv/branch-survey", str(ROOT)).replace("=branch-survey\n", f"={account}\n")
        (folder / name).write_text(text.replace(f"StateDirectory={account}", "StateDirectory=branch-survey"))
    paths = [str(folder / name) for name in (*UNITS, *TIMERS)]
    verified = subprocess.run(
        [program, "verify", "--man=no", *paths], check=False, capture_output=True, text=True, env=_with_units(folder)
    )
    complaints = [line for line in verified.stderr.splitlines() if "branch-survey" in line]
    findings.note(verified.returncode == 0 and not complaints, "systemd understands the units", verified.stderr[:500])
    for name in UNITS:
        judged = subprocess.run(
            [program, "security", "--offline=true", "--no-pager", str(folder / name)],
            check=False, capture_output=True, text=True,
        )  # fmt: skip
        level = re.findall(r"exposure level for \S+: ([0-9.]+)", judged.stdout)
        exposure = float(level[0]) if level else 10.0
        findings.note(exposure <= SAFE_ENOUGH, f"{name} is closed in: exposure {exposure} of 10", judged.stderr[:200])
    for name in TIMERS:
        for when in re.findall(r"^OnCalendar=(.*)$", (HERE / name).read_text(encoding="utf-8"), re.M):
            known = subprocess.run([program, "calendar", when], check=False, capture_output=True)
            findings.note(known.returncode == 0, f"{name} comes every day at {when.split()[-1]}")


def _with_units(folder: Path) -> Mapping[str, str]:
    return os.environ | {"SYSTEMD_UNIT_PATH": f"{folder}:"}


def _reply(connection: HTTPConnection, path: str, method: str, body: bytes | None, headers: Mapping[str, str]) -> Reply:
    try:
        connection.request(method, path, body, dict(headers))
        answer = connection.getresponse()
        return Reply(answer.status, answer.headers, answer.read())
    finally:
        connection.close()


def _told(path: str, site: Site) -> str:
    return path.replace(site.survey.path, "/s/…")


if __name__ == "__main__":
    sys.exit(main())
