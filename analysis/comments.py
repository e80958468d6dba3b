"""What comments are about: words and themes, each with the number of people who bring it up.

A text is one person's. How many people it takes until a word or a theme is shown belongs to `disclosure`; the rules of
themes are `themes`; what to take out of a text before others read it is `redaction`.
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass

from analysis.lexicon import SAY_NOTHING
from analysis.redaction import without_marks
from analysis.segmentation import cut
from analysis.themes import ThemeRule

STOP_WORDS = frozenset(SAY_NOTHING)

Recogniser = Callable[[str], bool]


@dataclass(frozen=True, slots=True)
class WordCount:
    word: str
    people: int


@dataclass(frozen=True, slots=True)
class ThemeCount:
    title: str
    people: int


def words(texts: Sequence[str], *, stop: Collection[str] = STOP_WORDS, most: int = 50) -> tuple[WordCount, ...]:
    """The words most people use, each with how many of them do; whoever repeats a word counts once.

    Left out are single characters, numbers, punctuation, marks of what was taken out, and ``stop``. Latin letters are
    taken in lower case, full width as half. In order of people, then of the word.

    Raises: ValueError for a negative ``most``.
    """
    if most < 0:
        raise ValueError("most is a number of words")
    people = Counter(
        word for text in texts for word in set(cut(_plain(without_marks(text)))) if _is_telling(word, stop)
    )
    ranked = sorted(people.items(), key=lambda found: (-found[1], found[0]))
    return tuple(WordCount(word, count) for word, count in ranked[:most])


def code_themes(texts: Sequence[str], rules: Sequence[ThemeRule]) -> tuple[tuple[str, ...], ...]:
    """Of each text the titles of its themes, in the order of the rules; many texts have none.

    Keywords are looked for whatever their case and width; Latin ones as whole words, so that "app" is not in "happy".
    """
    recognisers = [(rule.title, _recogniser(rule)) for rule in rules]
    return tuple(tuple(title for title, recognises in recognisers if recognises(text)) for text in map(_plain, texts))


def count_themes(texts: Sequence[str], rules: Sequence[ThemeRule]) -> tuple[ThemeCount, ...]:
    """How many people bring up each theme, in the order of the rules, themes of nobody included."""
    people = Counter(title for titles in code_themes(texts, rules) for title in titles)
    return tuple(ThemeCount(rule.title, people[rule.title]) for rule in rules)


def _plain(text: str) -> str:
    return unicodedata.normalize("NFKC", text).casefold()


def _is_telling(word: str, stop: Collection[str]) -> bool:
    return (
        len(word) > 1
        and word not in stop
        and any(character.isalpha() for character in word)
        and not all(character.isnumeric() or character in ".%两几第" for character in word)
    )


def _recogniser(rule: ThemeRule) -> Recogniser:
    required = [
        _sought(alternatives) for alternatives in (rule.any_of, *((one,) for one in rule.all_of)) if alternatives
    ]
    excluded = [_sought(rule.none_of)] if rule.none_of else []

    def recognises(text: str) -> bool:
        return all(sought.search(text) for sought in required) and not any(sought.search(text) for sought in excluded)

    return recognises


def _sought(keywords: Sequence[str]) -> re.Pattern[str]:
    return re.compile("|".join(_whole_word(_plain(keyword)) for keyword in keywords))


def _whole_word(keyword: str) -> str:
    before = "(?<![a-z0-9])" if re.match("[a-z0-9]", keyword) else ""
    after = "(?![a-z0-9])" if re.search("[a-z0-9]$", keyword) else ""
    return before + re.escape(keyword) + after
