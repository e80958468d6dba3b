"""Questionnaire file <-> Instrument: reading with all problems at once, writing, and the content hash.

What YAML may contain is `reading`, which keys and types there are is `form`, what is fit to publish is `checks`.
"""

from __future__ import annotations

import hashlib
import io
import json
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML

from instruments.checks import check
from instruments.form import understood, without_unknown_keys
from instruments.model import Instrument
from instruments.problems import InstrumentError, Problem, path_of
from instruments.reading import Source, read

__all__ = ["InstrumentError", "Problem", "content_hash", "dump", "load", "load_file", "load_for_publishing"]


def load(text: str | bytes) -> Instrument:
    """The questionnaire a YAML text describes.

    Raises InstrumentError with every problem of form: YAML, unknown or missing keys, wrong types. References and
    scales are looked at by `load_for_publishing`.
    """
    instrument, problems = understood(read(text))
    if problems or instrument is None:
        raise InstrumentError(problems)
    return instrument


def load_for_publishing(text: str | bytes) -> Instrument:
    """As `load`, and fit to publish. Raises InstrumentError with the problems of form and of content together.

    An unknown key does not stop the rest from being looked at: it is left out, or read as the key it resembles.
    """
    source = read(text)
    instrument, problems = understood(source)
    if instrument is None and problems:
        instrument, _ = understood(Source(without_unknown_keys(source.data), source.lines, ()))
    if instrument is not None:
        problems += tuple(located(problem, source) for problem in check(instrument))
    if problems or instrument is None:
        raise InstrumentError(tuple(sorted(problems, key=lambda problem: problem.line or 0)))
    return instrument


def load_file(path: str | Path) -> Instrument:
    """As `load`, from a file."""
    return load(Path(path).read_bytes())


def dump(instrument: Instrument) -> str:
    """YAML that `load` reads back to an equal instrument; keys in the order of the model, defaults left out."""
    stream = io.StringIO()
    round_trip().dump(plain(instrument), stream)
    return stream.getvalue()


def content_hash(instrument: Instrument) -> str:
    """SHA-256 (hex) of the content: layout, comments, key order and spelled-out defaults make no difference."""
    canonical = json.dumps(plain(instrument), ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(canonical.encode("utf-8")).hexdigest()


def plain(instrument: Instrument) -> dict[str, Any]:
    """The instrument as JSON data. Defaults are left out, so that a later field does not change old hashes."""
    return instrument.model_dump(mode="json", by_alias=True, exclude_defaults=True)


def round_trip() -> YAML:
    """The one way YAML is written here: no folding, lists indented under their key."""
    yaml = YAML(typ="rt")
    yaml.indent(mapping=2, sequence=4, offset=2)
    yaml.width = 4096
    yaml.preserve_quotes = True
    yaml.allow_unicode = True
    return yaml


def located(problem: Problem, source: Source) -> Problem:
    """The same problem with the line of the file it stands in."""
    lines = {path_of(steps): line for steps, line in source.lines.items()}
    path = problem.path
    while path and path not in lines:
        path = path[: max(path.rfind("."), path.rfind("["), 0)]
    return Problem(problem.path, lines.get(path), problem.template, problem.values)
