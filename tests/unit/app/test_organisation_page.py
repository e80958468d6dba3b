"""The pages of the organisation: the tree, changing and ending units, numbers taken over, tables in and out."""

from __future__ import annotations

import io
import re
from uuid import uuid4

import pytest
from sqlalchemy import event, func, select

from survey_app import services
from survey_app.extensions import db
from survey_app.models import AuditEntry, Eligibility, Unit, UnitKind, UnitLevel
from tests.committee_world import World
from tests.page_checks import check_page, elements, parsed, text_of
from tests.visitor import Visitor

TREE = "/committee/organisation/"
IMPORT = "/committee/organisation/import"
FILE = (
    "编号,名称,层级,类别,上级,年度,基准日,党员,职工\nN,住建局新党支部,党支部,,C1,2026,2026-11-30,9,4\nA,,,,,2026,,16,\n"
)


def of(world: World, code: str, part: str = "") -> str:
    return f"{TREE}{world.units[code]}{part}"


def stored(world: World, code: str) -> tuple[str, UnitKind, str]:
    """Name, kind and the code of the unit above, as the database has them by now."""
    with world.app.app_context():
        unit = db.session.scalars(select(Unit).where(Unit.code == code)).one()
        return unit.name, unit.kind, unit.parent.code if unit.parent else ""


def upload(visitor: Visitor, address: str, data: bytes, name: str = "units.csv", **typed: str):
    page = visitor.page(address)
    token = next(e.get("value") for e in elements(page, "input") if e.get("name") == "csrf_token")
    fields = {"csrf_token": token, **typed, "file": (io.BytesIO(data), name)}
    response = visitor.client.post(address, data=fields, content_type="multipart/form-data")
    if response.mimetype == "text/html" and response.status_code != 302:
        check_page(response.text)
    return response


def hidden(html: str) -> dict[str, str]:
    return {e.get("name"): e.get("value") or "" for e in elements(parsed(html), "input") if e.get("type") == "hidden"}


def test_the_tree_shows_levels_kinds_numbers_and_sums(world: World):
    text = world.as_user("higher_committee").text(f"{TREE}?year=2026")
    assert "Party committee1Branch3Members in all29Staff in all29" in text
    assert "住建局第一党支部 A · Branch · Organ" in text
    assert "Members 14 · Staff 14" in text
    assert "3 units below · Members 29 · Staff 29" in text


def test_whoever_does_not_manage_it_sees_no_way_to_change_it(world: World):
    page = world.as_user("secretary").page(TREE)
    assert [e.get("href") for e in elements(page, "a") if "eligible" in (e.get("href") or "")] == []
    assert "Import units" not in text_of(page)


def test_a_unit_is_renamed_and_moved_up_among_its_siblings(world: World):
    visitor = world.as_user("higher_committee")
    changed = visitor.submit(of(world, "B"), name="住建局机关党支部", kind="enterprise", after="first")
    assert changed.status_code == 302
    assert stored(world, "B") == ("住建局机关党支部", UnitKind.ENTERPRISE, "C1")
    text = visitor.text(TREE)
    assert text.index("住建局机关党支部") < text.index("住建局第一党支部")


def test_a_unit_is_moved_below_another_and_an_impossible_place_is_told_beside_the_field(world: World):
    visitor = world.as_user("top")
    new = {"parent": str(world.units["C1"]), "name": "住建局新党支部", "code": "N"}
    assert visitor.submit("/committee/organisation/new", **new).status_code == 302
    with world.app.app_context():
        world.units["N"] = db.session.scalars(select(Unit.id).where(Unit.code == "N")).one()
    assert visitor.submit(of(world, "N"), parent=str(world.units["C2"])).status_code == 302
    assert stored(world, "N")[2] == "C2"
    refused = visitor.submit(of(world, "N"), parent=str(world.units["D"]))
    assert refused.status_code == 422
    assert "only a party committee may stand below another one" in refused.text
    below_itself = visitor.submit(of(world, "C1"), parent=str(world.units["A"]))
    assert "Please choose one of the list." in below_itself.text


def test_who_manages_a_part_changes_its_top_unit_without_moving_it(world: World):
    page = world.as_user("higher_committee").page(of(world, "C1"))
    choices = next(e for e in elements(page, "select") if e.get("name") == "parent")
    assert [text_of(option) for option in elements(choices, "option")] == ["as it is"]
    assert "after" not in {e.get("name") for e in elements(page, "select")}


def test_a_unit_ends_after_a_page_that_explains_and_comes_back(world: World):
    visitor = world.as_user("higher_committee")
    assert "Its results" in visitor.text(of(world, "T", "/end"))
    assert visitor.submit(of(world, "T", "/end"), ended_on="2027-01-01").status_code == 422
    assert visitor.submit(of(world, "T", "/end"), ended_on="2026-10-01").status_code == 302
    text = visitor.text(TREE)
    assert "Units that have ended (1)" in text
    assert "ended on 2026-10-01" in text
    parents = visitor.page("/committee/organisation/new")
    offered = [option.get("value") for option in elements(parents, "option")]
    assert str(world.units["T"]) not in offered
    assert str(world.units["A"]) in offered
    assert visitor.get(of(world, "T", "/eligible/2027")).status_code == 200
    late = visitor.submit(of(world, "T", "/eligible/2027"), member="3", staff="0")
    assert (late.status_code, "has ended" in late.text) == (409, True)
    taken_back = visitor.submit(of(world, "T"), to=of(world, "T", "/revive"))
    assert taken_back.status_code == 302
    assert "Units that have ended" not in visitor.text(TREE)


def test_a_unit_with_a_survey_under_way_says_why_it_cannot_end(world: World):
    refused = world.as_user("higher_committee").submit(of(world, "B", "/end"))
    assert refused.status_code == 422
    assert "is not finished" in refused.text


def test_the_numbers_of_an_empty_year_are_proposed_and_taken_over_at_once(world: World):
    visitor = world.as_user("higher_committee")
    assert "Take over the numbers of 2026" in visitor.text(f"{TREE}?year=2027")
    one = visitor.page(of(world, "A", "/eligible/2027"))
    assert next(e.get("value") for e in elements(one, "input") if e.get("name") == "member") == "14"
    assert "as a proposal" in text_of(one)
    taken = visitor.submit("/committee/organisation/copy-numbers/2027", reference_day="2027-11-30")
    assert taken.status_code == 302
    text = visitor.text(f"{TREE}?year=2027")
    assert "Members 14 · Staff 14" in text
    assert "Take over" not in text
    with world.app.app_context():
        copied = select(func.count()).select_from(Eligibility).where(Eligibility.year == 2027)
        assert db.session.scalar(copied) == 8  # C1, A, B, T; the neighbour's stay as they were


def test_a_table_is_looked_at_first_and_stored_when_confirmed(world: World):
    visitor = world.as_user("higher_committee")
    looked = upload(visitor, IMPORT, FILE.encode("gb18030"))
    assert looked.status_code == 200
    rows = [[text_of(cell) for cell in elements(row, "th", "td")] for row in elements(parsed(looked.text), "tr")]
    numbers = "2026: members not entered → 9 on 2026-11-30 · 2026: staff not entered → 4 on 2026-11-30"
    assert ["2", "住建局新党支部 N", f"new unit · Branch · Organ · below C1 · {numbers}"] in rows
    assert rows[1:4] == [["added", "1", "2"], ["changed", "0", "1"], ["left as they are", "1", "0"]]
    with world.app.app_context():
        assert db.session.scalar(select(Unit.id).where(Unit.code == "N")) is None
    confirmed = visitor.client.post(f"{IMPORT}/confirm", data=hidden(looked.text))
    assert confirmed.status_code == 302
    assert "Units added: 1, changed: 0." in visitor.text(TREE)
    assert stored(world, "N")[2] == "C1"
    with world.app.app_context():
        entry = db.session.scalars(select(AuditEntry).where(AuditEntry.act == "unit.import")).one()
        assert (entry.unit_id, entry.detail["numbers"]) == (world.units["C1"], 3)


def test_what_is_confirmed_is_checked_once_more(world: World):
    visitor = world.as_user("higher_committee")
    looked = upload(visitor, IMPORT, FILE.encode())
    visitor.submit("/committee/organisation/new", name="小组", code="N2", level="group", parent=str(world.units["A"]))
    visitor.submit(of(world, "N2") if "N2" in world.units else of(world, "T", "/end"), ended_on="2026-10-01")
    sent = hidden(looked.text)
    forged = visitor.client.post(f"{IMPORT}/confirm", data={**sent, "csrf_token": "forged"})
    assert (forged.status_code, forged.location) == (302, IMPORT)
    with world.app.app_context():
        assert db.session.scalar(select(Unit.id).where(Unit.code == "N")) is None
    for odd in ({"content": "%%%"}, {"content": "é"}, {"content": ""}, {"year": "99999"}, {"year": "9" * 5000}):
        broken = visitor.client.post(f"{IMPORT}/confirm", data={**sent, **odd})
        assert broken.status_code == 422, odd
        assert "It did not arrive as it was sent." in text_of(check_page(broken.text))
    with world.app.app_context():
        assert db.session.scalar(select(Unit.id).where(Unit.code == "N")) is None


@pytest.mark.parametrize("ending", ["csv", "xlsx"])
def test_a_download_of_the_table_is_written_down(world: World, ending: str):
    assert world.as_user("secretary").get(f"/committee/organisation/units.{ending}?year=2025").status_code == 200
    with world.app.app_context():
        entry = db.session.scalars(select(AuditEntry).order_by(AuditEntry.number.desc())).first()
        assert entry is not None
        assert (entry.actor, entry.act, entry.unit_id) == ("secretary", "unit.export", world.units["C1"])
        assert entry.detail == {"year": 2025, "format": ending}


def test_the_faults_of_a_table_are_listed_by_row_and_nothing_of_a_neighbour_is_told(world: World):
    visitor = world.as_user("higher_committee")
    table = "code,name,level,parent,member\nD,改名,,,\nX,新,branch,C2,\nY,,branch,C1,-1\n"
    refused = upload(visitor, IMPORT, table.encode())
    assert refused.status_code == 422
    rows = [[text_of(cell) for cell in elements(row, "th", "td")] for row in elements(parsed(refused.text), "tr")]
    assert rows[1:] == [
        ["2", "code", "“D” is a unit outside yours."],
        ["3", "parent", "There is no unit “C2” of yours, neither here nor in the file."],
        ["4", "member", "-1 is not a number from 0 to 100000."],
        ["4", "name", "“Y” is new and needs a name."],
    ]
    assert "水务局" not in refused.text


def test_files_that_are_none_or_too_large_are_told(world: World):
    visitor = world.as_user("higher_committee")
    assert "Please choose a file." in visitor.submit(IMPORT).text
    assert "larger than 2 MB" in upload(visitor, IMPORT, b"code\n" + b"x" * (2 * 1024 * 1024)).text
    assert "has a heading but no rows" in upload(visitor, IMPORT, b"code,name\n").text


@pytest.mark.parametrize("ending", ["csv", "xlsx"])
def test_what_is_downloaded_changes_nothing_when_it_is_brought_in(world: World, ending: str):
    visitor = world.as_user("higher_committee")
    page = visitor.page(f"{TREE}?year=2026")
    address = next(e.get("href") for e in elements(page, "a") if f"units.{ending}" in (e.get("href") or ""))
    file = visitor.client.get(address)
    assert re.search(rf"attachment; filename.*2026\.{ending}", file.headers["Content-Disposition"])
    assert "水务局".encode() not in file.data
    looked = upload(visitor, IMPORT, file.data, f"units.{ending}")
    assert "says what is there already" in looked.text


def something_happened(world: World) -> None:
    """An act, behind which pages look at the units anew."""
    top = db.session.get_one(Unit, world.units["W"])
    told = str(uuid4())  # what is kept of one world must not be taken for that of another
    services.record(db.session, services.COMMAND_LINE, "unit.change", top, clock=world.app.config["CLOCK"], code=told)
    db.session.commit()


def test_one_unit_alone_is_told_what_to_do_next(world: World):
    with world.app.app_context():
        for code in ("A", "B", "T"):
            db.session.get_one(Unit, world.units[code]).ended_on = world.app.config["CLOCK"].today()
        something_happened(world)
    text = world.as_user("higher_committee").text(TREE)
    assert "There is only one unit yet." in text


@pytest.fixture
def thousand_units(world: World) -> World:
    with world.app.app_context():
        committees = [
            Unit(
                code=f"k{n}", name=f"第 {n} 机关党委", level=UnitLevel.COMMITTEE, parent_id=world.units["W"], position=n
            )
            for n in range(10, 50)
        ]
        branches = [
            Unit(
                code=f"z{n}", name=f"第 {n} 党支部", level=UnitLevel.BRANCH, parent_id=committees[n % 40].id, position=n
            )
            for n in range(960)
        ]
        numbers = [
            Eligibility(
                unit_id=unit.id, year=2026, audience=audience, people=20,
                reference_day=world.app.config["CLOCK"].today(),
            )
            for unit in branches
            for audience in ("member", "staff")
        ]  # fmt: skip
        db.session.add_all([*committees, *branches])
        db.session.flush()
        db.session.add_all(numbers)
        something_happened(world)
    return world


def test_a_thousand_units_take_as_many_queries_as_seven(world: World, thousand_units: World, engine_statements):
    visitor = thousand_units.as_user("top")
    visitor.page(f"{TREE}?year=2026")
    engine_statements.clear()
    page = visitor.page(f"{TREE}?year=2026")
    assert len(engine_statements) <= 12, engine_statements
    assert "第 49 机关党委 24 units below · Members 480 · Staff 480" in text_of(page)


def test_of_a_thousand_units_the_branches_of_one_committee_are_shown_at_a_time(thousand_units: World):
    visitor = thousand_units.as_user("top")
    page = visitor.page(f"{TREE}?year=2026")
    assert "党支部" not in text_of(page).partition("第 10 机关党委")[2]
    (committee,) = [e.get("href", "") for e in elements(page, "a") if text_of(e) == "第 10 机关党委"]
    opened = visitor.page(committee.partition("#")[0])
    assert "第 920 党支部" in text_of(opened)
    assert "第 921 党支部" not in text_of(opened)
    assert "第 11 机关党委 24 units below" in text_of(opened)
    (branch,) = [e.get("href", "") for e in elements(opened, "a") if text_of(e) == "第 920 党支部"]
    saved = visitor.submit(f"{branch}/eligible/2026", member="21", staff="20", reference_day="2026-11-30")
    assert "第 920 党支部" in visitor.text(saved.location)
    assert visitor.client.get(f"{TREE}?under={uuid4()}").status_code == 200


@pytest.fixture
def engine_statements(world: World):
    written: list[str] = []
    with world.app.app_context():
        event.listen(db.engine, "before_cursor_execute", lambda *told: written.append(told[2]))
    return written


def test_only_units_whose_own_people_are_not_counted_are_called_missing(world: World):
    visitor, unit = world.as_user("higher_committee"), {"level": "branch", "kind": "organ", "parent": world.units["C1"]}
    for code in ("L", "M"):
        made = visitor.submit(f"{TREE}new", code=code, name=f"新支部{code}", **{k: str(v) for k, v in unit.items()})
        assert made.status_code == 302
    assert "has been entered yet for 2 units" in visitor.text(f"{TREE}?year=2026")
    with world.app.app_context():
        committee = db.session.get_one(Unit, world.units["C1"])
        by = services.COMMAND_LINE
        clock = world.app.config["CLOCK"]
        branch = next(below for below in committee.children if below.code == "L")
        services.set_eligible(
            db.session, unit=branch, year=2026, audience="member", people=9, reference_day=clock.today(), by=by,
            clock=clock,
        )  # fmt: skip
        for numbers in db.session.scalars(select(Eligibility).where(Eligibility.unit_id == committee.id)):
            db.session.delete(numbers)
        db.session.commit()
    assert "has been entered yet for 1 unit" in visitor.text(f"{TREE}?year=2026")
