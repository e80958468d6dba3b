"""The questionnaire in a real browser: it judges answers as Python does, and it can be answered by everybody."""

from __future__ import annotations

import json
import random
import re
from base64 import b64decode
from collections.abc import Callable
from typing import Any
from uuid import UUID

import pytest
from playwright.sync_api import Page, Route, expect
from werkzeug.datastructures import MultiDict

from instruments import catalogue
from instruments.loader import load
from instruments.model import Instrument, Item, ItemType
from instruments.rules import visible_items
from survey_app.crypto.box import OpeningKey, SealedBallot, open_envelope
from survey_app.forms.builder import accepted_answers, field_name, form_class, valid_answers
from survey_app.forms.fields import offers_of
from survey_app.models import AccessMode
from survey_app.services import body_of
from tests.live_browser import DESK, LiveServer, accessibility_complaints
from tests.open_survey import OpenSurvey, open_survey
from tests.sheet_in_browser import Visit, come_in, expect_heading, is_sound, look_in, scrolls_sideways
from tests.tiny_instruments import all_in_one
from tests.unit.app.small_questionnaire import CONTENT, SOURCE

pytestmark = pytest.mark.browser

Shoot = Callable[[Page, str], None]

NARROWEST = {"width": 320, "height": 640}
NESTED = """\
schema: 1
code: nested
title: {zh_Hans: 层层追问, en: Nested}
audience: member
scales:
  satisfaction:
    levels:
      - {code: 3, label: {zh_Hans: 满意, en: Satisfied}}
      - {code: 2, label: {zh_Hans: 一般, en: Neither}}
      - {code: 1, label: {zh_Hans: 不满意, en: Dissatisfied}}
    satisfied: [3]
    unscored:
      - {kind: dont_know, label: {zh_Hans: 不了解, en: Don't know}}
      - {kind: not_applicable, label: {zh_Hans: 不适用, en: Not applicable}}
dimensions:
  - {code: work, title: {zh_Hans: 工作, en: Work}}
sections:
  - code: first
    title: {zh_Hans: 第一部分, en: First}
    items:
      - {code: branch, text: {zh_Hans: 支部如何？, en: The branch?}, scale: satisfaction, dimension: work}
      - {code: Reading, text: {zh_Hans: 学习如何？, en: The reading?}, scale: satisfaction, dimension: work}
      - code: topics
        type: multiple
        text: {zh_Hans: 哪些方面？, en: Which topics?}
        options:
          - {code: 7, label: {zh_Hans: 会议, en: Meetings}}
          - {code: 2, label: {zh_Hans: 学习, en: Study}}
          - {code: 10, label: {zh_Hans: 活动, en: Events}}
        required: false
        visible_if: (branch <= 2 or branch == not_applicable) and not Reading in [3, dont_know]
  - code: second
    title: {zh_Hans: 第二部分, en: Second}
    items:
      - code: constructor
        type: text
        text: {zh_Hans: 请说明, en: Please explain}
        max_length: 12
        visible_if: topics has 10 or topics has 7 and branch == 1
      - code: hours
        type: number
        text: {zh_Hans: 几小时？, en: Hours?}
        minimum: 0
        maximum: 200
        required: false
        visible_if: answered(constructor) or branch != 3
      - code: why
        type: multiple
        text: {zh_Hans: 为什么？, en: Why?}
        options:
          - {code: 1, label: {zh_Hans: 忙, en: Busy}}
          - {code: 0, label: {zh_Hans: 远, en: Far}}
        visible_if: hours > 9 and hours != 12 or not answered(topics) and hours < 3
  - code: review
    title: {zh_Hans: 第三部分, en: Third}
    items:
      - code: group
        type: single
        text: {zh_Hans: 哪一组？, en: Which group?}
        options:
          - {code: 1, label: {zh_Hans: 一组, en: One}}
          - {code: 2, label: {zh_Hans: 二组, en: Two}}
      - code: more
        type: text
        text: {zh_Hans: 还有呢？, en: Anything else?}
        max_length: 500
        required: false
        visible_if: why has 0 or group >= 2
"""
QUESTIONNAIRES = {
    "small": SOURCE,
    "catalogue": catalogue.read_text("member-satisfaction"),
    "nested": NESTED,
    "every type": all_in_one(),
}
NUMBERS = (
    "", " ", "0", "7", "12", "200", "201", "-0", "-3", "+5", "１２", "1,0", "，", "1，２", "②", "1_0", "1__0", "3.5",
    "9" * 40, "\u3000８ ", "二", "1 2", "\ufeff7", "0x1f", "1e1", "½", "－4", "9\u00a0",
)  # fmt: skip
TEXTS = (
    "", "   ", "好", "😀" * 7, "👨\u200d👩\u200d👧", "שלום\u202e", '"\\/', "a\r\nb\rc", "\x00\x07\x1b",
    "\x7f\x85\u2028", "\ud83d", "\ufeff", "\u200b", "</script>", "Ａ１，", "é", "e\u0301", "\t", "\u3000", "\x1c",
    "\u2003", "'&<>",
)  # fmt: skip
DAYS = (
    "", "2026-05-01", "2026-01-01", "2026-12-31", "2025-12-31", "2027-01-01", "2026-02-29", "2026-13-01", "2026-5-1",
    " ２０２６-05-01\u3000", "2026-05-01T00:00", "31.12.2026", "\ufeff2026-05-01", "0000-00-00", "+2026-05-01",
)  # fmt: skip


@pytest.fixture
def survey(live_server: LiveServer) -> OpenSurvey:
    return open_survey(live_server.app)


def choose(page: Page, question: str, answer: str) -> None:
    page.get_by_role("group", name=question).get_by_text(answer, exact=True).click()


def answer_first_part(page: Page) -> None:
    choose(page, "您对组织生活的安排是否满意？", "满意")
    choose(page, "总的来说", "非常满意")


def answer_all(page: Page) -> None:
    """What is in CONTENT, up to the review."""
    answer_first_part(page)
    page.locator("#next").click()
    page.get_by_label("几小时").fill("６")
    choose(page, "您的年龄段", "36 岁及以上")
    page.get_by_label("您有什么建议").fill(" 希望活动多一些\n")
    page.locator("#next").click()
    expect(page.locator("#send")).to_be_visible()


# The same judgement as Python ----------------------------------------------------------------------------------------


def draw_words(rng: random.Random, instrument: Instrument, item: Item, wildness: float) -> list[str]:
    """What a member might have put for one question: mostly an answer, wildly anything or nothing."""
    is_wild = rng.random() < wildness
    if is_wild and rng.random() < 0.15:
        return []
    if item.type in (ItemType.NUMBER, ItemType.DATE):
        usual, unusual = ("7", NUMBERS) if item.type is ItemType.NUMBER else ("2026-05-01", DAYS)
        return [rng.choice(unusual) if is_wild else usual]
    if item.type is ItemType.TEXT:
        text = "".join(rng.choices(TEXTS, k=rng.choice((1, 2, 5)))) * rng.choice((1, 1, 1, 60)) if is_wild else "好"
        return [re.sub("[\r\n]", "", text) if item.is_short else text]  # one line takes no line ends
    words = [offer.word for offer in offers_of(instrument, item)]
    if item.type is ItemType.RANKING:
        places = item.places or len(words)
        return rng.choices([*words, ""], k=places) if is_wild else rng.sample(words, places)
    if item.type is ItemType.MULTIPLE:
        return [word for word in words if rng.random() < 0.4] if is_wild else [rng.choice(words)]
    return [rng.choice(words) if item.required else rng.choice([*words, ""])]


def judged_by_python(instrument: Instrument, typed: dict[str, list[str]], language: str) -> dict[str, Any]:
    posted: MultiDict[str, str] = MultiDict()
    for code, words in typed.items():
        posted.setlist(field_name(instrument.by_code[code]), words)
    asked = visible_items(instrument, form_class(instrument)(posted).answers())
    form = form_class(instrument, asked, language=language)(posted)
    form.validate()
    accepted = accepted_answers(instrument, posted)
    return {
        "asked": [item.code for item in asked],
        "mistakes": {field.item.code: str(field.errors[0]) for field in form.questions() if field.errors},
        "body": None if accepted is None else body_of(accepted).decode(),
    }


JUDGE_ALL = """(text) => {
  const form = document.getElementById("sheet");
  form.querySelectorAll("[type=date]").forEach((day) => (day.type = "text")); // as old browsers show it
  return JSON.parse(text).map((typed) => {
    Sheet.typeInto(form, typed);
    const { asked, given, mistakes } = Sheet.judge(JSON.parse(form.dataset.rules), Sheet.typedInto(form));
    const body = Object.keys(mistakes).length ? null : Sheet.body(given);
    Object.keys(mistakes).forEach((code) => (mistakes[code] = mistakes[code].replace(/\u00a0/g, " ")));
    return { asked, mistakes: { ...mistakes }, body };
  });
}"""


@pytest.mark.parametrize("language", ["zh_Hans", "en"])
@pytest.mark.parametrize("name", QUESTIONNAIRES)
def test_the_script_judges_answers_as_the_server_does(visit: Visit, live_server, name: str, language: str):
    instrument = load(QUESTIONNAIRES[name])
    survey = open_survey(live_server.app, source=QUESTIONNAIRES[name], eligible=38)
    page = look_in(visit, survey, language)
    rng = random.Random(f"{name} {language}")
    drawn = [
        {item.code: draw_words(rng, instrument, item, wildness) for item in instrument.items}
        for wildness in [1, 1, 0.05] * 50
    ]
    by_script = page.evaluate(JUDGE_ALL, json.dumps(drawn))
    with live_server.app.test_request_context(f"/?lang={language}"):
        by_python = [judged_by_python(instrument, typed, language) for typed in drawn]
    assert by_script == by_python
    bodies = [said["body"] for said in by_script if said["body"]]
    assert len(bodies) > 1
    assert all(body_of(valid_answers(instrument, json.loads(body)) or {}).decode() == body for body in bodies)


# Answering -----------------------------------------------------------------------------------------------------------


def test_a_member_answers_on_a_phone_and_only_a_sealed_ballot_leaves_it(
    visit: Visit, survey, live_server, drawn_keys, shoot: Shoot
):
    page = come_in(visit, survey)
    poll = page.evaluate("(address) => fetch(address).then((reply) => reply.json())", f"{survey.path}/keys.json")
    sent: list[tuple[str, str]] = []
    page.on("request", lambda request: sent.append((request.url, request.post_data or "")))
    expect_heading(page, "支部工作")
    expect(page.get_by_text("第 1 部分，共 2 部分")).to_be_visible()
    shoot(page, "section-360")
    assert is_sound(page)
    answer_all(page)
    expect_heading(page, "检查并提交")
    expect(page.locator("dd", has_text="希望活动多一些")).to_be_visible()
    shoot(page, "review-360")
    assert is_sound(page)
    page.locator("#send").click()
    expect_heading(page, "谢谢您，答卷已经收到")
    assert re.fullmatch("([0-9A-Z]{4}-){4}[0-9A-Z]{4}", page.locator("#receipt").inner_text())
    expect(page.locator("#earlier")).to_have_count(0)
    expect(page.locator("form")).to_have_count(0)
    shoot(page, "thanks-360")
    assert is_sound(page)
    (_, message) = sent[-1]
    assert [url.removeprefix(live_server.url) for url, _ in sent] == [f"{survey.path}/keys.json", "/api/ballots"]
    assert opened(json.loads(message), poll, drawn_keys[1]) == body_of(CONTENT)
    assert survey.counts() == (1, 1)
    assert page.evaluate("sessionStorage.length") == 0
    assert page.context.cookies() == []


def opened(message: dict[str, str], poll: dict[str, Any], keys: list[OpeningKey]) -> bytes:
    """What is in the envelope of a message, with the survey's opening key."""
    ballot = SealedBallot(b64decode(message["envelope"]), b64decode(message["receipt"]))
    (key,) = (key for key in keys if key.public.der == b64decode(poll["envelopeKey"]))
    return open_envelope(key, ballot, poll["size"], survey_id=UUID(poll["survey"]))


def test_what_is_missing_is_listed_and_led_to_and_nothing_is_lost(visit: Visit, survey, shoot: Shoot):
    page = look_in(visit, survey)
    choose(page, "总的来说", "非常满意")
    page.locator("#next").click()
    summary = page.get_by_role("alert")
    expect(summary).to_be_focused()
    expect(summary).to_contain_text("还有 1 道题没有答好")
    assert page.title().startswith("有错误： 支部工作")
    card = page.get_by_role("group", name="您对组织生活的安排是否满意？")
    expect(card).to_have_accessible_description(re.compile("请选择一项；没有接触过的，选“不了解”。"))
    shoot(page, "error-360")
    assert is_sound(page)
    summary.get_by_role("link", name="第 1 题：组织生活").click()
    expect(card.get_by_role("radio").first).to_be_focused()
    page.keyboard.press("Space")
    page.locator("#next").click()
    expect_heading(page, "建议和基本情况")
    expect(summary).to_have_count(0)
    page.get_by_label("几小时").fill("很多")
    page.get_by_label("您有什么建议").fill("多" * 41)
    page.locator("#next").click()
    expect(summary).to_contain_text("还有 2 道题没有答好")
    expect(page.get_by_label("几小时")).to_have_accessible_description(re.compile("0 到 200"))
    expect(page.get_by_text("您写了 41 字")).to_be_visible()
    assert page.title().startswith("有错误：")
    assert is_sound(page)


def test_the_whole_sheet_is_answered_by_keyboard_alone(visit: Visit, survey):
    page = come_in(visit, survey, viewport=DESK)

    def press(*keys: str) -> None:
        for key in keys:
            page.keyboard.press(key)

    press("Tab", "ArrowDown", "Tab", "Space", "Tab", "Enter")
    expect_heading(page, "建议和基本情况")
    press("Tab", "6", "Enter")  # as in any form, Enter in a field goes on
    expect_heading(page, "检查并提交")
    press("Tab", "Enter")
    expect_heading(page, "支部工作")
    press("Tab", "ArrowDown", "Tab", "Tab", "Enter")
    expect_heading(page, "检查并提交")
    expect(page.locator("dd", has_text="一般")).to_be_visible()
    press("Tab", "Tab", "Tab", "Enter")
    expect_heading(page, "谢谢您，答卷已经收到")
    assert survey.counts() == (1, 1)


def test_an_answer_calls_for_a_further_question_at_once(visit: Visit, survey):
    page = look_in(visit, survey)
    further = page.get_by_role("group", name="不满意的主要是哪些方面？")
    expect(further).to_be_hidden()
    choose(page, "您对组织生活的安排是否满意？", "满意")
    choose(page, "总的来说", "不满意")
    expect(further).to_be_visible()
    expect(page.get_by_role("status")).to_contain_text("还想多问您 1 道题")
    further.get_by_text("学习").click()
    page.locator("#next").click()
    page.get_by_label("几小时").fill("6")
    page.locator("#next").click()
    expect(page.locator("dd", has_text="学习")).to_be_visible()
    page.get_by_role("button", name="修改 支部工作").click()
    choose(page, "总的来说", "满意")
    expect(further).to_be_hidden()
    page.get_by_role("button", name="保存，回到检查页").click()
    expect_heading(page, "检查并提交")
    expect(page.locator("dd", has_text="学习")).to_be_hidden()


def test_the_ways_back_lead_to_the_part_before(visit: Visit, survey):
    page = look_in(visit, survey)
    answer_all(page)
    page.locator("#back").click()
    expect_heading(page, "建议和基本情况")
    page.locator("#back").click()
    expect_heading(page, "支部工作")
    expect(page.locator("#back")).to_be_hidden()
    page.go_back()
    expect_heading(page, "建议和基本情况")
    expect(page.get_by_label("几小时")).to_have_value("６")
    page.go_back()
    expect_heading(page, "检查并提交")


def test_a_reload_and_the_other_language_keep_the_answers_and_the_place(visit: Visit, survey):
    page = look_in(visit, survey)
    answer_first_part(page)
    page.locator("#next").click()
    page.get_by_label("几小时").fill("12")
    page.reload()
    expect_heading(page, "建议和基本情况")
    page.get_by_role("link", name="English").click()
    expect_heading(page, "Suggestions and background")
    expect(page.get_by_label("About how many hours")).to_have_value("12")
    page.locator("#next").click()
    expect(page.locator("dd", has_text="Very satisfied")).to_be_visible()
    assert accessibility_complaints(page) == []


def test_the_next_member_on_the_same_phone_sees_no_answers(visit: Visit, survey):
    page = look_in(visit, survey)
    answer_all(page)
    name = page.evaluate("Object.keys(sessionStorage).find((name) => name.startsWith('ballot-box:'))")
    page.evaluate("(name) => sessionStorage.setItem(name, 'another pass')", name)
    page.reload()
    expect_heading(page, "支部工作")
    expect(page.locator("input:checked")).to_have_count(0)


@pytest.mark.parametrize("size", [NARROWEST, DESK], ids=lambda size: str(size["width"]))
def test_the_catalogue_questionnaire_fits_every_screen(visit: Visit, live_server, shoot: Shoot, size):
    survey = open_survey(live_server.app, source=catalogue.read_text("member-satisfaction"), eligible=38)
    page = look_in(visit, survey, viewport=size)
    while page.locator("#next").is_visible():
        for card in page.locator("fieldset:visible").all():
            card.locator("label").nth(1).click()
        assert not scrolls_sideways(page)
        page.locator("#next").click()
    expect_heading(page, "检查并提交")
    shoot(page, f"catalogue-review-{size['width']}")
    assert is_sound(page)
    page.locator("section button").last.click()
    shoot(page, f"catalogue-closing-{size['width']}")
    page.go_back()
    page.locator("section button").first.click()
    shoot(page, f"catalogue-{size['width']}")
    assert is_sound(page)


# Sending -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("happening", "title"),
    [
        ("offline", "连不上网络"),
        (410, "测评已截止"),
        (503, "没有成功"),
    ],
)
def test_a_ballot_that_is_not_taken_loses_nothing(visit: Visit, survey, shoot: Shoot, happening, title: str):
    page = come_in(visit, survey)
    answer_all(page)
    taken: list[str] = []

    def refuse(route: Route) -> None:
        taken.append(route.request.post_data or "")
        if happening == "offline":
            route.abort()
        else:
            route.fulfill(status=happening, json={"error": "message"})

    page.route("**/api/ballots", refuse)
    page.locator("#send").click()
    expect(page.get_by_role("alert")).to_contain_text(title)
    expect(page.get_by_role("alert")).to_be_focused()
    assert page.title().startswith("有错误：")
    shoot(page, f"refused-{happening}-360")
    assert is_sound(page)
    page.unroute("**/api/ballots")
    again: list[str] = []
    page.on("request", lambda request: again.append(request.post_data or ""))
    page.locator("#send").click()
    expect_heading(page, "谢谢您，答卷已经收到")
    assert again[-1] == taken[0]  # the very same ballot
    assert survey.counts() == (1, 1)


def test_keys_that_cannot_be_fetched_are_no_connection(visit: Visit, survey):
    page = come_in(visit, survey)
    answer_all(page)
    page.route("**/keys.json*", lambda route: route.abort())
    page.locator("#send").click()
    expect(page.get_by_role("alert")).to_contain_text("连不上网络")


def test_a_pass_that_is_gone_is_said_and_the_way_back_shown(visit: Visit, survey):
    page = look_in(visit, survey)
    answer_all(page)
    poll = page.evaluate("(address) => fetch(address).then((reply) => reply.json())", f"{survey.path}/keys.json")
    page.evaluate("([name, ticket]) => sessionStorage.setItem(name, ticket)", [
        f"ballot-box:{poll['group']}", survey.fingerprint + "0" * 64,
    ])  # fmt: skip
    page.reload()
    answer_all(page)
    page.locator("#send").click()
    expect(page.get_by_role("alert")).to_contain_text("这台设备上已没有您的参评凭证")
    page.get_by_role("alert").get_by_role("link").click()
    expect(page.locator("#begin")).to_be_visible()


def test_answers_sent_first_are_the_ones_that_count(visit: Visit, survey, shoot: Shoot):
    page = come_in(visit, survey)
    answer_all(page)
    page.route("**/api/ballots", lambda route: (route.fetch(), route.abort()))
    page.locator("#send").click()
    expect(page.get_by_role("alert")).to_contain_text("连不上网络")
    page.unroute("**/api/ballots")
    page.get_by_role("button", name="修改 支部工作").click()
    choose(page, "总的来说", "一般")
    page.locator("#return").click()
    page.locator("#send").click()
    expect_heading(page, "谢谢您，答卷已经收到")
    expect(page.locator("#earlier")).to_be_visible()
    expect(page.locator("#arrived")).to_have_count(0)
    shoot(page, "thanks-earlier-360")
    assert survey.counts() == (1, 1)


def test_a_survey_without_receipts_shows_none(visit: Visit, live_server):
    survey = open_survey(live_server.app, has_receipts=False)
    page = come_in(visit, survey)
    answer_all(page)
    page.locator("#send").click()
    expect_heading(page, "谢谢您，答卷已经收到")
    assert re.search("([0-9A-Z]{4}-){4}", page.locator("main").inner_text()) is None


def test_an_open_link_is_answered_without_a_pass(visit: Visit, live_server):
    survey = open_survey(live_server.app, access_mode=AccessMode.OPEN)
    page = visit(f"{survey.path}/sheet")
    answer_all(page)
    page.route("**/api/ballots", lambda route: (route.fetch(), route.abort()))
    page.locator("#send").click()
    expect(page.get_by_role("alert")).to_contain_text("连不上网络")
    page.unroute("**/api/ballots")
    page.reload()
    page.locator("#send").click()
    expect_heading(page, "谢谢您，答卷已经收到")
    assert survey.counts()[1] == 1


# Not started ---------------------------------------------------------------------------------------------------------


def test_without_a_pass_the_page_leads_to_the_entrance(visit: Visit, survey):
    page = visit(f"{survey.path}/sheet?lang=en")
    page.wait_for_url(re.compile(rf"{survey.path}\?lang=en$"))


@pytest.mark.parametrize("obstacle", ["no JavaScript", "lost script"])
def test_without_the_script_a_sentence_leads_to_the_entrance(visit: Visit, survey, shoot: Shoot, obstacle: str):
    page = visit("/s/none", java_script_enabled=obstacle != "no JavaScript")
    page.route("**/sheet.js", lambda route: route.abort())
    page.goto(f"{survey.path}/sheet?lang=en")
    expect(page.get_by_role("link", name="If no questions appear here")).to_be_visible()
    assert page.locator("main :is(input, textarea, button):visible").count() == 0
    shoot(page, f"not-started-{obstacle.replace(' ', '-')}-360")
    page.get_by_role("link", name="If no questions appear here").click()
    expect(page).to_have_url(re.compile(rf"{survey.path}\?lang=en$"))
