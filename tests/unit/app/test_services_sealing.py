"""Sealing: from ballots in envelopes to a dataset in which nobody can be found, and nothing left to open."""

from __future__ import annotations

import hashlib
from collections import Counter

import pytest
from sqlalchemy import func, select, update

from survey_app import services
from survey_app.errors import DatasetAltered, MoreBallotsThanCodes, TooFewBallots
from survey_app.models import AccessMode, AuditEntry, Ballot, Dataset, Invitation, State, StateError
from survey_app.services import COMMAND_LINE, datasets
from tests.unit.app.small_questionnaire import CONTENT
from tests.unit.app.voters import answer, answer_all


@pytest.fixture
def opened(session, clock, district, secret):
    return services.open_survey(session, district.draft(), by=COMMAND_LINE, clock=clock, secret=secret)


@pytest.fixture
def seal(session, clock, secret, rng):
    def sealed(opened):
        services.close_survey(session, opened.survey, by=COMMAND_LINE, clock=clock)
        return services.seal_survey(session, opened.survey, by=COMMAND_LINE, clock=clock, secret=secret, rng=rng)

    return sealed


def count(session, model):
    return session.scalar(select(func.count()).select_from(model))


def test_every_answer_arrives_in_its_group_and_the_ballots_are_gone(session, opened, secret, seal):
    answer(session, opened, "education", 20, secret=secret)
    answer(session, opened, "organs", 12, secret=secret, overall=3)
    dataset = seal(opened)
    sealed = services.load_dataset(session, opened.survey)
    assert dataset.rows == sealed.rows == 32
    assert Counter(zip(sealed.unit_codes(), sealed.column("overall"), strict=True)) == {
        ("education", 5): 20,
        ("organs", 3): 12,
    }
    assert count(session, Ballot) == count(session, Invitation) == 0
    assert opened.survey.state is State.SEALED


def test_returns_are_counted_as_at_any_ballot(session, opened, secret, seal):
    answer(session, opened, "education", 20, secret=secret)
    answer(session, opened, "education", 2, secret=secret, overall=7)  # not a level: such ballots are not valid
    answer(session, opened, "waterworks", 11, secret=secret)
    seal(opened)
    rosters = services.load_dataset(session, opened.survey).manifest.rosters
    education = rosters["education"]
    assert (education.eligible, education.issued, education.returned, education.valid) == (24, 24, 22, 20)
    assert (rosters["enterprises"].returned, rosters["enterprises"].valid) == (0, 0)
    assert education.verified


def test_the_order_of_answering_is_not_the_order_of_the_rows(session, opened, secret, seal):
    levels = [1, 2, 3, 4, 5] * 4
    answer_all(session, opened, "education", ({**CONTENT, "meetings": level} for level in levels), secret=secret)
    seal(opened)
    sealed = services.load_dataset(session, opened.survey)
    assert sorted(sealed.column("meetings")) == sorted(levels)
    assert list(sealed.column("meetings")) != levels


def test_comments_lie_apart_and_numbers_are_banded(session, opened, secret, seal):
    answer(session, opened, "education", 10, secret=secret, hours=3, comment="多组织参观")
    answer(session, opened, "education", 10, secret=secret, hours=150, comment="")
    dataset = seal(opened)
    sealed = services.load_dataset(session, opened.survey)
    assert Counter(sealed.column("hours").tolist()) == {0: 10, 2: 10}
    assert sealed.texts["comment"]["education"] == ("多组织参观",) * 10
    assert "多组织参观".encode() not in dataset.parquet


def test_a_member_who_is_alone_with_an_answer_to_a_grouping_question_loses_it(session, opened, secret, seal):
    answer(session, opened, "education", 12, secret=secret, age=2)
    answer(session, opened, "education", 1, secret=secret, age=1)
    seal(opened)
    sealed = services.load_dataset(session, opened.survey)
    assert 1 not in sealed.column("age")
    assert sealed.manifest.suppressed_groupings == 13


def test_four_ballots_are_not_opened_and_nothing_is_lost(session, opened, secret, seal):
    answer(session, opened, "education", 4, secret=secret)
    with pytest.raises(TooFewBallots):
        seal(opened)
    assert count(session, Ballot) == 4
    assert opened.survey.state is State.CLOSED


def test_a_stuffed_box_is_not_opened(session, opened, secret, seal):
    answer(session, opened, "education", 9, secret=secret)
    group = next(group for group in opened.survey.groups if group.unit.code == "education")
    services.cast_ballot(session, opened.survey, group, CONTENT, secret=secret)
    with pytest.raises(MoreBallotsThanCodes):
        seal(opened)


def test_a_ballot_moved_to_another_group_in_the_database_is_not_valid(session, opened, secret, seal):
    answer(session, opened, "education", 12, secret=secret)
    education, organs = (
        next(group for group in opened.survey.groups if group.unit.code == code) for code in ("education", "organs")
    )
    session.execute(update(Invitation).where(Invitation.group_id == organs.id).values(used=True))
    key = session.scalars(select(Ballot.key)).first()
    session.execute(update(Ballot).where(Ballot.key == key).values(group_id=organs.id))
    seal(opened)
    rosters = services.load_dataset(session, opened.survey).manifest.rosters
    assert (rosters["organs"].returned, rosters["organs"].valid) == (1, 0)
    assert education.eligible == 24


def test_an_open_survey_is_not_sealed_and_a_sealed_one_not_again(district, opened, secret, rng, seal):
    def seal_once_more():
        services.seal_survey(
            district.session, opened.survey, by=COMMAND_LINE, clock=district.clock, secret=secret, rng=rng
        )

    answer(district.session, opened, "education", 12, secret=secret)
    with pytest.raises(StateError):
        seal_once_more()
    seal(opened)
    with pytest.raises(StateError):
        seal_once_more()


def test_an_open_link_is_sealed_as_unverified(session, clock, district, secret, seal):
    draft = district.draft(access_mode=AccessMode.OPEN)
    opened = services.open_survey(session, draft, by=COMMAND_LINE, clock=clock, secret=secret)
    assert {len(codes) for codes in opened.codes.values()} == {0}
    answer(session, opened, "education", 12, secret=secret)
    seal(opened)
    roster = services.load_dataset(session, opened.survey).manifest.roster_of("district")
    assert (roster.issued, roster.returned, roster.verified) == (None, 12, False)


def test_the_hash_written_at_sealing_is_that_of_the_bytes_and_an_altered_byte_is_found(session, opened, secret, seal):
    answer(session, opened, "education", 12, secret=secret)
    dataset = seal(opened)
    assert hashlib.sha256(dataset.parquet).hexdigest() == dataset.sha256
    entry = session.scalars(select(AuditEntry).where(AuditEntry.act == "survey.seal")).one()
    assert entry.detail["sha256"] == dataset.sha256
    dataset.parquet = dataset.parquet[:-9] + b"x" + dataset.parquet[-8:]
    datasets.OPENED = datasets.Shelf(32)
    with pytest.raises(DatasetAltered):
        services.load_dataset(session, opened.survey)


def test_after_sealing_participation_is_exact_unless_a_group_is_small(session, opened, secret, seal):
    answer(session, opened, "education", 13, secret=secret)
    answer(session, opened, "waterworks", 3, secret=secret)
    seal(opened)
    found = services.participation(session, opened.survey)
    assert {part.unit.code: part.arrived for part in found.groups} == {
        "education": 10, "organs": None, "enterprises": None, "waterworks": None,
    }  # fmt: skip
    assert (found.arrived, found.is_exact) == (15, False)
    assert count(session, Dataset) == 1
