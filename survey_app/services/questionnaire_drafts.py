"""Questionnaires that are being written: beginning, changing, discarding, and publishing one as a version.

A draft is its YAML, fit to publish or not yet; changing a part of that text is `instruments.editing`.
"""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import select
from sqlalchemy.orm import Session

from instruments.loader import dump
from instruments.model import Audience, Instrument, Item, ItemType, Section, Translation
from instruments.problems import InstrumentError
from instruments.reading import read
from survey_app.clock import Clock
from survey_app.errors import DraftChanged
from survey_app.models import InstrumentVersion, QuestionnaireDraft, Unit
from survey_app.services.audit import Actor, record
from survey_app.services.questionnaires import publish_instrument
from survey_app.services.unit_tree import AnyUnit

FIRST_SECTION = Section(
    code="questions",
    title=Translation(zh_Hans="问题", en="Questions"),
    items=(
        Item(
            code="suggestion",
            type=ItemType.TEXT,
            text=Translation(zh_Hans="您对支部工作有什么建议？", en="What do you suggest for the work of the branch?"),
            required=False,
        ),
    ),
)
"""What a new questionnaire begins with, so that it can be looked at from the first moment."""


def start_draft(
    session: Session,
    unit: Unit,
    *,
    source: str,
    based_on: InstrumentVersion | None = None,
    by: Actor,
    clock: Clock,
) -> QuestionnaireDraft:
    """A draft of a unit, from a text: that of a published version, an imported one, or a blank one."""
    draft = QuestionnaireDraft(
        source=source, title=title_in(source), changed_at=clock.now(), unit=unit, based_on=based_on
    )
    session.add(draft)
    record(session, by, "questionnaire.start", draft, clock=clock, title=draft.title)
    return draft


def change_draft(
    session: Session, draft: QuestionnaireDraft, source: str, *, revision: int, by: Actor, clock: Clock
) -> None:
    """Give a draft another text. Raises: DraftChanged where it is not the `revision` any more that was changed."""
    hold_draft(session, draft, revision)
    if source == draft.source:
        return
    draft.source, draft.title = source, title_in(source)
    draft.revision, draft.changed_at = revision + 1, clock.now()
    record(session, by, "questionnaire.change", draft, clock=clock, title=draft.title, revision=draft.revision)


def discard_draft(session: Session, draft: QuestionnaireDraft, *, by: Actor, clock: Clock) -> None:
    """Delete a draft; only the record of acts remembers it."""
    record(session, by, "questionnaire.discard", draft, clock=clock, title=draft.title)
    session.delete(draft)
    session.flush()


def publish_draft(
    session: Session, draft: QuestionnaireDraft, *, revision: int, by: Actor, clock: Clock
) -> InstrumentVersion:
    """Publish a draft as a version that is never changed again; the draft is gone.

    Raises: DraftChanged, CodeBelongsToOther, instruments.problems.InstrumentError.
    """
    hold_draft(session, draft, revision)
    version = publish_instrument(session, draft.source, unit=draft.unit, by=by, clock=clock)
    session.delete(draft)
    session.flush()
    return version


def drafts_of(session: Session, units: Iterable[AnyUnit]) -> list[QuestionnaireDraft]:
    """Drafts of these units, the one changed last first."""
    wanted = [unit.id for unit in units]
    found = select(QuestionnaireDraft).where(QuestionnaireDraft.unit_id.in_(wanted))
    return list(session.scalars(found.order_by(QuestionnaireDraft.changed_at.desc(), QuestionnaireDraft.title)))


def blank_source(*, code: str, title: str, audience: str) -> str:
    """The YAML of a small complete questionnaire to begin with."""
    return dump(
        Instrument(
            schema_version=1,
            code=code,
            title=Translation(zh_Hans=title),
            audience=Audience(audience),
            is_annual=False,
            sections=(FIRST_SECTION,),
        )
    )


def title_in(source: str) -> str:
    """The title that a text gives itself, as far as it can be read; empty where it has none."""
    try:
        data = read(source).data
    except InstrumentError:
        return ""
    title = data.get("title") if isinstance(data, dict) else None
    chinese = title.get("zh_Hans") if isinstance(title, dict) else None
    return chinese.strip()[:200] if isinstance(chinese, str) else ""


def hold_draft(session: Session, draft: QuestionnaireDraft, revision: int) -> None:
    """The draft stays as it is until this transaction ends. Raises: DraftChanged."""
    session.refresh(draft, with_for_update=True)
    if draft.revision != revision:
        raise DraftChanged
