"""Plain data -> Instrument: pydantic's findings said in our words, with the line and the nearest known key.

Reading YAML is `reading`; what the content has to fulfil is `checks`.
"""

from __future__ import annotations

import json
from difflib import get_close_matches
from types import MappingProxyType
from typing import Any, get_args

from pydantic import BaseModel, ValidationError

from instruments.model import Instrument
from instruments.problems import Problem, Step, path_of
from instruments.reading import Source
from instruments.wording import N_

TEMPLATES = MappingProxyType(
    {
        "missing": N_("key '%(key)s' is missing"),
        "string_type": N_("this has to be text; put it in quotes if it looks like a number"),
        "string_too_short": N_("the text is empty"),
        "string_too_long": N_("the text is longer than %(limit)s characters"),
        "int_type": N_("this has to be a whole number"),
        "bool_type": N_("this has to be true or false"),
        "tuple_type": N_("this has to be a list"),
        "dict_type": N_("this has to be a group of keys and values"),
        "model_type": N_("this has to be a group of keys and values"),
        "model_attributes_type": N_("this has to be a group of keys and values"),
        "greater_than_equal": N_("%(given)s is too small; the least is %(limit)s"),
        "less_than_equal": N_("%(given)s is too large; the most is %(limit)s"),
        "enum": N_("'%(given)s' is not possible here; possible are %(expected)s"),
        "literal_error": N_("'%(given)s' is not possible here; possible are %(expected)s"),
    }
)
CODE = N_("'%(given)s' cannot be a code: a letter first, then letters, digits or _, at most 32 signs")
INSTRUMENT_CODE = N_(
    "'%(given)s' cannot be a code: a small letter first, then small letters, digits or -, at most 64 signs"
)
UNKNOWN_KEY = N_("unknown key '%(key)s'; known here are: %(known)s")
UNKNOWN_KEY_RESEMBLING = N_("unknown key '%(key)s'; did you mean '%(nearest)s'?")
OTHER = N_("this is not valid: %(reason)s")
LIMITS = ("min_length", "max_length", "ge", "le")


def understood(source: Source) -> tuple[Instrument | None, tuple[Problem, ...]]:
    """The instrument where the data have its form, with the problems of form."""
    if not isinstance(source.data, dict):
        wrong = Problem(
            "", source.line_of(()), N_("a questionnaire file is a list of keys and values, such as 'title: …'")
        )
        return None, (*source.problems, wrong)
    try:
        return Instrument.model_validate_json(json.dumps(source.data), strict=True), source.problems
    except ValidationError as error:
        return None, source.problems + tuple(translated(details, source) for details in error.errors(include_url=False))


def translated(details: Any, source: Source) -> Problem:
    """One pydantic error in our words."""
    steps = tuple(step for step in details["loc"] if step != "[key]")
    path, line = path_of(steps), source.line_of(steps)
    if details["type"] == "extra_forbidden":
        return unknown_key(steps, path, line)
    context = details.get("ctx", {})
    values = {
        "key": steps[-1] if steps else "",
        "given": short_form(details["input"]),
        "limit": next((context[name] for name in LIMITS if name in context), ""),
        "expected": str(context.get("expected", "")).replace(" or ", ", ").replace("'", ""),
        "reason": details["msg"],
    }
    template = TEMPLATES.get(details["type"], OTHER)
    if details["type"] == "string_pattern_mismatch":
        template = INSTRUMENT_CODE if steps == ("code",) else CODE
    return Problem(path, line, template, {name: value for name, value in values.items() if f"%({name})s" in template})


def short_form(given: object) -> str:
    text = str(given)
    return text if len(text) <= 40 else text[:39] + "…"


def unknown_key(steps: tuple[Step, ...], path: str, line: int | None) -> Problem:
    key, known = str(steps[-1]), known_keys(steps[:-1])
    nearest = resembling(key, known)
    if nearest:
        return Problem(path, line, UNKNOWN_KEY_RESEMBLING, {"key": key, "nearest": nearest})
    return Problem(path, line, UNKNOWN_KEY, {"key": key, "known": ", ".join(known)})


def resembling(key: str, known: tuple[str, ...]) -> str | None:
    return next(iter(get_close_matches(key, known, n=1, cutoff=0.6)), None)


def known_keys(steps: tuple[Step, ...]) -> tuple[str, ...]:
    """Keys that are understood at a place in the file."""
    model = model_at(steps)
    return keys_of(model) if model else ()


def keys_of(model: type[BaseModel]) -> tuple[str, ...]:
    return tuple(info.alias or name for name, info in model.model_fields.items())


def model_at(steps: tuple[Step, ...]) -> type[BaseModel] | None:
    """The model that describes the mapping at a place; codes of scales and positions in lists are passed over."""
    model: type[BaseModel] | None = Instrument
    codes_of_scales = 1
    for position, step in enumerate(steps):
        if model is None:
            return None
        is_key = isinstance(step, str) and not (position == codes_of_scales and steps[0] == "scales")
        if is_key:
            annotations = {info.alias or name: info.annotation for name, info in model.model_fields.items()}
            model = model_in(annotations.get(str(step)))
    return model


def model_in(annotation: object) -> type[BaseModel] | None:
    """The model inside ``tuple[Section, ...]``, ``dict[Code, Scale]`` or ``Translation | None``."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    return next((model for part in get_args(annotation) if (model := model_in(part))), None)


def without_unknown_keys(data: object, steps: tuple[Step, ...] = ()) -> object:
    """The data with unknown keys left out, or renamed to the missing key they resemble."""
    if isinstance(data, list):
        return [without_unknown_keys(part, (*steps, position)) for position, part in enumerate(data)]
    if not isinstance(data, dict):
        return data
    known = known_keys(steps)
    if steps == ("scales",) or not known:
        return {key: without_unknown_keys(value, (*steps, key)) for key, value in data.items()}
    kept = {key: value for key, value in data.items() if key in known}
    for key, value in data.items():
        nearest = resembling(key, known) if key not in known else None
        if nearest:
            kept.setdefault(nearest, value)
    return {key: without_unknown_keys(value, (*steps, key)) for key, value in kept.items()}
