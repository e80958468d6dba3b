"""Results of a unit: what locks at opening, what may be shown, what stands beside it from earlier years, the plan."""

from __future__ import annotations

from datetime import date, timedelta
from hashlib import sha256

import pytest

from survey_app import services
from survey_app.errors import BaselineCoarse, BaselineHidden, NothingToReport, ObjectiveImpossible, RulesLocked
from survey_app.models import ActionStatus, Dataset, StateError, UnitKind, UnitLevel
from survey_app.services import COMMAND_LINE
from survey_app.services.rules import objectives_of
from tests.answering import count_and_seal
from tests.district import YEAR
from tests.unit.analysis import synthetic
from tests.unit.analysis.test_exemplars_pairing import dataset
from tests.unit.app.voters import answer


@pytest.fixture
def hold(session, clock, district, secret, rng):
    """Open, answer, close and seal one year's survey: answers by unit as (how many, level of the overall item)."""

    def held(year: int = YEAR, unit: str = "district", **answers: tuple[int, int]):
        district.set_eligible(year, education=24, finance=15, archive=3, enterprises=12, waterworks=20)
        opened = services.open_survey(
            session, district.draft(unit, year=year), by=COMMAND_LINE, clock=clock, secret=secret
        )
        for code, (people, level) in answers.items():
            answer(session, opened, code, people, secret=secret, overall=level)
        services.close_survey(session, opened.survey, by=COMMAND_LINE, clock=clock)
        count_and_seal(session, opened.survey, opened.passphrases, clock=clock, secret=secret, rng=rng)
        clock.moment += timedelta(days=365)
        return opened.survey

    return held


@pytest.fixture
def set_objective(session, clock, district):
    def on(unit: str = "district", **changed):
        return services.set_objective(
            session,
            **{
                "unit": district[unit],
                "year": YEAR,
                "audience": "member",
                "code": "O1",
                "title": "党员总体满意率不低于 90%",
                "measure": "overall",
                "target": None,
                "threshold": "0.90",
                "owner": "支委会",
                "by": COMMAND_LINE,
                "clock": clock,
                **changed,
            },
        )

    return on


def test_a_unit_sees_its_own_people_and_those_below(session, district, hold):
    survey = hold(education=(20, 5), waterworks=(16, 3), organs=(18, 5))
    whole = services.report_for(session, survey, district["district"])
    education = services.report_for(session, survey, district["education"])
    assert (whole.roster.returned, education.roster.returned) == (54, 20)
    assert whole.item("overall").rate.satisfied == 38


def test_a_branch_folded_into_its_committee_gets_the_committees_report(session, district, hold):
    survey = hold(education=(20, 5), organs=(18, 4))
    archive = services.report_for(session, survey, district["archive"])
    organs = services.report_for(session, survey, district["organs"])
    assert archive.unit == "organs"
    assert (archive.items, archive.roster, archive.units) == (organs.items, organs.roster, organs.units)
    assert archive is services.report_for(session, survey, district["archive"])


def test_a_branch_folded_into_its_committee_is_not_told_who_of_its_neighbours_is_to_learn_from_whom(
    session, district, hold
):
    survey = hold(education=(20, 5), organs=(18, 4))
    people = {**{f"m{k}": (31, 40) for k in range(6)}, "strong": (40, 40), "weak": (8, 40)}
    items = [code for code in synthetic.RATES if code[0] in "lwm"]
    told = {
        unit: {code: (satisfied if code[0] == "l" else n - 8, n) for code in items}
        for unit, (satisfied, n) in people.items()
    }
    parents = {"district": None, "organs": "district", **dict.fromkeys(people, "organs")}
    sealed = dataset(told, YEAR, parents)
    stored = session.get(Dataset, survey.id)
    stored.parquet, stored.comments = sealed.to_parquet(), sealed.texts_json()
    stored.sha256 = sha256(stored.parquet).hexdigest()
    organs = services.report_for(session, survey, district["organs"])
    assert [(pair.ahead, pair.behind) for pair in organs.pairings] == [("strong", "weak")]
    archive = services.report_for(session, survey, district["archive"])
    assert (archive.unit, archive.exemplars, archive.pairings) == ("organs", (), ())
    assert archive.items == organs.items
    assert services.report_for(session, survey, district["archive"]) is archive


def test_a_branch_with_few_answers_shows_returns_only(session, district, hold):
    survey = hold(education=(20, 5), waterworks=(7, 1), organs=(18, 5))
    report = services.report_for(session, survey, district["waterworks"])
    assert report.hidden is not None


def test_last_year_stands_beside_this_year(session, district, hold):
    hold(YEAR - 1, education=(22, 3), organs=(18, 5), waterworks=(15, 5))
    survey = hold(education=(20, 5), organs=(18, 5), waterworks=(15, 5))
    report = services.report_for(session, survey, district["education"])
    change = next(change for change in report.changes if change.code == "overall")
    assert (change.earlier.year, change.later.year) == (YEAR - 1, YEAR)
    assert [found.year for found in services.result_surveys(session, district["education"])] == [YEAR, YEAR - 1]


def test_what_was_asked_last_year_is_at_hand_for_the_page(session, district, hold):
    earlier = hold(YEAR - 1, education=(22, 3))
    survey = hold(education=(20, 5))
    found = services.earlier_instruments(session, survey, district["education"])
    assert found == {YEAR - 1: services.instrument_of(earlier)}
    assert services.earlier_instruments(session, earlier, district["education"]) == {}


def test_the_same_report_is_made_once(session, district, hold):
    survey = hold(education=(20, 5))
    first = services.report_for(session, survey, district["education"])
    assert services.report_for(session, survey, district["education"]) is first


def test_there_is_no_result_before_sealing_nor_for_a_stranger(session, clock, district, hold):
    with pytest.raises(StateError):
        services.report_for(session, district.draft(), district["education"])
    survey = hold(unit="organs", education=(20, 5))
    with pytest.raises(NothingToReport):
        services.report_for(session, survey, district["waterworks"])
    later = services.create_unit(
        session, code="new", name="New", level=UnitLevel.BRANCH, kind=UnitKind.ORGAN,
        parent=district["enterprises"], by=COMMAND_LINE, clock=clock,
    )  # fmt: skip
    with pytest.raises(NothingToReport):
        services.report_for(session, survey, later)


def test_objectives_are_inherited_and_replaced_further_down(session, district, hold, set_objective):
    set_objective()
    set_objective("education", threshold="0.95")
    set_objective("organs", code="O2", measure="item", target="meetings", threshold="0.80")
    survey = hold(education=(20, 5))
    education = {objective.code: objective.threshold for objective in objectives_of(survey, district["education"])}
    waterworks = {objective.code: objective.threshold for objective in objectives_of(survey, district["waterworks"])}
    assert education == {"O1": "0.95", "O2": "0.80"}
    assert waterworks == {"O1": "0.90"}
    registered = services.objectives_for(session, district["education"], YEAR, "member")
    assert {objective.code: objective.threshold for objective in registered} == education


@pytest.mark.parametrize("unit", ["district", "organs", "education"])
def test_objectives_lock_when_a_survey_that_measures_them_opens(district, secret, set_objective, unit):
    set_objective(unit)
    draft = district.draft("organs")
    services.open_survey(district.session, draft, by=COMMAND_LINE, clock=district.clock, secret=secret)
    with pytest.raises(RulesLocked):
        set_objective(unit, threshold="0.50")
    set_objective(unit, year=YEAR + 1)
    set_objective("waterworks")


def test_the_verdict_is_judged_against_the_locked_threshold(session, district, hold, set_objective):
    objective = set_objective()
    survey = hold(education=(20, 5), organs=(18, 5), waterworks=(19, 5), enterprises=(12, 5))
    objective.threshold = "0.10"  # somebody alters the register behind the application's back
    report = services.report_for(session, survey, district["district"])
    assert [found.objective.threshold for found in report.objectives] == ["0.90"]
    assert report.objectives[0].judgement.grade == "met_certain"


@pytest.mark.parametrize("wrong", [{"threshold": "90"}, {"threshold": "much"}, {"measure": "item", "target": None}])
def test_an_objective_that_cannot_be_judged_is_refused(set_objective, wrong):
    with pytest.raises(ObjectiveImpossible):
        set_objective(**wrong)


def add_action(district, survey, unit="education", **changed):
    report = services.report_for(district.session, survey, district[unit])
    return services.add_action(
        district.session,
        **{
            "unit": district[unit],
            "survey": survey,
            "item": "overall",
            "title": "改进组织生活安排",
            "measure": "每季度征求一次意见",
            "acceptance": "0.90",
            "owner": "组织委员",
            "due": date(YEAR + 1, 6, 30),
            "report": report,
            "by": COMMAND_LINE,
            "clock": district.clock,
            **changed,
        },
    )


def test_the_baseline_of_an_action_is_what_the_report_shows(session, clock, district, hold):
    survey = hold(education=(20, 3), organs=(18, 5), waterworks=(15, 5))
    action = add_action(district, survey, unit="district")
    assert (action.baseline_satisfied, action.baseline_n) == (33, 53)
    services.set_action_status(session, action, ActionStatus.UNDER_WAY, by=COMMAND_LINE, clock=clock)
    assert services.actions_of(session, district["district"]) == [action]
    assert action.status is ActionStatus.UNDER_WAY


def test_the_next_survey_verifies_what_was_fixed_before_it_opened(session, district, hold):
    survey = hold(education=(20, 3), organs=(18, 5), waterworks=(15, 5))
    action = add_action(district, survey, unit="district")
    later = hold(YEAR + 1, education=(20, 5), organs=(18, 5), waterworks=(15, 5))
    add_action(district, survey, unit="district", acceptance="0.10", title="事后补写的措施")
    report = services.report_for(session, later, district["district"])
    (found,) = report.actions
    assert (found.action.code, found.reached) == (str(action.id), True)
    assert services.report_for(session, survey, district["district"]).actions == ()


def test_a_figure_shown_only_as_a_bound_is_no_baseline(session, district, hold):
    survey = hold(education=(20, 5), waterworks=(16, 5), organs=(18, 5))
    assert services.report_for(session, survey, district["waterworks"]).item("overall").rate.bound == "at_least"
    with pytest.raises(BaselineCoarse):
        add_action(district, survey, unit="waterworks")
    assert services.actions_of(session, district["waterworks"]) == []


def test_there_is_no_action_on_a_figure_that_may_not_be_shown(district, hold):
    survey = hold(education=(20, 3), waterworks=(6, 5), organs=(18, 5))
    with pytest.raises(BaselineHidden):
        add_action(district, survey, unit="waterworks")
    with pytest.raises(BaselineHidden):
        add_action(district, survey, item="no_such_item")
    with pytest.raises(ObjectiveImpossible):
        add_action(district, survey, acceptance="1.5")
