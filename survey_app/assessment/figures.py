"""Figures an assessment can look at, taken from a Report as it is shown: a hidden figure stays hidden here.

Names begin with where a figure comes from: the audience of a survey ("member.overall") or the plan
("plan.actions_done"). Figures of several surveys of a unit are joined as mappings. How uncertain they are is `ranges`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, replace
from enum import StrEnum
from fractions import Fraction

from analysis.targets import Grade
from analysis.tree import Comparability, Hidden, ObjectiveResult, Rate, Report
from instruments.model import Audience, Instrument, Role
from survey_app.assessment.ranges import Range, range_of_change, range_of_dimension, range_of_rate
from survey_app.assessment.scheme import CheckPoint, Scheme

PLAN = "plan"
WITHOUT_CODE = ("participation", "return_rate", "valid_rate", "overall", "objectives_met", "actions_worked",
                "actions_reached")  # fmt: skip
WITH_CODE = ("item", "dimension", "change", "objective")
OF_PLAN = ("actions_done",)
NAME = re.compile(
    rf"(?:{'|'.join(Audience)})\.(?:(?:{'|'.join(WITHOUT_CODE)})|(?:{'|'.join(WITH_CODE)}):[\w.-]{{1,64}})"
    rf"|{PLAN}\.(?:{'|'.join(OF_PLAN)})"
)


class Missing(StrEnum):
    """Why a figure has no value."""

    TOO_FEW = "too_few"
    """Hidden: too few answers, or another figure would follow from it."""
    NOT_COMPARABLE = "not_comparable"
    """With the year before."""
    NOT_KNOWN = "not_known"
    """What it is a share of is not known, or nobody is in it; or it is no share."""


@dataclass(frozen=True, slots=True)
class Source:
    """Where a figure stands: the survey's id, its sealed dataset, the place in the JSON of the Report."""

    survey: str
    dataset_sha256: str
    path: str


@dataclass(frozen=True, slots=True)
class FigureValue:
    """A share with what is known of its uncertainty; ``value``, ``low`` and ``high`` are None together.

    They are None where it is ``missing``, and of an objective that is held against something else than a usual rate.
    """

    name: str
    source: Source
    value: Fraction | None = None
    low: Fraction | None = None
    high: Fraction | None = None
    """Ends of the 95 % interval; the value itself where it is certain."""
    n: int | None = None
    """Answers, people or objectives it is a share of."""
    satisfied: int | None = None
    """Of these; None for a mean of rates."""
    reached: tuple[bool, bool, bool] | None = None
    """Of an objective: at face value, at the worst and at the best that is not ruled out."""
    missing: Missing | None = None


def is_figure_name(name: object) -> bool:
    return isinstance(name, str) and NAME.fullmatch(name) is not None


def figures_of(report: Report, *, survey: str = "") -> Mapping[str, FigureValue]:
    """Every figure of a report by its name, hidden ones with the reason; ``survey`` goes into the sources.

    A report hidden as a whole has an entry named by its audience alone, which stands for every figure it does not have.
    """
    found = [*_returns(report), *_items(report), *_dimensions(report), *_changes(report), *_judged(report)]
    if report.hidden is not None:
        found.append(("", FigureValue("", _nowhere("hidden"), missing=Missing.TOO_FEW)))
    named = {}
    for short, figure in found:
        name = f"{report.context.audience}.{short}".rstrip(".")
        source = Source(survey, report.provenance.dataset_sha256, figure.source.path)
        named[name] = replace(figure, name=name, source=source)
    return named


def figure_for(check_point: CheckPoint, figures: Mapping[str, FigureValue]) -> FigureValue | None:
    """The first of a check point's figures that is there, a hidden one too; None: nothing gives any of them."""
    names = (*check_point.figures, *(origin_of(name) for name in check_point.figures))
    return next((figures[name] for name in names if name in figures), None)


def origin_of(name: str) -> str:
    """ "member.overall" -> "member"."""
    return name.partition(".")[0]


def plan_figure(name: str, done: int, out_of: int) -> FigureValue:
    """A count of the plan as a figure, such as "actions_done" -> "plan.actions_done"; of an empty plan not known.

    Raises: ValueError unless 0 <= done <= out_of, and for a name that no scheme can ask for.
    """
    if not 0 <= done <= out_of or name not in OF_PLAN:
        raise ValueError(f"{name}: {done} of {out_of}")
    return replace(_counted(done, out_of, name), name=f"{PLAN}.{name}")


def figure_names(instrument: Instrument) -> frozenset[str]:
    """Figures that a questionnaire can give, those of single objectives apart."""
    items = [item.code for item in instrument.scored_items]
    dimensions = {item.dimension for item in instrument.scored_items if item.dimension}
    short = {name for name in WITHOUT_CODE if name != "overall"}
    short |= {f"{kind}:{code}" for kind in ("item", "change") for code in items}
    short |= {f"dimension:{code}" for code in dimensions}
    if any(item.role is Role.OVERALL for item in instrument.scored_items):
        short.add("overall")
    return frozenset(f"{instrument.audience.value}.{name}" for name in short)


def out_of_reach(scheme: Scheme, names: AbstractSet[str]) -> tuple[CheckPoint, ...]:
    """Check points whose figure none of the year's questionnaires gives, ``names`` being all they give together."""
    return tuple(
        point
        for point in scheme.check_points
        if point.figures
        and not any(name in names or ".objective:" in name or origin_of(name) == PLAN for name in point.figures)
    )


SURELY_MET = frozenset({Grade.MET_CERTAIN, Grade.MET_CONFIDENT})
SURELY_MISSED = frozenset({Grade.MISSED_CERTAIN, Grade.MISSED_CONFIDENT})

Named = Iterator[tuple[str, FigureValue]]


def _nowhere(path: str) -> Source:
    return Source("", "", path)


def _missing(reason: Missing, path: str) -> FigureValue:
    return FigureValue("", _nowhere(path), missing=reason)


def _known(known: Range, path: str, n: int | None, satisfied: int | None = None) -> FigureValue:
    return FigureValue("", _nowhere(path), known.value, known.low, known.high, n, satisfied)


def _counted(part: int, whole: int | None, path: str) -> FigureValue:
    """A count of ballots or objectives: certain, where it can be said."""
    if not whole or part > whole:
        return _missing(Missing.NOT_KNOWN, path)
    share = Fraction(part, whole)
    return _known(Range(share, share, share), path, whole, part)


def _rate(rate: Rate | Hidden, path: str) -> FigureValue:
    if isinstance(rate, Hidden):
        return _missing(Missing.TOO_FEW, path)
    return _known(range_of_rate(rate), path, rate.n, rate.satisfied)


def _returns(report: Report) -> Named:
    roster = report.roster
    eligible = roster.eligible if roster.verified else None
    yield "participation", _counted(roster.returned, eligible, "roster")
    yield "return_rate", _counted(roster.returned, roster.issued, "roster")
    yield "valid_rate", _counted(roster.valid, roster.returned, "roster")


def _items(report: Report) -> Named:
    for position, item in enumerate(report.items):
        figure = _rate(item.rate, f"items[{position}].rate")
        yield f"item:{item.code}", figure
        if item.code == report.overall:
            yield "overall", figure


def _dimensions(report: Report) -> Named:
    rates = {item.code: item.rate for item in report.items}
    for position, dimension in enumerate(report.dimensions):
        path = f"dimensions[{position}].rate"
        known = range_of_dimension(dimension, [rates.get(code, Hidden.TOO_FEW) for code in dimension.items])
        n = dimension.n if isinstance(dimension.n, int) else None
        yield (
            f"dimension:{dimension.code}",
            _missing(Missing.TOO_FEW, path) if known is None else _known(known, path, n),
        )


def _changes(report: Report) -> Named:
    for position, change in enumerate(report.changes):
        path, earlier, later = f"changes[{position}]", change.earlier.rate, change.later.rate
        if change.comparability is Comparability.NOT:
            figure = _missing(Missing.NOT_COMPARABLE, path)
        elif isinstance(earlier, Rate) and isinstance(later, Rate):
            figure = _known(range_of_change(earlier, later), path, later.n)
        else:
            figure = _missing(Missing.TOO_FEW, path)
        yield f"change:{change.code}", figure


def _judged(report: Report) -> Named:
    for position, found in enumerate(report.objectives):
        yield f"objective:{found.objective.code}", _objective(found, f"objectives[{position}]")
    if report.hidden is None:
        reached = [_reached(found.judgement.grade) for found in report.objectives if found.judgement]
        yield "objectives_met", _met(reached)
        judged = [found.verdict == "worked" for found in report.actions
                  if found.verdict in {"worked", "not_shown", "worse"}]  # fmt: skip
        yield "actions_worked", _counted(sum(judged), len(judged), "actions")
        told = [found.reached for found in report.actions if found.reached is not None]
        yield "actions_reached", _counted(sum(told), len(told), "actions")


def _met(reached: list[tuple[bool, bool, bool]]) -> FigureValue:
    if not reached:
        return _missing(Missing.NOT_KNOWN, "objectives")
    face, worst, best = (Fraction(sum(column), len(reached)) for column in zip(*reached, strict=True))
    return _known(Range(face, worst, best), "objectives", len(reached), int(face * len(reached)))


def _objective(found: ObjectiveResult, path: str) -> FigureValue:
    if found.judgement is None:
        return _missing(Missing.TOO_FEW if isinstance(found.rate, Hidden) else Missing.NOT_KNOWN, path)
    reached = _reached(found.judgement.grade)
    if found.objective.is_usual_rate and isinstance(found.rate, Rate):
        return replace(_rate(found.rate, path), reached=reached)
    return FigureValue("", _nowhere(path), reached=reached)


def _reached(grade: Grade) -> tuple[bool, bool, bool]:
    """A grade that is certain, or all but certain, holds at the worst and at the best alike."""
    return grade.is_met, grade in SURELY_MET, grade not in SURELY_MISSED
