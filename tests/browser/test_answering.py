"""The way for browsers that cannot encrypt: on a phone, by keyboard, without JavaScript, in both languages.

These browsers run scripts, but cannot read the one that encrypts; what the others do is told in
test_ballot_box_journeys and test_sheet_script.
"""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from instruments import catalogue
from tests.live_browser import DESK, PHONE, LiveServer, accessibility_complaints, press
from tests.open_survey import OpenSurvey, open_survey

pytestmark = pytest.mark.browser

CHINESE = {"locale": "zh-CN"}
ENGLISH = {"locale": "en-GB"}
NARROWEST = {"width": 320, "height": 640}

Visit = Callable[..., Page]
Shoot = Callable[[Page, str], None]


@pytest.fixture
def visit(visit: Visit) -> Visit:
    def open_page(path: str = "/", **choices) -> Page:
        page = visit("about:blank", **choices)
        page.context.route("**/ballot-box.js", lambda route: route.abort())
        page.goto(path)
        return page

    return open_page


@pytest.fixture
def survey(live_server: LiveServer) -> OpenSurvey:
    return open_survey(live_server.app)


@pytest.fixture
def full_survey(live_server: LiveServer) -> OpenSurvey:
    """A survey with the catalogue's member questionnaire."""
    return open_survey(live_server.app, source=catalogue.read_text("member-satisfaction"), eligible=38)


def choose(page: Page, question: str, answer: str) -> None:
    card = page.get_by_role("group", name=question)
    card.get_by_text(answer, exact=True).click()


def is_review(page: Page) -> bool:
    return page.locator("input[name=at][value=review]").count() == 1


def go_on(page: Page) -> None:
    press(page.locator("button[value=next]"))


def scrolls_sideways(page: Page) -> bool:
    return bool(page.evaluate("document.documentElement.scrollWidth > document.documentElement.clientWidth"))


def test_a_member_answers_on_a_phone_from_the_square_code_to_the_thanks(visit: Visit, survey, shoot: Shoot):
    page = visit(f"{survey.path}#{survey.codes[0]}", viewport=PHONE)
    expect(page.get_by_label("您的参评码")).to_have_value(survey.codes[0])
    assert "#" not in page.url
    page.get_by_role("button", name="开始作答").click()
    choose(page, "您对组织生活的安排是否满意？", "满意")
    choose(page, "总的来说", "非常满意")
    go_on(page)
    page.get_by_label("几小时").fill("６")
    choose(page, "您的年龄段", "36 岁及以上")
    page.get_by_label("您有什么建议").fill("希望活动多一些")
    go_on(page)
    expect(page.get_by_role("heading", name="检查并提交")).to_be_visible()
    expect(page.get_by_text("希望活动多一些")).to_be_visible()
    page.get_by_role("button", name="修改 支部工作").click()
    choose(page, "您对组织生活的安排是否满意？", "一般")
    page.get_by_role("button", name="保存，回到检查页").click()
    expect(page.locator("dd", has_text="一般")).to_be_visible()
    page.get_by_role("button", name="提交答卷").click()
    expect(page.get_by_role("heading", name="谢谢您，答卷已经收到")).to_be_visible()
    assert survey.counts() == (1, 1)
    assert page.context.cookies() == []


def test_the_catalogue_questionnaire_is_answered_on_a_phone_without_javascript(visit: Visit, full_survey, shoot: Shoot):
    page = visit(full_survey.path, java_script_enabled=False, viewport=PHONE)
    page.get_by_label("您的参评码").fill(full_survey.codes[0].lower().replace("-", ""))
    shoot(page, "landing-360")
    page.get_by_role("button", name="开始作答").click()
    shoot(page, "section-360")
    go_on(page)
    expect(page.locator(".errors")).to_contain_text("还有 4 道题没有答好".replace(" ", "\u00a0"))
    shoot(page, "error-360")
    while not is_review(page):
        for card in page.locator("fieldset").all():
            card.locator("label").nth(3 if "总" in card.inner_text() else 1).click()
        go_on(page)
    shoot(page, "review-360")
    page.get_by_role("button", name="提交答卷").click()
    expect(page.get_by_role("heading", name="谢谢您，答卷已经收到")).to_be_visible()
    shoot(page, "thanks-360")
    assert full_survey.counts() == (1, 1)


def test_the_keyboard_is_enough(visit: Visit, survey):
    page = visit(survey.path, viewport=DESK)
    press = page.keyboard.press
    press("Tab")
    expect(page.get_by_text("跳到正文")).to_be_focused()
    press("Tab")
    expect(page.get_by_label("您的参评码")).to_be_focused()
    page.keyboard.type(survey.codes[0])
    press("Enter")
    expect(page.get_by_role("heading", name="支部工作", exact=True)).to_be_visible()
    for presses in (1, 2):
        tab_to(page, "input[type=radio]:not([name='q_meetings']:checked)", after=presses)
    press("ArrowUp")
    tab_to(page, "button[value=next]")
    press("Enter")
    page.get_by_label("几小时").focus()
    page.keyboard.type("3")
    press("Enter")
    expect(page.get_by_role("heading", name="检查并提交")).to_be_visible()
    tab_to(page, "button[value=submit]")
    press("Enter")
    expect(page.get_by_role("heading", name="谢谢您，答卷已经收到")).to_be_visible()
    assert survey.counts() == (1, 1)


def tab_to(page: Page, selector: str, after: int = 0) -> None:
    """Moves on with the Tab key until the control is reached; `after` radio groups are answered on the way."""
    for _ in range(60):
        page.keyboard.press("Tab")
        if page.evaluate("selector => document.activeElement.matches(selector)", selector):
            if after:
                page.keyboard.press("Space")
            return
    pytest.fail(f"the Tab key never reaches {selector}")


def test_an_error_is_shown_first_and_leads_to_its_question(visit: Visit, survey):
    page = visit(survey.path)
    page.get_by_label("您的参评码").fill(survey.codes[0])
    page.get_by_role("button", name="开始作答").click()
    choose(page, "总的来说", "满意")
    go_on(page)
    assert page.title().startswith("有错误：")
    expect(page.get_by_role("alert")).to_contain_text("第\u00a01\u00a0题：组织生活")
    page.get_by_role("link", name="组织生活").click()
    expect(page.locator("#q_meetings-0")).to_be_focused()
    expect(page.get_by_role("group", name="总的来说").get_by_label("满意", exact=True)).to_be_checked()


def test_a_further_question_is_offered_on_the_same_page(visit: Visit, survey, shoot: Shoot):
    page = visit(survey.path)
    page.get_by_label("您的参评码").fill(survey.codes[0])
    page.get_by_role("button", name="开始作答").click()
    choose(page, "您对组织生活的安排是否满意？", "满意")
    choose(page, "总的来说", "不满意")
    go_on(page)
    expect(page.get_by_role("status")).to_contain_text("还想多问您")
    expect(page.get_by_role("alert")).to_have_count(0)
    shoot(page, "further-360")
    choose(page, "不满意的主要是哪些方面？", "学习")
    go_on(page)
    expect(page.get_by_role("heading", name="建议和基本情况")).to_be_visible()


def test_the_language_is_changed_half_way_and_nothing_is_lost(visit: Visit, survey):
    page = visit(survey.path)
    page.get_by_label("您的参评码").fill(survey.codes[0])
    page.get_by_role("button", name="开始作答").click()
    choose(page, "您对组织生活的安排是否满意？", "满意")
    page.get_by_role("button", name="English").click()
    meetings = page.get_by_role("group", name="How satisfied are you with the meetings?")
    expect(meetings.get_by_label("Satisfied", exact=True)).to_be_checked()
    expect(page.locator("html")).to_have_attribute("lang", "en")
    choose(page, "All in all", "Very satisfied")
    go_on(page)
    expect(page.get_by_label("About how many hours")).to_be_visible()
    page.get_by_role("button", name="中文").click()
    expect(page.get_by_label("几小时")).to_be_visible()


@pytest.mark.parametrize(
    ("language", "eyes"),
    [
        (CHINESE, {"viewport": PHONE}),
        (CHINESE, {"viewport": DESK, "color_scheme": "dark"}),
        (ENGLISH, {"viewport": NARROWEST}),
    ],
    ids=["phone zh", "dark desk zh", "narrowest en"],
)
def test_every_page_is_accessible_and_never_scrolls_sideways(visit: Visit, full_survey, shoot: Shoot, language, eyes):
    page = visit("/", **language, **eyes)
    name = f"{language['locale'][:2]}-{eyes['viewport']['width']}"

    def inspect(what: str) -> None:
        shoot(page, f"{what}-{name}")
        assert accessibility_complaints(page) == [], what
        assert not scrolls_sideways(page), what

    inspect("home")
    page.goto("/s/no/where")
    inspect("unknown")
    page.goto(full_survey.path)
    inspect("landing")
    press(page.locator("button[value=start]"))
    inspect("code-refused")
    page.locator("#code").fill(full_survey.codes[0])
    press(page.locator("button[value=start]"))
    inspect("section")
    go_on(page)
    inspect("error")
    while not is_review(page):
        for card in page.locator("fieldset").all():
            card.locator("label").nth(1).click()
        if page.locator("textarea").count():
            page.locator("textarea").fill("很长的意见" * 40)
            inspect("closing")
        go_on(page)
    inspect("review")
    press(page.locator("button[value=submit]"))
    inspect("thanks")
    full_survey.close()
    page.goto(full_survey.path)
    inspect("closed")
