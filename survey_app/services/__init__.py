"""What the application does: one verb-named function per act of one person. None knows a request.

Every function takes the session first, checks the state, changes it, writes the audit entry and returns what
happened. Services flush; the view or command that called them commits.
"""

from survey_app.services.accounts import give_role, relieve_of_role, switch_off, switch_on
from survey_app.services.audit import COMMAND_LINE, Actor, record
from survey_app.services.burden import Burden, burden_of, minutes_asked
from survey_app.services.cast import AnswerValue, Cast, Message, body_of, cast_ballot, cast_played
from survey_app.services.datasets import load_dataset, store_dataset
from survey_app.services.drafts import change_survey, create_survey, discard_survey
from survey_app.services.issue import check_code, issue_credential
from survey_app.services.modules import (
    add_module,
    asked_of,
    modules_of,
    remove_module,
    sealed_modules,
    surveys_awaiting_modules,
)
from survey_app.services.objectives import objectives_for, objectives_locked, set_objective
from survey_app.services.opening import Count, GroupCount, count_ballots, marks_by_group, played_so_far
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
from survey_app.services.questionnaire_drafts import (
    blank_source,
    change_draft,
    discard_draft,
    drafts_of,
    publish_draft,
    start_draft,
)
from survey_app.services.questionnaires import (
    Compared,
    compare_versions,
    install_catalogue,
    instrument_of,
    latest_version,
    publish_instrument,
    version_by_hash,
    versions,
)
from survey_app.services.receipts import Receipts, receipts_of
from survey_app.services.results import local_report, report_for, result_surveys
from survey_app.services.seal import seal_survey
from survey_app.services.slips import (
    enter_paper_ballot,
    issue_personal_slips,
    issue_spare_code,
    paper_ballots,
    void_slip,
)
from survey_app.services.survey_keys import draw_signing_keys, fingerprint_of, needed_passphrases, poll_of
from survey_app.services.surveys import (
    OpenedSurvey,
    close_survey,
    open_survey,
    planned_groups,
    surveys_in,
    withdraw_survey,
)

__all__ = [
    "COMMAND_LINE", "Actor", "AnswerValue", "Burden", "Cast", "Compared", "Count", "GroupCount", "GroupParticipation",
    "Message", "OpenedSurvey", "Participation", "Receipts", "actions_of", "add_action", "add_module", "ancestors",
    "asked_of", "authenticate", "blank_source", "body_of", "burden_of", "cast_ballot", "cast_played", "change_draft",
    "change_password", "change_survey", "check_code", "close_survey", "compare_versions", "count_ballots",
    "create_first_administrator", "create_survey", "create_unit", "create_user", "discard_draft", "discard_survey",
    "drafts_of", "draw_signing_keys", "eligible_in", "enter_paper_ballot", "fingerprint_of", "generate_password",
    "give_role", "install_catalogue", "instrument_of", "issue_credential", "issue_personal_slips", "issue_spare_code",
    "latest_version", "load_dataset", "local_report", "marks_by_group", "minutes_asked", "modules_of",
    "needed_passphrases", "no_user_exists", "objectives_for", "objectives_locked", "open_survey", "paper_ballots",
    "participation", "participation_of", "planned_groups", "played_so_far", "poll_of", "publish_draft",
    "publish_instrument", "receipts_of", "record", "relieve_of_role", "remove_module", "report_for", "reset_password",
    "result_surveys", "seal_survey", "sealed_modules", "set_action_status", "set_eligible", "set_objective",
    "start_draft", "store_dataset", "subtree", "surveys_awaiting_modules", "surveys_in", "switch_off", "switch_on",
    "top_units", "unit_by_code", "user_by_login", "version_by_hash", "versions", "void_slip",
    "withdraw_survey",
]  # fmt: skip
