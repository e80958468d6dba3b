"""From a locked scheme and shown figures to points: exact thresholds, no zero for silence, nothing hidden told."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from decimal import Decimal
from fractions import Fraction
from pathlib import Path

import pytest

from analysis.tree import Hidden, Rate
from instruments.loader import load_file
from survey_app.assessment.figures import (
    FigureValue,
    Missing,
    Source,
    figure_names,
    figures_of,
    is_figure_name,
    out_of_reach,
    plan_figure,
)
from survey_app.assessment.loader import SchemeError, load_scheme, sample_scheme, scheme_hash
from survey_app.assessment.marking import AssessmentSheet, SiteFact, StepFact, Why, assess
from survey_app.assessment.ranges import range_of_rate
from survey_app.assessment.ranking import rank
from survey_app.assessment.scheme import KINDS, LEVELS, Scheme, class_of
from survey_app.assessment.scrutiny import scrutiny
from survey_app.models import UnitKind, UnitLevel
from tests.unit.analysis import synthetic

CATALOGUE = Path("instruments/catalogue")
SMALL = """
code: small
title: 小办法
classes:
  - {code: organ, title: 机关, kinds: [organ], levels: [branch]}
  - {code: old, title: 离退休, units: [B9], without: [g1], points: {s1: 8}}
categories:
  - code: survey
    title: {zh_Hans: 测评, en: Survey}
    check_points:
      - {code: s1, title: 总体, points: 4, figure: member.overall, rule: {steps: {90%: 4, 80%: 3}}}
      - {code: s2, title: 参与率, points: 6, figure: member.participation, rule: {linear: {from: 60%, to: 90%}}}
  - code: conduct
    title: 现场
    check_points:
      - {code: g1, title: 复盘, points: 5, step: review, rule: {late: {off: 0.5, every_days: 7, at_most: 2}}}
      - {code: g2, title: 记录, points: 3, rule: on_site}
      - {code: g3, title: 换届, points: 2, rule: yes_no}
grades:
  - {code: good, title: 好, at_least: 90%, at_most: 50%}
  - {code: fair, title: 一般, at_least: 60%}
  - {code: poor, title: 差, at_least: 0%}
"""
SIGNED = {"g2": SiteFact(Decimal(3), is_signed=True), "g3": SiteFact(Decimal(2), is_signed=True)}
IN_TIME = {"review": StepFact(date(2027, 3, 31), date(2027, 3, 20))}


def scheme(**changed: str) -> Scheme:
    text = SMALL
    for old, new in changed.items():
        assert old in text
        text = text.replace(old, new)
    return load_scheme(text)


def figure(name: str, satisfied: int, n: int, low: str | None = None, high: str | None = None) -> FigureValue:
    value = Fraction(satisfied, n)
    ends = [value if end is None else Fraction(end) for end in (low, high)]
    return FigureValue(name, Source("s", "d" * 64, "items[0].rate"), value, ends[0], ends[1], n, satisfied)


def figures(
    satisfied: int = 36, n: int = 40, low: str | None = None, high: str | None = None
) -> dict[str, FigureValue]:
    return {
        "member.overall": figure("member.overall", satisfied, n, low, high),
        "member.participation": figure("member.participation", 9, 10),
    }


def sheet(
    found: Mapping[str, FigureValue] | None = None,
    *,
    steps: Mapping[str, StepFact] = IN_TIME,
    site: Mapping[str, SiteFact] = SIGNED,
    unit_class: int = 0,
    awaited: frozenset[str] = frozenset(),
) -> AssessmentSheet:
    rules = scheme()
    return assess(rules, rules.classes[unit_class], figures() if found is None else found, steps, site, awaited=awaited)


def points_of(found: AssessmentSheet, check_point: str) -> Decimal | None:
    line = found.line(check_point)
    assert line is not None
    return line.points


def why_of(found: AssessmentSheet, check_point: str) -> Why:
    line = found.line(check_point)
    assert line is not None
    return line.why


# --- points of a line


def test_thirty_six_of_forty_are_ninety_per_cent_and_one_less_is_not():
    assert points_of(sheet(figures(36, 40)), "s1") == 4
    assert points_of(sheet(figures(35, 40)), "s1") == 3
    assert points_of(sheet(figures(31, 40)), "s1") == 0


@pytest.mark.parametrize("percent", range(1, 100))
def test_every_whole_percentage_is_met_by_exactly_that_share_even_where_floats_are_not(percent: int):
    rules = load_scheme(SMALL.replace("{90%: 4, 80%: 3}", f"{{{percent}%: 4}}"))
    met = assess(rules, rules.classes[0], figures(percent, 100), {}, {})
    missed = assess(rules, rules.classes[0], figures(percent * 10 - 1, 1000), {}, {})
    assert (points_of(met, "s1"), points_of(missed, "s1")) == (4, 0)


def test_between_the_ends_of_a_linear_rule_points_are_in_proportion_and_hundredths_are_rounded_half_up():
    def participation(part: int, whole: int) -> Decimal | None:
        return points_of(sheet({"member.participation": figure("member.participation", part, whole)}), "s2")

    assert participation(3, 4) == 3
    assert participation(29, 36) == Decimal("4.11")
    assert [participation(6, 10), participation(1, 10), participation(95, 100)] == [0, 0, 6]


@pytest.mark.parametrize(
    ("day", "points"), [(31, "5"), (32, "4.5"), (38, "4.5"), (39, "4"), (59, "3"), (90, "3")], ids=str
)
def test_a_late_step_loses_points_for_each_begun_week_but_not_more_than_agreed(day: int, points: str):
    done = date.fromordinal(date(2027, 2, 28).toordinal() + day)
    late = {"review": StepFact(date(2027, 3, 31), done)}
    assert points_of(sheet(steps=late), "g1") == Decimal(points)


def test_a_step_that_never_came_has_no_points_and_one_that_may_still_come_is_awaited():
    missed = sheet(steps={"review": StepFact(date(2027, 3, 31), None, is_missed=True)})
    assert (points_of(missed, "g1"), why_of(missed, "g1")) == (0, Why.STEP)
    for open_still in ({}, {"review": StepFact(date(2027, 3, 31), None)}):
        found = sheet(steps=open_still)
        assert (points_of(found, "g1"), why_of(found, "g1")) == (None, Why.AWAITED_STEP)


def test_a_mark_counts_only_with_its_second_signature_and_never_beyond_the_points_there_are():
    unsigned = sheet(site={**SIGNED, "g2": SiteFact(Decimal(3))})
    assert (points_of(unsigned, "g2"), why_of(unsigned, "g2")) == (None, Why.AWAITED_SIGNATURE)
    assert why_of(sheet(site={}), "g2") is Why.AWAITED_MARK
    assert points_of(sheet(site={**SIGNED, "g2": SiteFact(Decimal(9), is_signed=True)}), "g2") == 3
    assert points_of(sheet(site={**SIGNED, "g3": SiteFact(Decimal(0), is_signed=True)}), "g3") == 0


def test_points_of_a_class_scale_the_steps_and_what_does_not_apply_is_not_on_the_sheet():
    found = sheet(figures(33, 40), unit_class=1)
    assert points_of(found, "s1") == 6
    assert found.line("g1") is None
    assert found.out_of == 8 + 6 + 3 + 2


# --- what is exempt


def test_a_hidden_figure_is_exempt_and_the_rest_of_its_category_stands_for_it():
    hidden = {**figures(), "member.overall": replace(figures()["member.overall"], value=None, low=None, high=None,
                                                     missing=Missing.TOO_FEW)}  # fmt: skip
    hidden["member.participation"] = figure("member.participation", 3, 4)
    found = sheet(hidden)
    assert why_of(found, "s1") is Why.TOO_FEW
    assert [(part.points, part.assessed_out_of, part.rescaled) for part in found.categories] == [
        (3, 6, 5),
        (10, 10, 10),
    ]
    assert (found.total, found.rescaled_total) == (13, 15)


def test_a_category_that_vanishes_leaves_its_points_to_the_others():
    exempt = {code: SiteFact(None, exempt=True, is_signed=True) for code in ("g1", "g2", "g3")}
    found = sheet(site=exempt)
    assert found.categories[1].rescaled is None
    assert (found.total, found.rescaled_total, found.out_of) == (10, 20, 20)


def test_what_nobody_asked_is_exempt_and_what_is_still_to_come_is_awaited():
    assert why_of(sheet({}), "s1") is Why.NOT_MEASURED
    found = sheet({}, awaited=frozenset({"member"}))
    assert why_of(found, "s1") is Why.AWAITED_RESULT
    assert (found.awaited, found.rescaled_total, found.low, found.high) == (2, 20, 10, 20)


def test_a_sheet_on_which_nothing_is_known_has_no_total_and_no_place():
    empty = sheet({}, steps={}, site={})
    assert empty.rescaled_total is None
    (standing,) = rank({"B1": empty}, scheme())
    assert (standing.place, standing.grade, standing.could_be) == (None, None, None)


def test_an_exemption_counts_only_once_it_is_signed():
    waiting = sheet(site={**SIGNED, "g2": SiteFact(None, exempt=True)})
    assert why_of(waiting, "g2") is Why.AWAITED_SIGNATURE
    of_figure = sheet(site={**SIGNED, "s1": SiteFact(None, exempt=True, is_signed=True)})
    assert why_of(of_figure, "s1") is Why.EXEMPT


# --- uncertainty


def test_both_ends_of_an_interval_are_marked_by_the_same_rule():
    found = sheet(figures(36, 40, low="0.77", high="0.96"))
    line = found.line("s1")
    assert line is not None
    assert (line.low, line.points, line.high) == (0, 4, 4)
    assert (found.low, found.rescaled_total, found.high) == (16, 20, 20)


def test_places_are_shared_by_ties_and_told_as_far_as_they_are_known():
    sheets = {
        "B1": sheet(figures(36, 40)),
        "B2": sheet(figures(36, 40, low="0.75")),
        "B3": sheet(figures(33, 40)),
        "B4": sheet(figures(20, 40)),
    }
    standings = {standing.unit: standing for standing in rank(sheets, scheme())}
    assert {unit: standing.place for unit, standing in standings.items()} == {"B1": 1, "B2": 1, "B3": 3, "B4": 4}
    assert standings["B1"].tied_with == ("B2",)
    assert {unit: standing.could_be for unit, standing in standings.items()} == {
        "B1": (1, 1),
        "B2": (1, 3),
        "B3": (2, 3),
        "B4": (3, 4),
    }


def test_a_share_of_units_never_parts_units_with_the_same_points():
    sheets = {"B1": sheet(), "B2": sheet(), "B3": sheet(), "B4": sheet(figures(20, 40))}
    assert {standing.unit: standing.grade for standing in rank(sheets, scheme())} == dict.fromkeys(
        ("B1", "B2", "B3", "B4"), "fair"
    )
    two = rank({"B1": sheet(), "B4": sheet(figures(20, 40))}, scheme())
    assert [(standing.grade, standing.grade_is_certain) for standing in two] == [("good", True), ("fair", True)]


def test_a_grade_that_another_end_would_change_is_not_certain():
    unsure = rank({"B1": sheet(figures(36, 40, low="0.5"))}, scheme())[0]
    assert (unsure.grade, unsure.grade_is_certain, unsure.grade_could_be) == ("good", False, ("good", "fair"))


def test_classes_are_ranked_apart():
    standings = rank({"B1": sheet(), "B9": sheet(unit_class=1)}, scheme())
    assert [(standing.unit, standing.unit_class, standing.place) for standing in standings] == [
        ("B1", "organ", 1),
        ("B9", "old", 1),
    ]


# --- figures of a Report


def test_figures_are_those_of_the_report_and_lead_back_to_it():
    report = synthetic.report(200)
    found = figures_of(report, survey="S1")
    overall = report.item("overall").rate
    assert isinstance(overall, Rate)
    assert found["member.overall"].value == Fraction(overall.satisfied, overall.n)
    place = next(row for row, item in enumerate(report.items) if item.code == "overall")
    assert found["member.overall"].source == Source("S1", report.provenance.dataset_sha256, f"items[{place}].rate")
    assert found["member.participation"].value == Fraction(report.roster.returned, report.roster.eligible or 0)
    lead = next(dimension for dimension in report.dimensions if dimension.code == "lead")
    assert float(found["member.dimension:lead"].value or 0) == pytest.approx(lead.rate)
    met = [bool(result.judgement and result.judgement.grade.is_met) for result in report.objectives]
    assert found["member.objectives_met"].value == Fraction(sum(met), len(met))
    face, worst, best = found["member.objective:Q1"].reached
    assert face is met[0]
    assert worst <= face <= best
    assert {name for name in found if not is_figure_name(name)} == set()


def test_a_change_is_the_difference_of_two_years_as_they_are_shown():
    report = synthetic.report(200, years=(2025, 2026))
    change = next(found for found in report.changes if found.code == "w1")
    assert isinstance(change.earlier.rate, Rate) and isinstance(change.later.rate, Rate)
    found = figures_of(report)["member.change:w1"]
    expected = Fraction(change.later.rate.satisfied, change.later.rate.n) - Fraction(
        change.earlier.rate.satisfied, change.earlier.rate.n
    )
    assert found.value == expected
    assert found.low is not None and found.high is not None
    assert found.low < expected < found.high


def test_a_report_hidden_as_a_whole_exempts_what_it_asked_but_not_its_returns():
    report = synthetic.report(units={"A": 40, "B": 4}, unit="B", years=(2026,))
    assert report.hidden is not None
    found = sheet(figures_of(report))
    assert why_of(found, "s1") is Why.TOO_FEW
    assert why_of(found, "s2") is Why.FIGURE


def test_no_figure_has_a_value_where_the_report_hides_it():
    report = synthetic.report(12, rates={"w1": 0.2})
    for name, found in figures_of(report).items():
        assert (found.value is None) or (found.low <= found.value <= found.high), name
    hidden = replace(report, items=tuple(replace(item, rate=Hidden.TOO_FEW) for item in report.items))
    told = figures_of(hidden)
    assert {told[f"member.item:{item.code}"].missing for item in report.items} == {Missing.TOO_FEW}


def test_where_a_report_says_at_least_the_range_reaches_up_to_everybody():
    known = range_of_rate(Rate(11, 12, bound="at_least"))
    assert (known.value, known.high) == (Fraction(11, 12), 1)
    assert range_of_rate(Rate(1, 12, bound="at_most")).low == 0


def test_a_census_is_certain_down_to_the_last_fraction():
    known = range_of_rate(Rate(7, 10, 10, interval=(0.7, 0.7)))
    assert (known.low, known.value, known.high) == (Fraction(7, 10),) * 3


def test_actions_of_an_empty_plan_are_not_a_share_of_anything():
    assert plan_figure("actions_done", 0, 0).missing is Missing.NOT_KNOWN
    assert plan_figure("actions_done", 3, 4).value == Fraction(3, 4)
    with pytest.raises(ValueError, match="5 of 4"):
        plan_figure("actions_done", 5, 4)


# --- the scheme's own review


def test_a_check_point_on_which_all_are_equal_separates_nobody():
    sheets = {f"B{n}": sheet(figures(n, 40)) for n in (20, 33, 36)}
    reviews = {review.check_point: review for review in scrutiny(sheets, scheme())}
    assert reviews["g2"].all_same
    assert (reviews["g2"].share_full, reviews["g2"].spread, reviews["g2"].contribution) == (1, 0, 0)
    assert not reviews["s1"].all_same
    assert reviews["s1"].contribution == 1
    assert (reviews["s1"].share_full, reviews["s1"].share_zero) == (pytest.approx(1 / 3), pytest.approx(1 / 3))


def test_contributions_make_one_together_and_a_single_unit_is_compared_with_nobody():
    late = {"review": StepFact(date(2027, 3, 1), date(2027, 3, 20))}
    sheets = {"B1": sheet(figures(20, 40)), "B2": sheet(figures(36, 40), steps=late), "B3": sheet(figures(33, 40))}
    shares = [review.contribution for review in scrutiny(sheets, scheme())]
    assert sum(share for share in shares if share is not None) == pytest.approx(1)
    alone = scrutiny({"B1": sheet()}, scheme())
    assert not any(review.all_same for review in alone)
    assert {review.contribution for review in alone} == {None}


# --- schemes


def test_the_sample_has_thirty_six_check_points_in_five_categories_and_a_hundred_points_in_every_class():
    sample = load_scheme(sample_scheme())
    assert len(sample.check_points) == 36
    assert [category.title.zh_Hans for category in sample.categories] == [
        "领导班子", "党员队伍", "工作机制", "工作业绩", "群众反映",
    ]  # fmt: skip
    assert {sample.full_points(unit_class) for unit_class in sample.classes} == {Decimal(100)}
    assert all(point.title.en for point in sample.check_points)


def test_the_ready_questionnaires_give_every_figure_of_the_sample():
    sample = load_scheme(sample_scheme())

    def names(*questionnaires: str) -> frozenset[str]:
        found = (figure_names(load_file(CATALOGUE / f"{name}.yaml")) for name in questionnaires)
        return frozenset[str]().union(*found)

    assert out_of_reach(sample, names("member-satisfaction", "staff-satisfaction")) == ()
    without_staff = out_of_reach(sample, names("member-satisfaction"))
    assert [point.code for point in without_staff] == ["G1", "G2", "G3", "G4"]
    norms = out_of_reach(sample, names("branch-year", "democratic-assessment", "staff-satisfaction"))
    assert [point.code for point in norms] == ["M1", "P1", "P2", "P4"]


def test_units_find_their_class_by_name_first_then_by_kind_and_level():
    rules = scheme()
    assert [found and found.code for found in (
        class_of(rules, "B1", "organ", "branch"),
        class_of(rules, "B9", "organ", "branch"),
        class_of(rules, "B1", "village", "branch"),
        class_of(rules, "B1", "organ", "committee"),
    )] == ["organ", "old", None, None]  # fmt: skip


def test_schemes_know_the_kinds_and_levels_of_the_organisation():
    assert tuple(UnitKind) == KINDS
    assert tuple(UnitLevel) == LEVELS


@pytest.mark.parametrize(
    ("old", "new", "line", "said"),
    [
        ("points: 4, figure: member.overall", "points: 5, figure: member.overall", 11, "the highest step gives 4"),
        ("member.overall", "member.overal", 11, "'member.overal' is no figure"),
        ("{90%: 4, 80%: 3}", "{90%: 3, 80%: 4}", 11, "a higher percentage has to give more points"),
        ("{90%: 4, 80%: 3}", "{90: 4}", 11, "'90' is not a percentage; write it like 90%"),
        ("{90%: 4, 80%: 3}", "{90%: 4, 90.0%: 3}", 11, "a higher percentage has to give more points"),
        ("from: 60%, to: 90%", "from: 90%, to: 60%", 12, "'to' has to be more than 'from'"),
        ("step: review", "step: revue", 16, "'revue' is not possible here"),
        ("step: review, ", "", 16, "this rule needs 'step'"),
        ("points: 3, rule: on_site", "points: 3, rule: seen", 17, "'seen' is no rule"),
        ("points: 3, rule: on_site", "points: 0.125, rule: on_site", 17, "'0.125' is not a number of points"),
        ("points: 3, rule: on_site", "points: .nan, rule: on_site", 17, "is not a number of points"),
        ("points: 3, rule: on_site", "points: 3, figure: member.overall, rule: on_site", 17, "need neither"),
        ("points: 2, rule: yes_no", "points: 2, figure: member.overall, rule: yes_no", 18, "yes or no is told by"),
        ("code: g3", "code: g2", 18, "'g2' stands twice"),
        ("without: [g1]", "without: [gg]", 6, "'gg' is no check point"),
        ("kinds: [organ]", "kinds: [organs]", 5, "'organs' is not possible here"),
        ("at_least: 60%", "at_least: 95%", 21, "grades go from the best to the worst"),
        ("at_least: 0%", "at_least: 5%", 22, "the last grade takes everybody"),
        ("grades:", "grade:", 19, "did you mean 'grades'"),
        ("title: 小办法", "title: &a 小办法", 3, "are not used in assessment schemes"),
    ],
)  # fmt: skip
def test_a_slip_in_a_scheme_is_told_with_its_line(old: str, new: str, line: int, said: str):
    assert old in SMALL
    with pytest.raises(SchemeError) as refused:
        load_scheme(SMALL.replace(old, new, 1))
    assert said in str(refused.value)
    assert line in {problem.line for problem in refused.value.problems if said in problem.message}


def test_all_slips_are_told_at_once_and_in_the_order_of_the_file():
    wrong = SMALL.replace("{90%: 4, 80%: 3}", "{90: 4}").replace("at_least: 60%", "at_least: sixty")
    with pytest.raises(SchemeError) as refused:
        load_scheme(wrong)
    assert [problem.line for problem in refused.value.problems] == [11, 21]
    assert (refused.value.line, refused.value.path) == (11, "categories[0].check_points[0].rule.steps.90")


def test_the_hash_of_a_scheme_is_that_of_its_text():
    import hashlib

    assert scheme_hash("code: 甲") == hashlib.sha256("code: 甲".encode()).hexdigest()
