"""What somebody could narrow down who copied the live stores of a survey at this moment. No truth is needed for it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import Engine

from survey_app.anonymity.copies import Copy, copy_of, database_files, tells_order
from survey_app.database import BALLOT_BOX


@dataclass(frozen=True, slots=True)
class Narrowed:
    """Of all groups with ballots the one with the fewest used codes, and what guessing within groups gets right."""

    codes: int
    ballots: int
    """In all groups together."""
    smallest_codes: int
    smallest_ballots: int
    expected_right: float
    """Each ballot given one of its group's used codes: right with probability 1/codes."""
    codes_tell_order: bool
    """By transaction numbers of PostgreSQL; SQLite marks a used code in its place."""
    ballots_tell_order: bool

    @property
    def expected_share(self) -> float:
        return self.expected_right / self.ballots if self.ballots else 0.0


def narrow_live(engine: Engine, survey_id: UUID) -> Narrowed:
    copy, files = copy_of(engine, survey_id), database_files(engine)
    return narrow(
        copy,
        codes_tell_order=not files and tells_order(copy.codes, None),
        ballots_tell_order=tells_order(copy.ballots, files.get(BALLOT_BOX)),
    )


def narrow(copy: Copy, *, codes_tell_order: bool = False, ballots_tell_order: bool = False) -> Narrowed:
    codes, ballots = _by_group(copy.codes), _by_group(copy.ballots)
    sets = [(codes[group], count) for group, count in ballots.items() if codes[group]]
    smallest = min(sets, default=(0, 0))
    return Narrowed(
        codes=codes.total(),
        ballots=ballots.total(),
        smallest_codes=smallest[0],
        smallest_ballots=smallest[1],
        expected_right=sum(count / used for used, count in sets),
        codes_tell_order=codes_tell_order,
        ballots_tell_order=ballots_tell_order,
    )


def _by_group(rows: Mapping[bytes, Mapping[str, Any]]) -> Counter[str]:
    return Counter(str(row["group_id"]) for row in rows.values())
