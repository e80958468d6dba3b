"""The committee's year in a real browser: sign in, survey, codes, sealing, an action; at the desk and on a phone."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from survey_app.extensions import db
from survey_app.models import GRACE, AccessMode, Survey
from tests.committee_world import PASSWORD, World, build_world, open_and_answer
from tests.live_browser import DESK, PHONE, SHOTS, LiveServer, accessibility_complaints

pytestmark = pytest.mark.browser

SIZES = [pytest.param(DESK, id="desk"), pytest.param(PHONE, id="phone")]


@pytest.fixture
def served_world(live_server: LiveServer) -> World:
    """The committee's world on the live server."""
    return build_world(live_server.app)


def sign_in(page: Page, login: str) -> None:
    page.goto("/login")
    page.get_by_label("Login name").fill(login)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_url("**/committee/**")


def check(page: Page) -> None:
    """Accessible to the letter of the rules, and nothing but tables scrolls sideways."""
    assert accessibility_complaints(page) == [], page.url
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth"), page.url


def download(page: Page, button: str) -> bytes:
    """What a button of the page sends to be kept; the page itself stays."""
    with page.expect_popup(), page.expect_download() as sent:
        page.get_by_role("button", name=button).click()
    return Path(sent.value.path()).read_bytes()


def in_a_new_window(page: Page, button: str) -> Page:
    with page.expect_popup() as window:
        page.get_by_role("button", name=button).click()
    return window.value


@pytest.mark.parametrize("size", SIZES)
def test_a_survey_runs_from_a_draft_to_an_action_that_follows(
    served_world: World, visit: Callable[..., Page], shoot: Callable[[Page, str], None], size: dict[str, int]
):
    name = "desk" if size is DESK else "phone"
    page = visit("/login", viewport=size, locale="en-GB")
    check(page)
    sign_in(page, "secretary")
    shoot(page, f"year-{name}")

    page.get_by_role("link", name="Surveys", exact=True).click()
    page.get_by_role("link", name="New survey").click()
    page.get_by_role("button", name="Save the draft").click()
    expect(page.get_by_text("Please enter a title.")).to_have_count(0)  # the browser itself asks for it first
    page.get_by_label("Questionnaire").select_option(served_world.versions["staff"])
    page.get_by_label("Title").fill("2026 年度职工满意度测评")
    page.get_by_label("Last day for answers").fill("2026-12-20")
    check(page)
    page.get_by_role("button", name="Save the draft").click()
    address = page.url
    check(page)

    page.get_by_role("link", name="Open the survey").click()
    expect(page.get_by_text("29 people are eligible, in 2 reporting groups.")).to_be_visible()
    check(page)
    page.get_by_role("button", name="Open the survey").click()
    expect(page.get_by_role("heading", name="The scrutineers’ passphrases")).to_be_visible()
    passphrases = page.locator(".passphrases dd").all_inner_texts()
    assert len({words for words in passphrases if re.fullmatch(r"(\w{4}-){4}\w{4}", words)}) == 3
    check(page)
    shoot(page, f"once-{name}")
    for button in ("Recovery sheets (PDF)", "Slips, 8 to a page (PDF)"):
        assert download(page, button).startswith(b"%PDF-")
    slips = in_a_new_window(page, "Slips as a page, to print from the browser")
    expect(slips.locator(".slip")).to_have_count(29)
    codes = slips.locator(".slip .code").all_inner_texts()
    assert len({code for code in codes if re.fullmatch(r"(\w{4}-){3}\w", code)}) == 29
    check(slips)
    shoot(slips, f"codes-{name}")
    expect(page.locator(".passphrases")).to_be_visible()

    _answer_everything(served_world, address, codes)
    page.goto(address)
    expect(page.get_by_text("25 people or more", exact=False).first).to_be_visible()
    page.get_by_role("link", name="Close the survey").click()
    check(page)
    page.get_by_label("Reason").fill("都答完了")
    page.get_by_role("button", name="Close the survey").click()
    expect(page.get_by_text("The survey is closed.")).to_be_visible()

    _seal(served_world, visit, address, passphrases, size=size, shoot=shoot)
    page.goto(f"/committee/plan/{served_world.units['C1']}")
    page.get_by_role("link", name="Add an action from 2026, staff").click()
    page.get_by_label("Question that is to improve").select_option(index=1)
    page.get_by_label("Action", exact=True).fill("意见箱每周开一次")
    page.get_by_label("What will be done").fill("每周五开箱，十日内答复。")
    page.get_by_label("Acceptance figure").fill("85")
    page.get_by_label("Person responsible").fill("方砚秋")
    page.get_by_label("Due date").fill("2027-06-30")
    check(page)
    page.get_by_role("button", name="Save the action").click()
    expect(page.get_by_role("heading", name="意见箱每周开一次")).to_be_visible()
    check(page)
    shoot(page, f"plan-{name}")


def _answer_everything(world: World, address: str, codes: list[str]) -> None:
    """Every eligible person answers, through the services; answering itself has its own browser tests."""
    from random import Random
    from uuid import UUID

    from survey_app import services
    from tests.answering import cast
    from tests.committee_world import answers_of

    secret, rng, left = world.app.config["INSTALLATION_SECRET"], Random(5), iter(codes)
    with world.app.app_context():
        survey = db.session.get_one(Survey, UUID(address.rsplit("/", 1)[1]))
        for group in survey.groups:
            for _person in range(group.eligible):
                answers = answers_of(services.instrument_of(survey), rng)
                cast(db.session, survey, group, next(left), answers, secret=secret)
        db.session.commit()


def _seal(
    world: World,
    visit: Callable[..., Page],
    address: str,
    passphrases: list[str],
    *,
    size: dict[str, int],
    shoot: Callable[[Page, str], None],
) -> None:
    """Two scrutineers, at another machine: their passphrases, the counts, the word."""
    name = "desk" if size is DESK else "phone"
    page = visit("/login", viewport=size, locale="en-GB")
    sign_in(page, "scrutineer")
    check(page)
    shoot(page, f"boxes-{name}")
    page.locator(f"a[href$='{address.rpartition('/')[2]}/seal']").click()
    check(page)
    page.get_by_label("Passphrase of one scrutineer").fill(passphrases[2])
    page.get_by_label("Passphrase of another scrutineer").fill(passphrases[0].lower())
    page.get_by_role("button", name="Open and count").click()
    expect(page.get_by_text("or say that you do not want to wait").first).to_be_visible()
    check(page)
    shoot(page, f"waiting-{name}")
    world.app.config["CLOCK"].moment += GRACE
    page.get_by_role("button", name="Open and count").click()
    expect(page.get_by_role("heading", name="The ballots are counted")).to_be_visible()
    check(page)
    shoot(page, f"counted-{name}")
    page.get_by_role("button", name="Seal the survey and destroy the ballots").click()
    expect(page.get_by_text("Please type the word").first).to_be_visible()
    check(page)
    page.get_by_label("Type the word “seal” to confirm").fill("seal")
    page.get_by_role("button", name="Seal the survey and destroy the ballots").click()
    expect(page.get_by_text("The survey is sealed and its ballots are destroyed.")).to_be_visible()


@pytest.mark.parametrize(
    ("size", "colours"), [pytest.param(DESK, "light", id="desk"), pytest.param(PHONE, "dark", id="phone in the dark")]
)
def test_every_page_of_the_committee_is_accessible(
    served_world: World,
    visit: Callable[..., Page],
    shoot: Callable[[Page, str], None],
    size: dict[str, int],
    colours: str,
):
    unit, surveys = served_world.units["C1"], served_world.surveys
    slugs = more_ways_in(served_world)
    shown = {
        "higher_committee": [
            "/committee/",
            "/committee/surveys",
            f"/committee/surveys/{surveys['open']}",
            f"/committee/surveys/{surveys['open']}/spare-code",
            f"/committee/surveys/{surveys['open']}/close",
            f"/committee/surveys/{surveys['open']}/extend",
            f"/committee/surveys/{surveys['open']}/remind",
            f"/committee/surveys/{surveys['open']}/withdraw",
            f"/committee/surveys/{surveys['open']}/paper",
            f"/committee/surveys/{surveys['open']}/paper/{slugs['open']}",
            f"/committee/surveys/{surveys['closed']}",
            f"/committee/surveys/{surveys['personal']}",
            f"/committee/surveys/{surveys['personal']}/personal-slips/{slugs['personal']}",
            f"/committee/surveys/{surveys['link']}/poster/{slugs['link']}",
            f"/committee/surveys/{surveys['draft']}",
            f"/committee/surveys/{surveys['draft']}/open",
            f"/committee/surveys/{surveys['personal']}/personal-links",
            "/committee/surveys/pulse",
            "/committee/activities/",
            "/committee/activities/new",
            f"/committee/activities/{served_world.activities['C1']}",
            f"/committee/surveys/{surveys['draft']}/change",
            f"/committee/surveys/{surveys['draft']}/discard",
            f"/committee/objectives/{unit}/2026/member",
            f"/committee/objectives/{unit}/2027/member/new",
            f"/committee/plan/{unit}",
            "/committee/organisation/",
            "/committee/organisation/new",
            f"/committee/organisation/{unit}/eligible/2026",
            "/committee/questionnaires",
            "/committee/questionnaires/new",
            f"/committee/questionnaires/{served_world.versions['member']}",
            "/committee/audit",
            "/password",
        ],
        "scrutineer": [f"/committee/surveys/{surveys['closed']}/seal", "/account", "/account/second-step"],
        "administrator": [
            "/committee/people",
            "/committee/people/new",
            f"/committee/people/{served_world.users['secretary']}",
            f"/committee/people/{served_world.users['secretary']}/reset",
            f"/committee/people/{served_world.users['secretary']}/switch-off",
        ],
    }
    for login, addresses in shown.items():
        page = visit("/login", viewport=size, locale="en-GB", color_scheme=colours)
        sign_in(page, login)
        for number, address in enumerate(addresses):
            page.goto(address)
            check(page)
            shoot(page, f"{login}-{number}-{colours}")


def more_ways_in(world: World) -> dict[str, str]:
    """Surveys with personal slips and with an open link besides; the first group of each."""
    from survey_app import services
    from tests.committee_world import make_survey

    secret, clock = world.app.config["INSTALLATION_SECRET"], world.app.config["CLOCK"]
    with world.app.app_context():
        for name, access_mode in (("personal", AccessMode.PERSONAL), ("link", AccessMode.OPEN)):
            survey = make_survey(world, "C1", year=2026, audience="staff", access_mode=access_mode)
            services.open_survey(db.session, survey, by=services.COMMAND_LINE, clock=clock, secret=secret)
            world.surveys[name] = survey.id
        db.session.commit()
        wanted = ("open", "personal", "link")
        return {name: db.session.get_one(Survey, world.surveys[name]).groups[0].slug for name in wanted}


def test_the_slips_print_eight_to_a_sheet_and_nothing_else(
    served_world: World, visit: Callable[..., Page], shoot: Callable[[Page, str], None]
):
    with served_world.app.app_context():
        from tests.committee_world import make_survey

        survey = make_survey(served_world, "C1", year=2026, audience="staff")
        db.session.commit()
        address = f"/committee/surveys/{survey.id}"
    page = visit("/login", viewport=DESK, locale="en-GB")
    sign_in(page, "secretary")
    page.goto(address + "/open")
    page.get_by_role("button", name="Open the survey").click()
    page = in_a_new_window(page, "Slips as a page, to print from the browser")
    page.emulate_media(media="print")
    expect(page.locator("h1")).to_be_hidden()
    expect(page.locator(".mast")).to_be_hidden()
    expect(page.locator(".slip").first).to_be_visible()
    printed = page.pdf(format="A4", prefer_css_page_size=True)
    assert len(re.findall(rb"/Type\s*/Page\b", printed)) == 4
    for slip in page.locator(".slip").all()[:3]:
        box = slip.bounding_box()
        assert box is not None
        assert box["width"] == pytest.approx(90 / 25.4 * 96, abs=2)
        assert box["height"] == pytest.approx(65 / 25.4 * 96, abs=1)
        assert slip.evaluate("e => e.scrollHeight <= e.clientHeight + 1")
    shoot(page, "slips-print")
    if SHOTS:
        Path(SHOTS, "slips.pdf").write_bytes(printed)


def test_the_committee_works_without_script(served_world: World, visit: Callable[..., Page]):
    page = visit("/login", viewport=PHONE, locale="en-GB", java_script_enabled=False)
    sign_in(page, "secretary")
    page.goto(f"/committee/plan/{served_world.units['C1']}")
    page.get_by_label("Status").select_option("done")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("carried out, to be verified by the next survey")).to_be_visible()
    expect(page.locator(".tag.late")).to_have_count(0)


def test_a_member_comes_from_a_slip_to_the_page_of_the_group(served_world: World, visit: Callable[..., Page]):
    """What is printed leads to where it should: the address of the slip opens the landing page with its code."""
    with served_world.app.app_context():
        from tests.committee_world import make_survey

        survey = make_survey(served_world, "C1", year=2026, audience="staff")
        codes = open_and_answer(served_world, survey, share=0)
        db.session.commit()
        group = survey.groups[0]
        address, code = f"/s/{survey.slug}/{group.slug}", codes[group.slug][0]
    page = visit(f"{address}#{code}", viewport=PHONE)
    expect(page.locator("h1")).to_have_text("2026 年度职工满意度测评")
    expect(page.locator("input.code")).to_have_value(code)
