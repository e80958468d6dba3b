"""The interface speaks Chinese first: every text has its Chinese, with the same placeholders."""

from __future__ import annotations

import re
from io import BytesIO, StringIO
from pathlib import Path

import pytest
from babel.messages.extract import extract_from_dir
from babel.messages.frontend import parse_mapping_cfg
from babel.messages.pofile import read_po

ROOT = Path(__file__).parents[2]
CATALOGUE = ROOT / "survey_app" / "translations" / "zh_Hans" / "LC_MESSAGES" / "messages.po"
KEYWORDS = {"_": None, "gettext": None, "lazy_gettext": None, "_l": None, "N_": None}
PLACEHOLDER = re.compile(r"%\((\w+)\)[sd]|\{(\w*)[^}]*\}")


@pytest.fixture(scope="module")
def chinese() -> dict[str, str]:
    catalogue = read_po(BytesIO(CATALOGUE.read_bytes()), locale="zh_Hans")
    return {str(message.id): str(message.string) for message in catalogue if message.id}


@pytest.fixture(scope="module")
def used_texts() -> set[str]:
    methods, options = parse_mapping_cfg(StringIO((ROOT / "babel.cfg").read_text(encoding="utf-8")))
    return {
        message
        for _, _, message, _, _ in extract_from_dir(ROOT, methods, options, keywords=KEYWORDS)
        if isinstance(message, str)
    }


def test_every_text_of_the_interface_has_its_chinese(used_texts, chinese):
    assert sorted(text for text in used_texts if not chinese.get(text)) == []


def test_no_chinese_is_kept_for_a_text_that_is_gone(used_texts, chinese):
    assert sorted(set(chinese) - used_texts) == []


def test_placeholders_survive_translation(chinese):
    changed = [
        text
        for text, translation in chinese.items()
        if set(PLACEHOLDER.findall(text)) != set(PLACEHOLDER.findall(translation))
    ]
    assert changed == []


def test_a_percent_sign_in_a_template_is_part_of_a_placeholder(chinese):
    """Templates fill every text by "%", also those without a placeholder: a bare sign would break the page."""
    methods, options = parse_mapping_cfg(StringIO((ROOT / "babel.cfg").read_text(encoding="utf-8")))
    found = extract_from_dir(ROOT, methods, options, keywords=KEYWORDS)
    in_templates = {message for file, _, message, _, _ in found if file.endswith(".html") and isinstance(message, str)}
    sides = {side for text in in_templates for side in (text, chinese.get(text, ""))}
    assert sorted(side for side in sides if re.search("%(?![(%])", side.replace("%%", ""))) == []


def test_the_catalogue_compiles_without_complaint():
    catalogue = read_po(BytesIO(CATALOGUE.read_bytes()), locale="zh_Hans")
    assert [(str(message.id), list(errors)) for message, errors in catalogue.check()] == []


def test_chinese_is_plain_and_courteous(chinese):
    shouting = [text for text, translation in chinese.items() if re.search("！|系统提示|错误代码", translation)]
    assert shouting == []
