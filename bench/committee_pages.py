"""What committee pages cost in an organisation of 1,000 units: processor time, queries and bytes of every page.

    python bench/committee_pages.py [--units 1000] [--only results] [--keep FOLDER] [--json FILE]

SQLite, one thread, no network: a works committee over 30 committees over branches, last year's member survey sealed,
this year's open, with objectives, actions, accounts and what is in `committee_asides`. Each page is asked for by the
person at the top, once unmeasured and then a few times; the time told is the median of the processor's (user and
system), with the first one beside it. Pages whose address needs what is not there are named at the end. `--keep` leaves
the database for the next run.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import asdict, dataclass
from datetime import UTC, date, datetime
from itertools import islice, product
from pathlib import Path
from random import Random
from statistics import median
from tempfile import TemporaryDirectory
from time import perf_counter, process_time
from typing import Any

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

from committee_asides import make_asides, name_everybody
from flask import Flask
from sqlalchemy import event, select
from sqlalchemy.orm import Session
from werkzeug.routing import Rule

from survey_app import create_app, services
from survey_app.clock import SetClock
from survey_app.crypto.blind import SigningKey
from survey_app.extensions import MEMBER_BLUEPRINTS, db
from survey_app.migrate import upgrade
from survey_app.models import (
    AccessMode,
    Action,
    Base,
    InstrumentVersion,
    Membership,
    ObjectiveRecord,
    ReportingGroup,
    StationKind,
    Survey,
    Unit,
    UnitKind,
    UnitLevel,
    User,
    UserRole,
)
from survey_app.services.answers_file import AnswersTable
from survey_app.services.history import import_answers
from tests.committee_world import PASSWORD, answers_of
from tests.visitor import Visitor

NOW = datetime(2026, 12, 8, 12, tzinfo=UTC)
COMMITTEES = 30
PEOPLE = (6, 9, 12, 14, 16, 18, 22, 30)
"""Members of branches, in turn: some are folded."""
ANSWERED = 0.8
LIMIT_MS = 50
REPEATS = 5
OPEN_TO_ALL = {*MEMBER_BLUEPRINTS, "home", "auth", "static"}
AT_MOST = 6
"""Addresses of one route."""
BY = services.COMMAND_LINE


@dataclass(frozen=True, slots=True)
class Cost:
    page: str
    status: int
    ms: float
    first_ms: float
    queries: int
    bytes: int


def build(app: Flask, units: int) -> None:
    """The organisation and its two years."""
    clock: SetClock = app.config["CLOCK"]
    with app.app_context():
        session = db.session
        tree = _tree(session, units, clock)
        _people(session, tree, clock)
        versions = services.install_catalogue(session, by=BY, clock=clock)
        version = next(v for v in versions if v.audience == "member" and v.code.endswith("-satisfaction"))
        rng, instrument = Random(1), services.instrument_of(version)
        people = {unit.code: PEOPLE[place % len(PEOPLE)] for place, unit in enumerate(_branches(tree))}
        members = [code for code, count in people.items() for _ in range(round(ANSWERED * count))]
        rows: Any = tuple(answers_of(instrument, rng) for _ in members)
        _objectives(session, tree, 2025, clock)
        table = AnswersTable(rows=rows, units=tuple(members))
        sealed = import_answers(
            session, table, version=version, unit=tree[0], year=2025, by=BY, clock=clock, rng=rng
        ).survey
        _actions(session, sealed, tree, clock)
        _objectives(session, tree, 2026, clock)
        name_everybody(session, _open(app, session, tree[0], version, 2026))
        make_asides(session, tree, clock)
        _draft(session, tree[1], version, 2027, clock)
        services.start_draft(
            session, tree[0], source=services.blank_source(code="own", title="自编问卷", audience="member"), by=BY,
            clock=clock,
        )  # fmt: skip
        session.commit()


def _tree(session: Session, units: int, clock: SetClock) -> list[Unit]:
    """A works committee, thirty committees, branches in turn below them."""
    made: list[Unit] = []
    committees = min(COMMITTEES, max(1, units // 3))
    for number in range(units):
        top, is_committee = number == 0, number <= committees
        parent = None if top else made[0] if is_committee else made[1 + number % committees]
        made.append(
            services.create_unit(
                session,
                code=f"u{number}",
                name=f"云汀区第{number}{'机关党委' if is_committee else '党支部'}",
                level=UnitLevel.WORKS_COMMITTEE if top else UnitLevel.COMMITTEE if is_committee else UnitLevel.BRANCH,
                kind=list(UnitKind)[number % len(UnitKind)],
                parent=parent,
                by=BY,
                clock=clock,
            )
        )
    for place, unit in enumerate(_branches(made)):
        for year, audience in product((2025, 2026), ("member", "staff")):
            services.set_eligible(
                session, unit, year=year, audience=audience, people=PEOPLE[place % len(PEOPLE)],
                reference_day=date(year, 11, 30), by=BY, clock=clock,
            )  # fmt: skip
    return made


def _branches(tree: Sequence[Unit]) -> list[Unit]:
    return [unit for unit in tree if unit.level is UnitLevel.BRANCH]


def _people(session: Session, tree: Sequence[Unit], clock: SetClock) -> None:
    """One person with every lasting role at the top, and a secretary in each of 200 units."""
    everywhere = [(role, tree[0]) for role in UserRole if role is not UserRole.ASSESSOR]
    services.create_user(session, login="top", name="工委", password=PASSWORD, roles=everywhere, by=BY, clock=clock)
    hashed = session.scalars(select(User)).one().password_hash
    for unit in islice(tree, 1, 201):
        person = User(login=f"{unit.code}-secretary", name=f"{unit.name}书记", password_hash=hashed)
        person.memberships.append(Membership(role=UserRole.SECRETARY, unit=unit))
        session.add(person)
    session.flush()


def _objectives(session: Session, tree: Sequence[Unit], year: int, clock: SetClock) -> None:
    for unit, code in ((tree[0], "O1"), (tree[1], "O2")):
        services.set_objective(
            session, unit=unit, year=year, audience="member", code=code, title="总体满意率不低于 90%",
            measure="overall", target=None, threshold="0.90", owner="陆文谦", by=BY, clock=clock,
        )  # fmt: skip


def _actions(session: Session, sealed: Survey, tree: Sequence[Unit], clock: SetClock) -> None:
    for unit in tree[:2]:
        report = services.report_for(session, sealed, unit)
        for item in islice((item for item in report.items if getattr(item.rate, "bound", "") == "exact"), 4):
            services.add_action(
                session, unit=unit, survey=sealed, item=item.code, title="意见答复台账", measure="每条意见十日内答复。",
                acceptance="0.85", owner="顾一鸣", due=date(2026, 12, 3), report=report, by=BY, clock=clock,
            )  # fmt: skip


def _draft(session: Session, unit: Unit, version: InstrumentVersion, year: int, clock: SetClock) -> Survey:
    return services.create_survey(
        session,
        title=f"{year} 年度党员满意度测评",
        year=year,
        unit=unit,
        version=version,
        threshold=10,
        access_mode=AccessMode.CODES,
        closes_on=date(year, 12, 14),
        reference_day=date(year, 11, 30),
        by=BY,
        clock=clock,
    )


def _open(app: Flask, session: Session, unit: Unit, version: InstrumentVersion, year: int) -> Survey:
    """One signing key for all groups: drawing a thousand takes minutes and changes no page."""
    survey = _draft(session, unit, version, year, app.config["CLOCK"])
    keys = [SigningKey.generate()] * len(services.planned_groups(session, survey))
    secret = app.config["INSTALLATION_SECRET"]
    services.open_survey(session, survey, by=BY, clock=app.config["CLOCK"], secret=secret, drawn=keys)
    return survey


@contextmanager
def served(folder: Path, units: int) -> Iterator[Flask]:
    """An application over the organisation, made where it is not there yet."""
    url = f"sqlite:///{folder}/bench-{units}.sqlite3"
    upgrade(url)
    app = create_app(
        {
            "INSTANCE": str(folder), "DATABASE_URL": url, "SECRET_KEY": "k", "INSTALLATION_SECRET": bytes(32),
            "CLOCK": SetClock(NOW), "RATELIMIT_ENABLED": False,
        }
    )  # fmt: skip
    with app.app_context():
        is_new = not services.top_units(db.session)
    if is_new:
        begun = perf_counter()
        build(app, units)
        print(f"{units} units made in {perf_counter() - begun:.0f} s", file=sys.stderr)
    yield app
    app.extensions["engine"].dispose()


def values_of(session: Session) -> dict[str, list[object]]:
    """What stands in addresses: units at the top, in the middle and below; surveys in each state; one of the rest."""

    def first(model: type[Base], *columns: str) -> list[object]:
        row = session.scalars(select(model).limit(1)).first()
        return [getattr(row, column) for column in columns] if row is not None else []

    units = {unit.code: unit.id for unit in session.scalars(select(Unit))}
    surveys = session.scalars(select(Survey).order_by(Survey.year))
    by_table = {mapper.class_.__tablename__: mapper.class_ for mapper in Base.registry.mappers}
    found: dict[str, list[object]] = {
        "unit_id": [units[code] for code in ("u0", "u1", f"u{len(units) - 1}")],
        "asking_id": [units["u1"]],
        "survey_id": [survey.id for survey in surveys],
        "group_slug": first(ReportingGroup, "slug"),
        "year": [2025, 2026],
        "audience": ["member"],
        "sha256": first(by_table["instrument_version"], "sha256"),
        "older": first(by_table["instrument_version"], "sha256"),
        "name": ["yaml"],
        "section": [0], "item": [0], "scale": [0], "dimension": [0], "place": ["sections/0"],
        "identifier": ["json", "xlsx"],
        "action_id": first(Action, "id"),
        "objective_id": first(ObjectiveRecord, "id"),
        "user_id": [session.scalars(select(User.id).where(User.login == "u1-secretary")).one()],
        "draft_id": first(by_table["questionnaire_draft"], "id"),
        "organisation": ["单位1"],
        "code": ["q1"],
        "station": list(StationKind),
        "which": ["figures", "wordings"],
    }  # fmt: skip
    found["membership_id"] = first(Membership, "id")
    for argument, table in OTHERS.items():
        if table in by_table and argument not in found:
            found[argument] = first(by_table[table], "id")
    return found


OTHERS = {
    "activity_id": "activity", "series_id": "published_series", "suggestion_id": "suggestion",
    "channel_id": "suggestion_channel", "map_id": "column_map", "session_id": "user_session",
}  # fmt: skip


ASKED = {
    "organisation.index": {"under": "unit_id"},
    "published.organisation": {"name": "organisation"},
    "published.item": {"code": "code"},
}
"""Endpoint -> what stands behind the question mark, by the name of its values."""


def addresses(app: Flask, rule: Rule, values: Mapping[str, list[object]]) -> list[str]:
    """Some addresses of a route, spread over all that there could be; none where a value is missing."""
    asked = {name: values[kind][-2:][0] for name, kind in ASKED.get(rule.endpoint, {}).items()}
    names = sorted(rule.arguments)
    chosen = list(product(*(values.get(name, []) for name in names)))
    step = max(1, len(chosen) // AT_MOST)
    with app.test_request_context():
        bound = app.url_map.bind("localhost")
        built = (dict(zip(names, some, strict=True)) | asked for some in chosen[::step])
        return [bound.build(rule.endpoint, parts) for parts in built]


def cost(app: Flask, visitor: Visitor, address: str, queries: list[str]) -> Cost:
    def asked() -> float:
        start = process_time()
        visitor.client.get(address).get_data()
        return (process_time() - start) * 1000

    first = asked()
    queries.clear()
    response = visitor.client.get(address)
    counted = len(queries)
    times = [asked() for _ in range(REPEATS if response.status_code == 200 else 1)]
    return Cost(address, response.status_code, median(times), first, counted, len(response.data))


def named(app: Flask, address: str) -> str:
    """The route, with what is asked of it in short."""
    with app.app_context():
        names = {str(unit.id): unit.code for unit in db.session.scalars(select(Unit))}
        names |= {str(s.id): f"{s.state}-{s.year}" for s in db.session.scalars(select(Survey))}
    for identifier, name in names.items():
        address = address.replace(identifier, f"<{name}>")
    return address


def measured(app: Flask, only: str) -> tuple[list[Cost], list[str]]:
    """Costs, dearest first, and routes for which there is no address."""
    queries: list[str] = []
    event.listen(app.extensions["engine"], "before_cursor_execute", lambda _c, _cur, sql, *_rest: queries.append(sql))
    with app.app_context():
        values = values_of(db.session)
    visitor = Visitor(app.test_client())
    assert visitor.submit("/login", login="top", password=PASSWORD).status_code == 302
    costs, missing = [], []
    for rule in app.url_map.iter_rules():
        if rule.endpoint.split(".")[0] in OPEN_TO_ALL or "GET" not in (rule.methods or ()) or only not in rule.rule:
            continue
        found = addresses(app, rule, values)
        missing += [] if found else [rule.rule]
        costs += [cost(app, visitor, address, queries) for address in found]
    return sorted(costs, key=lambda one: -one.ms), missing


def told(costs: Sequence[Cost], missing: Sequence[str], name: Callable[[str], str]) -> Iterator[str]:
    yield f"{'ms':>8}{'first':>9}{'queries':>9}{'bytes':>10}  page"
    for one in costs:
        mark = "!" if one.ms > LIMIT_MS and one.status == 200 else " "
        status = "" if one.status == 200 else f" ({one.status})"
        yield f"{one.ms:>7.1f}{mark}{one.first_ms:>9.1f}{one.queries:>9}{one.bytes:>10}  {name(one.page)}{status}"
    slow = sum(one.ms > LIMIT_MS and one.status == 200 for one in costs)
    yield f"{slow} of {sum(one.status == 200 for one in costs)} pages need more than {LIMIT_MS} ms"
    yield from (f"no address: {rule}" for rule in missing)


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--units", type=int, default=1000)
    parser.add_argument("--only", default="", help="part of a route")
    parser.add_argument("--keep", type=Path, metavar="FOLDER")
    parser.add_argument("--json", type=Path, metavar="FILE")
    chosen = parser.parse_args()
    if chosen.keep:
        chosen.keep.mkdir(parents=True, exist_ok=True)
    place = nullcontext(str(chosen.keep)) if chosen.keep else TemporaryDirectory()
    with place as folder, served(Path(folder), chosen.units) as app:
        costs, missing = measured(app, chosen.only)
        print("\n".join(told(costs, missing, lambda address: named(app, address))))
    if chosen.json:
        chosen.json.write_text(json.dumps([asdict(one) for one in costs], indent=1) + "\n")


if __name__ == "__main__":
    main()
