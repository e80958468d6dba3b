"""`branch-survey analyse`, `import`, `export`, `verify` and `demo`, as a person or a script would call them."""

from __future__ import annotations

import json
import stat
from pathlib import Path

import pytest
from click.testing import CliRunner
from python_calamine import CalamineWorkbook
from sqlalchemy import update
from sqlalchemy.orm import Session

from survey_app.cli import main
from survey_app.commands.text_tables import as_text, width
from survey_app.database import build_engine
from survey_app.models import Dataset
from survey_app.wording.cells import Cell, Row, Table
from tests.district import found_district

DATA = Path(__file__).parents[2] / "data"


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
    """An initialised installation with the district in it."""
    assert run("init").exit_code == 0
    with Session(engine_of(instance)) as session:
        found_district(session, clock)
        session.commit()
    return run


def engine_of(instance: Path):
    return build_engine(f"sqlite:///{instance / 'branch-survey.sqlite3'}")


def real(name: str) -> tuple[Path, Path]:
    return DATA / f"{name}.csv", DATA / f"{name}.yaml"


@pytest.mark.parametrize(("name", "items", "alpha"), [("satisfaction", 27, 0.93), ("mobi", 24, 0.94)])
def test_analyse_carries_the_real_surveys_through(run, tmp_path, name, items, alpha):
    data, questionnaire = real(name)
    figures = tmp_path / "figures.json"
    result = run("analyse", data, "--instrument", questionnaire, "--json", figures, "--year", 2026)
    assert result.exit_code == 0, result.output
    assert "250 ballots came back" in result.stdout
    assert "Cronbach's alpha" in result.stdout
    content = json.loads(figures.read_text(encoding="utf-8"))
    assert len(content["items"]) == items
    assert content["roster"]["valid"] == 250
    assert content["reliability"]["alpha"]["raw"] == pytest.approx(alpha, abs=0.03)


def test_analyse_knows_the_population_and_earlier_years(run, tmp_path):
    data, questionnaire = real("mobi")
    figures = tmp_path / "figures.json"
    result = run(
        "analyse", data, "--instrument", questionnaire, "--population", 300, "--year", 2026,
        "--previous", f"{data}:2025", "--json", figures,
    )  # fmt: skip
    assert result.exit_code == 0, result.output
    content = json.loads(figures.read_text(encoding="utf-8"))
    first = content["items"][0]["rate"]
    assert first["population"] == 300
    assert first["worst_best"] == [first["satisfied"], first["satisfied"] + 300 - first["n"]]
    assert {change["earlier"]["year"] for change in content["changes"]} == {2025}


def test_analyse_says_every_fault_of_a_file_and_fails(run, tmp_path):
    _data, questionnaire = real("mobi")
    broken = tmp_path / "broken.csv"
    text = real("mobi")[0].read_text(encoding="utf-8").splitlines()
    broken.write_text("\n".join([text[0], text[1].replace(",7,", ",x,", 1), *text[2:]]), encoding="utf-8")
    result = run("analyse", broken, "--instrument", questionnaire)
    assert result.exit_code == 1
    assert result.stderr == "row 2, CUEX1: “x” is neither a number nor one of the answers.\n"
    assert result.stdout == ""


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--instrument", DATA / "mobi.yaml", "--population", 100), "more than the 100 people given"),
        ((), "say with --instrument which questionnaire"),
        (("--instrument", DATA / "satisfaction.yaml"), "has no item “CUEX1”"),
        (
            ("--instrument", DATA / "mobi.yaml", "--threshold", 4),
            "--threshold: A whole number from 5 to 1000 is needed",
        ),
        (("--instrument", DATA / "mobi.yaml", "--previous", "answers.csv"), "write it as FILE:YEAR"),
    ],
)
def test_analyse_refuses_with_a_clear_line(run, arguments, said):
    result = run("analyse", DATA / "mobi.csv", *arguments)
    assert result.exit_code in (1, 2)
    assert said in result.stderr


def import_real(ready, name: str, *more: object):
    data, questionnaire = real(name)
    return ready(
        "history", "import", data, "--instrument", questionnaire, "--unit", "district", "--year", 2024, *more, "--json"
    )


def test_a_year_goes_from_file_to_database_to_workbook_and_verifies(ready, tmp_path):
    stored = json.loads(import_real(ready, "satisfaction", "--eligible", 400).stdout)
    assert stored["rows"] == 250
    book, figures, sealed = (tmp_path / name for name in ("result.xlsx", "result.json", "sealed.parquet"))
    for file, kind in ((book, "xlsx"), (figures, "json"), (sealed, "parquet")):
        exported = ready("export", stored["survey"], "--unit", "district", "--format", kind, "-o", file)
        assert exported.exit_code == 0, exported.output
    assert "Question by question" in CalamineWorkbook.from_path(str(book)).sheet_names
    checked = ready("verify", stored["survey"], "--report", figures)
    assert checked.exit_code == 0, checked.output
    assert f"sha256 {stored['sha256']}" in checked.stdout
    assert "✗" not in checked.stdout
    assert ready("verify", sealed, "--report", figures).exit_code == 0
    again = ready("analyse", sealed, "--year", 2024)
    assert again.exit_code == 0, again.output
    assert stored["sha256"] in again.stdout


def test_verify_notices_one_changed_figure_and_one_changed_byte(ready, instance, tmp_path):
    stored = json.loads(import_real(ready, "mobi").stdout)
    figures = tmp_path / "result.json"
    ready("export", stored["survey"], "--format", "json", "-o", figures)
    content = json.loads(figures.read_text(encoding="utf-8"))
    content["items"][3]["rate"]["satisfied"] += 1
    figures.write_text(json.dumps(content), encoding="utf-8")
    changed_figure = ready("verify", stored["survey"], "--report", figures)
    assert changed_figure.exit_code == 1
    assert "✗ Reckoned again, the figures are the same: items." in changed_figure.stdout

    with Session(engine_of(instance)) as session:
        parquet = bytearray(session.scalars(Dataset.__table__.select().with_only_columns(Dataset.parquet)).one())
        parquet[100] ^= 1
        session.execute(update(Dataset).values(parquet=bytes(parquet)))
        session.commit()
    changed_byte = ready("verify", stored["survey"])
    assert changed_byte.exit_code == 1
    assert "✓ The stored bytes" not in changed_byte.stdout


def test_a_dry_run_checks_everything_and_stores_nothing(ready):
    tried = json.loads(import_real(ready, "mobi", "--dry-run").stdout)
    assert (tried["rows"], tried["stored"]) == (250, False)
    assert json.loads(import_real(ready, "mobi").stdout)["stored"] is True


def test_a_year_is_imported_once_only(ready):
    assert import_real(ready, "mobi").exit_code == 0
    second = import_real(ready, "mobi")
    assert second.exit_code == 1
    assert "have been imported before" in second.stderr


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (("--unit", "nowhere"), "There is no unit with the code nowhere."),
        (("--instrument", "nothing-like-it"), "There is no published questionnaire nothing-like-it."),
        (("--eligible", "200"), "250 answers, more than the 200 people eligible"),
        (("--unit-column", "unit"), "The unit column “unit” is not in the file."),
    ],
)
def test_import_refuses_with_a_clear_line(ready, change, said):
    result = import_real(ready, "mobi", *change)
    assert result.exit_code == 1
    assert said in result.stderr
    assert len(result.stderr.strip().splitlines()) == 1


def test_units_of_a_file_become_reporting_groups_and_small_ones_fold(ready, tmp_path):
    units = ["education"] * 22 + ["finance"] * 14 + ["archive"] * 3 + ["waterworks"] * 18
    lines = ["where,lead1,overall,age"] + [f"{unit},{4 + n % 2},5,1" for n, unit in enumerate(units)]
    questionnaire = tmp_path / "branch-check.yaml"
    from tests.unit.app.test_answers_file import QUESTIONNAIRE

    questionnaire.write_text(QUESTIONNAIRE, encoding="utf-8")
    answers = tmp_path / "answers.csv"
    answers.write_text("\n".join(lines), encoding="gb18030")
    result = ready(
        "history", "import", answers, "--instrument", questionnaire, "--unit", "district", "--unit-column", "where",
        "--year", 2024, "--json",
    )  # fmt: skip
    assert result.exit_code == 0, result.output
    facts = json.loads(result.stdout)
    assert (facts["rows"], facts["groups"]) == (57, 3)


def test_export_writes_over_nothing_unasked(ready, tmp_path):
    stored = json.loads(import_real(ready, "mobi").stdout)
    kept = tmp_path / "kept.xlsx"
    kept.write_bytes(b"dear")
    refused = ready("export", stored["survey"], "-o", kept)
    assert (refused.exit_code, kept.read_bytes()) == (1, b"dear")
    assert ready("export", stored["survey"], "-o", kept, "--force").exit_code == 0
    assert kept.read_bytes()[:2] == b"PK"


def test_commands_about_a_survey_that_is_not_there_say_so(ready, tmp_path):
    for arguments in (("export", "nothing", "-o", tmp_path / "x.xlsx"), ("verify", "nothing")):
        result = ready(*arguments)
        assert result.exit_code == 1
        assert result.stderr == "There is no survey nothing.\n"


def test_verify_says_when_a_file_is_no_sealed_dataset(run, tmp_path):
    wrong = tmp_path / "wrong.parquet"
    wrong.write_bytes(b"not a dataset")
    result = run("verify", wrong)
    assert result.exit_code == 1
    assert result.stderr == "wrong.parquet is no sealed dataset, or it is damaged.\n"


def test_demo_loads_once_keeps_what_is_there_and_goes_again(run, instance):
    assert run("init").exit_code == 0
    loaded = json.loads(run("demo", "--if-empty", "--json").stdout)
    assert loaded["loaded"] is True
    written = Path(loaded["file"])
    assert stat.S_IMODE(written.stat().st_mode) == 0o600
    assert f"/s/{loaded['survey']}/" in written.read_text(encoding="utf-8")
    assert json.loads(run("demo", "--if-empty", "--json").stdout) == {"loaded": False}
    assert run("demo").exit_code == 1
    removed = json.loads(run("demo", "--remove", "--json").stdout)
    assert removed["surveys"] == 15
    assert not written.exists()
    assert json.loads(run("demo", "--remove", "--json").stdout) == {"units": 0, "surveys": 0, "people": 0}


def test_columns_stay_aligned_with_chinese_in_them():
    table = Table(
        "题目",
        "题目",
        (("满意率", True), ("n", True)),
        (Row("活动场所便于使用", (Cell("59%"), Cell("32"))), Row("short", (Cell("100%"), Cell("5")))),
    )
    body = list(as_text(table))[2:]
    assert len({width(line) for line in body}) == 1


def test_published_figures_are_checked_then_confirmed_then_stored(ready):
    csps = DATA / "csps"
    call = [
        "history", "import-aggregates", csps / "csps_organisations_2021_2023.csv", "--map", csps / "csps.yaml",
        "--unit", "district", "--wordings", csps / "csps_items_2021_2023.csv",
    ]  # fmt: skip
    checked = json.loads(ready(*call, "--dry-run", "--json").stdout)
    assert (checked["years"], checked["figures"], checked["stored"]) == ([2021, 2022, 2023], 21104, False)
    assert [row["row"] for row in checked["over_100"]] == [1099, 14147]
    refused = ready(*call)
    assert refused.exit_code == 1
    assert "Row 1099: Government Property Agency, response_rate, 2021: 102.281 is above 100 percent." in refused.stderr
    assert "--confirm-over-100" in refused.stderr
    stored = ready(*call, "--confirm-over-100")
    assert stored.exit_code == 0
    assert "2023: 105 organisations, 2 reference rows." in stored.stdout
    again = ready(*call, "--confirm-over-100")
    assert "has figures of 2021, 2022, 2023 already" in again.stderr
    replaced = json.loads(ready(*call, "--confirm-over-100", "--replace", "--json").stdout)
    assert (replaced["replaced"], replaced["kept"]) == ([2021, 2022, 2023], [])
    without_wordings = ready(*call[:-2], "--confirm-over-100", "--replace")
    assert "Kept as stored, since nothing new was given: wordings." in without_wordings.stdout
