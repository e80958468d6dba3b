"""Answers given without care and answers left out: flagged and counted, never excluded.

Somebody who is satisfied with everything gives the best answer everywhere. Such a person is counted apart and not held
to be careless. Answers are taken as they were given, in questionnaire order and not reversed: whoever ticks one column
down the page stays in it through a reversed item too.

Results hold no gap: where a respondent has no value, the value is 0 and ``known`` is False.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import chdtrc

from analysis.arrays import Array, answers, complete_among
from analysis.errors import InsufficientData, Reason
from analysis.moments import complete_moments, correlations, inverse

Mask = NDArray[np.bool_]
Codes = NDArray[np.int8]

FEW_ANSWERS = 8
"""Fewer equal answers than this say nothing about care."""
_BLOCK = 32_768
"""Rows looked at together: all that is kept of them fits a processor's cache."""
_SKIPPED = -1


class RowFlags(NamedTuple):
    """Of each row, whether it is flagged."""

    long_string: Mask
    """One answer in a row on more than half of the items, not the best level on all of these."""
    no_variability: Mask
    """One answer on everything, at least `FEW_ANSWERS` times, not the best level throughout."""
    all_top: Mask
    """The best level on everything answered: legitimate, told so that readers know how many."""


FLAGS = RowFlags._fields
ATTENTION = "attention"
"""Flag of whoever answers an attention check with another level than it asks for."""
COUNTED_FLAGS = (*FLAGS, ATTENTION)


@dataclass(frozen=True, eq=False, slots=True)
class LongString:
    """Per respondent."""

    longest: NDArray[np.int64]
    average: Array
    known: Mask
    """Whether there is an answer at all."""


@dataclass(frozen=True, eq=False, slots=True)
class Variability:
    """Per respondent."""

    sd: Array
    known: Mask
    """Whether there are two answers."""


@dataclass(frozen=True, eq=False, slots=True)
class Distances:
    """Per respondent."""

    distances: Array
    """Squared."""
    p: Array
    """Of so large a distance; 1 where it is not known."""
    flagged: Mask
    known: Mask
    """Whether every item was answered."""


@dataclass(frozen=True, eq=False, slots=True)
class NonResponse:
    """Shares of answers left out."""

    items: Array
    people: Array
    overall: float


@dataclass(frozen=True, eq=False, slots=True)
class Quality:
    """Flags per respondent, and how many people have each."""

    long_string: Mask
    no_variability: Mask
    all_top: Mask
    outlier: Mask | None
    """None where distances do not exist, with the reason in ``reasons``."""
    counts: Mapping[str, int]
    reasons: Mapping[str, Reason] = field(default_factory=dict)


def careless(x: ArrayLike, top: Sequence[int], *, alpha: float = 0.001) -> Quality:
    """Flags of `row_flags` and, where distances exist, of `mahalanobis`.

    Parameters: respondents x items in questionnaire order, codes from 0 to 127 as answered, NaN = no scored answer; the
    code of each item's best level (the lowest code of a reversed item).
    Raises: ValueError for other codes, or unless every item has its best level.
    """
    values = answers(x)
    flags = row_flags(_codes(values), top)
    outlier, reasons = _outlier(values, alpha)
    counted = {**flags._asdict(), **({} if outlier is None else {"outlier": outlier})}
    return Quality(*flags, outlier, {name: int(flag.sum()) for name, flag in counted.items()}, reasons)


def row_flags(codes: Codes, top: Sequence[int]) -> RowFlags:
    """Flags of many rows at once, by the rules that `RowFlags` names.

    Only levels count: a negative code (no opinion, not applicable, not answered) neither breaks a run nor extends it.
    Half of the items means half of those in the questionnaire, whatever a respondent was shown.

    Parameters: items x rows in questionnaire order, as answered; the code of each item's best level.
    Raises: ValueError unless every item has its best level.
    """
    if len(top) != codes.shape[0]:
        raise ValueError("every item has one best level")
    found = np.empty((len(FLAGS), codes.shape[1]), bool)
    for start in range(0, codes.shape[1], _BLOCK):
        rows = slice(start, start + _BLOCK)
        found[:, rows] = _block_flags(codes[:, rows], top)
    return RowFlags(*found)


def _block_flags(codes: Codes, top: Sequence[int]) -> tuple[Mask, Mask, Mask]:
    items, rows = codes.shape
    counter = np.min_scalar_type(items)
    run, answered = np.zeros(rows, counter), np.zeros(rows, counter)
    last = np.full(rows, _SKIPPED, np.int8)
    below, below_in_run, long_string = np.zeros((3, rows), bool)
    for column, best in zip(codes, top, strict=True):
        scored = column >= 0
        goes_on = scored <= (column == last)
        below_here = scored > (column == best)
        below |= below_here
        below_in_run &= goes_on
        below_in_run |= below_here
        run *= goes_on
        run += scored
        answered += scored
        long_string |= (run > items // 2) & below_in_run
        np.copyto(last, column, where=scored)
    no_variability = (run == answered) & (answered >= FEW_ANSWERS) & below
    return long_string, no_variability, (answered > 0) & ~below


def failed_attention(answers: Sequence[Codes], asked: Sequence[int], *, not_answered: int) -> Mask:
    """Of each row, whether a check was answered with anything but the level it asks for, no opinion included.

    A check that was skipped says nothing. Source: instructed response items, Meade and Craig 2012, Psych. Methods
    17:437. Parameters: a column of codes for each check (at least one), and the level that each asks for.
    """
    failed = np.zeros(answers[0].shape, bool)
    for column, level in zip(answers, asked, strict=True):
        failed |= (column != level) & (column != not_answered)
    return failed


def longstring(x: ArrayLike) -> LongString:
    """Longest and average run of identical answers, over the answered items in their order.

    Average = answers / runs. Source: Johnson 2005, J. Res. Pers. 39:103; Meade and Craig 2012, Psych. Methods 17:437.
    Agrees with R ``careless::longstring(x, avg = TRUE)`` for complete rows; there a gap ends the run, here it is
    passed over. Parameters: respondents x items as answered (not reversed), NaN = no scored answer.
    """
    values = answers(x)
    rows = values.shape[0]
    run, longest, runs = np.zeros((3, rows), np.int64)
    last = np.full(rows, np.nan)
    for column in values.T:
        scored = ~np.isnan(column)
        same = column == last
        run = np.where(scored, np.where(same, run + 1, 1), run)
        longest = np.maximum(longest, run)
        runs += scored & ~same
        last = np.where(scored, column, last)
    answered = (~np.isnan(values)).sum(axis=1)
    return LongString(longest, answered / np.maximum(runs, 1), answered > 0)


def within_person_variability(x: ArrayLike) -> Variability:
    """Standard deviation (n - 1) of each respondent's answers: ``sqrt(sum (x - m)^2 / (n - 1))`` over those given.

    Source: Dunn, Heggestad, Shanock and Theilgard 2018, J. Bus. Psychol. 33:105. Agrees with R ``careless::irv``.
    Parameters: respondents x items as answered (not reversed), NaN = no scored answer. Exactly 0 for equal answers.
    """
    values = answers(x)
    scored = ~np.isnan(values)
    n = scored.sum(axis=1)
    shift = np.min(values, axis=1, initial=np.inf, where=scored, keepdims=True)
    deviations = np.where(scored, values - np.where(np.isinf(shift), 0.0, shift), 0.0)
    deviations -= (deviations.sum(axis=1) / np.maximum(n, 1))[:, None]
    squares = np.sum(deviations**2, axis=1, where=scored)
    return Variability(np.sqrt(squares / np.maximum(n - 1, 1)), n > 1)


def mahalanobis(x: ArrayLike, *, alpha: float = 0.001) -> Distances:
    """Distance of each complete row from the mean: ``D^2 = (x - m)' S^-1 (x - m)``, held against chi-square, k df.

    Source: Mahalanobis 1936; for careless answers Meade and Craig 2012, Psych. Methods 17:437; DeSimone, Harms and
    DeSimone 2015, J. Organ. Behav. 36:171; Curran 2016, J. Exp. Soc. Psychol. 66:4. Agrees with R
    ``mahalanobis(x, colMeans(x), cov(x))`` on complete rows. R ``careless::mahad`` takes pairwise covariances and gives
    a row with gaps the sum over what was answered, yet the same k df; here such a row has no distance.
    Reversing items changes nothing. Parameters: respondents x items, NaN = no scored answer.

    Raises: InsufficientData("empty"), ("too_few_items") without any, ("too_few_rows") unless complete rows outnumber
    items, ("constant_item"), ("singular"); ValueError unless 0 < alpha < 1.
    """
    if not 0 < alpha < 1:
        raise ValueError("alpha lies between 0 and 1")
    values = answers(x)
    items = values.shape[1]
    if values.shape[0] and not items:
        raise InsufficientData("too_few_items")
    moments = complete_moments(values)
    if moments.n <= items:
        raise InsufficientData("too_few_rows")
    # of standardised items, so that an item's unit does not decide what counts as singular
    precision = inverse(correlations(moments.covariance))
    known = complete_among(values)
    z = (values[known] - moments.means) / np.sqrt(np.diag(moments.covariance))
    distances, p = np.zeros(values.shape[0]), np.ones(values.shape[0])
    distances[known] = np.maximum(np.einsum("ij,jk,ik->i", z, precision, z, optimize=True), 0.0)
    p[known] = chdtrc(items, distances[known])
    return Distances(distances, p, p < alpha, known)


def non_response(x: ArrayLike) -> NonResponse:
    """Share of answers left out, per item, per person and over all: gaps / cells.

    Parameters: respondents x items, NaN = left out. Whoever counts 不了解 and 不适用 as answers gives their codes.
    Raises: InsufficientData("empty") without people, ("too_few_items") without items.
    """
    gaps = np.isnan(answers(x))
    if not gaps.size:
        raise InsufficientData("too_few_items" if gaps.shape[0] else "empty")
    return NonResponse(gaps.mean(axis=0), gaps.mean(axis=1), float(gaps.mean()))


def _outlier(values: Array, alpha: float) -> tuple[Mask | None, Mapping[str, Reason]]:
    try:
        return mahalanobis(values, alpha=alpha).flagged, {}
    except InsufficientData as refused:
        return None, {"outlier": refused.reason}


def _codes(values: Array) -> Codes:
    """Items x respondents."""
    skipped = np.isnan(values)
    given = values[~skipped]
    if ((given != np.rint(given)) | (given < 0) | (given > np.iinfo(np.int8).max)).any():
        raise ValueError("answers are codes from 0 to 127")
    return np.ascontiguousarray(np.where(skipped, _SKIPPED, values).T, np.int8)
