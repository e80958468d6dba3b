"""`branch-survey anonymity-check`: what is stored of a survey, and what the known attacks make of it.

Everything that is looked at is said, as promised or not; something that is not gives status 1.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from itertools import groupby
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

import click

from instruments.wording import N_
from survey_app.commands.speech import CommandError, json_option, tell, working_app
from survey_app.commands.speech import gettext as _
from survey_app.commands.survey_choice import survey_named
from survey_app.commands.text_tables import as_text

if TYPE_CHECKING:
    from random import Random

    from sqlalchemy import Engine
    from sqlalchemy.orm import Session

    from survey_app.anonymity.facts import Fact
    from survey_app.anonymity.fields import Field
    from survey_app.anonymity.live import Narrowed
    from survey_app.anonymity.trial import Finding, Trial
    from survey_app.models import Survey
    from survey_app.wording.cells import Row

FEWEST_MEMBERS, MOST_MEMBERS = 10, 300
MOST_DAYS = 60
MARKS = {True: "✓", False: "✗", None: "·"}

OUTSIDE = (
    N_("Whoever alters the running program, or the pages it sends, can look over a voter's shoulder."),
    N_("Whoever records traffic knows when somebody came; a proxy before the service should keep no access log."),
    N_("Whoever copies the live files again and again while a survey is open can narrow down as shown above."),
    N_("Until the next backup or sealing, the files' own times show when the last code was used and when the last "
       "ballot came."),
    N_("The simulation shows what these attacks find; it is no proof that no other attack exists."),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Checked:
    """Everything that has been looked at."""

    title: str
    fields: list[Field]
    database: list[Fact]
    settings: list[Fact]
    live: Narrowed
    trial: Trial | None

    @property
    def failures(self) -> int:
        unexplained = sum(not field.reason for field in self.fields)
        broken = sum(fact.is_as_promised is False for fact in (*self.database, *self.settings))
        return unexplained + broken + (len(self.trial.broken) if self.trial else 0)


@click.command(name="anonymity-check")
@click.argument("survey_name", metavar="SURVEY")
@click.option("--simulate/--no-simulate", default=True, help="Attack a simulated survey too.", show_default=True)
@click.option("--seed", type=int, help="Of the simulated members' habits; default: another one each time.")
@click.option("--members", type=click.IntRange(FEWEST_MEMBERS, MOST_MEMBERS), default=30, show_default=True)
@click.option("--days", type=click.IntRange(1, MOST_DAYS), default=14, show_default=True)
@json_option
def command(*, survey_name: str, simulate: bool, seed: int | None, members: int, days: int, as_json: bool) -> None:
    """Show what is stored of SURVEY (identifier or address word), and attack it as somebody curious would."""
    from random import Random, SystemRandom

    rng = SystemRandom() if seed is None else Random(seed)
    with working_app():
        from survey_app.extensions import db

        survey = survey_named(db.session, survey_name)
        seen = _look(db.session, db.engine, survey)
        trial = _trial(db.engine, members, days, rng) if simulate else None
    checked = Checked(*seen, trial)
    tell(_lines(checked), _facts(checked), as_json=as_json)
    if checked.failures:
        raise CommandError(_("Not as promised: %(count)s.", count=checked.failures), is_told=True)


def _look(
    session: Session, engine: Engine, survey: Survey
) -> tuple[str, list[Field], list[Fact], list[Fact], Narrowed]:
    from survey_app.anonymity.facts import database_facts, remnant_fact, survey_facts
    from survey_app.anonymity.fields import stored_fields
    from survey_app.anonymity.live import narrow_live
    from survey_app.models import State

    fields, settings = stored_fields(session, survey), list(survey_facts(session, survey))
    title, survey_id, is_over = survey.title, survey.id, survey.state in (State.SEALED, State.WITHDRAWN)
    session.rollback()  # what is looked at next is a copy of the files, not of this transaction
    database = database_facts(engine) + ([remnant_fact(engine, survey_id)] if is_over else [])
    return title, fields, database, settings, narrow_live(engine, survey_id)


def _trial(engine: Engine, members: int, days: int, rng: Random) -> Trial:
    """One store in a thousand looks broken by chance: what is found is looked for in a second simulation."""
    trial = _one_trial(engine, members, days, rng)
    return _one_trial(engine, members, days, rng) if trial.broken else trial


def _one_trial(engine: Engine, members: int, days: int, rng: Random) -> Trial:
    from survey_app.anonymity.simulation import temporary_database
    from survey_app.anonymity.trial import hold_trial

    with TemporaryDirectory(prefix="anonymity-check-") as folder, temporary_database(engine, Path(folder)) as url:
        return hold_trial(url, Path(folder), members=members, days=days, rng=rng)


def _lines(checked: Checked) -> Iterator[str]:
    yield checked.title
    yield from _headed(_("What is stored of an answer"), _field_lines(checked.fields))
    yield from _headed(_("The database"), (_fact_line(fact) for fact in checked.database))
    yield from _headed(_("The survey"), (_fact_line(fact) for fact in checked.settings))
    yield from _headed(_("Somebody who copied the live stores now"), _live_lines(checked.live))
    if checked.trial:
        yield from _trial_lines(checked.trial)
    yield from _headed(_("Not covered"), (f"{MARKS[None]} {_(sentence)}" for sentence in OUTSIDE))
    yield ""
    if not checked.failures:
        yield _("Everything is as promised.")


def _headed(head: str, lines: Iterator[str]) -> Iterator[str]:
    yield from ("", head)
    yield from lines


def _field_lines(fields: list[Field]) -> Iterator[str]:
    """Columns that follow each other with the same reason stand on one line."""
    for (table, reason), group in groupby(fields, key=lambda field: (field.name.rpartition(".")[0], field.reason)):
        names = ", ".join(field.name.removeprefix(f"{table}.") for field in group)
        said = _(reason) if reason else _("Nobody has explained what this holds.")
        yield f"{MARKS[bool(reason)]} {table}.{names}: {said}"


def _fact_line(fact: Fact) -> str:
    return f"{MARKS[fact.is_as_promised]} {_(fact.sentence, **fact.values)}"


def _live_lines(live: Narrowed) -> Iterator[str]:
    said = [_("would see %(codes)s used codes and %(ballots)s ballots.", codes=live.codes, ballots=live.ballots)]
    if live.ballots:
        said += [
            _(
                "The smallest group: %(ballots)s ballots, %(codes)s used codes; each ballot fits each code equally.",
                ballots=live.smallest_ballots, codes=live.smallest_codes,
            ),
            _(
                "Guessing would get %(right)s of %(ballots)s right (%(share)s).",
                right=f"{live.expected_right:.1f}", ballots=live.ballots, share=f"{live.expected_share:.0%}",
            ),
            _("could read in which order ballots came.") if live.ballots_tell_order
            else _("could not read in which order ballots came."),
            _("could read in which order codes were used.") if live.codes_tell_order
            else _("could not read in which order codes were used."),
        ]  # fmt: skip
    yield from (f"{MARKS[None]} {sentence}" for sentence in said)


def _trial_lines(trial: Trial) -> Iterator[str]:
    from survey_app.wording.cells import Table

    heads = (_("attack"), _("right links"), _("by guessing"), _("at most by guessing"), _("outcome"))
    yield from as_text(
        Table(
            caption=_(
                "A simulated survey of %(members)s members over %(days)s days, made and attacked with this version",
                members=trial.members, days=trial.days,
            ),
            corner=_("store"),
            columns=((heads[0], False), *((head, True) for head in heads[1:4]), (heads[4], False)),
            rows=tuple(_row(finding) for finding in trial.findings),
        )
    )  # fmt: skip
    codes, ballots = trial.smallest_set
    yield _(
        "Raw copies of every night: the smallest set was %(codes)s codes and %(ballots)s ballots; in surveys "
        "like this, %(share)s of the links are found on average (by guessing: %(chance)s).",
        codes=codes, ballots=ballots, share=f"{trial.usual_share:.0%}", chance=f"{1 / trial.members:.0%}",
    )  # fmt: skip
    yield _(
        "Days on which the counter of server-played ballots alone gave a link away: %(days)s.",
        days=trial.certain_by_counter,
    )
    yield from (
        _("%(store)s, %(attack)s: by %(by)s", store=_(found.store), attack=_(found.attack), by=found.by)
        for found in trial.broken
        if found.by
    )


def _row(finding: Finding) -> Row:
    from survey_app.wording.cells import Cell, Row

    cells = (_(finding.attack), *_figures(finding), _(finding.verdict))
    return Row(_(finding.store), tuple(Cell(text) for text in cells))


def _figures(finding: Finding) -> tuple[str, str, str]:
    """Right links of those guessed, with chance; else how many lengths, or how many remnants."""
    if finding.most_by_chance is not None:
        right = f"{finding.right:.3g}/{finding.guessed}"
        return right, f"{finding.expected:.2g}", str(finding.most_by_chance)
    if not finding.guessed:
        return _("different: %(count)s", count=int(finding.right)), "", ""
    return f"{int(finding.right)}/{finding.guessed}", "", ""


def _facts(checked: Checked) -> dict[str, Any]:
    trial = checked.trial
    return {
        "survey": checked.title,
        "passed": not checked.failures,
        "fields": {field.name: field.reason for field in checked.fields},
        "database": [_fact(fact) for fact in checked.database],
        "settings": [_fact(fact) for fact in checked.settings],
        "live": {**asdict(checked.live), "expected_share": checked.live.expected_share},
        "simulation": asdict(trial) | {"passed": not trial.broken} if trial else None,
        "not_covered": list(OUTSIDE),
    }


def _fact(fact: Fact) -> dict[str, Any]:
    return {"said": fact.sentence % fact.values, "as_promised": fact.is_as_promised}
