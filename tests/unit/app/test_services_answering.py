"""Codes and ballots: a code buys one pass, a pass one ballot, a ballot tells nothing before sealing."""

from __future__ import annotations

import json
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from hashlib import sha256
from random import Random
from secrets import token_bytes
from threading import Barrier

import pytest
from sqlalchemy import Engine, event, func, select
from sqlalchemy.orm import Session

from survey_app import services
from survey_app.crypto.blind import Blinding, PublicKey, blind, finalize
from survey_app.crypto.box import (
    MalformedEnvelopeError,
    OpeningKey,
    PlayedVoter,
    SealedBallot,
    credential_message,
    envelope_bytes,
    open_envelope,
    seal_envelope,
)
from survey_app.crypto.guardians import Lock, unlock
from survey_app.database import build_engine, reading
from survey_app.errors import (
    CodeMalformed,
    CodeUnknown,
    CodeUsed,
    ForgedCredential,
    MalformedMessage,
    NoCodesHere,
    PaperWithoutSlip,
    PlayedNotAccepted,
    SlipNotUnopened,
    TooManySlips,
)
from survey_app.models import (
    UNUSED,
    AccessMode,
    AuditEntry,
    Ballot,
    Invitation,
    PlayedCount,
    ReportingGroup,
    StateError,
    Survey,
)
from survey_app.services import COMMAND_LINE, Message, body_of
from survey_app.services.cast import envelope_size
from survey_app.services.participation import KEPT
from survey_app.services.unit_tree import ONLY_READS
from tests.answering import cast, count_and_seal
from tests.district import found_district
from tests.unit.app.small_questionnaire import CONTENT, SOURCE, small_questionnaire
from tests.unit.app.voters import answer

PHONES = 30


def blinded_for(survey: Survey, group: ReportingGroup) -> Blinding:
    """What a phone prepares before it asks for a pass."""
    key = PublicKey.from_der(group.public_key)
    return blind(key, credential_message(survey.id, key.key_id))


def ballot_for(survey: Survey, group: ReportingGroup, blinding: Blinding, signature: bytes, answers=CONTENT) -> Message:
    """What a phone sends with its pass."""
    passed = finalize(PublicKey.from_der(group.public_key), blinding, signature)
    sealed = seal_envelope(
        PublicKey.from_der(survey.envelope_key), body_of(answers), survey.envelope_size, survey_id=survey.id
    )
    return Message(sealed.receipt, sealed.envelope, blinding.message[:32], passed)


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


def together(engine: Engine, count: int, act):
    """`act(session, number)` by so many at once, each with a connection of its own; what each got, or its refusal."""
    url, start = engine.url.render_as_string(hide_password=False), Barrier(count)

    def one(number: int):
        own = build_engine(url)
        start.wait()
        try:
            with Session(own) as session:
                got = act(session, number)
                session.commit()
                return got
        except CodeUsed:
            return "code already used"
        finally:
            own.dispose()

    with ThreadPoolExecutor(count) as phones:
        return list(phones.map(one, range(count)))


def test_one_code_asked_for_thirty_times_at_once_gives_one_signature(either_database: Engine, clock, secret):
    with Session(either_database, expire_on_commit=False) as session:
        opened = open_in(session, clock, secret)
        survey, group = opened.survey, opened.survey.groups[0]
        code, same = opened.codes[group.slug][0], blinded_for(survey, group).blinded
        others = [blinded_for(survey, group).blinded for _ in range(PHONES // 2)]

    def ask(session: Session, number: int) -> bytes:
        blinded = same if number % 2 else others[number // 2]
        found = session.get_one(Survey, survey.id), session.get_one(ReportingGroup, group.id)
        return services.issue_credential(session, *found, code, blinded, secret=secret, clock=clock)

    outcomes = together(either_database, PHONES, ask)
    signatures = {outcome for outcome in outcomes if outcome != "code already used"}
    assert len(signatures) == 1
    with Session(either_database) as session:
        marks = Counter(mark != UNUSED for mark in session.scalars(select(Invitation.mark)))
        assert marks[True] == 1


def test_two_hundred_ballots_at_once_lose_and_duplicate_nothing(either_database: Engine, clock, secret):
    with Session(either_database, expire_on_commit=False) as session:
        opened = open_in(session, clock, secret, unit="education")
        survey, group = opened.survey, opened.survey.groups[0]
        session.refresh(group)
        messages = []
        for code in opened.codes[group.slug][:20]:
            blinding = blinded_for(survey, group)
            signature = services.issue_credential(
                session, survey, group, code, blinding.blinded, secret=secret, clock=clock
            )
            first = ballot_for(survey, group, blinding, signature)
            second = ballot_for(survey, group, blinding, signature, {**CONTENT, "overall": 1})
            messages += [first] * 5 + [second] * 5
        session.commit()
    Random(3).shuffle(messages)

    def send(session: Session, number: int) -> tuple[bytes, services.Cast]:
        found = session.get_one(Survey, survey.id), session.get_one(ReportingGroup, group.id)
        return messages[number].prefix, services.cast_ballot(session, *found, messages[number], clock=clock)

    receipts: dict[bytes, set[bytes]] = {}
    with ThreadPoolExecutor(4) as senders:
        batches = senders.map(
            lambda start: together(either_database, 10, lambda session, number: send(session, start + number)),
            range(0, 200, 10),
        )
        casts = [one for batch in batches for one in batch]
    for prefix, done in casts:
        receipts.setdefault(prefix, set()).add(done.receipt)
    with Session(either_database) as session:
        stored = set(session.scalars(select(Ballot.receipt)))
    assert len(stored) == sum(done.is_new for _prefix, done in casts) == 20
    assert [len(given) for given in receipts.values()] == [1] * 20
    assert {receipt for given in receipts.values() for receipt in given} == stored


@pytest.fixture
def issue(session, opened, group, secret, clock):
    """Asks for a pass: `issue(code, blinding)`."""

    def asked(code: str, blinding: Blinding) -> bytes:
        return services.issue_credential(
            session, opened.survey, group, code, blinding.blinded, secret=secret, clock=clock
        )

    return asked


def test_a_code_is_checked_as_often_as_one_likes_and_used_once(session, opened, group, secret, issue):
    code = opened.codes[group.slug][0]
    for _ in range(3):
        services.check_code(session, opened.survey, group, code.lower().replace("-", " "), secret=secret)
    issue(code, blinded_for(opened.survey, group))
    with pytest.raises(CodeUsed):
        services.check_code(session, opened.survey, group, code, secret=secret)
    with pytest.raises(CodeUsed):
        issue(code, blinded_for(opened.survey, group))


def test_a_lost_reply_is_fetched_again_also_just_after_closing(session, opened, group, clock, issue):
    code, blinding = opened.codes[group.slug][0], blinded_for(opened.survey, group)
    first = issue(code, blinding)
    assert issue(code.lower(), blinding) == first
    services.close_survey(session, opened.survey, by=COMMAND_LINE, clock=clock)
    assert issue(code, blinding) == first
    with pytest.raises(StateError):
        issue(opened.codes[group.slug][1], blinded_for(opened.survey, group))
    clock.moment += timedelta(minutes=30)
    with pytest.raises(StateError):
        issue(code, blinding)


def test_after_the_last_day_no_code_is_good_for_its_first_pass(session, opened, group, clock, secret, issue):
    code, blinding = opened.codes[group.slug][0], blinded_for(opened.survey, group)
    first = issue(code, blinding)
    late = {"secret": secret, "clock": clock, "is_late": True}
    assert services.issue_credential(session, opened.survey, group, code, blinding.blinded, **late) == first
    with pytest.raises(StateError):
        services.issue_credential(session, opened.survey, group, opened.codes[group.slug][1], blinding.blinded, **late)


def test_a_pass_counts_once_and_the_first_answers_stay(session, opened, group, clock, issue):
    blinding = blinded_for(opened.survey, group)
    signature = issue(opened.codes[group.slug][0], blinding)
    first = ballot_for(opened.survey, group, blinding, signature)
    second = ballot_for(opened.survey, group, blinding, signature, {**CONTENT, "overall": 1})
    send = [
        services.cast_ballot(session, opened.survey, group, message, clock=clock) for message in (first, first, second)
    ]
    assert [(one.receipt, one.is_new, one.is_earlier) for one in send] == [
        (first.receipt, True, False), (first.receipt, False, False), (first.receipt, False, True),
    ]  # fmt: skip
    assert session.scalars(select(Ballot.receipt)).all() == [first.receipt]


def test_what_no_voter_sends_is_refused_and_changes_nothing(session, opened, group, clock, issue):
    blinding = blinded_for(opened.survey, group)
    signature = issue(opened.codes[group.slug][0], blinding)
    good = ballot_for(opened.survey, group, blinding, signature)
    other_group = opened.survey.groups[1]
    flipped = bytes([good.signature[0] ^ 1]) + good.signature[1:]
    for message, into, refusal in (
        (replace(good, signature=flipped), group, ForgedCredential),
        (replace(good, signature=b""), group, ForgedCredential),
        (replace(good, prefix=token_bytes(32)), group, ForgedCredential),
        (replace(good, prefix=b"short"), group, MalformedMessage),
        (replace(good, envelope=good.envelope + b"x"), group, MalformedMessage),
        (replace(good, envelope=b""), group, MalformedMessage),
        (replace(good, receipt=good.receipt[:-1]), group, MalformedMessage),
        (good, other_group, ForgedCredential),
    ):
        with pytest.raises(refusal):
            services.cast_ballot(session, opened.survey, into, message, clock=clock)
    for blinded in (b"", bytes(256), b"\xff" * 256, token_bytes(255)):
        with pytest.raises(MalformedMessage):
            issue(opened.codes[group.slug][1], replace(blinding, blinded=blinded))
    assert session.scalar(select(func.count()).select_from(Ballot)) == 0
    marks = [mark for mark in session.scalars(select(Invitation.mark)) if mark != UNUSED]
    assert marks == [sha256(blinding.blinded).digest()]


def test_somebody_elses_receipt_is_not_taken_twice(session, opened, group, clock, issue):
    passes = [blinded_for(opened.survey, group) for _ in range(2)]
    signatures = [issue(code, one) for code, one in zip(opened.codes[group.slug], passes, strict=False)]
    first = ballot_for(opened.survey, group, passes[0], signatures[0])
    second = ballot_for(opened.survey, group, passes[1], signatures[1])
    services.cast_ballot(session, opened.survey, group, first, clock=clock)
    with pytest.raises(MalformedMessage):
        copied = replace(second, receipt=first.receipt, envelope=first.envelope)
        services.cast_ballot(session, opened.survey, group, copied, clock=clock)


def test_a_played_voter_sends_the_same_again_and_is_counted_once(session, opened, group, clock, secret):
    attempt, code = token_bytes(16), opened.codes[group.slug][0]
    how = {"secret": secret, "clock": clock}
    casts = [services.cast_played(session, opened.survey, group, code, attempt, CONTENT, **how) for _ in range(3)]
    assert len({one.receipt for one in casts}) == 1
    assert session.scalar(select(func.count()).select_from(Ballot)) == 1
    assert session.scalar(select(PlayedCount.count)) == 1
    changed = services.cast_played(session, opened.survey, group, code, attempt, {**CONTENT, "overall": 1}, **how)
    assert changed.is_earlier
    with pytest.raises(CodeUsed):
        services.cast_played(session, opened.survey, group, code, token_bytes(16), CONTENT, **how)


def test_a_code_whose_ballot_was_lost_on_the_way_is_good_for_the_same_page_again(
    session, opened, group, clock, secret, issue
):
    """The server died between the pass and the ballot: the page that is sent again brings the ballot in."""
    attempt, code = token_bytes(16), opened.codes[group.slug][0]
    voter = PlayedVoter.derive(secret, opened.survey.id, code, attempt)
    issue(code, voter.blind(PublicKey.from_der(group.public_key)))
    session.commit()
    again = services.cast_played(session, opened.survey, group, code, attempt, CONTENT, secret=secret, clock=clock)
    assert again.is_new


def test_where_only_browsers_may_encrypt_the_server_plays_nobody(session, clock, secret):
    opened = open_in(session, clock, secret, accepts_played=False)
    group = opened.survey.groups[0]
    code = opened.codes[group.slug][0]
    with pytest.raises(PlayedNotAccepted):
        services.cast_played(session, opened.survey, group, code, token_bytes(16), CONTENT, secret=secret, clock=clock)
    assert {*session.scalars(select(Invitation.mark))} == {UNUSED}


def test_a_code_opens_its_own_group_only(session, opened, secret, clock):
    one, other = opened.survey.groups[:2]
    blinded = blinded_for(opened.survey, other).blinded
    with pytest.raises(CodeUnknown):
        services.issue_credential(
            session, opened.survey, other, opened.codes[one.slug][0], blinded, secret=secret, clock=clock
        )


def test_a_mistyped_code_says_what_is_wrong_with_it(session, opened, group, secret):
    code = opened.codes[group.slug][0]
    another = code[:-1] + ("0" if code[-1] == "1" else "1")
    for typed, reason in ((code[:-1], "length"), (code[:-1] + "!", "alphabet"), (another, "check")):
        with pytest.raises(CodeMalformed) as refusal:
            services.check_code(session, opened.survey, group, typed, secret=secret)
        assert refusal.value.reason == reason


def test_a_transaction_that_fails_gives_the_code_back(session, opened, group, secret, issue):
    code = opened.codes[group.slug][0]
    issue(code, blinded_for(opened.survey, group))
    session.rollback()
    services.check_code(session, opened.survey, group, code, secret=secret)


def test_no_code_can_be_found_in_the_database(session, opened):
    stored = b"".join(session.scalars(select(Invitation.code_hash)))
    for code in opened.codes[opened.survey.groups[0].slug]:
        assert code.encode() not in stored
        assert code.replace("-", "").encode() not in stored


def test_all_envelopes_of_a_survey_have_one_size_and_open_for_the_scrutineers_only(session, opened, group, secret):
    codes = iter(opened.codes[group.slug])
    for answers in ({"overall": 1}, {**CONTENT, "comment": "好" * 40}):
        cast(session, opened.survey, group, next(codes), answers, secret=secret)
    ballots = list(session.scalars(select(Ballot)))
    size, survey = opened.survey.envelope_size, opened.survey
    assert {len(ballot.envelope) for ballot in ballots} == {
        envelope_bytes(PublicKey.from_der(survey.envelope_key), size)
    }
    assert all("好".encode() not in ballot.envelope for ballot in ballots)
    key = OpeningKey.from_der(unlock(Lock.from_bytes(survey.opening_lock), opened.passphrases[1:], survey_id=survey.id))
    sealed = [SealedBallot(ballot.envelope, ballot.receipt) for ballot in ballots]
    assert {"overall": 1} in [json.loads(open_envelope(key, one, size, survey_id=survey.id)) for one in sealed]
    with pytest.raises(MalformedEnvelopeError):
        open_envelope(OpeningKey.generate(), sealed[0], size, survey_id=survey.id)


def test_the_longest_possible_answers_fit_the_envelope():
    longest = {"meetings": -1, "overall": -1, "why": (1, 2), "hours": 200, "age": -1, "comment": "\x01" * 40}
    assert len(body_of(longest)) <= envelope_size(small_questionnaire())


def test_ballots_and_codes_share_neither_key_nor_time_nor_order(session, opened, secret):
    answer(session, opened, "education", 5, secret=secret)
    shared = set(Invitation.__table__.columns.keys()) & set(Ballot.__table__.columns.keys())
    assert shared == {"survey_id", "group_id"}
    of_codes = {part for row in session.execute(select(Invitation.code_hash, Invitation.mark)) for part in row}
    of_ballots = {part for row in session.execute(select(Ballot.spent, Ballot.receipt)) for part in row}
    assert not of_codes & of_ballots


def test_answering_leaves_no_entry_in_the_record_of_acts(session, opened, secret):
    before = session.scalar(select(func.count()).select_from(AuditEntry))
    answer(session, opened, "education", 3, secret=secret)
    assert session.scalar(select(func.count()).select_from(AuditEntry)) == before


def test_a_ballot_under_way_is_taken_half_an_hour_after_closing(session, clock, opened, group, issue):
    passes = [blinded_for(opened.survey, group) for _ in range(2)]
    signatures = [issue(code, one) for code, one in zip(opened.codes[group.slug], passes, strict=False)]
    messages = [ballot_for(opened.survey, group, *pair) for pair in zip(passes, signatures, strict=True)]
    services.close_survey(session, opened.survey, by=COMMAND_LINE, clock=clock)
    clock.moment += timedelta(minutes=29)
    assert services.cast_ballot(session, opened.survey, group, messages[0], clock=clock).is_new
    clock.moment += timedelta(minutes=1)
    with pytest.raises(StateError):
        services.cast_ballot(session, opened.survey, group, messages[1], clock=clock)


def test_a_spare_code_is_counted_and_an_open_link_has_none(session, clock, opened, group, secret):
    before = group.issued
    spare = services.issue_spare_code(session, opened.survey, group, by=COMMAND_LINE, clock=clock, secret=secret)
    services.check_code(session, opened.survey, group, spare, secret=secret)
    assert group.issued == before + 1
    assert group.spares == 1


def test_an_open_link_takes_ballots_without_a_pass_and_the_same_one_once(session, clock, secret, rng):
    opened = open_in(session, clock, secret, access_mode=AccessMode.OPEN)
    survey, group = opened.survey, opened.survey.groups[0]
    with pytest.raises(NoCodesHere):
        services.issue_spare_code(session, survey, group, by=COMMAND_LINE, clock=clock, secret=secret)
    sealed = seal_envelope(
        PublicKey.from_der(survey.envelope_key), body_of(CONTENT), survey.envelope_size, survey_id=survey.id
    )
    message = Message(sealed.receipt, sealed.envelope)
    assert [services.cast_ballot(session, survey, group, message, clock=clock).is_new for _ in range(2)] == [
        True,
        False,
    ]
    for _ in range(5):
        cast(session, survey, group, "", CONTENT, secret=secret)
    services.close_survey(session, survey, by=COMMAND_LINE, clock=clock)
    assert count_and_seal(session, survey, opened.passphrases, clock=clock, secret=secret, rng=rng).rows == 6


def test_personal_slips_made_again_void_the_unused_ones(session, clock, secret):
    opened = open_in(session, clock, secret, access_mode=AccessMode.PERSONAL)
    survey, group = opened.survey, opened.survey.groups[0]
    assert opened.codes[group.slug] == []
    names = [f"党员{number}" for number in range(group.eligible)]
    make = lambda names: services.issue_personal_slips(  # noqa: E731
        session, survey, group, names, by=COMMAND_LINE, clock=clock, secret=secret
    )
    first = make(names)
    assert [name for name, _code in first] == names
    cast(session, survey, group, first[0][1], CONTENT, secret=secret)
    again = make(names[4:])
    for _name, code in first[1:]:
        with pytest.raises(CodeUnknown):
            services.check_code(session, survey, group, code, secret=secret)
    cast(session, survey, group, again[0][1], CONTENT, secret=secret)
    assert group.issued == group.eligible
    session.commit()
    assert names[3] not in json.dumps(
        [entry.detail for entry in session.scalars(select(AuditEntry))], ensure_ascii=False
    )


@pytest.mark.parametrize("answered", [0, 1, 4])
def test_whether_slips_can_be_made_again_does_not_tell_how_many_have_answered(session, clock, secret, answered):
    """As long as fewer than five are said to have taken part, four may have, and as many names are left out."""
    survey = open_in(session, clock, secret, access_mode=AccessMode.PERSONAL).survey
    group = survey.groups[0]
    names, how = [f"党员{number}" for number in range(group.eligible)], {"by": COMMAND_LINE, "clock": clock}
    first = services.issue_personal_slips(session, survey, group, names, secret=secret, **how)
    for _name, code in first[:answered]:
        cast(session, survey, group, code, CONTENT, secret=secret)
    session.commit()
    with pytest.raises(TooManySlips):
        services.issue_personal_slips(session, survey, group, names[3:], secret=secret, **how)
    session.rollback()
    assert len(services.issue_personal_slips(session, survey, group, names[4:], secret=secret, **how)) == len(names) - 4


def test_when_more_have_answered_than_is_published_no_slips_are_made_however_few(session, clock, secret):
    survey = open_in(session, clock, secret, access_mode=AccessMode.PERSONAL).survey
    group = survey.groups[0]
    names, how = [f"党员{number}" for number in range(group.eligible)], {"by": COMMAND_LINE, "clock": clock}
    first = services.issue_personal_slips(session, survey, group, names, secret=secret, **how)
    assert services.participation(session, survey, clock=clock).arrived == 0
    for _name, code in first[: survey.threshold]:
        cast(session, survey, group, code, CONTENT, secret=secret)
    session.commit()
    for few in (names[:1], names[survey.threshold :]):
        with pytest.raises(TooManySlips):
            services.issue_personal_slips(session, survey, group, few, secret=secret, **how)
        session.rollback()


def test_a_slip_handed_in_unopened_makes_room_for_one_paper_form(session, clock, opened, group, secret, rng):
    codes, how = iter(opened.codes[group.slug]), {"by": COMMAND_LINE, "clock": clock}
    with pytest.raises(PaperWithoutSlip):
        services.enter_paper_ballot(session, opened.survey, group, CONTENT, **how)
    slip = next(codes)
    assert services.void_slip(session, opened.survey, slip, secret=secret, **how) is group
    with pytest.raises(SlipNotUnopened):
        services.void_slip(session, opened.survey, slip, secret=secret, **how)
    with pytest.raises(CodeUsed):
        services.check_code(session, opened.survey, group, slip, secret=secret)
    services.enter_paper_ballot(session, opened.survey, group, CONTENT, **how)
    with pytest.raises(PaperWithoutSlip):
        services.enter_paper_ballot(session, opened.survey, group, CONTENT, **how)
    for _ in range(6):
        cast(session, opened.survey, group, next(codes), CONTENT, secret=secret)
    services.close_survey(session, opened.survey, by=COMMAND_LINE, clock=clock)
    counted = services.count_ballots(
        session, opened.survey, passphrases=opened.passphrases[:2], secret=secret, rng=rng, hurry=True, **how
    )
    first = counted.groups[0]
    assert (first.used, first.slips_handed_in, first.returned, first.paper, first.valid) == (6, 1, 7, 1, 7)


def test_groups_are_counted_once_a_day_and_the_total_at_once(session, opened, clock, secret):
    def shown():
        found = services.participation(session, opened.survey, clock=clock)
        return found.arrived, next(part.arrived for part in found.groups if part.unit.code == "education")

    answer(session, opened, "education", 11, secret=secret)
    assert shown() == (10, 10)
    answer(session, opened, "education", 5, secret=secret)
    assert shown() == (15, 10)
    clock.moment += timedelta(days=1)
    assert shown() == (15, 15)


def test_every_server_process_shows_the_counts_of_the_days_first_look(session, opened, clock, secret, engine):
    def shown_by_a_process_that_has_just_started():
        KEPT.clear()
        with Session(reading(engine), info={ONLY_READS: True}) as page:
            found = services.participation(page, page.get_one(Survey, opened.survey.id), clock=clock)
            return found.arrived, next(part.arrived for part in found.groups if part.unit.code == "education")

    answer(session, opened, "education", 11, secret=secret)
    session.commit()
    assert shown_by_a_process_that_has_just_started() == (10, 10)
    answer(session, opened, "education", 5, secret=secret)
    session.commit()
    assert shown_by_a_process_that_has_just_started() == (15, 10)


def test_while_a_survey_runs_counts_are_rounded_down_and_small_ones_hidden(session, opened, clock, secret):
    answer(session, opened, "education", 13, secret=secret)
    answer(session, opened, "organs", 9, secret=secret)
    found = services.participation(session, opened.survey, clock=clock)
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
        services.participation(session, session.get_one(Survey, survey.id), clock=clock)
        return len(statements)

    event.listen(engine, "before_cursor_execute", lambda _c, _cursor, sql, *_rest: statements.append(sql))
    assert asked("district") == asked("education") <= 9
