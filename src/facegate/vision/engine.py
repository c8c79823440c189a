"""One object that answers who-looks-like-what for a picture: detect, align, measure, embed."""

from collections.abc import Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter
from types import TracebackType
from typing import Any, TypeGuard

import numpy as np
from numpy.typing import NDArray

from facegate.config import Settings, load_settings
from facegate.errors import ImageTooLarge, InvalidRequest, NotFound, NotReady
from facegate.imaging.decode import ImageLimits, decode_image, read_image
from facegate.types import Detections, Embedding, Face, Faces, Float32, Frame, Quality, UInt8
from facegate.vision.align import Aligner
from facegate.vision.detect.base import Detector
from facegate.vision.embed.base import Embedder
from facegate.vision.presets import PRESETS, Parts
from facegate.vision.quality import measure
from facegate.vision.recipe import Recipe

ImageSource = str | Path | bytes | bytearray | memoryview | NDArray[np.uint8] | Frame

_SMALLEST_FACE_PX = 12


class FaceEngine(AbstractContextManager["FaceEngine"]):
    """Loaded networks and how they are used. Any number of native threads may share one engine."""

    def __init__(self, parts: Parts, settings: Settings) -> None:
        self._open_parts: Parts | None = parts
        self._limits = ImageLimits.from_settings(settings)
        self._max_faces = settings.max_faces

    @classmethod
    def open(cls, preset: str = "default", *, settings: Settings | None = None) -> "FaceEngine":
        """Load an engine.

        Args:
            preset: its name.
            settings: limits, smallest face, the detector's thresholds; None: from the environment and `facegate.toml`.

        Raises:
            NotFound: there is no such preset.
            ModelFileChanged: a model file is missing or not what the catalogue says.
        """
        if preset not in PRESETS:
            known = ", ".join(PRESETS)
            raise NotFound(f"There is no engine {preset!r}. Known: {known}.", details={"preset": preset})
        settings = load_settings() if settings is None else settings
        return cls(PRESETS[preset](settings), settings)

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Let go of the networks; what runs in other threads ends as usual."""
        self._open_parts = None

    @property
    def _parts(self) -> Parts:
        if self._open_parts is None:
            raise NotReady("The engine has been closed. Open another with FaceEngine.open().")
        return self._open_parts

    @property
    def detector(self) -> Detector:
        """Finds faces."""
        return self._parts.detector

    @property
    def aligner(self) -> Aligner:
        """Cuts faces out."""
        return self._parts.aligner

    @property
    def embedder(self) -> Embedder:
        """Turns chips into vectors."""
        return self._parts.embedder

    @property
    def recipe(self) -> Recipe:
        """What the embeddings may be compared with."""
        return self.embedder.recipe

    @property
    def recipe_id(self) -> str:
        """The recipe's id."""
        return self.recipe.id

    def analyze(
        self,
        image: ImageSource,
        *,
        embed: bool = True,
        min_face_px: int | None = None,
        max_faces: int | None = None,
    ) -> Faces:
        """Find, measure and embed the faces of one picture.

        Args:
            image: a path, the bytes of a JPEG, PNG or WebP file, uint8 (H, W, 3) RGB, or a :class:`Frame`.
            embed: False leaves `embedding` None and saves its time.
            min_face_px: smallest face box side looked for, at least 12; None: the settings'.
            max_faces: keep only the largest; None: the settings'.

        Returns:
            The faces, largest first, and what each stage cost.

        Raises:
            InvalidRequest: an array of another type or shape, or an option out of range.
            NotFound: there is no such file.
            InvalidImage: empty, cut short or damaged.
            ImageTooLarge: over a limit of the settings.
            UnsupportedMediaType: not a still JPEG, PNG or WebP.
        """
        return self.analyze_batch([image], embed=embed, min_face_px=min_face_px, max_faces=max_faces)[0]

    def analyze_batch(
        self,
        images: Sequence[ImageSource],
        *,
        embed: bool = True,
        min_face_px: int | None = None,
        max_faces: int | None = None,
    ) -> list[Faces]:
        """:meth:`analyze` for several pictures, whose faces are embedded together.

        The time of embedding is shared out by number of faces.
        """
        _check_options(min_face_px, max_faces)
        looks = [
            self._look(image, min_face_px, self._max_faces if max_faces is None else max_faces) for image in images
        ]
        if embed:
            self._embed(looks)
        return [look.faces(self.recipe_id) for look in looks]

    def _look(self, image: ImageSource, min_face_px: int | None, max_faces: int) -> "_Look":
        timings: dict[str, float] = {}
        with _Stopwatch(timings, "decode"):
            frame = self._frame(image)
        with _Stopwatch(timings, "detect"):
            found = self.detector.detect(frame, min_face_px=min_face_px, max_faces=max_faces)
        return self._measured(frame, found, timings)

    def _measured(self, frame: Frame, detections: Detections, timings: dict[str, float]) -> "_Look":
        with _Stopwatch(timings, "align"):
            chips = self.aligner.align(frame, detections.landmarks)
        with _Stopwatch(timings, "quality"):
            quality = measure(chips, detections.landmarks)
        return _Look(frame, detections, chips, quality, [None] * len(detections), timings)

    def _embed(self, looks: "list[_Look]") -> None:
        if not looks:
            return
        timings: dict[str, float] = {}
        with _Stopwatch(timings, "embed"):
            vectors = self.embedder.embed(np.concatenate([look.chips for look in looks]))
        start = 0
        for look in looks:
            n = len(look.detections)
            look.vectors = list(vectors[start : start + n])
            look.timings["embed"] = timings["embed"] * n / max(1, len(vectors))
            start += n

    def _frame(self, image: ImageSource) -> Frame:
        match image:
            case Frame():
                frame = image
            case str() | Path():
                return read_image(image, limits=self._limits)
            case bytes() | bytearray() | memoryview():
                return decode_image(bytes(image), limits=self._limits)
            case _:
                frame = _frame_of(image)
        self._check_size(frame)
        return frame

    def _check_size(self, frame: Frame) -> None:
        pixels, side = frame.width * frame.height, max(frame.width, frame.height)
        if pixels > self._limits.max_pixels or side > self._limits.max_side_px:
            raise ImageTooLarge(
                f"The picture is {frame.width} x {frame.height} pixels; the limits are {self._limits.max_pixels:,} "
                f"pixels and {self._limits.max_side_px:,} a side. Scale it down first.",
                details={"width": frame.width, "height": frame.height},
            )


@dataclass(slots=True)
class _Look:
    """One picture on its way through the engine."""

    frame: Frame
    detections: Detections
    chips: UInt8
    quality: list[Quality]
    vectors: list[Float32 | None]
    timings: dict[str, float]

    def faces(self, recipe_id: str) -> Faces:
        found = self.detections
        return Faces(
            tuple(
                Face(box, landmarks, float(score), quality, None if vector is None else Embedding(vector, recipe_id))
                for box, landmarks, score, quality, vector in zip(
                    found.boxes, found.landmarks, found.scores, self.quality, self.vectors, strict=True
                )
            ),
            self.frame.width,
            self.frame.height,
            self.timings,
        )


class _Stopwatch:
    """Notes how long its block took, in ms."""

    def __init__(self, timings: dict[str, float], name: str) -> None:
        self._timings, self._name = timings, name

    def __enter__(self) -> None:
        self._start = perf_counter()

    def __exit__(self, *_: object) -> None:
        self._timings[self._name] = (perf_counter() - self._start) * 1000


def _frame_of(image: object) -> Frame:
    if not _is_array(image):
        raise InvalidRequest(
            f"A picture is a path, the bytes of a file, or a uint8 array (height, width, 3) in RGB; this is of type "
            f"{type(image).__name__}."
        )
    if image.dtype != np.uint8 or image.ndim != 3 or image.shape[2] != 3 or 0 in image.shape:
        raise InvalidRequest(
            f"The array is {image.dtype.name} {image.shape}; a picture is uint8 (height, width, 3) in RGB, with at "
            "least one pixel. Convert it first."
        )
    return Frame(np.ascontiguousarray(image, np.uint8))


def _is_array(image: object) -> TypeGuard[NDArray[Any]]:
    return isinstance(image, np.ndarray)


def _check_options(min_face_px: int | None, max_faces: int | None) -> None:
    if min_face_px is not None and not min_face_px >= _SMALLEST_FACE_PX:  # nan, too
        raise InvalidRequest(
            f"The smallest face is {min_face_px} px; the detector sees faces from 12 px. Ask for more."
        )
    if max_faces is not None and max_faces < 1:
        raise InvalidRequest(f"At most {max_faces} faces were asked for; ask for at least 1.")
