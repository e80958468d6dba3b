"""Two years of a branch in a real browser: result, review, plan, done, asked again, verified, told to everybody.

The members' answers come through the services, each on a ballot of its own; all that the committee does, it does on
pages. Of its two actions one took hold: the survey says so of that one, and not of the other.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from random import Random

import pytest
from flask import Flask
from flask_babel import force_locale, gettext
from playwright.sync_api import Page, expect
from sqlalchemy import select

from instruments.model import ItemType
from survey_app import services
from survey_app.clock import SetClock
from survey_app.extensions import db
from survey_app.models import AccessMode, Action, Publication, Review, Survey, Unit, UnitKind, UnitLevel, UserRole
from survey_app.wording.actions import ACTION_VERDICTS
from tests.answering import answer_all, count_and_seal
from tests.live_browser import DESK, PHONE, LiveServer, press

pytestmark = pytest.mark.browser

Visit = Callable[..., Page]
Shoot = Callable[[Page, str], None]
PASSWORD = "correct horse battery"
MEMBERS = 30
WEAK = {"mech3": 12, "resp2": 14}
RAISED = {"mech3": 27, "resp2": 15}
"""The year after: of the one question another nine in ten members are content, the other has one more."""


@dataclass(frozen=True)
class Branch:
    app: Flask
    clock: SetClock
    unit: str

    def sealed(self, year: int, satisfied: Mapping[str, int]) -> str:
        """This year's survey, opened on 20 November, answered by everybody and sealed; its identifier."""
        secret, by = self.app.config["INSTALLATION_SECRET"], services.COMMAND_LINE
        self.clock.moment = datetime(year, 11, 20, 9, tzinfo=UTC)
        with self.app.app_context():
            unit = db.session.scalars(select(Unit)).one()
            services.set_eligible(
                db.session, unit, year=year, audience="member", people=MEMBERS, reference_day=date(year, 10, 31),
                by=by, clock=self.clock,
            )  # fmt: skip
            survey = services.create_survey(
                db.session, title=f"{year} 年度党员满意度测评", year=year, unit=unit,
                version=services.latest_version(db.session, "member-satisfaction"), access_mode=AccessMode.CODES,
                closes_on=date(year, 12, 14), reference_day=date(year, 10, 31), threshold=10, by=by, clock=self.clock,
            )  # fmt: skip
            opened = services.open_survey(db.session, survey, by=by, clock=self.clock, secret=secret)
            answer_all(db.session, opened, "BR", sheets(survey, satisfied), secret=secret)
            self.clock.moment = datetime(year, 12, 14, 20, tzinfo=UTC)
            services.close_survey(db.session, survey, by=by, clock=self.clock)
            count_and_seal(db.session, survey, opened.passphrases, clock=self.clock, secret=secret, rng=Random(year))
            db.session.commit()
            return str(survey.id)


def sheets(survey: Survey, satisfied: Mapping[str, int]) -> list[dict[str, object]]:
    """Of each question so many are content, others every time; of the rest 18 to 27, as the year before or so."""
    instrument = services.instrument_of(survey)
    made: list[dict[str, object]] = [{} for _ in range(MEMBERS)]
    for place, item in enumerate(item for item in instrument.items if item.visible_if is None):
        if item in instrument.scored_items:
            count = satisfied.get(item.code, 18 + 5 * place % 9 + (place + survey.year) % 2)
            for member in range(MEMBERS):
                made[(member + 7 * place) % MEMBERS][item.code] = (4 + member % 2) if member < count else 1 + member % 3
        elif item.type is ItemType.SINGLE:
            for member in range(MEMBERS):
                made[member][item.code] = item.options[0].code
    return made


@pytest.fixture
def branch(app: Flask, clock: SetClock) -> Branch:
    """A branch of thirty with a secretary and a committee member."""
    by = services.COMMAND_LINE
    clock.moment = datetime(2025, 1, 8, 9, tzinfo=UTC)
    with app.app_context():
        services.install_catalogue(db.session, by=by, clock=clock)
        unit = services.create_unit(
            db.session, code="BR", name="项目科党支部", level=UnitLevel.BRANCH, kind=UnitKind.ORGAN, parent=None,
            by=by, clock=clock,
        )  # fmt: skip
        for login, name, role in (
            ("secretary", "方砚秋", UserRole.SECRETARY),
            ("member", "顾一鸣", UserRole.COMMITTEE_MEMBER),
        ):
            services.create_user(
                db.session, login=login, name=name, password=PASSWORD, roles=[(role, unit)], by=by, clock=clock
            )
        db.session.commit()
        return Branch(app, clock, str(unit.id))


def signed_in(visit: Visit, login: str, **choices: object) -> Page:
    page = visit("/login", **choices)
    page.locator("input[name=login]").fill(login)
    page.locator("input[name=password]").fill(PASSWORD)
    press(page.locator("form button[type=submit]").first)
    page.wait_for_url("**/committee/**")
    return page


def send(page: Page) -> None:
    """The first button of the page's own form."""
    press(page.locator("main form button[type=submit]").first)
    expect(page.locator(".errors")).to_have_count(0)


def test_two_years_from_the_first_result_to_what_everybody_reads(
    branch: Branch, visit: Visit, live_server: LiveServer, shoot: Shoot
):
    first = branch.sealed(2025, WEAK)

    branch.clock.moment = datetime(2026, 2, 10, 9, tzinfo=UTC)
    secretary = signed_in(visit, "secretary", viewport=DESK)
    secretary.goto(f"/committee/results/{first}/{branch.unit}")
    expect(secretary.locator("h1")).to_contain_text("2025")
    review_the_year(branch, secretary, visit, shoot)
    adopt_two_proposals(branch, secretary, first, shoot)

    branch.clock.moment = datetime(2026, 6, 20, 9, tzinfo=UTC)
    member = signed_in(visit, "member", viewport=PHONE)
    member.goto(f"/committee/plan/{branch.unit}")
    for action in actions(branch).values():
        member.locator(f"form[action$='{action}/status'] select").select_option("done")
        press(member.locator(f"form[action$='{action}/status'] button"))
    shoot(member, "two-years-plan-done")

    second = branch.sealed(2026, RAISED)
    branch.clock.moment = datetime(2027, 2, 15, 9, tzinfo=UTC)
    secretary = signed_in(visit, "secretary", viewport=DESK)
    secretary.goto(f"/committee/results/{second}/{branch.unit}")
    shoot(secretary, "two-years-verified")
    for title, verdict in verdicts(branch).items():
        expect(secretary.locator("#actions tr", has_text=title)).to_contain_text(verdict)

    read_the_ledger(branch, secretary, shoot)
    publish_and_read(branch, secretary, visit, second, shoot)


def verdicts(branch: Branch) -> dict[str, str]:
    """What pages call it that the one action worked and the other was not seen to."""
    with branch.app.test_request_context(), force_locale("zh_Hans"):
        return {
            "每月公布办理结果": gettext(ACTION_VERDICTS["worked"]),
            "季度走访": gettext(ACTION_VERDICTS["not_shown"]),
        }


def review_the_year(branch: Branch, secretary: Page, visit: Visit, shoot: Shoot) -> None:
    """Begin, enter who was there, write down a decision; the member signs, then the secretary, which ends it."""
    secretary.goto(f"/committee/reviews/{branch.unit}")
    press(secretary.locator("a[href$='/new']").first)
    secretary.locator("[name=held_on]").fill("2026-02-10")
    send(secretary)
    minutes = secretary.url
    press(secretary.locator("a[href$='/meeting']"))
    for name, value in (("place", "二楼会议室"), ("chair", "方砚秋"), ("expected", "7"), ("present", "6")):
        secretary.locator(f"[name={name}]").fill(value)
    send(secretary)
    press(secretary.locator("main a[href*='/points/']").first)
    secretary.locator("[name=decision]").fill("两项薄弱问题各定一条措施。")
    send(secretary)
    shoot(secretary, "two-years-minutes")
    member = signed_in(visit, "member", viewport=PHONE)
    for page in (member, secretary):
        page.goto(minutes)
        press(page.locator("a[href$='/sign']"))
        send(page)
    expect(secretary.locator("main")).to_contain_text("两项薄弱问题各定一条措施。")
    expect(secretary.locator("a[href$='/meeting']")).to_have_count(0)
    with branch.app.app_context():
        review = db.session.scalars(select(Review)).one()
        assert {signature.role for signature in review.signatures} == {"committee_member", "secretary"}
        assert review.signed_at is not None


def adopt_two_proposals(branch: Branch, secretary: Page, survey: str, shoot: Shoot) -> None:
    written = {
        "mech3": ("每月公布办理结果", "每月底在公告栏公布意见办理结果。"),
        "resp2": ("季度走访", "每季度走访一次服务对象。"),
    }
    for item, (title, measure) in written.items():
        secretary.goto(f"/committee/plan/{branch.unit}")
        press(secretary.locator(f"a[href*='/new/{survey}'][href*='proposal={item}']"))
        expect(secretary.locator("select[name=item]")).to_have_value(item)
        secretary.locator("[name=title]").fill(title)
        secretary.locator("[name=measure]").fill(measure)
        secretary.locator("[name=acceptance]").fill("70")
        secretary.locator("[name=owner]").fill("顾一鸣")
        secretary.locator("[name=due]").fill("2026-06-30")
        send(secretary)
        expect(secretary.locator("main")).to_contain_text(title)
    expect(secretary.locator("a[href*='proposal=mech3']")).to_have_count(0)
    shoot(secretary, "two-years-plan")


def actions(branch: Branch) -> dict[str, str]:
    """Question -> identifier of its action."""
    with branch.app.app_context():
        return {action.item: str(action.id) for action in db.session.scalars(select(Action))}


def read_the_ledger(branch: Branch, secretary: Page, shoot: Shoot) -> None:
    secretary.goto(f"/committee/plan/{branch.unit}/ledger")
    shoot(secretary, "two-years-ledger")
    for title, verdict in verdicts(branch).items():
        expect(secretary.locator("tr", has_text=title).first).to_contain_text(verdict)


def publish_and_read(branch: Branch, secretary: Page, visit: Visit, survey: str, shoot: Shoot) -> None:
    """What a member without an account reads on a phone."""
    beginning = f"/committee/publications/{branch.unit}/{survey}"
    secretary.goto(f"{beginning}/change")
    tell = secretary.locator("main form input[name^=tell_]")
    for box in tell.all():
        box.check()
    for name, words in (("said", "希望知道意见办得怎样。"), ("did", "每月底公布一次办理结果。")):
        for field in secretary.locator(f"main form [name^={name}_]").all():
            field.fill(words)
    send(secretary)
    with branch.app.app_context():
        slug = db.session.scalars(select(Publication.slug)).one()
    assert visit(f"/p/{slug}").request.get(f"/p/{slug}").status == 410
    secretary.goto(f"{beginning}/publish")
    send(secretary)
    anybody = visit(f"/p/{slug}", viewport=PHONE)
    shoot(anybody, "two-years-public")
    expect(anybody.locator("body")).to_contain_text("项目科党支部")
    expect(anybody.locator("body")).to_contain_text("每月底公布一次办理结果。")
    expect(anybody.locator("body")).to_contain_text(verdicts(branch)["每月公布办理结果"])
    assert anybody.context.cookies() == []
    assert not anybody.evaluate("document.documentElement.scrollWidth > document.documentElement.clientWidth")
    assert re.search("/committee", anybody.content()) is None
