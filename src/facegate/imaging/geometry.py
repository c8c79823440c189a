"""Boxes, similarity transforms and warps. Pure functions; coordinates are xy in pixels, pixel centres at integers."""

import math
from typing import TypedDict, cast

import numpy as np
from numpy.typing import ArrayLike, NDArray

from facegate.imaging.opencv import cv2
from facegate.types import Float32, Frame, UInt8

Float64 = NDArray[np.float64]


class PixelBox(TypedDict):
    """A box in source pixels."""

    x: float
    y: float
    width: float
    height: float


class NormalizedBox(TypedDict):
    """A box as fractions of the picture's width and height."""

    left: float
    top: float
    width: float
    height: float


class BoxJson(TypedDict):
    """A box as the public JSON shows it, both ways."""

    pixels: PixelBox
    normalized: NormalizedBox


def iou_matrix(a: ArrayLike, b: ArrayLike) -> Float32:
    """Intersection over union of every box of `a` with every box of `b`.

    Args:
        a: (n, 4) xyxy.
        b: (m, 4) xyxy.

    Returns:
        float32 (n, m) in [0, 1]; 0 where both boxes have no area.
    """
    first = np.asarray(a, np.float32).reshape(-1, 1, 4)
    second = np.asarray(b, np.float32).reshape(1, -1, 4)
    low = np.maximum(first[..., :2], second[..., :2])
    high = np.minimum(first[..., 2:], second[..., 2:])
    sides = np.maximum(high - low, 0)
    intersection = sides[..., 0] * sides[..., 1]
    union = _area(first) + _area(second) - intersection
    result = np.divide(intersection, union, out=np.zeros_like(intersection), where=union > 0)
    return np.minimum(result, 1, out=result)


def _area(boxes: Float32) -> Float32:
    sides = np.maximum(boxes[..., 2:] - boxes[..., :2], 0)
    return sides[..., 0] * sides[..., 1]


def similarity_transform(source: ArrayLike, target: ArrayLike) -> Float64:
    """The rotation, uniform scale and shift (no reflection) that brings `source` closest to `target`.

    Least squares over all points (Umeyama, PAMI 1991, for two dimensions, where a similarity is one complex factor
    and one complex offset, so the problem is linear).

    Args:
        source: (k, 2) xy, k at least 2, not all equal.
        target: (k, 2) xy.

    Returns:
        float64 (2, 3): `target ~ source @ M[:, :2].T + M[:, 2]`.

    Raises:
        ValueError: wrong shapes, or all source points coincide.
    """
    points = np.asarray(source, np.float64)
    return similarity_transforms(points[None], np.asarray(target, np.float64)[None])[0]


def similarity_transforms(source: ArrayLike, target: ArrayLike) -> Float64:
    """:func:`similarity_transform` for many point sets at once.

    Args:
        source: (n, k, 2) xy.
        target: (n, k, 2) xy, or (k, 2) for one target shared by all.

    Returns:
        float64 (n, 2, 3).

    Raises:
        ValueError: wrong shapes, or all points of a source set coincide.
    """
    points = np.asarray(source, np.float64)
    wanted = np.asarray(target, np.float64)
    if points.ndim != 3 or points.shape[1] < 2 or points.shape[2] != 2 or wanted.shape[-2:] != points.shape[1:]:
        raise ValueError(f"similarity_transforms: expected (n, k, 2) twice, got {points.shape} and {wanted.shape}")
    wanted = np.broadcast_to(wanted, points.shape)
    from_centre, to_centre = points.mean(axis=1), wanted.mean(axis=1)
    p = points - from_centre[:, None]
    q = wanted - to_centre[:, None]
    spread = (p * p).sum(axis=(1, 2))
    if len(spread) and spread.min() <= 1e-18 * max(1.0, float(np.abs(points).max()) ** 2):
        raise ValueError("similarity_transforms: all source points of a set coincide")
    cosine = (p * q).sum(axis=(1, 2)) / spread
    sine = (p[..., 0] * q[..., 1] - p[..., 1] * q[..., 0]).sum(axis=1) / spread
    linear = np.stack([np.stack([cosine, -sine], -1), np.stack([sine, cosine], -1)], 1)
    offset = to_centre - np.einsum("nij,nj->ni", linear, from_centre)
    return np.concatenate([linear, offset[..., None]], axis=2)


def warp(frame: Frame, matrix: ArrayLike, size_px: int) -> UInt8:
    """Cut a square chip: sample `frame` where `matrix` maps it onto the chip.

    Bilinear. Where the chip is less than half the size of what it shows, the region is first averaged down by a whole
    factor, so that fine texture does not turn into false texture. Outside the frame is black.

    Args:
        frame: the picture.
        matrix: (2, 3), from frame pixels to chip pixels, as :func:`similarity_transform` gives it.
        size_px: side of the chip.

    Returns:
        uint8 (size_px, size_px, 3) RGB.
    """
    forward = np.asarray(matrix, np.float64)
    pixels = frame.pixels
    scale = math.sqrt(abs(float(np.linalg.det(forward[:, :2]))))
    factor = int(1 / scale) if scale > 0 else 1
    if factor >= 2:
        pixels, forward = _averaged(pixels, forward, size_px, factor)
    chip = cv2.warpAffine(pixels, forward, (size_px, size_px), flags=cv2.INTER_LINEAR)
    return cast("UInt8", chip)


def _averaged(pixels: UInt8, forward: Float64, size_px: int, factor: int) -> tuple[UInt8, Float64]:
    """The region the chip shows, averaged over `factor` x `factor` blocks, and the matrix that goes with it."""
    height, width = pixels.shape[:2]
    inverse = np.linalg.inv(forward[:, :2])
    corners = np.array([[-1, -1], [size_px, -1], [-1, size_px], [size_px, size_px]], np.float64)
    region = (corners - forward[:, 2]) @ inverse.T
    low = np.floor(region.min(axis=0)).astype(int) - factor
    high = np.ceil(region.max(axis=0)).astype(int) + factor + 1
    left, top = max(0, int(low[0])), max(0, int(low[1]))
    right, bottom = min(width, int(high[0])), min(height, int(high[1]))
    columns, rows = (right - left) // factor, (bottom - top) // factor
    if columns < 1 or rows < 1:
        return pixels, forward
    block = pixels[top : top + rows * factor, left : left + columns * factor]
    small = cast("UInt8", cv2.resize(block, (columns, rows), interpolation=cv2.INTER_AREA))
    # Pixel x of the small picture has its centre at left + factor * x + (factor - 1) / 2 of the large one.
    shift = np.array([left, top], np.float64) + (factor - 1) / 2
    offset = forward[:, :2] @ shift + forward[:, 2]
    return small, np.concatenate([forward[:, :2] * factor, offset[:, None]], axis=1)


def box_json(box: ArrayLike, width: int, height: int) -> BoxJson:
    """A box as the public JSON shows it.

    Args:
        box: (4,) xyxy, source pixels; may reach past the edges.
        width: of the picture, px.
        height: of the picture, px.

    Returns:
        `pixels` rounded to 0.01 px and `normalized` to 1e-6.
    """
    left, top, right, bottom = (float(v) for v in np.asarray(box, np.float64).reshape(4))
    return {
        "pixels": {
            "x": round(left, 2),
            "y": round(top, 2),
            "width": round(right - left, 2),
            "height": round(bottom - top, 2),
        },
        "normalized": {
            "left": round(left / width, 6),
            "top": round(top / height, 6),
            "width": round((right - left) / width, 6),
            "height": round((bottom - top) / height, 6),
        },
    }
