"""Whoever counts, seals, rewrites or plays a voter is killed at every step: all of it has happened, or nothing."""

from __future__ import annotations

import json
import secrets
import shutil
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor, wait
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Any

import pytest
from sqlalchemy import Connection, Engine, Table, select
from sqlalchemy.orm import Session

from survey_app import services
from survey_app.clock import system_clock
from survey_app.crypto.box import ATTEMPT_BYTES
from survey_app.database import build_engine, reading
from survey_app.models import UNUSED, Ballot, Base, Dataset, Invitation, PlayedCount, State, Survey
from survey_app.services import COMMAND_LINE, OpenedSurvey
from tests.answering import cast
from tests.district import found_district
from tests.faults.mortals import Mortal, mortal_process
from tests.faults.server import DATABASES, let_connections_end, migrated_database
from tests.unit.app.small_questionnaire import CONTENT

MEMBERS = 12
MOST = 200


@pytest.fixture(scope="module")
def mortal(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Mortal]:
    with mortal_process(tmp_path_factory.mktemp("mortal") / "complaints.txt") as mortal:
        yield mortal


@dataclass
class ClosedSurvey:
    """A survey with ballots of all members of a group, closed; one ballot is not valid, one code was not used."""

    url: str
    engine: Engine
    opened: OpenedSurvey
    secret: bytes

    def order(self, act: str, **dies: Any) -> dict[str, Any]:
        return {
            "act": act, "url": self.url, "survey": str(self.opened.survey.id), "secret": self.secret.hex(),
            "passphrases": self.opened.passphrases[:2], **dies,
        }  # fmt: skip

    def everything(self) -> dict[str, Counter[tuple[object, ...]]]:
        """All rows of all tables in all stores."""
        self.engine.dispose()
        let_connections_end(self.engine)
        with reading(self.engine).connect() as connection:
            return {name: _rows(connection, table) for name, table in Base.metadata.tables.items()}

    def images(self, mortal: Mortal, act: str, folder: Path) -> list[Path]:
        """What would be left if the act were killed, for every moment at which that differs; the act is then done."""
        assert mortal.does(**self.order(act, files=str(self.folder), images=str(folder))) == "done"
        return sorted(folder.iterdir())

    def put_back(self, image: Path) -> None:
        """The files as they were at that moment, under their own names: journals know them by name."""
        self.engine.dispose()
        for path in self.folder.iterdir():
            path.unlink()
        for path in image.iterdir():
            shutil.copy(path, self.folder)

    def envelopes(self) -> list[bytes]:
        """Enough of each to know it by, wherever pages of a file end."""
        with Session(reading(self.engine)) as session:
            return [envelope[:64] for envelope in session.scalars(select(Ballot.envelope))]

    @property
    def folder(self) -> Path:
        return Path(str(self.engine.url.database)).parent

    @property
    def state(self) -> State:
        with Session(reading(self.engine)) as session:
            return session.get_one(Survey, self.opened.survey.id).state


def _rows(connection: Connection, table: Table) -> Counter[tuple[object, ...]]:
    return Counter(tuple(map(repr, row)) for row in connection.execute(select(table)))


@pytest.fixture(params=DATABASES)
def url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    with migrated_database(request.param, tmp_path, request) as url:
        yield url


@pytest.fixture
def opened(url: str, secret: bytes) -> Iterator[ClosedSurvey]:
    """Still open, and nobody has answered."""
    engine = build_engine(url)
    with Session(engine, expire_on_commit=False) as session:
        district = found_district(session, system_clock)
        opened = services.open_survey(
            session, district.draft("education"), by=COMMAND_LINE, clock=system_clock, secret=secret
        )
        session.commit()
    engine.dispose()
    yield ClosedSurvey(url, engine, opened, secret)
    engine.dispose()


@pytest.fixture
def closed(opened: ClosedSurvey) -> ClosedSurvey:
    with Session(opened.engine) as session:
        survey = session.get_one(Survey, opened.opened.survey.id)
        codes = iter(opened.opened.codes[survey.groups[0].slug])
        for number in range(MEMBERS):
            cast(session, survey, survey.groups[0], next(codes), _answers(number), secret=opened.secret)
        services.close_survey(session, survey, by=COMMAND_LINE, clock=system_clock)
        session.commit()
    opened.engine.dispose()
    return opened


def _answers(number: int) -> dict[str, object]:
    return {**CONTENT, "comment": f"member {number}"}


def test_counting_and_sealing_killed_at_any_statement_leave_all_or_nothing(closed, mortal):
    """The kills add up: each finds the database as the one before has left it."""
    before = closed.everything()
    counted = _killed_until_done(closed, mortal, "count", before)
    assert counted["ballot_box.ballot"] == before["ballot_box.ballot"]
    assert counted["issue_box.invitation"] == before["issue_box.invitation"]
    _killed_until_done(closed, mortal, "seal", counted)
    _is_sealed_with_nothing_left(closed)


def _killed_until_done(closed: ClosedSurvey, mortal: Mortal, act: str, before: Any) -> Any:
    """Dies at the first step, at the second…; returns what is there once the act has taken place."""
    for step in range(1, MOST):
        ended = mortal.does(**closed.order(act, step=step))
        after = closed.everything()
        if after != before:
            assert step > 5, "it was to die more often"
            return after
        assert ended == "killed"
    raise AssertionError(f"{MOST} steps were not enough")


@pytest.mark.parametrize("url", ["sqlite"], indirect=True)
def test_a_commit_cut_short_anywhere_is_undone_in_all_three_files_or_in_none(closed, mortal, tmp_path):
    """Whoever opens the files next finds hot journals and undoes all of what they tell."""
    assert mortal.does(**closed.order("count")) == "done"
    before, envelopes = closed.everything(), closed.envelopes()
    images = closed.images(mortal, "seal", tmp_path / "images")
    sealed = closed.everything()
    assert all(any(envelope in path.read_bytes() for path in images[0].iterdir()) for envelope in envelopes)
    outcomes = []
    for image in images:
        closed.put_back(image)
        found = closed.everything()
        assert found in (before, sealed), image
        outcomes.append(found == sealed)
        if outcomes[-1]:
            left = b"".join(path.read_bytes() for path in closed.folder.iterdir())
            assert not any(envelope in left for envelope in envelopes)
    assert outcomes == sorted(outcomes)
    assert set(outcomes) == {False, True}
    assert max(len(list(image.glob("*.sqlite3-journal"))) for image in images) == 3
    _is_sealed_with_nothing_left(closed)


@pytest.mark.parametrize("url", ["sqlite"], indirect=True)
def test_rewriting_the_boxes_cut_short_anywhere_loses_nothing(closed, mortal, tmp_path):
    before = closed.everything()
    images = closed.images(mortal, "rewrite", tmp_path / "images")
    for image in images:
        closed.put_back(image)
        assert closed.everything() == before, image
    assert any(list(image.glob("*.sqlite3-journal")) for image in images)


@pytest.mark.postgresql
@pytest.mark.parametrize("url", ["postgresql"], indirect=True)
def test_rewriting_the_boxes_killed_at_any_statement_loses_nothing(closed, mortal):
    before = closed.everything()
    ends = []
    for step in range(1, MOST):
        ends.append(mortal.does(**closed.order("rewrite", step=step)))
        assert closed.everything() == before
        if ends[-1] == "done":
            break
    assert len(ends) > 12
    assert ends[-1] == "done"


def test_a_played_voter_killed_at_any_step_has_one_ballot_when_the_page_is_sent_again(opened, mortal):
    """Between the pass and the ballot too: the code is not burnt for the page that has used it."""
    codes = iter(next(iter(opened.opened.codes.values())))
    for step in range(1, MOST):
        attempt = secrets.token_hex(ATTEMPT_BYTES)
        order = opened.order("play", code=next(codes), attempt=attempt, answers=_answers(step))
        ended = mortal.does(**order, step=step)
        assert ended == "done" or mortal.does(**order) == "done"
        found = opened.everything()
        assert found["ballot_box.ballot"].total() == step
        assert sum(1 for row in found["issue_box.invitation"] if repr(UNUSED) not in row) == step
        if ended == "done":
            break
    assert step > 10


@pytest.mark.parametrize("act", ["count", "withdraw"])
def test_a_ballot_on_its_way_is_waited_for_by_whoever_counts_or_withdraws(opened, act):
    """Else it would lie, acknowledged, in a box that has been counted or emptied without it."""

    def finish() -> int:
        with Session(opened.engine) as session:
            survey, how = session.get_one(Survey, opened.opened.survey.id), {"by": COMMAND_LINE, "clock": system_clock}
            if act == "withdraw":
                services.withdraw_survey(session, survey, reason="a wrong question", copy=False, **how)
                session.commit()
                return 0
            services.close_survey(session, survey, **how)
            session.commit()
            count = services.count_ballots(
                session, survey, hurry=True, passphrases=opened.opened.passphrases[:2], secret=opened.secret,
                rng=Random(3), **how,
            )  # fmt: skip
            session.commit()
            return count.returned

    codes = iter(next(iter(opened.opened.codes.values())))
    with Session(opened.engine) as arriving, ThreadPoolExecutor(1) as committee:
        survey = arriving.get_one(Survey, opened.opened.survey.id)
        for number in range(MEMBERS):
            if number == MEMBERS - 1:
                arriving.commit()
            cast(arriving, survey, survey.groups[0], next(codes), _answers(number), secret=opened.secret)
        counted = committee.submit(finish)
        wait([counted], timeout=0.5)
        arriving.commit()
        found = counted.result()
    assert found == opened.everything()["ballot_box.ballot"].total() == (MEMBERS if act == "count" else 0)


def _is_sealed_with_nothing_left(closed: ClosedSurvey) -> None:
    assert closed.state is State.SEALED
    with Session(closed.engine) as session:
        survey = session.get_one(Survey, closed.opened.survey.id)
        assert session.scalars(select(Ballot)).all() == []
        assert session.scalars(select(Invitation)).all() == []
        assert session.scalars(select(PlayedCount)).all() == []
        assert [survey.opening_lock, *(group.signing_key for group in survey.groups)] == [None, None]
        assert services.load_dataset(session, survey).rows == MEMBERS
        kept = session.get_one(Dataset, survey.id)
        said = Counter(text for texts in json.loads(kept.comments)["comment"].values() for text in texts)
        assert said == Counter(str(_answers(number)["comment"]) for number in range(MEMBERS))
        receipts = services.receipts_of(session, survey)
        assert receipts is not None
        assert len(receipts.printed) == MEMBERS
    acts = [row for row in closed.everything()["audit_entry"] if any("survey.seal" in part for part in row)]
    assert len(acts) == 1
