"""Style and scripts, read once when the service starts and answered from memory before the application is asked.

Their addresses carry the hash of their content, so that they can be kept for good, and a page never meets a script of
another version than its own.
"""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from hashlib import sha384
from mimetypes import guess_type
from pathlib import Path
from typing import Any

from werkzeug.wrappers import Request

from survey_app.packed import Packed

FOR_GOOD = "public, max-age=31536000, immutable"
ASKED_AGAIN = "public, no-cache"
"""Of an address without hash: kept, but compared each time."""

Wsgi = Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes]]


@dataclass(frozen=True, slots=True)
class StaticFile:
    packed: Packed
    integrity: str
    """What a browser checks a script against before it runs (W3C Subresource Integrity)."""
    content_type: str

    @classmethod
    def read(cls, path: Path) -> StaticFile:
        content = path.read_bytes()
        integrity = "sha384-" + b64encode(sha384(content).digest()).decode("ascii")
        kind = guess_type(path.name)[0] or "application/octet-stream"
        return cls(Packed.of(content), integrity, f"{kind}; charset=utf-8" if kind.startswith("text/") else kind)


class StaticFiles:
    """The files of a folder, by name."""

    def __init__(self, folder: Path, prefix: str) -> None:
        self.files = {
            path.relative_to(folder).as_posix(): StaticFile.read(path) for path in folder.rglob("*") if path.is_file()
        }
        self._answers = {f"{prefix}/{name}": (file, ASKED_AGAIN) for name, file in self.files.items()} | {
            f"{prefix}/{self.hashed(name)}": (file, FOR_GOOD) for name, file in self.files.items()
        }

    def hashed(self, name: str) -> str:
        """The name below the hash of the content; a name that is not here stays as it is."""
        return f"{self.files[name].packed.digest}/{name}" if name in self.files else name

    def integrity(self, name: str) -> str:
        return self.files[name].integrity

    def before(self, application: Wsgi) -> Wsgi:
        """Answers for files, and passes everything else on."""

        def answer(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
            known = self._answers.get(environ.get("PATH_INFO", ""))
            if known is None or environ["REQUEST_METHOD"] not in ("GET", "HEAD"):
                return application(environ, start_response)
            file, cache_control = known
            return file.packed.response(Request(environ), file.content_type, cache_control)(environ, start_response)

        return answer
