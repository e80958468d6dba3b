"""Where a Chinese text seems to name a person: a surname with a title, 老 or 小 with a surname, a name that acts.

Rules and a dictionary, so that whoever decides can see why; names without such a sign are not found. Only the name is
marked, not the title: what was said about the office stays readable.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from analysis.lexicon import ACTED_ON, ACTS, COMPOUND_SURNAMES, NO_NAMES, PUBLIC_FIGURES, SURNAMES, TITLES
from analysis.segmentation import is_listed, tag

_SURNAME = rf"(?:{'|'.join(COMPOUND_SURNAMES)}|[{''.join(sorted(SURNAMES))}])"
_GIVEN = (
    "[^\\W0-9A-Za-z_的了是在和与及或也都不很就让被把对向跟给说请找我你他她它们这那有没又还各位个名老原前副总党部委]"
)
_TITLE = re.compile(f"(?:副|总|原|前|老)?(?:{'|'.join(sorted(TITLES, key=len, reverse=True))})")
_BEFORE_TITLE = tuple(re.compile(f"({_SURNAME}){_GIVEN}{{{given}}}$") for given in (2, 1, 0))
"""Of a name that ends here, the longest first."""
_NICKNAME = re.compile(rf"[老小]{_SURNAME}")
_FULL_NAME = re.compile(rf"{_SURNAME}{_GIVEN}{{1,2}}")
_LONGEST_NAME = 4
_NOBODY = frozenset((*NO_NAMES, *PUBLIC_FIGURES))


@dataclass(frozen=True, slots=True)
class _Word:
    start: int
    end: int
    text: str
    kind: str

    @property
    def is_name(self) -> bool:
        return self.kind.startswith("nr")

    @property
    def is_fixed(self) -> bool:
        """A word of the dictionary, which a name cannot cut through."""
        return len(self.text) > 1 and is_listed(self.text)


def find_names(text: str) -> tuple[tuple[int, int], ...]:
    """Start and end of each name, in their order, none overlapping."""
    words = _words(text)
    found: list[tuple[int, int]] = []
    suggested = {*_titled(text, words), *_nicknames(text, words), *_acting(words)}
    for start, end in sorted(suggested):  # of two that begin alike the shorter: 李会计主任 is a 李, not a 李会计
        if text[start:end] not in _NOBODY and (not found or start >= found[-1][1]):
            found.append((start, end))
    return tuple(found)


def _words(text: str) -> tuple[_Word, ...]:
    words, start = [], 0
    for word, kind in tag(text):
        words.append(_Word(start, start + len(word), word, kind))
        start += len(word)
    return tuple(words)


def _titled(text: str, words: tuple[_Word, ...]) -> Iterator[tuple[int, int]]:
    """王书记, 李建国主任, 欧阳老师."""
    for title in _TITLE.finditer(text):
        before = text[max(0, title.start() - _LONGEST_NAME) : title.start()]
        for pattern in _BEFORE_TITLE:
            name = pattern.search(before)
            if not name:
                continue
            start, end = title.start() - len(name[0]), title.start()
            if _stands_apart(words, start, title.end()) and not _is_ordinary(words, start, start + len(name[1])):
                yield start, end
                break


def _nicknames(text: str, words: tuple[_Word, ...]) -> Iterator[tuple[int, int]]:
    """老王, 小李."""
    return (found.span() for found in _NICKNAME.finditer(text) if _stands_apart(words, *found.span()))


def _acting(words: tuple[_Word, ...]) -> Iterator[tuple[int, int]]:
    """A full name that does something or to which something is done."""
    around = zip(("", *(word.text for word in words)), words, (*(word.text for word in words[1:]), ""), strict=False)
    for before, word, after in around:
        if word.is_name and _FULL_NAME.fullmatch(word.text) and (before in ACTED_ON or after in ACTS):
            yield word.start, word.end


def _stands_apart(words: tuple[_Word, ...], start: int, end: int) -> bool:
    """Whether no word of the dictionary crosses either end: 地方书记 has no 方书记, 养老金 no 老金."""
    return not any(word.is_fixed for word in words if word.start < start < word.end or word.start < end < word.end)


def _is_ordinary(words: tuple[_Word, ...], start: int, surname_end: int) -> bool:
    """Whether the surname only begins another word: 许多同志."""
    return any(word.start == start and word.end > surname_end and word.is_fixed and not word.is_name for word in words)
