"""Enrolment from a live picture stream: samples are held in memory until the person says save."""

from dataclasses import dataclass
from datetime import datetime

from facegate.config import Settings
from facegate.errors import FaceRejected, InvalidRequest
from facegate.gallery.consent import Consent, ConsentText
from facegate.gallery.enrolment import conflicts, usable_face
from facegate.gallery.gallery import Gallery
from facegate.gallery.names import clean_name
from facegate.gallery.values import Person, Sample
from facegate.live.protocol import SAMPLE_GAP_MS, SAMPLES_MINIMUM, SAMPLES_NEEDED, EnrollAnswer
from facegate.matching.table import CalibrationTable
from facegate.types import Embedding, Face, Frame, PersonRef, Template
from facegate.vision.engine import FaceEngine

# The pictures of one enrolment must be of one person; at this rate a stranger in between is let in one time in 100,
# while the person's own pictures, taken seconds apart, are refused far less often than the table's 1 %.
SAME_PERSON_FMR = 1e-2
SOURCE = "live"


@dataclass(frozen=True, slots=True)
class Subject:
    """Whom the pictures are of: exactly one of name (a new person) and person_id.

    Attributes:
        name: of a new person.
        person_id: of somebody enrolled.
        consent: the text the person agreed to.
    """

    name: str | None
    person_id: str | None
    consent: ConsentText


class PendingEnrolment:
    """One socket's samples. One thread at a time."""

    def __init__(self, engine: FaceEngine, gallery: Gallery, table: CalibrationTable, settings: Settings) -> None:
        self._engine = engine
        self._gallery = gallery
        self._table = table
        self._settings = settings
        self._subject: Subject | None = None
        self._samples: list[Sample] = []
        self._accepted_ms: float | None = None
        self._conflict: PersonRef | None = None

    def is_due(self, now_ms: float) -> bool:
        """Whether another picture may be accepted: frames of one moment are one sample, not several."""
        return self._accepted_ms is None or now_ms - self._accepted_ms >= SAMPLE_GAP_MS

    def too_soon(self) -> EnrollAnswer:
        """The answer to a picture that came before it was due."""
        return self._answer("too_soon", f"Pictures count when they are {SAMPLE_GAP_MS} ms apart.")

    def consider(self, frame: Frame, subject: Subject, now_ms: float) -> EnrollAnswer:
        """Take a picture if it is usable; another subject than before starts over.

        Raises:
            InvalidRequest: a name that cannot be.
            NotFound: nobody has the id.
            StorageError: the gallery cannot be read.
        """
        self._begin(subject)
        if len(self._samples) >= SAMPLES_NEEDED:
            return self._answer("complete", "There are enough pictures. Save them.")
        try:
            face = usable_face(self._engine.analyze(frame), settings=self._settings)
            sample = self._sample(face)
        except FaceRejected as rejection:
            return self._answer(rejection.code, rejection.message)
        self._samples.append(sample)
        self._accepted_ms = now_ms
        self._conflict = self._find_conflict(subject.person_id)
        return self._answer(None, None)

    def finish(self, person_id: str | None, *, new: bool, given_at: datetime) -> Person:
        """Store the samples as one change of the gallery.

        Args:
            person_id: the answer "it is this person" to a conflict.
            new: the answer "it is somebody else" to a conflict.
            given_at: when consent was given, aware UTC.

        Raises:
            InvalidRequest: too few pictures, or a choice that does not go with what was begun.
            FaceRejected: identity_conflict, with the other person's id and name in its details.
            NotFound: nobody has the id.
            StorageError: nothing was stored.
        """
        subject = self._subject
        if subject is None or len(self._samples) < SAMPLES_MINIMUM:
            raise InvalidRequest(
                f"There are {len(self._samples)} pictures; saving needs at least {SAMPLES_MINIMUM}. Take more first.",
                details={"samples": len(self._samples), "minimum": SAMPLES_MINIMUM},
            )
        if subject.person_id is not None and new:
            raise InvalidRequest(
                "These pictures were begun for somebody enrolled. Start over with a name to make a new person."
            )
        target = person_id or subject.person_id
        conflict = None if new else self._find_conflict(target)
        if conflict is not None:
            raise _identity_conflict(conflict, target)
        text = subject.consent
        person = self._gallery.enroll(
            self._samples,
            name=subject.name if target is None else None,
            person_id=target,
            consent=Consent(text.version, text.purpose, given_at, SOURCE),
        )
        self.cancel()
        return person

    def cancel(self) -> None:
        """Forget everything."""
        self._subject = None
        self._samples = []
        self._accepted_ms = None
        self._conflict = None

    def _begin(self, subject: Subject) -> None:
        if subject.name is not None:
            subject = Subject(clean_name(subject.name), None, subject.consent)
        if subject == self._subject:
            return
        if subject.person_id is not None:
            self._gallery.get(subject.person_id)
        self.cancel()
        self._subject = subject

    def _sample(self, face: Face) -> Sample:
        """The face as a sample.

        Raises:
            FaceRejected: identity_inconsistent: it is another person's than those before.
        """
        if face.embedding is None:
            raise FaceRejected("The face could not be measured. Try again.", code="low_quality")
        if self._samples:
            before = self._template()
            similarity = self._table.comparable(face.embedding.similarity(before), before.agreement)
            if similarity < self._table.threshold_at(SAME_PERSON_FMR):
                raise FaceRejected(
                    "This does not look like the person of the pictures before. One person at a time; start over to "
                    "enrol somebody else.",
                    code="identity_inconsistent",
                )
        return Sample(face.embedding, face.quality, SOURCE)

    def _template(self) -> Template:
        return Template.fuse([sample.embedding for sample in self._samples])

    def _find_conflict(self, person_id: str | None) -> PersonRef | None:
        template = self._template()
        probe = Embedding(template.vector, template.recipe_id)
        found = conflicts(probe, self._gallery, self._table, person_id=person_id)
        return None if found is None else found.person

    def _answer(self, reason: str | None, hint: str | None) -> EnrollAnswer:
        conflict = self._conflict
        return {
            "accepted": reason is None,
            "reason": reason,
            "hint": hint,
            "samples": len(self._samples),
            "needed": SAMPLES_NEEDED,
            "minimum": SAMPLES_MINIMUM,
            "done": len(self._samples) >= SAMPLES_NEEDED,
            "conflict": None if conflict is None else {"id": conflict.id, "name": conflict.name},
        }


def _identity_conflict(other: PersonRef, target: str | None) -> FaceRejected:
    if other.id == target:
        message = (
            f"These pictures do not look like {other.name}, to whom they were to be added. "
            "Start over with a name to make a new person."
        )
    else:
        message = f"This looks very much like {other.name}. Say whether it is the same person or somebody new."
    return FaceRejected(message, code="identity_conflict", details={"person_id": other.id, "name": other.name})
