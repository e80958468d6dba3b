"""The published JSON Schema of questionnaire files, drawn from the models, so that the two cannot drift apart.

It says what `form` refuses: unknown and missing keys, types, limits. What `checks` looks at (references, scales, rules)
goes beyond a schema and is not in it.
"""

from __future__ import annotations

import ast
import inspect
from collections.abc import Mapping
from enum import Enum
from itertools import pairwise
from textwrap import dedent
from typing import Any

from pydantic import BaseModel
from pydantic.json_schema import GenerateJsonSchema

from instruments import model
from instruments.model import Instrument

Schema = dict[str, Any]

IDENTIFIER = "urn:branch-survey:questionnaire:1"
DIALECT = "https://json-schema.org/draft/2020-12/schema"


class WithoutFieldTitles(GenerateJsonSchema):
    """A title that repeats the key in capitals says nothing."""

    def field_title_should_be_set(self, schema: object) -> bool:
        return False


def questionnaire_schema() -> Schema:
    """JSON Schema (2020-12) of a questionnaire as data, read from YAML or JSON."""
    drawn = Instrument.model_json_schema(by_alias=True, schema_generator=WithoutFieldTitles)
    definitions: dict[str, Schema] = drawn.pop("$defs")
    for name, definition in definitions.items():
        describe(definition, getattr(model, name))
    describe(drawn, Instrument)
    drawn["properties"]["scales"]["additionalProperties"] = False
    titled = {"$schema": DIALECT, "$id": IDENTIFIER, **drawn, "title": "Questionnaire"}
    return {**titled, "$defs": dict(sorted(definitions.items()))}


def describe(schema: Schema, kind: type) -> None:
    """Put the remarks of a class and of its members where a reader of the schema sees them."""
    remarks = remarks_in(kind)
    if issubclass(kind, Enum):
        said = [*filter(None, [own_words(kind)]), *(f"{kind[name].value}: {text}" for name, text in remarks.items())]
        schema |= {"description": " ".join(said)} if said else {}
    elif issubclass(kind, BaseModel):
        for name, text in remarks.items():
            schema["properties"][kind.model_fields[name].alias or name]["description"] = text


def own_words(kind: type) -> str:
    return " ".join((kind.__doc__ or "").split())


def remarks_in(kind: type) -> Mapping[str, str]:
    """The text below each member of a class, by the member's name."""
    [body] = [node.body for node in ast.parse(dedent(inspect.getsource(kind))).body if isinstance(node, ast.ClassDef)]
    return {
        name: " ".join(after.value.value.split())
        for before, after in pairwise(body)
        if (name := member_name(before)) and isinstance(after, ast.Expr) and isinstance(after.value, ast.Constant)
        and isinstance(after.value.value, str)
    }  # fmt: skip


def member_name(node: ast.stmt) -> str | None:
    match node:
        case ast.AnnAssign(target=ast.Name(id=name)) | ast.Assign(targets=[ast.Name(id=name)]):
            return name
    return None
