"""Time as an argument: services are given a clock and never look at the wall themselves."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Protocol


class Clock(Protocol):
    def now(self) -> datetime:
        """This moment in UTC."""
        ...

    def today(self) -> date:
        """The calendar day where the survey is held."""
        ...


@dataclass(frozen=True, slots=True)
class SystemClock:
    """The clock of the machine; the day follows its time zone."""

    def now(self) -> datetime:
        return datetime.now(UTC)

    def today(self) -> date:
        return self.now().astimezone().date()


@dataclass(slots=True)
class SetClock:
    """A clock that stands where it is put: for tests and for earlier years of the sample organisation."""

    moment: datetime

    def now(self) -> datetime:
        return self.moment

    def today(self) -> date:
        return self.moment.date()


system_clock: Clock = SystemClock()
