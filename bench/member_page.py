"""What it costs to show members their pages: processor time per request, with and without pages kept in memory.

    python bench/member_page.py [--requests 300] [--questionnaire member-satisfaction] [--json FILE]

A new SQLite database, one open survey, one thread; no network. Requests are those of a browser that takes gzip; `304`
are those of one that has the page already. Time is the processor's (user and system).
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from time import process_time

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

from flask import Flask

from instruments import catalogue
from survey_app import create_app
from survey_app.kept_pages import KeptPages
from survey_app.migrate import upgrade
from tests.open_survey import open_survey
from tests.short_way import ask, written

PAGES = {"landing": "", "sheet": "/sheet"}
REPEATS = 3


@dataclass(frozen=True, slots=True)
class Cost:
    page: str
    bytes: int
    bytes_sent: int
    """Compressed."""
    rendered_ms: float
    """Processor time of a request without kept pages."""
    kept_ms: float
    known_ms: float
    """Of a request that ends in 304."""

    @property
    def ratio(self) -> float:
        return self.rendered_ms / self.kept_ms


@contextmanager
def served(questionnaire: str) -> Iterator[tuple[Flask, str]]:
    """An application with an open survey, and the address where its members come in."""
    with TemporaryDirectory() as folder:
        url = f"sqlite:///{folder}/bench.sqlite3"
        upgrade(url)
        app = create_app({"INSTANCE": folder, "DATABASE_URL": url, "SECRET_KEY": "k", "INSTALLATION_SECRET": bytes(32)})
        source = catalogue.read_text(questionnaire)
        yield app, open_survey(app, source=source, closes_on=app.config["CLOCK"].today()).path
        app.extensions["engine"].dispose()


def milliseconds(act: Callable[[], object], times: int) -> float:
    """Processor time of one act: of so many in a row, the quickest row of three."""
    act()

    def row() -> float:
        start = process_time()
        for _ in range(times):
            act()
        return process_time() - start

    return min(row() for _ in range(REPEATS)) / times * 1000


def cost(app: Flask, page: str, address: str, times: int) -> Cost:
    client = app.test_client()
    takes_gzip = {"Accept-Encoding": "gzip"}
    sent = client.get(address, headers=takes_gzip)
    assert sent.status_code == 200, sent.text
    has_it = takes_gzip | {"If-None-Match": sent.headers["ETag"]}

    def rendered() -> float:
        app.extensions["kept pages"] = KeptPages(0)
        return milliseconds(lambda: client.get(address, headers=takes_gzip), times)

    def kept(headers: dict[str, str]) -> float:
        """By the short way, which has it from the application."""
        assert client.get(address, headers=headers).status_code in (200, 304)
        request = written("GET", address, **headers)
        assert ask(app, request) is not None
        return milliseconds(lambda: ask(app, request), times)

    return Cost(
        page,
        len(client.get(address, headers={"Accept-Encoding": "identity"}).data),
        len(sent.data),
        rendered(),
        kept(takes_gzip),
        kept(has_it),
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--requests", type=int, default=300)
    parser.add_argument("--questionnaire", choices=catalogue.names(), default="member-satisfaction")
    parser.add_argument("--json", type=Path, metavar="FILE")
    chosen = parser.parse_args()
    with served(chosen.questionnaire) as (app, path):
        costs = [cost(app, page, path + rest, chosen.requests) for page, rest in PAGES.items()]
    print(f"{'page':10}{'bytes':>9}{'sent':>9}{'rendered ms':>13}{'kept ms':>9}{'304 ms':>8}{'ratio':>7}")
    for line in costs:
        print(
            f"{line.page:10}{line.bytes:>9}{line.bytes_sent:>9}{line.rendered_ms:>13.2f}{line.kept_ms:>9.2f}"
            f"{line.known_ms:>8.2f}{line.ratio:>7.1f}"
        )
    if chosen.json:
        chosen.json.write_text(json.dumps([asdict(line) | {"ratio": line.ratio} for line in costs], indent=1) + "\n")


if __name__ == "__main__":
    main()
