"""What three people answered is found nowhere: had they answered otherwise, not one letter would be different.

Two worlds are alike in all but who of the hidden people said what, in both years: three members of a branch too small
for figures of its own change answers with three of the branch that is hidden beside it; or three people of one age with
three of the age that is hidden beside it; or three members of a branch folded into its parent's group with three others
of that group. Whoever may read everything then reads every page and file of both worlds: results of all units, SVG and
what it says in words, figures as JSON, workbook cell by cell, annual report, minutes, posters, every chart as it is
drawn for documents, plan, assessment, comments, public pages; what stands beside documents in an evidence package; and
an analyst takes the answers row by row. Numbers, rates, means, differences of total and rest, a coordinate: whatever a
text or a picture were made of would differ.

The walk reads `app.url_map`, the exporters' registry and the charts, so that what is added is read without being named
here; what it leaves out is named with the reason. That it would notice is shown on routes that leak, and on worlds that
differ in what may be shown.
"""

from __future__ import annotations

import base64
import json
import re
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from datetime import date
from io import BytesIO
from itertools import product
from pathlib import Path
from random import Random
from typing import Any
from zipfile import ZipFile, is_zipfile

import pyarrow.parquet as pq
import pytest
from flask import Blueprint, Flask, Response, abort
from sqlalchemy import select
from werkzeug.routing import Rule
from werkzeug.test import TestResponse

from analysis.dataset import Manifest, SealedDataset, UnitNode, build
from analysis.pattern import unit_pattern
from analysis.report import annual_result
from analysis.tree import AnnualResult, Report
from analysis.types import Roster, Rules
from survey_app import services
from survey_app.charts import CHARTS, WIDE
from survey_app.clock import SetClock
from survey_app.dossier import package
from survey_app.dossier.container import unpacked
from survey_app.dossier.manifest import MANIFEST, SIGNATURE
from survey_app.errors import NothingToReport
from survey_app.exports import ExportContext, Material, exporter, registry, report_document
from survey_app.extensions import db
from survey_app.models import Dataset, Publication, Review, State, SuggestionChannel, Survey, Unit, UserRole
from survey_app.permissions import Right, requires
from survey_app.printing import compile as printing
from survey_app.services.publications import Chosen, Part, change_publication, publish
from survey_app.services.reviews import discard_review
from survey_app.wording.names import names_of
from tests.application import application
from tests.committee_world import NAMES, NOON, PASSWORD, World, answers_of, make_survey
from tests.databases import copy_database
from tests.unit.app.test_permissions_walk import own_and_foreign

Row = dict[str, Any]
Told = dict[tuple[str, str], str]
"""Who read which address -> what stood there."""
Change = Callable[[list[Row], list[str]], None]
"""Of the answers and the branches of those who gave them."""

PEOPLE = {"A": 40, "B": 30, "T": 3}
"""Valid ballots. T has a group of its own if twelve are in it; if these three are all, it is folded with B into C1."""
AGES_IN_A = {3: 3, 2: 12, 1: 25}
"""Everybody else is of the first age."""
UNITS = ("W", "C1", "A", "B", "T")
YEARS = ("sealed", "sealed now")
WHOLE = "top"
"""Of the works committee: nobody reads more. The secretary of the branch of three reads the figures once more."""
FIGURES = {
    "results.show", "results.export", "publications.preview", "public_result.show", "reviews.show",
    "reviews.document", "comments.show", "plan.ledger", "warnings.show",
}  # fmt: skip
"""Where figures and comments stand. The folded world and that of what is shown are read here alone."""
LEAKING = {"leaking.show", "leaking.rows"}
LEAK = "/committee/leak/"
FIXED = "made of texts of the program or of the committee, with no survey behind it"
UNDER_WAY = "of surveys not sealed: nothing has been counted"
LEADS_ON = "sends on to the page of a unit"
UNREAD = {
    "static": "files of the program",
    "auth": "the door",
    "account": "one's own",
    "feed": "dates by a key of one's own",
    "accounts": "people and their roles",
    "activities": FIXED,
    "column_maps": FIXED,
    "history": FIXED,
    "editor": FIXED,
    "editor_parts": FIXED,
    "questionnaires": FIXED,
    "processes": FIXED,
    "published": "figures that others have published",
    "health.metrics": "how the machine does; of surveys their number by state",
    "units_file": "names and numbers of members",
    "drafts": UNDER_WAY,
    "pulses": UNDER_WAY,
    "paper": UNDER_WAY,
    "printing": UNDER_WAY,
    "roster": UNDER_WAY,
    "sealing": UNDER_WAY,
    "sheet": UNDER_WAY,
    "reminders": UNDER_WAY,
    "committee.open_survey": UNDER_WAY,
    "committee.close": UNDER_WAY,
    "committee.extend": UNDER_WAY,
    "committee.withdraw": UNDER_WAY,
    "planner.family": UNDER_WAY,
    "plan.new_objective": UNDER_WAY,
    "plan.objective": UNDER_WAY,
    "plan.remove_objective": UNDER_WAY,
    "suggestions.next_round": UNDER_WAY,
    "assessment.change": "rules that are not locked yet",
    "assessment.lock": "the same",
    "assessment.remove": "the same",
    "assessment.index": LEADS_ON,
    "plan.index": LEADS_ON,
    "reviews.index": LEADS_ON,
    "warnings.index": LEADS_ON,
    "reviews.point": "one point of the minutes, which are read whole",
    "reviews.remove": "the same",
    "comments.decide": "one comment of those on the page of all",
    "results.chart": "drawn below, without the renderer: a point of the picture is a mark of the drawing",
    "jobs": "files of the formats that are read here, kept for whoever asked",
    "data": "single answers, read below by whoever may have them",
    "local": "without local questions; their reports, pages, charts and files are made by what makes those read",
}
"""Blueprint or endpoint -> why it cannot depend on what anybody answered, or where else that is read."""
REPORT, REPORT_AGAIN = "report-word", "report-pdf"
"""The formats that take long: read of this year, which is compared with the last; and the second, which says the same
and takes a process of its own, of one unit."""
ONE_PIXEL = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNkYPhfDwAChwGA60e6kgAAAABJRU5ErkJggg=="
)
RANDOM = re.compile(
    r"(?<![\w-])[\w-]{20,}\.[\w-]{6}\.[\w-]{27}"
    r"|\b[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}\b|\b(?=\d*[a-f])[0-9a-f]{8,}\b"
)
"""Tokens, identifiers, hashes of data and files: they differ between any two worlds. No figure has a letter in it."""
CSRF = re.compile('name="csrf_token"[^>]* value="([^"]+)"')
NEW_MINUTES = re.compile("(?<=/minutes/)[0-9a-f-]{36}")
"""Begun in each world; whatever else has an identifier is older than the worlds and has the same in all."""


def nothing(rows: list[Row], units: list[str]) -> None:
    """The world as it is."""


def change_of_branch(rows: list[Row], units: list[str]) -> None:
    """Three of the smallest branch have given the answers of three of the branch hidden beside it."""
    _exchange(units, _places(units, "T"), _places(units, "B"))


def change_of_age(rows: list[Row], units: list[str]) -> None:
    """Three of the rarest age have given the answers of three of the age hidden beside it."""
    ages = [row["age"] for row in rows]
    _exchange(ages, _places(ages, 3), _places(ages, 2))
    for row, age in zip(rows, ages, strict=True):
        row["age"] = age


def change_in_the_group(rows: list[Row], units: list[str]) -> None:
    """Three of the folded branch have given the answers of three others of the group it is folded into."""
    _exchange(rows, _places(units, "T"), _places(units, "B"))


def change_of_what_is_shown(rows: list[Row], units: list[str]) -> None:
    """Three of the branch that is shown, who were mostly content, have answered as the three did."""
    for one, other in zip(_places(units, "A")[-3:], _places(units, "T"), strict=True):
        rows[one] = dict(rows[other])


def _places(labels: Sequence[object], label: object) -> list[int]:
    return [place for place, found in enumerate(labels) if found == label]


def _exchange(labels: list[Any], some: Iterable[int], others: Iterable[int]) -> None:
    for one, other in list(zip(some, others, strict=False))[:3]:
        labels[one], labels[other] = labels[other], labels[one]


READ_WHOLE = (nothing, change_of_branch, change_of_age)


def answers(survey: Survey, change: Change) -> tuple[list[Row], list[str]]:
    """Everybody's, with their groups. The three of T and the three of the rarest age were content with nothing."""
    rng, instrument = Random(survey.year), services.instrument_of(survey)
    units = [unit for unit, count in PEOPLE.items() for _ in range(count)]
    ages = [age for age, count in AGES_IN_A.items() for _ in range(count)]
    rows: list[Row] = []
    for place, unit in enumerate(units):
        row = {**answers_of(instrument, rng), "age": ages[place] if place < len(ages) else 1, "years": 1}
        if unit == "T" or row["age"] == 3:
            row |= {item.code: min(instrument.scale_of(item).codes) for item in instrument.scored_items}
        row |= {item.code: f"意见{rng.randrange(10**6)}" for item in instrument.text_items if rng.random() < 0.6}
        rows.append(row)
    change(rows, units)
    return rows, units


def sealed_with(survey: Survey, manifest: Manifest, change: Change, *, folded: bool) -> SealedDataset:
    """The survey as if these people had answered it; of those folded sealing keeps the group alone."""
    rows, units = answers(survey, change)
    if folded:
        units = ["C1" if unit in ("B", "T") else unit for unit in units]
    people = dict(sorted(Counter(units).items()))
    rosters = {unit: Roster(max(valid, 12), max(valid, 12), valid, valid) for unit, valid in people.items()}
    units_of = (UnitNode("C1", NAMES["C1"]), *(UnitNode(code, NAMES[code], "C1") for code in people if code != "C1"))
    pattern = unit_pattern(people, {unit.code: unit.parent for unit in units_of}, manifest.threshold)
    context = replace(manifest.context, year=survey.year)
    described = replace(
        manifest, units=units_of, rosters=rosters, hidden_units=pattern, context=context, survey=str(survey.id)
    )
    return build(services.instrument_of(survey), rows, units, manifest=described)


@dataclass
class Worlds:
    """Worlds in which all but these answers is the same to the letter; each is made and read once."""

    made: World
    database: Path
    folder: Path
    before: dict[bool, World] = field(default_factory=dict)
    read: dict[tuple[Change, bool], Told] = field(default_factory=dict)
    endpoints: dict[str, str] = field(default_factory=dict)
    """Of the addresses that have been asked for."""
    opened: list[Flask] = field(default_factory=list)

    def told(self, change: Change, *, folded: bool = False) -> Told:
        if (change, folded) not in self.read:
            world = self._world_with(change, folded=folded)
            begin_minutes(world)
            wanted = addresses(world)
            figures = [address for address, endpoint in wanted.items() if endpoint in FIGURES]
            whole = [address for address, endpoint in wanted.items() if endpoint in FIGURES | LEAKING]
            all_of_it = read(world, WHOLE, wanted if change in READ_WHOLE and not folded else whole)
            beside = drawings(world) | rows_handed_out(world, folded=folded) | package_of(world)
            self.read[change, folded] = all_of_it | read(world, "small", figures) | beside
            self.endpoints |= {NEW_MINUTES.sub("#", address): endpoint for address, endpoint in wanted.items()}
        return self.read[change, folded]

    def _world_with(self, change: Change, *, folded: bool) -> World:
        before, name = self._before(folded=folded), f"{change.__name__}-{folded}"
        world = replace(before, app=self._app_on(name, self.folder / f"{folded}.sqlite3"))
        with world.app.app_context():
            answer(world, change, folded=folded)
            db.session.commit()
        world.app.register_blueprint(leaking())
        return world

    def _before(self, *, folded: bool) -> World:
        if folded not in self.before:
            world = replace(self.made, app=self._app_on(str(folded), self.database), surveys=dict(self.made.surveys))
            with world.app.app_context():
                prepare(world, folded=folded)
                db.session.commit()
            world.app.extensions["engine"].dispose()
            self.before[folded] = world
        return self.before[folded]

    def _app_on(self, name: str, source: Path) -> Flask:
        path = copy_database(source, self.folder / f"{name}.sqlite3")
        self.opened.append(application(f"sqlite:///{path}", self.folder / name, SetClock(NOON), LANGUAGE="en"))
        return self.opened[-1]


@pytest.fixture(scope="module")
def worlds(finished_world: tuple[World, Path], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Worlds]:
    made = Worlds(*finished_world, tmp_path_factory.mktemp("nowhere"))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(report_document, "png", lambda _drawing: ONE_PIXEL)  # `drawings` tells pictures apart
        patch.setattr(printing, "_press", lambda job: json.dumps(job, ensure_ascii=False).encode())  # it adds nothing
        yield made
    for app in made.opened:
        app.extensions["engine"].dispose()


def prepare(world: World, *, folded: bool) -> None:
    """This year's survey, sealed, a secretary of the branch of three, public pages that show all that they can.

    The branches have grown, T to what gives it a group of its own or not at all.
    """
    clock, by = world.app.config["CLOCK"], services.COMMAND_LINE
    for code, people in {**PEOPLE, "T": 3 if folded else 12}.items():
        services.set_eligible(
            db.session, db.session.get_one(Unit, world.units[code]), year=2026, audience="member",
            people=people, reference_day=date(2026, 11, 30), by=by, clock=clock,
        )  # fmt: skip
    survey = make_survey(world, "C1", year=2026)
    services.open_survey(db.session, survey, by=by, clock=clock, secret=world.app.config["INSTALLATION_SECRET"])
    groups = {group.unit.code: set(group.folded_units) for group in survey.groups}
    assert groups == ({"A": set(), "C1": {"B", "T"}} if folded else {"A": set(), "B": set(), "T": set()})
    for state in (State.CLOSED, State.SEALED):
        survey.state, survey.sealed_at = state, clock.now()
        db.session.flush()
    world.surveys["sealed now"] = survey.id
    small = db.session.get_one(Unit, world.units["T"])
    services.create_user(
        db.session, login="small", name="退休党支部书记", password=PASSWORD, roles=[(UserRole.SECRETARY, small)],
        by=by, clock=clock,
    )  # fmt: skip
    for code in ("C1", "A", "B", "T"):
        unit = db.session.get_one(Unit, world.units[code])
        chosen = Chosen("谢谢大家。", tuple(Part), ())
        publish(
            db.session, change_publication(db.session, unit, survey, chosen, by=by, clock=clock), by=by, clock=clock
        )


def answer(world: World, change: Change, *, folded: bool) -> None:
    """Put the answers of this world into both years, and begin the minutes on them anew."""
    clock, by = world.app.config["CLOCK"], services.COMMAND_LINE
    manifest = services.load_dataset(db.session, db.session.get_one(Survey, world.surveys["sealed"])).manifest
    for name in YEARS:
        survey = db.session.get_one(Survey, world.surveys[name])
        kept = db.session.get(Dataset, survey.id)
        if kept is not None:
            db.session.delete(kept)
            db.session.flush()
        services.store_dataset(db.session, survey, sealed_with(survey, manifest, change, folded=folded))
    db.session.flush()
    for review in db.session.scalars(select(Review).where(Review.unit_id == world.units["C1"])):
        discard_review(db.session, review, by=by, clock=clock)


def addresses(world: World) -> dict[str, str]:
    """Address -> endpoint, of everything that can depend on answers."""
    values, now = values_of(world), world.surveys[YEARS[-1]]
    needs = defaultdict(set, {REPORT: {now}, REPORT_AGAIN: {now, world.units["C1"]}})
    with world.app.test_request_context():
        routes = world.app.url_map.bind("localhost")
        return {
            routes.build(rule.endpoint, dict(zip(sorted(rule.arguments), chosen, strict=True))): rule.endpoint
            for rule in world.app.url_map.iter_rules()
            if "GET" in (rule.methods or ()) and UNREAD.keys().isdisjoint((rule.endpoint, rule.endpoint.split(".")[0]))
            for chosen in product(*(values[name] for name in sorted(known(rule, values))))
            if rule.endpoint != "results.export" or needs[chosen[0]] <= set(chosen)
        }


def known(rule: Rule, values: Mapping[str, list[Any]]) -> set[str]:
    unknown = rule.arguments - set(values)
    assert not unknown, f"{rule.rule}: give the walk values for {sorted(unknown)}"
    return rule.arguments


def values_of(world: World) -> dict[str, list[Any]]:
    """Parameter -> what to put there: those of the walk of permissions, and every unit, file and chart."""
    found = {name: own for name, (own, _foreign) in own_and_foreign(world).items()}
    with world.app.app_context():
        survey = db.session.get_one(Survey, world.surveys["open"])
        reviews = list(db.session.scalars(select(Review.id).where(Review.unit_id == world.units["C1"])))
        slugs = [*db.session.scalars(select(Publication.slug)), *db.session.scalars(select(SuggestionChannel.slug))]
        groups = [survey.groups[0].slug]
        surveys = [survey.slug, db.session.get_one(Survey, world.surveys["sealed now"]).slug]
    return found | {
        "unit_id": [world.units[code] for code in UNITS],
        "survey_id": [world.surveys[name] for name in YEARS],
        "review_id": reviews,
        "identifier": [one.identifier for one in registry()],
        "question": ["lead1", "overall"],
        "evidence_id": [],
        "slug": slugs,
        "survey_slug": surveys,
        "group_slug": groups,
    }


def begin_minutes(world: World) -> None:
    begun = world.as_user("secretary").submit(f"/committee/reviews/{world.units['C1']}/new", year="2026")
    assert begun.status_code == 302, begun.text


def read(world: World, reader: str, wanted: Iterable[str]) -> Told:
    """What stands there, without what is random."""
    visitor, told = world.as_user(reader), {}
    for address in wanted:
        response = visitor.client.get(address)
        assert response.status_code < 500, address
        if response.status_code == 200:
            told[reader, NEW_MINUTES.sub("#", address)] = RANDOM.sub("#", words_of(response))
    return told


def drawings(world: World) -> Told:
    """Every chart of every unit as it is drawn for documents, mark by mark; pages hold the same as SVG."""
    told = {}
    with world.app.test_request_context():
        for name, code in product(YEARS, UNITS):
            survey = db.session.get_one(Survey, world.surveys[name])
            try:
                report = services.report_for(db.session, survey, db.session.get_one(Unit, world.units[code]))
            except NothingToReport:
                continue
            names = names_of(services.instrument_of(survey))
            for key, draw in CHARTS.items():
                if (drawing := draw(report, names, WIDE)) is not None:
                    told["drawn", f"{name}/{code}/{key}"] = repr(drawing)
    return told


def rows_handed_out(world: World, *, folded: bool) -> Told:
    """Of every unit the page of the analyst and every file with single answers that it gives out.

    Where whole rows have changed places they are told without their order, as lines of a text.
    """
    visitor, told = world.as_user("analyst"), {}
    wanted = [one.identifier for one in registry() if one.takes_rows]
    for code in UNITS:
        address = f"/committee/data/{world.surveys[YEARS[-1]]}/{world.units[code]}"
        page = visitor.client.get(address)
        if page.status_code != 200:
            continue
        told["analyst", address] = RANDOM.sub("#", page.text)
        for identifier in ("csv",) if folded else wanted:
            file = visitor.client.post(f"{address}/{identifier}", data={"csrf_token": CSRF.findall(page.text)[0]})
            assert file.status_code < 500, (code, identifier)
            if file.status_code == 200:
                lines = words_of(file).split("\n")
                told["rows", f"{code}/{identifier}"] = RANDOM.sub("#", "\n".join(sorted(lines) if folded else lines))
    return told


def package_of(world: World) -> Told:
    """What an evidence package with the sealed answers holds beside its documents, which are read as they are."""
    with pytest.MonkeyPatch.context() as patch, world.app.app_context():
        patch.setattr(package, "DOCUMENTS", ())
        unit = db.session.get_one(Unit, world.units["C1"])
        made = package.build_package(db.session, unit, 2026, secret=bytes(32), with_rows=True)
    head = (MANIFEST, SIGNATURE)  # hashes and sizes of what is read here
    parts = {name: content or b"" for name, content in unpacked(made.content).items() if name not in head}
    return {
        ("package", RANDOM.sub("#", name)): RANDOM.sub("#", content.decode(errors="backslashreplace"))
        for name, content in parts.items()
        if not is_zipfile(BytesIO(content))
    }


def words_of(response: TestResponse) -> str:
    """All that a reply says: of a package every part, of a PDF what it is printed from, of Parquet names and rows."""
    if response.data.startswith(b"PAR1"):
        table = pq.read_table(BytesIO(response.data))
        return f"{table.schema.to_string(truncate_metadata=False)}\n{table.to_pylist()}"
    if is_zipfile(BytesIO(response.data)):
        archive = ZipFile(BytesIO(response.data))
        return "\n".join(
            f"{name} {archive.read(name).decode(errors='backslashreplace')}"
            for name in archive.namelist()
            if not name.startswith("docProps/")
        )
    return response.data.decode(errors="backslashreplace")


def differing(one: Told, other: Told) -> dict[tuple[str, str], tuple[str, str]]:
    """Where two worlds can be told apart, and the first words in which."""
    found = {}
    for place in sorted({*one, *other}):
        first, second = one.get(place, "nothing"), other.get(place, "nothing")
        if first != second:
            start = next((at for at, pair in enumerate(zip(first, second, strict=False)) if pair[0] != pair[1]), 0)
            found[place] = first[max(0, start - 60) : start + 60], second[max(0, start - 60) : start + 60]
    return found


@pytest.mark.parametrize(
    ("change", "folded"), [(change_of_branch, False), (change_of_age, False), (change_in_the_group, True)]
)
def test_nobody_can_tell_what_three_people_answered(worlds: Worlds, change: Change, folded: bool):
    found = differing(worlds.told(nothing, folded=folded), worlds.told(change, folded=folded))
    assert {place: words for place, words in found.items() if LEAK not in place[1]} == {}


def test_whoever_reads_what_is_not_suppressed_notices_each_change(worlds: Worlds):
    naked = {f"{LEAK}{one.identifier}" for one in registry() if not one.takes_rows and one.identifier != REPORT_AGAIN}
    for change in (change_of_branch, change_of_age):
        found = {address for _reader, address in differing(worlds.told(nothing), worlds.told(change))}
        assert naked <= found, change.__name__
    alike = {True: worlds.told(nothing, folded=True), False: worlds.told(change_in_the_group, folded=True)}
    assert (WHOLE, f"{LEAK}rows") in differing(alike[True], alike[False])


def test_whoever_reads_figures_notices_what_may_be_shown(worlds: Worlds):
    shown = differing(worlds.told(nothing), worlds.told(change_of_what_is_shown))
    told = {address for _reader, address in shown}
    for beginning in ("/committee/results/", "/committee/publications/", "/p/", "/committee/reviews/minutes/"):
        assert any(address.startswith(beginning) for address in told), beginning
    files = (f"C1/{one.identifier}" if one.takes_rows else f"/export/{one.identifier}" for one in registry())
    for ending in (".docx", "tables.json", *(name for name in files if name != "C1/codebook")):
        assert any(address.endswith(ending) for address in told), ending
    drawn = {address.rpartition("/")[2] for reader, address in shown if reader == "drawn"}
    assert {"items", "dimensions", "importance", "groups"} <= drawn


def test_whatever_can_depend_on_answers_has_been_read(worlds: Worlds):
    read = {worlds.endpoints[address] for reader, address in worlds.told(nothing) if reader == WHOLE}
    assert set(worlds.endpoints.values()) == read


def leaking() -> Blueprint:
    """Every export as it would be of figures nobody has been taken out of, and the answers row by row."""
    leak = Blueprint("leaking", __name__, url_prefix=LEAK)

    @leak.get("<identifier>")
    @requires(Right.VIEW_RESULTS)
    def show(identifier: str) -> Response:
        result = annual_result(_sealed_now().for_unit("C1"), [], None, [], Rules())
        naked = Report(**{field.name: getattr(result, field.name) for field in fields(AnnualResult)})
        one = exporter(identifier) or abort(404)
        if one.takes_rows or identifier == REPORT_AGAIN:
            abort(404)
        made = one.whole(Material(naked, _sealed_now().instrument), ExportContext("zh_Hans", date(2026, 12, 8)))
        return Response(made, mimetype=one.mime)

    @leak.get("rows")
    @requires(Right.VIEW_RESULTS)
    def rows() -> list[list[int]]:
        return _sealed_now().codes.tolist()

    return leak


def _sealed_now() -> SealedDataset:
    found = db.session.scalars(select(Survey).where(Survey.sealed_at.is_not(None)).order_by(Survey.year)).all()[-1]
    return services.load_dataset(db.session, found)
