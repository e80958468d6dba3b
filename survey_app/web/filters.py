"""The filters of the pages behind the login; those of every page are `text_filters`."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from survey_app.text_filters import local_time
from survey_app.web.act_labels import act_label, detail_text
from survey_app.web.labels import audience_label, goal, label, local_day

FILTERS: Mapping[str, Callable[..., str]] = {
    "word": label,
    "audience": audience_label,
    "act": act_label,
    "act_detail": detail_text,
    "local_time": local_time,
    "local_day": local_day,
    "goal": goal,
}
