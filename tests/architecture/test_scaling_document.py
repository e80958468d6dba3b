"""docs/scaling.md says what follows from the measured figures beside it, and nothing else."""

from __future__ import annotations

import json

from bench.scaling import DOCUMENT, MEASURED, with_table


def test_the_table_is_reckoned_from_what_was_measured():
    document = DOCUMENT.read_text(encoding="utf-8")
    measured = json.loads(MEASURED.read_text(encoding="utf-8"))
    assert with_table(document, measured) == document, "run: python bench/scaling.py"
    assert "commits at the most" in document
