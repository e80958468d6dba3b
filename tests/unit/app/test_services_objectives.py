"""The register of objectives and the primary family: what is refused, what is inherited, what locks at opening."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from instruments import catalogue
from survey_app import services
from survey_app.errors import FamilyRefused, ObjectiveImpossible
from survey_app.models import Action, ActionStatus, StateError
from survey_app.services import COMMAND_LINE
from survey_app.services.family import choose_family, family_of
from survey_app.services.rules import inherited, objectives_of, rules_of
from tests.district import YEAR

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


def test_choosing_the_usual_questions_keeps_following_the_objectives(session, clock, set_objective, annual):
    survey = annual.draft()
    choose_family(session, survey, family_of(session, survey), by=COMMAND_LINE, clock=clock)
    code = scored(survey)[1]
    set_objective(measure="item", target=code)
    assert code in family_of(session, survey)


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
