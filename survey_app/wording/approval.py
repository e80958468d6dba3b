"""What the good answers of a questionnaire are called: satisfied where its levels say so, else favourable.

Grades, agreement, extent, yes and no are not satisfaction. Which levels count is told by `Names.approving_levels`.
"""

from __future__ import annotations

from dataclasses import dataclass

from flask_babel import gettext as _

from survey_app.wording.labels import listed, quoted
from survey_app.wording.names import Names


@dataclass(frozen=True, slots=True)
class Approval:
    """Words for headings and legends."""

    people: str
    rate: str
    rate_in_short: str
    rate_within: str
    """In the middle of a sentence."""
    of_scored: str
    overall: str
    fewest: str
    right_of_zero: str
    left_of_zero: str
    good: str
    bad: str
    other: str
    by_rate: str
    reading: str
    """How to read the bars."""


def approval(names: Names) -> Approval:
    return _satisfied() if names.speaks_of_satisfaction() else _favourable()


def approving(people: str, item_code: str, names: Names) -> str:
    """So many people of an item: satisfied, or with the one level that counts, or favourable."""
    if names.is_of_satisfaction(item_code):
        return _("%(people)s satisfied", people=people)
    levels = names.approving_levels(item_code)
    if len(levels) == 1:
        return _("%(people)s: %(level)s", people=people, level=quoted(levels[0]))
    return _("%(people)s favourable", people=people)


def level_words(levels: tuple[str, ...]) -> str:
    """``满意或非常满意``: the levels that count, the best last."""
    return _(" or ").join(reversed(levels))


def approval_notes(codes: list[str], names: Names) -> tuple[str, ...]:
    """What the rate of questions is a share of whose levels do not speak of satisfaction."""
    by_levels: dict[tuple[str, ...], list[str]] = {}
    for code in codes:
        if not names.is_of_satisfaction(code):
            by_levels.setdefault(names.approving_levels(code), []).append(quoted(names.item(code)))
    return tuple(
        _(
            "The rate is the share of “%(levels)s”: %(items)s.",
            levels=level_words(levels),
            items=_("all questions") if len(items) == len(codes) else listed(items),
        )
        for levels, items in by_levels.items()
    )


def _satisfied() -> Approval:
    return Approval(
        people=_("Satisfied"),
        rate=_("Satisfaction rate"),
        rate_in_short=_("Rate"),
        rate_within=_("satisfaction rate"),
        of_scored=_("Satisfied of scored"),
        overall=_("Overall satisfaction"),
        fewest=_("Fewest satisfied"),
        right_of_zero=_("satisfaction rate (%) →"),
        left_of_zero=_("← not satisfied"),
        good=_("satisfied, all levels"),
        bad=_("dissatisfied"),
        other=_("not satisfied"),
        by_rate=_("Answers to each question, by satisfaction rate from high to low"),
        reading=_(
            "Right of the zero line satisfied (longer is better), left of it not satisfied; numbers in the bars are "
            "people below 50 answers, else percent, left out where too narrow. Dashes are a question's own target."
        ),
    )


def _favourable() -> Approval:
    return Approval(
        people=_("Favourable"),
        rate=_("Favourable rate"),
        rate_in_short=_("Share"),
        rate_within=_("favourable rate"),
        of_scored=_("Favourable of scored"),
        overall=_("Overall assessment"),
        fewest=_("Fewest favourable answers"),
        right_of_zero=_("favourable rate (%) →"),
        left_of_zero=_("← other answers"),
        good=_("favourable, all levels"),
        bad=_("unfavourable"),
        other=_("other answers"),
        by_rate=_("Answers to each question, by favourable rate from high to low"),
        reading=_(
            "Right of the zero line favourable answers (longer is better), left of it the others; numbers in the bars "
            "are people below 50 answers, else percent, left out where too narrow. Dashes are a question's own target."
        ),
    )
