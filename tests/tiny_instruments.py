"""The tiny questionnaires of tests/data/instruments, one per feature, and all of them in one."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from instruments.reading import read

FOLDER = Path(__file__).parent / "data" / "instruments"
NAMES = tuple(sorted(path.stem for path in FOLDER.glob("*.yaml")))


def source(name: str) -> str:
    return (FOLDER / f"{name}.yaml").read_text(encoding="utf-8")


def all_in_one() -> str:
    """A questionnaire with the sections of every tiny one; their item codes differ from each other."""
    whole: dict[str, Any] = {
        "schema": 1, "code": "every-type", "title": {"zh_Hans": "各种题型", "en": "Every item type"},
        "audience": "member", "minutes": 9, "scales": {}, "sections": [],
    }  # fmt: skip
    for name in NAMES:
        part: Any = read(source(name)).data
        whole["scales"] |= part.get("scales", {})
        whole["sections"] += [
            section | {"code": f"{name}_{place}", "title": section["title"] if place else part["title"]}
            for place, section in enumerate(part["sections"])
        ]
    return json.dumps(whole, ensure_ascii=False, default=str)
