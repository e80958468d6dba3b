"""The pages of a published questionnaire in words, and the files it can be had as."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from flask_babel import gettext as _

from instruments.difference import Change
from instruments.model import Audience, Instrument
from instruments.problems import Problem
from instruments.wording import N_
from survey_app import services
from survey_app.forms.editor_item import ROLES, TYPES
from survey_app.models import InstrumentVersion
from survey_app.web.labels import audience_label
from survey_app.wording.labels import COMPARABILITY_REASONS, comparability_label, listed


@dataclass(frozen=True, slots=True)
class ProblemRow:
    line: int | None
    place: str
    words: str


@dataclass(frozen=True, slots=True)
class DifferenceRow:
    """One change against an older version, and what it does to comparing the years."""

    words: str
    before: str
    after: str
    effect: str


@dataclass(frozen=True, slots=True)
class QuestionnaireFile:
    name: str
    label: str
    mime: str
    ending: str
    make: Callable[[InstrumentVersion, Instrument, str], bytes]
    """Takes the version, its questionnaire and the language of the page."""


def _pdf(_version: InstrumentVersion, instrument: Instrument, language: str) -> bytes:
    from survey_app.printing.questionnaire import questionnaire_pdf

    return questionnaire_pdf(instrument, language=language)


def _word(_version: InstrumentVersion, instrument: Instrument, language: str) -> bytes:
    from survey_app.exports.questionnaire_document import questionnaire_document

    return questionnaire_document(instrument, language=language)


def _yaml(version: InstrumentVersion, _instrument: Instrument, _language: str) -> bytes:
    return version.source.encode()


def _json(_version: InstrumentVersion, instrument: Instrument, _language: str) -> bytes:
    from instruments.json_form import write_json

    return write_json(instrument).encode()


def _xlsform(_version: InstrumentVersion, instrument: Instrument, _language: str) -> bytes:
    from instruments.exporters.xlsform import write_xlsform

    return write_xlsform(instrument).content


FILES = {
    one.name: one
    for one in (
        QuestionnaireFile(
            "pdf", N_("On paper, to print (PDF)"), "application/pdf", "pdf", _pdf
        ),
        QuestionnaireFile(
            "word", N_("For approval (Word)"),
            "application/vnd.openxmlformats-officedocument.wordprocessingml.document", "docx", _word
        ),
        QuestionnaireFile(
            "yaml", N_("As published (YAML)"), "text/yaml", "yaml", _yaml
        ),
        QuestionnaireFile(
            "json", N_("For programs (JSON)"), "application/json", "json", _json
        ),
        QuestionnaireFile(
            "xlsform", N_("For other survey systems (XLSForm)"),
            "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", "xlsx", _xlsform
        ),
    )
}  # fmt: skip
"""By name in the address."""


SPOKEN: Mapping[str, str] = {one.value: words for one, words in (*TYPES.items(), *ROLES.items())}
"""Types and roles as the editor calls them."""


def problem_rows(problems: Iterable[Problem]) -> list[ProblemRow]:
    return [ProblemRow(problem.line, problem.path, _(problem.template, **problem.values)) for problem in problems]


def glance_rows(version: InstrumentVersion, instrument: Instrument) -> list[tuple[str, object]]:
    """What a questionnaire is, as term and text."""
    rows: list[tuple[str, object]] = [
        (_("Audience"), audience_label(version.audience)),
        (_("Belongs to"), version.unit.name if version.unit else _("the service")),
        (_("All questions"), len(instrument.items)),
        (_("Scored questions"), len(instrument.scored_items)),
        (_("About"), _("%(count)s minutes", count=instrument.minutes)),
        (_("Use"), _("measures the year and its objectives") if instrument.is_annual else _("pulse or evaluation")),
    ]
    if instrument.local_items:
        rows.append((_("Local questions"), _("at most %(count)s questions", count=instrument.local_items)))
    return [*rows, (_("Hash of the content"), version.sha256)]


def scoring_rows(instrument: Instrument, language: str) -> list[tuple[str, str]]:
    """Dimensions with their questions, and the levels that count as satisfied, as term and text."""
    scales = dict.fromkeys(item.scale for item in instrument.scored_items if item.scale is not None)
    rows = [
        (part.title.in_language(language), _("%(count)s questions", count=len(instrument.items_of(part.code))))
        for part in instrument.dimensions
    ]
    for code in scales:
        scale = instrument.scales[code]
        best = [level.label.in_language(language) for level in scale.levels if level.code in scale.satisfied]
        levels = [level.label.in_language(language) for level in scale.levels]
        rows.append((" / ".join(levels), _("counted: %(levels)s", levels=listed(best))))
    return rows


def difference_rows(older: Instrument, newer: Instrument) -> list[DifferenceRow]:
    """What a new version changes, and whether the years still compare."""
    return [
        DifferenceRow(_part(one.change), _said(one.change.before), _said(one.change.after), _effect(one))
        for one in services.compare_versions(older, newer)
    ]


def _part(change: Change) -> str:
    """What has changed, and where: with its code, but for the questionnaire as a whole."""
    words = _(change.template, **change.values)
    return words if change.part == "questionnaire" else _("%(code)s: %(words)s", code=change.code, words=words)


def _said(raw: str) -> str:
    """A word of the file (a type, an audience) as the pages say it; texts stay as they are."""
    return audience_label(raw) if raw in set(Audience) else str(SPOKEN.get(raw, raw))


def _effect(compared: services.Compared) -> str:
    if compared.effect is None:
        return ""
    label = comparability_label(compared.effect.status)
    reasons = [_(COMPARABILITY_REASONS.get(reason, reason)) for reason in compared.effect.reasons]
    return _("%(label)s: %(reasons)s", label=label, reasons=listed(reasons)) if reasons else label
