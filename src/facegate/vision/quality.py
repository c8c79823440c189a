"""How usable a face is: size, sharpness, exposure and pose, measured the same way for faces of every size."""

import math
from typing import cast

import numpy as np
from numpy.typing import NDArray

from facegate.imaging.opencv import cv2
from facegate.types import Float32, Quality, UInt8

# Chips are measured at half their size, where the eyes are 26 px apart: detail finer than that is not in a small face,
# so a large one gets no credit for it.
_SIDE_PX = 75
# The face in the chip: an ellipse from brows to chin, as fractions of the side (centre, half axes).
_CENTRE, _HALF_AXES = (0.5, 0.5), (0.30, 0.38)
# Spread of the Laplacian over the spread of the luma at which sharpness is 50.
_HALF_SHARP = 0.30


def measure(chips: UInt8, landmarks: Float32) -> list[Quality]:
    """Measure faces.

    Args:
        chips: uint8 (n, 150, 150, 3), RGB, the aligned faces.
        landmarks: float32 (n, 5, 2), where they came from, source pixels.

    Returns:
        n measures.
    """
    inside = _ellipse(_SIDE_PX)
    return [_measure(chip, points, inside) for chip, points in zip(chips, landmarks, strict=True)]


def _measure(chip: UInt8, points: Float32, inside: NDArray[np.bool_]) -> Quality:
    luma = _luma(chip)
    face = luma[inside]
    spread = float(face.std())
    eyes = points[1] - points[0]
    return Quality(
        eye_distance_px=float(np.hypot(*eyes)),
        sharpness=_sharpness(luma, spread, inside),
        brightness=float(face.mean()) / 255 * 100,
        contrast=min(spread / 127.5, 1.0) * 100,
        nose_offset=nose_offset(points),
        roll_degrees=math.degrees(math.atan2(float(eyes[1]), float(eyes[0]))),
    )


def worth(quality: Quality) -> float:
    """One number to choose the better of two pictures of the same face: size, sharpness and frontality, 0 to 1.

    Eyes further apart than 60 px add nothing; neither does detail beyond it.
    """
    size = min(quality.eye_distance_px / 60, 1.0)
    frontal = max(0.0, 1 - abs(quality.nose_offset))
    return size * frontal * quality.sharpness / 100


def nose_offset(points: Float32) -> float:
    """How far the nose tip lies off the face's middle line, along the eye axis, in eye distances.

    Args:
        points: float32 (5, 2), as in :class:`facegate.types.Face`.

    Returns:
        0 for a frontal face, positive when the nose points to the image's right; 0 when the points coincide.
    """
    left, right, nose, left_mouth, right_mouth = (complex(float(x), float(y)) for x, y in points)
    eyes = right - left
    middle = (left_mouth + right_mouth) / 2 - (left + right) / 2
    across = _cross(middle, eyes)
    if across == 0:
        return 0.0
    return _cross(middle, nose - (left + right) / 2) / across


def _cross(a: complex, b: complex) -> float:
    return a.real * b.imag - a.imag * b.real


def _luma(chip: UInt8) -> Float32:
    small = cv2.resize(chip, (_SIDE_PX, _SIDE_PX), interpolation=cv2.INTER_AREA)
    return cast("Float32", cv2.cvtColor(small, cv2.COLOR_RGB2GRAY).astype(np.float32))


def _sharpness(luma: Float32, spread: float, inside: NDArray[np.bool_]) -> float:
    """Fine detail (Laplacian) relative to the face's own contrast: a dark face is not a blurred one."""
    if spread < 1:
        return 0.0
    detail = float(cv2.Laplacian(luma, cv2.CV_32F)[inside].std()) / spread
    return 100 * detail / (detail + _HALF_SHARP)


def _ellipse(side: int) -> NDArray[np.bool_]:
    place = (np.arange(side) + 0.5) / side
    x = (place[None, :] - _CENTRE[0]) / _HALF_AXES[0]
    y = (place[:, None] - _CENTRE[1]) / _HALF_AXES[1]
    return x * x + y * y <= 1
