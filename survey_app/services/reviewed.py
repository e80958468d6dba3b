"""What minutes say and keep: the hash of it that is signed, and whether minutes and results are still the same.

Results are kept as the canonical JSON of their Report. What may happen to minutes is `reviews`.
"""

from __future__ import annotations

import json
import zlib
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from datetime import date
from hashlib import sha256
from typing import TYPE_CHECKING, Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from survey_app.errors import DatasetAltered, NothingToReport
from survey_app.models import AgendaPoint, AuditEntry, Review, ReviewedResult, Survey, Unit
from survey_app.services.results import report_for

if TYPE_CHECKING:
    from analysis.tree import Report


@dataclass(frozen=True, slots=True)
class Meeting:
    """What the head of the minutes says."""

    held_on: date
    place: str = ""
    chair: str = ""
    recorder: str = ""
    expected: int | None = None
    present: int | None = None
    guests: str = ""
    closing: str = ""


@dataclass(frozen=True, slots=True)
class ResultToday:
    """A reviewed result beside the one of today."""

    result: ReviewedResult
    sha256: str
    """Of today's Report; empty where there is none to be had."""
    parts: tuple[str, ...] = ()
    """Fields of the Report in which they differ."""

    @property
    def is_same(self) -> bool:
        return self.sha256 == self.result.sha256


def content_hash(review: Review) -> str:
    """SHA-256 of what is signed, as JSON in one fixed form: head, points in order, hashes of the results."""
    content = {
        "unit": str(review.unit_id),
        "year": review.year,
        **asdict(_meeting_of(review)),
        "points": [_content_of(point) for point in review.points],
        "results": sorted((str(result.survey_id), result.sha256) for result in review.results),
    }
    return sha256(_fixed(content)).hexdigest()


def is_unaltered(session: Session, review: Review) -> bool:
    """Whether signed minutes and the results kept with them are what was signed, by the record of acts too."""
    written = session.scalars(
        select(AuditEntry)
        .where(AuditEntry.act == "review.sign", AuditEntry.object_id == str(review.id))
        .order_by(AuditEntry.number.desc())
        .limit(1)
    ).first()
    return (
        review.signed_at is not None
        and written is not None
        and written.detail.get("sha256") == review.sha256 == content_hash(review)
        and all(signature.sha256 == review.sha256 for signature in review.signatures)
        and all(sha256(kept_report(result)).hexdigest() == result.sha256 for result in review.results)
    )


def results_today(session: Session, review: Review) -> list[ResultToday]:
    """Whether each result is still the very one that was looked at, and in which parts it is not."""
    return [_beside_today(session, review.unit, result) for result in review.results]


def kept_report(result: ReviewedResult) -> bytes:
    """The JSON of a result as it was looked at; empty where the stored bytes are none of ours."""
    try:
        return zlib.decompress(result.report)
    except zlib.error:
        return b""


def kept_result(survey: Survey, report: Report) -> ReviewedResult:
    content = _report_json(report)
    return ReviewedResult(sha256=sha256(content).hexdigest(), report=zlib.compress(content, 9), survey=survey)


def _report_json(report: Report) -> bytes:
    """Without what people wrote: comments are read, released and withdrawn one by one (services.comments)."""
    from analysis.report_json import to_dict  # loads the statistics, which answering never needs

    return _fixed(to_dict(replace(report, comments=())))


def _fixed(content: Mapping[str, Any]) -> bytes:
    plain = json.dumps(content, ensure_ascii=False, sort_keys=True, separators=(",", ":"), default=date.isoformat)
    return plain.encode()


def _beside_today(session: Session, unit: Unit, result: ReviewedResult) -> ResultToday:
    try:
        today = _report_json(report_for(session, result.survey, unit))
    except (DatasetAltered, NothingToReport):
        return ResultToday(result, "")
    digest = sha256(today).hexdigest()
    kept = kept_report(result)
    if digest == result.sha256 or not kept:
        return ResultToday(result, digest)
    then, now = json.loads(kept), json.loads(today)
    return ResultToday(result, digest, tuple(sorted(name for name in then if not _says(now.get(name), then[name]))))


def _says(now: Any, then: Any) -> bool:
    """Whether all that was said then is said now; a later edition of the program may say more."""
    if isinstance(then, dict):
        return isinstance(now, dict) and all(name in now and _says(now[name], then[name]) for name in then)
    if isinstance(then, list):
        return isinstance(now, list) and len(now) == len(then) and all(map(_says, now, then))
    return bool(now == then)


def _meeting_of(review: Review) -> Meeting:
    return Meeting(
        review.held_on, review.place, review.chair, review.recorder, review.expected, review.present, review.guests,
        review.closing,
    )  # fmt: skip


def _content_of(point: AgendaPoint) -> dict[str, object]:
    return {
        "kind": point.kind.value,
        "title": point.title,
        "facts": point.facts,
        "discussion": point.discussion,
        "decision": point.decision,
        "responsible": point.responsible,
        "due": point.due,
        "action": str(point.action_id) if point.action_id else None,
    }
