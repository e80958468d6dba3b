"""Exports of a result and their registry. An exporter never runs a query and never sees an unsuppressed figure."""

from __future__ import annotations

import pkgutil
from functools import cache
from importlib import import_module

from survey_app.exports import formats
from survey_app.exports.base import ExportContext, Exporter, Material, PlanRow


@cache
def registry() -> tuple[Exporter, ...]:
    """All exporters in the order pages list them: whatever the modules in `formats` offer."""
    found = [import_module(f"{formats.__name__}.{module.name}") for module in pkgutil.iter_modules(formats.__path__)]
    offered = [one for module in found for one in module.EXPORTERS]
    return tuple(sorted(offered, key=lambda one: (one.position, one.identifier)))


def exporter(identifier: str) -> Exporter | None:
    return next((one for one in registry() if one.identifier == identifier), None)


__all__ = ["ExportContext", "Exporter", "Material", "PlanRow", "exporter", "registry"]
