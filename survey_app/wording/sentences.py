"""One plain sentence to read out for each block of the annual result, and what that block cannot say.

Takes a Report and the questionnaire's Names; says facts in people first, percent second. Tables are `tables`.
"""

from __future__ import annotations

from collections.abc import Iterable
from fractions import Fraction

from flask_babel import get_locale
from flask_babel import gettext as _

from analysis.targets import Grade
from analysis.tree import (
    ChoiceResult,
    Hidden,
    ItemResult,
    ObjectiveResult,
    Rate,
    Report,
    WeightedRate,
)
from analysis.types import Roster
from survey_app.wording.approval import approval
from survey_app.wording.figures import (
    percent,
)
from survey_app.wording.labels import (
    listed,
    quoted,
)
from survey_app.wording.names import Names

ENOUGH_ITEMS = 6
"""From so many shown questions on the best two and the last three are named."""


def paragraph(sentences: Iterable[str]) -> str:
    """Sentences one after the other: with a space in English, without in Chinese."""
    locale = get_locale()
    return (" " if locale is not None and locale.language == "en" else "").join(sentences)


def participation(roster: Roster | None) -> Fraction | None:
    """Returned of eligible, where the number of eligible people is known."""
    return Fraction(roster.returned, roster.eligible) if roster is not None and roster.eligible else None


def objectives_sentence(report: Report, names: Names) -> str:
    judged = [result for result in report.objectives if result.judgement is not None]
    if not judged:
        return _("No objective could be judged this year.")
    grades = [result.judgement.grade for result in judged if result.judgement is not None]
    met = sum(grade.is_met for grade in grades)
    counted = _(
        "%(n)s objectives were judged: %(met)s met, %(missed)s not met.",
        n=len(judged),
        met=met,
        missed=len(judged) - met,
    )
    at_face_value = sum(grade in (Grade.MET_AT_FACE_VALUE, Grade.MISSED_AT_FACE_VALUE) for grade in grades)
    if at_face_value:
        counted = paragraph((counted, _("Of these %(n)s at face value only.", n=at_face_value)))
    nearest = margin(judged[0])
    if not nearest:
        return counted
    first = names.measure(judged[0].objective)
    return paragraph((counted, _("%(measure)s: %(margin)s.", measure=first, margin=nearest)))


def margin(result: ObjectiveResult) -> str:
    """How the branches weigh, and how far an objective is from being certain, in people not counted."""
    return _("; ").join(part for part in (weighing(result), _what_is_open(result)) if part)


def weighing(result: ObjectiveResult) -> str:
    """In branches people answered unequally: the rate in which every eligible person weighs the same."""
    if not isinstance(result.weighted, WeightedRate):
        return ""
    weighted = percent(result.weighted.value, result.weighted.eligible, result.objective.threshold)
    return _("branches weighed by their people: %(percent)s", percent=weighted)


def _what_is_open(result: ObjectiveResult) -> str:
    judgement = result.judgement
    if judgement is None or judgement.silent is None or judgement.silent_needed is None:
        return ""
    silent, needed = judgement.silent, judgement.silent_needed
    if silent == 0:
        return _("everybody is counted, nothing is open")
    return _open_of_rate(silent, needed) if result.objective.is_rate else _open_of_mean(silent, needed)


def _open_of_rate(silent: int, needed: int) -> str:
    if needed <= 0:
        return _("met even if none of the %(silent)s not counted were satisfied", silent=silent)
    if needed > silent:
        return _("not met even if all %(silent)s not counted were satisfied", silent=silent)
    if needed == silent:
        return _("met only if all %(silent)s not counted are satisfied", silent=silent)
    return _("met if %(needed)s of the %(silent)s not counted are satisfied", needed=needed, silent=silent)


def _open_of_mean(silent: int, needed: int) -> str:
    """Of a figure to which every level counts: how many would have to give the best answer, the others the worst."""
    if needed <= 0:
        return _("met even if all %(silent)s not counted gave the worst answer", silent=silent)
    if needed > silent:
        return _("not met even if all %(silent)s not counted gave the best answer", silent=silent)
    return _("certain if %(needed)s of the %(silent)s not counted give the best answer", needed=needed, silent=silent)


def objectives_cannot(report: Report) -> str:
    if not report.roster.verified:
        if _speaks_at_face_value(report):
            return _("Anybody with the link could answer, so objectives are judged at face value only.")
        return _("The link was open to anybody: who answered, and whether anybody answered twice, cannot be known.")
    settled = _("“At face value” speaks of those who answered; it does not settle it for everybody.")
    eligible = _("People who chose “don't know” are not counted as eligible for that question.")
    return paragraph((settled, eligible) if _speaks_at_face_value(report) else (eligible,))


def _speaks_at_face_value(report: Report) -> bool:
    grades = (str(result.judgement.grade) for result in report.objectives if result.judgement is not None)
    return any(grade.endswith("_at_face_value") for grade in grades)


def objectives_reading(report: Report) -> str:
    """How to read the chart; whose rate the dot is."""
    if is_weighed(report):
        return _(
            "How to read it: ● is the rate of those who answered, branches weighed by their people; the thick line is "
            "the 90% bounds for all eligible; the thin line runs from “all not counted are dissatisfied” to “all are "
            "satisfied”; dashes are the target."
        )
    return _(
        "How to read it: ● is the rate of those who answered; the thick line is the 90% bounds for all eligible; "
        "the thin line runs from “all not counted are dissatisfied” to “all are satisfied”; dashes are the target."
    )


def is_weighed(report: Report) -> bool:
    """Whether verdicts rest on rates in which every eligible person weighs the same, so that these are drawn."""
    return any(isinstance(result.weighted, WeightedRate) for result in report.objectives)


def ranked(report: Report) -> list[ItemResult]:
    """Items whose rate may be shown, by rate, ties in the order of the questionnaire."""
    shown = [item for item in report.items if isinstance(item.rate, Rate)]
    return sorted(
        shown, key=lambda item: -Fraction(item.rate.satisfied, item.rate.n) if isinstance(item.rate, Rate) else 0
    )


def visible_change(report: Report, names: Names) -> tuple[str, ...]:
    """How much the overall rate would have to change to be seen; without one, the main figure that needs most."""
    known = [
        (change, change.smallest_visible_change, change.later.rate.n)
        for change in report.changes
        if (change.primary or change.code == report.overall)
        and isinstance(change.later.rate, Rate)
        and change.smallest_visible_change
    ]
    if not known:
        return ()
    change, smallest, n = max(known, key=lambda told: (told[0].code == report.overall, told[1]))
    return (
        _(
            "For example %(name)s: of %(n)s answers a change of the %(rate)s by about %(points)s percentage points "
            "is seen four times out of five.",
            name=quoted(names.item(change.code)),
            n=n,
            rate=approval(names).rate_within,
            points=round(smallest * 100),
        ),
    )


def counted_choices(report: Report) -> list[ChoiceResult]:
    """Choice questions that may say how often each answer was chosen."""
    return [choice for choice in report.choices if any(isinstance(count, int) for count in choice.counts)]


def choices_sentence(report: Report, names: Names) -> str:
    counted = [choice.code for choice in counted_choices(report)]
    chosen = [quoted(names.item(code)) for code in counted if not names.is_ranking(code)]
    ranked_first = [quoted(names.item(code)) for code in counted if names.is_ranking(code)]
    hidden = [quoted(names.item(choice.code)) for choice in report.choices if isinstance(choice.n, Hidden)]
    few = [
        quoted(names.item(choice.code))
        for choice in report.choices
        if not isinstance(choice.n, Hidden) and choice.code not in counted
    ]
    said = (
        (chosen, _("How often each answer was chosen: %(questions)s.", questions=listed(chosen))),
        (ranked_first, _("How often each answer was put first: %(questions)s.", questions=listed(ranked_first))),
        (few, _("Fewer than 30 answered, so that the answers are not counted: %(questions)s.", questions=listed(few))),
        (hidden, _("Too few people answered to show: %(questions)s.", questions=listed(hidden))),
    )
    return paragraph(sentence for questions, sentence in said if questions)


def choices_cannot() -> str:
    return _(
        "How often an answer was chosen does not say how much it matters; where several could be chosen, the counts "
        "add up to more than the people."
    )


def method_sentence(report: Report) -> str:
    return _(
        "Every figure can be recomputed from the sealed data; figures of fewer than %(n)s answers are not shown.",
        n=report.provenance.threshold,
    )


def method_cannot(report: Report) -> str:
    if not report.items and report.hidden is None:
        return _(
            "Wishes and choices are those of the people who answered; what follows from them is still to be decided."
        )
    return _("Satisfaction is what people say of the work, not the work itself, and not its cause.")


def hidden_sentence(report: Report) -> str:
    """For a report of which nothing but the returns may be shown."""
    return _(
        "Fewer than %(n)s valid answers: apart from the returns nothing is shown, so that nobody can be guessed.",
        n=report.provenance.threshold,
    )
