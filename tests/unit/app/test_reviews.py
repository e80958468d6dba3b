"""The management review: an agenda from the results, what was decided, signatures, and minutes nobody changes later."""

from __future__ import annotations

import json
import zlib
from collections.abc import Iterator
from datetime import date, timedelta
from hashlib import sha256
from io import BytesIO

import pytest
from docx import Document
from docx.oxml.ns import qn
from sqlalchemy import select, update

from survey_app.exports.minutes import Minutes, MinutesPoint, minutes_document
from survey_app.extensions import db
from survey_app.models import (
    Action,
    AgendaPoint,
    AuditEntry,
    Dataset,
    PointKind,
    Review,
    ReviewedResult,
    ReviewSignature,
    StationKind,
    User,
)
from survey_app.services.calendar import stations_of
from survey_app.services.reviewed import Meeting, content_hash, is_unaltered, kept_report, results_today
from survey_app.services.reviews import (
    ReviewRefused,
    Said,
    add_point,
    change_point,
    change_review,
    discard_review,
    move_point,
    remove_point,
    sign_review,
)
from tests.committee_world import World
from tests.page_checks import elements, parsed, text_of
from tests.visitor import Visitor

DECISION = "每季度第一个月公布党费使用情况"


@pytest.fixture
def inside(world: World) -> Iterator[World]:
    with world.app.app_context():
        yield world


def review_of(world: World) -> Review:
    return db.session.get_one(Review, world.reviews["C1"])


def user(world: World, name: str) -> User:
    return db.session.get_one(User, world.users[name])


def acting(world: World, name: str = "secretary") -> dict[str, object]:
    return {"by": user(world, name), "clock": world.app.config["CLOCK"]}


def fill_in(world: World, review: Review) -> None:
    meeting = Meeting(date(2026, 12, 8), "三楼会议室", "陆文谦", "顾一鸣", 5, 4, "机关党委", "逐条落实。")
    change_review(db.session, review, meeting, **acting(world))
    said = Said("回收情况", "有人出差。", DECISION, "顾一鸣", date(2027, 3, 31))
    change_point(db.session, review.points[0], said, **acting(world))


def sign(world: World, review: Review, name: str) -> bool:
    return sign_review(db.session, review, agreed=content_hash(review), **acting(world, name))


def path(world: World, step: str = "") -> str:
    return f"/committee/reviews/minutes/{world.reviews['C1']}{step}"


# ---- the agenda ----


def test_the_agenda_is_filled_in_from_the_results_point_by_point(world: World):
    secretary = world.as_user("secretary")
    secretary.submit(path(world, "/discard"))
    started = secretary.submit(f"/committee/reviews/{world.units['C1']}/new", year="2025", held_on="2026-12-08")
    assert started.status_code == 302
    shown = secretary.page(started.location)
    headings = [text_of(heading) for heading in elements(shown, "h2")]
    assert headings[1:9] == [
        "1. Returns and participation",
        "2. Quality objectives",
        "3. Satisfaction of the year",
        "4. Changes against the year before",
        "5. What to work on first",
        "6. What people wrote",
        "7. Actions of last year",
        "8. Sub-units",
    ]
    text = text_of(shown)
    assert "29 people were eligible, 29 ballots were issued, 27 came back, 27 of them valid." in text
    assert "总体满意率不低于 90%" in text
    assert "it is among those with the lowest rates" in text
    assert "No action of last year is verified by this survey." in text
    assert "exactly the one that was reviewed" in text


def test_a_second_review_of_a_year_waits_for_the_first_to_be_signed(world: World):
    refused = world.as_user("secretary").submit(
        f"/committee/reviews/{world.units['C1']}/new", year="2025", held_on="2026-12-08"
    )
    assert refused.status_code == 422
    assert "already begun and not yet signed" in refused.text


def test_a_unit_without_a_result_has_nothing_to_review(world: World):
    with world.app.app_context():
        db.session.delete(review_of(world))
        db.session.commit()
    listed = world.as_user("secretary").text(f"/committee/reviews/{world.units['C1']}")
    assert "No result has been reviewed yet." in listed
    assert "Start a review" in listed
    assessor = world.as_user("assessor")
    assert "Start a review" not in assessor.text(f"/committee/reviews/{world.units['C1']}")


def test_what_people_wrote_is_not_kept_with_the_figures(inside: World):
    result = review_of(inside).results[0]
    response = Visitor(inside.as_user("assessor").client).get(path(inside, f"/results/{result.survey_id}.json"))
    assert sha256(response.data).hexdigest() == result.sha256
    kept = json.loads(response.data)
    assert kept["comments"] == []
    assert kept["roster"]["returned"] == 27


# ---- filling in ----


def test_the_head_and_the_decisions_are_written_down(world: World):
    secretary = world.as_user("secretary")
    secretary.submit(path(world, "/meeting"), place="三楼会议室", chair="陆文谦", expected="5", present="4")
    with world.app.app_context():
        first = review_of(world).points[0].id
    secretary.submit(
        f"/committee/reviews/points/{first}",
        decision=DECISION, responsible="顾一鸣", due="2027-03-31", action=str(world.actions["sealed"]),
    )  # fmt: skip
    text = secretary.text(path(world))
    for told in ("三楼会议室", "陆文谦", DECISION, "顾一鸣", "2027-03-31", "Action of the improvement plan"):
        assert told in text


def test_no_more_people_are_there_than_should_be(world: World):
    refused = world.as_user("secretary").submit(path(world, "/meeting"), expected="4", present="5")
    assert refused.status_code == 422
    assert "others are guests" in refused.text


def test_an_action_of_another_unit_is_not_linked(world: World):
    with world.app.app_context():
        first = review_of(world).points[0].id
    secretary, address = world.as_user("secretary"), f"/committee/reviews/points/{first}"
    assert secretary.submit(address, action=str(world.actions["sealed elsewhere"])).status_code == 422


def test_own_points_are_added_moved_and_taken_out_and_those_of_the_results_stay(inside: World):
    review = review_of(inside)
    added = add_point(db.session, review, "党费", **acting(inside))
    move_point(db.session, added, up=True, **acting(inside))
    assert [point.title for point in review.points] == ["回收情况", "党费", "活动场地"]
    move_point(db.session, review.points[2], up=False, **acting(inside))  # the last one stays where it is
    remove_point(db.session, added, **acting(inside))
    db.session.expire_all()
    assert [point.title for point in review_of(inside).points] == ["回收情况", "活动场地"]
    for act in (lambda p: remove_point(db.session, p, **acting(inside)),
                lambda p: move_point(db.session, p, up=False, **acting(inside))):  # fmt: skip
        with pytest.raises(ReviewRefused, match="stay in the minutes"):
            act(review.points[0])


# ---- signing ----


def test_nobody_signs_before_people_are_counted_something_is_decided_and_the_meeting_is_over(inside: World):
    review = review_of(inside)
    with pytest.raises(ReviewRefused, match="how many people should be there"):
        sign(inside, review, "secretary")
    change_review(db.session, review, Meeting(date(2026, 12, 8), expected=5, present=5), **acting(inside))
    with pytest.raises(ReviewRefused, match="at least one decision"):
        sign(inside, review, "secretary")
    fill_in(inside, review)
    inside.app.config["CLOCK"].moment -= timedelta(days=1)
    with pytest.raises(ReviewRefused, match="still to come"):
        sign(inside, review, "secretary")


def test_members_sign_first_and_the_secretary_closes_the_minutes(inside: World):
    review = review_of(inside)
    fill_in(inside, review)
    assert not sign(inside, review, "committee_member")
    assert review.signed_at is None
    with pytest.raises(ReviewRefused, match="signed these minutes already"):
        sign(inside, review, "committee_member")
    assert sign(inside, review, "secretary")
    assert [signature.name for signature in review.signatures] == ["Committee_Member", "Secretary"]
    assert is_unaltered(db.session, review)
    entry = db.session.scalars(select(AuditEntry).order_by(AuditEntry.number.desc())).first()
    assert entry is not None
    assert (entry.act, entry.detail["sha256"]) == ("review.sign", review.sha256)


def test_what_is_left_open_is_said_before_the_minutes_are_closed_for_good(world: World):
    secretary = world.as_user("secretary")
    with world.app.app_context():
        review = review_of(world)
        meeting = Meeting(date(2026, 12, 8), "", "陆文谦", "", 5, 2, "", "")
        change_review(db.session, review, meeting, **acting(world))
        change_point(db.session, review.points[0], Said("回收情况", "", DECISION, "顾一鸣", None), **acting(world))
        db.session.commit()
    told = secretary.text(path(world, "/sign"))
    assert "Still empty: Place of the meeting, Keeper of the minutes." in told
    assert "Decisions without a person or a day: 1." in told
    assert "Fewer than half of those who should be there were there." in told
    with world.app.app_context():
        fill_in(world, review_of(world))
        db.session.commit()
    assert "Complete the minutes first" not in secretary.text(path(world, "/sign"))


def test_a_committee_above_may_close_them_and_a_secretary_below_may_not(inside: World):
    review = review_of(inside)
    fill_in(inside, review)
    with pytest.raises(ReviewRefused, match="signed by the committee of the unit"):
        sign(inside, review, "branch secretary")
    assert sign(inside, review, "top")


def test_the_meeting_is_ticked_off_when_the_minutes_are_closed(inside: World):
    review = review_of(inside)
    fill_in(inside, review)
    sign(inside, review, "secretary")
    stations = stations_of(db.session, review.unit, 2025)
    meeting = next(station for station in stations if station.kind is StationKind.FEEDBACK_MEETING)
    assert meeting.done_on == date(2026, 12, 8)


def test_a_change_after_a_signature_voids_it_and_is_said_before_it_is_saved(world: World):
    with world.app.app_context():
        review = review_of(world)
        fill_in(world, review)
        sign(world, review, "committee_member")
        point = review.points[0].id
        db.session.commit()
    secretary, address = world.as_user("secretary"), f"/committee/reviews/points/{point}"
    assert "these signatures become void" in secretary.text(address)
    secretary.submit(address)  # nothing changed
    with world.app.app_context():
        assert len(review_of(world).signatures) == 1
    secretary.submit(address, decision="改为每半年公布")
    assert "Signatures that became void: 1." in secretary.text(path(world))
    with world.app.app_context():
        assert review_of(world).signatures == []
        sign(world, review_of(world), "committee_member")  # and signs again
        assert len(review_of(world).signatures) == 1


def test_what_was_changed_while_somebody_read_is_not_signed(world: World):
    with world.app.app_context():
        review = review_of(world)
        fill_in(world, review)
        read = content_hash(review)
        db.session.commit()
        change_point(db.session, review.points[0], Said("回收情况", decision="另一个决定"), **acting(world))
        db.session.commit()
    refused = world.as_user("secretary").submit(path(world, "/sign"), agreed=read)
    assert refused.status_code == 422
    assert "Somebody has changed the minutes meanwhile" in refused.text


def test_closed_minutes_refuse_every_change(world: World):
    with world.app.app_context():
        review = review_of(world)
        fill_in(world, review)
        sign(world, review, "secretary")
        db.session.commit()
        first, own = review.points
        for act in (
            lambda: change_review(db.session, review, Meeting(date(2026, 12, 8)), **acting(world)),
            lambda: change_point(db.session, first, Said("别的"), **acting(world)),
            lambda: add_point(db.session, review, "别的", **acting(world)),
            lambda: remove_point(db.session, own, **acting(world)),
            lambda: move_point(db.session, own, up=True, **acting(world)),
            lambda: discard_review(db.session, review, **acting(world)),
            lambda: sign(world, review, "committee_member"),
        ):
            with pytest.raises(ReviewRefused, match="nothing of them changes any more"):
                act()
        own_id = own.id
    secretary = world.as_user("secretary")
    for address in (path(world, "/meeting"), path(world, "/discard"), f"/committee/reviews/points/{own_id}"):
        assert secretary.get(address).status_code == 409
    shown = secretary.text(path(world))
    assert "what was signed" in shown
    assert "Write down what was said" not in shown


@pytest.mark.parametrize("table", ["point", "head", "figures", "hash"])
def test_a_row_altered_past_the_service_is_noticed(world: World, table: str):
    with world.app.app_context():
        review = review_of(world)
        fill_in(world, review)
        sign(world, review, "secretary")
        db.session.commit()
        altered = {
            "point": update(AgendaPoint).where(AgendaPoint.kind == PointKind.RETURNS).values(decision="什么也不做"),
            "head": update(Review).where(Review.id == review.id).values(present=5),
            "figures": update(ReviewedResult).where(ReviewedResult.review_id == review.id).values(report=b"x"),
            "hash": update(Review).where(Review.id == review.id).values(sha256="0" * 64),
        }
        db.session.execute(altered[table])
        db.session.commit()
    assert "These minutes are not what was signed" in world.as_user("secretary").text(path(world))


def test_a_signature_altered_past_the_service_is_noticed(inside: World):
    review = review_of(inside)
    fill_in(inside, review)
    sign(inside, review, "committee_member")
    fill_in_again(inside, review)
    for name in ("committee_member", "secretary"):
        sign(inside, review, name)
    db.session.commit()
    assert is_unaltered(db.session, review)
    first = next(signature for signature in review.signatures if signature.role == "committee_member")

    def add() -> None:
        given = {"name": "别人", "role": "secretary", "signed_at": first.signed_at, "sha256": review.sha256}
        review.signatures.append(ReviewSignature(**given, user=user(inside, "top")))

    for alter in (
        lambda: setattr(first, "name", "别人"),
        lambda: setattr(first, "role", "secretary"),
        lambda: setattr(first, "signed_at", first.signed_at - timedelta(days=3)),
        lambda: setattr(first, "user", user(inside, "top")),
        lambda: review.signatures.remove(first),
        add,
        lambda: setattr(review, "signed_at", review.signed_at - timedelta(days=3)),
    ):
        alter()
        db.session.flush()
        db.session.expire_all()
        assert not is_unaltered(db.session, review)
        db.session.rollback()
        assert is_unaltered(db.session, review)


def fill_in_again(world: World, review: Review) -> None:
    """Another decision and back: the minutes say what they said, and whoever signed them before has to sign again."""
    for decision in ("改为每半年公布", DECISION):
        said = Said("回收情况", "有人出差。", decision, "顾一鸣", date(2027, 3, 31))
        change_point(db.session, review.points[0], said, **acting(world))


def test_signed_minutes_name_action_and_unit_as_they_were_signed(world: World):
    with world.app.app_context():
        review, action = review_of(world), db.session.get_one(Action, world.actions["sealed"])
        title = action.title
        fill_in(world, review)
        change_point(db.session, review.points[1], Said("活动场地", decision="修缮", action=action), **acting(world))
        sign(world, review, "secretary")
        action.title, review.unit.name = "后来改的题目", "后来改的名称"
        db.session.commit()
    assessor = world.as_user("assessor")
    shown = "".join(text_of(main) for main in elements(assessor.page(path(world)), "main"))
    document = document_of(assessor.get(path(world, "/minutes.docx")))
    written = "\n".join(paragraph.text for paragraph in document.paragraphs)
    for text in (shown, written):
        assert title in text
        assert "住建局机关党委" in text
        assert "后来改的" not in text
    with world.app.app_context():
        assert is_unaltered(db.session, review_of(world))
        review_of(world).points[1].action_title = "后来改的题目"
        db.session.commit()
        assert not is_unaltered(db.session, review_of(world))


def test_the_result_of_today_is_compared_once(inside: World):
    review = review_of(inside)
    (first,) = results_today(db.session, review)
    db.session.execute(update(ReviewedResult).values(report=b"x"))  # not read again while it has its hash
    db.session.expire_all()
    assert [(today.sha256, today.parts) for today in results_today(db.session, review)] == [(first.sha256, ())]


def test_whoever_alters_minutes_with_their_hash_is_betrayed_by_the_record_of_acts(inside: World):
    review = review_of(inside)
    fill_in(inside, review)
    sign(inside, review, "secretary")
    review.points[0].decision = "什么也不做"
    review.sha256 = content_hash(review)
    review.signatures[0].sha256 = review.sha256
    db.session.flush()
    assert not is_unaltered(db.session, review)


def test_minutes_say_where_the_result_of_today_is_another_one(inside: World):
    review = review_of(inside)
    assert [today.is_same for today in results_today(db.session, review)] == [True]
    kept = review.results[0]
    then = json.loads(kept_report(kept))
    then["roster"]["returned"] += 1
    kept.report = zlib.compress(json.dumps(then).encode())
    kept.sha256 = sha256(kept_report(kept)).hexdigest()
    assert [(today.is_same, today.parts) for today in results_today(db.session, review)] == [(False, ("roster",))]
    db.session.execute(update(Dataset).where(Dataset.survey_id == kept.survey_id).values(sha256="0" * 64))
    db.session.expire_all()
    assert [(today.is_same, today.sha256) for today in results_today(db.session, review)] == [(False, "")]


# ---- the Word document ----


def document_of(response) -> Document:
    return Document(BytesIO(response.data))


def test_the_word_document_has_what_was_decided_in_the_fonts_of_official_papers(world: World):
    with world.app.app_context():
        review = review_of(world)
        fill_in(world, review)
        sign(world, review, "secretary")
        digest, kept = review.sha256, review.results[0].sha256
        db.session.commit()
    document = document_of(world.as_user("assessor").get(path(world, "/minutes.docx")))
    text = "\n".join(paragraph.text for paragraph in document.paragraphs)
    for told in (DECISION, "有人出差。", "三楼会议室", "住建局机关党委的回收情况。", "逐条落实。", digest, kept):
        assert told in text
    assert [cell.text for cell in document.tables[0].rows[1].cells][:2] == ["Secretary", "Secretary"]
    fonts = {
        name: document.styles[name].element.rPr.rFonts.get(qn("w:eastAsia"))
        for name in ("Title", "Heading 1", "Normal")
    }
    assert fonts == {"Title": "方正小标宋简体", "Heading 1": "黑体", "Normal": "仿宋_GB2312"}
    assert document.styles["Normal"].font.size.pt == 16
    assert "PAGE" in document.sections[0].footer._element.xml


def test_nothing_that_people_type_breaks_the_word_document(world: World):
    hostile = "一\x00二\x0b三\ufffe<w:p>\ud800"
    minutes = Minutes(
        unit_name=hostile, title=hostile, head=((hostile, hostile),),
        points=(MinutesPoint(hostile, (hostile,), (("Decision", hostile),)),), closing=hostile,
        signatures=((hostile, hostile, hostile),), standing="signed", results=((hostile, "0" * 64),), sha256="",
    )  # fmt: skip
    with world.app.app_context():
        written = Document(BytesIO(minutes_document(minutes, language="zh_Hans")))
    assert any("<w:p>" in paragraph.text for paragraph in written.paragraphs)


def test_discarding_takes_the_minutes_away_and_nothing_else(world: World):
    secretary = world.as_user("secretary")
    assert secretary.submit(path(world, "/discard")).location.endswith(f"/{world.units['C1']}")
    assert secretary.get(path(world)).status_code == 404
    assert parsed(secretary.get(f"/committee/plan/{world.units['C1']}").text) is not None
