"""What three people answered is found nowhere: had they answered otherwise, not one letter would be different.

Two worlds are alike in all but who of the hidden people said what: three members of a branch too small for figures of
its own change answers with three of the branch that is hidden beside it, or three people of one age with three of the
age that is hidden beside it, in both years. Whoever may read anything then reads every page and file of both worlds:
results of all units, SVG and what it says in words, figures as JSON, workbook cell by cell, minutes, posters, charts as
PNG, plan, comments, public pages. Numbers, rates, means, differences of total and rest, a coordinate: whatever a text
or a picture were made of would differ.

The walk reads `app.url_map`, the exporters' registry and the charts, so that what is added is read without being named
here. That it would notice is shown on a route that leaks, and on worlds that differ in what may be shown.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Container, Iterable, Iterator, Mapping, Sequence
from dataclasses import fields, replace
from datetime import date
from io import BytesIO
from itertools import product
from pathlib import Path
from random import Random
from typing import Any
from zipfile import ZipFile, is_zipfile

import pytest
from argon2 import PasswordHasher
from flask import Blueprint, Flask, Response, abort
from pypdf import PdfReader
from sqlalchemy import select
from werkzeug.routing import Rule
from werkzeug.test import TestResponse

from analysis.dataset import Manifest, SealedDataset, UnitNode, build
from analysis.pattern import unit_pattern
from analysis.report import annual_result
from analysis.tree import AnnualResult, Report
from analysis.types import Roster, Rules
from survey_app import create_app, services
from survey_app.charts import CHARTS
from survey_app.crypto import passwords
from survey_app.exports import ExportContext, exporter, registry
from survey_app.extensions import db
from survey_app.models import Dataset, Publication, Review, State, SuggestionChannel, Survey, Unit, UserRole
from survey_app.permissions import Right, requires
from survey_app.services.publications import Chosen, Part, change_publication, publish
from survey_app.services.reviews import discard_review
from tests.committee_world import NAMES, PASSWORD, World, answers_of, make_survey
from tests.databases import copy_database
from tests.unit.app.test_permissions_walk import own_and_foreign

Row = dict[str, Any]
Told = dict[tuple[str, str], str]
"""Who read which address -> what stood there."""
Change = Callable[[list[Row], list[str]], None]

PEOPLE = {"A": 40, "B": 30, "T": 3}
"""Valid ballots. Last year T was counted together with B; this year three of its twelve members answered."""
AGES_IN_A = {3: 3, 2: 12, 1: 25}
"""Everybody else is of the first age."""
READERS = ("top", "secretary", "small")
"""Of the works committee, of the committee whose survey it is, and of the branch of three."""
KEPT_SETTINGS = (
    "TESTING", "SECRET_KEY", "INSTALLATION_SECRET", "RATELIMIT_ENABLED", "CLOCK", "LANGUAGE",
)  # fmt: skip
FIGURES = {
    "results.show", "results.export", "results.chart", "publications.preview", "public_result.show", "reviews.show",
    "reviews.document",
}  # fmt: skip
LEAKING = {"leaking.show"}
UNREAD = {"static", "auth", "account"}
"""Files of the program, the door, and what is one's own."""
RANDOM = re.compile(
    r"\b[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}\b|\b(?=\d*[a-f])[0-9a-f]{8,}\b|[\w-]{20,}\.[\w-]{6}\.[\w-]{27}"
)
"""Identifiers, hashes of data and files, tokens: they differ between any two worlds. No figure has a letter in it."""
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


def change_of_what_is_shown(rows: list[Row], units: list[str]) -> None:
    """Three of the branch that is shown have given the answers of the three."""
    _exchange(units, _places(units, "T"), _places(units, "A"))


def _places(labels: Sequence[object], label: object) -> list[int]:
    return [place for place, found in enumerate(labels) if found == label]


def _exchange(labels: list[Any], some: Iterable[int], others: Iterable[int]) -> None:
    for one, other in list(zip(some, others, strict=False))[:3]:
        labels[one], labels[other] = labels[other], labels[one]


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


def sealed_with(survey: Survey, manifest: Manifest, change: Change) -> SealedDataset:
    """The survey as if these people had answered it."""
    rows, units = answers(survey, change)
    rosters = {unit: Roster(max(people, 12), max(people, 12), people, people) for unit, people in PEOPLE.items()}
    units_of = (UnitNode("C1", NAMES["C1"]), *(UnitNode(code, NAMES[code], "C1") for code in PEOPLE))
    pattern = unit_pattern(PEOPLE, {unit.code: unit.parent for unit in units_of}, manifest.threshold)
    context = replace(manifest.context, year=survey.year)
    described = replace(
        manifest, units=units_of, rosters=rosters, hidden_units=pattern, context=context, survey=str(survey.id)
    )
    return build(services.instrument_of(survey), rows, units, manifest=described)


@pytest.fixture
def worlds(
    finished_world: tuple[World, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Callable[[Change], World]]:
    """Makes the world in which the answers are changed like that; all else is the same to the letter."""
    monkeypatch.setattr(passwords, "HASHER", PasswordHasher(time_cost=1, memory_cost=8, parallelism=1))
    made, database = finished_world
    common, opened = copy_database(database, tmp_path / "common.sqlite3"), []

    def app_on(name: str, path: Path) -> Flask:
        kept = {key: made.app.config[key] for key in KEPT_SETTINGS}
        opened.append(create_app({**kept, "INSTANCE": str(tmp_path / name), "DATABASE_URL": f"sqlite:///{path}"}))
        return opened[-1]

    before = replace(made, app=app_on("common", common))
    with before.app.app_context():
        prepare(before)
        db.session.commit()
    before.app.extensions["engine"].dispose()

    def world_with(change: Change) -> World:
        name = change.__name__
        world = replace(before, app=app_on(name, copy_database(common, tmp_path / f"{name}.sqlite3")))
        with world.app.app_context():
            answer(world, change)
            db.session.commit()
        return world

    yield world_with
    for app in opened:
        app.extensions["engine"].dispose()


def prepare(world: World) -> None:
    """This year's survey, sealed, a secretary of the branch of three, public pages that show all that they can.

    The branches have grown, so that each has a reporting group of its own.
    """
    clock, by = world.app.config["CLOCK"], services.COMMAND_LINE
    for code, people in {**PEOPLE, "T": 12}.items():
        services.set_eligible(
            db.session, db.session.get_one(Unit, world.units[code]), year=2026, audience="member",
            people=people, reference_day=date(2026, 11, 30), by=by, clock=clock,
        )  # fmt: skip
    survey = make_survey(world, "C1", year=2026)
    services.open_survey(db.session, survey, by=by, clock=clock, secret=world.app.config["INSTALLATION_SECRET"])
    assert {group.unit.code for group in survey.groups} == set(PEOPLE)
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


def answer(world: World, change: Change) -> None:
    """Put the answers of this world into both years, and begin the minutes on them anew."""
    clock, by = world.app.config["CLOCK"], services.COMMAND_LINE
    manifest = services.load_dataset(db.session, db.session.get_one(Survey, world.surveys["sealed"])).manifest
    for name in ("sealed", "sealed now"):
        survey = db.session.get_one(Survey, world.surveys[name])
        kept = db.session.get(Dataset, survey.id)
        if kept is not None:
            db.session.delete(kept)
            db.session.flush()
        services.store_dataset(db.session, survey, sealed_with(survey, manifest, change))
    db.session.flush()
    for review in db.session.scalars(select(Review).where(Review.unit_id == world.units["C1"])):
        discard_review(db.session, review, by=by, clock=clock)


def addresses(world: World, endpoints: Container[str] | None = None) -> list[str]:
    """Of everything that can be read, or of these endpoints."""
    values = values_of(world)
    with world.app.test_request_context():
        routes = world.app.url_map.bind("localhost")
        return [
            routes.build(rule.endpoint, dict(zip(sorted(rule.arguments), chosen, strict=True)))
            for rule in world.app.url_map.iter_rules()
            if "GET" in (rule.methods or ()) and rule.endpoint.split(".")[0] not in UNREAD
            if endpoints is None or rule.endpoint in endpoints
            for chosen in product(*(values[name] for name in sorted(known(rule, values))))
        ]


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
        "unit_id": [world.units[code] for code in ("W", "C1", "A", "B", "T")],
        "survey_id": [world.surveys[name] for name in ("sealed", "sealed now")],
        "review_id": reviews,
        "identifier": [one.identifier for one in registry()],
        "question": ["lead1", "overall"],
        "evidence_id": [],
        "key": list(CHARTS),
        "slug": slugs,
        "survey_slug": surveys,
        "group_slug": groups,
    }


def read_everything(world: World) -> Told:
    """All that one who may see all is told, and the results that others are told, without what is random."""
    begin_minutes(world)
    whole = read(world, READERS[0], addresses(world))
    return whole | {
        place: words
        for reader in READERS[1:]
        for place, words in read(world, reader, addresses(world, FIGURES)).items()
    }


def begin_minutes(world: World) -> None:
    begun = world.as_user("secretary").submit(f"/committee/reviews/{world.units['C1']}/new", year="2026")
    assert begun.status_code == 302, begun.text


def read(world: World, reader: str, wanted: Iterable[str]) -> Told:
    """Of the pictures those of the committee's own result: the same drawings stand on the other pages as SVG."""
    visitor, told = world.as_user(reader), {}
    drawn = f"{world.surveys['sealed now']}/{world.units['C1']}"
    for address in wanted:
        if not address.endswith(".png") or drawn in address:
            response = visitor.client.get(address)
            if response.status_code == 200:
                told[reader, NEW_MINUTES.sub("#", address)] = RANDOM.sub("#", words_of(response))
    return told


def words_of(response: TestResponse) -> str:
    """All that a reply says: of a package every part, of a PDF its text, of a picture its points."""
    if response.mimetype == "application/pdf":
        return "\n".join(page.extract_text() for page in PdfReader(BytesIO(response.data)).pages)
    if is_zipfile(BytesIO(response.data)):
        package = ZipFile(BytesIO(response.data))
        return "\n".join(
            f"{name} {package.read(name).decode(errors='backslashreplace')}"
            for name in package.namelist()
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


def test_nobody_can_tell_what_three_people_answered(worlds: Callable[[Change], World]):
    as_it_is = read_everything(worlds(nothing))
    for change in (change_of_branch, change_of_age):
        assert differing(as_it_is, read_everything(worlds(change))) == {}, change.__name__


def test_whoever_reads_figures_notices_what_may_be_shown_and_what_is_not_suppressed(
    worlds: Callable[[Change], World],
):
    told = {}
    for change in (nothing, change_of_what_is_shown, change_of_branch, change_of_age):
        world = worlds(change)
        world.app.register_blueprint(leaking())
        begin_minutes(world)
        told[change] = read(world, "secretary", addresses(world, FIGURES | LEAKING))
    shown = places(differing(told[nothing], told[change_of_what_is_shown]))
    for beginning in ("/committee/results/", "/committee/publications/", "/p/", "/committee/reviews/minutes/"):
        assert any(address.startswith(beginning) for address in shown), beginning
    for ending in (".png", ".docx", *(f"/export/{one.identifier}" for one in registry())):
        assert any(address.endswith(ending) for address in shown), ending
    for change in (change_of_branch, change_of_age):
        found = places(differing(told[nothing], told[change]))
        assert found == {f"/committee/leak/{one.identifier}" for one in registry()}


def places(different: Iterable[tuple[str, str]]) -> set[str]:
    return {address for _reader, address in different}


def leaking() -> Blueprint:
    """Every export as it would be of figures nobody has been taken out of."""
    leak = Blueprint("leaking", __name__)

    @leak.get("/committee/leak/<identifier>")
    @requires(Right.VIEW_RESULTS)
    def show(identifier: str) -> Response:
        survey = db.session.scalars(select(Survey).where(Survey.sealed_at.is_not(None)).order_by(Survey.year)).all()[-1]
        dataset = services.load_dataset(db.session, survey)
        result = annual_result(dataset.for_unit("C1"), [], None, [], Rules())
        naked = Report(**{field.name: getattr(result, field.name) for field in fields(AnnualResult)})
        one = exporter(identifier) or abort(404)
        made = one.produce(naked, services.instrument_of(survey), ExportContext("zh_Hans", date(2026, 12, 8)))
        return Response(made, mimetype=one.mime)

    return leak
