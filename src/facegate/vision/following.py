"""The engine on a stream of frames: track, measure, and embed only when it is worth the time."""

from dataclasses import dataclass
from time import perf_counter

import numpy as np

from facegate.types import Detections, Embedding, Face, Float32, Frame
from facegate.vision.engine import FaceEngine
from facegate.vision.quality import measure, worth
from facegate.vision.scene import is_cut, sample
from facegate.vision.tracking import Track, Tracker, TrackerOptions


@dataclass(frozen=True, eq=False, slots=True)
class TrackedFace:
    """One face of one frame.

    Attributes:
        track_id: the same in every frame of its track.
        first_seen_ms: when the track began.
        face: its `embedding` is None in frames that were not embedded.
    """

    track_id: int
    first_seen_ms: float
    face: Face


@dataclass(frozen=True, eq=False, slots=True)
class Sight:
    """What one frame shows.

    Attributes:
        faces: oldest track first.
        timings_ms: stage name (detect, align, quality, embed) to milliseconds.
    """

    faces: tuple[TrackedFace, ...]
    timings_ms: dict[str, float]


class FaceFollower:
    """Follows the faces of one stream. One thread at a time; the engine may be shared with other streams."""

    def __init__(self, engine: FaceEngine, options: TrackerOptions | None = None, *, max_faces: int = 100) -> None:
        """Follow a new stream.

        Args:
            engine: what finds and embeds.
            options: of the tracker.
            max_faces: follow only so many, the largest.
        """
        self._engine = engine
        self._tracker = Tracker(options)
        self._max_faces = max_faces
        self._last: _Look | None = None

    def step(self, frame: Frame, now_ms: float) -> Sight:
        """Take in the next frame.

        Args:
            frame: the picture.
            now_ms: its time, on any clock that does not jump.
        """
        marks = [perf_counter()]
        self._track(frame, now_ms)
        marks.append(perf_counter())
        tracks = self._tracker.tracks
        found = _detections(tracks)
        chips = self._engine.aligner.align(frame, found.landmarks)
        marks.append(perf_counter())
        quality = measure(chips, found.landmarks)
        marks.append(perf_counter())
        due = [i for i, track in enumerate(tracks) if self._tracker.due(track, worth(quality[i]), now_ms)]
        vectors = self._engine.embedder.embed(chips[due])
        for i in due:
            self._tracker.embedded(tracks[i].id, worth(quality[i]), now_ms)
        marks.append(perf_counter())
        recipe_id = self._engine.recipe_id
        embeddings = {i: Embedding(vector, recipe_id) for i, vector in zip(due, vectors, strict=True)}
        faces = tuple(
            TrackedFace(
                track.id,
                track.first_seen_ms,
                Face(track.box, track.landmarks, track.score, quality[i], embeddings.get(i)),
            )
            for i, track in enumerate(tracks)
        )
        spent = np.diff(marks) * 1000
        return Sight(faces, dict(zip(("detect", "align", "quality", "embed"), map(float, spent), strict=True)))

    def _track(self, frame: Frame, now_ms: float) -> None:
        last, self._last = self._last, _Look(frame.width, frame.height, sample(frame))
        if last is not None and last.is_other_scene(self._last):
            self._tracker.forget()
        detector = self._engine.detector
        boxes = self._tracker.boxes
        if len(boxes):
            self._tracker.refined(detector.refine(frame, boxes), now_ms)
        if self._tracker.needs_detection(now_ms):
            self._tracker.detected(detector.detect(frame, max_faces=self._max_faces), now_ms)


@dataclass(frozen=True, eq=False, slots=True)
class _Look:
    """What is kept of a frame to compare the next one with."""

    width: int
    height: int
    brightness: Float32

    def is_other_scene(self, after: "_Look") -> bool:
        same_size = (self.width, self.height) == (after.width, after.height)
        return not same_size or is_cut(self.brightness, after.brightness)


def _detections(tracks: tuple[Track, ...]) -> Detections:
    if not tracks:
        return Detections.empty()
    return Detections(
        np.stack([track.box for track in tracks]),
        np.array([track.score for track in tracks], np.float32),
        np.stack([track.landmarks for track in tracks]),
    )
