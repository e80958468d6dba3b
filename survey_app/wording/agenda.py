"""The agenda of a management review: its points, and what the results of the year say of each in finished sentences."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from flask_babel import gettext as _

from analysis.findings import Kind, propose
from analysis.tree import ActionResult, ObjectiveResult, Rate, Report
from instruments.wording import N_
from survey_app.wording import headline, items, returns, sentences
from survey_app.wording.actions import action_reason, action_title, action_verdict, from_to
from survey_app.wording.comments import comments_sentence
from survey_app.wording.figures import people, rate_text
from survey_app.wording.labels import grade_label, listed, quoted
from survey_app.wording.names import Names
from survey_app.wording.units import units_sentence
from survey_app.wording.years import years_sentence

REASONS: Mapping[Kind, str] = {
    Kind.OBJECTIVE_MISSED: N_("its objective was missed"),
    Kind.DECLINED: N_("it declined against the year before"),
    Kind.WEAKEST: N_("it is among those with the lowest rates"),
}
POINTS = (
    ("returns", N_("Returns and participation")),
    ("objectives", N_("Quality objectives")),
    ("satisfaction", N_("Satisfaction of the year")),
    ("changes", N_("Changes against the year before")),
    ("priorities", N_("What to work on first")),
    ("comments", N_("What people wrote")),
    ("actions", N_("Actions of last year")),
    ("units", N_("Sub-units")),
    ("other", N_("Other business")),
)
"""`PointKind` and the title of each point."""


@dataclass(frozen=True, slots=True)
class Source:
    """A result that is reviewed."""

    report: Report
    names: Names
    audience: str = ""
    """Whose answers they are, where several audiences are reviewed together."""


@dataclass(frozen=True, slots=True)
class Point:
    kind: str
    """`PointKind`."""
    title: str
    facts: tuple[str, ...]


def agenda_of(sources: Sequence[Source]) -> tuple[Point, ...]:
    """The points in their order; sub-units are one where there are any.

    A result hidden as a whole gives its returns only.
    """
    points = [
        Point(kind, _(title), tuple(_told(source, fact) for source in sources for fact in _facts(source, kind)))
        for kind, title in POINTS
    ]
    return tuple(point for point in points if point.facts or point.kind != "units")


def _facts(source: Source, kind: str) -> list[str]:
    if source.report.hidden is not None and kind != "returns":
        return []
    return FACTS[kind](source) if kind in FACTS else []


def _told(source: Source, fact: str) -> str:
    return _("%(audience)s: %(fact)s", audience=source.audience, fact=fact) if source.audience else fact


def _returns(source: Source) -> list[str]:
    told = [returns.returns_sentence(source.report)]
    return told if source.report.hidden is None else [*told, sentences.hidden_sentence(source.report)]


def _objectives(source: Source) -> list[str]:
    judged = [result for result in source.report.objectives if result.judgement is not None]
    if not judged:
        return [sentences.objectives_sentence(source.report, source.names)]
    return [headline.objective_counts(source.report), *(_objective(result, source.names) for result in judged)]


def _objective(result: ObjectiveResult, names: Names) -> str:
    figure = people(result.rate) if isinstance(result.rate, Rate) else rate_text(result.rate)
    grade = grade_label(result.judgement) if result.judgement else ""
    words = {"title": quoted(result.objective.title), "grade": grade, "figure": figure}
    margin = sentences.margin(result)
    if margin:
        return _("%(title)s: %(grade)s (%(figure)s; %(margin)s).", margin=margin, **words)
    return _("%(title)s: %(grade)s (%(figure)s).", **words)


def _satisfaction(source: Source) -> list[str]:
    return [items.items_sentence(source.report, source.names)]


def _changes(source: Source) -> list[str]:
    return [years_sentence(source.report, source.names)]


def _priorities(source: Source) -> list[str]:
    found = propose(source.report)
    if not found:
        return [_("No question stands out as one to work on first.")]
    return [
        _(
            "%(name)s (%(people)s): %(reasons)s.",
            name=quoted(source.names.item(finding.item)),
            people=people(finding.rate),
            reasons=listed([_(REASONS[kind]) for kind in finding.kinds]),
        )
        for finding in found
    ]


def _comments(source: Source) -> list[str]:
    return [comments_sentence(source.report)] if source.report.comments else []


def _actions(source: Source) -> list[str]:
    told = [_action(result, source.names) for result in source.report.actions]
    return told or [_("No action of last year is verified by this survey.")]


def _action(result: ActionResult, names: Names) -> str:
    return _(
        "%(title)s (%(change)s): %(verdict)s. %(reason)s",
        title=quoted(action_title(result.action, names)),
        change=from_to(result),
        verdict=action_verdict(result.verdict),
        reason=action_reason(result),
    )


def _units(source: Source) -> list[str]:
    return [units_sentence(source.report)] if source.report.units else []


FACTS: Mapping[str, Callable[[Source], list[str]]] = {
    "returns": _returns,
    "objectives": _objectives,
    "satisfaction": _satisfaction,
    "changes": _changes,
    "priorities": _priorities,
    "comments": _comments,
    "actions": _actions,
    "units": _units,
}
