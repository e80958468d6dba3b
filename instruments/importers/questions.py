"""Rows of the sheet ``survey`` that ask something -> items, as JSON data of a questionnaire."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from instruments.exporters.layout import FIELDS, OWN, Question, free_name
from instruments.importers.choices import ChoiceList, Data, say_numbers
from instruments.importers.columns import Languages, Row, shown
from instruments.importers.constraints import LONGEST_ANSWER, constrained
from instruments.importers.scales import CODE, LONGEST_CODE, Scales, code_like, ready_scale, whole
from instruments.model import Item, ItemType
from instruments.parsing import KEYWORDS
from instruments.problems import InstrumentError, Problem
from instruments.wording import N_

PLAIN_TYPES: Mapping[str, ItemType] = MappingProxyType(
    {
        **dict.fromkeys(("integer", "int", "add integer prompt"), ItemType.NUMBER),
        **dict.fromkeys(("text", "string", "add text prompt"), ItemType.TEXT),
        **dict.fromkeys(("date", "add date prompt"), ItemType.DATE),
        **dict.fromkeys(("note", "add note prompt"), ItemType.INFORMATION),
    }
)
LIST_TYPES: Mapping[str, ItemType] = MappingProxyType(
    {"select one": ItemType.SINGLE, "select all that apply": ItemType.MULTIPLE, "rank": ItemType.RANKING}
)
READ_AS: Mapping[ItemType, tuple[ItemType, ...]] = MappingProxyType(
    {
        ItemType.SINGLE: (ItemType.SCALE, ItemType.YES_NO),
        ItemType.INFORMATION: (ItemType.SCALE, ItemType.SINGLE, ItemType.MULTIPLE, ItemType.RANKING),
    }
)
"""What a row can also be if our column says so; questions without choices are written as words to read."""
YES_WORDS = frozenset({"yes", "true", "true()"})
NO_WORDS = frozenset({"", "no", "false", "false()"})
MOST_OPTIONS = 3_000
"""More than a file of ours can hold (`reading.MOST_PARTS`)."""
LONGEST_WITH_OTHER = LONGEST_CODE - len("_other")


@dataclass(slots=True)
class Questions:
    """Turns row by row into items; knows the lists, the scales and the codes given so far."""

    languages: Languages
    lists: Mapping[str, ChoiceList]
    scales: Scales
    taken: set[str] = field(default_factory=lambda: set(KEYWORDS))
    offered: int = 0
    """Options of all questions so far; a list counts with every question that uses it."""

    def item(self, row: Row, kind: str, *, table: str | None) -> tuple[Data, Question] | None:
        """The item and what rules need to know of it; None, and said, for a type that has no place here."""
        reading = self.reading(row, kind)
        if reading is None:
            row.take_all()
            template = N_("a question of the type '%(type)s' has no place here: %(name)s")
            self.languages.said.say(row.place("type"), template, type=kind, name=row.take("name"))
            return None
        type_, found, has_other = reading
        data: Data = {"type": self.type_in_full(row, type_, found, table).value}
        name = row.take("name")
        data |= {"code": self.code(row, name, has_other=has_other), "text": self.text(row, name)}
        for key, column in (("hint", ("hint",)), ("short", (OWN, "short"))):
            text = self.languages.text(row, *column)
            if text:
                data[key] = text
        codes = self.choose(data, found, table, has_other=has_other)
        self.require(row, data)
        self.appearance(row, data)
        self.limits(row, data, codes)
        data |= own_fields(row)
        options = self.lists.get(row.take(OWN, "options"))
        if options:
            options.is_used = True
            data["options"] = options.as_options().options()
        return data, Question(name, data["code"], ItemType(data["type"]), codes)

    def reading(self, row: Row, kind: str) -> tuple[ItemType, ChoiceList | None, bool] | None:
        """Type, list and whether there is an "other"; None where we have no such type."""
        from pyxform.aliases import select
        from pyxform.xls2json import RE_SELECT

        chosen = RE_SELECT.search(kind)
        if chosen:
            found = self.lists.get(chosen["list_name"])
            type_ = LIST_TYPES.get(select[chosen["select_command"]])
            return (type_, found, chosen["specify_other"] is not None) if type_ and found else None
        if kind == "range":
            return self.range_reading(row)
        return (PLAIN_TYPES[kind], None, False) if kind in PLAIN_TYPES else None

    def range_reading(self, row: Row) -> tuple[ItemType, None, bool] | None:
        parts = dict(part.split("=", 1) for part in row.cells.get(("parameters",), (0, ""))[1].split() if "=" in part)
        steps = (parts.get("start", "1"), parts.get("end", "10"), parts.get("step", "1"))
        if steps == ("0", "10", "1"):
            return ItemType.RECOMMEND, None, False
        return (ItemType.NUMBER, None, False) if steps[2] == "1" and all(map(str.isdecimal, steps)) else None

    def type_in_full(self, row: Row, type_: ItemType, found: ChoiceList | None, table: str | None) -> ItemType:
        """The type that the row has with our column, or by what its list is."""
        own = row.take(OWN, "type")
        if own in (type_.value, *READ_AS.get(type_, ())):
            return ItemType(own)
        if own:
            template = N_("'%(column)s' says something else than the type of the row, which counts")
            self.languages.said.say(row.place(OWN, "type"), template, column=f"{OWN}::type")
        if type_ is not ItemType.SINGLE or found is None:
            return type_
        words = set(row.cells.get(("control", "appearance"), (0, ""))[1].split())
        if found.name in self.scales.by_list or table or words & {"likert", "list-nolabel"} or ready_scale(found):
            return ItemType.SCALE
        return ItemType.YES_NO if found.yes_and_no() else type_

    def code(self, row: Row, name: str, *, has_other: bool) -> str:
        given = row.take(OWN, "code") or name
        if (OWN, "type") in row.cells and CODE.fullmatch(given):
            self.taken.add(given)
            return given
        longest = LONGEST_WITH_OTHER if has_other else LONGEST_CODE
        code = free_name(code_like(given, longest=longest), self.taken, longest=longest)
        self.taken.add(code)
        if code != name:
            template = N_("'%(name)s' cannot be a code here; it is called '%(code)s'")
            self.languages.said.say(row.place("name"), template, name=shown(name), code=code)
        return code

    def text(self, row: Row, name: str) -> dict[str, str]:
        text = self.languages.text(row, "label")
        if text is None:
            self.languages.said.say_called_by_name(row.place("name"), name)
        return text or {"zh_Hans": name[:LONGEST_ANSWER] or "?"}

    def choose(self, data: Data, found: ChoiceList | None, table: str | None, *, has_other: bool) -> Mapping[str, int]:
        """What is chosen from, put into the item; codes by the names of the choices."""
        if found is None:
            return {}
        found.is_used = True
        match data["type"]:
            case ItemType.SCALE:
                code, levels = self.scales.of(found)
                data |= {"scale": code} | ({"matrix": table} if table else {})
                return levels.codes
            case ItemType.YES_NO:
                return found.yes_and_no() or found.codes
        self.offered += len(found.choices)
        if self.offered > MOST_OPTIONS:
            template = N_("the questions have more than %(limit)s choices together")
            raise InstrumentError((Problem(found.place, None, template, {"limit": MOST_OPTIONS}),))
        listed = found.as_options()
        say_numbers(listed, self.languages)
        found.is_said = True
        data["options"] = listed.options()
        return listed.codes | (with_other(data["options"], listed) if has_other else {})

    def require(self, row: Row, data: Data) -> None:
        said = row.cells.get(("bind", "required"), (0, ""))[1].lower()
        if data["type"] == ItemType.INFORMATION:
            if said in NO_WORDS:
                row.take("bind", "required")
            return
        row.take("bind", "required")
        data["required"] = said in YES_WORDS
        if said not in YES_WORDS | NO_WORDS:
            template = N_("the question is required under a condition, which has no place here: %(text)s")
            self.languages.said.say(row.place("bind", "required"), template, text=shown(said))

    def appearance(self, row: Row, data: Data) -> None:
        words = row.take("control", "appearance").split()
        known = {"multiline"} if data["type"] == ItemType.TEXT else {"likert", "list-nolabel"}
        if data["type"] == ItemType.TEXT:
            data["one_line"] = "multiline" not in words
        left = " ".join(word for word in words if word not in known)
        if left:
            template = N_("the appearance '%(text)s' has no place here")
            self.languages.said.say(row.place("control", "appearance"), template, text=shown(left))

    def limits(self, row: Row, data: Data, codes: Mapping[str, int]) -> None:
        """What the constraint asks for, as far as an item can ask it; for a range, its ends."""
        if row.cells.get(("type",), (0, ""))[1] == "range":
            parts = dict(part.split("=", 1) for part in row.take("parameters").split() if "=" in part)
            if data["type"] == ItemType.NUMBER:
                data |= {"minimum": int(parts.get("start", "1")), "maximum": int(parts.get("end", "10"))}
        constraint = row.take("bind", "constraint")
        if constraint and not constrained(data, constraint, codes):
            template = N_("the condition “%(text)s” has no place here")
            self.languages.said.say(row.place("bind", "constraint"), template, text=shown(constraint))
        if data["type"] == ItemType.TEXT and "max_length" not in data:
            default = Item.model_fields["max_length"].default
            template = N_("assumed: answers in words have at most %(limit)s characters")
            self.languages.said.assume(row.place("type"), template, limit=default)


def with_other(options: list[Data], found: ChoiceList) -> dict[str, int]:
    """Marks the choice "other", added where the list has none; its code by its name."""
    codes = found.codes
    if "other" in codes:
        next(option for option in options if option["code"] == codes["other"])["other"] = True
        return {}
    taken = {option["code"] for option in options}
    code = next((code for code in (*range(1, 101), 0) if code not in taken), 100)
    options.append({"code": code, "label": {"zh_Hans": "其他", "en": "Other"}, "other": True})
    return {"other": code}


def own_fields(row: Row) -> Data:
    """Values of our columns in the kind they have; what cannot be read stays text and is found by the loader."""
    texts = {key: row.take(OWN, key) for key in FIELDS}
    return {key: READ[FIELDS[key]](text) for key, text in texts.items() if text}


READ: Mapping[type, Callable[[str], object]] = MappingProxyType(
    {
        str: str,
        int: whole,
        bool: lambda text: {"yes": True, "no": False}.get(text, text),
        list: lambda text: [whole(part) for part in text.split()],
    }
)
