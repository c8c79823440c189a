"""Our side of `make bench`: runs in .venv."""

import time
from functools import cache

import numpy as np

from benchmarks.protocol import answer, pin_to_one_core
from facegate import FaceEngine


@cache
def engine():
    return FaceEngine.open("default")


def about():
    return {"name": "facegate", "recipe": engine().recipe_id}


def frames(path, indices):
    """Detect every face and embed it, each frame from nothing, as a folder of photos would be."""
    pictures = np.load(path, mmap_mode="r")
    times, faces = [], []
    for index in indices:
        picture = np.ascontiguousarray(pictures[index])
        start = time.perf_counter()
        found = engine().analyze(picture)
        times.append((time.perf_counter() - start) * 1000)
        faces.append(len(found))
    return {"times_ms": times, "faces": faces}


def chips(path, mirror, repeats):
    """Embed one aligned chip at a time."""
    pictures = np.load(path)
    times = []
    for _ in range(repeats):
        for picture in pictures:
            start = time.perf_counter()
            engine().embedder.embed(picture[None], mirror=mirror)
            times.append((time.perf_counter() - start) * 1000)
    return {"times_ms": times}


if __name__ == "__main__":
    answer({"about": about, "frames": frames, "chips": chips, "pin": lambda: {"pinned": pin_to_one_core()}})
