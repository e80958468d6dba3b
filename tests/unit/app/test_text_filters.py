"""How figures and dates stand in a text."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest
from flask import Flask
from flask_babel import force_locale
from markupsafe import Markup

from survey_app.text_filters import iso_date, long_date, no_break, percent

DAY = date(2026, 12, 4)


@pytest.mark.parametrize(
    ("written", "kept_together"),
    [
        ("共 30 人", "共 30_人"),
        ("第 2 部分，共 6 部分", "第_2_部分，共 6_部分"),
        ("2026 年 12 月 4 日", "2026_年 12_月 4_日"),
        ("94% 的 30 个", "94% 的 30_个"),
        ("30 people", "30 people"),
    ],
)
def test_a_figure_stays_with_its_measure_word(written, kept_together):
    assert no_break(written) == kept_together.replace("_", "\u00a0")


def test_what_somebody_typed_is_escaped_once():
    assert no_break("<b>5 人") == "&lt;b&gt;5\u00a0人"
    assert no_break(Markup("<b>5 人</b>")) == "<b>5\u00a0人</b>"


def test_a_day_is_written_out_in_texts_and_short_in_tables(app: Flask):
    with app.test_request_context():
        with force_locale("zh_Hans"):
            assert long_date(DAY).replace("\u00a0", " ") == "2026 年 12 月 4 日"
        with force_locale("en"):
            assert long_date(DAY) == "4 December 2026"
    assert iso_date(DAY) == "2026-12-04"


@pytest.mark.parametrize(
    ("share", "places", "shown"),
    [
        (0.9375, 0, "94%"),
        (0.945, 0, "95%"),
        (Decimal("0.005"), 0, "1%"),
        (1, 0, "100%"),
        (0.8949, 1, "89.5%"),
        (0, 0, "0%"),
    ],
)
def test_percents_are_rounded_last_and_half_up(share, places, shown):
    assert percent(share, places) == shown
