"""A questionnaire, names and answers full of text that wants to be something else: everywhere it stays text.

The whole way of a survey: questionnaire page, landing, sheet, pages without JavaScript, review, result, files.
"""

from __future__ import annotations

import io
import json
from collections.abc import Iterator, Mapping
from datetime import date
from random import Random
from typing import Any
from uuid import UUID
from xml.etree.ElementTree import Element, fromstring
from zipfile import ZipFile

import pytest
from flask import Flask, url_for
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from openpyxl import load_workbook
from pypdf import PdfReader
from sqlalchemy import select

from instruments.checks import check
from instruments.loader import InstrumentError, dump, load
from instruments.model import (
    Audience,
    Dimension,
    Instrument,
    Item,
    ItemType,
    Level,
    Option,
    Role,
    Scale,
    Section,
    Translation,
    Unscored,
)
from survey_app import services
from survey_app.clean_text import is_clean, without_controls
from survey_app.exports import registry
from survey_app.extensions import db
from survey_app.forms.fields import plain_text
from survey_app.models import Survey, UserRole
from survey_app.services.datasets import load_dataset
from survey_app.web.questionnaire_page import FILES
from tests.answering import cast, count_and_seal
from tests.open_survey import OpenSurvey, open_survey
from tests.page_checks import check_page, elements, text_of
from tests.visitor import Visitor

PASSWORD = "correct horse battery"
TURNING = "\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"
ATTACKS = (
    "</title></textarea></script><script>stranger(1)</script>",
    '" stranger="1" onfocus="stranger(1)',
    "' stranger='1' onfocus='stranger(1)",
    "<stranger>&lt;stranger&gt;&#60;",
    "<!-- <stranger> --> ]]> <![CDATA[",
    "{{ 7*7 }}{% stranger %}${7*7}#{7*7}",
    "%s %(stranger)s %d %% {0} {number} {text}",
    '=HYPERLINK("http://stranger","x")',
    "=1+1",
    "+1+1",
    "-1+1",
    "@SUM(A1)",
    "|cmd /c stranger",
    "\u200b零\u200d宽\u2060\ufeff度",
    "שלום \u200f! \u200e(abc) سلام",
    "e\u0301\u0327" + "\u0301" * 20 + " 組み",
    "😀👨\u200d👩\u200d👧\U0001f1e8\U0001f1f3𠮷",
    "\\u0027 \\n \\0 &amp; &nbsp; &#x202e;",
    "#let x = 1; #stranger() $1+1$ *x* _y_ @ref <label> `raw`",
    "javascript:stranger(1) http://stranger/ data:text/html,x",
)
SHORT = (
    "=1+1", "<stranger>", '"\'>', "{number}", "%s", "@A1", "+1", "-1", "|x", "\u200b零", "e\u0301", "😀", "שלום", "#x",
)  # fmt: skip


def texts() -> Iterator[str]:
    """One attack after the other, numbered at the end so that no two are alike."""
    for number in range(10_000):
        yield f"{ATTACKS[number % len(ATTACKS)]} {number}"


def hostile_instrument() -> Instrument:
    """One of everything, all of its words hostile, in both languages."""
    words = texts()

    def said() -> Translation:
        return Translation(zh_Hans=next(words), en=next(words))

    shorts = iter(SHORT * 2)

    def options(count: int, **last: bool) -> tuple[Option, ...]:
        plain = tuple(Option(code=code, label=said()) for code in range(1, count))
        return (*plain, Option(code=count, label=said(), **last))

    def item(code: str, kind: ItemType, **more: Any) -> Item:
        short = {} if kind is ItemType.INFORMATION else {"short": Translation(zh_Hans=next(shorts)), "hint": said()}
        return Item(code=code, type=kind, text=said(), **short, **more)

    scale = Scale(
        levels=tuple(Level(code=code, label=said()) for code in (5, 4, 3, 2, 1)),
        satisfied=(5, 4),
        unscored=(Unscored(kind="dont_know", label=said()),),
    )
    return Instrument(
        schema=1,
        code="hostile",
        title=said(),
        note=said(),
        audience=Audience.MEMBER,
        scales={"main": scale},
        dimensions=(Dimension(code="work", title=said()),),
        sections=(
            Section(
                code="first",
                title=said(),
                intro=said(),
                items=(
                    item("overall", ItemType.SCALE, scale="main", role=Role.OVERALL),
                    item("read", ItemType.INFORMATION),
                    item("one", ItemType.SCALE, scale="main", dimension="work", matrix="table"),
                    item("two", ItemType.SCALE, scale="main", dimension="work", matrix="table"),
                    item("again", ItemType.RECOMMEND),
                    item("known", ItemType.YES_NO),
                ),
            ),
            Section(
                code="second",
                title=said(),
                shuffled=True,
                items=(
                    item("age", ItemType.SINGLE, options=options(3, other=True)),
                    item("why", ItemType.MULTIPLE, options=options(4, exclusive=True)),
                    item("order", ItemType.RANKING, options=options(3), places=2),
                    item("hours", ItemType.NUMBER, minimum=0, maximum=9),
                    item("day", ItemType.DATE, earliest=date(2026, 1, 1), latest=date(2026, 12, 31)),
                    item("line", ItemType.TEXT, is_short=True, required=False),
                    item("comment", ItemType.TEXT, required=False),
                ),
            ),
        ),
    )


INSTRUMENT = hostile_instrument()
ANSWERED: Mapping[str, Any] = {
    "overall": 4, "one": 5, "two": 2, "again": 10, "known": 1, "age": 3, "age_other": ATTACKS[0], "why": [1, 2],
    "order": [2, 1], "hours": 3, "day": "2026-05-01",
}  # fmt: skip


def flat(text: str) -> str:
    return " ".join(text.split())


def words_of(part: object) -> Iterator[str]:
    """Every text of a questionnaire in Chinese."""
    if isinstance(part, Translation):
        yield part.zh_Hans
    elif isinstance(part, tuple):
        for inner in part:
            yield from words_of(inner)
    elif isinstance(part, Section | Item | Option | Scale | Level | Unscored):
        for name in type(part).model_fields:
            yield from words_of(getattr(part, name))


def require_only_text(html: str) -> Element:
    """Valid, nothing inline, and no element or attribute that one of the texts brought in."""
    page = check_page(html)
    for element in page.iter():
        names = [str(element.tag), *map(str, element.keys())]
        assert not any("stranger" in name for name in names), names
        address = (element.get("href") or "") + (element.get("src") or "") + (element.get("action") or "")
        assert not address.startswith("javascript:")
        assert "stranger" not in address
    assert not set(TURNING) & set(html)
    return page


def require_said(page: Element, *said: str) -> None:
    everything = flat(text_of(page))
    assert [text for text in said if flat(text) not in everything] == []


@pytest.fixture
def survey(app: Flask) -> OpenSurvey:
    return open_survey(app, source=dump(INSTRUMENT), title=ATTACKS[0][:60])


@pytest.fixture
def phone(app: Flask) -> Any:
    return app.test_client()


def as_form(answers: Mapping[str, Any]) -> dict[str, Any]:
    return {
        f"q_{code}": [str(one) for one in value] if isinstance(value, list) else str(value)
        for code, value in answers.items()
    }


def test_the_questionnaire_itself_is_fit_to_publish():
    assert check(INSTRUMENT) == ()
    assert load(dump(INSTRUMENT)) == INSTRUMENT


# Members -------------------------------------------------------------------------------------------------------------


def test_landing_and_sheet_show_every_word_as_a_word(phone, survey):
    landing = require_only_text(phone.get(survey.path).text)
    require_said(landing, ATTACKS[0][:60])
    page = phone.get(sheet_address(survey)).text
    sheet = require_only_text(page)
    asked = [item for section in INSTRUMENT.sections for item in section.items]
    require_said(sheet, *(item.text.zh_Hans for item in asked))
    require_said(sheet, *(option.label.zh_Hans for item in asked for option in item.options))
    require_said(sheet, *(level.label.zh_Hans for level in INSTRUMENT.scales["main"].levels))
    form = next(form for form in elements(sheet, "form") if form.get("data-rules"))
    rules = json.loads(form.get("data-rules") or "")
    assert [entry["code"] for entry in rules["items"]] == [item.code for item in INSTRUMENT.items]


def sheet_address(survey: OpenSurvey) -> str:
    with survey.app.test_request_context():
        return url_for("sheet.show", survey_slug=survey.slug, group_slug=survey.group)


SHOWN = " ".join(INSTRUMENT.by_code)


def test_pages_without_javascript_show_hostile_answers_as_they_were_typed(phone, survey):
    written = "\n".join(ATTACKS)[:490]
    typed = as_form(ANSWERED) | {"q_comment": written + TURNING + "\x07", "q_line": ATTACKS[1]}
    sent = {"code": survey.codes[0], "attempt": "a1" * 16, "shown": SHOWN}
    first = require_only_text(phone.post(survey.path, data={**sent, "go": "start"}).text)
    require_said(first, INSTRUMENT.sections[0].items[0].text.zh_Hans)
    second = phone.post(survey.path, data={**sent, **typed, "go": "next", "at": "first"})
    page = require_only_text(second.text)
    area = next(area for area in elements(page, "textarea") if area.get("name") == "q_comment")
    assert plain_text(area.text or "") == plain_text(written)
    line = next(control for control in elements(page, "input") if control.get("name") == "q_line")
    assert line.get("value") == ATTACKS[1]
    review = require_only_text(phone.post(survey.path, data={**sent, **typed, "go": "review", "at": "second"}).text)
    require_said(review, written, ATTACKS[1], ATTACKS[0])
    wrong = {**sent, **typed, "q_overall": ATTACKS[1], "q_hours": ATTACKS[2], "q_age": "<stranger>"}
    for at in ("first", "second"):
        refused = phone.post(survey.path, data={**wrong, "go": "next", "at": at})
        assert refused.status_code == 422
        require_only_text(refused.text)
    require_only_text(phone.post(survey.path, data={**sent, **typed, "go": "submit", "at": "review"}).text)
    assert survey.counts() == (1, 1)


def test_an_answer_of_a_hundred_thousand_characters_is_told_how_much_too_long_it_is_and_kept(phone, survey):
    written = ("<stranger>'\"" * 10_000)[:100_000]
    sent = as_form(ANSWERED) | {"q_comment": written, "code": survey.codes[0], "at": "second", "shown": SHOWN}
    answer = phone.post(f"{survey.path}?lang=en", data={**sent, "go": "next"})
    assert answer.status_code == 422
    page = require_only_text(answer.text)
    require_said(page, "You have written 100000 characters, at most 500 are possible. Please shorten it by 99500.")
    area = next(area for area in elements(page, "textarea") if area.get("name") == "q_comment")
    assert area.text == written
    assert survey.counts() == (0, 0)


@settings(max_examples=15, deadline=None, suppress_health_check=list(HealthCheck))
@given(words=st.text(max_size=60) | st.lists(st.sampled_from((*ATTACKS, *TURNING, "\n")), max_size=4).map("".join))
def test_whatever_is_written_comes_back_as_it_will_be_kept(app, survey, words):
    sent = as_form(ANSWERED) | {"q_comment": words, "code": survey.codes[0], "at": "second", "go": "review"}
    review = require_only_text(app.test_client().post(survey.path, data=sent).text)
    require_said(review, plain_text(without_controls(words)))


# The committee -------------------------------------------------------------------------------------------------------


@pytest.fixture
def committee(app: Flask, survey: OpenSurvey) -> Visitor:
    with app.app_context():
        unit = survey_of(survey).unit
        services.create_user(
            db.session, login="committee", name="Committee", password=PASSWORD, by=services.COMMAND_LINE,
            clock=app.config["CLOCK"],
            roles=[(role, unit) for role in (UserRole.ADMINISTRATOR, UserRole.SECRETARY, UserRole.HIGHER_COMMITTEE)],
        )  # fmt: skip
        db.session.commit()
    visitor = Visitor(app.test_client())
    assert visitor.submit("/login", login="committee", password=PASSWORD).status_code == 302
    return visitor


def survey_of(survey: OpenSurvey) -> Survey:
    return db.session.scalars(select(Survey).where(Survey.slug == survey.slug)).one()


def test_the_pages_of_the_questionnaire_show_every_word_and_its_files_hold_it(app, committee):
    with app.app_context():
        sha256 = services.latest_version(db.session, "hostile").sha256
    with app.test_request_context():
        address, index = url_for("questionnaires.show", sha256=sha256), url_for("questionnaires.index")
        files = {name: url_for("questionnaires.file", sha256=sha256, name=name) for name in FILES}
    require_said(require_only_text(committee.get(index).text), INSTRUMENT.title.zh_Hans)
    page = require_only_text(committee.get(address).text)
    require_said(page, INSTRUMENT.title.zh_Hans, *(item.text.zh_Hans for item in INSTRUMENT.sections[0].items))
    got = {}
    for name, file in files.items():
        answer = committee.client.get(file)
        assert answer.status_code == 200, name
        assert "attachment" in answer.headers["Content-Disposition"], name
        got[name] = answer.data
    assert load(got["yaml"]) == INSTRUMENT
    assert load(got["json"]) == INSTRUMENT
    assert got["pdf"].startswith(b"%PDF")
    require_no_formula(got["xlsform"])
    with ZipFile(io.BytesIO(got["word"])) as document:
        said = flat("".join(fromstring(document.read("word/document.xml")).itertext()))
    asked = [item.text.zh_Hans for section in INSTRUMENT.sections for item in section.items]
    assert [text for text in asked if flat(text) not in said] == []
    printed = letters("".join(page.extract_text() for page in PdfReader(io.BytesIO(got["pdf"])).pages))
    assert [text for text in asked if letters(text) not in printed] == []


def letters(text: str) -> str:
    """What is left of a text however its lines were broken."""
    return "".join(sign for sign in text if sign.isascii() and sign.isalnum())


def require_no_formula(workbook: bytes) -> set[str]:
    """All words of a workbook, none of them a formula or a link."""
    found = set()
    for sheet in load_workbook(io.BytesIO(workbook)):
        for row in sheet.iter_rows():
            for cell in row:
                assert cell.data_type != "f", (sheet.title, cell.coordinate, cell.value)
                assert cell.hyperlink is None or "stranger" not in str(cell.hyperlink.target)
                if isinstance(cell.value, str):
                    assert is_clean(cell.value), cell.value
                    found.add(flat(cell.value))
    return found


def sealed(survey: OpenSurvey, rows: list[Mapping[str, Any]]) -> UUID:
    app = survey.app
    clock, secret = app.config["CLOCK"], app.config["INSTALLATION_SECRET"]
    with app.app_context():
        stored = survey_of(survey)
        (group,) = stored.groups
        for code, row in zip(survey.codes, rows, strict=False):
            cast(db.session, stored, group, code, row, secret=secret)
        services.close_survey(db.session, stored, by=services.COMMAND_LINE, clock=clock)
        count_and_seal(db.session, stored, survey.passphrases, clock=clock, secret=secret, rng=Random(3))
        db.session.commit()
        return stored.id


def test_results_and_every_file_of_them_hold_the_words_as_words(app, survey, committee):
    comments = [f"{TURNING}{ATTACKS[number]}\x07" for number in range(12)]
    rows = [
        {**ANSWERED, "overall": 5 - number % 4, "one": 1 + number % 5, "comment": comment, "age_other": SHORT[number]}
        for number, comment in enumerate(comments)
    ]
    survey_id = sealed(survey, rows)
    with app.app_context():
        stored = db.session.get_one(Survey, survey_id)
        data = load_dataset(db.session, stored)
        unit_id = stored.unit_id
    assert data.instrument == INSTRUMENT
    assert sorted(data.texts["comment"]["b3"]) == sorted(map(plain_text, comments))
    with app.test_request_context():
        address = url_for("results.show", survey_id=survey_id, unit_id=unit_id)
        files = {
            one.identifier: url_for("results.export", survey_id=survey_id, unit_id=unit_id, identifier=one.identifier)
            for one in registry()
            if not one.takes_rows
        }
        queue = url_for("comments.show", survey_id=survey_id, unit_id=unit_id)
    written = [plain_text(comment) for comment in comments]
    require_said(require_only_text(committee.get(queue).text), *written)
    release_all(app, survey_id)
    for language in ("zh", "en"):
        require_said(require_only_text(committee.get(f"{address}?lang={language}").text), *written)
    got = {name: committee.client.get(file) for name, file in files.items()}
    assert {answer.status_code for answer in got.values()} == {200}
    words = require_no_formula(got["workbook"].data)
    assert set(map(flat, written)) <= words
    report = json.loads(got["json"].data)
    assert ATTACKS[0] in json.dumps(report, ensure_ascii=False).replace('\\"', '"')
    for answer in got.values():
        assert "attachment" in answer.headers["Content-Disposition"]


def release_all(app: Flask, survey_id: UUID) -> None:
    """Let every comment be read as it was written."""
    with app.app_context():
        stored = db.session.get_one(Survey, survey_id)
        unit, clock = stored.unit, app.config["CLOCK"]
        found = services.comment_queue(db.session, stored, unit).comments
        released = [services.Release(one.words, one.words.text) for one in found]
        services.release_comments(db.session, stored, unit, released, by=services.COMMAND_LINE, clock=clock)
        db.session.commit()


# At the door ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("mark", TURNING)
def test_a_mark_that_turns_the_direction_is_refused_in_questionnaires_and_left_out_of_answers(mark):
    with pytest.raises(InstrumentError, match="control character"):
        load(dump(INSTRUMENT).replace("code: hostile", f"code: hostile # {mark}", 1))
    escaped = f'zh_Hans: "\\u{ord(mark):04x}'
    with pytest.raises(InstrumentError, match="control character"):
        load(dump(INSTRUMENT).replace("zh_Hans: ", escaped + '" # ', 1))
    assert plain_text(f"a{mark}b") == "ab"
    assert not is_clean(mark)
