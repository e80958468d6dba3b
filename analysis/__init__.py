"""Statistics of satisfaction surveys: pure functions over a sealed dataset, its tables, or a plain array."""

from analysis.errors import InsufficientData

__all__ = ["InsufficientData"]
