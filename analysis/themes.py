"""Themes of comments: the rules a committee writes, read from a text and written back. Counting is `comments`.

One theme per line: its title, a colon, what it is recognised by. Parts are set apart by semicolons, keywords by commas,
Chinese or not:

    活动经费: 经费, 报销, 补贴; 不含 党费
    场地设施: 活动室, 场地; 同时 陈旧

One of the first keywords is enough; all after 同时 (too) must occur, none after 不含 (without) may.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

ThemeReason = Literal[
    "no_colon", "no_title", "title_taken", "no_keywords", "unmarked_part", "part_twice", "required_and_excluded"
]

_ALL, _NONE = "同时", "不含"
_COLON = re.compile("[:：]")
_SEMICOLON = re.compile("[;；]")
_COMMA = re.compile("[,，、]")
_MARKED = re.compile(rf"({_ALL}|{_NONE})\s*[:：]?\s*(.*)")

DEFAULT_THEMES = """\
组织生活: 组织生活, 三会一课, 支部大会, 支委会, 党小组会, 党课, 主题党日, 民主生活会, 谈心谈话
学习培训: 学习, 培训, 轮训, 读书, 辅导, 讲座
党务公开: 公开, 公示, 通报, 透明, 知情; 不含 公开课
民主参与: 征求意见, 听取意见, 采纳, 民主, 评议, 投票, 提案; 不含 民主生活会
经费保障: 经费, 报销, 补贴, 预算, 资金
党费收缴: 党费
困难帮扶: 困难, 帮扶, 慰问, 关怀, 关心, 走访, 救助, 看望; 不含 不困难
场地设施: 场地, 活动室, 会议室, 阵地, 设施, 设备, 空调, 投影
发展党员: 发展党员, 入党, 积极分子, 预备党员, 发展对象, 转正
党员管理: 组织关系, 流动党员, 转接, 考勤, 请假, 示范岗
领导作风: 作风, 领导, 班子, 书记, 官僚, 带头, 联系群众
形式负担: 形式主义, 走过场, 走形式, 填表, 报表, 材料太多, 重复, 负担, 留痕, 台账
时间安排: 时间, 下班, 周末, 加班, 频繁, 太长, 拖堂, 提前通知
整改落实: 整改, 落实, 答复, 回应, 没有下文, 石沉大海
考核评优: 考核, 评优, 评先, 评比, 表彰, 奖励, 激励
志愿服务: 志愿, 服务群众, 双报到, 公益
业务融合: 业务, 融合, 两张皮, 中心工作
"""
"""What a committee starts from. A comment may belong to several themes."""


@dataclass(frozen=True, slots=True)
class ThemeRule:
    """What makes a comment belong to a theme.

    Raises: ValueError for a rule that its own line could not bring back: without a title or without any keyword to
    recognise it by, with a mark of the grammar where it would be read as one, or with a keyword twice.
    """

    title: str
    """As the committee wrote it; counts are kept by it."""
    any_of: tuple[str, ...] = ()
    all_of: tuple[str, ...] = ()
    none_of: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        line = dump_themes([self])
        if len(line.splitlines()) != 1 or _read(line) != ((self.title, self.any_of, self.all_of, self.none_of), []):
            raise ValueError(f"a theme cannot be written so: {line.strip()}")


@dataclass(frozen=True, slots=True)
class ThemeError:
    line: int
    """From 1."""
    reason: ThemeReason
    detail: str
    """What stands in the line that is wrong."""


class ThemesUnreadable(ValueError):  # noqa: N818 (what happened)
    """A text of themes has errors; ``errors`` are all of them, in the order of the lines."""

    def __init__(self, errors: Sequence[ThemeError]) -> None:
        super().__init__("; ".join(f"line {error.line}: {error.reason}" for error in errors))
        self.errors = tuple(errors)


_Fields = tuple[str, tuple[str, ...], tuple[str, ...], tuple[str, ...]]
_Errors = list[tuple[ThemeReason, str]]


def parse_themes(text: str) -> tuple[ThemeRule, ...]:
    """The themes of a text, empty lines passed over. Raises ThemesUnreadable with every error there is."""
    rules: list[ThemeRule] = []
    errors: list[ThemeError] = []
    titles: set[str] = set()
    for number, line in enumerate(text.splitlines(), start=1):
        if not line.strip():
            continue
        fields, wrong = _read(line)
        title = fields[0]
        if title and title in titles:
            wrong.append(("title_taken", title))
        titles.add(title)
        errors += [ThemeError(number, reason, detail) for reason, detail in wrong]
        if not errors:
            rules.append(ThemeRule(*fields))
    if errors:
        raise ThemesUnreadable(errors)
    return tuple(rules)


def dump_themes(rules: Sequence[ThemeRule]) -> str:
    """The text that `parse_themes` reads as these rules."""
    return "".join(f"{rule.title}: {'; '.join(_parts(rule))}\n" for rule in rules)


def _parts(rule: ThemeRule) -> list[str]:
    marked = (("", rule.any_of), (f"{_ALL} ", rule.all_of), (f"{_NONE} ", rule.none_of))
    return [mark + ", ".join(keywords) for mark, keywords in marked if keywords]


def _read(line: str) -> tuple[_Fields, _Errors]:
    """What a line says, and what is wrong with it."""
    before, *after = _COLON.split(line, maxsplit=1)
    if not after:
        return ("", (), (), ()), [("no_colon", _tidy(line))]
    title, (parts, errors) = _tidy(before), _read_parts(after[0])
    any_of, all_of, none_of = (parts.get(mark, ()) for mark in ("", _ALL, _NONE))
    if not title:
        errors.append(("no_title", _tidy(line)))
    if not any_of and not all_of and not errors:
        errors.append(("no_keywords", title))
    errors += [("required_and_excluded", keyword) for keyword in (*any_of, *all_of) if keyword in none_of]
    return (title, any_of, all_of, none_of), errors


def _read_parts(text: str) -> tuple[dict[str, tuple[str, ...]], _Errors]:
    parts: dict[str, tuple[str, ...]] = {}
    errors: _Errors = []
    for position, part in enumerate(map(_tidy, _SEMICOLON.split(text))):
        marked = _MARKED.fullmatch(part)
        mark, keywords = (marked[1], marked[2]) if marked else ("", part)
        if not part:
            continue
        if position and not marked:
            errors.append(("unmarked_part", part))
        elif mark in parts:
            errors.append(("part_twice", mark))
        else:
            tidied = (_tidy(keyword) for keyword in _COMMA.split(keywords))
            parts[mark] = tuple(dict.fromkeys(keyword for keyword in tidied if keyword))
    return parts, errors


def _tidy(text: str) -> str:
    return " ".join(text.split())
