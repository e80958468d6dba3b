"""Refusals about results: pages, reports, single answers, stored data."""

from __future__ import annotations

from typing import ClassVar

from instruments.wording import N_
from survey_app.errors.base import Refusal


class PublicationRefused(Refusal):
    sentences: ClassVar[dict[str, str]] = {
        "nothing": N_("Please choose at least one part to be shown."),
        "unprepared": N_("Please choose first what the public page shows."),
        "not_public": N_("This page is not public."),
    }


class NothingToReport(Refusal):
    status = 404
    template = N_("There is no result of %(unit)s in this survey.")


class RowsRefused(Refusal):
    """Single answers that are handed out to nobody, whatever their rights."""

    sentences: ClassVar[dict[str, str]] = {
        "hidden": N_(
            "The results of this unit are hidden, so its single answers are not handed out either. Please take them "
            "from the unit above."
        ),
        "few": N_("Single answers are handed out from %(least)s answers on. Please take them from the unit above."),
        "rare": N_(
            "Some answers about the person, such as an age group, were given by fewer than %(least)s people here, so "
            "somebody could be recognised. The single answers of this survey are not handed out."
        ),
        "folded": N_(
            "This unit has too few people for a result of its own and is counted with others, so its single answers "
            "are not handed out. Please take them from the unit above."
        ),
    }


class NarrativeRefused(Refusal):
    """A text of the annual report that is not taken; everything typed stays."""

    status = 422
    sentences: ClassVar[dict[str, str]] = {
        "mark": N_("Line %(line)s: %(mark)s is not a figure of this result. Please choose one of the marks below."),
        "long": N_("A section takes at most %(most)s characters."),
        "changed": N_(
            "Somebody else has changed this section meanwhile. Please compare with the text below; saving once more "
            "replaces it."
        ),
    }


class DatasetAltered(Refusal):
    """The stored bytes do not have the hash that was written down at sealing."""

    status = 500
    template = N_("The sealed data of this survey have been altered: their hash is not the one written at sealing.")
