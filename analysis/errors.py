"""The one typed refusal of this library."""

from __future__ import annotations

from typing import Literal

Reason = Literal["empty", "too_few_rows", "too_few_items", "constant_item", "singular", "no_convergence", "separated"]


class InsufficientData(ValueError):  # noqa: N818 (the name callers know)
    """The quantity does not exist for these data; ``reason`` says why."""

    def __init__(self, reason: Reason, detail: str = "") -> None:
        super().__init__(f"{reason}: {detail}" if detail else reason)
        self.reason: Reason = reason
