"""Figures for a program that watches over many machines (Prometheus): whether the service is well, and has room.

Nothing here follows a member. Such a program keeps what it reads every few seconds for months, so there is no count of
requests, of ballots or of connections, no processor time of the process, and free room in large steps only: any of them
would tell when somebody came. All figures are read when they are asked for, so several processes say the same.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from importlib.metadata import version
from time import perf_counter
from typing import Any

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.exposition import CONTENT_TYPE_LATEST
from prometheus_client.registry import Collector
from sqlalchemy import Engine, func, select
from sqlalchemy.exc import SQLAlchemyError

from survey_app.doctor.backups import last_backup
from survey_app.doctor.disk import room_left
from survey_app.doctor.installation import Installation
from survey_app.doctor.readiness import PARTS, missing_parts
from survey_app.models import State, Survey

__all__ = ["CONTENT_TYPE_LATEST", "metrics"]

STEP = 256 * 1024 * 1024
"""Bytes of room that are told apart: far more than all ballots of a day take."""


def metrics(installation: Installation, engine: Engine) -> bytes:
    """In the text form of Prometheus. `engine`: one that only reads."""
    registry = CollectorRegistry()
    registry.register(_Figures(installation, engine))
    return generate_latest(registry)


class _Figures(Collector):
    def __init__(self, installation: Installation, engine: Engine) -> None:
        self._installation, self._engine = installation, engine

    def collect(self) -> Iterable[GaugeMetricFamily]:
        start = perf_counter()
        missing = missing_parts(self._engine, self._installation.settings)
        took = perf_counter() - start
        yield _labelled("branch_survey_info", "The version that runs.", "version", {version("branch-survey"): 1})
        ready = {part: int(part not in missing) for part in PARTS}
        yield _labelled("branch_survey_ready", "1: this part is as it has to be (as /readyz says).", "part", ready)
        yield GaugeMetricFamily(
            "branch_survey_room_bytes", "Room left where the service writes, in steps of 256 MiB.",
            value=room_left(self._installation) // STEP * STEP,
        )  # fmt: skip
        if "database" not in missing:
            yield GaugeMetricFamily("branch_survey_database_seconds", "How long a small question took.", value=took)
            yield from self._of_database()

    def _of_database(self) -> Iterable[GaugeMetricFamily]:
        counted: Counter[str] = Counter()
        try:
            with self._engine.connect() as connection:
                rows = connection.execute(select(Survey.state, func.count()).group_by(Survey.state))
                counted.update({state.value: count for state, count in rows})
                made = last_backup(connection)
        except SQLAlchemyError:  # gone meanwhile, or of another shape
            return
        states = {state.value: counted[state.value] for state in State}
        yield _labelled("branch_survey_surveys", "Surveys by how far they have come.", "state", states)
        if made is not None:
            yield GaugeMetricFamily(
                "branch_survey_last_backup_timestamp_seconds", "When the last backup was made.", value=made.timestamp()
            )


def _labelled(name: str, words: str, label: str, values: Mapping[str, Any]) -> GaugeMetricFamily:
    family = GaugeMetricFamily(name, words, labels=[label])
    for value, figure in values.items():
        family.add_metric([value], figure)
    return family
