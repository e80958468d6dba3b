"""What a person is told who has just loaded the sample organisation: addresses, logins, a few codes, passphrases."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from flask import Flask

from survey_app.demo.generator import Truth
from survey_app.demo.organisation import SamplePerson
from survey_app.models import Survey

FILE_NAME = "demo.txt"
DEFAULT_ADDRESS = "http://127.0.0.1:8000"


@dataclass(frozen=True, slots=True)
class DemoFacts:
    """What a person needs to look around: passwords by login, the open survey's address, a few unused codes."""

    passwords: Mapping[str, str]
    people: Sequence[SamplePerson]
    survey_slug: str
    group_slug: str
    group_name: str
    codes: Sequence[str]
    passphrases: Sequence[str]
    sealed: Sequence[Survey]
    truth: Truth
    suggestions_slug: str
    public_slug: str
    """Of the published result of the last sealed year."""


def write_announcement(facts: DemoFacts, folder: Path) -> Path:
    """Keep links, codes and passwords where only the owner of the installation can read them."""
    path = folder / FILE_NAME
    path.unlink(missing_ok=True)
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write("\n".join(_lines(facts)) + "\n")
    return path


def announcement(app: Flask, address: str = DEFAULT_ADDRESS) -> str:
    """What `serve` prints at every start while the sample organisation is loaded; empty without it."""
    path = Path(app.config["INSTANCE"]) / FILE_NAME
    return path.read_text(encoding="utf-8").replace(DEFAULT_ADDRESS, address) if path.exists() else ""


def _lines(facts: DemoFacts) -> list[str]:
    link = f"{DEFAULT_ADDRESS}/s/{facts.survey_slug}/{facts.group_slug}"
    return [
        "样例单位已载入（数据全部虚构） / sample organisation, all data invented",
        f"  答卷 answer: {link}  ({facts.group_name})",
        f"  参评码 codes: {'  '.join(facts.codes[:4])}",
        *[f"               {'  '.join(facts.codes[start : start + 4])}" for start in range(4, len(facts.codes), 4)],
        f"  通报 public result: {DEFAULT_ADDRESS}/p/{facts.public_slug}",
        f"  建议 suggestions: {DEFAULT_ADDRESS}/suggestions/{facts.suggestions_slug}",
        f"  启封口令 passphrases of the scrutineers (any two open the ballots after closing): {facts.passphrases[0]}",
        *[f"               {passphrase}" for passphrase in facts.passphrases[1:]],
        f"  管理端 committee: {DEFAULT_ADDRESS}/login",
        *[f"    {person.login:<18} {facts.passwords[person.login]:<24} {person.name}" for person in facts.people],
    ]
