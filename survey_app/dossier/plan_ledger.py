"""The improvement plan as files of their own: a table to be opened anywhere, and the same as JSON."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Sequence
from dataclasses import asdict
from datetime import date

from flask_babel import gettext as _

from survey_app.clean_text import without_controls
from survey_app.exports.base import PlanRow
from survey_app.wording.actions import action_verdict

BEGINS_A_FORMULA = ("=", "+", "-", "@", "\t", "\r")
BYTE_ORDER_MARK = "\ufeff"


def ledger_json(plan: Sequence[PlanRow]) -> bytes:
    """Every field as it is stored; of the verification the verdict, and whether the acceptance figure was reached."""
    return (json.dumps([_fields(row) for row in plan], ensure_ascii=False, indent=2, sort_keys=True) + "\n").encode()


def ledger_table(plan: Sequence[PlanRow]) -> bytes:
    """CSV (UTF-8 with byte order mark) in the language of the page."""
    stream = io.StringIO()
    writer = csv.writer(stream, lineterminator="\r\n")
    writer.writerow(
        [
            _("Year"), _("Title"), _("Question"), _("What was found"), _("Measure"), _("Process"), _("Owner"),
            _("Due date"), _("Done on"), _("Status"), _("Baseline: satisfied"), _("Baseline: answers"),
            _("Acceptance figure"), _("Verified in"), _("Verdict"), _("Written into the rules"), _("Evidence"),
        ]
    )  # fmt: skip
    writer.writerows([_text(cell) for cell in _row(action)] for action in plan)
    return (BYTE_ORDER_MARK + stream.getvalue()).encode()


def _row(action: PlanRow) -> list[str]:
    return [
        str(action.year), action.title, action.item, action.finding, action.measure, action.process, action.owner,
        action.due.isoformat(), action.done_on.isoformat() if action.done_on else "", action.status,
        str(action.baseline_satisfied), str(action.baseline_n), action.acceptance, str(action.verified_in or ""),
        action_verdict(action.result.verdict) if action.result else "", action.rule,
        "; ".join(f"{name} {digest}" for name, digest in action.evidence),
    ]  # fmt: skip


def _text(cell: str) -> str:
    """On one line, and never a formula."""
    plain = " ".join(without_controls(cell).split())
    return f"'{plain}" if plain.startswith(BEGINS_A_FORMULA) else plain


def _fields(row: PlanRow) -> dict[str, object]:
    kept: dict[str, object] = {
        name: value.isoformat() if isinstance(value, date) else value for name, value in asdict(row).items()
    }
    found = row.result
    return {**kept, "result": found and {"verdict": found.verdict, "reached": found.reached}}
