"""Decisions: one face against one (1:1) and one face against a gallery (1:N)."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from facegate.matching.table import CalibrationTable
from facegate.types import Candidate, Match

# However small the gallery, a name needs at least the rate of a 1:1 verification (design, section 5).
LARGEST_COMPARISON_FMR = 1e-3
SHOWN_CANDIDATES = 5
_SLACK = 1e-9


@dataclass(frozen=True, slots=True)
class Verification:
    """Whether two faces are taken for one person.

    Attributes:
        matched: similarity at or above threshold.
        similarity: that was compared.
        threshold: it was compared with.
        target_fmr: the rate the threshold stands for.
        fmr: calibrated rate at `similarity`, never below what the table supports.
    """

    matched: bool
    similarity: float
    threshold: float
    target_fmr: float
    fmr: float


def verify(similarity: float, table: CalibrationTable, *, target_fmr: float) -> Verification:
    """Decide 1:1.

    Raises:
        CalibrationMissing: the table does not reach `target_fmr`.
    """
    threshold = table.threshold_at(target_fmr)
    return Verification(similarity >= threshold, similarity, threshold, target_fmr, table.fmr_at(similarity))


def fpir(fmr: float, gallery_size: int) -> float:
    """Rate at which a stranger matches someone in a gallery: 1 - (1 - fmr)^N, comparisons taken as independent."""
    if fmr >= 1:
        return 1.0 if gallery_size else 0.0
    return -math.expm1(gallery_size * math.log1p(-fmr))


def comparison_fmr(target_fpir: float, gallery_size: int) -> float:
    """The per-comparison rate that keeps a gallery of this size (at least 1) at the target, at most 1e-3."""
    return min(LARGEST_COMPARISON_FMR, target_fpir / gallery_size)


def largest_gallery(table: CalibrationTable, target_fpir: float) -> int:
    """How many people a gallery may hold before the table can no longer give the target."""
    if comparison_fmr(target_fpir, 1) < table.smallest_fmr * (1 - _SLACK):
        return 0
    return math.floor(target_fpir / table.smallest_fmr * (1 + _SLACK))


def identify(
    candidates: Sequence[Candidate], table: CalibrationTable, *, target_fpir: float, gallery_size: int
) -> Match:
    """Decide 1:N: a name, or unknown with the reason.

    Args:
        candidates: from a gallery search, one per person, in any order.
        table: of the recipe that made both sides.
        target_fpir: how often a stranger may be named.
        gallery_size: people searched, at least the number of candidates.

    Returns:
        A match whose status is matched or unknown; unknown is a result, never an error. Its similarities are
        comparable ones: cosines corrected for what fusing did to each template.

    Raises:
        ValueError: more candidates than people.
    """
    if len(candidates) > gallery_size:
        raise ValueError(f"identify: {len(candidates)} candidates from a gallery of {gallery_size}")
    if not candidates:
        return Match("unknown", reason="empty_gallery")

    ranked = _ranked(candidates, table)
    best = ranked[0]
    rate = comparison_fmr(target_fpir, gallery_size)
    beyond_table = rate < table.smallest_fmr * (1 - _SLACK)
    threshold = table.threshold_at(table.smallest_fmr if beyond_table else rate)
    margin = best.similarity - ranked[1].similarity if len(ranked) > 1 else None
    if beyond_table:
        reason = "gallery_too_large_for_target"
    elif best.similarity < threshold:
        reason = "below_threshold"
    elif margin is not None and margin < table.margin:
        reason = "ambiguous"
    else:
        reason = None
    fmr = table.fmr_at(best.similarity)
    return Match(
        status="unknown" if reason else "matched",
        person=None if reason else best.person,
        similarity=best.similarity,
        threshold=threshold,
        fmr=fmr,
        fpir=fpir(fmr, gallery_size),
        margin=margin,
        reason=reason,
        candidates=tuple(ranked[:SHOWN_CANDIDATES]),
    )


def _ranked(candidates: Sequence[Candidate], table: CalibrationTable) -> list[Candidate]:
    comparable = [Candidate(c.person, table.comparable(c.similarity, c.agreement)) for c in candidates]
    return sorted(comparable, key=lambda candidate: -candidate.similarity)
