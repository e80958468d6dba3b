"""Single answers as files: every format says the same when it is read back, and no row stands alone in any."""

from __future__ import annotations

import csv
import io
import json
import shutil
import subprocess
from collections import Counter
from dataclasses import replace
from datetime import date
from functools import partial
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pyreadstat
import pytest
from docx import Document
from flask import Flask
from flask_babel import force_locale
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from analysis.dataset import NOT_ANSWERED, SealedDataset, UnitNode, build
from analysis.disclosure import Policy, suppress
from instruments.model import Item, ItemType, Option, Translation
from survey_app.errors import RowsRefused
from survey_app.exports import ExportContext, Material, exporter
from survey_app.exports.formats.sav import cut, variable_names
from survey_app.exports.row_groups import SMALLEST, as_handed_out, rarest, rows_of, rows_of_unit
from survey_app.exports.rows import in_pieces, row_batches, row_columns
from survey_app.extensions import db
from survey_app.models import AuditEntry
from survey_app.services.rarity import without_rare
from tests.committee_world import World
from tests.page_checks import elements, text_of
from tests.unit.analysis import synthetic
from tests.visitor import Visitor

DAY = date(2026, 12, 20)
TREE = {"committee": None, "first": "committee", "second": "committee", "third": "committee"}
SIZES = {"first": 120, "second": 90, "third": 40}


def sealed(sizes=SIZES) -> SealedDataset:
    """Answers as sealing leaves them: rare combinations of grouping answers are blanked."""
    units = [unit for unit, count in sizes.items() for _ in range(count)]
    rows = synthetic.answers(len(units), np.random.default_rng(1))
    kept = without_rare(units, [(row["age"], row["tenure"]) for row in rows])
    for row, (age, tenure) in zip(rows, kept, strict=True):
        row["age"], row["tenure"] = age, tenure
    rows[0]["l1"], rows[1]["l1"] = None, -1
    return build(synthetic.instrument(), rows, units, manifest=synthetic.manifest(sizes, parents=TREE))


def material(dataset: SealedDataset, unit: str = "") -> Material:
    view = dataset.for_unit(unit or dataset.manifest.root)
    report = suppress(synthetic.result(view), Policy(dataset.manifest.threshold))
    return Material(report, dataset.instrument, rows=dataset)


@pytest.fixture(scope="module")
def dataset() -> SealedDataset:
    return sealed()


@pytest.fixture(scope="module")
def whole(dataset) -> Material:
    return material(dataset)


@pytest.fixture(scope="module")
def tiny() -> SealedDataset:
    """Of three branches, one with three people."""
    return sealed({"first": 120, "second": 90, "third": 3})


@pytest.fixture
def context(speaking_app: Flask):
    with speaking_app.app_context(), force_locale("en"):
        yield ExportContext("en", DAY)


def made(identifier: str, given: Material, context: ExportContext) -> bytes:
    return exporter(identifier).whole(given, context)


def saved(folder: Path, given: Material, context: ExportContext, *identifiers: str) -> list[Path]:
    """The files as somebody keeps them, side by side."""
    paths = [folder / exporter(one).filename(given.report) for one in identifiers]
    for path, one in zip(paths, identifiers, strict=True):
        path.write_bytes(made(one, given, context))
    return paths


def answers(dataset: SealedDataset) -> list[list[int | None]]:
    """Codes row by row as they were sealed."""
    return [[None if code == NOT_ANSWERED else int(code) for code in row] for row in dataset.codes.T]


# ---- the formats, read back


@pytest.mark.parametrize(("identifier", "encoding"), [("csv", "utf-8-sig"), ("csv-gb18030", "gb18030")])
def test_a_table_read_back_holds_every_answer_as_it_was_sealed(dataset, whole, context, identifier, encoding):
    data = made(identifier, whole, context)
    assert data.startswith(b"\xef\xbb\xbf") == (identifier == "csv")
    head, *rows = csv.reader(io.StringIO(data.decode(encoding), newline=""))
    assert head == ["unit.code", *dataset.columns]
    assert [[int(cell) if cell else None for cell in row[1:]] for row in rows] == answers(dataset)
    assert [row[0] for row in rows] == list(dataset.unit_codes())


@pytest.mark.parametrize("encoding", ["utf-8-sig", "gb18030"])
def test_codes_of_units_come_back_whole_whatever_stands_in_them(context, encoding):
    """Also one with commas and quotation marks, and Chinese ones whose bytes are as many as the longest's."""
    odd = {"first": '一,"支部"\n', "second": "第二", "third": "䶮"}
    plain = sealed()
    units = tuple(
        UnitNode(odd.get(unit.code, unit.code), unit.name, unit.parent and odd.get(unit.parent, unit.parent))
        for unit in plain.manifest.units
    )
    rosters = {odd[code]: roster for code, roster in plain.manifest.rosters.items()}
    named = replace(plain, manifest=replace(plain.manifest, units=units, rosters=rosters), unit="", whole=None)
    data = made("csv" if encoding == "utf-8-sig" else "csv-gb18030", material(named), context)
    rows = list(csv.reader(io.StringIO(data.decode(encoding), newline="")))[1:]
    assert Counter(row[0] for row in rows) == {odd[code]: count for code, count in SIZES.items()}


def test_the_spss_file_has_words_for_questions_and_codes_and_calls_no_opinion_missing(
    dataset, whole, context, tmp_path
):
    (path,) = saved(tmp_path, whole, context, "sav")
    frame, described = pyreadstat.read_sav(path, user_missing=True)
    cells = frame.iloc[:, 1:].to_numpy(float)
    codes = [[None if np.isnan(cell) else int(cell) for cell in row] for row in cells]
    assert codes == answers(dataset)
    assert list(frame["unit.code"]) == list(dataset.unit_codes())
    assert described.column_names_to_labels["l1"] == "[题目l1]"
    assert described.column_names_to_labels["channels.2"] == "[了解渠道]: [公告]"
    assert described.variable_value_labels["l1"] == {
        5: "[非常满意]", 4: "[满意]", 3: "[一般]", 2: "[不满意]", 1: "[非常不满意]", -1: "[不了解]",
    }  # fmt: skip
    assert described.variable_value_labels["unit.code"] == {unit: f"支部 {unit}" for unit in SIZES}
    assert described.missing_ranges["l1"] == [{"lo": -1, "hi": -1}]
    assert described.variable_measure["l1"] == "ordinal"
    read_as_usual, _ = pyreadstat.read_sav(path)
    assert read_as_usual["l1"].isna().sum() == (dataset.column("l1") < 0).sum() > 1


def test_the_spss_file_depends_on_the_day_alone(whole, context):
    first = made("sav", whole, context)
    assert b"20 Dec 2600:00:00" in first[:200]
    assert made("sav", whole, context) == first


def test_names_and_labels_fit_into_an_spss_file():
    assert variable_names(["unit.code", "A1", "a1", "to", "A1_2"]) == ("unit.code", "A1", "a1_2", "to_2", "A1_2_2")
    assert cut("满意度" * 50, 64) == "满意度" * 7
    assert cut("abc", 64) == "abc"


def test_parquet_read_back_holds_the_answers_and_their_words(dataset, whole, context, tmp_path):
    (path,) = saved(tmp_path, whole, context, "parquet")
    table = pq.ParquetFile(path).read()
    assert [list(row.values())[1:] for row in table.to_pylist()] == answers(dataset)
    assert table.column("unit.code").to_pylist() == list(dataset.unit_codes())
    about = table.schema.field("l1").metadata
    assert about[b"label"].decode() == "[题目l1]"
    assert json.loads(about[b"levels"])["5"] == "[非常满意]"
    assert json.loads(about[b"missing"]) == {"-1": "[不了解]"}
    assert table.schema.metadata[b"dataset_sha256"].decode() == dataset.sha256


def test_the_codebook_tells_every_column_every_code_and_every_unit(dataset, whole, context):
    page = Document(io.BytesIO(made("codebook", whole, context)))
    columns, units = ([[cell.text for cell in row.cells] for row in table.rows[1:]] for table in page.tables)
    assert [row[0] for row in columns] == ["unit.code", *dataset.columns]
    by_name = {row[0]: row for row in columns}
    assert "5 [非常满意]" in by_name["l1"][2]
    assert "-1 [不了解] (not scored)" in by_name["l1"][2]
    assert "Satisfied: 5, 4" in by_name["l1"][2]
    assert "Satisfied: 1, 2" in by_name["w4"][2], "asked the other way round"
    assert units == [[code, f"支部 {code}", str(count)] for code, count in SIZES.items()]


def test_every_file_is_made_in_pieces_and_says_how_far_it_is(dataset, whole, context):
    many = replace(
        dataset,
        codes=np.tile(dataset.codes, (1, 200)).copy(),
        units=np.tile(dataset.units, 200).copy(),
        whole=None,
        manifest=replace(dataset.manifest, rows=dataset.rows * 200),
    )
    for identifier in ("csv", "parquet", "sav"):
        told: list[tuple[int, int]] = []
        watched = replace(context, progress=lambda done, total, told=told: told.append((done, total)))
        pieces = list(exporter(identifier).produce(replace(whole, rows=many), watched))
        assert max(map(len, pieces)) < 3 << 20
        assert told[-1] == (many.rows, many.rows)
        assert told == sorted(told)
        if identifier == "csv":
            assert len(pieces) > 1
            assert b"".join(pieces).count(b"\r\n") == many.rows + 1


def test_pieces_are_joined_up_to_a_size():
    assert list(in_pieces([b"ab", b"", b"c", b"def", b"g"], size=3)) == [b"abc", b"def", b"g"]
    assert list(in_pieces([])) == []


def test_columns_say_what_codes_mean_for_every_kind_of_question(context):
    recommend, number, ranked = (Translation(zh_Hans=text) for text in ("推荐", "年数", "排序"))
    options = tuple(Option(code=code, label=Translation(zh_Hans=label)) for code, label in enumerate("甲乙丙", 1))
    plain = synthetic.instrument()
    more = (
        Item(code="nps", type=ItemType.RECOMMEND, text=recommend),
        Item(code="years", type=ItemType.NUMBER, text=number, minimum=0, maximum=40, bands=(0, 10)),
        Item(code="first", type=ItemType.RANKING, text=ranked, options=options, places=2),
    )
    last = plain.sections[-1]
    questionnaire = plain.model_copy(
        update={"sections": (*plain.sections[:-1], last.model_copy(update={"items": (*last.items, *more)}))}
    )
    rows = [{"nps": 10, "years": 1, "first": (3, 1)} for _ in range(20)]
    found = build(questionnaire, rows, ["root"] * 20, manifest=synthetic.manifest({"root": 20}))
    columns = {column.name: column for column in row_columns(found)}
    assert columns["nps"].levels[10] == "10 分"
    assert columns["years"].levels == {0: "0–9", 1: "10–40"}
    assert columns["years"].missing == {-1: "Don't know", -2: "Not applicable"}
    assert columns["first.3"].levels == {1: "Place 1", 2: "Place 2", 0: "No place"}
    assert columns["first.3"].label == "排序: 丙"
    assert "comment" not in columns
    batch = dict(zip(columns, next(row_batches(found))[0].tolist(), strict=True))
    assert (batch["first.3"], batch["first.1"], batch["first.2"], batch["l1"]) == (1, 2, 0, NOT_ANSWERED)


# ---- the script, run by R


def run_r(script: Path) -> subprocess.CompletedProcess[str]:
    """Somewhere else than where the files lie, as anybody would."""
    if shutil.which("Rscript") is None:
        pytest.fail("R is missing: apt-get install r-base-core r-cran-foreign", pytrace=False)
    return subprocess.run(["Rscript", str(script)], cwd="/", capture_output=True, text=True, check=False)


def test_r_reproduces_every_figure_of_the_result_from_the_table(dataset, whole, context, tmp_path):
    script, *_ = saved(tmp_path, whole, context, "r", "csv", "sav")
    ran = run_r(script)
    assert ran.returncode == 0, ran.stderr
    *told, last = ran.stdout.splitlines()
    assert {line.split()[1] for line in told} == {"agrees"}
    assert len(told) >= 6 * len(dataset.instrument.scored_items)
    assert "Columns that are the same in the SPSS file" in ran.stdout
    assert "Cronbach's alpha" in ran.stdout
    assert last == "All figures agree with the result."


def test_r_stops_where_one_answer_has_been_changed(whole, context, tmp_path):
    script, table = saved(tmp_path, whole, context, "r", "csv")
    head, first, *rest = table.read_text(encoding="utf-8-sig").splitlines()
    cells = first.split(",")
    place = head.split(",").index("overall")
    cells[place] = "1" if cells[place] == "5" else "5"
    table.write_text("\n".join([head, ",".join(cells), *rest]), encoding="utf-8-sig")
    ran = run_r(script)
    assert ran.returncode != 0
    assert "overall: Mean" in ran.stderr
    assert "l1" not in ran.stderr


def test_the_script_of_a_small_unit_carries_no_figure_that_its_result_hides(context, tmp_path):
    small = material(sealed({"first": 120, "second": 14, "third": 26}), "second")
    script, *_ = saved(tmp_path, small, context, "r", "csv")
    told = script.read_text(encoding="utf-8")
    assert "mean = NA_real_" in told
    assert "mean = 4" not in told
    assert "alpha = NA_real_" in told, "of so few the reliability is that of the unit above"
    ran = run_r(script)
    assert ran.returncode == 0, ran.stderr


# ---- nobody stands alone


def test_rows_of_a_group_too_small_to_be_told_go_under_the_unit_above_and_are_not_known_by_their_silence(tiny, context):
    """Sealing took the three their answers about themselves; so the fewest others under that unit lose theirs too."""
    table = made("csv", material(tiny), context).decode("utf-8-sig")
    rows = list(csv.DictReader(io.StringIO(table)))
    named = Counter(row["unit.code"] for row in rows)
    assert named == {"first": 120, "committee": 93}
    combinations = Counter((row["unit.code"], row["age"], row["tenure"]) for row in rows)
    assert SMALLEST <= combinations["committee", "", ""] < 30
    assert min(combinations.values()) >= SMALLEST
    codebook = Document(io.BytesIO(made("codebook", material(tiny), context)))
    assert [row.cells[0].text for row in codebook.tables[1].rows[1:]] == ["committee", "first"]


def test_a_hidden_unit_and_one_counted_with_others_get_no_rows(tiny):
    with pytest.raises(RowsRefused) as few:
        rows_of(material(tiny, "third"))
    assert few.value.reason == "few"
    with pytest.raises(RowsRefused) as hidden:
        rows_of(material(tiny, "second"))
    assert hidden.value.reason == "hidden", "its figures would give away those of the three"
    with pytest.raises(RowsRefused) as folded:
        rows_of_unit(material(tiny), "third")
    assert folded.value.reason == "folded"


def test_where_a_question_follows_from_an_answer_about_the_person_rare_rows_are_refused_in_every_format(tiny, context):
    """Leaving the answer out would be of no use: whoever was asked the question is known by it."""
    plain = synthetic.instrument()
    first, second = plain.sections
    asked = [
        item.model_copy(update={"visible_if": "age == 3"}) if item.code == "wish" else item for item in second.items
    ]
    changed = plain.model_copy(update={"sections": (first, second.model_copy(update={"items": tuple(asked)}))})
    given = material(replace(tiny, instrument=changed, whole=None))
    for identifier in ("csv", "csv-gb18030", "sav", "parquet", "r", "codebook"):
        with pytest.raises(RowsRefused) as rare:
            made(identifier, given, context)
        assert rare.value.reason == "rare"


@settings(max_examples=40)
@given(st.fixed_dictionaries({f"u{place}": st.integers(0, 30) for place in range(6)}), st.integers(0, 5))
def test_whatever_the_groups_no_combination_handed_out_is_rare_and_every_cut_agrees_with_the_whole(sizes, seed):
    parents = {"top": None, "left": "top", "right": "top"}
    parents |= {code: "left" if place < 3 else "right" for place, code in enumerate(sizes)}
    sizes = {code: count for code, count in sizes.items() if count} or {"u0": 12}
    whole = about_people_alone(sizes, parents, seed)
    codes = np.array([unit.code for unit in whole.manifest.units])
    over_all = as_handed_out(whole)
    for unit in set(parents) - whole.manifest.hidden_units:
        view, within = whole.for_unit(unit), np.isin(codes[whole.units], whole.manifest.subtree(unit))
        handed = as_handed_out(view)
        assert list(handed.groups) == list(over_all.groups[within])
        assert list(handed.silent) == list(over_all.silent[within])
        assert not set(codes[handed.groups]) & whole.manifest.hidden_units
        rows = Counter(tuple(row[[0, *asked_about(view)]]) for batch in row_batches(view) for row in batch)
        assert min(rows.values()) == rarest(view) >= SMALLEST


def asked_about(dataset: SealedDataset) -> list[int]:
    return [1 + dataset.columns.index(item.code) for item in dataset.instrument.grouping_items]


def about_people_alone(sizes, parents, seed) -> SealedDataset:
    """Only what is asked about the person; the rest is not needed here."""
    rng = np.random.default_rng(seed)
    units = [unit for unit, count in sizes.items() for _ in range(count)]
    kept = without_rare(units, [(int(rng.integers(1, 4)), int(rng.integers(1, 3))) for _ in units])
    rows = [{"age": age, "tenure": tenure} for age, tenure in kept]
    return build(synthetic.instrument(), rows, units, manifest=synthetic.manifest(sizes, parents=parents))


# ---- the page


def data_path(world: World, unit: str = "C1", survey: str = "sealed", rest: str = "") -> str:
    return f"/committee/data/{world.surveys[survey]}/{world.units[unit]}{rest}"


def token_of(visitor: Visitor, world: World) -> str:
    fields = elements(visitor.page(data_path(world)), "input")
    return next(str(field.get("value")) for field in fields if field.get("name") == "csrf_token")


def test_the_analyst_finds_the_way_from_the_result_and_takes_every_format(world: World):
    visitor = world.as_user("analyst")
    result = visitor.page(f"/committee/results/{world.surveys['sealed']}/{world.units['C1']}")
    assert data_path(world) in [link.get("href") for link in elements(result, "a")]
    page = visitor.page(data_path(world))
    offered = [form.get("action") for form in elements(page, "form") if "/data/" in (form.get("action") or "")]
    assert {address.rsplit("/", 1)[1] for address in offered} >= {
        "csv", "csv-gb18030", "sav", "parquet", "r", "codebook",
    }  # fmt: skip
    for address in offered:
        answer = visitor.client.post(address, data={"csrf_token": token_of(visitor, world)})
        assert answer.status_code == 200, address
        assert answer.headers["Content-Disposition"].startswith("attachment")
        assert answer.data
    with world.app.app_context():
        entries = list(db.session.scalars(select(AuditEntry).where(AuditEntry.act == "rows.export")))
        assert {entry.detail["format"] for entry in entries} == {one.rsplit("/", 1)[1] for one in offered}
        assert {(entry.actor, entry.unit_id) for entry in entries} == {("analyst", world.units["C1"])}
        assert all(entry.detail["rows"] >= 10 for entry in entries)


def test_the_page_says_how_much_is_handed_out_and_that_it_is_written_down(world: World):
    text = world.as_user("analyst").text(data_path(world))
    assert "rows" in text
    assert "at least 5" in text.replace("\u00a0", " ")
    assert "written into the record" in text


def test_people_without_the_right_see_neither_the_way_nor_the_page(world: World):
    visitor = world.as_user("secretary")
    result = visitor.page(f"/committee/results/{world.surveys['sealed']}/{world.units['C1']}")
    assert data_path(world) not in [link.get("href") for link in elements(result, "a")]
    assert visitor.get(data_path(world)).status_code == 403
    assert visitor.client.get(
        f"/committee/results/{world.surveys['sealed']}/{world.units['C1']}/export/csv"
    ).status_code == 404  # fmt: skip


def test_a_unit_counted_with_others_is_told_why_it_gets_no_rows(world: World):
    visitor = world.as_user("analyst")
    page = visitor.page(data_path(world, "T"))
    assert "counted with others" in text_of(page)
    assert not [form for form in elements(page, "form") if "/data/" in (form.get("action") or "")]
    token = token_of(visitor, world)
    answer = visitor.client.post(data_path(world, "T", rest="/csv"), data={"csrf_token": token})
    assert answer.status_code == 409


def test_before_sealing_and_for_formats_of_figures_there_is_nothing(world: World):
    visitor = world.as_user("analyst")
    assert visitor.get(data_path(world, survey="open")).status_code == 404
    token = token_of(visitor, world)
    post = partial(visitor.client.post, data={"csrf_token": token})
    assert post(data_path(world, rest="/workbook")).status_code == 404
    assert post(data_path(world, rest="/nothing")).status_code == 404
    assert visitor.client.post(data_path(world, rest="/csv")).status_code == 400
