"""The list of names: read with every fault by its row, kept apart from codes and backups, gone when the survey ends."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from random import Random

import pytest
from sqlalchemy import inspect, select, text

from survey_app import services
from survey_app.anonymity.facts import survey_facts
from survey_app.anonymity.fields import stored_fields
from survey_app.database import database_url, store_files
from survey_app.models import AccessMode, AuditEntry, RosterPerson, StateError
from survey_app.services import COMMAND_LINE
from survey_app.services.roster import (
    NoNamesNeeded,
    discard_roster,
    read_roster,
    roster_groups,
    roster_of,
    store_roster,
    units_by_word,
)
from survey_app.services.table_file import AnswersFileError
from tests.answering import count_and_seal
from tests.unit.app.voters import answer

NAME = "欧阳若水"


def file_of(*rows: str, heading: str = "单位编号,姓名,邮箱") -> bytes:
    return "\n".join([heading, *rows]).encode("gb18030")


@pytest.fixture
def words(session, district):
    return units_by_word(services.subtree(session, district["district"]))


@pytest.fixture
def listed(session, clock, words):
    """Stores rows of a file for a survey."""

    def stored(survey, *rows: str) -> int:
        people = read_roster(file_of(*rows), "names.csv", words, groups=roster_groups(session, survey))
        return store_roster(session, survey, people, by=COMMAND_LINE, clock=clock)

    return stored


def told(problem: pytest.ExceptionInfo[AnswersFileError]) -> list[str]:
    return [str(one) for one in problem.value.problems]


def test_names_come_from_a_chinese_file_by_code_or_by_the_name_of_the_unit(district, words):
    by_name = district["finance"].name
    rows = read_roster(file_of(f"education,{NAME},a@example.cn", f"{by_name},李 四,"), "名单.csv", words)
    assert [(row.unit_id, row.name, row.email) for row in rows] == [
        (district["education"].id, NAME, "a@example.cn"),
        (district["finance"].id, "李 四", ""),
    ]


def test_the_address_may_be_left_out(words):
    assert [row.email for row in read_roster(b"unit,name\neducation,Li", "names.csv", words)] == [""]


def test_every_fault_is_listed_by_its_row(words):
    rows = [
        "education,张三,",
        "nowhere,李四,",
        ",王五,",
        "education,,",
        "education,张三,",
        "education,123,",
        "finance,张三,no address",
    ]
    with pytest.raises(AnswersFileError) as refused:
        read_roster(file_of(*rows), "names.csv", words)
    assert told(refused) == [
        "row 3: There is no unit “nowhere” in this survey.",
        "row 4: The unit is missing.",
        "row 5: The name is missing.",
        "row 6: “张三” stands in row 2 already. Two people of one name need something to tell them by.",
        "row 7: “123” is no name of at most 40 characters.",
        "row 8: “no address” is not an e-mail address.",
    ]


def test_more_names_than_people_eligible_in_a_group_are_refused_at_the_row_too_many(session, district, words):
    draft = district.draft(access_mode=AccessMode.PERSONAL)
    rows = [f"finance,党员{number}," for number in range(15)] + [f"archive,退休{number}," for number in range(4)]
    with pytest.raises(AnswersFileError) as refused:
        read_roster(file_of(*rows), "names.csv", words, groups=roster_groups(session, draft))
    assert told(refused) == [f"row 20: {district['organs'].name} has 18 people eligible; this is number 19."]


@pytest.mark.parametrize(
    ("heading", "said"),
    [
        ("姓名,邮箱", "The column “unit/单位编号” is missing."),
        ("单位编号,编号,姓名", "2 columns are “unit”."),
        ("单位编号,姓名,身份证号", "The column “身份证号” is not known here."),
    ],
)
def test_headings_that_cannot_be_understood_are_told(words, heading, said):
    with pytest.raises(AnswersFileError, match=said):
        read_roster(file_of("a,b,c", heading=heading), "names.csv", words)


def test_a_new_list_takes_the_place_of_the_old_and_the_record_has_only_how_many(session, district, listed):
    draft = district.draft(access_mode=AccessMode.PERSONAL)
    listed(draft, f"education,{NAME},", "education,李四,")
    assert listed(draft, "finance,王五,w@example.cn") == 1
    assert [(person.name, person.email) for person in roster_of(session, draft)] == [("王五", "w@example.cn")]
    entries = session.scalars(select(AuditEntry).where(AuditEntry.act == "survey.store_roster")).all()
    assert [entry.detail for entry in entries] == [{"people": 2}, {"people": 1}]


def test_an_open_link_takes_no_names_and_a_closed_survey_none_any_more(session, district, listed, clock, secret):
    with pytest.raises(NoNamesNeeded):
        listed(district.draft(access_mode=AccessMode.OPEN), f"education,{NAME},")
    survey = district.draft()
    services.open_survey(session, survey, by=COMMAND_LINE, clock=clock, secret=secret)
    assert listed(survey, f"archive,{NAME},") == 1
    services.close_survey(session, survey, by=COMMAND_LINE, clock=clock)
    with pytest.raises(StateError):
        listed(survey, f"education,{NAME},")


def test_no_column_leads_from_a_name_to_a_code_or_an_answer(session):
    columns = {column["name"] for column in inspect(session.connection()).get_columns("roster_person", "roster_store")}
    assert columns == {"id", "survey_id", "unit_id", "name", "email"}
    assert not inspect(session.connection()).get_foreign_keys("roster_person", "roster_store")


def seal(session, survey, opened, clock, secret):
    answer(session, opened, "education", 12, secret=secret)
    services.close_survey(session, survey, by=COMMAND_LINE, clock=clock)
    clock.moment += timedelta(hours=1)
    count_and_seal(session, survey, opened.passphrases, clock=clock, secret=secret, rng=Random(5))


def withdraw(session, survey, _opened, clock, _secret):
    services.withdraw_survey(session, survey, reason="题目有误", by=COMMAND_LINE, clock=clock, copy=True)


@pytest.mark.parametrize("end", [seal, withdraw])
def test_no_name_is_left_in_any_file_once_the_survey_has_ended(
    session, district, listed, clock, secret, sqlite_url, end
):
    other, survey = district.draft("enterprises", access_mode=AccessMode.PERSONAL), district.draft()
    opened = services.open_survey(session, survey, by=COMMAND_LINE, clock=clock, secret=secret)
    listed(survey, *[f"education,{NAME}{number},{number}@example.cn" for number in range(24)])
    listed(other, "waterworks,留下的人,")
    session.commit()
    main = Path(str(database_url(sqlite_url).database))
    files = [main, *store_files(main).values()]
    assert [NAME.encode() in path.read_bytes() for path in files] == [path == files[-1] for path in files]
    end(session, survey, opened, clock, secret)
    session.commit()
    for path in files:
        data = path.read_bytes()
        assert NAME.encode() not in data
        assert b"@example.cn" not in data
    assert [person.name for person in session.scalars(select(RosterPerson))] == ["留下的人"]
    assert [fact.sentence for fact in survey_facts(session, survey) if fact.is_as_promised is False] == []


def test_discarding_the_draft_or_the_list_erases_the_names(session, district, listed, clock):
    draft, other = (district.draft(year=year, access_mode=AccessMode.PERSONAL) for year in (2026, 2027))
    with pytest.raises(AnswersFileError, match="Nobody is eligible"):
        listed(other, f"education,{NAME},")
    listed(draft, f"education,{NAME},")
    discard_roster(session, draft, by=COMMAND_LINE, clock=clock)
    assert roster_of(session, draft) == []
    listed(draft, f"education,{NAME},")
    services.discard_survey(session, draft, by=COMMAND_LINE, clock=clock)
    assert session.scalars(select(RosterPerson)).all() == []


def test_the_check_of_anonymity_explains_the_store_and_notices_a_column_too_many(session, district, listed):
    survey = district.draft(access_mode=AccessMode.PERSONAL)
    listed(survey, f"education,{NAME},")
    fields = {field.name: field.reason for field in stored_fields(session, survey)}
    assert "no code stands beside it" in fields["roster_store.roster_person.name"]
    assert "Names listed" in " ".join(fact.sentence for fact in survey_facts(session, survey))
    session.execute(text("ALTER TABLE roster_store.roster_person ADD COLUMN answered BOOLEAN"))
    unexplained = [field.name for field in stored_fields(session, survey) if not field.reason]
    assert unexplained == ["roster_store.roster_person.answered"]
