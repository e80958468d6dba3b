"""Reading a place of a scheme's file: text, points, percentages, lists and keys, with a problem where one is wrong."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation
from fractions import Fraction

from instruments.form import CODE, TEMPLATES, UNKNOWN_KEY, UNKNOWN_KEY_RESEMBLING, resembling, short_form
from instruments.model import Translation
from instruments.problems import Problem, Step, path_of
from instruments.reading import Source
from instruments.wording import N_

LONGEST_TEXT = 500
MOST_POINTS = 1000
HUNDREDTH = Decimal("0.01")
PERCENT = re.compile(r"(-?\d{1,3}(?:\.\d{1,4})?) ?[%％]", re.ASCII)
CODE_FORM = re.compile(r"[A-Za-z][A-Za-z0-9_]{0,31}", re.ASCII)

POINTS = N_("'%(given)s' is not a number of points: more than 0, at most %(limit)s, with two decimals at most")
WHOLE = N_("%(given)s is not possible here; possible is 1 to %(limit)s")
PERCENTAGE = N_("'%(given)s' is not a percentage; write it like 90%%")


@dataclass
class Findings:
    """The file as it was read, and what was found wrong with it so far."""

    source: Source
    problems: list[Problem] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Place:
    """A part of the file. Readers return None, or nothing, where they had to report a problem."""

    findings: Findings
    data: object
    steps: tuple[Step, ...] = ()

    def refuse(self, template: str, **values: object) -> None:
        line = self.findings.source.line_of(self.steps)
        self.findings.problems.append(Problem(path_of(self.steps), line, template, values))

    def keys(self, required: Sequence[str], optional: Sequence[str] = ()) -> dict[str, Place]:
        """Places of the known keys that are there; missing and unknown ones are problems."""
        if not isinstance(self.data, dict):
            self.refuse(TEMPLATES["dict_type"])
            return {}
        known = (*required, *optional)
        for key in self.data:
            if key not in known:
                self._refuse_key(str(key), known)
        for key in required:
            if key not in self.data:
                self.refuse(TEMPLATES["missing"], key=key)
        return {key: Place(self.findings, self.data[key], (*self.steps, key)) for key in known if key in self.data}

    def _refuse_key(self, key: str, known: tuple[str, ...]) -> None:
        place = Place(self.findings, None, (*self.steps, key))
        if nearest := resembling(key, known):
            place.refuse(UNKNOWN_KEY_RESEMBLING, key=short_form(key), nearest=nearest)
        else:
            place.refuse(UNKNOWN_KEY, key=short_form(key), known=", ".join(known))

    def entries(self) -> Iterator[tuple[str, Place]]:
        """Of a mapping whose keys are the author's own."""
        if not isinstance(self.data, dict):
            self.refuse(TEMPLATES["dict_type"])
            return
        for key, value in self.data.items():
            yield str(key), Place(self.findings, value, (*self.steps, str(key)))

    def parts(self, *, most: int) -> tuple[Place, ...]:
        """Of a list with at least one part."""
        if not isinstance(self.data, list) or not self.data:
            self.refuse(TEMPLATES["tuple_type"] if self.data else N_("nothing stands here"))
            return ()
        if len(self.data) > most:
            self.refuse(N_("these are more than %(limit)s"), limit=most)
        return tuple(
            Place(self.findings, value, (*self.steps, position)) for position, value in enumerate(self.data[:most])
        )

    def text(self) -> str | None:
        if not isinstance(self.data, str):
            self.refuse(TEMPLATES["string_type"])
            return None
        stripped = self.data.strip()
        if not stripped:
            self.refuse(TEMPLATES["string_too_short"])
            return None
        if len(stripped) > LONGEST_TEXT:
            self.refuse(TEMPLATES["string_too_long"], limit=LONGEST_TEXT)
            return None
        return stripped

    def code(self) -> str | None:
        if isinstance(self.data, str) and CODE_FORM.fullmatch(self.data):
            return self.data
        self.refuse(CODE, given=short_form(self.data))
        return None

    def words(self) -> Translation | None:
        """Chinese and English, or one text for both."""
        if isinstance(self.data, str):
            text = self.text()
            return Translation(zh_Hans=text) if text else None
        read = {language: place.text() for language, place in self.keys(("zh_Hans",), ("en",)).items()}
        chinese = read.get("zh_Hans")
        return Translation(zh_Hans=chinese, en=read.get("en")) if chinese else None

    def one_of(self, possible: Sequence[str]) -> str | None:
        if isinstance(self.data, str) and self.data in possible:
            return self.data
        self.refuse(TEMPLATES["enum"], given=short_form(self.data), expected=", ".join(possible))
        return None

    def points(self) -> Decimal | None:
        if isinstance(self.data, int | float | str) and not isinstance(self.data, bool):
            try:
                points = Decimal(str(self.data).strip())
            except InvalidOperation:
                points = Decimal()
            if points.is_finite() and 0 < points <= MOST_POINTS and points == points.quantize(HUNDREDTH):
                return points
        self.refuse(POINTS, given=short_form(self.data), limit=MOST_POINTS)
        return None

    def whole(self, most: int) -> int | None:
        if not isinstance(self.data, int) or isinstance(self.data, bool):
            self.refuse(TEMPLATES["int_type"])
            return None
        if not 1 <= self.data <= most:
            self.refuse(WHOLE, given=self.data, limit=most)
            return None
        return self.data

    def percentage(self) -> Fraction | None:
        return self.percentage_from(self.data)

    def percentage_from(self, given: object) -> Fraction | None:
        """Of a key as well as of a value."""
        found = PERCENT.fullmatch(str(given).strip())
        if found and abs(share := Fraction(found[1]) / 100) <= 1:
            return share
        self.refuse(PERCENTAGE, given=short_form(given))
        return None
