"""Published questionnaires: publishing one, finding it again, and what a new version changes.

What is still being written is `questionnaire_drafts`.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING
from uuid import UUID

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from instruments import catalogue
from instruments.difference import Change, difference
from instruments.loader import content_hash, load, load_for_publishing
from instruments.model import Instrument
from survey_app.clock import Clock
from survey_app.errors import CodeBelongsToOther, UnknownVersion
from survey_app.models import InstrumentVersion, Survey, Unit
from survey_app.services.audit import Actor, record
from survey_app.services.organisation import ancestors

if TYPE_CHECKING:
    from analysis.comparability import ItemComparability


@dataclass(frozen=True, slots=True)
class Compared:
    """One change between two versions, and for a scored item whether its figures still compare."""

    change: Change
    effect: ItemComparability | None


def publish_instrument(
    session: Session, source: str, *, unit: Unit | None = None, by: Actor, clock: Clock
) -> InstrumentVersion:
    """Publish a questionnaire as it stands, as that of a unit (None: of the service itself).

    The same content is published once only. New versions of a code come from the unit whose questionnaire it is; those
    of the service may be taken over by a unit at the top. So nobody below can change what is asked of all.

    Raises: instruments.problems.InstrumentError with everything that makes it unfit; CodeBelongsToOther.
    """
    instrument = load_for_publishing(source)
    sha256 = content_hash(instrument)
    version = session.get(InstrumentVersion, sha256)
    if unit is not None and (version is None or not _is_read_by(version, unit)):
        require_own_code(session, instrument.code, unit)
    if version is not None:
        return version
    version = InstrumentVersion(
        sha256=sha256,
        code=instrument.code,
        title=instrument.title.zh_Hans,
        audience=instrument.audience,
        source=source,
        published_at=clock.now(),
        unit=unit,
    )
    session.add(version)
    record(session, by, "instrument.publish", version, clock=clock, unit=unit, code=instrument.code)
    return version


def require_own_code(session: Session, code: str, unit: Unit) -> None:
    """Raises: CodeBelongsToOther."""
    found = session.scalars(select(InstrumentVersion).where(InstrumentVersion.code == code)).all()
    if code in catalogue.names() or any(version.unit_id is None for version in found):
        if unit.parent_id is not None:
            raise CodeBelongsToOther("service", code=code)
        return
    other = next((version.unit for version in found if version.unit is not None and version.unit_id != unit.id), None)
    if other is None:
        return
    if other in ancestors(unit):
        raise CodeBelongsToOther("unit", code=code, unit=other.name)
    raise CodeBelongsToOther("elsewhere", code=code)


def _is_read_by(version: InstrumentVersion, unit: Unit) -> bool:
    """A unit reads the questionnaires of the service, its own, and those of units above it."""
    return version.unit_id in {None, unit.id, *(above.id for above in ancestors(unit))}


def install_catalogue(session: Session, *, by: Actor, clock: Clock) -> list[InstrumentVersion]:
    """Publish the questionnaires that come with the software."""
    return [publish_instrument(session, catalogue.read_text(name), by=by, clock=clock) for name in catalogue.names()]


def versions(session: Session, within: Collection[UUID] | None = None) -> list[InstrumentVersion]:
    """Published questionnaires, newest first; `within`: those of the service and of these units only."""
    wanted = select(InstrumentVersion).order_by(InstrumentVersion.published_at.desc(), InstrumentVersion.code)
    if within is not None:
        wanted = wanted.where(or_(InstrumentVersion.unit_id.is_(None), InstrumentVersion.unit_id.in_(within)))
    return list(session.scalars(wanted))


def version_by_hash(session: Session, sha256: str) -> InstrumentVersion:
    """Raises: UnknownVersion."""
    version = session.get(InstrumentVersion, sha256)
    if version is None:
        raise UnknownVersion(version=sha256[:12])
    return version


def latest_version(session: Session, code: str) -> InstrumentVersion:
    """The newest published questionnaire of this code. Raises: UnknownVersion."""
    found = next((version for version in versions(session) if version.code == code), None)
    if found is None:
        raise UnknownVersion(version=code)
    return found


def compare_versions(older: Instrument, newer: Instrument) -> list[Compared]:
    """What a new version changes, and what that does to comparing the years: asked alike, at the same time of year."""

    from analysis.comparability import comparability  # loads numpy, which answering never needs
    from analysis.types import Context

    alike = Context(year=0, audience=newer.audience)
    effects = comparability(older, newer, alike, alike)
    return [
        Compared(change, effects.get(change.code) if change.part == "item" else None)
        for change in difference(older, newer)
    ]


def instrument_of(of: InstrumentVersion | Survey) -> Instrument:
    """The questionnaire itself, parsed once per content."""
    version = of.instrument if isinstance(of, Survey) else of
    return _parsed(version.sha256, version.source)


@lru_cache(maxsize=64)
def _parsed(_sha256: str, source: str) -> Instrument:
    return load(source)
