"""Pictures without what cameras and programs write into them: PNG and JPEG, rebuilt from the parts that draw.

Nothing is decoded, so no picture can swell; what stands behind the picture's end is cut off with the rest.
"""

from __future__ import annotations

from collections.abc import Iterator
from struct import pack, unpack_from
from zlib import crc32

PNG_START = b"\x89PNG\r\n\x1a\n"
JPEG_START = b"\xff\xd8\xff"
_PNG_DRAWS = frozenset({b"IHDR", b"PLTE", b"tRNS", b"IDAT", b"IEND", b"gAMA", b"cHRM", b"sRGB", b"pHYs", b"sBIT"})

_SOS, _EOI, _APP0, _APP1, _APP14 = 0xDA, 0xD9, 0xE0, 0xE1, 0xEE
_JPEG_DRAWS = frozenset({*range(0xC0, 0xD0), 0xDB, 0xDC, 0xDD}) - {0xC8}
_FRAMES = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
_RESTARTS = frozenset(range(0xD0, 0xD8))
_ORIENTATION = 0x0112
_LONGEST_DIRECTORY = 200


class PictureError(ValueError):
    """The bytes do not make up such a picture."""


def clean_png(data: bytes) -> bytes:
    """The critical chunks and those for colour and resolution; text, time, EXIF and private ones are left out.

    Raises: PictureError.
    """
    if not data.startswith(PNG_START):
        raise PictureError
    kept: list[bytes] = [PNG_START]
    kinds: list[bytes] = []
    at = len(PNG_START)
    while not kinds or kinds[-1] != b"IEND":
        if at + 12 > len(data):
            raise PictureError
        length, kind = unpack_from(">I4s", data, at)
        chunk = data[at : at + 12 + length]
        if len(chunk) < 12 + length or unpack_from(">I", chunk, 8 + length)[0] != crc32(chunk[4 : 8 + length]):
            raise PictureError
        kinds.append(kind)
        if kind in _PNG_DRAWS:
            kept.append(chunk)
        at += 12 + length
    if kinds[0] != b"IHDR" or b"IDAT" not in kinds:
        raise PictureError
    return b"".join(kept)


def clean_jpeg(data: bytes) -> bytes:
    """Tables, frames and scans; of EXIF only which way up, of JFIF only the header. Raises: PictureError."""
    if not data.startswith(JPEG_START):
        raise PictureError
    head, body = [b"\xff\xd8"], []
    has_frame = has_scan = False
    for marker, segment in _segments(data):
        if marker == _APP0 and segment[4:9] == b"JFIF\0" and len(segment) >= 16:
            head.append(b"\xff\xe0\x00\x10" + segment[4:16] + b"\0\0")
        elif marker == _APP1 and segment[4:10] == b"Exif\0\0":
            head.append(_upright(segment[10:]))
        elif marker == _APP14 and segment[4:9] == b"Adobe":
            body.append(segment[:16] if len(segment) == 16 else b"")
        elif marker == _SOS or marker in _JPEG_DRAWS:
            body.append(segment)
            has_scan = has_scan or marker == _SOS
            has_frame = has_frame or marker in _FRAMES
    if not (has_frame and has_scan):
        raise PictureError
    return b"".join([*head, *body, b"\xff\xd9"])


def _segments(data: bytes) -> Iterator[tuple[int, bytes]]:
    """Marker and bytes of each segment up to the end of the picture; a scan carries its compressed data along."""
    at = 2
    while at < len(data):
        if data[at] != 0xFF:
            raise PictureError
        while data[at : at + 1] == b"\xff":
            at += 1
        marker = data[at] if at < len(data) else _EOI
        start, at = at - 1, at + 1
        if marker == _EOI:
            return
        if at + 2 > len(data):
            raise PictureError
        end = at + unpack_from(">H", data, at)[0]
        if end < at + 2 or end > len(data):
            raise PictureError
        if marker == _SOS:
            end = _end_of_scan(data, end)
        yield marker, data[start:end]
        at = end


def _end_of_scan(data: bytes, at: int) -> int:
    """Where the next marker stands that is neither a restart nor a stuffed zero."""
    while True:
        at = data.find(b"\xff", at)
        if at < 0 or at + 1 >= len(data):
            return len(data)
        following = data[at + 1]
        if following and following not in _RESTARTS and following != 0xFF:
            return at
        at += 1 if following == 0xFF else 2


def _upright(tiff: bytes) -> bytes:
    """An EXIF segment that says which way up and nothing else; empty for a picture that lies as it is."""
    order = {b"II*\0": "<", b"MM\0*": ">"}.get(tiff[:4])
    if order is None or len(tiff) < 8:
        return b""
    at = unpack_from(order + "I", tiff, 4)[0]
    if at + 2 > len(tiff):
        return b""
    for entry in range(min(unpack_from(order + "H", tiff, at)[0], _LONGEST_DIRECTORY)):
        place = at + 2 + 12 * entry
        if place + 12 > len(tiff):
            return b""
        tag, kind, _count, value = unpack_from(order + "HHIH", tiff, place)
        if tag == _ORIENTATION and kind == 3 and 2 <= value <= 8:
            said = pack(">4sIHHHIHHI", b"MM\0*", 8, 1, _ORIENTATION, 3, 1, value, 0, 0)
            return b"\xff\xe1" + pack(">H", 8 + len(said)) + b"Exif\0\0" + said
    return b""
