"""The sheet ``survey`` from top to bottom: groups -> sections, questions -> items, ``relevant`` -> ``visible_if``."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from instruments.exporters.layout import (
    INTRODUCTION,
    OTHER_LINE,
    OWN,
    SECTION,
    TABLE,
    Question,
    UnsayableError,
    free_name,
    relevant_of,
)
from instruments.importers.choices import Data
from instruments.importers.columns import Languages, Row, Table, shown
from instruments.importers.expressions import rule_of
from instruments.importers.questions import YES_WORDS, Questions
from instruments.importers.scales import CODE, LONGEST_CODE, code_like
from instruments.model import ItemType
from instruments.wording import N_

GROUP = re.compile(r"(?P<end>begin|end)[ _](?P<kind>group|lgroup|looped group|repeat|loop)( .*)?")
SPACES = re.compile(r"\s+")


@dataclass(slots=True)
class Group:
    """A group that is open at a row."""

    code: str
    is_repeated: bool
    is_table: bool
    relevant: str


@dataclass(slots=True)
class Rule:
    """What decides whether an item is asked, read once all questions are known."""

    item: Data
    row: Row
    groups: tuple[str, ...]
    known: int
    """How many questions stand before it."""


@dataclass(slots=True)
class Form:
    """One pass over the rows; sections gather as JSON data."""

    questions: Questions
    languages: Languages
    title: dict[str, str]
    sections: list[Data] = field(default_factory=list)
    open: list[Group] = field(default_factory=list)
    rules: list[Rule] = field(default_factory=list)
    known: list[Question] = field(default_factory=list)
    codes: set[str] = field(default_factory=set)
    empty: dict[str, str] = field(default_factory=dict)
    """Where the group of a section begins in the workbook, by its code; nothing for sections of ours."""
    is_loose: bool = False
    """The last section holds questions that stand in no group."""

    def read(self, survey: Table) -> list[Data]:
        for row in survey.rows:
            kind = SPACES.sub(" ", row.take("type"))
            if kind:
                self.row(row, kind)
        for rule in self.rules:
            self.apply(rule)
        return [section for section in self.sections if section["items"] or not self.dropped(section)]

    def dropped(self, section: Data) -> bool:
        """Whether a section without questions falls away, and says so; one that came from here is kept."""
        place = self.empty[section["code"]]
        if place:
            template = N_("the group '%(name)s' has no questions that have a place here")
            self.languages.said.say(place, template, name=section["code"])
        return bool(place)

    def row(self, row: Row, kind: str) -> None:
        group = GROUP.fullmatch(kind)
        if row.take("disabled").lower() in YES_WORDS:
            row.take_all()
            self.languages.said.say(row.place("type"), N_("the row is switched off and was passed over"))
        elif group and group["end"] == "end":
            row.take_all()
            self.open.pop()
        elif group:
            row.take("name")
            self.begin(row, is_repeated=group["kind"] != "group")
        elif any(one.is_repeated for one in self.open):
            template = N_("a question of a repeated group has no place here: %(name)s")
            self.languages.said.say(row.place("type"), template, name=row.take("name"))
            row.take_all()
        elif row.cells.get((OWN, "part"), (0, ""))[1] in (INTRODUCTION, OTHER_LINE):
            self.part(row)
        else:
            self.question(row, kind)

    # Groups

    def begin(self, row: Row, *, is_repeated: bool) -> None:
        name, part = row.take("name"), row.take(OWN, "part")
        words = row.take("control", "appearance").split()
        relevant = row.take("bind", "relevant")
        inside = bool(self.open)
        if any(one.is_repeated for one in self.open):
            row.take_all()
        elif is_repeated:
            row.take_all()
            template = N_("a repeated group has no place here: %(name)s")
            self.languages.said.say(row.place("type"), template, name=name)
        elif inside and part != TABLE:
            self.flatten(row, name)
        elif not inside:
            self.begin_section(row, name, is_own=part == SECTION)
        left = " ".join(word for word in words if word not in ("field-list", "table-list"))
        if left and not is_repeated:
            template = N_("the appearance '%(text)s' has no place here")
            self.languages.said.say(row.place("control", "appearance"), template, text=shown(left))
        is_table = "table-list" in words and part != TABLE
        code = free_name(code_like(name, otherwise="table"), (), longest=LONGEST_CODE)
        self.open.append(Group(code, is_repeated, is_table, relevant))

    def flatten(self, row: Row, name: str) -> None:
        title = self.languages.text(row, "label")
        if title:
            template = N_("the heading of a group inside a group has no place here: %(title)s")
            self.languages.said.say(row.place("label"), template, title=shown(title["zh_Hans"]))
        template = N_("the questions of the group '%(name)s' inside another group stand in the section around it")
        self.languages.said.say(row.place("name"), template, name=shown(name))

    def begin_section(self, row: Row, name: str, *, is_own: bool) -> None:
        given = row.take(OWN, "code") or name
        code = given if is_own and CODE.fullmatch(given) else self.section_code(given)
        if code != given:
            template = N_("'%(name)s' cannot be a code here; it is called '%(code)s'")
            self.languages.said.say(row.place("name"), template, name=shown(given), code=code)
        title = self.languages.text(row, "label")
        if title is None:
            self.languages.said.say_called_by_name(row.place("name"), name)
        section: Data = {"code": code, "title": title or {"zh_Hans": name}, "items": []}
        if row.take(OWN, "shuffled") == "yes":
            section["shuffled"] = True
        self.codes.add(code)
        self.sections.append(section)
        self.empty[code] = "" if is_own else row.place("name")
        self.is_loose = False

    def section_code(self, wanted: str) -> str:
        return free_name(code_like(wanted, otherwise="section"), self.codes, longest=LONGEST_CODE)

    def section(self, row: Row) -> Data:
        """The section a row belongs to; questions in no group have one of their own."""
        if not self.open and not self.is_loose:
            code = self.section_code("section")
            self.codes.add(code)
            self.sections.append({"code": code, "title": self.title, "items": []})
            self.is_loose = True
            template = N_("assumed: the questions from here on, in no group, have a section of their own")
            self.languages.said.say(row.place("type"), template)
        return self.sections[-1]

    # Rows inside

    def part(self, row: Row) -> None:
        """A row of our own making that is no item: what leads into a section, the line for "other"."""
        if row.take(OWN, "part") == INTRODUCTION:
            text = self.languages.text(row, "label")
            if text:
                self.section(row)["intro"] = text
        else:
            self.known.append(Question(row.take("name"), self.other_code(), ItemType.TEXT))
        row.take_all()

    def other_code(self) -> str:
        return f"{self.known[-1].code}_other" if self.known else "other"

    def question(self, row: Row, kind: str) -> None:
        if "label" in row.cells.get(("control", "appearance"), (0, ""))[1].split():
            template = N_("a row of headings; a table has the names of its levels by itself: %(name)s")
            self.languages.said.say(row.place("type"), template, name=row.take("name"))
            row.take_all()
            return
        made = self.questions.item(row, kind, table=self.table(row))
        if made is None:
            return
        item, question = made
        self.section(row)["items"].append(item)
        self.rules.append(Rule(item, row, tuple(one.relevant for one in self.open if one.relevant), len(self.known)))
        self.known.append(question)
        if any(option.get("other") for option in item.get("options", ())) and "other" in question.codes:
            self.known.append(Question(f"{question.name}_other", f"{question.code}_other", ItemType.TEXT))

    def table(self, row: Row) -> str | None:
        """The table that a question stands in, as forms of others say it."""
        words = row.cells.get(("control", "appearance"), (0, ""))[1].split()
        if self.open and (self.open[-1].is_table or "list-nolabel" in words):
            return self.open[-1].code
        return None

    # Rules

    def apply(self, rule: Rule) -> None:
        own, relevant = rule.row.take(OWN, "visible_if"), rule.row.take("bind", "relevant")
        if own and (relevant_of(own, self.known[: rule.known]) or "") == relevant and not rule.groups:
            rule.item["visible_if"] = own
            return
        if own:
            template = N_("'%(column)s' says something else than 'relevant', which counts")
            self.languages.said.say(rule.row.place(OWN, "visible_if"), template, column=f"{OWN}::visible_if")
        rules = [*self.rules_of(rule, relevant)]
        if rules:
            rule.item["visible_if"] = rules[0] if len(rules) == 1 else " and ".join(f"({text})" for text in rules)

    def rules_of(self, rule: Rule, relevant: str) -> Iterator[str]:
        """The rules of the groups around and of the row itself that can be said here."""
        expressions = [text for text in (*rule.groups, relevant) if text]
        named = {question.name: question for question in self.known} if expressions else {}
        for expression in expressions:
            try:
                yield rule_of(expression, named)
            except UnsayableError:
                template = N_("the rule “%(rule)s” cannot be said here, so everybody is asked")
                self.languages.said.say(rule.row.place("bind", "relevant"), template, rule=shown(expression))
