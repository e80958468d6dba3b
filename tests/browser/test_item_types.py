"""Every item type in a real browser: by keyboard alone, without JavaScript, in a drawn order, on every screen."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Keyboard, Page, expect

from tests.live_browser import DESK, PHONE, LiveServer, accessibility_complaints
from tests.open_survey import OpenSurvey, open_survey
from tests.sheet_in_browser import SHOW_ALL, Visit, come_in, expect_heading, is_sound, look_in, scrolls_sideways
from tests.tiny_instruments import all_in_one, source

pytestmark = pytest.mark.browser

Shoot = Callable[[Page, str], None]

NARROWEST = {"width": 320, "height": 640}
FOCUSED = """() => {
  const it = document.activeElement;
  const isChoice = it.type === "radio" || it.type === "checkbox";
  const isFilled = isChoice ? document.querySelector("[name=" + it.name + "]:checked") !== null : Boolean(it.value);
  return { name: it.name || "", id: it.id, kind: it.type, isFilled, goesOn: it.id === "next" || it.value === "next" };
}"""
KEYS = {
    "q_way": ["ArrowUp"],  # the last one: other
    "q_place": ["ArrowUp"],
    "q_happy": ["Space", "ArrowDown", "ArrowDown"],  # disagree, which is asked about
    "q_clear": ["Space", "ArrowDown", "ArrowDown"],
    "q_recommend": ["ArrowUp"],  # from 0 round to 10
    "q_told": ["Space", "ArrowDown"],
}
TYPED = {"q_hours": "12", "q_topics_other": "健康", "q_place_other": "图书馆", "q_way_other": "电话"}
REPEATED = {
    "参加活动容易": "非常容易", "推荐": "10", "通知了": "否", "得知": "其他", "“其他”": "电话",
    "排出": "1. 学习 · 2. 服务", "几小时": "12", "哪一天": "2026-01-01",
    "形容": "好", "原因": "好", "合适": "同意", "地方": "图书馆",
}  # fmt: skip


@pytest.fixture
def survey(live_server: LiveServer) -> OpenSurvey:
    return open_survey(live_server.app, source=all_in_one())


def shuffled(live_server: LiveServer) -> OpenSurvey:
    return open_survey(live_server.app, source=source("shuffled"))


def answer_by_keyboard(page: Page) -> None:
    """Tab from control to control of the page shown, answering what is not answered, until its button is pressed."""
    passed: list[str] = []
    for _ in range(80):
        page.keyboard.press("Tab")
        focused = page.evaluate(FOCUSED)
        passed.append(focused["id"])
        if focused["goesOn"]:
            page.keyboard.press("Enter")
            return
        if focused["name"].startswith("q_") and not focused["isFilled"]:
            answer_focused(page.keyboard, **focused)
    pytest.fail(f"the Tab key never reaches the button; it came by {passed}")


def answer_focused(keyboard: Keyboard, *, name: str, id: str, kind: str, **_: Any) -> None:
    if kind in ("text", "textarea"):
        keyboard.type(TYPED.get(name, "好"))
        return
    place_of_a_ranking = int(id[-1]) if kind == "select-one" else 0
    usual = {
        "select-one": ["ArrowDown"] * (place_of_a_ranking + 1),
        "date": ["ArrowUp"],  # year, month and day are stops of their own, in the order of the browser's language
    }
    for key in KEYS.get(name, usual.get(kind, ["Space"])):
        keyboard.press(key)


def tab_to(page: Page, selector: str) -> None:
    for _ in range(60):
        page.keyboard.press("Tab")
        if page.evaluate("(selector) => document.activeElement.matches(selector)", selector):
            return
    pytest.fail(f"the Tab key never reaches {selector}")


def given(page: Page) -> dict[str, str]:
    rows = page.locator(".given > div:visible")
    return dict(zip(rows.locator("dt").all_inner_texts(), rows.locator("dd").all_inner_texts(), strict=True))


def expect_answers(page: Page) -> None:
    said = given(page)
    assert len(said) == 32  # all but the line of an "other" that was not chosen
    for part, answer in REPEATED.items():
        found = [value for text, value in said.items() if part in text]
        assert answer in found, (part, found)
    numbers = [int(re.match(r"\d+", text)[0]) for text in said]  # type: ignore[index]
    assert numbers == list(range(1, 33))


@pytest.mark.parametrize("size", [PHONE, DESK], ids=lambda size: str(size["width"]))
def test_every_item_type_is_answered_by_keyboard_alone(visit: Visit, survey: OpenSurvey, shoot: Shoot, size):
    page = come_in(visit, survey, viewport=size)
    while page.locator("#next").is_visible():
        answer_by_keyboard(page)
        assert page.locator("#errors").count() == 0, page.locator("#errors").inner_text()
    expect_heading(page, "检查并提交")
    expect_answers(page)
    shoot(page, f"types-review-{size['width']}")
    tab_to(page, "#send")
    page.keyboard.press("Enter")
    expect_heading(page, "谢谢您，答卷已经收到")
    assert survey.counts() == (1, 1)


def test_every_item_type_is_answered_by_keyboard_without_javascript(visit: Visit, survey: OpenSurvey):
    page = visit(survey.path, java_script_enabled=False, viewport=PHONE)
    tab_to(page, "#code")
    page.keyboard.type(survey.codes[0])
    with page.expect_navigation():
        page.keyboard.press("Enter")
    while not page.locator("input[name=at][value=review]").count():
        with page.expect_navigation():
            answer_by_keyboard(page)
        assert page.locator("#errors").count() == 0, page.locator("#errors").inner_text()
    expect_answers(page)
    tab_to(page, "button[value=submit]")
    with page.expect_navigation():
        page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="谢谢您，答卷已经收到")).to_be_visible()
    assert survey.counts() == (1, 1)


# Drawn order ---------------------------------------------------------------------------------------------------------


def order_shown(page: Page) -> list[str]:
    return [card.get_attribute("id") or "" for card in page.locator("fieldset:visible").all()]


def test_everybody_has_an_order_of_their_own_and_keeps_it(visit: Visit, live_server: LiveServer):
    survey = shuffled(live_server)
    drawn = set()
    for _ in range(6):
        page = look_in(visit, survey)
        order = order_shown(page)
        drawn.add(tuple(order))
        rows = sorted(order.index(f"q_{row}") for row in ("early", "brief", "useful"))
        assert rows == list(range(rows[0], rows[0] + 3))
    assert len(drawn) > 1  # six times the same order: once in ten million
    page.get_by_role("group", name="计划清楚").get_by_text("不同意", exact=True).click()
    page.get_by_role("group", name="在哪里开会").get_by_text("其他地方", exact=True).click()
    cards = page.locator(".q:visible").all()
    assert [card.locator(".no").first.inner_text() for card in cards] == [str(n) for n in range(1, len(cards) + 1)]
    questions = [card.locator("legend, label.ask").inner_text() for card in cards]
    assert index_of(questions, "哪里不清楚") > index_of(questions, "计划清楚")
    assert index_of(questions, "请写明") == index_of(questions, "在哪里开会") + 1
    page.reload()
    assert order_shown(page) == order
    page.get_by_role("link", name="English").click()
    expect(page.get_by_role("group", name="Plans are clear").get_by_label("Disagree")).to_be_checked()
    assert order_shown(page) == order
    for card in page.locator("fieldset:visible").all():
        if not card.locator(":checked").count():
            card.locator("label").first.click()
    page.locator("#next").click()
    page.locator("#back").click()
    assert order_shown(page) == order
    questions = page.locator(":is(legend, label.ask):visible").all_inner_texts()
    page.locator("#next").click()
    page.locator("fieldset:visible label").first.click()
    page.locator("#next").click()
    said = [text.replace("\n", " ") for text in page.locator(".given dt:visible").all_inner_texts()]
    assert [number_of(text) for text in said] == list(range(1, 10))
    assert [start_of(text) for text in said[:8]] == [start_of(text) for text in questions]


def index_of(questions: list[str], words: str) -> int:
    return next(place for place, question in enumerate(questions) if words in question)


def start_of(text: str) -> str:
    """The first words of a question, without its number."""
    return "".join(text.split()).lstrip("0123456789")[:10]


def number_of(text: str) -> int:
    found = re.match(r"\d+", text)
    assert found, text
    return int(found[0])


def test_the_next_member_gets_an_order_of_their_own(visit: Visit, live_server: LiveServer):
    page = look_in(visit, shuffled(live_server))
    name = page.evaluate("Object.keys(sessionStorage).find((name) => name.startsWith('ballot-box:'))")
    drawn = {tuple(order_shown(page))}
    for member in range(6):
        page.evaluate("([name, ticket]) => sessionStorage.setItem(name, ticket)", [name, f"pass {member}"])
        page.reload()
        drawn.add(tuple(order_shown(page)))
    assert len(drawn) > 1


# Single types --------------------------------------------------------------------------------------------------------


def test_an_answer_that_stands_alone_takes_the_place_of_the_others(visit: Visit, live_server: LiveServer):
    page = look_in(visit, open_survey(live_server.app, source=source("multiple_exclusive_other")))
    card = page.get_by_role("group", name="您想了解哪些内容？")
    for answer in ("党史", "其他", "都不需要"):
        card.get_by_text(answer, exact=True).click()
    expect(card.locator(":checked")).to_have_count(1)
    expect(card.get_by_label("都不需要")).to_be_checked()
    expect(page.get_by_role("status")).to_contain_text("党史 · 其他")
    expect(page.get_by_label("请写明")).to_be_hidden()
    card.get_by_text("政策", exact=True).click()
    expect(card.get_by_label("都不需要")).not_to_be_checked()
    expect(card.get_by_label("政策")).to_be_checked()


def test_a_place_given_twice_is_said_with_its_name(visit: Visit, live_server: LiveServer, shoot: Shoot):
    page = look_in(visit, open_survey(live_server.app, source=source("ranking")), "en")
    for place in page.get_by_role("combobox").all():
        place.select_option("Service")
    page.locator("#next").click()
    expect(page.locator(".err")).to_contain_text("“Service” stands at more than one place.")
    shoot(page, "ranking-error-360")
    assert is_sound(page)


def test_a_day_that_was_only_begun_is_not_taken_for_none(visit: Visit, live_server: LiveServer):
    text = source("date") + "        required: false\n"
    page = look_in(visit, open_survey(live_server.app, source=text))
    page.locator("[type=date]").focus()
    page.keyboard.type("2026")
    page.locator("#next").click()
    expect(page.locator(".err")).to_contain_text("2026-12-31")
    page.locator("[type=date]").fill("2026-05-01")
    page.locator("#next").click()
    expect_heading(page, "检查并提交")


def test_a_table_lines_up_on_wide_screens_and_is_a_pile_of_cards_on_phones(
    visit: Visit, live_server: LiveServer, shoot: Shoot
):
    survey = open_survey(live_server.app, source=source("matrix"))
    page = look_in(visit, survey, viewport=DESK)
    heads = [box(head) for head in page.locator(".heads span").all()]
    assert len(heads) == 5
    for row in page.locator("fieldset").all():
        middles = [middle(box(radio)) for radio in row.get_by_role("radio").all()]
        assert all(abs(one - middle(head)) < 2 for one, head in zip(middles, heads, strict=False))
    expect(page.get_by_role("group", name="时间安排合理").get_by_label("说不准")).to_be_visible()
    page.get_by_role("radio", name="同意", exact=True).first.focus()
    page.keyboard.press("ArrowRight")
    page.keyboard.press("Tab")
    expect(page.locator("#q_time-0")).to_be_focused()
    shoot(page, "matrix-1280")
    page.locator("#next").click()
    shoot(page, "matrix-error-1280")
    assert is_sound(page)
    page.set_viewport_size(PHONE)
    expect(page.locator(".heads")).to_be_hidden()
    expect(page.locator("fieldset").first.get_by_text("说不准")).to_be_visible()
    shoot(page, "matrix-360")
    assert is_sound(page)


def box(part: Any) -> dict[str, float]:
    found = part.bounding_box()
    assert found is not None
    return dict(found)


def middle(place: dict[str, float]) -> float:
    return place["x"] + place["width"] / 2


@pytest.mark.parametrize("width", [320, 360, 1280])
def test_steps_from_zero_to_ten_can_be_hit_with_a_thumb(
    visit: Visit, live_server: LiveServer, shoot: Shoot, width: int
):
    page = look_in(
        visit, open_survey(live_server.app, source=source("recommend")), viewport={"width": width, "height": 740}
    )
    places = [box(step) for step in page.locator(".ladder .opt").all()]
    assert len(places) == 11
    assert all(place["width"] >= 44 and place["height"] >= 44 for place in places)
    assert [(place["y"], place["x"]) for place in places] == sorted((place["y"], place["x"]) for place in places)
    shoot(page, f"recommend-{width}")
    assert is_sound(page)


# Other eyes ----------------------------------------------------------------------------------------------------------

EYES: dict[str, dict[str, Any]] = {
    "narrowest": {"viewport": NARROWEST},
    "phone": {"viewport": PHONE},
    "large type": {"viewport": PHONE, "type": "200%"},
    "large type on a desk": {"viewport": DESK, "type": "200%"},
    "desk": {"viewport": DESK},
    "dark desk": {"viewport": DESK, "color_scheme": "dark"},
    "high contrast": {"viewport": PHONE, "contrast": "more"},
    "colours of the system": {"viewport": DESK, "forced_colors": "active"},
}


@pytest.mark.parametrize("eyes", EYES)
def test_every_type_fits_every_screen_and_every_eye(visit: Visit, survey: OpenSurvey, shoot: Shoot, eyes: str):
    choices = dict(EYES[eyes])
    size = choices.pop("type", None)
    language = "en" if "large" in eyes or eyes == "narrowest" else "zh-CN"  # English words are the longer ones
    page = look_in(visit, survey, language, bypass_csp=True, **choices)
    if size:
        page.add_style_tag(content=f"html {{ font-size: {size} }}")
    page.evaluate("document.querySelectorAll('.opt.first input').forEach((first) => (first.checked = true))")
    page.evaluate(SHOW_ALL)
    assert not scrolls_sideways(page)
    shoot(page, f"eyes-{eyes.replace(' ', '-')}")


@pytest.mark.parametrize("language", ["zh_Hans", "en"])
def test_every_type_is_accessible_empty_and_with_its_mistakes(visit: Visit, survey: OpenSurvey, language: str):
    page = look_in(visit, survey, language)
    page.evaluate(SHOW_ALL)
    assert accessibility_complaints(page) == []
