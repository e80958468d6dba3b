"""Whoever acts leaves an entry: every service that is told who acts writes it down, or hands the person on."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from tests.architecture.source import ROOT

SERVICES = ROOT / "survey_app" / "services"
WRITES = {"record", "record_of"}


def acts() -> Iterator[tuple[str, ast.FunctionDef]]:
    """Functions of the services that are told who acts, but for the writing itself."""
    for path in sorted(set(SERVICES.glob("*.py")) - {SERVICES / "audit.py"}):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.FunctionDef) and "by" in {a.arg for a in (*node.args.args, *node.args.kwonlyargs)}:
                yield f"{path.stem}.{node.name}", node


def is_written_down(function: ast.FunctionDef) -> bool:
    calls = [node for node in ast.walk(function) if isinstance(node, ast.Call)]
    names = {node.func.id for node in calls if isinstance(node.func, ast.Name)}
    hands_on = any(
        isinstance(argument, ast.Name) and argument.id == "by"
        for call in calls
        for argument in (*call.args, *(keyword.value for keyword in call.keywords))
    )
    return bool(names & WRITES) or hands_on


def test_every_service_that_is_told_who_acts_writes_it_down():
    found = dict(acts())
    assert len(found) > 30
    assert [name for name, function in found.items() if not is_written_down(function)] == []
