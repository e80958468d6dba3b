"""The command `branch-survey`: its subcommands by name, and how it ends when one fails. The work is in `commands`."""

from __future__ import annotations

import os
from importlib import import_module
from typing import Any

import click

from survey_app.commands.speech import LANGUAGE, CommandError, in_words, language_of

COMMANDS = {
    "init": "survey_app.commands.init:command",
    "demo": "survey_app.commands.demo:command",
    "serve": "survey_app.commands.serve:command",
    "import": "survey_app.commands.history:command",
    "analyse": "survey_app.commands.analyse:command",
    "export": "survey_app.commands.export:command",
    "verify": "survey_app.commands.verify:command",
    "create-user": "survey_app.commands.users:create",
    "reset-password": "survey_app.commands.users:reset",
}
"""In the order in which they are usually needed; `module:attribute`, imported when called."""


class LazyGroup(click.Group):
    """Loads a subcommand when it is called, and turns what it refuses into one line and status 1."""

    def list_commands(self, _ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, _ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS:
            return None
        module, attribute = COMMANDS[cmd_name].split(":")
        command: click.Command = getattr(import_module(module), attribute)
        return command

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except Exception as error:
            said = in_words(error)
            if said is None:
                raise
            raise CommandError(said) from error


@click.group(cls=LazyGroup, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.option("--lang", type=click.Choice(["zh_Hans", "en"]), help="Language of messages; default: as LANG says.")
@click.version_option(package_name="branch-survey", message="%(version)s")
def main(lang: str | None) -> None:
    """Satisfaction surveys for branch work: anonymous answers, honest figures, an improvement plan."""
    LANGUAGE.set(language_of(lang, os.environ))
