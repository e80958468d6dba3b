"""The sample organisation: two sealed years and an open survey, made through the same services as real ones."""

from survey_app.demo.announcement import FILE_NAME, DemoFacts, announcement, write_announcement
from survey_app.demo.loading import crowds, load
from survey_app.demo.organisation import SampleLoaded
from survey_app.demo.removal import Removed, remove

__all__ = [
    "FILE_NAME", "DemoFacts", "Removed", "SampleLoaded", "announcement", "crowds", "load", "remove",
    "write_announcement",
]  # fmt: skip
