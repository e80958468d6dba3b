"""A PDF without its metadata: the pages alone are copied into a new file, with what draws them.

What is not a page (document information, XMP, attached files, scripts, form data, bookmarks) has no place in the copy.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from io import BytesIO

from pypdf import PdfReader, PdfWriter
from pypdf.filters import decode_stream_data
from pypdf.generic import ArrayObject, DictionaryObject, IndirectObject, NameObject, PdfObject, StreamObject

from survey_app.errors import EvidenceRefused
from survey_app.services.evidence_images import clean_jpeg

MOST_PAGES = 500
MOST_OBJECTS = 100_000
MOST_BYTES = 50 * 1024 * 1024
"""Of all photos that are packed once more, unpacked."""
_PHOTOS = frozenset({"/DCTDecode", "/DCT"})
_PACKINGS = frozenset({"/FlateDecode", "/ASCII85Decode", "/ASCIIHexDecode"})
"""In which programs wrap a photo; no other is worth the work of unpacking."""
_LEFT_OUT = (
    "/Metadata", "/PieceInfo", "/LastModified", "/AA", "/JS", "/EmbeddedFiles", "/EF", "/AF", "/Thumb", "/Popup",
)  # fmt: skip
_OF_REMARKS = ("/T", "/M", "/CreationDate", "/NM", "/Subj")
"""Who wrote an annotation, and when."""
_ACTS = frozenset({"/JavaScript", "/Launch", "/SubmitForm", "/ImportData", "/GoToE", "/Rendition"})

logging.getLogger("pypdf").setLevel(logging.CRITICAL)  # what is odd about a stranger's file is nobody's concern


def clean_pdf(data: bytes) -> bytes:
    """Raises: EvidenceRefused; other errors, of many kinds, if it is damaged."""
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
    left = MOST_BYTES
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
        if isinstance(found, StreamObject):
            left -= _clean_photo(found)
            if left < 0:
                raise EvidenceRefused("swollen")
        elif isinstance(found, ArrayObject):
            waiting.extend(found)


def _strip_one(found: DictionaryObject) -> None:
    for key in _LEFT_OUT:
        found.pop(key, None)
    if _value(found, "/S") in _ACTS:
        found.clear()
    if "/Rect" in found and _value(found, "/Subtype") not in (None, "/Widget"):
        for key in _OF_REMARKS:
            found.pop(key, None)
    if _value(found, "/FT") == "/Sig":
        found.pop("/V", None)  # the certificate; the stamp stays


def _clean_photo(found: StreamObject) -> int:
    """Take the camera out of a JPEG, also of one packed once more; bytes of what had to be unpacked."""
    filters, parameters = _values(found, "/Filter"), _values(found, "/DecodeParms")
    if not filters or filters[-1] not in _PHOTOS:
        return 0
    data, packed = found._data, filters[:-1]
    if not _PACKINGS.issuperset(packed):
        raise EvidenceRefused("damaged")
    if packed:
        outer = StreamObject()
        outer._data = data
        outer[NameObject("/Filter")] = ArrayObject(packed)
        if len(parameters) == len(filters):
            outer[NameObject("/DecodeParms")] = ArrayObject(parameters[:-1])
        data = decode_stream_data(outer)
    found._data = clean_jpeg(data)
    found[NameObject("/Filter")] = NameObject("/DCTDecode")
    found.pop("/DecodeParms", None)
    if parameters and isinstance(parameters[-1], DictionaryObject):
        found[NameObject("/DecodeParms")] = parameters[-1]
    return len(data) if packed else 0


def _value(found: DictionaryObject, key: str) -> object:
    """What stands under a key or where the key refers to."""
    value = found.get(key)
    return value.get_object() if isinstance(value, IndirectObject) else value


def _values(found: DictionaryObject, key: str) -> list[object]:
    value = _value(found, key)
    if value is None:
        return []
    return [one.get_object() for one in value] if isinstance(value, ArrayObject) else [value]
