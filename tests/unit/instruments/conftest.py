"""A small questionnaire in YAML that the stories of this folder change in one place each."""

from __future__ import annotations

from collections.abc import Callable
from textwrap import dedent

import pytest

from instruments.loader import load
from instruments.model import Instrument

SMALL = dedent(
    """\
    schema: 1
    code: small
    title: {zh_Hans: 支部测评, en: Branch survey}
    audience: member
    scales:
      satisfaction:
        levels:
          - {code: 5, label: {zh_Hans: 非常满意}}
          - {code: 4, label: {zh_Hans: 满意}}
          - {code: 3, label: {zh_Hans: 一般}}
          - {code: 2, label: {zh_Hans: 不满意}}
        satisfied: [5, 4]
        unscored:
          - {kind: dont_know, label: {zh_Hans: 不了解}}
    dimensions:
      - {code: members, title: {zh_Hans: 党员队伍}}
    sections:
      - code: first
        title: {zh_Hans: 第一部分}
        items:
          - {code: overall, text: {zh_Hans: 总体满意}, scale: satisfaction, role: overall}
          - {code: memb1, text: {zh_Hans: 党员教育}, scale: satisfaction, dimension: members}
      - code: second
        title: {zh_Hans: 第二部分}
        items:
          - code: topics
            type: multiple
            text: {zh_Hans: 关心的方面}
            options:
              - {code: 1, label: {zh_Hans: 学习}}
              - {code: 2, label: {zh_Hans: 活动}}
            required: false
          - code: age
            type: single
            text: {zh_Hans: 年龄段}
            options:
              - {code: 1, label: {zh_Hans: 35 岁及以下}}
              - {code: 2, label: {zh_Hans: 36 岁及以上}}
            grouping: true
          - {code: meetings, type: number, text: {zh_Hans: 参加活动的次数}, minimum: 0, maximum: 20}
          - {code: why, type: text, text: {zh_Hans: 不满意的原因}, required: false, visible_if: overall <= 2}
    """
)


@pytest.fixture
def small() -> Instrument:
    return load(SMALL)


@pytest.fixture
def small_with() -> Callable[[str, str], str]:
    """The questionnaire's YAML with one passage replaced; fails where the passage is not there exactly once."""

    def replaced(old: str, new: str) -> str:
        assert SMALL.count(old) == 1, old
        return SMALL.replace(old, new)

    return replaced
