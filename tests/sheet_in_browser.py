"""The questionnaire in a real browser: how a member comes to it, and what holds for each of its pages."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from playwright.sync_api import Page, expect

from tests.live_browser import accessibility_complaints
from tests.open_survey import OpenSurvey

Visit = Callable[..., Page]
SHOW_ALL = """() => {
  for (const part of document.querySelectorAll("[data-part], [data-part] [hidden]")) part.hidden = false;
}"""
"""Every section of the sheet at once, with what no answer has called for yet."""


def come_in(visit: Visit, survey: OpenSurvey, *, code: int = 0, **choices: Any) -> Page:
    """From the slip of a member to the first question."""
    page = visit(f"{survey.path}#{survey.codes[code]}.{survey.fingerprint}", **choices)
    page.locator("#begin").click()
    expect(page.locator("#next")).to_be_visible()
    return page


def look_in(visit: Visit, survey: OpenSurvey, language: str = "zh-CN", **choices: Any) -> Page:
    """The questionnaire before somebody with a pass that was never signed: all can be done but sending."""
    page = visit(f"{survey.path}/keys.json", **choices)
    group = json.loads(page.inner_text("body"))["group"]
    page.evaluate("(name) => sessionStorage.setItem(name, 'a pass')", f"ballot-box:{group}")
    page.goto(f"{survey.path}/sheet?lang={language}")
    return page


def expect_heading(page: Page, words: str) -> None:
    expect(page.get_by_role("heading", level=1)).to_have_text(words)
    expect(page.get_by_role("heading", level=1)).to_be_focused()


def scrolls_sideways(page: Page) -> bool:
    return bool(page.evaluate("document.documentElement.scrollWidth > document.documentElement.clientWidth"))


def is_sound(page: Page) -> bool:
    assert accessibility_complaints(page) == []
    return not scrolls_sideways(page)
