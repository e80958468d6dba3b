"""The evidence package: what is in it, that it is the same twice, and that nothing of it can be changed unnoticed."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from datetime import timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from werkzeug.test import TestResponse

from analysis.dataset import SealedDataset
from survey_app import services
from survey_app.cli import main
from survey_app.crypto.package_key import public_key, sign
from survey_app.dossier.container import packed, unpacked
from survey_app.dossier.manifest import MANIFEST, SIGNATURE, file_entries, manifest_read, manifest_written
from survey_app.dossier.package import NothingToPack, Package, build_package
from survey_app.dossier.verification import Verified, verify_package
from survey_app.extensions import db
from survey_app.models import Review, Unit, User
from survey_app.services.reviewed import content_hash
from survey_app.services.reviews import sign_review
from tests.committee_world import World
from tests.databases import copy_database
from tests.page_checks import elements, text_of
from tests.visitor import Visitor

SECRET = bytes(range(32))
OTHER_SECRET = bytes(reversed(range(32)))
FIGURES, TABLES = "results/member/figures.json", "results/member/tables.json"
Files = dict[str, bytes]


def made(world: World, code: str = "C1", year: int = 2025, *, with_rows: bool = True) -> Package:
    with world.app.app_context():
        unit = db.session.get_one(Unit, world.units[code])
        return build_package(db.session, unit, year, secret=SECRET, with_rows=with_rows)


@pytest.fixture(scope="module")
def signed_world(finished_world, tmp_path_factory) -> Iterator[World]:
    """The committee's world once the minutes of last year's review are signed."""
    from tests.unit.app.conftest import _app

    folder = tmp_path_factory.mktemp("package")
    given, database = finished_world
    world = replace(given, app=_app(copy_database(database, folder / "world.sqlite3"), folder))
    with world.app.app_context():
        review = db.session.get_one(Review, world.reviews["C1"])
        review.place, review.chair, review.expected, review.present = "会议室", "陆文谦", 29, 27
        review.points[0].decision = "每月通报一次办理情况。"
        secretary = db.session.get_one(User, world.users["secretary"])
        sign_review(db.session, review, agreed=content_hash(review), by=secretary, clock=world.app.config["CLOCK"])
        db.session.commit()
    yield world
    world.app.extensions["engine"].dispose()


@pytest.fixture(scope="module")
def package(signed_world: World) -> Package:
    return made(signed_world)


@pytest.fixture(scope="module")
def without_rows(signed_world: World) -> Package:
    return made(signed_world, with_rows=False)


def files_of(package: Package) -> Files:
    return {name: content for name, content in unpacked(package.content).items() if content is not None}


def forged(files: Files, *, secret: bytes | None = None) -> bytes:
    """What somebody makes of changed files who writes all hashes anew; with a key of their own, or with none."""
    content = {name: data for name, data in files.items() if name not in (MANIFEST, SIGNATURE)}
    manifest = replace(manifest_read(files[MANIFEST]), files=file_entries(content))
    if secret is not None:
        manifest = replace(manifest, public_key=public_key(secret).hex())
    head = manifest_written(manifest)
    signature = files[SIGNATURE] if secret is None else sign(secret, head)
    return packed({MANIFEST: head, SIGNATURE: signature, **content})


def faults(found: Verified) -> list[str]:
    return [check.sentence % check.values for check in found.checks if not check.has_passed]


def changed_figures(files: Files, change: Callable[[dict[str, Any]], None]) -> Files:
    figures = json.loads(files[FIGURES])
    change(figures)
    return {**files, FIGURES: json.dumps(figures, ensure_ascii=False).encode()}


def test_a_package_holds_what_the_assessment_asks_for(package: Package):
    names = set(files_of(package))
    wanted = {"workbook.xlsx", "figures.json", "tables.json", "inputs.json", "rules.json"}
    assert {f"results/member/{name}" for name in wanted} < names
    assert {"minutes.docx", "minutes.json", "plan-ledger.csv", "plan-ledger.json", "audit.jsonl", "readme.txt"} < names
    result = package.manifest.results[0]
    assert f"questionnaires/{result.instrument_sha256}.yaml" in names
    assert f"datasets/{result.dataset_sha256}.parquet" in names
    assert "水务局" not in b"".join(files_of(package).values()).decode("utf-8", "ignore")


def test_every_figure_of_a_package_with_rows_comes_out_again(package: Package):
    found = verify_package(package.content, expected_key=public_key(SECRET))
    assert faults(found) == []
    assert {block for _folder, block in found.only_hashed} <= {"comments"}
    assert any("come out again from the data" in check.sentence for check in found.checks)


def test_without_rows_what_follows_from_the_counts_comes_out_again_and_the_rest_is_named(without_rows: Package):
    found = verify_package(without_rows.content)
    assert faults(found) == []
    assert not any(name.startswith("datasets/") for name in files_of(without_rows))
    recounted = next(check for check in found.checks if "from the counts" in check.sentence)
    assert int(str(recounted.values["count"])) > len(json.loads(files_of(without_rows)[FIGURES])["items"])
    assert "reliability" in {block for _folder, block in found.only_hashed}


def test_made_again_from_the_same_state_it_is_the_same_byte_for_byte(signed_world: World, package: Package):
    with signed_world.app.app_context():
        clock = signed_world.app.config["CLOCK"]
        unit = db.session.get_one(Unit, signed_world.units["C1"])
        services.record(db.session, services.COMMAND_LINE, "package.make", unit, clock=clock, year=2025)
        db.session.commit()
        clock.moment += timedelta(days=40)
    assert made(signed_world).content == package.content
    clock.moment -= timedelta(days=40)


@pytest.mark.parametrize("code", ["A", "T"])
def test_the_package_of_a_branch_has_no_rows_of_the_survey_of_the_unit_above(signed_world: World, code: str):
    """T has too few people and is told the result of the unit above, without its neighbours."""
    branch = made(signed_world, code)
    assert not branch.has_rows
    assert faults(verify_package(branch.content)) == []
    rules = json.loads(files_of(branch)["results/member/rules.json"])
    assert set(rules["locked"]["objectives"]) <= {code, "C1", "W"}


def test_without_a_sealed_annual_survey_there_is_nothing_to_pack(signed_world: World):
    with pytest.raises(NothingToPack):
        made(signed_world, year=2026)


def test_one_byte_changed_in_any_file_is_found(package: Package):
    files = files_of(package)
    changed = {name: with_a_byte_changed(content) for name, content in files.items()}
    kept = {name: files[name] for name in (MANIFEST, SIGNATURE)}
    told = faults(verify_package(packed({**changed, **kept})))
    assert [name for name in files if name not in kept and f"{name} is as it was signed." not in told] == []
    for name in kept:
        assert not verify_package(packed({**files, name: changed[name]})).has_passed, name


def with_a_byte_changed(content: bytes) -> bytes:
    middle = len(content) // 2
    return content[:middle] + bytes([content[middle] ^ 1]) + content[middle + 1 :]


def test_a_file_added_taken_away_or_put_elsewhere_is_found(package: Package):
    files = files_of(package)
    added = faults(verify_package(packed({**files, "results/member/more.txt": b"more"})))
    assert "results/member/more.txt belongs to the package." in added
    fewer = {name: content for name, content in files.items() if name != "plan-ledger.csv"}
    assert "plan-ledger.csv is as it was signed." in faults(verify_package(packed(fewer)))
    turned = dict(reversed(files.items()))
    assert faults(verify_package(packed(turned))) == ["The files stand in the order of the manifest."]


def test_bytes_cut_off_or_slipped_in_between_the_files_are_found(package: Package):
    data = package.content
    assert not verify_package(data[:-100]).has_passed
    assert not verify_package(data[: len(data) // 2]).has_passed
    assert not verify_package(b"hidden" + data).has_passed
    assert not verify_package(data + b"hidden").has_passed
    assert not verify_package(b"").has_passed


def test_one_figure_changed_with_all_hashes_written_anew_is_found_without_the_key(package: Package):
    def better(figures: dict[str, Any]) -> None:
        figures["items"][0]["rate"]["satisfied"] += 1

    files = changed_figures(files_of(package), better)
    told = faults(verify_package(forged(files)))
    assert "The signature fits the manifest and the key that it names." in told
    assert "results/member, reckoned again from the data: items." in told


@pytest.mark.parametrize("kind", ["with rows", "without rows"])
def test_who_signs_with_a_key_of_their_own_is_found_by_the_figures_and_by_the_key(
    kind: str, package: Package, without_rows: Package
):
    def better(figures: dict[str, Any]) -> None:
        told = (item["rate"] for item in figures["items"] if item["rate"].get("bound") == "exact")
        next(told)["interval"][0] += 0.01

    chosen = package if kind == "with rows" else without_rows
    files = changed_figures(files_of(chosen), better)
    told = faults(verify_package(forged(files, secret=OTHER_SECRET)))
    assert len(told) == 1
    assert "reckoned again" in told[0]
    expected = faults(verify_package(forged(files_of(chosen), secret=OTHER_SECRET), expected_key=public_key(SECRET)))
    assert expected == ["It was signed with the expected key."]


def test_counts_changed_together_with_the_figures_that_tell_them_are_found(without_rows: Package):
    """Who raises a count in figures and tables alike has to raise all that follows from it."""
    files = files_of(without_rows)
    figures, tables = json.loads(files[FIGURES]), json.loads(files[TABLES])
    for told in (figures["items"][0], tables["items"][0]):
        told["rate"]["satisfied"] -= 1
    files |= {FIGURES: json.dumps(figures).encode(), TABLES: json.dumps(tables).encode()}
    told = faults(verify_package(forged(files, secret=OTHER_SECRET)))
    assert any("items" in one and "reckoned again" in one for one in told)


def test_one_row_changed_is_found_by_hash_and_by_figures(package: Package):
    files = files_of(package)
    name = f"datasets/{package.manifest.results[0].dataset_sha256}.parquet"
    dataset = SealedDataset.from_parquet(files[name])
    codes = dataset.codes.copy()
    scored = dataset.columns.index(dataset.instrument.scored_items[0].code)
    codes[scored, 0] = 1 if codes[scored, 0] != 1 else 5
    files[name] = replace(dataset, codes=codes, stored_sha256="", whole=None).to_parquet()
    told = faults(verify_package(forged(files, secret=OTHER_SECRET)))
    assert "results/member: the sealed data have the hash that the figures name." in told
    assert any("reckoned again" in one and "items" in one for one in told)


def test_an_objective_lowered_after_the_event_is_found(package: Package):
    files = files_of(package)
    inputs = json.loads(files["results/member/inputs.json"])
    inputs["objectives"][0]["threshold"] = "0.50"
    files["results/member/inputs.json"] = json.dumps(inputs).encode()
    told = faults(verify_package(forged(files, secret=OTHER_SECRET)))
    assert "results/member: the objectives are those that were locked." in told


def test_an_act_changed_or_minutes_rewritten_are_found_by_the_record(package: Package):
    files = files_of(package)
    acts = files["audit.jsonl"].replace(b"survey.seal", b"survey.open", 1)
    assert any("Entry" in one for one in faults(verify_package(forged({**files, "audit.jsonl": acts}))))
    minutes = files["minutes.json"].replace("会议室".encode(), "办公室".encode())
    told = faults(verify_package(forged({**files, "minutes.json": minutes}, secret=OTHER_SECRET)))
    assert told == ["minutes.json is what was signed, by the record of acts."]


def test_nothing_that_stands_in_a_forged_package_makes_the_check_stumble(without_rows: Package):
    documents = (".docx", ".pdf", ".xlsx")
    files = {name: content for name, content in files_of(without_rows).items() if not name.endswith(documents)}
    nonsense = (b"", b"[]", b'{"a": 1}', b"\xff\xfe", b"[" * 5000)
    for name in (MANIFEST, SIGNATURE, "audit.jsonl", FIGURES, TABLES, "results/member/inputs.json"):
        for content in nonsense:
            other = {**files, name: content}
            data = packed(other) if name in (MANIFEST, SIGNATURE) else forged(other, secret=OTHER_SECRET)
            assert not verify_package(data).has_passed, name


@pytest.mark.parametrize("name", ["../evil", "/etc/passwd", "a\\b", "C:/x", "a//b", "", "a/../b"])
def test_names_that_lead_out_of_a_folder_are_no_names(name: str):
    with pytest.raises(ValueError, match="no name"):
        packed({name: b""})


def run(*arguments: str, instance: Path):
    return CliRunner().invoke(main, ["--lang", "en", *arguments], env={"BRANCH_SURVEY_INSTANCE": str(instance)})


def test_on_the_command_line_a_package_is_checked_where_there_is_no_installation(package: Package, tmp_path: Path):
    file = tmp_path / "evidence.zip"
    file.write_bytes(package.content)
    nowhere = tmp_path / "nowhere"
    passed = run("verify", str(file), "--key", public_key(SECRET).hex(), instance=nowhere)
    assert passed.exit_code == 0, passed.output
    assert "✗" not in passed.stdout
    assert not nowhere.exists()
    foreign = run("verify", str(file), "--key", public_key(OTHER_SECRET).hex(), "--json", instance=nowhere)
    assert foreign.exit_code == 1
    assert json.loads(foreign.stdout)["passed"] is False
    file.write_bytes(package.content[:-1] + b"x")
    assert run("verify", str(file), instance=nowhere).exit_code == 1
    assert run("verify", str(file), "--key", "abc", instance=nowhere).exit_code == 2


def asked_for(visitor: Visitor, address: str, **typed: str) -> TestResponse:
    """What comes when the form of the page is sent; a file, so that nothing in it is looked at as a page."""
    fields = elements(visitor.page(address), "input")
    token = next(field.get("value") for field in fields if field.get("name") == "csrf_token")
    return visitor.client.post(address, data={"csrf_token": token, **typed})


def test_a_package_is_made_from_its_page_and_written_down(world: World):
    page = world.as_user("analyst")
    address = f"/committee/packages/{world.units['C1']}/2025"
    assert "Evidence package of 2025" in text_of(page.page(address))
    assert "With the sealed answers" in text_of(page.page(address))
    answer = asked_for(page, address, with_rows="y")
    assert answer.mimetype == "application/zip"
    assert faults(verify_package(answer.data)) == []
    assert any(name.startswith("datasets/") for name in unpacked(answer.data))
    assert "Evidence package made" in text_of(world.as_user("administrator").page("/committee/audit"))


def test_rows_go_along_only_for_those_with_the_right_to_them(world: World):
    address = f"/committee/packages/{world.units['C1']}/2025"
    assert "With the sealed answers" not in text_of(world.as_user("secretary").page(address))
    assert world.as_user("secretary").submit(address, with_rows="y").status_code == 404


def test_a_year_without_a_result_says_what_is_missing(world: World):
    page = world.as_user("secretary").page(f"/committee/packages/{world.units['C1']}/2026")
    assert "no sealed annual survey of 2026" in text_of(page)


def test_the_key_follows_from_the_secret_alone():
    assert public_key(SECRET) == public_key(SECRET) != public_key(OTHER_SECRET)
    with pytest.raises(ValueError, match="shorter"):
        public_key(b"short")


def test_hashes_of_the_manifest_are_those_of_the_files(package: Package):
    listed: Mapping[str, str] = {entry.name: entry.sha256 for entry in package.manifest.files}
    files = {name: content for name, content in files_of(package).items() if name not in (MANIFEST, SIGNATURE)}
    assert {name: sha256(content).hexdigest() for name, content in files.items()} == listed
