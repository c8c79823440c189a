"""The JSON shapes of the command line; the API answers with the same field names."""

from collections.abc import Mapping
from dataclasses import asdict

from facegate.cli.output import JsonObject
from facegate.imaging.geometry import box_json
from facegate.types import Face, Float32, Match, Quality


def box(face_box: Float32, width: int, height: int) -> Mapping[str, object]:
    """A box of xyxy pixels, as pixels and as parts of the picture."""
    return box_json(face_box, width, height)


def quality(measured: Quality) -> JsonObject:
    """Quality measures, rounded to what they can mean."""
    return {name: round(value, 3) for name, value in asdict(measured).items()}


def detected(face: Face, width: int, height: int) -> JsonObject:
    """One face of `detect --json`."""
    return {
        "bbox": box(face.box, width, height),
        "landmarks": [[round(float(x), 2), round(float(y), 2)] for x, y in face.landmarks],
        "detection_score": round(face.detection_score, 5),
        "quality": quality(face.quality),
    }


def identified(face: Face, match: Match, width: int, height: int) -> JsonObject:
    """One face of `identify --json`."""
    return {
        "bbox": box(face.box, width, height),
        **decision(match),
        "detection_score": round(face.detection_score, 5),
        "quality": quality(face.quality),
    }


def decision(match: Match) -> JsonObject:
    """A 1:N decision; the similarity never stands without its threshold and rates."""
    return {
        "status": match.status,
        "person": None if match.person is None else {"id": match.person.id, "name": match.person.name},
        "similarity": match.similarity,
        "threshold": match.threshold,
        "fmr": match.fmr,
        "fpir": match.fpir,
        "margin": match.margin,
        "reason": match.reason,
    }
