"""What members are told about anonymity follows the settings of their survey; published receipts can be looked up."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass

import pytest
from flask import Flask
from flask.testing import FlaskClient
from flask_babel import force_locale

from survey_app import services
from survey_app.extensions import db
from survey_app.models import AccessMode
from survey_app.wording.anonymity import chapters, played_notice, sentence_for_slip, short_list
from tests.open_survey import OpenSurvey, draft_survey, open_survey
from tests.page_checks import check_page, text_of

ANSWERS = {"q_meetings": "4", "q_overall": "5", "q_hours": "6", "q_age": "2", "q_comment": ""}
NEVER_SHOW = "请不要把回执给组织者、支委会或监票人看"
PROMISE = "从本系统保存的一切内容（数据库、日志、本软件制作的备份）中，没有人能查出哪份答卷是谁填的。"
LIMITS = "这项承诺不包括：有人私自改动运行中的程序，或截录网络传输、启封口令。"


@dataclass(frozen=True)
class Settings:
    """Of a survey, as far as they bear on anonymity."""

    access_mode: str = "codes"
    threshold: int = 10
    scrutineers: int = 3
    accepts_played: bool = True
    has_receipts: bool = True


def page_of(client: FlaskClient, survey: OpenSurvey) -> str:
    response = client.get(f"{survey.path}/anonymity")
    assert response.status_code == 200
    assert "Set-Cookie" not in response.headers
    return text_of(check_page(response.text)).replace("\u00a0", " ")


def vote(client: FlaskClient, survey: OpenSurvey, count: int) -> list[str]:
    """Members answer without JavaScript; their receipts."""
    receipts = []
    for place, code in enumerate(survey.codes[:count]):
        sent = {"code": code, "go": "submit", "attempt": f"{place:032x}", **ANSWERS}
        receipts += re.findall(r'"typed" id="receipt">([0-9A-Z-]{24})<', client.post(survey.path, data=sent).text)
    assert len(receipts) == count
    return receipts


@pytest.fixture
def sealed(app: Flask, client: FlaskClient) -> tuple[OpenSurvey, list[str]]:
    survey = open_survey(app)
    receipts = vote(client, survey, 7)
    survey.close()
    survey.seal()
    return survey, receipts


def test_the_page_says_promise_and_limits_and_is_linked_from_the_landing_page(app, client):
    survey = open_survey(app)
    landing = client.get(survey.path).text
    assert f'href="{survey.path}/anonymity"' in landing
    for page in (page_of(client, survey), text_of(check_page(landing))):
        assert PROMISE in page
        assert LIMITS in page
    assert survey.fingerprint in page_of(client, survey)


@pytest.mark.parametrize(
    ("choices", "said", "unsaid"),
    [
        (
            {},
            ["由您自己抽取", "任意两人一起才能打开答卷", "代为加密", "不足 10 人作答", NEVER_SHOW],
            ["单独打开", "未核验"],
        ),
        ({"access_mode": AccessMode.PERSONAL}, ["系统不保存姓名"], ["由您自己抽取", "未核验"]),
        ({"access_mode": AccessMode.OPEN}, ["未核验", "有链接的人都能作答"], ["参评凭证", "抽取"]),
        ({"scrutineers": 1}, ["由一名监票人掌握", "单独打开答卷"], ["三名监票人"]),
        ({"has_receipts": False}, ["本次测评不公布回执"], [NEVER_SHOW, "回执清单"]),
        ({"accepts_played": False}, ["不接收未在本人设备上加密的答卷"], ["代为加密"]),
        ({"threshold": 8}, ["不足 8 人作答"], ["不足 10 人作答"]),
    ],
)
def test_nothing_is_said_that_does_not_hold_in_this_survey(app, client, choices, said, unsaid):
    page = page_of(client, open_survey(app, **choices))
    assert [words for words in said if words not in page] == []
    assert [words for words in unsaid if words in page] == []


@pytest.mark.parametrize("scrutineers", [1, 3])
def test_the_landing_page_says_who_can_open_the_ballots(app, client, scrutineers):
    page = client.get(open_survey(app, scrutineers=scrutineers).path).text
    assert ("由一名监票人单独掌握" in page) == (scrutineers == 1)
    assert ("三名监票人中的任意两人" in page) == (scrutineers == 3)


def test_every_setting_has_its_words_in_both_languages(app):
    for language in ("zh_Hans", "en"):
        with app.test_request_context(), force_locale(language):
            told = {}
            for mode in ("codes", "personal", "open"):
                for scrutineers in (1, 3):
                    for flag in (True, False):
                        settings = Settings(mode, 10, scrutineers, flag, flag)
                        page = "".join(p for chapter in chapters(settings) for p in chapter.paragraphs)
                        points = "".join(point.claim + point.meaning for point in short_list(settings))
                        told[settings] = (page, points, played_notice(settings), sentence_for_slip(settings))
            assert len({page for page, *_ in told.values()}) == len(told)
            assert len({slip for *_, slip in told.values()}) == 6
            assert all(len(slip) <= 140 for *_, slip in told.values())


def test_a_closed_survey_goes_on_saying_how_it_was_kept_and_a_draft_does_not_begin(app, client):
    survey = open_survey(app)
    survey.close()
    assert PROMISE in page_of(client, survey)
    with app.app_context():
        draft = draft_survey(app, unit_code="b4").slug
    assert client.get(f"/s/{draft}/any/anonymity").status_code == 409
    assert client.get(f"/s/{draft}/receipts").status_code == 409
    assert client.get("/s/no/receipts").status_code == 404


def test_before_sealing_the_list_says_when_it_will_be_there(app, client):
    survey = open_survey(app)
    vote(client, survey, 1)
    page = client.get(f"/s/{survey.slug}/receipts")
    check_page(page.text)
    assert "2026 年 12 月 14 日" in page.text.replace("\u00a0", " ")
    assert NEVER_SHOW in page.text
    assert not re.search(r"[0-9A-Z]{4}(-[0-9A-Z]{4}){4}", page.text)
    assert "<form" not in page.text


def test_after_sealing_every_receipt_stands_in_the_list_which_anybody_can_check(client, sealed):
    survey, receipts = sealed
    page = client.get(f"/s/{survey.slug}/receipts")
    check_page(page.text)
    listed = re.findall(r"[0-9A-Z]{4}(?:-[0-9A-Z]{4}){4}", page.text)
    assert listed == sorted(receipts)
    assert hashlib.sha256("".join(f"{receipt}\n" for receipt in listed).encode()).hexdigest() in page.text
    assert "共启封 7 份答卷" in page.text.replace("\u00a0", " ")
    assert "请不要把回执给组织者" in page.text
    assert "Set-Cookie" not in page.headers
    closed = client.get(survey.path)
    assert f'href="/s/{survey.slug}/receipts"' in closed.text


def test_a_receipt_is_looked_up_however_it_is_typed_and_nothing_is_kept(client, sealed):
    survey, receipts = sealed
    wide = "".join(chr(ord(character) + 0xFEE0) for character in receipts[0].replace("-", ""))
    for typed in (receipts[0], receipts[1].lower().replace("-", " "), f"  {receipts[2]} ", wide):
        found = client.post(f"/s/{survey.slug}/receipts", data={"receipt": typed})
        check_page(found.text)
        assert "您的回执在清单中" in found.text, typed
        assert found.headers["Cache-Control"] == "no-store"
    for typed in ("0000-0000-0000-0000-0000", "多", "<b>", receipts[0][:-1]):
        lost = client.post(f"/s/{survey.slug}/receipts", data={"receipt": typed})
        check_page(lost.text)
        assert "清单中没有这个回执" in lost.text, typed
    assert 'class="notice' not in client.post(f"/s/{survey.slug}/receipts", data={"receipt": ""}).text


def test_without_receipts_the_list_says_so(app, client):
    survey = open_survey(app, has_receipts=False)
    page = client.get(f"/s/{survey.slug}/receipts")
    check_page(page.text)
    assert "本次测评不公布回执" in page.text


def test_a_withdrawn_survey_has_neither_list_nor_promise(app, client):
    survey = open_survey(app)
    with app.app_context():
        services.withdraw_survey(
            db.session, survey._survey(), reason="印错", by=services.COMMAND_LINE, clock=app.config["CLOCK"], copy=False
        )
        db.session.commit()
    assert client.get(f"{survey.path}/anonymity").status_code == 410
    assert "已经撤回" in client.get(f"/s/{survey.slug}/receipts").text
