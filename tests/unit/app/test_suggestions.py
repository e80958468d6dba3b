"""A suggestion channel behind the pages: rounds, whose texts are read under which unit, and what moderators decide."""

from __future__ import annotations

from datetime import date, timedelta
from random import Random

import pytest
from sqlalchemy import select

from instruments import catalogue
from survey_app import services
from survey_app.anonymity.fields import stored_fields
from survey_app.errors import ChannelRefused, SuggestionRefused
from survey_app.models import AuditEntry, State, Suggestion, SuggestionChannel, SuggestionRound, SuggestionState
from survey_app.services import COMMAND_LINE, RoundSettings, WithholdReason
from tests.answering import answer_all, count_and_seal
from tests.district import District, found_district
from tests.unit.app.voters import answer

CONTENT = {"sug_topic": 3, "sug_whom": 1, "action": 4}
TEXT = "请找王建国主任办这件事，电话13800138000。"


class Box:
    """A channel of the district and how its people use it."""

    def __init__(self, district: District, secret: bytes) -> None:
        self.session, self.clock, self.secret, self.district = district.session, district.clock, secret, district
        self.channel = self.open(district["district"])

    def open(self, unit) -> SuggestionChannel:
        source = catalogue.read_text("suggestion-box")
        version = services.publish_instrument(self.session, source, by=COMMAND_LINE, clock=self.clock)
        return services.open_channel(
            self.session, title="意见箱", unit=unit, version=version, months=3, by=COMMAND_LINE, clock=self.clock
        )

    def round(self, *, settings: RoundSettings | None = None, **said: list[str]):
        """One round from start to seal: of each unit one person for every text."""
        last = services.usual_last_day(self.channel, self.clock.today())
        survey = services.start_round(
            self.session, self.channel, closes_on=last, settings=settings, by=COMMAND_LINE, clock=self.clock
        )
        opened = services.open_survey(self.session, survey, by=COMMAND_LINE, clock=self.clock, secret=self.secret)
        for unit, texts in said.items():
            sheets = [CONTENT | {"comment": text} for text in texts]
            answer_all(self.session, opened, unit, sheets, secret=self.secret)
        services.close_survey(self.session, survey, by=COMMAND_LINE, clock=self.clock)
        self.clock.moment += timedelta(hours=1)
        count_and_seal(self.session, survey, opened.passphrases, clock=self.clock, secret=self.secret, rng=Random(5))
        self.session.commit()
        return survey

    def read(self) -> dict[str, set[str]]:
        """Texts in the queue by the unit they stand under."""
        found: dict[str, set[str]] = {}
        for one in services.suggestions_in(self.session, self.channel):
            found.setdefault(one.unit.code, set()).add(one.original)
        return found


@pytest.fixture
def box(session, clock, secret) -> Box:
    return Box(found_district(session, clock), secret)


def texts(of: str, count: int) -> list[str]:
    return [f"{of}{number}" for number in range(count)]


def everybody(box: Box) -> list[Suggestion]:
    return services.suggestions_in(box.session, box.channel)


def test_texts_of_a_group_stand_under_its_own_unit_where_enough_people_answered_and_wrote(box: Box):
    box.round(education=texts("甲", 12), organs=texts("乙", 11), waterworks=texts("丙", 10))
    assert box.read() == {
        "education": set(texts("甲", 12)),
        "organs": set(texts("乙", 11)),
        "waterworks": set(texts("丙", 10)),
    }


def test_what_few_people_wrote_never_stands_under_their_own_unit(box: Box):
    survey = box.round(waterworks=texts("少", 4), education=texts("甲", 12), enterprises=texts("丙", 6))
    assert box.read() == {"education": set(texts("甲", 12)), "enterprises": {*texts("少", 4), *texts("丙", 6)}}
    assert box.session.get_one(SuggestionRound, survey.id).collected_on == box.clock.today()


def test_a_rest_that_would_be_few_takes_a_neighbour_along(box: Box):
    box.round(education=texts("甲", 12), organs=texts("少", 9))
    assert box.read() == {"organs": {*texts("甲", 12), *texts("少", 9)}}


def test_of_too_few_nobody_reads_anything_until_the_next_round_brings_more(box: Box):
    first = box.round(education=texts("少", 6))
    assert first.state is State.SEALED
    assert everybody(box) == []
    rounds = services.rounds_of(box.session, box.channel)
    assert services.is_unread(rounds[0])
    assert services.waiting_suggestions(box.session, box.district.units.values()) == 0
    box.clock.moment += timedelta(days=1)
    second = box.round(education=texts("后", 11))
    assert box.read() == {"education": {*texts("少", 6), *texts("后", 11)}}
    assert {one.survey_id for one in everybody(box)} == {second.id}, "none says which round it came from"
    assert not any(map(services.is_unread, services.rounds_of(box.session, box.channel)))


def test_the_same_few_people_in_two_rounds_stay_few(box: Box):
    box.round(education=texts("先", 6))
    box.clock.moment += timedelta(days=1)
    box.round(education=texts("后", 6))
    assert everybody(box) == []


def test_the_order_follows_from_the_texts_alone(box: Box, session):
    said = texts("条", 12)
    box.round(education=said)
    first = [one.original for one in everybody(box)]
    other = Box.__new__(Box)
    other.__dict__ = box.__dict__ | {"channel": box.open(box.district["education"])}
    box.clock.moment += timedelta(days=1)
    other.round(education=list(reversed(said)))
    assert [one.original for one in everybody(other)] == first != said


def test_names_and_numbers_are_taken_out_of_what_is_proposed_and_stay_in_what_moderators_read(box: Box):
    box.round(education=[TEXT, *texts("甲", 11)])
    one = next(one for one in everybody(box) if one.original == TEXT)
    assert one.shown == "请找〔姓名〕主任办这件事，电话〔电话〕。"
    assert one.state is SuggestionState.WAITING


def test_the_result_of_a_round_shows_its_figures_and_no_text(box: Box):
    survey = box.round(education=texts("甲", 12))
    report = services.report_for(box.session, survey, box.district["education"])
    assert report.hidden is None
    assert report.comments == ()


def test_every_field_of_a_suggestion_is_explained(box: Box):
    fields = stored_fields(box.session, box.round(education=texts("甲", 12)))
    assert {field.name for field in fields} >= {"suggestion.original", "suggestion.position"}
    assert [field.name for field in fields if not field.reason] == []


def test_other_surveys_leave_nothing_in_any_queue(box: Box):
    draft = box.district.draft("education")
    opened = services.open_survey(box.session, draft, by=COMMAND_LINE, clock=box.clock, secret=box.secret)
    answer(box.session, opened, "education", 12, secret=box.secret)
    services.close_survey(box.session, draft, by=COMMAND_LINE, clock=box.clock)
    count_and_seal(box.session, draft, opened.passphrases, clock=box.clock, secret=box.secret, rng=Random(1))
    assert list(box.session.scalars(select(Suggestion))) == []


def test_the_next_round_takes_over_the_settings_of_the_last_and_only_one_runs_at_a_time(box: Box):
    box.round(settings=RoundSettings(scrutineers=1, threshold=12, has_receipts=False), education=texts("甲", 12))
    last = date(2027, 2, 28)
    draft = services.start_round(box.session, box.channel, closes_on=last, by=COMMAND_LINE, clock=box.clock)
    assert (draft.scrutineers, draft.threshold, draft.has_receipts, draft.state) == (1, 12, False, State.DRAFT)
    with pytest.raises(ChannelRefused, match="not over yet"):
        services.start_round(box.session, box.channel, closes_on=last, by=COMMAND_LINE, clock=box.clock)
    services.discard_survey(box.session, draft, by=COMMAND_LINE, clock=box.clock)
    assert services.present_round(services.rounds_of(box.session, box.channel)) is None


def test_a_round_lasts_to_the_same_day_or_the_last_of_a_shorter_month(box: Box):
    assert services.usual_last_day(box.channel, date(2026, 11, 2)) == date(2027, 2, 2)
    assert services.usual_last_day(box.channel, date(2026, 11, 30)) == date(2027, 2, 28)


def test_the_corrected_copy_of_a_withdrawn_round_is_a_round_too(box: Box):
    last = services.usual_last_day(box.channel, box.clock.today())
    survey = services.start_round(box.session, box.channel, closes_on=last, by=COMMAND_LINE, clock=box.clock)
    services.open_survey(box.session, survey, by=COMMAND_LINE, clock=box.clock, secret=box.secret)
    copy = services.withdraw_survey(box.session, survey, reason="地址错了", by=COMMAND_LINE, clock=box.clock, copy=True)
    rounds = services.rounds_of(box.session, box.channel)
    assert {round_.survey_id for round_ in rounds} == {survey.id, copy.id}
    assert services.present_round(rounds).survey_id == copy.id


def test_an_ended_channel_starts_no_round_and_still_reads_the_one_under_way(box: Box):
    last = services.usual_last_day(box.channel, box.clock.today())
    services.start_round(box.session, box.channel, closes_on=last, by=COMMAND_LINE, clock=box.clock)
    services.end_channel(box.session, box.channel, by=COMMAND_LINE, clock=box.clock)
    assert services.rounds_of(box.session, box.channel) == [], "the draft is gone"
    for act in (services.end_channel, services.start_round):
        with pytest.raises(ChannelRefused, match="has ended"):
            act(
                box.session, box.channel, by=COMMAND_LINE, clock=box.clock,
                **({"closes_on": last} if act is services.start_round else {}),
            )  # fmt: skip


def test_a_channel_needs_a_questionnaire_for_any_day_with_words_in_it(box: Box):
    for name in ("member-satisfaction", "pulse"):
        source = catalogue.read_text(name)
        version = services.publish_instrument(box.session, source, by=COMMAND_LINE, clock=box.clock)
        with pytest.raises(ChannelRefused, match="own words"):
            services.open_channel(
                box.session, title="意见箱", unit=box.channel.unit, version=version, months=3, by=COMMAND_LINE,
                clock=box.clock,
            )  # fmt: skip


def test_what_moderators_did_is_written_down_without_a_word_of_the_original(box: Box):
    box.round(education=[TEXT, *texts("甲", 11)])
    one = next(one for one in everybody(box) if one.original == TEXT)
    how = {"by": COMMAND_LINE, "clock": box.clock}
    services.release_suggestion(box.session, one, shown="请尽快办好这件事。", answer="下周开始。", **how)
    services.release_suggestion(box.session, one, shown="请尽快办好这件事。", answer="本周开始。", **how)
    assert (one.state, one.answered_on) == (SuggestionState.RELEASED, box.clock.today())
    services.withhold_suggestion(box.session, one, reason=WithholdReason.RECOGNISABLE, words="说的是王主任", **how)
    assert services.reason_of(one) == (WithholdReason.RECOGNISABLE, "说的是王主任")
    kept = select(AuditEntry).where(AuditEntry.object_kind == "suggestion").order_by(AuditEntry.number)
    entries = list(box.session.scalars(kept))
    assert [entry.act for entry in entries] == [
        "suggestion.release", "suggestion.answer", "suggestion.answer", "suggestion.withhold"
    ]  # fmt: skip
    assert entries[2].detail == {"before": "下周开始。", "after": "本周开始。"}
    everything = str(list(box.session.scalars(select(AuditEntry.detail))))
    assert "王" not in everything
    assert "办好这件事" not in everything


def test_only_a_released_suggestion_becomes_an_action(box: Box):
    box.round(education=texts("甲", 12))
    with pytest.raises(SuggestionRefused):
        services.join_action(box.session, everybody(box)[0], None, by=COMMAND_LINE, clock=box.clock)
