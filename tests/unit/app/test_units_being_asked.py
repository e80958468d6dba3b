"""Units stay where they are while a survey of a unit above asks them, and what moved before does not spoil sealing."""

from __future__ import annotations

from random import Random

import pytest

from survey_app import services
from survey_app.errors import UnitMisplaced
from survey_app.extensions import db
from survey_app.models import Survey, Unit
from survey_app.services import COMMAND_LINE
from survey_app.services.named_columns import WholeFileError
from survey_app.services.organisation_plan import plan_units
from tests.answering import count_and_seal
from tests.committee_world import World


def move(world: World, code: str, to: str) -> None:
    unit, parent = (db.session.get_one(Unit, world.units[one]) for one in (code, to))
    services.change_unit(
        db.session, unit, name=unit.name, level=unit.level, kind=unit.kind, parent=parent,
        by=COMMAND_LINE, clock=world.app.config["CLOCK"],
    )  # fmt: skip


def seal(world: World, survey: Survey) -> None:
    clock, secret = world.app.config["CLOCK"], world.app.config["INSTALLATION_SECRET"]
    services.close_survey(db.session, survey, by=COMMAND_LINE, clock=clock)
    count_and_seal(db.session, survey, world.passphrases[survey.id], clock=clock, secret=secret, rng=Random(2))


@pytest.mark.parametrize("code", ["A", "T"])
def test_a_unit_is_not_moved_by_form_or_file_while_it_is_asked_alone_or_with_others(world: World, code):
    with world.app.app_context():
        title = db.session.get_one(Survey, world.surveys["open"]).title
        with pytest.raises(UnitMisplaced) as refused:
            move(world, code, "C2")
        assert refused.value.values == {"title": title}
        db.session.rollback()
        with pytest.raises(WholeFileError) as file:
            plan_units(db.session, f"code,parent\n{code},C2\n".encode(), "units.csv")
        assert [title in str(problem) for problem in file.value.problems] == [True]


def test_it_moves_when_that_survey_is_sealed(world: World):
    with world.app.app_context():
        for name in ("open", "closed"):
            survey = db.session.get_one(Survey, world.surveys[name])
            services.withdraw_survey(
                db.session, survey, reason="x", by=COMMAND_LINE, clock=world.app.config["CLOCK"], copy=False
            )
        move(world, "A", "C2")
        assert db.session.get_one(Unit, world.units["A"]).parent_id == world.units["C2"]


def test_a_unit_that_stands_elsewhere_all_the_same_is_sealed_as_directly_below(world: World):
    with world.app.app_context():
        survey = db.session.get_one(Survey, world.surveys["open"])
        db.session.get_one(Unit, world.units["A"]).parent_id = world.units["C2"]
        db.session.flush()
        seal(world, survey)
        manifest = services.load_dataset(db.session, survey).manifest
        assert manifest.parents["A"] == survey.unit.code
