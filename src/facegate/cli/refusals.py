"""Which shots of an enrolment do not show the person they are meant to show."""

from collections.abc import Sequence

import numpy as np

from facegate.cli.shots import Shot
from facegate.errors import FaceRejected
from facegate.gallery.enrolment import conflicts
from facegate.gallery.gallery import Gallery
from facegate.gallery.values import Person
from facegate.matching.table import CalibrationTable

# Two pictures of one person may be this unlike: the 1v1 threshold at which 1 in 100 strangers passes.
SAME_PERSON_FMR = 1e-2


def refuse_conflicts(
    shots: Sequence[Shot], gallery: Gallery, table: CalibrationTable, person: Person | None
) -> list[Shot]:
    """Refuse the shots whose face is not that of `person`, or, for somebody new, is one already enrolled."""
    return [_without_conflict(shot, gallery, table, person) for shot in shots]


def _without_conflict(shot: Shot, gallery: Gallery, table: CalibrationTable, person: Person | None) -> Shot:
    if shot.embedding is None:
        return shot
    person_id = None if person is None else person.id
    conflict = conflicts(shot.embedding, gallery, table, person_id=person_id)
    if conflict is None:
        return shot
    other = conflict.person
    if person is not None and other.id == person.id:
        message = f"The face does not look like {person.name}. Check whose picture it is."
    elif person is not None:
        message = f"The face looks like {other.name}, not like {person.name}. Check whose picture it is."
    else:
        message = (
            f"The face looks like {other.name}, who is enrolled. "
            f"Add it to them (enroll {other.id} …), or make another person with --new."
        )
    details = {"image": shot.source.shown, "person_id": other.id, "person": other.name}
    return shot.refused(FaceRejected(message, code="identity_conflict", details=details))


def refuse_strangers(shots: Sequence[Shot], table: CalibrationTable) -> list[Shot]:
    """Refuse the shots that do not show the same person as more than half of them do; all when there is no such."""
    used = [index for index, shot in enumerate(shots) if shot.embedding is not None]
    vectors = [shot.embedding.vector for shot in shots if shot.embedding is not None]
    if len(used) < 2:
        return list(shots)
    matrix = np.stack(vectors)
    alike = matrix @ matrix.T >= table.threshold_at(SAME_PERSON_FMR)
    # Whoever more than half of them look like is the person meant.
    middle = int(alike.sum(axis=1).argmax())
    decided = 2 * alike[middle].sum() > len(used)
    strangers = {index for index, same in zip(used, alike[middle], strict=True) if not (same and decided)}
    return [_stranger(shot) if index in strangers else shot for index, shot in enumerate(shots)]


def _stranger(shot: Shot) -> Shot:
    return shot.refused(
        FaceRejected(
            "The face does not look like that in most of the other pictures. Check whose picture it is.",
            code="identity_inconsistent",
            details={"image": shot.source.shown},
        )
    )
