"""What holds for every page: valid HTML, one h1, a title, unique ids, labelled controls, no inline style or script.

`check_page` is called for every page that a test fetches.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from functools import lru_cache
from itertools import pairwise
from xml.etree.ElementTree import Element

import html5lib

XHTML = "{http://www.w3.org/1999/xhtml}"
HEADINGS = ("h1", "h2", "h3", "h4", "h5", "h6")
CONTROLS = ("input", "select", "textarea")
REFERENCES = ("for", "aria-describedby", "aria-labelledby")


@lru_cache(maxsize=16)
def parsed(html: str) -> Element:
    """The page as a tree, not to be changed; raises on the first thing that is not valid HTML.

    Kept for a while: a page is checked when it is fetched, and asked further questions right after.
    """
    return html5lib.HTMLParser(strict=True).parse(html)


def check_page(html: str) -> Element:
    """Assert what holds for every page, and return its tree for further questions."""
    page = parsed(html)
    problems = [problem for rule in RULES for problem in rule(page)]
    assert problems == [], "\n".join(problems)
    return page


def elements(page: Element, *names: str) -> Iterator[Element]:
    wanted = {XHTML + name for name in names}
    return (element for element in page.iter() if element.tag in wanted)


def text_of(element: Element) -> str:
    return " ".join("".join(element.itertext()).split())


def _one_heading_and_a_title(page: Element) -> Iterator[str]:
    if (count := len(list(elements(page, "h1")))) != 1:
        yield f"{count} h1 on the page"
    if not any(text_of(title) for title in elements(page, "title")):
        yield "no title"
    if next(elements(page, "html")).get("lang") not in ("zh-Hans", "en"):
        yield "the page does not say its language"


def _no_heading_level_is_skipped(page: Element) -> Iterator[str]:
    levels = [HEADINGS.index(element.tag.removeprefix(XHTML)) for element in elements(page, *HEADINGS)]
    for before, after in pairwise(levels):
        if after > before + 1:
            yield f"h{after + 1} follows h{before + 1}"


def _ids_are_unique_and_references_lead_somewhere(page: Element) -> Iterator[str]:
    ids = Counter(element.get("id") for element in page.iter() if element.get("id"))
    yield from (f"id {identifier} occurs {count} times" for identifier, count in ids.items() if count > 1)
    for element in page.iter():
        for name in REFERENCES:
            yield from (f"{name}={word} leads nowhere" for word in (element.get(name) or "").split() if word not in ids)


def _controls_are_labelled(page: Element) -> Iterator[str]:
    named = {label.get("for") for label in elements(page, "label")}
    wrapped = {control for label in elements(page, "label") for control in elements(label, *CONTROLS)}
    for control in elements(page, *CONTROLS):
        is_hidden = control.get("type") in ("hidden", "submit")
        if (
            not is_hidden
            and control not in wrapped
            and control.get("id") not in named
            and not control.get("aria-label")
        ):
            yield f"control {control.get('name')} has no label"


def _links_and_buttons_say_where(page: Element) -> Iterator[str]:
    for element in elements(page, "a", "button"):
        if not text_of(element) and not element.get("aria-label"):
            yield f"a {element.tag.removeprefix(XHTML)} without words: {element.attrib}"


def _nothing_is_inline(page: Element) -> Iterator[str]:
    for element in page.iter():
        if element.get("style") or any(name.startswith("on") for name in element.keys()):  # noqa: SIM118
            yield f"inline style or script: {element.attrib}"
    yield from ("inline script" for script in elements(page, "script") if not script.get("src"))
    yield from ("style in the page" for _ in elements(page, "style"))


def _nothing_comes_from_elsewhere(page: Element) -> Iterator[str]:
    for element in elements(page, "script", "link", "img", "iframe"):
        address = element.get("src") or element.get("href") or ""
        if address.startswith(("http:", "https:", "//")):
            yield f"loaded from elsewhere: {address}"


RULES = (
    _one_heading_and_a_title,
    _no_heading_level_is_skipped,
    _ids_are_unique_and_references_lead_somewhere,
    _controls_are_labelled,
    _links_and_buttons_say_where,
    _nothing_is_inline,
    _nothing_comes_from_elsewhere,
)
