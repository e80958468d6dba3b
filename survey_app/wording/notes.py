"""Notes below tables and charts: what is shown coarser, borrowed or hidden, each rule said once."""

from __future__ import annotations

from collections.abc import Sequence

from flask_babel import gettext as _

from analysis.tree import Detail, Hidden, Rate, Report
from survey_app.wording.approval import approval_notes
from survey_app.wording.labels import listed, quoted
from survey_app.wording.names import Names


def detail_notes(report: Report, names: Names) -> tuple[str, ...]:
    """Which questions are shown in classes because few answered them, and which not at all."""
    rated = [item for item in report.items if isinstance(item.rate, Rate)]
    three = [quoted(names.item(item.code)) for item in rated if item.detail is Detail.THREE_WAY]
    two = [quoted(names.item(item.code)) for item in rated if item.detail is Detail.TWO_WAY]
    hidden = [quoted(names.item(item.code)) for item in report.items if isinstance(item.rate, Hidden)]
    turned = [quoted(names.item(item.code)) for item in rated if names.is_reversed(item.code)]
    said = (
        (three, _("Fewer than 30 answers, shown in three classes: %(items)s.", items=_told(three, rated))),
        (two, _("Fewer than 20 answers, shown in two classes: %(items)s.", items=_told(two, rated))),
        (hidden, _("Not shown, too few answers: %(items)s.", items=listed(hidden))),
        (turned, _("Asked the other way round, coloured by what is good: %(items)s.", items=listed(turned))),
    )
    rates = approval_notes([item.code for item in rated], names)
    return (*rates, *(text for items, text in said if items))


def _told(items: list[str], rated: Sequence[object]) -> str:
    """All of them in a word, or their names."""
    return _("all questions") if len(items) == len(rated) else listed(items)


def suppression_notes(figures: Sequence[object], threshold: int) -> tuple[str, ...]:
    """The two rules of hiding, said once, where something is hidden by them."""
    said = {
        Hidden.TOO_FEW: _("Too few people: fewer than %(n)s, not shown.", n=threshold),
        Hidden.COMPLEMENTARY: _("Also hidden: if it were shown, the former could be worked out from the totals."),
    }
    return tuple(text for reason, text in said.items() if any(figure is reason for figure in figures))
