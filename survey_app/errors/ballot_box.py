"""Refusals of the ballot box: codes, passes, messages, and the passphrases and secret that open it."""

from __future__ import annotations

from typing import ClassVar, Literal

from instruments.wording import N_
from survey_app.errors.base import Refusal


class CodeRefused(Refusal):
    """A code that opens nothing: malformed, unknown or used."""


class CodeMalformed(CodeRefused):
    """What was typed cannot be a code of ours: wrong length, a foreign character, or the check does not fit."""

    status = 422
    sentences: ClassVar[dict[str, str]] = {
        "length": N_("A code has 13 characters; this one has %(length)s. Please compare it with your slip."),
        "alphabet": N_("A code has only letters and digits. Please compare it with your slip."),
        "check": N_(
            "This code is not right: its last character does not fit the others. Please compare it with your slip; "
            "8 and B, 5 and S, 2 and Z are easily confused."
        ),
    }

    def __init__(self, reason: Literal["length", "alphabet", "check"], length: int = 0) -> None:
        super().__init__(reason, length=length)


class CodeUnknown(CodeRefused):
    status = 404
    template = N_("This code does not belong to this survey. Please compare it with your slip.")


class CodeUsed(CodeRefused):
    template = N_("This code has been used already. If you have just sent your answers, they have arrived.")


class MalformedMessage(Refusal):
    """A message of the ballot box that no voter's browser of ours sends."""

    status = 400
    template = N_("This message cannot be read.")


class ForgedCredential(Refusal):
    """The signature is not of this group's key."""

    status = 403
    template = N_("This pass was not given out by this survey.")


class PlayedNotAccepted(Refusal):
    template = N_(
        "This survey only takes answers that the browser itself has encrypted. Please use a newer browser, or ask for "
        "a paper form."
    )


class PassphraseRefused(Refusal):
    """A scrutineer's passphrase that opens nothing; `number` is its field, counted from 1."""

    status = 422
    sentences: ClassVar[dict[str, str]] = {
        "count": N_("%(needed)s passphrases are needed."),
        "length": N_("A passphrase has 20 characters; number %(number)s has %(length)s."),
        "alphabet": N_("A passphrase has only letters and digits. Please look at number %(number)s."),
        "check": N_(
            "Passphrase %(number)s is not right: its last character does not fit the others. Please compare it with "
            "the recovery sheet; 8 and B, 5 and S, 2 and Z are easily confused."
        ),
        "twice": N_("The same passphrase was typed twice. Two different scrutineers have to open the ballots."),
        "wrong": N_(
            "These passphrases do not belong to this survey. Please compare survey and year on the recovery sheets."
        ),
    }


class SecretReplaced(Refusal):
    status = 500
    template = N_(
        "The installation secret is not the one this survey was opened with. Please put back the file "
        "installation-secret of then."
    )
