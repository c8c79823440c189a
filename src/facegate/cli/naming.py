"""Naming the faces of a still picture, and saying in words how sure that is."""

from collections.abc import Sequence

import numpy as np

from facegate.config import Settings
from facegate.gallery.index import Searchable
from facegate.imaging.draw import Overlay
from facegate.matching.decide import SHOWN_CANDIDATES, identify
from facegate.matching.table import CalibrationTable
from facegate.matching.words import share, strength
from facegate.types import Face, Match


def name_faces(faces: Sequence[Face], people: Searchable, table: CalibrationTable, settings: Settings) -> list[Match]:
    """One decision per face; a face with eyes closer than `settings.name_eye_distance_px` is not compared."""
    index = people.index()
    probes = [face.embedding for face in faces if _large_enough(face, settings) and face.embedding is not None]
    vectors = (
        np.stack([probe.vector for probe in probes]) if probes else np.zeros((0, index.matrix.shape[1]), np.float32)
    )
    found = iter(index.search(vectors, SHOWN_CANDIDATES, fusion_exponent=table.fusion_exponent))
    return [
        identify(next(found), table, target_fpir=settings.target_fpir, gallery_size=len(index))
        if _large_enough(face, settings)
        else Match("unknown", reason="face_too_small")
        for face in faces
    ]


def _large_enough(face: Face, settings: Settings) -> bool:
    return face.quality.eye_distance_px >= settings.name_eye_distance_px


def in_words(
    match: Match, table: CalibrationTable, settings: Settings, *, eye_distance_px: float | None = None
) -> tuple[str, str]:
    """The decision as people read it: who, and how sure that is; words and odds, never a similarity."""
    if match.reason == "face_too_small":
        px = "" if eye_distance_px is None else f"{eye_distance_px:.0f} px between the eyes, "
        return "too small", f"{px}needs {settings.name_eye_distance_px:g}"
    if match.person is not None and match.fmr is not None:
        alike = share(match.fmr, table.smallest_fmr)
        return match.person.name, f"{strength(match.fmr):<11}   {alike} strangers would match this well"
    return "Unknown", _why_unknown(match, table)


def _why_unknown(match: Match, table: CalibrationTable) -> str:
    if match.reason == "empty_gallery" or not match.candidates or match.fmr is None:
        return "nobody is enrolled yet" if match.reason == "empty_gallery" else ""
    word = strength(match.fmr)
    likeness = "no match" if word == "none" else word
    nearest = f"{match.candidates[0].person.name}, {likeness} ({share(match.fmr, table.smallest_fmr)})"
    if match.reason == "ambiguous":
        return f"could be {nearest}, or {match.candidates[1].person.name}"
    if match.reason == "gallery_too_large_for_target":
        return f"nearest {nearest}; too many people are enrolled for a name at this --target-fpir"
    return f"nearest {nearest}"


def overlay(face: Face, match: Match) -> Overlay:
    """What is drawn around a face: the name or "Unknown", and dotted corners where it was too small to compare."""
    if match.reason == "face_too_small":
        return Overlay(face.box, "poor", None)
    return Overlay(face.box, match.status, match.person.name if match.person is not None else "Unknown")
