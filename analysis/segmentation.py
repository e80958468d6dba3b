"""Chinese text cut into words. Which words matter is `comments`; which are names is `redaction`."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

from analysis.lexicon import OF_THE_FIELD

if TYPE_CHECKING:
    from rjieba import Jieba


def cut(text: str) -> list[str]:
    """The words of a text in their order; together they are the text."""
    return _segmenter().cut(text)


def tag(text: str) -> list[tuple[str, str]]:
    """As `cut`, each with its part of speech: nr for a name."""
    return _segmenter().tag(text)


def is_listed(word: str) -> bool:
    """Whether a word stands in the dictionary; others were put together from characters that often go together."""
    return _segmenter().has_word(word)


@cache
def _segmenter() -> Jieba:
    """Our own, because words are added to it."""
    from rjieba import Jieba

    segmenter = Jieba()
    for word in OF_THE_FIELD:
        segmenter.add_word(word, None, "n")
    return segmenter
