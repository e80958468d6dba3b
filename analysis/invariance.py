"""Measurement invariance: do items mean the same in every group, so that the groups' figures may be compared?"""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from enum import StrEnum

import numpy as np
from numpy.typing import ArrayLike

from analysis.arrays import as_table, whole
from analysis.confirm import Fit, fit_moments
from analysis.errors import InsufficientData
from analysis.latent import Structure, items_of, model_of
from analysis.moments import Moments, complete_moments, covariance_matrix


class InvarianceVerdict(StrEnum):
    """The strongest equality over groups that still holds."""

    NONE = "none"
    CONFIGURAL = "configural"
    METRIC = "metric"
    SCALAR = "scalar"


@dataclass(frozen=True, slots=True)
class Invariance:
    configural: Fit
    metric: Fit
    scalar: Fit
    verdict: InvarianceVerdict


def invariance(x: ArrayLike, structure: Structure, groups: Sequence[Hashable]) -> Invariance:
    """Do the items mean the same in every group? Equal form, then equal loadings, then equal intercepts.

    Mean structure included, factor means and variances free in all groups but the first. A step holds while CFI falls
    by at most .010 and RMSEA rises by at most .015 (smallest group under 150: .005, .010; Chen 2007, Struct. Equ.
    Modeling 14:464); the configural model holds at CFI >= .90 and RMSEA <= .10. Agrees with R ``lavaan::cfa(group=,
    group.equal=)``.

    Parameters: groups, one label per row of x, the first one's group is the reference. Raises: as `confirm`; ValueError
    for fewer than two groups, or for another number of labels than rows.
    """
    values = as_table(x)
    used = items_of(structure, values.shape[1])
    labels = list(dict.fromkeys(groups))
    if not values.shape[0]:
        raise InsufficientData("empty")
    if len(groups) != values.shape[0]:
        raise ValueError("every row has the label of its group")
    if len(labels) < 2:
        raise ValueError("invariance compares at least two groups")
    member = np.array([labels.index(label) for label in groups])
    return _steps([complete_moments(values[member == place][:, used]) for place in range(len(labels))], structure)


def invariance_from_moments(groups: Sequence[tuple[ArrayLike, ArrayLike, int]], structure: Structure) -> Invariance:
    """`invariance` from each group's covariances (k x k, divisor n - 1), means (k) and number of rows n."""
    if len(groups) < 2:
        raise ValueError("invariance compares at least two groups")
    moments = []
    for covariance, means, n in groups:
        C, m = covariance_matrix(covariance), np.asarray(means, float)
        if m.shape != C.shape[:1] or not np.isfinite(m).all():
            raise ValueError("every item has a mean")
        used = items_of(structure, C.shape[0])
        moments.append(Moments(whole(n, "n"), m[used], C[np.ix_(used, used)]))
    return _steps(moments, structure)


def _steps(groups: Sequence[Moments], structure: Structure) -> Invariance:
    count = len(groups)
    configural = fit_moments(groups, model_of(structure, count))
    metric = fit_moments(groups, model_of(structure, count, equal_loadings=True))
    scalar = fit_moments(groups, model_of(structure, count, equal_loadings=True, equal_means=True))
    verdict = _verdict((configural, metric, scalar), min(group.n for group in groups))
    return Invariance(configural, metric, scalar, verdict)


def _verdict(fits: Sequence[Fit], smallest_group: int) -> InvarianceVerdict:
    fall, rise = (0.005, 0.010) if smallest_group < 150 else (0.010, 0.015)
    if fits[0].cfi < 0.90 or fits[0].rmsea > 0.10:
        return InvarianceVerdict.NONE
    reached = InvarianceVerdict.CONFIGURAL
    for looser, stricter, name in zip(fits, fits[1:], ("metric", "scalar"), strict=False):
        if stricter.cfi - looser.cfi < -fall or stricter.rmsea - looser.rmsea > rise:
            return reached
        reached = InvarianceVerdict(name)
    return reached
