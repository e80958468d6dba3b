"""The tree that pages look things up in: right after every act, never seen by whoever is changing it."""

from __future__ import annotations

import pytest
from sqlalchemy import event
from sqlalchemy.orm import Session

from survey_app import services
from survey_app.database import build_engine, reading
from survey_app.extensions import db
from survey_app.models import UnitKind, UnitLevel
from survey_app.services import COMMAND_LINE
from survey_app.services.unit_tree import ONLY_READS, UnitTree, unit_tree
from tests.committee_world import World


@pytest.fixture
def tree(sqlite_url):
    """The tree as a page reads it, in a transaction of its own."""
    engine = build_engine(sqlite_url)

    def read() -> UnitTree:
        with Session(reading(engine), info={ONLY_READS: True}) as session:
            return unit_tree(session)

    yield read
    engine.dispose()


def codes(places) -> list[str]:
    return [place.code for place in places]


def test_it_stands_as_the_units_do(district, tree):
    found = tree()
    assert codes(found.below(district["district"].id)) == [
        "district", "organs", "education", "finance", "archive", "enterprises", "waterworks",
    ]  # fmt: skip
    assert codes(found.above(district["archive"].id)) == ["organs", "district"]
    assert codes(found.children(district["organs"].id)) == ["education", "finance", "archive"]
    assert found.ids_below(district["enterprises"].id) == {district["enterprises"].id, district["waterworks"].id}
    assert found[district["archive"].id].level is UnitLevel.BRANCH


def test_it_is_read_once_and_anew_after_an_act(district, tree, session, clock):
    before = tree()
    assert tree() is before
    services.create_unit(
        session, code="library", name="Library", level=UnitLevel.BRANCH, kind=UnitKind.ORGAN,
        parent=district["organs"], by=COMMAND_LINE, clock=clock,
    )  # fmt: skip
    session.commit()
    after = tree()
    assert after is not before
    assert "library" in codes(after.below(district["district"].id))


def test_whoever_changes_units_sees_the_change_before_it_is_written_down_and_others_do_not(district, tree, session):
    kept = tree()
    district["archive"].name = "Archives"
    session.flush()
    assert unit_tree(session)[district["archive"].id].name == "Archives"
    session.rollback()
    assert tree() is kept
    assert kept[district["archive"].id].name == "Archive"


PAGES = (
    "/committee/", "/committee/results/", "/committee/organisation/", "/committee/organisation/new",
    "/committee/surveys", "/committee/surveys/new", "/committee/audit",
    "/committee/questionnaires", "/committee/history/import",
)  # fmt: skip


def queries_of(world: World, visitor) -> dict[str, int]:
    counted: list[str] = []
    engine = world.app.extensions["engine"]
    event.listen(engine, "before_cursor_execute", lambda _c, _cursor, statement, *_rest: counted.append(statement))
    found = {}
    for page in PAGES:
        visitor.client.get(page)
        counted.clear()
        assert visitor.client.get(page).status_code == 200, page
        found[page] = len(counted)
    return found


def test_pages_ask_the_database_no_more_for_many_units_than_for_few(world: World):
    visitor = world.as_user("top")
    add_branches(world, "few", 50)  # as many as acts on a page
    few = queries_of(world, visitor)
    add_branches(world, "many", 60)
    assert queries_of(world, visitor) == few


def add_branches(world: World, name: str, count: int) -> None:
    with world.app.app_context():
        above = services.unit_by_code(db.session, "C1")
        for number in range(count):
            services.create_unit(
                db.session, code=f"{name}{number}", name=f"第{number}支部", level=UnitLevel.BRANCH,
                kind=UnitKind.ORGAN, parent=above, by=COMMAND_LINE, clock=world.app.config["CLOCK"],
            )  # fmt: skip
        db.session.commit()
