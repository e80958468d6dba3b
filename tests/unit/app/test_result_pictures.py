"""Charts of a result page as pictures for documents: linked below each, for whoever may see the page, made once."""

from __future__ import annotations

import re

import pytest

from survey_app.charts.render import _page_marks
from survey_app.web.annual.page import PAGES
from tests.committee_world import World
from tests.page_checks import elements
from tests.unit.app.test_result_page import result_path

FORM_TOKEN = re.compile(rb'name="csrf_token" value="[^"]+"')
"""Signed anew every second."""


def pictures_on(page) -> list[str]:
    links = [str(link.get("href")) for link in elements(page, "a")]
    return [address for address in links if address.endswith(".png")]


def test_every_chart_of_the_page_leads_to_its_picture(world: World):
    visitor = world.as_user("secretary")
    page = visitor.page(result_path(world, "C1"))
    addresses = pictures_on(page)
    assert len(addresses) == len(list(elements(page, "figure"))) > 3
    assert result_path(world, "C1", rest="/chart/returns.png") in addresses
    for address in addresses:
        answer = visitor.get(address)
        assert answer.mimetype == "image/png", address
        assert answer.data.startswith(b"\x89PNG"), address


def test_a_picture_stays_in_no_cache(world: World):
    answer = world.as_user("secretary").get(result_path(world, "C1", rest="/chart/items.png"))
    assert answer.headers["Cache-Control"] == "no-store"


@pytest.mark.parametrize("key", ["years", "nothing", "returns.png"])
def test_a_chart_that_the_page_does_not_have_is_not_found(world: World, key: str):
    assert world.as_user("secretary").get(result_path(world, "C1", rest=f"/chart/{key}.png")).status_code == 404


def test_pictures_are_for_whoever_may_see_the_page(world: World):
    address = result_path(world, "C1", rest="/chart/returns.png")
    assert world.as_user("stranger").get(address).status_code == 404
    assert world.as_user("branch secretary").get(address).status_code == 404
    assert world.as_user("scrutineer").get(address).status_code == 403
    assert world.as_user("secretary").get(result_path(world, "C1", "open", "/chart/returns.png")).status_code == 404


def test_a_page_looked_at_again_is_neither_put_together_nor_drawn_again(world: World):
    visitor = world.as_user("secretary")
    first = visitor.get(result_path(world, "C1"))
    drawn, kept = _page_marks.cache_info().misses, set(PAGES._things)
    again = visitor.get(result_path(world, "C1"))
    assert FORM_TOKEN.sub(b"", again.data) == FORM_TOKEN.sub(b"", first.data)
    assert _page_marks.cache_info().misses == drawn
    assert set(PAGES._things) == kept
