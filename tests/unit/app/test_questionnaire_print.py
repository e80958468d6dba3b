"""Questionnaires on paper and as Word documents: what stands there, and that no text does anything but stand there."""

from __future__ import annotations

import re
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path
from xml.etree import ElementTree
from zipfile import ZipFile

import pytest
from docx import Document
from docx.oxml.ns import qn
from flask import Flask
from flask_babel import force_locale
from pypdf import PdfReader

from instruments import catalogue
from instruments.catalogue import load_catalogue
from instruments.loader import content_hash, load_file, load_for_publishing
from instruments.model import Instrument, ItemType, Section, Translation
from survey_app.exports.questionnaire_document import chinese_numeral, questionnaire_document
from survey_app.printing import questionnaire_pdf
from survey_app.printing.questionnaire import questionnaire_data
from survey_app.wording.questionnaire import number_ranges
from survey_app.wording.rules import numbers_of, rule_in_words

TINY = Path(__file__).parents[2] / "data" / "instruments"
HOSTILE = (
    "#set text(fill: red) *x* $y$ \\u{41} @ref",
    '<b>x</b> &amp; "x" ]]> <script>alert(1)</script>',
    "\u202eesrever\u202c \u2067x \u200fمرحبا",
    "a\x00b\x0bc\x1bd\x85ef\ufffeg",
    "{{ 7 * 7 }} %(name)s %s {0} ${HOME}",
    "=1+1",
    "W" * 1900,
    "很长，" * 600,
    "𠮷 \U0010fffd",
)


@pytest.fixture(autouse=True)
def words(app: Flask) -> Iterator[None]:
    with app.app_context():
        yield


def tiny(name: str) -> Instrument:
    return load_file(TINY / f"{name}.yaml")


def printed(instrument: Instrument, language: str = "en", **more: str) -> str:
    """All text of the PDF, glued: where a line or a word is broken is not the question here."""
    pages = PdfReader(BytesIO(questionnaire_pdf(instrument, language=language, **more))).pages
    return glued("".join(page.extract_text() for page in pages))


def glued(text: str) -> str:
    return re.sub(r"[\s\u200b\u00ad-]", "", text)


def document_text(content: bytes) -> str:
    document = Document(BytesIO(content))
    cells = (cell.text for table in document.tables for row in table.rows for cell in row.cells)
    return "\n".join([*(paragraph.text for paragraph in document.paragraphs), *cells])


def rule(text: str, language: str = "en") -> str:
    """A rule about questions of every kind, in words."""
    items = "".join(path.read_text(encoding="utf-8").partition("    items:\n")[2] for path in ABOUT)
    scales = (TINY / "matrix.yaml").read_text(encoding="utf-8").partition("scales:")[2].partition("sections:")[0]
    instrument = load_for_publishing(
        "schema: 1\ncode: rules\ntitle: {zh_Hans: 规则}\naudience: member\n"
        f"scales:{scales}sections:\n  - code: only\n    title: {{zh_Hans: 问题}}\n    items:\n{items}"
        f"      - {{code: why, type: text, text: {{zh_Hans: 为什么}}, visible_if: '{text}'}}\n"
    )
    item = instrument.by_code["why"]
    with force_locale(language):
        return rule_in_words(instrument, item, numbers_of(instrument), language)


ABOUT = [TINY / f"{name}.yaml" for name in ("matrix", "recommend", "multiple_exclusive_other", "number", "yes_no")]
"""Questions 1 to 3 of agreement, 4 from 0 to 10, 5 of several answers, 6 a number, 7 yes or no."""


# ---- rules in words


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("plan <= 2", "the answer to question 1 is “Undecided” or “Disagree”"),
        ("plan == dont_know", "the answer to question 1 is “Don't know”"),
        ("plan != 3", "the answer to question 1 is “Undecided” or “Disagree”"),
        ("plan in [3, dont_know]", "the answer to question 1 is “Agree” or “Don't know”"),
        ("recommend <= 6", "the number in question 4 is at most 6"),
        ("topics has 1", "“History” is ticked in question 5"),
        ("answered(topics_other)", "question 5 is answered"),
        ("not topics has 1", "“History” is not ticked in question 5"),
        ("not plan == 3", "the answer to question 1 is not “Agree”"),
        (
            "plan == 3 and (time == 1 or not answered(result))",
            "the answer to question 1 is “Agree” and (the answer to question 2 is “Disagree”, "
            "or question 3 is not answered)",
        ),
        (
            "not (plan == 1 or time == 1)",
            "this does not hold: (the answer to question 1 is “Disagree”, or the answer to question 2 is “Disagree”)",
        ),
    ],
)
def test_a_rule_is_said_by_the_numbers_and_answers_on_the_paper(text, said):
    assert rule(text) == f"Only if {said}."


def test_numbers_in_a_row_are_said_by_the_first_and_the_last():
    with force_locale("en"):
        assert number_ranges([1, 2, 3, 5, 7, 8]) == "1–3, 5, 7–8"
        assert number_ranges([]) == ""


def test_a_rule_in_the_ready_questionnaires_speaks_of_the_question_before():
    instrument = load_catalogue("member-satisfaction")
    item = instrument.by_code["concerns"]
    with force_locale("zh_Hans"):
        said = rule_in_words(instrument, item, numbers_of(instrument), "zh_Hans")
    assert "22" in said
    assert "“不满意”" in said
    assert "“非常不满意”" in said


# ---- on paper


@pytest.mark.parametrize(
    ("name", "language"), [*((name, "zh_Hans") for name in catalogue.names()), ("member-satisfaction", "en")]
)
def test_every_ready_questionnaire_comes_whole_to_paper(name, language):
    instrument = load_catalogue(name)
    text = printed(instrument, language)
    for section in instrument.sections:
        assert glued(section.title.in_language(language)) in text
        for item in section.items:
            assert glued(item.text.in_language(language)) in text, item.code
            for option in item.options:
                assert glued(option.label.in_language(language)) in text
    assert glued(f"{instrument.code}·{content_hash(instrument)[:8]}") in text


def test_a_sheet_says_who_asks_that_no_name_is_wanted_and_which_page_it_is():
    text = printed(load_catalogue("activity-before"), heading="云汀区直机关第三党支部")
    assert text.startswith("云汀区直机关第三党支部Opinionsbeforeanactivity")
    assert "withoutaname" in text
    assert "1/1" in text


def test_the_pdf_can_be_read_aloud():
    """PDF/UA-1, with its title and its language."""
    reader = PdfReader(BytesIO(questionnaire_pdf(load_catalogue("training-evaluation"), language="zh_Hans")))
    assert b"pdfuaid" in reader.xmp_metadata.stream.get_data()
    assert reader.metadata.title == "培训评价"
    assert reader.trailer["/Root"]["/Lang"] == "zh"
    assert reader.trailer["/Root"]["/MarkInfo"]["/Marked"]


def block_data(name: str) -> list[dict]:
    return questionnaire_data(tiny(name), language="en")["parts"][0]["blocks"]


def test_neighbours_on_the_same_scale_share_one_table():
    [block] = block_data("matrix")
    assert block["heads"] == ["Agree", "Undecided", "Disagree", "Don't know"]
    assert [question["number"] for question in block["questions"]] == ["1", "2", "3"]
    assert printed(tiny("matrix")).count("□") == 1 + 3 * 4


def test_levels_too_long_for_a_column_stand_below_each_other():
    instrument = tiny("matrix")
    levels = [
        level.model_copy(update={"label": Translation(zh_Hans="长" * 30)})
        for level in instrument.scales["agreement"].levels
    ]
    scale = instrument.scales["agreement"].model_copy(update={"levels": tuple(levels)})
    long = Instrument.model_construct(**{**dict(instrument), "scales": {"agreement": scale}})
    blocks = questionnaire_data(long, language="zh_Hans")["parts"][0]["blocks"]
    assert [block["heads"] for block in blocks] == [[], [], []]
    assert {block["questions"][0]["control"] for block in blocks} == {"stack"}


def test_every_kind_of_question_has_its_place_to_answer():
    controls = {
        path.stem: questionnaire_data(load_file(path), language="en")["parts"][0]["blocks"][0]["questions"][0]
        for path in TINY.glob("*.yaml")
    }
    assert controls["ranking"]["control"] == "places"
    assert "1 for the first place, and so on to 2" in controls["ranking"]["remarks"][-1]
    assert controls["date"]["control"] == "date"
    assert controls["recommend"]["offered"] == [str(number) for number in range(11)]
    assert controls["short_text"]["lines"] == 1 < controls["long_text"]["lines"]
    assert controls["multiple_exclusive_other"]["offered"][2] == {"label": "Something else", "line": 1}
    assert "“None of these” only by itself" in controls["multiple_exclusive_other"]["remarks"][-1]
    assert controls["number"]["control"] == "number"


def test_an_attention_check_is_not_given_away_on_paper():
    instrument = tiny("attention")
    assert "ttentioncheck," not in printed(instrument)
    assert "Attention check, to be answered with" in document_text(questionnaire_document(instrument, language="en"))


def saying(*texts: str) -> Instrument:
    """A questionnaire with a section that says each text everywhere, made without the checks that refuse some of it."""
    sections = tuple(section_saying(text, number) for number, text in enumerate(texts))
    words = Translation.model_construct(zh_Hans=texts[0], en=texts[0])
    return Instrument.model_construct(**{**dict(tiny("ranking")), "title": words, "note": words, "sections": sections})


def section_saying(text: str, number: int) -> Section:
    words = Translation.model_construct(zh_Hans=text, en=text)
    section = tiny("multiple_exclusive_other").sections[0]
    options = tuple(option.model_copy(update={"label": words}) for option in section.items[0].options)
    first = section.items[0].model_copy(
        update={"code": f"a{number}", "text": words, "hint": words, "options": options},
    )
    items = (
        first,
        first.model_copy(update={"code": f"read{number}", "type": ItemType.INFORMATION, "options": ()}),
        first.model_copy(update={"code": f"b{number}", "visible_if": f"a{number} has 1"}),
    )
    return section.model_copy(update={"title": words, "intro": words, "items": items})


def test_hostile_text_stands_on_paper_as_text():
    found = printed(saying(*HOSTILE), heading=HOSTILE[3])
    for text in HOSTILE:
        if text.isprintable() and "\U0010fffd" not in text:
            assert glued(text) in found
    assert not re.search("[\u202a-\u202e\u2066-\u2069]", found)


def test_hostile_text_stands_in_a_word_document_as_text():
    content = questionnaire_document(saying(*HOSTILE), language="zh_Hans", unit_name=HOSTILE[3])
    assert elements_of(content) == elements_of(questionnaire_document(saying("一"), language="zh_Hans", unit_name="一"))
    found = document_text(content)
    assert not re.search("[\x00-\x08\x0b-\x1f\u202a-\u202e\u2066-\u2069]", found)
    for text in HOSTILE:
        if text.isprintable():
            assert found.count(text) >= 5


def elements_of(content: bytes) -> set[str]:
    """Kinds of elements in a document, line breaks aside: no text brings another."""
    with ZipFile(BytesIO(content)) as parts:
        body = ElementTree.fromstring(parts.read("word/document.xml"))
    return {node.tag.rpartition("}")[2] for node in body.iter()} - {"br", "tab"}


# ---- for approval


@pytest.mark.parametrize("language", ["zh_Hans", "en"])
@pytest.mark.parametrize("name", catalogue.names())
def test_every_ready_questionnaire_comes_whole_to_word(name, language):
    instrument = load_catalogue(name)
    text = document_text(questionnaire_document(instrument, language=language))
    for section in instrument.sections:
        assert section.title.in_language(language) in text
        assert [item.code for item in section.items if item.text.in_language(language) not in text] == []
    assert content_hash(instrument)[:8] in text


def test_those_who_approve_see_what_counts_as_satisfied_and_who_signs():
    document = Document(BytesIO(questionnaire_document(load_catalogue("member-satisfaction"), language="en")))
    dimensions, scales, signing = document.tables
    assert [cell.text for cell in dimensions.rows[1].cells] == ["Leading group", "1–4"]
    levels, satisfied, unscored, numbers = (cell.text for cell in scales.rows[1].cells)
    assert levels.startswith("Very satisfied (5), Satisfied (4)")
    assert (satisfied, unscored, numbers) == ("Very satisfied, Satisfied", "Don't know", "1–22")
    assert [row.cells[0].text for row in signing.rows] == ["", "Drafted by", "Reviewed by", "Approved by"]
    text = "\n".join(paragraph.text for paragraph in document.paragraphs)
    assert "28 questions, about" in text
    assert "Results are also shown by the groups of: question 27–28." in text
    assert "Only if the answer to question 22 is “Dissatisfied” or “Very dissatisfied”." in text


def test_a_document_without_scored_questions_says_so():
    text = document_text(questionnaire_document(load_catalogue("activity-before"), language="en"))
    assert "Nothing in this questionnaire is scored" in text


def test_the_document_has_the_look_of_an_official_paper():
    document = Document(BytesIO(questionnaire_document(load_catalogue("activity-before"), language="zh_Hans")))
    section = document.sections[0]
    assert (round(section.page_width.mm), round(section.page_height.mm)) == (210, 297)
    fonts = {
        name: document.styles[name].element.rPr.rFonts.get(qn("w:eastAsia"))
        for name in ("Normal", "Title", "Heading 1")
    }
    assert fonts == {"Normal": "仿宋_GB2312", "Title": "方正小标宋简体", "Heading 1": "黑体"}
    assert document.styles["Normal"].font.size.pt == 16
    headings = [paragraph.text for paragraph in document.paragraphs if paragraph.style.name == "Heading 1"]
    assert [heading[:2] for heading in headings] == ["一、", "二、", "三、"]
    assert "PAGE" in section.footer.paragraphs[0]._p.xml


@pytest.mark.parametrize(("number", "said"), [(1, "一"), (10, "十"), (12, "十二"), (20, "二十"), (35, "三十五")])
def test_headings_are_counted_in_chinese(number, said):
    assert chinese_numeral(number) == said
