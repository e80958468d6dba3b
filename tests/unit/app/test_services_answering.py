"""Codes and ballots: a code works once, a ballot tells nothing before sealing, and the two share nothing."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from cryptography.exceptions import InvalidTag
from sqlalchemy import Engine, event, func, select
from sqlalchemy.orm import Session

from survey_app import services
from survey_app.crypto.envelope import ballot_key, open_envelope
from survey_app.database import build_engine
from survey_app.errors import CodeMalformed, CodeUnknown, CodeUsed, NoCodesHere
from survey_app.models import AccessMode, AuditEntry, Ballot, Invitation, ReportingGroup, StateError, Survey
from survey_app.services import COMMAND_LINE
from survey_app.services.cast import binding, envelope_size, written
from tests.district import found_district
from tests.unit.app.small_questionnaire import CONTENT, SOURCE, small_questionnaire
from tests.unit.app.voters import answer

PHONES = 6


def open_in(session, clock, secret, **draft):
    district = found_district(session, clock)
    opened = services.open_survey(session, district.draft(**draft), by=COMMAND_LINE, clock=clock, secret=secret)
    session.commit()
    return opened


@pytest.fixture
def opened(session, clock, secret):
    return open_in(session, clock, secret)


@pytest.fixture
def group(opened):
    return opened.survey.groups[0]


def test_a_code_used_on_six_phones_at_once_counts_one_answer(either_database: Engine, clock, secret):
    with Session(either_database) as session:
        opened = open_in(session, clock, secret)
        survey_id, group_id = opened.survey.id, opened.survey.groups[0].id
        code = opened.codes[opened.survey.groups[0].slug][0]
    url = either_database.url.render_as_string(hide_password=False)
    together = Barrier(PHONES)

    def send(_phone: int) -> str:
        engine = build_engine(url)
        together.wait()
        with Session(engine) as session:
            survey, group = session.get_one(Survey, survey_id), session.get_one(ReportingGroup, group_id)
            try:
                services.redeem_code(session, survey, group, code, secret=secret)
                services.cast_ballot(session, survey, group, CONTENT, secret=secret)
                session.commit()
            except CodeUsed:
                return "code already used"
            finally:
                engine.dispose()
        return "accepted"

    with ThreadPoolExecutor(PHONES) as phones:
        outcomes = sorted(phones.map(send, range(PHONES)))
    assert outcomes == ["accepted"] + ["code already used"] * (PHONES - 1)
    with Session(either_database) as session:
        assert session.scalar(select(func.count()).select_from(Ballot)) == 1


def test_a_code_is_checked_as_often_as_one_likes_and_used_once(session, opened, group, secret):
    code = opened.codes[group.slug][0]
    for _ in range(3):
        services.check_code(session, opened.survey, group, code.lower().replace("-", " "), secret=secret)
    services.redeem_code(session, opened.survey, group, code, secret=secret)
    with pytest.raises(CodeUsed):
        services.check_code(session, opened.survey, group, code, secret=secret)
    with pytest.raises(CodeUsed):
        services.redeem_code(session, opened.survey, group, code, secret=secret)


def test_a_code_opens_its_own_group_only(session, opened, secret):
    one, other = opened.survey.groups[:2]
    with pytest.raises(CodeUnknown):
        services.redeem_code(session, opened.survey, other, opened.codes[one.slug][0], secret=secret)


def test_a_mistyped_code_says_what_is_wrong_with_it(session, opened, group, secret):
    code = opened.codes[group.slug][0]
    another = code[:-1] + ("0" if code[-1] == "1" else "1")
    for typed, reason in ((code[:-1], "length"), (code[:-1] + "!", "alphabet"), (another, "check")):
        with pytest.raises(CodeMalformed) as refusal:
            services.check_code(session, opened.survey, group, typed, secret=secret)
        assert refusal.value.reason == reason


def test_a_transaction_that_fails_gives_the_code_back(session, opened, group, secret):
    code = opened.codes[group.slug][0]
    services.redeem_code(session, opened.survey, group, code, secret=secret)
    session.rollback()
    services.check_code(session, opened.survey, group, code, secret=secret)


def test_no_code_can_be_found_in_the_database(session, opened):
    stored = b"".join(session.scalars(select(Invitation.code_hash)))
    for code in opened.codes[opened.survey.groups[0].slug]:
        assert code.encode() not in stored
        assert code.replace("-", "").encode() not in stored


def test_all_envelopes_of_a_survey_have_one_size_and_open_with_the_key_of_their_group_only(
    session, opened, group, secret
):
    services.cast_ballot(session, opened.survey, group, {"overall": 1}, secret=secret)
    services.cast_ballot(session, opened.survey, group, {**CONTENT, "comment": "好" * 40}, secret=secret)
    envelopes = list(session.scalars(select(Ballot.envelope)))
    assert len({len(envelope) for envelope in envelopes}) == 1
    key = ballot_key(secret, opened.survey.id)
    bound_to = binding(opened.survey.id, group.id)
    read = [json.loads(open_envelope(key, envelope, bound_to=bound_to)) for envelope in envelopes]
    assert {"overall": 1} in read
    assert all("好".encode() not in envelope for envelope in envelopes)
    elsewhere = binding(opened.survey.id, opened.survey.groups[1].id)
    with pytest.raises(InvalidTag):
        open_envelope(key, envelopes[0], bound_to=elsewhere)


def test_the_longest_possible_answers_fit_the_envelope():
    longest = {"meetings": -1, "overall": -1, "why": (1, 2), "hours": 200, "age": -1, "comment": "\x01" * 40}
    assert len(written(longest)) <= envelope_size(small_questionnaire())


def test_ballots_and_codes_share_neither_key_nor_time_nor_order(session, opened, secret):
    answer(session, opened, "education", 5, secret=secret)
    shared = set(Invitation.__table__.columns.keys()) & set(Ballot.__table__.columns.keys())
    assert shared == {"survey_id", "group_id"}
    used = set(session.scalars(select(Invitation.code_hash).where(Invitation.used)))
    assert not used & set(session.scalars(select(Ballot.key)))


def test_answering_leaves_no_entry_in_the_record_of_acts(session, opened, secret):
    before = session.scalar(select(func.count()).select_from(AuditEntry))
    answer(session, opened, "education", 3, secret=secret)
    assert session.scalar(select(func.count()).select_from(AuditEntry)) == before


def test_nothing_is_taken_before_opening_or_after_closing(session, clock, opened, group, secret):
    services.close_survey(session, opened.survey, by=COMMAND_LINE, clock=clock)
    with pytest.raises(StateError):
        services.cast_ballot(session, opened.survey, group, CONTENT, secret=secret)
    with pytest.raises(StateError):
        services.redeem_code(session, opened.survey, group, opened.codes[group.slug][0], secret=secret)


def test_a_spare_code_is_counted_and_an_open_link_has_none(session, clock, opened, group, secret):
    before = group.issued
    spare = services.issue_spare_code(session, opened.survey, group, by=COMMAND_LINE, clock=clock, secret=secret)
    services.check_code(session, opened.survey, group, spare, secret=secret)
    assert group.issued == before + 1
    opened.survey.access_mode = AccessMode.OPEN
    with pytest.raises(NoCodesHere):
        services.issue_spare_code(session, opened.survey, group, by=COMMAND_LINE, clock=clock, secret=secret)


def test_while_a_survey_runs_counts_are_rounded_down_and_small_ones_hidden(session, opened, secret):
    answer(session, opened, "education", 13, secret=secret)
    answer(session, opened, "organs", 9, secret=secret)
    found = services.participation(session, opened.survey)
    assert {part.unit.code: part.arrived for part in found.groups} == {
        "education": 10, "organs": None, "enterprises": None, "waterworks": None,
    }  # fmt: skip
    assert (found.arrived, found.eligible, found.is_exact) == (20, 74, False)


def test_an_instrument_published_twice_is_one_version(session, clock, opened):
    again = services.publish_instrument(session, SOURCE + "\n# a comment\n", by=COMMAND_LINE, clock=clock)
    assert again is opened.survey.instrument
    assert services.instrument_of(again) is services.instrument_of(opened.survey)


def test_participation_is_counted_in_a_few_queries_however_many_groups(session, clock, secret, engine):
    district = found_district(session, clock)
    statements: list[str] = []

    def asked(unit: str) -> int:
        survey = services.open_survey(session, district.draft(unit), by=COMMAND_LINE, clock=clock, secret=secret).survey
        session.commit()
        session.expunge_all()
        statements.clear()
        services.participation(session, session.get_one(Survey, survey.id))
        return len(statements)

    event.listen(engine, "before_cursor_execute", lambda _c, _cursor, sql, *_rest: statements.append(sql))
    assert asked("district") == asked("education") <= 5
