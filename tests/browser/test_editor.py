"""Writing a questionnaire in a real browser: by keyboard alone, the phone beside it, at the desk and on a phone."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from flask import Flask
from playwright.sync_api import Locator, Page, expect

from instruments import catalogue
from survey_app import services
from survey_app.extensions import db
from survey_app.models import UnitKind, UnitLevel, UserRole
from tests.live_browser import DESK, PHONE, LiveServer, accessibility_complaints

pytestmark = pytest.mark.browser

PASSWORD = "correct horse battery"
DRAFTS = "/committee/questionnaires/drafts"
SIZES = [pytest.param(DESK, id="desk"), pytest.param(PHONE, id="phone")]


@pytest.fixture
def office(live_server: LiveServer) -> Flask:
    """A committee with a secretary, and the ready questionnaires."""
    app = live_server.app
    with app.app_context():
        by = {"by": services.COMMAND_LINE, "clock": app.config["CLOCK"]}
        kinds = {"level": UnitLevel.COMMITTEE, "kind": UnitKind.ORGAN, "parent": None}
        unit = services.create_unit(db.session, code="C1", name="云汀区住建局机关党委", **kinds, **by)
        roles = [(UserRole.SECRETARY, unit)]
        services.create_user(db.session, login="secretary", name="陆文谦", password=PASSWORD, roles=roles, **by)
        services.install_catalogue(db.session, **by)
        db.session.commit()
    return app


@pytest.fixture
def secretary(office: Flask, visit: Callable[..., Page]) -> Callable[..., Page]:
    """A browser in which the secretary is signed in."""

    def sign_in(**choices: object) -> Page:
        page = visit("/login", **{"viewport": DESK, "locale": "en-GB", **choices})
        page.get_by_label("Login name").fill("secretary")
        page.get_by_label("Password").fill(PASSWORD)
        page.get_by_role("button", name="Sign in").click()
        page.wait_for_url("**/committee/")
        return page

    return sign_in


def begin(app: Flask, source: str) -> str:
    with app.app_context():
        unit = services.unit_by_code(db.session, "C1")
        by, clock = services.COMMAND_LINE, app.config["CLOCK"]
        draft = services.start_draft(db.session, unit, source=source, by=by, clock=clock)
        db.session.commit()
        return f"{DRAFTS}/{draft.id}"


def check(page: Page) -> None:
    assert accessibility_complaints(page) == [], page.url
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth"), page.url


def walk_to(page: Page, target: Locator) -> None:
    """Presses Tab until the target has the focus."""
    for _step in range(200):
        if target.evaluate("element => element === document.activeElement"):
            return
        page.keyboard.press("Tab")
    raise AssertionError(f"the keyboard does not reach {target}")


def type_into(page: Page, label: str, words: str) -> None:
    walk_to(page, page.get_by_label(label, exact=True).first)
    page.keyboard.press("Control+a")
    page.keyboard.type(words)


def choose(page: Page, label: str, words: str) -> None:
    """In a list: typing what an entry begins with."""
    walk_to(page, page.get_by_label(label, exact=True).first)
    page.keyboard.type(words)


def press_button(page: Page, words: str, *, role: str = "button") -> None:
    target = page.get_by_role(role, name=words).first
    walk_to(page, target)
    with page.expect_navigation():
        page.keyboard.press("Enter")


def test_a_questionnaire_is_made_from_nothing_to_publishing_by_keyboard_alone(
    secretary: Callable[..., Page], shoot: Callable[[Page, str], None]
):
    page = secretary()
    page.goto(f"{DRAFTS}/new")
    type_into(page, "Title", "主题党日")
    type_into(page, "Code of the questionnaire", "branch-day")
    press_button(page, "Begin the draft")
    press_button(page, "Add a question", role="link")
    type_into(page, "Question 中文", "内容怎么样？")
    type_into(page, "Question English", "How was the content?")
    walk_to(page, page.get_by_label("Scale", exact=True))
    page.keyboard.press("End")
    press_button(page, "Save")
    expect(page.get_by_text("Nothing. It can be published.")).to_be_visible()

    press_button(page, "Add a question", role="link")
    type_into(page, "Question 中文", "您参加了哪些活动？")
    choose(page, "Type", "Several")
    press_button(page, "Use this type")
    expect(page.get_by_label("Type", exact=True)).to_be_focused()
    type_into(page, "中文", "参观")
    walk_to(page, page.locator("#options-1-zh"))
    page.keyboard.type("讲座")
    press_button(page, "Add an option")
    expect(page.locator("#options-2-zh")).to_be_focused()
    page.keyboard.type("都没有")
    press_button(page, "Up · Option 3")
    expect(page.locator("#options-up-1")).to_be_focused()
    shoot(page, "editor-options")
    press_button(page, "Save")

    item = page.locator("li").filter(has_text="您参加了哪些活动？")
    expect(item.get_by_role("link", name="Change")).to_be_focused()
    press_button(page, "Up 您参加了哪些活动？")
    up = page.get_by_role("button", name="Up 您参加了哪些活动？")
    expect(up).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.get_by_role("button", name="Down 您参加了哪些活动？")).to_be_focused()
    expect(page.locator("li b").first).to_have_text("您参加了哪些活动？")
    press_button(page, "Check and publish", role="link")
    press_button(page, "Publish the questionnaire")
    expect(page.get_by_text("The questionnaire has been published.")).to_be_visible()
    expect(page.locator("h1")).to_have_text("主题党日")


def test_a_rule_is_made_by_choosing_with_the_answers_of_the_question_chosen(
    office: Flask, secretary: Callable[..., Page]
):
    page = secretary()
    draft = begin(office, catalogue.read_text("activity-after"))
    page.goto(f"{draft}/sections/3/items/2")
    page.get_by_label("Question", exact=True).select_option("overall")
    page.get_by_label("Comparison").select_option("<=")
    page.get_by_label("Answer", exact=True).select_option("2")
    page.get_by_role("button", name="Save").last.click()
    expect(page.get_by_text("only if: overall <= 2")).to_be_visible()


def test_the_phone_follows_what_is_typed_and_keeps_its_own_focus_out_of_the_way(
    office: Flask, secretary: Callable[..., Page], shoot: Callable[[Page, str], None]
):
    page = secretary()
    page.goto(f"{begin(office, catalogue.read_text('activity-after'))}/sections/0/items/0")
    phone = page.locator("#preview .screen")
    expect(phone.first).to_contain_text("主题贴近党员需要")
    page.locator("#preview summary").nth(1).click()
    page.get_by_label("Question 中文", exact=True).fill("主题是不是您需要的？")
    expect(phone.first).to_contain_text("主题是不是您需要的？")
    expect(phone.nth(1)).to_be_visible()
    page.get_by_label("Scale", exact=True).select_option("improvement")
    expect(phone.first).to_contain_text("非常同意")
    page.get_by_label("Question 中文", exact=True).fill("")
    expect(phone.first).to_contain_text("not shown yet")
    shoot(page, "editor-live")
    assert page.locator("#preview :is(input, select, textarea):enabled").count() == 0


def test_without_script_the_phone_is_drawn_again_by_the_buttons_and_a_rule_asks_for_answers(
    office: Flask, secretary: Callable[..., Page]
):
    page = secretary(java_script_enabled=False)
    page.goto(f"{begin(office, catalogue.read_text('activity-after'))}/sections/3/items/2")
    page.get_by_label("Question 中文", exact=True).fill("还有什么话？")
    page.get_by_label("Question", exact=True).select_option("overall")
    page.get_by_role("button", name="Show the answers of the chosen questions").click()
    expect(page.locator("#preview .screen").first).to_contain_text("还有什么话？")
    page.get_by_label("Answer", exact=True).first.select_option("1")
    page.get_by_role("button", name="Save").last.click()
    expect(page.get_by_text("only if: overall == 1")).to_be_visible()


def test_a_line_of_the_text_that_is_wrong_is_found(office: Flask, secretary: Callable[..., Page]):
    page = secretary()
    broken = catalogue.read_text("activity-after").replace("minutes: 2", "minutes: two")
    page.goto(begin(office, broken) + "/text")
    page.locator("a[data-line]").click()
    chosen = "e => e.value.slice(e.selectionStart, e.selectionEnd)"
    assert page.locator("textarea.source").evaluate(chosen) == "minutes: two"


@pytest.mark.parametrize("size", SIZES)
def test_every_page_of_the_editor_is_accessible(
    office: Flask, secretary: Callable[..., Page], shoot: Callable[[Page, str], None], size: dict[str, int]
):
    wrong = catalogue.read_text("branch-year").replace("scale: satisfaction", "scale: nothing", 1)
    draft, broken = begin(office, wrong), begin(office, "schema: [")
    ready = begin(office, catalogue.read_text("activity-after").replace("activity-after", "our-activity"))
    shown = {
        "new": f"{DRAFTS}/new",
        "taken-over": f"{DRAFTS}/new?catalogue=branch-year",
        "overview": draft,
        "item": f"{draft}/sections/0/items/0",
        "new-item": f"{draft}/sections/1/items/99",
        "section": f"{draft}/sections/0",
        "scale": f"{draft}/scales/0",
        "new-scale": f"{draft}/scales/99",
        "dimension": f"{draft}/dimensions/0",
        "settings": f"{draft}/settings",
        "text": f"{draft}/text",
        "broken": f"{broken}/text",
        "preview": f"{draft}/preview",
        "problems": f"{draft}/publish",
        "publish": f"{ready}/publish",
        "discard": f"{draft}/discard",
        "remove": f"{draft}/remove/scales/satisfaction",
    }
    name = "desk" if size is DESK else "phone"
    page = secretary(viewport=size)
    for key, address in list(shown.items())[:: 1 if size is PHONE else 2]:
        page.goto(address)
        check(page)
        shoot(page, f"editor-{key}-{name}")
    for kind in ("single", "ranking", "number", "date", "text", "information"):
        page.goto(shown["item"])
        page.get_by_label("Type", exact=True).select_option(kind)
        page.get_by_role("button", name="Use this type").click()
        check(page)
    page.goto(shown["item"])
    page.get_by_label("Code", exact=True).fill("no code")
    page.get_by_role("button", name="Save").last.click()
    expect(page.get_by_text("cannot be a code").first).to_be_visible()
    check(page)
    shoot(page, f"editor-refused-{name}")
