"""How well a questionnaire held together before, in words for its own page: one table for each past survey."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from flask_babel import gettext as _

from analysis.tree import ReliabilityResult
from instruments.model import Instrument
from survey_app.wording.cells import Row, Table
from survey_app.wording.labels import ACCEPTABLE_ALPHA
from survey_app.wording.names import names_of
from survey_app.wording.reliability import reliability_cells, reliability_columns


class Past(Protocol):
    """A past survey, as `services.past_reliability` tells it."""

    @property
    def title(self) -> str: ...
    @property
    def year(self) -> int: ...
    @property
    def unit_name(self) -> str: ...
    @property
    def valid(self) -> int: ...
    @property
    def instrument(self) -> Instrument: ...
    @property
    def scales(self) -> tuple[ReliabilityResult, ...]: ...


@dataclass(frozen=True, slots=True)
class ReliabilityHistory:
    sentence: str
    cannot: str
    tables: tuple[Table, ...]


def reliability_history(past: Sequence[Past]) -> ReliabilityHistory:
    """What the macro of that name shows."""
    return ReliabilityHistory(_sentence(past), _cannot(), tuple(_table(one) for one in past if one.scales))


def _sentence(past: Sequence[Past]) -> str:
    if not past:
        return _("No survey with this questionnaire has been sealed here yet.")
    wholes = [one.scales[0].alpha for one in past if one.scales]
    known = [alpha for alpha in wholes if alpha is not None]
    if not known:
        return _(
            "Sealed surveys with this questionnaire: %(n)s; none had enough complete answers to tell.", n=len(past)
        )
    solid = sum(1 for alpha in known if alpha.feldt[0] >= ACCEPTABLE_ALPHA)
    return _(
        "Sealed surveys with this questionnaire: %(n)s; in %(solid)s of the %(known)s that can tell, its questions "
        "held together at least acceptably.",
        n=len(past),
        solid=solid,
        known=len(known),
    )


def _cannot() -> str:
    return _(
        "High reliability says that the questions agree with each other, not that they ask about the right things; "
        "versions of a questionnaire may differ from each other."
    )


def _table(one: Past) -> Table:
    names = names_of(one.instrument)
    rows = tuple(Row(names.scope(scale.scope, len(scale.items)), reliability_cells(scale)) for scale in one.scales)
    caption = _(
        "%(year)s, %(unit)s: %(title)s, %(n)s valid answers",
        year=one.year, unit=one.unit_name, title=one.title, n=one.valid,
    )  # fmt: skip
    return Table(caption, _("Scale"), reliability_columns(), rows)
