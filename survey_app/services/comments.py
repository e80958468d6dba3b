"""What a committee decides on comments: released in these words, or withheld; sorted by themes. And what then leaves.

A decision holds for the words: for everybody who wrote the same to the same question of a survey, and for every unit
whose report has them. Nothing is shown of a comment before it is released. Whose comments are decided on where is
`comment_queue`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from hashlib import sha256
from typing import TYPE_CHECKING, NamedTuple

from sqlalchemy import select
from sqlalchemy.orm import Session

from survey_app.clock import Clock
from survey_app.models import CommentDecision, CommentState, Survey, Unit
from survey_app.services.audit import Actor, record
from survey_app.services.quotation import check_quotation
from survey_app.services.rules import rules_of
from survey_app.services.shelf import Shelf

if TYPE_CHECKING:
    from analysis.themes import ThemeRule
    from analysis.tree import Comments, Report

SHOWN: Shelf[tuple[Report, Report]] = Shelf(256)
"""By the report as it was, decisions and rules; it stands beside its key, so that no other one gets its identity."""


class CommentReason(StrEnum):
    """Why a comment is withheld."""

    RECOGNISABLE = "recognisable"
    INSULT = "insult"
    SAYS_NOTHING = "says_nothing"


@dataclass(frozen=True, slots=True)
class Words:
    """What was written to a question, by one person or by several in the same words."""

    item: str
    text: str

    @property
    def sha256(self) -> str:
        return sha256(self.text.encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class Release:
    """In which words a comment is released, and as speaking of which themes."""

    words: Words
    shown: str
    themes: tuple[str, ...] = ()


class _Decided(NamedTuple):
    item: str
    text_sha256: str
    state: CommentState
    shown: str
    themes: tuple[str, ...]


def release_comments(
    session: Session, survey: Survey, unit: Unit, released: Sequence[Release], *, by: Actor, clock: Clock
) -> None:
    """Let comments be read in the words given; done again it changes words and themes.

    The record of acts has how many and where, never what was written. Raises: QuotationRefused.
    """
    for one in released:
        check_quotation(one.words.text, one.shown)
    session.refresh(survey, with_for_update=True)  # of two at once the second finds the first's decision
    for one in released:
        _decide(session, survey, one.words, CommentState.RELEASED, clock, shown=one.shown, themes=list(one.themes))
    told = _told([one.words for one in released])
    record(session, by, "comment.release", survey, clock=clock, unit=unit, **told)


def withhold_comment(
    session: Session, survey: Survey, unit: Unit, words: Words, *, reason: CommentReason,
    themes: Sequence[str] = (), by: Actor, clock: Clock,
) -> None:  # fmt: skip
    """Never show a comment, or show it no longer; its themes are counted all the same."""
    session.refresh(survey, with_for_update=True)
    _decide(session, survey, words, CommentState.WITHHELD, clock, reason=reason.value, themes=list(themes))
    record(session, by, "comment.withhold", survey, clock=clock, unit=unit, **_told([words], reason))


def undo_decision(session: Session, survey: Survey, unit: Unit, words: Words, *, by: Actor, clock: Clock) -> None:
    """Let a comment wait again, as if nobody had decided on it; where nobody has, nothing happens."""
    decision = session.get(CommentDecision, (survey.id, words.item, words.sha256))
    if decision is not None:
        session.delete(decision)
        record(session, by, "comment.undo", survey, clock=clock, unit=unit, **_told([words]))


def decisions_on(session: Session, survey: Survey) -> dict[tuple[str, str], CommentDecision]:
    """By question and hash of the text; one query."""
    found = session.scalars(select(CommentDecision).where(CommentDecision.survey_id == survey.id))
    return {(one.item, one.text_sha256): one for one in found}


def comments_to_show(session: Session, survey: Survey, report: Report) -> Report:
    """The report with comments as they may be read: those released, in their released words.

    Themes are counted over all comments, as the committee coded them, else by the rules of the survey; words only in
    what is released. Both are named from three people on (`analysis.disclosure`). A report that has been through here
    stays as it is.
    """
    if not any(found.texts and found.coded is None for found in report.comments):
        return report
    themes, decided = rules_of(survey).themes, _decided(session, survey)
    return SHOWN.get((id(report), decided, themes), lambda: (report, _cut_down(report, decided, themes)))[1]


def _decide(
    session: Session, survey: Survey, words: Words, state: CommentState, clock: Clock, *, shown: str = "",
    reason: str = "", themes: list[str],
) -> None:  # fmt: skip
    session.merge(
        CommentDecision(
            survey_id=survey.id, item=words.item, text_sha256=words.sha256, state=state, decided_at=clock.now(),
            shown=shown, reason=reason, themes=themes,
        )
    )  # fmt: skip


def _told(decided: Sequence[Words], reason: CommentReason | None = None) -> dict[str, object]:
    """What the record of acts keeps: not the hash either, from which a short text could be guessed."""
    return {"comments": len(decided), "items": sorted({words.item for words in decided}), "reason": reason}


def _decided(session: Session, survey: Survey) -> tuple[_Decided, ...]:
    columns = (
        CommentDecision.item, CommentDecision.text_sha256, CommentDecision.state, CommentDecision.shown,
        CommentDecision.themes,
    )  # fmt: skip
    found = session.execute(
        select(*columns)
        .where(CommentDecision.survey_id == survey.id)
        .order_by(CommentDecision.item, CommentDecision.text_sha256)
    )
    return tuple(_Decided(item, text, state, shown, tuple(themes)) for item, text, state, shown, themes in found)


def _cut_down(report: Report, decided: Sequence[_Decided], themes: Sequence[ThemeRule]) -> Report:
    by_text = {(one.item, one.text_sha256): one for one in decided}
    return replace(
        report,
        comments=tuple(_reviewed(found, by_text, themes) if found.texts else found for found in report.comments),
    )


def _reviewed(found: Comments, decided: Mapping[tuple[str, str], _Decided], rules: Sequence[ThemeRule]) -> Comments:
    from analysis.comments import ThemeCount, words  # load the statistics, which answering never needs
    from analysis.disclosure import FEWEST_OF_A_THEME

    decisions = [decided.get((found.code, Words(found.code, text).sha256)) for text in found.texts]
    titles = _titles(found.texts, decisions, rules)
    people = Counter(title for of_text in titles for title in of_text)
    listed = {rule.title: None for rule in rules}
    named = tuple(
        ThemeCount(title, people[title])
        for title in (*listed, *sorted(set(people) - set(listed)))
        if people[title] >= FEWEST_OF_A_THEME
    )
    names = [theme.title for theme in named]
    released = [
        (decision.shown, tuple(name for name in names if name in of_text))
        for decision, of_text in zip(decisions, titles, strict=True)
        if decision is not None and decision.state is CommentState.RELEASED
    ]
    texts = tuple(shown for shown, _themes in released)
    return replace(
        found,
        texts=texts,
        words=tuple(word for word in words(texts) if word.people >= FEWEST_OF_A_THEME),
        themes=named,
        coded=sum(decision is not None for decision in decisions),
        themes_of=tuple(of_text for _shown, of_text in released),
    )


def _titles(
    texts: Sequence[str], decisions: Sequence[_Decided | None], rules: Sequence[ThemeRule]
) -> list[frozenset[str]]:
    """Of each text its themes: as the committee coded it, else by rule."""
    from analysis.comments import code_themes

    by_rule = code_themes(texts, rules)
    return [
        frozenset(found if decision is None else decision.themes)
        for found, decision in zip(by_rule, decisions, strict=True)
    ]
