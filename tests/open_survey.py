"""An organisation with one branch and an open survey, made through the services, for tests that answer it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from random import Random
from typing import Any

from flask import Flask
from sqlalchemy import func, select

from survey_app import services
from survey_app.extensions import db
from survey_app.models import UNUSED, VOID, AccessMode, Ballot, Invitation, Survey, UnitKind, UnitLevel
from tests.answering import count_and_seal
from tests.unit.app.small_questionnaire import SOURCE

TITLE = "2026 年度党员满意度测评"
BRANCH = "云汀区直机关第三党支部"


@dataclass(frozen=True)
class OpenSurvey:
    """Where members answer, and what the organiser may see of it."""

    app: Flask
    slug: str
    group: str
    codes: tuple[str, ...]
    passphrases: tuple[str, ...]
    fingerprint: str

    @property
    def path(self) -> str:
        return f"/s/{self.slug}/{self.group}"

    def counts(self) -> tuple[int, int]:
        """Codes used and ballots in the box."""
        with self.app.app_context():
            is_used = Invitation.mark.not_in((UNUSED, VOID))
            used = db.session.scalar(select(func.count()).select_from(Invitation).where(is_used))
            ballots = db.session.scalar(select(func.count()).select_from(Ballot))
        return used or 0, ballots or 0

    def close(self) -> None:
        with self.app.app_context():
            services.close_survey(db.session, self._survey(), by=services.COMMAND_LINE, clock=self.app.config["CLOCK"])
            db.session.commit()

    def seal(self) -> tuple[int, str]:
        """Number of valid answers, and the comments kept apart from them."""
        with self.app.app_context():
            dataset = count_and_seal(
                db.session,
                self._survey(),
                self.passphrases,
                clock=self.app.config["CLOCK"],
                secret=self.app.config["INSTALLATION_SECRET"],
                rng=Random(7),
            )
            db.session.commit()
            return dataset.rows, dataset.comments.decode()

    def _survey(self) -> Survey:
        return db.session.scalars(select(Survey).where(Survey.slug == self.slug)).one()


def open_survey(
    app: Flask,
    *,
    source: str = SOURCE,
    eligible: int = 12,
    is_sample: bool = False,
    unit_code: str = "b3",
    **choices: Any,
) -> OpenSurvey:
    """A survey of one branch, open for its members; `choices` go to create_survey."""
    with app.app_context():
        survey = draft_survey(
            app, source=source, eligible=eligible, is_sample=is_sample, unit_code=unit_code, **choices
        )
        secret = app.config["INSTALLATION_SECRET"]
        opened = services.open_survey(
            db.session, survey, by=services.COMMAND_LINE, clock=app.config["CLOCK"], secret=secret
        )
        db.session.commit()
        group = survey.groups[0].slug
        codes = tuple(opened.codes.get(group, ()))
        return OpenSurvey(app, survey.slug, group, codes, tuple(opened.passphrases), opened.fingerprint)


def draft_survey(
    app: Flask,
    *,
    source: str = SOURCE,
    eligible: int = 12,
    is_sample: bool = False,
    unit_code: str = "b3",
    **choices: Any,
) -> Survey:
    """A survey not open yet. Needs an application context."""
    clock, by = app.config["CLOCK"], services.COMMAND_LINE
    version = services.publish_instrument(db.session, source, by=by, clock=clock)
    branch = services.create_unit(
        db.session,
        code=unit_code,
        name=BRANCH,
        level=UnitLevel.BRANCH,
        kind=UnitKind.ORGAN,
        parent=None,
        by=by,
        clock=clock,
    )
    branch.is_sample = is_sample
    day = date(2026, 11, 30)
    services.set_eligible(
        db.session, branch, year=2026, audience="member", people=eligible, reference_day=day, by=by, clock=clock
    )
    details: Mapping[str, Any] = {
        "title": TITLE,
        "year": 2026,
        "access_mode": AccessMode.CODES,
        "closes_on": date(2026, 12, 14),
        "reference_day": day,
        "threshold": 10,
    } | choices
    survey = services.create_survey(db.session, unit=branch, version=version, by=by, clock=clock, **details)
    db.session.commit()
    return survey
