"""Refusals for which the machine is to blame: nobody has done anything wrong, and somebody has to mend it."""

from __future__ import annotations

from typing import ClassVar

from instruments.wording import N_
from survey_app.errors.base import Refusal


class MachineTrouble(Refusal):
    """The disk or the database does not do its work. Recognised by `survey_app.machine_trouble`."""

    status = 503
    sentences: ClassVar[dict[str, str]] = {
        "full": N_(
            "The disk of the server is full. Nothing of this has been stored, and nothing stored before is lost. "
            "Please ask the administrator to make room; then go back and send this once more."
        ),
        "read_only": N_(
            "The server can read but not write at present. Nothing of this has been stored, and nothing stored before "
            "is lost. Please tell the administrator that the database or its folder is write-protected; then go back "
            "and send this once more."
        ),
        "disk": N_(
            "The disk of the server does not take or give what it should. Nothing of this has been stored. Please tell "
            "the administrator at once; then go back and send this once more."
        ),
        "away": N_(
            "The database does not answer. What was stored before is not lost; whether the last step was stored is not "
            "certain, so please look before you repeat it. Try again in a minute, and tell the administrator if it "
            "stays like this."
        ),
        "busy": N_(
            "The service is very busy. Nothing of this has been stored. Please wait a minute, then go back and send "
            "this once more."
        ),
        "damaged": N_(
            "The database cannot be read any more. Please tell the administrator at once, and enter nothing until the "
            "service works again."
        ),
        "moved": N_(
            "The service is moving to another database. Nothing of this has been stored. Please wait until the "
            "administrator has started it again; then go back and send this once more."
        ),
    }
    hints: ClassVar[dict[str, str]] = {
        "full": "the disk is full: make room on it; the service goes on by itself and nothing needs repair",
        "read_only": "the database is read-only: give the service the right to write to it, its folder and its mount; "
        "the service goes on by itself",
        "disk": "the disk fails: look at the system log and at the room on the disk; if it is broken, restore the last "
        "backup elsewhere",
        "away": "the database does not answer: start it, or mend DATABASE_URL; the service goes on by itself",
        "busy": "the database is busy for too long: look for a command or a backup that does not end",
        "damaged": "the database is damaged: stop the service, keep a copy of the files, restore the last backup",
        "moved": "everything has moved to another database: let DATABASE_URL name that one and start the service again",
    }
    """What mends it, for the log, whose reader runs the machine."""
    breakages: ClassVar[frozenset[str]] = frozenset({"disk", "damaged"})

    @property
    def is_breakage(self) -> bool:
        """It does not pass by itself, and what was stored may be gone with it."""
        return self.reason in self.breakages

    @property
    def hint(self) -> str:
        return self.hints[self.reason]
