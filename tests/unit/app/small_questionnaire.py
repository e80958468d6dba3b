"""A small questionnaire with one item of every type, and what a member would answer to it."""

from __future__ import annotations

from instruments.loader import load
from instruments.model import Instrument

SOURCE = """\
schema: 1
code: small
title: {zh_Hans: 党员问卷, en: Member questionnaire}
note: {zh_Hans: 请按您最近一年的实际感受选择。, en: Please choose according to your own experience.}
audience: member
minutes: 2
scales:
  satisfaction:
    levels:
      - {code: 5, label: {zh_Hans: 非常满意, en: Very satisfied}}
      - {code: 4, label: {zh_Hans: 满意, en: Satisfied}}
      - {code: 3, label: {zh_Hans: 一般, en: Neither}}
      - {code: 2, label: {zh_Hans: 不满意, en: Dissatisfied}}
      - {code: 1, label: {zh_Hans: 非常不满意, en: Very dissatisfied}}
    satisfied: [5, 4]
    unscored:
      - {kind: dont_know, label: {zh_Hans: 不了解, en: Don't know}}
dimensions:
  - {code: work, title: {zh_Hans: 支部工作, en: Branch work}}
sections:
  - code: first
    title: {zh_Hans: 支部工作, en: Branch work}
    intro: {zh_Hans: 以下几题是关于支部工作的。, en: The next questions are about the work of the branch.}
    items:
      - code: meetings
        text: {zh_Hans: 您对组织生活的安排是否满意？, en: How satisfied are you with the meetings?}
        short: {zh_Hans: 组织生活, en: Meetings}
        scale: satisfaction
        dimension: work
      - code: overall
        text: {zh_Hans: 总的来说，您对支部工作是否满意？, en: "All in all, how satisfied are you with the branch?"}
        short: {zh_Hans: 总体满意, en: Overall}
        scale: satisfaction
        role: overall
      - code: why
        type: multiple
        text: {zh_Hans: 不满意的主要是哪些方面？, en: What are you mainly dissatisfied with?}
        short: {zh_Hans: 主要方面, en: Main areas}
        options:
          - {code: 1, label: {zh_Hans: 会议, en: Meetings}}
          - {code: 2, label: {zh_Hans: 学习, en: Study}}
        visible_if: overall <= 2
  - code: second
    title: {zh_Hans: 建议和基本情况, en: Suggestions and background}
    items:
      - code: hours
        type: number
        text: {zh_Hans: 上个月您参加支部活动大约几小时？, en: About how many hours did you give last month?}
        short: {zh_Hans: 活动小时数, en: Hours}
        minimum: 0
        maximum: 200
        bands: [0, 5, 10]
      - code: age
        type: single
        text: {zh_Hans: 您的年龄段, en: Your age group}
        short: {zh_Hans: 年龄段, en: Age group}
        options:
          - {code: 1, label: {zh_Hans: 35 岁及以下, en: 35 or under}}
          - {code: 2, label: {zh_Hans: 36 岁及以上, en: 36 or over}}
        grouping: true
        required: false
      - code: comment
        type: text
        text: {zh_Hans: 您有什么建议？, en: What do you suggest?}
        short: {zh_Hans: 建议, en: Suggestions}
        max_length: 40
        required: false
"""

CONTENT = {"meetings": 4, "overall": 5, "hours": 6, "age": 2, "comment": "希望活动多一些"}
DISCONTENT = {**CONTENT, "overall": 2, "why": (1, 2)}


def small_questionnaire() -> Instrument:
    return load(SOURCE)
