"""Sealing: from ballots in envelopes to a dataset in which nobody can be found, and nothing left to open."""

from __future__ import annotations

import hashlib
from collections import Counter
from datetime import timedelta
from pathlib import Path
from random import Random

import pytest
from sqlalchemy import func, select, update

from survey_app import services
from survey_app.crypto.box import printed_receipt
from survey_app.crypto.guardians import generate_passphrase
from survey_app.database import database_url, store_files
from survey_app.errors import (
    AnswersTooLong,
    DatasetAltered,
    NotCounted,
    PassphraseRefused,
    StillArriving,
    TooFewBallots,
)
from survey_app.models import UNUSED, AccessMode, AuditEntry, Ballot, Dataset, Invitation, State, StateError
from survey_app.services import COMMAND_LINE, datasets
from tests.answering import cast, count_and_seal
from tests.district import found_district
from tests.unit.app.small_questionnaire import CONTENT, SOURCE
from tests.unit.app.voters import answer, answer_all


@pytest.fixture
def opened(session, clock, district, secret):
    return services.open_survey(session, district.draft(), by=COMMAND_LINE, clock=clock, secret=secret)


@pytest.fixture
def seal(session, clock, secret, rng):
    def sealed(opened):
        services.close_survey(session, opened.survey, by=COMMAND_LINE, clock=clock)
        return count_and_seal(session, opened.survey, opened.passphrases, clock=clock, secret=secret, rng=rng)

    return sealed


@pytest.fixture
def counting(session, clock, secret, rng):
    """Opens and counts a closed survey with these passphrases."""

    def counted(opened, *passphrases, hurry=True):
        return services.count_ballots(
            session, opened.survey, passphrases=passphrases, by=COMMAND_LINE, clock=clock, secret=secret, rng=rng,
            hurry=hurry,
        )  # fmt: skip

    return counted


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


def test_a_group_with_more_ballots_than_passes_is_rejected_and_others_count(session, opened, clock, counting, secret):
    answer(session, opened, "education", 9, secret=secret)
    answer(session, opened, "organs", 10, secret=secret)
    education = group_of(opened, "education")
    session.execute(
        update(Invitation)
        .where(Invitation.code_hash == session.scalars(used_codes(education)).first())
        .values(mark=UNUSED)
    )
    services.close_survey(session, opened.survey, by=COMMAND_LINE, clock=clock)
    count = counting(opened, *opened.passphrases[:2])
    found = {
        group.group.unit.code: (group.used, group.returned, group.valid, group.is_rejected) for group in count.groups
    }
    assert found["education"] == (8, 9, 0, True)
    assert found["organs"] == (10, 10, 10, False)


def used_codes(group):
    return select(Invitation.code_hash).where(Invitation.group_id == group.id, Invitation.mark != UNUSED)


def group_of(opened, code):
    return next(group for group in opened.survey.groups if group.unit.code == code)


def test_any_two_of_three_scrutineers_open_the_box_and_one_alone_does_not(session, opened, clock, counting, secret):
    answer(session, opened, "education", 12, secret=secret)
    services.close_survey(session, opened.survey, by=COMMAND_LINE, clock=clock)
    first, second, third = opened.passphrases
    for pair in ((first, second), (third, second), (third.lower().replace("-", " "), first)):
        assert counting(opened, *pair).valid == 12
    wrong = generate_passphrase(Random(1))
    for passphrases, reason in (
        ((first,), "count"), ((first, first), "twice"), ((first, wrong), "wrong"), ((first, second[:-1]), "length"),
        ((first, "!" + second[1:]), "alphabet"), ((first, second[:-1] + ("1" if second[-1] == "0" else "0")), "check"),
    ):  # fmt: skip
        with pytest.raises(PassphraseRefused) as refusal:
            counting(opened, *passphrases)
        assert refusal.value.reason == reason, passphrases


def test_one_scrutineer_opens_alone_where_the_draft_said_so(session, clock, district, secret, counting):
    draft = district.draft(scrutineers=1)
    opened = services.open_survey(session, draft, by=COMMAND_LINE, clock=clock, secret=secret)
    assert len(opened.passphrases) == 1
    answer(session, opened, "education", 12, secret=secret)
    services.close_survey(session, opened.survey, by=COMMAND_LINE, clock=clock)
    assert counting(opened, *opened.passphrases).valid == 12


def test_the_passphrases_are_kept_nowhere(session, opened, sqlite_url):
    session.commit()
    files = [Path(database_url(sqlite_url).database), *store_files(database_url(sqlite_url).database).values()]
    stored = b"".join(path.read_bytes() for path in files)
    for passphrase in opened.passphrases:
        assert passphrase.encode() not in stored
        assert passphrase.replace("-", "").encode() not in stored


def test_counting_comes_before_sealing_and_waits_half_an_hour(session, opened, clock, counting, secret, rng):
    answer(session, opened, "education", 12, secret=secret)
    services.close_survey(session, opened.survey, by=COMMAND_LINE, clock=clock)
    how = {"passphrases": opened.passphrases[:2], "by": COMMAND_LINE, "clock": clock, "secret": secret, "rng": rng}
    with pytest.raises(StillArriving):
        counting(opened, *opened.passphrases[:2], hurry=False)
    with pytest.raises(NotCounted):
        services.seal_survey(session, opened.survey, **how)
    clock.moment += timedelta(minutes=30)
    assert counting(opened, *opened.passphrases[:2], hurry=False).returned == 12
    assert services.seal_survey(session, opened.survey, **how).rows == 12


def test_once_counted_no_ballot_is_taken_any_more(session, opened, clock, counting, secret):
    answer(session, opened, "education", 12, secret=secret)
    group, code = group_of(opened, "education"), opened.codes[group_of(opened, "education").slug].pop()
    services.close_survey(session, opened.survey, by=COMMAND_LINE, clock=clock)
    assert opened.survey.takes_ballots(clock.now())
    counting(opened, *opened.passphrases[:2])
    assert not opened.survey.takes_ballots(clock.now())
    with pytest.raises(StateError):
        cast(session, opened.survey, group, code, CONTENT, secret=secret)


def test_an_envelope_that_was_tampered_with_is_returned_and_not_valid(session, opened, clock, counting, secret):
    answer(session, opened, "education", 12, secret=secret)
    ballot = session.scalars(select(Ballot)).first()
    ballot.envelope = ballot.envelope[:-1] + bytes([ballot.envelope[-1] ^ 1])
    services.close_survey(session, opened.survey, by=COMMAND_LINE, clock=clock)
    count = counting(opened, *opened.passphrases[:2])
    assert (count.returned, count.valid) == (12, 11)


def test_keys_and_codes_are_gone_after_sealing_and_the_receipts_are_published(session, opened, secret, seal):
    answer(session, opened, "education", 12, secret=secret)
    kept = sorted(printed_receipt(receipt) for receipt in session.scalars(select(Ballot.receipt)))
    assert services.receipts_of(session, opened.survey) is None
    seal(opened)
    assert opened.survey.opening_lock is None
    assert {group.signing_key for group in opened.survey.groups} == {None}
    receipts = services.receipts_of(session, opened.survey)
    assert sorted(receipts.printed) == kept
    assert receipts.sha256 == hashlib.sha256("".join(f"{line}\n" for line in receipts.printed).encode()).hexdigest()
    assert receipts.has(kept[3].lower().replace("-", " "))
    assert not receipts.has("0000-0000-0000-0000-0000")
    assert not receipts.has("")


def test_receipts_that_were_switched_off_are_not_published(session, clock, district, secret, seal):
    draft = district.draft(has_receipts=False)
    opened = services.open_survey(session, draft, by=COMMAND_LINE, clock=clock, secret=secret)
    answer(session, opened, "education", 12, secret=secret)
    seal(opened)
    assert services.receipts_of(session, opened.survey) is None


def test_a_withdrawn_survey_is_never_opened_and_its_copy_begins_anew(session, opened, clock, counting, secret):
    answer(session, opened, "education", 12, secret=secret)
    copy = services.withdraw_survey(session, opened.survey, reason="题目有误", by=COMMAND_LINE, clock=clock, copy=True)
    assert (opened.survey.state, opened.survey.withdrawn_because) == (State.WITHDRAWN, "题目有误")
    assert count(session, Ballot) == count(session, Invitation) == 0
    assert opened.survey.opening_lock is None
    with pytest.raises(StateError):
        counting(opened, *opened.passphrases[:2])
    assert (copy.state, copy.title, copy.threshold) == (State.DRAFT, opened.survey.title, opened.survey.threshold)
    assert copy.slug != opened.survey.slug
    again = services.open_survey(session, copy, by=COMMAND_LINE, clock=clock, secret=secret)
    assert again.fingerprint != opened.fingerprint
    assert not set(again.passphrases) & set(opened.passphrases)


def test_an_open_survey_is_not_sealed_and_a_sealed_one_not_again(district, opened, secret, rng, seal):
    def seal_once_more():
        count_and_seal(
            district.session, opened.survey, opened.passphrases, clock=district.clock, secret=secret, rng=rng
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


def test_after_sealing_participation_is_exact_unless_a_group_is_small(session, opened, clock, secret, seal):
    answer(session, opened, "education", 13, secret=secret)
    answer(session, opened, "waterworks", 3, secret=secret)
    seal(opened)
    found = services.participation(session, opened.survey, clock=clock)
    assert {part.unit.code: part.arrived for part in found.groups} == {
        "education": 10, "organs": None, "enterprises": None, "waterworks": None,
    }  # fmt: skip
    assert (found.arrived, found.is_total_exact, found.is_exact) == (16, True, False)
    assert count(session, Dataset) == 1


def test_one_small_group_does_not_follow_from_the_exact_total(session, opened, clock, secret, seal):
    for code, people in {"education": 13, "organs": 12, "enterprises": 11, "waterworks": 3}.items():
        answer(session, opened, code, people, secret=secret)
    seal(opened)
    found = services.participation(session, opened.survey, clock=clock)
    assert found.arrived == 39
    assert {part.unit.code: part.arrived for part in found.groups} == {
        "education": 10, "organs": 10, "enterprises": None, "waterworks": None,
    }  # fmt: skip
    assert found.below[opened.survey.unit_id] == 20  # no more than can be added up from what is shown


def test_a_question_asked_of_a_few_only_does_not_give_their_blanked_answer_back(session, clock, secret, rng):
    follower = """
      - code: elder
        type: single
        text: {zh_Hans: 您参加老年活动吗？, en: Do you come to the activities for the elderly?}
        visible_if: age == 2
        required: false
        options:
          - {code: 1, label: {zh_Hans: 参加, en: Yes}}
          - {code: 2, label: {zh_Hans: 不参加, en: No}}
      - code: comment"""
    district = found_district(session, clock)
    version = services.publish_instrument(
        session, SOURCE.replace("\n      - code: comment", follower), by=COMMAND_LINE, clock=clock
    )
    draft = district.draft()
    draft.instrument = version
    opened = services.open_survey(session, draft, by=COMMAND_LINE, clock=clock, secret=secret)
    answer(session, opened, "education", 12, secret=secret, age=1)
    answer(session, opened, "education", 1, secret=secret, age=2, elder=1)
    services.close_survey(session, opened.survey, by=COMMAND_LINE, clock=clock)
    count_and_seal(session, opened.survey, opened.passphrases, clock=clock, secret=secret, rng=rng)
    sealed = services.load_dataset(session, opened.survey)
    assert 2 not in sealed.column("age")
    assert 1 not in sealed.column("elder")


def test_after_a_restore_a_pass_given_out_since_the_backup_does_not_void_its_group(
    session, opened, clock, counting, secret
):
    answer(session, opened, "education", 10, secret=secret)
    used = session.scalars(used_codes(group_of(opened, "education"))).first()
    session.execute(update(Invitation).where(Invitation.code_hash == used).values(mark=UNUSED))
    services.record(session, COMMAND_LINE, "survey.restore", opened.survey, clock=clock)
    services.close_survey(session, opened.survey, by=COMMAND_LINE, clock=clock)
    count = counting(opened, *opened.passphrases[:2])
    assert (count.returned, count.valid) == (10, 10)


def test_a_questionnaire_whose_answers_fit_no_ballot_is_not_opened(session, clock, secret):
    texts = "".join(
        f"\n      - {{code: t{n}, type: text, text: {{zh_Hans: 意见{n}, en: Opinion {n}}}, max_length: 2000}}"
        for n in range(20)
    )
    district = found_district(session, clock)
    version = services.publish_instrument(session, SOURCE.rstrip() + texts + "\n", by=COMMAND_LINE, clock=clock)
    draft = district.draft()
    draft.instrument = version
    with pytest.raises(AnswersTooLong):
        services.open_survey(session, draft, by=COMMAND_LINE, clock=clock, secret=secret)
