"""The minutes of a management review as a Word document, in the look of official papers.

What was said and decided comes in as words; the look is `official_page`.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from flask_babel import gettext as _

from survey_app.clean_text import without_controls
from survey_app.exports.official_page import OfficialPage
from survey_app.exports.questionnaire_document import chinese_numeral

Pairs = tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class MinutesPoint:
    title: str
    facts: tuple[str, ...]
    """What the results say, a sentence each."""
    said: Pairs
    """Term and text: discussion, decision, responsible, due; only what there is."""


@dataclass(frozen=True, slots=True)
class Minutes:
    """The words of the minutes, as the page shows them."""

    unit_name: str
    title: str
    head: Pairs
    """Term and text: day, place, chair, people."""
    points: tuple[MinutesPoint, ...]
    closing: str
    signatures: tuple[tuple[str, str, str], ...]
    """Name, role and moment."""
    standing: str
    """Whether they are signed and closed."""
    results: Pairs
    """Survey and hash of each result that was reviewed."""
    sha256: str
    """Of the minutes; empty before they are closed."""


def minutes_document(minutes: Minutes, *, language: str) -> bytes:
    """The .docx in the language of the page; needs an application context, for the words."""
    page = OfficialPage(title=without_controls(minutes.title), language=language)
    page.title("\n".join(_lines(minutes.unit_name)))
    page.title("\n".join(_lines(minutes.title)))
    for term, text in minutes.head:
        _write_said(page, term, text)
    for place, point in enumerate(minutes.points, start=1):
        _write_point(page, _numbered(place, point.title, language), point)
    if minutes.closing:
        page.heading(_numbered(len(minutes.points) + 1, _("What the chair said in the end"), language))
        _write_paragraphs(page, minutes.closing)
    _write_signatures(page, minutes)
    _write_origin(page, minutes)
    return page.bytes()


def _write_point(page: OfficialPage, heading: str, point: MinutesPoint) -> None:
    page.heading(heading)
    for fact in point.facts:
        _write_paragraphs(page, fact)
    for term, text in point.said:
        _write_said(page, term, text)
    if not (point.facts or point.said):
        _write_paragraphs(page, _("nothing written down"))


def _write_said(page: OfficialPage, term: str, text: str) -> None:
    _write_paragraphs(page, _("%(term)s: %(text)s", term=term, text=text))


def _write_paragraphs(page: OfficialPage, text: str) -> None:
    for line in _lines(text):
        page.paragraph(line)


def _write_signatures(page: OfficialPage, minutes: Minutes) -> None:
    page.paragraph("", is_indented=False)
    page.paragraph(_("Signatures (%(standing)s)", standing=minutes.standing), is_indented=False, keep_with_next=True)
    rows = [tuple(" ".join(_lines(text)) for text in (*signed, "")) for signed in minutes.signatures]
    heads = (_("Full name"), _("Role"), _("Signed in the service"), _("By hand"))
    page.table(heads, rows or [("", "", "", "")], (38, 38, 44, 36), row_height=14)


def _write_origin(page: OfficialPage, minutes: Minutes) -> None:
    """What the minutes rest on, to be compared with what the service keeps."""
    for title, digest in minutes.results:
        page.note(_("Result reviewed: %(title)s, SHA-256 %(hash)s", title=" ".join(_lines(title)), hash=digest))
    if minutes.sha256:
        page.note(_("These minutes: SHA-256 %(hash)s", hash=minutes.sha256))


def _lines(text: str) -> Iterator[str]:
    """Of text that people typed, what a document carries."""
    return (line.strip() for line in without_controls(text).splitlines() if line.strip())


def _numbered(number: int, title: str, language: str) -> str:
    words = " ".join(_lines(title))
    return f"{number}. {words}" if language.startswith("en") else f"{chinese_numeral(number)}、{words}"
