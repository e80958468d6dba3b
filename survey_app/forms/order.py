"""The order in which the questions of a section are shown: the questionnaire's, or a drawn one where it is shuffled.

What belongs together stays together: the rows of a table, and a choice with its line for "other". A question never
comes before one that its rule looks at. A drawn order is kept nowhere but in the pages of whoever answers.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from random import Random

from instruments.model import Item, Section
from instruments.rules import parse, references

Block = tuple[Item, ...]


def blocks_of(section: Section, items: Iterable[Item]) -> tuple[Block, ...]:
    """Items of a section in the given order, parted into what belongs together."""
    blocks: list[Block] = []
    for item in items:
        if blocks and _belongs_to(item, blocks[-1][-1], section):
            blocks[-1] = (*blocks[-1], item)
        else:
            blocks.append((item,))
    return tuple(blocks)


def in_order_shown(section: Section, items: Iterable[Item], shown: Sequence[str], rng: Random) -> tuple[Item, ...]:
    """Items of a section (given as in the questionnaire) in the order of the page.

    `shown`: codes in the order in which they have been shown before; what is new gets a drawn place among them.
    """
    if not section.shuffled:
        return tuple(items)
    blocks = _drawn(blocks_of(section, items), shown, rng)
    return tuple(item for block in blocks for item in _within(block, shown, rng))


def _within(block: Block, shown: Sequence[str], rng: Random) -> Block:
    """The rows of a table are shuffled too; a line for "other" stays below its question."""
    if block[0].matrix is None:
        return block
    return tuple(item for (item,) in _drawn([(item,) for item in block], shown, rng))


def _belongs_to(item: Item, before: Item, section: Section) -> bool:
    is_line_for_other = item not in section.items
    return is_line_for_other or (item.matrix is not None and item.matrix == before.matrix)


def _drawn(blocks: Iterable[Block], shown: Sequence[str], rng: Random) -> list[Block]:
    """Blocks shown before in their order, the others anywhere among them."""
    order: list[Block] = []
    new: list[Block] = []
    for block in blocks:
        (order if any(item.code in shown for item in block) else new).append(block)
    order.sort(key=lambda block: min(shown.index(item.code) for item in block if item.code in shown))
    for block in new:
        order.insert(rng.randrange(len(order) + 1), block)
    return _after_what_they_look_at(order)


def _after_what_they_look_at(order: Sequence[Block]) -> list[Block]:
    """The same order but for blocks whose rules look at a later one: they wait for it."""
    waiting, placed = list(order), []
    while waiting:
        ready = next(block for block in waiting if not _looks_at(block, waiting))
        waiting.remove(ready)
        placed.append(ready)
    return placed


def _looks_at(block: Block, others: Iterable[Block]) -> bool:
    looked_at = {code for item in block if item.visible_if for code in references(parse(item.visible_if))}
    return any(item.code in looked_at for other in others if other != block for item in other)
