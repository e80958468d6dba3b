"""Which figures of two years may stand side by side, item by item, and why not."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from analysis.comparability import ItemComparability, Reason, comparability
from analysis.tree import Comparability
from analysis.types import Context
from instruments.model import Instrument

LAST_YEAR = Context(2025, month=12, participation=0.80, reference_day="2025-12-01")
THIS_YEAR = Context(2026, month=12, participation=0.84, reference_day="2026-12-03")


def questionnaire(*codes: str, **changes: Any) -> dict[str, Any]:
    """A questionnaire of scored items as YAML would give it."""
    labels = ("很不满意", "不满意", "一般", "满意", "非常满意")
    levels = [
        {"code": code, "label": {"zh_Hans": label, "en": f"level {code}"}} for code, label in enumerate(labels, 1)
    ]
    items = [
        {"code": code, "text": {"zh_Hans": f"您对{code}满意吗？", "en": f"About {code}"}, "scale": "s"}
        for code in codes
    ]
    content: dict[str, Any] = {
        "schema": 1,
        "code": "survey",
        "title": {"zh_Hans": "问卷"},
        "audience": "member",
        "scales": {"s": {"levels": levels, "satisfied": [4, 5]}},
        "sections": [{"code": "S", "title": {"zh_Hans": "一"}, "items": items}],
    }
    return content | changes


def item(content: dict[str, Any], code: str) -> dict[str, Any]:
    return next(found for found in content["sections"][0]["items"] if found["code"] == code)


def compared(
    later: dict[str, Any], earlier: dict[str, Any] | None = None, before: Context = LAST_YEAR, now: Context = THIS_YEAR
) -> dict[str, ItemComparability]:
    first = Instrument.model_validate(earlier or questionnaire("A", "B", "C"))
    return comparability(first, Instrument.model_validate(later), before, now)


def test_the_same_questions_a_year_later_compare():
    found = compared(questionnaire("A", "B", "C"))
    assert found == dict.fromkeys("ABC", ItemComparability(Comparability.COMPARABLE, ()))


def test_a_new_wording_is_a_new_question_a_comma_is_not():
    changed = questionnaire("A", "B", "C")
    item(changed, "A")["text"]["zh_Hans"] = "您对A非常满意吗？"
    item(changed, "B")["text"]["zh_Hans"] = "您对B，满意吗? "
    found = compared(changed)
    assert found["A"] == ItemComparability(Comparability.NOT, (Reason.WORDING,))
    assert found["B"].status is Comparability.COMPARABLE


def test_a_hint_belongs_to_the_question():
    changed = questionnaire("A", "B", "C")
    item(changed, "A")["hint"] = {"zh_Hans": "近十二个月"}
    assert compared(changed)["A"].reasons == (Reason.WORDING,)


def test_a_changed_translation_is_a_reserve_an_added_one_nothing():
    changed, without = questionnaire("A", "B", "C"), questionnaire("A", "B", "C")
    item(changed, "A")["text"]["en"] = "How do you like A"
    assert compared(changed)["A"] == ItemComparability(Comparability.WITH_RESERVE, (Reason.TRANSLATION,))
    del item(without, "A")["text"]["en"]
    assert compared(changed, without)["A"].status is Comparability.COMPARABLE


def scale_change(name: str) -> dict[str, Any]:
    changed = questionnaire("A")
    scale = changed["scales"]["s"]
    if name == "label":
        scale["levels"][2]["label"]["zh_Hans"] = "还可以"
    elif name == "no opinion offered":
        scale["unscored"] = [{"kind": "dont_know", "label": {"zh_Hans": "不了解"}}]
    elif name == "satisfied":
        scale["satisfied"] = [3, 4, 5]
    elif name == "reversed":
        item(changed, "A")["reversed"] = True
    elif name == "condition":
        item(changed, "A")["visible_if"] = "B >= 4"
    return changed


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ("label", Reason.LEVELS),
        ("no opinion offered", Reason.LEVELS),
        ("satisfied", Reason.DEFINITION),
        ("reversed", Reason.DEFINITION),
        ("condition", Reason.DEFINITION),
    ],
)
def test_what_a_figure_means_must_stay(change, reason):
    found = compared(scale_change(change), questionnaire("A"))
    assert found["A"] == ItemComparability(Comparability.NOT, (reason,))


def test_another_scale():
    shorter = questionnaire("A")
    del shorter["scales"]["s"]["levels"][2]
    assert Reason.SCALE in compared(shorter, questionnaire("A"))["A"].reasons


def test_a_question_that_follows_another_one_now():
    found = compared(questionnaire("B", "A", "C"))
    assert {code: one.reasons for code, one in found.items()} == dict.fromkeys("ABC", (Reason.POSITION,))
    assert {one.status for one in found.values()} == {Comparability.WITH_RESERVE}


def test_a_new_question_compares_with_nothing_and_moves_none():
    found = compared(questionnaire("A", "N", "B", "C"))
    assert found["N"] == ItemComparability(Comparability.NOT, (Reason.NEW_ITEM,))
    assert {found[code].status for code in "ABC"} == {Comparability.COMPARABLE}
    assert set(compared(questionnaire("A", "C"))) == {"A", "C"}


@pytest.mark.parametrize(
    ("change", "status", "reasons"),
    [
        ({"mode": "open"}, Comparability.NOT, (Reason.MODE,)),
        ({"mode": "imported"}, Comparability.WITH_RESERVE, (Reason.MODE,)),
        ({"audience": "staff"}, Comparability.NOT, (Reason.AUDIENCE,)),
        ({"month": 1}, Comparability.COMPARABLE, ()),
        ({"month": 7}, Comparability.WITH_RESERVE, (Reason.MONTH,)),
        ({"month": None}, Comparability.COMPARABLE, ()),
        ({"participation": 0.95}, Comparability.WITH_RESERVE, (Reason.PARTICIPATION,)),
        ({"participation": 0.65}, Comparability.WITH_RESERVE, (Reason.PARTICIPATION,)),
        ({"participation": 0.949}, Comparability.COMPARABLE, ()),
        ({"participation": None}, Comparability.COMPARABLE, ()),
        ({"reference_day": "2026-06-30"}, Comparability.WITH_RESERVE, (Reason.REFERENCE_DATE,)),
        ({"reference_day": "2026-12-31"}, Comparability.COMPARABLE, ()),
        ({"reference_day": "年末"}, Comparability.COMPARABLE, ()),
        ({"mode": "open", "month": 7}, Comparability.NOT, (Reason.MODE, Reason.MONTH)),
    ],
)
def test_circumstances_of_the_survey(change, status, reasons):
    found = compared(questionnaire("A", "B", "C"), now=replace(THIS_YEAR, **change))
    assert found["B"] == ItemComparability(status, reasons)
