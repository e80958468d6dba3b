"""Surveys made up from known truths: a one-factor model per person, a known satisfaction rate per item.

``sealed`` gives a SealedDataset, ``result`` the exact AnnualResult, ``report`` what may be shown of it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from statistics import NormalDist

import numpy as np

from analysis.dataset import Manifest, SealedDataset, UnitNode, build
from analysis.disclosure import Policy, suppress, unit_pattern
from analysis.report import annual_result
from analysis.tree import AnnualResult, Report
from analysis.types import ActionSpec, Context, Measure, Objective, Roster, Rules
from instruments.model import Instrument

LOADING = 0.8
"""Of every item on the person's general satisfaction."""
DIMENSIONS = {"lead": "领导班子", "work": "工作机制", "mass": "群众反映"}
RATES = {
    "l1": 0.95,
    "l2": 0.90,
    "l3": 0.85,
    "l4": 0.80,
    "w1": 0.70,
    "w2": 0.75,
    "w3": 0.60,
    "w4": 0.65,
    "m1": 0.88,
    "m2": 0.84,
    "m3": 0.80,
    "m4": 0.78,
    "overall": 0.90,
    "acted": 0.72,
    "candour": 0.93,
}
"""Item -> the share of satisfied people in the population the answers are drawn from."""
DONT_KNOW_SHARE = 0.03
OBJECTIVES = (
    Objective("Q1", "总体满意率不低于 90%", Measure.OVERALL, None, "0.90"),
    Objective("Q2", "按期落实不低于 80%", Measure.ITEM, "w3", "0.80"),
    Objective("Q3", "工作机制不低于 60%", Measure.DIMENSION, "work", "0.60"),
    Objective("Q4", "参与率不低于 80%", Measure.PARTICIPATION, None, "0.80"),
)


def _text(zh: str) -> dict[str, str]:
    return {"zh_Hans": zh, "en": f"[{zh}]"}


def instrument(**changes: object) -> Instrument:
    """Twelve items in three dimensions (w4 reverse-keyed), overall, action taken, candour, two grouping questions,
    a single and a multiple choice, a comment. ``changes`` replace fields of the questionnaire."""
    agree = zip((5, 4, 3, 2, 1), ("非常满意", "满意", "一般", "不满意", "非常不满意"), strict=True)
    codes = [code for code in RATES if code[0] in "lwm"]
    dimension = {"l": "lead", "w": "work", "m": "mass"}
    items = [
        {
            "code": code,
            "text": _text(f"题目{code}"),
            "short": _text(f"短{code}"),
            "scale": "five",
            "dimension": dimension[code[0]],
            "reversed": code == "w4",
        }
        for code in codes
    ]
    roles = [
        {"code": code, "text": _text(code), "scale": "five", "role": role}
        for code, role in (("overall", "overall"), ("acted", "action_taken"), ("candour", "candour"))
    ]
    about = [
        {
            "code": "age",
            "text": _text("年龄段"),
            "type": "single",
            "grouping": True,
            "options": _options("青", "中", "老"),
        },
        {
            "code": "tenure",
            "text": _text("在支部时间"),
            "type": "single",
            "grouping": True,
            "options": _options("短", "长"),
        },
        {"code": "wish", "text": _text("最希望的活动"), "type": "single", "options": _options("参观", "讲座", "服务")},
        {
            "code": "channels",
            "text": _text("了解渠道"),
            "type": "multiple",
            "options": _options("会议", "公告", "网上"),
        },
        {"code": "comment", "text": _text("意见"), "type": "text", "required": False},
    ]
    content = {
        "schema": 1,
        "code": "synthetic",
        "title": _text("合成问卷"),
        "audience": "member",
        "scales": {
            "five": {
                "levels": [{"code": code, "label": _text(label)} for code, label in agree],
                "satisfied": (5, 4),
                "unscored": [{"kind": "dont_know", "label": _text("不了解")}],
            }
        },
        "dimensions": [{"code": code, "title": _text(title)} for code, title in DIMENSIONS.items()],
        "sections": [
            {"code": "one", "title": _text("一"), "items": items},
            {"code": "two", "title": _text("二"), "items": roles + about},
        ],
    }
    return Instrument.model_validate({**content, **changes})


def _options(*labels: str) -> list[dict[str, object]]:
    return [{"code": code, "label": _text(label)} for code, label in enumerate(labels, 1)]


def answers(
    n: int, rng: np.random.Generator, rates: Mapping[str, float] = RATES, dont_know: float = DONT_KNOW_SHARE
) -> list[dict[str, object]]:
    """Answers of n people to ``instrument()``."""
    general = rng.standard_normal(n)
    rows: list[dict[str, object]] = [{} for _ in range(n)]
    for code, rate in rates.items():
        latent = LOADING * general + (1 - LOADING**2) ** 0.5 * rng.standard_normal(n)
        cuts = [
            NormalDist().inv_cdf(share) for share in ((1 - rate) * 0.15, (1 - rate) * 0.4, 1 - rate, 1 - rate * 0.45)
        ]
        levels = 1 + np.searchsorted(cuts, latent)
        silent = rng.random(n) < (0 if code == "overall" else dont_know)
        for row, level, is_silent in zip(rows, levels, silent, strict=True):
            row[code] = -1 if is_silent else int(6 - level if code == "w4" else level)
    for row in rows:
        row["age"], row["tenure"] = int(rng.integers(1, 4)), int(rng.integers(1, 3))
        row["wish"] = int(rng.integers(1, 4))
        row["channels"] = tuple(int(option) for option in (1, 2, 3) if rng.random() < 0.5)
        if rng.random() < 0.3:
            row["comment"] = f"意见 {rng.integers(10**6)}"
    return rows


def manifest(
    valid: Mapping[str, int],
    *,
    year: int = 2026,
    parents: Mapping[str, str | None] | None = None,
    threshold: int = 10,
    verified: bool = True,
) -> Manifest:
    """Units with their valid ballots; about 8 of 9 eligible people took part. Without ``parents`` all lie under the
    unit "root", which is added."""
    tree = dict(parents) if parents else {"root": None, **{unit: "root" for unit in valid if unit != "root"}}
    rosters = {
        unit: Roster(count + -(-count // 8), count + -(-count // 8), count, count, verified)
        for unit, count in valid.items()
    }
    return Manifest(
        survey=f"synthetic-{year}",
        title=f"{year} 年度满意度测评",
        context=Context(year=year, month=12, mode="codes" if verified else "open"),
        units=tuple(UnitNode(unit, f"支部 {unit}", parent) for unit, parent in tree.items()),
        rosters=rosters,
        instrument_sha256="0" * 64,
        threshold=threshold,
        hidden_units=unit_pattern(valid, tree, threshold),
        software="synthetic",
    )


def sealed(
    n: int = 200,
    seed: int = 1,
    year: int = 2026,
    units: Mapping[str, int] | None = None,
    *,
    parents: Mapping[str, str | None] | None = None,
    rates: Mapping[str, float] | None = None,
    dont_know: float = DONT_KNOW_SHARE,
    threshold: int = 10,
    verified: bool = True,
    questionnaire: Instrument | None = None,
) -> SealedDataset:
    """n answers of one unit, or ``units`` (unit -> number of answers) under a common root.

    ``rates`` overrides single items of RATES.
    """
    valid = dict(units or {"root": n})
    rng = np.random.default_rng(seed)
    rows = answers(sum(valid.values()), rng, {**RATES, **(rates or {})}, dont_know)
    labels = [unit for unit, count in valid.items() for _ in range(count)]
    described = manifest(valid, year=year, parents=parents, threshold=threshold, verified=verified)
    return build(questionnaire or instrument(), rows, labels, manifest=described)


def result(
    dataset: SealedDataset | None = None,
    previous: Sequence[SealedDataset] = (),
    *,
    objectives: Sequence[Objective] = OBJECTIVES,
    rules: Rules | None = None,
    actions: Sequence[ActionSpec] = (),
    **how: object,
) -> AnnualResult:
    """The exact result of a dataset, or of ``sealed(**how)``."""
    data = dataset or sealed(**how)  # type: ignore[arg-type]
    locked = rules or Rules(threshold=data.manifest.threshold)
    return annual_result(data, previous, None, objectives, locked, actions)


def report(
    n: int = 200,
    seed: int = 1,
    years: Sequence[int] = (2024, 2025, 2026),
    *,
    units: Mapping[str, int] | None = None,
    unit: str | None = None,
    earlier_rates: Mapping[str, float] | None = None,
    **how: object,
) -> Report:
    """The Report of the last of ``years``; the years before are drawn anew, with ``earlier_rates`` instead of RATES.

    ``unit`` looks at one unit's subtree. Further arguments as for `sealed`, and ``objectives``, ``rules``, ``actions``.
    """
    given = {name: how.pop(name) for name in ("objectives", "rules", "actions") if name in how}
    found = [
        sealed(
            n,
            seed + offset,
            year,
            units,
            **({**how, "rates": earlier_rates} if earlier_rates and year != years[-1] else how),
        )  # type: ignore[arg-type]
        for offset, year in enumerate(years)
    ]
    views = [dataset.for_unit(unit) if unit else dataset for dataset in found]
    return suppress(result(views[-1], views[:-1], **given), Policy(5))  # type: ignore[arg-type]


def with_roster(dataset: SealedDataset, unit: str, roster: Roster) -> SealedDataset:
    """The same answers with other returns of one unit."""
    rosters = {**dataset.manifest.rosters, unit: roster}
    return replace(dataset, manifest=replace(dataset.manifest, rosters=rosters), whole=None)  # type: ignore[arg-type]
