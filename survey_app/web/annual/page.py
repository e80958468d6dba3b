"""The annual result page, put together from a Report: headline and numbered blocks, kept as long as the Report is.

Only arrangement: words are `wording`, pictures `charts`, and what may be shown was decided in `analysis.disclosure`.
"""

from __future__ import annotations

from collections.abc import Callable

from flask_babel import gettext as _

from analysis.tree import Report
from instruments.wording import N_
from survey_app.services.shelf import Shelf
from survey_app.web.annual.actions import actions_block
from survey_app.web.annual.asked import (
    choices_block,
    items_block,
    objectives_block,
    recommendation_block,
    returns_block,
)
from survey_app.web.annual.below import learning_block, standing_block, units_block
from survey_app.web.annual.compared import groups_block, importance_block, years_block
from survey_app.web.annual.content import Block, Content, Headline, Page, numbered
from survey_app.web.annual.followed import comments_block
from survey_app.web.annual.measured import care_block, method_block, reliability_block
from survey_app.wording import headline, sentences
from survey_app.wording.labels import grade_classes, grade_label
from survey_app.wording.names import Names

PAGES: Shelf[tuple[Report, Page]] = Shelf(128)
"""By report, language and the earlier years known; the report stands beside its page, so that no other one gets its
identity meanwhile."""


def result_page(report: Report, names: Names) -> Page:
    """The whole page, kept as long as the same report is asked for."""
    key = (id(report), names.language, tuple(names.earlier))
    return PAGES.get(key, lambda: (report, _page_of(report, names)))[1]


def _page_of(report: Report, names: Names) -> Page:
    """Of a hidden report: returns and method only."""
    wanted = [entry for entry in BLOCKS if report.hidden is None or entry[0] in ("returns", "method")]
    contents = [(key, title, make(report, names)) for key, title, make in wanted]
    present = [(key, title, content) for key, title, content in contents if content is not None]
    blocks = tuple(
        Block(key, numbered(number, _(title)), content) for number, (key, title, content) in enumerate(present)
    )
    if report.hidden is not None:
        return Page(report.title, None, sentences.hidden_sentence(report), blocks)
    return Page(report.title, _headline(report, names), "", blocks)


def _headline(report: Report, names: Names) -> Headline:
    if report.overall is None:
        return _counted_headline(report, names)
    told = headline.headline_figure(report) or _("Too few people")
    objective = headline.overall_objective(report)
    judgement = objective.judgement if objective else None
    return Headline(
        label=names.item(report.overall),
        number=told.removesuffix("%"),
        unit="%" if told.endswith("%") else "",
        grade=grade_label(judgement) if judgement else "",
        grade_classes=grade_classes(judgement) if judgement else "",
        parts=headline.headline_parts(report, names),
        minute=headline.minute_list(report, names),
    )


def _counted_headline(report: Report, names: Names) -> Headline:
    """Where nobody is asked about everything together: how many answered."""
    return Headline(
        _("Valid answers"), str(report.roster.valid), _("ballots"), "", "", (), headline.minute_list(report, names)
    )


BLOCKS: tuple[tuple[str, str, Callable[[Report, Names], Content | None]], ...] = (
    ("returns", N_("Returns"), returns_block),
    ("objectives", N_("Objectives met"), objectives_block),
    ("items", N_("Dimensions and questions"), items_block),
    ("recommendation", N_("Recommendation"), recommendation_block),
    ("choices", N_("Choice questions"), choices_block),
    ("reliability", N_("Reliability and validity"), reliability_block),
    ("groups", N_("Groups"), groups_block),
    ("years", N_("Against earlier years"), years_block),
    ("importance", N_("What matters"), importance_block),
    ("comments", N_("Comments"), comments_block),
    ("actions", N_("Last year’s actions"), actions_block),
    ("units", N_("Sub-units"), units_block),
    ("standing", N_("Where units stand"), standing_block),
    ("learning", N_("Learning from each other"), learning_block),
    ("care", N_("Care in answering"), care_block),
    ("method", N_("Method"), method_block),
)
