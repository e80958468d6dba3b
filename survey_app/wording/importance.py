"""What matters, in words and tables: what goes along with overall satisfaction, and three items to discuss first.

Association, never cause. Where a dimension stands is `quadrants`, the chart `charts.importance`.
"""

from __future__ import annotations

from collections.abc import Mapping

from flask_babel import gettext as _

from analysis.findings import Finding, Kind, propose
from analysis.tree import Hidden, Report
from instruments.wording import N_
from survey_app.wording.approval import approval, approving
from survey_app.wording.cells import Cell, Row, Table
from survey_app.wording.figures import people, percent, percent_interval
from survey_app.wording.labels import listed, quoted
from survey_app.wording.names import Names
from survey_app.wording.quadrants import Quadrant, Quadrants, Standing, quadrant_label, quadrants_of, strongest
from survey_app.wording.sentences import paragraph

KIND_LABELS: Mapping[Kind, str] = {
    Kind.OBJECTIVE_MISSED: N_("objective not met"),
    Kind.DECLINED: N_("declined against the year before"),
    Kind.WEAKEST: N_("among the lowest this year"),
}
FEWEST_ANSWERS = 50
"""Complete answers that importance needs; ten for each dimension where that is more."""


def importance_sentence(report: Report, names: Names) -> str:
    found = quadrants_of(report)
    if found is None:
        return paragraph((refused_sentence(report), *_proposed(report)))
    return standings_sentence(found, names)


def standings_sentence(found: Quadrants, names: Names) -> str:
    """Which dimensions to discuss first; "none" plainly only where no interval reaches into that quarter."""
    first = [quoted(names.dimension(s.dimension)) for s in found.standings if s.quadrant is Quadrant.WORK_ON]
    if first:
        return _(
            "%(dimensions)s: strong association with overall satisfaction, and a rate below the mean of the "
            "dimensions. Worth discussing first.",
            dimensions=listed(first),
        )
    if any(_may_be_worked_on(standing, found) for standing in found.standings):
        return _undecided(found, names)
    if any(_could_be_worked_on(standing, found) for standing in found.standings):
        return _(
            "By their figures no dimension lies where association is strong and the rate is low; where an interval "
            "crosses a line, it is not certain."
        )
    return _("No dimension lies where association is strong and the rate is low.")


def _may_be_worked_on(standing: Standing, found: Quadrants) -> bool:
    """Whether its dot lies in the quarter to work on, though an interval crosses a line."""
    return standing.share > found.share_line and standing.rate < found.rate_line


def _could_be_worked_on(standing: Standing, found: Quadrants) -> bool:
    """Whether its intervals reach into the quarter to work on; a rounded rate without one may lie anywhere."""
    is_low = standing.rate_span is None or standing.rate_span[0] < found.rate_line
    return is_low and standing.share_span[1] > found.share_line


def _undecided(found: Quadrants, names: Names) -> str:
    inside = [standing for standing in found.standings if _may_be_worked_on(standing, found)]
    return _(
        "By their figures %(dimensions)s: strong association and a low rate; the intervals cross a line, so that it is "
        "not certain.",
        dimensions=listed([quoted(names.dimension(standing.dimension)) for standing in inside]),
    )


def _proposed(report: Report) -> tuple[str, ...]:
    count = len(propose(report))
    return (_("Items worth discussing first are named below all the same."),) if count else ()


def refused_sentence(report: Report) -> str:
    """Why nothing is said of what goes along with overall satisfaction."""
    found = report.importance
    if found is None or len(found.dimensions) < 2:
        return _(
            "The questionnaire does not ask what would be needed to tell what goes along with overall satisfaction."
        )
    if found.importance.refused == "too_few_rows":
        needed = max(FEWEST_ANSWERS, 10 * len(found.dimensions))
        return _(
            "What goes along with overall satisfaction is told from %(n)s answers without a gap on; neither here nor "
            "in a unit above are there so many.",
            n=needed,
        )
    if found.importance.value is not None:
        return _("None of the dimensions that can be shown goes along with overall satisfaction.")
    return _("The answers are so alike that nothing can be said of what goes along with overall satisfaction.")


def importance_cannot() -> str:
    return _(
        "Association is not cause: overall satisfaction need not rise because one thing is improved. Whether an action "
        "worked is seen when next year's result verifies it."
    )


def importance_reading(report: Report, found: Quadrants, names: Names) -> str:
    """Lines, dots, and whose answers the association comes from."""
    lines = _(
        "Upright dashes: an equal share (%(share)s); level dashes: the mean of the dimensions (%(rate)s). "
        "Lines through a dot are intervals (95%%). ● lies within one quarter, ○ is not to be decided.",
        share=percent(found.share_line, 0),
        rate=percent(found.rate_line, 0),
    )
    said = [_source(report), lines]
    if found.hidden:
        hidden = listed([quoted(names.dimension(code)) for code in found.hidden])
        said.append(_("Without a place, since too few answered: %(dimensions)s.", dimensions=hidden))
    return paragraph(text for text in said if text)


def _source(report: Report) -> str:
    found = report.importance
    if found is None or found.importance.source is None:
        return ""
    n = found.importance.n
    if isinstance(n, Hidden):
        return _("The shares of association are those of %(unit)s.", unit=found.importance.source)
    return _(
        "The shares of association are those of %(unit)s (%(n)s answers), since too few answered here.",
        unit=found.importance.source,
        n=n,
    )


def importance_table(found: Quadrants, names: Names) -> Table:
    columns = (
        (_("Share of association"), True), (_("Interval (95%)"), True), (approval(names).rate, True),
        (_("Interval of the rate (95%)"), True), (_("Quarter"), False),
    )  # fmt: skip
    ordered = sorted(found.standings, key=lambda standing: -standing.share)
    return Table(
        _("Association and rate of the dimensions"),
        _("Dimension"),
        columns,
        tuple(Row(names.dimension(standing.dimension), _cells(standing)) for standing in ordered),
    )


def _cells(standing: Standing) -> tuple[Cell, ...]:
    rate = percent(standing.rate, 0)
    return (
        Cell(percent(standing.share, 0)),
        Cell(percent_interval(standing.share_span)),
        Cell(rate if standing.rate_span else _("about %(figure)s", figure=rate)),
        Cell(percent_interval(standing.rate_span)),
        Cell(quadrant_label(standing.quadrant)),
    )


def first_items_title(count: int) -> str:
    if count == 0:
        return ""
    return _("Worth discussing first") if count == 1 else _("%(n)s questions worth discussing first", n=count)


def first_items(report: Report, names: Names) -> tuple[tuple[str, str], ...]:
    """At most three items to discuss first: each with its people and why."""
    return tuple(
        (
            names.item(finding.item),
            _(
                "%(people)s; %(reasons)s",
                people=approving(people(finding.rate), finding.item, names),
                reasons=_(", ").join(finding_reasons(finding, report)),
            ),
        )
        for finding in propose(report)
    )


def finding_reasons(finding: Finding, report: Report) -> tuple[str, ...]:
    """Why an item is proposed, the strongest reason first; that its dimension matters is said last."""
    reasons = [_(KIND_LABELS[kind]) for kind in finding.kinds]
    if finding.dimension in strongest(report):
        reasons.append(_("its dimension goes along with overall satisfaction"))
    return tuple(reasons)
