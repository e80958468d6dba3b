"""What the sample branch shows everybody: the result of the last sealed year, and what it did about it."""

from __future__ import annotations

from datetime import date

from survey_app.demo.organisation import OWN_BRANCH
from survey_app.demo.stage import Stage, on
from survey_app.models import Publication, Survey
from survey_app.services.organisation import unit_by_code
from survey_app.services.publications import (
    USUAL_PARTS,
    Chosen,
    SaidAndDone,
    actions_to_tell,
    change_publication,
    publish,
)

FOREWORD = "下面是结果，以及我们做了什么；还没做到的，也如实写在这里。"
SAID = {
    "“三会一课”全年计划上墙": "常常前一天才知道第二天要开会。",
    "意见十日内答复": "提了意见，没有下文。",
    "主题党日先征求意见再定题": "主题党日的内容离我们的工作有点远。",
}
"""Title of the action -> what people said."""


def publish_result(stage: Stage, survey: Survey, today: date) -> Publication:
    """Published after the feedback meeting of the year that followed."""
    unit, by = unit_by_code(stage.session, OWN_BRANCH), stage.users["demo-secretary"]
    clock = on(min(date(survey.year + 1, 3, 12), today))
    told = tuple(
        SaidAndDone(str(action.id), SAID[action.title], action.measure)
        for action in actions_to_tell(stage.session, unit, survey)
        if action.title in SAID
    )
    chosen = Chosen(FOREWORD, USUAL_PARTS, told)
    publication = change_publication(stage.session, unit, survey, chosen, by=by, clock=clock)
    publish(stage.session, publication, by=by, clock=clock)
    return publication
