"""The published JSON Schema of questionnaire files, and questionnaires written as JSON."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from instruments import catalogue
from instruments.catalogue import load_catalogue
from instruments.json_form import as_yaml, write_json
from instruments.json_schema import questionnaire_schema
from instruments.loader import InstrumentError, load, load_for_publishing
from instruments.reading import LARGEST, read

ROOT = Path(__file__).parents[3]
PUBLISHED = ROOT / "docs" / "questionnaire.schema.json"
TINY = sorted((ROOT / "tests" / "data" / "instruments").glob("*.yaml"))


@pytest.fixture(scope="module")
def validator() -> Draft202012Validator:
    schema = json.loads(PUBLISHED.read_text(encoding="utf-8"))
    Draft202012Validator.check_schema(schema)
    return Draft202012Validator(schema)


def faults(validator: Draft202012Validator, data: object) -> list[str]:
    return [f"{error.json_path}: {error.message}" for error in validator.iter_errors(data)]


def test_the_published_schema_is_that_of_the_program():
    assert json.loads(PUBLISHED.read_text(encoding="utf-8")) == questionnaire_schema()


def test_the_schema_is_named_without_a_host_and_explains_what_a_key_is_for():
    schema = questionnaire_schema()
    assert schema["$id"] == "urn:branch-survey:questionnaire:1"
    item = schema["$defs"]["Item"]["properties"]
    assert "Lower edges" in item["bands"]["description"]
    assert item["one_line"]["description"] == "A text of one line."
    assert "information: Words to read" in schema["$defs"]["ItemType"]["description"]
    assert schema["properties"]["schema"]["const"] == 1


@pytest.mark.parametrize("name", catalogue.names())
def test_every_ready_questionnaire_keeps_to_the_schema_as_yaml_and_as_json(validator, name):
    assert faults(validator, read(catalogue.read_text(name)).data) == []
    assert faults(validator, json.loads(write_json(load_catalogue(name)))) == []


@pytest.mark.parametrize("path", TINY, ids=lambda path: path.stem)
def test_every_kind_of_question_keeps_to_the_schema(validator, path):
    assert faults(validator, read(path.read_bytes()).data) == []


def first_item(data: dict[str, Any]) -> dict[str, Any]:
    return data["sections"][0]["items"][0]


MISTAKES: dict[str, Callable[[dict[str, Any]], object]] = {
    "a key misspelt": lambda data: first_item(data).update(requird=False),
    "a key missing": lambda data: data.pop("audience"),
    "another edition": lambda data: data.update(schema=2),
    "a kind that does not exist": lambda data: first_item(data).update(type="slider"),
    "a code with a space": lambda data: first_item(data).update(code="lead 1"),
    "a scale under a code that is none": lambda data: data["scales"].update({"1st": data["scales"]["satisfaction"]}),
    "text where a number stands": lambda data: data.update(minutes="3"),
    "a text without Chinese": lambda data: data.update(title={"en": "Survey"}),
    "a text that is too long": lambda data: data.update(title={"zh_Hans": "长" * 2001}),
    "a level code too high": lambda data: data["scales"]["satisfaction"]["levels"][0].update(code=101),
}


@pytest.mark.parametrize("mistake", MISTAKES)
def test_the_schema_and_the_program_refuse_the_same_mistakes(validator, mistake):
    data = json.loads(write_json(load_catalogue("member-satisfaction")))
    MISTAKES[mistake](data)
    assert faults(validator, data)
    with pytest.raises(InstrumentError):
        load(json.dumps(data, ensure_ascii=False))


@pytest.mark.parametrize("name", catalogue.names())
def test_json_reads_back_to_the_same_questionnaire(name):
    instrument = load_catalogue(name)
    assert load_for_publishing(as_yaml(write_json(instrument))) == instrument


def test_json_written_by_other_programs_is_read():
    """Tabs, everything beyond ASCII as escapes, a rare character as two of them, a backslash before a u."""
    data = json.loads(write_json(load_catalogue("suggestion-box")))
    data["title"] = {"zh_Hans": "𠮷村支部 \\ud842\\udfb7 😀"}
    written = json.dumps(data, ensure_ascii=True, indent="\t")
    assert "\\ud842\\udfb7" in written
    assert load(as_yaml(written)).title.zh_Hans == "𠮷村支部 \\ud842\\udfb7 😀"
    assert load(as_yaml(written.encode())).title.zh_Hans == "𠮷村支部 \\ud842\\udfb7 😀"


def problems_of(text: str | bytes) -> list[str]:
    with pytest.raises(InstrumentError) as caught:
        load_for_publishing(as_yaml(text))
    return [str(problem) for problem in caught.value.problems]


def test_problems_in_json_are_said_with_their_lines():
    lines = write_json(load_catalogue("suggestion-box")).splitlines()
    place = next(number for number, line in enumerate(lines) if '"audience"' in line)
    lines[place] = '  "audience": "everybody",'
    [said] = problems_of("\n".join(lines))
    assert said.startswith(f"line {place + 1}, audience: 'everybody' is not possible here")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('{"schema": 1,\n "code": "a",\n "code": "b"}', "line 3, code: key 'code' stands here twice, first in line 2"),
        ("[" * 100_000, "line 1: the file is nested too deeply"),
        ('{"a":' * 50 + "1" + "}" * 50, "line 1: the file is nested too deeply"),
        ('{"title": "' + "x" * 10_000_000 + '"}', f"the file is larger than {LARGEST} bytes"),
        (b'{"title":\n "\xff"}', "line 2: the file is not UTF-8 text"),
        ('{"title": "a\\u0000b"}', "line 1, title: the text contains a control character"),
        ('{"title": "half \\ud842"}', "line 1, title: the text contains a control character"),
        (
            '{"title": &x "a", "note": *x}',
            "line 1, title: anchors and aliases (& and *) are not used in questionnaires",
        ),
        ("[1, 2]", "line 1: a questionnaire file is a list of keys and values, such as 'title: …'"),
        ('{"schema": 1', "line 1: a bracket { is opened and not closed"),
    ],
    ids=["twice", "deep list", "deep object", "10 MB", "not UTF-8", "NUL", "half a pair", "alias", "list", "open"],
)
def test_hostile_json_is_refused_with_the_line(text, said):
    assert said in problems_of(text)
