"""Pulses in a control chart: the latest against limits drawn from those before it."""

from __future__ import annotations

from datetime import date
from math import sqrt

import pytest

from analysis.pulse_control import PulseChart, PulsePoint, SignalKind, pulse_chart
from analysis.tree import Hidden, Rate


def chart(*told: tuple[int, int] | Rate | Hidden) -> PulseChart:
    points = [
        PulsePoint(f"pulse {k}", date(2026, 1 + k % 12, 1), Rate(*found) if isinstance(found, tuple) else found)
        for k, found in enumerate(told)
    ]
    return pulse_chart("q1", points)


STEADY = ((24, 30), (25, 30), (23, 30), (24, 30), (26, 30), (22, 30), (25, 30), (23, 30))


def test_a_low_pulse_is_a_signal_against_those_before_it():
    found = chart(*STEADY, (12, 30))
    centre = 192 / 240
    assert found.limits.centre == centre
    assert found.limits.lower[-1] == pytest.approx(centre - 3 * sqrt(centre * (1 - centre) / 30))
    assert found.limits.upper[-1] is None  # no share could pass it
    assert found.fresh is SignalKind.BELOW
    assert found.signals == ((8, SignalKind.BELOW),)


def test_the_latest_pulse_takes_no_part_in_its_own_limits():
    assert chart(*STEADY, (12, 30)).limits.centre == chart(*STEADY, (30, 30)).limits.centre


def test_usual_ups_and_downs_are_no_signal():
    assert chart(*STEADY, (22, 30)).signals == ()


def test_the_eighth_in_a_row_on_one_side_is_a_signal():
    high, low = [(24, 30)] * 8, [(21, 30)] * 7
    assert chart(*high, *low).fresh is None
    assert chart(*high, *low, (21, 30)).fresh is SignalKind.RUN_BELOW


def test_with_fewer_than_eight_earlier_pulses_the_points_stand_alone():
    found = chart(*STEADY[:5], (1, 30))
    assert (found.limits, found.signals, found.missing) == (None, (), 3)


def test_a_pulse_without_an_exact_figure_is_passed_over():
    rough = Rate(11, 12, bound="at_least")
    found = chart(*STEADY[:7], Hidden.TOO_FEW, rough, (12, 30))
    assert found.missing == 1
    found = chart(*STEADY, rough, Hidden.TOO_FEW)
    assert found.missing == 0
    assert found.limits.lower[-2:] == (None, None)
    assert found.fresh is None


def test_large_pulses_that_always_vary_more_get_wider_limits():
    """A p chart would call five of nine a signal."""
    shares = (80, 90, 78, 91, 79, 92, 80, 90, 79)
    found = chart(*((share * 10, 1000) for share in shares))
    assert found.limits.inflation > 2
    assert found.signals == ()


def test_large_pulses_that_happen_to_vary_little_do_not_get_narrower_limits():
    """Laney's sigma z of eight pulses is far below 1 here; 84 % of 200 is within counting error of 80 %."""
    found = chart(*((160 + k % 2, 200) for k in range(8)), (168, 200))
    assert found.limits.inflation == 1.0
    assert found.signals == ()


def test_one_dissatisfied_answer_after_pulses_of_nothing_but_satisfied_ones_is_no_signal():
    full = [(30, 30)] * 8
    found = chart(*full, (28, 30))
    assert found.is_unanimous
    assert found.signals == ()
    assert {*found.limits.lower, *found.limits.upper} == {None}
    assert chart(*full, (27, 30)).signals == ((8, SignalKind.UNLIKE_ALL),)
    assert chart(*full, Hidden.TOO_FEW).signals == ()


def test_the_same_holds_after_pulses_of_nobody_satisfied():
    assert chart(*[(0, 30)] * 8, (2, 30)).fresh is None
    assert chart(*[(0, 30)] * 8, (3, 30)).fresh is SignalKind.UNLIKE_ALL


def test_shares_that_never_move_have_the_limits_of_counting():
    found = chart(*[(160, 200)] * 8, (100, 200))
    assert found.limits.inflation == 1.0
    assert found.fresh is SignalKind.BELOW
