"""One plain sentence to read out for each block of the annual result, and what that block cannot say.

Takes a Report and the questionnaire's Names; says facts in people first, percent second. Tables are `tables`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from fractions import Fraction

from flask_babel import get_locale
from flask_babel import gettext as _

from analysis.tree import (
    Change,
    ChoiceResult,
    Hidden,
    ItemResult,
    ObjectiveResult,
    Rate,
    ReliabilityResult,
    Report,
    WeightedRate,
)
from analysis.types import Roster
from instruments.wording import N_
from survey_app.wording.approval import level_words
from survey_app.wording.figures import (
    PERCENT_FROM,
    people,
    percent,
    rate_text,
    share_of_people,
)
from survey_app.wording.labels import (
    ACCEPTABLE_ALPHA,
    VERDICT_LABELS,
    is_met,
    listed,
    quoted,
    verdict_of,
)
from survey_app.wording.names import Names

ENOUGH_ITEMS = 6
"""From so many shown questions on the best two and the last three are named."""
_COUNTED = {
    "improved": N_("%(n)s improved"),
    "declined": N_("%(n)s declined"),
    "equivalent": N_("%(n)s about the same"),
    "no_clear_change": N_("%(n)s without clear change"),
}


def paragraph(sentences: Iterable[str]) -> str:
    """Sentences one after the other: with a space in English, without in Chinese."""
    locale = get_locale()
    return (" " if locale is not None and locale.language == "en" else "").join(sentences)


def participation(roster: Roster | None) -> Fraction | None:
    """Returned of eligible, where the number of eligible people is known."""
    return Fraction(roster.returned, roster.eligible) if roster is not None and roster.eligible else None


def returns_sentence(report: Report) -> str:
    roster = report.roster
    facts = {
        "eligible": roster.eligible, "issued": roster.issued, "returned": roster.returned, "valid": roster.valid,
    }  # fmt: skip
    if roster.eligible is None:
        return _("%(returned)s ballots came back, %(valid)s of them valid.", **facts)
    if roster.issued is None:
        counted = _(
            "%(eligible)s people were eligible; %(returned)s ballots came back, %(valid)s of them valid.", **facts
        )
    else:
        counted = _(
            "%(eligible)s people were eligible, %(issued)s ballots were issued, %(returned)s came back, "
            "%(valid)s of them valid.",
            **facts,
        )
    now = _participation_percent(roster)
    if now is None:
        return counted
    before = _participation_percent(report.previous_roster)
    if before is None:
        return paragraph((counted, _("Participation was %(now)s.", now=now)))
    return paragraph((counted, _("Participation was %(now)s, %(before)s the year before.", now=now, before=before)))


def _participation_percent(roster: Roster | None) -> str | None:
    share = participation(roster)
    return None if share is None or roster is None else percent(share, roster.eligible or 0)


def returns_cannot(report: Report) -> str:
    if report.context.mode == "imported" and not report.roster.verified:
        return _("The answers came in from a file: who was asked, and how many were, is not known here.")
    if not report.roster.verified:
        return _("The link was open to anybody: who answered, and whether anybody answered twice, cannot be known.")
    silent = (report.roster.eligible or report.roster.returned) - report.roster.returned
    if silent > 0:
        return _(
            "Who the %(n)s people without an answer are, and why, is not known here and should not be asked.", n=silent
        )
    return _("That everybody answered does not say that everybody answered with care.")


def objectives_sentence(report: Report, names: Names) -> str:
    judged = [result for result in report.objectives if result.judgement is not None]
    if not judged:
        return _("No objective could be judged this year.")
    met = sum(1 for result in judged if result.judgement is not None and is_met(result.judgement))
    counted = _(
        "%(n)s objectives were judged: %(met)s met, %(missed)s not met.",
        n=len(judged),
        met=met,
        missed=len(judged) - met,
    )
    nearest = margin(judged[0])
    if not nearest:
        return counted
    first = names.measure(judged[0].objective)
    return paragraph((counted, _("%(measure)s: %(margin)s.", measure=first, margin=nearest)))


def margin(result: ObjectiveResult) -> str:
    """How the branches weigh, and how far an objective is from being certain, in people not counted."""
    return _("; ").join(part for part in (_weighing(result), _what_is_open(result)) if part)


def _weighing(result: ObjectiveResult) -> str:
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
        return _("Anybody with the link could answer, so objectives are judged at face value only.")
    return _(
        "“At face value” speaks of those who answered; it does not settle it for everybody. "
        "People who chose “don't know” are not counted as eligible for that question."
    )


def items_sentence(report: Report, names: Names) -> str:
    shown = ranked(report)
    if not shown:
        return _("No question had enough answers to be shown.")
    best, least = (1, 1) if len(shown) < ENOUGH_ITEMS else (2, 3)
    if len(shown) == 1:
        levels = level_words(names.approving_levels(shown[0].code))
        return _(
            "One question is shown: %(people)s answered %(levels)s.", people=_told(shown[0]), levels=quoted(levels)
        )
    return _(
        "Of %(n)s questions, %(best)s found most approval, %(least)s least.",
        n=len(shown), best=_quoted_names(shown[:best], names), least=_quoted_names(shown[-least:], names),
    )  # fmt: skip


def ranked(report: Report) -> list[ItemResult]:
    """Items whose rate may be shown, by rate, ties in the order of the questionnaire."""
    shown = [item for item in report.items if isinstance(item.rate, Rate)]
    return sorted(
        shown, key=lambda item: -Fraction(item.rate.satisfied, item.rate.n) if isinstance(item.rate, Rate) else 0
    )


def items_cannot(report: Report) -> str:
    neighbours = _("Neighbouring questions often differ by one or two people; their order is no ranking.")
    return paragraph((neighbours, *_visible_change(report)))


def _visible_change(report: Report) -> tuple[str, ...]:
    change = next((c for c in report.changes if c.smallest_visible_change is not None), None)
    if change is None or not isinstance(change.later.rate, Rate) or change.smallest_visible_change is None:
        return ()
    points = round(change.smallest_visible_change * 100)
    return (
        _(
            "With %(n)s answers only changes of about %(points)s percentage points or more can be seen.",
            n=change.later.rate.n,
            points=points,
        ),
    )


def _quoted_names(items: Iterable[ItemResult], names: Names) -> str:
    return listed([quoted(names.item(item.code)) for item in items])


def _told(item: ItemResult) -> str:
    return people(item.rate) if isinstance(item.rate, Rate) else ""


def scales_of(report: Report) -> list[ReliabilityResult]:
    """The whole questionnaire and its dimensions, as far as they have questions that belong together."""
    found = [report.reliability, *(dimension.reliability for dimension in report.dimensions)]
    return found if len(report.reliability.items) > 1 else []


def reliability_sentence(report: Report, names: Names) -> str:
    scales = scales_of(report)
    solid = [scale for scale in scales if scale.alpha and scale.alpha.feldt[0] >= ACCEPTABLE_ALPHA]
    weak = [scale for scale in scales if scale.alpha and scale.alpha.feldt[1] < ACCEPTABLE_ALPHA]
    open_still = [scale for scale in scales if scale.alpha and scale not in solid and scale not in weak]
    groups = (
        (solid, N_("At least acceptable: %(scales)s.")),
        (weak, N_("Below acceptable: %(scales)s.")),
        (open_still, N_("Not to be decided yet, the interval is wide: %(scales)s.")),
    )
    said = [_(text, scales=_scale_names(group, names)) for group, text in groups if group]
    if not said:
        return _("Too few complete answers to tell how well the questions hold together.")
    if report.reliability.source:
        said.append(_("The whole questionnaire borrows the result of %(unit)s.", unit=report.reliability.source))
    return paragraph(said)


def _scale_names(scales: Iterable[ReliabilityResult], names: Names) -> str:
    return listed([quoted(names.scope(scale.scope, len(scale.items))) for scale in scales])


def reliability_cannot() -> str:
    return _(
        "High reliability says that the questions agree with each other, not that the work is good, "
        "nor that everybody answered with care."
    )


def groups_sentence(report: Report) -> str:
    columns = [column for table in report.groups for column in table.columns]
    shown = [column.n for column in columns if not isinstance(column.n, Hidden)]
    if not shown:
        return _("No group has enough people to be shown.")
    told = _("%(shown)s of %(all)s groups can be shown.", shown=len(shown), all=len(columns))
    if len(shown) == len(columns):
        told = _("All %(all)s groups can be shown.", all=len(columns))
    if all(n < PERCENT_FROM for n in shown):
        return paragraph((told, _("All have fewer than 20 people: counts only, no comparison.")))
    return told


def groups_cannot() -> str:
    return _("The differences between groups are not tested here; small groups differ by chance alone.")


def years_sentence(report: Report, names: Names) -> str:
    if not report.changes:
        return _("There is no earlier result to compare with.")
    tested = [change for change in report.changes if verdict_of(change)]
    if not tested:
        return _("No main figure can be compared with the year before.")
    counts = verdict_counts(report)
    told = _("Of %(n)s main figures: %(counts)s.", n=len(tested), counts=listed(counts))
    moved = [change for change in tested if verdict_of(change) in ("improved", "declined")]
    return paragraph((told, *(moved_sentence(change, names) for change in moved)))


def verdict_counts(report: Report) -> list[str]:
    """``1 项改善``, ``4 项无明显变化`` of the tested main figures, best first, none left at zero."""
    counts = Counter(verdict_of(change) for change in report.changes)
    return [_(_COUNTED[verdict], n=counts[verdict]) for verdict in VERDICT_LABELS if counts[verdict]]


def moved_sentence(change: Change, names: Names) -> str:
    """A tested change as a fact in people: ``“意见有答复”由 11/31 人变为 22/30 人。``"""
    earlier, later = change.earlier.rate, change.later.rate
    name = quoted(names.item(change.code))
    if isinstance(earlier, Rate) and isinstance(later, Rate):
        return _(
            "%(name)s went from %(earlier)s to %(later)s people.",
            name=name,
            earlier=share_of_people(earlier),
            later=share_of_people(later),
        )
    return _(
        "%(name)s went from %(earlier)s to %(later)s.", name=name, earlier=rate_text(earlier), later=rate_text(later)
    )


def years_cannot(report: Report) -> str:
    unclear = _("“No clear change” does not mean “no change”, only that so few people cannot show it.")
    who = _("Both years were anonymous: whose view changed cannot be said.")
    return paragraph((unclear, *_visible_change(report), who))


def comments_sentence(report: Report) -> str:
    shown = [len(comments.texts) for comments in report.comments]
    if sum(shown):
        return _("%(n)s comments, in random order and without any mark of who wrote them.", n=sum(shown))
    return _("Comments are shown from 10 answers and 5 comments on, so that nobody can be guessed from them.")


def comments_cannot() -> str:
    return _("Comments show what some people wanted to say, not how many think so.")


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


def units_sentence(report: Report) -> str:
    told = [row.overall if report.overall else row.roster for row in report.units]
    shown = sum(1 for figure in told if not isinstance(figure, Hidden))
    return _(
        "%(shown)s of %(all)s sub-units can be shown, in the order of the organisation.",
        shown=shown,
        all=len(report.units),
    )


def units_cannot() -> str:
    return _("Sub-units of this size differ by chance; the order here is no ranking.")


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
