"""Following faces from frame to frame: which places to look at, which face is whose successor, when to embed.

A state machine without pictures or clocks: it is told what was found and when.
"""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from facegate.imaging.geometry import iou_matrix
from facegate.types import Detections, Float32


@dataclass(frozen=True, slots=True)
class TrackerOptions:
    """When to look, and what counts as the same face.

    Attributes:
        detect_every_ms: full detection at least so often; a newcomer is seen after at most this.
        detect_every_frames: and at least every so many frames.
        keep_score: a refined face below this is lost; O-Net's own threshold is 0.8, and between frames a face turns.
        keep_overlap: so is one whose box moved further than this IoU in one step.
        same_overlap: a detection continues the track it overlaps by at least this IoU.
        confirm_within: full detections that may miss a face which refinement still holds, before it is given up.
        remember_ms: how long a lost track waits to be resumed in its place.
        first_embeddings: so many frames of a new track are embedded at once, for the vote on its name.
        embed_every_ms: after which it is embedded again,
        better_by: or when its picture is better by this factor than the best one embedded,
        better_after_ms: but not sooner than this.
    """

    detect_every_ms: float = 300
    detect_every_frames: int = 8
    keep_score: float = 0.7
    keep_overlap: float = 0.4
    same_overlap: float = 0.3
    confirm_within: int = 3
    remember_ms: float = 700
    first_embeddings: int = 5
    embed_every_ms: float = 1000
    better_by: float = 1.2
    better_after_ms: float = 150


@dataclass(frozen=True, eq=False, slots=True)
class Track:
    """One face over time.

    Attributes:
        id: never used again by the same tracker.
        box: float32 (4,), where it was last, xyxy, source pixels.
        landmarks: float32 (5, 2).
        score: of its last detection or refinement.
        first_seen_ms: when the track began.
        last_seen_ms: when it was seen last.
        unconfirmed: full detections in a row that did not find it.
        embeddings: how many frames of it were embedded.
        embedded_ms: when the last one was.
        best_worth: the best of them, as :func:`facegate.vision.quality.worth` has it.
    """

    id: int
    box: Float32
    landmarks: Float32
    score: float
    first_seen_ms: float
    last_seen_ms: float
    unconfirmed: int = 0
    embeddings: int = 0
    embedded_ms: float = 0
    best_worth: float = 0


class Tracker:
    """The faces of one stream of frames.

    For every frame: :meth:`forget` if the scene changed; look at :attr:`boxes`, tell :meth:`refined`; if
    :meth:`needs_detection`, detect and tell :meth:`detected`. Then :attr:`tracks` are the faces of the frame.
    """

    def __init__(self, options: TrackerOptions | None = None) -> None:
        self.options = options or TrackerOptions()
        self._visible: list[Track] = []
        self._lost: list[Track] = []
        self._next_id = 1
        self._detected_ms: float | None = None
        self._frames_since_detection = 0
        self._lost_one = False

    @property
    def tracks(self) -> tuple[Track, ...]:
        """The faces in view, oldest track first."""
        return tuple(self._visible)

    @property
    def boxes(self) -> Float32:
        """float32 (n, 4): where the faces in view were, in the order of :attr:`tracks`."""
        return _boxes(self._visible)

    def forget(self) -> None:
        """End all tracks: what comes next is another scene."""
        self._visible, self._lost = [], []
        self._detected_ms = None

    def needs_detection(self, now_ms: float) -> bool:
        """Whether the whole frame has to be searched: nobody in view, somebody just lost, or it is time."""
        if not self._visible or self._lost_one or self._detected_ms is None:
            return True
        elapsed = now_ms - self._detected_ms
        late = elapsed < 0 or elapsed >= self.options.detect_every_ms
        return late or self._frames_since_detection >= self.options.detect_every_frames

    def refined(self, found: Detections, now_ms: float) -> None:
        """Take in what became of :attr:`boxes`, in their order.

        Raises:
            ValueError: not one detection per box.
        """
        if len(found) != len(self._visible):
            raise ValueError(f"refined: expected {len(self._visible)} detections, got {len(found)}")
        self._frames_since_detection += 1
        held = self._held(found)
        tracks = self._visible
        self._visible = [_seen(track, found, i, now_ms) for i, track in enumerate(tracks) if held[i]]
        self._lost += [track for i, track in enumerate(tracks) if not held[i]]
        self._lost_one = not held.all()

    def detected(self, found: Detections, now_ms: float) -> None:
        """Take in all faces of the frame: they continue tracks or begin new ones."""
        self._detected_ms, self._frames_since_detection, self._lost_one = now_ms, 0, False
        self._lost = [track for track in self._lost if 0 <= now_ms - track.last_seen_ms <= self.options.remember_ms]
        known = self._visible + self._lost
        overlap = iou_matrix(_boxes(known), found.boxes)
        successor = _pairs(overlap, self.options.same_overlap)
        continued = [
            replace(_seen(track, found, successor[i], now_ms), unconfirmed=0)
            for i, track in enumerate(known)
            if i in successor
        ]
        held, gone = self._unmatched(overlap, successor, now_ms)
        begun = [self._begin(found, i, now_ms) for i in range(len(found)) if i not in successor.values()]
        self._visible = sorted(continued + held, key=lambda track: track.id) + begun
        self._lost = gone

    def due(self, track: Track, worth: float, now_ms: float) -> bool:
        """Whether a track's face in this frame is to be embedded.

        Args:
            track: in view.
            worth: of the face in this frame, see :func:`facegate.vision.quality.worth`.
            now_ms: the frame's time.
        """
        if track.embeddings < self.options.first_embeddings:
            return True
        elapsed = now_ms - track.embedded_ms
        if elapsed < 0 or elapsed >= self.options.embed_every_ms:
            return True
        return worth >= self.options.better_by * track.best_worth and elapsed >= self.options.better_after_ms

    def embedded(self, track_id: int, worth: float, now_ms: float) -> None:
        """Take note that a track's face was embedded; an id not in view is ignored."""
        self._visible = [
            replace(
                track,
                embeddings=track.embeddings + 1,
                embedded_ms=now_ms,
                best_worth=max(worth, track.best_worth),
            )
            if track.id == track_id
            else track
            for track in self._visible
        ]

    def _held(self, found: Detections) -> NDArray[np.bool_]:
        """Which refined faces are still there, each in a place of its own."""
        held = found.scores >= self.options.keep_score
        held &= np.diagonal(iou_matrix(self.boxes, found.boxes)) >= self.options.keep_overlap
        among = iou_matrix(found.boxes, found.boxes)
        for i in np.flatnonzero(held):  # two tracks that slid onto one face: the older one keeps it
            held[i] = not (held[:i] & (among[i, :i] >= self.options.same_overlap)).any()
        return held

    def _unmatched(self, overlap: Float32, successor: dict[int, int], now_ms: float) -> tuple[list[Track], list[Track]]:
        """Tracks without a detection: those refinement still holds in this frame, and those to be remembered."""
        held: list[Track] = []
        gone: list[Track] = []
        for i, track in enumerate(self._visible + self._lost):
            if i in successor:
                continue
            doubled = overlap.shape[1] > 0 and overlap[i].max() >= self.options.same_overlap
            missed = replace(track, unconfirmed=track.unconfirmed + 1)
            refined_now = i < len(self._visible) and track.last_seen_ms == now_ms
            if refined_now and not doubled and missed.unconfirmed < self.options.confirm_within:
                held.append(missed)
            elif not doubled:
                gone.append(track)
        return held, gone

    def _begin(self, found: Detections, i: int, now_ms: float) -> Track:
        track = Track(self._next_id, found.boxes[i], found.landmarks[i], float(found.scores[i]), now_ms, now_ms)
        self._next_id += 1
        return track


def _seen(track: Track, found: Detections, i: int, now_ms: float) -> Track:
    return replace(
        track,
        box=found.boxes[i],
        landmarks=found.landmarks[i],
        score=float(found.scores[i]),
        last_seen_ms=now_ms,
    )


def _boxes(tracks: list[Track]) -> Float32:
    return np.stack([track.box for track in tracks]) if tracks else np.zeros((0, 4), np.float32)


def _pairs(overlap: Float32, least: float) -> dict[int, int]:
    """One-to-one pairs row -> column, the greatest overlap first, down to `least`."""
    pairs: dict[int, int] = {}
    taken: set[int] = set()
    rows, columns = np.nonzero(overlap >= least)
    for k in np.argsort(-overlap[rows, columns], kind="stable"):
        row, column = int(rows[k]), int(columns[k])
        if row not in pairs and column not in taken:
            pairs[row] = column
            taken.add(column)
    return pairs
