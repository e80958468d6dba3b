"""The register of objectives and the primary family: what is refused, what is inherited, what locks at opening."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from random import Random

import pytest
from sqlalchemy import select

from analysis.objective_results import fits
from analysis.types import Measure
from instruments import catalogue
from survey_app import services
from survey_app.errors import FamilyRefused, ObjectiveImpossible, RulesLocked
from survey_app.models import Action, ActionStatus, AuditEntry, StateError
from survey_app.services import COMMAND_LINE
from survey_app.services.answers_file import read_answers
from survey_app.services.definitions import misfit
from survey_app.services.family import choose_family, family_of
from survey_app.services.history import import_answers
from survey_app.services.planner import Participation, last_participation, plan_objectives
from survey_app.services.rules import inherited, objective_of, objectives_of, rules_of, unfit_objectives
from survey_app.services.year import unit_year
from tests.district import YEAR
from tests.unit.app.small_questionnaire import SOURCE

FIVE = {5: "100", 4: "80", 3: "60", 2: "30", 1: "0"}


@pytest.fixture
def set_objective(session, clock, district, request):
    asked = request.getfixturevalue("annual" if "annual" in request.fixturenames else "district")

    def on(unit: str = "district", **changed):
        record = services.set_objective(
            session,
            **{
                "unit": district[unit],
                "year": YEAR,
                "audience": "member",
                "code": "O1",
                "title": "总体满意",
                "measure": "overall",
                "target": None,
                "threshold": "0.90",
                "owner": "支委会",
                "instrument": services.instrument_of(asked.draft()),
                "by": COMMAND_LINE,
                "clock": clock,
                **changed,
            },
        )
        session.flush()
        return record

    return on


@pytest.fixture
def annual(session, clock, district):
    """The district asks the annual questionnaire of the catalogue, which has enough questions to choose from."""
    source = catalogue.read_text("member-satisfaction")
    version = services.publish_instrument(session, source, by=COMMAND_LINE, clock=clock)
    return replace(district, version=version)


@pytest.fixture
def opened(session, clock, district, secret):
    def at(survey=None):
        district.set_eligible(YEAR, education=24, finance=15, archive=3, enterprises=12, waterworks=20)
        survey = survey or district.draft()
        return services.open_survey(session, survey, by=COMMAND_LINE, clock=clock, secret=secret).survey

    return at


@pytest.mark.parametrize(
    ("wrong", "field", "reason"),
    [
        ({"definition": "index", "threshold": "101"}, "threshold", "threshold_points"),
        ({"definition": "index", "threshold": "0"}, "threshold", "threshold_points"),
        ({"definition": "mean", "threshold": "5.1"}, "threshold", "threshold_points"),
        ({"definition": "mean", "threshold": "1"}, "threshold", "threshold_points"),
        ({"definition": "score100", "threshold": "85"}, "weights", "weights"),
        ({"definition": "score100", "threshold": "85", "weights": {**FIVE, 3: "much"}}, "weights", "weights"),
        ({"definition": "score100", "threshold": "85", "weights": {**FIVE, 4: "200/3"}}, "weights", "weights"),
        ({"definition": "score100", "threshold": "85", "weights": {**FIVE, 4: "nan"}}, "weights", "weights"),
        ({"threshold": "1/3"}, "threshold", "threshold"),
        ({"threshold": "NaN"}, "threshold", "threshold"),
        ({"definition": "score100", "threshold": "85", "weights": {**FIVE, 2: "70"}}, "weights", "weights_order"),
        ({"definition": "score100", "threshold": "85", "weights": {**FIVE, 5: "120"}}, "weights", "weights_order"),
        ({"definition": "score100", "threshold": "9", "weights": dict.fromkeys(FIVE, "9")}, "weights", "weights_order"),
        ({"satisfied_levels": [5, 3]}, "satisfied_levels", "levels"),
        ({"satisfied_levels": [5, 4, 3, 2, 1]}, "satisfied_levels", "levels"),
        ({"satisfied_levels": [6, 5]}, "satisfied_levels", "levels"),
        ({"measure": "item", "target": "gone"}, "measured", "not_asked"),
        ({"measure": "dimension", "target": "gone"}, "measured", "not_asked"),
        ({"definition": "index", "threshold": "85", "instrument": None}, "definition", "questionnaire"),
    ],
)
def test_what_cannot_be_judged_is_refused_at_its_field(set_objective, wrong, field, reason):
    with pytest.raises(ObjectiveImpossible) as refusal:
        set_objective(**wrong)
    assert (refusal.value.field, refusal.value.reason) == (field, reason)


@pytest.mark.parametrize(
    "right",
    [
        {"definition": "index", "threshold": "85"},
        {"definition": "mean", "threshold": "4.2"},
        {"definition": "score100", "threshold": "85.5", "weights": FIVE},
        {"satisfied_levels": [3, 4, 5]},
    ],
)
def test_a_definition_locks_with_everything_that_belongs_to_it(set_objective, opened, district, right):
    set_objective(**right, evaluated="12 月年度测评", reaches_below=True)
    (locked,) = objectives_of(opened(), district["education"])
    assert locked.threshold == right.get("threshold", "0.90")
    assert locked.definition == right.get("definition", "satisfied")
    assert locked.satisfied_levels == ((5, 4, 3) if "satisfied_levels" in right else None)
    assert locked.weights == right.get("weights")
    assert locked.evaluated == "12 月年度测评"


def test_the_levels_of_the_scale_are_kept_as_those_of_the_scale(set_objective):
    assert set_objective(satisfied_levels=[5, 4]).satisfied_levels is None


def test_participation_is_a_share_whatever_was_chosen(set_objective):
    record = set_objective(measure="participation", definition="index", threshold="0.8", weights=FIVE)
    assert (record.definition, record.weights) == ("satisfied", None)
    with pytest.raises(ObjectiveImpossible):
        set_objective(measure="participation", definition="index", threshold="80")


def test_an_objective_for_the_unit_alone_does_not_reach_those_below(session, set_objective, opened, district):
    set_objective(reaches_below=False)
    set_objective(code="O2", threshold="0.80")
    survey = opened()
    assert [found.code for found in objectives_of(survey, district["district"])] == ["O1", "O2"]
    assert [found.code for found in objectives_of(survey, district["education"])] == ["O2"]
    registered = services.objectives_for(session, district["education"], YEAR, "member")
    assert [record.code for record in registered] == ["O2"]


def test_the_second_objective_comes_before_the_tenth(session, set_objective, opened, district):
    for code in ("O10", "O2", "O1"):
        set_objective(code=code)
    registered = services.objectives_for(session, district["district"], YEAR, "member")
    assert [record.code for record in registered] == ["O1", "O2", "O10"]
    assert [found.code for found in objectives_of(opened(), district["education"])] == ["O1", "O2", "O10"]


@pytest.fixture
def four_levels(session, clock, district):
    """The district asks the same questions on a scale without the best level."""
    best = "      - {code: 5, label: {zh_Hans: 非常满意, en: Very satisfied}}\n"
    source = SOURCE.replace(best, "").replace("satisfied: [5, 4]", "satisfied: [4]").replace(": small", ": four", 1)
    version = services.publish_instrument(session, source, by=COMMAND_LINE, clock=clock)
    return replace(district, version=version)


def test_before_opening_it_is_known_which_objectives_its_questionnaire_cannot_judge(
    session, set_objective, district, four_levels
):
    set_objective(code="O1", definition="mean", threshold="4.2")
    set_objective(code="O2", satisfied_levels=[5, 4, 3])
    set_objective(code="O3", threshold="0.9")
    set_objective("education", code="B1", definition="score100", threshold="85", weights=FIVE)
    assert unfit_objectives(session, district.draft()) == []
    found = unfit_objectives(session, four_levels.draft())
    told = [(record.code, refusal.reason) for record, refusal in found]
    assert told == [("O1", "threshold_points"), ("O2", "levels"), ("B1", "weights")]


def test_what_the_register_calls_fitting_is_what_results_are_judged_by(set_objective, district, four_levels):
    wanted = [
        {"definition": "mean", "threshold": "4.2"},
        {"definition": "mean", "threshold": "4"},
        {"definition": "index", "threshold": "85"},
        {"definition": "score100", "threshold": "85", "weights": FIVE},
        {"satisfied_levels": [5, 4, 3]},
        {"measure": "dimension", "target": "work", "definition": "mean", "threshold": "4.2"},
        {"measure": "participation", "threshold": "0.8"},
        {},
    ]
    objectives = [objective_of(set_objective(code=f"O{at}", **how)) for at, how in enumerate(wanted)]
    objectives.append(replace(objectives[0], measure=Measure.ITEM, target="gone"))
    five, four = (services.instrument_of(asked.version) for asked in (district, four_levels))
    for instrument, most in ((five, 8), (four, 5)):
        fitting = [misfit(objective, instrument) is None for objective in objectives]
        assert fitting == [fits(objective, instrument) for objective in objectives]
        assert sum(fitting) <= most


def test_the_planner_says_of_what_does_not_fit_why(session, set_objective, district, four_levels):
    district.set_eligible(YEAR, education=24)
    asked = services.instrument_of(four_levels.version)
    for code, how in (("O1", {"definition": "mean", "threshold": "4.2"}), ("O2", {"satisfied_levels": [5, 4, 3]})):
        record = set_objective(code=code, **how)
        plan = plan_objectives(
            session, district["district"], YEAR, "member", [record], instrument=asked, response_rate="0.70"
        )
        assert plan.objectives[0].misfit is not None
        assert plan.objectives[0].classes == ()


def test_participation_of_earlier_years_is_told_with_its_year(session, clock, district):
    district.set_eligible(YEAR - 3, education=24)
    answers = "meetings,overall,hours\n" + "5,5,1\n" * 18
    table = read_answers(answers.encode(), "a.csv", services.instrument_of(district.version))
    import_answers(
        session, table, version=district.version, unit=district["education"], year=YEAR - 3,
        by=COMMAND_LINE, clock=clock, rng=Random(1),
    )  # fmt: skip
    session.flush()
    assert last_participation(session, district["education"], YEAR, "member") == Participation(YEAR - 3, "0.75")


def test_one_for_a_unit_alone_does_not_hide_what_comes_from_further_above(set_objective, opened, district):
    set_objective("district", threshold="0.80")
    set_objective("organs", threshold="0.95", reaches_below=False)
    survey = opened()
    thresholds = {unit: objectives_of(survey, district[unit])[0].threshold for unit in ("organs", "education")}
    assert thresholds == {"organs": "0.95", "education": "0.80"}


def test_rules_locked_by_earlier_versions_are_still_read():
    old = {"code": "A1", "title": "总体", "measure": "overall", "target": None, "threshold": "0.90", "owner": "书记"}
    (found,) = inherited([[], [old]])
    assert (found.definition, found.satisfied_levels, found.weights, found.evaluated) == ("satisfied", None, None, "")
    assert found.is_usual_rate


def test_a_survey_opened_before_families_locked_keeps_the_family_of_its_time(session, opened):
    survey = opened()
    session.expunge(survey)
    survey.locked_rules = {name: value for name, value in survey.locked_rules.items() if name != "family"}
    assert rules_of(survey).primary == ()


OVERALL = "overall"


def scored(survey) -> list[str]:
    return [item.code for item in services.instrument_of(survey).scored_items]


def test_the_usual_family_is_overall_then_objectives_then_open_actions(session, clock, set_objective, opened, annual):
    last_year = annual.draft(year=YEAR - 1)
    first, second, third, fourth = [code for code in scored(last_year) if code != OVERALL][:4]
    for item, unit, status in (
        (third, "district", ActionStatus.DONE),
        (fourth, "district", ActionStatus.VERIFIED),
        (second, "education", ActionStatus.PLANNED),
    ):
        session.add(
            Action(
                title="措施", item=item, baseline_satisfied=8, baseline_n=12, acceptance="0.80", owner="书记",
                due=date(YEAR, 6, 1), created_at=clock.now(), unit=annual[unit], survey=last_year, status=status,
            )
        )  # fmt: skip
    set_objective(code="O1", measure="item", target=first)
    set_objective(code="O2", measure="participation")
    survey = opened(annual.draft())
    assert rules_of(survey).primary == (OVERALL, first, third)


def test_questions_of_objectives_further_down_come_last_and_six_are_the_most(set_objective, opened, annual):
    codes = [code for code in scored(annual.draft()) if code != OVERALL]
    set_objective("education", code="B1", measure="item", target=codes[0])
    for number, code in enumerate(codes[1:5]):
        set_objective(code=f"O{number}", measure="item", target=code)
    assert rules_of(opened(annual.draft())).primary == (OVERALL, *codes[1:5], codes[0])


def test_the_committee_may_choose_another_family_while_the_survey_is_a_draft(session, clock, opened, annual):
    draft = annual.draft()
    wanted = scored(draft)[1:4]
    choose_family(session, draft, wanted[::-1], by=COMMAND_LINE, clock=clock)
    survey = opened(draft)
    assert rules_of(survey).primary == tuple(wanted)
    with pytest.raises(StateError):
        choose_family(session, survey, wanted, by=COMMAND_LINE, clock=clock)


def test_what_was_chosen_by_hand_stays_also_where_it_is_what_would_be_usual(
    session, clock, set_objective, opened, annual
):
    survey = annual.draft()
    usual = family_of(session, survey)
    choose_family(session, survey, usual, by=COMMAND_LINE, clock=clock)
    set_objective(measure="item", target=scored(survey)[1])
    set_objective("education", code="O2", measure="item", target=scored(survey)[2])
    assert rules_of(opened(survey)).primary == tuple(usual)


def test_the_usual_questions_shown_before_opening_are_those_that_lock(session, set_objective, opened, annual):
    survey = annual.draft()
    set_objective("education", code="O10", measure="item", target=scored(survey)[1])
    set_objective("education", code="O2", measure="item", target=scored(survey)[2])
    shown = family_of(session, survey)
    assert shown == [OVERALL, scored(survey)[2], scored(survey)[1]]
    assert rules_of(opened(survey)).primary == tuple(shown)


@pytest.mark.parametrize(("count", "reason"), [(0, "none"), (7, "many")])
def test_a_family_has_one_to_six_questions_of_the_survey(session, clock, annual, count, reason):
    survey = annual.draft()
    codes = scored(survey)
    with pytest.raises(FamilyRefused) as refusal:
        choose_family(session, survey, codes[:count], by=COMMAND_LINE, clock=clock)
    assert refusal.value.reason == reason
    with pytest.raises(FamilyRefused):
        choose_family(session, survey, [*codes[:2], "gone"], by=COMMAND_LINE, clock=clock)


def test_a_chosen_question_that_is_no_longer_asked_drops_out(session, annual):
    survey = annual.draft()
    survey.family = ["gone", scored(survey)[2]]
    assert family_of(session, survey) == [scored(survey)[2]]
    survey.family = ["gone"]
    assert family_of(session, survey)[0] == OVERALL


def test_a_withdrawn_survey_sets_the_objectives_free_again(session, clock, set_objective, opened, district):
    survey = opened()
    with pytest.raises(RulesLocked):
        set_objective()
    services.withdraw_survey(session, survey, reason="wrong", copy=False, by=COMMAND_LINE, clock=clock)
    assert set_objective().threshold == "0.90"
    assert unit_year(session, district["district"], YEAR, clock=clock).audiences[0].locked_on is None


def test_an_objective_is_taken_out_of_the_register_until_it_locks(session, clock, set_objective, opened, district):
    set_objective()
    services.remove_objective(session, set_objective(code="O2"), by=COMMAND_LINE, clock=clock)
    (kept,) = services.objectives_for(session, district["district"], YEAR, "member")
    assert kept.code == "O1"
    entry = session.scalars(select(AuditEntry).where(AuditEntry.act == "objective.remove")).one()
    assert entry.detail["code"] == "O2"
    opened()
    with pytest.raises(RulesLocked):
        services.remove_objective(session, kept, by=COMMAND_LINE, clock=clock)
