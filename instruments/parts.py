"""Changes of a questionnaire's plain data by place. The same changes of its text are `editing`."""

from __future__ import annotations

from typing import Any

from instruments.problems import Step, path_of

Path = tuple[Step, ...]
"""Where a part stands: ``("sections", 1, "items", 2, "text", "zh_Hans")``."""


class EditError(ValueError):
    """A place that is not there, or a code that is taken."""


def missing(path: Path) -> EditError:
    return EditError(f"there is no {path_of(path) or 'questionnaire'}")


def is_there(data: object, path: Path) -> bool:
    try:
        part_of(data, path)
    except EditError:
        return False
    return True


def part_of(data: Any, path: Path) -> Any:
    """Raises EditError where there is no such part."""
    for depth, step in enumerate(path, start=1):
        known = isinstance(data, list) and isinstance(step, int) and 0 <= step < len(data)
        if not known and not (isinstance(data, dict) and isinstance(step, str) and step in data):
            raise missing(path[:depth])
        data = data[step]
    return data


def made_up_to(data: object, path: Path, value: object) -> tuple[Path, object]:
    """Path and value with the mappings that are missing on the way, from the first place that can take them."""
    while len(path) > 1 and (not is_there(data, path[:-1]) or part_of(data, path[:-1]) is None):
        path, value = path[:-1], {name(path): value}
    if path and not is_there(data, path):
        if not isinstance(part_of(data, path[:-1]), dict):
            raise missing(path)
        name(path)
    return path, value


def name(path: Path) -> str:
    """The last step, where it is a key."""
    if not isinstance(path[-1], str):
        raise missing(path)
    return path[-1]


def position_and_list(path: Path) -> tuple[int, Path]:
    """Raises EditError for a path that leads to no list element."""
    if not path or not isinstance(path[-1], int):
        raise missing(path)
    return path[-1], path[:-1]


def set_in(data: Any, path: Path, value: object) -> object:
    if not path:
        return value
    part_of(data, path[:-1])[path[-1]] = value
    return data


def remove_in(data: Any, path: Path) -> object:
    del part_of(data, path[:-1])[path[-1]]
    return data


def insert_in(data: Any, path: Path, value: object) -> object:
    part_of(data, path[:-1]).insert(path[-1], value)
    return data


def move_in(data: Any, path: Path, to: int) -> object:
    parts = part_of(data, path[:-1])
    parts.insert(to, parts.pop(path[-1]))
    return data


def rename_in(data: Any, old: str, new: str) -> object:
    data["scales"] = {new if code == old else code: scale for code, scale in data["scales"].items()}
    return data
