"""Write a camera for Chromium: a YUV4MPEG2 file that it plays in a loop as if it were a webcam."""

from collections.abc import Iterable
from fractions import Fraction
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

Picture = NDArray[np.uint8]


def square_pixels(path: Path, *, seconds: float | None = None) -> tuple[list[Picture], float]:
    """The pictures of a clip as uint8 (H, W, 3) BGR, scaled to square pixels, and their rate per second."""
    clip = cv2.VideoCapture(str(path))
    try:
        rate = clip.get(cv2.CAP_PROP_FPS)
        numerator, denominator = clip.get(cv2.CAP_PROP_SAR_NUM), clip.get(cv2.CAP_PROP_SAR_DEN)
        ratio = numerator / denominator if numerator > 0 and denominator > 0 else 1.0
        pictures: list[Picture] = []
        while seconds is None or len(pictures) < seconds * rate:
            there, picture = clip.read()
            if not there:
                break
            if abs(ratio - 1) > 0.01:
                picture = cv2.resize(picture, (round(picture.shape[1] * ratio), picture.shape[0]))
            pictures.append(np.asarray(picture, np.uint8))
    finally:
        clip.release()
    if not pictures:
        raise ValueError(f"{path} holds no picture that can be read")
    return pictures, rate


def there_and_back(pictures: list[Picture]) -> list[Picture]:
    """The pictures forwards and then backwards, so that a loop has no jump."""
    return pictures + pictures[-2:0:-1]


def write_y4m(path: Path, pictures: Iterable[Picture], rate: float) -> Path:
    """Write pictures of one even size, uint8 (H, W, 3) BGR, as 4:2:0."""
    fraction = Fraction(rate).limit_denominator(1001)
    with path.open("wb") as file:
        size: tuple[int, int] | None = None
        for picture in pictures:
            height, width = picture.shape[0] // 2 * 2, picture.shape[1] // 2 * 2
            if size is None:
                size = (height, width)
                header = f"YUV4MPEG2 W{width} H{height} F{fraction.numerator}:{fraction.denominator} Ip A1:1 C420jpeg\n"
                file.write(header.encode("ascii"))
            if (height, width) != size:
                raise ValueError(f"all pictures need one size; got {size} and {(height, width)}")
            file.write(b"FRAME\n")
            file.write(cv2.cvtColor(picture[:height, :width], cv2.COLOR_BGR2YUV_I420).tobytes())
    return path


def pan(photo: Picture, *, size: tuple[int, int], steps: int = 60) -> list[Picture]:
    """A still photo as a moving picture: a window of `size` (width, height) that drifts to and fro."""
    width, height = size
    spare_x, spare_y = photo.shape[1] - width, photo.shape[0] - height
    if spare_x < 0 or spare_y < 0:
        raise ValueError(f"the photo is {photo.shape[1]}x{photo.shape[0]}, smaller than the window {width}x{height}")
    turns = np.linspace(0, 2 * np.pi, steps, endpoint=False)
    corners = zip((1 + np.sin(turns)) / 2 * spare_x, (1 + np.sin(2 * turns)) / 2 * spare_y, strict=True)
    return [np.ascontiguousarray(photo[round(y) : round(y) + height, round(x) : round(x) + width]) for x, y in corners]
