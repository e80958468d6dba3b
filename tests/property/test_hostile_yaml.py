"""Whatever comes as a questionnaire's file is read or refused with its place, and a refusal keeps what was sent."""

from __future__ import annotations

import io
from itertools import pairwise
from xml.etree.ElementTree import Element

import pytest
from flask import Flask, url_for
from hypothesis import given, settings
from hypothesis import strategies as st

from instruments.loader import InstrumentError, dump, load_for_publishing
from instruments.problems import Problem
from instruments.reading import LARGEST, read
from survey_app import services
from survey_app.clean_text import without_controls
from survey_app.extensions import db
from survey_app.models import InstrumentVersion, UnitKind, UnitLevel, UserRole
from tests.page_checks import check_page, elements
from tests.property.made_instruments import OFTEN, instruments
from tests.unit.app.small_questionnaire import SOURCE
from tests.visitor import Visitor

PASSWORD = "correct horse battery"
DEEP = 10_000


def small_with(old: str, new: str) -> str:
    assert old in SOURCE
    return SOURCE.replace(old, new, 1)


def bomb() -> str:
    names = "abcdefghijklmnop"
    levels = (f"{here}: &{here} [{', '.join(f'*{below}' for _ in range(9))}]" for below, here in pairwise(names))
    return "a: &a [ha, ha]\n" + "\n".join(levels)


HOSTILE: dict[str, str] = {
    "an anchor": small_with("code: small", "code: &here small"),
    "an alias": small_with("code: small", "code: &here small\nnote: *here").replace("note: {", "more: {", 1),
    "a billion laughs": bomb(),
    "an alias to itself": "a: &a [*a]",
    "a Python object": small_with("code: small", "code: !!python/object/apply:os.system [ls]"),
    "a Python name": small_with("code: small", "code: !!python/name:os.system"),
    "a binary": small_with("code: small", "code: !!binary aGVsbG8="),
    "a set": small_with("code: small", "code: !!set {small}"),
    "a tag of its own": small_with("code: small", "code: !mine small"),
    "a tag with a control in it": "a: !<%07%E2%80%AE> 1",
    "a merge key": small_with("minutes: 2", "minutes: 2\n<<: {minutes: 3}"),
    "a key twice": small_with("audience: member", "audience: member\naudience: staff"),
    "a list as a key": small_with("minutes: 2", "minutes: 2\n? [a, b]\n: 1"),
    "a key with a control in it": small_with("minutes: 2", 'minutes: 2\n"ti\\u0007tle": 1'),
    "a key that turns around": small_with("minutes: 2", 'minutes: 2\n"\\u202eeltit": 1'),
    "a null byte": small_with("small", "sm\0all"),
    "an escaped null byte": small_with("zh_Hans: 党员问卷", 'zh_Hans: "党\\0员"'),
    "an escape character": small_with("党员问卷", "党\x1b[31m员"),
    "half a surrogate pair": small_with("zh_Hans: 党员问卷", 'zh_Hans: "\\ud800"'),
    "an override": small_with("党员问卷", "党员\u202e问卷"),
    "an isolate in a comment": small_with("code: small", "code: small # \u2066 audience: staff"),
    "a text that is a huge number": small_with("minutes: 2", "minutes: " + "9" * 5000),
    "a hexadecimal number": small_with("minutes: 2", "minutes: 0x" + "f" * 400),
    "infinity": small_with("minutes: 2", "minutes: .inf"),
    "no number": small_with("minutes: 2", "minutes: .nan"),
    "a number beyond floats": small_with("minutes: 2", "minutes: 1e999"),
    "a timestamp": small_with("minutes: 2", "minutes: 2026-01-01T00:00:00Z"),
    "yes for a number": small_with("minutes: 2", "minutes: yes"),
    "two documents": SOURCE + "---\n" + SOURCE,
    "two documents of nothing": "---\n---\n...\n---\n",
    "tabs": small_with("    levels:", "\tlevels:"),
    "brackets without end": "a: " + "[" * DEEP,
    "brackets with an end": "a: " + "[" * DEEP + "]" * DEEP,
    "braces": "{a: " * DEEP,
    "dashes": "- " * DEEP,
    "question marks": "? " * DEEP,
    "indentation": "\n".join(" " * depth + "a:" for depth in range(300)),
    "exclamation marks": "a: " + "!" * DEEP,
    "quotation marks": '"' * DEEP,
    "a directive": "%YAML 9.9\n---\n" + SOURCE,
    "a foreign directive": "%TAG ! tag:example.org,2000:\n---\n" + small_with("code: small", "code: !x small"),
    "a rule without end": small_with("overall <= 2", "(" * 400),
    "a rule of many nots": small_with("overall <= 2", "not " * 120 + "overall"),
    "nothing": "",
    "white space": " \n\t\n",
    "a list": "- a\n- b\n",
    "a word": "questionnaire",
    "markup": "<script>alert(1)</script>",
    "percent signs": small_with("minutes: 2", "minutes: '%(limit)s %s %d'"),
    "an unknown key with percent signs": small_with("minutes: 2", "minutes: 2\n'%(key)s%s{0}': 1"),
    "many keys": "\n".join(f"k{number}: 1" for number in range(300)),
}
BYTES: dict[str, bytes] = {
    "UTF-16": SOURCE.encode("utf-16"),
    "UTF-16 without a mark": SOURCE.encode("utf-16-le"),
    "UTF-32": SOURCE.encode("utf-32"),
    "GB 18030": SOURCE.encode("gb18030"),
    "an overlong slash": b"a: \xc0\xaf",
    "an encoded surrogate": b"a: \xed\xa0\x80",
    "a program": b"\x7fELF\x02\x01\x01" + bytes(64),
    "an archive": b"\x1f\x8b\x08" + bytes(range(256)),
}


def problems_of(file: str | bytes) -> tuple[Problem, ...]:
    with pytest.raises(InstrumentError) as refused:
        load_for_publishing(file)
    return refused.value.problems


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_file_is_refused_with_sentences_that_can_be_shown(name):
    problems = problems_of(HOSTILE[name])
    assert problems
    for problem in problems:
        assert problem.message
        assert without_controls(str(problem)) == str(problem)
        assert problem.line is None or 1 <= problem.line <= HOSTILE[name].count("\n") + 1
    assert not HOSTILE[name].strip() or any(problem.line for problem in problems)
    assert problems_of(HOSTILE[name].encode("utf-8", "surrogatepass")) == problems


@pytest.mark.parametrize("name", BYTES)
def test_what_is_not_utf_8_is_refused(name):
    assert problems_of(BYTES[name])


@pytest.mark.parametrize("size", [LARGEST + 1, 10_000_000])
def test_a_file_larger_than_any_questionnaire_is_not_looked_at(size):
    (problem,) = problems_of("# " + "x" * size)
    assert problem.values == {"limit": LARGEST}
    assert problems_of(b"a: [" * (size // 4 + 1)) == (problem,)


def test_a_byte_order_mark_and_windows_line_ends_are_no_fault():
    assert load_for_publishing(b"\xef\xbb\xbf" + SOURCE.replace("\n", "\r\n").encode()) == load_for_publishing(SOURCE)


anything = st.one_of(
    st.binary(max_size=300),
    st.text(max_size=300),
    st.text(st.sampled_from("ab:-[]{},&*!|>'\"%@`?#\n \t\\0x\u202e\x85\ufeff"), max_size=120),
)


@settings(OFTEN, max_examples=200)
@given(anything)
def test_any_bytes_are_read_or_refused_and_nothing_else_happens(file):
    try:
        read(file)
    except InstrumentError as error:
        assert all(problem.message for problem in error.problems)
    assert problems_of(file)


@OFTEN
@given(instruments(most_items=3), st.data())
def test_a_questionnaire_with_something_thrown_into_it_is_read_or_refused(instrument, data):
    text = dump(instrument)
    place = data.draw(st.integers(0, len(text)))
    thrown = data.draw(st.text(max_size=20) | st.sampled_from(["&a ", "*a", "!!str ", "- ", "\t", "\0", "\u202e", "}"]))
    try:
        load_for_publishing(text[:place] + thrown + text[place:])
    except InstrumentError as error:
        assert all(without_controls(str(problem)) == str(problem) for problem in error.problems)


# Through the page ----------------------------------------------------------------------------------------------------


@pytest.fixture
def committee(app: Flask) -> Visitor:
    """Whoever may make questionnaires, signed in."""
    clock, by = app.config["CLOCK"], services.COMMAND_LINE
    with app.app_context():
        unit = services.create_unit(
            db.session, code="C", name="机关党委", level=UnitLevel.COMMITTEE, kind=UnitKind.ORGAN, parent=None, by=by,
            clock=clock,
        )  # fmt: skip
        services.create_user(
            db.session, login="maker", name="Maker", password=PASSWORD, by=by, clock=clock,
            roles=[(UserRole.ADMINISTRATOR, unit)],
        )  # fmt: skip
        db.session.commit()
    visitor = Visitor(app.test_client())
    assert visitor.submit("/login", login="maker", password=PASSWORD).status_code == 302
    return visitor


def door(app: Flask) -> str:
    with app.test_request_context():
        return url_for("questionnaires.take_in", lang="en")


def published(app: Flask) -> int:
    with app.app_context():
        return db.session.query(InstrumentVersion).count()


def untouched(page: Element) -> dict[str, str]:
    """What the form sends besides the questionnaire, with the button that publishes."""
    token = next(control for control in elements(page, "input") if control.get("name") == "csrf_token")
    unit = next(choice for choice in elements(page, "select") if choice.get("name") == "unit")
    first = next(option.get("value", "") for option in elements(unit, "option") if option.get("value"))
    return {"csrf_token": token.get("value", ""), "unit": first, "publishes": "1"}


def test_every_hostile_text_comes_back_from_the_page_with_its_faults_and_nothing_lost(app, committee):
    sent = untouched(committee.page(door(app)))
    for name, text in HOSTILE.items():
        if without_controls(text) != text:
            continue  # what makes it hostile is left at the door
        answer = committee.client.post(door(app), data={**sent, "source": text})
        assert answer.status_code == 422, name
        page = check_page(answer.text)
        kept = next(area for area in elements(page, "textarea") if area.get("name") == "source")
        assert (kept.text or "").split() == text.split(), name
    assert published(app) == 0


def test_every_hostile_file_is_refused_by_the_page(app, committee):
    sent = untouched(committee.page(door(app)))
    for name, content in {**{name: text.encode() for name, text in HOSTILE.items()}, **BYTES}.items():
        answer = committee.client.post(door(app), data={**sent, "file": (io.BytesIO(content), "questionnaire.yaml")})
        assert answer.status_code == 422, name
        check_page(answer.text)
    assert published(app) == 0


def test_a_file_with_control_characters_breaks_no_page_that_has_another_fault_to_tell(app, committee):
    sent = untouched(committee.page(door(app))) | {"unit": "no unit"}
    answer = committee.client.post(door(app), data={**sent, "file": (io.BytesIO(b"a: \x07\x1b"), "questionnaire.yaml")})
    assert answer.status_code == 422
    check_page(answer.text)


def test_a_file_of_ten_megabytes_is_turned_away_at_the_door(app, committee):
    sent = (io.BytesIO(b"a: b\n" * 2_000_000), "questionnaire.yaml")
    answer = committee.submit(door(app), file=sent, source="", publishes="1")
    assert answer.status_code == 413
    check_page(answer.text)
