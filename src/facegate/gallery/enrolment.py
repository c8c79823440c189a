"""Which face of a picture may be enrolled, and whether it is whom it is said to be.

The limits were measured on lfw-multi (70 people, 350 photos and 3,360 blurred, darkened and brightened copies of 210 of
them), each compared with the mean of the person's other photos; "missed" is the share under the threshold at which 1 in
1,000 strangers passes, 0.6 % for the photos as they are. `docs/concepts/enrolment-quality.md` has the tables.
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass

from facegate.config import Settings
from facegate.errors import FaceRejected, FaceRejection
from facegate.gallery.gallery import Gallery
from facegate.matching.decide import comparison_fmr
from facegate.matching.table import CalibrationTable
from facegate.types import Candidate, Embedding, Face, Faces

MIN_DETECTION_SCORE = 0.9
"""Every one of the 350 photos has more; half-hidden faces in the classroom clip and the group photos have less."""

MIN_BRIGHTNESS = 15.0
"""Missed below it: 2 to 11 %, rising as it gets darker; from it on as many as undimmed. 33 is the photos' first
percentile, 16 that of the dark stage clip's turned heads."""

MAX_BRIGHTNESS = 85.0
"""Missed above it: 8 % to 90, 16 % to 95, 31 % beyond; 4 % from 75 to 85. 76 is the photos' 99th percentile."""

MIN_SHARPNESS = 52.0
"""Refuses 2.6 % of the photos, photos/blurred.jpg (51.1), 54 % of the photos blurred by 0.03 eye distances and 99.9 %
of those blurred by 0.05 or more, of which 5 to 91 % are missed. Webcam and phone clips have 68 to 79."""

MAX_NOSE_OFFSET = 0.45
"""Keeps profiles out (photos/pose-left_face has 0.67, pose-right_face 0.50). There is no sharp edge: in two filmed head
turns similarity to the frontal frames is 0.92 to 0.98 from 0.3 to 0.5 and beyond; of 14 photos none is missed."""

MAX_ROLL_DEGREES = 35.0
"""Photos turned by 35 degrees lose nothing; by 40, 5 % are not found."""

BYSTANDER_SIZE = 0.3
"""A face of less than this share of the largest one's height is in the background (security.md 4.3)."""

OWN_FMR = 1e-2
"""A picture goes with a person from the similarity on that 1 in 100 strangers reaches."""

CLEAR_FMR_RANGE = (1e-4, 1e-3)
"""A picture is clearly somebody's from the similarity on that this share of strangers reaches; which share depends on
how many people could be hit by chance."""

_CHANCE_OF_FALSE_CONFLICT = 1e-2


def usable_face(faces: Faces, *, settings: Settings, largest: bool = False) -> Face:
    """The one face of a picture, if it is good enough to be enrolled.

    Args:
        faces: of the picture, largest first.
        settings: `enroll_eye_distance_px` is the smallest size.
        largest: take the largest of several faces instead of refusing.

    Raises:
        FaceRejected: with the code of the first reason found and, where a measure failed, `details` `value` and
            `limit`. In this order: face_not_found, multiple_faces, low_detection_score, too_dark, too_bright,
            face_too_small, extreme_pose, too_blurry.
    """
    if not faces:
        raise FaceRejected(
            f"No face was found in the picture ({faces.width} x {faces.height}). "
            "Use one that shows the face from the front, large enough and not covered.",
            code="face_not_found",
        )
    count = sum(_is_seen_beside(face, faces[0]) for face in faces)
    if count > 1 and not largest:
        raise FaceRejected(
            f"The picture shows {count} faces, and enrolling needs to know which. Use a picture of one person alone.",
            code="multiple_faces",
            details={"faces": count},
        )
    _check(faces[0], settings)
    return faces[0]


def conflicts(
    embedding: Embedding, gallery: Gallery, table: CalibrationTable, *, person_id: str | None
) -> Candidate | None:
    """Who speaks against storing a picture under a person.

    Args:
        embedding: of the picture.
        gallery: where it would be stored.
        table: of the gallery's recipe.
        person_id: whom it would be added to; None for a new person.

    Returns:
        For a new person: whoever the picture clearly shows already. For one already there: that person when the picture
        does not look like them, or another whom it clearly shows and looks more like, unless it clearly shows the
        person, too. None when nothing speaks against it. The similarity is the comparable one.

    Raises:
        NotFound: nobody has the id.
        ModelMismatch: the embedding is of another recipe.
    """
    gallery.require_comparable(embedding)
    own = None if person_id is None else _own(embedding, gallery, table, person_id)
    candidates = gallery.search(embedding.vector[None], fusion_exponent=table.fusion_exponent)[0]
    others = [_comparable(c, table) for c in candidates if c.person.id != person_id]
    clear = _clear_threshold(table, gallery.size)
    best = max(others, key=lambda candidate: candidate.similarity, default=None)
    if best is not None and best.similarity >= clear and (own is None or own.similarity < min(clear, best.similarity)):
        return best
    if own is not None and own.similarity < table.threshold_at(OWN_FMR):
        return own
    return None


def _own(embedding: Embedding, gallery: Gallery, table: CalibrationTable, person_id: str) -> Candidate:
    template = gallery.template(person_id)
    person = gallery.get(person_id).ref
    return _comparable(Candidate(person, embedding.similarity(template), template.agreement), table)


def _comparable(candidate: Candidate, table: CalibrationTable) -> Candidate:
    return Candidate(candidate.person, table.comparable(candidate.similarity, candidate.agreement))


def _clear_threshold(table: CalibrationTable, people: int) -> float:
    low, high = CLEAR_FMR_RANGE
    rate = min(max(comparison_fmr(_CHANCE_OF_FALSE_CONFLICT, max(people, 1)), low), high)
    return table.threshold_at(max(rate, table.smallest_fmr))


def _is_seen_beside(face: Face, largest: Face) -> bool:
    if face is largest:
        return True
    return face.detection_score >= MIN_DETECTION_SCORE and _height(face) >= BYSTANDER_SIZE * _height(largest)


def _height(face: Face) -> float:
    return float(face.box[3] - face.box[1])


@dataclass(frozen=True, slots=True)
class _Gate:
    code: FaceRejection
    value: float
    lowest: float
    highest: float
    sentence: str


def _gates(face: Face, settings: Settings) -> Iterator[_Gate]:
    quality, smallest = face.quality, settings.enroll_eye_distance_px
    score, brightness, eyes = face.detection_score, quality.brightness, quality.eye_distance_px
    turned, tilted, sharpness = abs(quality.nose_offset), abs(quality.roll_degrees), quality.sharpness
    yield _Gate(
        "low_detection_score",
        score,
        MIN_DETECTION_SCORE,
        math.inf,
        f"The face is hard to make out: {score:.2f} sure that it is one, {MIN_DETECTION_SCORE:.2f} is needed. "
        "Show the whole face, uncovered.",
    )
    yield _Gate(
        "too_dark",
        brightness,
        MIN_BRIGHTNESS,
        math.inf,
        f"The face is too dark: {brightness:.0f} of 100, {MIN_BRIGHTNESS:.0f} is needed. Find more light.",
    )
    yield _Gate(
        "too_bright",
        brightness,
        0,
        MAX_BRIGHTNESS,
        f"The face is too bright: {brightness:.0f} of 100, at most {MAX_BRIGHTNESS:.0f} can be used. "
        "Step out of the glare.",
    )
    yield _Gate(
        "face_too_small",
        eyes,
        smallest,
        math.inf,
        f"The face is too small: {eyes:.0f} px between the eyes, {smallest:.0f} are needed. "
        "Move closer, or use a larger picture.",
    )
    yield _Gate(
        "extreme_pose",
        turned,
        0,
        MAX_NOSE_OFFSET,
        f"The head is turned too far to the side: the nose is {turned:.2f} eye distances off the middle, at most "
        f"{MAX_NOSE_OFFSET} can be used. Look more towards the camera.",
    )
    yield _Gate(
        "extreme_pose",
        tilted,
        0,
        MAX_ROLL_DEGREES,
        f"The head is tilted by {tilted:.0f} degrees, at most {MAX_ROLL_DEGREES:.0f} can be used. "
        "Hold the head upright, or turn the picture.",
    )
    yield _Gate(
        "too_blurry",
        sharpness,
        MIN_SHARPNESS,
        math.inf,
        f"The face is too blurry: {sharpness:.0f} of 100 sharp, {MIN_SHARPNESS:.0f} is needed. "
        "Hold still, and clean the lens.",
    )


def _check(face: Face, settings: Settings) -> None:
    for gate in _gates(face, settings):
        if not gate.lowest <= gate.value <= gate.highest:
            limit = gate.lowest if gate.value < gate.lowest else gate.highest
            raise FaceRejected(gate.sentence, code=gate.code, details={"value": round(gate.value, 2), "limit": limit})
