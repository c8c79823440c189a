"""The frames both sides see, decoded once into a file."""

from pathlib import Path

import numpy as np

from facegate.imaging.encode import encode_jpeg
from facegate.imaging.video import open_video
from facegate.types import Frame


def decode_clip(video: Path, target: Path, step: int) -> int:
    """Write every `step`-th frame of a video, square pixels, as uint8 (n, H, W, 3) RGB; answers n."""
    with open_video(video) as reader:
        frames = [each.frame.pixels for each in reader if each.index % step == 0]
    np.save(target, np.stack(frames))
    return len(frames)


def jpeg_frames(stored: Path, count: int) -> list[bytes]:
    """The first `count` stored frames as a browser would send them."""
    pictures = np.load(stored, mmap_mode="r")
    return [encode_jpeg(Frame(np.ascontiguousarray(picture)), quality=80) for picture in pictures[:count]]
