"""Validity in plain words: what is known, whose answers it comes from, and why a figure is refused."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import pytest
from flask import Flask
from flask_babel import force_locale

from analysis.tree import AgreementResult
from analysis.tree.measurement import Computed
from survey_app.web.annual.measured import reliability_block
from survey_app.wording import Names, names_of
from survey_app.wording.validity import fit_grade, validity_sentences
from survey_app.wording.validity_tables import validity_table
from tests.unit.analysis import synthetic


@pytest.fixture
def names(app: Flask) -> Iterator[Names]:
    with app.test_request_context(), force_locale("en"):
        yield names_of(synthetic.instrument())


@pytest.fixture(scope="module")
def large():
    """Enough complete answers in two years for every figure."""
    return synthetic.report(400, 3, years=(2025, 2026))


@pytest.fixture(scope="module")
def small():
    return synthetic.report(32, 3, years=(2025, 2026))


@pytest.fixture(scope="module")
def branch_of_many():
    """A branch of 32 among others, whose committee has enough answers for most figures."""
    return synthetic.report(seed=5, years=(2026,), units={"A": 32, "B": 90, "C": 120}, unit="A")


def rows(report, names: Names) -> dict[str, tuple[str, ...]]:
    return {row.head: tuple(cell.text for cell in row.cells) for row in validity_table(report, names).rows}


def test_every_figure_says_what_it_asks_and_whose_answers_it_comes_from(names: Names, large):
    told = rows(large, names)
    assert len(told) == 7
    assert all(head.endswith(")") and "?" in head for head in told)
    kmo = large.validity.kmo
    figure = f"{kmo.value.overall:.2f}"
    assert told["Have the questions enough in common? (KMO measure)"] == (figure, "Good", f"{kmo.n} complete answers")
    assert all("complete answers" in cells[2] for cells in told.values())


def test_too_few_answers_are_refused_with_how_many_it_would_take(names: Names, small):
    told = rows(small, names)
    assert {cells[0] for cells in told.values()} == {"not given"}
    n = small.validity.kmo.n
    needed = [cells[1] for cells in told.values()]
    assert needed == [f"needs {fewest} complete answers, here {n}" for fewest in (50, 50, 100, 200, 200, 200, 100)]
    assert validity_table(small, names).folded
    assert validity_sentences(small, names) == (
        "Whether the questions measure what they ask for (validity) cannot be told yet: too few complete answers here "
        "and above.",
    )


def test_a_figure_of_the_unit_above_says_so(names: Names, branch_of_many):
    above = branch_of_many.validity.kmo.source
    assert above
    assert rows(branch_of_many, names)["Have the questions enough in common? (KMO measure)"][2].startswith(
        f"from above: {above}, "
    )
    assert f"What is said of validity comes from {above}." in validity_sentences(branch_of_many, names)


def test_a_figure_that_does_not_exist_says_why(names: Names, large):
    stuck = replace(large.validity, confirmation=Computed(None, 250, "no_convergence"))
    told = rows(replace(large, validity=stuck), names)
    found = [cells for head, cells in told.items() if "confirmatory" in head]
    assert found == [("not given", "the computation finds no solution", "250 complete answers")]


def test_two_years_are_told_in_a_sentence_by_what_holds(names: Names, large):
    found = large.validity.invariance
    for verdict, said in (
        ("scalar", "The questions mean the same as in 2025, so that both years may be compared."),
        ("none", "It is not shown that the questions mean the same as in 2025: compare single questions only."),
    ):
        told = replace(large.validity, invariance=replace(found, value=replace(found.value, verdict=verdict)))
        assert said in validity_sentences(replace(large, validity=told), names)


def test_a_fit_is_as_good_as_its_worst_figure(large):
    fit = large.validity.confirmation.value.fit
    assert fit_grade(replace(fit, cfi=0.97, rmsea=0.04, srmr=0.03)) == "good"
    assert fit_grade(replace(fit, cfi=0.97, rmsea=0.07, srmr=0.03)) == "usable"
    assert fit_grade(replace(fit, cfi=0.97, rmsea=0.04, srmr=0.12)) == "poor"


def test_dimensions_that_cannot_be_told_apart_are_named(names: Names, large):
    found = large.validity.confirmation
    near = np.array([[1, 0.95, 0.5], [0.95, 1, 0.5], [0.5, 0.5, 1]])
    close = replace(large.validity, confirmation=replace(found, value=replace(found.value, htmt=near)))
    one, other = (names.dimension(code) for code in close.dimensions[:2])
    assert f"Hardly to be told apart: “{one}” and “{other}”." in validity_sentences(
        replace(large, validity=close), names
    )


def test_branches_are_told_by_how_they_differ_and_agree(names: Names, large):
    agreed = replace(large, agreement=AgreementResult("overall", 12, 0.08, 0.62, 0.81))
    told = rows(agreed, names)
    assert ("ICC(1) 0.08, ICC(k) 0.62", "They hardly tell branches apart", "12 branches, overall satisfaction") in (
        told.values()
    )
    assert ("0.81", "Mostly alike", "12 branches, overall satisfaction") in told.values()


def test_detail_is_folded_and_has_every_question(names: Names, large):
    content = reliability_block(large, names)
    folded = [table for table in content.tables if table.folded]
    assert len(folded) == 7
    questions = [table for table in folded if table.corner == "Question"]
    assert {len(table.rows) for table in questions} == {12}
    assert not [
        cell.text for table in content.tables for row in table.rows for cell in row.cells if "−0.00" in cell.text
    ]
