"""The one place OpenCV is imported: everybody else writes ``from facegate.imaging.opencv import cv2``.

OpenCV keeps a thread pool of its own for the whole process. facegate runs several frames side by side in its own
bounded pool, so a second pool under each call only makes the threads fight for cores: it is switched off here, before
anything else can use it. A program that embeds facegate and wants OpenCV's pool back calls ``cv2.setNumThreads(n)``
after its imports.

OpenCV and its FFmpeg also print what they think of damaged files. facegate says it once, as an exception with a cure,
so they are asked for silence unless the environment asks them to speak (`OPENCV_LOG_LEVEL=INFO`,
`OPENCV_FFMPEG_LOGLEVEL=32`).
"""

import os

# OpenCV reads both while it is loaded.
os.environ.setdefault("OPENCV_LOG_LEVEL", "ERROR")
os.environ.setdefault("OPENCV_FFMPEG_LOGLEVEL", "-8")

import cv2

cv2.setNumThreads(1)

__all__ = ["cv2"]
