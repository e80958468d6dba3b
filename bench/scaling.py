"""What a district, a city, a province and a hundred million members need, reckoned from what was measured.

    python bench/scaling.py [--load FILE]… [--ballots FILE] [--pages FILE] [--analysis FILE]

The files are those that the other benches write with `--json`; what is given replaces what was measured before
(docs/performance/measured.json), and the table in docs/scaling.md is written anew. Without files: the same table again.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]
MEASURED = ROOT / "docs" / "performance" / "measured.json"
DOCUMENT = ROOT / "docs" / "scaling.md"
BEGIN, END = "<!-- reckoned by bench/scaling.py -->\n", "<!-- end of what is reckoned -->\n"

SIZES = {"district": 20_000, "city": 1_000_000, "province": 5_000_000, "all": 100_000_000}
RETURNED = 0.8
DAYS = 10
HOURS = 12
"""Of a day in which people answer."""
PEAK = 10
"""How much more comes in the busiest minutes than on average: the hour after the meeting at which slips were drawn."""
BUSY = 0.5
"""Share of a processor that is planned for; the rest is for what nobody foresaw."""
SLIPS_ON_A_SHEET = 8
ROWS_TABULATED = 10_000_000
"""Rows that the line `tabulate` of bench/analysis.py counts."""
RECEIPT_BYTES = 32


@dataclass(frozen=True, slots=True)
class Costs:
    """Of one respondent, one ballot or one code, on PostgreSQL."""

    server_ms: float
    database_ms: float
    pages_ms: float
    """Of the server's, for the two pages that a cache can carry."""
    page_bytes: float
    envelope_bytes: float
    stored_bytes: float
    sealed_bytes: float
    slip_ms: float
    rewriting_ms: float
    backup_ms: float
    sealing_ms: float
    """Counting and sealing: every envelope is opened in both steps."""
    held_bytes: float
    tabulating_ms: float

    @classmethod
    def of(cls, measured: Mapping[str, Any]) -> Costs:
        load, ballots = measured["load"]["postgresql"], measured["ballots"]
        tabulated = next(line["cpu_seconds"] for line in measured["analysis"] if line["name"] == "tabulate")
        return cls(
            server_ms=load["server_cpu_ms_per_respondent"],
            database_ms=load["database_cpu_ms_per_respondent"],
            pages_ms=sum(page["kept_ms"] for page in measured["pages"]),
            page_bytes=load["bytes_received_per_respondent"],
            envelope_bytes=load["bytes_sent_per_respondent"],
            stored_bytes=ballots["ballot_row_bytes"] + ballots["code_row_bytes"] / RETURNED,
            sealed_bytes=ballots["dataset_bytes"] + RECEIPT_BYTES,
            slip_ms=ballots["slip_ms"],
            rewriting_ms=ballots["rewriting_ms"],
            backup_ms=ballots["backup_ms"],
            sealing_ms=ballots["count_ms"] + ballots["seal_ms"],
            held_bytes=ballots["count_memory_bytes"],
            tabulating_ms=tabulated / ROWS_TABULATED * 1000,
        )


@dataclass(frozen=True, slots=True)
class Need:
    what: str
    formula: str
    of: Callable[[float, Costs], str]
    """From the number of members."""


def peak(members: float) -> float:
    """Respondents per second in the busiest minutes."""
    return members * RETURNED / (DAYS * HOURS * 3600) * PEAK


def cores(members: float, milliseconds: float) -> str:
    return _number(peak(members) * milliseconds / 1000 / BUSY)


def megabits(members: float, size: float) -> str:
    return _number(peak(members) * size * 8 / 1e6) + " Mbit/s"


def stored(members: float, size: float) -> str:
    return _bytes(members * RETURNED * size)


def hours(count: float, milliseconds: float) -> str:
    return _duration(count * milliseconds / 1000)


NEEDS = (
    Need("respondents", "members × 0.8", lambda m, _c: f"{m * RETURNED:,.0f}"),
    Need("at the peak", "respondents ÷ (10 days × 12 h) × 10", lambda m, _c: _number(peak(m)) + "/s"),
    Need("cores that serve", "peak × server CPU ÷ 0.5", lambda m, c: cores(m, c.server_ms)),
    Need(
        "the same behind a cache of pages",
        "peak × (server CPU − two pages) ÷ 0.5",
        lambda m, c: cores(m, c.server_ms - c.pages_ms),
    ),
    Need("cores of the database", "peak × database CPU ÷ 0.5", lambda m, c: cores(m, c.database_ms)),
    Need("commits at the most", "2 × peak", lambda m, _c: _number(2 * peak(m)) + "/s"),
    Need("network, to members", "peak × bytes received", lambda m, c: megabits(m, c.page_bytes)),
    Need("network, from members", "peak × bytes sent", lambda m, c: megabits(m, c.envelope_bytes)),
    Need("boxes on the disk", "respondents × row + members × code", lambda m, c: stored(m, c.stored_bytes)),
    Need("sealed for good", "respondents × (answers + receipt)", lambda m, c: stored(m, c.sealed_bytes)),
    Need("slips, on one core", "members × slip", lambda m, c: hours(m, c.slip_ms)),
    Need("sheets of paper", "members ÷ 8", lambda m, _c: f"{m / SLIPS_ON_A_SHEET:,.0f}"),
    Need("nightly: members wait", "respondents × rewriting", lambda m, c: hours(m * RETURNED, c.rewriting_ms)),
    Need("nightly backup, on one core", "respondents × backup", lambda m, c: hours(m * RETURNED, c.backup_ms)),
    Need("counting and sealing, one core", "respondents × both steps", lambda m, c: hours(m * RETURNED, c.sealing_ms)),
    Need("memory of that, as one box", "respondents × held", lambda m, c: stored(m, c.held_bytes)),
    Need("counting all pairs of 40 items", "respondents × 1 row", lambda m, c: hours(m * RETURNED, c.tabulating_ms)),
)


def table(costs: Costs) -> str:
    head = ["", "reckoned as", *(f"{members:,}" for members in SIZES.values())]
    rows = [[need.what, need.formula, *(need.of(members, costs) for members in SIZES.values())] for need in NEEDS]
    lines = [head, ["---"] * 2 + ["---:"] * len(SIZES), *rows]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)


def basis(measured: Mapping[str, Any], costs: Costs) -> str:
    """What the table rests on, as a list."""
    return (
        f"- server CPU {costs.server_ms:.2f} ms and database CPU {costs.database_ms:.2f} ms per whole respondent;"
        f" the two kept pages are {costs.pages_ms:.2f} ms of the former\n"
        f"- {costs.page_bytes / 1000:.1f} KB to a member who has style and scripts already,"
        f" {costs.envelope_bytes / 1000:.1f} KB from one\n"
        f"- on the disk {measured['ballots']['ballot_row_bytes']:,} bytes a ballot and"
        f" {measured['ballots']['code_row_bytes']:,} a code; sealed {costs.sealed_bytes:,.0f}\n"
        f"- slip {costs.slip_ms:.2f} ms; rewriting {costs.rewriting_ms:.3f} ms; backup {costs.backup_ms:.2f} ms;"
        f" both steps of sealing {costs.sealing_ms:.2f} ms, {costs.held_bytes / 1000:.1f} KB of memory, each a ballot\n"
    )


def with_table(document: str, measured: Mapping[str, Any]) -> str:
    """The document with its reckoned part as it follows from what was measured."""
    before, _begin, rest = document.partition(BEGIN)
    _old, _end, after = rest.partition(END)
    costs = Costs.of(measured)
    return f"{before}{BEGIN}{basis(measured, costs)}\n{table(costs)}{END}{after}"


def _number(value: float) -> str:
    return f"{value:,.0f}" if value >= 10 else f"{value:.2g}"


def _bytes(value: float) -> str:
    return f"{_number(value / 1e12)} TB" if value >= 1e12 else f"{_number(value / 1e9)} GB"


def _duration(seconds: float) -> str:
    if seconds >= 2 * 24 * 3600:
        return f"{_number(seconds / 24 / 3600)} days"
    if seconds >= 2 * 3600:
        return f"{_number(seconds / 3600)} h"
    return f"{_number(seconds / 60)} min" if seconds >= 120 else f"{_number(seconds)} s"


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--load", type=Path, action="append", default=[], metavar="FILE", help="of load.py")
    for name, bench in (("ballots", "ballots.py"), ("pages", "member_page.py"), ("analysis", "analysis.py")):
        parser.add_argument(f"--{name}", type=Path, metavar="FILE", help=f"of {bench}")
    chosen = parser.parse_args()
    measured = json.loads(MEASURED.read_text(encoding="utf-8"))
    for path in chosen.load:
        found = json.loads(path.read_text(encoding="utf-8"))
        measured["load"][found["database"]] = found
    for name in ("ballots", "pages", "analysis"):
        path = getattr(chosen, name)
        if path is not None:
            measured[name] = json.loads(path.read_text(encoding="utf-8"))
    MEASURED.write_text(json.dumps(measured, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    DOCUMENT.write_text(with_table(DOCUMENT.read_text(encoding="utf-8"), measured), encoding="utf-8")
    print(table(Costs.of(measured)), end="")


if __name__ == "__main__":
    main()
