"""Every failure a caller can meet, as one tree.

::

    FacegateError                        code, message, details
    ├── InputError                       the caller's data is at fault
    │   ├── InvalidRequest               invalid_request
    │   ├── NotFound                     not_found
    │   ├── Conflict                     conflict
    │   ├── ImageTooLarge                image_too_large
    │   ├── UnsupportedMediaType         unsupported_media_type
    │   ├── InvalidImage                 invalid_image
    │   └── FaceRejected                 face_not_found, multiple_faces, low_quality, identity_conflict
    │                                    or an enrolment rejection
    ├── AccessError                      who asks is at fault
    │   ├── Unauthorized                 unauthorized
    │   ├── Forbidden                    forbidden
    │   ├── ConsentRequired              consent_required
    │   └── Expired                      expired
    ├── ModelError                       recipes, weights and tables
    │   ├── ModelMismatch                model_mismatch
    │   ├── ModelFileChanged             model_file_changed
    │   ├── PickleRefused                pickle_refused
    │   └── CalibrationMissing           calibration_missing
    └── ServerError                      the machine or its configuration
        ├── InvalidSettings              invalid_settings
        ├── StorageError                 storage
        ├── Overloaded                   overloaded
        ├── NotReady                     not_ready
        └── PortInUse                    port_in_use

Messages are one to three sentences: what happened with the concrete value, why, and what to do. They may be shown to
the person who made the request; they never hold similarities, embeddings, secrets or stack traces. HTTP status codes
are chosen in ``http/``, exit codes in ``cli/``.
"""

from collections.abc import Mapping
from typing import ClassVar, Literal

Detail = str | int | float | bool | None

FaceRejection = Literal[
    "face_not_found",
    "multiple_faces",
    "low_quality",
    "face_too_small",
    "low_detection_score",
    "too_blurry",
    "too_dark",
    "too_bright",
    "extreme_pose",
    "occluded",
    "identity_conflict",
]


class FacegateError(Exception):
    """Base of all failures.

    Attributes:
        code: stable snake_case code, part of the public contract.
        message: what happened, why, and what to do.
        details: JSON-safe facts for programs (file name, limits, ids).
    """

    default_code: ClassVar[str] = "internal"

    def __init__(self, message: str, *, code: str | None = None, details: Mapping[str, Detail] | None = None) -> None:
        super().__init__(message)
        self.code = code or self.default_code
        self.message = message
        self.details: dict[str, Detail] = dict(details or {})


class InputError(FacegateError):
    """The caller's data is at fault."""

    default_code = "invalid_request"


class InvalidRequest(InputError):
    """A field is missing, of the wrong form or out of range."""


class NotFound(InputError):
    """The named thing does not exist."""

    default_code = "not_found"


class Conflict(InputError):
    """The change contradicts what is there."""

    default_code = "conflict"


class ImageTooLarge(InputError):
    """An image exceeds the byte, pixel or side limit."""

    default_code = "image_too_large"


class UnsupportedMediaType(InputError):
    """Not a still JPEG, PNG or WebP image."""

    default_code = "unsupported_media_type"


class InvalidImage(InputError):
    """An image of a supported type that is empty, truncated or corrupt."""

    default_code = "invalid_image"


class FaceRejected(InputError):
    """A readable image whose faces cannot be used; the code is a :data:`FaceRejection`."""

    default_code = "low_quality"


class AccessError(FacegateError):
    """Who asks is at fault."""

    default_code = "forbidden"


class Unauthorized(AccessError):
    """No valid session, ticket or key."""

    default_code = "unauthorized"


class Forbidden(AccessError):
    """A valid caller without the right to do this."""


class ConsentRequired(AccessError):
    """A face may not be stored before consent is recorded."""

    default_code = "consent_required"


class Expired(AccessError):
    """A link, ticket or session is past its time or already used."""

    default_code = "expired"


class ModelError(FacegateError):
    """Recipes, weights and tables."""

    default_code = "model_mismatch"


class ModelMismatch(ModelError):
    """Two embeddings of different recipes were about to be compared."""


class ModelFileChanged(ModelError):
    """A weights file is missing or does not have the digest of its catalogue row."""

    default_code = "model_file_changed"


class PickleRefused(ModelError):
    """A file is a Python pickle, which can run code when opened."""

    default_code = "pickle_refused"


class CalibrationMissing(ModelError):
    """No calibration table for this scoring, or the table does not reach the asked rate."""

    default_code = "calibration_missing"


class ServerError(FacegateError):
    """The machine or its configuration."""


class InvalidSettings(ServerError):
    """A setting is unknown, malformed or unsafe."""

    default_code = "invalid_settings"


class StorageError(ServerError):
    """The database or a key file is missing, locked, full or damaged."""

    default_code = "storage"


class Overloaded(ServerError):
    """No place left for more work right now."""

    default_code = "overloaded"


class NotReady(ServerError):
    """Still starting, or already stopping."""

    default_code = "not_ready"


class PortInUse(ServerError):
    """The asked port is taken."""

    default_code = "port_in_use"
