"""The values that travel between rooms: frozen, and checked once, when they are made.

Conventions: pixels are uint8 (H, W, 3) RGB; boxes float32 xyxy in source pixels; landmarks float32 (5, 2) in source
pixels as eye, eye, nose tip, mouth corner, mouth corner, the two of each pair ordered left to right in the image.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, overload

import numpy as np
from numpy.typing import NDArray

from facegate.errors import ModelMismatch

Float32 = NDArray[np.float32]
UInt8 = NDArray[np.uint8]

MatchStatus = Literal["matched", "unknown", "pending"]


def _require(array: NDArray[Any], name: str, dtype: type, shape: tuple[int | None, ...]) -> None:
    """Raise ValueError unless `array` has the dtype and shape; None in `shape` stands for any length."""
    fits = array.ndim == len(shape) and all(want in (None, got) for want, got in zip(shape, array.shape, strict=False))
    if array.dtype != dtype or not fits:
        wanted = ", ".join("n" if n is None else str(n) for n in shape)
        raise ValueError(f"{name}: expected {np.dtype(dtype).name} ({wanted}), got {array.dtype.name} {array.shape}")


@dataclass(frozen=True, eq=False, slots=True)
class Frame:
    """One picture.

    Attributes:
        pixels: uint8 (H, W, 3), RGB, H and W at least 1, upright (EXIF orientation already applied).
    """

    pixels: UInt8

    def __post_init__(self) -> None:
        _require(self.pixels, "Frame.pixels", np.uint8, (None, None, 3))
        if 0 in self.pixels.shape:
            raise ValueError(f"Frame.pixels: at least one pixel is needed, got {self.pixels.shape}")

    @property
    def width(self) -> int:
        """Columns, in pixels."""
        return self.pixels.shape[1]

    @property
    def height(self) -> int:
        """Rows, in pixels."""
        return self.pixels.shape[0]


@dataclass(frozen=True, eq=False, slots=True)
class Detections:
    """All faces one detector found in one frame, as arrays of equal length n (n may be 0).

    Attributes:
        boxes: float32 (n, 4), xyxy, source pixels; may reach past the frame's edge.
        scores: float32 (n,), detection score in [0, 1].
        landmarks: float32 (n, 5, 2), xy, source pixels.
    """

    boxes: Float32
    scores: Float32
    landmarks: Float32

    def __post_init__(self) -> None:
        _require(self.boxes, "Detections.boxes", np.float32, (None, 4))
        n = len(self.boxes)
        _require(self.scores, "Detections.scores", np.float32, (n,))
        _require(self.landmarks, "Detections.landmarks", np.float32, (n, 5, 2))

    @classmethod
    def empty(cls) -> "Detections":
        """No faces."""
        return cls(np.zeros((0, 4), np.float32), np.zeros(0, np.float32), np.zeros((0, 5, 2), np.float32))

    def __len__(self) -> int:
        return len(self.boxes)

    def take(self, index: "NDArray[np.integer[Any]] | NDArray[np.bool_] | slice") -> "Detections":
        """The detections at `index` (a NumPy index over n), in that order."""
        return Detections(self.boxes[index], self.scores[index], self.landmarks[index])


@dataclass(frozen=True, slots=True)
class Quality:
    """First measures of how usable one face is.

    Attributes:
        eye_distance_px: distance between the eye landmarks, source pixels.
        sharpness: 0 (blurred) to 100 (crisp), comparable between face sizes.
        brightness: mean luma of the face, 0 to 100.
        contrast: spread of the face's luma, 0 to 100.
        nose_offset: nose tip's distance from the line between eye and mouth centres along the eye axis, over the eye
            distance; 0 is frontal, sign as in the image (positive: nose points to the image's right).
        roll_degrees: rotation of the eye line in the image, positive clockwise.
    """

    eye_distance_px: float
    sharpness: float
    brightness: float
    contrast: float
    nose_offset: float
    roll_degrees: float


@dataclass(frozen=True, eq=False, slots=True)
class Embedding:
    """A face as a vector, together with the recipe that made it; different recipes never compare.

    Attributes:
        vector: float32 (d,); unit length for cosine recipes.
        recipe_id: digest of model files, alignment, preprocessing, mirror averaging and metric.
    """

    vector: Float32
    recipe_id: str

    def __post_init__(self) -> None:
        _require(self.vector, "Embedding.vector", np.float32, (None,))
        if not np.isfinite(self.vector).all():
            raise ValueError("Embedding.vector: not all numbers are finite")

    def similarity(self, other: "Embedding | Template") -> float:
        """Cosine in [-1, 1] for unit vectors.

        Raises:
            ModelMismatch: the recipes differ.
        """
        if self.recipe_id != other.recipe_id:
            raise ModelMismatch(
                f"One face was made with recipe {self.recipe_id}, the other with {other.recipe_id}; "
                "their numbers cannot be compared. Make both with the same engine.",
            )
        return float(self.vector @ other.vector)


@dataclass(frozen=True, eq=False, slots=True)
class Template:
    """What is stored for a person: the renormalised mean of the embeddings of their captures.

    Attributes:
        vector: float32 (d,), unit length.
        recipe_id: as in :class:`Embedding`.
        samples: number of embeddings fused, at least 1.
        agreement: length of the mean before it was normalised, in (0, 1]: 1 for one embedding or equal ones, less the
            more they differ. A fused template lies nearer to everybody, strangers included; decisions allow for it.
    """

    vector: Float32
    recipe_id: str
    samples: int
    agreement: float = 1.0

    def __post_init__(self) -> None:
        _require(self.vector, "Template.vector", np.float32, (None,))
        if self.samples < 1:
            raise ValueError(f"Template.samples: expected at least 1, got {self.samples}")
        if not 0 < self.agreement <= 1:
            raise ValueError(f"Template.agreement: expected more than 0 and at most 1, got {self.agreement}")

    @classmethod
    def fuse(cls, embeddings: Sequence[Embedding]) -> "Template":
        """The normalised mean of at least one embedding, all of one recipe.

        Raises:
            ValueError: no embedding, or their mean is zero.
            ModelMismatch: the recipes differ.
        """
        if not embeddings:
            raise ValueError("Template.fuse: at least one embedding is needed")
        recipes = {e.recipe_id for e in embeddings}
        if len(recipes) > 1:
            raise ModelMismatch(f"Embeddings of different recipes cannot be fused: {', '.join(sorted(recipes))}.")
        mean = np.stack([e.vector for e in embeddings]).astype(np.float64).mean(axis=0)
        norm = float(np.linalg.norm(mean))
        if norm < 1e-6:
            raise ValueError("Template.fuse: the embeddings cancel out")
        unit: Float32 = np.asarray(mean / norm, dtype=np.float32)
        return cls(unit, embeddings[0].recipe_id, len(embeddings), min(norm, 1.0))


@dataclass(frozen=True, eq=False, slots=True)
class Face:
    """One analysed face.

    Attributes:
        box: float32 (4,), xyxy, source pixels.
        landmarks: float32 (5, 2), source pixels.
        detection_score: in [0, 1].
        quality: always measured.
        embedding: None when embedding was not asked for.
    """

    box: Float32
    landmarks: Float32
    detection_score: float
    quality: Quality
    embedding: Embedding | None = None

    def __post_init__(self) -> None:
        _require(self.box, "Face.box", np.float32, (4,))
        _require(self.landmarks, "Face.landmarks", np.float32, (5, 2))


@dataclass(frozen=True, eq=False, slots=True)
class Faces(Sequence[Face]):
    """The faces of one frame, largest box first, with the frame's size and what each stage cost.

    Attributes:
        faces: the faces.
        width: of the frame, px.
        height: of the frame, px.
        timings_ms: stage name (decode, detect, align, embed, ...) to milliseconds.
    """

    faces: tuple[Face, ...]
    width: int
    height: int
    timings_ms: dict[str, float] = field(default_factory=dict[str, float])

    def __len__(self) -> int:
        return len(self.faces)

    def __iter__(self) -> Iterator[Face]:
        return iter(self.faces)

    @overload
    def __getitem__(self, index: int) -> Face: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[Face]: ...
    def __getitem__(self, index: int | slice) -> Face | Sequence[Face]:
        return self.faces[index]


@dataclass(frozen=True, slots=True)
class PersonRef:
    """Who a match names: a person's id and display name."""

    id: str
    name: str


@dataclass(frozen=True, slots=True)
class Candidate:
    """One person with the similarity of their template to the probe.

    Attributes:
        person: whose template it is.
        similarity: from a gallery search, the cosine; in a :class:`Match`, the number that was compared.
        agreement: of the template, see :class:`Template`; 1 where `similarity` already allows for it.
    """

    person: PersonRef
    similarity: float
    agreement: float = 1.0


@dataclass(frozen=True, slots=True)
class Match:
    """The decision about one probe against a gallery (1:N).

    `similarity` never travels without `threshold` and `fmr`.

    Attributes:
        status: matched, unknown or pending.
        person: set when matched.
        similarity: best candidate's, None when the gallery is empty or the face was not compared.
        threshold: what `similarity` was compared with.
        fmr: calibrated per-comparison false match rate at `similarity`, never below what the table supports.
        fpir: the rate at which a stranger would be matched this well somewhere in a gallery of this size.
        margin: best minus second-best similarity; None with fewer than two people.
        reason: why it is not matched (`below_threshold`, `ambiguous`, `empty_gallery`, `face_too_small`,
            `gallery_too_large_for_target`, `needs_more_frames`); None when matched.
        candidates: best first, at most a handful.
    """

    status: MatchStatus
    person: PersonRef | None = None
    similarity: float | None = None
    threshold: float | None = None
    fmr: float | None = None
    fpir: float | None = None
    margin: float | None = None
    reason: str | None = None
    candidates: tuple[Candidate, ...] = ()
