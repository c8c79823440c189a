"""Exact search over fused templates, all in one matrix."""

from dataclasses import dataclass
from functools import cached_property
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from facegate.errors import ModelMismatch
from facegate.types import Candidate, Float32, PersonRef


@dataclass(frozen=True, eq=False)
class TemplateIndex:
    """An immutable set of templates; a change makes a new one, so searches never wait for it.

    Attributes:
        people: whose template each row is.
        matrix: float32 (n, d), unit rows.
        agreements: float32 (n,), what :class:`facegate.types.Template` calls agreement.
    """

    people: tuple[PersonRef, ...]
    matrix: Float32
    agreements: Float32

    @classmethod
    def empty(cls, dimension: int) -> "TemplateIndex":
        """Nobody."""
        return cls((), np.zeros((0, dimension), np.float32), np.zeros(0, np.float32))

    def __len__(self) -> int:
        return len(self.people)

    @cached_property
    def rows(self) -> dict[str, int]:
        """Person id to row."""
        return {person.id: row for row, person in enumerate(self.people)}

    def search(self, vectors: Float32, k: int, *, fusion_exponent: float = 0.0) -> list[list[Candidate]]:
        """The `k` most similar people for each probe, best first.

        Ranked by cosine times agreement to the power of `fusion_exponent`: the number that decisions compare. By raw
        cosine the well-fused would crowd a person with one picture out of the best `k`.

        Args:
            vectors: float32 (m, d), unit rows.
            k: at least 1; fewer are answered when there are fewer people.
            fusion_exponent: of the calibration table that will judge the candidates; 0 ranks by cosine alone.

        Returns:
            m lists of candidates; similarity is the cosine, in [-1, 1], not yet corrected for agreement.

        Raises:
            ModelMismatch: d is not the templates'.
            ValueError: not a matrix of finite numbers, or k below 1.
        """
        if k < 1:
            raise ValueError(f"k: expected at least 1, got {k}")
        if vectors.ndim != 2:
            raise ValueError(f"vectors: expected two dimensions, got {vectors.shape}")
        if vectors.shape[1] != self.matrix.shape[1]:
            raise ModelMismatch(
                f"The gallery holds templates of {self.matrix.shape[1]} numbers, these faces have "
                f"{vectors.shape[1]}; they cannot be compared. Use the engine the gallery was made with."
            )
        if not np.isfinite(vectors).all():
            raise ValueError("vectors: not all numbers are finite")
        k = min(k, len(self))
        if k == 0 or len(vectors) == 0:
            return [[] for _ in vectors]
        similarities = np.clip(vectors.astype(np.float32, copy=False) @ self.matrix.T, -1.0, 1.0)
        ranked = similarities * self.agreements ** np.float32(fusion_exponent)
        if k < len(self):
            best: NDArray[np.intp] = np.argpartition(ranked, len(self) - k, axis=1)[:, -k:]
        else:
            best = np.tile(np.arange(k), (len(vectors), 1))
        scores = np.take_along_axis(similarities, best, axis=1)
        order = np.lexsort((best, -np.take_along_axis(ranked, best, axis=1)), axis=1)
        best = np.take_along_axis(best, order, axis=1)
        scores = np.take_along_axis(scores, order, axis=1)
        return [
            [
                Candidate(self.people[int(row)], float(score), float(self.agreements[row]))
                for row, score in zip(*pair, strict=True)
            ]
            for pair in zip(best, scores, strict=True)
        ]


class Searchable(Protocol):
    """People who can be searched: the gallery, or any other set of templates."""

    def index(self) -> TemplateIndex:
        """Their templates as they are now; another object exactly when they changed."""
        ...
