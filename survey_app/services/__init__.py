"""What the application does: one verb-named function per act of one person. None knows a request.

Every function takes the session first, checks the state, changes it, writes the audit entry and returns what
happened. Services flush; the view or command that called them commits.
"""

from survey_app.services.accounts import give_role, relieve_of_role, switch_off, switch_on
from survey_app.services.audit import COMMAND_LINE, Actor, record
from survey_app.services.cast import AnswerValue, cast_ballot
from survey_app.services.datasets import load_dataset, store_dataset
from survey_app.services.drafts import change_survey, create_survey, discard_survey
from survey_app.services.issue import check_code, redeem_code
from survey_app.services.objectives import objectives_for, objectives_locked, set_objective
from survey_app.services.organisation import (
    ancestors,
    create_unit,
    eligible_in,
    set_eligible,
    subtree,
    top_units,
    unit_by_code,
)
from survey_app.services.participation import (
    GroupParticipation,
    Participation,
    participation,
    participation_of,
)
from survey_app.services.people import (
    authenticate,
    change_password,
    create_first_administrator,
    create_user,
    generate_password,
    no_user_exists,
    reset_password,
    user_by_login,
)
from survey_app.services.plan import actions_of, add_action, set_action_status
from survey_app.services.questionnaires import (
    install_catalogue,
    instrument_of,
    latest_version,
    publish_instrument,
    version_by_hash,
    versions,
)
from survey_app.services.results import report_for, result_surveys
from survey_app.services.seal import seal_survey
from survey_app.services.surveys import (
    OpenedSurvey,
    close_survey,
    issue_spare_code,
    open_survey,
    planned_groups,
    surveys_in,
)

__all__ = [
    "COMMAND_LINE", "Actor", "AnswerValue", "GroupParticipation", "OpenedSurvey", "Participation", "actions_of",
    "add_action", "ancestors", "authenticate", "cast_ballot", "change_password", "change_survey", "check_code",
    "close_survey", "create_first_administrator", "create_survey", "create_unit", "create_user", "discard_survey",
    "eligible_in", "generate_password", "give_role", "install_catalogue", "instrument_of", "issue_spare_code",
    "latest_version", "load_dataset", "no_user_exists", "objectives_for", "objectives_locked", "open_survey",
    "participation", "participation_of", "planned_groups", "publish_instrument", "record", "redeem_code",
    "relieve_of_role", "report_for", "reset_password", "result_surveys", "seal_survey", "set_action_status",
    "set_eligible", "set_objective", "store_dataset", "subtree", "surveys_in", "switch_off", "switch_on",
    "top_units", "unit_by_code", "user_by_login", "version_by_hash", "versions",
]  # fmt: skip
