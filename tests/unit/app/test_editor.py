"""Writing a questionnaire in the browser: beginning, arranging, the text, publishing; who may, and two at once."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import partial
from uuid import UUID

import pytest

from instruments import catalogue
from instruments.loader import load_for_publishing
from instruments.reading import read
from survey_app import services
from survey_app.extensions import db
from survey_app.models import InstrumentVersion, QuestionnaireDraft, Unit
from tests.committee_world import World
from tests.page_checks import elements, parsed, text_of
from tests.unit.app.small_draft import DRAFTS, SMALL, begin_draft, source_of
from tests.visitor import Visitor

BROKEN = "schema: 1\ncode: [\n"


@pytest.fixture
def start(world: World) -> Callable[..., str]:
    return partial(begin_draft, world)


def press(visitor: Visitor, address: str, act: str, **chosen: str):
    """A button of the overview."""
    return visitor.submit(address, to=f"{address}/arrange", act=act, **chosen)


def links(visitor: Visitor, address: str) -> dict[str, str]:
    return {text_of(a): a.get("href") or "" for a in elements(visitor.page(address), "a")}


def codes(world: World, address: str) -> list[list[str]]:
    return [[item["code"] for item in section["items"]] for section in read(source_of(world, address)).data["sections"]]


# ---- beginning ----


def test_a_questionnaire_begins_blank_and_can_be_looked_at_at_once(world: World):
    secretary = world.as_user("secretary")
    begun = secretary.submit(f"{DRAFTS}/new", title="主题党日", code="branch-day", audience="member")
    assert begun.status_code == 302
    text = secretary.text(begun.location)
    assert "主题党日" in text
    assert "Nothing. It can be published." in text
    assert secretary.get(f"{begun.location}/preview").status_code == 200


def test_a_beginning_without_a_name_comes_back_with_what_was_typed(world: World):
    refused = world.as_user("secretary").submit(f"{DRAFTS}/new", title="", code="Branch Day")
    assert refused.status_code == 422
    assert 'value="Branch Day"' in refused.text
    assert "Please enter a title." in refused.text


def test_a_ready_questionnaire_is_taken_over_with_its_comments_under_a_code_of_ones_own(world: World):
    secretary = world.as_user("secretary")
    taken = f"{DRAFTS}/new?catalogue=activity-after"
    refused = secretary.submit(taken)
    assert refused.status_code == 422
    assert "came with the service" in refused.text
    begun = secretary.submit(taken, code="our-activity", title="我们的活动评价")
    ready = catalogue.read_text("activity-after")
    expected = ready.replace("code: activity-after", "code: our-activity").replace("活动评价", "我们的活动评价", 1)
    assert source_of(world, begun.location) == expected


def test_under_the_same_code_a_draft_is_a_change_of_the_version_it_began_with(world: World, start):
    with world.app.app_context():
        unit = db.session.get_one(Unit, world.units["C1"])
        by, clock = services.COMMAND_LINE, world.app.config["CLOCK"]
        sha256 = services.publish_instrument(db.session, SMALL, unit=unit, by=by, clock=clock).sha256
        db.session.commit()
    secretary = world.as_user("secretary")
    change = secretary.submit(f"{DRAFTS}/new?from={sha256}").location
    copy = secretary.submit(f"{DRAFTS}/new?from={sha256}", code="another-day").location
    with world.app.app_context():
        based_on = {
            address: db.session.get_one(QuestionnaireDraft, UUID(address.rsplit("/", 1)[1])).based_on_sha256
            for address in (change, copy)
        }
    assert based_on == {change: sha256, copy: None}


def test_nothing_begins_from_what_is_not_there(world: World):
    secretary = world.as_user("secretary")
    assert secretary.get(f"{DRAFTS}/new?catalogue=../secrets").status_code == 404
    assert secretary.get(f"{DRAFTS}/new?from={'0' * 64}").status_code == 404


# ---- arranging ----


def test_a_question_goes_down_and_up_and_keeps_the_comment_above_it_and_the_focus(world: World, start):
    secretary, draft = world.as_user("secretary"), start()
    down = press(secretary, draft, "down sections.0.items.0")
    assert codes(world, draft) == [["why", "content"], ["place"]]
    assert down.location.endswith("#up-sections-0-items-1"), "at the end only the way back is left"
    assert "      # asked every time\n      - code: content" in source_of(world, draft)
    up = press(secretary, draft, "up sections.0.items.1")
    assert up.location.endswith("#down-sections-0-items-0")
    assert source_of(world, draft) == SMALL


def test_a_question_goes_to_the_end_of_another_section(world: World, start):
    secretary, draft = world.as_user("secretary"), start()
    moved = press(secretary, draft, "move sections.1.items.0", **{"to-sections-1-items-0": "0"})
    assert moved.location.endswith("#edit-sections-0-items-2")
    back = press(secretary, draft, "move sections.0.items.2", **{"to-sections-0-items-2": "1"})
    assert back.status_code == 302, "also into a section that has nothing yet"
    assert codes(world, draft) == [["content", "why"], ["place"]]


def test_sections_and_dimensions_change_places(world: World, start):
    secretary = world.as_user("secretary")
    draft = start(SMALL + "dimensions:\n  - {code: a, title: {zh_Hans: 甲}}\n  - {code: b, title: {zh_Hans: 乙}}\n")
    press(secretary, draft, "down sections.0")
    press(secretary, draft, "up dimensions.1")
    source = source_of(world, draft)
    assert source.index("code: second") < source.index("code: first")
    assert source.index("code: b") < source.index("code: a")


def test_a_copy_stands_right_below_with_a_code_of_its_own_and_without_the_role(world: World, start):
    secretary, draft = (
        world.as_user("secretary"),
        start(
            SMALL.replace("scale: grades\n      - code: why", "scale: grades\n        role: overall\n      - code: why")
        ),
    )
    press(secretary, draft, "copy sections.0.items.0")
    assert codes(world, draft) == [["content", "content_2", "why"], ["place"]]
    assert source_of(world, draft).count("role: overall") == 1
    press(secretary, draft, "copy scales.grades")
    assert list(load_for_publishing(source_of(world, draft)).scales) == ["grades", "grades_2"]


def test_a_ready_scale_is_added_once(world: World, start):
    from instruments.library import LIBRARY

    secretary, draft = world.as_user("secretary"), start()
    name = next(iter(LIBRARY))
    for _time in range(2):
        press(secretary, draft, "library", library=name)
    assert list(load_for_publishing(source_of(world, draft)).scales) == ["grades", name]
    assert load_for_publishing(source_of(world, draft)).scales[name] == LIBRARY[name].scale


@pytest.mark.parametrize(
    "act",
    [
        "up sections.0.items.0",
        "down sections.1",
        "copy sections.0",
        "down sections.7.items.0",
        "drop scales.x",
        "",
        "up sections.x",
    ],
)
def test_a_button_that_is_not_on_the_page_does_nothing(world: World, start, act: str):
    draft = start()
    assert press(world.as_user("secretary"), draft, act).status_code == 422
    assert source_of(world, draft) == SMALL


def test_removing_says_what_goes_and_what_still_points_to_it(world: World, start):
    secretary, draft = world.as_user("secretary"), start()
    page = f"{draft}/remove/sections/0/items/0"
    assert "The rule of “why” looks at it" in secretary.text(page)
    assert secretary.submit(page).location.endswith("#sections-0")
    assert "content" not in re.findall(r"- code: (\w+)", source_of(world, draft))
    assert "asked every time" not in source_of(world, draft)
    assert "content, place" in world.as_user("secretary").text(f"{start()}/remove/scales/grades")
    assert "its 1 questions" in secretary.text(f"{draft}/remove/sections/0")
    assert secretary.get(f"{draft}/remove/sections/9").status_code == 404


# ---- the text ----


def test_the_text_and_the_pages_are_two_ways_to_the_same_file(world: World, start):
    secretary, draft = world.as_user("secretary"), start()
    saved = secretary.submit(
        f"{draft}/text", source=SMALL.replace("内容怎么样？", "讲得怎么样？").replace("\n", "\r\n")
    )
    assert saved.status_code == 302
    assert source_of(world, draft) == SMALL.replace("内容怎么样？", "讲得怎么样？")
    assert "讲得怎么样？" in secretary.client.get(f"{draft}/sections/0/items/0?lang=zh").text


def test_a_text_that_is_no_yaml_is_kept_and_every_page_leads_to_its_line(world: World, start):
    secretary, draft = world.as_user("secretary"), start()
    secretary.submit(f"{draft}/text", source=BROKEN)
    assert source_of(world, draft) == BROKEN
    for page in ("", "/settings", "/sections/0/items/0", "/publish", "/preview", "/scales/0"):
        assert secretary.get(draft + page).location == f"{draft}/text", page
    text = secretary.text(f"{draft}/text")
    assert "cannot read this text" in text
    line = next(a for a in elements(secretary.page(f"{draft}/text"), "a") if a.get("data-line"))
    assert line.get("data-line") in ("2", "3")


@pytest.mark.parametrize(
    "odd",
    [
        "- a list\n",
        "just words\n",
        "schema: 1\nsections: words\nscales: [1]\n",
        "sections:\n  - words\n  - {items: [1, {}]}\n",
    ],
)
def test_pages_do_not_break_over_an_odd_text(world: World, start, odd: str):
    secretary, draft = world.as_user("secretary"), start(odd)
    for page in (
        "",
        "/text",
        "/settings",
        "/sections/0",
        "/sections/1/items/0",
        "/sections/1/items/1",
        "/publish",
        "/preview",
    ):
        assert secretary.get(draft + page).status_code in (200, 302, 404), page


def test_a_text_longer_than_a_questionnaire_is_refused_with_everything_typed(world: World, start):
    draft, long = start(), "# " + "x" * 200_000 + "\n"
    refused = world.as_user("secretary").submit(f"{draft}/text", source=long)
    assert refused.status_code == 422
    assert long in refused.text
    assert source_of(world, draft) == SMALL


# ---- checks ----


def test_every_problem_leads_to_the_place_where_it_is_mended(world: World, start):
    wrong = (
        SMALL.replace("schema: 1\n", "schema: 1\ncolour: red\nminutes: 99\n")
        .replace("satisfied: [3]", "satisfied: [7]")
        .replace("visible_if: content == 1", "visible_if: content == 9")
        .replace("en: Why?}", "en: Why?}\n        short: {zh_Hans: 这个短名称实在是太长了根本放不下}")
        .replace("    title: {zh_Hans: 第二部分, en: Part two}\n", "")
        .replace("code: place", "code: content")
    )
    secretary = world.as_user("secretary")
    for source in (
        wrong,
        wrong.replace("colour: red\nminutes: 99\n", "").replace(
            "code: second", "code: second\n    title: {zh_Hans: 二}"
        ),
    ):
        draft = start(source)
        found = [
            a
            for ul in elements(secretary.page(draft), "ul")
            if ul.get("class") == "findings"
            for a in elements(ul, "a")
        ]
        assert len(found) >= 3
        for link in found:
            address, _hash, target = (link.get("href") or "").partition("#")
            page = secretary.page(address or draft)
            assert any(element.get("id") == target for element in page.iter()), link.get("href")


def test_a_question_with_something_to_mend_is_marked_in_the_list(world: World, start):
    draft = start(SMALL.replace("content == 1", "content == 9"))
    assert "to mend: 2" in world.as_user("secretary").text(draft)


def test_the_year_is_added_up_and_a_budget_that_is_passed_is_said(world: World, start):
    secretary, draft = world.as_user("secretary"), start()
    assert "Over the budget" not in secretary.text(draft)
    world.app.config["BURDEN_MINUTES"] = 2
    text = secretary.text(draft)
    assert "Over the budget" in text
    assert "the budget is 2 minutes" in text


# ---- publishing and discarding ----


def test_publishing_freezes_a_version_and_the_draft_is_gone(world: World, start):
    secretary, draft = world.as_user("secretary"), start()
    published = secretary.submit(f"{draft}/publish")
    assert published.status_code == 302
    assert "The questionnaire has been published." in secretary.text(published.location)
    assert secretary.get(draft).status_code == 404
    with world.app.app_context():
        version = db.session.get_one(InstrumentVersion, published.location.rsplit("/", 1)[1])
        assert (version.source, version.unit_id) == (SMALL, world.units["C1"])


def test_publishing_with_problems_lists_them_and_publishes_nothing(world: World, start):
    secretary, draft = world.as_user("secretary"), start(SMALL.replace("scale: grades", "scale: marks"))
    assert "there is no scale 'marks'" in secretary.text(f"{draft}/publish")
    token = next(c.get("value") for c in elements(secretary.page(draft), "input") if c.get("name") == "csrf_token")
    refused = secretary.client.post(f"{draft}/publish", data={"csrf_token": token, "revision": "1"})
    assert refused.status_code == 422
    assert text_of(parsed(refused.text)).count("there is no scale 'marks'") == 2
    assert source_of(world, draft)


def test_a_change_is_shown_against_the_version_it_is_based_on_with_its_effect(world: World, start):
    with world.app.app_context():
        unit = db.session.get_one(Unit, world.units["C1"])
        by, clock = services.COMMAND_LINE, world.app.config["CLOCK"]
        sha256 = services.publish_instrument(db.session, SMALL, unit=unit, by=by, clock=clock).sha256
        db.session.commit()
    draft = start(SMALL.replace("内容怎么样？", "讲得怎么样？"), based_on=sha256)
    text = world.as_user("secretary").text(f"{draft}/publish")
    assert "内容怎么样？" in text
    assert "讲得怎么样？" in text
    assert "Not comparable" in text
    assert "says the same as the version" in world.as_user("secretary").text(f"{start(based_on=sha256)}/publish")


def test_a_code_of_somebody_else_is_refused_on_the_page_and_the_draft_stays(world: World, start):
    draft = start(SMALL.replace("branch-day", "member-satisfaction"))
    refused = world.as_user("secretary").submit(f"{draft}/publish")
    assert refused.status_code == 409
    assert "came with the service" in refused.text
    assert source_of(world, draft)


def test_a_draft_is_discarded_after_a_page_that_says_so(world: World, start):
    secretary, draft = world.as_user("secretary"), start()
    assert "cannot be brought back" in secretary.text(f"{draft}/discard")
    assert secretary.submit(f"{draft}/discard").status_code == 302
    assert secretary.get(draft).status_code == 404


# ---- two at once, and who may ----


@pytest.mark.parametrize(
    ("page", "typed"),
    [
        ("/sections/0/items/0", {"text_zh": "我写的这一句"}),
        ("/sections/0", {"title_zh": "我写的这一句"}),
        ("/settings", {"title_zh": "我写的这一句"}),
        ("/scales/0", {"levels-0-zh": "我写的这一句"}),
        ("/text", {"source": "# 我写的这一句\n"}),
    ],
)
def test_of_two_at_once_the_second_is_told_and_loses_nothing_typed(
    world: World, start, page: str, typed: dict[str, str]
):
    first, second, draft = world.as_user("secretary"), world.as_user("higher_committee"), start()
    opened = second.client.get(draft + page)
    press(first, draft, "down sections.0.items.0")
    form = next(f for f in elements(parsed(opened.text), "form") if not (f.get("action") or "").endswith("/logout"))
    revision = next(c.get("value") for c in elements(form, "input") if c.get("name") == "revision")
    refused = second.submit(draft + page, revision=revision, **typed)
    assert refused.status_code == 409
    assert "Somebody else has changed this questionnaire meanwhile." in refused.text
    assert "我写的这一句" in refused.text
    assert "我写的这一句" not in source_of(world, draft)


@pytest.mark.parametrize("page", ["/publish", "/remove/sections/0"])
def test_what_cannot_be_taken_back_is_not_done_to_a_draft_that_has_changed(world: World, start, page: str):
    secretary, draft = world.as_user("secretary"), start()
    press(secretary, draft, "down sections.0")
    before = source_of(world, draft)
    assert secretary.submit(draft + page, revision="1").status_code == 409
    assert source_of(world, draft) == before


def test_a_button_of_an_old_overview_moves_nothing(world: World, start):
    secretary, draft = world.as_user("secretary"), start()
    press(secretary, draft, "down sections.0")
    before = source_of(world, draft)
    refused = press(secretary, draft, "down sections.0.items.0", revision="1")
    assert refused.status_code == 409
    assert "Nothing has been moved." in refused.text
    assert source_of(world, draft) == before


PAGES = (
    "",
    "/text",
    "/settings",
    "/sections/0",
    "/sections/0/items/0",
    "/scales/0",
    "/preview",
    "/publish",
    "/discard",
    "/remove/sections/0",
)


def test_the_draft_of_another_unit_is_not_there(world: World, start):
    draft, stranger = start(), world.as_user("stranger")
    for page in PAGES:
        assert stranger.get(draft + page).status_code == 404, page


@pytest.mark.parametrize("role", ["committee_member", "scrutineer", "assessor"])
def test_who_does_not_make_questionnaires_gets_in_nowhere(world: World, start, role: str):
    draft, visitor = start(), world.as_user(role)
    for page in PAGES:
        assert visitor.get(draft + page).status_code == 403, page
    assert visitor.get(f"{DRAFTS}/new").status_code == 403


def test_a_form_sent_without_its_token_changes_nothing(world: World, start):
    secretary, draft = world.as_user("secretary"), start()
    for page in ("/arrange", "/text", "/settings", "/publish", "/discard", "/sections/0/items/0/preview"):
        assert secretary.client.post(draft + page, data={"revision": "1", "act": "down sections.0"}).status_code == 400
    assert source_of(world, draft) == SMALL


HOSTILE = "<script>alert(1)</script>\"'&\u202e<b>"


def test_markup_and_reversed_text_are_shown_as_text_on_every_page(world: World, start):
    source = SMALL.replace("zh_Hans: 内容怎么样？", "zh_Hans: '" + HOSTILE.replace("'", "''") + "'").replace(
        "zh_Hans: 第一部分", "zh_Hans: '<i>x</i>'"
    )
    draft, secretary = start(source.replace("en: How was the content?", "en: '<i>y</i>'")), world.as_user("secretary")
    for page in (
        "",
        "/text",
        "/sections/0",
        "/sections/0/items/0",
        "/sections/0/items/1",
        "/preview",
        "/publish",
        "/remove/sections/0/items/0",
    ):
        html = secretary.get(draft + page).text
        assert not {"<script>alert", "<b>", "<i>"} & set(re.findall(r"<script>alert|<b>(?=\")|<i>", html)), page
