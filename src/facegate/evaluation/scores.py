"""Scores of all pairs of a data set, kept as counts so that memory does not grow with the number of pairs."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from facegate.types import Float32

# Thresholds are multiples of one over this: five decimals, finer than what photos of one person vary by.
STEPS_PER_UNIT = 100_000
_LOWEST = -STEPS_PER_UNIT
_BINS = 2 * STEPS_PER_UNIT + 1
_BLOCK = 512

Int64 = NDArray[np.int64]
Int32 = NDArray[np.int32]


def to_steps(similarities: NDArray[np.floating]) -> Int64:
    """The largest threshold (in steps) each similarity in [-1, 1] still reaches."""
    steps = np.floor(similarities.astype(np.float64) * STEPS_PER_UNIT).astype(np.int64)
    return np.clip(steps, _LOWEST, STEPS_PER_UNIT)


class PairBlock(NamedTuple):
    """Scores of some pairs.

    Attributes:
        steps: int64 (m,), see :func:`to_steps`.
        first: int64 (m,), index of one photo.
        second: int64 (m,), index of the other.
    """

    steps: Int64
    first: Int64
    second: Int64


def different_person_pairs(vectors: Float32, people: Int64) -> Iterator[PairBlock]:
    """Every pair of photos of different people once, in blocks.

    Args:
        vectors: float32 (n, d), unit length.
        people: int64 (n,), person number of each photo.
    """
    for start in range(0, len(vectors), _BLOCK):
        rows = np.arange(start, min(start + _BLOCK, len(vectors)))
        columns = np.arange(start, len(vectors))
        scores = vectors[rows] @ vectors[columns].T
        wanted = (columns[None, :] > rows[:, None]) & (people[rows][:, None] != people[columns][None, :])
        row, column = np.nonzero(wanted)
        yield PairBlock(to_steps(scores[row, column]), rows[row], columns[column])


def same_person_pairs(vectors: Float32, people: Int64) -> PairBlock:
    """Every pair of photos of one person once."""
    order = np.argsort(people, kind="stable")
    groups = np.split(order, np.flatnonzero(np.diff(people[order])) + 1)
    pairs = [np.stack(np.triu_indices(len(group), 1)) for group in groups]
    first = np.concatenate([group[pair[0]] for group, pair in zip(groups, pairs, strict=True)])
    second = np.concatenate([group[pair[1]] for group, pair in zip(groups, pairs, strict=True)])
    scores = np.einsum("nd,nd->n", vectors[first], vectors[second])
    return PairBlock(to_steps(scores), first, second)


@dataclass(frozen=True, eq=False, slots=True)
class ScoreCounts:
    """How many scores reached each threshold.

    Attributes:
        reached: int64 (bins + 1,), scores at or above the k-th threshold, the last entry 0.
    """

    reached: Int64

    @classmethod
    def of(cls, steps: Iterator[Int64]) -> "ScoreCounts":
        """Count blocks of steps."""
        counts = np.zeros(_BINS, np.int64)
        for block in steps:
            counts += np.bincount(block - _LOWEST, minlength=_BINS)
        return cls(np.append(np.cumsum(counts[::-1])[::-1], 0))

    @property
    def trials(self) -> int:
        """Scores counted."""
        return int(self.reached[0])

    @property
    def lowest_step(self) -> int:
        """The highest threshold, in steps, that every score reaches."""
        return int(np.searchsorted(-self.reached, -self.trials, side="right")) - 1 + _LOWEST

    def rate(self, step: int) -> float:
        """Share of scores at or above a threshold in steps."""
        return int(self.reached[step - _LOWEST]) / self.trials

    def step_for(self, rate: float) -> int:
        """The lowest threshold, in steps, that at most this share of the scores reaches."""
        return int(np.searchsorted(-self.reached, -rate * self.trials, side="left")) + _LOWEST
