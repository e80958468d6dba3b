"""The zip package of a workbook, looked at before anything reads it: size, macros, entities, and how far cells reach.

Whatever passes is packed anew, so that the reader of sheets sees exactly the parts that were looked at.
"""

from __future__ import annotations

import io
import posixpath
import re
import zipfile
import zlib
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from xml.parsers import expat

from instruments.problems import InstrumentError, Problem
from instruments.wording import N_

LARGEST = 5_000_000
"""Bytes of the largest file that is read."""
MOST_PARTS = 500
LARGEST_UNPACKED = 20_000_000
"""Bytes of all parts together; a form with a thousand questions has some 2,000,000."""
STEEPEST = 200
"""How many times larger than its packed form a part of more than a million bytes may be."""
MOST_ELEMENTS = 500_000
MOST_ROWS = 1_500
MOST_COLUMNS = 200
MOST_CHARACTERS = 1_500_000
"""Characters in all cells; a text that stands in many cells counts in each."""
COMPRESSIONS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
OLD_FORMAT = b"\xd0\xcf\x11\xe0"
"""How files of old Excel begin, and workbooks with a password."""
ADDRESS = re.compile(r"([A-Za-z]{1,3})([0-9]{1,7})")

NOT_A_WORKBOOK = N_("this is not an Excel workbook (.xlsx)")
DAMAGED = N_("the workbook is damaged and cannot be read")


@dataclass(frozen=True, slots=True)
class Package:
    """The parts that were looked at, packed anew; where formulas stand (by sheet); how many pictures there were."""

    content: bytes
    formulas: Mapping[str, tuple[str, ...]]
    pictures: int


def checked_package(content: bytes) -> Package:
    """Raises InstrumentError for whatever is no plain workbook of bearable size."""
    if len(content) > LARGEST:
        raise refusal(N_("the file is larger than %(limit)s bytes"), limit=LARGEST)
    if content.startswith(OLD_FORMAT):
        raise refusal(N_("the workbook is in the old format (.xls) or has a password; save it as .xlsx without one"))
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            return repacked(archive)
    except (zipfile.BadZipFile, zlib.error, EOFError, OSError, RuntimeError, ValueError) as error:
        if isinstance(error, InstrumentError):
            raise
        raise refusal(NOT_A_WORKBOOK if isinstance(error, zipfile.BadZipFile) else DAMAGED) from None


def refusal(template: str, place: str = "", **values: object) -> InstrumentError:
    return InstrumentError((Problem(place, None, template, values),))


def repacked(archive: zipfile.ZipFile) -> Package:
    entries = archive.infolist()
    require_bearable(entries)
    looking = Looking()
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as copy:
        for entry in entries:
            if entry.filename.lower().endswith((".xml", ".rels")):
                part = archive.read(entry)
                looking.at(entry.filename, part)
                copy.writestr(zipfile.ZipInfo(entry.filename), part)
    looking.require_bearable_text()
    pictures = sum("/media/" in entry.filename.lower() for entry in entries)
    return Package(stream.getvalue(), dict(looking.formulas_by_sheet()), pictures)


def require_bearable(entries: list[zipfile.ZipInfo]) -> None:
    """What the directory of the package says; the sizes given there bound what is unpacked."""
    names = [entry.filename.lower() for entry in entries]
    if len(entries) > MOST_PARTS:
        raise refusal(N_("the workbook has more than %(limit)s parts"), limit=MOST_PARTS)
    if "[content_types].xml" not in names or not any(name.startswith("xl/") for name in names):
        raise refusal(NOT_A_WORKBOOK)
    if any("vbaproject" in name or "macrosheets/" in name for name in names):
        raise refusal(N_("the workbook holds macros; save it as .xlsx without them"))
    if len(set(names)) < len(names) or any(entry.compress_type not in COMPRESSIONS for entry in entries):
        raise refusal(DAMAGED)
    steep = (entry for entry in entries if entry.file_size > 1_000_000)
    is_bomb = any(entry.file_size > STEEPEST * max(entry.compress_size, 1) for entry in steep)
    if is_bomb or sum(entry.file_size for entry in entries) > LARGEST_UNPACKED:
        raise refusal(N_("the workbook unpacks to more than %(limit)s bytes"), limit=LARGEST_UNPACKED)


@dataclass(slots=True)
class Looking:
    """One pass over the XML of all parts; raises InstrumentError at what is not to be handed on."""

    elements: int = 0
    part: str = ""
    cell: tuple[int, int] = (0, 0)
    is_shared: bool = False
    inside: str = ""
    characters: int = 0
    index: str = ""
    shared: list[int] = field(default_factory=list)
    """Lengths of the texts that cells share."""
    uses: Counter[int] = field(default_factory=Counter)
    sheets: dict[str, str] = field(default_factory=dict)
    """Name of a sheet by its relation."""
    targets: dict[str, str] = field(default_factory=dict)
    formulas: dict[str, list[str]] = field(default_factory=dict)

    def at(self, name: str, content: bytes) -> None:
        self.part, self.cell = name, (0, 0)
        parser = expat.ParserCreate()
        parser.buffer_text = True
        parser.StartDoctypeDeclHandler = self.refuse_doctype
        parser.StartElementHandler = self.start
        parser.EndElementHandler = self.end
        parser.CharacterDataHandler = self.text
        try:
            parser.Parse(content, True)
        except expat.ExpatError:
            raise refusal(DAMAGED) from None

    def refuse_doctype(self, *_declaration: object) -> None:
        raise refusal(N_("the workbook declares entities (DOCTYPE), which no workbook needs"))

    def start(self, tag: str, attributes: dict[str, str]) -> None:
        self.elements += 1
        if self.elements > MOST_ELEMENTS:
            raise refusal(N_("the workbook has more than %(limit)s parts"), limit=MOST_ELEMENTS)
        name = local(tag)
        match name:
            case "row":
                self.cell = (int(attributes.get("r", self.cell[0] + 1)), 0)
            case "c":
                self.cell = self.address(attributes.get("r"))
                self.is_shared = attributes.get("t") == "s"
            case "v" | "is" | "f":
                self.fill(name)
            case "si":
                self.shared.append(0)
            case "sheet":
                relation = next((value for key, value in attributes.items() if local(key) == "id"), "")
                self.sheets[relation] = attributes.get("name", "")
            case "Relationship" if self.part.lower() == "xl/_rels/workbook.xml.rels":
                target = attributes.get("Target", "")
                self.targets[attributes.get("Id", "")] = posixpath.normpath(posixpath.join("/xl", target))[1:]
        self.inside = name
        self.index = ""

    def end(self, tag: str) -> None:
        if local(tag) == "v" and self.is_shared and self.index.strip().isdecimal():
            self.uses[int(self.index)] += 1
        self.inside = ""

    def text(self, text: str) -> None:
        if self.inside == "v" and self.is_shared:
            self.index += text[:20]
        elif self.inside == "t" and self.shared:
            self.shared[-1] += len(text)
        else:
            self.characters += len(text)

    def address(self, given: str | None) -> tuple[int, int]:
        """Row and column of a cell, counted from 1; a cell without address stands right of the one before."""
        if given is None:
            return max(self.cell[0], 1), self.cell[1] + 1
        found = ADDRESS.fullmatch(given)
        if found is None:
            raise refusal(DAMAGED)
        column = 0
        for letter in found[1].upper():
            column = column * 26 + ord(letter) - ord("A") + 1
        return int(found[2]), column

    def fill(self, name: str) -> None:
        row, column = self.cell
        if row > MOST_ROWS:
            raise refusal(N_("a sheet has more than %(limit)s rows"), limit=MOST_ROWS)
        if column > MOST_COLUMNS:
            raise refusal(N_("a sheet has more than %(limit)s columns"), limit=MOST_COLUMNS)
        if name == "f":
            self.formulas.setdefault(self.part.lower(), []).append(f"{letters_of(column)}{row}")

    def require_bearable_text(self) -> None:
        used = sum(self.shared[index] * count for index, count in self.uses.items() if index < len(self.shared))
        if used + self.characters > MOST_CHARACTERS:
            raise refusal(N_("the cells hold more than %(limit)s characters"), limit=MOST_CHARACTERS)

    def formulas_by_sheet(self) -> Iterator[tuple[str, tuple[str, ...]]]:
        for relation, name in self.sheets.items():
            addresses = self.formulas.get(self.targets.get(relation, "").lower())
            if addresses:
                yield name.lower(), tuple(addresses)


def local(tag: str) -> str:
    return tag.rpartition(":")[2]


def letters_of(column: int) -> str:
    """Letters of a column, counted from 1: A to Z, AA and on."""
    before, last = divmod(column - 1, 26)
    return (letters_of(before) if before else "") + chr(ord("A") + last)
