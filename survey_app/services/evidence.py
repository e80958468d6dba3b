"""Evidence of an action: files that show what was done, taken by what they are and kept without metadata.

The kind of a file is read off its bytes, never off its name. What each kind leaves out is in the modules beside this.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from hashlib import sha256
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from survey_app.clean_text import without_controls
from survey_app.clock import Clock
from survey_app.errors import EvidenceRefused
from survey_app.models import Action, ActionEvidence
from survey_app.services.audit import Actor, record
from survey_app.services.evidence_images import JPEG_START, PNG_START, clean_jpeg, clean_png

LONGEST_NAME = 80
SUFFIXES: Mapping[str, str] = {
    "application/pdf": ".pdf",
    "image/png": ".png",
    "image/jpeg": ".jpg",
    "application/vnd.openxmlformats-officedocument.wordprocessingml.document": ".docx",
    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet": ".xlsx",
    "text/plain": ".txt",
}


@dataclass(frozen=True, slots=True)
class Limits:
    """Bytes of one file, and files of one action."""

    size: int
    files: int


def add_evidence(
    session: Session, action: Action, data: bytes, *, name: str, note: str = "", limits: Limits, by: Actor, clock: Clock
) -> ActionEvidence:
    """Keep a file without its metadata. Raises: EvidenceRefused."""
    if len(evidence_of(session, action)) >= limits.files:
        raise EvidenceRefused("many", most=limits.files)
    shown, media_type, content = taken(data, name, limits)
    evidence = ActionEvidence(
        name=shown,
        media_type=media_type,
        size=len(content),
        sha256=sha256(content).hexdigest(),
        added_at=clock.now(),
        content=content,
        action=action,
        note=note,
    )
    session.add(evidence)
    _record(session, "evidence.add", evidence, by=by, clock=clock)
    return evidence


def remove_evidence(session: Session, evidence: ActionEvidence, *, by: Actor, clock: Clock) -> None:
    """Erase a file; that it was there, and its hash, stay in the record of acts."""
    _record(session, "evidence.remove", evidence, by=by, clock=clock)
    session.delete(evidence)


def evidence_of(session: Session, action: Action) -> list[ActionEvidence]:
    """The files of an action in the order they came, without their bytes."""
    found = select(ActionEvidence).where(ActionEvidence.action_id == action.id)
    return list(session.scalars(found.order_by(ActionEvidence.added_at, ActionEvidence.name)))


def evidence_counts(session: Session, actions: Collection[Action]) -> dict[UUID, int]:
    """How many files each of these actions has; one query."""
    found = (
        select(ActionEvidence.action_id, func.count())
        .where(ActionEvidence.action_id.in_([action.id for action in actions]))
        .group_by(ActionEvidence.action_id)
    )
    return dict(session.execute(found).all())


def taken(data: bytes, name: str, limits: Limits) -> tuple[str, str, bytes]:
    """Name, kind and bytes of a file as it is kept. Raises: EvidenceRefused."""
    if len(data) > limits.size:
        raise EvidenceRefused("large", limit=limits.size // 1024**2)
    media_type, content = cleaned(data)
    if _contradicts(name, media_type):
        raise EvidenceRefused("ending")
    return file_name(name, media_type), media_type, content


def cleaned(data: bytes) -> tuple[str, bytes]:
    """What kind of file it is, and its bytes without metadata. Raises: EvidenceRefused."""
    if not data:
        raise EvidenceRefused("empty")
    try:
        return _by_kind(data)
    except EvidenceRefused:
        raise
    except Exception as problem:  # parsers of hostile files fail in many ways
        raise EvidenceRefused("damaged") from problem


def _by_kind(data: bytes) -> tuple[str, bytes]:
    if data.startswith(PNG_START):
        return "image/png", clean_png(data)
    if data.startswith(JPEG_START):
        return "image/jpeg", clean_jpeg(data)
    if data.startswith(b"%PDF-"):
        from survey_app.services.evidence_pdf import clean_pdf

        return "application/pdf", clean_pdf(data)
    if data.startswith(b"PK\x03\x04"):
        from survey_app.services.evidence_office import clean_office

        return clean_office(data)
    return "text/plain", _plain_text(data)


def file_name(given: str, media_type: str) -> str:
    """The last part of a name as sent, readable and with the ending of what the file is."""
    last = re.split(r"[/\\]", without_controls(given))[-1]
    shown = "".join(sign for sign in last if unicodedata.category(sign)[0] != "C").strip(" .")
    suffix = SUFFIXES[media_type]
    known = ".jpeg" if suffix == ".jpg" and shown.lower().endswith(".jpeg") else suffix
    stem = shown[: -len(known)] if shown.lower().endswith(known) else shown
    return (stem.strip(" .")[: LONGEST_NAME - len(suffix)] or "file") + suffix


def _contradicts(name: str, media_type: str) -> bool:
    """Whether a name ends as another kind does; an ending of none of them says nothing."""
    kinds = {suffix: kind for kind, suffix in SUFFIXES.items()} | {".jpeg": "image/jpeg"}
    ending = "." + name.rpartition(".")[2].strip().lower()
    return kinds.get(ending, media_type) != media_type


def _plain_text(data: bytes) -> bytes:
    """Text as UTF-8, as programs here write it. Raises: EvidenceRefused for what is no text."""
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            text = data.decode(encoding)
        except UnicodeDecodeError:
            continue
        if any(unicodedata.category(sign) in ("Cc", "Cs", "Cn", "Co") and sign not in "\t\n\r\f" for sign in text):
            break
        return text.encode()
    raise EvidenceRefused("unknown")


def _record(session: Session, act: str, evidence: ActionEvidence, *, by: Actor, clock: Clock) -> None:
    record(
        session, by, act, evidence, clock=clock, unit=evidence.action.unit, name=evidence.name, sha256=evidence.sha256
    )
