"""A Word document in the look of official papers (GB/T 9704-2012): A4, fonts, headings, tables, page numbers.

What stands in a document is elsewhere. Text is cleaned of what no document carries before it comes here.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, time
from io import BytesIO
from typing import Any
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

from docx import Document
from docx.enum.style import WD_STYLE_TYPE
from docx.enum.text import WD_ALIGN_PARAGRAPH, WD_LINE_SPACING
from docx.opc.constants import RELATIONSHIP_TYPE
from docx.opc.oxml import serialize_part_xml
from docx.oxml import OxmlElement, parse_xml
from docx.oxml.ns import qn
from docx.shared import Emu, Mm, Pt, RGBColor

from survey_app.exports.official_table import table_element

LATIN = "Times New Roman"
TITLE, BODY, HEAD, SUBHEAD, NUMBERS = "方正小标宋简体", "仿宋_GB2312", "黑体", "楷体_GB2312", "宋体"
INSTEAD = {TITLE: "宋体", BODY: "仿宋", SUBHEAD: "楷体"}
"""Which font Word takes where the official one is not installed."""
MARGINS = {"top_margin": 37, "bottom_margin": 35, "left_margin": 28, "right_margin": 26}
THIRD, SMALL_FOURTH, FOURTH, SECOND, SMALL_FIFTH = Pt(16), Pt(12), Pt(14), Pt(22), Pt(9)
"""三号、小四、四号、二号、小五."""
LINE = Pt(28)
TEXT_WIDTH = 156
"""Millimetres between the margins."""
HIGHEST_PICTURE = Mm(200)
"""With its caption on one page."""
NO_DAY = date(1980, 1, 1)
"""The first that a zip can tell: of every part, and of a document that says of no day that it was made on it."""
ON_UNIX = 3
"""Named as the maker of every part on all systems."""


class OfficialPage:
    """A document that grows from top to bottom."""

    def __init__(self, *, title: str, language: str, made_on: date = NO_DAY) -> None:
        self.document = Document()
        self.language = language
        properties = self.document.core_properties
        properties.title, properties.author, properties.comments = title[:255], "", ""
        properties.language = "en" if language.startswith("en") else "zh-CN"
        properties.created = properties.modified = datetime.combine(made_on, time())
        self._set_up_language()
        self._set_up_page()
        self._set_up_styles()
        self._name_fonts_instead()

    def title(self, text: str) -> None:
        paragraph = self.document.add_paragraph(style="Title")
        paragraph.add_run(text)

    def heading(self, text: str, level: int = 1) -> None:
        self.document.add_paragraph(text, style=f"Heading {level}")

    def paragraph(self, text: str, *, is_indented: bool = True, keep_with_next: bool = False) -> None:
        paragraph = self.document.add_paragraph(text)
        paragraph.paragraph_format.first_line_indent = 2 * THIRD if is_indented else 0
        paragraph.paragraph_format.keep_with_next = keep_with_next

    def note(self, text: str) -> None:
        """Smaller and further in: what belongs to the paragraph above."""
        paragraph = self.document.add_paragraph()
        paragraph.add_run(text).font.size = SMALL_FOURTH
        paragraph.paragraph_format.left_indent = 2 * THIRD
        paragraph.paragraph_format.line_spacing = Pt(20)

    def caption(self, text: str, *, keep_with_next: bool = False) -> None:
        """Of a table (above it) or a picture (below it), in the middle of the line."""
        paragraph = self.document.add_paragraph()
        _dress(paragraph.add_run(text).font, HEAD, SMALL_FOURTH)
        paragraph.alignment = WD_ALIGN_PARAGRAPH.CENTER
        layout = paragraph.paragraph_format
        layout.keep_with_next, layout.line_spacing, layout.space_before = keep_with_next, Pt(20), Pt(6)

    def picture(self, png: bytes, *, description: str) -> None:
        """As wide as the text; the description is read out to those who do not see it."""
        paragraph = self.document.add_paragraph()
        layout = paragraph.paragraph_format
        layout.line_spacing_rule, layout.space_before, layout.keep_with_next = WD_LINE_SPACING.SINGLE, Pt(6), True
        shape = paragraph.add_run().add_picture(BytesIO(png), width=Mm(TEXT_WIDTH))
        if shape.height > HIGHEST_PICTURE:
            shape.width, shape.height = Emu(shape.width * HIGHEST_PICTURE // shape.height), HIGHEST_PICTURE
            paragraph.alignment = WD_ALIGN_PARAGRAPH.CENTER
        shape._inline.docPr.set("descr", description)

    def table(
        self,
        heads: Sequence[str],
        rows: Sequence[Sequence[str]],
        widths: Sequence[float],
        *,
        row_height: int = 0,
        size: Pt = SMALL_FOURTH,
        are_figures: Sequence[bool] = (),
    ) -> None:
        """Widths and the least height of a row in millimetres; columns of figures are set to the right."""
        styles = self._table_style("Table head", HEAD, size), self._table_style("Table text", BODY, size)
        right = are_figures or [False] * len(heads)
        self.document.element.body._insert_tbl(table_element(heads, rows, widths, right, row_height, styles))
        self.document.add_paragraph().paragraph_format.line_spacing = Pt(12)

    def bytes(self) -> bytes:
        """The same document gives the same bytes at any time."""
        stream = BytesIO()
        self.document.save(stream)
        return _without_times(stream)

    def _table_style(self, kind: str, font: str, size: Pt) -> str:
        """Identifier of the style of a cell, made when first asked for."""
        styles, name = self.document.styles, f"{kind} {size.pt:g}"
        if name not in styles:
            style: Any = styles.add_style(name, WD_STYLE_TYPE.PARAGRAPH)
            style.base_style = styles["Normal"]
            _dress(style.font, font, size)
            style.paragraph_format.line_spacing = Pt(size.pt * 5 / 3)
        return str(styles[name].style_id)

    def _set_up_language(self) -> None:
        """What a reader's program picks the shapes of characters and the place of commas by."""
        wanted = {"w:val": "en-GB", "w:eastAsia": "zh-CN"}
        defaults = self.document.styles.element.find(qn("w:docDefaults"))
        for language in defaults.iter(qn("w:lang")):
            for name, value in wanted.items():
                language.set(qn(name), value)

    def _set_up_page(self) -> None:
        section = self.document.sections[0]
        section.page_width, section.page_height = Mm(210), Mm(297)
        for name, millimetres in MARGINS.items():
            setattr(section, name, Mm(millimetres))
        section.footer_distance = Mm(25)
        footer = section.footer.paragraphs[0]
        footer.alignment = WD_ALIGN_PARAGRAPH.CENTER
        for part in ("— ", "PAGE", " —"):
            run = footer.add_run("" if part == "PAGE" else part)
            _dress(run.font, NUMBERS, FOURTH)
            if part == "PAGE":
                run._r.extend(_field(part))

    def _set_up_styles(self) -> None:
        for name, font, size in (
            ("Normal", BODY, THIRD),
            ("Title", TITLE, SECOND),
            ("Heading 1", HEAD, THIRD),
            ("Heading 2", SUBHEAD, THIRD),
        ):
            style: Any = self.document.styles[name]
            _dress(style.font, font, size)
            style.font.bold, style.font.color.rgb = False, RGBColor(0, 0, 0)
            layout = style.paragraph_format
            layout.space_before = layout.space_after = 0
            layout.line_spacing_rule, layout.line_spacing = WD_LINE_SPACING.EXACTLY, LINE
            if name.startswith("Heading"):
                layout.first_line_indent, layout.keep_with_next = 2 * THIRD, True
        title: Any = self.document.styles["Title"]
        title.paragraph_format.alignment = WD_ALIGN_PARAGRAPH.CENTER
        title.paragraph_format.line_spacing, title.paragraph_format.space_after = Pt(36), LINE
        for border in title.element.xpath("./w:pPr/w:pBdr"):
            border.getparent().remove(border)

    def _name_fonts_instead(self) -> None:
        part = self.document.part.part_related_by(RELATIONSHIP_TYPE.FONT_TABLE)
        fonts = parse_xml(part.blob)
        for font, other in INSTEAD.items():
            entry = OxmlElement("w:font", attrs={qn("w:name"): font})
            entry.append(OxmlElement("w:altName", attrs={qn("w:val"): other}))
            fonts.append(entry)
        # the library keeps this part as bytes and has no way to change it
        part._blob = serialize_part_xml(fonts)


def _without_times(stream: BytesIO) -> bytes:
    """The same zip, all parts of one day: the library writes when each was packed."""
    packed = BytesIO()
    with ZipFile(stream) as source, ZipFile(packed, "w") as target:
        for name in source.namelist():
            part = ZipInfo(name, (NO_DAY.year, NO_DAY.month, NO_DAY.day, 0, 0, 0))
            part.compress_type, part.create_system = ZIP_DEFLATED, ON_UNIX
            target.writestr(part, source.read(name))
    return packed.getvalue()


def _dress(font: Any, chinese: str, size: Pt) -> None:
    """Chinese characters in one font, letters and figures in another; no font of the theme before them."""
    font.name, font.size = LATIN, size
    names = font.element.get_or_add_rPr().get_or_add_rFonts()
    for attribute in [name for name in names.attrib if name.endswith("Theme")]:
        del names.attrib[attribute]
    names.set(qn("w:eastAsia"), chinese)


def _field(instruction: str) -> list[Any]:
    """The parts of a field that Word fills in, such as the number of the page."""
    begin, end = (OxmlElement("w:fldChar", attrs={qn("w:fldCharType"): kind}) for kind in ("begin", "end"))
    code = OxmlElement("w:instrText")
    code.text = instruction
    return [begin, code, end]
