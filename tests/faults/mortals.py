"""The process of tests/faults/mortal.py, from the outside."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.faults.server import ROOT


@dataclass
class Mortal:
    process: subprocess.Popen[str]
    complaints: Path

    def does(self, **order: Any) -> str:
        """`done` or `killed`."""
        self._order(order)
        said = self._hear()
        assert said in ("done", "killed"), (order, said, self.complaints.read_text(encoding="utf-8"))
        return said

    def replies(self, **order: Any) -> tuple[int, str] | None:
        """Status and text; None if it was killed before it could answer."""
        self._order({**order, "act": "request"})
        if (said := self._hear()) == "killed":
            return None
        assert said.startswith("["), (order, said, self.complaints.read_text(encoding="utf-8"))
        assert self._hear() == "done"
        status, text = json.loads(said)
        return status, text

    def _order(self, order: dict[str, Any]) -> None:
        print(json.dumps(order), file=self.process.stdin, flush=True)

    def _hear(self) -> str:
        assert self.process.stdout is not None
        return self.process.stdout.readline().strip()


@contextmanager
def mortal_process(complaints: Path) -> Iterator[Mortal]:
    with complaints.open("w") as said:
        process = subprocess.Popen(
            [sys.executable, "-m", "tests.faults.mortal"],
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=said,
            text=True,
            start_new_session=True,
        )
    with process:
        yield Mortal(process, complaints)
