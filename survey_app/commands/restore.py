"""`branch-survey restore`: a backup back into a new database, with the scrutineers of surveys under way."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING
from uuid import UUID

import click

from instruments.wording import N_
from survey_app.commands.parameters import InputFile
from survey_app.commands.speech import LANGUAGE, CommandError, in_words, json_option, tell
from survey_app.commands.speech import gettext as _
from survey_app.commands.verified_words import verified_facts, verified_in_words

if TYPE_CHECKING:
    from flask import Flask

    from survey_app.backup.loading import Restored
    from survey_app.backup.reading import BackupFile, SurveyUnderWay
    from survey_app.backup.verification import Verified
    from survey_app.crypto.box import OpeningKey

BECAUSE = N_("The service was restored from a backup without the ballots of this survey.")


@click.command(name="restore")
@click.argument("file", type=InputFile())
@click.option(
    "--passphrases-from",
    "passphrases_file",
    type=InputFile(),
    help="Per survey under way a line: identifier or address word, then passphrases; else they are asked for.",
)
@click.option(
    "--without-boxes",
    is_flag=True,
    help="Surveys under way whose passphrases are not given come back withdrawn, without ballots.",
)
@json_option
def command(file: Path, passphrases_file: Path | None, without_boxes: bool, as_json: bool) -> None:
    """Bring the backup FILE back into a new or empty database."""
    from survey_app import create_app
    from survey_app.backup.loading import require_empty, restore
    from survey_app.backup.reading import opened_backup

    app = create_app()
    secret, clock = app.config["INSTALLATION_SECRET"], app.config["CLOCK"]
    if not secret:
        raise CommandError(
            _(
                "Please put the file installation-secret of the installation that was backed up into %(folder)s first. "
                "If it is lost: branch-survey init makes a new one, with which surveys under way cannot go on.",
                folder=app.instance_path,
            )
        )
    with opened_backup(file) as backup:
        require_empty(app.extensions["engine"])
        keys = _keys(backup.surveys_under_way(), passphrases_file, without_boxes)
        backup.require_secret(secret, keys)
        url = app.config["DATABASE_URL"]
        restored = restore(url, backup, keys=keys, secret=secret, because=_in_both(BECAUSE), now=clock.now())
        _record(app, file, restored)
        verified = _verified(app)
        facts = {
            "day": backup.manifest.day, "software": backup.manifest.software, "rows": restored.rows,
            "withdrawn": [survey.id for survey in restored.withdrawn], **verified_facts(verified),
        }  # fmt: skip
        tell([*_sentences(backup, restored), *verified_in_words(verified)], facts, as_json=as_json)


def _keys(
    surveys: Sequence[SurveyUnderWay], passphrases_file: Path | None, without_boxes: bool
) -> dict[UUID, OpeningKey | None]:
    """What opens the surveys under way, as far as it is given. Raises: CommandError naming those that lack it."""
    keys: dict[UUID, OpeningKey | None] = {survey.id: None for survey in surveys if survey.lock is None}
    locked = [survey for survey in surveys if survey.lock is not None]
    if passphrases_file is not None:
        keys |= _keys_in(passphrases_file, locked)
    elif not without_boxes:
        keys |= _keys_asked_for(locked)
    missing = [survey.title for survey in surveys if survey.id not in keys]
    if missing and not without_boxes:
        raise _missing(missing)
    return keys


def _missing(titles: Sequence[str]) -> CommandError:
    return CommandError(
        _(
            "The scrutineers' passphrases are missing for: %(titles)s. Give them with --passphrases-from; or let these "
            "surveys come back withdrawn, without their ballots, with --without-boxes.",
            titles=_(", ").join(titles),
        )
    )


def _keys_in(file: Path, surveys: Sequence[SurveyUnderWay]) -> Mapping[UUID, OpeningKey]:
    """By lines: which survey, then its passphrases."""
    named = {name: survey for survey in surveys for name in (survey.slug, str(survey.id))}
    keys = {}
    for line in file.read_text(encoding="utf-8").splitlines():
        name, *passphrases = line.split() or [""]
        if not name:
            continue
        if name not in named:
            raise CommandError(_("In this backup no survey %(name)s is under way.", name=name))
        keys[named[name].id] = _unlocked(named[name], passphrases)
    return keys


def _unlocked(survey: SurveyUnderWay, passphrases: Sequence[str]) -> OpeningKey:
    from survey_app.errors import PassphraseRefused

    try:
        return survey.unlock(passphrases)
    except PassphraseRefused as refusal:
        raise CommandError(f"{_named(survey)}: {in_words(refusal)}") from None


def _keys_asked_for(surveys: Sequence[SurveyUnderWay]) -> Mapping[UUID, OpeningKey]:
    """By prompts, each repeated until it is answered well; giving up is Ctrl-C or the end of input."""
    keys = {}
    for survey in surveys:
        try:
            while survey.id not in keys:
                typed = [_ask(survey, number) for number in range(1, survey.needed + 1)]
                try:
                    keys[survey.id] = _unlocked(survey, typed)
                except CommandError as refused:
                    click.echo(refused.message, err=True)
        except click.Abort:
            raise _missing([one.title for one in surveys if one.id not in keys]) from None
    return keys


def _ask(survey: SurveyUnderWay, number: int) -> str:
    asked = _(
        "%(survey)s, passphrase %(number)s of %(needed)s", survey=_named(survey), number=number, needed=survey.needed
    )
    typed: str = click.prompt(asked, hide_input=True, err=True)
    return typed


def _named(survey: SurveyUnderWay) -> str:
    return f"{survey.title} ({survey.slug})"


def _in_both(sentence: str) -> str:
    """In Chinese and English: members read it, not whoever runs the command."""
    said, now = [], LANGUAGE.get()
    for language in ("zh_Hans", "en"):
        LANGUAGE.set(language)
        said.append(_(sentence))
    LANGUAGE.set(now)
    return " ".join(said)


def _record(app: Flask, file: Path, restored: Restored) -> None:
    from sqlalchemy import select

    from survey_app import services
    from survey_app.backup.boxes import UNDER_WAY
    from survey_app.extensions import db
    from survey_app.models import Survey
    from survey_app.services.opening import RESTORED

    clock, by = app.config["CLOCK"], services.COMMAND_LINE
    with app.app_context():
        services.record_of(db.session, by, "backup.restore", "backup", file.name, clock=clock)
        for survey in db.session.scalars(select(Survey).where(Survey.state.in_(UNDER_WAY))):
            services.record(db.session, by, RESTORED, survey, clock=clock, unit=survey.unit)
        for one in restored.withdrawn:
            survey = db.session.get_one(Survey, one.id)
            reason = survey.withdrawn_because
            services.record(db.session, by, "survey.withdraw", survey, clock=clock, unit=survey.unit, reason=reason)
        db.session.commit()


def _verified(app: Flask) -> Verified:
    from survey_app.backup.verification import verify_everything
    from survey_app.extensions import db

    with app.app_context():
        return verify_everything(db.session)


def _sentences(backup: BackupFile, restored: Restored) -> list[str]:
    said = [
        _(
            "The backup of %(day)s (version %(software)s) is restored: %(units)s units, %(people)s accounts, "
            "%(surveys)s surveys.",
            day=backup.manifest.day, software=backup.manifest.software, units=restored.rows["unit"],
            people=restored.rows["user_account"], surveys=restored.rows["survey"],
        )
    ]  # fmt: skip
    if restored.withdrawn:
        titles = _(", ").join(survey.title for survey in restored.withdrawn)
        said.append(_("Withdrawn, since their codes and ballots were not restored: %(titles)s.", titles=titles))
    return said
