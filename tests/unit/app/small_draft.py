"""A small questionnaire with a comment, a rule and two sections, and a draft of it in the committee's world."""

from __future__ import annotations

from uuid import UUID

from survey_app import services
from survey_app.extensions import db
from survey_app.models import QuestionnaireDraft, Unit
from tests.committee_world import World

DRAFTS = "/committee/questionnaires/drafts"

SMALL = """\
# Written by hand in the office.
schema: 1
code: branch-day
title: {zh_Hans: 主题党日, en: Party day}
audience: member
annual: false
scales:
  grades:
    levels:
      - {code: 3, label: {zh_Hans: 好, en: Good}}
      - {code: 2, label: {zh_Hans: 一般, en: Fair}}
      - {code: 1, label: {zh_Hans: 差, en: Poor}}
    satisfied: [3]
sections:
  - code: first
    title: {zh_Hans: 第一部分, en: Part one}
    items:
      # asked every time
      - code: content
        text: {zh_Hans: 内容怎么样？, en: How was the content?}
        scale: grades
      - code: why
        type: text
        text: {zh_Hans: 为什么？, en: Why?}
        required: false
        visible_if: content == 1
  - code: second
    title: {zh_Hans: 第二部分, en: Part two}
    items:
      - code: place
        text: {zh_Hans: 场地怎么样？, en: How was the place?}
        scale: grades
"""


def begin_draft(world: World, source: str = SMALL, *, unit: str = "C1", based_on: str | None = None) -> str:
    """Puts a draft into the world and tells its address."""
    with world.app.app_context():
        draft = services.start_draft(
            db.session,
            db.session.get_one(Unit, world.units[unit]),
            source=source,
            based_on=services.version_by_hash(db.session, based_on) if based_on else None,
            by=services.COMMAND_LINE,
            clock=world.app.config["CLOCK"],
        )
        db.session.commit()
        return f"{DRAFTS}/{draft.id}"


def source_of(world: World, address: str) -> str:
    with world.app.app_context():
        return db.session.get_one(QuestionnaireDraft, UUID(address.rsplit("/", 1)[1])).source
