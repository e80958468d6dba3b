"""YAML text -> Scheme, with every problem and its line at once. The format is described in docs/assessment.md."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import replace
from importlib.resources import files
from itertools import pairwise
from types import MappingProxyType
from typing import TypeVar

from instruments.problems import InstrumentError, Problem
from instruments.reading import read
from instruments.wording import N_
from survey_app.assessment.coherence import check_coherence
from survey_app.assessment.figures import is_figure_name
from survey_app.assessment.form import Findings, Place
from survey_app.assessment.scheme import (
    KINDS,
    LEVELS,
    Category,
    CheckPoint,
    Grade,
    Late,
    Linear,
    OnSite,
    Rule,
    Scheme,
    StepName,
    Steps,
    UnitClass,
    YesNo,
)

MOST_CLASSES = 30
MOST_CATEGORIES = 20
MOST_POINTS_OF_CATEGORY = 60
MOST_GRADES = 10
MOST_UNITS = 2000
LONGEST_PERIOD = 366

T = TypeVar("T")

FIGURE = N_(
    "'%(given)s' is no figure; figures are written like member.overall, member.item:lead1 or plan.actions_done "
    "(docs/assessment.md lists them)"
)
RULE = N_("'%(given)s' is no rule; possible are %(expected)s")
AT_HOME = MappingProxyType(
    {
        "anchors and aliases (& and *) are not used in questionnaires": N_(
            "anchors and aliases (& and *) are not used in assessment schemes"
        ),
        "tags such as %(tag)s are not used in questionnaires": N_(
            "tags such as %(tag)s are not used in assessment schemes"
        ),
        "this is not a questionnaire: it begins with “key: value”, for example “schema: 1”": N_(
            "this is not an assessment scheme: it begins with “key: value”, for example “code: our_scheme”"
        ),
    }
)
"""What the reader of YAML says of questionnaires, said of schemes."""


class SchemeError(ValueError):
    """A scheme that cannot be used: every problem found, in the order of the file."""

    def __init__(self, problems: tuple[Problem, ...]) -> None:
        super().__init__("\n".join(str(problem) for problem in problems))
        self.problems = problems

    @property
    def path(self) -> str:
        """Of the first problem; so are ``line`` and ``reason``."""
        return self.problems[0].path

    @property
    def line(self) -> int | None:
        return self.problems[0].line

    @property
    def reason(self) -> str:
        return self.problems[0].message


def load_scheme(text: str | bytes) -> Scheme:
    """Raises: SchemeError, whatever the text."""
    try:
        source = read(text)
    except InstrumentError as error:
        raise SchemeError(_at_home(error.problems)) from None
    findings = Findings(source, list(source.problems))
    scheme = _scheme(Place(findings, source.data))
    if scheme is not None and not findings.problems:
        check_coherence(scheme, Place(findings, source.data))
    if findings.problems or scheme is None:
        raise SchemeError(_at_home(tuple(sorted(findings.problems, key=lambda problem: problem.line or 0))))
    return scheme


def sample_scheme() -> str:
    """The source of the shipped scheme: 36 check points in 5 categories."""
    return files("survey_app.assessment").joinpath("catalogue", "branch-standard.yaml").read_text("utf-8")


def scheme_hash(source: str) -> str:
    """SHA-256 (hex) of a source as UTF-8, which is what locking keeps."""
    return hashlib.sha256(source.encode("utf-8")).hexdigest()


def _at_home(problems: tuple[Problem, ...]) -> tuple[Problem, ...]:
    return tuple(replace(found, template=AT_HOME.get(found.template, found.template)) for found in problems)


def _scheme(place: Place) -> Scheme | None:
    keys = place.keys(("code", "title", "classes", "categories", "grades"), ("schema", "note"))
    if "schema" in keys and keys["schema"].data != 1:
        keys["schema"].refuse(N_("the schema is 1"))
    code, title = _read(keys, "code", Place.code), _read(keys, "title", Place.words)
    note = _read(keys, "note", Place.words)
    classes = _list(keys, "classes", _unit_class, MOST_CLASSES)
    categories = _list(keys, "categories", _category, MOST_CATEGORIES)
    grades = _list(keys, "grades", _grade, MOST_GRADES)
    return Scheme(code, title, note, classes, categories, grades) if code and title else None


def _read(keys: Mapping[str, Place], key: str, reader: Callable[[Place], T]) -> T | None:
    return reader(keys[key]) if key in keys else None


def _list(keys: Mapping[str, Place], key: str, reader: Callable[[Place], T | None], most: int) -> tuple[T, ...]:
    places = keys[key].parts(most=most) if key in keys else ()
    return tuple(found for place in places if (found := reader(place)) is not None)


def _unit_class(place: Place) -> UnitClass | None:
    keys = place.keys(("code", "title"), ("kinds", "levels", "units", "without", "points"))
    code, title = _read(keys, "code", Place.code), _read(keys, "title", Place.words)
    points = dict(keys["points"].entries()) if "points" in keys else {}
    read = {check_point: found.points() for check_point, found in points.items()}
    sets = {
        "kinds": _list(keys, "kinds", lambda part: part.one_of(KINDS), len(KINDS)),
        "levels": _list(keys, "levels", lambda part: part.one_of(LEVELS), len(LEVELS)),
        "units": _list(keys, "units", Place.text, MOST_UNITS),
        "without": _list(keys, "without", Place.code, MOST_CATEGORIES * MOST_POINTS_OF_CATEGORY),
    }
    if code is None or title is None:
        return None
    given = {check_point: value for check_point, value in read.items() if value is not None}
    return UnitClass(code, title, points=given, **{name: frozenset(found) for name, found in sets.items()})


def _category(place: Place) -> Category | None:
    keys = place.keys(("code", "title", "check_points"))
    code, title = _read(keys, "code", Place.code), _read(keys, "title", Place.words)
    points = _list(keys, "check_points", _check_point, MOST_POINTS_OF_CATEGORY)
    return Category(code, title, points) if code and title else None


def _grade(place: Place) -> Grade | None:
    keys = place.keys(("code", "title", "at_least"), ("at_most",))
    code, title = _read(keys, "code", Place.code), _read(keys, "title", Place.words)
    at_least = _read(keys, "at_least", Place.percentage)
    at_most = _read(keys, "at_most", Place.percentage)
    return Grade(code, title, at_least, at_most) if code and title and at_least is not None else None


def _check_point(place: Place) -> CheckPoint | None:
    keys = place.keys(("code", "title", "points", "rule"), ("figure", "step"))
    code, title = _read(keys, "code", Place.code), _read(keys, "title", Place.words)
    points, rule = _read(keys, "points", Place.points), _read(keys, "rule", _rule)
    figures = _read(keys, "figure", _figures) or ()
    step = _read(keys, "step", lambda found: found.one_of(tuple(StepName)))
    if code is None or title is None or points is None or rule is None:
        return None
    return CheckPoint(
        code, title, points, rule, next(iter(figures), None), None if step is None else StepName(step), figures[1:]
    )


def _figures(place: Place) -> tuple[str, ...]:
    """One name, or several of which the first that a survey gives is taken."""
    places = place.parts(most=5) if isinstance(place.data, list) else (place,)
    for found in places:
        if not is_figure_name(found.data):
            found.refuse(FIGURE, given=str(found.data)[:40])
    return tuple(str(found.data) for found in places)


def _rule(place: Place) -> Rule | None:
    """A word, or one key with what belongs to it."""
    if isinstance(place.data, dict) and len(place.data) == 1:
        ((name, inside),) = place.entries()
        if name in _RULES_WITH_PARTS:
            return _RULES_WITH_PARTS[name](inside)
    if isinstance(place.data, str) and place.data in _PLAIN_RULES:
        return _PLAIN_RULES[place.data]
    given = ", ".join(map(str, place.data)) if isinstance(place.data, dict) else str(place.data)
    place.refuse(RULE, given=given[:40], expected=", ".join((*_RULES_WITH_PARTS, *_PLAIN_RULES)))
    return None


def _steps(place: Place) -> Steps | None:
    read = [(inside.percentage_from(share), inside.points()) for share, inside in place.entries()]
    thresholds = sorted(((share, points) for share, points in read if share is not None and points is not None),
                        reverse=True)  # fmt: skip
    if not thresholds:
        if not read:
            place.refuse(N_("nothing stands here"))
        return None
    if any(low[0] == high[0] or low[1] >= high[1] for high, low in pairwise(thresholds)):
        place.refuse(N_("a higher percentage has to give more points"))
    return Steps(tuple(thresholds))


def _linear(place: Place) -> Linear | None:
    keys = place.keys(("from", "to"))
    start, end = _read(keys, "from", Place.percentage), _read(keys, "to", Place.percentage)
    if start is None or end is None:
        return None
    if start >= end:
        place.refuse(N_("'to' has to be more than 'from'"))
        return None
    return Linear(start, end)


def _late(place: Place) -> Late | None:
    keys = place.keys(("off",), ("every_days", "at_most"))
    off, at_most = _read(keys, "off", Place.points), _read(keys, "at_most", Place.points)
    days = keys["every_days"].whole(LONGEST_PERIOD) if "every_days" in keys else 1
    return None if off is None or days is None else Late(off, days, at_most)


_RULES_WITH_PARTS: Mapping[str, Callable[[Place], Rule | None]] = {"steps": _steps, "linear": _linear, "late": _late}
_PLAIN_RULES: Mapping[str, Rule] = {"yes_no": YesNo(), "on_site": OnSite()}
