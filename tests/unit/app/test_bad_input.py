"""Whatever comes in wrongly gets a sentence that says what and where: on the command line, in forms, from files."""

from __future__ import annotations

import io
import json
import os
import re
from datetime import date
from html import unescape
from pathlib import Path

import pytest
from click.testing import CliRunner
from sqlalchemy.orm import Session

from instruments.problems import InstrumentError
from instruments.reading import read
from survey_app import services
from survey_app.clean_text import is_clean, without_controls
from survey_app.cli import main
from survey_app.config import SettingImpossible, read_settings
from survey_app.crypto.codes import generate, normalise
from survey_app.database import build_engine
from survey_app.errors import LoginImpossible
from survey_app.extensions import db
from survey_app.models import Survey, UserRole
from survey_app.services.answers_file import read_column_map
from survey_app.services.table_file import AnswersFileError, TableProblem, read_grid
from tests.district import found_district
from tests.page_checks import check_page, text_of

DATA = Path(__file__).parents[2] / "data"
CSV, QUESTIONNAIRE = DATA / "satisfaction.csv", DATA / "satisfaction.yaml"


@pytest.fixture
def instance(tmp_path, monkeypatch) -> Path:
    folder = tmp_path / "instance"
    monkeypatch.setenv("BRANCH_SURVEY_INSTANCE", str(folder))
    return folder


@pytest.fixture
def run(instance):
    def run(*arguments: object):
        return CliRunner().invoke(main, ["--lang", "en", *map(str, arguments)])

    return run


@pytest.fixture
def ready(run, instance, clock):
    assert run("init").exit_code == 0
    with Session(build_engine(f"sqlite:///{instance / 'branch-survey.sqlite3'}")) as session:
        found_district(session, clock)
        session.commit()
    return run


def one_line(result, status: int) -> str:
    """The refusal of a command: its status, and one line on stderr."""
    assert result.exit_code == status, (result.exit_code, result.output, result.exception)
    lines = result.stderr.splitlines()
    assert len(lines) == 1, lines
    return lines[0]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["nonsense"], "There is no command nonsense."),
        (["history", "import"], "FILE is missing."),
        (["history", "nonsense"], "There is no command nonsense."),
        (["init", "extra"], "There is something too much: extra"),
        (["init", "--bogus"], "There is no option --bogus."),
        (["analyse", "/no/file.csv"], "DATA: There is no file /no/file.csv."),
        (["analyse", "/"], "DATA: / is a folder, not a file."),
        (["analyse", CSV, "--population", "9" * 30], "--population: A whole number from 1 to 10000000 is needed."),
        (["analyse", CSV, "--threshold", "4"], "--threshold: A whole number from 5 to 1000 is needed."),
        (["analyse", CSV, "--json", "/no/folder/x.json"], "--json: There is no folder /no/folder."),
        (["analyse", CSV, "--previous", f"{CSV}:²"], "--previous: write it as FILE:YEAR"),
        (["create-user", "x", "--name", "a\x00b", "--role", "secretary", "--unit", "C"], "--name: One line of text"),
        (["create-user", "x", "--name", "", "--role", "secretary", "--unit", "C"], "--name: This may not be blank."),
        (["create-user", "x", "--name", "B", "--role", "king", "--unit", "C"], "--role: It is one of: administrator"),
        (["export", "x", "-o", ""], "--output: Please name the file."),
    ],
)
def test_a_command_called_wrongly_says_so_in_one_line_with_the_way_to_its_help(run, arguments, said):
    line = one_line(run(*arguments), status=2)
    assert line.startswith(said)
    assert "--help" in line


def test_a_wrong_call_is_answered_in_the_language_of_the_machine(instance):
    chinese = CliRunner().invoke(main, ["analyse", "/no/file.csv"], env={"LANG": "zh_CN.UTF-8", "LC_ALL": ""})
    english = CliRunner().invoke(main, ["analyse", "/no/file.csv"], env={"LANG": "en_GB.UTF-8", "LC_ALL": ""})
    assert "没有文件" in chinese.stderr
    assert "There is no file" in english.stderr


def test_an_earlier_year_has_to_be_earlier(run):
    call = ["analyse", CSV, "--instrument", QUESTIONNAIRE, "--year", 2026]
    line = one_line(run(*call, "--previous", f"{CSV}:2026"), status=1)
    assert line == "satisfaction.csv is of 2026: with --previous stand years before 2026."


def test_a_script_gets_a_failure_as_one_json_object(ready, tmp_path):
    empty = tmp_path / "empty.csv"
    empty.write_bytes(b"")
    call = ["history", "import", empty, "--instrument", QUESTIONNAIRE, "--unit", "district", "--year", 2020, "--json"]
    unknown = ready(*call)
    assert unknown.exit_code == 1
    assert json.loads(unknown.stdout) == {"failed": unknown.stderr.splitlines()}
    wrong = ready("reset-password", "--json")
    assert wrong.exit_code == 2
    assert json.loads(wrong.stdout)["failed"][0].startswith("LOGIN is missing.")


@pytest.mark.parametrize("login", ["", "a b", "张三", "x" * 65, "bob\n.", "-x"])
def test_a_login_that_no_form_would_take_is_refused_by_the_command_too(session, district, clock, login):
    with pytest.raises(LoginImpossible):
        services.create_user(
            session, login=login, name="B", password="a long password", by=services.COMMAND_LINE, clock=clock,
            roles=[(UserRole.SECRETARY, district["district"])],
        )  # fmt: skip


@pytest.mark.parametrize(
    "content",
    ["[]", "{}", '{"provenance": 5}', '{"unit": "x", "provenance": {"threshold": "abc"}}', "[" * 100_000, "\x00"],
)
def test_a_report_that_is_none_is_refused_before_anything_is_reckoned(run, tmp_path, content):
    report = tmp_path / "report.json"
    report.write_text(content, encoding="utf-8")
    line = one_line(run("verify", tmp_path / "no.parquet", "--report", report), status=1)
    assert line.endswith("report.json is not a report in JSON.")


def test_a_questionnaire_in_another_encoding_is_refused_with_its_line(ready, tmp_path):
    other = tmp_path / "other.yaml"
    other.write_bytes(QUESTIONNAIRE.read_text(encoding="utf-8").encode("gb18030"))
    call = ["history", "import", CSV, "--instrument", other, "--unit", "district", "--year", 2020]
    line = one_line(ready(*call), status=1)
    assert line == "line 6: the file is not UTF-8 text"


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("SESSION_HOURS", "soon", "The setting SESSION_HOURS needs a whole number"),
        ("TRUSTED_PROXIES", "-1", "The setting TRUSTED_PROXIES needs a whole number"),
        ("TLS", "perhaps", "The setting TLS is 1 (yes) or 0 (no)."),
        ("LANGUAGE", "fr", "The setting LANGUAGE is zh_Hans or en."),
        ("INSTALLATION_SECRET", "zz", "The setting INSTALLATION_SECRET needs at least 32 bytes"),
        ("DATABASE_URL", "nonsense", "DATABASE_URL is not the address of"),
        ("DATABASE_URL", "mysql://somebody:word@host/x", "DATABASE_URL is not the address of"),
        ("DATABASE_URL", "sqlite:////no/folder/x.db", "The database cannot be used: unable to open"),
    ],
)
def test_a_setting_that_cannot_be_is_named(run, monkeypatch, name, value, said):
    monkeypatch.setenv(f"BRANCH_SURVEY_{name}", value)
    line = one_line(run("init"), status=1)
    assert line.startswith(said)
    assert "word" not in line


@pytest.mark.parametrize(
    ("written", "reason"),
    [(b"x = [", "file"), (b"\xff", "file"), (b"NO_SUCH = 1", "unknown"), (b'SESSION_HOURS = "8"', "count")],
)
def test_a_settings_file_with_a_slip_is_refused(tmp_path, written, reason):
    (tmp_path / "config.toml").write_bytes(written)
    with pytest.raises(SettingImpossible) as refused:
        read_settings({}, tmp_path)
    assert refused.value.reason == reason


def test_a_database_that_is_none_or_newer_is_said_to_be_so(run, instance):
    assert run("init").exit_code == 0
    database = instance / "branch-survey.sqlite3"
    engine = build_engine(f"sqlite:///{database}")
    with engine.begin() as connection:
        connection.exec_driver_sql("update alembic_version set version_num = '9999'")
    engine.dispose()
    assert "revision 9999" in one_line(run("init"), status=1)
    database.write_bytes(b"no database" * 500)
    assert one_line(run("init"), status=os.EX_IOERR) == "The database cannot be used: file is not a database"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("a: b: c", "a colon stands where none can be"),
        ("a:\tb: 1\n", "spaces, not with tabs"),
        ("a: 'x\n", "a quotation mark is opened"),
        ("a: [1, 2\nb: 3", "a bracket [ is opened"),
        ("a:\n  - b\n c: 1\n", "the indentation of this line"),
    ],
)
def test_the_usual_slips_in_yaml_are_said_in_words_of_ours(text, said):
    with pytest.raises(InstrumentError) as refused:
        read(text)
    problem = refused.value.problems[0]
    assert said in problem.message
    assert problem.line


@pytest.mark.parametrize(
    ("written", "said"),
    [
        ("[" * 6000, "cannot be read as YAML: line 1"),
        ("a: b\na: c", "Line 2 of the column map is doubled"),
        ("a: lead1\n- b", "cannot be read as YAML: line 2"),
        ("a: lead1\nb: 5", "Line 2 of the column map is not of the form"),
    ],
)
def test_a_column_map_with_a_slip_names_its_line(written, said):
    with pytest.raises(AnswersFileError, match=re.escape(said)):
        read_column_map(written.encode())


def test_what_is_quoted_from_a_file_is_short_and_can_be_shown():
    problem = TableProblem("“%(value)s” is wrong.", {"value": "9\x00" * 500}, 3, "x\x7f" * 100)
    assert problem.message == "“" + "9" * 40 + "…” is wrong."
    assert problem.column == "x" * 40 + "…"


def test_a_cell_beyond_all_measure_is_not_taken_for_a_stray_quotation_mark():
    with pytest.raises(AnswersFileError, match=r"row 2: A cell has more than \d+ characters"):
        read_grid(f"a,b\n1,{'x' * 200_000}\n".encode(), "a.csv")


def test_text_without_characters_that_are_none(rng):
    assert without_controls("a\x00b\x0bc\ufdd0d\U0001ffffe\r\n\tf") == "ab\ncde\r\n\tf"
    assert is_clean("党员\r\n\t💥")
    assert not is_clean("\x9f")
    code = generate(rng)
    assert normalise("".join(chr(ord(c) + 0xFEE0) for c in code)) == code.replace("-", "")


# pages


def test_a_code_with_one_wrong_character_says_that_it_does_not_fit(world):
    with world.app.app_context():
        survey = db.session.get_one(Survey, world.surveys["open"])
        group = survey.groups[0]
        address, code = f"/s/{survey.slug}/{group.slug}", world.codes["open"][group.slug][0]
    wrong = code[:-1] + ("A" if code[-1] != "A" else "B")
    client = world.app.test_client()
    for typed, said in {
        wrong: "its last character does not fit",
        "我" * 13: "only letters and digits",
        "": "Please type the code from your slip.",
        "x": "this one has 1",
    }.items():
        response = client.post(f"{address}?lang=en", data={"go": "start", "code": typed})
        assert response.status_code == 422
        assert said in text_of(check_page(response.text)), typed


def test_control_characters_in_a_form_are_dropped_at_the_door(world):
    with world.app.app_context():
        survey = db.session.get_one(Survey, world.surveys["open"])
        address = f"/s/{survey.slug}/{survey.groups[0].slug}?lang=en"
    response = world.app.test_client().post(address, data={"go": "start", "code": "\x00ab\ufffec\x0b"})
    assert response.status_code == 422
    check_page(response.text)
    committee = world.as_user("higher_committee")
    answered = committee.submit(
        "/committee/surveys/new", title="a\x00b", closes_on="2026-12-20", version=world.versions["member"]
    )
    assert answered.status_code == 302
    with world.app.app_context():
        assert "ab" in {survey.title for survey in db.session.query(Survey)}


@pytest.mark.parametrize(
    ("field", "typed", "said"),
    [
        ("year", "99999999999", "A year between 2000 and 2100."),
        ("year", "9" * 5000, "A whole number is needed."),
        ("threshold", "1_0", "A whole number is needed."),
        ("threshold", "0", "A number from 5 to 100."),
        ("reference_day", "0001-01-01", "A day between 2000 and 2100."),
        ("closes_on", "9999-12-31", "A day between 2000 and 2100."),
        ("closes_on", "2026-02-30", "A day such as 2026-12-14."),
        ("title", "x" * 100_000, "At most 100 characters."),
    ],
)
def test_absurd_figures_in_a_survey_are_refused_beside_their_field_and_stay_typed(world, field, typed, said):
    values = {"title": "t", "closes_on": "2026-12-20"} | {field: typed}
    response = world.as_user("higher_committee").submit("/committee/surveys/new", **values)
    assert response.status_code == 422
    assert said in text_of(check_page(response.text))
    assert typed in unescape(response.text)


def test_full_width_digits_are_digits(world):
    response = world.as_user("higher_committee").submit(
        "/committee/surveys/new", title="全角", year="２０２６", closes_on="2026-12-20", threshold="１２",
        version=world.versions["member"],
    )  # fmt: skip
    assert response.status_code == 302
    with world.app.app_context():
        survey = db.session.query(Survey).filter_by(title="全角").one()
        assert (survey.year, survey.threshold, survey.closes_on) == (2026, 12, date(2026, 12, 20))


def test_absurd_numbers_in_an_address_find_no_page_or_the_usual_one(world):
    committee = world.as_user("higher_committee")
    assert "2026" in committee.text(f"/committee/organisation/?year={10**20}")
    assert committee.get(f"/committee/audit?before={10**30}").status_code == 200
    unit = world.units["A"]
    assert committee.get(f"/committee/organisation/{unit}/eligible/{10**20}").status_code == 404
    assert committee.get(f"/committee/objectives/{unit}/{10**20}/member").status_code == 404


def test_a_questionnaire_file_with_a_control_character_comes_back_as_text_that_can_be_shown(world):
    committee = world.as_user("higher_committee")
    response = committee.submit("/committee/questionnaires/new", file=(io.BytesIO(b"code: \x00x\n"), "q.yaml"))
    assert response.status_code == 422
    assert "code: x" in text_of(check_page(response.text))


def imported(world, **typed):
    page = "/committee/history/import"
    return world.as_user("higher_committee").submit(page, **{"version": world.versions["member"], **typed})


def test_an_import_of_a_year_that_has_not_come_is_refused(world):
    rows = "\n".join(["lead1,lead2"] + ["5,5"] * 6).encode()
    response = imported(world, year="2050", file=(io.BytesIO(rows), "a.csv"))
    assert response.status_code == 422
    table = (DATA / "satisfaction.csv").read_bytes()
    with world.app.app_context():
        version = services.publish_instrument(
            db.session,
            QUESTIONNAIRE.read_text(encoding="utf-8"),
            by=services.COMMAND_LINE,
            clock=world.app.config["CLOCK"],
        )
        db.session.commit()
        sha256 = version.sha256
    ahead = imported(world, year="2050", version=sha256, file=(io.BytesIO(table), "a.csv"))
    assert ahead.status_code == 422
    assert "2050 lies ahead" in text_of(check_page(ahead.text))


def test_an_import_with_an_old_token_says_so_in_words_and_keeps_what_was_typed(world):
    world.app.config["WTF_CSRF_ENABLED"] = True
    committee = world.as_user("higher_committee")
    answered = committee.client.post("/committee/history/import", data={"title": "kept", "csrf_token": "old"})
    assert answered.status_code == 422
    page = text_of(check_page(answered.text))
    assert "This page: It was open for too long" in page
    assert "CSRF" not in page
    assert 'value="kept"' in answered.text
