"""What fusing photos into one template does to the scores.

A template is the normalised mean of k embeddings. Averaging removes what is particular to each photo, so a template
lies nearer to everybody: its cosine with strangers rises too, and a threshold measured photo against photo would let
more strangers pass. How much is gone shows in the length of the mean before it is normalised, its *agreement* (1 for
one photo or equal ones, less the more the photos differ). Scores are made comparable with photo against photo by
multiplying the cosine by agreement^e; the exponent e is chosen here by measurement.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from facegate.evaluation.scores import Int64
from facegate.types import Float32

EXPONENTS = tuple(round(0.05 * i, 2) for i in range(21))
PHOTOS_PER_TEMPLATE = (2, 3, 5)
DRAWS = 8
# The exponent is fitted where decisions are taken: verification, and galleries of tens to hundreds.
FITTED_RATES = (1e-3, 1e-4)
# With one e for all, e = 1 is the mean of the single cosines: never above photo against photo in the tail.
SAFEST_EXPONENT = 1.0
_FEWEST_PEOPLE = 50


class Templates(NamedTuple):
    """Fused templates and what is left to probe them with.

    Attributes:
        vectors: float32 (t, d), unit length.
        agreement: float32 (t,), length of each mean before it was normalised, in (0, 1].
        people: int64 (t,), whose template it is.
        probes: int64 (m,), photos that are in no template.
    """

    vectors: Float32
    agreement: Float32
    people: Int64
    probes: Int64


def draw_templates(
    vectors: Float32, people: Int64, enrolled: Int64, photos: int, random: np.random.Generator
) -> Templates:
    """Fuse `photos` random photos of each enrolled person; every other photo becomes a probe."""
    used = np.zeros(len(people), bool)
    means: list[NDArray[np.float64]] = []
    for person in enrolled:
        chosen = random.permutation(np.flatnonzero(people == person))[:photos]
        used[chosen] = True
        means.append(vectors[chosen].astype(np.float64).mean(axis=0))
    mean = np.stack(means)
    agreement = np.linalg.norm(mean, axis=1)
    unit = (mean / agreement[:, None]).astype(np.float32)
    return Templates(unit, agreement.astype(np.float32), enrolled, np.flatnonzero(~used))


@dataclass(frozen=True, eq=False, slots=True)
class FusedRates:
    """Error rates of photo against template at given thresholds.

    Attributes:
        photos: per template.
        people: with a template.
        impostors: different-person comparisons, over all draws.
        genuine: same-person comparisons, over all draws.
        agreement: mean over templates.
        fmr: float64 (exponents, thresholds).
        fnmr: float64 (exponents, thresholds).
    """

    photos: int
    people: int
    impostors: int
    genuine: int
    agreement: float
    fmr: NDArray[np.float64]
    fnmr: NDArray[np.float64]


def measure_fusion(
    vectors: Float32, people: Int64, *, photos: int, thresholds: Sequence[float], seed: int
) -> FusedRates | None:
    """Compare every left-over photo with the templates of everybody who has more than `photos` photos.

    Args:
        vectors: float32 (n, d), unit length.
        people: int64 (n,), person number of each photo.
        photos: fused per template.
        thresholds: to count at.
        seed: of the draws which photos are fused.

    Returns:
        None when fewer than 50 people have enough photos.
    """
    enrolled = np.flatnonzero(np.bincount(people) > photos)
    if len(enrolled) < _FEWEST_PEOPLE:
        return None
    random = np.random.default_rng(seed)
    passed = np.zeros((2, len(EXPONENTS), len(thresholds)))
    trials = np.zeros(2, np.int64)
    agreements: list[float] = []
    for _ in range(DRAWS):
        templates = draw_templates(vectors, people, enrolled, photos, random)
        agreements.append(float(templates.agreement.mean()))
        cosine = vectors[templates.probes] @ templates.vectors.T
        same = people[templates.probes][:, None] == templates.people[None, :]
        for kind, wanted in enumerate((~same, same)):
            trials[kind] += int(wanted.sum())
            # A factor of at most 1 lifts nothing over a threshold, so only these can pass.
            row, column = np.nonzero(wanted & (cosine >= min(thresholds)))
            for index, exponent in enumerate(EXPONENTS):
                score = cosine[row, column] * templates.agreement[column] ** np.float32(exponent)
                passed[kind, index] += [int(np.sum(score >= threshold)) for threshold in thresholds]
    return FusedRates(
        photos=photos,
        people=len(enrolled),
        impostors=int(trials[0]),
        genuine=int(trials[1]),
        agreement=float(np.mean(agreements)),
        fmr=passed[0] / trials[0],
        fnmr=1 - passed[1] / trials[1],
    )


def fit_exponent(measured: Sequence[FusedRates], targets: Sequence[float]) -> float:
    """The smallest exponent that keeps the fused false match rate at its targets, on geometric average.

    Args:
        measured: for several numbers of photos, at the thresholds of `targets`.
        targets: rates the thresholds stand for photo against photo.

    Returns:
        1, the safest, when nothing was measured.
    """
    if not measured:
        return SAFEST_EXPONENT
    for index, exponent in enumerate(EXPONENTS):
        ratios = np.stack([rates.fmr[index] for rates in measured]) / np.asarray(targets)
        if np.log(np.maximum(ratios, 1e-3)).mean() <= 0:
            return exponent
    return SAFEST_EXPONENT
