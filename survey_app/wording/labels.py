"""What things are called: grades, verdicts, reasons, bands. Figures are `figures`, whole sentences `sentences`."""

from __future__ import annotations

from collections.abc import Mapping

from flask_babel import gettext as _

from analysis.reliability import Alpha
from analysis.targets import Judgement
from analysis.tree import Change, Comparability, Detail, Hidden, ReliabilityResult
from instruments.wording import N_

HIDDEN_LABELS: Mapping[Hidden, str] = {
    Hidden.TOO_FEW: N_("Too few people"),
    Hidden.COMPLEMENTARY: N_("Also hidden"),
    Hidden.COARSENED: N_("Not listed"),
}
GRADE_LABELS: Mapping[str, str] = {
    "met_certain": N_("Certainly met"),
    "met_confident": N_("Confidently met"),
    "met_at_face_value": N_("Met at face value"),
    "missed_at_face_value": N_("Not met at face value"),
    "missed_confident": N_("Confidently not met"),
    "missed_certain": N_("Certainly not met"),
}
GRADE_CLASSES: Mapping[str, str] = {
    "met_certain": "sure",
    "met_confident": "conf",
    "met_at_face_value": "face",
    "missed_at_face_value": "no face",
    "missed_confident": "no conf",
    "missed_certain": "no sure",
}
VERDICT_LABELS: Mapping[str, str] = {
    "improved": N_("▲ Improved"),
    "declined": N_("▼ Declined"),
    "equivalent": N_("＝ About the same"),
    "no_clear_change": N_("No clear change"),
}
COMPARABILITY_LABELS: Mapping[Comparability, str] = {
    Comparability.COMPARABLE: N_("Comparable"),
    Comparability.WITH_RESERVE: N_("With reserve"),
    Comparability.NOT: N_("Not comparable"),
}
COMPARABILITY_REASONS: Mapping[str, str] = {
    "wording": N_("wording changed"),
    "levels": N_("answer levels changed"),
    "definition": N_("definition of satisfied changed"),
    "translation": N_("translation changed"),
    "position": N_("position in the questionnaire changed"),
    "mode": N_("another way of answering"),
    "scale": N_("another scale"),
    "reference_date": N_("another reference day"),
    "month": N_("another season"),
    "audience": N_("another audience"),
    "participation": N_("participation differs by 15 points or more"),
    "new_item": N_("not asked the year before"),
}
DETAIL_LABELS: Mapping[Detail, str] = {
    Detail.FULL: N_("all levels"),
    Detail.THREE_WAY: N_("three classes"),
    Detail.TWO_WAY: N_("two classes"),
}
REFUSAL_LABELS: Mapping[str, str] = {
    "too_few_rows": N_("fewer than 30 complete answers"),
    "too_few_items": N_("needs at least two questions"),
    "constant_item": N_("answers hardly differ from each other"),
    "singular": N_("questions repeat one another"),
}
ALPHA_BANDS: tuple[tuple[float, str], ...] = (
    (0.9, N_("Excellent")),
    (0.8, N_("Good")),
    (0.7, N_("Acceptable")),
    (0.6, N_("Barely")),
    (float("-inf"), N_("Revise")),
)
"""Lower edge of a band of Cronbach's alpha and its word, best first."""
ACCEPTABLE_ALPHA = 0.7
_CLOSING: Mapping[str, str] = {"“": "”", "‘": "’"}


def hidden_label(reason: Hidden) -> str:
    """What stands in a cell instead of the figure."""
    return _(HIDDEN_LABELS[reason])


def grade_label(judgement: Judgement) -> str:
    """One of the six grades of an objective, in words."""
    return _(GRADE_LABELS[str(judgement.grade)])


def grade_classes(judgement: Judgement) -> str:
    """Style classes of the badge: certainty by dots and fill, met or not by colour."""
    return GRADE_CLASSES[str(judgement.grade)]


def is_met(judgement: Judgement) -> bool:
    return str(judgement.grade).startswith("met_")


def verdict_label(verdict: str) -> str:
    """Year over year in words; the arrows belong to tested changes alone."""
    return _(VERDICT_LABELS[str(verdict)])


def verdict_of(change: Change) -> str | None:
    """The tested verdict of a change of the primary family, or None where there is none."""
    if not change.primary or change.verdict is None or change.comparability is Comparability.NOT:
        return None
    return str(change.verdict)


def change_label(change: Change) -> str:
    """The judgement column of the comparison with last year."""
    if change.comparability is Comparability.NOT:
        return comparability_label(change.comparability)
    hidden = next((p.rate for p in (change.later, change.earlier) if isinstance(p.rate, Hidden)), None)
    if hidden is not None:
        return hidden_label(hidden)
    verdict = verdict_of(change)
    if verdict is not None:
        return verdict_label(verdict)
    return _("No verdict")


def comparability_label(comparability: Comparability) -> str:
    return _(COMPARABILITY_LABELS[comparability])


def comparability_text(change: Change) -> str:
    """Comparability and why: ``有保留：题序变动``."""
    label = comparability_label(change.comparability)
    if not change.reasons:
        return label
    reasons = listed([_(COMPARABILITY_REASONS.get(reason, reason)) for reason in change.reasons])
    return _("%(label)s: %(reasons)s", label=label, reasons=reasons)


def detail_label(detail: Detail) -> str:
    """How finely a question's answers are shown."""
    return _(DETAIL_LABELS[detail])


def alpha_band(value: float) -> str:
    """The band a single value of alpha falls into."""
    return _(next(word for edge, word in ALPHA_BANDS if value >= edge))


def alpha_word(alpha: Alpha) -> str:
    """Alpha judged by its interval: a word only as far as the whole interval carries it."""
    low, high = alpha.feldt
    if alpha_band(low) == alpha_band(high):
        return alpha_band(low)
    if low >= ACCEPTABLE_ALPHA:
        return _("at least %(band)s", band=_in_sentence(alpha_band(low)))
    if high < ACCEPTABLE_ALPHA:
        return _("at most %(band)s", band=_in_sentence(alpha_band(high)))
    return _("not to be decided yet")


def refusal_label(reliability: ReliabilityResult) -> str | None:
    """Why a scale has no alpha of its own, or None where it has one."""
    return _(REFUSAL_LABELS[reliability.refused]) if reliability.refused else None


def listed(words: list[str] | tuple[str, ...]) -> str:
    """Words in a row: 甲、乙、丙."""
    return _(", ").join(words)


def quoted(words: str) -> str:
    """In quotation marks; marks within become single ones, those within them double again."""
    return _("“%(words)s”", words=within_quotes(words))


def within_quotes(words: str) -> str:
    """Words for a place between quotation marks. An apostrophe between letters stays one."""
    told: list[str] = []
    awaited: list[str] = []
    for place, sign in enumerate(words):
        if sign in _CLOSING:
            awaited.append(_CLOSING[sign])
            told.append("‘" if len(awaited) % 2 else "“")
        elif awaited and sign == awaited[-1] and not _is_apostrophe(words, place):
            told.append("’" if len(awaited) % 2 else "”")
            awaited.pop()
        else:
            told.append("’" if sign == "”" else sign)
    return "".join(told)


def _is_apostrophe(words: str, place: int) -> bool:
    before, after = words[max(place - 1, 0) : place], words[place + 1 : place + 2]
    return words[place] == "’" and all(sign.isascii() and sign.isalpha() for sign in (before, after))


def _in_sentence(word: str) -> str:
    """English band names begin small inside a sentence; Chinese has no case."""
    return word[0].lower() + word[1:]
