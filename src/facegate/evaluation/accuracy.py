"""Accuracy on pairs: the customary figure of LFW."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, slots=True)
class Accuracy:
    """Share of pairs judged right at one threshold.

    Attributes:
        accuracy: in [0, 1].
        threshold: similarities at or above it were taken for one person.
        pairs: judged.
    """

    accuracy: float
    threshold: float
    pairs: int


def best_accuracy(similarities: NDArray[np.floating], same: NDArray[np.bool_]) -> Accuracy:
    """Accuracy at the threshold that is best for these very pairs; flattering by the choice of one number.

    Args:
        similarities: float (n,).
        same: bool (n,), whether each pair shows one person.
    """
    order = np.argsort(-similarities, kind="stable")
    ranked, truth = similarities[order], same[order]
    # Accepting the k best pairs: same-person pairs among them and different-person pairs after them are right.
    right = np.concatenate([[0], np.cumsum(truth)]) + (~truth).sum() - np.concatenate([[0], np.cumsum(~truth)])
    cuts = np.concatenate([[True], ranked[1:] < ranked[:-1], [True]])  # equal scores cannot be separated
    best = int(np.argmax(np.where(cuts, right, -1)))
    threshold = float(ranked[best - 1]) if best else float("inf")
    return Accuracy(int(right[best]) / len(same), threshold, len(same))


def accuracy_at(similarities: NDArray[np.floating], same: NDArray[np.bool_], threshold: float) -> Accuracy:
    """Accuracy at a threshold chosen elsewhere."""
    return Accuracy(int(np.sum((similarities >= threshold) == same)) / len(same), threshold, len(same))
