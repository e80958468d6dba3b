"""What the bench has besides annual surveys: an activity, suggestions, published figures, a column map, names."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from random import Random

from sqlalchemy.orm import Session

from survey_app import services
from survey_app.clock import Clock
from survey_app.models import (
    Activity,
    ColumnMap,
    RosterPerson,
    State,
    Suggestion,
    Survey,
    Unit,
)
from survey_app.services.figures_map import FiguresMap
from survey_app.services.published import import_figures
from survey_app.services.published_file import FiguresTable, ReadFigure, ReadOrganisation

SUGGESTIONS = 200
ORGANISATIONS, ITEMS = 110, 60
YEARS = (2023, 2024, 2025)
BY = services.COMMAND_LINE
SAID = FiguresMap(series="county", title="全县公开结果", origin="县委组织部", measure="满意", columns={})
MAP = """series: county
title: 全县公开结果
origin: 县委组织部
measure: 满意
columns: {年度: year, 单位: organisation, 题目: item, 比例: percent}
"""


def make_asides(session: Session, tree: Sequence[Unit], clock: Clock) -> None:
    session.add(Activity(title="主题党日", held_on=date(2026, 12, 20), unit=tree[1]))
    _suggestions(session, tree, clock)
    _figures(session, tree[0], clock)
    session.add(ColumnMap(name="公开结果", kind="aggregates", source=MAP, changed_at=clock.now(), unit=tree[0]))
    session.flush()


def name_everybody(session: Session, survey: Survey) -> None:
    """A list of names as long as each group allows."""
    session.add_all(
        RosterPerson(survey_id=survey.id, unit_id=group.unit_id, name=f"党员{number}", email=f"p{number}@example.cn")
        for group in survey.groups
        for number in range(group.eligible or 0)
    )


def _suggestions(session: Session, tree: Sequence[Unit], clock: Clock) -> None:
    """A channel of the whole organisation between two rounds, with texts that wait."""
    channel = services.open_channel(
        session, title="意见箱", unit=tree[0], version=services.latest_version(session, "suggestion-box"),
        months=3, by=BY, clock=clock,
    )  # fmt: skip
    session.flush()
    survey = services.start_round(session, channel, closes_on=date(2026, 11, 30), by=BY, clock=clock)
    for state in (State.OPEN, State.WITHDRAWN):
        survey.state = state
        session.flush()
    session.add_all(
        Suggestion(
            position=place, original=f"建议{place}", shown=f"建议{place}", survey_id=survey.id, unit=tree[place + 40]
        )
        for place in range(min(SUGGESTIONS, len(tree) - 40))
    )


def _figures(session: Session, unit: Unit, clock: Clock) -> None:
    """As many organisations, items and years as the largest series there is."""
    rng, items = Random(2), [f"q{number}" for number in range(1, ITEMS + 1)]
    years = {
        year: {
            name: ReadOrganisation(
                name, "", {item: ReadFigure(1, f"{rng.uniform(40, 95):.1f}", None) for item in items}
            )
            for name in (f"单位{number}" for number in range(1, ORGANISATIONS + 1))
        }
        for year in YEARS
    }
    table = FiguresTable(years, (), len(years) * ORGANISATIONS * ITEMS, 0)
    import_figures(
        session, table, SAID, wordings={}, unit=unit, may_replace=False, over_100_confirmed=False, by=BY, clock=clock
    )
