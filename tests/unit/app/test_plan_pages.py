"""The improvement plan as a committee lives it: proposals, causes, evidence, stopping, verification, the ledger."""

from __future__ import annotations

import io
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from random import Random

import pytest
from sqlalchemy import delete, select

from analysis.tree import ObjectiveResult, Rate
from analysis.types import Measure, Objective
from survey_app import services
from survey_app.errors import ActionFixed
from survey_app.extensions import db
from survey_app.forms.plan import ActionForm
from survey_app.models import Action, ActionEvidence, ActionStatus, AuditEntry, Decision, Proposal, State, Survey, Unit
from survey_app.services.ledger import ledger_of
from survey_app.services.plan import change_expectation, is_fixed, set_action_status, stop_action
from survey_app.services.processes import DEFAULT_PROCESSES, processes_for
from survey_app.web.action_page import acceptance_doubt
from survey_app.wording import names_of
from tests.answering import count_and_seal
from tests.committee_world import World
from tests.page_checks import check_page, elements, text_of
from tests.visitor import Visitor

TYPED = {"title": "全程公开", "measure": "每月通报。", "owner": "陆文谦", "due": "2027-06-30"}


def plan_path(world: World, code: str = "C1") -> str:
    return f"/committee/plan/{world.units[code]}"


def action_path(world: World, act: str = "") -> str:
    return f"/committee/plan/actions/{world.actions['sealed']}{act}"


def proposal_path(world: World) -> str:
    return f"{plan_path(world)}/new/{world.surveys['sealed']}?proposal={world.proposed_item}"


def reject_path(world: World) -> str:
    return f"{plan_path(world)}/proposals/{world.surveys['sealed']}/{world.proposed_item}/reject"


def value_of(page, name: str) -> str:
    field = next(one for one in elements(page, "input", "textarea") if one.get("name") == name)
    return field.get("value") or (field.text or "").strip()


def acts(world: World) -> list[str]:
    with world.app.app_context():
        return list(db.session.scalars(select(AuditEntry.act).order_by(AuditEntry.number)))


def errors_on(html: str) -> list[str]:
    return [text_of(p) for p in elements(check_page(html), "p") if "err" in (p.get("class") or "").split()]


def upload(visitor: Visitor, path: str, data: bytes, name: str):
    """As a browser sends the form of an action's page."""
    fields = elements(visitor.page(path), "input")
    token = next(field.get("value") for field in fields if field.get("name") == "csrf_token")
    sent = {"csrf_token": token, "note": "会议记录", "file": (io.BytesIO(data), name)}
    return visitor.client.post(f"{path}/evidence", data=sent, content_type="multipart/form-data")


# ---- proposals ----


def test_a_proposal_becomes_an_action_that_knows_what_was_found(world: World):
    secretary = world.as_user("secretary")
    assert "Proposals to be decided" in secretary.text(plan_path(world))
    form = secretary.page(proposal_path(world))
    assert "satisfied in 2025" in value_of(form, "finding")
    chosen = [option.get("value") for option in elements(form, "option") if option.get("selected") is not None]
    assert chosen[0] == world.proposed_item
    reasons = {"why1": "没有登记", "why3": "分工里没有", "belongs_to": "党员教育/组织生活"}
    saved = secretary.submit(proposal_path(world), **TYPED, **reasons, acceptance="95")
    assert saved.location == plan_path(world)
    assert "adopted: 全程公开" in secretary.text(plan_path(world))
    with world.app.app_context():
        made = db.session.scalars(select(Action).where(Action.title == "全程公开")).one()
        assert made.causes == ["没有登记", "分工里没有"]
        assert made.process == "党员教育/组织生活"
        decided = db.session.scalars(select(Proposal).where(Proposal.item == world.proposed_item)).one()
        assert (decided.decision, decided.action_id) == (Decision.ADOPTED, made.id)
    assert acts(world)[-2:] == ["action.add", "proposal.adopt"]


def test_a_proposal_is_turned_down_with_a_reason_and_can_be_taken_up_again(world: World):
    secretary = world.as_user("secretary")
    refused = secretary.submit(reject_path(world), reason=" ")
    assert (refused.status_code, errors_on(refused.text)) == (422, ["Please say why."])
    assert secretary.submit(reject_path(world), reason="上级统一安排。").status_code == 302
    assert "not followed: 上级统一安排。" in secretary.text(plan_path(world))
    with world.app.app_context():
        rows = db.session.scalars(select(Proposal).where(Proposal.item == world.proposed_item)).all()
    again = f"/committee/plan/proposals/{rows[0].id}/again"
    assert secretary.submit(plan_path(world), to=again).status_code == 302
    assert "上级统一安排。" not in secretary.text(plan_path(world))
    assert acts(world)[-2:] == ["proposal.reject", "proposal.take_up"]


def test_the_ledger_keeps_what_was_not_followed_with_its_reason(world: World):
    secretary, ledger = world.as_user("secretary"), f"{plan_path(world)}/ledger"
    assert "已另有安排。" in secretary.text(ledger)
    assert secretary.submit(reject_path(world), reason="上级统一安排。").status_code == 302
    page = secretary.page(ledger)
    assert "上级统一安排。" in text_of(page)
    assert "水务局的理由" not in text_of(page)
    titles = [text_of(one) for one in elements(page, "h1", "h2", "caption")]
    assert len(titles) == len(set(titles))


def test_the_ledger_is_offered_where_all_was_turned_down(world: World):
    with world.app.app_context():
        db.session.execute(delete(ActionEvidence))
        db.session.execute(delete(Action))
        db.session.commit()
    assert f'href="{plan_path(world)}/ledger"' in world.as_user("assessor").get(plan_path(world)).text


def test_what_a_result_does_not_propose_cannot_be_turned_down(world: World):
    path = reject_path(world).replace(world.proposed_item, "nothing")
    assert world.as_user("secretary").client.get(path).status_code == 404


# ---- what was fixed in advance ----


def test_once_the_next_survey_is_open_the_expectation_stays(world: World):
    secretary = world.as_user("secretary")
    page = secretary.page(action_path(world, "/change"))
    assert "what is expected of the action is fixed" in text_of(page)
    assert {"item", "acceptance"}.isdisjoint(one.get("name") for one in elements(page, "input", "select"))
    sent = secretary.submit(action_path(world, "/change"), title="意见限时答复", acceptance="50")
    assert sent.status_code == 302
    with world.app.app_context():
        action = db.session.get_one(Action, world.actions["sealed"])
        assert (action.title, action.acceptance) == ("意见限时答复", "0.85")
        report = services.report_for(db.session, action.survey, action.unit)
        with pytest.raises(ActionFixed):
            change_expectation(
                db.session, action, item=action.item, acceptance="0.5", report=report,
                by=services.COMMAND_LINE, clock=world.app.config["CLOCK"],
            )  # fmt: skip


def test_while_none_is_open_it_can_be_changed_with_its_baseline(world: World):
    with world.app.app_context():
        db.session.get_one(Survey, world.surveys["open"]).state = State.WITHDRAWN
        db.session.commit()
        assert not is_fixed(db.session, db.session.get_one(Action, world.actions["sealed"]))
    secretary = world.as_user("secretary")
    sent = secretary.submit(action_path(world, "/change"), item=world.proposed_item, acceptance="92.5")
    assert sent.location == action_path(world)
    with world.app.app_context():
        action = db.session.get_one(Action, world.actions["sealed"])
        report = services.report_for(db.session, action.survey, action.unit)
        rate = next(item.rate for item in report.items if item.code == world.proposed_item)
        assert (action.item, action.acceptance) == (world.proposed_item, "0.925")
        assert (action.baseline_satisfied, action.baseline_n) == (rate.satisfied, rate.n)


def rate_of(world: World, item: str) -> Rate:
    survey = db.session.get_one(Survey, world.surveys["sealed"])
    report = services.report_for(db.session, survey, db.session.get_one(Unit, world.units["C1"]))
    return next(found.rate for found in report.items if found.code == item)


def test_a_figure_that_can_never_be_corrected_is_asked_about_where_it_looks_like_a_slip(world: World):
    secretary, path = world.as_user("secretary"), proposal_path(world)
    assert "The survey of 2026 has opened: once saved, the acceptance figure" in secretary.text(path)
    with world.app.app_context():
        rate = rate_of(world, world.proposed_item)
    reached = str(rate.satisfied * 100 // rate.n)
    asked = secretary.submit(path, **TYPED, acceptance=reached)
    assert asked.status_code == 422
    assert f"{reached}% is not above the present rate, {rate.satisfied}/{rate.n}" in errors_on(asked.text)[0]
    still = secretary.submit(path, **TYPED | {"title": ""}, acceptance=reached, checked="y")
    tick = next(one for one in elements(check_page(still.text), "input") if one.get("name") == "checked")
    assert tick.get("checked") is not None
    assert secretary.submit(path, **TYPED, acceptance=reached, checked="y").status_code == 302


def test_a_figure_below_the_objective_of_the_question_is_asked_about_too(world: World):
    with world.app.test_request_context():
        survey = db.session.get_one(Survey, world.surveys["sealed"])
        report = services.report_for(db.session, survey, survey.unit)
        rate = rate_of(world, world.proposed_item)
        objective = Objective("O9", "x", Measure.ITEM, world.proposed_item, "0.95")
        judged = ObjectiveResult(objective, rate, None)
        report = replace(report, objectives=(judged,))
        form = ActionForm(item=world.proposed_item, acceptance=Decimal(94))
        assert acceptance_doubt(form, report).startswith("94% is below the objective of this question, 95%")
        assert not acceptance_doubt(ActionForm(item=world.proposed_item, acceptance=Decimal(95)), report)


def test_while_it_can_be_corrected_nobody_is_asked(world: World):
    with world.app.app_context():
        db.session.get_one(Survey, world.surveys["open"]).state = State.WITHDRAWN
        db.session.commit()
    secretary, path = world.as_user("secretary"), proposal_path(world)
    assert "It can be changed until the next survey opens" in secretary.text(path)
    assert secretary.submit(path, **TYPED, acceptance="1").status_code == 302


def test_the_form_says_of_which_question_it_names_the_smallest_visible_change(world: World):
    with world.app.app_context():
        names = names_of(services.instrument_of(db.session.get_one(Survey, world.surveys["sealed"])))
    assert f"Take “{names.item(world.proposed_item)}”: with" in world.as_user("secretary").text(proposal_path(world))


def test_a_due_date_that_has_passed_is_refused_unless_it_stood_already(world: World):
    secretary = world.as_user("secretary")
    gone = secretary.submit(proposal_path(world), **TYPED | {"due": "2026-12-07"}, acceptance="95")
    assert errors_on(gone.text) == ["This day has passed. Please enter today or a later day."]
    assert secretary.submit(proposal_path(world), **TYPED | {"due": "2026-12-08"}, acceptance="95").status_code == 302
    change = action_path(world, "/change")
    assert secretary.submit(change, title="意见限时答复").status_code == 302
    assert secretary.submit(change, due="2026-12-04").status_code == 422


def test_what_is_carried_out_is_no_longer_changed(world: World):
    secretary = world.as_user("secretary")
    assert secretary.submit(plan_path(world), to=action_path(world, "/status"), status="done").status_code == 302
    assert secretary.client.get(action_path(world, "/change")).status_code == 409
    with world.app.app_context():
        action = db.session.get_one(Action, world.actions["sealed"])
        assert action.done_on == world.app.config["CLOCK"].today()
        set_action_status(
            db.session, action, ActionStatus.UNDER_WAY, by=services.COMMAND_LINE, clock=world.app.config["CLOCK"]
        )
        assert action.done_on is None


def test_a_stopped_action_keeps_its_reason_and_moves_no_more(world: World):
    secretary = world.as_user("secretary")
    assert secretary.submit(action_path(world, "/stop"), reason="").status_code == 422
    assert secretary.submit(action_path(world, "/stop"), reason="职能已划转。").status_code == 302
    assert "职能已划转。" in secretary.text(plan_path(world))
    assert "职能已划转。" in secretary.text(f"{plan_path(world)}/ledger")
    assert action_path(world, "/status") not in secretary.get(plan_path(world)).text
    assert secretary.submit(action_path(world, "/stop"), reason="再停一次").status_code == 409


def test_a_stopped_action_is_not_counted_as_carried_out(world: World):
    secretary = world.as_user("secretary")
    assert secretary.submit(proposal_path(world), **TYPED, acceptance="95").status_code == 302
    assert secretary.submit(action_path(world, "/stop"), reason="职能已划转。").status_code == 302
    page = secretary.page(plan_path(world))
    assert "2 actions: 0 carried out, 1 stopped, 1 still open." in text_of(page)
    assert "Stopped: 意见答复台账" in text_of(page)
    on_board = [text_of(h3) for h3 in elements(page, "h3")]
    assert "全程公开" in on_board
    assert "意见答复台账" not in on_board
    year = secretary.text(f"/committee/year/{world.units['C1']}/2026")
    assert "0 of 2 carried out, 1 stopped" in year


def test_an_action_is_moved_from_its_own_page_and_the_page_says_so(world: World):
    secretary = world.as_user("secretary")
    move = f"{action_path(world, '/status')}?own=1"
    sent = secretary.submit(action_path(world), to=move, status="under_way")
    assert sent.location == action_path(world)
    assert "Saved. Status now: Under way." in secretary.text(action_path(world))
    assert move not in world.as_user("assessor").get(action_path(world)).text


# ---- verification ----


def seal_this_year(world: World) -> None:
    clock = world.app.config["CLOCK"]
    survey = db.session.get_one(Survey, world.surveys["open"])
    services.close_survey(db.session, survey, by=services.COMMAND_LINE, clock=clock)
    count_and_seal(
        db.session, survey, world.passphrases[survey.id], clock=clock,
        secret=world.app.config["INSTALLATION_SECRET"], rng=Random(5),
    )  # fmt: skip
    db.session.commit()


def test_the_next_survey_says_what_became_of_an_action(world: World):
    secretary = world.as_user("secretary")
    assert secretary.submit(action_path(world, "/close"), rule="").status_code == 409
    with world.app.app_context():
        seal_this_year(world)
        unit = db.session.get_one(Unit, world.units["C1"])
        (entry,) = ledger_of(db.session, unit)
        assert entry.survey.id == world.surveys["open"]
        assert entry.result.action.title == "意见答复台账"
        verdict = entry.result.verdict
    assert verdict in ("worked", "not_shown", "worse")
    result = secretary.get(f"/committee/results/{world.surveys['open']}/{world.units['C1']}").text
    assert 'id="actions"' in result
    assert "意见答复台账" in result
    word = {"worked": "Worked", "not_shown": "No clear effect", "worse": "Worse"}[verdict]
    for path in (plan_path(world), f"{plan_path(world)}/ledger", action_path(world)):
        assert word in secretary.text(path)

    closed = secretary.submit(action_path(world, "/close"), rule="写入支委会工作规则。")
    assert closed.status_code == 302
    assert "写入支委会工作规则。" in secretary.text(f"{plan_path(world)}/ledger")
    again = f"{plan_path(world)}/new/{world.surveys['open']}?again={world.actions['sealed']}"
    form = secretary.page(again)
    assert value_of(form, "title") == "意见答复台账"
    assert "after the survey of 2026" in value_of(form, "finding")


def test_what_was_given_up_before_the_survey_opened_is_not_judged_by_it(world: World):
    clock = world.app.config["CLOCK"]
    with world.app.app_context():
        action = db.session.get_one(Action, world.actions["sealed"])
        stop_action(db.session, action, reason="已无必要", by=services.COMMAND_LINE, clock=clock)
        db.session.get_one(Survey, world.surveys["open"]).opened_at = clock.now() + timedelta(hours=1)
        db.session.commit()
        seal_this_year(world)
        (entry,) = ledger_of(db.session, action.unit)
        assert (entry.survey.id, entry.result) == (world.surveys["open"], None)


# ---- evidence ----


def test_evidence_is_stored_fetched_and_erased(world: World):
    secretary = world.as_user("secretary")
    sent = upload(secretary, action_path(world), "三月通报。".encode(), "通报.exe")
    assert sent.status_code == 302
    text = secretary.text(action_path(world))
    assert "通报.exe.txt" in text
    assert "Evidence: 2" in secretary.text(plan_path(world))
    with world.app.app_context():
        kept = db.session.scalars(select(ActionEvidence).where(ActionEvidence.name == "通报.exe.txt")).one()
    fetched = world.as_user("assessor").client.get(f"/committee/plan/evidence/{kept.id}")
    assert fetched.data.decode() == "三月通报。"
    assert fetched.headers["Content-Disposition"].startswith("attachment")
    assert fetched.headers["X-Content-Type-Options"] == "nosniff"
    remove = f"/committee/plan/evidence/{kept.id}/remove"
    assert "erased for good" in secretary.text(remove)
    assert secretary.submit(remove).status_code == 302
    assert secretary.client.get(f"/committee/plan/evidence/{kept.id}").status_code == 404
    assert [act for act in acts(world) if "evidence" in act][-2:] == ["evidence.add", "evidence.remove"]


def test_evidence_too_large_too_much_or_of_another_kind_is_refused_in_words(world: World):
    secretary, path = world.as_user("secretary"), action_path(world)
    world.app.config["EVIDENCE_MB"] = 1
    large = upload(secretary, path, b"x" * (1024**2 + 1), "x.txt")
    assert (large.status_code, errors_on(large.text)) == (422, ["The file is larger than 1 MB."])
    other = upload(secretary, path, b"MZ\x90\0" * 50, "report.pdf")
    assert other.status_code == 422
    assert "none of the kinds" in errors_on(other.text)[0]
    world.app.config["EVIDENCE_FILES"] = 1
    many = upload(secretary, path, b"x", "x.txt")
    assert "at most 1 files" in errors_on(many.text)[0]
    empty = secretary.client.post(f"{path}/evidence", data={}, content_type="multipart/form-data")
    assert empty.status_code == 422
    with world.app.app_context():
        assert len(db.session.scalars(select(ActionEvidence.id)).all()) == 2


def test_a_name_that_ends_as_another_kind_is_refused(world: World):
    secretary, path = world.as_user("secretary"), action_path(world)
    fake = upload(secretary, path, "三月通报。".encode(), "合影.PNG")
    assert (fake.status_code, len(errors_on(fake.text))) == (422, 1)
    assert "not what its name ends with" in errors_on(fake.text)[0]
    assert upload(secretary, path, "三月通报。".encode(), "通报.TXT").status_code == 302


def test_a_file_far_too_large_is_refused_with_its_limit_and_the_way_back(world: World):
    secretary, path = world.as_user("secretary"), action_path(world)
    world.app.config["EVIDENCE_MB"] = 1
    huge = upload(secretary, path, b"x" * (3 * 1024**2), "x.txt")
    page = check_page(huge.text)
    assert huge.status_code == 413
    assert "The file is too large At most 1 MB." in text_of(page)
    assert path in [link.get("href") for link in elements(page, "a")]


# ---- processes ----


def test_a_list_of_processes_holds_for_the_unit_and_those_below_it(world: World):
    secretary, path = world.as_user("secretary"), f"{plan_path(world)}/processes"
    wrong = secretary.submit(path, source="组织生活\n  三会一课\n  三会一课")
    assert (wrong.status_code, errors_on(wrong.text)) == (422, ["Line 3 repeats “三会一课”."])
    assert secretary.submit(path, source="组织生活\n  三会一课\n").status_code == 302
    assert "三会一课" in secretary.get(proposal_path(world)).text
    with world.app.app_context():
        for code, own in (("C1", True), ("A", True), ("C2", False)):
            known = processes_for(db.session, db.session.get_one(Unit, world.units[code]))
            assert (known.source != DEFAULT_PROCESSES) is own
    assert secretary.submit(path, source=" ").status_code == 302
    with world.app.app_context():
        assert processes_for(db.session, db.session.get_one(Unit, world.units["C1"])).unit is None


@pytest.mark.parametrize(
    ("source", "told"),
    [
        ("  三会一课", "Line 1 is indented"),
        ("党建\n党建", "Line 2 repeats"),
        ("党建/业务", "Line 1 contains a slash"),
        ("党" * 31, "Line 1 has more than 30 characters."),
        ("\n" * 61, "more than 60 lines"),
    ],
)
def test_a_list_that_cannot_be_read_names_the_line(world: World, source: str, told: str):
    refused = world.as_user("secretary").submit(f"{plan_path(world)}/processes", source=source)
    assert refused.status_code == 422
    assert told in errors_on(refused.text)[0]
