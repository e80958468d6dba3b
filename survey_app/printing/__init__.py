"""What is printed on paper, as PDF: slips with codes, recovery sheets for the scrutineers, questionnaires.

Everything stays in memory: codes and passphrases touch no file, no log and no network. What the texts say about a
survey comes from its caller; nothing here reads the database.
"""

from __future__ import annotations

from survey_app.printing.compile import NoChineseFont, require_chinese_font
from survey_app.printing.questionnaire import questionnaire_pdf
from survey_app.printing.recovery import RecoverySheet, recovery_pdf
from survey_app.printing.slips import PrintedSlip, SlipGroup, slips_pdf

__all__ = [
    "NoChineseFont",
    "PrintedSlip",
    "RecoverySheet",
    "SlipGroup",
    "questionnaire_pdf",
    "recovery_pdf",
    "require_chinese_font",
    "slips_pdf",
]
