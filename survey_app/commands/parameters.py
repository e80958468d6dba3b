"""Types of arguments and options, with what is wrong with them said in the reader's language."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import date
from os import R_OK, access
from pathlib import Path
from typing import Any

import click

from survey_app.clean_text import is_clean
from survey_app.commands.speech import gettext as _

Parameter = click.Parameter | None
CallContext = click.Context | None

LONGEST_TEXT = 100
LARGEST_COUNT = 100_000
"""People of one survey, as in the forms of the pages."""
LARGEST_POPULATION = 10_000_000


class Acts(click.Group):
    """Says in the reader's language that there is no such command."""

    def resolve_command(self, ctx: click.Context, args: list[str]) -> Any:
        if args and args[0] not in self.commands and not args[0].startswith("-"):
            raise click.UsageError(_("There is no command %(name)s.", name=args[0]), ctx)
        return super().resolve_command(ctx, args)


class InputFile(click.ParamType):  # type: ignore[type-arg, unused-ignore]
    """A file that is there and can be read."""

    name = "FILE"

    def convert(self, value: Any, param: Parameter, ctx: CallContext) -> Path:
        path = Path(value)
        if path.is_dir():
            self.fail(_("%(name)s is a folder, not a file.", name=value), param, ctx)
        if not path.exists():
            self.fail(_("There is no file %(name)s.", name=value), param, ctx)
        if not access(path, R_OK):
            self.fail(_("%(name)s may not be read or written by this account.", name=value), param, ctx)
        return path


class OutputFile(click.ParamType):  # type: ignore[type-arg, unused-ignore]
    """A file to be written in a folder that is there."""

    name = "FILE"

    def convert(self, value: Any, param: Parameter, ctx: CallContext) -> Path:
        path = Path(value)
        if not str(value).strip():
            self.fail(_("Please name the file."), param, ctx)
        if path.is_dir():
            self.fail(_("%(name)s is a folder, not a file.", name=value), param, ctx)
        if not path.parent.is_dir():
            self.fail(_("There is no folder %(name)s.", name=path.parent), param, ctx)
        return path


class Day(click.ParamType):  # type: ignore[type-arg, unused-ignore]
    """A calendar day as YYYY-MM-DD."""

    name = "DAY"

    def convert(self, value: Any, param: Parameter, ctx: CallContext) -> date:
        try:
            return date.fromisoformat(str(value))
        except ValueError:
            self.fail(_("A day such as 2026-12-14."), param, ctx)


class ShortText(click.ParamType):  # type: ignore[type-arg, unused-ignore]
    """One line of text, such as a name or a title."""

    name = "TEXT"

    def __init__(self, *, may_be_blank: bool = False) -> None:
        self.may_be_blank = may_be_blank

    def convert(self, value: Any, param: Parameter, ctx: CallContext) -> str:
        text = str(value).strip()
        if not text and not self.may_be_blank:
            self.fail(_("This may not be blank."), param, ctx)
        if len(text) > LONGEST_TEXT:
            self.fail(_("At most %(most)s characters.", most=LONGEST_TEXT), param, ctx)
        if not is_clean(text) or "\n" in text:
            self.fail(_("One line of text without control characters."), param, ctx)
        return text


def usage_in_words(error: click.UsageError) -> str:
    """One line in the reader's language for a command that was called wrongly, with the way to its help."""
    said = _sentence(error)
    command = error.ctx.command_path if error.ctx else "branch-survey"
    return _("%(said)s (More: %(command)s --help)", said=said, command=command)


def _sentence(error: click.UsageError) -> str:
    for kind, sentence in _SENTENCES.items():
        if isinstance(error, kind):
            return sentence(error)
    for beginning, said in _other_sentences(error.message.rpartition("(")[2].rstrip(")")):
        if error.message.startswith(beginning):
            return said
    return error.message


_SENTENCES: Mapping[type[click.UsageError], Callable[[Any], str]] = {
    click.NoSuchOption: lambda error: _("There is no option %(option)s.", option=error.option_name),
    click.BadOptionUsage: lambda error: _("The option %(option)s needs a value of its own.", option=error.option_name),
    click.MissingParameter: lambda error: _("%(what)s is missing.", what=_named(error.param)),
    click.BadParameter: lambda error: f"{_named(error.param)}: {_needed(error.param, error.message)}",
}
"""The more special kind before the more general one."""


def _other_sentences(which: str) -> Iterator[tuple[str, str]]:
    """How click begins what it says of a call as a whole, and our words for it."""
    yield "Got unexpected extra", _("There is something too much: %(which)s", which=which)
    yield "Missing command", _("Please say what is to be done.")


def _named(param: Parameter) -> str:
    """A parameter as it is typed: its long option, or the name of the argument."""
    if param is None:
        return ""
    if isinstance(param, click.Option):
        return max(param.opts, key=len)
    return param.human_readable_name


def _needed(param: Parameter, message: str) -> str:
    kind = param.type if param else None
    if isinstance(kind, click.IntRange):
        if kind.max is None:
            return _("A whole number of at least %(low)s is needed.", low=kind.min)
        return _("A whole number from %(low)s to %(high)s is needed.", low=kind.min, high=kind.max)
    if isinstance(kind, click.Choice):
        return _("It is one of: %(choices)s.", choices=_(", ").join(str(choice) for choice in kind.choices))
    return message
