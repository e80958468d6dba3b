"""The whole way from the slip to the box in real browsers, with everything that goes wrong on the way."""

from __future__ import annotations

import json
from base64 import b64decode, b64encode
from collections.abc import Callable, Iterator
from random import Random
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, Route, expect

from survey_app import services
from survey_app.extensions import db
from tests.answering import count_and_seal
from tests.live_browser import PHONE, LiveServer, press
from tests.open_survey import OpenSurvey, open_survey

pytestmark = pytest.mark.browser

Visit = Callable[..., Page]
COMMENT = "希望活动多一些"
MANY = 30_000
"""Milliseconds for a phone that takes its time."""


@pytest.fixture
def survey(live_server: LiveServer) -> OpenSurvey:
    return open_survey(live_server.app)


@pytest.fixture
def phone(browser: Browser, live_server: LiveServer) -> Iterator[BrowserContext]:
    """One phone, whose pages share what the browser keeps."""
    context = browser.new_context(base_url=live_server.url, viewport=PHONE, locale="zh-CN", reduced_motion="reduce")
    yield context
    context.close()


def slip(survey: OpenSurvey, number: int = 0) -> str:
    """What the square code of a slip holds."""
    return f"{survey.path}#{survey.codes[number]}.{survey.fingerprint}"


def come_in(page: Page, address: str) -> None:
    page.goto(address)
    expect(page.get_by_role("heading", name="参评凭证已存到这台设备")).to_be_visible(timeout=MANY)


def begin(page: Page) -> None:
    press(page.locator("#begin"))
    expect(page.locator("#next")).to_be_visible(timeout=MANY)


def choose(page: Page, question: str, answer: str) -> None:
    page.get_by_role("group", name=question).get_by_text(answer, exact=True).click()


def answer(page: Page, overall: str = "非常满意") -> None:
    """All of the small questionnaire, up to the review."""
    choose(page, "您对组织生活的安排是否满意？", "满意")
    choose(page, "总的来说", overall)
    page.locator("#next").click()
    page.get_by_label("几小时").fill("6")
    page.get_by_label("您有什么建议").fill(COMMENT)
    page.locator("#next").click()
    expect(page.locator("#send")).to_be_visible()


def arrives(page: Page) -> str:
    """The receipt on the page of thanks."""
    expect(page.locator("#thanks")).to_be_visible(timeout=MANY)
    return page.locator("#receipt").inner_text()


def send(page: Page) -> str:
    page.locator("#send").click()
    return arrives(page)


def kept_in(page: Page) -> int:
    """What the ballot box still keeps in this browser."""
    return int(
        page.evaluate(
            """() => new Promise((resolve) => {
              const asked = indexedDB.open("ballot-box", 1);
              asked.onupgradeneeded = () => asked.result.createObjectStore("voters");
              asked.onsuccess = () => {
                const counted = asked.result.transaction("voters").objectStore("voters").count();
                counted.onsuccess = () => (asked.result.close(), resolve(counted.result));
              };
            })"""
        )
    )


def test_from_the_slip_to_the_receipt_no_plain_answer_reaches_the_server(survey, phone):
    page = phone.new_page()
    sent: list[tuple[str, str, str]] = []
    page.on("request", lambda request: sent.append((request.method, request.url, request.post_data or "")))
    come_in(page, slip(survey))
    assert "#" not in page.url
    begin(page)
    answer(page)
    receipt = send(page)
    assert survey.counts() == (1, 1)
    assert len(receipt.replace("-", "")) == 20
    posts = [(url.rsplit("/", 1)[1], json.loads(body)) for method, url, body in sent if method == "POST"]
    assert [name for name, _body in posts] == ["issue", "ballots"]
    assert set(posts[1][1]) == {"survey", "group", "prefix", "sig", "receipt", "envelope"}
    everything = "".join(url + body for _method, url, body in sent)
    assert COMMENT not in everything
    code = survey.codes[0].replace("-", "")
    assert code in posts[0][1]["code"]
    assert code not in "".join(url for _method, url, _body in sent) + json.dumps(posts[1][1])
    assert phone.cookies() == []
    assert kept_in(page) == 0
    assert page.evaluate("sessionStorage.length") == 0


def test_the_pass_is_fetched_today_and_the_questions_answered_another_day(survey, phone):
    first = phone.new_page()
    come_in(first, slip(survey))
    first.close()
    assert survey.counts() == (1, 0)
    later = phone.new_page()
    later.goto(survey.path)
    expect(later.get_by_role("heading", name="这台设备上存有本次测评的参评凭证")).to_be_visible()
    begin(later)
    answer(later)
    send(later)
    assert survey.counts() == (1, 1)


def lose_reply(route: Route) -> None:
    """The server has done its work, and nobody hears of it."""
    route.fetch()
    route.abort()


def test_a_reply_lost_after_the_pass_was_given_out_burns_no_code(survey, phone):
    page = phone.new_page()
    page.route("**/api/issue", lose_reply)
    page.goto(slip(survey))
    expect(page.get_by_role("alert")).to_contain_text("网络")
    assert survey.counts() == (1, 0)
    page.unroute("**/api/issue")
    begin(page)
    answer(page)
    send(page)
    assert survey.counts() == (1, 1)


def test_a_reply_lost_after_the_ballot_arrived_counts_it_once(survey, phone):
    page = phone.new_page()
    come_in(page, slip(survey))
    begin(page)
    answer(page)
    page.route("**/api/ballots", lose_reply)
    page.locator("#send").click()
    expect(page.get_by_role("alert")).to_contain_text("网络")
    assert survey.counts() == (1, 1)
    page.unroute("**/api/ballots")
    send(page)
    assert survey.counts() == (1, 1)


def test_pressing_send_twice_sends_one_ballot(survey, phone):
    page = phone.new_page()
    come_in(page, slip(survey))
    begin(page)
    answer(page)
    page.locator("#send").dblclick()
    arrives(page)
    assert survey.counts() == (1, 1)


def test_of_two_tabs_the_first_to_send_counts(survey, phone):
    tabs = [phone.new_page(), phone.new_page()]
    for tab, overall in zip(tabs, ("非常满意", "满意"), strict=True):
        come_in(tab, slip(survey))
        begin(tab)
        answer(tab, overall)
    send(tabs[0])
    tabs[1].locator("#send").click()
    expect(tabs[1].get_by_role("alert")).to_contain_text("已经收到")
    assert survey.counts() == (1, 1)


def test_a_second_phone_with_the_same_slip_gets_no_pass(survey, phone, visit: Visit):
    come_in(phone.new_page(), slip(survey))
    other = visit(slip(survey))
    expect(other.get_by_role("alert")).to_contain_text("参评码已经用过")
    other.locator("#begin").click()
    expect(other.get_by_role("alert")).to_contain_text("参评码已经用过")
    assert survey.counts() == (1, 0)


def test_a_slip_used_on_this_phone_is_not_used_again(survey, phone):
    page = phone.new_page()
    come_in(page, slip(survey))
    begin(page)
    answer(page)
    send(page)
    again = phone.new_page()
    again.goto(slip(survey))
    expect(again.get_by_role("alert")).to_contain_text("参评码已经用过")
    assert survey.counts() == (1, 1)


def test_keys_that_are_not_those_of_the_slip_get_no_code(survey, phone):
    page = phone.new_page()
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.goto(slip(survey)[:-1] + ("0" if survey.fingerprint[-1] == "1" else "1"))
    expect(page.get_by_role("alert")).to_contain_text("核对码")
    assert not [url for url in asked if "/api/" in url]
    assert survey.counts() == (0, 0)


def test_other_keys_put_in_afterwards_get_no_ballot(survey, phone, live_server):
    page = phone.new_page()
    come_in(page, slip(survey))
    begin(page)
    answer(page)
    another = open_survey(live_server.app, unit_code="b4")
    with live_server.app.app_context():
        forged = services.poll_of(another._survey(), another._survey().groups[0])

    def replace(route: Route) -> None:
        poll = route.fetch().json()
        route.fulfill(json=poll | {"envelopeKey": forged["envelopeKey"]})

    page.route("**/keys.json*", replace)
    page.locator("#send").click()
    expect(page.get_by_role("alert")).to_contain_text("核对码")
    assert survey.counts() == (1, 0)


def test_an_envelope_tampered_with_on_the_way_is_counted_as_invalid(survey, phone, live_server):
    def tamper(route: Route) -> None:
        message: dict[str, Any] = route.request.post_data_json
        envelope = bytearray(b64decode(message["envelope"]))
        envelope[-1] ^= 1
        route.continue_(post_data=json.dumps(message | {"envelope": b64encode(envelope).decode()}))

    for number in range(6):
        page = phone.new_page()
        if number == 0:
            page.route("**/api/ballots", tamper)
        come_in(page, slip(survey, number))
        begin(page)
        answer(page)
        send(page)
        page.close()
    survey.close()
    with live_server.app.app_context():
        dataset = count_and_seal(
            db.session, survey._survey(), survey.passphrases, clock=live_server.app.config["CLOCK"],
            secret=live_server.app.config["INSTALLATION_SECRET"], rng=Random(1),
        )  # fmt: skip
        manifest = services.load_dataset(db.session, survey._survey()).manifest
        roster = next(iter(manifest.rosters.values()))
    assert (roster.returned, roster.valid, dataset.rows) == (6, 5, 5)


def test_a_code_typed_from_paper_does_as_well(survey, phone):
    page = phone.new_page()
    page.goto(survey.path)
    page.locator("#code").fill(survey.codes[0].lower().replace("-", " "))
    begin(page)
    answer(page)
    send(page)
    assert survey.counts() == (1, 1)


def test_without_javascript_the_server_plays_the_voter_and_says_so(survey, visit: Visit):
    page = visit(survey.path, java_script_enabled=False)
    expect(page.locator("#played")).to_be_visible()
    page.locator("#code").fill(survey.codes[0])
    press(page.locator("button[value=start]"))
    choose(page, "您对组织生活的安排是否满意？", "满意")
    choose(page, "总的来说", "非常满意")
    press(page.locator("button[value=next]"))
    page.get_by_label("几小时").fill("6")
    press(page.locator("button[value=next]"))
    press(page.locator("button[value=submit]"))
    receipt = page.locator(".typed").first.inner_text()
    assert len(receipt.replace("-", "")) == 20
    assert survey.counts() == (1, 1)


def test_a_browser_that_cannot_read_the_script_takes_the_other_way(survey, phone):
    page = phone.new_page()
    page.route("**/ballot-box.js", lambda route: route.abort())
    page.goto(slip(survey))
    expect(page.locator("#code")).to_have_value(survey.codes[0])
    expect(page.locator("#played")).to_be_visible()
    press(page.locator("#begin"))
    expect(page.get_by_role("heading", name="支部工作", exact=True)).to_be_visible()


def test_an_open_link_needs_no_code_and_sends_an_envelope_all_the_same(live_server, phone):
    survey = open_survey(live_server.app, access_mode="open")
    page = phone.new_page()
    page.goto(f"{survey.path}#.{survey.fingerprint}")
    begin(page)
    answer(page)
    send(page)
    page.goto(f"{survey.path}#.{survey.fingerprint}")
    begin(page)
    answer(page, "满意")
    send(page)
    assert survey.counts()[1] == 2


def test_a_phone_six_times_slower_still_gets_there(survey, phone):
    page = phone.new_page()
    phone.new_cdp_session(page).send("Emulation.setCPUThrottlingRate", {"rate": 6})
    come_in(page, slip(survey))
    begin(page)
    answer(page)
    send(page)
    assert survey.counts() == (1, 1)
