"""Large files are made while their asker does something else, handed to nobody else, and gone after a week."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, timedelta
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import func, select

from survey_app.clock import SetClock
from survey_app.dossier import jobs
from survey_app.dossier.job_work import JobGone, Watch, in_parts, run_job
from survey_app.extensions import db
from survey_app.models import (
    AuditEntry,
    Dataset,
    ExportJob,
    ExportPart,
    JobState,
    Membership,
    Survey,
    Unit,
    User,
    UserRole,
)
from tests.committee_world import World
from tests.visitor import Visitor


@dataclass
class Later:
    """Work put off until somebody has looked at the page."""

    put_off: list[Callable[[], None]] = field(default_factory=list)

    def do(self) -> None:
        while self.put_off:
            self.put_off.pop(0)()


@pytest.fixture
def later(world: World, monkeypatch: pytest.MonkeyPatch) -> Later:
    """Every file counts as a large one."""
    monkeypatch.setattr(jobs, "LARGE", 0)
    later = Later()
    world.app.config["BACKGROUND"] = later.put_off.append
    return later


def export_path(world: World, identifier: str, unit: str = "C1") -> str:
    return f"/committee/results/{world.surveys['sealed']}/{world.units[unit]}/export/{identifier}"


def ask_for(visitor: Visitor, world: World, identifier: str = "json", unit: str = "C1") -> str:
    """Address of the page that tells how far the file is."""
    answer = visitor.client.get(export_path(world, identifier, unit))
    assert answer.status_code == 302
    assert answer.location.startswith("/committee/jobs/")
    return answer.location


def clock_of(world: World) -> SetClock:
    return world.app.config["CLOCK"]


def job_at(page: str) -> UUID:
    return UUID(page.rsplit("/", 1)[1])


# ---- from asking to the file


def test_a_small_file_comes_at_once(world: World):
    assert world.as_user("secretary").client.get(export_path(world, "json")).mimetype == "application/json"


def test_a_large_file_is_made_apart_and_is_the_same_file(world: World, later: Later, monkeypatch):
    visitor = world.as_user("secretary")
    page = ask_for(visitor, world)
    waiting = visitor.get(page)
    assert "this one begins by itself" in waiting.text
    assert waiting.headers["Refresh"]
    assert "Refresh" not in visitor.get(f"{page}?still=1").headers
    assert visitor.client.get(f"{page}/file").status_code == 404
    later.do()
    ready = visitor.get(page)
    assert "Ready to be downloaded" in ready.text
    assert "Refresh" not in ready.headers
    file = visitor.client.get(f"{page}/file")
    monkeypatch.undo()
    assert file.data == visitor.client.get(export_path(world, "json")).data
    assert file.content_length == len(file.data)
    assert file.headers["Content-Disposition"] == "attachment; filename=C1-member-2025.json"
    assert file.mimetype == "application/json"


def test_each_download_is_written_down_and_asking_is_not(world: World, later: Later):
    visitor = world.as_user("analyst")
    page = ask_for(visitor, world)
    later.do()
    assert acts(world) == []
    for _time in range(2):
        assert visitor.client.get(f"{page}/file").status_code == 200
    assert acts(world) == [("result.export", "analyst", world.units["C1"], "json")] * 2


def acts(world: World) -> list[tuple[str, str, UUID | None, str]]:
    with world.app.app_context():
        found = db.session.scalars(select(AuditEntry).where(AuditEntry.act.in_(["result.export", "rows.export"])))
        return [(entry.act, entry.actor, entry.unit_id, entry.detail["format"]) for entry in found]


def test_asking_twice_makes_one_file(world: World, later: Later):
    visitor = world.as_user("secretary")
    assert ask_for(visitor, world) == ask_for(visitor, world)
    assert len(later.put_off) == 1
    assert ask_for(visitor, world, "workbook") != ask_for(visitor, world)


def test_asked_for_once_more_when_it_is_there_it_is_made_anew_and_the_old_one_goes(world: World, later: Later):
    visitor = world.as_user("secretary")
    first = ask_for(visitor, world)
    later.do()
    second = ask_for(visitor, world)
    later.do()
    assert visitor.get(first).status_code == 404
    assert visitor.client.get(f"{second}/file").status_code == 200


def test_the_list_tells_where_each_file_stands(world: World, later: Later):
    visitor = world.as_user("committee_member")
    assert "There is no file here." in visitor.text("/committee/jobs/")
    ask_for(visitor, world)
    later.do()
    clock_of(world).moment += timedelta(minutes=5)
    ask_for(visitor, world, "workbook")
    text = visitor.text("/committee/jobs/")
    assert text.index("Workbook (.xlsx)") < text.index("Figures (.json)")
    assert "Another file is being made first" in text
    assert "Ready to be downloaded" in text


# ---- whose it is


def test_nobody_else_gets_the_file(world: World, later: Later):
    page = ask_for(world.as_user("secretary"), world)
    later.do()
    for colleague in ("committee_member", "higher_committee", "stranger"):
        other = world.as_user(colleague)
        assert other.client.get(page).status_code == 404
        assert other.client.get(f"{page}/file").status_code == 404
        assert page not in other.get("/committee/jobs/").text


def test_whoever_has_lost_the_right_to_single_answers_has_lost_the_files_too(world: World, later: Later):
    with world.app.app_context():
        analyst = db.session.get_one(User, world.users["analyst"])
        unit = db.session.get_one(Unit, world.units["C1"])
        analyst.memberships.append(Membership(role=UserRole.COMMITTEE_MEMBER, unit=unit))
        job = begun(world, "csv", analyst)
        db.session.commit()
    page, visitor = f"/committee/jobs/{job}", world.as_user("analyst")
    work_off(world, job)
    assert visitor.client.get(f"{page}/file").data.startswith(b"\xef\xbb\xbf")
    assert acts(world)[-1][:2] == ("rows.export", "analyst")
    with world.app.app_context():
        analyst = db.session.get_one(User, world.users["analyst"])
        analyst.memberships[0].until = date(2026, 12, 1)
        db.session.commit()
    assert visitor.client.get(page).status_code == 404
    assert visitor.client.get(f"{page}/file").status_code == 404
    assert "There is no file here." in visitor.text("/committee/jobs/")


def begun(world: World, wanted: str, user: User, **options: object) -> UUID:
    survey = db.session.get_one(Survey, world.surveys["sealed"])
    return jobs.start_job(
        db.session, survey, survey.unit, wanted, language="en", by=user, clock=clock_of(world), **options
    ).id


def work_off(world: World, job: UUID) -> None:
    with world.app.app_context():
        run_job(db.engine, job, clock=clock_of(world), secret=world.app.config["INSTALLATION_SECRET"])


# ---- what goes wrong


def test_a_file_whose_maker_has_vanished_is_offered_anew(world: World, later: Later):
    visitor = world.as_user("secretary")
    page = ask_for(visitor, world)
    later.put_off.clear()  # the service was stopped
    clock_of(world).moment += timedelta(minutes=1)
    assert "Begin anew" not in visitor.get(page).text
    clock_of(world).moment += timedelta(minutes=2)
    assert "Please begin it anew" in visitor.get(page).text
    again = visitor.submit(page, to=f"{page}/anew")
    assert again.location != page
    later.do()
    assert "Ready to be downloaded" in visitor.get(again.location).text
    assert visitor.get(page).status_code == 404


def test_what_cannot_be_made_says_why_and_leaves_nothing_behind(world: World, later: Later):
    visitor = world.as_user("secretary")
    page = ask_for(visitor, world)
    with world.app.app_context():
        db.session.get_one(Dataset, world.surveys["sealed"]).sha256 = "0" * 64
        db.session.commit()
    later.do()
    assert "have been altered" in visitor.get(page).text
    assert "Begin anew" in visitor.get(page).text
    assert parts(world, job_at(page)) == 0


def test_an_unforeseen_fault_is_told_without_its_inside(world: World):
    with world.app.app_context():
        job = begun(world, "no such format", db.session.get_one(User, world.users["secretary"]))
        db.session.commit()
    work_off(world, job)
    text = world.as_user("secretary").text(f"/committee/jobs/{job}")
    assert "The file could not be made." in text
    assert "LookupError" not in text


def parts(world: World, job: UUID) -> int:
    with world.app.app_context():
        return db.session.scalar(select(func.count()).select_from(ExportPart).where(ExportPart.job_id == job)) or 0


def test_a_file_can_be_stopped_and_removed(world: World, later: Later):
    visitor = world.as_user("secretary")
    page = ask_for(visitor, world)
    assert visitor.submit(page, to=f"{page}/remove").location == "/committee/jobs/"
    assert "has been removed" in visitor.text("/committee/jobs/")
    later.do()
    assert visitor.get(page).status_code == 404
    assert parts(world, job_at(page)) == 0


def test_a_file_removed_while_it_is_made_keeps_no_piece(world: World):
    with world.app.app_context():
        job = begun(world, "json", db.session.get_one(User, world.users["secretary"]))
        db.session.commit()
        watch = Watch(db.engine, job, clock_of(world))

        def pieces():
            yield bytes(3 * 1024 * 1024)
            jobs.remove_jobs(db.session, ExportJob.id == job)
            db.session.commit()
            yield b"more"

        with pytest.raises(JobGone):
            watch.keep(pieces())
    assert parts(world, job) == 0


# ---- how far, how long, how many


def test_progress_is_told_at_most_once_a_second(world: World):
    with world.app.app_context():
        job = begun(world, "json", db.session.get_one(User, world.users["secretary"]))
        db.session.commit()
        watch, told = Watch(db.engine, job, clock_of(world)), []
        for done in range(5):
            watch.progress(done, 10)
            clock_of(world).moment += timedelta(seconds=0.5)
            told.append(db.session.scalar(select(ExportJob.done).where(ExportJob.id == job)))
            db.session.rollback()
        watch.write(state=JobState.RUNNING)
    assert told == [0, 0, 2, 2, 4]
    visitor = world.as_user("secretary")
    assert 'max="10" value="4"' in visitor.get(f"/committee/jobs/{job}").text
    assert "40% are done" in visitor.text(f"/committee/jobs/{job}")


def test_files_are_gone_after_a_week(world: World, later: Later):
    visitor = world.as_user("secretary")
    page = ask_for(visitor, world)
    later.do()
    clock_of(world).moment += timedelta(days=6)
    visitor = world.as_user("secretary")
    assert visitor.get(page).status_code == 200
    clock_of(world).moment += timedelta(days=2)
    visitor = world.as_user("secretary")
    assert visitor.get(page).status_code == 404
    assert parts(world, job_at(page)) == 1
    assert "There is no file here." in visitor.text("/committee/jobs/")
    assert parts(world, job_at(page)) == 0
    assert parts(world, world.jobs["C2"]) == 0  # whoever they are of


def test_of_many_files_the_oldest_go(world: World):
    with world.app.app_context():
        secretary = db.session.get_one(User, world.users["committee_member"])
        made = []
        for number in range(jobs.MOST_FILES + 2):
            made.append(begun(world, f"format {number}", secretary))
            clock_of(world).moment += timedelta(seconds=1)
        kept = {job.id for job in jobs.jobs_of(db.session, secretary, clock=clock_of(world))}
    assert kept == set(made[2:])


@given(st.lists(st.binary(max_size=40)), st.integers(1, 17))
def test_pieces_are_cut_anew_without_losing_a_byte(pieces: list[bytes], size: int):
    cut = list(in_parts(pieces, size))
    assert b"".join(cut) == b"".join(pieces)
    assert all(len(part) == size for part in cut[:-1])
    assert all(0 < len(part) <= size for part in cut[-1:])


def test_a_file_larger_than_a_piece_is_handed_over_whole(world: World):
    content = bytes(range(256)) * 10_000
    with world.app.app_context():
        job = begun(world, "json", db.session.get_one(User, world.users["secretary"]))
        db.session.commit()
        watch = Watch(db.engine, job, clock_of(world))
        watch.write(filename="a.json", mime="application/json")
        watch.keep([content])
    assert parts(world, job) == 3
    assert world.as_user("secretary").client.get(f"/committee/jobs/{job}/file").data == content


def test_a_package_is_made_apart_too(world: World):
    import zipfile
    from io import BytesIO

    with world.app.app_context():
        job = begun(world, jobs.PACKAGE, db.session.get_one(User, world.users["secretary"]), year=2025)
        db.session.commit()
    work_off(world, job)
    file = world.as_user("secretary").client.get(f"/committee/jobs/{job}/file")
    manifest = json.loads(zipfile.ZipFile(BytesIO(file.data)).read("manifest.json"))
    assert (manifest["unit"], manifest["cycle"]) == ("C1", 2025)
