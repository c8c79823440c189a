"""What travels over the live namespaces: requests checked by pydantic, answers as typed dictionaries."""

from typing import Annotated, Literal, NotRequired, TypedDict, TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from facegate.errors import Detail, FacegateError, InvalidRequest
from facegate.imaging.geometry import BoxJson
from facegate.types import MatchStatus

SAMPLES_NEEDED = 5
SAMPLES_MINIMUM = 2
SAMPLE_GAP_MS = 600


class _Request(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)


class FrameMeta(_Request):
    """Second argument of `frame`.

    Attributes:
        seq: the client's number of the frame, given back in the answer.
        captured_ms: when the client took it, on the client's clock.
    """

    seq: Annotated[int, Field(ge=0, le=2**53)] = 0
    captured_ms: Annotated[float, Field(ge=0, le=1e15, allow_inf_nan=False)] = 0.0


class EnrollRequest(_Request):
    """First argument of `enroll`: exactly one of name and person_id, and the consent.

    Attributes:
        name: the person's name, 1 to 80 characters.
        person_id: an enrolled person, who gets the pictures.
        consent: whether the person agreed to the text of `consent_version`.
        consent_version: of the text that was shown.
    """

    name: Annotated[str, Field(min_length=1, max_length=200)] | None = None
    person_id: Annotated[str, Field(min_length=1, max_length=100)] | None = None
    consent: bool = False
    consent_version: Annotated[str, Field(max_length=40)] = ""

    @model_validator(mode="after")
    def _one_person(self) -> "EnrollRequest":
        if (self.name is None) == (self.person_id is None):
            raise ValueError("give exactly one of name and person_id")
        return self


class EnrollFinish(_Request):
    """Argument of `enroll_finish`; person_id and new answer an identity conflict.

    Attributes:
        person_id: add the pictures to this person.
        new: make a new person although someone enrolled looks much alike.
    """

    person_id: Annotated[str, Field(min_length=1, max_length=100)] | None = None
    new: bool = False

    @model_validator(mode="after")
    def _one_choice(self) -> "EnrollFinish":
        if self.person_id is not None and self.new:
            raise ValueError("give person_id or new, not both")
        return self


class SeedSample(_Request):
    """Argument of the seed's `preprocessing`.

    Attributes:
        blob: one JPEG.
        name: whose face it shows.
    """

    blob: bytes
    name: Annotated[str, Field(min_length=1, max_length=200)]


Request = TypeVar("Request", bound=BaseModel)


def parse(model: type[Request], value: object, event: str) -> Request:
    """Check one argument of an event; None stands for an argument that was left out.

    Raises:
        InvalidRequest: naming the field and what is wrong with it.
    """
    try:
        return model.model_validate({} if value is None else value)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        field = ".".join(str(part) for part in first["loc"])
        said = first["msg"].removeprefix("Value error, ")
        raise InvalidRequest(
            f"{event}: {field + ': ' if field else ''}{said}. Send the fields the live protocol describes.",
            details={"event": event, "field": field},
        ) from None


def picture(value: object, event: str) -> bytes:
    """Check that an argument is binary.

    Raises:
        InvalidRequest: it is text or nothing.
    """
    if isinstance(value, bytes | bytearray):
        return bytes(value)
    kind = "nothing" if value is None else type(value).__name__
    raise InvalidRequest(
        f"{event}: expected the bytes of one picture, got {kind}. Send an ArrayBuffer or Blob.",
        details={"event": event},
    )


class PersonJson(TypedDict):
    """A person's id and name."""

    id: str
    name: str


class VotesJson(TypedDict):
    """Frames that agree, and how many must."""

    have: int
    needed: int


class QualityJson(TypedDict):
    """:class:`facegate.types.Quality` as JSON."""

    eye_distance_px: float
    sharpness: float
    brightness: float
    contrast: float
    nose_offset: float
    roll_degrees: float


class FaceJson(TypedDict):
    """One face of an answer."""

    track_id: int
    bbox: BoxJson
    landmarks: list[list[float]]
    status: MatchStatus
    person: PersonJson | None
    similarity: float | None
    threshold: float | None
    fmr: float | None
    fpir: float | None
    margin: float | None
    reason: str | None
    votes: VotesJson
    strength: str | None
    odds: str | None
    detection_score: float
    quality: QualityJson


class FrameAnswer(TypedDict):
    """Acknowledgement of an answered `frame`; skipped counts the socket's displaced frames so far."""

    seq: int
    faces: list[FaceJson]
    skipped: int
    gallery_size: int
    width: int
    height: int
    timings_ms: dict[str, float]


class SupersededAnswer(TypedDict):
    """Acknowledgement of a `frame` that a newer one displaced."""

    seq: int
    superseded: Literal[True]
    skipped: int


class ErrorJson(TypedDict):
    """What went wrong, in the words of :mod:`facegate.errors`."""

    code: str
    message: str
    details: dict[str, Detail]


class ErrorAnswer(TypedDict):
    """Acknowledgement of anything that failed; seq only for frames."""

    error: ErrorJson
    seq: NotRequired[int]


class EnrollAnswer(TypedDict):
    """Acknowledgement of `enroll`."""

    accepted: bool
    reason: str | None
    hint: str | None
    samples: int
    needed: int
    minimum: int
    done: bool
    conflict: PersonJson | None


class EnrolledAnswer(TypedDict):
    """Acknowledgement of `enroll_finish`."""

    person: PersonJson
    samples: int


class SightingEvent(TypedDict):
    """Server event `sighting`: a track became a person; at is UTC in ISO 8601."""

    track_id: int
    person: PersonJson
    at: str


def error_json(error: FacegateError) -> ErrorJson:
    """An error as it travels."""
    return {"code": error.code, "message": error.message, "details": error.details}
