"""What every page knows: its language, the other language, whether it shows sample data, how figures are written."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from flask import Blueprint, g, request
from flask_babel import get_locale
from flask_login import current_user

from survey_app.extensions import MEMBER_BLUEPRINTS
from survey_app.text_filters import FILTERS

HTML_LANGUAGES = {"zh_Hans": "zh-Hans", "en": "en"}
LANGUAGE_NAMES = {"zh_Hans": "中文", "en": "English"}
WITHOUT_ACCOUNT = (*MEMBER_BLUEPRINTS, "home")
"""Blueprints whose pages never look at a session."""


def page_language() -> str:
    """Language of the page: zh_Hans or en."""
    locale = get_locale()
    return "en" if locale is not None and locale.language == "en" else "zh_Hans"


def other_language() -> str:
    return "zh_Hans" if page_language() == "en" else "en"


def page_context() -> dict[str, Any]:
    other = other_language()
    return {
        "html_lang": HTML_LANGUAGES[page_language()],
        "other_html_lang": HTML_LANGUAGES[other],
        "other_language_name": LANGUAGE_NAMES[other],
        "other_language_address": "?" + urlencode([*_other_arguments(), ("lang", other)]),
        "is_sample": _shows_sample_account(),
    }


def register(blueprint: Blueprint) -> None:
    """Make context and filters known to the templates of the whole application."""
    blueprint.app_context_processor(page_context)
    for name, text_filter in FILTERS.items():
        blueprint.add_app_template_filter(text_filter, name)


def _other_arguments() -> list[tuple[str, str]]:
    return [(name, value) for name, value in request.args.items(multi=True) if name != "lang"]


def _shows_sample_account() -> bool:
    if request.blueprint in WITHOUT_ACCOUNT or "without_account" in g:
        return False
    return bool(current_user and current_user.is_authenticated and current_user.is_sample)
