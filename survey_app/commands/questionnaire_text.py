"""A questionnaire, and the difference of two, as lines of a terminal. The locale has to be the language asked for."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from flask_babel import gettext as _

from analysis.comparability import ItemComparability, comparability
from analysis.tree import Comparability
from analysis.types import Context
from instruments.difference import Change, difference
from instruments.effort import effort
from instruments.loader import content_hash
from instruments.model import Instrument
from instruments.wording import N_
from survey_app.wording.labels import COMPARABILITY_REASONS, comparability_label, listed, quoted
from survey_app.wording.questionnaire import Asked, parts_of, satisfied_labels, type_label
from survey_app.wording.rules import harmless, said

INDENT = "   "
PARTS: Mapping[str, str] = {
    "questionnaire": N_("questionnaire"),
    "section": N_("section"),
    "item": N_("question"),
    "scale": N_("scale"),
    "dimension": N_("dimension"),
}


def lines_of(instrument: Instrument, language: str) -> Iterator[str]:
    """The questionnaire to be read from top to bottom."""
    yield said(instrument.title, language)
    yield f"{instrument.code} · {content_hash(instrument)[:8]}"
    yield length_in_words(instrument)
    if instrument.note:
        yield said(instrument.note, language)
    for part in parts_of(instrument, language):
        yield ""
        yield f"## {part.title}"
        if part.intro:
            yield part.intro
        for block in part.blocks:
            for asked in block:
                yield from _question(asked, language)


def length_in_words(instrument: Instrument) -> str:
    reckoned = effort(instrument)
    return _(
        "%(questions)s questions, %(texts)s of them to be answered in words; about %(minutes)s min "
        "(stated: %(stated)s min).",
        questions=reckoned.questions,
        texts=reckoned.texts,
        minutes=reckoned.minutes,
        stated=instrument.minutes,
    )


def difference_lines(older: Instrument, newer: Instrument, language: str) -> Iterator[str]:
    """What changed, and which figures of the two can stand side by side."""
    changes = difference(older, newer)
    if not changes:
        yield _("Both say the same.")
        return
    for change in changes:
        yield from _change(change)
    yield ""
    yield from _comparable(older, newer, language)


def compared(older: Instrument, newer: Instrument) -> Mapping[str, ItemComparability]:
    """By item of the newer: what the change costs, with everything about the two surveys the same."""
    same = Context(year=0)
    return comparability(older, newer, same, same)


def _question(asked: Asked, language: str) -> Iterator[str]:
    yield ""
    for words in asked.words:
        yield f"> {words}"
    yield f"{asked.number}. {asked.text}{asked.mark}"
    yield INDENT + f"[{asked.item.code}] {type_label(asked.item)}"
    for remark in asked.remarks:
        yield INDENT + remark
    if asked.offered:
        yield INDENT + listed([f"□ {one.label}" for one in asked.offered])
    if asked.scale and asked.item.attention is None:
        yield INDENT + _("Counted as satisfied: %(levels)s", levels=satisfied_labels(asked.scale, language))


def _change(change: Change) -> Iterator[str]:
    said_of = _(change.template, **change.values)
    yield _("%(part)s %(code)s: %(said)s", part=_(PARTS[change.part]), code=change.code, said=said_of)
    for sign, words in (("-", change.before), ("+", change.after)):
        if words:
            yield f"{INDENT}{sign} {harmless(words)}"


def _comparable(older: Instrument, newer: Instrument, language: str) -> Iterator[str]:
    found = compared(older, newer)
    unharmed = sum(one.status is Comparability.COMPARABLE for one in found.values())
    yield _("%(count)s of %(all)s scored questions stay comparable.", count=unharmed, all=len(found))
    for code, one in found.items():
        if one.status is not Comparability.COMPARABLE:
            reasons = listed([_(COMPARABILITY_REASONS[reason]) for reason in one.reasons])
            effect = _("%(label)s: %(reasons)s", label=comparability_label(one.status), reasons=reasons)
            yield f"{INDENT}{code} {quoted(harmless(newer.by_code[code].label(language)))} · {effect}"
