"""The command `branch-survey`: its subcommands by name, and how it ends when one fails. The work is in `commands`."""

from __future__ import annotations

import os
from importlib import import_module
from typing import Any

import click

from survey_app.commands.parameters import usage_in_words
from survey_app.commands.speech import AS_JSON, LANGUAGE, WrongCallError, failure_of, gettext, in_words, language_of

COMMANDS = {
    "init": "survey_app.commands.init:command",
    "demo": "survey_app.commands.demo:command",
    "serve": "survey_app.commands.serve:command",
    "doctor": "survey_app.commands.doctor:command",
    "questionnaire": "survey_app.commands.questionnaire:command",
    "units": "survey_app.commands.units:command",
    "history": "survey_app.commands.history:command",
    "analyse": "survey_app.commands.analyse:command",
    "export": "survey_app.commands.export:command",
    "package": "survey_app.commands.package:command",
    "verify": "survey_app.commands.verify:command",
    "audit": "survey_app.commands.audit:command",
    "anonymity-check": "survey_app.commands.anonymity:command",
    "backup": "survey_app.commands.backup:command",
    "restore": "survey_app.commands.restore:command",
    "migrate-to": "survey_app.commands.migrate_to:command",
    "notices": "survey_app.commands.notices:command",
    "create-user": "survey_app.commands.users:create",
    "reset-password": "survey_app.commands.users:reset",
    "users": "survey_app.commands.users:command",
}
"""In the order in which they are usually needed; `module:attribute`, imported when called."""


class LazyGroup(click.Group):
    """Loads a subcommand when it is called, and turns what it refuses into one line."""

    def list_commands(self, _ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, _ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS:
            return None
        module, attribute = COMMANDS[cmd_name].split(":")
        command: click.Command = getattr(import_module(module), attribute)
        return command

    def make_context(self, *args: Any, **extra: Any) -> click.Context:
        """The language is known before anything can go wrong."""
        AS_JSON.set(False)
        LANGUAGE.set(language_of(None, os.environ))
        try:
            return super().make_context(*args, **extra)
        except click.exceptions.NoArgsIsHelpError:
            raise
        except click.UsageError as error:
            raise WrongCallError(usage_in_words(error)) from error

    def resolve_command(self, ctx: click.Context, args: list[str]) -> Any:
        """Says in the reader's language that there is no such command."""
        if args and args[0] not in COMMANDS and not args[0].startswith("-"):
            raise click.UsageError(gettext("There is no command %(name)s.", name=args[0]), ctx)
        return super().resolve_command(ctx, args)

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except click.UsageError as error:
            raise WrongCallError(usage_in_words(error)) from error
        except (click.ClickException, click.exceptions.Exit, click.Abort):
            raise
        except Exception as error:
            said = in_words(error)
            if said is None:
                raise
            raise failure_of(error, said) from error


def _speak(_context: click.Context, _option: click.Parameter, chosen: str | None) -> None:
    """Takes effect before the rest of the call is looked at, so that its faults are said in this language too."""
    LANGUAGE.set(language_of(chosen, os.environ))


@click.group(cls=LazyGroup, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.option(
    "--lang",
    type=click.Choice(["zh_Hans", "en"]),
    is_eager=True,
    expose_value=False,
    callback=_speak,
    help="Language of messages; default: as LANG says.",
)
@click.version_option(package_name="branch-survey", message="%(version)s")
def main() -> None:
    """Satisfaction surveys for branch work: anonymous answers, honest figures, an improvement plan."""
