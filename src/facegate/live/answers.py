"""Sightings and people as JSON."""

from dataclasses import asdict

from facegate.imaging.geometry import box_json
from facegate.live.protocol import FaceJson, PersonJson, QualityJson
from facegate.live.recognition import Sighting
from facegate.matching.table import CalibrationTable
from facegate.matching.words import odds, strength
from facegate.types import PersonRef, Quality


def person_json(person: PersonRef) -> PersonJson:
    """Id and name."""
    return {"id": person.id, "name": person.name}


def quality_json(quality: Quality) -> QualityJson:
    """The measures, to two decimals."""
    rounded = {name: round(value, 2) for name, value in asdict(quality).items()}
    return QualityJson(**rounded)


def face_json(sighting: Sighting, width: int, height: int, table: CalibrationTable) -> FaceJson:
    """One face of an answer; odds never better than the table supports."""
    match = sighting.match
    fmr = match.fmr
    return {
        "track_id": sighting.track_id,
        "bbox": box_json(sighting.face.box, width, height),
        "landmarks": [[round(float(x), 2), round(float(y), 2)] for x, y in sighting.face.landmarks],
        "status": match.status,
        "person": None if match.person is None else person_json(match.person),
        "similarity": match.similarity,
        "threshold": match.threshold,
        "fmr": fmr,
        "fpir": match.fpir,
        "margin": match.margin,
        "reason": match.reason,
        "votes": {"have": sighting.votes_have, "needed": sighting.votes_needed},
        "strength": None if fmr is None else strength(fmr),
        "odds": None if fmr is None else odds(fmr, table.smallest_fmr),
        "detection_score": round(sighting.face.detection_score, 4),
        "quality": quality_json(sighting.face.quality),
    }
