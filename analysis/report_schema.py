"""The published JSON Schema of a Report, drawn from the dataclasses of the tree, so that the two cannot drift apart."""

from __future__ import annotations

import types
from collections.abc import Callable, Mapping
from dataclasses import fields, is_dataclass
from enum import Enum
from typing import Any, Literal, TypeVar, Union, get_args, get_origin, get_type_hints

import numpy as np

from analysis.report_json import NOT_PUBLISHED, SCHEMA
from analysis.tree import Hidden, Rate, Report

Schema = dict[str, Any]
_NUMBER: Schema = {"type": "number"}
_SIMPLE: Mapping[object, Schema] = {
    int: {"type": "integer"},
    float: _NUMBER,
    str: {"type": "string"},
    bool: {"type": "boolean"},
    type(None): {"type": "null"},
}


def report_schema() -> Schema:
    """JSON Schema (2020-12) of what `report_json.to_dict` gives. Later editions add fields, they rename none."""
    definitions: dict[str, Schema] = {}
    report = _record(Report, {}, definitions, left_out=NOT_PUBLISHED)
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Report: what may be shown of the annual result of one unit",
        **report,
        "properties": {"schema": {"const": SCHEMA}, **report["properties"]},
        "required": ["schema", *report["required"]],
        "$defs": dict(sorted(definitions.items())),
    }


def _record(
    kind: type,
    arguments: Mapping[Any, Any],
    definitions: dict[str, Schema],
    left_out: frozenset[str] = frozenset(),
) -> Schema:
    hints = get_type_hints(kind)
    names = [field.name for field in fields(kind) if field.name not in left_out]
    properties = {name: _schema(arguments.get(hints[name], hints[name]), arguments, definitions) for name in names}
    if kind is Rate:
        properties["value"] = {"type": "number", "description": "satisfied / n"}
    found: Schema = {"type": "object", "properties": properties, "required": list(properties)}
    return {"description": " ".join((kind.__doc__ or "").split()), **found} if _has_own_words(kind) else found


def _has_own_words(kind: type) -> bool:
    """Whether the docstring is not the signature that dataclasses put in its place."""
    return bool(kind.__doc__) and not (kind.__doc__ or "").startswith(f"{kind.__name__}(")


def _schema(hint: Any, arguments: Mapping[Any, Any], definitions: dict[str, Schema]) -> Schema:
    if hint in _SIMPLE:
        return dict(_SIMPLE[hint])
    origin, inner = get_origin(hint), get_args(hint)
    for origins, shape in _SHAPES:
        if origin in origins:
            return shape(tuple(arguments.get(part, part) for part in inner), arguments, definitions)
    if hint is Hidden:
        return _defined("Hidden", _hidden, definitions)
    if isinstance(hint, type) and issubclass(hint, Enum):
        return {"enum": [member.value for member in hint]}
    kind = origin or hint
    if is_dataclass(kind) and isinstance(kind, type):
        given = dict(zip(_parameters(kind), inner, strict=True))
        name = kind.__name__ + "".join(part.__name__ for part in inner)
        return _defined(name, lambda: _record(kind, given, definitions), definitions)
    raise TypeError(f"{hint} has no place in a Report")


def _parameters(kind: type) -> tuple[TypeVar, ...]:
    return getattr(kind, "__parameters__", ())


def _defined(name: str, make: Callable[[], Schema], definitions: dict[str, Schema]) -> Schema:
    if name not in definitions:
        definitions[name] = {}  # taken before it is made: a record may hold records
        definitions[name] = make()
    return {"$ref": f"#/$defs/{name}"}


def _hidden() -> Schema:
    words = [member.value for member in Hidden]
    return {
        "description": "A figure that is not shown, and why.",
        "type": "object",
        "properties": {"hidden": {"enum": words}},
        "required": ["hidden"],
        "additionalProperties": False,
    }


def _union(inner: tuple[Any, ...], arguments: Mapping[Any, Any], definitions: dict[str, Schema]) -> Schema:
    return {"anyOf": [_schema(part, arguments, definitions) for part in inner]}


def _tuple(inner: tuple[Any, ...], arguments: Mapping[Any, Any], definitions: dict[str, Schema]) -> Schema:
    if len(inner) == 2 and inner[1] is Ellipsis:
        return {"type": "array", "items": _schema(inner[0], arguments, definitions)}
    parts = [_schema(part, arguments, definitions) for part in inner]
    return {"type": "array", "prefixItems": parts, "minItems": len(parts), "maxItems": len(parts)}


def _list(inner: tuple[Any, ...], arguments: Mapping[Any, Any], definitions: dict[str, Schema]) -> Schema:
    return {"type": "array", "items": _schema(inner[0], arguments, definitions)}


def _numbers(inner: tuple[Any, ...], arguments: Mapping[Any, Any], definitions: dict[str, Schema]) -> Schema:
    """A vector or a matrix."""
    return {"type": "array", "items": {"anyOf": [_NUMBER, {"type": "array", "items": _NUMBER}]}}


def _mapping(inner: tuple[Any, ...], arguments: Mapping[Any, Any], definitions: dict[str, Schema]) -> Schema:
    return {"type": "object", "additionalProperties": _schema(inner[1], arguments, definitions)}


def _literal(inner: tuple[Any, ...], arguments: Mapping[Any, Any], definitions: dict[str, Schema]) -> Schema:
    return {"enum": list(inner)}


_SHAPES: tuple[tuple[frozenset[Any], Callable[..., Schema]], ...] = (
    (frozenset({Union, types.UnionType}), _union),
    (frozenset({tuple}), _tuple),
    (frozenset({list}), _list),
    (frozenset({np.ndarray}), _numbers),
    (frozenset({Mapping}), _mapping),
    (frozenset({Literal}), _literal),
)
