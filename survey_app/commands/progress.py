"""How far a long task is, on standard error; short ones say nothing."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import click

LONG = 20_000
"""Rows from which it is worth a bar."""


@contextmanager
def progress(label: str) -> Iterator[Callable[[int, int], None]]:
    """Gives what is to be told "done, of how many" again and again; without a terminal the label alone is printed."""
    bar: Any = None

    def step(done: int, total: int) -> None:
        nonlocal bar
        if bar is None and total >= LONG:
            bar = click.progressbar(length=total, label=label, file=sys.stderr)
            bar.render_progress()
        if bar is not None:
            bar.update(done - bar.pos)

    try:
        yield step
    finally:
        if bar is not None:
            bar.update(bar.length - bar.pos)
            bar.render_finish()
