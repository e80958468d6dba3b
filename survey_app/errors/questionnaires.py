"""Refusals about questionnaires: versions, drafts, local questions."""

from __future__ import annotations

from typing import ClassVar

from instruments.wording import N_
from survey_app.errors.base import Refusal


class UnknownVersion(Refusal):
    status = 404
    template = N_("There is no published questionnaire %(version)s.")


class CodeBelongsToOther(Refusal):
    sentences: ClassVar[dict[str, str]] = {
        "service": N_(
            "The questionnaire “%(code)s” came with the service; only the unit at the top publishes new versions of "
            "it. Please give yours another code."
        ),
        "elsewhere": N_(
            "The code “%(code)s” is taken by a unit elsewhere. Please give your questionnaire another code."
        ),
        "unit": N_(
            "The questionnaire “%(code)s” belongs to %(unit)s, which alone publishes new versions of it. Please give "
            "yours another code."
        ),
    }


class ModuleRefused(Refusal):
    """Local questions that cannot be asked; what is wrong with the questionnaire itself is `module_problems`."""

    sentences: ClassVar[dict[str, str]] = {
        "elsewhere": N_("The survey “%(title)s” does not ask the people of %(unit)s, or is theirs alone."),
        "overlap": N_("%(unit)s has local questions in this survey already; nobody is asked those of two units."),
        "too_small": N_(
            "The local questions of %(unit)s would be asked of too few people to show anything. Please take them out "
            "of this survey first."
        ),
        "unfit": N_("These questions cannot follow the common ones: %(why)s"),
    }


class DraftChanged(Refusal):
    template = N_("Somebody else has changed this questionnaire meanwhile. Please look at what it says now.")


class AnswersTooLong(Refusal):
    template = N_(
        "The longest possible answers to this questionnaire do not fit one ballot. Please shorten the free texts, "
        "or ask for fewer of them."
    )
