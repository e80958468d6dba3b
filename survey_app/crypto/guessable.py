"""Passwords that are tried first: common words, the words of this service, walks over the keyboard, days and numbers.

A list of the passwords most often found would miss `zhibu@2026`, which somebody who attacks this service tries first.
So what is known is taken out, and enough has to be left over.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator

LEFT_OVER = 4
"""Letters that are in none of these; a word more, or a part of one."""
SHORTEST_PIECE = 3
ROWS = (
    "1234567890", "qwertyuiop", "asdfghjkl", "zxcvbnm", "abcdefghijklmnopqrstuvwxyz", "azertyuiop", "qwertzuiop",
    "1q2w3e4r5t6y7u8i9o0p", "1qaz2wsx3edc4rfv5tgb6yhn7ujm8ik9ol0p", "qazwsxedcrfvtgbyhnujmikolp",
    "q1w2e3r4t5y6u7i8o9p0",
)  # fmt: skip
OF_THE_SERVICE = """
    survey branch committee secretary member satisfaction party administrator admin ceping dangjian dangyuan dangwei
    dangzhibu zhibu gongwei jiguan shuji manyidu renmin zhengfu
"""
OFTEN_USED = """
    password passwort passwd letmein welcome changeme change default secret master login access root user guest test
    temp hello office server system computer internet monkey dragon tiger eagle lion phoenix butterfly flower cookie
    cheese pepper ginger chocolate sunshine princess babygirl angel lovely family friends forever iloveyou love
    football baseball basketball soccer hockey superman batman pokemon starwars spiderman michael jennifer jordan
    michelle jessica ashley daniel charlie alexander christopher elizabeth nicholas liverpool chelsea arsenal
    manchester barcelona samsung google facebook linkedin trustno whatever freedom shadow killer mustang ferrari
    corvette harley yankees cowboys steelers lakers warrior hunter ranger matrix purple orange diamond jesus heaven
    blessed summer winter spring autumn monday friday sunday january february october november december woaini nihao
    mima zhongguo china beijing shanghai guangzhou shenzhen laopo baobei wangyi taobao weixin tencent huawei
"""
LOOK_ALIKE = str.maketrans("@4301$57!", "aaeoisstl")


def is_guessable(password: str, *about: str) -> bool:
    """Is hardly anything left of a password without what is tried first and the words `about` its owner?"""
    plain = unicodedata.normalize("NFKC", password).lower()
    words = sorted({*_words_in(about), *OF_THE_SERVICE.split(), *OFTEN_USED.split()}, key=len, reverse=True)
    return any(len(_left_over(form, words)) < LEFT_OVER for form in (plain, plain.translate(LOOK_ALIKE)))


def _words_in(about: tuple[str, ...]) -> Iterator[str]:
    for text in about:
        yield from (word for word in re.split(r"[\W_]+", text.lower()) if len(word) >= SHORTEST_PIECE)


def _left_over(form: str, words: list[str]) -> str:
    """Letters in no piece that is known; of what repeats itself, once."""
    text = "".join(sign for sign in form if sign.isalnum())
    for word in words:
        text = text.replace(word, " ")
    return _once(re.sub(r"[\d\s]+", "", _without_walks(text)))


def _without_walks(text: str) -> str:
    """Without three signs and more that lie side by side on a keyboard or in the alphabet, in either direction."""
    rows = [way for row in ROWS for way in (row, row[::-1])]
    kept, at = [], 0
    while at < len(text):
        walked = max(_walk(text, at, row) for row in rows)
        if walked < SHORTEST_PIECE:
            kept.append(text[at])
        at += walked if walked >= SHORTEST_PIECE else 1
    return "".join(kept)


def _walk(text: str, at: int, row: str) -> int:
    """How many signs from here on follow the row."""
    place, length = row.find(text[at]), 0
    while 0 <= place + length < len(row) and text[at + length : at + length + 1] == row[place + length]:
        length += 1
    return length if place >= 0 else 0


def _once(text: str) -> str:
    """The part that a text repeats from beginning to end, or the text."""
    period = (text + text).find(text, 1) if text else 0
    return text[:period]
