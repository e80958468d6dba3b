"""What must hold of redactions and theme rules for all texts."""

from __future__ import annotations

from datetime import date

from hypothesis import assume, given, settings
from hypothesis import strategies as st

from analysis.redaction import redact, suggest_redactions
from analysis.themes import ThemeRule, dump_themes, parse_themes

PIECES = """
    王 李 张书记 刘洋让 小李 老王 同志 主任 总 说 的 和 欧阳 施工 〔姓名〕 〔 〕 转 电话 微信号 wx QQ
    abc_123 @ a.b .com 138 0013 8000 13800138000 １３８ 86 + - ( ) 010 62345678 11010519491231002X
"""
TEXTS = st.one_of(
    st.text(max_size=40), st.lists(st.sampled_from([*PIECES.split(), " ", "\n"]), max_size=12).map("".join)
)
MOBILES = st.builds("1{}{:09d}".format, st.integers(3, 9), st.integers(0, 10**9 - 1))


@st.composite
def identity_numbers(draw):
    born = draw(st.dates(date(1900, 1, 1), date(2020, 12, 31)))
    region = draw(st.sampled_from(["110105", "310101", "440308", "650102", "820000"]))
    digits = f"{region}{born:%Y%m%d}{draw(st.integers(0, 999)):03d}"
    # the last character makes the number, read in powers of two, leave 1 when divided by 11
    rest = sum(int(digit) * 2 ** (17 - place) for place, digit in enumerate(digits))
    return digits + "0123456789X"[(1 - rest) % 11]


@given(TEXTS, st.lists(st.sampled_from(["王芳", "李雷", "Li Lei", "姓名", "电话"]), max_size=2))
@settings(deadline=None)
def test_spans_lie_within_the_text_in_order_and_apart(text, names):
    end = 0
    for span in suggest_redactions(text, known_names=names):
        assert end <= span.start < span.end <= len(text)
        end = span.end


@given(TEXTS, st.lists(st.sampled_from(["王芳", "李雷", "Li Lei", "姓名", "电话"]), max_size=2))
@settings(deadline=None)
def test_nothing_is_left_to_redact_after_redacting(text, names):
    once = redact(text, suggest_redactions(text, known_names=names))
    assert suggest_redactions(once, known_names=names) == ()


@given(TEXTS, st.one_of(MOBILES, identity_numbers()), TEXTS)
@settings(deadline=None)
def test_every_number_of_a_person_is_found_in_any_text(before, number, after):
    assume(not before[-1:].isnumeric() and not after[:1].isnumeric())
    start = len(before)
    places = range(start, start + len(number))
    spans = suggest_redactions(before + number + after)
    assert all(any(span.start <= place < span.end for span in spans) for place in places)


@given(identity_numbers())
@settings(deadline=None)
def test_every_identity_number_is_told_from_one_with_another_check_digit(number):
    assert [span.kind for span in suggest_redactions(number)] == ["id_number"]
    wrong = number[:17] + "0123456789X"[("0123456789X".index(number[17]) + 1) % 11]
    assert [span.kind for span in suggest_redactions(wrong)] == ["id_candidate"]


WORDS = st.one_of(st.text(max_size=6), st.text("经费 同时不含:：;；,，、\n\u3000", max_size=6))
KEYWORDS = st.lists(WORDS, max_size=3, unique=True).map(tuple)


@st.composite
def rules(draw):
    def written(parts):
        try:
            return ThemeRule(*parts)
        except ValueError:
            return None

    parts = st.tuples(WORDS, KEYWORDS, KEYWORDS, KEYWORDS)
    found = draw(st.lists(parts.map(written), max_size=5))
    return list({rule.title: rule for rule in found if rule}.values())


@given(rules())
@settings(deadline=None)
def test_rules_come_back_from_their_text(rules):
    assert list(parse_themes(dump_themes(rules))) == rules
