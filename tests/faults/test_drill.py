"""The drill: a machine is lost in the middle of a survey, and a backup and two secrets bring everything back.

One life, told once: a sealed year with its review signed, its marks and evidence, and a survey under way whose members
stand at every step. Then the machine is gone, and on another one, on either kind of database, everything is verified
and goes on.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from random import Random

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from survey_app import services
from survey_app.backup.verification import verify_everything
from survey_app.clock import system_clock
from survey_app.config import INSTALLATION_SECRET_FILE, SESSION_KEY_FILE
from survey_app.crypto.blind import blind
from survey_app.crypto.box import credential_message
from survey_app.database import build_engine
from survey_app.models import (
    ActionEvidence,
    AuditEntry,
    ExportJob,
    PointKind,
    Review,
    SiteEvidence,
    SiteMark,
    Survey,
    UserRole,
)
from survey_app.services import COMMAND_LINE, OpenedSurvey
from survey_app.services.reviewed import content_hash, is_unaltered, results_today
from survey_app.services.reviews import sign_review, start_review
from tests.answering import count_and_seal
from tests.district import District, found_district
from tests.faults.commands import typed, well_typed
from tests.faults.server import DATABASES, migrated_database, running
from tests.unit.app.small_questionnaire import CONTENT
from tests.unit.app.voters import answer
from tests.voter import Phone, ScriptVoter
from tests.year_of_the_committee import leave_traces_of_a_year

ACTING = {"by": COMMAND_LINE, "clock": system_clock}
BRANCH = "education"


@dataclass(frozen=True)
class Kept:
    """What is left when the machine is lost: a file, two secrets elsewhere, what people remember and have on phones."""

    backup: Path
    secrets: Path
    head: str
    """The end of the record of acts, noted before the backup."""
    package: Path
    package_key: str
    sealed: str
    sealed_sha256: str
    receipts_sha256: str
    running: OpenedSurvey
    path: str
    has_pass: ScriptVoter
    has_cast: ScriptVoter
    lost_reply: ScriptVoter
    has_slip: ScriptVoter
    receipt: str


def live_a_year(session: Session, secret: bytes) -> tuple[Survey, OpenedSurvey]:
    """A year sealed and reviewed, its marks, files and an export; a survey under way in which a dozen have answered."""
    district = found_district(session, system_clock, years=(2024, 2025, 2026))
    secretary = district.person(UserRole.SECRETARY, BRANCH)
    first = _opened(session, district, 2025, secret)
    answer(session, first, BRANCH, 14, secret=secret)
    services.close_survey(session, first.survey, **ACTING)
    count_and_seal(session, first.survey, first.passphrases, secret=secret, rng=Random(1), **ACTING)
    branch = district[BRANCH]
    review = start_review(
        session, unit=branch, year=2025, held_on=system_clock.today(),
        results=[(first.survey, services.report_for(session, first.survey, branch))],
        agenda=[(PointKind.RETURNS, "回收情况", "回收十四份。")], **ACTING,
    )  # fmt: skip
    review.expected, review.present, review.points[0].decision = 24, 21, "每月通报一次。"
    session.flush()
    assert sign_review(session, review, agreed=content_hash(review), by=secretary, clock=system_clock)
    running = _opened(session, district, 2026, secret)
    answer(session, running, BRANCH, 12, secret=secret)
    before = _opened(session, district, 2024, secret)
    leave_traces_of_a_year(session, first.survey, before=before.survey, after=running.survey, clock=system_clock)
    services.withdraw_survey(session, before.survey, reason="题目有误", copy=False, **ACTING)
    session.commit()
    return first.survey, running


def _opened(session: Session, district: District, year: int, secret: bytes) -> OpenedSurvey:
    draft = district.draft(year=year)
    draft.closes_on = system_clock.today() + timedelta(days=30)
    return services.open_survey(session, draft, secret=secret, **ACTING)


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest) -> Kept:
    """The life up to the loss; members answer through the running service while the backup is made."""
    folder, safe = tmp_path_factory.mktemp("machine"), tmp_path_factory.mktemp("safe")
    with migrated_database("sqlite", folder, request) as url, running(folder, url) as service:
        engine = build_engine(url)
        with Session(engine, expire_on_commit=False) as session:
            sealed, opened = live_a_year(session, service.secret)
            receipts = services.receipts_of(session, sealed)
            digest = services.report_for(session, sealed, sealed.unit).provenance.dataset_sha256
        engine.dispose()
        group = next(group for group in opened.survey.groups if group.unit.code == BRANCH)
        path, codes = f"/s/{opened.survey.slug}/{group.slug}", opened.codes[group.slug]
        voters = [ScriptVoter(Phone(service.port), path, codes.pop(), CONTENT) for _ in range(4)]
        has_pass, has_cast, lost_reply, has_slip = voters
        has_pass.go(until="cast")
        has_cast.go()
        lost_reply.go(until="activate")
        lost_reply.lose_reply()
        for voter in voters:
            voter.phone.hang_up()
        at_home = (folder / "instance", url)
        package = safe / "package.zip"
        made = well_typed(*at_home, "package", "--unit", BRANCH, "--cycle", 2025, "--out", package, "--json")
        head = well_typed(*at_home, "audit", "head").strip()
        well_typed(*at_home, "backup", safe / "backup.zip")
        for name in (INSTALLATION_SECRET_FILE, SESSION_KEY_FILE):
            shutil.copy(folder / "instance" / name, safe / name)
        service.kill()
        shutil.rmtree(folder / "instance")
    assert receipts is not None
    return Kept(
        safe / "backup.zip", safe, head, package, json.loads(made)["public_key"],
        sealed.slug, digest, receipts.sha256, opened, path,
        has_pass, has_cast, lost_reply, has_slip, has_cast.receipt,
    )  # fmt: skip


@pytest.fixture(params=DATABASES)
def another(request: pytest.FixtureRequest, tmp_path: Path, kept: Kept) -> Iterator[tuple[Path, str]]:
    """Another machine, to which the two secrets were carried: its instance folder and an empty database."""
    with migrated_database(request.param, tmp_path, request) as url:
        instance = tmp_path / "instance"
        instance.mkdir(exist_ok=True)
        for name in (INSTALLATION_SECRET_FILE, SESSION_KEY_FILE):
            shutil.copy(kept.secrets / name, instance / name)
        yield instance, url


def test_a_backup_and_two_secrets_bring_everything_back(kept, another, tmp_path):
    passphrases = tmp_path / "passphrases"
    passphrases.write_text(f"{kept.running.survey.slug} {' '.join(kept.running.passphrases[:2])}\n", encoding="utf-8")
    said = well_typed(*another, "restore", kept.backup, "--passphrases-from", passphrases)
    for line in ("Sealed data: 1, all", "Lists of receipts: 1, all", "Signed minutes: 1, all", "Files of evidence: 2"):
        assert f"✓ {line}" in said
    everything_verifies(kept, another)
    members_go_on(kept, another)
    the_scrutineers_open_it(kept, another)


def everything_verifies(kept: Kept, another: tuple[Path, str]) -> None:
    """By commands, as an auditor would, and as pages do."""
    said = well_typed(*another, "audit", "verify", "--expect", kept.head, "--backup", kept.backup)
    assert "✓ What was noted earlier is still there." in said
    assert f"sha256 {kept.sealed_sha256}" in well_typed(*another, "verify", kept.sealed)
    well_typed(*another, "verify", kept.package, "--key", kept.package_key)
    engine = build_engine(another[1])
    with Session(engine) as session:
        sealed = session.scalars(select(Survey).where(Survey.slug == kept.sealed)).one()
        receipts = services.receipts_of(session, sealed)
        assert receipts is not None
        assert (len(receipts.printed), receipts.sha256) == (14, kept.receipts_sha256)
        review = session.scalars(select(Review).where(Review.signed_at.is_not(None))).one()
        assert is_unaltered(session, review)
        assert all(result.is_same for result in results_today(session, review))
        assert session.scalars(select(SiteMark.points)).all() == ["2.5"]
        assert {
            len(file.content) for model in (ActionEvidence, SiteEvidence) for file in session.scalars(select(model))
        }
        assert session.scalars(select(ExportJob)).all() == []  # made anew when somebody asks for it
        assert "backup.restore" in session.scalars(select(AuditEntry.act)).all()
    engine.dispose()


def members_go_on(kept: Kept, another: tuple[Path, str]) -> None:
    """Wherever they stood: with a pass, after the ballot, with a reply that never came, with an untouched slip."""
    instance, url = another
    with running(instance.parent, url) as service:
        voters = [ScriptVoter(Phone(service.port), kept.path, one.code, one.answers) for one in _phones(kept)]
        for voter, before in zip(voters, _phones(kept), strict=True):  # what their browsers remember
            voter.poll, voter.blinding, voter.signature = before.poll, before.blinding, before.signature
            voter.ballot, voter.done = dict(before.ballot), before.done
        has_pass, has_cast, lost_reply, has_slip = voters
        for voter in (has_pass, lost_reply, has_slip):
            voter.persist()
        has_cast.done -= 1
        has_cast.persist()
        assert (has_cast.receipt, has_cast.is_earlier) == (kept.receipt, False)
        thief = ScriptVoter(Phone(service.port), kept.path, kept.has_pass.code, CONTENT, poll=has_pass.poll)
        thief.blinding = blind(thief._key("key"), credential_message(thief._survey, thief._key("key").key_id))
        assert thief.ask_for_pass() == (409, {"error": "used"})
        thief.phone.hang_up()
        assert len({voter.receipt for voter in voters}) == 4
        service.stop()
        assert "failed" not in service.output


def _phones(kept: Kept) -> list[ScriptVoter]:
    return [kept.has_pass, kept.has_cast, kept.lost_reply, kept.has_slip]


def the_scrutineers_open_it(kept: Kept, another: tuple[Path, str]) -> None:
    secret = bytes.fromhex((another[0] / INSTALLATION_SECRET_FILE).read_text(encoding="ascii"))
    engine = build_engine(another[1])
    with Session(engine) as session:
        survey = session.get_one(Survey, kept.running.survey.id)
        services.close_survey(session, survey, **ACTING)
        dataset = count_and_seal(session, survey, kept.running.passphrases[1:], secret=secret, rng=Random(3), **ACTING)
        session.commit()
        assert dataset.rows == 12 + 4
        receipts = services.receipts_of(session, survey)
        assert receipts is not None
        assert receipts.has(kept.receipt)
        assert verify_everything(session).altered == ()
    engine.dispose()


def test_without_the_installation_secret_the_restore_says_where_it_belongs(kept, tmp_path):
    bare = tmp_path / "instance"
    refused = typed(bare, f"sqlite:///{tmp_path / 'new.sqlite3'}", "restore", kept.backup)
    assert refused.returncode == 1
    assert (
        f"put the file installation-secret of the installation that was backed up into {bare} first" in refused.stderr
    )
