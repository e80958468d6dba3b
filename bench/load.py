"""How many members can answer at once: whole respondents against the real server, from the first page to the receipt.

    python bench/load.py [--database sqlite|postgresql] [--clients 32] [--seconds 30] [--first-visit] [--json FILE]

Starts `branch-survey serve` on a free port of this machine with a database of its own, opens a survey, and prepares
everything a phone computes beforehand, so that the driver takes little of the processor it shares with the server. Each
respondent has a code of their own and comes over a connection of their own: the page, the keys, the pass, the
questionnaire, the ballot. At the end the receipts given are held against the rows in the box.

Processor time is that of all processes of the server (user and system); the database server's is told apart. With
`--url`, PostgreSQL is one that is already there (an empty database), whose processor time is not known.
"""

from __future__ import annotations

import argparse
import json
import sys
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import quantiles
from tempfile import TemporaryDirectory
from typing import Any

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

from load_drive import Driver, Run
from load_site import Site, open_site

P99_BAR_MS = 250
GROUPS = 4
PER_SECOND = 800
"""Respondents prepared for each second: more than two processors serve."""
WARMING = 8
"""Respondents per client's worth of groups who answer before anything is measured: pages are rendered, keys loaded."""


@dataclass(frozen=True, slots=True)
class Percentiles:
    p50_ms: float
    p95_ms: float
    p99_ms: float

    @classmethod
    def of(cls, seconds: list[float]) -> Percentiles:
        cuts = quantiles(seconds, n=100, method="inclusive") if len(seconds) > 1 else [0.0] * 99
        return cls(*(round(cuts[place] * 1000, 1) for place in (49, 94, 98)))


def measure(site: Site, clients: int, seconds: float) -> dict[str, Any]:
    """Warm up, drive, stop; what the run was worth."""
    driver = Driver(site.port, site.respondents)
    warm = driver.run(min(clients, WARMING), respondents=WARMING * GROUPS)
    before = site.processor_seconds()
    run = driver.run(clients, seconds=seconds)
    after = site.processor_seconds()
    memory = site.memory_megabytes()
    stored, given = site.stored_receipts(), warm.receipts | run.receipts
    completed = max(len(run.receipts), 1)
    known = after.database is not None and before.database is not None
    return {
        "respondents": len(run.receipts),
        "seconds": round(run.seconds, 2),
        "respondents_per_second": round(len(run.receipts) / run.seconds, 1),
        "server_cpu_ms_per_respondent": round((after.server - before.server) / completed * 1000, 3),
        "database_cpu_ms_per_respondent": (
            round((after.database - before.database) / completed * 1000, 3) if known else None  # type: ignore[operator]
        ),
        "driver_cpu_ms_per_respondent": round(run.driver_cpu / completed * 1000, 3),
        **_percentiles(run),
        "bytes_received_per_respondent": round(run.received / completed),
        "bytes_sent_per_respondent": round(run.sent / completed),
        "memory_mb": round(memory, 1),
        "errors": run.errors + warm.errors,
        "what_went_wrong": sorted({*run.complaints, *warm.complaints})[:10],
        "rows_stored": len(stored),
        "receipts_given": len(given),
        "rows_equal_receipts": stored == given,
        "server_said": site.complaints(),
    }


def _percentiles(run: Run) -> dict[str, Any]:
    """Of whole respondents where they keep the bar, else of single requests; both are there."""
    whole, single = Percentiles.of(run.respondent_seconds), Percentiles.of(run.request_seconds)
    keeps_bar = whole.p99_ms <= P99_BAR_MS
    return {
        **asdict(whole if keeps_bar else single),
        "percentiles_of": "respondents" if keeps_bar else "requests",
        "of_respondents": asdict(whole),
        "of_requests": asdict(single),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--database", choices=("sqlite", "postgresql"), default="sqlite")
    parser.add_argument("--url", help="an empty PostgreSQL database that is already there")
    parser.add_argument("--clients", type=int, default=32)
    parser.add_argument("--seconds", type=float, default=30)
    parser.add_argument("--respondents", type=int, help=f"prepared at most (default: {PER_SECOND} a second)")
    parser.add_argument("--questionnaire", default="member-satisfaction")
    parser.add_argument("--workers", type=int, help="worker processes, otherwise the setting's default")
    parser.add_argument("--threads", type=int, help="threads of each, otherwise the setting's default")
    parser.add_argument("--first-visit", action="store_true", help="fetch style and scripts too")
    parser.add_argument("--json", type=Path, metavar="FILE")
    chosen = parser.parse_args()
    settings = {name: str(value) for name, value in (("WORKERS", chosen.workers), ("THREADS", chosen.threads)) if value}
    people = (chosen.respondents or int(PER_SECOND * chosen.seconds)) + WARMING * GROUPS
    with (
        TemporaryDirectory(prefix="branch-survey-load-", ignore_cleanup_errors=True) as folder,
        open_site(
            Path(folder), chosen.database, url=chosen.url, people=people, groups=GROUPS,
            questionnaire=chosen.questionnaire, settings=settings, first_visit=chosen.first_visit,
        ) as site,
    ):  # fmt: skip
        found = {"database": chosen.database, "clients": chosen.clients, **settings} | measure(
            site, chosen.clients, chosen.seconds
        )
    for name, value in found.items():
        print(f"{name:34}{value}")
    if chosen.json:
        chosen.json.write_text(json.dumps(found, indent=1) + "\n")
    sys.exit(0 if found["rows_equal_receipts"] and not found["errors"] else 1)


if __name__ == "__main__":
    main()
