"""The counts that a Report tells, apart from its figures, and the figures that follow from them without any answer.

So that whoever holds no answers can still reckon rates, bounds, indices and verdicts again. What was hidden or made
coarse in the Report is so in the counts, which are read off it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from analysis.dataset import NOT_ANSWERED
from analysis.item_results import item_result, rate_of
from analysis.report_json import plain
from analysis.targets import judge
from analysis.tree import Rate
from analysis.types import Definition, Measure, Objective, Roster
from instruments.model import DONT_KNOW, NOT_APPLICABLE, Instrument

SCHEMA = "branch-survey/tables/1"
COUNTED = ("satisfied", "n", "population", "bound")
UNSCORED = {"dont_know": DONT_KNOW, "not_applicable": NOT_APPLICABLE, "skipped": NOT_ANSWERED}
FROM_COUNTS = ("rate", "levels", *UNSCORED, "awareness", "mean", "sd", "index", "recommendation")
"""Fields of an item that follow from its counts where all of them are told."""

Path = tuple[str, ...]
Told = Mapping[str, Any]


def tables_of(report: Told) -> dict[str, Any]:
    """The counts of a Report in its JSON form (`report_json.to_dict`)."""
    return {
        "schema": SCHEMA,
        "unit": report["unit"],
        "dataset_sha256": report["provenance"]["dataset_sha256"],
        "instrument_sha256": report["provenance"]["instrument_sha256"],
        "threshold": report["provenance"]["threshold"],
        "roster": report["roster"],
        "overall": report["overall"],
        "items": [_item(item) for item in report["items"]],
        "groups": [
            {
                "item": table["item"],
                "columns": [
                    {
                        "option": column["option"],
                        "n": column["n"],
                        "cells": [
                            {"dimension": cell["dimension"], "n": cell["n"], "rate": _counts(cell["rate"])}
                            for cell in column["cells"]
                        ],
                    }
                    for column in table["columns"]
                ],
            }
            for table in report["groups"]
        ],
        "choices": report["choices"],
        "units": [
            {"unit": row["unit"], "roster": row["roster"], "overall": _counts(row["overall"])}
            for row in report["units"]
        ],
    }


def _item(item: Told) -> dict[str, Any]:
    kept = {name: item[name] for name in ("code", "detail", "levels", *UNSCORED)}
    return {**kept, "rate": _counts(item["rate"]), "is_weighted": item["weighted"] is not None}


def _counts(rate: Any) -> Any:
    return {name: rate[name] for name in COUNTED} if is_rate(rate) else rate


def is_rate(value: Any) -> bool:
    """Whether a figure in JSON is a rate that is told, not the mark of a hidden one."""
    return isinstance(value, Mapping) and "satisfied" in value


def figures_from(tables: Told, instrument: Instrument, objectives: Sequence[Objective]) -> Iterator[tuple[Path, Any]]:
    """Where in the Report a figure stands, and what it has to be by these counts, in JSON form.

    Raises: KeyError, TypeError, ValueError or AttributeError for what are no tables of this questionnaire.
    """
    roster = Roster(**tables["roster"])
    items = {item["code"]: item for item in tables["items"]}
    for code, item in items.items():
        yield from ((("items", code, *path), value) for path, value in _figures_of_item(item, instrument, roster))
    yield from _dimensions(items, instrument)
    for table in tables["groups"]:
        for column in table["columns"]:
            for cell in column["cells"]:
                if is_rate(cell["rate"]):
                    path = ("groups", table["item"], str(column["option"]), cell["dimension"], "rate")
                    yield path, plain(_rate(cell["rate"]))
    for row in tables["units"]:
        if is_rate(row["overall"]):
            yield ("units", row["unit"], "overall"), plain(_rate(row["overall"]))
    for objective in objectives:
        yield from _grade(objective, items, tables["overall"], roster)


def _rate(counts: Told) -> Rate:
    """Exact counts with the intervals that follow from them; a bound has none."""
    if counts["bound"] == "exact":
        return rate_of(counts["satisfied"], counts["n"], counts["population"])
    return Rate(counts["satisfied"], counts["n"], counts["population"], counts["bound"])


def _figures_of_item(item: Told, instrument: Instrument, roster: Roster) -> Iterator[tuple[Path, Any]]:
    if not is_rate(item["rate"]):
        return
    if item["detail"] != "full":
        yield ("rate",), plain(_rate(item["rate"]))
        return
    counts = {level["codes"][0]: level["count"] for level in item["levels"]}
    counts |= {code: item[name] for name, code in UNSCORED.items()}
    again = item_result(instrument, instrument.by_code[item["code"]], counts, roster)
    yield from (((name,), plain(getattr(again, name))) for name in FROM_COUNTS)


def _dimensions(items: Mapping[str, Told], instrument: Instrument) -> Iterator[tuple[Path, Any]]:
    """The mean of the rates of its items, where all of them are told exactly."""
    for dimension in (one.code for one in instrument.dimensions):
        rates = [item["rate"] for code, item in items.items() if instrument.by_code[code].dimension == dimension]
        if rates and all(is_rate(rate) and rate["bound"] == "exact" for rate in rates):
            yield ("dimensions", dimension, "rate"), sum(rate["satisfied"] / rate["n"] for rate in rates) / len(rates)


def _grade(
    objective: Objective, items: Mapping[str, Told], overall: str | None, roster: Roster
) -> Iterator[tuple[Path, Any]]:
    """The verdict on participation, and on the usual rate of a question that everybody is asked.

    Of a unit with branches it rests on their weights and does not follow from these counts.
    """
    path = ("objectives", objective.code, "judgement", "grade")
    if objective.measure is Measure.PARTICIPATION:
        if roster.verified and roster.eligible and roster.returned <= roster.eligible:
            found = judge(roster.returned, roster.eligible, roster.eligible, objective.threshold)
            yield path, found.grade.value
        return
    if objective.measure is Measure.DIMENSION or objective.definition is not Definition.SATISFIED:
        return
    item = items.get((overall if objective.measure is Measure.OVERALL else objective.target) or "")
    if item is None or item["is_weighted"] or objective.satisfied_levels is not None or not is_rate(item["rate"]):
        return
    rate = item["rate"]
    if rate["bound"] == "exact" and rate["population"] is not None:
        yield path, judge(rate["satisfied"], rate["n"], rate["population"], objective.threshold).grade.value
