"""Strong and weak points in words: what stands out by more than chance, and never for being counted in full."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

import pytest
from flask import Flask
from flask_babel import force_locale

from analysis.tree import Rate, Report
from survey_app.wording import Names, items, names_of
from tests.unit.analysis import synthetic


@pytest.fixture
def names(app: Flask) -> Iterator[Names]:
    with app.test_request_context(), force_locale("en"):
        yield names_of(synthetic.instrument())


def everybody_answered(satisfied: Sequence[int], n: int = 30, roles: Sequence[str | None] = ()) -> Report:
    """So many satisfied with each question; of a census the interval of the group has no width."""
    report = synthetic.report(32, 3)
    plain = [item for item in report.items if item.code != report.overall][: len(satisfied)]
    changed = [
        replace(item, role=role, rate=Rate(x, n, n, interval=(x / n, x / n)))
        for item, x, role in zip(plain, satisfied, [*roles, *[None] * len(plain)], strict=False)
    ]
    return replace(report, items=(*changed, report.item("overall")))


def test_a_census_whose_questions_differ_by_chance_has_no_strong_and_no_weak_points(names: Names):
    report = everybody_answered([24, 25, 23, 26, 24, 22, 25, 24])
    told = items.items_sentence(report, names)
    assert "No question stands out clearly; worth discussing first:" in told
    assert "a few stand out by chance" in items.items_cannot(report, names)


def test_in_a_census_too_what_lies_far_from_the_others_is_named(names: Names):
    report = everybody_answered([24, 25, 23, 30, 24, 10, 25, 24])
    shown = report.items[:-1]
    assert [item.rate.satisfied for item in items.strong_points(shown)] == [30]
    assert [item.rate.satisfied for item in items.weak_points(shown)] == [10]


def test_a_number_that_is_only_a_bound_is_no_strong_point(names: Names):
    report = everybody_answered([14, 12, 8, 9, 8, 9, 8, 9], 15)
    first, *others = report.items[:-1]
    rough = replace(first, rate=Rate(14, 15, 15, bound="at_least"))
    assert first in items.strong_points([first, *others])
    assert items.strong_points([rough, *others]) == []


@pytest.mark.parametrize("role", ["candour", "action_taken"])
def test_whether_people_dared_to_answer_is_no_weak_point_of_the_work(names: Names, role: str):
    told = items.items_sentence(everybody_answered([10, 25, 23, 24, 24, 25, 25, 24], roles=[role]), names)
    assert ("Weak points" in told) is (role == "action_taken")
