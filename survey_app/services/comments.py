"""What a committee decides on comments: released in these words, or withheld; sorted by themes. And what then leaves.

A decision is one unit's and holds for the words: for everybody who wrote the same to the same question of a survey.
A release holds for the unit and those below it. Withheld is stronger than released: for the unit, for those below it,
and for those above, whose reports have the same words. Nothing is shown of a comment before it is released. Whose
comments are decided on where is `comment_queue`.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from hashlib import sha256
from typing import TYPE_CHECKING, NamedTuple

from sqlalchemy import select
from sqlalchemy.orm import Session

from survey_app.clock import Clock
from survey_app.models import CommentDecision, CommentState, Survey, Unit
from survey_app.services.audit import Actor, record
from survey_app.services.datasets import load_dataset
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


class Decided(NamedTuple):
    """A decision as it stands to a unit whose report is looked at."""

    item: str
    text_sha256: str
    above: int
    """0: of the unit itself; 1: of the one above it and so on; -1: of one below."""
    unit_name: str
    state: CommentState
    shown: str
    reason: str
    themes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Standing:
    """What the decisions of several units on a comment mean for one of them."""

    path: tuple[Decided, ...] = ()
    """Of the unit itself and those above it, nearest first."""
    below: tuple[Decided, ...] = ()

    @property
    def own(self) -> Decided | None:
        return next((one for one in self.path if one.above == 0), None)

    @property
    def others(self) -> tuple[Decided, ...]:
        return (*(one for one in self.path if one.above), *self.below)

    @property
    def state(self) -> CommentState | None:
        """None: it waits."""
        if any(one.state is CommentState.WITHHELD for one in (*self.path, *self.below)):
            return CommentState.WITHHELD
        return CommentState.RELEASED if self.path else None

    @property
    def nearest(self) -> Decided | None:
        """Whose words and themes hold."""
        return self.path[0] if self.path else None


WAITING = Standing()


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
        themes = list(one.themes)
        _decide(session, survey, unit, one.words, CommentState.RELEASED, clock=clock, shown=one.shown, themes=themes)
    told = _told([one.words for one in released])
    record(session, by, "comment.release", survey, clock=clock, unit=unit, **told)


def withhold_comment(
    session: Session, survey: Survey, unit: Unit, words: Words, *, reason: CommentReason,
    themes: Sequence[str] = (), by: Actor, clock: Clock,
) -> None:  # fmt: skip
    """Never show a comment, or show it no longer; its themes are counted all the same."""
    session.refresh(survey, with_for_update=True)
    _decide(session, survey, unit, words, CommentState.WITHHELD, clock=clock, reason=reason.value, themes=list(themes))
    record(session, by, "comment.withhold", survey, clock=clock, unit=unit, **_told([words], reason))


def undo_decision(session: Session, survey: Survey, unit: Unit, words: Words, *, by: Actor, clock: Clock) -> None:
    """As if the unit had not decided on a comment; where it has not, nothing happens."""
    decision = session.get(CommentDecision, (survey.id, words.item, words.sha256, unit.id))
    if decision is not None:
        session.delete(decision)
        record(session, by, "comment.undo", survey, clock=clock, unit=unit, **_told([words]))


def standings_for(session: Session, survey: Survey, unit: str) -> dict[tuple[str, str], Standing]:
    """By question and hash of the text: what was decided by the unit of this code, above and below it; one query."""
    return _standings(_decided(session, survey, unit))


def comments_to_show(session: Session, survey: Survey, report: Report) -> Report:
    """The report with comments as they may be read: those released, in their released words.

    Themes are counted over all comments, as the committee coded them, else by the rules of the survey; words only in
    what is released. Both are named from three people on (`analysis.disclosure`). A report that has been through here
    stays as it is.
    """
    if not any(found.texts and found.coded is None for found in report.comments):
        return report
    themes, decided = rules_of(survey).themes, _decided(session, survey, report.unit)
    return SHOWN.get((id(report), decided, themes), lambda: (report, _cut_down(report, decided, themes)))[1]


def _decide(
    session: Session, survey: Survey, unit: Unit, words: Words, state: CommentState, *, clock: Clock,
    shown: str = "", reason: str = "", themes: list[str],
) -> None:  # fmt: skip
    session.merge(
        CommentDecision(
            survey_id=survey.id, item=words.item, text_sha256=words.sha256, unit_id=unit.id, state=state,
            decided_at=clock.now(), shown=shown, reason=reason, themes=themes,
        )
    )  # fmt: skip


def _told(decided: Sequence[Words], reason: CommentReason | None = None) -> dict[str, object]:
    """What the record of acts keeps: not the hash either, from which a short text could be guessed."""
    return {"comments": len(decided), "items": sorted({words.item for words in decided}), "reason": reason}


def _decided(session: Session, survey: Survey, unit: str) -> tuple[Decided, ...]:
    """Decisions of the unit, of those above it, nearest first, and of those below it, of each text together."""
    columns = (
        CommentDecision.item, CommentDecision.text_sha256, Unit.code, Unit.name, CommentDecision.state,
        CommentDecision.shown, CommentDecision.reason, CommentDecision.themes,
    )  # fmt: skip
    joined = select(*columns).join(Unit, Unit.id == CommentDecision.unit_id)
    found = session.execute(joined.where(CommentDecision.survey_id == survey.id).order_by(Unit.code)).all()
    above = _steps_up(load_dataset(session, survey).manifest.parents, unit, {row.code for row in found})
    decided = (
        Decided(item, text, above[code], name, state, shown, reason, tuple(themes))
        for item, text, code, name, state, shown, reason, themes in found
        if code in above
    )
    return tuple(sorted(decided, key=lambda one: (one.item, one.text_sha256, one.above < 0, one.above)))


def _steps_up(parents: Mapping[str, str | None], unit: str, others: Collection[str]) -> dict[str, int]:
    """How far above a unit others are, -1 for those below it; without those beside it."""
    path = _path(parents, unit)
    below = {other: -1 for other in others if unit in _path(parents, other)}
    return below | {code: steps for steps, code in enumerate(path)}


def _path(parents: Mapping[str, str | None], unit: str) -> list[str]:
    """The unit and those above it, nearest first."""
    path, above = [unit], parents.get(unit)
    while above is not None:
        path.append(above)
        above = parents.get(above)
    return path


def _standings(decided: Sequence[Decided]) -> dict[tuple[str, str], Standing]:
    by_text: defaultdict[tuple[str, str], list[Decided]] = defaultdict(list)
    for one in decided:
        by_text[one.item, one.text_sha256].append(one)
    return {
        text: Standing(tuple(one for one in of_text if one.above >= 0), tuple(one for one in of_text if one.above < 0))
        for text, of_text in by_text.items()
    }


def _cut_down(report: Report, decided: Sequence[Decided], themes: Sequence[ThemeRule]) -> Report:
    standings = _standings(decided)
    return replace(
        report,
        comments=tuple(_reviewed(found, standings, themes) if found.texts else found for found in report.comments),
    )


def _reviewed(found: Comments, by_text: Mapping[tuple[str, str], Standing], rules: Sequence[ThemeRule]) -> Comments:
    from analysis.comments import ThemeCount, words  # load the statistics, which answering never needs
    from analysis.disclosure import told_counts, told_words

    standings = [by_text.get((found.code, Words(found.code, text).sha256), WAITING) for text in found.texts]
    titles = _titles(found.texts, standings, rules)
    people = Counter(title for of_text in titles for title in of_text)
    listed = {rule.title: None for rule in rules}
    counted = [ThemeCount(title, people[title]) for title in (*listed, *sorted(set(people) - set(listed)))]
    named = told_counts(counted, bands=found.bands)
    names = [theme.title for theme in named]
    released = [
        (standing.nearest.shown, tuple(name for name in names if name in of_text))
        for standing, of_text in zip(standings, titles, strict=True)
        if standing.nearest is not None and standing.state is CommentState.RELEASED
    ]
    texts = tuple(shown for shown, _themes in released)
    return replace(
        found,
        texts=texts,
        words=told_words(words(texts), bands=found.bands),
        themes=named,
        coded=sum(standing.nearest is not None for standing in standings),
        themes_of=tuple(of_text for _shown, of_text in released),
    )


def _titles(texts: Sequence[str], standings: Sequence[Standing], rules: Sequence[ThemeRule]) -> list[frozenset[str]]:
    """Of each text its themes: as the committee coded it, else by rule."""
    from analysis.comments import code_themes

    by_rule = code_themes(texts, rules)
    return [
        frozenset(found if standing.nearest is None else standing.nearest.themes)
        for found, standing in zip(by_rule, standings, strict=True)
    ]
