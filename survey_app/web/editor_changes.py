"""Changes of a draft's text: what a form says of a part, and the buttons that arrange parts.

Everything goes through `instruments.editing`, so what is not changed stays byte for byte. No change is made to a draft
here; that is `services.change_draft`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from copy import deepcopy
from dataclasses import dataclass
from typing import Any

from instruments.editing import moved, renamed, with_inserted, with_value, without
from instruments.library import LIBRARY
from survey_app.forms.editor import CODE, PartForm
from survey_app.forms.editor_fields import as_position
from survey_app.forms.editor_item import ItemForm
from survey_app.web.editor_reading import Look, Place, copied_code, free_code, look_at

KINDS = {"sections": "section", "items": "item", "scales": "scale", "dimensions": "dimension"}
"""Name of a list -> what `renamed` calls one of its parts."""
ROW_KEYS = frozenset({"zh_Hans", "en", "code", "label", "exclusive", "other", "kind"})
"""Keys inside texts and rows that the forms show; what else was written there by hand stays."""


# ---- one part from its form ----


def with_part(text: str, place: Place, form: PartForm, present: Mapping[str, Any] | None) -> str:
    """The text with a part as its form says; `present` is the part so far, None for a new one."""
    written = form.written()
    if isinstance(form, ItemForm):
        text = _with_new_dimension(text, form, written)
        text = _with_library_scale(text, form, written)
    if present is None and _is_scale(place):
        return with_value(text, ("scales", form["code"].data), written)
    if present is None:
        return with_inserted(text, place, written)
    text, place = _with_code(text, place, form, present)
    return with_changes(text, place, present, _keeping_defaults(form, present, written), form.KEYS)


def _is_scale(place: Place) -> bool:
    return place[:1] == ("scales",)


def _with_code(text: str, place: Place, form: PartForm, present: Mapping[str, Any]) -> tuple[str, Place]:
    """The code first, with every reference to it; a code that cannot be referred to is changed like any text."""
    if not place:
        return text, place
    old = str(place[1]) if _is_scale(place) else present.get("code")
    new = form["code"].data
    kind = "scales" if _is_scale(place) else str(place[-2])
    if old != new and isinstance(old, str) and CODE.fullmatch(old) and look_at(text).codes(kind).count(old) == 1:
        text = renamed(text, KINDS[kind], old, new)
    return text, ("scales", new) if _is_scale(place) else place


def _keeping_defaults(form: PartForm, present: Mapping[str, Any], written: Mapping[str, Any]) -> dict[str, Any]:
    """Defaults that somebody has written out stay so."""
    kept = {
        key: value
        for key, value in form.DEFAULTS.items()
        if key not in written and key in present and present[key] == value and _belongs(form, key)
    }
    return kept | dict(written)


def _belongs(form: PartForm, key: str) -> bool:
    return not isinstance(form, ItemForm) or form.belongs(key)


def _with_new_dimension(text: str, form: ItemForm, written: dict[str, Any]) -> str:
    title = form.new_dimension
    if title is None:
        return text
    look = look_at(text)
    written["dimension"] = free_code("dimension", look.codes("dimensions"))
    added = {"code": written["dimension"], "title": title}
    return with_inserted(text, ("dimensions", len(look.dimensions)), added)


def _with_library_scale(text: str, form: ItemForm, written: dict[str, Any]) -> str:
    if form.library_scale not in LIBRARY or "scale" not in written:
        return text
    text, written["scale"] = with_library_scale(text, form.library_scale)
    return text


def with_library_scale(text: str, name: str) -> tuple[str, str]:
    """The text with a ready scale among its own, and the code it has there. Raises KeyError."""
    scale, scales = ready_scale(name), look_at(text).scales
    code = name
    if code in scales and scales[code] != scale:
        code = copied_code(name, list(scales))
    return (text if code in scales else with_value(text, ("scales", code), scale)), code


def ready_scale(name: str) -> dict[str, Any]:
    """A ready scale as plain data."""
    return LIBRARY[name].scale.model_dump(mode="json", exclude_defaults=True)


def with_changes(
    text: str, place: Place, present: Mapping[str, Any], wanted: Mapping[str, Any], keys: Sequence[str]
) -> str:
    """The text with these keys of a part as wanted, key by key; those not wanted go."""
    for key in keys:
        inside = (*place, key)
        if key in wanted and key not in present:
            text = with_value(text, inside, wanted[key])
        elif key in wanted:
            text = _changed(text, inside, present[key], wanted[key])
        elif key in present:
            text = without(text, inside)
    return text


def _changed(text: str, place: Place, before: Any, after: Any) -> str:
    if before == after and type(before) is type(after):
        return text
    if isinstance(before, dict) and isinstance(after, dict):
        keys = [key for key in dict.fromkeys((*before, *after)) if key in ROW_KEYS]
        return with_changes(text, place, before, after, keys)
    if _are_rows(before) and _are_rows(after):
        return _with_rows(text, place, before, after)
    return with_value(text, place, after)


def _are_rows(value: object) -> bool:
    return isinstance(value, list) and bool(value) and all(isinstance(row, dict) for row in value)


def _with_rows(text: str, place: Place, before: list[dict[str, Any]], after: list[dict[str, Any]]) -> str:
    """A row is the same where its code is, so that what stands beside it in the file goes where it goes."""
    rows = list(before)
    for position, wanted in enumerate(after):
        found = next((n for n in range(position, len(rows)) if _sign(rows[n]) == _sign(wanted)), None)
        if found is None:
            text = with_inserted(text, (*place, position), wanted)
            rows.insert(position, wanted)
            continue
        if found != position:
            text = moved(text, (*place, found), (*place, position))
            rows.insert(position, rows.pop(found))
        text = _changed(text, (*place, position), rows[position], wanted)
    for position in reversed(range(len(after), len(rows))):
        text = without(text, (*place, position))
    return text


def _sign(row: Mapping[str, Any]) -> object:
    return row.get("code", row.get("kind"))


# ---- buttons of the overview ----


@dataclass(frozen=True, slots=True)
class Arranged:
    """The text after a button, and the id of what is to have the focus then."""

    text: str
    anchor: str


def id_of(place: Place, before: str = "") -> str:
    """The id of a part on the overview: `sections-0-items-2`."""
    return "-".join([*([before] if before else []), *map(str, place)])


def arranged(text: str, act: str, chosen: Mapping[str, str]) -> Arranged | None:
    """The text after `up sections.0.items.2` and its like; None for what no button of the page says.

    `chosen` are the other controls of the page: where a part is to go, which ready scale is to come.
    """
    verb, _space, path = act.partition(" ")
    place = place_in(path, ".")
    look = look_at(text)
    if verb not in ACTS or not (_stands(look, place) or verb == "library"):
        return None
    return ACTS[verb](text, look, place, chosen)


def place_in(path: str, between: str) -> Place:
    """`sections.0.items.2` -> ("sections", 0, "items", 2)."""
    steps = [(step, as_position(step)) for step in path.split(between)]
    return tuple(step if position is None else position for step, position in steps)


def _stands(look: Look, place: Place) -> bool:
    """Is there such a part?"""
    match place:
        case ("sections", int(section)):
            return section < len(look.sections)
        case ("sections", int(section), "items", int(item)):
            return section < len(look.sections) and item < len(look.items_in(section))
        case ("dimensions", int(dimension)):
            return dimension < len(look.dimensions)
        case ("scales", str(code)):
            return code in look.scales
    return False


def _count_beside(look: Look, place: Place) -> int:
    if place[-2] == "items":
        return len(look.items_in(int(place[1])))
    return len(look.sections if place[-2] == "sections" else look.dimensions)


NAMES = {-1: "up", 1: "down"}


def _step(by: int) -> Callable[[str, Look, Place, Mapping[str, str]], Arranged | None]:
    def step(text: str, look: Look, place: Place, chosen: Mapping[str, str]) -> Arranged | None:
        position = place[-1]
        if not isinstance(position, int) or not 0 <= position + by < _count_beside(look, place):
            return None
        to = (*place[:-1], position + by)
        goes_on = 0 <= position + 2 * by < _count_beside(look, place)
        return Arranged(moved(text, place, to), id_of(to, NAMES[by if goes_on else -by]))

    return step


def _copied(text: str, look: Look, place: Place, chosen: Mapping[str, str]) -> Arranged | None:
    """A copy right below: the same but for its code; what one item alone can stand for is not copied."""
    match place:
        case ("sections", int(section), "items", int(item)):
            part = deepcopy(dict(look.items_in(section)[item]))
            part.pop("role", None)
            part["code"] = copied_code(str(part.get("code", "q")), look.codes("items"))
            to: Place = (*place[:-1], item + 1)
            return Arranged(with_inserted(text, to, part), id_of(to, "edit"))
        case ("scales", str(code)):
            name = copied_code(code, list(look.scales))
            to = ("scales", name)
            return Arranged(with_value(text, to, deepcopy(dict(look.scales[code]))), "scales")
    return None


def _elsewhere(text: str, look: Look, place: Place, chosen: Mapping[str, str]) -> Arranged | None:
    """To the end of another section."""
    section = as_position(chosen.get(f"to-{id_of(place)}", ""))
    if "items" not in place or section is None or section >= len(look.sections):
        return None
    end = len(look.items_in(section)) - (section == place[1])
    to: Place = ("sections", section, "items", end)
    if end > 0 or look.items_in(section):
        return Arranged(moved(text, place, to), id_of(to, "edit"))
    part = dict(look.items_in(int(place[1]))[int(place[3])])
    return Arranged(without(with_inserted(text, to, part), place), id_of(to, "edit"))


def _from_library(text: str, look: Look, place: Place, chosen: Mapping[str, str]) -> Arranged | None:
    name = chosen.get("library", "")
    return Arranged(with_library_scale(text, name)[0], "scales") if name in LIBRARY else None


Act = Callable[[str, Look, Place, Mapping[str, str]], Arranged | None]
ACTS: Mapping[str, Act] = {
    "up": _step(-1),
    "down": _step(1),
    "copy": _copied,
    "move": _elsewhere,
    "library": _from_library,
}
