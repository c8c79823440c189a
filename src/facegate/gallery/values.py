"""What the gallery takes and answers."""

from dataclasses import dataclass
from datetime import datetime

from facegate.gallery.consent import Consent
from facegate.types import Embedding, PersonRef, Quality


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody the gallery knows.

    Attributes:
        id: uuid4 as text; unique, which names need not be.
        name: 1 to 80 code points, NFC.
        samples: pictures fused into the template.
        created_at: aware UTC datetime.
        updated_at: of the last rename or enrolment, aware UTC datetime.
        consent: the newest on record.
    """

    id: str
    name: str
    samples: int
    created_at: datetime
    updated_at: datetime
    consent: Consent | None

    @property
    def ref(self) -> PersonRef:
        """Id and name only."""
        return PersonRef(self.id, self.name)


@dataclass(frozen=True, eq=False, slots=True)
class Sample:
    """One picture's face, about to be enrolled.

    Attributes:
        embedding: unit length.
        quality: stored beside it.
        source: where it came from (`live`, a file name), up to 200 characters; longer ones lose their beginning.
    """

    embedding: Embedding
    quality: Quality
    source: str
