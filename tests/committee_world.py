"""An organisation with people of every role and surveys in every state, made through the services.

    W  works committee
    ├─ C1 committee: A (14 members), B (12), T (3, folds into C1)
    └─ C2 committee: D (15)

At C1: last year's member survey is sealed, this year's is open, closed or a draft by audience. C2 is the other side
of the wall: nothing of it may reach anybody of C1.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime
from random import Random
from uuid import UUID

from flask import Flask

from analysis.tree import Rate
from instruments.model import SCORED_TYPES, Instrument, ItemType
from survey_app import services
from survey_app.assessment.loader import sample_scheme
from survey_app.clock import SetClock
from survey_app.extensions import db
from survey_app.models import (
    AccessMode,
    Action,
    Activity,
    AssessmentScheme,
    ColumnMap,
    ExportJob,
    ExportPart,
    JobState,
    ObjectiveRecord,
    PointKind,
    SiteMarkKind,
    Suggestion,
    SuggestionChannel,
    SuggestionRound,
    Survey,
    Unit,
    UnitKind,
    UnitLevel,
    User,
    UserRole,
)
from survey_app.services.assessment import set_scheme
from survey_app.services.assessment_marks import Found, add_site_evidence, enter_mark
from survey_app.services.evidence import Limits, add_evidence
from survey_app.services.figures_map import read_figures_map
from survey_app.services.proposals import proposals_for, reject_proposal
from survey_app.services.publications import change_publication, chosen_of
from survey_app.services.published import import_figures
from survey_app.services.published_file import read_figures
from survey_app.services.reviews import add_point, start_review
from tests.answering import cast, cast_without_script, count_and_seal
from tests.visitor import Visitor

NOON = datetime(2026, 12, 8, 12, tzinfo=UTC)
PASSWORD = "correct horse battery"
ASSESSED_UNTIL = date(2027, 6, 30)
"""Last day of the assessor's role."""
MEMBERS = {"W": 0, "C1": 0, "A": 14, "B": 12, "T": 3, "C2": 0, "D": 15}
NAMES = {
    "W": "云汀区直机关工委",
    "C1": "云汀区住建局机关党委",
    "A": "住建局第一党支部",
    "B": "住建局第二党支部",
    "T": "住建局退休党支部",
    "C2": "云汀区水务局机关党委",
    "D": "水务局第一党支部",
}
PARENTS = {"W": None, "C1": "W", "A": "C1", "B": "C1", "T": "C1", "C2": "W", "D": "C2"}
SATISFIED = 0.8
FIGURES_SOURCE = b"series: staff\ncolumns: {year: year, name: organisation, item: item, rate: percent}\n"
FIGURES_MAP = read_figures_map(FIGURES_SOURCE)


@dataclass
class World:
    """Identifiers of what was made; objects are fetched anew by whoever needs them."""

    app: Flask
    units: dict[str, UUID] = field(default_factory=dict)
    users: dict[str, UUID] = field(default_factory=dict)
    surveys: dict[str, UUID] = field(default_factory=dict)
    actions: dict[str, UUID] = field(default_factory=dict)
    evidence: dict[str, UUID] = field(default_factory=dict)
    proposals: dict[str, UUID] = field(default_factory=dict)
    """What was decided on a proposal of the sealed survey of this name."""
    proposed_item: str = ""
    """The first that the sealed survey of C1 proposes."""
    objectives: dict[str, UUID] = field(default_factory=dict)
    versions: dict[str, str] = field(default_factory=dict)
    activities: dict[str, UUID] = field(default_factory=dict)
    """One at each unit, whose two surveys have been discarded."""
    channels: dict[str, UUID] = field(default_factory=dict)
    suggestions: dict[str, UUID] = field(default_factory=dict)
    """One that waits in the channel of each unit."""
    series: dict[str, UUID] = field(default_factory=dict)
    """Published figures, by unit."""
    reviews: dict[str, UUID] = field(default_factory=dict)
    """Minutes being written of last year's results, by unit."""
    points: dict[str, UUID] = field(default_factory=dict)
    """A point of its own in them."""
    jobs: dict[str, UUID] = field(default_factory=dict)
    """A file made for the secretary of each unit."""
    schemes: dict[str, UUID] = field(default_factory=dict)
    """Last year's assessment schemes, locked, by unit; each assesses its own unit too."""
    marks: dict[str, UUID] = field(default_factory=dict)
    """A mark on site under each, entered by one person and not signed."""
    site_evidence: dict[str, UUID] = field(default_factory=dict)
    maps: dict[str, UUID] = field(default_factory=dict)
    """Column maps kept, by unit."""
    drafts: dict[str, UUID] = field(default_factory=dict)
    """Questionnaires being written, by unit."""
    codes: dict[str, dict[str, list[str]]] = field(default_factory=dict)
    passphrases: dict[UUID, list[str]] = field(default_factory=dict)
    """Of the scrutineers, by survey."""

    def as_user(self, name: str | None) -> Visitor:
        """A browser in which this person is signed in; None: nobody."""
        visitor = Visitor(self.app.test_client())
        if name is not None:
            signed_in = visitor.submit("/login", login=name.replace(" ", "."), password=PASSWORD)
            assert signed_in.status_code == 302, signed_in.text
        return visitor


def build_world(app: Flask, *, with_results: bool = True) -> World:
    world = World(app)
    with app.app_context():
        _organisation(world)
        _people(world)
        versions = services.install_catalogue(db.session, by=services.COMMAND_LINE, clock=app.config["CLOCK"])
        world.versions = {
            version.audience: version.sha256 for version in versions if version.code.endswith("-satisfaction")
        }
        _drafts(world)
        _activities(world)
        _published(world)
        if with_results:
            _last_year(world, "C1", "sealed")
            _last_year(world, "C2", "sealed elsewhere")
            _public_page(world, "sealed", "结果如下。")
            _public_page(world, "sealed elsewhere", "水务局的通报")
            _review(world, "C1", "sealed")
            _review(world, "C2", "sealed elsewhere")
            _job(world, "C1", "sealed", "secretary")
            _job(world, "C2", "sealed elsewhere", "stranger")
        _this_year(world)
        _channel(world, "C1", "open", "食堂早点开门。")
        _channel(world, "C2", "open elsewhere", "水务局的建议")
        db.session.commit()
    return world


def answers_of(instrument: Instrument, rng: Random) -> Mapping[str, object]:
    """What one person might answer: every required question, on the satisfied side four times out of five."""
    return {item.code: _answer(instrument, item.code, rng) for item in instrument.items if item.visible_if is None}


def _answer(instrument: Instrument, code: str, rng: Random) -> object:
    item = instrument.by_code[code]
    if item.type in SCORED_TYPES:
        scale = instrument.scale_of(item)
        others = [level for level in scale.codes if level not in scale.satisfied]
        return rng.choice(scale.satisfied) if rng.random() < SATISFIED else rng.choice(others)
    if item.type is ItemType.SINGLE:
        return rng.choice(item.options).code
    if item.type is ItemType.MULTIPLE:
        return (item.options[0].code,)
    return item.minimum if item.type is ItemType.NUMBER else None


def _organisation(world: World) -> None:
    clock, by = world.app.config["CLOCK"], services.COMMAND_LINE
    made: dict[str, Unit] = {}
    for code, name in NAMES.items():
        parent = PARENTS[code]
        made[code] = services.create_unit(
            db.session,
            code=code,
            name=name,
            level=UnitLevel.COMMITTEE if code in ("W", "C1", "C2") else UnitLevel.BRANCH,
            kind=UnitKind.ORGAN,
            parent=made[parent] if parent else None,
            by=by,
            clock=clock,
        )
        world.units[code] = made[code].id
        for year in (2025, 2026):
            for audience in ("member", "staff"):
                services.set_eligible(
                    db.session,
                    made[code],
                    year=year,
                    audience=audience,
                    people=MEMBERS[code],
                    reference_day=date(year, 11, 30),
                    by=by,
                    clock=clock,
                )


def _drafts(world: World) -> None:
    for code, title in (("C1", "起草中的问卷"), ("C2", "水务局的问卷")):
        draft = services.start_draft(
            db.session,
            db.session.get_one(Unit, world.units[code]),
            source=services.blank_source(code=f"own-{code.lower()}", title=title, audience="member"),
            by=services.COMMAND_LINE,
            clock=world.app.config["CLOCK"],
        )
        world.drafts[code] = draft.id


def _activities(world: World) -> None:
    for code, title in (("C1", "主题党日"), ("C2", "水务局的主题党日")):
        unit = db.session.get_one(Unit, world.units[code])
        activity = Activity(title=title, held_on=date(2026, 12, 20), unit=unit)
        db.session.add(activity)
        db.session.flush()
        world.activities[code] = activity.id


def _published(world: World) -> None:
    """A series of published figures and a column map at each unit."""
    clock = world.app.config["CLOCK"]
    for code, name in (("C1", "住建局公开结果"), ("C2", "水务局公开结果")):
        unit = db.session.get_one(Unit, world.units[code])
        stored = import_figures(
            db.session, read_figures(f"year,name,item,rate\n2024,{name},q1,66.7\n".encode(), "f.csv", FIGURES_MAP),
            replace(FIGURES_MAP, title=name), wordings={}, unit=unit, may_replace=False, over_100_confirmed=False,
            by=services.COMMAND_LINE, clock=clock,
        )  # fmt: skip
        kept = ColumnMap(
            name=name, kind="aggregates", source=FIGURES_SOURCE.decode(), changed_at=clock.now(), unit=unit
        )
        db.session.add(kept)
        db.session.flush()
        world.series[code], world.maps[code] = stored.series.id, kept.id


def _people(world: World) -> None:
    held = {role.value: (role, "C1") for role in UserRole}
    held |= {
        "top": (UserRole.HIGHER_COMMITTEE, "W"),
        "branch secretary": (UserRole.SECRETARY, "A"),
        "stranger": (UserRole.SECRETARY, "C2"),
    }
    for name, (role, code) in held.items():
        user: User = services.create_user(
            db.session,
            login=name.replace(" ", "."),
            name=name.title(),
            password=PASSWORD,
            roles=[(role, db.session.get_one(Unit, world.units[code]))],
            until=ASSESSED_UNTIL if role is UserRole.ASSESSOR else None,
            by=services.COMMAND_LINE,
            clock=world.app.config["CLOCK"],
        )
        world.users[name] = user.id


def make_survey(world: World, code: str, *, year: int, audience: str = "member", title: str = "", **choices) -> Survey:
    """A draft at a unit, from the catalogue. Needs an application context."""
    details = {
        "access_mode": AccessMode.CODES,
        "closes_on": date(year, 12, 14),
        "reference_day": date(year, 11, 30),
        "threshold": 10,
    } | choices
    return services.create_survey(
        db.session,
        title=title or f"{year} 年度{'党员' if audience == 'member' else '职工'}满意度测评",
        year=year,
        unit=db.session.get_one(Unit, world.units[code]),
        version=services.version_by_hash(db.session, world.versions[audience]),
        by=services.COMMAND_LINE,
        clock=world.app.config["CLOCK"],
        **details,
    )


def open_and_answer(
    world: World, survey: Survey, *, share: float, seed: int = 1, send: Callable[..., object] = cast
) -> dict[str, list[str]]:
    """Open a draft and let the first part of each group answer. Returns the codes by group."""
    secret, by, clock = world.app.config["INSTALLATION_SECRET"], services.COMMAND_LINE, world.app.config["CLOCK"]
    opened = services.open_survey(db.session, survey, by=by, clock=clock, secret=secret)
    rng, instrument = Random(seed), services.instrument_of(survey)
    for group in survey.groups:
        codes = opened.codes[group.slug] if opened.codes else []
        for code in codes[: round(share * len(codes))]:
            send(db.session, survey, group, code, answers_of(instrument, rng), secret=secret)
    world.passphrases[survey.id] = opened.passphrases
    return opened.codes


def _last_year(world: World, code: str, name: str) -> None:
    """A sealed member survey of 2025 with an objective and an action that followed."""
    standing: SetClock = world.app.config["CLOCK"]
    now = standing.moment
    standing.moment = datetime(2025, 12, 1, 12, tzinfo=UTC)
    _objective(world, code, 2025)
    _scheme(world, code)
    survey = make_survey(world, code, year=2025)
    open_and_answer(world, survey, share=0.9)
    services.close_survey(db.session, survey, by=services.COMMAND_LINE, clock=standing)
    count_and_seal(
        db.session,
        survey,
        world.passphrases[survey.id],
        clock=standing,
        secret=world.app.config["INSTALLATION_SECRET"],
        rng=Random(3),
    )
    standing.moment = now
    world.surveys[name] = survey.id
    _mark(world, code)
    world.actions[name] = _action(world, survey).id
    _evidence(world, name)
    _decided_proposal(world, survey, name)


def _scheme(world: World, code: str) -> None:
    """The sample's rules of last year, which its survey locks; the unit itself is in one of the classes."""
    title = "党支部考核办法" if code == "C1" else "水务局的考核办法"
    source = sample_scheme().replace("YT-1-4", code).replace("党支部标准化建设考核评分办法（样例）", title)
    unit = db.session.get_one(Unit, world.units[code])
    scheme = set_scheme(
        db.session, unit, 2025, source, by=services.COMMAND_LINE, clock=world.app.config["CLOCK"]
    )  # fmt: skip
    db.session.flush()
    world.schemes[code] = scheme.id


def _mark(world: World, code: str) -> None:
    scheme = db.session.get_one(AssessmentScheme, world.schemes[code])
    by, clock = db.session.get_one(User, world.users["top"]), world.app.config["CLOCK"]
    note = "委员五名，去年换届。" if code == "C1" else "水务局的现场记录"
    found = Found(SiteMarkKind.POINTS, "2", note)
    mark = enter_mark(db.session, scheme, scheme.unit, "L1", found, by=by, clock=clock)
    name = "换届.txt" if code == "C1" else "水务局.txt"
    file = add_site_evidence(
        db.session, mark, "换届选举结果。".encode(), name=name, limits=Limits(1024, 2), by=by, clock=clock
    )  # fmt: skip
    db.session.flush()
    world.marks[code], world.site_evidence[code] = mark.id, file.id


def _evidence(world: World, name: str) -> None:
    action = db.session.get_one(Action, world.actions[name])
    kept = add_evidence(
        db.session, action, "答复了三条。".encode(), name="台账.txt" if name == "sealed" else "水务局.txt",
        limits=Limits(1024, 2), by=services.COMMAND_LINE, clock=world.app.config["CLOCK"],
    )  # fmt: skip
    db.session.flush()
    world.evidence[name] = kept.id


def _decided_proposal(world: World, survey: Survey, name: str) -> None:
    """The last thing that the result proposes is not followed; the first waits."""
    proposed = proposals_for(db.session, survey, survey.unit, services.report_for(db.session, survey, survey.unit))
    reason = "已另有安排。" if name == "sealed" else "水务局的理由"
    decided = reject_proposal(
        db.session, survey.unit, survey, proposed[-1].item, reason=reason,
        by=services.COMMAND_LINE, clock=world.app.config["CLOCK"],
    )  # fmt: skip
    db.session.flush()
    world.proposals[name] = decided.id
    if name == "sealed":
        world.proposed_item = proposed[0].item


def _action(world: World, survey: Survey) -> Action:
    report = services.report_for(db.session, survey, survey.unit)
    action = services.add_action(
        db.session,
        unit=survey.unit,
        survey=survey,
        item=next(item.code for item in report.items if isinstance(item.rate, Rate) and item.rate.bound == "exact"),
        title="意见答复台账" if survey.unit.code == "C1" else "水务局的措施",
        measure="每条意见十日内答复。",
        acceptance="0.85",
        owner="顾一鸣" if survey.unit.code == "C1" else "水务局某人",
        due=date(2026, 12, 3),
        report=report,
        by=services.COMMAND_LINE,
        clock=world.app.config["CLOCK"],
    )
    db.session.flush()
    return action


def _review(world: World, code: str, name: str) -> None:
    """Minutes begun of last year's result, with a point of the committee's own."""
    survey, clock = db.session.get_one(Survey, world.surveys[name]), world.app.config["CLOCK"]
    review = start_review(
        db.session, unit=survey.unit, year=survey.year,
        results=[(survey, services.report_for(db.session, survey, survey.unit))],
        agenda=[(PointKind.RETURNS, "回收情况", f"{NAMES[code]}的回收情况。")],
        held_on=date(2026, 12, 8), by=services.COMMAND_LINE, clock=clock,
    )  # fmt: skip
    title = "活动场地" if code == "C1" else "水务局的议题"
    point = add_point(db.session, review, title, by=services.COMMAND_LINE, clock=clock)
    world.reviews[code], world.points[code] = review.id, point.id


def _job(world: World, code: str, name: str, whose: str) -> None:
    """A finished file of last year's result."""
    job = ExportJob(
        format="json", language="zh_Hans", asked_at=world.app.config["CLOCK"].now(), state=JobState.DONE,
        survey=db.session.get_one(Survey, world.surveys[name]), unit=db.session.get_one(Unit, world.units[code]),
        user=db.session.get_one(User, world.users[whose]), filename=f"{code}.json", mime="application/json", size=2,
    )  # fmt: skip
    db.session.add(job)
    db.session.flush()
    db.session.add(ExportPart(job_id=job.id, position=0, content=b"{}"))
    world.jobs[code] = job.id


def _public_page(world: World, name: str, foreword: str) -> None:
    """The public page of a result, prepared and not published."""
    survey = db.session.get_one(Survey, world.surveys[name])
    chosen = replace(chosen_of(None), foreword=foreword)
    change_publication(
        db.session, survey.unit, survey, chosen, by=services.COMMAND_LINE, clock=world.app.config["CLOCK"]
    )


def _objective(world: World, code: str, year: int, audience: str = "member") -> ObjectiveRecord:
    record = services.set_objective(
        db.session,
        unit=db.session.get_one(Unit, world.units[code]),
        year=year,
        audience=audience,
        code="O1",
        title="总体满意率不低于 90%" if code == "C1" else "水务局的目标",
        measure="overall",
        target=None,
        threshold="0.90",
        owner="陆文谦" if code == "C1" else "水务局某人",
        by=services.COMMAND_LINE,
        clock=world.app.config["CLOCK"],
    )
    db.session.flush()
    return record


def _channel(world: World, code: str, name: str, text: str) -> None:
    """A suggestion channel whose one round is the survey that is open, and a suggestion of an earlier day."""
    survey = db.session.get_one(Survey, world.surveys[name])
    channel = SuggestionChannel(
        slug=f"channel-{code.lower()}",
        title="意见箱" if code == "C1" else "水务局的意见箱",
        unit=survey.unit,
        instrument=services.latest_version(db.session, "suggestion-box"),
    )
    round_ = SuggestionRound(survey=survey, channel=channel)
    waiting = Suggestion(position=1, original=text, shown=text, survey_id=survey.id, unit=survey.unit)
    db.session.add_all([channel, round_])
    db.session.flush()  # the round is there before what came in it
    db.session.add(waiting)
    db.session.flush()
    world.channels[code], world.suggestions[code] = channel.id, waiting.id


def _this_year(world: World) -> None:
    """At C1 the member survey is open and that of staff a draft; B's staff survey is closed; C2 has an open survey."""
    for code in ("C1", "C2"):
        world.objectives[code] = _objective(world, code, 2026).id
    world.objectives["staff"] = _objective(world, "C1", 2026, "staff").id
    running = make_survey(world, "C1", year=2026)
    world.codes["open"] = open_and_answer(world, running, share=0.7)
    elsewhere = make_survey(world, "C2", year=2026, title="水务局的测评")
    open_and_answer(world, elsewhere, share=0.9)
    draft = make_survey(world, "C1", year=2027, audience="staff")
    closed = make_survey(world, "B", year=2024, audience="staff", title="住建局第二党支部职工测评")
    services.set_eligible(
        db.session,
        closed.unit,
        year=2024,
        audience="staff",
        people=12,
        reference_day=date(2024, 11, 30),
        by=services.COMMAND_LINE,
        clock=world.app.config["CLOCK"],
    )
    open_and_answer(world, closed, share=1.0, send=cast_without_script)
    services.close_survey(db.session, closed, by=services.COMMAND_LINE, clock=world.app.config["CLOCK"])
    world.surveys |= {"open": running.id, "open elsewhere": elsewhere.id, "draft": draft.id, "closed": closed.id}
