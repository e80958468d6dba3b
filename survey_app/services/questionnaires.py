"""Published questionnaires: putting one into the database, and getting the Instrument of a survey back."""

from __future__ import annotations

from functools import lru_cache

from sqlalchemy import select
from sqlalchemy.orm import Session

from instruments import catalogue
from instruments.loader import content_hash, load, load_for_publishing
from instruments.model import Instrument
from survey_app.clock import Clock
from survey_app.errors import UnknownVersion
from survey_app.models import InstrumentVersion, Survey
from survey_app.services.audit import Actor, record


def publish_instrument(session: Session, source: str, *, by: Actor, clock: Clock) -> InstrumentVersion:
    """Publish a questionnaire as it stands; the same content is published once only.

    Raises: instruments.problems.InstrumentError with everything that makes it unfit.
    """
    instrument = load_for_publishing(source)
    sha256 = content_hash(instrument)
    version = session.get(InstrumentVersion, sha256)
    if version is not None:
        return version
    version = InstrumentVersion(
        sha256=sha256,
        code=instrument.code,
        title=instrument.title.zh_Hans,
        audience=instrument.audience,
        source=source,
        published_at=clock.now(),
    )
    session.add(version)
    record(session, by, "instrument.publish", version, clock=clock, code=instrument.code)
    return version


def install_catalogue(session: Session, *, by: Actor, clock: Clock) -> list[InstrumentVersion]:
    """Publish the questionnaires that come with the software."""
    return [publish_instrument(session, catalogue.read_text(name), by=by, clock=clock) for name in catalogue.names()]


def versions(session: Session) -> list[InstrumentVersion]:
    """All published questionnaires, newest first."""
    return list(
        session.scalars(
            select(InstrumentVersion).order_by(InstrumentVersion.published_at.desc(), InstrumentVersion.code)
        )
    )


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


def instrument_of(of: InstrumentVersion | Survey) -> Instrument:
    """The questionnaire itself, parsed once per content."""
    version = of.instrument if isinstance(of, Survey) else of
    return _parsed(version.sha256, version.source)


@lru_cache(maxsize=64)
def _parsed(_sha256: str, source: str) -> Instrument:
    return load(source)
