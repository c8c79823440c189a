"""What blur, light and size do to a face's match with the person's other photos: the basis of the enrolment limits.

`python -m benchmarks.enrolment_quality` reads lfw-multi of the shared data and prints Markdown tables (4 minutes on one
core). A copy is missed when its similarity to the mean of the person's other photos is under the threshold that 1 in
1,000 strangers' photos pass against such means.
"""

import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from facegate.config import Settings
from facegate.gallery.enrolment import MAX_BRIGHTNESS, MIN_BRIGHTNESS, MIN_SHARPNESS
from facegate.imaging.decode import read_image
from facegate.imaging.opencv import cv2
from facegate.types import Face, Faces, Float32, Frame, Quality, UInt8
from facegate.vision.engine import FaceEngine

PEOPLE = 70
PHOTOS = 5
DEGRADED_PHOTOS = 3
SENSOR_NOISE = 2.0


@dataclass(frozen=True)
class Look:
    """One photo or degraded copy: its measures, None when no face was found in it."""

    person: str
    photo: int
    kind: str
    amount: float
    quality: Quality | None
    vector: Float32 | None


def copies(pixels: UInt8, eye_distance_px: float, rng: np.random.Generator) -> Iterator[tuple[str, float, UInt8]]:
    """Blurred (sigma) and smeared (length) by shares of the eye distance, darkened and brightened by factors."""
    for share in (0.03, 0.05, 0.08, 0.12, 0.16):
        yield "blurred", share, cv2.GaussianBlur(pixels, (0, 0), share * eye_distance_px)
    for share in (0.15, 0.3):
        yield "smeared", share, cv2.blur(pixels, (round(share * eye_distance_px) | 1, 1))
    for factor in (0.5, 0.3, 0.2, 0.12, 0.07):
        noisy = pixels * factor + rng.normal(0, SENSOR_NOISE, pixels.shape)
        yield "darkened", factor, np.clip(noisy, 0, 255).astype(np.uint8)
    for factor in (1.5, 2.0, 2.6, 3.4):
        yield "brightened", factor, np.clip(pixels * factor, 0, 255).astype(np.uint8)


def central(faces: Faces) -> Face | None:
    """LFW's person is the one in the middle."""
    middle = np.array([faces.width, faces.height]) / 2
    return min(faces, key=lambda f: float(np.abs((f.box[:2] + f.box[2:]) / 2 - middle).sum()), default=None)


def looks(folder: Path, engine: FaceEngine) -> Iterator[Look]:
    """Every photo and copy."""
    rng = np.random.default_rng(0)

    def look(person: str, photo: int, kind: str, amount: float, frame: Frame) -> Look:
        face = central(engine.analyze(frame))
        vector = None if face is None or face.embedding is None else face.embedding.vector
        return Look(person, photo, kind, amount, None if face is None else face.quality, vector)

    for person in sorted(p for p in folder.iterdir() if p.is_dir())[:PEOPLE]:
        for photo, path in enumerate(sorted(person.iterdir())[:PHOTOS]):
            frame = read_image(path)
            original = look(person.name, photo, "as it is", 0, frame)
            yield original
            if original.quality is not None and photo < DEGRADED_PHOTOS:
                for kind, amount, pixels in copies(frame.pixels, original.quality.eye_distance_px, rng):
                    yield look(person.name, photo, kind, amount, Frame(pixels))


def similarities(every: list[Look]) -> tuple[list[tuple[Look, float]], float]:
    """Each found look with its similarity to the person's other photos, and the threshold strangers pass 1 in 1,000."""
    originals: dict[str, dict[int, Float32]] = {}
    for look in every:
        if look.kind == "as it is" and look.vector is not None:
            originals.setdefault(look.person, {})[look.photo] = look.vector
    means = {person: unit_mean(list(photos.values())) for person, photos in originals.items()}
    strangers = [
        float(vector @ means[other])
        for person, photos in originals.items()
        for vector in photos.values()
        for other in means
        if other != person
    ]
    scored = []
    for look in every:
        others = [v for photo, v in originals[look.person].items() if photo != look.photo]
        if look.vector is not None and others:
            scored.append((look, float(look.vector @ unit_mean(others))))
    return scored, float(np.quantile(strangers, 0.999))


def unit_mean(vectors: list[Float32]) -> NDArray[np.floating]:
    """The normalised mean."""
    mean = np.mean(vectors, axis=0)
    return mean / np.linalg.norm(mean)


def print_by_copy(every: list[Look], scored: list[tuple[Look, float]], threshold: float) -> None:
    """One row per kind and amount."""
    print("| photos | by | n | no face | missed | sharpness p5 / median | brightness p5 / median / p95 | refused |")
    print("| --- | --- | --- | --- | --- | --- | --- | --- |")
    for kind, amount in dict.fromkeys((look.kind, look.amount) for look in every):
        group = [look for look in every if (look.kind, look.amount) == (kind, amount)]
        scores = np.array([s for look, s in scored if (look.kind, look.amount) == (kind, amount)])
        found = [look.quality for look in group if look.quality is not None]
        sharp = np.percentile([q.sharpness for q in found], [5, 50])
        bright = np.percentile([q.brightness for q in found], [5, 50, 95])
        refused = np.mean([not passes(q) for q in found])
        print(
            f"| {kind} | {amount or ''} | {len(group)} | {len(group) - len(found)} | {np.mean(scores < threshold):.1%} "
            f"| {sharp[0]:.0f} / {sharp[1]:.0f} | {bright[0]:.0f} / {bright[1]:.0f} / {bright[2]:.0f} | {refused:.1%} |"
        )


def passes(quality: Quality) -> bool:
    """Whether light and sharpness are within the enrolment limits."""
    return MIN_BRIGHTNESS <= quality.brightness <= MAX_BRIGHTNESS and quality.sharpness >= MIN_SHARPNESS


def print_by_measure(
    name: str,
    measure: Callable[[Quality], float],
    kinds: tuple[str, ...],
    edges: list[float],
    scored: list[tuple[Look, float]],
    threshold: float,
) -> None:
    """One row per interval of a measure, over the photos as they are and the given kinds of copies."""
    print(f"\n| {name} | n | missed | similarity median / p5 |\n| --- | --- | --- | --- |")
    chosen = [(measure(look.quality), s) for look, s in scored if look.quality and look.kind in ("as it is", *kinds)]
    for low, high in pairwise(edges):
        scores = np.array([s for value, s in chosen if low <= value < high])
        if len(scores):
            print(
                f"| {low:g} to {high:g} | {len(scores)} | {np.mean(scores < threshold):.1%} "
                f"| {np.median(scores):.3f} / {np.percentile(scores, 5):.3f} |"
            )


def main() -> None:
    """Print the tables."""
    root = Path(__file__).resolve().parent.parent
    folder = Path(os.environ.get("SHARED_DATA", root.parent / "shared" / "data")) / "lfw-multi"
    engine = FaceEngine.open("default", settings=Settings())
    every = list(looks(folder, engine))
    scored, threshold = similarities(every)
    print(f"{engine.recipe_id}, {PEOPLE} people, threshold {threshold:.4f}\n")
    print_by_copy(every, scored, threshold)
    sharp = [0, 20, 25, 30, 35, 40, 45, 50, 52, 55, 60, 70, 100]
    print_by_measure("sharpness", lambda q: q.sharpness, ("blurred", "smeared"), sharp, scored, threshold)
    dark = [0, 5, 7, 10, 12, 15, 20, 25, 30, 40, 60]
    print_by_measure("brightness", lambda q: q.brightness, ("darkened",), dark, scored, threshold)
    bright = [40, 50, 60, 70, 75, 80, 85, 90, 95, 100.1]
    print_by_measure("brightness", lambda q: q.brightness, ("brightened",), bright, scored, threshold)


if __name__ == "__main__":
    main()
