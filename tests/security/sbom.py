"""The list of parts (CycloneDX 1.6) of what `make run` installs, written by `make sbom` into docs/sbom.cdx.json.

It follows from requirements.lock and pyproject.toml alone: no moment, no machine and no host in it, so the same lock
gives the same bytes. The hashes of the files of each part stand in the lock.
"""

from __future__ import annotations

import json
import re
import tomllib
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
FILE = ROOT / "docs" / "sbom.cdx.json"
LOCKED = re.compile(r"^([a-z0-9._-]+)==([^ ;\\]+)(?: ; ([^\\]+?))? *\\?$", re.MULTILINE)


def list_of_parts() -> str:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    locked = LOCKED.findall((ROOT / "requirements.lock").read_text(encoding="utf-8"))
    parts = [_part(*found) for found in sorted(locked)]
    itself = {
        "type": "application", "bom-ref": project["name"], "name": project["name"], "version": project["version"],
        "description": project["description"], "licenses": [{"license": {"id": project["license"]}}],
    }  # fmt: skip
    listed = {
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "version": 1,
        "metadata": {"component": itself},
        "components": parts,
        "dependencies": [{"ref": project["name"], "dependsOn": [part["bom-ref"] for part in parts]}],
    }
    return json.dumps(listed, indent=2, ensure_ascii=False) + "\n"


def _part(name: str, version: str, marker: str) -> dict[str, Any]:
    reference = f"pkg:pypi/{name}@{version}"
    part: dict[str, Any] = {
        "type": "library", "bom-ref": reference, "name": name, "version": version, "purl": reference,
        "scope": "optional" if marker else "required",
    }  # fmt: skip
    return part | ({"properties": [{"name": "only where", "value": marker}]} if marker else {})


if __name__ == "__main__":
    FILE.write_text(list_of_parts(), encoding="utf-8")
