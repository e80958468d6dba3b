"""The guide to the library keeps its word: every example runs, in order, and prints what stands below it."""

from __future__ import annotations

import re
from contextlib import redirect_stdout
from io import StringIO
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
GUIDE = (ROOT / "docs" / "analysis.md").read_text(encoding="utf-8")
EXAMPLE = re.compile(
    r"^```python\n(?P<code>.*?)^```\n(?:\n^```text\n(?P<printed>.*?)^```\n)?", re.DOTALL | re.MULTILINE
)


def test_every_example_prints_what_the_guide_says(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.chdir(ROOT)
    reader: dict[str, object] = {"__name__": "guide"}
    for example in EXAMPLE.finditer(GUIDE):
        line = GUIDE[: example.start()].count("\n") + 1
        printed = StringIO()
        with redirect_stdout(printed):
            exec(compile("\n" * line + example["code"], "docs/analysis.md", "exec"), reader)
        assert printed.getvalue() == (example["printed"] or ""), f"docs/analysis.md, line {line}"


def test_no_output_stands_in_the_guide_without_its_example():
    examples = list(EXAMPLE.finditer(GUIDE))
    assert len(examples) == GUIDE.count("```python\n") > 10
    assert sum(example["printed"] is not None for example in examples) == GUIDE.count("```text\n")


def test_the_guide_needs_nothing_of_the_web_service():
    assert not re.search(r"^\s*(?:from|import) survey_app", GUIDE, re.MULTILINE)
