"""The questionnaire of the simulated survey: four ratings that together say whose they are, and a comment."""

from __future__ import annotations

LEVELS = 5
RATINGS = ("a", "b", "c", "d")
"""A member's number in base 5."""

QUESTIONNAIRE = """\
schema: 1
code: anonymity-check
title: {zh_Hans: 匿名性检验, en: Anonymity check}
note: {zh_Hans: 模拟问卷。, en: Simulated questionnaire.}
audience: member
minutes: 1
scales:
  agreement:
    levels:
      - {code: 5, label: {zh_Hans: 非常满意, en: Very satisfied}}
      - {code: 4, label: {zh_Hans: 满意, en: Satisfied}}
      - {code: 3, label: {zh_Hans: 一般, en: Neither}}
      - {code: 2, label: {zh_Hans: 不满意, en: Dissatisfied}}
      - {code: 1, label: {zh_Hans: 非常不满意, en: Very dissatisfied}}
    satisfied: [5, 4]
dimensions:
  - {code: work, title: {zh_Hans: 支部工作, en: Branch work}}
sections:
  - code: only
    title: {zh_Hans: 支部工作, en: Branch work}
    items:
      - {code: a, text: {zh_Hans: 甲, en: A}, short: {zh_Hans: 甲, en: A}, scale: agreement, dimension: work}
      - {code: b, text: {zh_Hans: 乙, en: B}, short: {zh_Hans: 乙, en: B}, scale: agreement, dimension: work}
      - {code: c, text: {zh_Hans: 丙, en: C}, short: {zh_Hans: 丙, en: C}, scale: agreement, dimension: work}
      - {code: d, text: {zh_Hans: 丁, en: D}, short: {zh_Hans: 丁, en: D}, scale: agreement, role: overall}
      - {code: said, type: text, text: {zh_Hans: 意见, en: Comment}, short: {zh_Hans: 意见, en: Comment},
         max_length: 200, required: false}
"""
