"""The figures of one result in a package, reckoned again from its sealed data, or from the counts that are shown."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from math import isclose
from typing import Any

from analysis.dataset import SealedDataset
from analysis.public_tables import Path, figures_from, tables_of
from analysis.reckoning import OWN_BLOCKS, Inputs, inputs_from_dict, reckon
from analysis.report_json import plain, to_dict
from instruments.loader import load
from instruments.model import Instrument
from instruments.wording import N_
from survey_app.dossier.audit_extract import Entry
from survey_app.dossier.manifest import Rests, ResultEntry
from survey_app.services.rules import inherited
from survey_app.services.shelf import Shelf

CLOSE = {"rel_tol": 1e-6, "abs_tol": 1e-9}
"""Another processor may round the last digits of a sum otherwise; no figure is shown so finely."""
NOT_RECKONED = frozenset({"comments", "schema"})
KEYED_BY = {
    "items": "code", "dimensions": "code", "choices": "code", "units": "unit", "columns": "option",
    "cells": "dimension", "groups": "item",
}  # fmt: skip
"""Lists of a Report whose members are found by one of their fields."""

READ: Shelf[Instrument] = Shelf(8)
"""Text of a questionnaire -> questionnaire."""
Said = tuple[str, bool, Mapping[str, object]]
"""A sentence, whether it is true, its values."""


@dataclass(frozen=True, slots=True)
class Recounted:
    checks: tuple[Said, ...]
    only_hashed: tuple[str, ...]
    """Blocks of the figures that cannot be reckoned from what is there."""


def recount_result(entry: ResultEntry, files: Mapping[str, bytes], acts: Sequence[Entry]) -> Recounted:
    """Raises: whatever reading raises, for files that are none of ours."""
    figures, tables, inputs, rules = (
        json.loads(files[f"{entry.folder}/{name}.json"]) for name in ("figures", "tables", "inputs", "rules")
    )
    wanted = inputs_from_dict(inputs)
    checks = [*_belonging(entry, figures, wanted, rules, acts)]
    checks.append((N_("%(folder)s: tables and figures tell the same counts."), tables == tables_of(figures), {}))
    if entry.rests is not Rests.TABLES:
        again, only_hashed = _from_data(entry, files, figures, wanted)
        return Recounted((*checks, *again), only_hashed)
    instrument = questionnaire_in(files, entry.instrument_sha256)
    again, only_hashed = _from_tables(figures, tables, instrument, wanted)
    return Recounted((*checks, *again), only_hashed)


def questionnaire_in(files: Mapping[str, bytes], digest: str) -> Instrument:
    """The questionnaire of this name; the same text is read once. Raises: as `recount_result`."""
    text = files[f"questionnaires/{digest}.yaml"]
    return READ.get(text, lambda: load(text))


def _belonging(
    entry: ResultEntry, figures: Mapping[str, Any], inputs: Inputs, rules: Mapping[str, Any], acts: Sequence[Entry]
) -> Iterator[Said]:
    """The figures name the data and the questionnaire, and were held against the rules that were locked."""
    provenance = figures["provenance"]
    named = (provenance["dataset_sha256"], provenance["instrument_sha256"])
    yield (
        N_("%(folder)s: the figures name the data and the questionnaire of the manifest."),
        named == (entry.dataset_sha256, entry.instrument_sha256),
        {},
    )
    sealed = [act for act in acts if act.act == "survey.seal" and act.object_id == entry.survey]
    if sealed:
        told = sealed[-1].detail.get("sha256") == entry.dataset_sha256
        yield N_("%(folder)s: the record of acts has the data’s hash from the day of sealing."), told, {}
    locked = rules["locked"].get("objectives", {})
    levels = [locked.get(code, []) for code in rules["upwards"]]
    same = tuple(inherited(levels)) == inputs.objectives
    judged = [one["objective"] for one in figures["objectives"]] == plain(inputs.objectives)
    yield N_("%(folder)s: the objectives are those that were locked."), same and judged, {}


def _from_data(
    entry: ResultEntry, files: Mapping[str, bytes], figures: Mapping[str, Any], inputs: Inputs
) -> tuple[list[Said], tuple[str, ...]]:
    is_all = entry.rests is Rests.ALL_DATA
    wanted = (entry.dataset_sha256, *(entry.earlier if is_all else ()))
    contents = [files[f"datasets/{digest}.parquet"] for digest in wanted]
    intact = all(sha256(content).hexdigest() == digest for content, digest in zip(contents, wanted, strict=True))
    checks: list[Said] = [(N_("%(folder)s: the sealed data have the hash that the figures name."), intact, {})]
    dataset, *earlier = (SealedDataset.from_parquet(content) for content in contents)
    again = to_dict(reckon(dataset, earlier, inputs))
    blocks = [block for block in again if block not in NOT_RECKONED and (is_all or block in OWN_BLOCKS)]
    wrong = [block for block in blocks if not is_same(figures.get(block), again[block])]
    checks += ((N_("%(folder)s, reckoned again from the data: %(block)s."), False, {"block": one}) for one in wrong)
    if not wrong:
        checks.append(
            (N_("%(folder)s: all figures of %(count)s parts come out again from the data."), True,
             {"count": len(blocks)})
        )  # fmt: skip
    return checks, tuple(name for name in figures if name not in blocks and name != "schema" and figures[name])


def _from_tables(
    figures: Mapping[str, Any], tables: Mapping[str, Any], instrument: Instrument, inputs: Inputs
) -> tuple[list[Said], tuple[str, ...]]:
    expected = list(figures_from(tables, instrument, inputs.objectives))
    wrong = [path for path, value in expected if not is_same(_found(figures, path), value)]
    checks: list[Said] = [
        (N_("%(folder)s, reckoned again from the counts: %(path)s."), False, {"path": "/".join(path)}) for path in wrong
    ]
    if not wrong:
        checks.append(
            (N_("%(folder)s: %(count)s figures come out again from the counts."), True, {"count": len(expected)})
        )
    touched = {path[0] for path, _value in expected}
    untouched = tuple(
        name for name in figures if name not in touched | {"schema"} and name not in tables and figures[name]
    )
    return checks, untouched


def _found(figures: Any, path: Path) -> Any:
    """The figure at a place; members of lists are named by their code. Raises: StopIteration where there is none."""
    value, kind = figures, ""
    for step in path:
        if value is None:
            return None
        if isinstance(value, list):
            value = next(one for one in value if _name(one, kind) == step)
        elif step in value:
            value, kind = value[step], step
        else:  # of a group: its columns, of a column: its cells
            kind = "columns" if "columns" in value else "cells"
            value = next(one for one in value[kind] if _name(one, kind) == step)
    return value


def _name(one: Mapping[str, Any], kind: str) -> str:
    return str(one["objective"]["code"] if kind == "objectives" else one[KEYED_BY[kind]])


def is_same(told: Any, again: Any) -> bool:
    """Equal, but for the last digits of a number; a later edition of the program may tell more."""
    if isinstance(told, float) or isinstance(again, float):
        numbers = (int, float)
        return isinstance(told, numbers) and isinstance(again, numbers) and isclose(told, again, **CLOSE)
    if isinstance(told, dict) and isinstance(again, dict):
        return all(name in again and is_same(value, again[name]) for name, value in told.items())
    if isinstance(told, list) and isinstance(again, list):
        return len(told) == len(again) and all(map(is_same, told, again))
    return bool(told == again)
