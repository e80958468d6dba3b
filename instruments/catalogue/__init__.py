"""Ready questionnaires that come with the program; never edited once published, only superseded by a new file."""

from __future__ import annotations

from importlib.resources import files

from instruments.loader import load_for_publishing
from instruments.model import Instrument

SUFFIX = ".yaml"


def names() -> tuple[str, ...]:
    """Names of the ready questionnaires, in alphabetical order; each is also the code in its file."""
    return tuple(
        sorted(entry.name.removesuffix(SUFFIX) for entry in files(__name__).iterdir() if entry.name.endswith(SUFFIX))
    )


def read_text(name: str) -> str:
    """The YAML of a ready questionnaire. Raises KeyError for a name that is not in `names`."""
    if name not in names():
        raise KeyError(name)
    return files(__name__).joinpath(name + SUFFIX).read_text(encoding="utf-8")


def load_catalogue(name: str) -> Instrument:
    """A ready questionnaire. Raises KeyError for a name that is not in `names`."""
    return load_for_publishing(read_text(name))
