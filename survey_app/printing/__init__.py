"""What is printed on paper: slips with codes for the members, recovery sheets for the scrutineers; both as PDF.

Everything stays in memory: codes and passphrases touch no file, no log and no network. What the texts say about a
survey comes from its caller; nothing here reads the database.
"""

from __future__ import annotations

from survey_app.printing.compile import NoChineseFont, require_chinese_font
from survey_app.printing.recovery import RecoverySheet, recovery_pdf
from survey_app.printing.slips import PrintedSlip, SlipGroup, slips_pdf

__all__ = [
    "NoChineseFont",
    "PrintedSlip",
    "RecoverySheet",
    "SlipGroup",
    "recovery_pdf",
    "require_chinese_font",
    "slips_pdf",
]
