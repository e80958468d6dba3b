"""Every section of every catalogue questionnaire, and one to its end with all mistakes in both languages: axe finds
nothing.

The sections of the sheet are parts of one page, so that they are looked at together while they are empty.
"""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from instruments import catalogue
from tests.live_browser import PHONE, LiveServer, accessibility_complaints
from tests.open_survey import open_survey
from tests.sheet_in_browser import SHOW_ALL, Visit, scrolls_sideways

pytestmark = pytest.mark.browser

CHINESE = "zh-CN"
LANGUAGES = {CHINESE: 0, "en-GB": 1}
"""Each comes in with a code of its own."""
LONGEST = max(catalogue.names(), key=lambda name: len(catalogue.read_text(name)))
"""The one that is walked in English too: its labels are the longest, the parts of its pages those of all."""
ANSWER_ALL = """() => {
  for (const card of document.querySelectorAll("[data-part]:not([hidden]) .q:not([hidden])")) {
    const choice = card.querySelectorAll("input[type=radio], input[type=checkbox]")[1];
    if (choice) choice.click();
    const text = card.querySelector("textarea");
    if (text) text.value = "很长的意见".repeat(30);
  }
}"""


def expect_sound(page: Page, where: str) -> None:
    assert accessibility_complaints(page) == [], where
    assert not scrolls_sideways(page), where


@pytest.mark.parametrize("name", catalogue.names())
def test_no_page_of_the_catalogue_shuts_anybody_out(visit: Visit, live_server: LiveServer, name: str):
    for_members = catalogue.read_text(name).replace("audience: staff", "audience: member")  # open_survey has no staff
    survey = open_survey(live_server.app, source=for_members, eligible=38)
    spoken = LANGUAGES if name == LONGEST else {CHINESE: LANGUAGES[CHINESE]}
    for language, member in spoken.items():
        page = visit(survey.path, viewport=PHONE, locale=language)
        expect_sound(page, f"landing {language}")
        page.locator("#code").fill(survey.codes[member])
        page.locator("#begin").click()
        expect(page.locator("#next")).to_be_visible()
        page.evaluate(SHOW_ALL)
        expect_sound(page, f"empty {language}")
        if name == LONGEST:
            walk_to_the_end(page, language)
        page.context.close()
    assert survey.counts() == ((len(spoken), len(spoken)) if name == LONGEST else (1, 0))


def walk_to_the_end(page: Page, language: str) -> None:
    """Each section with its mistakes, the review, and thanks."""
    page.reload()
    while page.locator("#next").is_visible():
        heading = page.locator("#heading").inner_text()
        page.locator("#next").click()
        if page.locator("#errors").count():
            expect_sound(page, f"{heading} {language} with mistakes")
            page.evaluate(ANSWER_ALL)
            page.locator("#next").click()
    expect(page.locator("#send")).to_be_visible()
    expect_sound(page, f"review {language}")
    page.locator("#send").click()
    expect(page.locator("#thanks")).to_be_visible()
    expect_sound(page, f"thanks {language}")
