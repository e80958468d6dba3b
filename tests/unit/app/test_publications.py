"""The public page of a result: chosen, published, read by everybody, withdrawn; never more than the Report shows."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from random import Random
from uuid import UUID

import pytest
from sqlalchemy import delete, select

from survey_app import services
from survey_app.clock import SetClock
from survey_app.errors import PublicationRefused
from survey_app.extensions import db
from survey_app.models import Action, ActionEvidence, ActionStatus, AuditEntry, Survey, Unit
from survey_app.services.publications import (
    USUAL_PARTS,
    Chosen,
    Part,
    SaidAndDone,
    change_publication,
    chosen_of,
    deeds_of,
    publication_of,
    publish,
    withdraw_publication,
)
from tests.answering import count_and_seal
from tests.committee_world import World, make_survey, open_and_answer
from tests.page_checks import check_page, elements, text_of
from tests.unit.app.test_comment_queue import sealed_with
from tests.visitor import Visitor

HOSTILE = '</p><script>alert(1)</script><img src=x onerror="y"> {{ 7 * 7 }}'


def publication_at(world: World, code: str, survey_id: UUID | None = None, **chosen: object) -> str:
    """A published page of a unit, of the sealed member survey unless another is named; its address."""
    with world.app.app_context():
        unit = unit_of(world, code)
        survey = db.session.get_one(Survey, survey_id) if survey_id else survey_of(world)
        wanted = replace(Chosen("", USUAL_PARTS, ()), **chosen)
        made = change_publication(
            db.session, unit, survey, wanted, by=services.COMMAND_LINE, clock=world.app.config["CLOCK"]
        )
        publish(db.session, made, by=services.COMMAND_LINE, clock=world.app.config["CLOCK"])
        db.session.commit()
        return f"/p/{made.slug}"


def unit_of(world: World, code: str) -> Unit:
    return db.session.get_one(Unit, world.units[code])


def survey_of(world: World) -> Survey:
    return db.session.get_one(Survey, world.surveys["sealed"])


def pages_of(world: World, code: str) -> str:
    return f"/committee/publications/{world.units[code]}/{world.surveys['sealed']}"


@pytest.fixture
def member(world: World) -> Visitor:
    return Visitor(world.app.test_client())


def test_from_choosing_to_the_page_that_everybody_reads_to_its_withdrawal(world: World, member: Visitor):
    secretary = world.as_user("secretary")
    start = secretary.get("/committee/publications/").location
    assert "Nobody can read it before it is published" in secretary.text(start)
    action = world.actions["sealed"]
    chosen = {f"tell_{action}": "y", f"said_{action}": "提了意见，没有下文。", f"did_{action}": "建了台账。"}
    assert secretary.submit(f"{start}/change", foreword="感谢大家。", **chosen).status_code == 302
    assert "Not public: only people who are signed in see this." in secretary.text(f"{start}/preview")
    with world.app.app_context():
        publication = publication_of(db.session, unit_of(world, "C1"), survey_of(world))
        address = f"/p/{publication.slug}"
    assert member.get(address).status_code == 410

    assert secretary.submit(f"{start}/publish").status_code == 302
    read = member.text(address)
    for words in ("感谢大家。", "提了意见，没有下文。", "建了台账。", "Planned · overdue", "returned a ballot"):
        assert words in read
    assert "Preview" not in read
    shown = main_of(secretary.page(f"{start}/preview"))
    assert shown == main_of(member.page(address)), "the preview is the public page"

    assert "cannot be taken back" in secretary.text(f"{start}/withdraw")
    assert secretary.submit(f"{start}/withdraw").status_code == 302
    gone = member.get(address)
    assert gone.status_code == 410
    assert "This result is not public" in gone.text
    assert "台账" not in gone.text
    assert secretary.submit(f"{start}/publish").status_code == 302
    assert "建了台账。" in member.text(address), "the same address again"

    with world.app.app_context():
        of_page = select(AuditEntry.act).where(AuditEntry.object_id == str(publication.id))
        acts = db.session.scalars(of_page.order_by(AuditEntry.number)).all()
    assert acts == [
        "publication.change",
        "publication.change",
        "publication.publish",
        "publication.withdraw",
        "publication.publish",
    ]


def main_of(page) -> str:
    return text_of(next(elements(page, "main")))


def test_before_anything_is_chosen_the_page_is_not_prepared_and_cannot_be_published(world: World):
    secretary = world.as_user("secretary")
    assert "Not prepared yet" in secretary.text(pages_of(world, "B"))
    assert "How satisfied people are" in secretary.text(f"{pages_of(world, 'B')}/preview"), "the usual parts"
    assert secretary.get(f"{pages_of(world, 'B')}/publish").status_code == 409


def test_an_address_of_nobody_is_told_so_in_words(member: Visitor):
    unknown = member.get("/p/0123456789ab")
    assert unknown.status_code == 404
    assert "There is no published result at this address" in unknown.text


def test_the_page_is_the_same_for_everybody_and_kept_by_caches_for_a_minute(world: World, member: Visitor):
    address = publication_at(world, "C1")
    plain = member.get(address)
    signed_in = world.as_user("secretary").client.get(address, headers={"Cookie": "lang=zh"})
    assert signed_in.data == plain.data
    for response in (plain, signed_in):
        assert "Set-Cookie" not in response.headers
        assert "Cookie" not in response.vary
        assert response.headers["Cache-Control"] == "public, max-age=60"
    packed = member.client.get(address, headers={"Accept-Encoding": "gzip"})
    assert packed.content_encoding == "gzip"
    assert len(packed.data) < 12_000
    again = member.client.get(address, headers={"Accept-Encoding": "gzip", "If-None-Match": packed.headers["ETag"]})
    assert (again.status_code, again.data) == (304, b"")
    assert "Accept-Language" in plain.vary
    chinese = member.client.get(f"{address}?lang=zh")
    assert "Accept-Language" not in chinese.vary
    assert 'lang="zh-Hans"' in chinese.text


def test_it_needs_nothing_but_itself_and_the_style_sheet(world: World, member: Visitor):
    page = member.page(publication_at(world, "C1"))
    assert list(elements(page, "script", "img", "iframe", "form")) == []
    loaded = [link.get("href") for link in elements(page, "link") if link.get("rel") == "stylesheet"]
    assert len(loaded) == 1


def test_a_branch_counted_with_others_shows_their_result_and_says_whose_it_is(world: World, member: Visitor):
    read = member.text(publication_at(world, "T"))
    assert "住建局退休党支部 is too small for figures of its own" in read
    assert "住建局机关党委" in read
    own = member.page(publication_at(world, "C1"))
    assert figures_of(read) <= figures_of(text_of(own)), "no figure that its group does not show"


def figures_of(text: str) -> set[str]:
    return set(re.findall(r"\d+/\d+", text))


def staff_survey_with_few_answers(world: World) -> UUID:
    """Of staff so few answer in each branch that nothing but the returns may be shown of it."""
    clock: SetClock = world.app.config["CLOCK"]
    now, clock.moment = clock.moment, datetime(2025, 12, 1, 12, tzinfo=UTC)
    with world.app.app_context():
        survey = make_survey(world, "C1", year=2025, audience="staff")
        open_and_answer(world, survey, share=0.6)
        services.close_survey(db.session, survey, by=services.COMMAND_LINE, clock=clock)
        secret = world.app.config["INSTALLATION_SECRET"]
        passphrases = world.passphrases[survey.id]
        count_and_seal(db.session, survey, passphrases, clock=clock, secret=secret, rng=Random(3))
        db.session.commit()
        clock.moment = now
        return survey.id


def test_of_a_hidden_result_only_the_returns_are_shown(world: World, member: Visitor):
    survey_id = staff_survey_with_few_answers(world)
    told = (SaidAndDone(str(world.actions["sealed"]), "提了意见，没有下文。", "建了台账。"),)
    page = member.page(publication_at(world, "A", survey_id, parts=tuple(Part), said_and_done=told))
    read = text_of(page)
    assert "Of 14 people 8 returned a ballot; 8 ballots are valid." in read
    assert "Fewer than 10 ballots are valid" in read
    assert figures_of(read) == set()
    assert "%" not in read
    assert "没有下文" not in read
    assert [section.get("id") for section in elements(page, "section")] == ["receipts"]
    offered = world.as_user("secretary").text(f"/committee/publications/{world.units['A']}/{survey_id}/change")
    assert "Objectives with their verdicts" not in offered
    assert "Link to the list of receipts" in offered


def test_every_figure_of_people_is_one_of_the_report(world: World, member: Visitor):
    read = figures_of(member.text(publication_at(world, "C1", parts=tuple(Part))))
    reader = world.as_user("assessor")
    result = figures_of(reader.client.get(f"/committee/results/{world.surveys['sealed']}/{world.units['C1']}").text)
    assert read
    assert read <= result


def test_what_was_not_chosen_is_not_there(world: World, member: Visitor):
    page = member.page(publication_at(world, "C1", parts=(Part.RECEIPTS,)))
    assert [section.get("id") for section in elements(page, "section")] == ["receipts"]
    assert "returned a ballot" not in text_of(page)


def test_hostile_words_of_the_committee_stay_words(world: World, member: Visitor):
    told = (SaidAndDone(str(world.actions["sealed"]), HOSTILE, HOSTILE),)
    response = member.get(publication_at(world, "C1", foreword=HOSTILE, said_and_done=told))
    page = check_page(response.text)
    assert list(elements(page, "script", "img")) == []
    assert text_of(page).count("{{ 7 * 7 }}") == 3


def test_that_several_said_so_stands_only_where_the_comments_count_it(world: World, member: Visitor):
    action = str(world.actions["sealed"])
    told = (SaidAndDone(action, "食堂太早关门。", "延长了时间。", theme="从来没有人提过的主题"),)
    read = member.text(publication_at(world, "C1", said_and_done=told))
    assert "食堂太早关门。" in read
    assert "Mentioned by 3 people or more" not in read


def test_an_action_that_is_gone_from_the_plan_is_gone_from_the_page(world: World, member: Visitor):
    action = world.actions["sealed"]
    address = publication_at(world, "C1", said_and_done=(SaidAndDone(str(action), "没有下文。", "建了台账。"),))
    with world.app.app_context():
        db.session.execute(delete(ActionEvidence).where(ActionEvidence.action_id == action))
        db.session.delete(db.session.get_one(Action, action))
        db.session.commit()
    read = member.text(address)
    assert "Thank you for taking part." in read
    assert "没有下文。" not in read


def action_before(world: World, survey_id: UUID) -> SaidAndDone:
    """An action of C1 on a question of a survey of 2025, fixed soon after it was sealed; told on its page."""
    clock: SetClock = world.app.config["CLOCK"]
    now, clock.moment = clock.moment, datetime(2025, 12, 5, tzinfo=UTC)
    with world.app.app_context():
        survey, unit = db.session.get_one(Survey, survey_id), unit_of(world, "C1")
        report = services.report_for(db.session, survey, unit)
        action = services.add_action(
            db.session, unit=unit, survey=survey, item="overall", title="意见答复台账", measure="每月一次",
            acceptance="0.99", owner="组织委员", due=date(2026, 6, 30), report=report, by=services.COMMAND_LINE,
            clock=clock,
        )  # fmt: skip
        db.session.commit()
        clock.moment = now
        return SaidAndDone(str(action.id), "提了意见，没有下文。", "建了台账。")


def test_no_figure_of_a_later_survey_is_public_before_the_unit_publishes_what_it_says_was_done(
    world: World, member: Visitor
):
    earlier = sealed_with(world, {})
    told = (action_before(world, earlier),)
    address = publication_at(world, "C1", earlier, said_and_done=told)
    before = section_of(member, address, "said-and-done")
    assert "Planned · overdue" in before
    later = sealed_with(world, {}, year=2026)
    assert section_of(member, address, "said-and-done") == before
    publication_at(world, "C1", later, parts=(Part.RETURNS,))
    assert section_of(member, address, "said-and-done") == before, "public, but for what was done"
    publication_at(world, "C1", later)
    verified = section_of(member, address, "said-and-done")
    assert "overdue" not in verified
    assert len(figures_of(verified)) > len(figures_of(before))
    with world.app.app_context():
        survey, unit = db.session.get_one(Survey, later), unit_of(world, "C1")
        withdraw_publication(
            db.session, publication_of(db.session, unit, survey), by=services.COMMAND_LINE,
            clock=world.app.config["CLOCK"],
        )  # fmt: skip
        db.session.commit()
    assert section_of(member, address, "said-and-done") == before, "and withdrawn again"


def section_of(visitor: Visitor, address: str, name: str) -> str:
    found = elements(visitor.page(address), "section")
    return next(text_of(section) for section in found if section.get("id") == name)


def test_a_page_is_rendered_again_after_an_act_and_not_before(world: World, member: Visitor):
    action = world.actions["sealed"]
    address = publication_at(world, "C1", said_and_done=(SaidAndDone(str(action), "没有下文。", "建了台账。"),))
    clock: SetClock = world.app.config["CLOCK"]
    first = member.text(address)
    assert member.text(address) == first
    with world.app.app_context():
        db.session.get_one(Action, action).status = ActionStatus.UNDER_WAY  # past the service: no act of anybody
        db.session.commit()
    assert member.text(address) == first
    with world.app.app_context():
        standing = db.session.get_one(Action, action)
        services.set_action_status(db.session, standing, ActionStatus.DONE, by=services.COMMAND_LINE, clock=clock)
        db.session.commit()
    changed = member.text(address)
    assert changed != first


def test_a_neighbours_action_cannot_be_told_of(world: World):
    with world.app.app_context():
        foreign = SaidAndDone(str(world.actions["sealed elsewhere"]), "别处的事", "别处做的")
        assert deeds_of(db.session, unit_of(world, "C1"), survey_of(world), [foreign]) == []


def test_the_form_says_what_is_missing_and_keeps_what_was_typed(world: World):
    secretary, action = world.as_user("secretary"), world.actions["sealed"]
    page = f"{pages_of(world, 'C1')}/change"
    form = secretary.page(page)
    ticked = {str(box.get("name")) for box in elements(form, "input") if box.get("name", "").startswith("part_")}
    assert ticked
    typed = {f"tell_{action}": "y", f"said_{action}": "", "foreword": "写了很久"}
    refused = secretary.client.post(page, data=typed | token(form))
    assert refused.status_code == 422
    for words in ("Please choose at least one part to be shown.", "Please say what people said.", "写了很久"):
        assert words in refused.text


def token(page) -> dict[str, str]:
    fields = {str(field.get("name")): str(field.get("value")) for field in elements(page, "input")}
    return {"csrf_token": fields["csrf_token"]}


def test_a_committee_finds_the_pages_of_the_units_below_it(world: World):
    secretary = world.as_user("secretary")
    assert secretary.get(f"/committee/publications/?unit={world.units['A']}").location == pages_of(world, "A")
    assert secretary.get(f"/committee/publications/?unit={world.units['D']}").status_code == 404
    assert "住建局第一党支部" in secretary.text(pages_of(world, "C1"))


def test_a_committee_member_looks_and_does_not_publish(world: World):
    publication_at(world, "C1")
    looking = world.as_user("committee_member").text(pages_of(world, "C1"))
    assert "Notice for the board" in looking
    assert "Withdraw" not in looking
    assert "Change what is shown" not in looking


def test_the_day_of_publication_stays_when_the_page_is_changed_later(world: World):
    address = publication_at(world, "C1")
    clock: SetClock = world.app.config["CLOCK"]
    clock.moment += timedelta(days=30)
    publication_at(world, "C1", foreword="补充一句。")
    read = Visitor(world.app.test_client()).text(address)
    assert "8 December 2026" in read
    assert "补充一句。" in read


def test_the_notice_leads_to_the_page_and_is_there_only_while_it_is_public(world: World):
    secretary = world.as_user("secretary")
    notice = f"{pages_of(world, 'C1')}/notice.pdf"
    assert secretary.get(notice).status_code == 409
    publication_at(world, "C1")
    printed = secretary.client.get(notice)
    assert printed.mimetype == "application/pdf"
    assert printed.data.startswith(b"%PDF")


def test_what_is_not_public_cannot_be_withdrawn_and_nothing_cannot_be_chosen(world: World):
    with world.app.app_context():
        unit, survey, clock = unit_of(world, "C1"), survey_of(world), world.app.config["CLOCK"]
        with pytest.raises(PublicationRefused):
            change_publication(db.session, unit, survey, Chosen("", (), ()), by=services.COMMAND_LINE, clock=clock)
        made = change_publication(db.session, unit, survey, chosen_of(None), by=services.COMMAND_LINE, clock=clock)
        with pytest.raises(PublicationRefused):
            withdraw_publication(db.session, made, by=services.COMMAND_LINE, clock=clock)
