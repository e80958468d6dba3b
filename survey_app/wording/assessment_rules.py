"""The rules of an assessment scheme in words: points, figures, days, grades. What came of them is `assessment`."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from decimal import Decimal
from fractions import Fraction
from typing import cast

from flask_babel import gettext as _

from instruments.wording import N_
from survey_app.assessment.scheme import CheckPoint, Grade, Late, Linear, OnSite, StepName, Steps, YesNo

STEPS: Mapping[StepName, str] = {
    StepName.OBJECTIVES: N_("objectives of the year fixed"),
    StepName.OPENING: N_("annual survey opened"),
    StepName.SEALING: N_("result sealed"),
    StepName.REVIEW: N_("minutes of the review signed"),
    StepName.PUBLICATION: N_("result made public"),
    StepName.PLAN: N_("improvement plan decided"),
}
AUDIENCES: Mapping[str, str] = {"member": N_("members’ survey"), "staff": N_("staff survey"), "plan": N_("plan")}
FIGURES: Mapping[str, str] = {
    "participation": N_("participation rate"),
    "return_rate": N_("return rate"),
    "valid_rate": N_("share of valid ballots"),
    "overall": N_("overall satisfaction"),
    "objectives_met": N_("share of objectives met"),
    "actions_worked": N_("share of actions that worked"),
    "actions_reached": N_("share of actions that reached their figure"),
    "actions_done": N_("share of actions carried out"),
    "item": N_("question %(code)s"),
    "dimension": N_("dimension %(code)s"),
    "change": N_("change of question %(code)s"),
    "objective": N_("objective %(code)s"),
}


def points_text(points: Decimal) -> str:
    return f"{points.normalize():f}"


def share_text(share: Fraction) -> str:
    """A threshold as it is written in the scheme: 90%, 12.5%."""
    return f"{points_text(Decimal(share.numerator * 100) / share.denominator)}%"


def rule_words(point: CheckPoint, out_of: Decimal) -> str:
    """What the rule of a check point says and what it looks at, for a class in which it has so many points."""
    words = short_rule(point, out_of)
    if not isinstance(point.rule, Steps | Linear):
        return words
    return _("%(figure)s: %(steps)s", figure=figure_words(point), steps=words)


def short_rule(point: CheckPoint, out_of: Decimal) -> str:
    """The same beside the figure itself."""
    return WORDS[type(point.rule)](point, out_of)


def _steps_words(point: CheckPoint, out_of: Decimal) -> str:
    rule, scale = cast(Steps, point.rule), out_of / point.points
    steps = [
        _("from %(share)s %(points)s", share=share_text(share), points=points_text(points * scale))
        for share, points in rule.thresholds
    ]
    return _("; ").join(steps)


def _linear_words(point: CheckPoint, out_of: Decimal) -> str:
    rule = cast(Linear, point.rule)
    return _(
        "none up to %(start)s, all %(points)s from %(end)s, in proportion between",
        start=share_text(rule.start), end=share_text(rule.end), points=points_text(out_of),
    )  # fmt: skip


def _on_site_words(_point: CheckPoint, out_of: Decimal) -> str:
    return _("given on site: 0 to %(points)s", points=points_text(out_of))


def _yes_no_words(point: CheckPoint, _out_of: Decimal) -> str:
    if point.step is not None:
        return _("%(step)s: all points once it is done", step=_(STEPS[point.step]))
    if point.figure is not None:
        return _("%(figure)s reached: all points, else none", figure=figure_words(point))
    return _("seen on site: all points or none")


def _late_words(point: CheckPoint, out_of: Decimal) -> str:
    rule, scale = cast(Late, point.rule), out_of / point.points
    said = {"step": _(STEPS[point.step]) if point.step else "", "off": points_text(rule.off * scale)}
    if rule.every_days == 1:
        words = _("%(step)s: %(off)s less for each day late", **said)
    else:
        words = _("%(step)s: %(off)s less for each %(days)s days late or part of them", days=rule.every_days, **said)
    if rule.at_most is None:
        return words
    return _("%(rule)s, at most %(most)s", rule=words, most=points_text(rule.at_most * scale))


WORDS: Mapping[type, Callable[[CheckPoint, Decimal], str]] = {
    Steps: _steps_words,
    Linear: _linear_words,
    YesNo: _yes_no_words,
    Late: _late_words,
    OnSite: _on_site_words,
}


def figure_words(point: CheckPoint) -> str:
    """The figure a check point looks at, and those it looks at instead where nothing gives it."""
    return _(" or ").join(figure_name(name) for name in point.figures)


def figure_name(name: str) -> str:
    """ "member.item:lead1" in words."""
    origin, _dot, short = name.partition(".")
    kind, _colon, code = short.partition(":")
    if kind not in FIGURES:
        return name
    return _("%(figure)s (%(source)s)", figure=_(FIGURES[kind], code=code), source=_(AUDIENCES.get(origin, origin)))


def grade_rule(grade: Grade) -> str:
    """From how many points on a grade is given, and to how many."""
    if not grade.at_least and grade.at_most is None:
        return _("everybody else")
    words = _("from %(share)s of the points", share=share_text(grade.at_least))
    if grade.at_most is None:
        return words
    return _("%(rule)s, at most %(share)s of the units of a class with this grade or a better one",
             rule=words, share=share_text(grade.at_most))  # fmt: skip
