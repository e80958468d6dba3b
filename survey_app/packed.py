"""Content that is the same for everybody, compressed once and named by its hash, as an answer to a request.

Compressing is safe here and only here. Attacks on compressed pages (BREACH) guess a secret beside words of the
attacker's own; this content has neither. Whatever repeats what somebody has sent goes out uncompressed.
"""

from __future__ import annotations

import gzip
from collections.abc import Collection
from dataclasses import dataclass
from hashlib import sha256

from werkzeug.wrappers import Request, Response

HASH_DIGITS = 20


@dataclass(frozen=True, slots=True)
class Packed:
    """Kept compressed only: hardly a browser asks for more."""

    compressed: bytes
    digest: str
    """Hexadecimal, of the content itself."""

    @classmethod
    def of(cls, content: bytes) -> Packed:
        return cls(gzip.compress(content, mtime=0), sha256(content).hexdigest()[:HASH_DIGITS])

    @property
    def content(self) -> bytes:
        return gzip.decompress(self.compressed)

    def response(
        self,
        request: Request,
        content_type: str,
        cache_control: str,
        *,
        status: int = 200,
        varies: Collection[str] = (),
    ) -> Response:
        """To this request: compressed if it may be, 304 without a body if the reader has it already."""
        is_compressed = request.accept_encodings["gzip"] > 0
        response = Response(self.compressed if is_compressed else self.content, status, content_type=content_type)
        response.headers["Cache-Control"] = cache_control
        response.vary.update(("Accept-Encoding", *varies))
        if is_compressed:
            response.content_encoding = "gzip"
        if status == 200:
            response.set_etag(f"{self.digest}-gzip" if is_compressed else self.digest)
            response.make_conditional(request)
        return response
