"""Factors of a questionnaire, under one name: finding, counting and confirming them, and what they are worth."""

from analysis.validity import (
    Factors,
    Fit,
    Invariance,
    InvarianceVerdict,
    ParallelAnalysis,
    SamplingAdequacy,
    Sphericity,
    average_variance_extracted,
    bartlett,
    bartlett_from_correlation,
    composite_reliability,
    confirm,
    confirm_from_covariance,
    explore,
    explore_correlation,
    fornell_larcker,
    htmt,
    htmt_from_correlation,
    invariance,
    invariance_from_moments,
    kmo,
    kmo_from_correlation,
    parallel_analysis,
    parallel_analysis_from_correlation,
)

__all__ = [
    "Factors", "Fit", "Invariance", "InvarianceVerdict", "ParallelAnalysis", "SamplingAdequacy", "Sphericity",
    "average_variance_extracted", "bartlett", "bartlett_from_correlation", "composite_reliability", "confirm",
    "confirm_from_covariance", "explore", "explore_correlation", "fornell_larcker", "htmt",
    "htmt_from_correlation", "invariance", "invariance_from_moments", "kmo", "kmo_from_correlation",
    "parallel_analysis", "parallel_analysis_from_correlation",
]  # fmt: skip
