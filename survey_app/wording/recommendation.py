"""The net promoter score in words: sentence, table, what it cannot say. The figure is `analysis.recommendation`."""

from __future__ import annotations

from flask_babel import gettext as _

from analysis.recommendation import NetPromoter
from analysis.tree import Hidden, Report
from survey_app.wording.cells import Cell, Row, Table, cell
from survey_app.wording.figures import net_interval, net_score
from survey_app.wording.labels import hidden_label, quoted
from survey_app.wording.names import Names
from survey_app.wording.sentences import paragraph


def asks_for_it(report: Report) -> bool:
    return any(item.recommendation is not None for item in report.items)


def recommendation_sentence(report: Report, names: Names) -> str:
    """``“向他人推荐”：34 人中 20 人愿意推荐（9、10 分）……净推荐值 +41（95% 区间［12，63］）。``"""
    asked = [item for item in report.items if item.recommendation is not None]
    said = [
        _(
            "%(name)s: of %(n)s people %(promoters)s would recommend it (9 or 10), %(detractors)s rather not (0 to 6); "
            "the net promoter score is %(score)s, interval (95%%) %(interval)s.",
            name=quoted(names.item(item.code)),
            n=found.n,
            promoters=found.promoters,
            detractors=found.detractors,
            score=net_score(found.score),
            interval=net_interval(found.interval),
        )
        for item in asked
        if isinstance(found := item.recommendation, NetPromoter)
    ]
    if len(said) < len(asked):
        said.append(_("The net promoter score is shown from 20 answers on."))
    return paragraph(said)


def recommendation_cannot() -> str:
    return _(
        "The score is a difference of two shares: a few people move it by many points, and it cannot be compared with "
        "scores of companies or with satisfaction rates."
    )


def recommendation_table(report: Report, names: Names) -> Table:
    """Promoters, passives and detractors in people, and the score with its interval."""
    columns = (
        (_("Promoters (9 and 10)"), True), (_("Passives (7 and 8)"), True), (_("Detractors (0 to 6)"), True),
        (_("Net promoter score"), True), (_("Interval (95%)"), True),
    )  # fmt: skip
    rows = tuple(
        Row(names.item(item.code), _recommendation_cells(item.recommendation))
        for item in report.items
        if item.recommendation is not None
    )
    return Table(_("Recommendation"), _("Question"), columns, rows)


def _recommendation_cells(found: NetPromoter | Hidden | None) -> tuple[Cell, ...]:
    if not isinstance(found, NetPromoter):
        reason = found or Hidden.TOO_FEW
        return (cell(hidden_label(reason), reason),) * 5
    passives = found.n - found.promoters - found.detractors
    return (
        *(Cell(f"{count}/{found.n}") for count in (found.promoters, passives, found.detractors)),
        Cell(net_score(found.score)),
        Cell(net_interval(found.interval)),
    )
