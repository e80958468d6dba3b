"""What the editor shows beside its forms: rows of parts, the time it takes, what publishing and removing do."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from flask import current_app
from flask_babel import gettext as _

from instruments.library import LIBRARY
from instruments.model import Instrument, ItemType, Role
from survey_app import services
from survey_app.extensions import db
from survey_app.forms.editor_fields import as_typed, chinese_of, english_of, mappings_in
from survey_app.forms.editor_item import TYPES
from survey_app.models import QuestionnaireDraft
from survey_app.web.circumstances import clock
from survey_app.web.context import page_language
from survey_app.web.editor_changes import id_of
from survey_app.web.editor_findings import address_of, spot_of
from survey_app.web.editor_reading import Look, Place
from survey_app.web.labels import audience_label

Part = Mapping[str, Any]

# ---- rows of the overview ----


@dataclass(frozen=True, slots=True)
class Row:
    """A part as the overview lists it, with what its buttons need."""

    place: Place
    words: str
    code: str
    address: str
    tags: tuple[str, ...] = ()
    to_mend: int = 0
    is_first: bool = False
    is_last: bool = False
    number: int | None = None
    kind: str = ""
    rows: tuple[Row, ...] = ()
    add_address: str = ""

    @property
    def id(self) -> str:
        return id_of(self.place)

    @property
    def path(self) -> str:
        """As the buttons send it."""
        return ".".join(map(str, self.place))

    def button(self, verb: str) -> str:
        """Id of a button of this row."""
        return id_of(self.place, verb)


@dataclass(frozen=True, slots=True)
class Overview:
    """Everything the overview lists."""

    sections: tuple[Row, ...]
    scales: tuple[Row, ...]
    dimensions: tuple[Row, ...]
    add_section: str
    add_scale: str
    add_dimension: str


def overview_of(draft: QuestionnaireDraft, look: Look) -> Overview:
    spots = (spot_of(problem.path, look) for problem in look.problems)
    to_mend = Counter(spot.place for spot in spots if spot is not None)
    return Overview(
        sections=tuple(_section_row(draft, look, position, to_mend) for position in range(len(look.sections))),
        scales=tuple(_scale_row(draft, look, code, to_mend) for code in look.scales),
        dimensions=tuple(_dimension_row(draft, look, position, to_mend) for position in range(len(look.dimensions))),
        add_section=address_of(draft, look, ("sections", len(look.sections))),
        add_scale=address_of(draft, look, ("scales", "")),
        add_dimension=address_of(draft, look, ("dimensions", len(look.dimensions))),
    )


def _section_row(draft: QuestionnaireDraft, look: Look, position: int, to_mend: Mapping[Place, int]) -> Row:
    place: Place = ("sections", position)
    part, count = look.sections[position], len(look.items_in(position))
    return Row(
        place=place,
        words=words_of(part, "title"),
        code=as_typed(part.get("code")),
        address=address_of(draft, look, place),
        tags=(_("order differs for everybody"),) if part.get("shuffled") is True else (),
        to_mend=to_mend.get(place, 0),
        is_first=position == 0,
        is_last=position == len(look.sections) - 1,
        rows=tuple(_item_row(draft, look, (*place, "items", item), to_mend) for item in range(count)),
        add_address=address_of(draft, look, (*place, "items", count)),
    )


def _item_row(draft: QuestionnaireDraft, look: Look, place: Place, to_mend: Mapping[Place, int]) -> Row:
    section, position = int(place[1]), int(place[3])
    items = look.items_in(section)
    part = items[position]
    kind = as_typed(part.get("type", ItemType.SCALE.value))
    return Row(
        place=place,
        words=words_of(part, "text"),
        code=as_typed(part.get("code")),
        address=address_of(draft, look, place),
        tags=tuple(_tags(part)),
        to_mend=to_mend.get(place, 0),
        is_first=position == 0,
        is_last=position == len(items) - 1,
        number=look.numbers().get((section, position)),
        kind=str(TYPES[ItemType(kind)]) if kind in set(ItemType) else kind,
    )


def _tags(part: Part) -> Iterable[str]:
    told = (
        (part.get("required", True) is False, _("may be left blank")),
        (part.get("reversed") is True, _("reversed")),
        (part.get("grouping") is True, _("forms groups")),
        (part.get("role") == Role.OVERALL.value, _("overall question")),
        (part.get("attention") is not None, _("attention check")),
    )
    rule = as_typed(part.get("visible_if"))
    return [words for holds, words in told if holds] + ([_("only if: %(rule)s", rule=rule[:60])] if rule else [])


def _scale_row(draft: QuestionnaireDraft, look: Look, code: str, to_mend: Mapping[Place, int]) -> Row:
    place: Place = ("scales", code)
    users = sum(item.get("scale") == code for _section, _position, item in look.placed_items())
    return Row(
        place=place,
        words=levels_of(look.scales[code]),
        code=code,
        address=address_of(draft, look, place),
        tags=(_("used by %(count)s questions", count=users),),
        to_mend=to_mend.get(place, 0),
    )


def _dimension_row(draft: QuestionnaireDraft, look: Look, position: int, to_mend: Mapping[Place, int]) -> Row:
    place: Place = ("dimensions", position)
    part = look.dimensions[position]
    users = sum(item.get("dimension") == part.get("code") for _section, _position, item in look.placed_items())
    return Row(
        place=place,
        words=words_of(part, "title"),
        code=as_typed(part.get("code")),
        address=address_of(draft, look, place),
        tags=(_("%(count)s questions", count=users),),
        to_mend=to_mend.get(place, 0),
        is_first=position == 0,
        is_last=position == len(look.dimensions) - 1,
    )


def words_of(part: Part, key: str) -> str:
    """A text in the language of the page, in Chinese where it has no other; words where it is empty."""
    chinese, english = chinese_of(part, key), english_of(part, key)
    return (english if page_language() == "en" and english else chinese) or _("(no text yet)")


def levels_of(scale: Part) -> str:
    """The levels of a scale in one line, best first."""
    return " / ".join(words_of(level, "label") for level in mappings_in(scale.get("levels")))


def library_choices() -> list[tuple[str, str]]:
    """Ready scales by name."""
    language = page_language()
    return [(name, ready.title.in_language(language)) for name, ready in LIBRARY.items()]


# ---- time ----


def minutes_sentences(draft: QuestionnaireDraft, look: Look) -> list[tuple[str, str]]:
    """How long it takes and what the year asks of everybody, each with a warning where it is too much."""
    instrument, estimated = look.instrument, look.effort
    if instrument is None or estimated is None:
        return []
    budget = int(current_app.config["BURDEN_MINUTES"])
    burden = services.burden_of(
        db.session,
        draft.unit,
        year=clock().today().year,
        audience=instrument.audience,
        config_budget=budget,
        adding=instrument,
    )
    own = _(
        "It says %(stated)s minutes; estimated are %(estimated)s minutes for %(questions)s questions, %(texts)s of "
        "them to write.",
        stated=instrument.minutes,
        estimated=estimated.minutes,
        questions=estimated.questions,
        texts=estimated.texts,
    )
    year = _(
        "With it the surveys of %(year)s ask %(minutes)s minutes of each of the %(audience)s; the budget is "
        "%(budget)s minutes.",
        year=burden.year,
        minutes=burden.minutes,
        audience=audience_label(burden.audience),
        budget=budget,
    )
    return [
        (own, _("Takes longer than told") if estimated.minutes > instrument.minutes else ""),
        (year, _("Over the budget") if burden.is_over else ""),
    ]


# ---- publishing and removing ----


def publishing_consequences(draft: QuestionnaireDraft, instrument: Instrument) -> list[str]:
    code, unit = instrument.code, draft.unit.name
    return [
        _("“%(title)s” becomes a version of %(unit)s with the code %(code)s.", title=draft.title, unit=unit, code=code),
        _("The version is never changed any more. A later change is another draft and another version."),
        _("Surveys can be made from it at once; surveys that exist keep the version they have."),
        _("This draft is gone afterwards."),
    ]


def removing_consequences(look: Look, place: Place) -> list[str]:
    """What goes with a part, and what still points to it."""
    match place:
        case ("sections", int(section), "items", int(item)):
            code = as_typed(look.items_in(section)[item].get("code"))
            rules = [one for _s, _p, one in look.placed_items() if _mentions(one.get("visible_if"), code)]
            return [_("The question goes with both its languages."), *_rules_told(rules)]
        case ("sections", int(section)):
            items = look.items_in(section)
            gone = _("The section goes with its %(count)s questions, in both languages.", count=len(items))
            others = [one for outer, _place, one in look.placed_items() if outer != section]
            rules = [one for one in others if any(_mentions(one.get("visible_if"), _code(item)) for item in items)]
            return [gone, *_rules_told(rules)]
        case ("dimensions", int(dimension)):
            code = as_typed(look.dimensions[dimension].get("code"))
            return _users_told(look, "dimension", code, _("The dimension goes; its questions stay."))
        case ("scales", str(code)):
            return _users_told(look, "scale", code, _("The scale goes with its levels."))
    return []


def _rules_told(items: Iterable[Part]) -> list[str]:
    return [_("The rule of “%(item)s” looks at it and has to be changed.", item=_code(one)) for one in items]


def _users_told(look: Look, key: str, code: str, first: str) -> list[str]:
    users = [_code(item) for _section, _position, item in look.placed_items() if item.get(key) == code]
    if not users:
        return [first]
    return [first, _("These questions name it and have to be changed: %(items)s.", items=", ".join(users))]


def _code(part: Part) -> str:
    return as_typed(part.get("code"))


def _mentions(rule: object, code: str) -> bool:
    return bool(code) and re.search(rf"\b{re.escape(code)}\b", as_typed(rule)) is not None
