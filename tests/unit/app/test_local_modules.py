"""Common and local questions: a branch adds its own to a survey from above, and they are kept apart ever after."""

from __future__ import annotations

from random import Random

import pytest
from sqlalchemy import Engine, select, text, update
from sqlalchemy.exc import DatabaseError
from sqlalchemy.orm import Session

from instruments.loader import dump, load
from instruments.modules import module_problems, with_module
from instruments.rules import visible_items
from survey_app import services
from survey_app.errors import DatasetAltered, ModuleRefused, NothingToReport
from survey_app.models import AuditEntry, LocalDataset, LocalModule, StateError
from survey_app.services import COMMAND_LINE
from tests.answering import answer_all, count_and_seal
from tests.district import found_district
from tests.unit.app.small_questionnaire import CONTENT, SOURCE

LOCAL = """
schema: 1
code: own-questions
title: {zh_Hans: 本支部的问题}
audience: member
annual: false
minutes: 1
scales:
  satisfaction:
    levels:
      - {code: 2, label: {zh_Hans: 满意}}
      - {code: 1, label: {zh_Hans: 不满意}}
    satisfied: [2]
sections:
  - code: canteen
    title: {zh_Hans: 食堂}
    items:
      - code: canteen_food
        scale: satisfaction
        text: {zh_Hans: 您对食堂满意吗？}
      - code: canteen_words
        type: text
        required: false
        text: {zh_Hans: 食堂还缺什么？}
        visible_if: canteen_food == 1
"""
ANSWERS = {**CONTENT, "canteen_food": 2, "canteen_words": None}


@pytest.fixture
def common() -> str:
    return SOURCE.replace("audience: member", "audience: member\nlocal_items: 3", 1)


@pytest.fixture
def survey(session, clock, district, common):
    version = services.publish_instrument(session, common, by=COMMAND_LINE, clock=clock)
    draft = district.draft()
    draft.instrument = version
    session.commit()
    return draft


@pytest.fixture
def local(session, clock, district):
    return services.publish_instrument(session, LOCAL, unit=district["education"], by=COMMAND_LINE, clock=clock)


def add(session, clock, survey, unit, version):
    return services.add_module(session, survey, unit, version, by=COMMAND_LINE, clock=clock)


def opened_survey(session, clock, survey, secret):
    opened = services.open_survey(session, survey, by=COMMAND_LINE, clock=clock, secret=secret)
    session.commit()
    return opened


def group_of(survey, unit):
    return next(group for group in survey.groups if group.unit.code == unit)


def test_only_the_people_of_the_branch_are_asked_its_questions(session, clock, district, survey, local, secret):
    add(session, clock, survey, district["education"], local)
    opened_survey(session, clock, survey, secret)
    own = services.asked_of(session, survey, group_of(survey, "education"))
    others = services.asked_of(session, survey, group_of(survey, "waterworks"))
    assert [section.title.zh_Hans for section in own.sections][-1] == "Education：食堂"
    assert {"canteen_food", "canteen_words"} <= {item.code for item in own.items}
    assert others.by_code.keys() == services.instrument_of(survey).by_code.keys()
    assert own.minutes == others.minutes + 1


def test_the_answers_are_sealed_apart_and_nothing_joins_them(session, clock, district, survey, local, secret, rng):
    add(session, clock, survey, district["education"], local)
    opened = opened_survey(session, clock, survey, secret)
    sheets = [
        {**ANSWERS, "meetings": level, "canteen_food": 2 if level > 2 else 1, "canteen_words": str(level)}
        for level in [1, 2, 3, 4, 5] * 4
    ]
    sheets = [
        {**sheet, "canteen_words": sheet["canteen_words"] if sheet["canteen_food"] == 1 else None} for sheet in sheets
    ]
    answer_all(session, opened, "education", sheets, secret=secret)
    answer_all(session, opened, "waterworks", [CONTENT] * 10, secret=secret)
    services.close_survey(session, survey, by=COMMAND_LINE, clock=clock)
    count_and_seal(session, survey, opened.passphrases, clock=clock, secret=secret, rng=rng)
    session.commit()
    dataset = services.load_dataset(session, survey)
    assert dataset.rows == 30
    assert not {"canteen_food", "canteen_words"} & set(dataset.instrument.by_code)
    module = services.modules_of(session, survey)[0]
    own = services.datasets.load_local_dataset(session, module)
    assert own.rows == 20
    assert sorted(own.column("canteen_food")) == [1] * 8 + [2] * 12
    assert set(own.unit_codes()) == {"education"}
    assert sorted(own.texts["canteen_words"]["education"]) == ["1"] * 4 + ["2"] * 4
    both = zip(
        (
            level
            for level, unit in zip(dataset.column("meetings"), dataset.unit_codes(), strict=True)
            if unit == "education"
        ),
        own.column("canteen_food"),
        strict=True,
    )
    assert any((level > 2) is not (food == 2) for level, food in both)  # the same order would join every row
    report = services.local_report(session, module, district["education"])
    assert [item.code for item in report.items] == ["canteen_food"]
    common_codes = {item.code for item in services.report_for(session, survey, district["education"]).items}
    assert common_codes == {item.code for item in dataset.instrument.scored_items}
    assert [found.texts for found in report.comments] == [()], "nobody has decided on them yet"
    queue = services.comment_queue(session, survey, district["education"])
    found = {one.words.text: one.people for one in queue.comments if one.words.item == "canteen_words"}
    assert found == {"1": 4, "2": 4}
    above = services.comment_queue(session, survey, district["district"])
    assert [one for one in above.comments if one.words.item == "canteen_words"] == [], "the branch asked, it decides"


def test_of_fewer_than_five_answers_nothing_is_kept(session, clock, district, survey, local, secret, rng):
    add(session, clock, survey, district["education"], local)
    opened = opened_survey(session, clock, survey, secret)
    answer_all(session, opened, "education", [ANSWERS] * 4, secret=secret)
    answer_all(session, opened, "waterworks", [CONTENT] * 10, secret=secret)
    services.close_survey(session, survey, by=COMMAND_LINE, clock=clock)
    count_and_seal(session, survey, opened.passphrases, clock=clock, secret=secret, rng=rng)
    assert session.scalars(select(LocalDataset)).all() == []
    with pytest.raises(NothingToReport):
        services.local_report(session, services.modules_of(session, survey)[0], district["education"])


def test_all_envelopes_have_one_size_whether_or_not_there_are_local_questions(
    session, clock, district, survey, local, secret
):
    plain = services.open_survey(session, district.draft(), by=COMMAND_LINE, clock=clock, secret=secret)
    add(session, clock, survey, district["education"], local)
    opened_survey(session, clock, survey, secret)
    assert survey.envelope_size > plain.survey.envelope_size


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({}, ""),
        ({"code: canteen_food": "code: meetings", "canteen_food == 1": "meetings == 1"}, "taken by a common question"),
        ({"audience: member": "audience: staff"}, "another audience"),
        ({"scale: satisfaction": "scale: satisfaction\n        role: overall"}, "has a role"),
    ],
)
def test_what_cannot_follow_the_common_questions_is_said(common, change, words):
    changed = LOCAL
    for before, after in change.items():
        changed = changed.replace(before, after)
    problems = module_problems(load(common), load(changed))
    assert words in " ".join(problem.message for problem in problems)
    assert bool(problems) is bool(words)


def test_the_stated_length_is_kept(common):
    four = load(LOCAL.replace("sections:", "sections:" + "".join(more(code) for code in ("a", "b"))))
    assert "4 local questions are too many" in module_problems(load(common), four)[0].message
    assert "takes no local questions" in module_problems(load(SOURCE), load(LOCAL))[0].message
    with pytest.raises(ValueError, match="takes no local questions"):
        with_module(load(SOURCE), load(LOCAL), of="Education")


def more(code: str) -> str:
    return f"""
  - code: more_{code}
    title: {{zh_Hans: 更多}}
    items:
      - {{code: more_{code}, type: text, text: {{zh_Hans: 还有吗？}}}}"""


def test_the_joint_sheet_asks_as_each_questionnaire_would_alone(common):
    joint = with_module(load(common), load(LOCAL), of="Education")
    asked = {item.code for item in visible_items(joint, {"canteen_food": 1})}
    assert "canteen_words" in asked
    assert "canteen_words" not in {item.code for item in visible_items(joint, {"canteen_food": 2})}
    assert joint.scale_of(joint.by_code["canteen_food"]).codes == (1, 2)
    assert joint.scale_of(joint.by_code["meetings"]) == load(common).scale_of(load(common).by_code["meetings"])
    assert load(dump(load(common))).local_items == 3


def test_nobody_is_asked_the_questions_of_two_units(session, clock, district, survey, local):
    add(session, clock, survey, district["education"], local)
    with pytest.raises(ModuleRefused) as refusal:
        add(session, clock, survey, district["organs"], local)
    assert refusal.value.reason == "overlap"
    with pytest.raises(ModuleRefused) as refusal:
        add(session, clock, survey, district["district"], local)
    assert refusal.value.reason == "elsewhere"


def test_a_unit_too_small_to_be_shown_is_named_before_opening(session, clock, district, survey, local, secret):
    add(session, clock, survey, district["archive"], local)
    session.commit()
    with pytest.raises(ModuleRefused) as refusal:
        services.open_survey(session, survey, by=COMMAND_LINE, clock=clock, secret=secret)
    assert refusal.value.values == {"unit": "Archive"}
    session.rollback()
    services.remove_module(session, services.modules_of(session, survey)[0], by=COMMAND_LINE, clock=clock)
    services.open_survey(session, survey, by=COMMAND_LINE, clock=clock, secret=secret)


def test_what_is_done_to_local_questions_is_written_down_and_over_once_the_survey_opens(
    session, clock, district, survey, local, secret
):
    module = add(session, clock, survey, district["education"], local)
    opened_survey(session, clock, survey, secret)
    with pytest.raises(StateError):
        services.remove_module(session, module, by=COMMAND_LINE, clock=clock)
    with pytest.raises(StateError):
        add(session, clock, survey, district["waterworks"], local)
    assert "survey.add_module" in session.scalars(select(AuditEntry.act)).all()


def test_the_database_keeps_the_local_questions_of_an_opened_survey(either_database: Engine, clock, secret, common):
    with Session(either_database) as session:
        district = found_district(session, clock)
        draft = district.draft()
        draft.instrument = services.publish_instrument(session, common, by=COMMAND_LINE, clock=clock)
        local = services.publish_instrument(session, LOCAL, by=COMMAND_LINE, clock=clock)
        add(session, clock, draft, district["education"], local)
        services.open_survey(session, draft, by=COMMAND_LINE, clock=clock, secret=secret, rng=Random(1))
        session.commit()
        for statement in (
            "delete from local_module",
            "update local_module set instrument_sha256 = 'x'",
            "update local_module set survey_id = (select id from survey where state = 'draft')",
            "insert into local_module "
            "select survey_id, (select id from unit where code = 'waterworks'), instrument_sha256 from local_module",
        ):
            with pytest.raises(DatabaseError, match="fixed"):
                session.execute(text(statement))
            session.rollback()


def test_a_withdrawn_survey_leaves_its_copy_the_local_questions(session, clock, district, survey, local, secret):
    add(session, clock, survey, district["education"], local)
    opened_survey(session, clock, survey, secret)
    copy = services.withdraw_survey(session, survey, reason="错字", by=COMMAND_LINE, clock=clock, copy=True)
    assert [module.unit.code for module in services.modules_of(session, copy)] == ["education"]
    services.discard_survey(session, copy, by=COMMAND_LINE, clock=clock)
    session.commit()
    assert session.scalars(select(LocalModule.survey_id)).all() == [survey.id]


def test_sealed_local_data_that_were_altered_are_found(session, clock, district, survey, local, secret, rng):
    add(session, clock, survey, district["education"], local)
    opened = opened_survey(session, clock, survey, secret)
    answer_all(session, opened, "education", [ANSWERS] * 12, secret=secret)
    services.close_survey(session, survey, by=COMMAND_LINE, clock=clock)
    count_and_seal(session, survey, opened.passphrases, clock=clock, secret=secret, rng=rng)
    session.execute(update(LocalDataset).values(parquet=b"PAR1 something else"))
    session.expire_all()
    with pytest.raises(DatasetAltered):
        services.local_report(session, services.modules_of(session, survey)[0], district["education"])
