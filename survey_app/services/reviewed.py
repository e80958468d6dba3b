"""What minutes say and keep: the hash of it that is signed, and whether minutes and results are still the same.

Results are kept as the canonical JSON of their Report. What may happen to minutes is `reviews`.
"""

from __future__ import annotations

import json
import zlib
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from datetime import date, datetime
from hashlib import sha256
from typing import TYPE_CHECKING, Any, NamedTuple

from sqlalchemy import select
from sqlalchemy.orm import Session

from survey_app.errors import DatasetAltered, NothingToReport
from survey_app.models import AgendaPoint, AuditEntry, Review, ReviewedResult, Survey, Unit
from survey_app.services.results import report_unreviewed
from survey_app.services.shelf import Shelf

if TYPE_CHECKING:
    from analysis.tree import Report

COMPARED: Shelf[tuple[Report, _Difference]] = Shelf(256)
"""By report and hash of the reviewed one; the report stands beside, so that no other one gets its identity."""


class _Difference(NamedTuple):
    """Hash of a Report, and the fields in which it is not the one that was reviewed."""

    sha256: str
    parts: tuple[str, ...]


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
    """SHA-256 of what is signed."""
    return sha256(signed_content(review)).hexdigest()


def signed_content(review: Review) -> bytes:
    """What is signed, as JSON in one fixed form: head, points in order, hashes of the results."""
    content = {
        "unit": str(review.unit_id),
        "unit_name": review.unit_name,
        "year": review.year,
        **asdict(_meeting_of(review)),
        "points": [_content_of(point) for point in review.points],
        "results": sorted((str(result.survey_id), result.sha256) for result in review.results),
    }
    return _fixed(content)


def is_unaltered(session: Session, review: Review) -> bool:
    """Whether minutes, signatures and the results kept with them are what was signed, by the record of acts too."""
    written = _signatures_written(session, review)
    found = [
        _Signed(given.user.login, given.name, given.role, given.sha256, given.signed_at) for given in review.signatures
    ]
    return (
        bool(written)
        and sorted(written) == sorted(found)
        and written[-1].signed_at == review.signed_at
        and {given.sha256 for given in written} == {review.sha256} == {content_hash(review)}
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


class _Signed(NamedTuple):
    """A signature as it stands under the minutes and, by the login of the person, in the record of acts."""

    login: str
    name: str
    role: str
    sha256: str
    signed_at: datetime


def _signatures_written(session: Session, review: Review) -> list[_Signed]:
    """The signatures that the record of acts leaves standing, in their order: a change makes those before it void."""
    acts = (
        select(AuditEntry)
        .where(AuditEntry.object_kind == Review.__tablename__, AuditEntry.object_id == str(review.id))
        .order_by(AuditEntry.number)
    )
    written: list[_Signed] = []
    for entry in session.scalars(acts):
        if entry.act == "review.sign":
            name, role, digest = (str(entry.detail.get(term)) for term in ("name", "role", "sha256"))
            written.append(_Signed(entry.actor, name, role, digest, entry.at))
        elif entry.detail.get("voided"):
            written = []
    return written


def _report_json(report: Report) -> bytes:
    """Without what people wrote: comments are read, released and withdrawn one by one (services.comments)."""
    from analysis.report_json import to_dict  # loads the statistics, which answering never needs

    return _fixed(to_dict(replace(report, comments=())))


def _fixed(content: Mapping[str, Any]) -> bytes:
    plain = json.dumps(content, ensure_ascii=False, sort_keys=True, separators=(",", ":"), default=date.isoformat)
    return plain.encode()


def _beside_today(session: Session, unit: Unit, result: ReviewedResult) -> ResultToday:
    try:
        report = report_unreviewed(session, result.survey, unit)  # comments are none of it
    except (DatasetAltered, NothingToReport):
        return ResultToday(result, "")
    _report, found = COMPARED.get((id(report), result.sha256), lambda: (report, _difference(result, report)))
    return ResultToday(result, *found)


def _difference(result: ReviewedResult, report: Report) -> _Difference:
    today = _report_json(report)
    digest, kept = sha256(today).hexdigest(), kept_report(result)
    if digest == result.sha256 or not kept:
        return _Difference(digest, ())
    then, now = json.loads(kept), json.loads(today)
    return _Difference(digest, tuple(sorted(name for name in then if not _says(now.get(name), then[name]))))


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
        "action_title": point.action_title,
    }
