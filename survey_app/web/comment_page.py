"""The comment queue in words: which comments a page shows, what is proposed for each, and the way to them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from flask import url_for
from flask_babel import gettext as _

from analysis.themes import ThemeRule
from analysis.tree import Report
from survey_app import services
from survey_app.extensions import db
from survey_app.models import CommentState, Survey, Unit
from survey_app.permissions import Right
from survey_app.services.comments import CommentReason
from survey_app.web.circumstances import may
from survey_app.web.labels import label
from survey_app.wording.labels import listed
from survey_app.wording.names import names_of

PAGE_SIZE = 20
MOST_NAMES = 3
STATES: dict[str, CommentState | None] = {
    "waiting": None,
    "released": CommentState.RELEASED,
    "withheld": CommentState.WITHHELD,
}


@dataclass(frozen=True, slots=True)
class CommentRow:
    key: str
    address: str
    question: str
    written: str
    shown: str
    """As it is released, or would be; empty where it is withheld."""
    is_changed: bool
    taken_out: tuple[str, ...]
    themes: tuple[str, ...]
    people: int
    reason: str
    others: tuple[str, ...]
    """What units above and below have decided, one sentence each for withheld and released."""
    is_withheld_elsewhere: bool


@dataclass(frozen=True, slots=True)
class QueuePart:
    """The comments in one state: their number, and those of one page."""

    state: str
    title: str
    count: int
    rows: tuple[CommentRow, ...]
    page: int
    pages: int


def queue_part(
    queue: services.CommentQueue, state: str, page: int, rules: Sequence[ThemeRule], address: str
) -> QueuePart:
    """What is proposed is worked out for the comments of the page alone."""
    comments = queue.in_state(STATES[state])
    pages = max(1, -(-len(comments) // PAGE_SIZE))
    page = min(max(page, 1), pages)
    of_page = comments[(page - 1) * PAGE_SIZE : page * PAGE_SIZE]
    rows = tuple(comment_row(one, services.propose(one, rules), address) for one in of_page)
    return QueuePart(state, state_title(state), len(comments), rows, page, pages)


def comment_row(comment: services.QueuedComment, proposal: services.Proposal, address: str) -> CommentRow:
    words, release, own = comment.words, proposal.release, comment.standing.own
    is_withheld = comment.state is CommentState.WITHHELD
    withheld = _names_of(comment.standing, CommentState.WITHHELD)
    released = _names_of(comment.standing, CommentState.RELEASED)
    return CommentRow(
        key=f"{words.item}/{words.sha256}",
        address=f"{address}/{words.item}/{words.sha256}",
        question=names_of(comment.instrument).comments(words.item),
        written=words.text,
        shown="" if is_withheld else release.shown,
        is_changed=release.shown != words.text,
        taken_out=proposal.taken_out,
        themes=release.themes,
        people=comment.people,
        reason=label(CommentReason(own.reason)) if own is not None and own.reason else "",
        others=(
            *((_("not shown: so decided by %(units)s", units=withheld),) if withheld else ()),
            *((_("approved by %(units)s", units=released),) if released else ()),
        ),
        is_withheld_elsewhere=bool(withheld),
    )


def _names_of(standing: services.Standing, state: CommentState) -> str:
    """Units above and below that decided so, the first few by name."""
    names = [one.unit_name for one in standing.others if one.state is state]
    rest = len(names) - MOST_NAMES
    return listed(names[:MOST_NAMES] + ([_("%(n)s other units", n=rest)] if rest > 0 else []))


def what_holds(comment: services.QueuedComment) -> str:
    """What becomes of a comment in the results of the unit, by its own decision and those of others."""
    said = {
        None: _("The comment waits for a decision again and is not shown."),
        CommentState.RELEASED: _("Approved: the comment stands in results."),
        CommentState.WITHHELD: _("The comment is not shown."),
    }
    return said[comment.state]


def state_title(state: str) -> str:
    titles = {"waiting": _("To be decided"), "released": _("Approved"), "withheld": _("Not shown")}
    return titles[state]


def way_to_queue(survey: Survey, unit: Unit, report: Report) -> dict[str, tuple[str, str]]:
    """Below the block of comments, for those who decide on them: how many wait, and where."""
    if not may(Right.MANAGE_PLAN, unit) or report.unit != unit.code or not report.comments:
        return {}
    address = url_for("comments.show", survey_id=survey.id, unit_id=unit.id)
    waiting = services.waiting_comments(db.session, survey, unit)
    if waiting:
        return {"comments": (_("%(n)s comments wait for the committee’s decision", n=waiting), address)}
    return {"comments": (_("To the comments and the decisions on them"), address)}
