"""What members are told about anonymity, generated from a survey's real settings: nothing is said that does not hold.

The promise is worded as docs/anonymity.md prints it. Pages and slips take their sentences from here.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from flask_babel import gettext as _

from survey_app.wording.sentences import paragraph

OPEN_LINK = "open"
PERSONAL = "personal"


class AnonymitySettings(Protocol):
    """The settings of a survey that bear on anonymity; they freeze when it opens."""

    @property
    def access_mode(self) -> str: ...
    @property
    def threshold(self) -> int: ...
    @property
    def scrutineers(self) -> int: ...
    @property
    def accepts_played(self) -> bool: ...
    @property
    def has_receipts(self) -> bool: ...


@dataclass(frozen=True, slots=True)
class Point:
    """A claim in a few words, and what it means."""

    claim: str
    meaning: str


@dataclass(frozen=True, slots=True)
class Chapter:
    """A heading of the members' page and its paragraphs."""

    heading: str
    paragraphs: tuple[str, ...]


def promise() -> str:
    return _(
        "From everything that is stored (database, logs, backups made by this software) nobody can tell who said what."
    )


def limits() -> str:
    """What the promise does not cover."""
    return _(
        "Not covered by this promise: somebody who secretly alters the running program, or records network traffic or "
        "passphrases."
    )


def caution() -> str:
    return _("Please write nothing in a comment by which you or others can be recognised.")


def sentence_for_slip(survey: AnonymitySettings) -> str:
    """The one sentence about anonymity that fits on a slip or a poster."""
    if survey.scrutineers == 1:
        opening = _("after closing, one scrutineer opens the answers.")
    else:
        opening = _("after closing, any two of three scrutineers open the answers together.")
    if survey.access_mode == OPEN_LINK:
        return _("Anonymous: the link is the same for everybody; %(opening)s", opening=opening)
    if survey.access_mode == PERSONAL:
        return _("Anonymous: the system stores no name with this code; %(opening)s", opening=opening)
    return _("Anonymous: this slip has no number and no list goes with it; %(opening)s", opening=opening)


def short_list(survey: AnonymitySettings) -> tuple[Point, ...]:
    """What the landing page says before anybody answers."""
    return (_entry_point(survey), _opening_point(survey), _few_people(survey))


def chapters(survey: AnonymitySettings) -> tuple[Chapter, ...]:
    """The members' page on anonymity."""
    return (
        Chapter(_("How you come in"), _coming_in(survey)),
        Chapter(_("How your answers are sent and kept"), _keeping(survey)),
        Chapter(_("Who opens them, and when"), _opening(survey)),
        Chapter(_("What is shown, and what is destroyed"), _showing(survey)),
        Chapter(_("The receipt"), _receipt(survey)),
        Chapter(_("What this promise does not cover"), (limits(), caution())),
    )


def played_notice(survey: AnonymitySettings) -> str:
    """What a browser that cannot encrypt means for its owner."""
    if survey.accepts_played:
        return _(
            "This browser cannot encrypt your answers by itself, so the server does it for you in its memory and "
            "stores nothing of it; a newer browser, with JavaScript switched on, does it on your own device."
        )
    return _(
        "This survey only takes answers that were encrypted on your own device. This browser cannot do that, or "
        "JavaScript is switched off: please open the link in a newer browser, or ask for a paper form."
    )


def _entry_point(survey: AnonymitySettings) -> Point:
    if survey.access_mode == OPEN_LINK:
        return Point(
            _("The link is the same for everybody."),
            _(
                "Nothing in the address tells who has opened it. Anybody who has the link can answer, so every figure "
                "is marked “unverified”."
            ),
        )
    if survey.access_mode == PERSONAL:
        return Point(
            _("No list joins name and code."),
            _("Slips were made once for the people eligible. The system stores no name, and a ballot carries no code."),
        )
    return Point(
        _("The slip leads to nobody."),
        _("Codes are printed at random and you draw your own; there is no number on it and no list that goes with it."),
    )


def _opening_point(survey: AnonymitySettings) -> Point:
    if survey.scrutineers == 1:
        meaning = _(
            "Answers are stored encrypted. One scrutineer alone holds the passphrase; this person could open the "
            "ballots without anybody else."
        )
    else:
        meaning = _(
            "Answers are stored encrypted; after closing, any two of the three scrutineers open them together. Nobody "
            "can do it alone."
        )
    return Point(_("Closed until the count."), meaning)


def _few_people(survey: AnonymitySettings) -> Point:
    return Point(
        _("Few people, no figure."),
        _(
            "Figures from fewer than %(threshold)s answers are shown on no page and in no file.",
            threshold=survey.threshold,
        ),
    )


def _coming_in(survey: AnonymitySettings) -> tuple[str, ...]:
    first = _entry_point(survey)
    named = paragraph((first.claim, first.meaning))
    nameless = _("Nobody is asked for a name or an account, and these pages set no cookie.")
    if survey.access_mode == OPEN_LINK:
        return (named, nameless)
    exchanged = _(
        "The code is exchanged for a pass before you answer. The pass is signed the way one signs a sealed envelope "
        "through carbon paper: the system sees that the code is good, but not which pass it signs. So later nobody "
        "can tell from a ballot which code it came from. What is stored is only that a code has been used."
    )
    return (named, nameless, exchanged)


def _keeping(survey: AnonymitySettings) -> tuple[str, ...]:
    sealed = _(
        "Your answers are encrypted on your own device before they are sent. All ballots have the same size, and no "
        "time, code, number or address is stored with them."
    )
    if survey.access_mode == OPEN_LINK:
        return (sealed, _played(survey))
    apart = _("Codes and ballots are kept in two separate places, each in random order; nothing joins the two.")
    return (sealed, apart, _played(survey))


def _played(survey: AnonymitySettings) -> str:
    if survey.accepts_played:
        return _(
            "For a browser that cannot encrypt, the server does it: for a moment your answers are in its memory, "
            "nothing of that is stored, and afterwards the ballot looks like any other. How many ballots came this "
            "way is published as one number. If you do not want this, please use a newer browser."
        )
    return _("Ballots that were not encrypted on the member's own device are not accepted in this survey.")


def _opening(survey: AnonymitySettings) -> tuple[str, ...]:
    closed = _(
        "While the survey is open nobody sees an answer; only rounded counts of how many have answered are shown."
    )
    if survey.scrutineers == 1:
        holders = _(
            "One scrutineer holds the passphrase that opens the ballots. This person could open them alone, without "
            "anybody watching; even then no name stands on any of them."
        )
    else:
        holders = _(
            "Three scrutineers each hold a passphrase of their own. Any two of them together open the ballots after "
            "closing; one alone cannot. Whoever opens the survey hands out the passphrases on paper and must keep none."
        )
    few = _("If fewer than 5 valid ballots have arrived, nobody is shown an answer.")
    return (closed, holders, few)


def _showing(survey: AnonymitySettings) -> tuple[str, ...]:
    mixed = _(
        "At the count all answers are shuffled, and comments are separated from the other answers and shuffled by "
        "themselves. Details about persons that fewer than 5 people share are removed."
    )
    gone = _(
        "As soon as the result is sealed, all ballots, codes and keys are destroyed. If the survey is withdrawn, they "
        "are destroyed and nobody is shown an answer. Backups made while the survey ran can be opened by the same "
        "scrutineers until they are deleted."
    )
    return (mixed, _few_people(survey).meaning, gone)


def _receipt(survey: AnonymitySettings) -> tuple[str, ...]:
    if not survey.has_receipts:
        return (_("This survey gives no receipts that can be looked up; the number of ballots is published."),)
    return (
        _(
            "After sending you see a receipt of 20 characters. When the result has been sealed, the list of all "
            "receipts is published, and you can see whether yours is among them. It says nothing about what you "
            "answered."
        ),
        _(
            "Never show your receipt to the organiser, the committee or a scrutineer: as long as the ballots exist, "
            "it points to yours."
        ),
    )
