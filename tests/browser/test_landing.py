"""Coming in: from the slip's square code to the questionnaire, and every way in which that can go wrong."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, Route, expect

from survey_app.models import AccessMode
from tests.live_browser import DESK, LiveServer, accessibility_complaints
from tests.open_survey import OpenSurvey, open_survey

pytestmark = pytest.mark.browser

SHEET = re.compile(r"/sheet(\?|$)")
KEPT = """() => new Promise((resolve) => {
  const asked = indexedDB.open("ballot-box", 1);
  asked.onupgradeneeded = () => asked.result.createObjectStore("voters");
  asked.onsuccess = () => {
    asked.result.transaction("voters").objectStore("voters").getAllKeys().onsuccess = (event) => {
      asked.result.close();
      resolve(event.target.result);
    };
  };
})"""
TICKETS = "() => Object.entries(sessionStorage).filter(([name]) => name.startsWith('ballot-box:'))"

Visit = Callable[..., Page]
Shoot = Callable[[Page, str], None]


@pytest.fixture
def survey(live_server: LiveServer) -> OpenSurvey:
    return open_survey(live_server.app)


def slip(survey: OpenSurvey, number: int = 0) -> str:
    """The address in the square code of a slip."""
    return f"{survey.path}#{survey.codes[number]}.{survey.fingerprint}"


def begin(page: Page) -> None:
    page.get_by_role("button", name="开始作答").click()


def expect_ready(page: Page) -> None:
    expect(page.get_by_role("heading", name="参评凭证已存到这台设备上")).to_be_visible()


def expect_sheet(page: Page) -> None:
    page.wait_for_url(SHEET, wait_until="commit")


def expect_refusal(page: Page, title: str, words: str) -> None:
    summary = page.locator("#errors")
    expect(summary).to_contain_text(title)
    expect(summary).to_contain_text(words)
    expect(summary).to_be_focused()
    assert page.title().startswith("有错误：")


def asked(page: Page) -> list[str]:
    """Paths of all later requests of the page."""
    paths: list[str] = []
    page.on("request", lambda request: paths.append(request.url.split("/", 3)[3]))
    return paths


def test_the_square_code_fetches_the_pass_at_once_and_leaves_no_code_in_the_address(visit: Visit, survey, shoot: Shoot):
    page = visit(slip(survey))
    expect_ready(page)
    assert "#" not in page.url
    assert survey.codes[0] not in page.evaluate("JSON.stringify(history.state) + location.href")
    expect(page.get_by_label("您的参评码")).to_be_hidden()
    expect(page.locator("#played")).to_be_hidden()
    shoot(page, "landing-ready-360")
    assert accessibility_complaints(page) == []
    assert survey.counts() == (1, 0)
    begin(page)
    expect_sheet(page)
    ((name, ticket),) = page.evaluate(TICKETS)
    assert re.fullmatch(r"ballot-box:[0-9a-f]{32}", name)
    assert [ticket] == page.evaluate(KEPT)
    assert page.context.cookies() == []


def test_a_typed_code_fetches_the_pass_when_begin_is_pressed(visit: Visit, survey, shoot: Shoot):
    page = visit(survey.path, viewport=DESK)
    shoot(page, "landing-1280")
    assert survey.counts() == (0, 0)
    page.get_by_label("您的参评码").fill(survey.codes[0].lower().replace("-", " "))
    page.get_by_label("您的参评码").press("Enter")
    expect_sheet(page)
    assert survey.counts() == (1, 0)


def test_who_answers_on_another_day_comes_back_without_the_slip(visit: Visit, survey, shoot: Shoot):
    page = visit(slip(survey))
    expect_ready(page)
    page.evaluate("sessionStorage.clear()")
    page.goto(survey.path + "?lang=zh-Hans")
    expect(page.get_by_role("heading", name="这台设备上存有本次测评的参评凭证")).to_be_visible()
    shoot(page, "landing-kept-360")
    assert accessibility_complaints(page) == []
    paths = asked(page)
    begin(page)
    expect_sheet(page)
    assert "lang=zh-Hans" in page.url or "lang=zh_Hans" in page.url
    assert "api/issue" not in paths
    assert len(page.evaluate(TICKETS)) == 1


def test_the_square_code_scanned_again_asks_for_nothing(visit: Visit, survey):
    page = visit(slip(survey))
    expect_ready(page)
    paths = asked(page)
    page.goto("/")
    page.goto(slip(survey))
    expect_ready(page)
    assert "api/issue" not in paths
    assert survey.counts() == (1, 0)


def test_two_members_on_one_phone_type_their_own_codes(visit: Visit, survey):
    page = visit(slip(survey))
    expect_ready(page)
    page.goto(survey.path)
    expect(page.get_by_role("heading", name="这台设备上存有")).to_be_visible()
    page.get_by_label("您的参评码").fill(survey.codes[1])
    begin(page)
    expect_sheet(page)
    page.goto(survey.path)
    begin(page)
    expect_refusal(page, "好几份参评凭证", "请输入您自己的参评码")
    page.get_by_label("您的参评码").fill(survey.codes[0])
    begin(page)
    expect_sheet(page)
    assert survey.counts() == (2, 0)


def test_a_used_code_says_what_may_have_happened(visit: Visit, survey, shoot: Shoot):
    expect_ready(visit(slip(survey)))
    stranger = visit(slip(survey))
    expect_refusal(stranger, "这个参评码已经用过", "如果您刚刚提交过，答卷已经收到")
    expect(stranger.get_by_label("您的参评码")).to_have_value(survey.codes[0])
    shoot(stranger, "landing-used-360")
    assert accessibility_complaints(stranger) == []
    assert survey.counts() == (1, 0)


def test_after_casting_the_code_is_used_and_the_answers_have_arrived(visit: Visit, survey):
    page = visit(slip(survey))
    expect_ready(page)
    cast = """async ([keys, ticket]) => {
      const poll = await (await fetch(keys)).json();
      return BallotBox.cast(poll, { ticket, body: "{}", size: poll.size, castUrl: "/api/ballots" });
    }"""
    (ticket,) = page.evaluate(KEPT)
    assert page.evaluate(cast, [f"{survey.path}/keys.json", ticket])["earlier"] is False
    begin(page)
    expect_refusal(page, "这个参评码已经用过", "答卷已经收到")
    assert survey.counts() == (1, 1)


@pytest.mark.parametrize(
    ("typed", "title", "words"),
    [
        ("", "还没有输入参评码", "请输入纸条上的参评码"),
        ("7QK4", "参评码没有通过", "参评码不对"),
        ("多多多多多多多多多多多多多", "参评码没有通过", "参评码不对"),
        ("0000-0000-0001-1", "参评码没有通过", "参评码不对"),
    ],
)
def test_a_malformed_code_is_refused_before_any_message(visit: Visit, survey, typed, title, words):
    page = visit(survey.path)
    page.get_by_label("您的参评码").fill(typed)
    page.wait_for_load_state("networkidle")
    paths = asked(page)
    begin(page)
    expect_refusal(page, title, words)
    assert "api/issue" not in paths
    page.get_by_role("link", name="去填参评码").click()
    expect(page.get_by_label("您的参评码")).to_be_focused()


def test_a_malformed_code_is_corrected_and_the_complaint_goes(visit: Visit, survey, shoot: Shoot):
    page = visit(survey.path)
    page.get_by_label("您的参评码").fill("7QK4")
    begin(page)
    expect_refusal(page, "参评码没有通过", "参评码不对")
    expect(page.get_by_label("您的参评码")).to_have_attribute("aria-invalid", "true")
    shoot(page, "landing-malformed-360")
    page.get_by_label("您的参评码").fill(survey.codes[0])
    begin(page)
    expect_sheet(page)


def test_a_code_of_another_survey_is_unknown(visit: Visit, survey, live_server: LiveServer):
    other = open_survey(live_server.app, unit_code="b4")
    page = visit(f"{survey.path}#{other.codes[0]}.{survey.fingerprint}")
    expect_refusal(page, "参评码没有通过", "这个参评码不属于本次测评")
    assert survey.counts() == (0, 0)


def test_keys_that_are_not_the_slips_are_refused_before_any_message(visit: Visit, survey, shoot: Shoot):
    wrong = "0000-" + survey.fingerprint[5:]
    page = visit("/")
    paths = asked(page)
    page.goto(f"{survey.path}#{survey.codes[0]}.{wrong}")
    expect_refusal(page, "核对码不符", "没有发出任何内容")
    shoot(page, "landing-fingerprint-360")
    begin(page)
    expect_refusal(page, "核对码不符", "没有发出任何内容")
    assert "api/issue" not in paths
    assert survey.counts() == (0, 0)


def test_without_a_network_the_code_is_not_lost(visit: Visit, survey):
    page = visit(survey.path)
    page.wait_for_load_state("networkidle")
    page.get_by_label("您的参评码").fill(survey.codes[0])
    page.context.set_offline(True)
    begin(page)
    expect_refusal(page, "连不上网络", "参评码仍然有效")
    page.context.set_offline(False)
    begin(page)
    expect_sheet(page)


def test_a_lost_reply_costs_no_code(visit: Visit, survey):
    page = visit(survey.path)

    def swallow(route: Route) -> None:
        route.fetch()
        route.abort()

    page.route("**/api/issue", swallow)
    page.get_by_label("您的参评码").fill(survey.codes[0])
    begin(page)
    expect_refusal(page, "连不上网络", "参评码仍然有效")
    assert survey.counts() == (1, 0)
    page.unroute("**/api/issue")
    begin(page)
    expect_sheet(page)
    assert survey.counts() == (1, 0)


def replies(page: Page, **reply: Any) -> None:
    page.route("**/api/issue", lambda route: route.fulfill(**reply))


@pytest.mark.parametrize(
    ("status", "title"),
    [(429, "尝试次数过多"), (503, "没有成功"), (500, "没有成功"), (410, "测评已截止")],
)
def test_every_other_refusal_has_its_own_plain_sentence(visit: Visit, survey, status, title):
    page = visit(survey.path)
    replies(page, status=status, json={"error": "trouble"})
    page.get_by_label("您的参评码").fill(survey.codes[0])
    begin(page)
    expect_refusal(page, title, "")
    page.unroute("**/api/issue")
    begin(page)
    expect_sheet(page)


def test_a_browser_that_keeps_nothing_is_led_on_to_the_server(visit: Visit, survey, shoot: Shoot):
    page = visit("/")
    page.add_init_script("IDBFactory.prototype.open = () => { throw new DOMException('no', 'SecurityError'); };")
    page.goto(slip(survey))
    expect_refusal(page, "不允许保存内容", "普通窗口")
    expect(page.locator("#played")).to_be_visible()
    shoot(page, "landing-storage-360")
    assert survey.counts() == (0, 0)
    begin(page)
    expect(page.get_by_role("heading", name="支部工作", exact=True)).to_be_visible()


def test_forbidden_session_storage_is_said_too(visit: Visit, survey):
    page = visit("/")
    page.add_init_script("Storage.prototype.setItem = () => { throw new DOMException('full', 'QuotaExceededError'); };")
    page.goto(slip(survey))
    expect_refusal(page, "不允许保存内容", "普通窗口")


def test_where_only_encrypted_answers_are_taken_nothing_is_sent_in_clear(visit: Visit, live_server: LiveServer):
    survey = open_survey(live_server.app, accepts_played=False)
    page = visit("/")
    page.add_init_script("IDBFactory.prototype.open = () => { throw new DOMException('no', 'SecurityError'); };")
    page.goto(slip(survey))
    expect_refusal(page, "不允许保存内容", "普通窗口")
    expect(page.locator("#played")).to_be_hidden()
    begin(page)
    expect_refusal(page, "不允许保存内容", "普通窗口")


OLD_BROWSERS = {
    "cannot read the script": lambda page: page.route(
        "**/ballot-box.js",
        lambda route: route.fulfill(body="const BallotBox = 1 ?@ 2;", content_type="text/javascript"),
    ),
    "has no WebCrypto": lambda page: page.add_init_script(
        "Object.defineProperty(Crypto.prototype, 'subtle', { get: () => undefined });"
    ),
}


@pytest.mark.parametrize("age", OLD_BROWSERS)
def test_an_old_browser_has_its_code_filled_in_and_the_server_plays_its_part(visit: Visit, survey, age, shoot: Shoot):
    page = visit("/")
    OLD_BROWSERS[age](page)
    page.goto(slip(survey))
    expect(page.get_by_label("您的参评码")).to_have_value(survey.codes[0])
    expect(page.get_by_text("由服务器在内存里代为加密")).to_be_visible()
    assert "#" not in page.url
    shoot(page, "landing-old-360")
    assert survey.counts() == (0, 0)
    begin(page)
    expect(page.get_by_role("heading", name="支部工作", exact=True)).to_be_visible()


def test_the_language_is_changed_and_the_slip_is_not_lost(visit: Visit, survey):
    page = visit("/")
    replies(page, status=503)
    page.goto(slip(survey))
    expect_refusal(page, "没有成功", "参评码仍然有效")
    page.unroute("**/api/issue")
    page.get_by_role("link", name="English").click()
    expect(page.get_by_role("heading", name="Your pass is on this device now")).to_be_visible()
    assert "#" not in page.url
    page.get_by_role("button", name="Begin").click()
    expect_sheet(page)
    assert page.url.endswith("?lang=en")


def test_an_open_link_leads_to_the_questionnaire_without_a_code(visit: Visit, live_server: LiveServer, shoot: Shoot):
    survey = open_survey(live_server.app, access_mode=AccessMode.OPEN)
    page = visit(f"{survey.path}#.{survey.fingerprint}")
    shoot(page, "landing-open-360")
    assert accessibility_complaints(page) == []
    assert "#" not in page.url
    begin(page)
    expect_sheet(page)
    tickets = page.evaluate(TICKETS)
    page.go_back()
    begin(page)
    expect_sheet(page)
    assert page.evaluate(TICKETS) == tickets
    assert survey.counts() == (0, 0)


def test_an_open_link_with_the_wrong_check_print_is_refused(visit: Visit, live_server: LiveServer):
    survey = open_survey(live_server.app, access_mode=AccessMode.OPEN)
    page = visit(f"{survey.path}#.{'0000-' + survey.fingerprint[5:]}")
    begin(page)
    expect_refusal(page, "核对码不符", "没有发出任何内容")


def test_a_survey_closed_meanwhile_gives_out_no_pass(visit: Visit, survey, live_server: LiveServer):
    page = visit(survey.path)
    survey.close()
    live_server.app.config["CLOCK"].moment += timedelta(hours=1)
    page.get_by_label("您的参评码").fill(survey.codes[0])
    begin(page)
    expect_refusal(page, "测评已截止", "不再发放参评凭证")


@pytest.mark.parametrize("locale", ["zh-CN", "en-GB"])
@pytest.mark.parametrize("viewport", [{"width": 360, "height": 740}, DESK, {"width": 320, "height": 640}])
def test_pages_on_anonymity_and_receipts_are_accessible_and_never_scroll_sideways(
    visit: Visit, survey, shoot: Shoot, locale, viewport
):
    page = visit(f"{survey.path}/anonymity", locale=locale, viewport=viewport)
    for name, path in (("anonymity", f"{survey.path}/anonymity"), ("receipts", f"/s/{survey.slug}/receipts")):
        page.goto(path)
        shoot(page, f"{name}-{locale[:2]}-{viewport['width']}")
        assert accessibility_complaints(page) == []
        assert page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth")


def test_the_script_is_read_by_browsers_that_cannot_read_the_ballot_boxs():
    script = (Path(__file__).parents[2] / "survey_app" / "static" / "landing.js").read_text(encoding="utf-8")
    code = re.sub(r"//.*", "", script)
    later = r"\basync\b|\bawait\b|\?\.[a-zA-Z(\[]|\?\?|\*\*|\{ *\.\.\.|catch \{|\d+n\b|\bObject\.(entries|values)\b"
    assert re.findall(later, code) == []
    assert re.findall(r"\beval\b|innerHTML|localStorage|document\.cookie", code) == []
