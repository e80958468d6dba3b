"""`branch-survey questionnaire`, as a person or a script would call it: no installation, no database."""

from __future__ import annotations

import json
from io import BytesIO
from pathlib import Path

import pytest
from click.testing import CliRunner
from docx import Document
from jsonschema import Draft202012Validator
from pypdf import PdfReader

from instruments import catalogue
from instruments.catalogue import load_catalogue, read_text
from instruments.json_form import write_json
from instruments.loader import content_hash, load_for_publishing
from instruments.reading import LARGEST
from survey_app.cli import main

TINY = Path(__file__).parents[2] / "data" / "instruments"


@pytest.fixture
def instance(tmp_path, monkeypatch) -> Path:
    folder = tmp_path / "instance"
    monkeypatch.setenv("BRANCH_SURVEY_INSTANCE", str(folder))
    for name in ("LC_ALL", "LANG"):
        monkeypatch.delenv(name, raising=False)
    return folder


@pytest.fixture
def run(instance):
    def run(*arguments: object, language: str = "en"):
        return CliRunner().invoke(main, ["--lang", language, "questionnaire", *map(str, arguments)])

    return run


@pytest.fixture
def written(tmp_path):
    def written(text: str | bytes, name: str = "mine.yaml") -> Path:
        path = tmp_path / name
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        return path

    return written


def changed(old: str, new: str, name: str = "member-satisfaction") -> str:
    text = read_text(name)
    assert old in text
    return text.replace(old, new, 1)


# ---- check


def test_every_ready_questionnaire_is_found_fit_by_its_name(run, instance):
    result = run("check", *catalogue.names(), "--json")
    assert result.exit_code == 0, result.output
    files = json.loads(result.stdout)["files"]
    assert [one["name"] for one in files] == list(catalogue.names())
    assert all(one["fit"] and one["problems"] == [] and one["minutes"] >= 1 for one in files)
    assert not instance.exists()


def test_check_says_every_problem_with_its_line_and_fails(run, written):
    text = changed("scale: satisfaction", "scale: joy").replace("audience: member", "audiense: member")
    result = run("check", written(text))
    assert result.exit_code == 1
    lines = result.stdout.splitlines()
    assert lines[0] == "mine.yaml: to be mended: 3"
    by_number = dict(enumerate(text.splitlines(), start=1))
    audience = next(number for number, line in by_number.items() if line.startswith("audiense"))
    scale = next(number for number, line in by_number.items() if line.endswith("scale: joy"))
    assert lines[1].endswith("audience: key 'audience' is missing")
    assert f"  line {audience}, audiense: unknown key 'audiense'; did you mean 'audience'?" in lines
    assert f"  line {scale}, sections[0].items[0].scale: there is no scale 'joy'" in lines
    assert result.stderr == "Questionnaires to be mended: 1\n"


def test_check_says_it_in_chinese(run, written):
    result = run("check", written(changed("scale: satisfaction", "scale: joy")), language="zh_Hans")
    assert "第 " in result.stdout or "行" in result.stdout
    assert "joy" in result.stdout


def test_check_tells_scripts_the_same_as_facts(run, written):
    bad = written(changed("scale: satisfaction", "scale: joy"), "bad.yaml")
    result = run("check", bad, "suggestion-box", "--json")
    assert result.exit_code == 1
    first, second = json.loads(result.stdout)["files"]
    assert [(problem["place"], problem["message"]) for problem in first["problems"]] == [
        ("sections[0].items[0].scale", "there is no scale 'joy'")
    ]
    assert isinstance(first["problems"][0]["line"], int)
    assert second["fit"]
    assert second["minutes_stated"] == load_catalogue("suggestion-box").minutes


def test_check_gives_hints_without_failing(run, written):
    text = changed("您对支部书记履行抓党建工作职责的情况是否满意？", "您是否不认为支部书记没有履行职责？")
    result = run("check", written(text))
    assert result.exit_code == 0, result.output
    assert "  Hint: line " in result.stdout


def test_check_reads_json_too(run, written):
    path = written(write_json(load_catalogue("suggestion-box")), "mine.json")
    assert run("check", path).stdout.startswith("mine.json: fit to publish.")


def test_check_prints_the_schema_that_its_files_keep_to(run):
    schema = json.loads(run("check", "--schema").stdout)
    Draft202012Validator.check_schema(schema)
    assert schema["$id"] == "urn:branch-survey:questionnaire:1"


# ---- show and diff


def test_show_reads_from_top_to_bottom_with_rules_in_words(run):
    result = run("show", "member-satisfaction")
    assert result.exit_code == 0, result.output
    assert result.stdout.startswith("Member satisfaction\nmember-satisfaction · ")
    for wanted in (
        "## Leading group",
        "1. How satisfied are you with the way the branch secretary",
        "[lead1] one level",
        "Only if the answer to question 22 is “Dissatisfied” or “Very dissatisfied”.",
        "□ Very satisfied, □ Satisfied",
        "Counted as satisfied: Very satisfied, Satisfied",
        "[comment] text, at most 500 characters",
    ):
        assert wanted in result.stdout


def test_show_speaks_the_other_language_on_request(run):
    assert run("show", "activity-before", "--language", "zh_Hans").stdout.startswith("活动前意见征集\n")


def test_diff_says_what_changed_and_what_it_costs(run, written):
    newer = written(changed("您对支部书记履行抓党建工作职责的情况是否满意？", "您对支部书记的工作是否满意？"))
    result = run("diff", "member-satisfaction", newer)
    assert result.exit_code == 0, result.output
    assert "- 您对支部书记履行抓党建工作职责的情况是否满意？" in result.stdout
    assert "+ 您对支部书记的工作是否满意？" in result.stdout
    assert "23 of 24 scored questions stay comparable." in result.stdout
    assert "lead1 “Secretary leads branch work” · Not comparable: wording changed" in result.stdout


def test_diff_of_equals_says_so(run, written):
    same = written(write_json(load_catalogue("service-window")), "same.json")
    result = run("diff", "service-window", same)
    assert (result.exit_code, result.stdout) == (0, "Both say the same.\n")


# ---- import and export


@pytest.mark.parametrize("path", sorted(TINY.glob("*.yaml")), ids=lambda path: path.stem)
def test_a_questionnaire_comes_back_from_every_format_unchanged(run, path, tmp_path):
    before = content_hash(load_for_publishing(path.read_bytes()))
    for wanted, suffix in (("yaml", "yaml"), ("json", "json"), ("xlsform", "xlsx")):
        handed_on, back = tmp_path / f"out.{suffix}", tmp_path / f"back-{suffix}.yaml"
        assert run("export", path, "--format", wanted, "--out", handed_on).exit_code == 0
        result = run("import", handed_on, "--out", back)
        assert result.exit_code == 0, result.output
        assert content_hash(load_for_publishing(back.read_bytes())) == before


def test_a_ready_questionnaire_is_handed_on_with_its_comments(run, tmp_path):
    out = tmp_path / "mine.yaml"
    result = run("export", "member-satisfaction", "--out", out)
    assert result.stdout == f"Questionnaire written to {out}.\n"
    assert out.read_text(encoding="utf-8") == read_text("member-satisfaction")


def test_what_other_programs_will_not_understand_is_listed(run, tmp_path):
    result = run("export", "member-satisfaction", "--format", "xlsform", "--out", tmp_path / "form.xlsx")
    assert result.exit_code == 0, result.output
    assert "Other programs will not understand:" in result.stderr


def test_what_is_left_to_mend_after_an_import_is_listed(run, written, tmp_path):
    out = tmp_path / "out.yaml"
    result = run("import", written(changed("scale: satisfaction", "scale: joy")), "--out", out)
    assert result.exit_code == 0, result.output
    assert out.exists()
    assert result.stderr.startswith("To be mended before it is published:\n  line ")


def test_nothing_is_written_over_without_force(run, written):
    out = written("kept", "kept.yaml")
    for arguments in (("export", "suggestion-box"), ("import", written(read_text("suggestion-box"), "in.yaml"))):
        result = run(*arguments, "--out", out)
        assert (result.exit_code, out.read_text()) == (1, "kept")
        assert "--force" in result.stderr
    assert run("export", "suggestion-box", "--out", out, "--force").exit_code == 0
    assert out.read_text(encoding="utf-8") == read_text("suggestion-box")


# ---- print


def test_print_makes_a_pdf_or_a_document_by_the_name_of_the_file(run, tmp_path):
    paper, document = tmp_path / "paper.pdf", tmp_path / "approval.docx"
    assert run("print", "activity-before", "--out", paper, "--heading", "Third branch").exit_code == 0
    text = PdfReader(BytesIO(paper.read_bytes())).pages[0].extract_text()
    assert "Third branch" in text
    assert "Opinions before an activity" in text
    assert run("print", "activity-before", "--out", document, "--language", "zh_Hans").exit_code == 0
    assert Document(BytesIO(document.read_bytes())).paragraphs[0].text.startswith("活动前意见征集")


# ---- what goes wrong


@pytest.mark.parametrize(
    ("arguments", "status", "said"),
    [
        ((), 2, "Please say what is to be done."),
        (("chekc",), 2, "There is no command chekc."),
        (("check",), 2, "is missing."),
        (("check", "member-satisfacton"), 2, "Ready: activity-after, activity-before"),
        (("check", "mine.yml"), 2, "There is no file mine.yml."),
        (("check", "."), 2, ". is a folder, not a file."),
        (("show", "suggestion-box", "--language", "fr"), 2, "--language: It is one of: zh_Hans, en."),
        (("diff", "suggestion-box"), 2, "is missing."),
        (("export", "suggestion-box", "--out", "nowhere/at/all.yaml"), 2, "There is no folder nowhere/at."),
        (("print", "suggestion-box", "--out", "paper.txt"), 1, "paper.txt is none of these: .pdf, .docx."),
    ],
)
def test_a_wrong_call_is_answered_in_one_line(run, tmp_path, monkeypatch, arguments, status, said):
    monkeypatch.chdir(tmp_path)
    result = run(*arguments)
    assert result.exit_code == status
    assert said in result.stderr
    assert result.stderr.count("\n") == 1


FILES: dict[str, tuple[str, bytes]] = {
    "not UTF-8": ("a.yaml", b"title: \xff"),
    "empty": ("a.yaml", b""),
    "aliases": ("a.yaml", b"a: &a [x]\nb: [*a, *a]\n"),
    "10 MB": ("a.yaml", b"a: " + b"x" * 10_000_000),
    "10 MB of JSON": ("a.json", b'{"a": "' + b"x" * 10_000_000),
    "deep": ("a.json", b"[" * 100_000),
    "open": ("a.json", b'{"schema": 1'),
    "NUL": ("a.yaml", b"title: a\x00b"),
    "not a questionnaire": ("a.yaml", b"- 1\n- 2\n"),
}


@pytest.mark.parametrize(
    ("act", "kind"),
    [
        *((act, kind) for act in ("check", "import") for kind in FILES),
        ("show", "open"),
        ("export", "NUL"),
        ("print", "empty"),
    ],
)
def test_a_hostile_file_is_refused_in_words(run, written, tmp_path, act, kind):
    name, content = FILES[kind]
    path = written(content, name)
    out = tmp_path / ("out.pdf" if act == "print" else "out.yaml")
    result = run(act, path, *(() if act in ("check", "show") else ("--out", out)))
    assert result.exit_code == 1
    assert result.exception is None or isinstance(result.exception, SystemExit)
    assert (result.stdout + result.stderr).strip()
    assert not out.exists()
    if len(content) > LARGEST:
        assert f"larger than {LARGEST} bytes" in result.stdout + result.stderr


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04 no workbook", b"<xml/>"])
def test_a_workbook_that_is_none_is_refused_in_words(run, written, tmp_path, content):
    result = run("import", written(content, "form.xlsx"), "--out", tmp_path / "out.yaml")
    assert result.exit_code == 1
    assert isinstance(result.exception, SystemExit)
    assert result.stderr.strip()


def test_a_workbook_has_to_be_brought_in_first(run, written):
    result = run("check", written(b"PK", "form.xlsx"))
    assert (result.exit_code, "branch-survey questionnaire import" in result.stderr) == (2, True)


def test_help_says_that_a_name_will_do(run):
    for act in ("check", "show", "diff", "export", "print"):
        assert "ready questionnaire" in run(act, "--help").stdout
