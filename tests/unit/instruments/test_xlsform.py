"""Questionnaires go to XLSForm and back; forms of others come in with everything said that has no place."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable, Mapping, Sequence

import pytest
import xlsxwriter
from pyxform.xls2xform import convert

from instruments.catalogue import load_catalogue, names
from instruments.checks import check
from instruments.exporters.layout import FIELDS
from instruments.exporters.xlsform import write_xlsform
from instruments.importers.workbook import read_workbook
from instruments.importers.xlsform import Imported, read_xlsform
from instruments.loader import content_hash, load
from instruments.model import Instrument, Item, ItemType, Section
from instruments.problems import InstrumentError, Problem

Cells = Sequence[Sequence[str | int | float | None]]
SURVEY = ["type", "name", "label::English (en)"]


def form(**sheets: Cells) -> bytes:
    """A workbook as others make them: typed cells, numbers as numbers."""
    stream = io.BytesIO()
    book = xlsxwriter.Workbook(stream, {"in_memory": True, "strings_to_formulas": False})
    for name, rows in sheets.items():
        sheet = book.add_worksheet(name)
        for position, row in enumerate(rows):
            sheet.write_row(position, 0, row)
    book.close()
    return stream.getvalue()


def rows_of(content: bytes, sheet: str) -> list[dict[str, str]]:
    table = read_workbook(content).sheets[sheet]
    return [dict(zip(map(str, table.headings), row, strict=False)) for row in table.rows]


def changed(content: bytes, part: str, change: Callable[[str], str]) -> bytes:
    """The workbook with one part of its package rewritten."""
    stream = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as old, zipfile.ZipFile(stream, "w") as new:
        for name in old.namelist():
            text = old.read(name)
            new.writestr(name, change(text.decode()).encode() if name == part else text)
    return stream.getvalue()


def refused(content: bytes) -> list[str]:
    with pytest.raises(InstrumentError) as error:
        read_xlsform(content)
    return [str(problem) for problem in error.value.problems]


def told(imported: Imported) -> list[str]:
    return [str(problem) for problem in imported.left_out]


def item_of(imported: Imported, code: str) -> Item:
    return next(item for section in load(imported.source).sections for item in section.items if item.code == code)


# There and back ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", names())
def test_a_ready_questionnaire_comes_back_as_it_went(name: str):
    instrument = load_catalogue(name)
    exported = write_xlsform(instrument)
    imported = read_xlsform(exported.content)
    assert content_hash(load(imported.source)) == content_hash(instrument)
    assert imported.left_out == ()


@pytest.mark.parametrize("name", names())
def test_pyxform_converts_what_is_exported_without_a_word(name: str):
    warnings: list[str] = []
    converted = convert(io.BytesIO(write_xlsform(load_catalogue(name)).content), warnings=warnings, validate=False)
    assert "<h:html" in converted.xform
    assert warnings == []


EVERYTHING = """
schema: 1
code: everything
title: {zh_Hans: 标题, en: Title}
audience: staff
annual: false
minutes: 7
local_items: 4
scales:
  sat:
    levels: [{code: 5, label: {zh_Hans: 好, en: Good}}, {code: 1, label: {zh_Hans: 差}}]
    satisfied: [5]
    unscored: [{kind: dont_know, label: {zh_Hans: 不了解}}]
  spare: {levels: [{code: 1, label: {zh_Hans: 一}}, {code: 0, label: {zh_Hans: 零}}], satisfied: [1]}
dimensions: [{code: d, title: {zh_Hans: 维度}}]
sections:
  - code: first
    title: {zh_Hans: 一}
    intro: {zh_Hans: 请看}
    shuffled: true
    items:
      - {code: a, text: {zh_Hans: 甲}, scale: sat, dimension: d, role: overall, reversed: true, matrix: t}
      - {code: b, text: {zh_Hans: 乙}, scale: sat, attention: 5, matrix: t}
      - {code: words, type: information, text: {zh_Hans: 说明}}
      - {code: nps, type: recommend, text: {zh_Hans: 推荐}, visible_if: "a == 5"}
      - {code: yn, type: yes_no, text: {zh_Hans: 是否}, required: false, visible_if: "a != 5"}
  - code: second
    title: {zh_Hans: 二}
    items:
      - code: multi
        type: multiple
        text: {zh_Hans: 多选}
        options:
          - {code: 1, label: {zh_Hans: 甲}}
          - {code: 7, label: {zh_Hans: 其他}, other: true}
          - {code: 9, label: {zh_Hans: 都没有}, exclusive: true}
      - {code: rank, type: ranking, text: {zh_Hans: 排序}, places: 2, visible_if: "multi has 1 or a == dont_know",
         options: [{code: 1, label: {zh_Hans: 甲}}, {code: 2, label: {zh_Hans: 乙}}]}
      - {code: n, type: number, text: {zh_Hans: 数}, minimum: 0, maximum: 90, bands: [0, 30], visible_if: "nps <= 6"}
      - {code: day, type: date, text: {zh_Hans: 日}, earliest: 2020-01-01, latest: 2026-12-31}
      - {code: line, type: text, text: {zh_Hans: 短}, one_line: true, max_length: 40,
         visible_if: "answered(multi_other)"}
      - {code: long, type: text, text: {zh_Hans: 长}, visible_if: "not (n in [1, 2] and yn == 1)"}
"""


@pytest.fixture(scope="module")
def everything() -> Instrument:
    instrument = load(EVERYTHING)
    assert check(instrument) == ()
    return instrument


def test_every_type_stands_in_the_form_in_xlsforms_own_words(everything: Instrument):
    survey = rows_of(write_xlsform(everything).content, "survey")
    rows = {row["name"]: row for row in survey if row["type"] != "end_group"}
    assert {name: row["type"] for name, row in rows.items()} == {
        "first": "begin_group", "first_intro": "note", "t": "begin_group", "a": "select_one sat",
        "b": "select_one sat", "words": "note", "nps": "range", "yn": "select_one yes_no", "second": "begin_group",
        "multi": "select_multiple multi", "multi_other": "text", "rank": "rank rank", "n": "integer", "day": "date",
        "line": "text", "long": "text",
    }  # fmt: skip
    assert rows["t"]["appearance"] == "table-list"
    assert rows["n"]["constraint"] == ". >= 0 and . <= 90"
    assert rows["day"]["constraint"] == ". >= date('2020-01-01') and . <= date('2026-12-31')"
    assert rows["multi"]["constraint"] == "not(selected(., '9') and count-selected(.) > 1)"
    assert rows["long"]["appearance"] == "multiline"
    assert (rows["a"]["required"], rows["yn"]["required"]) == ("yes", "")


def test_rules_mean_the_same_in_xpath_where_an_empty_answer_differs_from_everything(everything: Instrument):
    relevant = {row["name"]: row["relevant"] for row in rows_of(write_xlsform(everything).content, "survey")}
    assert relevant["nps"] == "${a} = '5'"
    assert relevant["yn"] == "(${a} != '' and ${a} != '5' and ${a} != 'dont_know')"
    assert relevant["multi_other"] == "selected(${multi}, '7')"
    assert relevant["rank"] == "selected(${multi}, '1') or ${a} = 'dont_know'"
    assert relevant["n"] == "${nps} <= 6"
    assert relevant["line"] == "${multi_other} != ''"
    assert relevant["long"] == "not((${n} = 1 or ${n} = 2) and ${yn} = '1')"


def test_everything_comes_back_and_what_others_pass_over_is_said(everything: Instrument):
    exported = write_xlsform(everything)
    imported = read_xlsform(exported.content)
    assert (content_hash(load(imported.source)), imported.left_out) == (content_hash(everything), ())
    columns = {problem.values.get("column") for problem in exported.left_out}
    assert {"branch::dimension", "branch::role", "branch::attention", "branch::shuffled", "branch::bands"} <= columns
    assert Problem("branch_scales", None, "XLSForm applications pass over the sheet '%(sheet)s'",
                   {"sheet": "branch_scales"}) in exported.left_out  # fmt: skip


def test_a_draft_that_is_not_fit_yet_comes_back_too():
    draft = load("""
schema: 1
code: draft
title: {zh_Hans: 标题}
audience: member
scales: {empty: {levels: [], satisfied: []}, twice: {levels: [{code: 1, label: {zh_Hans: 一}}, {code: 1, label: {zh_Hans: 二}}], satisfied: [3]}}
sections:
  - {code: q, title: {zh_Hans: 空}, items: []}
  - code: q
    title: {zh_Hans: 一}
    items:
      - {code: q, text: {zh_Hans: 甲}, scale: empty, visible_if: "later == 1"}
      - {code: Q, text: {zh_Hans: 乙}, scale: nowhere, minimum: 3, visible_if: "not a rule"}
      - {code: Q, type: single, text: {zh_Hans: 丙}, scale: twice, options: []}
      - {code: meta, text: {zh_Hans: 丁}, scale: twice, options: [{code: 0, label: {zh_Hans: 一}}]}
      - {code: end, type: information, text: {zh_Hans: 完}, required: false, short: {zh_Hans: 短}, visible_if: "q == 1"}
""")  # noqa: E501
    exported = write_xlsform(draft)
    imported = read_xlsform(exported.content)
    assert load(imported.source) == draft
    assert "the rule “later == 1” cannot be said in XLSForm, so everybody is asked there" in "\n".join(
        map(str, exported.left_out)
    )


def test_the_same_questionnaire_makes_the_same_file(everything: Instrument):
    assert write_xlsform(everything).content == write_xlsform(everything).content


def test_what_looks_like_a_formula_stays_text():
    instrument = load(EVERYTHING.replace("甲", "=cmd|' /c calc'!A0").replace("{zh_Hans: 推荐}", '{zh_Hans: "@推荐"}'))
    content = write_xlsform(instrument).content
    with zipfile.ZipFile(io.BytesIO(content)) as package:
        assert not any(b"<f" in package.read(name) for name in package.namelist() if "worksheets/sheet" in name)
    assert load(read_xlsform(content).source) == instrument


def test_what_somebody_changed_in_the_workbook_counts(everything: Instrument):
    content = changed(
        write_xlsform(everything).content,
        "xl/sharedStrings.xml",
        lambda text: text.replace("{nps} &lt;= 6", "{nps} &lt;= 3 and ${yn} = '1'").replace(". &lt;= 90", ". &lt;= 60"),
    )
    imported = read_xlsform(content)
    item = item_of(imported, "n")
    assert (item.visible_if, item.maximum, item.bands) == ("nps <= 3 and yn == 1", 60, (0, 30))
    assert [problem.template for problem in imported.left_out] == [
        "'%(column)s' says something else than 'relevant', which counts"
    ]


def test_no_key_of_a_questionnaire_was_forgotten():
    """A key added to the model has to be given a place in the workbook."""
    keys = {model: {info.alias or name for name, info in model.model_fields.items()} for model in (Item, Section)}
    assert keys[Item] == {*FIELDS, "code", "type", "text", "short", "hint", "options", "visible_if"}
    assert keys[Section] == {"code", "title", "intro", "items", "shuffled"}
    assert {info.alias or name for name, info in Instrument.model_fields.items()} == {
        "schema", "code", "title", "note", "audience", "annual", "minutes", "local_items", "scales", "dimensions",
        "sections",
    }  # fmt: skip


# Forms of others -----------------------------------------------------------------------------------------------------

VISITORS = form(
    survey=[
        [*SURVEY, "label::Français (fr)", "hint::English (en)", "required", "relevant", "constraint", "calculation",
         "appearance", "media::image", "parameters"],
        ["start", "start"],
        ["text", "full-name", "What is your name?", "Nom ?", "First name first", "yes"],
        ["begin_group", "about", "About you", "Vous", "", "", "", "", "", "field-list"],
        ["integer", "age", "Your age", "Âge", "", "TRUE", "", ". >= 18 and . < 100"],
        ["select_one gender", "gender", "Gender", "", "", "yes"],
        ["select_multiple topics or_other", "topics", "Topics?", "", "", "", "${age} > 20",
         "not(selected(., 'none') and count-selected(.) > 1)", "", "minimal"],
        ["text", "why", "Why?", "", "", "", "selected(${topics}, 'food') or ${gender} = 'f'", "", "", "multiline"],
        ["begin_group", "inner", "Inner"],
        ["select_one yn", "member", "Are you a member?", "", "", "", "${age} != ''"],
        ["end_group"],
        ["calculate", "double", "", "", "", "", "", "", "${age} * 2"],
        ["text", "rich", "And?", "", "", "", "${double} > 3", "", "", "", "cat.png"],
        ["end_group"],
        ["geopoint", "gps", "Where?"],
        ["begin_repeat", "kids", "Children"],
        ["text", "kid", "Name of the child"],
        ["end_repeat"],
        ["range", "nps", "Would you recommend us?", "", "", "", "", "", "", "", "", "start=0 end=10 step=1"],
    ],
    choices=[
        ["list_name", "name", "label::English (en)", "filter"],
        ["gender", "m", "Male"],
        ["gender", "f", "Female"],
        ["topics", "food", "Food", "x"],
        ["topics", "none", "None"],
        ["yn", "yes", "Yes"],
        ["yn", "no", "No"],
        ["unused", "a", "A"],
    ],
    settings=[
        ["form_title", "form_id", "version", "style"],
        ["Visitors' survey", "Visitors_2024", 2024010101, "pages"],
    ],
    notes=[["internal"], ["call Ann"]],
)  # fmt: skip


@pytest.fixture(scope="module")
def visitors() -> Imported:
    return read_xlsform(VISITORS)


def test_a_form_of_others_becomes_a_questionnaire_that_loads(visitors: Imported):
    instrument = load(visitors.source)
    assert (instrument.code, instrument.audience) == ("visitors-2024", "member")
    assert (instrument.title.zh_Hans, instrument.title.en) == ("Visitors' survey", "Visitors' survey")
    assert [(section.code, [item.code for item in section.items]) for section in instrument.sections] == [
        ("section", ["full_name"]),
        ("about", ["age", "gender", "topics", "why", "member", "rich"]),
        ("section_2", ["nps"]),
    ]
    assert check(instrument) == ()


def test_types_limits_and_choices_of_others_are_understood(visitors: Imported):
    age, topics, member = (item_of(visitors, code) for code in ("age", "topics", "member"))
    assert (age.type, age.minimum, age.maximum, age.required) == (ItemType.NUMBER, 18, 99, True)
    assert [(option.code, option.label.en, option.exclusive, option.other) for option in topics.options] == [
        (1, "Food", False, False), (2, "None", True, False), (3, "Other", False, True),
    ]  # fmt: skip
    assert (member.type, item_of(visitors, "nps").type) == (ItemType.YES_NO, ItemType.RECOMMEND)
    assert (item_of(visitors, "full_name").is_short, item_of(visitors, "why").is_short) == (True, False)


def test_rules_of_others_are_said_in_our_codes(visitors: Imported):
    rules = {code: item_of(visitors, code).visible_if for code in ("topics", "why", "member", "rich")}
    assert rules == {
        "topics": "age > 20",
        "why": "topics has 1 or gender == 2",
        "member": "answered(age)",
        "rich": None,
    }


def test_whatever_has_no_place_is_said_with_its_cell(visitors: Imported):
    assert told(visitors) == [
        "survey!A3: assumed: answers in words have at most 500 characters",
        "there is no Chinese for 18 texts: the text in 'English' stands in its place",
        "settings!B2: assumed: the code of the questionnaire is 'visitors-2024'",
        "settings: assumed: it asks members, takes 3 minutes and is not held against objectives",
        "survey!A2: a question of the type 'start' has no place here: start",
        "survey!B3: 'full-name' cannot be a code here; it is called 'full_name'",
        "survey!A3: assumed: the questions from here on, in no group, have a section of their own",
        "choices!A2: the choices of the list 'gender' have numbers here: m = 1, f = 2",
        "choices!A4: the choices of the list 'topics' have numbers here: food = 1, none = 2",
        "survey!J7: the appearance 'minimal' has no place here",
        "survey!C9: the heading of a group inside a group has no place here: Inner",
        "survey!B9: the questions of the group 'inner' inside another group stand in the section around it",
        "survey!A12: a question of the type 'calculate' has no place here: double",
        "survey!A15: a question of the type 'geopoint' has no place here: gps",
        "survey!A16: a repeated group has no place here: kids",
        "survey!A17: a question of a repeated group has no place here: kid",
        "survey!A19: assumed: the questions from here on, in no group, have a section of their own",
        "survey!G13: the rule “${double} > 3” cannot be said here, so everybody is asked",
        "choices!A8: no question uses the list 'unused'",
        "notes: the sheet 'notes' has no place here",
        "survey!D1: the column 'label::Français (fr)' has no place here (3 cells)",
        "survey!K13: 'media::image' has no place here: cat.png",
        "choices!D4: 'filter' has no place here: x",
        "settings!C2: 'version' has no place here: 2024010101",
        "settings!D2: 'style' has no place here: pages",
    ]


def test_a_chinese_form_with_a_table_of_levels_becomes_a_scale_to_be_completed():
    imported = read_xlsform(
        form(
            survey=[
                ["type", "name", "label", "label::English", "relevant", "appearance", "required"],
                ["select_one yn", "joined", "您参加了吗？"],
                ["begin_group", "rating", "评价", "Rating", "${joined} = '1'", "table-list"],
                ["select_one sat", "rooms", "场地", "Rooms", "", "", "yes"],
                ["select_one sat", "food", "伙食", "Food", "${rooms} != '' and ${rooms} <= 2"],
                ["end_group"],
                ["note", "bye", "谢谢"],
            ],
            choices=[
                ["list_name", "name", "label", "label::English"],
                ["yn", 1, "是", "Yes"],
                ["yn", 2, "否", "No"],
                ["sat", 1, "差", "Bad"],
                ["sat", 2, "中", "So so"],
                ["sat", 3, "好", "Good"],
                ["sat", "dont_know", "不了解", "Don't know"],
            ],
        ),
        name="满意度 Survey 2026.xlsx",
    )  # fmt: skip
    instrument = load(imported.source)
    assert (instrument.code, instrument.title.zh_Hans) == ("survey-2026", "满意度 Survey 2026.xlsx")
    scale = instrument.scales["sat"]
    assert [level.code for level in scale.levels] == [3, 2, 1]
    assert [(extra.kind, extra.label.zh_Hans) for extra in scale.unscored] == [("dont_know", "不了解")]
    rooms, food = item_of(imported, "rooms"), item_of(imported, "food")
    assert (rooms.matrix, rooms.text.en, rooms.visible_if) == ("rating", "Rooms", "joined == 1")
    assert food.visible_if == "(joined == 1) and (answered(rooms) and rooms <= 2)"
    assert "scales.sat.satisfied" in {problem.path for problem in check(instrument)}


def test_levels_of_the_library_are_recognised_in_either_language_with_what_satisfies():
    """The order and the names of the list make no difference; a way out is one here too."""
    words = ["Agree", "Strongly agree", "Strongly disagree", "Disagree", "neither agree nor disagree", "Don't know"]
    imported = read_xlsform(
        form(
            survey=[[*SURVEY, "relevant"], ["select_one l", "q", "Q"], ["text", "t", "T", "${q} = 'c2'"]],
            choices=[["list_name", "name", "label"], *(["l", f"c{n}", word] for n, word in enumerate(words))],
        )
    )
    instrument = load(imported.source)
    scale = instrument.scales["agreement"]
    assert [(level.code, level.label.zh_Hans) for level in scale.levels][::4] == [(5, "非常同意"), (1, "非常不同意")]
    assert (scale.satisfied, [extra.kind for extra in scale.unscored]) == ((5, 4), ["dont_know"])
    assert item_of(imported, "t").visible_if == "q == 1"
    assert "choices!A2: assumed: the list 'l' is the ready scale 'agreement'" in told(imported)
    assert check(instrument) == ()


def test_a_form_with_the_habits_of_years_ago_is_read():
    """Aliases, single colons, smart quotes, numbers and blanks as people type them."""
    imported = read_xlsform(
        form(
            Survey=[
                ["Type", "Name", "Caption:English", "Relevance", "Required", "Comment", "disabled"],
                ["begin group", "g", "Group"],
                ["select one from colours", "colour", "Which  colour?", None, "Yes", "ask nicely"],
                ["note", "hello", "Hello", None, "no", "really"],
                ["string", "other_colour", "Which other?", "${colour} = ‘other’", "${colour} = 'x'"],
                ["integer", "gone", "Gone", None, None, None, "yes"],
                [None, None, None, None, None, "just a remark"],
                ["end group"],
            ],
            Choices=[["list name", "value", "caption:English"], ["colours", 2.0, "Blue"], ["colours", "other", "Else"]],
            Settings=[["set form id", "form_title"], ["colours", "Colours"]],
        )
    )
    assert [option.code for option in item_of(imported, "colour").options] == [2, 1]
    line = item_of(imported, "other_colour")
    assert (line.visible_if, line.required) == ("colour == 1", False)
    said = "\n".join(told(imported))
    assert "Survey!E5: the question is required under a condition, which has no place here: ${colour} = 'x'" in said
    assert "Survey!A6: the row is switched off and was passed over" in said
    assert "Survey!F1: the column 'Comment' has no place here (3 cells)" in said


@pytest.mark.parametrize(
    ("expression", "rule"),
    [
        ("${n} = 3", "n == 3"),
        ("3 >= ${n}", "n <= 3"),
        ("${n} != 3.0", "not n == 3"),
        ("not(${n} > 1 and selected(${s}, 'a'))", "not (n > 1 and s == 1)"),
        ("(${s} = 'a' or ${s} = 'b') and ${n} < 9", "(s == 1 or s == 2) and n < 9"),
        ("count-selected(${s}) > 0", "answered(s)"),
        ("${s} = ''", "not answered(s)"),
        ("${s} > 1", None),
        ("${s} = 'c'", None),
        ("${n} = ${s}", None),
        ("${n} > -1", None),
        ("${n} + 1 > 2", None),
        ("today() > '2026-01-01'", None),
        ("(" * 30 + "${n} = 3" + ")" * 30, None),
    ],
)
def test_a_rule_is_said_in_our_words_or_listed(expression: str, rule: str | None):
    imported = read_xlsform(
        form(
            survey=[
                [*SURVEY, "relevant"],
                ["integer", "n", "N"],
                ["select_one l", "s", "S"],
                ["text", "t", "T", expression],
            ],
            choices=[["list_name", "name", "label"], ["l", "a", "A"], ["l", "b", "B"]],
        )
    )
    assert item_of(imported, "t").visible_if == rule
    assert ("survey!D4" in {problem.path for problem in imported.left_out}) is (rule is None)


@pytest.mark.parametrize(
    ("survey", "choices", "problem"),
    [
        ([["select_one x", "q", "Q"]], [["l", "a", "A"]], "survey!A2: there is no list 'x' in the sheet 'choices'"),
        ([["begin_group", "g", "G"], ["text", "q", "Q"]], [], "survey!A2: the group 'g' begins here and ends nowhere"),
        ([["text", "q", "Q"], ["end_group"]], [], "survey!A3: a group ends here that begins nowhere"),
        ([["text", "q", "Q"], ["text", "q", "R"]], [], "survey!B3: the name stands twice in its group"),
        ([["text", "q", "Are you ${who}?"]], [], "survey!C2: there is no question 'who'"),
        ([["wish", "q", "Q"]], [], "survey!A2: there is no question type 'wish'"),
        ([["text", "1q", "Q"]], [], "survey!B2: a name begins with a letter and holds letters, digits, _, - or . only"),
        ([["text", None, "Q"]], [], "survey!B2: the name is missing"),
        ([["rank l", "q", "Q"]], [["l", "a", "A"], ["l", "a", "B"]], "choices!B3: the name stands twice in its list"),
        ([["select_one l", "q", "Q"]], [], "there is no sheet 'choices', where the choices of questions stand"),
        ([["select_one l", "q", "Q"]], [["l", None, "A"]], "choices!B2: the name is missing"),
    ],
)  # fmt: skip
def test_what_pyxform_finds_wrong_is_said_in_its_cell(survey: Cells, choices: Cells, problem: str):
    lists = {"choices": [["list_name", "name", "label"], *choices]} if choices else {}
    assert refused(form(survey=[SURVEY, *survey], **lists)) == [problem]


# Hostile files -------------------------------------------------------------------------------------------------------

PLAIN = form(survey=[SURVEY, ["text", "q", "Q"]])
SHEET = "xl/worksheets/sheet1.xml"


def package(parts: Mapping[str, bytes], *, compression: int = zipfile.ZIP_DEFLATED) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", compression) as archive:
        for name, part in parts.items():
            archive.writestr(name, part)
    return stream.getvalue()


FRAME = {"[Content_Types].xml": b"<Types/>", "xl/workbook.xml": b"<workbook/>"}
ENTITY = '<!DOCTYPE x [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;">]>'


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        (b"", "this is not an Excel workbook (.xlsx)"),
        (b"type,name,label\ntext,q,Q\n", "this is not an Excel workbook (.xlsx)"),
        (package({"word/document.xml": b"", "[Content_Types].xml": b""}), "this is not an Excel workbook (.xlsx)"),
        (b"\xd0\xcf\x11\xe0" + bytes(600),
         "the workbook is in the old format (.xls) or has a password; save it as .xlsx without one"),
        (bytes(5_000_001), "the file is larger than 5000000 bytes"),
        (package(FRAME), "the workbook is damaged and cannot be read"),
        (PLAIN[: len(PLAIN) // 2], "this is not an Excel workbook (.xlsx)"),
        (package({**FRAME, "xl/vbaProject.bin": b"x"}), "the workbook holds macros; save it as .xlsx without them"),
        (package({**FRAME, "xl/macrosheets/x.xml": b""}), "the workbook holds macros; save it as .xlsx without them"),
        (package({**FRAME, SHEET: b"0" * 3_000_000}), "the workbook unpacks to more than 20000000 bytes"),
        (package({**FRAME, **{f"xl/{n}.bin": bytes(100) for n in range(600)}}), "the workbook has more than 500 parts"),
        (package(FRAME, compression=zipfile.ZIP_BZIP2), "the workbook is damaged and cannot be read"),
    ],
    ids=["empty", "csv", "docx", "xls", "large", "bare", "half", "macros", "old macros", "bomb", "parts", "bzip2"],
)  # fmt: skip
def test_a_file_that_is_no_plain_workbook_is_refused(content: bytes, problem: str):
    assert refused(content) == [problem]


@pytest.mark.parametrize("part", [SHEET, "xl/workbook.xml", "xl/styles.xml", "docProps/app.xml"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
def test_entities_are_refused_wherever_they_are_declared(part: str, encoding: str):
    stream = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(PLAIN)) as old, zipfile.ZipFile(stream, "w") as new:
        for name in old.namelist():
            text = old.read(name).decode().partition("?>")[2]
            declared = f'<?xml version="1.0" encoding="{encoding}"?>{ENTITY if name == part else ""}{text}'
            new.writestr(name, declared.encode(encoding))
    assert refused(stream.getvalue()) == ["the workbook declares entities (DOCTYPE), which no workbook needs"]


def test_a_directory_that_lies_about_sizes_does_not_unpack_more():
    content = bytearray(package({**FRAME, SHEET: b"<x>" + b" " * 900_000 + b"</x>"}))
    real, small = (900_007).to_bytes(4, "little"), (50).to_bytes(4, "little")
    assert real in content
    assert refused(bytes(content).replace(real, small)) == ["this is not an Excel workbook (.xlsx)"]


@pytest.mark.parametrize(
    ("cell", "problem"),
    [
        ('<row r="1048576"><c r="A1048576"><v>1</v></c></row>', "a sheet has more than 1500 rows"),
        ('<row r="3"><c r="XFD3"><v>1</v></c></row>', "a sheet has more than 200 columns"),
        ('<row r="3"><c r="A3:B9"><v>1</v></c></row>', "the workbook is damaged and cannot be read"),
        ("<row/>" * 1501 + "<row><c><v>1</v></c></row>", "a sheet has more than 1500 rows"),
        ("<row>" + "<c/>" * 500_000 + "</row>", "the workbook has more than 500000 parts"),
    ],
)
def test_a_sheet_that_reaches_too_far_is_refused_before_it_is_laid_out(cell: str, problem: str):
    content = changed(PLAIN, SHEET, lambda text: text.replace("</sheetData>", cell + "</sheetData>"))
    assert refused(content) == [problem]


def test_one_long_text_in_many_cells_counts_each_time():
    rows = [["text", "q", "x" * 30_000]] * 200
    assert refused(form(survey=[SURVEY, *rows])) == ["the cells hold more than 1500000 characters"]


def test_more_references_or_choices_than_can_be_followed_are_refused():
    rows = [["text", f"q{n}", "${q0}" * 3] for n in range(1001)]
    assert refused(form(survey=[SURVEY, *rows])) == ["survey: the form refers to answers more than 3000 times"]
    asked = [["select_one l", f"q{n}", "Q"] for n in range(301)]
    choices = [["list_name", "name", "label"], *(["l", f"c{n}", "A"] for n in range(10))]
    assert refused(form(survey=[SURVEY, *asked], choices=choices)) == [
        "choices!A2: the questions have more than 3000 choices together"
    ]


def test_formulas_are_never_worked_out_their_last_value_is_taken_and_said():
    stream = io.BytesIO()
    book = xlsxwriter.Workbook(stream, {"in_memory": True})
    sheet = book.add_worksheet("survey")
    sheet.write_row(0, 0, SURVEY)
    sheet.write_row(1, 0, ["text", "q"])
    sheet.write_formula(1, 2, '=CONCATENATE("Y", WEBSERVICE("http://example.org"))', None, "Your view?")
    book.close()
    imported = read_xlsform(stream.getvalue())
    assert item_of(imported, "q").text.zh_Hans == "Your view?"
    assert "survey!C2: a formula stands here; the value it had last is taken" in told(imported)


def test_groups_nested_without_end_are_refused_and_not_followed():
    rows = [["begin_group", f"g{depth}", "G"] for depth in range(1200)] + [["end_group"]] * 1200
    assert len(refused(form(survey=[SURVEY, *rows]))) == 1


def test_hostile_texts_become_harmless_text():
    hostile = "<script>alert(1)</script> \u200fabc ]]> &lt; {0} %(limit)s"
    long = "a\x07b\rc\u2028d" + "x" * 2100
    imported = read_xlsform(form(survey=[SURVEY, ["text", "q", hostile], ["text", "r", long]]))
    assert item_of(imported, "q").text.zh_Hans == hostile
    assert item_of(imported, "r").text.zh_Hans == ("ab\ncd" + "x" * 2100)[:2000]
    assert {"control characters were taken out of the text", "the text was cut after %(limit)s characters"} <= {
        problem.template for problem in imported.left_out
    }


def test_a_workbook_of_ours_in_which_somebody_wrote_nonsense_leaves_it_to_the_loader(everything: Instrument):
    content = changed(
        write_xlsform(everything).content, "xl/sharedStrings.xml", lambda text: text.replace(">overall<", ">boss<")
    )
    with pytest.raises(InstrumentError, match="'boss' is not possible here"):
        load(read_xlsform(content).source)


def test_answering_people_do_not_load_the_readers_of_workbooks():
    import subprocess
    import sys

    script = "import sys, survey_app.web.answer, instruments.importers.xlsform, instruments.exporters.xlsform; " \
             "print(sorted({'pyxform', 'python_calamine', 'openpyxl'} & set(sys.modules)))"  # fmt: skip
    shown = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert shown.stdout.strip() == "[]"
