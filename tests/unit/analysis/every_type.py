"""A questionnaire of agreement, yes and no, a recommendation, a ranking, a day and an attention check; none of it is
satisfaction. ``dataset`` seals answers to it whose counts are known."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from analysis.dataset import SealedDataset, build
from analysis.disclosure import suppress
from analysis.report import annual_result
from analysis.tree import Report
from analysis.types import Rules
from instruments.loader import load
from instruments.model import Instrument
from tests.unit.analysis import synthetic

SOURCE = """\
schema: 1
code: every-type
title: {zh_Hans: 各种题型, en: Every type}
audience: member
annual: false
scales:
  agreement:
    levels:
      - {code: 5, label: {zh_Hans: 非常同意, en: Strongly agree}}
      - {code: 4, label: {zh_Hans: 同意, en: Agree}}
      - {code: 3, label: {zh_Hans: 一般, en: Neither}}
      - {code: 2, label: {zh_Hans: 不同意, en: Disagree}}
      - {code: 1, label: {zh_Hans: 非常不同意, en: Strongly disagree}}
    satisfied: [5, 4]
    unscored: [{kind: dont_know, label: {zh_Hans: 不了解, en: Don't know}}]
sections:
  - code: first
    title: {zh_Hans: 一, en: One}
    items:
      - {code: help, text: {zh_Hans: 有帮助, en: It helps}, scale: agreement}
      - {code: clear, text: {zh_Hans: 说得清, en: It is clear}, scale: agreement}
      - {code: check, text: {zh_Hans: 这题请选“同意”, en: Please choose “Agree”}, scale: agreement, attention: 4}
      - {code: told, type: yes_no, text: {zh_Hans: 提前告知, en: Told in time}}
      - {code: advise, type: recommend, text: {zh_Hans: 愿意推荐, en: Would recommend}}
      - code: order
        type: ranking
        text: {zh_Hans: 请排序, en: Put in order}
        options:
          - {code: 1, label: {zh_Hans: 学习, en: Study}}
          - {code: 2, label: {zh_Hans: 参观, en: Visits}}
          - {code: 3, label: {zh_Hans: 服务, en: Service}}
      - code: joined
        type: date
        text: {zh_Hans: 哪一天参加的, en: Which day did you come}
        earliest: 2026-01-01
        latest: 2026-01-10
      - code: topic
        type: single
        text: {zh_Hans: 关于什么？, en: What is it about?}
        options:
          - {code: 1, label: {zh_Hans: 会议, en: Meetings}}
          - {code: 2, label: {zh_Hans: 其他, en: Something else}, other: true}
"""
SCORES = (10, 10, 9, 9, 9, 8, 7, 6, 3, 0)
"""Of every ten people: five promoters, two passives, three detractors."""


def instrument() -> Instrument:
    return load(SOURCE)


def answers(n: int, failed: int = 0) -> list[Mapping[str, object]]:
    """The first ``failed`` people do not follow the check; every third puts visits first, the others study; 3 of 4 say
    yes; every fifth writes what else it is about."""
    return [
        {
            "help": 5 - person % 5,
            "clear": 5 - person % 3,
            "check": 3 if person < failed else 4,
            "told": int(person % 4 > 0),
            "advise": SCORES[person % 10],
            "order": (2, 1, 3) if person % 3 == 0 else (1, 3, 2),
            "joined": person % 5,
            "topic": 2 if person % 5 == 0 else 1,
            **({"topic_other": f"食堂 {person}"} if person % 5 == 0 else {}),
        }
        for person in range(n)
    ]


def dataset(n: int = 40, failed: int = 0, units: Mapping[str, int] | None = None) -> SealedDataset:
    valid = dict(units or {"root": n})
    labels = [unit for unit, count in valid.items() for _ in range(count)]
    rows: Sequence[Mapping[str, object]] = answers(len(labels), failed)
    return build(instrument(), rows, labels, manifest=synthetic.manifest(valid))  # type: ignore[arg-type]


def report(n: int = 40, failed: int = 0, units: Mapping[str, int] | None = None, unit: str = "") -> Report:
    data = dataset(n, failed, units)
    return suppress(annual_result(data.for_unit(unit) if unit else data, [], None, (), Rules(threshold=10)))
