"""What a scheme of the right form can still get wrong: codes twice, parts that do not fit each other."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from fractions import Fraction

from instruments.problems import Step
from instruments.wording import N_
from survey_app.assessment.form import Place
from survey_app.assessment.scheme import CheckPoint, Late, Linear, OnSite, Scheme, Steps, UnitClass, YesNo

OBJECTIVE = ".objective:"


def _looks_at_a_share(point: CheckPoint) -> bool:
    return bool(point.figures) and point.step is None and not any(OBJECTIVE in name for name in point.figures)


def _says_yes_or_no(point: CheckPoint) -> bool:
    objectives = all(OBJECTIVE in name for name in point.figures)
    return objectives and (point.figure is None or point.step is None)


SHARE = N_("this rule needs 'figure', not an objective, and no 'step'")
FITS: Mapping[type, tuple[Callable[[CheckPoint], bool], str]] = {
    Steps: (_looks_at_a_share, SHARE),
    Linear: (_looks_at_a_share, SHARE),
    Late: (
        lambda point: point.step is not None and point.figure is None,
        N_("this rule needs 'step' and no 'figure'"),
    ),
    OnSite: (lambda point: point.is_on_site, N_("points given on site need neither 'figure' nor 'step'")),
    YesNo: (
        _says_yes_or_no,
        N_("yes or no is told by an objective (member.objective:A1), by a step, or on site without both"),
    ),
}
"""Rule -> whether what it looks at is there, and the sentence where it is not."""


def check_coherence(scheme: Scheme, whole: Place) -> None:
    """Reports into the findings of the place."""

    def at(*steps: Step) -> Place:
        return Place(whole.findings, None, steps)

    _check_codes(scheme, at)
    for row, category in enumerate(scheme.categories):
        for position, point in enumerate(category.check_points):
            _check_point(point, at("categories", row, "check_points", position))
    for position, unit_class in enumerate(scheme.classes):
        _check_class(scheme, unit_class, at("classes", position))
    _check_grades(scheme, at)


def _check_codes(scheme: Scheme, at: Callable[..., Place]) -> None:
    places: dict[str, Iterable[tuple[str, Place]]] = {
        "classes": ((found.code, at("classes", row, "code")) for row, found in enumerate(scheme.classes)),
        "categories": ((found.code, at("categories", row, "code")) for row, found in enumerate(scheme.categories)),
        "grades": ((found.code, at("grades", row, "code")) for row, found in enumerate(scheme.grades)),
        "check_points": (
            (point.code, at("categories", row, "check_points", position, "code"))
            for row, category in enumerate(scheme.categories)
            for position, point in enumerate(category.check_points)
        ),
        "units": (
            (unit, at("classes", row, "units")) for row, found in enumerate(scheme.classes) for unit in found.units
        ),
    }
    for codes in places.values():
        seen: set[str] = set()
        for code, place in codes:
            if code in seen:
                place.refuse(N_("'%(code)s' stands twice"), code=code)
            seen.add(code)


def _check_point(point: CheckPoint, place: Place) -> None:
    fits, sentence = FITS[type(point.rule)]
    if not fits(point):
        place.refuse(sentence)
    rule = point.rule
    if isinstance(rule, Steps) and rule.thresholds[0][1] != point.points:
        highest = rule.thresholds[0][1]
        place.refuse(N_("the highest step gives %(given)s points, the check point has %(points)s"),
                     given=str(highest), points=str(point.points))  # fmt: skip
    if isinstance(rule, Late) and max(rule.off, rule.at_most or rule.off) > point.points:
        place.refuse(N_("more points are taken off than the check point has"))


def _check_class(scheme: Scheme, unit_class: UnitClass, place: Place) -> None:
    known = {point.code for point in scheme.check_points}
    for unknown in sorted((unit_class.without | unit_class.points.keys()) - known):
        place.refuse(N_("'%(code)s' is no check point of this scheme"), code=unknown)
    for both in sorted(unit_class.without & unit_class.points.keys()):
        place.refuse(N_("'%(code)s' does not apply to this class and has points in it"), code=both)
    if not any(True for _ in scheme.of_class(unit_class)):
        place.refuse(N_("no check point is left in this class"))


def _check_grades(scheme: Scheme, at: Callable[..., Place]) -> None:
    """From best to worst; the last one takes everybody."""
    last = len(scheme.grades) - 1
    for row, (grade, better) in enumerate(zip(scheme.grades, (None, *scheme.grades), strict=False)):
        if grade.at_least < 0 or (better is not None and grade.at_least >= better.at_least):
            at("grades", row, "at_least").refuse(N_("grades go from the best to the worst, each from fewer points on"))
        quota, above = grade.at_most, None if better is None else better.at_most
        if quota is not None and (quota <= 0 or quota < (above or Fraction(0))):
            at("grades", row, "at_most").refuse(
                N_("this is the share of units with this grade or a better one: more than 0, not less than above")
            )
        if row == last and (grade.at_least != 0 or quota is not None):
            at("grades", row).refuse(N_("the last grade takes everybody: its at_least is zero, without at_most"))
