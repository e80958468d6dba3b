"""What a Report follows from besides sealed data, as JSON; and the Report reckoned again from both.

Comments are none of it: they are read and released one by one, and their texts lie apart from the answers.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, fields, replace
from typing import Any

from analysis.dataset import SealedDataset
from analysis.disclosure import Policy, suppress
from analysis.report import annual_result
from analysis.tree import Report
from analysis.types import ActionSpec, Definition, Measure, Objective, Rules

OWN_BLOCKS = (
    "unit", "unit_name", "title", "context", "roster", "overall", "items", "dimensions", "reliability", "objectives",
    "groups", "choices", "units", "provenance", "quality", "importance", "agreement", "comparable", "benchmark",
    "pairings", "hidden",
)  # fmt: skip
"""Fields of a Report that follow from this year's data alone."""


@dataclass(frozen=True, slots=True)
class Inputs:
    """Objectives, rules and actions as they were locked, and the unit whose figures are told."""

    unit: str
    objectives: tuple[Objective, ...]
    rules: Rules
    actions: tuple[ActionSpec, ...] = ()
    actions_below: Mapping[str, tuple[ActionSpec, ...]] | None = None
    """By code of the unit; None where they are left out, and with them what rests on them."""


def reckon(dataset: SealedDataset, earlier: Sequence[SealedDataset], inputs: Inputs) -> Report:
    """The Report of ``inputs.unit`` without comments, from whole datasets.

    An earlier year in which nobody of the unit was counted is left out. Raises: KeyError for a unit that is not part
    of the survey.
    """
    views = [past.for_unit(inputs.unit) for past in earlier if _has_people(past, inputs.unit)]
    result = annual_result(
        dataset.for_unit(inputs.unit), views, None, inputs.objectives, inputs.rules, inputs.actions,
        inputs.actions_below or {},
    )  # fmt: skip
    return replace(suppress(result, Policy(threshold=inputs.rules.threshold)), comments=())


def _has_people(dataset: SealedDataset, unit: str) -> bool:
    """Whether the unit, or one below it, has a reporting group of its own."""
    manifest = dataset.manifest
    known = unit in {node.code for node in manifest.units}
    return known and any(code in manifest.rosters for code in manifest.subtree(unit))


def inputs_to_dict(inputs: Inputs) -> dict[str, Any]:
    below = inputs.actions_below
    return {
        "unit": inputs.unit,
        "objectives": [asdict(one) for one in inputs.objectives],
        "rules": {
            "threshold": inputs.rules.threshold,
            "primary": list(inputs.rules.primary),
            "alpha": inputs.rules.alpha,
        },
        "actions": [asdict(one) for one in inputs.actions],
        "actions_below": None
        if below is None
        else {code: [asdict(one) for one in plan] for code, plan in below.items()},
    }


def inputs_from_dict(content: Mapping[str, Any]) -> Inputs:
    """Raises: KeyError, TypeError, ValueError or AttributeError for what is none."""
    below = content["actions_below"]
    rules = content["rules"]
    return Inputs(
        unit=str(content["unit"]),
        objectives=tuple(_objective(one) for one in content["objectives"]),
        rules=Rules(threshold=int(rules["threshold"]), primary=tuple(rules["primary"]), alpha=float(rules["alpha"])),
        actions=tuple(ActionSpec(**one) for one in content["actions"]),
        actions_below=None
        if below is None
        else {code: tuple(ActionSpec(**one) for one in plan) for code, plan in below.items()},
    )


def _objective(content: Mapping[str, Any]) -> Objective:
    known = {field.name for field in fields(Objective)}
    if strange := sorted(set(content) - known):
        raise ValueError(f"an objective has no {strange[0]}")
    levels, weights = content["satisfied_levels"], content["weights"]
    return Objective(
        **{
            **content,
            "measure": Measure(content["measure"]),
            "definition": Definition(content["definition"]),
            "satisfied_levels": None if levels is None else tuple(levels),
            "weights": None if weights is None else {int(level): points for level, points in weights.items()},
        }
    )
