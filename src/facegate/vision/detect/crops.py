"""Many square crops of one picture at one size, in one call."""

import numpy as np

from facegate.imaging.opencv import cv2
from facegate.types import Float32, UInt8

# OpenCV's remap counts rows and columns in 16 bits.
MAX_SIDE_PX = 32_766
# Outside the picture: the middle of the networks' input range, where the MTCNN package has zero after scaling.
_OUTSIDE = (128, 128, 128)


def crop_resize(pixels: UInt8, boxes: Float32, size_px: int) -> UInt8:
    """Crop boxes out of a picture and resize each with bilinear sampling.

    The sampling points are those of TensorFlow's crop_and_resize: first and last lie on the box's edges, and
    coordinates are scaled by (side - 1) / side.

    Args:
        pixels: uint8 (H, W, 3), sides up to :data:`MAX_SIDE_PX`.
        boxes: float32 (n, 4), xyxy; may reach past the edges, where the crop is grey.
        size_px: side of the crops.

    Returns:
        uint8 (n, size_px, size_px, 3).
    """
    crops = np.empty((len(boxes), size_px, size_px, 3), np.uint8)
    at_once = MAX_SIDE_PX // size_px
    for start in range(0, len(boxes), at_once):
        part = slice(start, start + at_once)
        xs, ys = _sampling_points(pixels, boxes[part], size_px)
        sampled = cv2.remap(pixels, xs, ys, cv2.INTER_LINEAR, borderMode=cv2.BORDER_CONSTANT, borderValue=_OUTSIDE)
        crops[part] = sampled.reshape(-1, size_px, size_px, 3)
    return crops


def _sampling_points(pixels: UInt8, boxes: Float32, size_px: int) -> tuple[Float32, Float32]:
    """The x and the y of every sample, float32 (n * size_px, size_px), crops one under another."""
    height, width = pixels.shape[:2]
    shrink = np.array([(width - 1) / width, (height - 1) / height], np.float32)
    first = boxes[:, :2] * shrink
    steps = (boxes[:, 2:] - boxes[:, :2]) * shrink / (size_px - 1)
    places = first[:, None, :] + steps[:, None, :] * np.arange(size_px, dtype=np.float32)[None, :, None]
    shape = (len(boxes), size_px, size_px)
    xs = np.broadcast_to(places[:, None, :, 0], shape).reshape(-1, size_px)
    ys = np.broadcast_to(places[:, :, None, 1], shape).reshape(-1, size_px)
    return np.ascontiguousarray(xs, np.float32), np.ascontiguousarray(ys, np.float32)
