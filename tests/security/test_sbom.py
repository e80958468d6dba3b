"""The list of parts says what is installed, all of it and nothing else, and nothing of where it was made."""

from __future__ import annotations

import json
import re

from tests.security.sbom import FILE, ROOT, list_of_parts


def test_it_names_exactly_what_is_locked():
    lines = (ROOT / "requirements.lock").read_text(encoding="utf-8").splitlines()
    locked = [line.split()[0].partition("==")[::2] for line in lines if "==" in line and not line.startswith(" ")]
    listed = json.loads(FILE.read_text(encoding="utf-8"))["components"]
    assert [(part["name"], part["version"]) for part in listed] == sorted(locked)
    assert len(locked) > 50
    assert all(part["purl"] == f"pkg:pypi/{part['name']}@{part['version']}" for part in listed)


def test_it_is_what_make_sbom_writes():
    assert FILE.read_text(encoding="utf-8") == list_of_parts(), "run: make sbom"


def test_it_names_no_host_no_machine_and_no_moment():
    written = FILE.read_text(encoding="utf-8")
    assert not re.search(r"https?:|file:|\b/(home|root|tmp|usr|opt|srv)\b|timestamp|serialNumber", written)
