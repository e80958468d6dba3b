"""What may be shown of a comment: whatever is let through was written so, in the order of writing."""

from __future__ import annotations

import re

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from analysis.redaction import MARKS, redact, suggest_redactions, without_marks
from survey_app.clean_text import without_controls
from survey_app.errors import QuotationRefused
from survey_app.services.quotation import LEFT_OUT, check_quotation

WORDS = st.sampled_from(
    ["不", "满意", "张卫东", "13800138000", "abc", "的", "。", " ", "\n", "×", "3×4", "〔姓名〕", "😀", "<b>"]
)
TEXTS = st.one_of(st.text(max_size=30), st.lists(WORDS, max_size=12).map("".join))
MARK = st.sampled_from([LEFT_OUT, "×", *MARKS.values()])


def plain(text: str) -> str:
    """Letters alone: without marks, blanks and what no text carries."""
    return re.sub("×+", "", without_marks("".join(without_controls(text).split()))).replace(" ", "")


def is_subsequence(part: str, whole: str) -> bool:
    rest = iter(whole)
    return all(sign in rest for sign in part)


def accepted(original: str, shown: str) -> bool:
    try:
        check_quotation(original, shown)
    except QuotationRefused:
        return False
    return True


@given(TEXTS, TEXTS)
def test_what_is_let_through_is_a_subsequence_of_what_was_written(original: str, shown: str):
    if accepted(original, shown):
        assert is_subsequence(plain(shown), "".join(without_controls(original).split()))


@given(TEXTS, st.data())
def test_parts_may_be_taken_out_wherever_a_mark_stands_for_them(original: str, data: st.DataObject):
    begin = data.draw(st.integers(0, len(original)))
    end = data.draw(st.integers(begin, len(original)))
    shown = original[:begin] + data.draw(MARK) + original[end:]
    assume(plain(shown))
    check_quotation(original, shown)


@given(TEXTS)
def test_as_written_and_as_proposed_it_is_always_a_quotation(original: str):
    assume(plain(original))
    check_quotation(original, original)
    proposed = redact(original, suggest_redactions(original))
    assume(plain(proposed))
    check_quotation(original, proposed)


@given(TEXTS, st.data())
def test_a_letter_of_ones_own_is_never_let_through(original: str, data: st.DataObject):
    place = data.draw(st.integers(0, len(original)))
    assume("鬱" not in original)
    assert not accepted(original, f"{original[:place]}鬱{original[place:]}")


@pytest.mark.parametrize(
    ("original", "shown", "is_let_through"),
    [
        ("食堂不满意。", "食堂满意。", False),  # the gap must be seen
        ("食堂不满意。", "食堂×××满意。", True),
        ("不满意", "满意", False),  # at the ends too
        ("不满意", "×××满意", True),
        ("不满意，不满意", "不满意", False),
        ("工作很好，但从来不公开", "工作很好", False),
        ("工作很好，但从来不公开", "工作很好×××", True),
        ("先说好的。再说坏的。", "先说好的。", False),
        ("先说好的。再说坏的。", "先说好的。×××", True),
        ("先说好的。再说坏的。", "×××再说坏的。", True),
        ("食堂满意！！", "食堂满意", True),
        ("食堂满意！！", "食堂满意！", True),
        ("食堂满意！", "食堂满意。", False),
        ("食堂满意？", "食堂满意", False),
        ("食堂满意、", "食堂满意、×××", True),
        ("食堂满意、。", "食堂满意、×××。", True),
        ("先说好的。再说坏的。", "再说坏的。先说好的。", False),
        ("他的电话13800138000。", "他的电话〔电话〕。", True),
        ("两行\r\n文字", "两行\n文字", True),
        ("两行\u202e文字", "两行文字", True),
        ("有话", "×××", False),
        ("有话", "", False),
        ("有话", "有话" + "×" * 500, False),
    ],
)
def test_what_a_quotation_is_by_example(original: str, shown: str, is_let_through: bool):
    assert accepted(original, shown) is is_let_through
