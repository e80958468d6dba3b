"""The pages: blueprints of thin views. Which there are, and which go without a session."""

from __future__ import annotations

from importlib import import_module

from flask import Flask

from survey_app.extensions import MEMBER_BLUEPRINTS, csrf

BLUEPRINTS = (
    "health",
    "home",
    "answer",
    "sheet",
    "ballot_box",
    "anonymity",
    "public_suggestions",
    "public_result",
    "auth",
    "account",
    "committee",
    "calendar",
    "notices",
    "feed",
    "drafts",
    "pulses",
    "activities",
    "reminders",
    "local",
    "roster",
    "printing",
    "paper",
    "sealing",
    "organisation",
    "units_file",
    "questionnaires",
    "editor",
    "editor_parts",
    "accounts",
    "plan",
    "actions",
    "proposals",
    "evidence",
    "processes",
    "planner",
    "publications",
    "reviews",
    "suggestions",
    "comments",
    "results",
    "narratives",
    "jobs",
    "data",
    "packages",
    "history",
    "column_maps",
    "published",
    "warnings",
    "assessment",
    "assessment_marks",
)
"""Modules of this package, each with a blueprint of its own name."""


def register(app: Flask) -> None:
    """Bind all blueprints and the error pages to an application."""
    from survey_app.web import error_pages

    for name in BLUEPRINTS:
        blueprint = getattr(import_module(f"{__name__}.{name}"), name)
        if name in MEMBER_BLUEPRINTS:  # no session that another site could ride on
            csrf.exempt(blueprint)
        app.register_blueprint(blueprint)
    error_pages.register(app)
