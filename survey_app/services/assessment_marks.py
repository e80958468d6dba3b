"""What was found on site about a check point of a unit: points with files that show it, or that it does not apply.

A mark counts once a second person has signed it. Whatever changes afterwards makes the signature void.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from hashlib import sha256
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session, joinedload, selectinload

from survey_app.assessment.scheme import CheckPoint, OnSite
from survey_app.clock import Clock
from survey_app.models import AssessmentScheme, AuditEntry, SiteEvidence, SiteMark, SiteMarkKind, Unit, User
from survey_app.services.assessment import class_in, rules_in
from survey_app.services.assessment_lock import AssessmentRefused
from survey_app.services.audit import record
from survey_app.services.evidence import Limits, taken

SIGN = "assessment.sign"
"""The act that makes a mark count."""


@dataclass(frozen=True, slots=True)
class Found:
    """What somebody saw: points as written, or an exemption with its reason."""

    kind: SiteMarkKind
    points: str = ""
    note: str = ""


@dataclass(frozen=True, slots=True)
class MarkCount:
    """Marks of a unit: how many were entered, and how many of them a second person has signed."""

    entered: int
    signed: int


def marks_of(session: Session, scheme: AssessmentScheme, unit: Unit) -> dict[str, SiteMark]:
    """Check point -> mark, with files (without their bytes) and who entered and signed."""
    return {mark.check_point: mark for mark in _marks(session, scheme, [unit.id])}


def marks_by_unit(session: Session, scheme: AssessmentScheme) -> Mapping[UUID, list[SiteMark]]:
    """All marks under a scheme; two queries."""
    by_unit: defaultdict[UUID, list[SiteMark]] = defaultdict(list)
    for mark in _marks(session, scheme, None):
        by_unit[mark.unit_id].append(mark)
    return by_unit


def mark_counts(session: Session, scheme: AssessmentScheme) -> dict[UUID, MarkCount]:
    """How far the marks of each unit have come; one query."""
    counted = (
        select(SiteMark.unit_id, func.count(), func.count(SiteMark.second_by_id))
        .where(SiteMark.scheme_id == scheme.id)
        .group_by(SiteMark.unit_id)
    )
    return {unit_id: MarkCount(entered, signed) for unit_id, entered, signed in session.execute(counted)}


def unsigned_marks(session: Session, scheme: AssessmentScheme, units: Collection[UUID], limit: int) -> list[SiteMark]:
    """Marks of these units that wait for a second signature, those entered first before others."""
    waiting = (
        select(SiteMark)
        .where(SiteMark.scheme_id == scheme.id, SiteMark.second_by_id.is_(None))
        .options(joinedload(SiteMark.unit), joinedload(SiteMark.entered_by))
        .order_by(SiteMark.entered_at, SiteMark.check_point)
    )
    return [mark for mark in session.scalars(waiting) if mark.unit_id in units][:limit]


def enter_mark(
    session: Session, scheme: AssessmentScheme, unit: Unit, check_point: str, found: Found, *, by: User, clock: Clock
) -> SiteMark:
    """Write down what was found, or write it anew; the second signature is then still to come.

    Raises: AssessmentRefused.
    """
    point, full = markable(scheme, unit, check_point)
    points = _points(found, point, full)
    mark = marks_of(session, scheme, unit).get(check_point)
    voided = None
    if mark is None:
        mark = SiteMark(
            check_point=check_point, kind=found.kind, entered_at=clock.now(), scheme=scheme, unit=unit, entered_by=by
        )
        session.add(mark)
    else:
        voided = _void(mark)
    mark.kind, mark.points, mark.note = found.kind, points, found.note
    mark.entered_by, mark.entered_at = by, clock.now()
    record(
        session, by, "assessment.mark", mark, clock=clock, unit=unit, code=check_point, mark=found.kind.value,
        points=points or None, voided=voided,
    )  # fmt: skip
    return mark


def sign_mark(session: Session, mark: SiteMark, *, agreed: str, by: User, clock: Clock) -> None:
    """The second signature; `agreed` is the hash of what was read. Raises: AssessmentRefused."""
    if mark.second_by_id is not None:
        raise AssessmentRefused("twice")
    if mark.entered_by_id == by.id:
        raise AssessmentRefused("own")
    if mark.kind is SiteMarkKind.POINTS and not mark.evidence:
        raise AssessmentRefused("evidence")
    digest = mark_hash(mark)
    if agreed != digest:
        raise AssessmentRefused("changed")
    mark.second_by, mark.second_at = by, clock.now()
    record(
        session, by, SIGN, mark, clock=clock, unit=mark.unit, code=mark.check_point, mark=mark.kind.value,
        points=mark.points or None, sha256=digest,
    )  # fmt: skip


def add_site_evidence(
    session: Session, mark: SiteMark, data: bytes, *, name: str, limits: Limits, by: User, clock: Clock
) -> SiteEvidence:
    """Keep a file without its metadata. Raises: EvidenceRefused, AssessmentRefused."""
    if len(mark.evidence) >= limits.files:
        raise AssessmentRefused("many", most=limits.files)
    shown, media_type, content = taken(data, name, limits)
    evidence = SiteEvidence(
        name=shown, media_type=media_type, size=len(content), sha256=sha256(content).hexdigest(),
        added_at=clock.now(), content=content,
    )  # fmt: skip
    mark.evidence.append(evidence)
    _record_file(session, "assessment.add_evidence", evidence, voided=_void(mark), by=by, clock=clock)
    return evidence


def remove_site_evidence(session: Session, evidence: SiteEvidence, *, by: User, clock: Clock) -> None:
    """Erase a file; that it was there, and its hash, stay in the record of acts."""
    voided = _void(evidence.mark)
    _record_file(session, "assessment.remove_evidence", evidence, voided=voided, by=by, clock=clock)
    evidence.mark.evidence.remove(evidence)


def markable(scheme: AssessmentScheme, unit: Unit, check_point: str) -> tuple[CheckPoint, Decimal]:
    """A check point of a unit's class, and its full points there. Raises: AssessmentRefused."""
    unit_class = class_in(scheme, unit)
    if unit_class is None:
        raise AssessmentRefused("not_assessed", unit=unit.name)
    if scheme.locked_at is None:
        raise AssessmentRefused("unlocked")
    found = (
        (point, full) for _category, point, full in rules_in(scheme).of_class(unit_class) if point.code == check_point
    )
    point, full = next(found, (None, Decimal()))
    if point is None:
        raise AssessmentRefused("unknown")
    return point, full


def mark_hash(mark: SiteMark) -> str:
    """SHA-256 of what is signed, as JSON in one fixed form."""
    said = {
        "scheme": str(mark.scheme_id),
        "unit": str(mark.unit_id),
        "check_point": mark.check_point,
        "kind": mark.kind.value,
        "points": mark.points,
        "note": mark.note,
        "evidence": sorted((file.name, file.sha256) for file in mark.evidence),
    }
    return sha256(json.dumps(said, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()).hexdigest()


def countable(session: Session, marks: Collection[SiteMark]) -> frozenset[UUID]:
    """Marks that are signed and still say what was signed, by the record of acts; one query."""
    signed = {str(mark.id): mark for mark in marks if mark.second_by_id is not None}
    if not signed:
        return frozenset()
    acts = (
        select(AuditEntry.object_id, AuditEntry.detail)
        .where(AuditEntry.act == SIGN, AuditEntry.unit_id.in_({mark.unit_id for mark in signed.values()}))
        .order_by(AuditEntry.number)
    )
    written = {identifier: detail.get("sha256") for identifier, detail in session.execute(acts)}
    return frozenset(
        mark.id for identifier, mark in signed.items() if written.get(identifier) == mark_hash(mark)
    )  # fmt: skip


def _marks(session: Session, scheme: AssessmentScheme, units: Collection[UUID] | None) -> Iterable[SiteMark]:
    found = (
        select(SiteMark)
        .where(SiteMark.scheme_id == scheme.id)
        .options(selectinload(SiteMark.evidence), joinedload(SiteMark.entered_by), joinedload(SiteMark.second_by))
        .order_by(SiteMark.check_point)
    )
    return session.scalars(found if units is None else found.where(SiteMark.unit_id.in_(units)))


def _points(found: Found, point: CheckPoint, full: Decimal) -> str:
    """Points as they are kept; none of an exemption."""
    if found.kind is SiteMarkKind.EXEMPT:
        if not found.note:
            raise AssessmentRefused("note")
        return ""
    if not point.is_on_site:
        raise AssessmentRefused("not_on_site")
    try:
        points = Decimal(found.points)
    except InvalidOperation:
        raise AssessmentRefused("points", most=full) from None
    is_fine = points.is_finite() and 0 <= points <= full and points == round(points, 2)
    if not is_fine or (not isinstance(point.rule, OnSite) and points not in (0, full)):
        raise AssessmentRefused("points", most=full)
    return f"{points.normalize():f}"


def _void(mark: SiteMark) -> int | None:
    """Take back a second signature; how many became void, None if there was none."""
    if mark.second_by_id is None:
        return None
    mark.second_by, mark.second_at = None, None
    return 1


def _record_file(
    session: Session, act: str, evidence: SiteEvidence, *, voided: int | None, by: User, clock: Clock
) -> None:
    record(
        session, by, act, evidence, clock=clock, unit=evidence.mark.unit, code=evidence.mark.check_point,
        name=evidence.name, sha256=evidence.sha256, voided=voided,
    )  # fmt: skip
