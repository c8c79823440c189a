"""One picture at many sizes."""

from collections.abc import Iterator
from typing import TypeVar, cast

import numpy as np

from facegate.imaging.opencv import cv2
from facegate.types import Float32, UInt8

PictureT = TypeVar("PictureT", UInt8, UInt8 | Float32)

# A level may be averaged from a picture already averaged by a whole factor if that is still so many times larger.
# Measured on the reference faces of MTCNN: from 3 on the answers stay as if each level came from the full picture;
# at 2 one face in 60 moves, and building each level from the one before loses one in eight at IoU 0.9.
_REMAINING_FACTOR = 3
# 4 megapixels in three colours: 48 MB as float32.
_WIDENED_NUMBERS = 12_000_000


def pyramid_scales(height: int, width: int, *, min_face_px: int, factor: float, cell_px: int) -> list[float]:
    """Scales at which a window of `cell_px` sees faces from `min_face_px` up to the whole picture.

    Args:
        height: of the picture.
        width: of the picture.
        min_face_px: smallest face, source pixels.
        factor: each scale over the one before, in (0, 1).
        cell_px: side of the window.

    Returns:
        Falling scales; none when the picture is smaller than the smallest face.
    """
    scales: list[float] = []
    scale = cell_px / min_face_px
    while int(min(height, width) * scale) >= cell_px:
        scales.append(scale)
        scale *= factor
    return scales


def pyramid(pixels: UInt8, scales: list[float]) -> Iterator[UInt8 | Float32]:
    """The picture at each scale, by averaging areas.

    Args:
        pixels: uint8 (H, W, 3).
        scales: in (0, 1], falling.

    Yields:
        (int(H * scale), int(W * scale), 3), 0..255: float32, not rounded to whole numbers, which would move some
        faces a little; uint8 for the first levels of a large picture, which would take four times the memory.
    """
    height, width = pixels.shape[:2]
    base, base_factor = _widened(pixels), 1
    for scale in scales:
        factor = _power_of_two(1 / scale / _REMAINING_FACTOR)
        if factor > base_factor:
            base, base_factor = _widened(_averaged(pixels, width // factor, height // factor)), factor
        yield _averaged(base, int(width * scale), int(height * scale))


def _widened(pixels: UInt8) -> UInt8 | Float32:
    """As float32, which OpenCV averages faster (except by whole factors), where the memory allows."""
    return pixels.astype(np.float32) if pixels.size <= _WIDENED_NUMBERS else pixels


def _power_of_two(limit: float) -> int:
    """The largest up to `limit`, at least 1."""
    return 1 << (max(1, int(limit)).bit_length() - 1)


def _averaged(pixels: PictureT, width: int, height: int) -> PictureT:
    return cast("PictureT", cv2.resize(pixels, (width, height), interpolation=cv2.INTER_AREA))
