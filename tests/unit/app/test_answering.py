"""Answering as a member sees it: landing, sections, review, thanks, and every way it can go wrong."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from threading import Barrier, Thread

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import event
from werkzeug.test import TestResponse

from survey_app import services
from survey_app.extensions import db
from survey_app.models import AccessMode
from tests.open_survey import OpenSurvey, draft_survey, open_survey
from tests.page_checks import check_page

FIRST = {"q_meetings": "4", "q_overall": "5"}
SECOND = {"q_hours": "6", "q_age": "2", "q_comment": "希望活动多一些"}
EVERYTHING = FIRST | SECOND
ATTEMPT, OTHER_ATTEMPT = "a1" * 16, "b2" * 16
THANKS = "谢谢您，答卷已经收到"


@pytest.fixture
def survey(app: Flask) -> OpenSurvey:
    return open_survey(app)


@pytest.fixture
def phone(client: FlaskClient) -> FlaskClient:
    return client


def press(phone: FlaskClient, survey: OpenSurvey, button: str, **sent: str | list[str]) -> TestResponse:
    """Sends a page of the survey as a browser would, by one of its buttons."""
    code = {"code": survey.codes[0]} if survey.codes else {}
    return phone.post(survey.path, data={**code, "go": button, "attempt": ATTEMPT, **sent})


def attempt_on(page: TestResponse) -> str:
    return re.findall(r'name="attempt" value="([0-9a-f]{32})"', page.text)[0]


def receipt_on(page: TestResponse) -> str:
    return re.findall(r'<p class="typed" id="receipt">([0-9A-Z-]{24})</p>', page.text)[0]


def heading(response: TestResponse) -> str:
    found = re.findall(r"<h1>(.*?)</h1>", response.text, re.DOTALL)
    assert len(found) == 1
    return str(found[0])


def test_a_member_answers_from_the_slip_to_the_thanks(phone, survey):
    landing = phone.get(survey.path)
    assert landing.status_code == 200
    assert "2026 年度党员满意度测评" in heading(landing)
    first = press(phone, survey, "start")
    assert "您对组织生活的安排是否满意？" in first.text
    second = press(phone, survey, "next", at="first", shown="meetings overall", **FIRST)
    assert "您的年龄段" in second.text
    review = press(phone, survey, "next", at="second", shown="hours age comment", **EVERYTHING)
    assert "希望活动多一些" in review.text
    sent = press(phone, survey, "submit", at="review", **EVERYTHING)
    assert heading(sent) == THANKS
    assert receipt_on(sent)
    assert survey.counts() == (1, 1)


def test_the_thanks_sent_twice_are_the_same_thanks_and_one_ballot(phone, survey):
    review = press(phone, survey, "review", attempt="", **EVERYTHING)
    sent = [press(phone, survey, "submit", attempt=attempt_on(review), at="review", **EVERYTHING) for _ in range(3)]
    assert len({receipt_on(page) for page in sent}) == 1
    assert survey.counts() == (1, 1)


def test_answers_changed_after_sending_are_not_taken_and_the_member_is_told(phone, survey):
    first = press(phone, survey, "submit", at="review", **EVERYTHING)
    changed = press(phone, survey, "submit", at="review", **EVERYTHING | {"q_meetings": "1"})
    assert "以您最先提交的答卷为准" in changed.text
    assert receipt_on(changed) == receipt_on(first)
    assert survey.counts() == (1, 1)


def test_every_review_begins_an_attempt_of_its_own_and_corrections_keep_it(phone, survey):
    reviews = [press(phone, survey, "review", attempt="", **EVERYTHING) for _ in range(2)]
    assert attempt_on(reviews[0]) != attempt_on(reviews[1])
    part = press(phone, survey, "correct:first", at="review", attempt=attempt_on(reviews[0]), **EVERYTHING)
    assert attempt_on(part) == attempt_on(reviews[0])
    again = press(phone, survey, "next", at="first", correcting="yes", shown="meetings overall",
                  attempt=attempt_on(part), **EVERYTHING)  # fmt: skip
    assert attempt_on(again) == attempt_on(reviews[0])


@pytest.mark.parametrize("attempt", ["", "xyz", "A1" * 16, "a1" * 15, "a1" * 17])
def test_a_page_without_its_attempt_is_shown_for_another_look(phone, survey, attempt):
    page = press(phone, survey, "submit", at="review", attempt=attempt, **EVERYTHING)
    assert heading(page) == "检查并提交"
    assert attempt_on(page) != attempt
    assert survey.counts() == (0, 0)


def test_without_receipts_none_is_shown(app, phone):
    survey = open_survey(app, has_receipts=False)
    sent = press(phone, survey, "submit", at="review", **EVERYTHING)
    assert heading(sent) == THANKS
    assert "回执" not in sent.text


def test_a_survey_that_wants_encryption_by_the_browser_takes_nothing_in_clear(app, phone):
    survey = open_survey(app, accepts_played=False)
    landing = phone.get(survey.path)
    assert "本次测评只接收在您自己的设备上加密的答卷" in landing.text
    assert f"http://localhost{survey.path}" in landing.text
    for button in ("start", "next", "submit"):
        refused = press(phone, survey, button, at="review", **EVERYTHING)
        check_page(refused.text)
        assert refused.status_code == 409
        assert re.search(r"<title>有错误：", refused.text)
        assert "希望活动多一些" not in refused.text
    assert survey.counts() == (0, 0)


def test_the_page_says_who_encrypts_where_the_browser_cannot(phone, survey):
    assert "由服务器在内存里代为加密" in phone.get(survey.path).text


def test_the_landing_page_is_the_same_for_all_members(app, survey):
    pages = {app.test_client().get(survey.path).data for _ in range(3)}
    assert len(pages) == 1


def test_no_page_sets_a_cookie_or_is_less_than_valid(phone, survey):
    pages = [
        phone.get("/s/unknown/unknown"),
        phone.get(survey.path),
        phone.get(survey.path + "?lang=en"),
        press(phone, survey, "start"),
        press(phone, survey, "start", code="WRONG"),
        press(phone, survey, "next", at="first", shown="meetings overall", q_overall="1"),
        press(phone, survey, "next", at="second", shown="hours", q_hours="many", **FIRST),
        press(phone, survey, "next", at="second", shown="hours", **EVERYTHING),
        press(phone, survey, "submit", at="review", **EVERYTHING),
    ]
    for page in pages:
        check_page(page.text)
        assert "Set-Cookie" not in page.headers


def test_posted_pages_stay_out_of_caches(phone, survey):
    pages = press(phone, survey, "start"), press(phone, survey, "next", at="first", shown="meetings overall", **FIRST)
    assert [page.headers["Cache-Control"] for page in pages] == ["no-store"] * 2


def test_a_missing_answer_is_asked_for_and_nothing_is_lost(phone, survey):
    page = press(phone, survey, "next", at="first", shown="meetings overall", q_meetings="4", q_comment="留着")
    assert page.status_code == 422
    assert re.search(r"<title>有错误：", page.text)
    assert "请选择一项；没有接触过的，选“不了解”。" in page.text
    assert re.search(r'id="q_meetings-1"[^>]* checked', page.text)
    assert '<input type="hidden" name="q_comment" value="留着">' in page.text


def test_a_number_in_words_stays_as_typed_beside_its_error(phone, survey):
    page = press(phone, survey, "next", at="second", shown="hours age comment", q_hours="很多 <b>", **FIRST)
    assert page.status_code == 422
    assert 'value="很多 &lt;b&gt;"' in page.text
    assert "请填写 0 到 200 之间的整数。" in page.text


def test_an_answer_that_calls_for_another_question_shows_the_page_again_without_reproach(phone, survey):
    answers = {"q_meetings": "4", "q_overall": "2"}
    page = press(phone, survey, "next", at="first", shown="meetings overall", **answers)
    assert page.status_code == 200
    assert "不满意的主要是哪些方面？" in page.text
    assert 'role="alert"' not in page.text
    assert "根据您的回答，还想多问您" in page.text
    missing = press(phone, survey, "next", at="first", shown="meetings overall why", **answers)
    assert missing.status_code == 422
    onward = press(phone, survey, "next", at="first", shown="meetings overall why", q_why=["1", "2"], **answers)
    assert "您的年龄段" in onward.text
    assert onward.text.count('name="q_why"') == 2


def test_going_back_keeps_even_what_is_not_finished(phone, survey):
    page = press(phone, survey, "back", at="second", q_hours="many", **FIRST)
    assert page.status_code == 200
    assert "您对组织生活的安排是否满意？" in page.text
    assert 'name="q_hours" value="many"' in page.text


def test_a_part_opened_from_the_review_leads_back_to_it(phone, survey):
    part = press(phone, survey, "correct:first", at="review", **EVERYTHING)
    assert 'name="correcting" value="yes"' in part.text
    back = press(
        phone,
        survey,
        "next",
        at="first",
        correcting="yes",
        shown="meetings overall",
        **EVERYTHING | {"q_meetings": "1"},
    )
    assert heading(back) == "检查并提交"
    assert "非常不满意" in back.text


def test_a_correction_that_opens_a_question_elsewhere_goes_there_before_the_review(phone, survey):
    page = press(phone, survey, "submit", at="review", **EVERYTHING | {"q_overall": "1"})
    assert heading(page) == "支部工作"
    assert "根据您的回答，还想多问您" in page.text
    assert survey.counts() == (0, 0)


def test_the_language_can_be_changed_on_any_page_and_nothing_is_lost(phone, survey):
    typed = {"at": "second", "q_hours": "many", "q_comment": "留着", **FIRST}
    page = phone.post(survey.path + "?lang=en", data={"code": survey.codes[0], "go": "again", **typed})
    assert '<html lang="en">' in page.text
    assert "Your age group" in page.text
    assert 'value="many"' in page.text
    assert "留着" in page.text
    assert f'action="{survey.path}?lang=en"' in page.text
    assert 'name="q_meetings" value="4"' in page.text


def test_a_browser_that_prefers_english_is_answered_in_english(phone, survey):
    page = phone.get(survey.path, headers={"Accept-Language": "en-GB,en;q=0.9"})
    assert "Your answers are anonymous" in page.text
    assert '<html lang="en">' in page.text


@pytest.mark.parametrize(
    ("typed", "status", "said"),
    [
        ("", 422, "请输入纸条上的参评码。"),
        ("7QK4", 422, "13"),
        ("****-****-****-*", 422, "参评码"),
    ],
)
def test_a_malformed_code_is_named_as_what_it_is(phone, survey, typed, status, said):
    page = press(phone, survey, "start", code=typed)
    assert page.status_code == status
    assert said in page.text
    assert re.search(r"<title>有错误：", page.text)
    assert survey.counts() == (0, 0)


def test_a_slip_of_the_pen_is_told_from_an_unknown_code(phone, survey):
    code = survey.codes[0]
    slipped = code[:-1] + ("A" if code[-1] != "A" else "B")
    assert press(phone, survey, "start", code=slipped).status_code == 422


def test_a_code_is_read_in_small_letters_with_spaces_and_without_hyphens(phone, survey):
    sloppy = " " + survey.codes[0].lower().replace("-", " ") + " "
    assert "您对组织生活的安排是否满意？" in press(phone, survey, "start", code=sloppy).text


def test_a_used_code_says_that_the_answers_have_arrived(phone, survey):
    assert heading(press(phone, survey, "submit", at="review", **EVERYTHING)) == THANKS
    again = press(phone, survey, "submit", at="review", attempt=OTHER_ATTEMPT, **EVERYTHING)
    assert again.status_code == 409
    assert "如果不是您本人用的，请告诉监票人" in again.text
    assert "希望活动多一些" in again.text
    landing = press(phone, survey, "start")
    assert landing.status_code == 409
    assert survey.counts() == (1, 1)


def test_a_code_sent_from_two_phones_at_once_counts_one_answer(app, survey):
    ready, outcomes = Barrier(2), []

    def send(attempt: str) -> None:
        phone = app.test_client()
        ready.wait()
        outcomes.append(press(phone, survey, "submit", at="review", attempt=attempt, **EVERYTHING).status_code)

    phones = [Thread(target=send, args=(attempt,)) for attempt in (ATTEMPT, OTHER_ATTEMPT)]
    for thread in phones:
        thread.start()
    for thread in phones:
        thread.join()
    assert sorted(outcomes) == [200, 409]
    assert survey.counts() == (1, 1)


def test_a_code_that_was_changed_on_the_way_uses_nothing_up(phone, survey):
    page = press(phone, survey, "submit", at="review", code="", **EVERYTHING)
    assert page.status_code == 422
    assert 'id="code"' in page.text
    assert "希望活动多一些" in page.text
    assert survey.counts() == (0, 0)


def test_forged_answers_are_sent_back_instead_of_being_cast(phone, survey):
    page = press(phone, survey, "submit", at="review", **EVERYTHING | {"q_meetings": "99"})
    assert page.status_code == 422
    assert survey.counts() == (0, 0)


def test_buttons_and_sections_nobody_offered_lead_to_a_page(phone, survey):
    assert press(phone, survey, "explode", at="nowhere").status_code == 200
    assert press(phone, survey, "correct:nowhere", at="review", **EVERYTHING).status_code == 200


def test_an_open_link_asks_for_no_code(app, phone):
    survey = open_survey(app, access_mode=AccessMode.OPEN)
    landing = phone.get(survey.path)
    assert 'id="code"' not in landing.text
    sent = [press(phone, survey, "submit", at="review", **EVERYTHING) for _ in range(2)]
    assert [heading(page) for page in sent] == [THANKS, THANKS]
    assert survey.counts() == (0, 1)
    press(phone, survey, "submit", at="review", attempt=OTHER_ATTEMPT, **EVERYTHING)
    assert survey.counts() == (0, 2)


@pytest.mark.parametrize(
    ("closed_on", "said"),
    [(datetime(2026, 11, 20, 9, tzinfo=UTC), "11 月 20 日"), (datetime(2026, 12, 20, 9, tzinfo=UTC), "12 月 14 日")],
    ids=["before its last day", "after its last day"],
)
def test_a_survey_that_is_closed_says_until_when_it_took_answers(app, phone, survey, closed_on, said):
    app.config["CLOCK"].moment = closed_on
    survey.close()
    for page in (phone.get(survey.path), press(phone, survey, "submit", at="review", **EVERYTHING)):
        assert page.status_code == 410
        assert heading(page) == "测评已截止"
        assert f"测评已于 2026 年 {said}截止" in page.text.replace("\u00a0", " ")
    assert survey.counts() == (0, 0)


def test_after_the_closing_day_nobody_begins_but_who_has_begun_may_finish(app, phone, survey):
    app.config["CLOCK"].moment = datetime(2026, 12, 15, 0, 10, tzinfo=UTC)
    assert phone.get(survey.path).status_code == 410
    assert heading(press(phone, survey, "submit", at="review", **EVERYTHING)) == THANKS


def test_half_an_hour_after_closing_who_had_a_pass_gets_the_same_thanks_and_nobody_else_comes_in(app, phone, survey):
    sent = press(phone, survey, "submit", at="review", **EVERYTHING)
    survey.close()
    again = press(phone, survey, "submit", at="review", **EVERYTHING)
    assert receipt_on(again) == receipt_on(sent)
    for button in ("start", "next", "review"):
        assert press(phone, survey, button, at="first", shown="meetings overall", **EVERYTHING).status_code == 410
    assert press(phone, survey, "submit", at="review", code=survey.codes[1], **EVERYTHING).status_code == 410
    app.config["CLOCK"].moment += timedelta(minutes=30)
    assert press(phone, survey, "submit", at="review", **EVERYTHING).status_code == 410
    assert survey.counts() == (1, 1)


def test_through_an_open_link_who_has_begun_finishes_in_the_half_hour_after_closing(app, phone):
    survey = open_survey(app, access_mode=AccessMode.OPEN)
    survey.close()
    assert press(phone, survey, "start").status_code == 410
    assert press(phone, survey, "next", at="first", shown="meetings overall", **FIRST).status_code == 200
    assert heading(press(phone, survey, "submit", at="review", **EVERYTHING)) == THANKS


def test_a_withdrawn_survey_says_why(app, phone, survey):
    with app.app_context():
        services.withdraw_survey(
            db.session, survey._survey(), reason="第 3 题印错", by=services.COMMAND_LINE, clock=app.config["CLOCK"],
            copy=False,
        )  # fmt: skip
        db.session.commit()
    page = phone.get(survey.path)
    check_page(page.text)
    assert page.status_code == 410
    assert heading(page) == "本次测评已经撤回"
    assert "第 3 题印错" in page.text.replace("\u00a0", " ")


def test_a_survey_that_is_not_open_yet_says_so(app, phone):
    with app.app_context():
        slug = draft_survey(app).slug
    page = phone.get(f"/s/{slug}/anything")
    assert page.status_code == 409
    assert heading(page) == "测评还没有开始"
    assert phone.post(f"/s/{slug}/anything", data=EVERYTHING).status_code == 409


def test_an_address_that_leads_nowhere_says_what_to_compare(phone, survey):
    for path in ("/s/nothing/here", f"/s/{survey.slug}/nothing", "/s/nothing/here/anonymity"):
        page = phone.get(path)
        assert page.status_code == 404
        assert "对照纸条" in page.text


def test_answers_of_a_megabyte_are_refused_in_words(phone, survey):
    page = press(phone, survey, "submit", at="review", **EVERYTHING | {"q_comment": "长" * 350_000})
    assert page.status_code == 413
    assert survey.counts() == (0, 0)


def test_a_sample_survey_says_that_it_is_one(app, phone, survey):
    sample = open_survey(app, is_sample=True, unit_code="sample")
    assert "示例数据" in phone.get(sample.path).text
    assert "示例数据" in press(phone, sample, "start").text
    assert "示例数据" not in phone.get(survey.path).text


def test_the_first_page_with_everything_is_small(phone, survey):
    landing = phone.get(survey.path)
    parts = [landing.data] + [
        phone.get(address).data for address in re.findall(r'(?:href|src)="(/static/[^"]+)"', landing.text)
    ]
    assert len(parts) == 4
    assert sum(map(len, parts)) <= 60_000


def test_what_members_sent_is_what_sealing_finds(app, phone, survey):
    for place, code in enumerate(survey.codes[:10]):
        answers = EVERYTHING | {"code": code, "q_meetings": str(place % 5 + 1), "q_comment": f"第{place}条\r\n建议"}
        assert heading(press(phone, survey, "submit", at="review", **answers)) == THANKS
    survey.close()
    rows, comments = survey.seal()
    assert rows == 10
    assert comments.count("建议") == 10
    assert survey.counts() == (0, 0)


def test_the_front_door_shows_both_ways_in(phone):
    page = phone.get("/")
    assert page.status_code == 200
    assert 'href="/login"' in page.text


def test_a_page_of_a_member_asks_the_database_once(app, phone, survey):
    phone.get(survey.path)  # rendered once for all
    asked: list[str] = []
    event.listen(app.extensions["engine"], "before_cursor_execute", lambda *call: asked.append(call[2]))
    phone.get(survey.path)
    press(phone, survey, "next", at="first", shown="meetings overall", **FIRST)
    assert sum(statement.startswith("SELECT") for statement in asked) == 2


def test_the_attempt_begins_with_the_first_section_so_that_the_way_back_keeps_it(phone, survey):
    first = press(phone, survey, "start", attempt="")
    assert attempt_on(first)


def test_after_the_last_day_nobody_begins_and_who_has_begun_goes_on(phone, survey, clock):
    clock.moment += timedelta(days=60)
    assert press(phone, survey, "start").status_code == 410
    assert press(phone, survey, "next", at="first", **FIRST).status_code == 200
