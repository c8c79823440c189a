"""Bounds of error rates by resampling people.

Scores are not independent: one person with many photos, or one who looks like everybody, sits in many pairs. So people
are drawn with replacement, not pairs (Bolle, Ratha, Pankanti, "Error analysis of pattern recognition systems: the
subsets bootstrap", 2004). A draw gives person p the weight w(p), how often p was drawn. A same-person pair then counts
w(p) times and a different-person pair w(p) * w(q) times, since both sides vary (Owen, "The pigeonhole bootstrap",
2007). A person drawn twice is not paired with the own copy.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from facegate.evaluation.scores import Int64

CONFIDENCE = 0.95


@dataclass(frozen=True, eq=False, slots=True)
class Tail:
    """The highest different-person scores, best first, with whose they are.

    Attributes:
        steps: int64 (m,), scores in steps, falling.
        first: int64 (m,), person number on one side.
        second: int64 (m,), person number on the other.
    """

    steps: Int64
    first: Int64
    second: Int64


@dataclass(frozen=True, slots=True)
class Bounds:
    """An interval that holds the value with 95 % confidence."""

    low: float
    high: float


@dataclass(frozen=True, slots=True)
class PointBounds:
    """What is not known about one operating point.

    Attributes:
        threshold_steps: where the threshold of the target rate may lie, in steps.
        fmr: false match rate at the threshold.
        fnmr: false non-match rate at the threshold.
    """

    threshold_steps: Bounds
    fmr: Bounds
    fnmr: Bounds


def bound_points(
    points: list[tuple[float, int]],
    tail: Tail,
    photos_per_person: Int64,
    genuine_steps: Int64,
    genuine_people: Int64,
    *,
    replicates: int,
    seed: int,
) -> list[PointBounds]:
    """Bounds of operating points by the subject bootstrap.

    Args:
        points: (target false match rate, threshold in steps) each.
        tail: different-person scores, deep enough for three times the largest target rate.
        photos_per_person: int64 (people,).
        genuine_steps: int64 (g,), all same-person scores.
        genuine_people: int64 (g,), whose they are.
        replicates: draws.
        seed: of the draws; the same seed gives the same bounds.
    """
    random = np.random.default_rng(seed)
    people = len(photos_per_person)
    thresholds = np.array([step for _, step in points])
    rates = np.array([rate for rate, _ in points])
    ends = np.searchsorted(-tail.steps, -thresholds, side="right")  # tail scores at or above each threshold
    found = np.zeros((3, replicates, len(points)))
    for replicate in range(replicates):
        weight = np.bincount(random.integers(people, size=people), minlength=people)
        photos = weight * photos_per_person
        trials = max((int(photos.sum()) ** 2 - int((photos * photos).sum())) / 2, 1)
        reached = np.concatenate([[0], np.cumsum(weight[tail.first] * weight[tail.second])])
        last = np.searchsorted(reached, rates * trials, side="right") - 1  # most scores that keep the rate
        found[0, replicate] = tail.steps[np.minimum(last, len(tail.steps) - 1)] + 1
        found[1, replicate] = reached[ends] / trials
        genuine = weight[genuine_people]
        missed = genuine_steps[:, None] < thresholds[None, :]
        found[2, replicate] = (genuine @ missed) / max(int(genuine.sum()), 1)
    low, high = np.quantile(found, [(1 - CONFIDENCE) / 2, (1 + CONFIDENCE) / 2], axis=1)
    return [
        PointBounds(*(Bounds(float(low[kind, index]), float(high[kind, index])) for kind in range(3)))
        for index in range(len(points))
    ]


def tail_of(blocks: list[tuple[Int64, Int64, Int64]]) -> Tail:
    """Join (steps, first person, second person) blocks and put the best first."""
    steps, first, second = (np.concatenate(column) for column in zip(*blocks, strict=True))
    order: NDArray[np.intp] = np.argsort(-steps, kind="stable")
    return Tail(steps[order], first[order], second[order])
