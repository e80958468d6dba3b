"""Refusals about running a survey: opening, extending, slips and paper, counting."""

from __future__ import annotations

from typing import ClassVar, Literal

from instruments.wording import N_
from survey_app.errors.base import Refusal


class TooFewEligible(Refusal):
    template = N_(
        "%(eligible)s people are eligible, fewer than the threshold of %(threshold)s: nothing could be shown of their "
        "answers. Please enter the numbers of people eligible, or survey a larger unit."
    )


class LastDayTooEarly(Refusal):
    status = 422
    sentences: ClassVar[dict[str, str]] = {
        "passed": N_("The new last day has to be later than today."),
        "sooner": N_("The new last day has to be later than %(day)s, the present one."),
    }

    def __init__(self, reason: Literal["passed", "sooner"], **values: object) -> None:
        super().__init__(reason, **values)


class LastDayTooLate(Refusal):
    status = 422
    template = N_("The new last day can be %(day)s at the latest, three months from today.")


class NeedsEncryption(Refusal):
    template = N_(
        "Members would reach this survey without https, where browsers cannot encrypt. Set up https, or allow in the "
        "draft that the server encrypts answers for them."
    )


class NoCodesHere(Refusal):
    template = N_("This survey has an open link: it has no codes.")


class TooManySlips(Refusal):
    template = N_(
        "These are more codes than there may be. Whoever may have answered already counts too, as far as the published "
        "numbers tell: up to the next five, and where no number is published up to the smallest that would be. Please "
        "leave out whoever has answered, or issue spare codes first, which are counted and published."
    )


class SlipNotUnopened(Refusal):
    template = N_("This slip has been used or handed in already: its code no longer counts.")


class PaperWithoutSlip(Refusal):
    template = N_("In %(unit)s %(slips)s slips were handed in, and as many forms have been typed in: no more can be.")


class StillArriving(Refusal):
    template = N_(
        "Ballots already under way are taken until %(until)s (30 minutes after closing). Please wait until then, "
        "or say that you do not want to wait."
    )


class TooFewBallots(Refusal):
    template = N_(
        "Fewer than 5 valid ballots have arrived (%(ballots)s). To protect those who answered, nothing of them "
        "is shown."
    )


class NotCounted(Refusal):
    template = N_("The ballots have not been counted yet. Counting comes first, then sealing.")
