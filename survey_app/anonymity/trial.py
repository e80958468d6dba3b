"""All attacks on all stores of a simulated survey, each held against what is promised of that store."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from random import Random
from statistics import fmean

from instruments.wording import N_
from survey_app.anonymity.attacks import Attack, Outcome, Rows, Truth, is_at_chance, lengths_of, strongest, try_all
from survey_app.anonymity.chance import expected_links, most_links
from survey_app.anonymity.copies import remnants
from survey_app.anonymity.nights import (
    Days,
    Guess,
    Night,
    certain_by_counter,
    days_of,
    expected_right,
    guess_by_counter,
    guess_by_days,
)
from survey_app.anonymity.simulation import Evidence, simulate
from survey_app.anonymity.visits import draw_visits, habit, nights_of

FOUND_BY_TIMES = 0.8
"""Share of links that times have to find in the naive store; else the attacks are no good."""
REPEATED = 200
"""Surveys drawn for the usual share of links found by copies of every night."""
BOX_PARTS = "boxes/"


class Store(StrEnum):
    SEALED_ROWS = N_("sealed data: rows")
    SEALED_TEXTS = N_("sealed data: comments")
    SEALED_FILES = N_("files after sealing")
    BACKUPS = N_("backups of every night")
    REWRITTEN = N_("live stores just after a backup")
    RAW = N_("raw copies of the live stores")
    NAIVE = N_("naive store, for comparison")


class Verdict(StrEnum):
    AT_CHANCE = N_("no better than guessing")
    NOTHING = N_("nothing to be found")
    LIMIT = N_("stated limit")
    FOUND = N_("found, as it must be")
    NOT_READ = N_("may not be read here")
    LINKS = N_("LINKS: promise broken")
    MISSED = N_("MISSED: the check itself is broken")


BROKEN = (Verdict.LINKS, Verdict.MISSED)
Verdicts = tuple[Verdict, Verdict]
"""What it means when an attack finds nothing, and when it does."""
PROMISED: Verdicts = (Verdict.AT_CHANCE, Verdict.LINKS)
LIMITED: Verdicts = (Verdict.AT_CHANCE, Verdict.LIMIT)
WANTED: Verdicts = (Verdict.MISSED, Verdict.FOUND)


@dataclass(frozen=True, slots=True)
class Finding:
    """An attack on a store: of `guessed` links `right` ones. For lengths: how many kinds of length; for remnants: how
    many of the keys and envelopes were found. `most_by_chance` is None where these are no links."""

    store: Store
    attack: Attack
    right: float
    guessed: int
    expected: float
    most_by_chance: int | None
    verdict: Verdict
    by: str = ""


@dataclass(frozen=True, slots=True)
class Trial:
    """The findings; `usual_share`: mean share of links that nightly raw copies give, over many such surveys."""

    members: int
    days: int
    findings: tuple[Finding, ...]
    smallest_set: tuple[int, int]
    certain_by_counter: int
    usual_share: float

    @property
    def broken(self) -> list[Finding]:
        return [finding for finding in self.findings if finding.verdict in BROKEN]


def hold_trial(url: str, folder: Path, *, members: int, days: int, rng: Random) -> Trial:
    """Simulate a survey in an empty database and attack all that is left of it."""
    evidence = simulate(url, folder, members=members, days=days, rng=rng)
    seen = days_of(evidence.nights)
    return Trial(
        members=members,
        days=days,
        findings=tuple(findings_of(evidence, rng)),
        smallest_set=seen.smallest_set,
        certain_by_counter=certain_by_counter(seen),
        usual_share=usual_share(members, days, rng),
    )


def findings_of(evidence: Evidence, rng: Random) -> Iterator[Finding]:
    """Every store in turn, from what stays for ever to what never should have been."""
    members = {member: member for member in evidence.came_in}
    for store, rows in ((Store.SEALED_ROWS, evidence.sealed_rows), (Store.SEALED_TEXTS, evidence.sealed_texts)):
        yield from _tries(store, list(try_all(evidence.came_in, rows, members, rng)), PROMISED)
    yield _remnants(Store.SEALED_FILES, evidence.sealed_files, evidence.needles)
    yield from _backups(evidence)
    for store, copy, verdicts in ((Store.REWRITTEN, evidence.rewritten, PROMISED), (Store.RAW, evidence.raw, LIMITED)):
        yield from _tries(store, list(try_all(copy.codes, copy.ballots, evidence.truth, rng)), verdicts)
        yield _lengths(store, _kinds_of_length(copy.codes, copy.ballots), PROMISED)
    seen = days_of(evidence.nights)
    yield _by_days(Store.RAW, Attack.NIGHTS, guess_by_days(seen, habit), seen, evidence.truth, LIMITED)
    yield _by_days(Store.RAW, Attack.COUNTER, guess_by_counter(seen), seen, evidence.truth, LIMITED)
    naive, truth = evidence.naive, evidence.naive_truth
    yield from _tries(Store.NAIVE, list(try_all(naive.codes, naive.ballots, truth, rng)), WANTED)
    yield _lengths(Store.NAIVE, _kinds_of_length(naive.ballots), WANTED)
    seen = days_of(evidence.naive_nights)
    yield _by_days(Store.NAIVE, Attack.NIGHTS, guess_by_days(seen, habit), seen, truth, WANTED)


def usual_share(members: int, days: int, rng: Random) -> float:
    """Mean share of right links from nightly raw copies when the same habits play out again and again."""
    truth = {member: member for member in range(members)}
    seen = (days_of(nights_of(draw_visits(members, days, rng), days)) for _ in range(REPEATED))
    return fmean(expected_right(guess_by_days(one, habit), one, truth) / members for one in seen)


def _tries(store: Store, outcomes: Sequence[Outcome], verdicts: Verdicts) -> Iterator[Finding]:
    """The strongest guess by orders and by moments; all guesses count as tries."""
    for attack in (Attack.ORDER, Attack.MOMENTS):
        of_attack = [outcome for outcome in outcomes if outcome.attack is attack]
        if not of_attack:
            continue
        best = strongest(of_attack)
        is_found = not is_at_chance(of_attack, len(outcomes))
        if verdicts is WANTED and attack is Attack.MOMENTS:
            is_found = is_found and best.share >= FOUND_BY_TIMES
        most = best.most_by_chance(len(outcomes))
        yield Finding(store, attack, best.right, best.guessed, best.expected, most, verdicts[is_found], best.by)


def _by_days(  # noqa: PLR0917
    store: Store, attack: Attack, guess: Guess, days: Days, truth: Truth, verdicts: Verdicts
) -> Finding:
    """Expected right links of a guess between days; found where they are more than guessing gives at its best."""
    guessed, codes = sum(guess.values()), len(days.used)
    right, most = expected_right(guess, days, truth), most_links(guessed, codes)
    return Finding(store, attack, right, guessed, expected_links(guessed, codes), most, verdicts[right > most])


def _lengths(store: Store, kinds: Mapping[str, int], verdicts: Verdicts) -> Finding:
    """`right`: the most different lengths that a column, or a part of a backup, has."""
    most = max(kinds.values(), default=0)
    by = ", ".join(name for name, count in kinds.items() if count > 1)
    verdict = Verdict.NOTHING if most <= 1 and verdicts is PROMISED else verdicts[most > 1]
    return Finding(store, Attack.LENGTHS, most, 0, 1.0, None, verdict, by)


def _kinds_of_length(*stores: Rows) -> dict[str, int]:
    return {name: count for rows in stores for name, count in lengths_of(rows).items()}


def _remnants(store: Store, files: Iterable[bytes] | None, needles: Sequence[bytes]) -> Finding:
    """`right`: how many of `guessed` keys and envelopes are to be found."""
    if files is None:
        return Finding(store, Attack.REMNANTS, 0, 0, 0.0, None, Verdict.NOT_READ)
    found = remnants(files, needles)
    verdict = Verdict.LINKS if found else Verdict.NOTHING
    return Finding(store, Attack.REMNANTS, found, len(needles), 0.0, None, verdict)


def _backups(evidence: Evidence) -> Iterator[Finding]:
    """What can be read in them; their sizes; what became visible from one night to the next."""
    nights = [
        Night(
            {code for code in evidence.truth if remnants(parts.values(), [code])},
            {ballot for ballot in evidence.truth.values() if remnants(parts.values(), [ballot])},
        )
        for parts in evidence.backups
    ]
    yield _remnants(Store.BACKUPS, [part for parts in evidence.backups for part in parts.values()], evidence.needles)
    names = {name for parts in evidence.backups for name in parts if name.startswith(BOX_PARTS)}
    sizes = {name: len({len(parts.get(name, b"")) for parts in evidence.backups}) for name in sorted(names)}
    yield _lengths(Store.BACKUPS, sizes, PROMISED)
    seen = days_of(nights)
    guess = guess_by_days(seen, habit)
    blind = len(evidence.truth) - sum(guess.values())
    right = expected_right(guess, seen, evidence.truth) + expected_links(blind, len(evidence.truth))
    most = most_links(len(evidence.truth), len(evidence.truth))
    yield Finding(Store.BACKUPS, Attack.NIGHTS, right, len(evidence.truth), 1.0, most, PROMISED[right > most])
