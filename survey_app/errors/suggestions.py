"""Refusals about what people wrote: suggestions and quoted comments."""

from __future__ import annotations

from typing import ClassVar

from instruments.wording import N_
from survey_app.errors.base import Refusal


class ChannelRefused(Refusal):
    sentences: ClassVar[dict[str, str]] = {
        "questionnaire": N_(
            "A suggestion channel needs a questionnaire for any time of the year with a question to be answered in "
            "one’s own words."
        ),
        "ended": N_("This suggestion channel has ended."),
        "under_way": N_("A round of this suggestion channel is not over yet. The next one can begin after it."),
    }


class SuggestionRefused(Refusal):
    template = N_("Only a released suggestion becomes an action: its words are read by everybody.")


class QuotationRefused(Refusal):
    status = 422
    sentences: ClassVar[dict[str, str]] = {
        "nothing": N_("Please leave something to read, or do not show the comment."),
        "long": N_("This is longer than what was written."),
        "added": N_(
            "A comment is quoted: parts can be taken out, nothing can be added or changed. Please put ××× wherever "
            "something is left out."
        ),
    }
