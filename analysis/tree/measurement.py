"""How well the questionnaire measured: reliability, validity, what goes with overall satisfaction."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Generic, TypeVar

import numpy as np
from numpy.typing import NDArray

from analysis.confirm import Fit
from analysis.drivers import RelativeImportance
from analysis.errors import Reason
from analysis.factors import Factors
from analysis.reliability import Alpha
from analysis.tree.figures import Hidden
from analysis.validity import SamplingAdequacy, Sphericity

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class ReliabilityResult:
    """Cronbach's alpha of a scale over complete cases, or why it is not printed.

    ``scope`` is None for the whole questionnaire, else a dimension. Printed from n >= 30 complete cases of the unit
    itself, else the nearest ancestor's, pooled within units, with ``source`` naming it.
    """

    scope: str | None
    items: tuple[str, ...]
    n: int | Hidden
    alpha: Alpha | None
    refused: Reason | None = None
    source: str | None = None
    omega: float | None = None
    """McDonald's omega total of one factor; None where alpha is, or where it does not exist."""
    ordinal_alpha: float | None = None
    """Alpha of the polychoric correlations, of a dimension; from 200 answers of the same people."""


@dataclass(frozen=True, slots=True)
class Computed(Generic[T]):
    """A figure that needs many answers: the unit's own, or that of the nearest unit above that has enough.

    ``n`` are the complete cases it comes from (the smaller of two years'); of an ancestor the covariances are pooled
    within reporting units. ``source`` names the ancestor, ``refused`` says why there is none.
    """

    value: T | None
    n: int | Hidden
    refused: Reason | None = None
    source: str | None = None


@dataclass(frozen=True, slots=True)
class Structure:
    """What a factor analysis without expectations finds: how many factors stand out from chance, and the loadings of
    as many factors as there are dimensions."""

    suggested: int
    factors: Factors


@dataclass(frozen=True, slots=True)
class Confirmation:
    """Whether the items go together as the dimensions say."""

    fit: Fit
    average_variance_extracted: Mapping[str, float]
    composite_reliability: Mapping[str, float]
    fornell_larcker: NDArray[np.float64]
    htmt: NDArray[np.float64] | None


@dataclass(frozen=True, slots=True)
class Invariance:
    """Whether the items measure the same in both years, by equality constraints."""

    year: int
    """The earlier one."""
    dimensions: tuple[str, ...]
    verdict: str
    configural: Fit
    metric: Fit
    scalar: Fit


@dataclass(frozen=True, slots=True)
class ValidityResult:
    items: tuple[str, ...]
    """Rows of the loadings."""
    dimensions: tuple[str, ...]
    """Of at least two items; the order of `Confirmation`'s matrices."""
    kmo: Computed[SamplingAdequacy]
    bartlett: Computed[Sphericity]
    structure: Computed[Structure]
    confirmation: Computed[Confirmation]
    invariance: Computed[Invariance] | None
    """None without an earlier year that asked the same."""


@dataclass(frozen=True, slots=True)
class ImportanceResult:
    """What goes together with overall satisfaction: shares of its variance by dimension. Association, never cause."""

    dimensions: tuple[str, ...]
    importance: Computed[RelativeImportance]


@dataclass(frozen=True, slots=True)
class AgreementResult:
    """How much branches differ and agree within, on the overall item; from 10 branches whose rate is shown."""

    item: str
    units: int
    icc1: float
    """Share of the variance of single answers that lies between branches."""
    icc_k: float | None
    """Reliability of a branch's mean; None where branches do not differ at all."""
    median_rwg: float
    """The middle one of the branches' agreement within (1 all alike, 0 as by chance)."""
