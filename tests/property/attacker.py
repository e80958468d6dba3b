"""An attacker who reads all that is published of a survey as one linear program over who may have answered what.

Unknown are whole numbers: how many people of each cell (a reporting unit, or an option within one) belong to each
answer class. Known is, besides every published figure, how many people each cell has. A hidden group is safe if what
follows about it is no more than what is known of some larger group as a whole says of it.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import chain, combinations

import numpy as np
from scipy.optimize import Bounds, LinearConstraint, milp

Cell = Hashable
Class = Hashable
Part = frozenset[tuple[Cell, Class]]


@dataclass(frozen=True)
class Known:
    """A published statement: people, cell and class with their weight, add up to something from ``low`` to ``high``."""

    weights: Mapping[tuple[Cell, Class], float]
    low: float
    high: float


@dataclass
class Attacker:
    """``sizes``: people of each cell."""

    sizes: Mapping[Cell, int]
    classes: Sequence[Class]
    known: list[Known] = field(default_factory=list)

    def learns(self, cells: Iterable[Cell], classes: Iterable[Class], low: float, high: float | None = None) -> None:
        """So many people of these cells belong to these classes."""
        chosen = list(classes)
        weights = {(cell, kind): 1.0 for cell in cells for kind in chosen}
        self.known.append(Known(weights, low, low if high is None else high))

    def bounds(self, cells: Iterable[Cell], classes: Iterable[Class]) -> tuple[int, int]:
        """Least and most people of the cells in the classes that agree with everything known."""
        target = self._row({(cell, kind): 1.0 for cell in cells for kind in classes})
        rows = [self._row(found.weights) for found in self.known]
        low, high = [found.low for found in self.known], [found.high for found in self.known]
        for cell, size in self.sizes.items():
            rows.append(self._row({(cell, kind): 1.0 for kind in self.classes}))
            low.append(size)
            high.append(size)
        ends = []
        for sign in (1, -1):
            found = milp(
                sign * target,
                constraints=LinearConstraint(np.array(rows), np.array(low) - 1e-9, np.array(high) + 1e-9),
                bounds=Bounds(0, [size for size in self.sizes.values() for _ in self.classes]),
                integrality=np.ones(target.size),
            )
            assert found.x is not None, "what is published contradicts itself"
            ends.append(round(sign * found.fun))
        return ends[0], ends[1]

    def derivable(self, classes: Iterable[Class]) -> set[frozenset[Cell]]:
        """Sets of cells of which it follows exactly how many people belong to the classes."""
        chosen = frozenset(classes)
        exact = [self._row(found.weights) for found in self.known if found.low == found.high]
        exact += [self._row({(cell, kind): 1.0 for kind in self.classes}) for cell in self.sizes]
        rank = np.linalg.matrix_rank(np.array(exact))
        cells = list(self.sizes)
        some = chain.from_iterable(combinations(cells, count) for count in range(1, len(cells) + 1))
        rows = {frozenset(group): self._row({(cell, kind): 1.0 for cell in group for kind in chosen}) for group in some}
        return {group for group, row in rows.items() if np.linalg.matrix_rank(np.vstack([*exact, row])) == rank}

    def complaints(self, hidden: frozenset[Cell], classes: Sequence[Class], threshold: int) -> list[str]:
        """What is known of a hidden group beyond what is known, as a whole, of larger groups that figures are about."""
        people, said = self._people(hidden), []
        derivable = {cells for cells in self.derivable(classes) if cells >= hidden}
        for cells in derivable:
            size = self._people(cells)
            if size < threshold or size - people < 2:
                said.append(f"{sorted(map(str, hidden))}: {size} people around {people} are known")
        told = {frozenset(kind for _, kind in found.weights) for found in self.known}
        around = set().union(derivable, *(self.derivable(kinds) for kinds in told))
        around |= {frozenset(cell for cell, _ in found.weights) for found in self.known}
        lowest, highest = 0, people
        for cells in (cells for cells in around if cells > hidden):
            low, high = self.bounds(cells, classes)
            lowest, highest = max(lowest, low - (self._people(cells) - people)), min(highest, high)
        least, most = self.bounds(hidden, classes)
        if least > lowest or most < highest:
            said.append(f"{sorted(map(str, hidden))}: {least} to {most} instead of {lowest} to {highest}")
        return said

    def _people(self, cells: Iterable[Cell]) -> int:
        return sum(self.sizes[cell] for cell in cells)

    def _row(self, weights: Mapping[tuple[Cell, Class], float]) -> np.ndarray:
        return np.array([weights.get((cell, kind), 0.0) for cell in self.sizes for kind in self.classes])
