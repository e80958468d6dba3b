"""What a phone loads until a member sees the first question: counted in a real browser, on the wire and unpacked."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, Request, expect

from instruments import catalogue
from tests.live_browser import LiveServer
from tests.open_survey import open_survey

pytestmark = pytest.mark.browser

MOST = 60_000
"""Bytes; a kilobyte is 1,000."""
LOCALES = ("zh-CN", "en-GB")
LONGEST = sorted(catalogue.names(), key=lambda name: len(catalogue.read_text(name)))[-3:]
"""The questionnaires whose sheets weigh most; the others load the same parts and less text."""


@pytest.mark.parametrize("name", LONGEST)
def test_a_member_loads_little_and_nothing_from_elsewhere(
    visit: Callable[..., Page], live_server: LiveServer, name: str
):
    source = catalogue.read_text(name).replace(
        "audience: staff", "audience: member"
    )  # whose numbers open_survey enters
    survey = open_survey(live_server.app, source=source)
    for locale, code in zip(LOCALES, survey.codes, strict=False):
        page = visit("about:blank", locale=locale)
        loaded: list[Request] = []
        page.on("requestfinished", lambda request, loaded=loaded: loaded.append(request))
        page.goto(f"{survey.path}#{code}", wait_until="networkidle")
        fetched = [request for request in loaded if not request.url.startswith("data:")]
        assert len(fetched) == 6  # the page, its style, two scripts, the keys and the pass
        assert sum(map(unpacked, fetched)) <= MOST
        assert sum(map(sent, fetched)) <= MOST / 2
        page.locator("#begin").click()
        expect(page.locator("#next")).to_be_visible()
        page.wait_for_load_state("networkidle")
        assert any(request.url.split("?")[0].endswith("/sheet") for request in loaded)
        assert sum(map(sent, loaded)) <= MOST
        assert all(request.url.startswith((live_server.url, "data:")) for request in loaded)
        assert page.context.cookies() == []
        page.context.close()


def unpacked(request: Request) -> int:
    return len(request.response().body())


def sent(request: Request) -> int:
    """Bytes of the answer on the wire."""
    if request.url.startswith("data:"):
        return 0
    sizes = request.sizes()
    return sizes["responseHeadersSize"] + sizes["responseBodySize"]
