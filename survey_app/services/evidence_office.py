"""Word and Excel files without their properties: the archive is written anew from the parts that make the document.

A part is kept if relationships lead to it from the root, and each XML part is written from what a parser read of it:
comments and properties have no place in the copy. Macros, embedded objects and ActiveX are refused.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterator
from functools import partial
from io import BytesIO
from posixpath import join, normpath, split
from urllib.parse import unquote
from xml.parsers import expat
from zipfile import ZIP_DEFLATED, ZIP_STORED, ZipFile, ZipInfo

from survey_app.errors import EvidenceRefused
from survey_app.services.evidence_images import JPEG_START, PNG_START, clean_jpeg, clean_png

DOCX = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
MOST_PARTS = 2000
MOST_BYTES = 50 * 1024 * 1024
"""Unpacked, all parts together."""
MOST_TAGS = 2_000_000
"""And attributes, in all parts together, as far as their signs tell: counting them costs less than parsing them."""
_LONG_TAG = re.compile(rb"<[^<]{262144}")
"""A tag of a quarter of a megabyte has as many attributes as the memory holds."""
_TYPES = "[Content_Types].xml"
_KINDS = {f"{DOCX}.main+xml": DOCX, f"{XLSX}.main+xml": XLSX}
_ACTIVE = ("vba", "macro", "activex", "oleobject", "embeddings/")
_ACTIVE_ENDS = (".bin", ".exe", ".dll", ".js", ".vbs", ".docm", ".xlsm")
_PRINTERS = "printersettings"
_LEFT_OUT = (
    "/coreproperties", "/extendedproperties", "/customproperties", "/thumbnail", "/customxml", "/printersettings",
    "/origin",
)  # fmt: skip
"""How the type of a relationship ends whose part says who, where and with what; "origin" is that of signatures."""
_OPEN_ADDRESSES = ("http:", "https:", "mailto:", "#")
_NOWHERE = "NULL"
"""What Word itself writes for a link that leads nowhere; without the link its user would be a broken file."""
_PERSONAL = frozenset({"author", "initials", "lastModifiedBy", "userId", "providerId", "userName"})
_OF_ELEMENTS = {"person": "displayName", "absPath": "url"}
_OF_PRINTERS = ("pageSetup", "printerSettings")

_QUOTED = str.maketrans({sign: f"&#{ord(sign)};" for sign in '&<>"\t\n\r'})

Words = dict[str, str]
Change = Callable[[str, Words], Words | None]
"""From the name of an element and its attributes to those it keeps; None leaves it out with all that is in it."""


def clean_office(data: bytes) -> tuple[str, bytes]:
    """The kind of document, and its bytes written anew. Raises: EvidenceRefused; other errors if it is damaged."""
    with ZipFile(BytesIO(data)) as archive:
        parts = dict(_parts(archive))
    if _TYPES not in parts:
        raise EvidenceRefused("unknown")
    kept = _reached(parts)
    kind, kept[_TYPES] = _kind(parts[_TYPES], {_place(name) for name in kept})
    written = BytesIO()
    with ZipFile(written, "w", ZIP_DEFLATED) as archive:
        for name in parts:  # in their old order
            if name in kept:
                archive.writestr(ZipInfo(name), kept[name], ZIP_DEFLATED)  # of 1980, like all others
    return kind, written.getvalue()


def _parts(archive: ZipFile) -> Iterator[tuple[str, bytes]]:
    """Names and contents; the sizes that the archive declares are not believed."""
    entries = [entry for entry in archive.infolist() if not entry.is_dir()]
    names = {entry.filename.lower() for entry in entries}
    if len(entries) > MOST_PARTS:
        raise EvidenceRefused("swollen")
    if len(names) < len(entries) or any(_is_astray(name) for name in names):
        raise EvidenceRefused("damaged")
    left, tags = MOST_BYTES, MOST_TAGS
    for entry in entries:
        lower = entry.filename.lower()
        if entry.flag_bits & 1:
            raise EvidenceRefused("locked")
        if entry.compress_type not in (ZIP_STORED, ZIP_DEFLATED):
            raise EvidenceRefused("damaged")
        if (any(word in lower for word in _ACTIVE) or lower.endswith(_ACTIVE_ENDS)) and _PRINTERS not in lower:
            raise EvidenceRefused("active")
        with archive.open(entry) as part:
            content = part.read(left + 1)
        left -= len(content)
        if lower.endswith((".xml", ".rels")):
            tags -= content.count(b"<") + content.count(b"=")
        if min(left, tags) < 0:
            raise EvidenceRefused("swollen")
        yield entry.filename, content


def _is_astray(name: str) -> bool:
    return name.startswith("/") or "\\" in name or ":" in name or ".." in name.split("/")


def _place(name: str) -> str:
    """A part by its address: names in an archive and in its lists may differ in case and quoting."""
    return unquote(name).lower().lstrip("/")


def _kind(types: bytes, places: set[str]) -> tuple[str, bytes]:
    """What is declared of the one main part, and the declarations of the kept parts. Raises: EvidenceRefused."""
    main: list[str] = []

    def of_kept(_name: str, words: Words) -> Words | None:
        kind = words.get("ContentType", "")
        if "macroenabled" in kind.lower():
            raise EvidenceRefused("active")
        if "PartName" in words and _place(words["PartName"]) not in places:
            return None
        main.extend([_KINDS[kind]] if kind in _KINDS else [])
        return words

    written = _rewritten(types, of_kept)
    if len(main) != 1:
        raise EvidenceRefused("unknown")
    return main[0], written


def _reached(parts: dict[str, bytes]) -> dict[str, bytes]:
    """The parts to which relationships lead from the root, cleaned, with the lists of these relationships."""
    names = {_place(name): name for name in parts if name != _TYPES and not name.lower().endswith(".rels")}
    lists = {_place(name): name for name in parts.keys() - names.values()}
    kept: dict[str, bytes] = {}
    waiting = [""]
    while waiting:
        folder, file = split(waiting.pop())
        rels = lists.get(join(folder, "_rels", f"{file}.rels"))
        if rels is None:
            continue
        targets: set[str] = set()
        kept[rels] = _rewritten(parts[rels], partial(_led, folder, names.keys(), targets))
        for target in targets:
            if names[target] not in kept:
                kept[names[target]] = _clean_part(target, parts[names[target]])
                waiting.append(target)
    return kept


def _led(folder: str, places: Collection[str], targets: set[str], _name: str, words: Words) -> Words | None:
    """A relationship of a part in this folder: added to the targets, left as an open address, or leading nowhere."""
    kind, target = words.get("Type", "").lower().replace("-", ""), words.get("Target", "")
    if kind.endswith(_LEFT_OUT):
        return None
    place = _place(normpath(join("/", folder, target)))
    if place in places and words.get("TargetMode") != "External":
        targets.add(place)
    elif "Target" in words and not (kind.endswith("/hyperlink") and target.lower().startswith(_OPEN_ADDRESSES)):
        return {**words, "Target": _NOWHERE}
    return words


def _clean_part(place: str, content: bytes) -> bytes:
    if content.startswith(JPEG_START):
        return clean_jpeg(content)
    if content.startswith(PNG_START):
        return clean_png(content)
    return _rewritten(content, _impersonal) if place.endswith(".xml") else content


def _impersonal(name: str, words: Words) -> Words:
    """Remarks, changes and tables without their writer, the folder they lay in and the printer."""
    own = _OF_ELEMENTS.get(name)
    return {
        key: "" if (local := _local(key)) in _PERSONAL or local == own else value
        for key, value in words.items()
        if not (name in _OF_PRINTERS and _local(key) == "id")
    }


def _rewritten(content: bytes, change: Change) -> bytes:
    """XML anew, element by element, in UTF-8: without comments, instructions and the texts of authors.

    Raises: EvidenceRefused for what would swell; ValueError or ExpatError for a document type and what is no XML.
    """
    if _LONG_TAG.search(content):
        raise EvidenceRefused("swollen")
    if content.startswith((b"\xff\xfe", b"\xfe\xff", b"\0", b"<\0")):
        raise ValueError("UTF-16, where tags cannot be counted")
    written = BytesIO()
    left_out = 0
    by_author = False

    def begin(name: str, attributes: Words) -> None:
        nonlocal left_out, by_author
        local = _local(name)
        words = None if left_out else change(local, attributes)
        if words is None:
            left_out += 1
            return
        by_author = local == "author"
        listed = "".join(f' {key}="{value.translate(_QUOTED)}"' for key, value in words.items())
        written.write(f"<{name}{listed}>".encode())

    def end(name: str) -> None:
        nonlocal left_out, by_author
        by_author = False
        if left_out:
            left_out -= 1
        else:
            written.write(f"</{name}>".encode())

    def say(text: str) -> None:
        if not (left_out or by_author):
            written.write(text.translate(_QUOTED).encode())

    reader = expat.ParserCreate("utf-8")
    reader.buffer_text = True
    reader.StartElementHandler, reader.EndElementHandler, reader.CharacterDataHandler = begin, end, say
    reader.StartDoctypeDeclHandler = _refuse
    written.write(b'<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n')
    reader.Parse(content, True)
    return written.getvalue()


def _local(name: str) -> str:
    return name.rpartition(":")[2]


def _refuse(*_words: object) -> None:
    raise ValueError("a document type")
