"""The source of the project as data: modules, what they import, what they call."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parents[2]
PACKAGES = ("instruments", "analysis", "survey_app")


@dataclass(frozen=True)
class Module:
    name: str
    path: Path
    tree: ast.Module

    @property
    def package(self) -> str:
        return self.name.split(".")[0]

    def imports(self, *, deferred: bool = True) -> Iterator[str]:
        """Dotted names imported; without `deferred` only those executed when the module is loaded."""
        yield from _imports(self.tree, self.name, self.path.name == "__init__.py", deferred)

    def calls(self) -> Iterator[str]:
        """Last names of what is called: `a.b.f(x)` gives f."""
        for node in ast.walk(self.tree):
            if isinstance(node, ast.Call):
                if isinstance(node.func, ast.Attribute):
                    yield node.func.attr
                elif isinstance(node.func, ast.Name):
                    yield node.func.id


def _runs_later(node: ast.AST) -> bool:
    """Not executed when the module is loaded: a function's body, or what only a type checker reads."""
    if isinstance(node, ast.If):
        return "TYPE_CHECKING" in ast.unparse(node.test)
    return isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda)


def _imports(node: ast.AST, name: str, is_package: bool, deferred: bool) -> Iterator[str]:
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.Import):
            yield from (alias.name for alias in child.names)
        elif isinstance(child, ast.ImportFrom):
            yield from _from_import(child, name, is_package)
        elif not deferred and _runs_later(child):
            continue
        else:
            yield from _imports(child, name, is_package, deferred)


def _from_import(node: ast.ImportFrom, name: str, is_package: bool) -> Iterator[str]:
    base = node.module or ""
    if node.level:
        parts = name.split(".")
        parts = parts[: len(parts) - node.level + (1 if is_package else 0)]
        base = ".".join([*parts, *([node.module] if node.module else [])])
    known = {module_name for module_name, _ in _files()}
    for alias in node.names:
        full = f"{base}.{alias.name}"
        yield full if full in known else base


@cache
def _files() -> tuple[tuple[str, Path], ...]:
    return tuple(
        (".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__"), path)
        for package in PACKAGES
        for path in sorted((ROOT / package).rglob("*.py"))
    )


@cache
def modules() -> tuple[Module, ...]:
    return tuple(Module(name, path, ast.parse(path.read_text(encoding="utf-8"))) for name, path in _files())


def within(name: str, prefix: str) -> bool:
    return name == prefix or name.startswith(prefix + ".")
