"""Which items of a questionnaire are taken together: as a scale, a dimension, or predictors of overall satisfaction."""

from __future__ import annotations

from collections.abc import Sequence

from analysis.types import Measure
from instruments.model import SCORED_TYPES, Instrument, Item, ItemType, Role


def overall_item(instrument: Instrument) -> str | None:
    """Code of the overall satisfaction item, if the questionnaire has one on a scale."""
    item = instrument.item_with_role(Role.OVERALL)
    return item.code if item is not None and item.type in SCORED_TYPES else None


def dimensions_of(instrument: Instrument) -> dict[str, tuple[str, ...]]:
    """Dimensions that have scored items, in the order of the questionnaire, with the codes of those items."""
    members = {
        dimension.code: tuple(item.code for item in instrument.items_of(dimension.code))
        for dimension in instrument.dimensions
    }
    return {code: items for code, items in members.items() if items}


def items_measured(instrument: Instrument, measure: Measure, target: str | None) -> tuple[Item, ...]:
    """The scored questions that an objective is about; none where they are not asked, or of participation."""
    if measure is Measure.DIMENSION:
        codes: Sequence[str] = dimensions_of(instrument).get(target or "", ())
    else:
        code = {Measure.OVERALL: overall_item(instrument), Measure.ITEM: target}.get(measure)
        codes = [item.code for item in instrument.scored_items if item.code == code]
    return tuple(instrument.by_code[code] for code in codes)


def asked_of_everybody(instrument: Instrument, items: tuple[str, ...]) -> tuple[str, ...]:
    """Those of the items that stand behind no condition."""
    return tuple(code for code in items if instrument.by_code[code].visible_if is None)


def questionnaire_scale(instrument: Instrument) -> tuple[str, ...]:
    """Items that the questionnaire's own alpha is made of: those of dimensions, asked of everybody."""
    items = [item for item in instrument.scored_items if item.visible_if is None]
    within = [item.code for item in items if item.dimension is not None]
    return tuple(within or [item.code for item in items])


def driver_scale(instrument: Instrument) -> tuple[str, ...]:
    """Items of all dimensions and, last, the overall item, all asked of everybody; empty where there is nothing to
    explain or fewer than two dimensions to explain it with."""
    overall = overall_item(instrument)
    if overall is None or instrument.by_code[overall].visible_if is not None:
        return ()
    members = [
        [code for code in asked_of_everybody(instrument, items) if code != overall]
        for items in dimensions_of(instrument).values()
    ]
    members = [items for items in members if items]
    return (*(code for items in members for code in items), overall) if len(members) > 1 else ()


def choice_items(instrument: Instrument) -> tuple[Item, ...]:
    """Choices, rankings, banded numbers and days that are not grouping questions."""
    return tuple(
        item for item in instrument.items if item.type not in (*SCORED_TYPES, ItemType.TEXT) and not item.grouping
    )
