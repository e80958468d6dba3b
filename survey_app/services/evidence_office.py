"""Word and Excel files without their properties: the archive is written anew from the parts that make the document.

Nothing in them runs or carries other files along: macros, embedded objects and ActiveX are refused.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from io import BytesIO
from xml.etree.ElementTree import Element, fromstring, tostring
from xml.parsers import expat
from zipfile import ZIP_DEFLATED, BadZipFile, ZipFile, ZipInfo

from survey_app.errors import EvidenceRefused
from survey_app.services.evidence_images import JPEG_START, PNG_START, clean_jpeg, clean_png

ZIP_START = b"PK\x03\x04"
DOCX = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
MOST_PARTS = 2000
MOST_BYTES = 50 * 1024 * 1024
"""Unpacked, all parts together."""
_TYPES = "[Content_Types].xml"
_KINDS = {f"{DOCX}.main+xml": DOCX, f"{XLSX}.main+xml": XLSX}
_ACTIVE = ("vba", "macro", "activex", "oleobject", "embeddings/")
_ACTIVE_ENDS = (".bin", ".exe", ".dll", ".js", ".vbs", ".docm", ".xlsm")
_PRINTERS = "printersettings"
_PROPERTIES = "docprops/"
_PERSONAL = (
    re.compile(rb'(\b\w+:(?:author|initials|lastModifiedBy|userId|providerId)=)(?:"[^"]*"|\'[^\']*\')'),
    re.compile(rb'(<(?:\w+:)?person\b[^>]*?\bdisplayName=)(?:"[^"]*"|\'[^\']*\')'),
    re.compile(rb'(<x15ac:absPath\b[^>]*?\burl=)(?:"[^"]*"|\'[^\']*\')'),
)
_PRINTER_NAMED = re.compile(rb'(<pageSetup\b[^>]*?)\s+r:id="[^"]*"')
_AUTHORS = re.compile(rb"(<(?:\w+:)?author>)[^<]*(</)")


def clean_office(data: bytes) -> tuple[str, bytes]:
    """The kind of document, and its bytes written anew. Raises: EvidenceRefused."""
    try:
        with ZipFile(BytesIO(data)) as archive:
            parts = dict(_parts(archive))
    except (BadZipFile, NotImplementedError, RuntimeError, EOFError, ValueError, OSError) as problem:
        raise EvidenceRefused("damaged") from problem
    try:
        kind = _kind(parts)
        return kind, _written(parts)
    except (expat.ExpatError, SyntaxError, ValueError, LookupError) as problem:
        raise EvidenceRefused("damaged") from problem


def _parts(archive: ZipFile) -> Iterator[tuple[str, bytes]]:
    """Names and contents; the sizes that the archive declares are not believed."""
    entries = [entry for entry in archive.infolist() if not entry.is_dir()]
    names = {entry.filename.lower() for entry in entries}
    if len(entries) > MOST_PARTS:
        raise EvidenceRefused("swollen")
    if len(names) < len(entries) or any(_is_astray(name) for name in names):
        raise EvidenceRefused("damaged")
    left = MOST_BYTES
    for entry in entries:
        if entry.flag_bits & 1:
            raise EvidenceRefused("locked")
        lower = entry.filename.lower()
        if (any(word in lower for word in _ACTIVE) or lower.endswith(_ACTIVE_ENDS)) and _PRINTERS not in lower:
            raise EvidenceRefused("active")
        with archive.open(entry) as part:
            content = part.read(left + 1)
        left -= len(content)
        if left < 0:
            raise EvidenceRefused("swollen")
        yield entry.filename, content


def _is_astray(name: str) -> bool:
    return name.startswith("/") or "\\" in name or ":" in name or ".." in name.split("/")


def _kind(parts: dict[str, bytes]) -> str:
    """By what the content types declare, of exactly one main part that is there. Raises: EvidenceRefused."""
    if _TYPES not in parts:
        raise EvidenceRefused("unknown")
    declared = [element.attrib for element in _root(parts[_TYPES])]
    if any("macroenabled" in words.get("ContentType", "").lower() for words in declared):
        raise EvidenceRefused("active")
    main = [
        (words.get("PartName", ""), _KINDS[kind])
        for words in declared
        if (kind := words.get("ContentType", "")) in _KINDS
    ]
    if len(main) != 1 or main[0][0].lstrip("/") not in parts:
        raise EvidenceRefused("unknown")
    return main[0][1]


def _written(parts: dict[str, bytes]) -> bytes:
    written = BytesIO()
    with ZipFile(written, "w", ZIP_DEFLATED) as archive:
        for name, content in parts.items():
            lower = name.lower()
            if not lower.startswith(_PROPERTIES) and _PRINTERS not in lower:
                archive.writestr(ZipInfo(name), _clean_part(name, content), ZIP_DEFLATED)  # of 1980, like all others
    return written.getvalue()


def _clean_part(name: str, content: bytes) -> bytes:
    if name == _TYPES:
        return _without(content, "PartName")
    if name.endswith(".rels"):
        return _without(content, "Target")
    if content.startswith(JPEG_START):
        return clean_jpeg(content)
    if content.startswith(PNG_START):
        return clean_png(content)
    if name.endswith(".xml"):
        _require_plain(content)
        for personal in _PERSONAL:
            content = personal.sub(rb'\1""', content)
        return _PRINTER_NAMED.sub(rb"\1", _AUTHORS.sub(rb"\1\2", content))
    return content


def _without(content: bytes, attribute: str) -> bytes:
    """A list of parts without those that are left out of the archive."""
    root = _root(content)
    for element in list(root):
        target = element.get(attribute, "").lower()
        if target.lstrip("/").startswith(_PROPERTIES) or _PRINTERS in target:
            root.remove(element)
    return bytes(tostring(root, encoding="utf-8", xml_declaration=True))


def _root(content: bytes) -> Element:
    _require_plain(content)
    return fromstring(content)  # noqa: S314 (no document type, so no entities)


def _require_plain(content: bytes) -> None:
    """Well-formed XML in UTF-8 without a document type: nothing that swells, nothing the patterns miss."""
    reader = expat.ParserCreate()
    reader.StartDoctypeDeclHandler = _refuse
    reader.XmlDeclHandler = _require_utf_8
    if content.startswith((b"\xff\xfe", b"\xfe\xff", b"\0", b"<\0")):
        raise ValueError("UTF-16")
    reader.Parse(content, True)


def _refuse(*_words: object) -> None:
    raise ValueError("a document type")


def _require_utf_8(_version: str, encoding: str | None, _standalone: int) -> None:
    if (encoding or "utf-8").lower() not in ("utf-8", "us-ascii"):
        raise ValueError(encoding)
