"""Many tests at once: p values adjusted as R ``p.adjust`` does. A test that does not exist (None) takes no part."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np


def holm(p: Sequence[float | None]) -> list[float | None]:
    """Family-wise: the i-th smallest of m times m - i + 1, never falling (Holm 1979, Scand. J. Stat. 6:65)."""
    order, values = _ascending(p)
    m = len(order)
    return _placed(p, order, np.maximum.accumulate(values * (m - np.arange(m))))


def benjamini_hochberg(p: Sequence[float | None]) -> list[float | None]:
    """False discovery rate: the i-th smallest of m times m / i, never rising backwards (1995, JRSS B 57:289)."""
    order, values = _ascending(p)
    m = len(order)
    return _placed(p, order, np.minimum.accumulate((values * m / np.arange(1, m + 1))[::-1])[::-1])


def _ascending(p: Sequence[float | None]) -> tuple[list[int], np.ndarray]:
    order = sorted((i for i, value in enumerate(p) if value is not None), key=lambda i: p[i] or 0.0)
    return order, np.array([p[i] for i in order], float)


def _placed(p: Sequence[float | None], order: list[int], adjusted: np.ndarray) -> list[float | None]:
    found: list[float | None] = [None] * len(p)
    for i, value in zip(order, adjusted, strict=True):
        found[i] = min(1.0, float(value))
    return found
