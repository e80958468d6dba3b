"""Objectives by other figures than the satisfaction rate, the planner, and the choice of questions to compare."""

from __future__ import annotations

import re
from datetime import date

import pytest
from sqlalchemy import event, select

from analysis.types import Measure, Objective
from survey_app import services
from survey_app.extensions import db
from survey_app.models import AccessMode, ObjectiveRecord, State, Survey, Unit, UnitKind, UnitLevel
from survey_app.services.family import family_of
from survey_app.services.year import questionnaire_for
from survey_app.web.objective_page import levels_of
from survey_app.wording.definitions import level_name
from survey_app.wording.names import Names
from tests.committee_world import World
from tests.page_checks import check_page, elements, parsed, text_of
from tests.unit.analysis import synthetic
from tests.unit.app.small_questionnaire import SOURCE

YEAR = 2027
GOAL = {"title": "总体满意", "measured": "overall", "threshold": "85", "owner": "方砚秋"}


def register(world: World, code: str = "C1", year: int = YEAR) -> str:
    return f"/committee/objectives/{world.units[code]}/{year}/member"


def planner(world: World, code: str = "C1", year: int = 2026, **asked: object) -> str:
    query = "&".join(f"{name}={value}" for name, value in asked.items())
    return f"{register(world, code, year)}/planner?{query}"


def kept(world: World) -> ObjectiveRecord:
    with world.app.app_context():
        return db.session.scalars(select(ObjectiveRecord).where(ObjectiveRecord.year == YEAR)).one()


def errors_on(html: str) -> list[str]:
    return [text_of(p) for p in elements(parsed(html), "p") if "err" in (p.get("class") or "").split()]


def fields_on(html: str) -> dict[str, str]:
    return {control.get("name"): control.get("value") for control in elements(parsed(html), "input")}


# ---- the form ----


@pytest.mark.parametrize(
    ("definition", "threshold", "stored", "told"),
    [("index", "85", "85", "85 points"), ("mean", "4.20", "4.2", "4.2 scale points")],
)
def test_an_index_or_a_mean_is_set_in_its_own_unit(
    world: World, definition: str, threshold: str, stored: str, told: str
):
    secretary = world.as_user("secretary")
    answer = secretary.submit(register(world) + "/new", **GOAL | {"definition": definition, "threshold": threshold})
    assert answer.status_code == 302
    assert (kept(world).definition, kept(world).threshold) == (definition, stored)
    assert told in secretary.text(register(world))


def test_points_per_level_are_asked_for_in_a_second_step_that_keeps_what_was_typed(world: World):
    secretary = world.as_user("secretary")
    wanted = GOAL | {"definition": "score100", "evaluated": "一月由支委会评价"}
    second = secretary.submit(register(world) + "/new", **wanted)
    assert second.status_code == 200
    assert errors_on(second.text) == []
    fields = fields_on(second.text)
    assert [fields[f"points_{level}"] for level in (5, 4, 3, 2, 1)] == ["100", "80", "60", "30", "0"]
    assert "一月由支委会评价" in second.text
    token = {name: fields[name] for name in ("csrf_token", "levels_of")}
    points = {f"points_{level}": points for level, points in zip((5, 4, 3, 2, 1), (100, 85, 60, 20, 0), strict=True)}
    done = secretary.client.post(register(world) + "/new", data=wanted | token | points | {"reaches_below": "y"})
    assert done.status_code == 302
    assert kept(world).weights == {"5": "100", "4": "85", "3": "60", "2": "20", "1": "0"}
    assert kept(world).evaluated == "一月由支委会评价"
    assert "85" in secretary.text(register(world))
    again = secretary.page(f"/committee/objectives/{kept(world).id}")
    assert "20" in {control.get("value") for control in elements(again, "input")}, "they stand there to be changed"


def test_levels_are_named_in_a_second_step_too(world: World):
    secretary = world.as_user("secretary")
    wanted = GOAL | {"definition": "other_levels", "threshold": "95"}
    second = secretary.submit(register(world) + "/new", **wanted)
    ticked = [c.get("value") for c in elements(parsed(second.text), "input") if c.get("checked") is not None]
    assert {"5", "4"} <= set(ticked), "those of the questionnaire to begin with"
    fields = fields_on(second.text)
    typed = wanted | {name: fields[name] for name in ("csrf_token", "levels_of")}
    gap = secretary.client.post(register(world) + "/new", data=typed | {"satisfied_levels": ["5", "3"]})
    assert (gap.status_code, len(errors_on(gap.text))) == (422, 1)
    check_page(gap.text)
    none = secretary.client.post(register(world) + "/new", data=typed)
    assert errors_on(none.text) == ["Please tick the levels that count as satisfied."]
    done = secretary.client.post(register(world) + "/new", data=typed | {"satisfied_levels": ["5", "4", "3"]})
    assert done.status_code == 302
    assert kept(world).satisfied_levels == [5, 4, 3]
    assert not kept(world).reaches_below, "the box was not ticked"
    assert "as the objective names them" in secretary.text(register(world))


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"definition": "index", "threshold": "0"}, "The target lies above 0 and not above 100."),
        ({"definition": "mean", "threshold": "6"}, "The target lies above 1 and not above 5."),
        ({"definition": "index", "threshold": "85.123"}, "A number from 0 to 100, with at most two decimals."),
    ],
)
def test_what_does_not_fit_is_said_at_its_field(world: World, changes: dict[str, str], told: str):
    refused = world.as_user("secretary").submit(register(world) + "/new", **GOAL | changes)
    assert (refused.status_code, errors_on(refused.text)) == (422, [told])


def test_a_dimension_has_no_points_per_level(world: World):
    secretary = world.as_user("secretary")
    choices = [option.get("value") for option in elements(secretary.page(register(world) + "/new"), "option")]
    dimension = next(value for value in choices if value.startswith("dimension:"))
    refused = secretary.submit(register(world) + "/new", **GOAL | {"definition": "score100", "measured": dimension})
    told = "Points per level can be set for a single question, not for a dimension."
    assert (refused.status_code, errors_on(refused.text)) == (422, [told])


def test_a_branch_sees_where_an_inherited_objective_comes_from_and_does_not_change_it(world: World):
    world.as_user("secretary").submit(register(world) + "/new", **GOAL | {"definition": "index"})
    branch = world.as_user("branch secretary")
    page = branch.page(register(world, "A"))
    assert "set by the unit above" in text_of(page)
    assert not [link for link in elements(page, "a") if text_of(link) == GOAL["title"]]
    assert "reaches_below" not in branch.get(register(world, "A") + "/new").text, "there is nobody below a branch"


def test_locked_objectives_say_by_which_survey(world: World):
    page = world.as_user("secretary").page(register(world, year=2026))
    with world.app.app_context():
        titles = set(db.session.scalars(select(Survey.title).where(Survey.year == 2026, Survey.state != State.DRAFT)))
    assert any(f"Survey: {title}" in text_of(page) for title in titles)


def test_levels_of_a_reversed_question_are_named_as_they_are_judged():
    """Level 5 is the best in the direction of the dimension: of a question asked the other way round, disagreement."""
    asked = synthetic.instrument()
    known, other = levels_of("item:w4", asked), levels_of("item:w3", asked)
    names = Names(asked, "zh_Hans")
    judged = Objective("Q", "目标", Measure.ITEM, "w4", "0.9", satisfied_levels=known.satisfied)
    assert dict(known.levels)[5] == "非常不满意" == dict(other.levels)[1]
    assert [level for level, _words in known.levels] == [5, 4, 3, 2, 1]
    assert all(level_name(judged, level, names) == words for level, words in known.levels)


def test_before_opening_the_objectives_that_do_not_fit_are_listed_with_a_link(world: World):
    with world.app.app_context():
        clock, by = world.app.config["CLOCK"], services.COMMAND_LINE
        best = "      - {code: 5, label: {zh_Hans: 非常满意, en: Very satisfied}}\n"
        source = SOURCE.replace(best, "").replace("satisfied: [5, 4]", "satisfied: [4]")
        version = services.publish_instrument(db.session, source, by=by, clock=clock)
        unit, branch = (db.session.get_one(Unit, world.units[code]) for code in ("C1", "A"))
        asked = services.version_by_hash(db.session, world.versions["member"])
        for at, code, how in ((unit, "O1", {}), (branch, "B1", {}), (unit, "O2", {"threshold": "3.5"})):
            services.set_objective(
                db.session, unit=at, year=YEAR, audience="member", code=code, title=f"平均分{code}", measure="overall",
                target=None, owner="书记", instrument=services.instrument_of(asked), by=by, clock=clock,
                **{"definition": "mean", "threshold": "4.2"} | how,
            )  # fmt: skip
            services.set_eligible(
                db.session, at, year=YEAR, audience="member", people=30, reference_day=date(YEAR, 11, 30),
                by=by, clock=clock,
            )  # fmt: skip
        draft = services.create_survey(
            db.session, title="四档", year=YEAR, unit=unit, version=version, access_mode=AccessMode.CODES,
            closes_on=date(YEAR, 12, 14), reference_day=date(YEAR, 11, 30), threshold=10, by=by, clock=clock,
        ).id  # fmt: skip
        db.session.commit()
    secretary = world.as_user("secretary")
    page = secretary.page(f"/committee/surveys/{draft}/open")
    text = text_of(page)
    assert "2 objectives do not fit the questionnaire of this survey." in text
    assert "The target lies above 1 and not above 4." in text
    assert "平均分O2" not in text
    links = {link.get("href") for link in elements(page, "a") if text_of(link).startswith("平均分")}
    assert links == {register(world), register(world, "A")}
    told = secretary.text(planner(world, year=YEAR, objective="O1"))
    assert "It does not fit the answer levels of the questionnaire of the year" in told
    assert "can be shown in" in secretary.text(planner(world, year=YEAR, objective="O2", percent=90))


def test_the_year_page_says_not_judged_where_a_survey_was_sealed(world: World):
    with world.app.app_context():
        unit = db.session.get_one(Unit, world.units["C1"])
        objective = ObjectiveRecord(
            unit=unit, year=2026, audience="member", code="NEW", title="今年新增", measure="overall", threshold="0.9",
            owner="书记",
        )  # fmt: skip
        db.session.add(objective)
        db.session.commit()
    page = world.as_user("secretary").page(f"/committee/year/{world.units['C1']}/2026")
    row = next(text_of(row) for row in elements(page, "tr") if "今年新增" in text_of(row))
    assert "not judged" in row
    assert "no survey" not in row


# ---- the planner ----


def planned(world: World, **choices: object) -> dict[str, str]:
    """What the planner says of overall, of a question asked only of some, and of participation."""
    with world.app.app_context():
        clock, by = world.app.config["CLOCK"], services.COMMAND_LINE
        at, end = SOURCE.index("      - code: meetings"), SOURCE.index("      - code: overall")
        moved, rest = SOURCE[at:end], SOURCE[:at] + SOURCE[end:]
        moved += "        visible_if: overall <= 4\n"
        source = rest.replace("      - code: why", moved + "      - code: why")
        version = services.publish_instrument(db.session, source, by=by, clock=clock)
        unit = db.session.get_one(Unit, world.units["A"])
        goals = {"O1": ("overall", None), "O2": ("item", "meetings"), "O3": ("participation", None)}
        for code, (measure, target) in goals.items():
            services.set_objective(
                db.session, unit=unit, year=YEAR, audience="member", code=code, title=code, measure=measure,
                target=target, threshold="0.8", owner="书记", by=by, clock=clock,
            )  # fmt: skip
        services.set_eligible(
            db.session, unit, year=YEAR, audience="member", people=30, reference_day=date(YEAR, 11, 30),
            by=by, clock=clock,
        )  # fmt: skip
        details = {"access_mode": AccessMode.CODES} | choices
        services.create_survey(
            db.session, title="测评", year=YEAR, unit=unit, version=version, closes_on=date(YEAR, 12, 14),
            reference_day=date(YEAR, 11, 30), threshold=10, by=by, clock=clock, **details,
        )  # fmt: skip
        db.session.commit()
    secretary = world.as_user("secretary")
    return {code: secretary.text(planner(world, "A", YEAR, objective=code, percent=90)) for code in goals}


def test_a_question_asked_only_of_some_is_promised_at_face_value_only(world: World):
    told = planned(world)
    assert "it can be shown in 1 of 1 units" in told["O1"]
    assert "at face value only" in told["O2"]
    assert "it can be shown in" not in told["O2"]
    assert "would be met" in told["O3"]


def test_over_an_open_link_nothing_is_promised(world: World):
    told = planned(world, access_mode=AccessMode.OPEN)
    assert not any("it can be shown in" in text for text in told.values())
    assert "at face value only" in told["O1"]
    assert "participation is not judged" in told["O3"]
    assert "would be met" not in told["O3"]


def test_the_participation_to_go_by_is_told_with_its_year(world: World):
    """The latest sealed annual survey may be years ago: nothing was asked in between."""
    secretary = world.as_user("secretary")
    secretary.submit(register(world, year=2029) + "/new", **GOAL | {"threshold": "90"})
    text = secretary.text(planner(world, year=2029))
    assert re.search(r"In 202[56] \d+% took part\.", text), text


def test_the_planner_says_what_each_size_of_unit_allows(world: World):
    text = world.as_user("secretary").text(planner(world, percent=100))
    assert "it can be shown in" in text
    assert "What this part cannot say" in text


def rows_of(page) -> dict[str, list[str]]:
    """First cell of each row of the first table -> all its cells."""
    table = next(iter(elements(page, "table")))
    rows = [[text_of(cell) for cell in row] for row in elements(next(iter(elements(table, "tbody"))), "tr")]
    return {row[0]: row for row in rows}


def test_the_figures_are_those_of_the_verdict_itself(world: World):
    from analysis.targets import needed

    page = world.as_user("secretary").page(planner(world, percent=80))
    for first, row in rows_of(page).items():
        people = int(re.sub(r"\D", "", first))
        plan = needed(people, "0.90", "0.80")
        expected = [plan.required, plan.dissent_allowed, plan.min_answers, plan.expected_answers]
        assert [int(figure) for figure in row[2:6]] == expected


def test_more_people_answering_shows_more(world: World):
    secretary = world.as_user("secretary")
    few, many = (secretary.text(planner(world, percent=share)) for share in (10, 100))
    assert "no result: fewer than 10 answers are expected" in few
    assert "no result:" not in many


def test_small_units_are_named_with_the_unit_that_judges_them(world: World):
    with world.app.app_context():
        branch = db.session.get_one(Unit, world.units["T"])
        services.set_eligible(
            db.session, branch, year=2026, audience="member", people=3, reference_day=date(2026, 11, 30),
            by=services.COMMAND_LINE, clock=world.app.config["CLOCK"],
        )  # fmt: skip
        db.session.commit()
        name, above = branch.name, branch.parent.name
    text = world.as_user("secretary").text(planner(world))
    assert re.search(rf"{name}\W*{above}", text)


def test_every_kind_of_objective_can_be_planned(world: World):
    with world.app.app_context():
        unit = db.session.get_one(Unit, world.units["C1"])
        instrument = questionnaire_for(db.session, unit, YEAR, "member")
        dimension = instrument.dimensions[0].code
        five = {5: "100", 4: "80", 3: "60", 2: "30", 1: "0"}
        for code, how in {
            "P1": {"measure": "participation", "threshold": "0.80"},
            "P2": {"measure": "overall", "threshold": "85", "definition": "index"},
            "P3": {"measure": "overall", "threshold": "85", "definition": "score100", "weights": five},
            "P4": {"measure": "dimension", "target": dimension, "threshold": "0.85"},
            "P5": {"measure": "dimension", "target": dimension, "threshold": "4.2", "definition": "mean"},
            "P6": {"measure": "overall", "threshold": "0.95", "satisfied_levels": [5, 4, 3], "reaches_below": False},
        }.items():
            services.set_objective(
                db.session, unit=unit, year=YEAR, audience="member", code=code, title=code, owner="书记",
                instrument=instrument, by=services.COMMAND_LINE, clock=world.app.config["CLOCK"],
                **{"target": None, **how},
            )  # fmt: skip
        for unit_id in world.units.values():
            services.set_eligible(
                db.session, db.session.get_one(Unit, unit_id), year=YEAR, audience="member", people=24,
                reference_day=date(YEAR, 11, 30), by=services.COMMAND_LINE, clock=world.app.config["CLOCK"],
            )  # fmt: skip
        db.session.commit()
    secretary = world.as_user("secretary")
    texts = {f"P{k}": secretary.text(planner(world, year=YEAR, objective=f"P{k}", percent=90)) for k in range(1, 7)}
    assert "would be met" in texts["P1"]
    assert all("can be shown" in texts[f"P{k}"] for k in range(2, 7))
    assert "alone, not for units below" in texts["P6"]
    assert len(rows_of(secretary.page(planner(world, year=YEAR, objective="P6")))) == 1


def test_without_objectives_or_numbers_the_planner_says_what_is_missing(world: World):
    secretary = world.as_user("secretary")
    assert "No objective has been set for 2030." in secretary.text(planner(world, year=2030))
    secretary.submit(register(world, year=2030) + "/new", **GOAL)
    assert "No number of eligible people is known yet" in secretary.text(planner(world, year=2030))


def test_three_hundred_units_take_as_many_queries_as_five_and_share_rows_by_size(world: World):
    secretary = world.as_user("secretary")
    statements: list[str] = []
    with world.app.app_context():
        event.listen(db.engine, "before_cursor_execute", lambda *call: statements.append(call[2]))
    secretary.page(planner(world))
    statements.clear()
    secretary.page(planner(world))
    before = len(statements)
    with world.app.app_context():
        parent = db.session.get_one(Unit, world.units["C1"])
        for number in range(300):
            unit = services.create_unit(
                db.session, code=f"N{number}", name=f"第 {number} 支部", level=UnitLevel.BRANCH, kind=UnitKind.ORGAN,
                parent=parent, by=services.COMMAND_LINE, clock=world.app.config["CLOCK"],
            )  # fmt: skip
            services.set_eligible(
                db.session, unit, year=2026, audience="member", people=10 + number % 20,
                reference_day=date(2026, 11, 30), by=services.COMMAND_LINE, clock=world.app.config["CLOCK"],
            )  # fmt: skip
        db.session.commit()
    secretary.page(planner(world))  # reads the tree anew, after somebody has acted
    statements.clear()
    page = secretary.page(planner(world))
    assert len(statements) == before, statements
    assert len(rows_of(page)) <= 26


# ---- questions that are compared ----


def family_path(world: World) -> str:
    return f"/committee/surveys/{world.surveys['draft']}/family"


def test_the_usual_questions_are_ticked_and_others_can_be_chosen_before_opening(world: World):
    secretary = world.as_user("secretary")
    page = secretary.page(family_path(world))
    boxes = [box for box in elements(page, "input") if box.get("type") == "checkbox"]
    with world.app.app_context():
        usual = family_of(db.session, db.session.get_one(Survey, world.surveys["draft"]))
    assert {box.get("value") for box in boxes if box.get("checked") is not None} == set(usual)
    wanted = [box.get("value") for box in boxes][:3]
    token = fields_on(secretary.get(family_path(world)).text)["csrf_token"]
    assert secretary.client.post(family_path(world), data={"csrf_token": token, "items": wanted}).status_code == 302
    with world.app.app_context():
        assert db.session.get_one(Survey, world.surveys["draft"]).family == wanted
    many = [box.get("value") for box in boxes][:7]
    refused = secretary.client.post(family_path(world), data={"csrf_token": token, "items": many})
    assert errors_on(refused.text)[0].startswith("Please choose at most 6 questions")
    check_page(refused.text)


def test_the_draft_leads_to_planner_and_choice_and_an_open_survey_does_not(world: World):
    with world.app.app_context():
        survey = db.session.get_one(Survey, world.surveys["draft"])
        services.set_eligible(
            db.session, survey.unit, year=survey.year, audience=survey.audience, people=24,
            reference_day=survey.reference_day, by=services.COMMAND_LINE, clock=world.app.config["CLOCK"],
        )  # fmt: skip
        db.session.commit()
    secretary = world.as_user("secretary")
    draft = secretary.get(f"/committee/surveys/{world.surveys['draft']}").text
    opening = secretary.get(f"/committee/surveys/{world.surveys['draft']}/open").text
    for page in (draft, opening):
        assert "/planner" in page
        assert family_path(world) in page
    assert "/family" not in secretary.get(f"/committee/surveys/{world.surveys['open']}").text
    assert secretary.client.get(f"/committee/surveys/{world.surveys['open']}/family").status_code == 409


def test_an_objective_is_removed_after_a_page_that_says_what_it_means(world: World):
    secretary = world.as_user("secretary")
    secretary.submit(register(world) + "/new", **GOAL | {"definition": "index"})
    change = f"/committee/objectives/{kept(world).id}"
    assert f"{change}/remove" in secretary.get(change).text
    assert "nothing will be judged by it" in secretary.text(f"{change}/remove")
    assert secretary.submit(f"{change}/remove").location == register(world)
    assert f"No objective has been set for {YEAR}." in secretary.text(register(world))


def test_locked_objectives_stay_and_say_whose_survey_locked_them(world: World):
    secretary = world.as_user("secretary")
    locked = f"/committee/objectives/{world.objectives['C1']}/remove"
    assert secretary.get(locked).status_code == 409
    said = secretary.text(register(world, year=2026))
    assert "Survey: 2026 年度党员满意度测评 云汀区住建局机关党委" in said
