"""Words in a question that make its answers hard to read: two things at once, negation, the answer in the question.

What is quoted or stands in brackets is a name or an example and is not looked at. Words are no proof: what is found
here is something to read once more, so the lists keep to what is seldom meant otherwise.
"""

from __future__ import annotations

import re

LOOKED_AT = 300
"""Signs of a text that are looked at."""
HAN = re.compile(r"[\u4e00-\u9fff]")
ASIDE = re.compile(r"“[^”]*”|「[^」]*」|《[^》]*》|\"[^\"]*\"|（[^）]*）|\([^)]*\)")

SET_PHRASES = re.compile(
    "批评[和与]自我批评|党风廉政建设[和与]反腐败|不忘初心、牢记使命|政治、思想、组织|理论[和与]实践|意见[和与、]建议|"
    "困难[和与]问题|物质[和与]精神|法律、?法规|[\u4e00-\u9fff]{0,4}与时俱进|criticism and self-criticism|"
    "comments and suggestions|rules and regulations|terms and conditions|more and more|now and then|up and down",
    re.IGNORECASE,
)
"""Two words for one thing."""

TWO_THINGS = re.compile(
    "并且|而且|以及|同时|既.{1,12}又|、|"
    "(?<!合)并(?![不非没未列轨购])|"
    "(?<![温平缓总共祥饱中柔暖随调附])和(?![谐睦平解气善蔼])|"
    "(?<![参给赠授])与(?![会否其])|"
    "(?<![涉普波触顾论提危遍殃])及(?![时格其])|"
    r"[？?].+[？?]|\band\b|\bas well as\b",
    re.IGNORECASE,
)
BETWEEN_TWO = re.compile(
    "(?:与|和|同).*(?:相互|互相|之间|结合|一致|有关|相关|联系|交流|沟通|配合|协调|的关系|相比)|each other|between"
)
"""One thing that there are two sides to."""

NOT_NEGATED = re.compile(
    "是否|能否|可否|([\u4e00-\u9fff]{1,2})[不没]\\1|有没有|不断|不仅|不但|不同|不少|不忘|不懈|不错|不定期|不论|不管|不久|"
    "差不多|不时|不可或缺|不动产|未成年|不合格|没收|不文明|不正之风|不良|"
    "了不起|未来|非常|非公|无论|无记名|无私|无微不至|无偿|无障碍|whether or not|not only|"
    "why not|if not",
    re.IGNORECASE,
)
NEGATED = re.compile(
    r"不|没有?|未|无法|毫无|并非|从无|\bnot\b|n['’]t\b|\bcannot\b|\bnever\b|\bno\b|\bnobody\b|\bnothing\b|\bwithout\b",
    re.IGNORECASE,
)

LEADING = re.compile(
    "难道|显然|众所周知|毫无疑问|不可否认|大家都(?:认为|知道|说)|不是吗|对吧|是不是应该|理应|"
    "是否(?:也)?(?:同意|认为|觉得|赞同).{0,40}(?:非常|十分|特别|很|最|极其|显著|优异|出色|卓越)|"
    "(?:显著|优异|卓越|辉煌|巨大)(?:的)?(?:成绩|成效|成就|成果|进步)|"
    r"\b(?:do|would|is|are|was|has|have|should|can)n['’]t (?:you|it|we|they)\b|\bsurely\b|\bobviously\b|\bof course\b|"
    r"\bevery(?:body|one) knows\b|\bas we all know\b|\bwould you agree that\b|"
    r"\bdo you agree\b.{0,80}\b(?:very|most|excellent|outstanding|remarkable)\b",
    re.IGNORECASE,
)


def asks_two_things(text: str) -> str | None:
    """The word that joins two things asked at once; None where one thing is asked."""
    words = SET_PHRASES.sub("", ASIDE.sub("", text[:LOOKED_AT]))
    found = TWO_THINGS.search(words)
    if found is None or BETWEEN_TWO.search(words):
        return None
    return found[0] if len(found[0]) <= 12 else "？"


def negations(text: str) -> list[str]:
    """The words that say no, in the order of the text."""
    return NEGATED.findall(NOT_NEGATED.sub("", ASIDE.sub("", text[:LOOKED_AT])))


def leading_words(text: str) -> str | None:
    """Words that give away which answer is expected."""
    found = LEADING.search(text[:LOOKED_AT])
    return found[0] if found else None


def is_chinese(text: str) -> bool:
    return HAN.search(text) is not None
