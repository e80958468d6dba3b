"""Units from a table: every fault by its row before anything is stored, and out again exactly as they were."""

from __future__ import annotations

from datetime import date
from io import BytesIO
from zipfile import ZipFile

import pytest
from python_calamine import CalamineWorkbook
from sqlalchemy import event, func, select

from survey_app import services
from survey_app.models import AuditEntry, Eligibility, Unit, UnitKind, UnitLevel
from survey_app.services import COMMAND_LINE
from survey_app.services.named_columns import WholeFileError
from survey_app.services.organisation import end_unit
from survey_app.services.organisation_file import as_csv, as_xlsx, unit_rows
from survey_app.services.organisation_import import store_units
from survey_app.services.organisation_plan import Fate, plan_units
from tests.district import REFERENCE_DAY, YEAR

HEADING = "编号,名称,层级,类别,上级,年度,基准日,党员,职工"
STATEMENTS = 12


def table(*rows: str, heading: str = HEADING, encoding: str = "utf-8-sig") -> bytes:
    return "\n".join([heading, *rows]).encode(encoding)


@pytest.fixture
def take(session, clock):
    """Plans and stores a file."""

    def taken(data: bytes, name: str = "units.csv", **choices):
        plan = plan_units(session, data, name, **choices)
        store_units(session, plan, top=None, by=COMMAND_LINE, clock=clock)
        return plan

    return taken


@pytest.fixture
def faults(session):
    """What is said of a file that cannot be taken."""

    def told(data: bytes, **choices) -> list[str]:
        with pytest.raises(WholeFileError) as refused:
            plan_units(session, data, "units.csv", **choices)
        return [str(problem) for problem in refused.value.problems]

    return told


def everything(session) -> list[list[str]]:
    """The whole organisation as rows."""
    units = [unit for top in services.top_units(session) for unit in services.subtree(session, top)]
    return unit_rows(session, units, year=None, chinese=False)


def unit(session, code: str) -> Unit:
    return services.unit_by_code(session, code)


def test_a_whole_organisation_comes_in_with_rows_in_any_order(session, take):
    plan = take(
        table(
            "z1,第一党小组,党小组,,b1,,,,",
            "b1,第一党支部,支部,,gb,2026,2026年11月30日,12,5",
            "gb,总支,党总支,,c,,,,",
            "b2,第二党支部,党支部,Enterprise,c,２０２６,2026/11/30,１５,",
            "c,机关党委,committee,社区,w,,,,",
            "w,工委,工委,机关,,,,,",
            encoding="gb18030",
        )
    )
    assert plan.unit_counts == {Fate.ADDED: 6, Fate.CHANGED: 0, Fate.LEFT: 0}
    assert [member.code for member in services.subtree(session, unit(session, "w"))] == [
        "w",
        "c",
        "gb",
        "b1",
        "z1",
        "b2",
    ]
    assert unit(session, "z1").level is UnitLevel.GROUP
    assert unit(session, "b1").kind is UnitKind.COMMUNITY  # as the nearest unit above that says one
    assert unit(session, "b2").kind is UnitKind.ENTERPRISE
    numbers = session.execute(select(Eligibility.audience, Eligibility.people, Eligibility.reference_day)).all()
    assert sorted(map(tuple, numbers)) == [
        ("member", 12, date(2026, 11, 30)),
        ("member", 15, date(2026, 11, 30)),
        ("staff", 5, date(2026, 11, 30)),
    ]


def test_what_is_there_stays_where_a_cell_is_empty_and_changes_where_it_is_not(session, district, take):
    plan = take(
        table(
            f"education,教育局党支部,,,enterprises,{YEAR},,25,",
            f"finance,{district['finance'].name},,,,{YEAR},{REFERENCE_DAY},15,",
            "waterworks,,,enterprise,,,,,",
            f"new,新支部,branch,,organs,{YEAR},{REFERENCE_DAY},,7",
        )
    )
    assert {one.code: (one.fate, dict(one.before)) for one in plan.units} == {
        "education": (Fate.CHANGED, {"name": "Education", "parent": "organs"}),
        "finance": (Fate.LEFT, {}),
        "waterworks": (Fate.CHANGED, {"kind": "organ"}),
        "new": (Fate.ADDED, {}),
    }
    assert plan.number_counts == {Fate.ADDED: 1, Fate.CHANGED: 1, Fate.LEFT: 1}
    session.expire_all()
    assert (unit(session, "education").name, unit(session, "education").level) == ("教育局党支部", UnitLevel.BRANCH)
    below = [one.code for one in services.subtree(session, unit(session, "enterprises"))]
    assert below == ["enterprises", "waterworks", "education"]
    assert services.eligible_in(session, [unit(session, "education")], YEAR, "member") == {
        unit(session, "education").id: 25
    }
    entry = session.scalars(select(AuditEntry).where(AuditEntry.act == "unit.import")).one()
    assert {name: entry.detail[name] for name in ("added", "changed", "numbers")} == {
        "added": 1, "changed": 2, "numbers": 2,
    }  # fmt: skip


def test_every_fault_is_told_by_row_and_column_and_nothing_is_stored(session, district, faults):
    before = everything(session)
    told = faults(
        table(
            "n1,甲,branch,,nowhere,,,,",
            "n2,乙,支,,organs,,,,",
            "n3,,branch,,organs,,,,",
            "n4,丁,,,organs,,,,",
            f"education,,,,,{YEAR},{REFERENCE_DAY},-3,many",
            f"finance,,,,,{YEAR},2026-13-40,3,",
            "archive,,,,,26,,3,",
            "district,,,,,,,3,",
            f"education,,,,,{YEAR},{REFERENCE_DAY},5,",
            f"education,,,,,{YEAR},{REFERENCE_DAY},6,",
            "a b,戊,branch,,organs,,,,",
            ",己,branch,,organs,,,,",
            "n5,庚,branch,,waterworks,,,,",
            "enterprises,,branch,,,,,,",
        )
    )
    assert told == [
        "row 2, 上级: There is no unit “nowhere” of yours, neither here nor in the file.",
        "row 3, 层级: “支” is no level: works committee, party committee, general branch, branch or party group.",
        "row 4, 名称: “n3” is new and needs a name.",
        "row 5, 层级: “n4” is new and needs a level.",
        "row 6, 党员: -3 is not a number from 0 to 100000.",
        "row 6, 职工: “many” is not a whole number.",
        "row 7, 基准日: “2026-13-40” is no day such as 2026-11-30.",
        "row 8, 年度: “26” is no year such as 2026.",
        "row 9: The year that these numbers belong to is missing.",
        "row 11, 编号: “education” stands in row 10 already.",
        "row 12, 编号: “a b” is no code: letters, digits, dots and hyphens, at most 32.",
        "row 13, 编号: The code is missing.",
        "row 14, 层级: The level of “n5” is not below that of “waterworks”.",
        "row 15, 层级: The level of “waterworks” is not below that of “enterprises”.",
    ]
    assert everything(session) == before


def test_units_in_a_circle_are_told_each_at_its_row(district, faults):
    told = faults(
        table(
            "organs,,,,loop,,,,",
            "loop,环,committee,,ring,,,,",
            "ring,圈,committee,,organs,,,,",
            "x,外,branch,,loop,,,,",
        )
    )
    assert told == [
        "row 2, 上级: The units stand below each other in a circle: organs → loop → ring → organs",
        "row 3, 上级: The units stand below each other in a circle: organs → loop → ring → organs",
        "row 4, 上级: The units stand below each other in a circle: organs → loop → ring → organs",
    ]


def test_two_rows_that_say_different_things_of_one_unit_are_told(district, faults):
    told = faults(table("n,甲,branch,,organs,2025,2025-11-30,3,", "n,乙,branch,,organs,2026,2026-11-30,4,"))
    assert told == ["row 3, 名称: Another row says something else of “n” here."]


def test_numbers_need_a_day_unless_one_is_known(session, district, faults):
    told = faults(table(f"organs,,,,,{YEAR},,,4", f"finance,,,,,{YEAR},,16,"))
    assert told == ["row 2, 基准日: The reference day of the number of people is missing."]


def test_more_than_fifty_faults_are_all_listed(session, faults):
    assert len(faults(table(*[f"n{number},名,branch,,nowhere,,,," for number in range(80)]))) == 80


def test_units_outside_ones_own_are_neither_changed_nor_built_upon(session, district, faults, take):
    scope = {member.id for member in services.subtree(session, district["organs"])}
    told = faults(
        table(
            "waterworks,改名,,,,,,,",
            "education,,,,enterprises,,,,",
            "n,新,branch,,district,,,,",
            "m,新,committee,,,,,,",
        ),
        scope=scope,
    )
    assert told == [
        "row 2, 编号: “waterworks” is a unit outside yours.",
        "row 3, 上级: There is no unit “enterprises” of yours, neither here nor in the file.",
        "row 4, 上级: There is no unit “district” of yours, neither here nor in the file.",
        "row 5, 上级: “m” is new and needs a unit above it, one of yours.",
    ]
    take(table("organs,机关党委,,,district,,,,", "n,新,branch,,organs,,,,"), scope=scope)
    assert unit(session, "n").parent is unit(session, "organs")


def test_a_unit_that_has_ended_is_left_alone(session, district, clock, faults):
    end_unit(session, district["waterworks"], on=date(2026, 9, 1), by=COMMAND_LINE, clock=clock)
    end_unit(session, district["enterprises"], on=date(2026, 9, 1), by=COMMAND_LINE, clock=clock)
    told = faults(table("waterworks,新名,,,,,,,", "n,新,branch,,enterprises,,,,"))
    assert told == [
        "row 2, 编号: “waterworks” has ended. Please take that back first, or leave the row out.",
        "row 3, 上级: “enterprises”, the unit above, has ended.",
    ]
    assert "waterworks" not in [row[0] for row in everything(session)]


@pytest.mark.parametrize(("heading", "said"), [("名称,层级", "“code/编号” is missing"), ("编号,党员数", "党员数")])
def test_headings_that_are_not_known_are_told(faults, heading, said):
    assert said in faults(table("a,b", heading=heading))[0]


def test_samples_stay_samples(session, district, take, faults):
    district["organs"].is_sample = True
    session.flush()
    take(table("n,新,branch,,organs,,,,", "m,小组,group,,n,,,,"))
    assert unit(session, "m").is_sample
    assert "sample" in faults(table("waterworks,,,,organs,,,,"))[0]


@pytest.mark.parametrize("written", [(as_csv, "units.csv"), (as_xlsx, "units.xlsx")])
@pytest.mark.parametrize("chinese", [True, False])
def test_what_goes_out_comes_in_again_exactly(session, district, clock, take, fresh_session, written, chinese):
    names = ["=1+2", "'=quoted", "+86", "@home", "-", '带 空格,逗号"引号']
    for number, name in enumerate(names):
        services.create_unit(
            session, code=f"odd{number}", name=name, level=UnitLevel.GROUP, kind=UnitKind.SOCIAL,
            parent=district["education"], by=COMMAND_LINE, clock=clock,
        )  # fmt: skip
    for year, audience, day in ((2025, "member", date(2025, 11, 30)), (YEAR, "staff", date(2026, 9, 30))):
        services.set_eligible(
            session, district["education"], year=year, audience=audience, people=4, reference_day=day,
            by=COMMAND_LINE, clock=clock,
        )  # fmt: skip
    before = everything(session)
    write, name = written
    units = services.subtree(session, district["district"])
    data = write(unit_rows(session, units, year=None, chinese=chinese))
    assert {one.fate for one in plan_units(session, data, name).units} == {Fate.LEFT}
    assert plan_units(session, data, name).number_counts == {Fate.ADDED: 0, Fate.CHANGED: 0, Fate.LEFT: 7}
    plan = plan_units(fresh_session, data, name)
    store_units(fresh_session, plan, top=None, by=COMMAND_LINE, clock=clock)
    assert everything(fresh_session) == before


@pytest.fixture
def fresh_session(migrated_file, tmp_path):
    """Another, empty installation."""
    from sqlalchemy.orm import Session

    from survey_app.database import build_engine
    from tests.databases import copy_database

    with Session(build_engine(f"sqlite:///{copy_database(migrated_file, tmp_path / 'other.sqlite3')}")) as session:
        yield session


def test_a_workbook_keeps_what_looks_like_a_formula_as_text_and_numbers_as_numbers(session, district):
    district["education"].name = "=HYPERLINK(1)"
    units = services.subtree(session, district["organs"])
    book = as_xlsx(unit_rows(session, units, year=YEAR, chinese=True))
    sheet = CalamineWorkbook.from_filelike(BytesIO(book)).get_sheet_by_index(0).to_python()
    assert sheet[2][:2] == ["education", "=HYPERLINK(1)"]
    assert (sheet[2][5], sheet[2][7]) == (YEAR, 24)
    assert b"<f>" not in ZipFile(BytesIO(book)).read("xl/worksheets/sheet1.xml")
    assert b"'=HYPERLINK(1)" in as_csv(unit_rows(session, units, year=YEAR, chinese=True))


def test_the_export_of_a_year_has_one_row_for_each_unit(session, district):
    units = services.subtree(session, district["organs"])
    rows = unit_rows(session, units, year=2030, chinese=False)
    assert [row[0] for row in rows] == ["code", "organs", "education", "finance", "archive"]
    assert rows[1] == ["organs", "Organs", "committee", "organ", "district", "2030", "", "", ""]


def test_a_thousand_units_take_a_handful_of_statements(session, take):
    rows = ["w,工委,工委,,,,,,"] + [f"c{number},党委 {number},党委,,w,,,," for number in range(40)]
    rows += [f"b{number},支部 {number},支部,,c{number % 40},2026,2026-11-30,{number % 30},3" for number in range(960)]
    written = []
    event.listen(session.connection(), "before_cursor_execute", lambda *told: written.append(told[2]))
    take(table(*reversed(rows)))
    assert session.scalar(select(func.count()).select_from(Unit)) == 1001
    assert session.scalar(select(func.count()).select_from(Eligibility)) == 1920
    assert len(written) <= STATEMENTS, written
    changed = [row.replace(",3", ",4").replace("支部 ", "第 ") for row in rows]
    written.clear()
    plan = take(table(*changed))
    assert plan.unit_counts[Fate.CHANGED] == 960
    assert len(written) <= STATEMENTS, written
