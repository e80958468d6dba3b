"""Whatever is sent to whatever address: no failure of the service, and every page that comes back is a good page.

The walk reads `app.url_map` and takes the fields from the pages' own forms; it is signed in as somebody with every
role, carries what forms need against forgery, and goes on from the same world after each act.

Each run sends the same few requests. `ANY_INPUT_MINUTES=10 pytest tests/property/test_any_input.py` sends others for so
long (of one test), beginning with `ANY_INPUT_SEED` if it is given; what fails is told with its request.
"""

from __future__ import annotations

import base64
import gzip
import json
import os
import re
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from hashlib import sha256
from html.parser import HTMLParser
from pathlib import Path
from random import Random
from typing import Any

import pytest
from sqlalchemy import select
from werkzeug.exceptions import HTTPException
from werkzeug.routing import RequestRedirect, Rule
from werkzeug.test import TestResponse

from survey_app import services
from survey_app.clock import SetClock
from survey_app.extensions import db
from survey_app.models import SuggestionChannel, Survey, Unit, UserRole, UserSession
from tests.application import application
from tests.committee_world import ASSESSED_UNTIL, NOON, PASSWORD, World, build_world
from tests.databases import copy_database
from tests.page_checks import check_page
from tests.property.hostile_input import (
    ALTERED_COOKIES,
    FORM,
    JSON,
    LONG,
    NO_FILES,
    TEXTS,
    Asked,
    Control,
    File,
    as_multipart,
    fetched,
    misled,
    posted,
    strange_headers,
)
from tests.unit.app.test_permissions_walk import methods_of, own_and_foreign, token_of
from tests.visitor import Visitor

MINUTES = float(os.environ.get("ANY_INPUT_MINUTES", "0"))
SEED = os.environ.get("ANY_INPUT_SEED", str(time.time_ns()) if MINUTES else "20261102")
EVERYBODY = "everybody"
WEB = Path(services.__file__).parents[1] / "web"
ARGUMENT = re.compile(r"""\bargs(?:\.get|\.getlist)?[(\[]\s*["'](\w+)["']""")
TOKEN = re.compile(rb'name="csrf_token"[^>]*?value="[^"]*"')
AROUND = "<!DOCTYPE html><html lang=en><title>x</title><h1>x</h1><h2>x</h2>{}</html>"
"""What a part of a page is looked at in."""


@dataclass
class Walk:
    """The application, who walks through it, and the forms that were found on its pages."""

    world: World
    pristine: Path
    live: Path
    cookie: str
    token: str
    forms: dict[str, list[tuple[str, tuple[Control, ...]]]] = field(default_factory=dict)
    """Of the pages, by the endpoint to which they are sent."""
    addresses: dict[str, list[str]] = field(default_factory=dict)
    """To which the pages lead, by endpoint."""
    files: list[File] = field(default_factory=lambda: list(NO_FILES))
    seen: set[bytes] = field(default_factory=set)
    """Pages that were checked."""
    built: dict[tuple[str, str], list[str]] = field(default_factory=dict)
    """The addresses of each rule."""
    sent: int = 0

    @cached_property
    def rules(self) -> list[Rule]:
        found = (rule for rule in self.world.app.url_map.iter_rules() if rule.endpoint != "static")
        return sorted(found, key=lambda rule: (rule.endpoint, rule.rule))

    def start_again(self) -> None:
        """The world as it was before anything was done."""
        self.world.app.extensions["engine"].dispose()
        copy_database(self.pristine, self.live)

    def send(self, asked: Asked, *, signed_in: bool = True) -> TestResponse:
        cookie, token = (self.cookie, self.token) if signed_in else ("", "")
        self.sent += 1
        return asked.send(self.world.app, cookie=cookie, token=token)

    def problem_with(self, asked: Asked, *, signed_in: bool = True) -> str:
        """What is wrong with the answer; empty where nothing is."""
        try:
            response = self.send(asked, signed_in=signed_in)
            judge(response, self.seen)
            if asked.method not in ("GET", "HEAD") and response.status_code < 400:
                self.start_again()
        except Exception as error:
            self.start_again()
            return f"{type(error).__name__} {str(error)[:500]} in {place_of(error)}\n  {asked}"
        return ""


def judge(response: TestResponse, seen: set[bytes]) -> None:
    """Nothing failed, and what is a page is a good one, without anything that was typed as more than text."""
    assert response.status_code < 500, response.status_code
    if response.mimetype != "text/html" or not response.data or response.status_code in (301, 302, 303, 307, 308):
        return
    page = sha256(TOKEN.sub(b"", response.data)).digest()
    if page in seen:
        return
    seen.add(page)
    is_packed = response.headers.get("Content-Encoding") == "gzip"
    text = (gzip.decompress(response.data) if is_packed else response.data).decode()
    for element in check_page(text if "<!doctype" in text[:100].lower() else AROUND.format(text)).iter():
        assert not any("stranger" in name for name in (str(element.tag), *map(str, element.keys()))), element.attrib


def place_of(error: BaseException) -> str:
    """The last line of our own that an error came through."""
    trace, place = error.__traceback__, ""
    while trace is not None:
        file = trace.tb_frame.f_code.co_filename
        if "/survey_app/" in file or "/analysis/" in file or "/instruments/" in file or "/page_checks" in file:
            place = f"{file.rpartition('/')[2]}:{trace.tb_lineno}"
        trace = trace.tb_next
    return place


# The world -----------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def walk(migrated_file, tmp_path_factory, quick_keys) -> Iterator[Walk]:
    folder = tmp_path_factory.mktemp("any-input")
    live = copy_database(migrated_file, folder / "live.sqlite3")
    app = application(f"sqlite:///{live}", folder / "instance", SetClock(NOON))
    app.config["BACKGROUND"] = lambda work: None
    world = build_world(app)
    with app.app_context():
        user = services.create_user(
            db.session, login=EVERYBODY, name="Everybody", password=PASSWORD,
            roles=[(role, db.session.get_one(Unit, world.units["W"])) for role in UserRole], until=ASSESSED_UNTIL,
            by=services.COMMAND_LINE, clock=app.config["CLOCK"],
        )  # fmt: skip
        world.users[EVERYBODY] = user.id
        db.session.commit()
    visitor = Visitor(app.test_client())
    visitor.client.environ_base["HTTP_USER_AGENT"] = "tests"
    assert visitor.submit("/login", login=EVERYBODY, password=PASSWORD).status_code == 302
    token = token_of(visitor)
    cookie = visitor.client.get_cookie("session")
    app.extensions["engine"].dispose()
    pristine = copy_database(live, folder / "pristine.sqlite3")
    walked = Walk(world, pristine, live, f"session={cookie.value}", token)
    gather_files(walked, visitor)
    gather_forms(walked)
    yield walked
    app.extensions["engine"].dispose()


def gather_files(walk: Walk, visitor: Visitor) -> None:
    """Good files of every kind that the service itself hands out: a little damaged they get furthest."""
    world = walk.world
    addresses = [
        "/committee/organisation/units.csv", "/committee/organisation/units.xlsx",
        f"/committee/assessment/schemes/{world.schemes['C1']}/scheme.yaml",
        f"/committee/published/{world.series['C1']}/download/figures",
        *(f"/committee/questionnaires/{world.versions['member']}/file/{name}" for name in ("yaml", "xlsform", "pdf",
        "word", "json")),
        f"/committee/results/{world.surveys['sealed']}/{world.units['C1']}/chart/returns.png",
    ]  # fmt: skip
    for address in addresses:
        response = visitor.client.get(address)
        assert response.status_code == 200, address
        suffix = {"figures": "csv", "xlsform": "xlsx", "word": "docx"}.get(
            address.rpartition("/")[2], address[-4:].lstrip("/.")
        )
        walk.files.append(File(f"good.{suffix}", response.data, response.mimetype))


def gather_forms(walk: Walk) -> None:
    """The forms of the pages that somebody with every role sees, and of the pages to which those lead."""
    wanted = {rule.endpoint for rule in walk.rules if "POST" in methods_of(rule)}
    pages = [rule for rule in walk.rules if "GET" in methods_of(rule)]
    given = [(turn, rule.endpoint, address) for rule in pages for turn, address in enumerate(addresses(walk, rule))]
    asked = [(endpoint, address) for turn, endpoint, address in sorted(given) if turn < 3 or MINUTES]
    seen: Counter[str] = Counter()
    been, files = set[str](), set[str]()
    while asked:
        endpoint, address = asked.pop(0)
        missing = {name.partition(".")[0] for name in wanted - walk.forms.keys()}
        most = 20 if MINUTES else 4 if endpoint.partition(".")[0] in missing else 1
        if address in been or endpoint in files or seen[endpoint] >= most:
            continue
        seen[endpoint] += 1
        been.add(address)
        response = walk.send(Asked("GET", address))
        assert response.status_code < 500, address
        if response.status_code == 200 and response.mimetype == "text/html":
            asked += gather_from(walk, response.text, address)
        elif response.status_code == 200:
            files.add(endpoint)


def gather_from(walk: Walk, text: str, address: str) -> Iterator[tuple[str, str]]:
    """Keep the forms of a page; endpoints and addresses to which its links lead."""
    page = FormsOfPage.read(text, address)
    for target, controls in page.forms:
        keep(walk.forms, walk, target, "POST", (target, tuple(controls)))
    for target in page.links:
        if endpoint := keep(walk.addresses, walk, target, "GET", target):
            yield endpoint, target


class FormsOfPage(HTMLParser):
    """Address and controls of each form that is posted, and where links lead."""

    def __init__(self, address: str) -> None:
        super().__init__()
        self.address = address
        self.links: list[str] = []
        self.forms: list[tuple[str, list[Control]]] = []
        self.is_inside = False

    @classmethod
    def read(cls, page: str, address: str) -> FormsOfPage:
        reader = cls(address)
        reader.feed(page)
        return reader

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        given = dict(attributes)
        if tag == "a" and (given.get("href") or "").startswith("/"):
            self.links.append((given["href"] or "").partition("?")[0].partition("#")[0])
        elif tag == "form":
            self.is_inside = (given.get("method") or "get").lower() == "post"
            if self.is_inside:
                self.forms.append(((given.get("action") or self.address).partition("?")[0], []))
        elif self.is_inside and tag == "option":
            self._add_choice(given.get("value") or "")
        elif self.is_inside and tag in ("input", "select", "textarea", "button"):
            self._add(tag, given)

    def handle_endtag(self, tag: str) -> None:
        self.is_inside = self.is_inside and tag != "form"

    def _add(self, tag: str, given: dict[str, str | None]) -> None:
        name = given.get("name")
        if name and name != "csrf_token":
            kind = given.get("type") or "text" if tag == "input" else tag
            self.forms[-1][1].append(Control(name, kind, (given.get("value") or "",)))

    def _add_choice(self, value: str) -> None:
        controls = self.forms[-1][1]
        if controls and controls[-1].kind == "select":
            controls[-1] = replace(controls[-1], values=(*controls[-1].values, value))


def keep(where: dict[str, list[Any]], walk: Walk, address: str, method: str, found: Any) -> str:
    """Under the endpoint of an address; empty where it was known, or is none of ours."""
    try:
        endpoint, _values = walk.world.app.url_map.bind("localhost").match(address, method=method)
    except (HTTPException, RequestRedirect):
        return ""
    if endpoint == "static" or found in where.setdefault(endpoint, []):
        return ""
    where[endpoint].append(found)
    return endpoint


def addresses(walk: Walk, rule: Rule) -> list[str]:
    """Of a rule with values of the world; each value at least once."""
    key = (rule.endpoint, rule.rule)
    if key not in walk.built:
        values = members_values(walk) | {
            name: [*own, *foreign] for name, (own, foreign) in own_and_foreign(walk.world).items()
        }
        unknown = rule.arguments - set(values)
        assert not unknown, f"{rule.rule}: give the walk values for {sorted(unknown)}"
        most = max((len(values[name]) for name in rule.arguments), default=1)
        given = [{name: values[name][turn % len(values[name])] for name in rule.arguments} for turn in range(most)]
        routes = walk.world.app.url_map.bind("localhost")
        with walk.world.app.test_request_context():
            walk.built[key] = [routes.build(rule.endpoint, found) for found in given]
    return walk.built[key]


KNOWN: dict[int, dict[str, list[Any]]] = {}


def members_values(walk: Walk) -> dict[str, list[Any]]:
    """Parameters of the addresses that are open to all, and of what is everybody's own."""
    if id(walk) not in KNOWN:
        with walk.world.app.app_context():
            surveys = [
                db.session.get_one(Survey, walk.world.surveys[name]) for name in ("open", "closed", "sealed", "draft")
            ]
            sessions = db.session.scalars(select(UserSession.id)).all()
            KNOWN[id(walk)] = {
                "survey_slug": [survey.slug for survey in surveys],
                "group_slug": [survey.groups[0].slug if survey.groups else "x" for survey in surveys],
                "slug": [*db.session.scalars(select(SuggestionChannel.slug)), "x"],
                "key": ["returns", "overall", "x" * 43],
                "session_id": list(sessions),
                "item": [0], "sha256": [walk.world.versions["member"], "0" * 64],
            }  # fmt: skip
    return KNOWN[id(walk)]


# Walking -------------------------------------------------------------------------------------------------------------


def some_address(walk: Walk, rule: Rule, rng: Random) -> str:
    return rng.choice([*addresses(walk, rule), *walk.addresses.get(rule.endpoint, [])])


def names_of_arguments() -> list[str]:
    """What pages read from the address, and what they do not."""
    found = {name for file in sorted(WEB.rglob("*.py")) for name in ARGUMENT.findall(file.read_text(encoding="utf-8"))}
    assert len(found) > 5
    return sorted({*found, "lang", "next", "stranger", "page", "q"})


def require_no_problems(
    walk: Walk, ask: Callable[[Random], Asked | None], *, often: int, signed_in: bool = True
) -> None:
    """Send what is asked for so often, or for so long; every problem once."""
    problems: dict[str, str] = {}
    until = time.monotonic() + 60 * MINUTES
    number = 0
    while number < often or time.monotonic() < until:
        asked = ask(Random(f"{SEED} {number}"))
        number += 1
        if asked is not None and (problem := walk.problem_with(asked, signed_in=signed_in)):
            problems.setdefault(problem.partition("\n")[0], f"{SEED} {number - 1}: {problem}")
    assert not problems, "\n\n".join([f"{len(problems)} problems in {walk.sent} requests", *problems.values()])


def in_turn(rules: Sequence[Rule]) -> Callable[[Random], Rule]:
    """Every rule once, then at random."""
    left = list(rules)
    return lambda rng: left.pop() if left else rng.choice(rules)


def test_pages_take_any_arguments_headers_and_methods(walk: Walk):
    names = names_of_arguments()
    next_rule = in_turn([rule for rule in walk.rules if "GET" in methods_of(rule)])

    def ask(rng: Random) -> Asked:
        return fetched(some_address(walk, next_rule(rng), rng), names, rng)

    require_no_problems(walk, ask, often=220)


def test_forms_take_anything(walk: Walk):
    rules = [rule for rule in walk.rules if "POST" in methods_of(rule) and rule.endpoint != "auth.logout"]
    assert len(walk.forms) > 0.6 * len(rules), sorted({rule.endpoint for rule in rules} - walk.forms.keys())
    everything = sorted(
        {control for forms in walk.forms.values() for _address, controls in forms for control in controls}, key=repr
    )
    next_rule = in_turn(rules * 2)

    def ask(rng: Random) -> Asked:
        rule = next_rule(rng)
        address, controls = rng.choice(walk.forms.get(rule.endpoint) or [("", tuple(rng.sample(everything, 20)))])
        if not address or rng.random() < 0.2:
            address = some_address(walk, rule, rng)
        return posted(address, controls, rng, walk.files)

    require_no_problems(walk, ask, often=420)


def test_addresses_may_be_anything(walk: Walk):
    def ask(rng: Random) -> Asked:
        rule = rng.choice(walk.rules)
        address = misled(some_address(walk, rule, rng), rng)
        return Asked(
            rng.choice(sorted(methods_of(rule))), address, headers=strange_headers(rng) if rng.random() < 0.1 else {}
        )

    require_no_problems(walk, ask, often=150)


def test_who_is_not_signed_in_may_send_anything(walk: Walk):
    names = names_of_arguments()

    def ask(rng: Random) -> Asked:
        rule = rng.choice(walk.rules)
        address, controls = rng.choice(walk.forms.get(rule.endpoint) or [(some_address(walk, rule, rng), ())])
        asked = posted(address, controls, rng, walk.files) if rng.random() < 0.6 else fetched(address, names, rng)
        return replace(asked, headers={**asked.headers, "HTTP_COOKIE": rng.choice(ALTERED_COOKIES)})

    require_no_problems(walk, ask, often=150, signed_in=False)


def test_what_once_failed_is_refused_in_words(walk: Walk):
    """JSON instead of a form, a file in a field for text, an address that is no UTF-8, a number too long to round."""
    change = f"/committee/surveys/{walk.world.surveys['draft']}/change"
    objective = f"/committee/objectives/{walk.world.units['C1']}/2030/staff/new"
    body, multipart = as_multipart([("title", File("a.txt", b"x"))])
    for asked, status in (
        (Asked("POST", change, body=b'{"title": ["\\u000b"], "year": {}}', content_type=JSON), 422),
        (Asked("POST", change, body=b"[" * LONG, content_type=JSON), 422),
        (Asked("POST", change, body=body, content_type=multipart), 422),
        (Asked("POST", objective, body=b"threshold=" + b"9" * 40, content_type=FORM), 422),
        (Asked("GET", change, query=b"\xff=\xfe&lang=en"), 200),
    ):
        assert walk.problem_with(asked) == ""
        assert walk.send(asked).status_code == status, asked


# The ballot box ------------------------------------------------------------------------------------------------------


def good_messages(walk: Walk) -> list[tuple[str, dict[str, Any]]]:
    """As browsers send them, but for what only a voter knows."""
    app, world = walk.world.app, walk.world
    with app.app_context():
        survey = db.session.get_one(Survey, world.surveys["open"])
        group = survey.groups[0]
        poll = services.poll_of(survey, group)
        code = world.codes["open"][group.slug][-1]
    where = {"survey": poll["survey"], "group": poll["group"]}
    text = base64.b64encode
    ballot = {
        "prefix": text(bytes(32)).decode(), "sig": text(bytes(256)).decode(), "receipt": text(bytes(32)).decode(),
        "envelope": text(bytes(256 + 12 + 32 + 4 + poll["size"] + 16)).decode(),
    }  # fmt: skip
    return [
        ("/api/issue", {**where, "code": code, "blinded": text(bytes([1] * 256)).decode()}),
        ("/api/ballots", {**where, **ballot}),
    ]


ODD_VALUES: tuple[Any, ...] = (
    None, True, 0, -1, 1e308, 10**400, [], {}, [[]], {"a": {"b": []}}, "", "\ud800", "\x00", "=" * 4, "A===",
    "AAAA\n", "x" * LONG, "字",
    "0" * 32, "f" * 32, "F" * 32, "0" * 31, "-" * 36, *TEXTS,
)  # fmt: skip
WHOLE = (
    b"", b" ", b"null", b"[]", b"0", b'"x"', b"{", b"{}" * 2, b"[" * LONG, b'{"a":' * LONG, b"NaN", b"1" * 5000,
    b"\xff\xfe{}", b"\xef\xbb\xbf{}",
    b'{"survey":"\\ud800","group":"x"}', b'{"survey":1,"survey":2}', "{}".encode("utf-16"),
    b'{"a":' + b"9" * 5000 + b"}", b'{"\\u0000":""}',
)  # fmt: skip


def altered_message(path: str, message: dict[str, Any], rng: Random) -> Asked:
    changed = dict(message)
    for _ in range(rng.choice((0, 1, 1, 2))):
        changed[rng.choice([*message, "stranger"])] = rng.choice(ODD_VALUES)
    if rng.random() < 0.15:
        changed.pop(rng.choice(list(changed)))
    body = json.dumps(changed, ensure_ascii=rng.random() < 0.7).encode("utf-8", "surrogatepass")
    match rng.randrange(8):
        case 0:
            body = rng.choice(WHOLE)
        case 1:
            body = body[: rng.randrange(len(body))]
        case 2:
            body = body.replace(b"{", b'{"survey":"x",', 1)
        case _:
            pass
    kinds = (JSON,) * 6 + ("text/plain", "", JSON + "; charset=utf-16", "application/x-www-form-urlencoded")
    asked = Asked(rng.choice(("POST",) * 9 + ("PUT", "GET")), path, body=body, content_type=rng.choice(kinds))
    if rng.random() < 0.1:
        asked = replace(asked, length=rng.choice(("0", "5", "9" * 9, "-1", "x")))
    return replace(asked, headers=strange_headers(rng)) if rng.random() < 0.1 else asked


def test_the_ballot_box_takes_any_message_and_answers_in_its_own_words(walk: Walk):
    messages = good_messages(walk)
    words = {"message", "code", "forged", "unknown", "used", "closed", "large", "often"}

    def ask(rng: Random) -> Asked | None:
        asked = altered_message(*rng.choice(messages), rng)
        response = walk.send(asked, signed_in=False)
        assert response.status_code < 500, asked
        if asked.method == "POST":
            said = json.loads(response.data)
            assert said.keys() in ({"error"}, {"blind_sig"}, {"receipt"}), asked
            assert said.get("error", "message") in words, asked
        return None

    require_no_problems(walk, ask, often=400)
    walk.start_again()
