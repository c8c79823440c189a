"""Open-set 1:N searches replayed on a data set: how often a stranger is named, how often a known person is not."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from facegate.evaluation.fusion import draw_templates
from facegate.evaluation.scores import Int64
from facegate.types import Float32

MARGINS = (0.0, 0.0025, 0.005, 0.0075, 0.01, 0.015, 0.02, 0.03)
SIZES = (50, 200, 1000)
PHOTOS = (1, 3, 5)
GALLERY_FPIR = 1e-2
DRAWS = 10
# A margin may cost this share of the known people, in the worst gallery measured.
MARGIN_COST = 0.005


@dataclass(frozen=True, eq=False, slots=True)
class GalleryRates:
    """Rates of 1:N searches at one gallery size, by required margin.

    Attributes:
        size: people enrolled in each draw.
        photos: fused per template.
        draws: random galleries.
        strangers: searches of people who are not enrolled, over all draws.
        known: searches of enrolled people with another photo, over all draws.
        threshold: a name needed at least this score.
        margins: float64 (m,), and at least this lead before the second.
        fpir: float64 (m,), share of strangers who were named.
        fnir: float64 (m,), share of known people who were not named as themselves.
        misnamed: float64 (m,), share of known people who were named as somebody else.
    """

    size: int
    photos: int
    draws: int
    strangers: int
    known: int
    threshold: float
    margins: NDArray[np.float64]
    fpir: NDArray[np.float64]
    fnir: NDArray[np.float64]
    misnamed: NDArray[np.float64]


def search_galleries(
    vectors: Float32,
    people: Int64,
    *,
    size: int,
    photos: int,
    threshold: float,
    exponent: float,
    margins: Sequence[float] = MARGINS,
    draws: int = DRAWS,
    seed: int,
) -> GalleryRates | None:
    """Enrol `size` random people, search everybody's other photos, and count.

    Args:
        vectors: float32 (n, d), unit length.
        people: int64 (n,), person number of each photo.
        size: people to enrol, at least 2.
        photos: fused per template.
        threshold: score needed for a name.
        exponent: of the fusion correction, see :mod:`facegate.evaluation.fusion`.
        margins: to count at.
        draws: random galleries.
        seed: of the draws.

    Returns:
        None when fewer than `size` people have more than `photos` photos, or nobody would be left a stranger.
    """
    eligible = np.flatnonzero(np.bincount(people) > photos)
    if len(eligible) < size or people.max() < size:
        return None
    random = np.random.default_rng(seed)
    wanted = np.asarray(margins, np.float64)
    named = np.zeros((3, len(wanted)))
    strangers = known = 0
    for _ in range(draws):
        enrolled = random.choice(eligible, size, replace=False)
        templates = draw_templates(vectors, people, enrolled, photos, random)
        probes = people[templates.probes]
        scores = (vectors[templates.probes] @ templates.vectors.T) * templates.agreement ** np.float32(exponent)
        best = scores.argmax(axis=1)
        second, first = np.partition(scores, size - 2, axis=1)[:, -2:].T
        clear = (first >= threshold)[:, None] & ((first - second)[:, None] >= wanted)
        is_known = np.isin(probes, enrolled)
        right = templates.people[best] == probes
        named += [
            clear[~is_known].sum(axis=0),
            clear[is_known & right].sum(axis=0),
            clear[is_known & ~right].sum(axis=0),
        ]
        strangers += int((~is_known).sum())
        known += int(is_known.sum())
    return GalleryRates(
        size, photos, draws, strangers, known, threshold, wanted,
        fpir=named[0] / strangers, fnir=1 - named[1] / known, misnamed=named[2] / known,
    )  # fmt: skip


def measure_galleries(
    vectors: Float32, people: Int64, *, threshold: Callable[[int], float], exponent: float, seed: int
) -> list[GalleryRates]:
    """:func:`search_galleries` for each size and number of photos the data set has people enough for."""
    measured = [
        search_galleries(
            vectors, people, size=size, photos=photos, threshold=threshold(size), exponent=exponent, seed=seed
        )
        for photos in PHOTOS
        for size in SIZES
    ]
    return [rates for rates in measured if rates is not None]


def fit_margin(measured: Sequence[GalleryRates]) -> float:
    """The largest margin that costs at most :data:`MARGIN_COST` of the known people in every measured gallery."""
    cost = np.max([rates.fnir - rates.fnir[0] for rates in measured], axis=0)
    return float(max(margin for margin, lost in zip(MARGINS, cost, strict=True) if lost <= MARGIN_COST))
