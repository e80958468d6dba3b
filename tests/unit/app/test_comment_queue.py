"""Comments of a sealed survey: only the committee reads them before it has decided, and what then stands where."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path
from random import Random
from urllib.parse import quote
from uuid import UUID

import pytest
from openpyxl import load_workbook
from sqlalchemy import func, select

from analysis.themes import DEFAULT_THEMES
from survey_app import services
from survey_app.errors import QuotationRefused
from survey_app.extensions import db
from survey_app.models import AuditEntry, CommentDecision, Survey, Unit
from survey_app.services.results import report_unreviewed
from survey_app.services.rules import rules_of
from tests.answering import cast, count_and_seal
from tests.committee_world import World, answers_of, make_survey
from tests.databases import copy_database
from tests.page_checks import check_page, elements, text_of
from tests.visitor import Visitor

BY = services.COMMAND_LINE
TOLD = "找张卫东师傅报销，电话13800138000常打不通。"
SAID = {
    "A": ["食堂不满意。", "活动经费太少。", "报销手续太慢。", "补贴何时发？", TOLD, "多走访困难职工。"],
    "B": ["学习材料早点发。", "培训太多。", "会议太长。", "没有意见。", "没有意见。", "公示栏旧了。"],
}


def sealed_with(world: World, said: Mapping[str, Sequence[str]], *, year: int = 2025, unit: str = "C1") -> UUID:
    """A survey of staff that nine in ten answered; the first of each branch wrote these."""
    standing = world.app.config["CLOCK"]
    with world.app.app_context():
        now, standing.moment = standing.moment, datetime(year, 11, 30, 12, tzinfo=UTC)
        survey = make_survey(world, unit, year=year, audience="staff")
        secret, instrument = world.app.config["INSTALLATION_SECRET"], services.instrument_of(survey)
        opened = services.open_survey(db.session, survey, by=BY, clock=standing, secret=secret)
        question = instrument.text_items[0].code
        rng = Random(4)
        for group in survey.groups:
            texts = [text for code in (group.unit.code, *group.folded_units) for text in said.get(code, ())]
            for position in range(round(0.9 * len(opened.codes[group.slug]))):
                answers = {**answers_of(instrument, rng), question: texts.pop(0) if texts else None}
                cast(db.session, survey, group, opened.codes[group.slug][position], answers, secret=secret)
        services.close_survey(db.session, survey, by=BY, clock=standing)
        count_and_seal(db.session, survey, opened.passphrases, clock=standing, secret=secret, rng=Random(3))
        standing.moment = now
        db.session.commit()
        return survey.id


def queue_of(world: World, survey: UUID, unit: str = "C1") -> str:
    return f"/committee/comments/{survey}/{world.units[unit]}"


def result_of(world: World, survey: UUID, unit: str = "C1") -> str:
    return f"/committee/results/{survey}/{world.units[unit]}"


def everything_shown(world: World, survey: UUID, unit: str = "C1") -> str:
    """The result page, its workbook and its JSON in one text."""
    visitor = world.as_user("assessor" if unit == "C1" else "branch secretary")
    page = visitor.get(result_of(world, survey, unit)).text
    data = visitor.client.get(f"{result_of(world, survey, unit)}/export/json").text
    book = load_workbook(BytesIO(visitor.client.get(f"{result_of(world, survey, unit)}/export/workbook").data))
    cells = [str(cell.value) for sheet in book for row in sheet.iter_rows() for cell in row]
    return "\n".join([page, json.dumps(json.loads(data), ensure_ascii=False), *cells])


def key_of(visitor: Visitor, queue: str, words: str, *, show: str = "waiting") -> str:
    """The address of the comment whose words begin so."""
    page = visitor.page(f"{queue}?show={show}")
    found = [link for link in elements(page, "a") if words in text_of(link)]
    assert len(found) == 1, f"{words}: {len(found)}"
    return str(found[0].get("href"))


def keys_on(visitor: Visitor, queue: str) -> dict[str, str]:
    """Words as proposed -> what ticking them sends."""
    labels = elements(visitor.page(queue), "label")
    ticked = [(text_of(label), box) for label in labels for box in elements(label, "input")]
    return {words: str(box.get("value")) for words, box in ticked if box.get("type") == "checkbox"}


def report_of(world: World, survey: UUID, unit: str = "C1"):
    return services.report_for(
        db.session, db.session.get_one(Survey, survey), db.session.get_one(Unit, world.units[unit])
    )


def texts_of(world: World, survey: UUID, unit: str) -> list[str]:
    return [text for found in report_of(world, survey, unit).comments for text in found.texts]


def decide(world: World, survey: UUID, text: str, *, themes: Sequence[str] = (), unit: str = "C1", reason=None) -> None:
    """Release a comment as it stands, or withhold it for a reason."""
    clock = world.app.config["CLOCK"]
    found, at = db.session.get_one(Survey, survey), db.session.get_one(Unit, world.units[unit])
    queue = services.comment_queue(db.session, found, at)
    words = next(one.words for one in queue.comments if one.words.text == text)
    if reason is not None:
        services.withhold_comment(db.session, found, at, words, reason=reason, themes=themes, by=BY, clock=clock)
    else:
        released = [services.Release(words, text, tuple(themes))]
        services.release_comments(db.session, found, at, released, by=BY, clock=clock)
    db.session.commit()


SEALED: dict[str, tuple[Path, UUID]] = {}
"""The database in which `SAID` has been said, made once."""


@pytest.fixture
def survey(world: World, tmp_path_factory: pytest.TempPathFactory) -> UUID:
    own = Path(world.app.config["DATABASE_URL"].removeprefix("sqlite:///"))
    if "said" not in SEALED:
        made = sealed_with(world, SAID)
        world.app.extensions["engine"].dispose()
        SEALED["said"] = copy_database(own, tmp_path_factory.mktemp("said") / "said.sqlite3"), made
    kept, made = SEALED["said"]
    world.app.extensions["engine"].dispose()
    own.unlink()
    copy_database(kept, own)
    return made


def test_before_anybody_has_decided_no_comment_stands_anywhere_but_in_the_queue(world: World, survey: UUID):
    shown = everything_shown(world, survey)
    assert [text for texts in SAID.values() for text in texts if text in shown] == []
    assert "12 comments were written; the committee has approved none for reading yet." in shown
    waiting = world.as_user("committee_member").text(queue_of(world, survey))
    assert all(text in waiting for text in ("食堂不满意。", "公示栏旧了。"))
    assert "written by 2 people" in waiting


def test_ticked_comments_are_read_as_proposed_and_the_others_wait(world: World, survey: UUID):
    member, queue = world.as_user("committee_member"), queue_of(world, survey)
    assert "11 comments wait" in member.text(result_of(world, survey))
    keys = keys_on(member, queue)
    assert "找〔姓名〕师傅报销，电话〔电话〕常打不通。" in keys
    chosen = [key for words, key in keys.items() if words.startswith(("找〔", "食堂"))]
    assert member.submit(queue, to=queue, chosen=chosen).status_code == 302
    shown = everything_shown(world, survey)
    assert "找〔姓名〕师傅报销，电话〔电话〕常打不通。" in shown
    assert "食堂不满意。" in shown
    assert not re.search("张卫东|13800138000|报销手续|没有意见", shown)
    assert "9 comments wait" in member.text(result_of(world, survey))
    assert len(keys_on(member, queue)) == 9


def test_a_quotation_may_lose_words_but_gain_none(world: World, survey: UUID):
    member, queue = world.as_user("committee_member"), queue_of(world, survey)
    address = key_of(member, queue, "食堂不满意")
    for falsified in ("食堂满意。", "食堂很不满意。", "×××", ""):
        refused = member.submit(address, to=None, act="release", shown=falsified)
        assert refused.status_code == 422
        assert falsified in text_of(check_page(refused.text))
    assert "食堂" not in everything_shown(world, survey)
    assert member.submit(address, act="release", shown="食堂×××满意。").status_code == 302
    assert "食堂×××满意。" in everything_shown(world, survey)


def test_what_is_withheld_stands_nowhere_and_can_wait_again(world: World, survey: UUID):
    member, queue = world.as_user("committee_member"), queue_of(world, survey)
    address = key_of(member, queue, "会议太长")
    assert member.submit(address, act="withhold").status_code == 422  # no reason
    assert member.submit(address, act="withhold", reason="insult").status_code == 302
    assert "会议太长" not in everything_shown(world, survey)
    assert "It insults somebody" in member.text(f"{queue}?show=withheld")
    assert member.submit(address, act="release", shown="会议太长。").status_code == 302
    assert "会议太长。" in everything_shown(world, survey)
    assert member.submit(address, to=f"{address}/undo").status_code == 302
    assert "会议太长" not in everything_shown(world, survey)
    assert "会议太长。" in keys_on(member, queue)


def test_what_a_branch_approves_stands_in_its_own_result_until_the_unit_above_approves_it_too(
    world: World, survey: UUID
):
    branch, queue = world.as_user("branch secretary"), queue_of(world, survey, "A")
    assert not set(SAID["B"]) & set(keys_on(branch, queue))
    key = keys_on(branch, queue)["活动经费太少。"]
    assert branch.submit(queue, to=queue, chosen=key).status_code == 302
    assert "活动经费太少。" in everything_shown(world, survey, "A")
    assert "活动经费太少。" not in everything_shown(world, survey)
    member, above = world.as_user("committee_member"), queue_of(world, survey)
    assert "approved by 住建局第一党支部" in member.text(above)
    assert member.submit(above, to=above, chosen=keys_on(member, above)["活动经费太少。"]).status_code == 302
    assert "活动经费太少。" in everything_shown(world, survey)


def test_what_the_unit_above_approves_stands_in_the_branch_which_may_still_withhold_it_everywhere(
    world: World, survey: UUID
):
    with world.app.app_context():
        decide(world, survey, "活动经费太少。")
    assert "活动经费太少。" in everything_shown(world, survey, "A")
    assert "活动经费太少。" not in keys_on(world.as_user("branch secretary"), queue_of(world, survey, "A"))
    with world.app.app_context():
        decide(world, survey, "活动经费太少。", unit="A", reason=services.CommentReason.RECOGNISABLE)
    assert "活动经费太少。" not in everything_shown(world, survey, "A") + everything_shown(world, survey)
    withheld = world.as_user("committee_member").text(f"{queue_of(world, survey)}?show=withheld")
    assert "not shown: so decided by 住建局第一党支部" in withheld


def test_nothing_a_branch_does_brings_back_what_the_unit_above_withheld(world: World, survey: UUID):
    with world.app.app_context():
        decide(world, survey, "活动经费太少。", reason=services.CommentReason.INSULT)
    branch, queue = world.as_user("branch secretary"), queue_of(world, survey, "A")
    address = key_of(branch, queue, "活动经费太少", show="withheld")
    assert "whatever is decided here" in branch.text(address)
    for act in (
        lambda: branch.submit(address, act="release", shown="活动经费太少。"),
        lambda: branch.submit(address, to=f"{address}/undo"),
    ):
        assert act().status_code == 302
        assert "The comment is not shown." in branch.text(queue)
        assert "活动经费太少。" not in everything_shown(world, survey) + everything_shown(world, survey, "A")
    assert "活动经费太少。" not in keys_on(branch, queue)


def test_a_branch_that_withholds_decides_nothing_on_the_same_words_of_its_neighbour(world: World):
    survey = sealed_with(world, {"A": [*SAID["A"], "没有意见。"], "D": SAID["B"]}, unit="W")
    with world.app.app_context():
        for unit in ("D", "W"):
            decide(world, survey, "没有意见。", unit=unit)
        assert [len(texts_of(world, survey, unit)) for unit in ("A", "D", "W")] == [1, 2, 3]
        decide(world, survey, "没有意见。", unit="A", reason=services.CommentReason.SAYS_NOTHING)
        assert [len(texts_of(world, survey, unit)) for unit in ("A", "D", "W")] == [0, 2, 0]


def test_what_a_branch_took_out_is_proposed_to_the_unit_above(world: World, survey: UUID):
    branch, queue = world.as_user("branch secretary"), queue_of(world, survey, "A")
    assert branch.submit(key_of(branch, queue, "食堂不满意"), act="release", shown="×××不满意。").status_code == 302
    assert "×××不满意。" in keys_on(world.as_user("committee_member"), queue_of(world, survey))


def test_who_does_not_keep_the_plan_reads_nothing_and_is_led_nowhere(world: World, survey: UUID):
    for role in ("assessor", "scrutineer", "administrator"):
        assert world.as_user(role).get(queue_of(world, survey)).status_code == 403
    assert world.as_user("branch secretary").get(queue_of(world, survey)).status_code == 404
    assert world.as_user("stranger").get(queue_of(world, survey)).status_code == 404
    assert "/committee/comments" not in world.as_user("assessor").get(result_of(world, survey)).text
    assert world.as_user("committee_member").get(f"/committee/comments/themes/{world.units['C1']}").status_code == 403


def test_of_fewer_than_five_comments_nothing_is_told_to_anybody(world: World):
    survey = sealed_with(world, {"A": SAID["A"][:4]})
    shown = everything_shown(world, survey) + everything_shown(world, survey, "A")
    assert [text for text in SAID["A"][:4] if text in shown] == []
    assert "comments were written" not in shown
    for role, unit in (("secretary", "C1"), ("branch secretary", "A")):
        page = world.as_user(role).text(queue_of(world, survey, unit))
        assert "There is no comment to decide on." in page
        assert [text for text in SAID["A"] if text in page] == []


def test_a_unit_counted_with_others_does_not_decide_on_what_they_wrote(world: World):
    survey = sealed_with(world, {**SAID, "T": ["退休支部的话。"]})
    with world.app.app_context():
        at = db.session.get_one(Survey, survey)
        queue = services.comment_queue(db.session, at, db.session.get_one(Unit, world.units["T"]))
        assert queue.comments == ()
        assert queue.decided_by == "云汀区住建局机关党委"
    page = world.as_user("secretary").text(queue_of(world, survey, "T"))
    assert "The comments are decided on by 云汀区住建局机关党委." in page
    assert "食堂" not in page


def test_themes_go_by_what_the_committee_chose_and_elsewhere_by_keywords(world: World, survey: UUID):
    with world.app.app_context():
        asked = next(found for found in report_of(world, survey).comments if found.themes)
        assert {theme.title: theme.people for theme in asked.themes} == {"经费保障": 3}, "told of 4"
        assert asked.coded == 0
        decide(world, survey, "报销手续太慢。", themes=["形式负担"])
        decide(world, survey, "会议太长。", themes=["形式负担"])
        decide(world, survey, "培训太多。", themes=["形式负担"], reason=services.CommentReason.INSULT)
        asked = next(found for found in report_of(world, survey).comments if found.themes)
        assert {theme.title: theme.people for theme in asked.themes} == {"经费保障": 3, "形式负担": 3}
        assert dict(zip(asked.texts, asked.themes_of, strict=True)) == {
            "报销手续太慢。": ("形式负担",),
            "会议太长。": ("形式负担",),
        }
        decide(world, survey, "活动经费太少。")
        asked = next(found for found in report_of(world, survey).comments if found.themes)
        assert [theme.title for theme in asked.themes] == ["形式负担"], "of two people a theme is not named"
    page = world.as_user("assessor").text(result_of(world, survey))
    assert "Most often they speak of “形式负担” (3 people or more)." in page
    assert "chosen the themes of 4 comments; those of the other 8 were found by keywords." in page
    assert "经费保障" not in page


def test_words_that_nobody_approved_are_not_counted_either(world: World):
    survey = sealed_with(world, {"A": [f"张卫东不公道{number}" for number in "一二三四五六"]})
    assert "张卫东" not in everything_shown(world, survey)


def test_the_record_of_acts_tells_what_was_done_and_nothing_that_was_written(world: World, survey: UUID):
    member, queue = world.as_user("committee_member"), queue_of(world, survey)
    member.submit(queue, to=queue, chosen=[*keys_on(member, queue).values()][:2])
    member.submit(key_of(member, queue, "会议太长"), act="withhold", reason="insult")
    with world.app.app_context():
        acts = db.session.scalars(select(AuditEntry).order_by(AuditEntry.number.desc()).limit(2)).all()
        hashes = db.session.scalars(select(CommentDecision.text_sha256)).all()
        assert [(act.act, act.detail["comments"]) for act in acts] == [("comment.withhold", 1), ("comment.release", 2)]
        told = " ".join(f"{act.object_id} {act.detail}" for act in acts)
        assert [text for texts in SAID.values() for text in texts if text in told] == []
        assert [hash_ for hash_ in hashes if hash_ in told] == []
    assert "Comments approved" in world.as_user("assessor").text("/committee/audit")


def test_a_unit_writes_its_own_themes_and_every_wrong_line_is_named(world: World, survey: UUID):
    secretary, address = world.as_user("secretary"), f"/committee/comments/themes/{world.units['C1']}"
    refused = secretary.submit(address, to=None, source="食堂: 食堂\n没有冒号\n食堂: 饭菜")
    words = text_of(check_page(refused.text))
    assert refused.status_code == 422
    assert "Line 2: there is no colon after the theme" in words
    assert "Line 3: this theme is there already" in words
    assert secretary.submit(address, source="食堂: 食堂, 饭菜\n").status_code == 302
    with world.app.app_context():
        branch = db.session.get_one(Unit, world.units["A"])
        assert [rule.title for rule in services.themes_for(db.session, branch)] == ["食堂"]
        assert rules_of(db.session.get_one(Survey, survey)).themes[0].title in DEFAULT_THEMES  # opened before
    page = world.as_user("branch secretary").text(queue_of(world, survey, "A"))
    assert "食堂不满意。 食堂" in page  # proposed at once
    assert secretary.submit(address, to=f"{address}/drop").status_code == 302
    with world.app.app_context():
        assert services.theme_source(db.session, db.session.get_one(Unit, world.units["A"])) == (DEFAULT_THEMES, None)


def test_a_survey_keeps_the_themes_that_held_when_it_opened(world: World):
    with world.app.app_context():
        unit, clock = db.session.get_one(Unit, world.units["C1"]), world.app.config["CLOCK"]
        services.keep_themes(db.session, unit, "食堂: 食堂, 饭菜\n", by=BY, clock=clock)
        db.session.commit()
    survey = sealed_with(world, {"A": ["食堂一", "食堂二", "食堂三", "别的", "其他"]})
    with world.app.app_context():
        unit = db.session.get_one(Unit, world.units["C1"])
        services.keep_themes(db.session, unit, "别的: 别的\n", by=BY, clock=world.app.config["CLOCK"])
        asked = next(found for found in report_of(world, survey).comments if found.themes)
        assert [(theme.title, theme.people) for theme in asked.themes] == [("食堂", 3)]


HOSTILE = (
    "<script>alert(1)</script>", "</textarea><b>粗</b>", '" onfocus="x', "{{ 7*7 }}", "\u202e倒过来\u2066", "=1+1",
    "长" * 500, "a\r\n\r\nb\tc", "\u200b零宽", "😀👨\u200d👩\u200d👧",
)  # fmt: skip


def test_whatever_was_written_stays_text_and_can_be_decided_on(world: World):
    survey = sealed_with(world, {"A": HOSTILE})
    secretary, queue = world.as_user("branch secretary"), queue_of(world, survey, "A")
    keys = keys_on(secretary, queue)
    assert len(keys) == len(HOSTILE)
    for key in keys.values():
        address = f"{queue}/{quote(key)}"
        page = secretary.page(address)
        assert len(list(elements(page, "script"))) == len(list(elements(secretary.page(queue), "script")))
        assert secretary.submit(address, act="release").status_code == 302, key  # as the form came
    shown = secretary.get(result_of(world, survey, "A")).text
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in shown
    assert "<script>alert" not in shown


def test_a_long_queue_is_read_page_by_page_with_as_many_questions_to_the_database(world: World, monkeypatch):
    from survey_app.web import comment_page

    survey = sealed_with(world, SAID)
    member, queue = world.as_user("committee_member"), queue_of(world, survey)
    member.page(queue)
    before = queries(world, member, queue)
    monkeypatch.setattr(comment_page, "PAGE_SIZE", 4)
    assert queries(world, member, queue) == before
    assert [len(keys_on(member, f"{queue}?page={page}")) for page in (1, 2, 3)] == [4, 4, 3]
    assert "Page 3 of 3" in member.text(f"{queue}?page=99")


def queries(world: World, visitor: Visitor, path: str) -> int:
    from sqlalchemy import event

    asked: list[str] = []

    def count(_connection, _cursor, statement, *_rest):
        asked.append(statement)

    engine = world.app.extensions["engine"]
    event.listen(engine, "before_cursor_execute", count)
    visitor.page(path)
    event.remove(engine, "before_cursor_execute", count)
    return len(asked)


def test_refused_words_change_nothing(world: World, survey: UUID):
    with world.app.app_context():
        at, unit = db.session.get_one(Survey, survey), db.session.get_one(Unit, world.units["C1"])
        words = services.comment_queue(db.session, at, unit).comments[0].words
        with pytest.raises(QuotationRefused):
            services.release_comments(
                db.session, at, unit, [services.Release(words, "另写一句。")], by=BY, clock=world.app.config["CLOCK"]
            )
        assert db.session.scalar(select(func.count()).select_from(CommentDecision)) == 0


def test_the_report_for_those_who_decide_is_the_only_one_with_everything(world: World, survey: UUID):
    with world.app.app_context():
        at, unit = db.session.get_one(Survey, survey), db.session.get_one(Unit, world.units["C1"])
        whole = report_unreviewed(db.session, at, unit)
        cut = services.comments_to_show(db.session, at, whole)
        assert sum(len(found.texts) for found in whole.comments) == 12
        assert sum(len(found.texts) for found in cut.comments) == 0
        assert services.comments_to_show(db.session, at, cut) is cut
        assert services.report_for(db.session, at, unit) is services.report_for(db.session, at, unit)
