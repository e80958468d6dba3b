"""What the source does without, so that no text of anybody's becomes code, a command, a query or an address."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from re import _constants as signs  # type: ignore[attr-defined]
from re import _parser as parser  # type: ignore[attr-defined]
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]
ROOMS = ("instruments", "analysis", "survey_app", "migrations")
NEVER_CALLED = {
    "eval", "exec", "__import__", "pickle.loads", "pickle.load", "marshal.loads", "marshal.load", "shelve.open",
    "os.system", "os.popen", "render_template_string", "yaml.load", "tempfile.mktemp",
    "md5", "sha1", "hashlib.md5", "hashlib.sha1", "hashlib.new",
}  # fmt: skip
NEVER_IMPORTED = {"pickle", "marshal", "shelve", "dill", "jsonpickle", "telnetlib", "ftplib", "xmlrpc"}
MAKES_MARKUP = {
    "survey_app/web/slips.py": "square codes that the service draws itself",
    "survey_app/web/editor_preview.py": "a page of our own template, rendered with escaping",
    "survey_app/text_filters.py": "escaped in the line before",
    "survey_app/forms/committee.py": "options of a select, each escaped",
    "survey_app/charts/render.py": "our own drawing, put together from escaped parts",
}
UNESCAPED_IN_TEMPLATES = {
    "rule.html": "an attribute without any value of anybody's",
    "second_step.html": "the square code that the service draws itself",
}
CALLS_OUT = {"survey_app/services/mail.py": "the mail server of the settings"}
BY_OPERATORS = ("survey_app/commands/", "survey_app/doctor/")
NO_REQUEST_COMES_HERE = (*BY_OPERATORS, "survey_app/anonymity/", "survey_app/backup/", "migrations/")
IS_CALLED = ("survey_app/serving/measured_socket.py", "survey_app/serving/worker.py")
"""Members call here; nothing in it calls anybody."""
CALLS = {"connect", "connect_ex", "create_connection", "sendto"}
NETWORK = {"socket", "smtplib", "ssl", "urllib.request", "http.client", "requests", "httpx", "aiohttp"}
STARTS_PROCESSES = {
    "survey_app/services/table_file.py": "reads spreadsheets apart: our own module, no shell, data through a pipe",
    "survey_app/printing/compile.py": "typst apart: our own module, no shell, data through a pipe",
}
NAMES_TABLES = {"survey_app/database.py": "the names of our own tables"}
PARTED_IN_ONE_WAY = {
    r"(?:\s|#[^\n]*)*": "taken from the beginning on, and there is nothing behind it that could fail",
    r"(?:[ \r]*\n)*": "each round ends with the one sign that no round has within",
}
DRAWN_ANEW = {"editor.js": 1}
"""The preview of a questionnaire: our own page, rendered with escaping, fetched from this service."""


@dataclass(frozen=True)
class Module:
    path: str
    tree: ast.Module

    @cached_property
    def calls(self) -> list[tuple[str, ast.Call]]:
        return [(dotted(node.func), node) for node in ast.walk(self.tree) if isinstance(node, ast.Call)]

    @cached_property
    def imports(self) -> set[str]:
        names: set[str] = set()
        for node in ast.walk(self.tree):
            if isinstance(node, ast.Import):
                names |= {alias.name for alias in node.names}
            elif isinstance(node, ast.ImportFrom) and node.module:
                names |= {node.module, *(f"{node.module}.{alias.name}" for alias in node.names)}
        return names

    def is_called(self, *names: str) -> bool:
        return any(name.rpartition(".")[2] in names for name, _call in self.calls)


def dotted(callee: ast.expr) -> str:
    """What is called, as far as it has a name: "re.compile"."""
    if isinstance(callee, ast.Name):
        return callee.id
    return f"{dotted(callee.value)}.{callee.attr}" if isinstance(callee, ast.Attribute) else ""


@pytest.fixture(scope="module")
def source() -> list[Module]:
    paths = [path for room in ROOMS for path in sorted((ROOT / room).rglob("*.py"))]
    return [Module(path.relative_to(ROOT).as_posix(), ast.parse(path.read_text(encoding="utf-8"))) for path in paths]


def test_nothing_that_was_sent_is_ever_run(source: list[Module]):
    found = [f"{module.path}: {name}" for module in source for name, _call in module.calls if name in NEVER_CALLED]
    found += [f"{module.path}: {name}" for module in source for name in module.imports & NEVER_IMPORTED]
    assert found == []


def test_processes_are_started_in_few_places_and_never_through_a_shell(source: list[Module]):
    starting = {module.path for module in source if "subprocess" in module.imports}
    assert {path for path in starting if not path.startswith(BY_OPERATORS)} == set(STARTS_PROCESSES)
    with_shell = [
        f"{module.path}: {name}" for module in source for name, call in module.calls
        if any(keyword.arg == "shell" for keyword in call.keywords)
    ]  # fmt: skip
    assert with_shell == []


def test_markup_is_made_only_where_it_is_escaped_or_our_own(source: list[Module]):
    assert {module.path for module in source if module.is_called("Markup")} == set(MAKES_MARKUP)
    templates = (ROOT / "survey_app" / "templates").rglob("*.html")
    unescaped = re.compile(r"\|\s*safe\b|autoescape")
    found = {path.name for path in templates if unescaped.search(path.read_text(encoding="utf-8"))}
    assert found == set(UNESCAPED_IN_TEMPLATES)


def test_queries_are_put_together_from_names_of_our_own_only(source: list[Module]):
    def is_assembled(call: ast.Call) -> bool:
        return any(isinstance(node, ast.FormattedValue) for part in call.args for node in ast.walk(part))

    assembling = {
        module.path for module in source for name, call in module.calls
        if name.rpartition(".")[2] in ("text", "exec_driver_sql") and is_assembled(call)
    }  # fmt: skip
    assert {path for path in assembling if not path.startswith(NO_REQUEST_COMES_HERE)} == set(NAMES_TABLES)


def test_what_people_enter_leads_to_no_connection(source: list[Module]):
    calling = {module.path for module in source if module.imports & NETWORK}
    assert {path for path in calling if not path.startswith(BY_OPERATORS)} == {*CALLS_OUT, *IS_CALLED}
    called = [name for module in source if module.path in IS_CALLED for name, _call in module.calls]
    assert len(called) > len(IS_CALLED)
    assert not {name.rpartition(".")[2] for name in called} & CALLS


def test_scripts_run_nothing_that_was_typed_and_talk_to_no_other_window():
    scripts = {path.name: path.read_text(encoding="utf-8") for path in (ROOT / "survey_app" / "static").glob("*.js")}
    words = (
        "eval\\(",
        "new Function",
        "document\\.write",
        "outerHTML",
        "insertAdjacentHTML",
        "postMessage",
        "localStorage",
    )
    forbidden = re.compile("|".join(words))
    assert {name: found[0] for name, script in scripts.items() if (found := forbidden.search(script))} == {}
    assert {name: script.count("innerHTML") for name, script in scripts.items() if "innerHTML" in script} == DRAWN_ANEW


# ---- patterns that take for ever ----


def repeats_without_end(tree: Any) -> Iterator[Any]:
    for sign, value in tree:
        if sign in (signs.MAX_REPEAT, signs.MIN_REPEAT):
            _least, most, inner = value
            if most is signs.MAXREPEAT:
                yield inner
            yield from repeats_without_end(inner)
        else:
            for part in value if isinstance(value, tuple | list) else (value,):
                for branch in part if isinstance(part, list) else (part,):
                    if isinstance(branch, parser.SubPattern):
                        yield from repeats_without_end(branch)


def begins_with_a_sign_of_its_own(inner: Any) -> bool:
    """A repeated group that starts with one sign of a few can be parted in one way only."""
    return bool(inner) and inner[0][0] in (signs.LITERAL, signs.IN)


def test_no_pattern_repeats_without_end_what_repeats_without_end(source: list[Module]):
    """A short text can keep such a pattern busy for years, unless it can be parted in one way only."""
    called = [call for module in source for name, call in module.calls if name.startswith("re.") and call.args]
    known = {call.args[0].value for call in called if isinstance(call.args[0], ast.Constant)}
    assert len(known) > 50
    nested = {
        pattern
        for pattern in known
        for inner in repeats_without_end(parser.parse(pattern))
        if any(True for _deeper in repeats_without_end(inner)) and not begins_with_a_sign_of_its_own(inner)
    }
    assert nested == set(PARTED_IN_ONE_WAY)
