"""Refusals about objectives, actions, their processes and evidence."""

from __future__ import annotations

from typing import ClassVar

from instruments.wording import N_
from survey_app.errors.base import Refusal


class RulesLocked(Refusal):
    template = N_("The objectives of %(year)s are locked: a survey that measures them has been opened.")


class ObjectiveImpossible(Refusal):
    status = 422
    sentences: ClassVar[dict[str, str]] = {
        "threshold": N_("The target is a share between 0 and 1, such as 0.90."),
        "target": N_("An objective on an item or a dimension names it."),
        "not_asked": N_("The questionnaire of the year does not ask this."),
        "questionnaire": N_(
            "There is no questionnaire of the year yet whose levels could be named. A satisfaction rate by its own "
            "satisfied levels can be set already."
        ),
        "threshold_points": N_("The target lies above %(low)s and not above %(high)s."),
        "levels": N_("Satisfied are the best levels without a gap: at least one, and not all of them."),
        "levels_of_dimension": N_(
            "A dimension is counted by the satisfied levels of the questionnaire. Other levels can be named for a "
            "single question."
        ),
        "weights": N_("Every level needs its points, a number from 0 to 100."),
        "weights_order": N_(
            "Points go from 0 to 100; a better level never has fewer than a worse one, and the best has more than the "
            "worst."
        ),
        "weights_of_dimension": N_("Points per level can be set for a single question, not for a dimension."),
        "mean_of_scales": N_(
            "The questions of this dimension are answered on different scales, so they have no common mean. An index "
            "is possible."
        ),
    }
    fields: ClassVar[dict[str, str]] = {
        "threshold": "threshold",
        "threshold_points": "threshold",
        "target": "measured",
        "not_asked": "measured",
        "questionnaire": "definition",
        "mean_of_scales": "definition",
        "levels": "satisfied_levels",
        "levels_of_dimension": "satisfied_levels",
        "weights": "weights",
        "weights_order": "weights",
        "weights_of_dimension": "definition",
    }

    @property
    def field(self) -> str:
        """The field of the register that is wrong."""
        return self.fields[self.reason or "threshold"]


class FamilyRefused(Refusal):
    status = 422
    sentences: ClassVar[dict[str, str]] = {
        "none": N_("Please choose at least one question."),
        "many": N_("Please choose at most %(most)s questions: the more are tested, the less each can show."),
        "unknown": N_("One of the questions is not asked in this survey."),
    }


class BaselineHidden(Refusal):
    template = N_("Too few people answered this question to show a figure, so it cannot be the baseline of an action.")


class BaselineCoarse(Refusal):
    template = N_(
        "So few people answered this question that its figure is shown only as a bound, such as “at least 15 of 16”. "
        "An action needs an exact baseline: please choose another question."
    )


class ActionFixed(Refusal):
    """What was fixed in advance stays."""

    sentences: ClassVar[dict[str, str]] = {
        "expectation": N_(
            "The next survey has opened: question, baseline and acceptance figure of this action were fixed in advance "
            "and stay as they are."
        ),
        "settled": N_("This action is carried out, verified or stopped. It can no longer be changed."),
        "unverified": N_("No later survey has asked this question again, so the action cannot be closed as verified."),
    }


class ProcessListImpossible(Refusal):
    status = 422
    sentences: ClassVar[dict[str, str]] = {
        "first": N_("Line %(line)s is indented, but there is no process above it to which it could belong."),
        "long": N_("Line %(line)s has more than %(longest)s characters."),
        "slash": N_("Line %(line)s contains a slash; slashes stand between the two levels elsewhere."),
        "twice": N_("Line %(line)s repeats “%(name)s”."),
        "many": N_("There are more than %(most)s lines."),
    }


class EvidenceRefused(Refusal):
    """A file that is not taken as evidence of an action."""

    status = 422
    sentences: ClassVar[dict[str, str]] = {
        "empty": N_("The file is empty."),
        "large": N_("The file is larger than %(limit)s MB."),
        "many": N_("An action has at most %(most)s files. Please remove one first."),
        "unknown": N_(
            "This is none of the kinds that are taken: PDF, PNG, JPEG, Word (docx), Excel (xlsx) or plain text."
        ),
        "damaged": N_("The file is damaged or not what it says it is. Please save it once more and try again."),
        "ending": N_("The content of the file is not what its name ends with. Please choose the file once more."),
        "active": N_("The file contains macros or other files. Please save it without them, or as PDF."),
        "swollen": N_("Unpacked, the file would be far too large."),
        "locked": N_("The file is protected by a password. Please save it without one."),
    }
