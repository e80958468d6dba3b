"""An R script that reads the table of single answers and reproduces the figures of the result, or fails.

The figures come from the Report, so hidden ones are not in it. What the script does is `reproduce.R`; here are the
lists it works on.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence, Set
from pathlib import Path

from flask_babel import gettext as _

from analysis.tree import Detail, DimensionResult, Hidden, ItemResult, Rate, ReliabilityResult
from instruments.model import Instrument
from instruments.wording import N_
from survey_app.exports.base import ExportContext, Exporter, Material
from survey_app.exports.formats import csv, sav
from survey_app.exports.row_groups import rows_of
from survey_app.exports.rows import row_columns

PROGRAM = Path(__file__).parent.parent / "reproduce.R"
WORDS = {
    "agrees": N_("agrees"),
    "differs": N_("DIFFERS"),
    "answers": N_("Valid ballots"),
    "labelled": N_("Columns that are the same in the SPSS file"),
    "scored": N_("Scored"),
    "rate": N_("Satisfaction rate"),
    "lower": N_("Interval (95 percent), lower end"),
    "upper": N_("Interval (95 percent), upper end"),
    "mean": N_("Mean"),
    "index": N_("Satisfaction index"),
    "alpha": N_("Cronbach's alpha of the questionnaire"),
    "failed": N_("These figures differ from those of the result:"),
    "reproduced": N_("All figures agree with the result."),
}

Value = str | float | bool | None | Sequence[str] | Sequence[int]


def r_script(material: Material, context: ExportContext) -> Iterator[bytes]:
    """The script in UTF-8, to lie beside the CSV; the same material gives the same bytes."""
    report, dataset = material.report, rows_of(material)
    shown = material.names(context.language)
    table, labelled, script = (made[0].filename(report) for made in (csv.EXPORTERS, sav.EXPORTERS, EXPORTERS))
    survey: Mapping[str, Value] = {"table": table, "labelled": labelled, "rows": dataset.rows}
    heads = (
        f"{report.unit_name} {report.title}",
        _("Reproduces the figures of the result from the single answers, and fails where one differs."),
        _("Put %(table)s beside this file and run: Rscript %(script)s", table=table, script=script),
        _("Sealed data: SHA-256 %(hash)s", hash=report.provenance.dataset_sha256),
        _("Made on %(day)s", day=context.made_on.isoformat()),
    )
    items = [(f"{item.code}  {shown.item(item.code)}", _item(material.instrument, item)) for item in report.items]
    full = {item.code for item in report.items if item.detail is Detail.FULL}
    parts = [(f"{one.code}  {shown.dimension(one.code)}", _dimension(one, full)) for one in report.dimensions]
    yield "\n".join(
        [
            *(f"# {_one_line(head)}" for head in heads),
            "",
            f"said <- {_listed({key: _(words) for key, words in WORDS.items()})}",
            f"survey <- {_listed(survey)}",
            f"columns <- {_literal([column.name for column in row_columns(dataset, context.language)])}",
            *_named("items", items),
            *_named("dimensions", parts),
            f"scale <- {_listed(_scale(report.reliability))}",
            "",
            PROGRAM.read_text(encoding="utf-8"),
        ]
    ).encode()


def _item(instrument: Instrument, result: ItemResult) -> Mapping[str, Value]:
    """What the script counts, and what it is to find; a figure that is not shown exactly is NA."""
    item = instrument.by_code[result.code]
    scale = instrument.scale_of(item)
    rate = result.rate if isinstance(result.rate, Rate) and result.rate.bound == "exact" else None
    lower, upper = (rate.interval if rate else None) or (None, None)
    return {
        "code": item.code,
        "low": scale.low,
        "high": scale.high,
        "reversed": item.reversed,
        "satisfied": sorted(scale.satisfied),
        "n": rate.n if rate else None,
        "rate": rate.value if rate else None,
        "people": rate.population if rate else None,
        "lower": lower,
        "upper": upper,
        "mean": _shown(result.mean),
        "index": _shown(result.index) if result.detail is Detail.FULL else None,
    }


def _dimension(result: DimensionResult, full: Set[str]) -> Mapping[str, Value]:
    """``full``: items whose answers are shown level by level; of others the index is given to the nearest 5 points."""
    return {
        "code": result.code,
        "items": result.items,
        "rate": None if result.rounded else _shown(result.rate),
        "index": _shown(result.index) if set(result.items) <= full else None,
    }


def _scale(result: ReliabilityResult) -> Mapping[str, Value]:
    """Where alpha comes from a unit above it is not that of these rows."""
    alpha = result.alpha.raw if result.alpha is not None and result.source is None else None
    return {"items": result.items, "alpha": alpha}


def _shown(figure: float | Hidden) -> float | None:
    return None if isinstance(figure, Hidden) else figure


# R -------------------------------------------------------------------------------------------------------------------


def _named(name: str, members: Sequence[tuple[str, Mapping[str, Value]]]) -> Iterator[str]:
    """A list of lists by their code, each under a remark that says what it is."""
    yield f"{name} <- list()"
    for remark, fields in members:
        yield f"# {_one_line(remark)}"
        yield f"{name}[[{_literal(fields['code'])}]] <- {_listed(fields)}"


def _listed(fields: Mapping[str, Value]) -> str:
    return f"list({', '.join(f'{name} = {_literal(value)}' for name, value in fields.items())})"


def _literal(value: Value) -> str:
    """As R reads it; its strings know the escapes of JSON."""
    if value is None:
        return "NA_real_"
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    if isinstance(value, str):
        return json.dumps(value, ensure_ascii=False)
    if isinstance(value, int | float):
        return repr(value)
    return f"c({', '.join(map(_literal, value))})"


def _one_line(text: str) -> str:
    return " ".join(text.split())


EXPORTERS = (
    Exporter(
        "r",
        N_("R script that reproduces the figures (.R)"),
        "text/plain; charset=utf-8",
        "R",
        r_script,
        position=65,
        takes_rows=True,
    ),
)
