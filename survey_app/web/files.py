"""Files sent with a form and files handed out again: how much of a request is read, and how evidence comes and goes."""

from __future__ import annotations

from io import BytesIO

from flask import Response, current_app, request, send_file

from survey_app.forms.sent_file import EvidenceForm
from survey_app.models import ActionEvidence, SiteEvidence
from survey_app.services.evidence import Limits

ROOM_FOR_FIELDS = 64 * 1024
"""Bytes of a request beside its file."""
MEGABYTE = 1024**2


def allow_a_file(size: int) -> None:
    """Read this request as far as a file of so many bytes goes; those of other pages end much sooner."""
    request.max_content_length = size + ROOM_FOR_FIELDS


def allow_evidence() -> Limits:
    """The limits of evidence here, for the request that brings it: what is a little too large is refused in words."""
    limits = Limits(current_app.config["EVIDENCE_MB"] * MEGABYTE, current_app.config["EVIDENCE_FILES"])
    allow_a_file(2 * limits.size)
    return limits


def evidence_in(form: EvidenceForm, limits: Limits) -> tuple[bytes, str]:
    """Bytes and name of the file as sent; one byte more than the limit where it is larger."""
    return form.file.data.read(limits.size + 1), form.file.data.filename or ""


def handed_out(kept: ActionEvidence | SiteEvidence) -> Response:
    """A stored file to be downloaded: no browser shows it as a page, or takes it for something else than it is."""
    answer = send_file(BytesIO(kept.content), kept.media_type, as_attachment=True, download_name=kept.name)
    answer.headers["Content-Security-Policy"] = "default-src 'none'; frame-ancestors 'none'; sandbox"
    return answer
