"""What is wrong with an installation, and the one line that mends it; a file for each subject.

Every check looks and changes nothing. It works before `init`, with the database gone and with settings that cannot be
understood; a check that fails becomes a finding itself. Speaking and printing is done by `commands.doctor`.
"""

from survey_app.doctor.examination import AT_START, CHECKS, examine
from survey_app.doctor.finding import Finding, Grade
from survey_app.doctor.installation import Installation, installation_at

__all__ = ["AT_START", "CHECKS", "Finding", "Grade", "Installation", "examine", "installation_at"]
