"""A real browser against a real server: fixtures for tests/browser and tests/journeys, one browser for both."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from threading import Thread
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from flask import Flask
from playwright.sync_api import Browser, BrowserContext, Locator, Page, expect, sync_playwright
from werkzeug.serving import make_server

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
UNUSED = [
    "AvoidCorsURLLoaderRestartOnRedirect", "AvoidUnnecessaryBeforeUnloadCheckSync", "DestroyProfileOnBrowserClose",
    "HttpsFirstBalancedModeAutoEnable", "HttpsUpgrades", "LensOverlay", "MediaRouter", "NetworkTimeServiceQuerying",
    "OptimizationHints", "PaintHolding", "PreconnectToSearch", "ThirdPartyStoragePartitioning",
    "WebUIOmniboxPopup", "WebUIOmniboxAimPopup", "SpareRendererForSitePerProcess",
]  # fmt: skip
"""Playwright's own, whose list a second one replaces; and three that start processes for every window: two of the
address bar, which has no reader here, and one kept ready for a site that is not visited."""
ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--no-first-run",
    f"--disable-features={','.join(UNUSED)}",
    "--js-flags=--no-opt --no-maglev",  # translating a script at its best takes longer than running it this once
]
PHONE = {"width": 360, "height": 740}
DESK = {"width": 1280, "height": 800}
ACCESSIBLE = {
    "runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"],
    "resultTypes": ["violations"],  # telling of every part that is right takes as long as looking at it
}
AXE = Axe().axe_script
expect.set_options(timeout=20_000)  # a busy machine is no failure
SOON = 0.01
"""Seconds between two looks of a server whether it is to stop."""
SHOTS = os.environ.get("BROWSER_SHOTS")
"""A folder to put screenshots in; none are taken without it."""


@dataclass(frozen=True)
class LiveServer:
    """The application being served, and where."""

    app: Flask
    url: str


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    if CHROMIUM is None:
        pytest.fail("No browser: apt-get install chromium", pytrace=False)
    with sync_playwright() as playwright:
        running = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        yield running
        running.close()


@pytest.fixture
def live_server(app: Flask) -> Iterator[LiveServer]:
    """The application of the test on a free port of this machine."""
    server = make_server("127.0.0.1", 0, app, threaded=True)
    thread = Thread(target=server.serve_forever, args=[SOON], daemon=True)
    thread.start()
    yield LiveServer(app, f"http://127.0.0.1:{server.server_port}")
    server.shutdown()
    thread.join()


@pytest.fixture
def visit(browser: Browser, live_server: LiveServer) -> Iterator[Callable[..., Page]]:
    """Opens a page of the live server in a browser of its own; `visit("/login", viewport=DESK, locale="en-GB")`."""
    contexts: list[BrowserContext] = []

    def open_page(path: str = "/", **choices: Any) -> Page:
        usual = {"base_url": live_server.url, "viewport": PHONE, "locale": "zh-CN", "reduced_motion": "reduce"}
        context = browser.new_context(**(usual | choices))
        contexts.append(context)
        page = context.new_page()
        page.goto(path)
        return page

    yield open_page
    for context in contexts:
        context.close()


@pytest.fixture
def shoot() -> Callable[[Page, str], None]:
    """Takes a screenshot of the whole page where BROWSER_SHOTS names a folder."""

    def take(page: Page, name: str) -> None:
        if SHOTS:
            Path(SHOTS).mkdir(parents=True, exist_ok=True)
            page.screenshot(path=Path(SHOTS) / f"{name}.png", full_page=True)

    return take


def press(button: Locator) -> None:
    """Presses what leads to another page and waits for that page; a click alone may return before it."""
    with button.page.expect_navigation():
        button.click()


def accessibility_complaints(page: Page) -> list[str]:
    if not page.evaluate("'axe' in window"):
        page.evaluate(AXE)
    found = page.evaluate("(options) => axe.run(options).then((results) => results.violations)", ACCESSIBLE)
    return [f"{complaint['id']}: {[node['html'] for node in complaint['nodes']]}" for complaint in found]
