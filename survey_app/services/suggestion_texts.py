"""From a sealed round to the moderation queue: whose texts may be read under which unit, and which nobody reads yet."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session

from analysis.dataset import SealedDataset, scattered
from survey_app.clock import Clock
from survey_app.models import State, Suggestion, SuggestionRound, Survey, Unit
from survey_app.services.audit import Actor, record
from survey_app.services.datasets import load_dataset
from survey_app.services.organisation import subtree


def collect_suggestions(
    session: Session, survey: Survey, sealed: SealedDataset, *, by: Actor, clock: Clock
) -> list[Suggestion]:
    """Put the texts of a round just sealed into the queue, with those that earlier rounds of the channel left unread.

    The same people may have answered every round, so of people and of writers the most of any one round count.

    A text goes under the unit of its reporting group where at least ten people there answered and five wrote, else
    under the nearest unit above with enough (`analysis.text_holders`). Where even all together are too few, nothing is
    taken: the texts stay sealed until the next round. Of a survey that is no round nothing is collected.
    """
    present = session.get(SuggestionRound, survey.id)
    if present is None:
        return []
    pool = [*_unread_before(session, present), (present, sealed)]
    texts = _placed(pool)
    if not texts:
        return []
    units = {unit.code: unit for unit in subtree(session, present.channel.unit)}
    found = [
        _suggestion(text, position, survey, units.get(holder, present.channel.unit))
        for position, (text, holder) in enumerate(sorted(texts, key=lambda one: scattered(one[0])), start=1)
    ]
    session.add_all(found)
    for round_, _dataset in pool:
        round_.collected_on = clock.today()
    record(session, by, "channel.collect", present.channel, clock=clock, unit=survey.unit, suggestions=len(found))
    return found


Pool = Sequence[tuple[SuggestionRound, SealedDataset]]
"""Rounds whose texts are read together, oldest first."""


def _unread_before(session: Session, present: SuggestionRound) -> list[tuple[SuggestionRound, SealedDataset]]:
    found = session.scalars(
        select(SuggestionRound)
        .join(SuggestionRound.survey)
        .where(
            SuggestionRound.channel_id == present.channel_id,
            SuggestionRound.survey_id != present.survey_id,
            SuggestionRound.collected_on.is_(None),
            Survey.state == State.SEALED,
        )
        .order_by(Survey.sealed_at)
    )
    return [(round_, load_dataset(session, round_.survey)) for round_ in found]


def _placed(pool: Pool) -> list[tuple[str, str]]:
    """Every text with the code of the unit under which it may be read; none where they are too few."""
    from analysis.text_holders import text_holders  # loads the statistics, which answering never needs

    said: defaultdict[str, list[str]] = defaultdict(list)
    writers: Counter[str] = Counter()
    people: Counter[str] = Counter()
    for _round, sealed in pool:
        writers |= _fewest_writers(sealed)
        people |= Counter({unit: roster.valid for unit, roster in sealed.manifest.rosters.items()})
        for by_unit in sealed.texts.values():
            for unit, texts in by_unit.items():
                said[unit] += texts
    threshold = max(sealed.manifest.threshold for _round, sealed in pool)
    holders = text_holders(writers, people, _parents(pool), threshold=threshold)
    return [(text, holders[unit]) for unit, texts in said.items() if unit in holders for text in texts]


def _fewest_writers(sealed: SealedDataset) -> Counter[str]:
    """Unit -> how many people at least wrote something: the most texts to any one question."""
    fewest: Counter[str] = Counter()
    for by_unit in sealed.texts.values():
        fewest |= Counter({unit: len(texts) for unit, texts in by_unit.items()})
    return fewest


def _parents(pool: Pool) -> dict[str, str | None]:
    """The tree of the latest round, with units that only earlier rounds knew where they were then."""
    parents: dict[str, str | None] = {}
    for _round, sealed in pool:
        parents |= sealed.manifest.parents
    top = pool[-1][1].manifest.root
    return {unit: None if unit == top else parent or top for unit, parent in parents.items()}


def _suggestion(text: str, position: int, survey: Survey, unit: Unit) -> Suggestion:
    from analysis.redaction import redact, suggest_redactions  # loads a dictionary, which answering never needs

    shown = redact(text, suggest_redactions(text))
    return Suggestion(position=position, original=text, shown=shown, survey_id=survey.id, unit=unit)
