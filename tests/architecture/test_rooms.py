"""Who may know whom: the import rules of docs/architecture.md."""

from __future__ import annotations

import sys

import pytest

from tests.architecture.source import PACKAGES, Module, modules, within

ANALYSIS_MAY_USE = {"instruments", "analysis", "numpy", "scipy", "statsmodels", "pyarrow", "rjieba", "distributed"}
NOT_FOR_DRAWERS = (
    "survey_app.web", "survey_app.services", "survey_app.models", "survey_app.forms", "survey_app.dossier",
    "sqlalchemy",
)  # fmt: skip

FORBIDDEN = {
    "survey_app.models": ("survey_app.services", "survey_app.web", "survey_app.forms", "survey_app.exports"),
    "survey_app.services": (
        "survey_app.web",
        "survey_app.exports",
        "survey_app.charts",
        "survey_app.dossier",
        "survey_app.commands",
        "flask",
    ),
    "survey_app.dossier": ("survey_app.web", "survey_app.forms", "survey_app.commands", "flask"),
    "survey_app.assessment": (*NOT_FOR_DRAWERS, "survey_app.exports", "survey_app.charts", "flask"),
    "survey_app.exports": NOT_FOR_DRAWERS,
    "survey_app.charts": NOT_FOR_DRAWERS,
    "survey_app.wording": NOT_FOR_DRAWERS,
    "survey_app.printing": NOT_FOR_DRAWERS,
    "survey_app.anonymity": ("survey_app.web", "survey_app.commands", "flask"),
    "survey_app.doctor": ("survey_app.web", "survey_app.commands", "flask"),
    "survey_app.backup": ("survey_app.web", "survey_app.commands", "flask"),
    "survey_app.crypto": ("survey_app.web", "survey_app.services", "survey_app.models", "flask", "sqlalchemy"),
    "survey_app.serving": ("survey_app.web", "survey_app.services", "survey_app.models", "flask", "sqlalchemy"),
    "survey_app.web": ("sqlalchemy", "scipy", "numpy", "statsmodels", "survey_app.commands", "survey_app.serving"),
    "survey_app.forms": ("survey_app.services", "survey_app.web", "sqlalchemy"),
}


def test_instruments_know_neither_analysis_nor_the_application():
    strangers = [
        f"{module.name} imports {name}"
        for module in modules()
        if module.package == "instruments"
        for name in module.imports()
        if name.split(".")[0] in ("analysis", "survey_app")
    ]
    assert strangers == []


def test_analysis_knows_the_instrument_model_and_numbers_only():
    strangers = [
        f"{module.name} imports {name}"
        for module in modules()
        if module.package == "analysis"
        for name in module.imports()
        if name.split(".")[0] not in ANALYSIS_MAY_USE | sys.stdlib_module_names
        or (within(name, "instruments") and name not in ("instruments", "instruments.model"))
    ]
    assert strangers == []


@pytest.mark.parametrize("room", FORBIDDEN)
def test_arrows_inside_the_application_point_one_way(room: str):
    strangers = [
        f"{module.name} imports {name}"
        for module in modules()
        if within(module.name, room)
        for name in module.imports()
        if any(within(name, forbidden) for forbidden in FORBIDDEN[room])
    ]
    assert strangers == []


def test_no_module_is_reached_from_itself():
    graph = {module.name: _project_imports(module) for module in modules()}
    assert list(_cycles(graph)) == []


def _project_imports(module: Module) -> set[str]:
    names = {name for name in module.imports(deferred=False) if name.split(".")[0] in PACKAGES}
    return names - {module.name}


def _cycles(graph: dict[str, set[str]]):
    done: set[str] = set()

    def visit(name: str, trail: tuple[str, ...]):
        if name in trail:
            yield " -> ".join((*trail[trail.index(name) :], name))
        elif name not in done:
            for other in sorted(graph.get(name, ())):
                yield from visit(other, (*trail, name))
            done.add(name)

    for start in graph:
        yield from visit(start, ())


def test_every_module_says_what_lives_in_it():
    import ast

    silent = [module.name for module in modules() if not ast.get_docstring(module.tree) and module.tree.body]
    assert silent == []


def test_no_room_is_called_by_a_name_that_says_nothing():
    empty_names = {"utils", "util", "helpers", "helper", "manager", "common", "misc"}
    assert [m.name for m in modules() if m.name.split(".")[-1] in empty_names] == []
