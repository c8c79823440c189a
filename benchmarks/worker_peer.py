"""The peer's side of `make bench`: face_recognition with its defaults, in .bench-venv."""

import time
from functools import cache
from importlib.metadata import version

import numpy as np

from benchmarks.protocol import answer, pin_to_one_core


@cache
def peer():
    import face_recognition

    return face_recognition


def about():
    import dlib

    return {"face_recognition": version("face_recognition"), "dlib": dlib.__version__}


def frames(path, indices):
    """`face_locations` and `face_encodings` with their defaults."""
    pictures = np.load(path, mmap_mode="r")
    times, faces = [], []
    for index in indices:
        picture = np.ascontiguousarray(pictures[index])
        start = time.perf_counter()
        places = peer().face_locations(picture)
        found = peer().face_encodings(picture, places)
        times.append((time.perf_counter() - start) * 1000)
        faces.append(len(found))
    return {"times_ms": times, "faces": faces}


@cache
def network():
    import dlib
    import face_recognition_models

    return dlib.face_recognition_model_v1(face_recognition_models.face_recognition_model_location())


def chips(path, repeats):
    """dlib's network on one aligned chip at a time."""
    pictures = np.load(path)
    times = []
    for _ in range(repeats):
        for picture in pictures:
            start = time.perf_counter()
            network().compute_face_descriptor(picture)
            times.append((time.perf_counter() - start) * 1000)
    return {"times_ms": times}


if __name__ == "__main__":
    answer({"about": about, "frames": frames, "chips": chips, "pin": lambda: {"pinned": pin_to_one_core()}})
