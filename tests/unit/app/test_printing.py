"""Slips and recovery sheets: what stands on the paper, and that it can be read and scanned."""

from __future__ import annotations

import base64
import random
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from io import BytesIO
from typing import NamedTuple
from xml.etree import ElementTree

import pytest
import segno
import typst
from flask import Flask
from pypdf import PdfReader

from survey_app.crypto import codes, guardians
from survey_app.printing import (
    NoChineseFont,
    PrintedSlip,
    RecoverySheet,
    SlipGroup,
    press,
    recovery_pdf,
    require_chinese_font,
    slips_pdf,
)
from survey_app.printing.compile import compile_pdf
from survey_app.printing.slips import slips_data

FINGERPRINT = "7QK4-M2XD-9RTB-5HJK-ABCD-EFGH-0123-4567"
ADDRESS = "ceping.example.gov.cn/s/2026-manyidu/dang3"
MILLIMETRE = 72 / 25.4
QUIET_MODULES = 4


@pytest.fixture(autouse=True)
def words(app: Flask) -> Iterator[None]:
    with app.app_context():
        yield


def group_of(count: int, address: str = ADDRESS, **changed: object) -> SlipGroup:
    rng = random.Random(count)
    drawn = [codes.generate(rng) for _ in range(count)]
    group = SlipGroup(
        unit_name="云汀区直机关第三党支部",
        survey_title="2026 年度党员满意度测评",
        address=address,
        last_day="12 月 14 日",
        minutes=3,
        fingerprint=FINGERPRINT,
        sentence="没有编号，没有名单。",
        slips=[PrintedSlip(code, f"https://{address}#{code}.{FINGERPRINT}") for code in drawn],
    )
    return replace(group, **changed)


def recovery_sheets(count: int) -> list[RecoverySheet]:
    rng = random.Random(count)
    return [
        RecoverySheet("2026 年度测评", "第三党支部", number, count, guardians.generate_passphrase(rng), FINGERPRINT)
        for number in range(1, count + 1)
    ]


def pages_of(pdf: bytes) -> list[str]:
    """The text of every page, line breaks and spaces left out: where a line ends is not the question here."""
    return [re.sub(r"\s", "", page.extract_text()) for page in PdfReader(BytesIO(pdf)).pages]


def glued(text: str) -> str:
    return re.sub(r"\s", "", text)


# ---- what is drawn, measured on the page


class Place(NamedTuple):
    x: float
    y: float

    def moved(self, transform: str | None) -> Place:
        """The transforms of a page are shifts, and for text a mirror of y that its glyphs, all at y = 0, do not see."""
        if not transform:
            return self
        numbers = [float(number) for number in re.findall(r"-?[\d.]+", transform)]
        x, y = numbers[-2:] if len(numbers) > 1 else (numbers[0], 0.0)
        return Place(self.x + x, self.y + y)


@dataclass
class Drawn:
    """A page in points: where each glyph stands and which it is, the squares, and the glyphs' outlines."""

    glyphs: list[tuple[Place, str]]
    squares: list[tuple[Place, float, str]]
    outlines: dict[str, str]


def drawn(data: dict, template: str = "slips.typ", fonts: typst.Fonts | None = None) -> list[Drawn]:
    fonts = fonts or typst.Fonts()
    source = (press.TEMPLATES / template).read_bytes()
    pages = typst.compile(source, sys_inputs=press.inputs_of(data, fonts), font_paths=fonts, format="svg")
    return [page_of(page) for page in (pages if isinstance(pages, list) else [pages])]


def page_of(svg: bytes) -> Drawn:
    root = ElementTree.fromstring(svg)
    page = Drawn([], [], {})

    def visit(node: ElementTree.Element, origin: Place) -> None:
        place = origin.moved(node.get("transform"))
        link = node.get("{http://www.w3.org/1999/xlink}href", "")
        match node.tag.rpartition("}")[2]:
            case "symbol":
                page.outlines[node.get("id", "")] = "".join(path.get("d", "") for path in node)
                return
            case "use":
                page.glyphs.append((Place(place.x + float(node.get("x", 0)), place.y), link[1:]))
            case "image":
                picture = base64.b64decode(link.partition("base64,")[2]).decode()
                page.squares.append((place, float(node.get("width", 0)), picture))
        for child in node:
            visit(child, place)

    visit(root, Place(0, 0))
    return page


def modules_of(svg: str) -> list[list[int]]:
    """The dark modules of a square, read back from its path."""
    side = int(re.search(r'viewBox="0 0 (\d+) ', svg)[1])
    modules = [[0] * side for _ in range(side)]
    for x, y, width in re.findall(r"M(\d+) (\d+)h(\d+)v1h-\3z", svg):
        modules[int(y)][int(x) : int(x) + int(width)] = [1] * int(width)
    return modules


# ---- slips


@pytest.mark.parametrize("per_page", [8, 12])
def test_a_slip_says_where_to_answer_with_what_until_when_and_what_happens_to_it(per_page):
    group = group_of(1)
    [text] = pages_of(slips_pdf([group], per_page=per_page, language="zh_Hans"))
    for wanted in (
        group.survey_title,
        group.unit_name,
        "扫右边的码，或打开",
        group.address,
        group.slips[0].code,
        "12 月 14 日 截止",
        "约 3 分钟",
        FINGERPRINT,
        group.sentence,
    ):
        assert text.count(glued(wanted)) == 1, wanted


def test_english_words_stand_on_english_slips():
    [text] = pages_of(slips_pdf([group_of(1)], per_page=8, language="en"))
    assert glued("Scan the square, or open") in text
    assert glued("Check print, only to compare:") in text


@pytest.mark.parametrize("per_page", [8, 12])
def test_every_code_is_printed_once_and_no_sheet_holds_two_groups(per_page):
    first, second = group_of(per_page + 1), group_of(3, unit_name="退休支部")
    pages = pages_of(slips_pdf([first, group_of(0), second], per_page=per_page, language="zh_Hans"))
    found = [[slip.code for slip in (*first.slips, *second.slips) if slip.code in page] for page in pages]
    in_order = [slip.code for slip in first.slips]
    assert found == [in_order[:per_page], in_order[per_page:], [slip.code for slip in second.slips]]
    assert ["退休支部" in page for page in pages] == [False, False, True]


def test_only_personal_slips_carry_a_name():
    slips = [replace(slip, name=name) for slip, name in zip(group_of(2).slips, ["张卫国", "李红"], strict=True)]
    [text] = pages_of(slips_pdf([group_of(2, slips=slips)], per_page=8, language="zh_Hans"))
    assert text.index("张卫国") < text.index(slips[0].code)
    assert "李红" in text
    [nameless] = pages_of(slips_pdf([group_of(2)], per_page=8, language="zh_Hans"))
    assert "None" not in nameless
    assert "张卫国" not in nameless


def test_there_must_be_a_slip_to_print():
    with pytest.raises(ValueError, match="no slip"):
        slips_pdf([group_of(0)], per_page=8, language="zh_Hans")


# ---- squares


@pytest.mark.parametrize(("per_page", "least"), [(8, 26), (12, 22)])
def test_each_square_is_the_symbol_of_its_own_link_and_large_enough_for_a_telephone(per_page, least):
    group = group_of(5)
    [page] = drawn(slips_data([group], per_page=per_page, language="zh_Hans"))
    assert len(page.squares) == 5
    for slip, (_place, width, picture) in zip(group.slips, page.squares, strict=True):
        address, _, fragment = slip.link.partition("#")
        symbols = [segno.make([f"{address}#", fragment], error="m", micro=False, mask=mask) for mask in range(8)]
        assert modules_of(picture) in [[list(row) for row in symbol.matrix] for symbol in symbols]
        assert symbols[0].error in "MQH"
        assert width >= least * MILLIMETRE


def test_the_slips_of_a_group_share_the_mask_that_suits_the_first():
    group = group_of(3)
    [page] = drawn(slips_data([group], per_page=8, language="zh_Hans"))
    parts = group.slips[0].link.partition("#")
    best = segno.make([parts[0] + "#", parts[2]], error="m", micro=False)
    assert modules_of(page.squares[0][2]) == [list(row) for row in best.matrix]


WIDE = {
    "everyday": {},
    "long title": {"survey_title": "中共云汀区直属机关工作委员会年度党支部工作满意度测评暨群众评议" * 3},
    "one long word": {"survey_title": "W" * 100, "unit_name": "M" * 100},
    "long unit": {"unit_name": "云汀区直属机关工作委员会离退休干部第三党支部（含退役军人事务服务中心）" * 2},
}


@pytest.mark.parametrize("per_page", [8, 12])
@pytest.mark.parametrize("case", WIDE)
def test_no_text_runs_into_a_square_or_over_the_cut(case, per_page):
    host = "a-very-long-host-name.survey.department.example.gov.cn"
    group = group_of(per_page, f"{host}/s/2026-satisfaction-abcdefghijklmnop/third-branch", **WIDE[case])
    group = replace(group, slips=[replace(group.slips[0], name="阿卜杜热合曼·买买提明"), *group.slips[1:]])
    [page] = drawn(slips_data([group], per_page=per_page, language="zh_Hans"))
    height, gap = 297 * MILLIMETRE / (per_page / 2), 5 * MILLIMETRE
    assert all(place.y % height < height - 3 * MILLIMETRE for place, _ in page.glyphs), "text stands clear of the cut"
    for corner, side, picture in page.squares:
        quiet = QUIET_MODULES * side / len(modules_of(picture)) / 2
        beside = [place.x for place, _ in page.glyphs if corner.y - quiet < place.y < corner.y + side + quiet]
        assert not [x for x in beside if corner.x - gap < x < corner.x + side], "nothing touches the square"


def test_a_long_address_is_broken_after_slashes_and_dots_never_after_a_hyphen():
    address = "survey.department-of-examples.example.gov.cn/s/2026-satisfaction/third-branch"
    reader = PdfReader(BytesIO(slips_pdf([group_of(1, address)], per_page=8, language="zh_Hans")))
    lines = [line.strip() for line in reader.pages[0].extract_text().splitlines()]
    parts = [line for line in lines if line and line in address]
    assert "".join(parts) == address
    assert len(parts) > 1
    assert all(part[-1] in "/." for part in parts[:-1])


# ---- text as it stands


STRANGE = r"""#set page() *a* _b_ $x^2$ \n \u{1F600} "q" 'r' @ref <l> `c` // -- ... ~ [d] {e} = + - /*f*/ &amp; %(g)s"""


def test_text_is_printed_as_it_stands_and_never_read_as_markup():
    group = group_of(1, survey_title=STRANGE, unit_name="#panic()", sentence="#{1 + 1} $y$", last_day="*1*")
    slip = replace(group.slips[0], name='\\ #read("/etc/passwd")')
    [text] = pages_of(slips_pdf([replace(group, slips=[slip])], per_page=8, language="en"))
    for literal in (STRANGE, "#panic()", "#{1 + 1} $y$", "until *1*", slip.name):
        assert glued(literal) in text, literal
    sheet = replace(recovery_sheets(1)[0], survey_title=STRANGE, unit_name="#panic()")
    [text] = pages_of(recovery_pdf([sheet], language="en"))
    assert glued(STRANGE) in text
    assert "#panic()" in text


def test_control_characters_and_line_ends_leave_no_trace():
    group = group_of(1, survey_title="年\x00度\x07测\x1f评", unit_name="第三\r\n支部\u2028\t组")
    reader = PdfReader(BytesIO(slips_pdf([group], per_page=8, language="zh_Hans")))
    text = reader.pages[0].extract_text()
    assert "年度测评" in text
    assert glued("第三支部组") in glued(text)
    assert claims_accessibility(reader)


def test_a_name_with_a_character_that_no_font_has_does_not_cost_the_codes():
    group = group_of(1)
    slip = replace(group.slips[0], name="张\U0010fffd")
    pdf = slips_pdf([replace(group, slips=[slip])], per_page=8, language="zh_Hans")
    [text] = pages_of(pdf)
    assert slip.code in text
    assert "张" in text
    assert not claims_accessibility(PdfReader(BytesIO(pdf)))


# ---- fonts


def test_chinese_text_has_ink():
    """Every character has an outline of its own; without a Chinese font they would all be the same box."""
    title = "测评结果"
    data = slips_data([group_of(1, survey_title=title)], per_page=8, language="zh_Hans")
    [page] = drawn(data)
    shapes = [page.outlines[name] for _place, name in page.glyphs[: len(title)]]
    assert len(set(shapes)) == len(title)
    assert all(len(shape) > 100 for shape in shapes)
    [boxes] = drawn(data, fonts=typst.Fonts(include_system_fonts=False))
    assert len({name for _place, name in boxes.glyphs[: len(title)]}) <= 1


def test_without_a_chinese_font_nothing_is_printed_and_one_line_says_what_to_do():
    for refused in (
        lambda: require_chinese_font(system_fonts=False),
        lambda: compile_pdf("recovery.typ", {}, system_fonts=False),
    ):
        with pytest.raises(NoChineseFont, match=r"apt-get install fonts-noto-cjk$"):
            refused()
    require_chinese_font()


# ---- the file


def claims_accessibility(reader: PdfReader) -> bool:
    return b"<pdfuaid:part>1</pdfuaid:part>" in reader.trailer["/Root"]["/Metadata"].get_data()


def alternative_texts(node: object) -> list[str]:
    node = node.get_object() if hasattr(node, "get_object") else node
    if isinstance(node, list):
        return [text for child in node for text in alternative_texts(child)]
    if not isinstance(node, dict):
        return []
    return ([str(node["/Alt"])] if "/Alt" in node else []) + alternative_texts(node.get("/K"))


@pytest.mark.parametrize(("language", "tag"), [("zh_Hans", "zh"), ("en", "en")])
def test_the_file_can_be_read_aloud(language, tag):
    reader = PdfReader(BytesIO(slips_pdf([group_of(9)], per_page=8, language=language)))
    root = reader.trailer["/Root"]
    assert claims_accessibility(reader)
    assert root["/Lang"] == tag
    assert "2026 年度党员满意度测评" in reader.metadata.title
    assert len(alternative_texts(root["/StructTreeRoot"]["/K"])) == 9


@pytest.mark.parametrize("language", ["zh_Hans", "en"])
def test_the_same_slips_give_the_same_bytes_and_tell_no_time(language):
    first, second = (slips_pdf([group_of(3)], per_page=12, language=language) for _ in range(2))
    assert first == second
    assert PdfReader(BytesIO(first)).metadata.creation_date is None


def test_fonts_are_embedded_as_far_as_they_are_used():
    sizes = [len(slips_pdf([group_of(count)], per_page=12, language="zh_Hans")) for count in (1, 40)]
    assert sizes[0] < 100_000
    assert sizes[1] < 250_000


# ---- recovery sheets


@pytest.mark.parametrize("language", ["zh_Hans", "en"])
@pytest.mark.parametrize("count", [1, 3])
def test_each_scrutineer_has_a_page_with_their_own_passphrase(count, language):
    sheets = recovery_sheets(count)
    pages = pages_of(recovery_pdf(sheets, language=language))
    assert len(pages) == count
    for sheet, page in zip(sheets, pages, strict=True):
        assert [other.passphrase in page for other in sheets] == [other is sheet for other in sheets]
        assert sheet.passphrase.replace("-", "") in page, "spelled once more, without hyphens"
        assert FINGERPRINT in page
        assert sheet.survey_title.replace(" ", "") in page
        assert sheet.unit_name in page


def test_a_sheet_says_how_many_open_the_ballots_and_what_a_loss_means():
    [alone] = pages_of(recovery_pdf(recovery_sheets(1), language="en"))
    assert glued("It alone is enough.") in alone
    assert glued("If it is lost, nobody can open the ballots any more") in alone
    assert "Scrutineer1of1" in alone
    second = pages_of(recovery_pdf(recovery_sheets(3), language="en"))[1]
    assert "Scrutineer2of3" in second
    assert glued("any two of the three scrutineers") in second
    assert glued("If two are lost, nobody can open them any more and the survey must be withdrawn") in second
    for page in (alone, second):
        assert glued("Never photograph it") in page
        assert all(glued(line) in page for line in ("Full name", "Date received", "Signature"))


def test_the_longest_title_keeps_a_recovery_sheet_on_one_page():
    sheets = [replace(sheet, survey_title="测" * 100, unit_name="W" * 100) for sheet in recovery_sheets(3)]
    assert len(pages_of(recovery_pdf(sheets, language="en"))) == 3


def test_there_must_be_a_recovery_sheet_to_print():
    with pytest.raises(ValueError, match="no sheet"):
        recovery_pdf([], language="zh_Hans")
