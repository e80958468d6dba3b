"""Answers split by grouping questions, choices counted, sub-units side by side, comments.

All exact; hiding is `disclosure`.
"""

from __future__ import annotations

from collections.abc import Sequence

from analysis.comments import count_themes, words
from analysis.counted import Counted
from analysis.dataset import scattered
from analysis.item_results import item_result, rate_of
from analysis.scales import dimensions_of
from analysis.tables import Split
from analysis.themes import ThemeRule
from analysis.tree import ChoiceResult, Comments, GroupCell, GroupColumn, GroupTable, Hidden, Rate, UnitRow


def group_tables(survey: Counted) -> tuple[GroupTable, ...]:
    """Per grouping question: who is satisfied with each dimension. People without an answer stand in no column."""
    dimensions = tuple(dimensions_of(survey.instrument))
    return tuple(
        GroupTable(item, tuple(_column(split, position, dimensions) for position in range(len(split.options))))
        for item, split in survey.view.splits.items()
    )


def _column(split: Split, position: int, dimensions: tuple[str, ...]) -> GroupColumn:
    """``dimensions`` are the first of the subjects."""
    answered, satisfied = split.answered[0, position], split.satisfied[0, position]
    return GroupColumn(
        option=split.options[position],
        n=int(split.people[0, position]),
        cells=tuple(_cell(code, int(answered[k]), int(satisfied[k])) for k, code in enumerate(dimensions)),
    )


def _cell(dimension: str, n: int, satisfied: int) -> GroupCell:
    return GroupCell(dimension, n, rate_of(satisfied, n, None) if n else Hidden.TOO_FEW)


def choice_results(survey: Counted) -> tuple[ChoiceResult, ...]:
    """Counts per option of choices and banded numbers that are not grouping questions."""
    return tuple(
        ChoiceResult(item, int(found.answered[0]), tuple(found.chosen[0].tolist()))
        for item, found in survey.view.choices.items()
    )


def comments_of(survey: Counted, themes: Sequence[ThemeRule]) -> tuple[Comments, ...]:
    """Texts of each text item over all units of the view, in the order of their hashes (they follow no row); the words
    and themes of most people in them."""
    units = set(survey.units)
    found = []
    for item in survey.instrument.text_items:
        texts = [text for unit, said in survey.texts.get(item.code, {}).items() if unit in units for text in said]
        shuffled = tuple(sorted(texts, key=scattered))
        found.append(Comments(item.code, len(texts), shuffled, words(shuffled), count_themes(shuffled, themes)))
    return tuple(found)


def unit_rows(survey: Counted, overall: str | None) -> tuple[UnitRow, ...]:
    """Direct sub-units with their returns and overall rate."""
    return tuple(
        UnitRow(
            child.code,
            child.name,
            survey.manifest.roster_of(child.code),
            Hidden.TOO_FEW if overall is None else _rate_of_unit(survey.for_unit(child.code), overall),
        )
        for child in survey.manifest.children(survey.unit)
    )


def _rate_of_unit(survey: Counted, item: str) -> Rate | Hidden:
    return item_result(survey.instrument, survey.instrument.by_code[item], survey.counts(item), survey.roster).rate
