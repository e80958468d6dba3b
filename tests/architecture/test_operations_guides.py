"""The guide of operations says the same in both languages: sections, commands, settings, addresses."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from survey_app.config import SETTINGS
from tests.architecture.source import ROOT

DOCS = ROOT / "docs"
ENGLISH, CHINESE = (DOCS / name for name in ("operations.md", "operations.zh-CN.md"))
CHINESE_SIGN = re.compile("[\u4e00-\u9fff]")


def code_in(guide: Path) -> list[str]:
    """What is typed or shown in blocks, without comments."""
    blocks = re.findall(r"^ *```\n(.*?)^ *```$", guide.read_text(encoding="utf-8"), re.M | re.S)
    return [re.sub(r" +#.*", "", block) for block in blocks]


def settings_in(guide: Path) -> dict[str, tuple[str, str]]:
    """Setting -> default and meaning, of the one table that has them."""
    text = guide.read_text(encoding="utf-8")
    rows = re.findall(r"^\| ((?:`[A-Z_]+`[,、 ]*)+) \| (.*?) \| (.*?) \|$", text, re.M)
    return {name: (default, meaning) for names, default, meaning in rows for name in re.findall("`([A-Z_]+)`", names)}


def test_both_guides_have_the_same_sections_in_the_same_order():
    shapes = [re.findall(r"^(#+) ", guide.read_text(encoding="utf-8"), re.M) for guide in (ENGLISH, CHINESE)]
    assert shapes[0] == shapes[1]


def test_both_guides_have_the_same_commands():
    assert code_in(ENGLISH) == code_in(CHINESE)


def test_both_guides_have_tables_of_the_same_length():
    tables = [
        [len(table.splitlines()) for table in re.findall(r"(?:^\|.*\n)+", guide.read_text(encoding="utf-8"), re.M)]
        for guide in (ENGLISH, CHINESE)
    ]
    assert tables[0] == tables[1]


@pytest.mark.parametrize("guide", [ENGLISH, CHINESE], ids=lambda guide: guide.name)
def test_every_setting_stands_in_the_one_table_and_no_other(guide: Path):
    assert sorted(settings_in(guide)) == sorted(setting.name for setting in SETTINGS)


def test_the_chinese_guide_has_the_same_defaults_and_meanings_in_chinese():
    english, chinese = settings_in(ENGLISH), settings_in(CHINESE)
    for name, (default, meaning) in chinese.items():
        if re.fullmatch("`[^`]*`", english[name][0]):
            assert default == english[name][0], name
        assert CHINESE_SIGN.search(meaning), name


@pytest.mark.parametrize("guide", [ENGLISH, CHINESE], ids=lambda guide: guide.name)
def test_what_a_guide_leads_to_is_there(guide: Path):
    text = guide.read_text(encoding="utf-8")
    headings = {re.sub(r"[^\w\- ]", "", one).lower().replace(" ", "-") for one in re.findall(r"^#+ (.*)$", text, re.M)}
    for target in re.findall(r"\]\(([^)]+)\)", text):
        file, _, anchor = target.partition("#")
        assert not file or (DOCS / file).exists(), target
        assert file or anchor in headings, target
