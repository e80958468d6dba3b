"""Last year's actions held against this year's result: verdicts, reasons, sentence and table. The plan is `plan_page`.

"Expected" is always what would be expected without the action, since low results rise by themselves.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence

from flask_babel import gettext as _

from analysis.findings import Kind
from analysis.tree import ActionResult, Hidden, Rate, Report
from analysis.types import ActionSpec
from instruments.wording import N_
from survey_app.wording.cells import Cell, Row, Table, people_cell
from survey_app.wording.figures import PERCENT_FROM, people, percent, percent_interval, share_of_people, target_percent
from survey_app.wording.labels import hidden_label, listed
from survey_app.wording.names import Names

ACTION_VERDICTS: Mapping[str, str] = {
    "worked": N_("Worked"),
    "not_shown": N_("No clear effect"),
    "worse": N_("Worse"),
    "no_control": N_("Cannot be judged"),
    "not_comparable": N_("Not comparable"),
}
_COUNTED: Mapping[str, str] = {
    "worked": N_("%(n)s worked"),
    "not_shown": N_("%(n)s without clear effect"),
    "worse": N_("%(n)s worse"),
    "no_control": N_("%(n)s that cannot be judged"),
    "not_comparable": N_("%(n)s not comparable"),
}
_REASONS: Mapping[tuple[str, bool | None], str] = {
    ("worked", True): N_(
        "The acceptance figure is reached, and the rate is above what was expected without the action."
    ),
    ("not_shown", True): N_(
        "The acceptance figure is reached, but low results rise by themselves and this could be no more than that: "
        "keep it up and watch it for another year."
    ),
    ("not_shown", False): N_("The acceptance figure is not reached: looking for the causes once more is proposed."),
    ("worse", True): N_("The rate is below the baseline and below what was expected without the action."),
    ("worse", False): N_("The rate is below the baseline and below what was expected without the action."),
    ("no_control", True): N_(
        "The acceptance figure is reached; too few questions were left untouched to say what would have come of itself."
    ),
    ("no_control", False): N_(
        "The acceptance figure is not reached; too few questions were left untouched to say what would have come of "
        "itself."
    ),
}


PROPOSAL_REASONS: Mapping[Kind, str] = {
    Kind.OBJECTIVE_MISSED: N_("the objective for it was not met"),
    Kind.DECLINED: N_("it declined against the year before"),
    Kind.WEAKEST: N_("among the lowest of all questions"),
}


def proposal_reasons(kinds: Sequence[Kind]) -> str:
    """Why a question is proposed, the strongest reason first."""
    return listed([_(PROPOSAL_REASONS[kind]) for kind in kinds])


def action_verdict(verdict: str) -> str:
    return _(ACTION_VERDICTS[verdict])


def action_reason(found: ActionResult) -> str:
    """Why the verdict is what it is."""
    if isinstance(found.rate, Hidden):
        return _("The figure of this question is not shown (%(reason)s).", reason=hidden_label(found.rate))
    known = _REASONS.get((found.verdict, found.reached))
    return _(known) if known else _("The question cannot be compared with the year before.")


def is_missed(found: ActionResult) -> bool:
    """Whether taking the matter up again is proposed."""
    return found.verdict == "worse" or found.reached is False


def baseline_of(action: ActionSpec) -> Rate:
    return Rate(action.baseline_satisfied, action.baseline_n)


def action_title(action: ActionSpec, names: Names) -> str:
    return action.title or names.item(action.item)


def from_to(found: ActionResult) -> str:
    """Baseline and now in people: ``11/31 → 22/30 人``."""
    before = baseline_of(found.action)
    if isinstance(found.rate, Hidden):
        return people(before)
    return _("%(before)s → %(now)s", before=share_of_people(before), now=people(found.rate))


def expected_text(found: ActionResult) -> str:
    """``43%［20，66］``: two one-sided 95 % bounds are a range of 90 %."""
    if found.expected is None or found.lower is None or found.upper is None:
        return _("not given")
    expected = percent(min(max(found.expected, 0.0), 1.0), PERCENT_FROM)
    return _("%(figure)s %(interval)s", figure=expected, interval=percent_interval((found.lower, found.upper)))


def actions_sentence(report: Report) -> str:
    counts: Counter[str] = Counter(found.verdict for found in report.actions)
    parts = [_(words, n=counts[verdict]) for verdict, words in _COUNTED.items() if counts[verdict]]
    return _("Of %(n)s actions of last year: %(parts)s.", n=len(report.actions), parts=listed(parts))


def actions_cannot() -> str:
    return _(
        "“Worked” means that the acceptance figure is reached and that the rate lies above where low results usually "
        "come back to by themselves. It does not say that nothing else changed meanwhile; “no clear effect” is not "
        "“no effect”, and “worse” too may be chance."
    )


def actions_reading() -> str:
    return _(
        "How to read it: ○ is the baseline, ● this year; the thick line is the range expected without the action "
        "(90%); dashes are the acceptance figure. “Worked” asks for more than the thick line: it also allows for the "
        "chance in the baseline itself and for several actions being judged at once."
    )


def actions_table(report: Report, names: Names) -> Table:
    columns = (
        (_("Question"), False), (_("Baseline"), True), (_("Acceptance"), True), (_("Measured"), True),
        (_("Expected without it (90%)"), True), (_("Verdict"), False), (_("Why"), False),
    )  # fmt: skip
    return Table(
        _("Last year’s actions and what became of them"),
        _("Action"),
        columns,
        tuple(_row(found, names) for found in report.actions),
    )


def _row(found: ActionResult, names: Names) -> Row:
    action = found.action
    cells = (
        Cell(names.item(action.item)),
        Cell(people(baseline_of(action))),
        Cell(f"≥ {target_percent(action.acceptance)}"),
        people_cell(found.rate),
        Cell(expected_text(found)),
        Cell(action_verdict(found.verdict)),
        Cell(action_reason(found)),
    )
    return Row(action_title(action, names), cells)
