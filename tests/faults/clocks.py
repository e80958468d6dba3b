"""A clock that jumps while the service runs: a file says by how many days it is wrong. Only for tests."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path

from survey_app import config
from survey_app.clock import system_clock


@dataclass(frozen=True)
class WrongClock:
    days: Path

    def now(self) -> datetime:
        return system_clock.now() + timedelta(days=int(self.days.read_text(encoding="ascii")))

    def today(self) -> date:
        return self.now().astimezone().date()


def hang_up(days: Path) -> None:
    """From now on applications of this process look at it."""
    config.FIXED["CLOCK"] = WrongClock(days)


def python_for(days: Path) -> str:
    """What a service has to run first."""
    return f"from pathlib import Path; from tests.faults.clocks import hang_up; hang_up(Path({str(days)!r}))"
