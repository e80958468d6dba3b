"""One year of a branch, told in a real browser at phone size, in Chinese, on the sample organisation.

A member answers with a printed code; the committee closes, the scrutineers open, count and seal; the member finds the
receipt; the secretary reads the result beside last year's, fixes an action and takes the workbook for the
assessment file.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from pathlib import Path
from random import Random

import pytest
from flask import Flask
from playwright.sync_api import Page, expect
from python_calamine import CalamineWorkbook

from survey_app import demo
from survey_app.extensions import db
from tests.live_browser import PHONE, LiveServer, press

pytestmark = pytest.mark.browser

Visit = Callable[..., Page]


@pytest.fixture
def sample(app: Flask) -> demo.DemoFacts:
    """The sample organisation in the database that the live server uses."""
    with app.app_context():
        facts = demo.load(
            db.session, clock=app.config["CLOCK"], secret=app.config["INSTALLATION_SECRET"], rng=Random(2026)
        )
        db.session.commit()
    return facts


def sign_in(visit: Visit, passwords: Mapping[str, str], login: str) -> Page:
    page = visit("/login", viewport=PHONE)
    page.get_by_label("登录名").fill(login)
    page.get_by_label("密码").fill(passwords[login])
    page.get_by_role("button", name="登录").click()
    page.wait_for_url("**/committee/**")
    return page


def answer_all_sections(page: Page) -> None:
    """The first answer everywhere it is asked for, until the review."""
    send = page.locator("#send")
    while not send.is_visible():
        for card in page.locator("fieldset.q:visible").all():
            options = card.locator("input[type=radio]")
            if options.count() and not card.locator("input:checked").count():
                options.first.check()
        page.locator("#next").click()


def test_a_year_from_the_printed_code_to_the_assessment_file(
    sample: demo.DemoFacts, live_server: LiveServer, visit: Visit, shoot: Callable[[Page, str], None], tmp_path: Path
):
    address = f"/s/{sample.survey_slug}/{sample.group_slug}"

    member = visit(f"{address}#{sample.codes[0]}", viewport=PHONE)
    expect(member.get_by_role("heading", name="参评凭证已存到这台设备")).to_be_visible()
    press(member.get_by_role("button", name="开始作答"))
    answer_all_sections(member)
    shoot(member, "journey-review")
    member.get_by_role("button", name="提交答卷").click()
    expect(member.get_by_role("heading", name="谢谢您")).to_be_visible()
    receipt = member.locator("#receipt").inner_text()

    again = visit(f"{address}#{sample.codes[0]}", viewport=PHONE)
    expect(again.get_by_text("参评码已经用过").first).to_be_visible()

    committee = sign_in(visit, sample.passwords, "demo-committee")
    expect(committee.get_by_role("heading", level=1)).to_contain_text("年度工作")
    committee.get_by_role("link", name="测评", exact=True).click()
    committee.get_by_role("link", name="2026 年度党员满意度测评").first.click()
    expect(committee.get_by_text("启封之前，任何人都看不到回答")).to_be_visible()
    shoot(committee, "journey-open")
    committee.get_by_role("link", name="结束测评").click()
    committee.locator("[name=reason]").fill("大家都已答完")
    committee.get_by_role("button", name="结束测评").click()

    scrutineer = sign_in(visit, sample.passwords, "demo-scrutineer")
    scrutineer.get_by_role("link", name=re.compile("开箱清点")).first.click()
    for field, passphrase in zip(("first", "second"), sample.passphrases[1:], strict=True):
        scrutineer.locator(f"input[name={field}]").fill(passphrase.lower())
    scrutineer.locator("input[name=hurry]").check()
    shoot(scrutineer, "journey-count")
    press(scrutineer.get_by_role("button", name="开箱清点"))
    scrutineer.locator("form input[type=text]").fill(word_asked_for(scrutineer))
    shoot(scrutineer, "journey-seal")
    press(scrutineer.locator("form button.danger"))
    assert scrutineer.request.get(f"{live_server.url}/committee/results/").status == 403

    published = visit(f"/s/{sample.survey_slug}/receipts", viewport=PHONE)
    expect(published.get_by_text(receipt)).to_be_visible()

    secretary = sign_in(visit, sample.passwords, "demo-secretary")
    secretary.get_by_role("link", name="测评结果").first.click()
    secretary.get_by_role("link", name=re.compile("2026")).first.click()
    expect(secretary.get_by_role("heading", level=1)).to_contain_text("2026")
    expect(secretary.get_by_text(re.compile("应参评\\s\\d+\\s人，发放\\s\\d+\\s份"))).to_be_visible()
    expect(secretary.get_by_role("heading", name=re.compile("与往年比较"))).to_be_visible()
    assert secretary.locator("svg:visible").count() >= 3
    assert secretary.get_by_text("这一部分不能说明什么").count() >= 5
    shoot(secretary, "journey-result")

    with secretary.expect_download() as download:
        secretary.get_by_role("link", name=re.compile("工作簿")).first.click()
    path = tmp_path / "result.xlsx"
    download.value.save_as(path)
    sheets = CalamineWorkbook.from_path(str(path)).sheet_names
    assert len(sheets) >= 8

    secretary.get_by_role("link", name="去改进计划").click()
    secretary.get_by_role("link", name=re.compile("新增措施")).first.click()
    secretary.locator("select[name=item]").select_option(index=3)
    secretary.locator("input[name=title]").fill("意见箱每周开一次")
    secretary.locator("textarea[name=measure]").fill("每周五开箱，十日内答复。")
    secretary.locator("input[name=acceptance]").fill("85")
    secretary.locator("input[name=owner]").fill("方砚秋")
    secretary.locator("input[name=due]").fill("2027-06-30")
    secretary.locator("form button.btn[type=submit]").first.click()
    expect(secretary.get_by_role("heading", name="意见箱每周开一次")).to_be_visible()
    shoot(secretary, "journey-plan")


def word_asked_for(page: Page) -> str:
    """The word that the page of an irreversible step asks to be typed."""
    found = re.search("“(.{1,6})”", page.locator("main").inner_text())
    assert found is not None
    return found[1]
