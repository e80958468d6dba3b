"""An open survey on the running service, its members, and what only its database tells of it."""

from __future__ import annotations

import json
import random
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from threading import Barrier
from typing import TypeVar

import pytest
from sqlalchemy import Engine, func, select
from sqlalchemy.orm import Session

from survey_app import services
from survey_app.clock import system_clock
from survey_app.crypto.box import printed_receipt
from survey_app.database import build_engine
from survey_app.models import UNUSED, Ballot, Invitation, PlayedCount, Survey
from survey_app.services import COMMAND_LINE, OpenedSurvey
from tests.answering import count_and_seal
from tests.district import District, found_district
from tests.faults.server import Service, migrated_database, running
from tests.unit.app.small_questionnaire import CONTENT
from tests.voter import FormVoter, Phone, ScriptVoter, Voter

Did = TypeVar("Did")


@dataclass
class House:
    """One running service for all stories of a file on one kind of database."""

    service: Service
    engine: Engine
    session: Session
    district: District

    def open_poll(self) -> Poll:
        """A survey of one group, opened for one story."""
        opened = open_for_education(self.district, self.service.secret)
        self.session.commit()
        return poll_on(self.service, self.engine, opened)


@contextmanager
def inhabited(service: Service, url: str) -> Iterator[House]:
    """The district in the database of a service that runs."""
    engine = build_engine(url)
    with Session(engine, expire_on_commit=False) as session:
        yield House(service, engine, session, found_district(session, system_clock))
    engine.dispose()


@contextmanager
def house_on(
    kind: str, folder: Path, request: pytest.FixtureRequest, *, first: str = "", **settings: str
) -> Iterator[House]:
    with (
        migrated_database(kind, folder, request) as url,
        running(folder, url, first=first, **settings) as service,
        inhabited(service, url) as house,
    ):
        yield house


@dataclass
class Poll:
    """The codes belong to one group."""

    service: Service
    engine: Engine
    opened: OpenedSurvey
    path: str
    codes: list[str]

    def script_voter(self, number: int) -> ScriptVoter:
        return ScriptVoter(Phone(self.service.port), self.path, self.codes[number], answers(number))

    def form_voter(self, number: int) -> FormVoter:
        return FormVoter(Phone(self.service.port), self.path, self.codes[number], answers(number))

    def receipts(self) -> list[str]:
        """Of all ballots in the box."""
        return receipts_of(self.engine, self.opened.survey)

    def used_codes(self) -> int:
        return used_codes_of(self.engine, self.opened.survey)

    def played(self) -> int:
        with Session(self.engine) as session:
            return session.scalar(select(PlayedCount.count).filter_by(survey_id=self.opened.survey.id)) or 0

    def close(self) -> None:
        with Session(self.engine) as session:
            survey = session.get_one(Survey, self.opened.survey.id)
            services.close_survey(session, survey, by=COMMAND_LINE, clock=system_clock)
            session.commit()

    def sealed_comments(self) -> Counter[str]:
        """Count and seal what is closed; what was said, in no order."""
        with Session(self.engine) as session:
            survey, how = session.get_one(Survey, self.opened.survey.id), {"by": COMMAND_LINE, "clock": system_clock}
            dataset = count_and_seal(
                session, survey, self.opened.passphrases, secret=self.service.secret, rng=random.Random(5), **how
            )
            session.commit()
            return Counter(said for group in json.loads(dataset.comments)["comment"].values() for said in group)

    def keeps_what_it_acknowledged(self, voters: Sequence[Voter]) -> None:
        """Whoever has seen a receipt has exactly this ballot in the box, and nobody else has one."""
        assert sorted(self.receipts()) == sorted(voter.receipt for voter in voters if voter.receipt)


def open_for_education(district: District, secret: bytes) -> OpenedSurvey:
    """For the members of one branch, for a month. The caller commits."""
    draft = district.draft("education")
    draft.closes_on = system_clock.today() + timedelta(days=30)
    return services.open_survey(district.session, draft, by=COMMAND_LINE, clock=system_clock, secret=secret)


def poll_on(service: Service, engine: Engine, opened: OpenedSurvey) -> Poll:
    group = opened.survey.groups[0].slug
    codes = opened.codes[group]
    return Poll(service, engine, opened, f"/s/{opened.survey.slug}/{group}", codes)


def receipts_of(engine: Engine, survey: Survey) -> list[str]:
    with Session(engine) as session:
        of_survey = select(Ballot.receipt).where(Ballot.survey_id == survey.id)
        return [printed_receipt(receipt) for receipt in session.scalars(of_survey)]


def used_codes_of(engine: Engine, survey: Survey) -> int:
    used = select(func.count()).select_from(Invitation).where(Invitation.mark != UNUSED)
    with Session(engine) as session:
        return session.scalar(used.where(Invitation.survey_id == survey.id)) or 0


def answers(number: int) -> dict[str, object]:
    return {**CONTENT, "comment": f"member {number}"}


def together(acts: Sequence[Callable[[], Did]]) -> list[Did]:
    """All acts at the same instant, each in a thread of its own."""
    start = Barrier(len(acts))

    def one(act: Callable[[], Did]) -> Did:
        start.wait()
        return act()

    with ThreadPoolExecutor(len(acts)) as threads:
        return list(threads.map(one, acts))
