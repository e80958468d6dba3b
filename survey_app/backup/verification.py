"""After a move or a restore: is what was written down with a hash still what it was?

The record of acts, sealed data with their comments, lists of receipts, signed minutes, files of evidence. Whatever does
not fit did not fit where it comes from either: rows are compared while they are copied.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from hashlib import sha256
from typing import Any

from sqlalchemy import inspect, select
from sqlalchemy.orm import Session

from survey_app.models import ActionEvidence, Dataset, LocalDataset, ReceiptList, Review, SiteEvidence, Survey
from survey_app.services.audit_trail import verify_trail
from survey_app.services.receipts import receipts_of
from survey_app.services.reviewed import is_unaltered


class Sealed(StrEnum):
    """What carries a hash."""

    ACTS = "acts"
    DATA = "data"
    RECEIPTS = "receipts"
    MINUTES = "minutes"
    EVIDENCE = "evidence"


DATA: tuple[Any, ...] = (Dataset, LocalDataset)
EVIDENCE: tuple[Any, ...] = (ActionEvidence, SiteEvidence)


@dataclass(frozen=True, slots=True)
class Altered:
    """`name`: of the survey, the year of the minutes, or the file; empty for the record of acts."""

    kind: Sealed
    name: str = ""


@dataclass(frozen=True, slots=True)
class Verified:
    """How many were looked at, by kind (of the record of acts: entries), and what does not fit."""

    counts: dict[Sealed, int]
    altered: tuple[Altered, ...]


def verify_everything(session: Session) -> Verified:
    """Reckon every hash in the database again; one sealed dataset or file at a time lies in memory."""
    trail = verify_trail(session)
    counts = {Sealed.ACTS: trail.entries}
    altered = [Altered(Sealed.ACTS)] if trail.findings else []
    for kind, found in (
        (Sealed.DATA, _data(session)),
        (Sealed.RECEIPTS, _receipts(session)),
        (Sealed.MINUTES, _minutes(session)),
        (Sealed.EVIDENCE, _evidence(session)),
    ):
        counts[kind] = 0
        for name, is_as_written in found:
            counts[kind] += 1
            if not is_as_written:
                altered.append(Altered(kind, name))
    return Verified(counts, tuple(altered))


Looked = Iterator[tuple[str, bool]]
"""Name, and whether it is as it was written."""


def _data(session: Session) -> Looked:
    for model in DATA:
        titles = select(*inspect(model).primary_key, Survey.title).join(Survey, model.survey_id == Survey.id)
        for *key, title in session.execute(titles).all():
            stored = session.get_one(model, tuple(key))
            yield title, _is_sealed(stored)
            session.expunge(stored)


def _is_sealed(stored: Dataset | LocalDataset) -> bool:
    from analysis.parquet import DatasetDamaged, opened

    if sha256(stored.parquet).hexdigest() != stored.sha256:
        return False
    try:
        _file, manifest, _instrument = opened(stored.parquet)
    except DatasetDamaged:
        return False
    return manifest.rows == stored.rows and manifest.comments_sha256 == sha256(stored.comments).hexdigest()


def _receipts(session: Session) -> Looked:
    for survey in session.scalars(select(Survey).join(ReceiptList, ReceiptList.survey_id == Survey.id)).all():
        kept = receipts_of(session, survey)
        yield survey.title, kept is not None and sha256(kept.lines.encode("ascii")).hexdigest() == kept.sha256


def _minutes(session: Session) -> Looked:
    for review in session.scalars(select(Review).where(Review.signed_at.is_not(None))).all():
        yield f"{review.unit_name} {review.year}", is_unaltered(session, review)


def _evidence(session: Session) -> Looked:
    for model in EVIDENCE:
        for identity in session.scalars(select(model.id)).all():
            stored = session.get_one(model, identity)
            yield stored.name, sha256(stored.content).hexdigest() == stored.sha256
            session.expunge(stored)
