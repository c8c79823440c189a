"""Box arithmetic of the cascade: pure functions on float32 (n, 4) xyxy arrays."""

from typing import Literal

import numpy as np
from numpy.typing import NDArray

from facegate.types import Float32

Bools = NDArray[np.bool_]
Overlap = Literal["union", "smaller"]

# Judged together at most so many boxes, which bounds the memory of a crowd's overlap matrix.
_BLOCK = 512


def squares(boxes: Float32) -> Float32:
    """Squares around the same centres, with the longer side."""
    sizes = boxes[:, 2:] - boxes[:, :2]
    half = sizes.max(axis=1, keepdims=True) / 2
    centres = boxes[:, :2] + sizes / 2
    return np.concatenate([centres - half, centres + half], axis=1, dtype=np.float32)


def shifted(boxes: Float32, offsets: Float32) -> Float32:
    """Boxes moved by a network's offsets, float32 (n, 4) in units of the sides.

    The sides count their last pixel (+ 1), as in the MTCNN package.
    """
    sides = boxes[:, 2:] - boxes[:, :2] + 1
    return np.add(boxes, offsets * np.concatenate([sides, sides], axis=1), dtype=np.float32)


def areas(boxes: Float32) -> Float32:
    """float32 (n,), square pixels."""
    sides = boxes[:, 2:] - boxes[:, :2]
    return sides.prod(axis=1, dtype=np.float32)


def unsuppressed(boxes: Float32, threshold: float, overlap: Overlap = "union") -> Bools:
    """Which boxes survive non-maximum suppression.

    A box falls when any box before it overlaps it by more than `threshold`, whether that one falls itself or not: the
    rule of the MTCNN package, harsher than the usual one.

    Args:
        boxes: float32 (n, 4), best first.
        threshold: in [0, 1].
        overlap: the intersection is taken over the union, or over the smaller of the two boxes.

    Returns:
        bool (n,).
    """
    n = len(boxes)
    kept = np.ones(n, np.bool_)
    area = areas(boxes)
    x1, y1, x2, y2 = boxes.T
    for start in range(0, n, _BLOCK):
        end = min(start + _BLOCK, n)
        mine = slice(start, end)
        width = np.minimum(x2[mine, None], x2[None, :end]) - np.maximum(x1[mine, None], x1[None, :end])
        height = np.minimum(y2[mine, None], y2[None, :end]) - np.maximum(y1[mine, None], y1[None, :end])
        shared = np.maximum(width, 0) * np.maximum(height, 0)
        if overlap == "union":
            whole = area[mine, None] + area[None, :end] - shared
        else:
            whole = np.minimum(area[mine, None], area[None, :end])
        clash = shared > threshold * whole
        kept[mine] = ~_before(clash, start).any(axis=1)
    return kept


def best_first(scores: Float32) -> NDArray[np.intp]:
    """Order of falling score, ties in their first order."""
    return np.argsort(-scores, kind="stable")


def _before(clash: Bools, start: int) -> Bools:
    """The part of a block's matrix (rows from `start` on) that concerns better boxes."""
    return np.tril(clash, k=start - 1)
