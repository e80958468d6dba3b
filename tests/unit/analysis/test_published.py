"""Published figures without answers: percentiles among organisations, places, and wordings that changed."""

from __future__ import annotations

import pytest

from analysis.errors import InsufficientData
from analysis.proportion import wilson
from analysis.published import (
    Fate,
    Figure,
    Organisation,
    Year,
    bands,
    describe,
    interval,
    passages,
    quantile,
    standing,
    word_difference,
    wording_change,
)


def year_of(number: int, figures: dict[str, dict[str, float]], wordings: dict[str, str] | None = None) -> Year:
    """Organisations whose names begin with a star are reference rows."""
    rows = {
        name: Organisation(name, "", {code: Figure(str(value), value) for code, value in found.items()})
        for name, found in figures.items()
    }
    codes = dict.fromkeys(code for row in rows.values() for code in row.figures if code != "took_part")
    return Year(
        number,
        tuple(codes),
        {name: row for name, row in rows.items() if not name.startswith("*")},
        {name: row for name, row in rows.items() if name.startswith("*")},
        wordings or {},
        "took_part",
    )


def ten(value: float = 50, **more: dict[str, float]) -> dict[str, dict[str, float]]:
    return {f"O{number}": {"q1": value + number, "took_part": 60.0} for number in range(10)} | more


def test_a_quantile_is_that_of_r():
    """R: quantile(c(1, 2, 3, 4, 5, 6, 7, 14, 34, 100), c(0, .1, .25, .5, .75, .9, 1))"""
    ordered = [1, 2, 3, 4, 5, 6, 7, 14, 34, 100]
    shares = [0, 0.1, 0.25, 0.5, 0.75, 0.9, 1]
    assert [quantile(ordered, share) for share in shares] == pytest.approx([1, 1.9, 3.25, 5.5, 12.25, 40.6, 100])


def test_a_quantile_of_nothing_does_not_exist_and_half_a_hundred_is_no_share():
    with pytest.raises(InsufficientData):
        quantile([], 0.5)
    with pytest.raises(ValueError, match="between 0 and 1"):
        quantile([1.0], 50)


def test_percentiles_are_taken_among_organisations_of_all_years_and_never_of_reference_rows():
    series = describe(
        [
            year_of(2023, ten(**{"new one": {"q1": 0.0}, "*mean": {"q1": 1.0}})),
            year_of(2022, ten(**{"*mean": {"q1": 1.0}, "old one": {"q1": 99.0}})),
        ]
    )
    assert series.constant == tuple(f"O{number}" for number in range(10))
    assert series.partial == {"new one": (2023,), "old one": (2022,)}
    found = bands(series, 2023, "q1")
    assert found is not None
    assert (found.p10, found.p25, found.p50, found.p75, found.p90) == pytest.approx((50.9, 52.25, 54.5, 56.75, 58.1))
    assert found.organisations == 10


def test_an_organisation_with_missing_figures_only_is_not_there_in_that_year():
    series = describe([year_of(2022, ten(quiet={"q1": 50.0})), year_of(2023, ten(quiet={}))])
    assert "quiet" not in series.constant
    assert series.partial == {"quiet": (2022,)}
    found = bands(series, 2022, "q1")
    assert found is not None
    assert found.organisations == 10


def test_nine_organisations_have_no_percentiles():
    assert bands(describe([year_of(2023, dict(list(ten().items())[:9]))]), 2023, "q1") is None


def test_an_organisation_stands_among_the_others_not_among_itself():
    series = describe([year_of(2023, ten(twin={"q1": 53.0}))])
    twin = standing(series, 2023, "q1", "twin")
    assert twin is not None
    assert (twin.below, twin.equal, twin.above, twin.percentile) == (3, 1, 6, 35.0)


def test_one_that_is_kept_apart_is_set_beside_all_of_the_others():
    series = describe([year_of(2023, ten(new={"q1": 53.0})), year_of(2022, ten())])
    new = standing(series, 2023, "q1", "new")
    assert new is not None
    assert (new.below, new.equal, new.above) == (3, 1, 6)
    assert standing(series, 2022, "q1", "new") is None


def test_participation_is_no_item():
    series = describe([year_of(2023, ten())])
    assert series.items == ("q1",)
    assert bands(series, 2023, "took_part") is not None


def test_an_interval_needs_the_number_of_answers_and_a_share():
    assert interval(Figure("60", 60.0)) is None
    assert interval(Figure("102", 102.0, 100)) is None
    assert interval(Figure("60", 60.0, 50)) == pytest.approx([100 * end for end in wilson(30, 50)])


def test_years_are_joined_only_where_the_wording_stayed():
    wordings = ["I am content", "I am content.", "I am happy", ""]
    years = [year_of(2020 + place, ten(), {"q1": words}) for place, words in enumerate(wordings)]
    found = passages(describe(years), "q1")
    assert [(one.earlier, one.change, one.is_joined) for one in found] == [
        (2020, "edited", True), (2021, "changed", False), (2022, "unknown", False),
    ]  # fmt: skip


def test_an_item_that_was_not_asked_for_a_year_is_compared_over_the_gap():
    gap = {name: {"took_part": 1.0} for name in ten()}
    series = describe([year_of(2021, ten(), {"q1": "a"}), year_of(2022, gap), year_of(2023, ten(), {"q1": "b"})])
    assert [(one.earlier, one.later) for one in passages(series, "q1")] == [(2021, 2023)]


def test_an_item_no_longer_asked_stands_where_it_stood():
    def asked(number: int, *codes: str) -> Year:
        return year_of(number, {"O": dict.fromkeys(codes, 1.0)})

    assert describe([asked(2021, "a", "b", "c"), asked(2022, "a", "c", "d")]).items == ("a", "b", "c", "d")


def test_a_difference_of_wordings_can_be_read():
    assert word_difference("a Brilliant Civil Service", "a Modern Civil Service") == (
        (Fate.KEPT, "a "), (Fate.GONE, "Brilliant"), (Fate.NEW, "Modern"), (Fate.KEPT, " Civil Service"),
    )  # fmt: skip
    assert [fate for fate, _ in word_difference("支部工作满意", "支部工作很满意")] == ["kept", "new", "kept"]


def test_spaces_case_and_punctuation_are_not_another_question():
    assert wording_change("[my organisation's] aims", "[My organisation]'s aims") == "edited"
    assert wording_change("e.g. cultures", "for example, cultures") == "changed"
