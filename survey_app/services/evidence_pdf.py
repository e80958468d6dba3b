"""A PDF without its metadata: the pages alone are copied into a new file, with what draws them.

What is not a page (document information, XMP, attached files, scripts, form data, bookmarks) has no place in the copy.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from io import BytesIO

from pypdf import PdfReader, PdfWriter
from pypdf.generic import ArrayObject, DictionaryObject, IndirectObject, PdfObject, StreamObject

from survey_app.errors import EvidenceRefused
from survey_app.services.evidence_images import clean_jpeg

PDF_START = b"%PDF-"
MOST_PAGES = 500
MOST_OBJECTS = 100_000
_LEFT_OUT = (
    "/Metadata", "/PieceInfo", "/LastModified", "/AA", "/JS", "/EmbeddedFiles", "/EF", "/AF", "/Thumb", "/Popup",
)  # fmt: skip
_OF_REMARKS = ("/T", "/M", "/CreationDate", "/NM", "/Subj")
"""Who wrote an annotation, and when."""
_ACTS = frozenset({"/JavaScript", "/Launch", "/SubmitForm", "/ImportData", "/GoToE", "/Rendition"})

logging.getLogger("pypdf").setLevel(logging.CRITICAL)  # what is odd about a stranger's file is nobody's concern


def clean_pdf(data: bytes) -> bytes:
    """Raises: EvidenceRefused."""
    try:
        return _copied(data)
    except EvidenceRefused:
        raise
    except Exception as problem:  # a parser of hostile files fails in many ways
        raise EvidenceRefused("damaged") from problem


def _copied(data: bytes) -> bytes:
    reader = PdfReader(BytesIO(data))
    if reader.is_encrypted:
        raise EvidenceRefused("locked")
    if not reader.pages:
        raise EvidenceRefused("damaged")
    if len(reader.pages) > MOST_PAGES:
        raise EvidenceRefused("swollen")
    pages = list(reader.pages)
    _strip(pages)
    writer = PdfWriter()
    for page in pages:
        writer.add_page(page)
    writer.metadata = None
    written = BytesIO()
    writer.write(written)
    return written.getvalue()


def _strip(pages: Sequence[DictionaryObject]) -> None:
    """Take out of everything that the pages reach what does not draw."""
    waiting: list[PdfObject] = list(pages)
    seen: set[int] = set()
    while waiting:
        found = waiting.pop()
        if isinstance(found, IndirectObject):
            resolved = found.get_object()
            if resolved is None:
                continue
            found = resolved
        if id(found) in seen:
            continue
        seen.add(id(found))
        if len(seen) > MOST_OBJECTS:
            raise EvidenceRefused("swollen")
        if isinstance(found, DictionaryObject):
            _strip_one(found)
            waiting.extend(found.values())
        elif isinstance(found, ArrayObject):
            waiting.extend(found)


def _strip_one(found: DictionaryObject) -> None:
    for key in _LEFT_OUT:
        found.pop(key, None)
    if found.get("/S") in _ACTS:
        found.clear()
    if "/Subtype" in found and "/Rect" in found and found.get("/Subtype") != "/Widget":
        for key in _OF_REMARKS:
            found.pop(key, None)
    if found.get("/FT") == "/Sig":
        found.pop("/V", None)  # the certificate; the stamp stays
    if isinstance(found, StreamObject) and found.get("/Filter") == "/DCTDecode":
        found._data = clean_jpeg(found._data)
