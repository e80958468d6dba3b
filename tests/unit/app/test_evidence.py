"""Evidence files: taken by what they are, kept without what says who, where and with what."""

from __future__ import annotations

import re
from base64 import a85encode, b64decode
from collections.abc import Mapping
from functools import cache
from io import BytesIO
from struct import pack
from zipfile import ZIP_DEFLATED, ZIP_LZMA, ZipFile
from zlib import compress, crc32

import pytest
import xlsxwriter
from docx import Document
from pypdf import PdfReader, PdfWriter
from pypdf.generic import (
    ArrayObject,
    DecodedStreamObject,
    DictionaryObject,
    NameObject,
    NumberObject,
    TextStringObject,
)

from survey_app.errors import EvidenceRefused
from survey_app.services.evidence import cleaned, file_name
from survey_app.services.evidence_images import clean_jpeg, clean_png

SECRET = "李建国的手机"
JPEG = b64decode(
    "/9j/4AAQSkZJRgABAQEASABIAAD/2wBDAAMCAgICAgMCAgIDAwMDBAYEBAQEBAgGBgUGCQgKCgkICQkKDA8MCgsOCwkJDRENDg8QEBEQCgwSExIQEw8Q"
    "EBD/yQALCAABAAEBAREA/8wABgAQEAX/2gAIAQEAAD8A0s8g/9k="
)


def exif(orientation: int) -> bytes:
    """A segment that carries which way up, and whose camera it was."""
    maker = SECRET.encode() + b"\0"
    entries = pack("<HHIHH", 0x0112, 3, 1, orientation, 0) + pack("<HHII", 0x010F, 2, len(maker), 38)
    tiff = b"II*\0" + pack("<IH", 8, 2) + entries + pack("<I", 0) + maker
    return b"\xff\xe1" + pack(">H", 8 + len(tiff)) + b"Exif\0\0" + tiff


def photo(orientation: int = 1) -> bytes:
    comment = SECRET.encode()
    return JPEG[:2] + exif(orientation) + b"\xff\xfe" + pack(">H", 2 + len(comment)) + comment + JPEG[2:]


def chunk(kind: bytes, content: bytes) -> bytes:
    return pack(">I", len(content)) + kind + content + pack(">I", crc32(kind + content))


def picture(*extra: bytes) -> bytes:
    header = chunk(b"IHDR", pack(">IIBBBBB", 1, 1, 8, 0, 0, 0, 0))
    pixels = chunk(b"IDAT", compress(b"\0\xff"))
    return b"\x89PNG\r\n\x1a\n" + header + b"".join(extra) + pixels + chunk(b"IEND", b"")


@cache
def letter(**parts: bytes) -> bytes:
    """A Word document by somebody, with a photo and further parts."""
    document = Document()
    document.core_properties.author = document.core_properties.last_modified_by = SECRET
    document.add_paragraph("三月已办完。")
    document.add_picture(BytesIO(photo()))
    written = BytesIO()
    document.save(written)
    named = {name.replace("__", "/").replace("_dot_", "."): content for name, content in parts.items()}
    return with_parts(written.getvalue(), named)


def with_parts(archive: bytes, parts: Mapping[str, bytes]) -> bytes:
    written = BytesIO()
    with ZipFile(BytesIO(archive)) as old, ZipFile(written, "w", ZIP_DEFLATED) as new:
        for name in old.namelist():
            new.writestr(name, parts.get(name, old.read(name)))
        for name in parts.keys() - set(old.namelist()):
            new.writestr(name, parts[name])
    return written.getvalue()


def related(archive: bytes, lists: str, kind: str, target: str, mode: str = "Internal") -> bytes:
    """A document with one more relationship in one of its lists."""
    with ZipFile(BytesIO(archive)) as opened:
        old = opened.read(lists)
    more = f'<Relationship Id="own" Type="http://x/{kind}" Target="{target}" TargetMode="{mode}"/></Relationships>'
    return with_parts(archive, {lists: old.replace(b"</Relationships>", more.encode())})


def report(*, locked: bool = False, packing: str = "/DCTDecode", image_data: bytes | None = None) -> bytes:
    writer = PdfWriter()
    page = writer.add_blank_page(200, 100)
    image = DecodedStreamObject()
    image.set_data(image_data or photo())
    image.update({NameObject("/Type"): NameObject("/XObject"), NameObject("/Subtype"): NameObject("/Image")})
    names = [NameObject(name) for name in packing.strip("[]").split()]
    image[NameObject("/Filter")] = names[0] if packing == str(names[0]) else writer._add_object(ArrayObject(names))
    xmp = DecodedStreamObject()
    xmp.set_data(f"<x:xmpmeta>{SECRET}</x:xmpmeta>".encode())
    image[NameObject("/Metadata")] = writer._add_object(xmp)
    drawn = DictionaryObject({NameObject("/I"): writer._add_object(image)})
    page[NameObject("/Resources")] = DictionaryObject({NameObject("/XObject"): drawn})
    page[NameObject("/PieceInfo")] = TextStringObject(SECRET)
    writer.add_metadata({"/Author": SECRET})
    script = DictionaryObject(
        {NameObject("/S"): NameObject("/JavaScript"), NameObject("/JS"): TextStringObject(SECRET)}
    )
    page[NameObject("/AA")] = DictionaryObject({NameObject("/O"): script})
    link = DictionaryObject({NameObject("/Subtype"): NameObject("/Link"), NameObject("/T"): TextStringObject(SECRET)})
    link[NameObject("/Rect")] = ArrayObject([NumberObject(number) for number in (0, 0, 9, 9)])
    link[NameObject("/A")] = script
    page[NameObject("/Annots")] = ArrayObject([writer._add_object(link)])
    writer.add_attachment("x.txt", SECRET.encode())
    if locked:
        writer.encrypt("x")
    written = BytesIO()
    writer.write(written)
    return written.getvalue()


def unpacked(data: bytes) -> bytes:
    """All that stands in a file, also where it is packed."""
    if data.startswith(b"PK"):
        with ZipFile(BytesIO(data)) as archive:
            return b"".join(name.encode() + archive.read(name) for name in archive.namelist())
    if data.startswith(b"%PDF"):
        reader = PdfReader(BytesIO(data))
        objects = [reader.get_object(number) for number in range(1, reader.trailer["/Size"])]
        streams = [one._data for one in objects if hasattr(one, "_data")]
        return data + repr(objects).encode() + b"".join(streams)
    return data


def test_a_photo_loses_camera_and_comment_and_stays_upright():
    kind, kept = cleaned(photo(orientation=6) + b"PK\x03\x04 something behind the end")
    assert kind == "image/jpeg"
    assert SECRET.encode() not in kept
    assert kept.endswith(b"\xff\xd9")
    assert kept.count(b"Exif\0\0") == 1
    assert clean_jpeg(kept) == kept
    assert b"Exif" not in cleaned(photo(orientation=1))[1]


def test_a_picture_loses_its_texts_and_what_stands_behind_it():
    texts = (chunk(b"tEXt", b"Author\0" + SECRET.encode()), chunk(b"eXIf", SECRET.encode()), chunk(b"prVt", b"x"))
    kind, kept = cleaned(picture(*texts) + b"<script>alert(1)</script>")
    assert (kind, kept) == ("image/png", picture())
    assert clean_png(kept) == kept


def test_a_letter_loses_its_author_and_the_camera_of_its_photo():
    data = letter()
    assert SECRET.encode() in unpacked(data)
    kind, kept = cleaned(data)
    assert kind.endswith("wordprocessingml.document")
    assert SECRET.encode() not in unpacked(kept)
    assert b"docProps" not in unpacked(kept)
    assert Document(BytesIO(kept)).paragraphs[0].text == "三月已办完。"
    with ZipFile(BytesIO(kept)) as archive:
        assert {entry.date_time[0] for entry in archive.infolist()} == {1980}


def test_remarks_in_a_letter_stay_without_their_writer():
    body = (
        b'<w:document xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"><w:body><w:p>'
        b'<w:ins w:id="1" w:author="'
        + SECRET.encode()
        + b'"><w:r><w:t>x</w:t></w:r></w:ins></w:p></w:body></w:document>'
    )
    kept = unpacked(cleaned(with_parts(letter(), {"word/document.xml": body}))[1])
    assert SECRET.encode() not in kept
    assert b'w:author=""' in kept


@pytest.mark.parametrize("shape", ['<w:ins w:author = "{}"/>', "<w:ins w:author\n='{}'/>", "<!-- {} --><w:ins/>"])
def test_the_writer_of_a_remark_is_found_however_the_tag_is_written(shape: str):
    body = f'<w:document xmlns:w="w">{shape.format(SECRET)}</w:document>'.encode()
    assert SECRET.encode() not in unpacked(cleaned(with_parts(letter(), {"word/document.xml": body}))[1])


def test_what_a_letter_says_stays_to_the_last_sign():
    said = "1 < 2 & \"好\" 'x'\t]]> 😀"
    document = Document()
    document.add_paragraph(said)
    document.core_properties.author = SECRET
    written = BytesIO()
    document.save(written)
    assert Document(BytesIO(cleaned(written.getvalue())[1])).paragraphs[0].text == said


@pytest.mark.parametrize(
    ("kind", "place"),
    [
        ("metadata/core-properties", "package/services/metadata/core-properties/1.psmdcp"),
        ("extended-properties", "app%20of/App.xml"),
        ("extendedProperties", "other/app.xml"),
        ("customXml", "customXml/item1.xml"),
        ("metadata/thumbnail", "preview.emf"),
    ],
)
def test_properties_are_left_out_wherever_they_lie(kind: str, place: str):
    data = related(with_parts(letter(), {place: f"<p>{SECRET}</p>".encode()}), "_rels/.rels", kind, f"/{place}")
    kept = unpacked(cleaned(data)[1])
    assert SECRET.encode() not in kept
    assert place.encode() not in kept


def test_a_part_to_which_nothing_leads_is_left_out():
    assert SECRET.encode() not in unpacked(cleaned(letter(word__old_dot_xml=f"<p>{SECRET}</p>".encode()))[1])


@pytest.mark.parametrize(
    ("kind", "target", "is_kept"),
    [
        ("hyperlink", "https://example.org/", True),
        ("hyperlink", "file:///C:/Users/li/x.docx", False),
        ("attachedTemplate", "file:///C:/Users/li/Normal.dotm", False),
        ("attachedTemplate", "https://example.org/watch.dotm", False),
        ("image", "https://example.org/watch.png", False),
    ],
)
def test_only_open_addresses_lead_out_of_a_letter(kind: str, target: str, is_kept: bool):
    kept = unpacked(cleaned(related(letter(), "word/_rels/document.xml.rels", kind, target, "External"))[1])
    assert (target.encode() in kept) is is_kept
    assert b'Id="own"' in kept  # what uses the link still finds it, so the letter opens


HOSTILE = 2_000_000


@pytest.mark.parametrize(
    "body",
    [
        b"<d>" + (b"<pageSetup" + b" " * 200_000 + b"/>") * 10 + b"</d>",
        b"<d><![CDATA[" + b"<person " * (HOSTILE // 8) + b"]]></d>",
        b"<a>" * (HOSTILE // 20) + b"</a>" * (HOSTILE // 20),
    ],
    ids=["blanks", "tags that are text", "depth"],
)
def test_a_part_made_to_keep_the_reader_busy_is_read_once(body: bytes):
    """Megabytes of each; what looks at them again from every place in them would not come back."""
    data = with_parts(letter(), {"word/document.xml": body})
    assert len(unpacked(cleaned(data)[1])) > HOSTILE / 10


def test_a_table_loses_its_author_and_stays_a_table():
    written = BytesIO()
    book = xlsxwriter.Workbook(written)
    book.set_properties({"author": SECRET, "company": SECRET})
    sheet = book.add_worksheet("台账")
    sheet.write("A1", "办完")
    sheet.write_comment("A1", "看", {"author": SECRET})
    book.close()
    kind, kept = cleaned(written.getvalue())
    assert kind.endswith("spreadsheetml.sheet")
    assert SECRET.encode() not in unpacked(kept)
    from openpyxl import load_workbook

    assert load_workbook(BytesIO(kept))["台账"]["A1"].value == "办完"


def test_a_pdf_keeps_its_pages_and_nothing_else():
    data = report()
    assert SECRET.encode() in unpacked(data)
    kind, kept = cleaned(data + b"PK\x03\x04")
    assert kind == "application/pdf"
    said = unpacked(kept)
    for word in (SECRET.encode(), b"/JS", b"/JavaScript", b"/EmbeddedFiles", b"xmpmeta", b"/Author", b"PieceInfo"):
        assert word not in said, word
    reader = PdfReader(BytesIO(kept))
    assert len(reader.pages) == 1
    assert reader.pages[0].mediabox.width == 200
    assert "/I" in reader.pages[0]["/Resources"]["/XObject"]


@pytest.mark.parametrize(
    ("packing", "packed"),
    [
        ("/DCTDecode", photo()),
        ("[ /DCTDecode ]", photo()),
        ("/DCT", photo()),
        ("/FlateDecode /DCTDecode", compress(photo())),
        ("/ASCII85Decode /FlateDecode /DCTDecode", a85encode(compress(photo())) + b"~>"),
    ],
)
def test_a_photo_in_a_pdf_loses_its_camera_however_it_is_packed(packing: str, packed: bytes):
    reader = PdfReader(BytesIO(cleaned(report(packing=packing, image_data=packed))[1]))
    image = reader.pages[0]["/Resources"]["/XObject"]["/I"]
    assert (image["/Filter"], image._data) == ("/DCTDecode", clean_jpeg(photo()))


def test_plain_text_is_kept_as_utf_8():
    assert cleaned("三月已办完。\r\n".encode("gb18030")) == ("text/plain", "三月已办完。\r\n".encode())
    assert cleaned("\ufeff好".encode()) == ("text/plain", "好".encode())


def swollen() -> bytes:
    """60 MB of zeros in a few kilobytes."""
    return with_parts(letter(), {"word/media/image9.emf": bytes(60 * 1024 * 1024)})


def laughing() -> bytes:
    body = b'<!DOCTYPE a [<!ENTITY b "ha"><!ENTITY c "&b;&b;&b;">]><a>&c;</a>'
    return with_parts(letter(), {"word/document.xml": body})


def other_types(kind: str) -> bytes:
    data = letter()
    with ZipFile(BytesIO(data)) as archive:
        types = archive.read("[Content_Types].xml").decode()
    named = re.sub(r"application/vnd[^\"]*document\.main\+xml", kind, types)
    return with_parts(data, {"[Content_Types].xml": named.encode()})


def bent() -> bytes:
    """A letter whose packed bytes are not what they were."""
    data = bytearray(letter())
    start = data.find(b"[Content_Types].xml") + len("[Content_Types].xml")
    data[start : start + 2] = b"\xff\xff"
    return bytes(data)


def oddly_packed() -> bytes:
    written = BytesIO()
    with ZipFile(written, "w", ZIP_LZMA) as archive:
        archive.writestr("[Content_Types].xml", b"<Types/>")
    return written.getvalue()


def endless_list() -> bytes:
    return with_parts(letter(), {"[Content_Types].xml": b"<Types>" + b"<a b=''/>" * 1_100_000 + b"</Types>"})


def endless_tag() -> bytes:
    words = b"".join(b" a%d=''" % number for number in range(40_000))
    return with_parts(letter(), {"word/_rels/document.xml.rels": b"<a" + words + b"/>"})


def photo_bomb() -> bytes:
    """60 MB of a photo in 60 KB, twice packed."""
    return report(packing="/FlateDecode /DCTDecode", image_data=compress(photo()[:-2] + bytes(60 * 1024 * 1024)))


def plain_zip() -> bytes:
    return with_parts(letter(), {"[Content_Types].xml": b"<Types/>"})


@pytest.mark.parametrize(
    ("make", "reason"),
    [
        (lambda: b"", "empty"),
        (lambda: b"MZ\x90\0\x03\0\0\0" * 20, "unknown"),
        (lambda: b"GIF89a\x01\0\x01\0\0\0\0;", "unknown"),
        (lambda: b"junk before %PDF-1.7\0", "unknown"),
        (lambda: b"%PDF-1.7\nnothing of a PDF", "damaged"),
        (lambda: report(locked=True), "locked"),
        (lambda: picture()[:-20], "damaged"),
        (lambda: picture().replace(b"IDAT", b"IDAX"), "damaged"),
        (lambda: b"\xff\xd8\xff\xe0\0\x10JFIF\0" + b"x" * 40, "damaged"),
        (lambda: b"\xff\xd8\xff\xfe\0\x05abc\xff\xd9", "damaged"),
        (lambda: b"PK\x03\x04" + b"x" * 100, "damaged"),
        (plain_zip, "unknown"),
        (swollen, "swollen"),
        (laughing, "damaged"),
        (endless_list, "swollen"),
        (endless_tag, "swollen"),
        (photo_bomb, "swollen"),
        (lambda: report(packing="/RunLengthDecode /DCTDecode"), "damaged"),
        (bent, "damaged"),
        (oddly_packed, "damaged"),
        (lambda: letter(word__vbaProject_dot_bin=b"x"), "active"),
        (lambda: letter(word__embeddings__x_dot_xlsx=b"x"), "active"),
        (lambda: letter(word__activeX__x_dot_xml=b"<a/>"), "active"),
        (lambda: with_parts(letter(), {"../../x.xml": b"<a/>"}), "damaged"),
        (lambda: with_parts(letter(), {"WORD/document.xml": b"<a/>"}), "damaged"),
        (lambda: other_types("application/vnd.ms-word.document.macroEnabled.main+xml"), "active"),
        (lambda: with_parts(letter(), {"word/document.xml": "<a/>".encode("utf-16")}), "damaged"),
    ],
)
def test_what_is_hostile_broken_or_something_else_is_refused(make, reason: str):
    with pytest.raises(EvidenceRefused) as refused:
        cleaned(make())
    assert refused.value.reason == reason


@pytest.mark.parametrize(
    ("given", "kind", "kept"),
    [
        ("台账.PDF", "application/pdf", "台账.pdf"),
        ("C:\\Users\\li\\照片.jpeg", "image/jpeg", "照片.jpg"),
        ("../../etc/passwd", "text/plain", "passwd.txt"),
        ("x.html", "text/plain", "x.html.txt"),
        ("\u202egpj.exe", "image/png", "gpj.exe.png"),
        ("", "image/png", "file.png"),
        ("长" * 300 + ".docx", "text/plain", "长" * 76 + ".txt"),
    ],
)
def test_a_name_ends_as_the_file_is(given: str, kind: str, kept: str):
    assert file_name(given, kind) == kept
