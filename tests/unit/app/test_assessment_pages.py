"""The assessment: rules locked before results, marks by two people, a sheet whose points lead back to figures."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date
from hashlib import sha256
from io import BytesIO

import pytest
from python_calamine import CalamineWorkbook
from sqlalchemy import select, update

from survey_app import services
from survey_app.assessment.loader import sample_scheme
from survey_app.assessment.marking import AssessmentSheet, Why
from survey_app.dossier.assessment_file import assessment_file
from survey_app.extensions import db
from survey_app.models import AssessmentScheme, AuditEntry, Dataset, SiteMark, SiteMarkKind, StationKind, Unit, User
from survey_app.services.assessment import set_scheme
from survey_app.services.assessment_facts import sheet_of, sheets_of
from survey_app.services.assessment_lock import AssessmentRefused, is_as_locked, lock_scheme
from survey_app.services.assessment_marks import (
    Found,
    add_site_evidence,
    enter_mark,
    mark_hash,
    marks_of,
    remove_site_evidence,
    sign_mark,
)
from survey_app.services.calendar import DayChoice, set_station
from survey_app.services.evidence import Limits
from tests.committee_world import World, make_survey, open_and_answer
from tests.page_checks import elements, parsed, text_of

TODAY = date(2026, 12, 8)
SEEN = "支委五人，分工上墙。"


@pytest.fixture
def inside(world: World) -> Iterator[World]:
    with world.app.app_context():
        yield world


def unit(world: World, code: str) -> Unit:
    return db.session.get_one(Unit, world.units[code])


def acting(world: World, name: str = "higher_committee") -> dict[str, object]:
    return {"by": db.session.get_one(User, world.users[name]), "clock": world.app.config["CLOCK"]}


def last_years(world: World) -> AssessmentScheme:
    return db.session.get_one(AssessmentScheme, world.schemes["C1"])


def sheet(world: World, code: str) -> AssessmentSheet:
    return sheet_of(db.session, last_years(world), unit(world, code), today=TODAY)


def why(world: World, code: str, check_point: str) -> Why:
    line = sheet(world, code).line(check_point)
    assert line is not None
    return line.why


def enter(world: World, code: str, found: Found, *, check_point: str = "L1", with_file: bool = True) -> SiteMark:
    mark = enter_mark(db.session, last_years(world), unit(world, code), check_point, found, **acting(world))
    if with_file:
        add_site_evidence(
            db.session, mark, "换届记录".encode(), name="a.txt", limits=Limits(1024, 3), **acting(world)
        )  # fmt: skip
    db.session.flush()
    return mark


def sign(world: World, mark: SiteMark, name: str = "assessor") -> None:
    sign_mark(db.session, mark, agreed=mark_hash(mark), **acting(world, name))
    db.session.flush()


def refused(error: pytest.ExceptionInfo[AssessmentRefused]) -> str:
    return error.value.reason


def test_a_faulty_scheme_is_shown_line_by_line_and_stays_in_the_field(world: World):
    visitor, path = world.as_user("higher_committee"), f"/committee/assessment/{world.units['C1']}/2027/scheme"
    faulty = sample_scheme().replace(
        "points: 4\n        figure: [member.item:lead1", "points: 5\n        figure: [member.item:lead1"
    )
    answer = visitor.submit(path, source=faulty)
    assert answer.status_code == 422
    page = parsed(answer.text)
    assert "党支部标准化建设考核评分办法" in next(text_of(field) for field in elements(page, "textarea"))
    row = next(row for row in elements(page, "tr") if list(elements(row, "td")))
    number = text_of(next(elements(row, "th")))
    assert faulty.split("\n")[int(number) - 1].strip() in text_of(row)
    with world.app.app_context():
        assert len(list(db.session.scalars(select(AssessmentScheme)))) == 2  # last year's


def test_a_scheme_from_a_file_is_previewed_as_tables_and_can_be_taken_back(world: World):
    visitor, path = world.as_user("higher_committee"), f"/committee/assessment/{world.units['C1']}/2027"
    saved = visitor.submit(f"{path}/scheme", file=(BytesIO(sample_scheme().encode("gb18030")), "办法.yaml"), source="x")
    assert saved.status_code == 302
    preview = visitor.page(saved.location)
    codes = {head[0] for row in elements(preview, "th") if (head := re.match("[A-Z][0-9] ", text_of(row)))}
    assert len(codes) == 36
    assert "Not locked yet" in text_of(preview)
    gone = visitor.submit(f"{saved.location}/remove", to=f"{saved.location}/remove")
    assert gone.location == path
    assert "There is no assessment scheme for 2027" in visitor.text(path)


def test_what_no_survey_asks_is_said_before_the_scheme_locks(world: World):
    with world.app.app_context():  # the one survey of that year asks staff
        scheme = set_scheme(db.session, unit(world, "C1"), 2027, sample_scheme(), **acting(world))
        db.session.commit()
        address = f"/committee/assessment/schemes/{scheme.id}"
    said = world.as_user("higher_committee").text(address)
    assert "the check points would be exempt for everybody" in said
    assert "members’ survey" in said


def test_opening_an_annual_survey_locks_every_scheme_it_reaches_and_no_other(inside: World):
    sources = {code: sample_scheme() + f"# {code}\n" for code in ("W", "C1", "A", "C2")}
    schemes = {
        code: set_scheme(db.session, unit(inside, code), 2028, source, **acting(inside))
        for code, source in sources.items()
    }
    for code, people in (("A", 14), ("B", 12)):
        services.set_eligible(
            db.session, unit(inside, code), year=2028, audience="member", people=people,
            reference_day=date(2028, 11, 30), **acting(inside),
        )  # fmt: skip
    survey = make_survey(inside, "C1", year=2028)
    open_and_answer(inside, survey, share=0.1)
    assert {code for code, scheme in schemes.items() if scheme.locked_at is not None} == {"W", "C1", "A"}
    assert survey.locked_rules is not None
    assert survey.locked_rules["assessment"] == {code: schemes[code].sha256 for code in ("W", "C1", "A")}
    with pytest.raises(AssessmentRefused) as locked:
        set_scheme(db.session, unit(inside, "C1"), 2028, sample_scheme(), **acting(inside))
    with pytest.raises(AssessmentRefused) as too_late:
        set_scheme(db.session, unit(inside, "B"), 2028, sample_scheme(), **acting(inside))
    assert (refused(locked), refused(too_late)) == ("locked", "opened")
    assert schemes["C1"].source == sources["C1"]


@pytest.mark.parametrize("how", ["source", "source and hash"])
def test_rules_altered_past_the_service_are_found_whatever_is_altered_with_them(world: World, how: str):
    with world.app.app_context():
        scheme = last_years(world)
        assert is_as_locked(db.session, scheme)
        altered = scheme.source.replace("{90%: 4, 80%: 3", "{81%: 4, 80%: 3")
        change = {"source": altered} | ({"sha256": sha256(altered.encode()).hexdigest()} if "hash" in how else {})
        db.session.execute(update(AssessmentScheme).where(AssessmentScheme.id == scheme.id).values(**change))
        db.session.commit()
    address = f"/committee/assessment/schemes/{world.schemes['C1']}"
    for page in (address, f"{address}/units/{world.units['A']}"):
        assert "These rules are not those that were locked" in world.as_user("assessor").text(page)


def test_no_mark_is_entered_before_the_rules_are_locked(inside: World):
    scheme = set_scheme(db.session, unit(inside, "C1"), 2027, sample_scheme(), **acting(inside))
    wanted = Found(SiteMarkKind.POINTS, "2", SEEN)
    with pytest.raises(AssessmentRefused) as early:
        enter_mark(db.session, scheme, unit(inside, "A"), "L1", wanted, **acting(inside))
    assert refused(early) == "unlocked"
    lock_scheme(db.session, scheme, **acting(inside))
    assert enter_mark(db.session, scheme, unit(inside, "A"), "L1", wanted, **acting(inside)).points == "2"


def test_a_mark_counts_once_another_person_has_seen_its_file_and_signed(world: World):
    page = f"/committee/assessment/schemes/{world.schemes['C1']}/units/{world.units['A']}"
    path = f"{page}/marks/L1"
    first, second = world.as_user("higher_committee"), world.as_user("assessor")
    assert first.submit(path, to=path, found="yes", note=SEEN).status_code == 302
    assert "You have entered this mark yourself" in first.text(path)
    assert "please add a file" in second.text(path)
    with world.app.app_context():
        mark = marks_of(db.session, last_years(world), unit(world, "A"))["L1"]
        acts = f"/committee/assessment/marks/{mark.id}"
        assert why(world, "A", "L1") is Why.AWAITED_SIGNATURE
    sent = first.submit(path, to=f"{acts}/evidence", file=(BytesIO("换届".encode()), "换届.txt"))
    assert sent.status_code == 302
    signed = second.submit(path, to=f"{acts}/sign")
    assert signed.location == page
    assert "signed by" in second.text(page)
    with world.app.app_context():
        line = sheet(world, "A").line("L1")
        assert line is not None
        assert (line.why, line.points) == (Why.MARK, line.out_of)
        written = db.session.scalars(select(AuditEntry.act).order_by(AuditEntry.number.desc()).limit(9)).all()
        acts = [act for act in written if act.startswith("assessment.")]
        assert acts == ["assessment.sign", "assessment.add_evidence", "assessment.mark"]


@pytest.mark.parametrize("change", ["entered anew", "file added", "file removed"])
def test_whatever_changes_in_a_mark_makes_the_signature_void(inside: World, change: str):
    mark = enter(inside, "A", Found(SiteMarkKind.POINTS, "2", SEEN))
    sign(inside, mark)
    assert why(inside, "A", "L1") is Why.MARK
    if change == "file removed":
        remove_site_evidence(db.session, mark.evidence[0], **acting(inside))
    else:
        found = Found(SiteMarkKind.POINTS, "0" if change == "entered anew" else "2", SEEN)
        enter(inside, "A", found, with_file=change == "file added")
    db.session.flush()
    assert mark.second_by is None
    assert why(inside, "A", "L1") is Why.AWAITED_SIGNATURE


def test_what_was_read_is_what_is_signed_and_not_by_the_one_who_entered_it(inside: World):
    mark = enter(inside, "A", Found(SiteMarkKind.POINTS, "2", SEEN))
    read = mark_hash(mark)
    enter(inside, "A", Found(SiteMarkKind.POINTS, "0", SEEN), with_file=False)
    with pytest.raises(AssessmentRefused) as stale:
        sign_mark(db.session, mark, agreed=read, **acting(inside, "assessor"))
    with pytest.raises(AssessmentRefused) as own:
        sign_mark(db.session, mark, agreed=mark_hash(mark), **acting(inside))
    assert (refused(stale), refused(own)) == ("changed", "own")


def test_a_mark_raised_past_the_service_does_not_count(inside: World):
    mark = enter(inside, "A", Found(SiteMarkKind.POINTS, "0", SEEN))
    sign(inside, mark)
    db.session.execute(update(SiteMark).where(SiteMark.id == mark.id).values(points="2"))
    db.session.expire_all()
    assert why(inside, "A", "L1") is Why.AWAITED_SIGNATURE


@pytest.mark.parametrize(
    ("check_point", "found", "reason"),
    [
        ("L1", Found(SiteMarkKind.POINTS, "1", SEEN), "points"),  # yes or no
        ("L1", Found(SiteMarkKind.POINTS, "many", SEEN), "points"),
        ("L1", Found(SiteMarkKind.POINTS, "NaN", SEEN), "points"),
        ("L1", Found(SiteMarkKind.EXEMPT), "note"),
        ("L2", Found(SiteMarkKind.POINTS, "4", SEEN), "not_on_site"),
        ("X9", Found(SiteMarkKind.EXEMPT, note=SEEN), "unknown"),
    ],
)
def test_a_mark_gives_only_what_the_rules_leave_to_it(inside: World, check_point: str, found: Found, reason: str):
    with pytest.raises(AssessmentRefused) as error:
        enter(inside, "A", found, check_point=check_point)
    assert refused(error) == reason


def test_an_exemption_signed_by_two_takes_a_check_point_out_of_the_sum(inside: World):
    before = sheet(inside, "A").line("L2")
    assert before is not None
    mark = enter(inside, "A", Found(SiteMarkKind.EXEMPT, note="书记岗位空缺。"), check_point="L2", with_file=False)
    assert why(inside, "A", "L2") is before.why
    sign(inside, mark)
    assert why(inside, "A", "L2") is Why.EXEMPT


def test_points_lead_to_the_block_of_the_result_and_to_the_sealed_data(world: World):
    page = world.as_user("assessor").page(
        f"/committee/assessment/schemes/{world.schemes['C1']}/units/{world.units['A']}"
    )  # fmt: skip
    result = f"/committee/results/{world.surveys['sealed']}/{world.units['A']}"
    links = {link.get("href") for link in elements(page, "a")}
    assert {f"{result}#items", f"{result}#objectives", f"{result}#returns"} <= links
    with world.app.app_context():
        digest = db.session.get_one(Dataset, world.surveys["sealed"]).sha256
    assert digest in text_of(page)
    blocks = {part.get("id") for part in elements(world.as_user("assessor").page(result), "section")}
    assert {"items", "objectives", "returns"} <= blocks


def test_a_branch_counted_with_others_gets_no_points_from_their_figures(inside: World):
    folded = sheet(inside, "T")
    from_members = [line for line in folded.lines if line.trace.figure and line.trace.figure.name == "member"]
    assert from_members
    assert {line.why for line in from_members} == {Why.TOO_FEW}
    assert all(line.why is not Why.FIGURE for line in folded.lines if line.check_point in ("L2", "L3"))


def test_a_branch_sees_its_own_sheet_and_nobody_elses_place(world: World):
    visitor, scheme = world.as_user("branch secretary"), f"/committee/assessment/schemes/{world.schemes['C1']}"
    own = visitor.page(f"{scheme}/units/{world.units['A']}")
    assert not [link for link in elements(own, "a") if "ranking" in (link.get("href") or "")]
    for closed in ("ranking", "review", f"units/{world.units['B']}"):
        assert visitor.get(f"{scheme}/{closed}").status_code == 404
    assert visitor.get(f"{scheme}/units/{world.units['A']}/marks/L1").status_code == 403


def test_a_ranking_reckons_a_few_results_at_a_time_and_none_twice(inside: World):
    scheme = last_years(inside)
    begun = sheets_of(db.session, scheme, today=TODAY, few=1)
    assert begun.waiting == len(begun.names) - len(begun.sheets)
    while sheets_of(db.session, scheme, today=TODAY, few=1).waiting:
        pass
    assert set(sheets_of(db.session, scheme, today=TODAY, few=0).sheets) == {"A", "B", "T", "C1"}


def test_the_ranking_says_where_a_unit_could_stand_as_well(world: World):
    visitor, scheme = world.as_user("assessor"), f"/committee/assessment/schemes/{world.schemes['C1']}"
    while "Results are being reckoned" in (said := visitor.text(f"{scheme}/ranking")):
        pass
    assert "住建局第一党支部" in said
    assert "may be from 1 to" in said
    review = visitor.text(f"{scheme}/review")
    assert "tell nobody apart" in review


def test_a_unit_that_moves_its_own_days_does_not_move_what_it_is_due(inside: World):
    def due() -> list[date | None]:
        return [line.trace.step.due for line in sheet(inside, "A").lines if line.trace.step is not None]

    before = due()
    assert len(before) > 1
    for kind in StationKind:
        set_station(
            db.session, unit(inside, "A"), 2025, kind, choice=DayChoice.OWN_DAY, due_on=date(2026, 12, 31),
            **acting(inside),
        )  # fmt: skip
    assert due() == before


def test_the_sheet_as_a_file_says_the_same_and_is_the_same_each_time(inside: World):
    note = "=1+1 现场查看"
    sign(inside, enter(inside, "A", Found(SiteMarkKind.POINTS, "2", note)))
    made = sheet(inside, "A")
    days = {"today": TODAY, "made_on": TODAY, "language": "zh_Hans"}
    first, again = (assessment_file(db.session, last_years(inside), unit(inside, "A"), **days) for _ in range(2))
    assert first == again
    book = CalamineWorkbook.from_filelike(BytesIO(first))
    rows = {row[0]: row for row in book.get_sheet_by_index(0).to_python()}
    points = {line.check_point: line.points for line in made.lines if line.points is not None}
    assert {code: rows[code][2] for code in points} == {code: float(given) for code, given in points.items()}
    assert note in [cell for row in book.get_sheet_by_index(1).to_python() for cell in row]
