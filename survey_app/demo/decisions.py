"""What the committee of the sample organisation decides on the comments of a sealed year."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace
from datetime import date

from survey_app.demo.comments import SAYING_NOTHING, SORTED
from survey_app.demo.stage import Stage, on
from survey_app.models import Survey
from survey_app.services.comment_queue import comment_queue, propose
from survey_app.services.comments import CommentReason, release_comments, withhold_comment
from survey_app.services.themes import themes_for


def review_comments(stage: Stage, survey: Survey, *, waiting: Collection[str] = ()) -> None:
    """Every comment is released as proposed or withheld but those that are left waiting."""
    session, unit = stage.session, stage.root
    by, clock = stage.users["demo-committee"], on(date(survey.year + 1, 1, 12))
    queue = comment_queue(session, survey, unit).in_state(None)
    decided = [comment for comment in queue if comment.words.text not in waiting]
    released = []
    for comment in decided:
        if comment.words.text in SAYING_NOTHING:
            withhold_comment(
                session, survey, unit, comment.words, reason=CommentReason.SAYS_NOTHING, by=by, clock=clock
            )
            continue
        release = propose(comment, themes_for(session, unit)).release
        released.append(replace(release, themes=SORTED.get(comment.words.text, release.themes)))
    if released:
        release_comments(session, survey, unit, released, by=by, clock=clock)
