"""Make the small database that this version leaves to later ones: `python -m tests.upgrades.make`.

One organisation, a sealed year and an open survey with a few answers in the box, all through the services. Beside the
database stands a JSON file with what a later version must still find in it.
"""

from __future__ import annotations

import json
import sqlite3
from datetime import UTC, date, datetime
from importlib.metadata import version
from pathlib import Path
from random import Random

import numpy as np
from sqlalchemy.orm import Session

from analysis.tree import Rate
from instruments import catalogue
from survey_app import services
from survey_app.clock import SetClock
from survey_app.database import build_engine, rewrite_boxes, store_files
from survey_app.demo.generator import Crowd, draw, truth_of
from survey_app.migrate import upgrade
from survey_app.models import AccessMode, InstrumentVersion, Survey, Unit, UnitKind, UnitLevel, UserRole
from survey_app.services import COMMAND_LINE
from tests.answering import cast as answer
from tests.answering import count_and_seal
from tests.year_of_the_committee import leave_traces_of_a_year

HERE = Path(__file__).parent
SECRET = bytes(range(32))
PASSWORD = "a password of long ago"
LOCAL = """\
schema: 1
code: own-questions
title: {zh_Hans: 本支部的问题}
audience: member
annual: false
sections:
  - code: canteen
    title: {zh_Hans: 食堂}
    items:
      - {code: canteen, type: yes_no, required: false, text: {zh_Hans: 您去食堂吃饭吗？}}
"""
BRANCHES = {"north": 22, "south": 16}


def main() -> None:
    path = HERE / f"{version('branch-survey')}.sqlite3"
    for made in (path, *store_files(path).values()):
        made.unlink(missing_ok=True)
    url = f"sqlite:///{path}"
    upgrade(url)
    engine = build_engine(url)
    with Session(engine) as session:
        facts = fill(session)
        session.commit()
    rewrite_boxes(engine)
    engine.dispose()
    with sqlite3.connect(path) as file:
        file.execute("VACUUM")
    path.with_suffix(".json").write_text(json.dumps(facts, ensure_ascii=False, indent=2) + "\n", encoding="utf-8")
    print(f"{path.name}: {path.stat().st_size // 1024} KB")


def fill(session: Session) -> dict[str, object]:
    """A sealed survey of 2025, an open one of 2026. Returns what is to be found again."""
    clock = SetClock(datetime(2025, 11, 1, 9, tzinfo=UTC))
    root = services.create_unit(
        session, code="root", name="云汀区直机关工委", level=UnitLevel.WORKS_COMMITTEE, kind=UnitKind.ORGAN,
        parent=None, by=COMMAND_LINE, clock=clock,
    )  # fmt: skip
    for code, people in BRANCHES.items():
        branch = services.create_unit(
            session, code=code, name=f"{code} 党支部", level=UnitLevel.BRANCH, kind=UnitKind.ORGAN,
            parent=root, by=COMMAND_LINE, clock=clock,
        )  # fmt: skip
        for year in (2025, 2026):
            services.set_eligible(
                session, branch, year=year, audience="member", people=people,
                reference_day=date(year, 10, 31), by=COMMAND_LINE, clock=clock,
            )  # fmt: skip
    services.create_user(
        session, login="secretary", name="书记", password=PASSWORD,
        roles=[(UserRole.HIGHER_COMMITTEE, root), (UserRole.SCRUTINEER, root)], by=COMMAND_LINE, clock=clock,
    )  # fmt: skip
    sealed = sealed_year(session, root, clock)
    report = services.report_for(session, sealed, root)
    overall = report.item(report.overall or "").rate
    assert isinstance(overall, Rate)
    clock.moment = datetime(2026, 11, 2, 9, tzinfo=UTC)
    services.start_draft(
        session, root, source=f"# 还在改\n{catalogue.read_text('activity-after')}", by=COMMAND_LINE, clock=clock
    )
    opened = open_year(session, root, 2026, clock, adding=local_questions(session, clock))
    left = cast(session, opened, share=0.4, seed=26)
    leave_traces_of_a_year(session, sealed, before=sealed, after=opened.survey, clock=clock)
    return {
        "secret": SECRET.hex(),
        "login": "secretary",
        "password": PASSWORD,
        "sealed": {
            "slug": sealed.slug,
            "rows": report.roster.valid,
            "sha256": report.provenance.dataset_sha256,
            "overall": [overall.satisfied, overall.n],
        },
        "open": {"slug": opened.survey.slug, "unused_codes": left, "passphrases": opened.passphrases},
        "local": {"unit": next(iter(BRANCHES)), "item": "canteen"},
        "drafts": ["活动评价"],
    }


def sealed_year(session: Session, root: Unit, clock: SetClock) -> Survey:
    opened = open_year(session, root, 2025, clock)
    cast(session, opened, share=0.85, seed=25)
    services.close_survey(session, opened.survey, by=COMMAND_LINE, clock=clock)
    count_and_seal(session, opened.survey, opened.passphrases, clock=clock, secret=SECRET, rng=Random(25))
    return opened.survey


def local_questions(session: Session, clock: SetClock) -> tuple[Unit, InstrumentVersion]:
    """A branch's own question, to be asked below the common ones."""
    branch = services.unit_by_code(session, next(iter(BRANCHES)))
    return branch, services.publish_instrument(session, LOCAL, unit=branch, by=COMMAND_LINE, clock=clock)


def open_year(
    session: Session, root: Unit, year: int, clock: SetClock, *, adding: tuple[Unit, InstrumentVersion] | None = None
) -> services.OpenedSurvey:
    source = catalogue.read_text("member-satisfaction")
    if adding:
        source = source.replace("audience: member", "audience: member\nlocal_items: 1", 1)
    questionnaire = services.publish_instrument(session, source, unit=root, by=COMMAND_LINE, clock=clock)
    survey = services.create_survey(
        session, title=f"{year} 年度党员满意度测评", year=year, unit=root, version=questionnaire,
        access_mode=AccessMode.CODES, closes_on=date(year, 12, 14), reference_day=date(year, 10, 31), threshold=10,
        by=COMMAND_LINE, clock=clock,
    )  # fmt: skip
    if adding:
        services.add_module(session, survey, *adding, by=COMMAND_LINE, clock=clock)
    return services.open_survey(session, survey, by=COMMAND_LINE, clock=clock, secret=SECRET)


def cast(session: Session, opened: services.OpenedSurvey, *, share: float, seed: int) -> dict[str, list[str]]:
    """A share of each branch answers. Returns the unused codes by group."""
    instrument = services.instrument_of(opened.survey)
    crowds = {group.slug: Crowd(round(group.eligible * share)) for group in opened.survey.groups}
    drawn = draw(instrument, truth_of(instrument), 0, crowds, np.random.default_rng(seed))
    left = {}
    for group in opened.survey.groups:
        codes = list(opened.codes[group.slug])
        for answers in drawn[group.slug]:
            answer(session, opened.survey, group, codes.pop(), answers, secret=SECRET)
        left[group.slug] = codes[:3]
    return left


if __name__ == "__main__":
    main()
