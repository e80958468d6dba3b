"""The suggestion channel on its pages: from the first round to the public answer and the action behind it."""

from __future__ import annotations

import re
from datetime import date
from random import Random

import pytest
from sqlalchemy import event, select

from survey_app import services
from survey_app.extensions import db
from survey_app.models import (
    AccessMode,
    Action,
    AuditEntry,
    Suggestion,
    SuggestionChannel,
    SuggestionState,
    Survey,
    Unit,
)
from survey_app.services import COMMAND_LINE, RoundSettings
from survey_app.services.moderation import WithholdReason
from tests.answering import cast, count_and_seal
from tests.committee_world import World
from tests.page_checks import check_page, text_of
from tests.visitor import Visitor

ANSWERS = {"sug_topic": 3, "sug_whom": 1, "action": 4}
HOSTILE = "<script>alert(1)</script><b onmouseover=x>“好”</b>"
INSULT = "老赵头就是个窝囊废"
SAID = [f"第{number}条建议：{what}" for number, what in enumerate(["多办读书会", "会议短一些", "增设饮水机"] * 3)]
INDEX = "/committee/suggestions/"


def suggest(world: World, survey: Survey, opened: services.OpenedSurvey, said: list[str]) -> None:
    """People of the round write, it is closed and sealed."""
    clock, secret, group = world.app.config["CLOCK"], world.app.config["INSTALLATION_SECRET"], survey.groups[0]
    for place, text in enumerate(said):
        code = opened.codes[group.slug][place] if survey.has_credentials else ""
        cast(db.session, survey, group, code, ANSWERS | {"comment": text}, secret=secret)
    services.close_survey(db.session, survey, by=COMMAND_LINE, clock=clock)
    count_and_seal(db.session, survey, opened.passphrases, clock=clock, secret=secret, rng=Random(2))
    db.session.commit()


@pytest.fixture
def secretary(world: World) -> Visitor:
    return world.as_user("branch secretary")


def channel_of_a(world: World, said: list[str], **settings: object) -> SuggestionChannel:
    """A channel of branch A with one round, sealed. Needs an application context."""
    clock, unit = world.app.config["CLOCK"], db.session.get_one(Unit, world.units["A"])
    version = services.latest_version(db.session, "suggestion-box")
    channel = services.open_channel(
        db.session, title="一支部意见箱", unit=unit, version=version, months=3, by=COMMAND_LINE, clock=clock
    )
    survey = services.start_round(
        db.session, channel, closes_on=date(2027, 3, 8), settings=RoundSettings(**settings), by=COMMAND_LINE,
        clock=clock,
    )  # fmt: skip
    opened = services.open_survey(
        db.session, survey, by=COMMAND_LINE, clock=clock, secret=world.app.config["INSTALLATION_SECRET"]
    )
    suggest(world, survey, opened, said)
    return channel


def test_from_the_first_round_to_the_answer_and_the_action_that_followed(world: World, secretary: Visitor):
    made = secretary.submit(f"{INDEX}new", title="一支部意见箱", unit=str(world.units["A"]))
    assert made.status_code == 302
    page = made.location
    assert "Open the round" in secretary.text(page)
    with world.app.app_context():
        channel = db.session.scalars(select(SuggestionChannel).where(SuggestionChannel.title == "一支部意见箱")).one()
        public, survey_id = f"/suggestions/{channel.slug}", services.rounds_of(db.session, channel)[0].survey_id
    passer_by = Visitor(world.app.test_client())
    assert "No suggestions are taken at the moment" in passer_by.text(public)

    opened = secretary.submit(f"/committee/surveys/{survey_id}/open")
    assert opened.status_code == 200
    codes, passphrases = opened_sheet(opened.text)
    assert "Your code is on your slip" in passer_by.text(public)
    assert "until 8 March 2027" in secretary.text(page)
    with world.app.app_context():
        survey = db.session.get_one(Survey, survey_id)
        shown = services.OpenedSurvey(survey, {survey.groups[0].slug: codes}, passphrases, "")
        suggest(world, survey, shown, [*SAID, "请李建国同志改进作风", INSULT, HOSTILE])
    assert "12 suggestions" in secretary.text(INDEX)

    queue = f"{page}/queue"
    waiting = secretary.text(queue)
    assert "请李建国同志改进作风" in waiting
    texts = suggestions(world, channel)
    named, insulting, hostile, plain = (texts[text] for text in ("请李建国同志改进作风", INSULT, HOSTILE, SAID[2]))
    assert "〔姓名〕" in secretary.text(f"{INDEX}texts/{named}")
    assert secretary.submit(f"{INDEX}texts/{named}", shown="请改进作风", answer="").status_code == 302
    assert secretary.submit(f"{INDEX}texts/{hostile}", answer="谢谢 <i>您</i>").status_code == 302
    withheld = f"{INDEX}texts/{insulting}"
    assert secretary.submit(withheld, to=f"{withheld}/withhold", reason="insult", words="骂人").status_code == 302
    decided = secretary.submit(f"{INDEX}texts/{plain}", answer="三月底前在每层装好。")
    assert decided.location.startswith(f"{INDEX}texts/"), "on to the next that waits"

    read = passer_by.get(public)
    assert read.status_code == 200
    for word in ("请改进作风", "三月底前在每层装好。", "8 December 2026", "&lt;script&gt;alert(1)&lt;/script&gt;"):
        assert word in read.text
    for word in ("李建国", "窝囊废", "骂人", SAID[0], "<i>", "<script>a"):
        assert word not in read.text
    assert "12 suggestions have come so far: 3 stand below, 8 are not decided yet, 1 are withheld." in text_of(
        check_page(read.text)
    )

    offered = re.search(r'href="([^"]*/new/[^"]*)"', secretary.get(f"{INDEX}texts/{plain}").text)[1]
    offered = offered.replace("&amp;", "&")
    form = secretary.get(offered).text
    assert f'value="{SAID[2]}"' in form
    item = re.search(r'<option value="([^"]+)">', form.split('name="item"')[1].partition("</option>")[2])[1]
    saved = secretary.submit(offered, item=item, measure="装饮水机", acceptance="90", owner="陆文谦", due="2027-03-31")
    assert saved.status_code == 302
    assert "Improvement action: Planned" in passer_by.text(public)
    with world.app.app_context():
        action = db.session.scalars(select(Action).where(Action.title == SAID[2])).one().id
    secretary.submit(
        f"/committee/plan/{world.units['A']}", to=f"/committee/plan/actions/{action}/status", status="under_way"
    )
    assert "Improvement action: Under way" in passer_by.text(public)


def opened_sheet(page: str) -> tuple[list[str], list[str]]:
    """Codes and passphrases as the page that shows them once carries them."""
    codes = re.search(r'name="codes-[^"]*" value="([^"]*)"', page) or re.search(
        r'value="([^"]*)" name="codes-[^"]*"', page
    )
    phrases = re.search(r'name="passphrases" value="([^"]*)"', page)
    return codes[1].split(), phrases[1].split()


def suggestions(world: World, channel: SuggestionChannel) -> dict[str, object]:
    """Identifiers by original text."""
    with world.app.app_context():
        return {one.original: one.id for one in services.suggestions_in(db.session, channel)}


def test_the_words_of_a_withheld_suggestion_stand_nowhere_but_with_moderators(world: World, secretary: Visitor):
    with world.app.app_context():
        channel = channel_of_a(world, [INSULT, *SAID, "甲", "乙"])
        survey_id = services.rounds_of(db.session, channel)[0].survey_id
        one = next(one for one in services.suggestions_in(db.session, channel) if one.original == INSULT)
        services.withhold_suggestion(
            db.session, one, reason=WithholdReason.INSULT, by=COMMAND_LINE, clock=world.app.config["CLOCK"]
        )
        db.session.commit()
        public, page = f"/suggestions/{channel.slug}", f"{INDEX}{channel.id}"
    assert "窝囊废" in secretary.text(f"{page}/queue")
    elsewhere = (
        public, f"{public}?lang=zh", page, INDEX, f"{page}/notice",
        f"/committee/results/{survey_id}/{world.units['A']}", "/committee/organisation/audit",
    )  # fmt: skip
    readers = (secretary, world.as_user("higher_committee"), world.as_user("assessor"))
    for reader in readers:
        for address in elsewhere:
            assert "窝囊废" not in reader.client.get(address).text, address
    book = secretary.client.get(f"/committee/results/{survey_id}/{world.units['A']}/export.xlsx")
    assert "窝囊废".encode() not in book.data


def test_the_public_page_is_the_same_for_everybody_and_may_be_kept(world: World, secretary: Visitor):
    with world.app.app_context():
        slug = db.session.get_one(SuggestionChannel, world.channels["C1"]).slug
    address = f"/suggestions/{slug}?lang=zh-Hans"
    signed_in, nobody = secretary.client.get(address), world.app.test_client().get(address)
    assert signed_in.data == nobody.data
    assert "Set-Cookie" not in signed_in.headers
    assert nobody.headers["Cache-Control"] == "public, max-age=60"
    tag = nobody.headers["ETag"]
    assert world.app.test_client().get(address, headers={"If-None-Match": tag}).status_code == 304
    assert "意见" in nobody.text
    assert "How to take part" in world.app.test_client().get(f"/suggestions/{slug}?lang=en").text
    unknown = world.app.test_client().get("/suggestions/nowhere?lang=en")
    assert unknown.status_code == 404
    check_page(unknown.text)


def test_few_suggestions_are_not_counted_in_public_and_nothing_tells_when_they_came(world: World):
    with world.app.app_context():
        slug = db.session.get_one(SuggestionChannel, world.channels["C1"]).slug
    text = Visitor(world.app.test_client()).text(f"/suggestions/{slug}?lang=en")
    assert "How many suggestions there are is said from 10 on." in text
    assert "2025" not in text


def test_reasons_are_counted_from_ten_withheld_on(world: World, secretary: Visitor):
    with world.app.app_context():
        channel = channel_of_a(world, [*SAID, "甲", "乙"])
        reasons = [WithholdReason.DOUBLED] * 9 + [WithholdReason.INSULT]
        for one, reason in zip(services.suggestions_in(db.session, channel), reasons, strict=False):
            services.withhold_suggestion(
                db.session, one, reason=reason, by=COMMAND_LINE, clock=world.app.config["CLOCK"]
            )
        db.session.commit()
        public = f"/suggestions/{channel.slug}?lang=en"
    assert "It is there already: 9" in secretary.text(public)
    assert "It insults somebody: 1" in secretary.text(public)


def test_an_open_link_is_marked_unverified_and_leads_to_the_door_of_each_group(world: World, secretary: Visitor):
    with world.app.app_context():
        channel = channel_of_a(world, [*SAID[:9], "甲"], access_mode=AccessMode.OPEN)
        running = services.start_round(
            db.session, channel, closes_on=date(2027, 3, 8), by=COMMAND_LINE, clock=world.app.config["CLOCK"]
        )
        services.open_survey(
            db.session, running, by=COMMAND_LINE, clock=world.app.config["CLOCK"],
            secret=world.app.config["INSTALLATION_SECRET"],
        )  # fmt: skip
        db.session.commit()
        public, door = f"/suggestions/{channel.slug}?lang=en", f"/s/{running.slug}/{running.groups[0].slug}?lang=en"
        page = f"{INDEX}{channel.id}"
    text = secretary.get(public).text
    assert "Unverified" in text
    assert f'href="{door}"' in text
    assert secretary.get(door).status_code == 200
    assert "unverified: open link" in secretary.text(page)


def test_who_may_set_up_moderate_or_only_look(world: World):
    channel, one = world.channels["C1"], world.suggestions["C1"]
    may = {
        "secretary": (200, 200, 200), "higher_committee": (200, 200, 200), "committee_member": (200, 200, 403),
        "assessor": (200, 403, 403), "administrator": (403, 403, 403), "scrutineer": (403, 403, 403),
        "stranger": (404, 404, 404),
    }  # fmt: skip
    for name, expected in may.items():
        visitor = world.as_user(name)
        paths = (f"{INDEX}{channel}", f"{INDEX}texts/{one}", f"{INDEX}{channel}/end")
        assert tuple(visitor.get(path).status_code for path in paths) == expected, name
    assert "食堂早点开门" not in world.as_user("assessor").text(f"{INDEX}{channel}")


def test_a_branch_reads_what_stands_under_it_and_not_what_stands_above(world: World, secretary: Visitor):
    channel = world.channels["C1"]
    assert "食堂早点开门" not in secretary.text(f"{INDEX}{channel}/queue")
    assert secretary.get(f"{INDEX}texts/{world.suggestions['C1']}").status_code == 404
    with world.app.app_context():
        own = Suggestion(
            position=2, original="本支部的话", shown="本支部的话", unit=db.session.get_one(Unit, world.units["A"]),
            survey_id=world.surveys["open"],
        )  # fmt: skip
        db.session.add(own)
        db.session.commit()
    assert "本支部的话" in secretary.text(f"{INDEX}{channel}/queue")
    assert secretary.get(f"{INDEX}{channel}/end").status_code == 404


def test_what_is_missing_is_said_and_all_that_was_typed_stays(world: World):
    secretary, path = world.as_user("secretary"), f"{INDEX}texts/{world.suggestions['C1']}"
    empty = secretary.submit(path, shown="  ", answer="这样答复")
    assert empty.status_code == 422
    assert "这样答复" in empty.text
    assert "withhold the suggestion" in empty.text
    unsaid = secretary.submit(path, to=f"{path}/withhold", words="为什么")
    assert unsaid.status_code == 422
    assert "为什么" in unsaid.text
    refused = secretary.submit(f"{INDEX}new", title="", months="13")
    assert refused.status_code == 422
    assert "A number from 1 to 12." in refused.text
    with world.app.app_context():
        assert db.session.get_one(Suggestion, world.suggestions["C1"]).state is SuggestionState.WAITING


def test_a_suggestion_of_others_or_not_released_cannot_be_put_behind_an_action(world: World):
    secretary = world.as_user("secretary")
    form = f"/committee/plan/{world.units['C1']}/new/{world.surveys['sealed']}?suggestion="
    assert secretary.get(form + str(world.suggestions["C1"])).status_code == 404
    assert secretary.get(form + str(world.suggestions["C2"])).status_code == 404


def test_ending_a_channel_is_explained_first_and_leaves_its_page(world: World, secretary: Visitor):
    with world.app.app_context():
        channel = channel_of_a(world, [*SAID, "甲", "乙"])
        page, public = f"{INDEX}{channel.id}", f"/suggestions/{channel.slug}?lang=en"
    assert "No further round begins" in secretary.text(f"{page}/end")
    assert secretary.submit(f"{page}/end").status_code == 302
    assert "The channel has ended" in secretary.text(page)
    assert secretary.get(f"{page}/round").status_code == 409
    assert secretary.get(f"{page}/end").status_code == 409
    assert "takes no more suggestions" in secretary.text(public)
    with world.app.app_context():
        assert db.session.scalars(select(AuditEntry.act).order_by(AuditEntry.number.desc())).first() == "channel.end"


def test_the_next_round_is_one_press_away(world: World, secretary: Visitor):
    with world.app.app_context():
        channel = channel_of_a(world, [*SAID, "甲", "乙"])
        page = f"{INDEX}{channel.id}"
    pressed = secretary.submit(f"{page}/round")
    assert re.fullmatch(r"/committee/surveys/[-0-9a-f]+/open", pressed.location)
    assert secretary.get(pressed.location).status_code == 200
    assert secretary.get(f"{page}/round").status_code == 409, "one round at a time"
    with world.app.app_context():
        rounds = services.rounds_of(db.session, db.session.get_one(SuggestionChannel, channel.id))
        draft = services.present_round(rounds).survey
        assert (draft.closes_on, draft.title) == (date(2027, 3, 8), "一支部意见箱 · 2026-12")
    assert secretary.submit(f"/committee/surveys/{draft.id}/discard").status_code == 302
    assert secretary.get(f"{page}/round").status_code == 200


def test_pages_ask_the_database_as_often_for_many_suggestions_as_for_one(world: World):
    secretary = world.as_user("secretary")
    pages = (INDEX, f"{INDEX}{world.channels['C1']}", f"{INDEX}{world.channels['C1']}/queue", "/suggestions/channel-c1")
    before = [queries(world, secretary, page) for page in pages]
    with world.app.app_context():
        unit = db.session.get_one(Unit, world.units["A"])
        action = db.session.scalars(select(Action)).first()
        for number in range(40):
            db.session.add(
                Suggestion(
                    position=number, original="话", shown="话", unit=unit, action=action, answer="好",
                    survey_id=world.surveys["open"], state=SuggestionState.RELEASED, answered_on=date(2026, 12, 1),
                )
            )  # fmt: skip
        db.session.commit()
    assert all(now <= then + 2 for now, then in zip([queries(world, secretary, p) for p in pages], before, strict=True))
    assert max(before) < 20


def queries(world: World, visitor: Visitor, path: str) -> int:
    asked: list[str] = []

    def note(*said: object) -> None:
        asked.append(str(said[2]))

    event.listen(world.app.extensions["engine"], "before_cursor_execute", note)
    assert visitor.client.get(path).status_code == 200
    event.remove(world.app.extensions["engine"], "before_cursor_execute", note)
    return len(asked)
