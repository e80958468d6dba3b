"""Validity in words: whether the questions measure what they ask for; sentences, and how figures are judged.

The figures stand in `validity_tables`, in detail in `validity_details`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import combinations
from typing import Any

from flask_babel import gettext as _

from analysis.confirm import Fit
from analysis.tree import Computed, Report, ValidityResult
from instruments.wording import N_
from survey_app.wording.labels import listed, quoted
from survey_app.wording.names import Names

GOOD_ADEQUACY, USABLE_ADEQUACY = 0.8, 0.6
"""Of KMO (Kaiser 1974)."""
GOOD_FIT = {"cfi": 0.95, "rmsea": 0.06, "srmr": 0.08}
"""Hu and Bentler 1999, Struct. Equ. Modeling 6:1."""
USABLE_FIT = {"cfi": 0.90, "rmsea": 0.08, "srmr": 0.10}
DISTINCT = 0.90
"""HTMT above which two dimensions can hardly be told apart (Henseler et al. 2015)."""
MOST_PAIRS_NAMED = 2
_INVARIANCE_SENTENCES: Mapping[str, str] = {
    "scalar": N_("The questions mean the same as in %(year)s, so that both years may be compared."),
    "metric": N_("The questions are understood as in %(year)s, but the yardstick has shifted: compare with reserve."),
    "configural": N_("Some questions weigh otherwise than in %(year)s: compare dimensions with reserve."),
    "none": N_("It is not shown that the questions mean the same as in %(year)s: compare single questions only."),
}
_FIT_SENTENCES: Mapping[str, str] = {
    "good": N_("They fall into the dimensions of the questionnaire as intended."),
    "usable": N_("They fall roughly into the dimensions of the questionnaire."),
    "poor": N_("They do not quite fall into the dimensions of the questionnaire; rely on single questions more."),
}


def validity_sentences(report: Report, names: Names) -> tuple[str, ...]:
    """What is known of validity, to read out; one sentence why where nothing is."""
    found = report.validity
    if found is None:
        return ()
    told = [*_adequacy_sentence(found), *_confirmation_sentences(found, names), *_invariance_sentence(found)]
    if not told:
        return (
            _(
                "Whether the questions measure what they ask for (validity) cannot be told yet: too few complete "
                "answers here and above."
            ),
        )
    borrowed = _sources(found)
    if borrowed:
        told.append(_("What is said of validity comes from %(units)s.", units=listed(borrowed)))
    return tuple(told)


def _adequacy_sentence(found: ValidityResult) -> Iterator[str]:
    if found.kmo.value is None:
        return
    if found.kmo.value.overall >= USABLE_ADEQUACY:
        yield _("The questions have enough in common to be looked at together.")
    else:
        yield _("The questions have little in common; read them one by one.")


def _confirmation_sentences(found: ValidityResult, names: Names) -> Iterator[str]:
    confirmation = found.confirmation.value
    if confirmation is None:
        return
    yield _(_FIT_SENTENCES[fit_grade(confirmation.fit)])
    if close := close_pairs(found, names):
        yield _("Hardly to be told apart: %(pairs)s.", pairs=close)


def _invariance_sentence(found: ValidityResult) -> Iterator[str]:
    invariance = found.invariance.value if found.invariance else None
    if invariance is not None:
        yield _(_INVARIANCE_SENTENCES[invariance.verdict], year=invariance.year)


def _sources(found: ValidityResult) -> list[str]:
    """Units above whose figures are told, each once."""
    told: list[Computed[Any]] = [found.kmo, found.confirmation, *([found.invariance] if found.invariance else [])]
    return list(dict.fromkeys(one.source for one in told if one.value is not None and one.source))


def fit_grade(fit: Fit) -> str:
    """``good``, ``usable`` or ``poor`` by CFI, RMSEA and SRMR together."""
    for grade, limits in (("good", GOOD_FIT), ("usable", USABLE_FIT)):
        if fit.cfi >= limits["cfi"] and fit.rmsea <= limits["rmsea"] and fit.srmr <= limits["srmr"]:
            return grade
    return "poor"


def close_pairs(found: ValidityResult, names: Names) -> str:
    """Dimensions whose HTMT is above `DISTINCT`, by name where they are few; empty where there are none."""
    confirmation = found.confirmation.value
    if confirmation is None or confirmation.htmt is None:
        return ""
    pairs = list(combinations(enumerate(found.dimensions), 2))
    close = [
        _("%(one)s and %(other)s", one=quoted(names.dimension(one)), other=quoted(names.dimension(other)))
        for (row, one), (column, other) in pairs
        if confirmation.htmt[row, column] > DISTINCT
    ]
    if len(close) > MOST_PAIRS_NAMED:
        return _("%(n)s of %(all)s pairs of dimensions", n=len(close), all=len(pairs))
    return listed(close)


def validity_cannot() -> str:
    return _(
        "That questions hang together in the intended way does not say that the right questions were asked, nor that "
        "people said what they think."
    )
