"""What a ballot costs apart from answering: bytes where it lies, slip, rewriting, backup, counting and sealing.

    python bench/ballots.py [--ballots 3000] [--url postgresql://…] [--json FILE]

A new SQLite database, or an empty PostgreSQL one that is already there; one survey with the questionnaire for members,
every ballot filled in. Time is the processor's of this process and its children (user and system); what a database
server does is told by the wall clock, in the line of rewriting. Memory is what the peak grows by.
"""

from __future__ import annotations

import argparse
import json
import resource
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory
from time import perf_counter
from typing import Any

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

from flask import Flask
from sqlalchemy import Engine, text
from sqlalchemy.orm import Session

from instruments import catalogue
from instruments.model import Instrument, ItemType
from survey_app import create_app, services
from survey_app.backup.writing import write_backup
from survey_app.clock import system_clock
from survey_app.crypto.blind import PublicKey
from survey_app.crypto.box import HASH_BYTES, seal_envelope
from survey_app.database import rewrite_boxes, store_files
from survey_app.migrate import upgrade
from survey_app.models import Invitation, Survey
from survey_app.printing import PrintedSlip, SlipGroup, slips_pdf
from survey_app.services.cast import Message, body_of, put_in
from tests.open_survey import open_survey

SECRET = bytes(range(32))
SATISFIED = (4, 5)
WHO_WRITE = 0.3
"""Share of those who leave a comment."""
COMMENT = "希望组织生活的时间再灵活一些，学习内容更贴近工作实际，多听听年轻党员的意见。"
BATCH = 500


@dataclass(frozen=True, slots=True)
class Cost:
    """Each of one ballot, or of one code."""

    ballots: int
    envelope_bytes: int
    ballot_row_bytes: int
    """With its indexes, as it lies in the database."""
    code_row_bytes: int
    slip_ms: float
    rewriting_ms: float
    """Of the wall clock, during which members wait."""
    backup_ms: float
    count_ms: float
    count_memory_bytes: int
    """What counting and sealing hold."""
    seal_ms: float
    dataset_bytes: int


def measure(app: Flask, ballots: int, folder: Path) -> Cost:
    with app.app_context():
        engine = app.extensions["engine"]
        instrument = catalogue.load_catalogue("member-satisfaction")
    empty = _sizes(engine)
    opened = open_survey(
        app, source=catalogue.read_text("member-satisfaction"), eligible=ballots, closes_on=system_clock.today()
    )
    with app.test_request_context(), Session(engine) as session:
        survey = session.query(Survey).one()
        envelope = _fill(session, survey, instrument, ballots)
        filled = _sizes(engine)
        slip = _seconds(lambda: _print(survey, opened.codes[:BATCH]))
        how: dict[str, Any] = {
            "passphrases": opened.passphrases[: services.needed_passphrases(survey)], "secret": SECRET,
            "by": services.COMMAND_LINE, "clock": system_clock, "rng": Random(1),
        }  # fmt: skip
        session.rollback()  # SQLite writes no box anew while somebody reads
        started = perf_counter()
        rewrite_boxes(engine)
        rewriting = perf_counter() - started
        backup = _seconds(lambda: write_backup(engine, folder / "b.zip", secret=SECRET, clock=system_clock))
        services.close_survey(session, survey, by=services.COMMAND_LINE, clock=system_clock)
        before = _peak_bytes()
        count = _seconds(lambda: _require_all(services.count_ballots(session, survey, hurry=True, **how), ballots))
        session.commit()
        sealed: list[int] = []
        seal = _seconds(lambda: sealed.append(len(services.seal_survey(session, survey, **how).parquet)))
        held = _peak_bytes() - before
        session.commit()
    return Cost(
        ballots,
        envelope,
        *((after - earlier) // ballots for after, earlier in zip(filled, empty, strict=True)),
        slip_ms=_each_ms(slip, min(ballots, BATCH)),
        rewriting_ms=_each_ms(rewriting, ballots),
        backup_ms=_each_ms(backup, ballots),
        count_ms=_each_ms(count, ballots),
        count_memory_bytes=held // ballots,
        seal_ms=_each_ms(seal, ballots),
        dataset_bytes=sealed[0] // ballots,
    )


def _fill(session: Session, survey: Survey, instrument: Instrument, ballots: int) -> int:
    """So many ballots in the box, all codes used. Returns the bytes of an envelope."""
    group, size, rng = survey.groups[0], survey.envelope_size or 0, Random(7)
    key, survey_id, length = PublicKey.from_der(survey.envelope_key or b""), survey.id, 0
    for number in range(ballots):
        sealed = seal_envelope(key, body_of(_answers(instrument, rng)), size, survey_id=survey_id)
        length = len(sealed.envelope)
        put_in(session, survey, group, rng.randbytes(HASH_BYTES), Message(sealed.receipt, sealed.envelope))
        if number % BATCH == BATCH - 1:
            session.commit()
    for invitation in session.query(Invitation):
        invitation.mark = rng.randbytes(HASH_BYTES)
    session.commit()
    session.expire_all()
    return length


def _answers(instrument: Instrument, rng: Random) -> dict[str, Any]:
    """A sheet without anything that leads to further questions."""
    chosen: dict[str, Any] = {}
    for item in instrument.items:
        if item.visible_if is not None:
            continue
        if item.type is ItemType.SCALE:
            chosen[item.code] = rng.choice(SATISFIED)
        elif item.type is ItemType.SINGLE:
            chosen[item.code] = rng.choice(item.options).code
        elif item.type is ItemType.MULTIPLE:
            chosen[item.code] = [item.options[0].code]
        elif item.type is ItemType.RECOMMEND:
            chosen[item.code] = rng.randint(7, 10)
        elif item.type is ItemType.TEXT and rng.random() < WHO_WRITE:
            chosen[item.code] = COMMENT
    return chosen


def _print(survey: Survey, codes: Sequence[str]) -> bytes:
    address = f"https://survey.example.org/s/{survey.slug}/{survey.groups[0].slug}"
    printed = [PrintedSlip(code, f"{address}#{code}.ABCDEFGHJKMNPQRSTVWXYZ0123456789") for code in codes]
    group = SlipGroup("支部", survey.title, address, "12 月 14 日", 3, "ABCD-EFGH", "本次测评不记名。", printed)
    return slips_pdf([group], per_page=8, language="zh_Hans")


def _require_all(count: services.Count, ballots: int) -> None:
    if count.valid != ballots:
        raise RuntimeError(f"{count.valid} of {ballots} ballots are valid")


def _sizes(engine: Engine) -> tuple[int, int]:
    """Bytes of the box of ballots and of that of codes."""
    if engine.dialect.name == "sqlite":
        files = store_files(str(engine.url.database))
        return files["ballot_box"].stat().st_size, files["issue_box"].stat().st_size
    with engine.connect() as connection:
        tables = ("ballot_box.ballot", "issue_box.invitation")
        ask = text("SELECT pg_total_relation_size(CAST(:name AS regclass))")
        ballots, codes = (int(connection.scalar(ask, {"name": name}) or 0) for name in tables)
        return ballots, codes


def _seconds(act: Callable[[], object]) -> float:
    started = _processor_seconds()
    act()
    return _processor_seconds() - started


def _processor_seconds() -> float:
    kinds = (resource.getrusage(resource.RUSAGE_SELF), resource.getrusage(resource.RUSAGE_CHILDREN))
    return sum(used.ru_utime + used.ru_stime for used in kinds)


def _peak_bytes() -> int:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


def _each_ms(seconds: float, of: int) -> float:
    return round(seconds / of * 1000, 3)


@contextmanager
def _application(url: str | None) -> Iterator[tuple[Flask, Path]]:
    with TemporaryDirectory() as folder:
        address = url or f"sqlite:///{folder}/bench.sqlite3"
        upgrade(address)
        app = create_app(
            {"INSTANCE": folder, "DATABASE_URL": address, "SECRET_KEY": "k", "INSTALLATION_SECRET": SECRET}
        )
        yield app, Path(folder)
        app.extensions["engine"].dispose()


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--ballots", type=int, default=3000)
    parser.add_argument("--url", help="an empty PostgreSQL database that is already there")
    parser.add_argument("--json", type=Path, metavar="FILE")
    chosen = parser.parse_args()
    with _application(chosen.url) as (app, folder):
        cost = asdict(measure(app, chosen.ballots, folder))
    for name, value in cost.items():
        print(f"{name:22}{value}")
    if chosen.json:
        chosen.json.write_text(json.dumps(cost, indent=1) + "\n")


if __name__ == "__main__":
    main()
