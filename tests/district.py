"""A small district for tests: what the services make of it is real, the people are invented.

district            works committee, nobody of its own
├── organs          committee, nobody of its own
│   ├── education   branch, 24 members
│   ├── finance     branch, 15 members
│   └── archive     branch, 3 members: too few, folds with finance into organs
└── enterprises     committee, 12 members of its own
    └── waterworks  branch, 20 members
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from sqlalchemy.orm import Session

from survey_app import services
from survey_app.clock import Clock
from survey_app.models import AccessMode, InstrumentVersion, Survey, Unit, UnitKind, UnitLevel, User, UserRole
from survey_app.services import COMMAND_LINE
from tests.unit.app.small_questionnaire import SOURCE

YEAR = 2026
REFERENCE_DAY = date(2026, 10, 31)
CLOSES_ON = date(2026, 12, 14)
PASSWORD = "correct horse battery"
HALF_A_YEAR = timedelta(days=183)

TREE = {
    "district": (None, UnitLevel.WORKS_COMMITTEE, 0),
    "organs": ("district", UnitLevel.COMMITTEE, 0),
    "education": ("organs", UnitLevel.BRANCH, 24),
    "finance": ("organs", UnitLevel.BRANCH, 15),
    "archive": ("organs", UnitLevel.BRANCH, 3),
    "enterprises": ("district", UnitLevel.COMMITTEE, 12),
    "waterworks": ("enterprises", UnitLevel.BRANCH, 20),
}


@dataclass(frozen=True)
class District:
    """The units by code, and the published questionnaire."""

    session: Session
    clock: Clock
    units: Mapping[str, Unit]
    version: InstrumentVersion

    def __getitem__(self, code: str) -> Unit:
        return self.units[code]

    def draft(
        self,
        unit: str = "district",
        *,
        year: int = YEAR,
        access_mode: AccessMode = AccessMode.CODES,
        threshold: int = 10,
        **choices: Any,
    ) -> Survey:
        return services.create_survey(
            self.session,
            title=f"{year} 年度党员满意度测评",
            year=year,
            unit=self[unit],
            version=self.version,
            access_mode=access_mode,
            closes_on=CLOSES_ON.replace(year=year),
            reference_day=REFERENCE_DAY.replace(year=year),
            threshold=threshold,
            **choices,
            by=COMMAND_LINE,
            clock=self.clock,
        )

    def person(self, role: UserRole, unit: str = "district", *, login: str = "", sample: bool = False) -> User:
        return services.create_user(
            self.session,
            login=login or f"{role.replace('_', '-')}-{unit}",
            name="张三",
            password=PASSWORD,
            roles=[(role, self[unit])],
            until=self.clock.today() + HALF_A_YEAR if role is UserRole.ASSESSOR else None,
            by=COMMAND_LINE,
            clock=self.clock,
            sample=sample,
        )

    def set_eligible(self, year: int, **people: int) -> None:
        for code, count in people.items():
            services.set_eligible(
                self.session,
                self[code],
                year=year,
                audience="member",
                people=count,
                reference_day=REFERENCE_DAY.replace(year=year),
                by=COMMAND_LINE,
                clock=self.clock,
            )


def found_district(session: Session, clock: Clock, *, years: tuple[int, ...] = (YEAR,)) -> District:
    """Units, numbers of people eligible in these years, and the small questionnaire."""
    units: dict[str, Unit] = {}
    for code, (parent, level, _people) in TREE.items():
        units[code] = services.create_unit(
            session,
            code=code,
            name=code.capitalize(),
            level=level,
            kind=UnitKind.ORGAN,
            parent=units[parent] if parent else None,
            by=COMMAND_LINE,
            clock=clock,
        )
    version = services.publish_instrument(session, SOURCE, by=COMMAND_LINE, clock=clock)
    district = District(session, clock, units, version)
    for year in years:
        district.set_eligible(year, **{code: people for code, (_, _, people) in TREE.items() if people})
    session.commit()
    return district
