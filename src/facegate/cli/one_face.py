"""The one face a picture is about."""

from facegate.cli.failures import no_face
from facegate.cli.sources import Source, read_frame
from facegate.config import Settings
from facegate.errors import FaceRejected
from facegate.types import Embedding, Face, Faces
from facegate.vision.engine import FaceEngine

# Somebody in the background: less than half as wide as the largest face. Enrolling is stricter (gallery/enrolment.py):
# it stores what it takes.
BACKGROUND_WIDTH = 0.5


def read_one_face(source: Source, engine: FaceEngine, settings: Settings, *, largest: bool | None = None) -> Embedding:
    """The embedding of the face a picture is about.

    Args:
        source: the picture.
        engine: sees and embeds.
        settings: limits of pictures, smallest eye distance.
        largest: take the largest face, however many there are; None where the command has no such option.

    Raises:
        InputError: the picture cannot be read.
        FaceRejected: no face, several of similar size, or one too small to compare.
    """
    faces = engine.analyze(read_frame(source, settings))
    face = _the_face(source, faces, settings, largest)
    measured = face.quality.eye_distance_px
    if measured < settings.name_eye_distance_px:
        raise FaceRejected(
            f"The face in {source.name} has {measured:.0f} px between the eyes; comparing needs "
            f"{settings.name_eye_distance_px:g}. Take a closer or larger picture.",
            code="face_too_small",
            details={"image": source.shown, "eye_distance_px": round(measured, 1)},
        )
    if face.embedding is None:
        raise RuntimeError("analyze(embed=True) answered a face without an embedding")
    return face.embedding


def _the_face(source: Source, faces: Faces, settings: Settings, largest: bool | None) -> Face:
    if not faces:
        raise no_face(source, faces, settings)
    if largest or len(faces) == 1 or _width(faces[1]) < BACKGROUND_WIDTH * _width(faces[0]):
        return faces[0]
    cure = "Crop it." if largest is None else "Crop it, or take the largest: --largest."
    raise FaceRejected(
        f"{source.name} has {len(faces)} faces of similar size, and it has to be clear which is meant. {cure}",
        code="multiple_faces",
        details={"image": source.shown, "faces": len(faces)},
    )


def _width(face: Face) -> float:
    return float(face.box[2] - face.box[0])
