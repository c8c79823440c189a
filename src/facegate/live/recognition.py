"""One stream of frames: follow faces, search for those that were embedded, vote on each track's name.

A look is one embedded frame of a track. What is searched is the mean of the track's last looks, which is less noisy
than any of them: a stranger close to the threshold stays below it instead of crossing it now and then.
"""

from collections import deque
from dataclasses import dataclass, field, replace
from time import perf_counter

import numpy as np

from facegate.config import Settings
from facegate.gallery.index import Searchable, TemplateIndex
from facegate.imaging.draw import Overlay
from facegate.matching.decide import SHOWN_CANDIDATES, identify
from facegate.matching.table import CalibrationTable
from facegate.matching.vote import NameVote
from facegate.types import Embedding, Face, Frame, Match, Quality, Template
from facegate.vision.engine import FaceEngine
from facegate.vision.following import FaceFollower, TrackedFace

# Votes of a track that is out of view are kept at least as long as the tracker may resume it.
_REMEMBER_MS = 3000.0
_TOO_SMALL = Match("pending", reason="face_too_small")


@dataclass(frozen=True, eq=False, slots=True)
class Sighting:
    """One face of one frame, and who it is taken for.

    Attributes:
        track_id: the same in every frame of its track.
        face: box, landmarks and quality in this frame.
        match: the vote's decision so far.
        votes_have: frames that agree.
        votes_needed: frames that must.
        first_seen_ms: when the track began.
    """

    track_id: int
    face: Face
    match: Match
    votes_have: int
    votes_needed: int
    first_seen_ms: float

    @property
    def quality(self) -> Quality:
        """Of the face in this frame."""
        return self.face.quality


@dataclass(slots=True)
class _Ballots:
    """What is known about one track."""

    vote: NameVote = field(default_factory=NameVote)
    looks: deque[Embedding] = field(default_factory=lambda: deque[Embedding](maxlen=NameVote().rules.window))
    seen_ms: float = 0.0

    def look(self, embedding: Embedding) -> Template:
        """Take in one more look; answers the mean of the last ones."""
        self.looks.append(embedding)
        return Template.fuse(tuple(self.looks))

    def look_again(self) -> list[Template]:
        """What :meth:`look` answered, or would have, for the looks still held."""
        looks = tuple(self.looks)
        return [Template.fuse(looks[: n + 1]) for n in range(len(looks))]


class StreamRecognizer:
    """Names the faces of one stream. One thread at a time; engine and gallery may be shared with other streams."""

    def __init__(self, engine: FaceEngine, gallery: Searchable, table: CalibrationTable, settings: Settings) -> None:
        self._follower = FaceFollower(engine, max_faces=settings.max_faces)
        self._gallery = gallery
        self._table = table
        self._settings = settings
        self._tracks: dict[int, _Ballots] = {}
        self._index = gallery.index()
        self.timings_ms: dict[str, float] = {}

    def step(self, frame: Frame, now_ms: float) -> list[Sighting]:
        """Take in the next frame.

        Args:
            frame: the picture.
            now_ms: its time, on any clock that does not jump.

        Returns:
            Its faces, oldest track first.

        Raises:
            StorageError: the gallery cannot be read.
            ModelMismatch: the gallery was made with another recipe.
        """
        sight = self._follower.step(frame, now_ms)
        started = perf_counter()
        self._take_changes()
        self._vote([face for face in sight.faces if face.face.embedding is not None], now_ms)
        sightings = [self._sighting(face, now_ms) for face in sight.faces]
        self._tracks = {id_: track for id_, track in self._tracks.items() if now_ms - track.seen_ms <= _REMEMBER_MS}
        self.timings_ms = {**sight.timings_ms, "match": (perf_counter() - started) * 1000}
        return sightings

    def _take_changes(self) -> None:
        """Vote again on the faces already embedded when somebody was enrolled, renamed or deleted."""
        index = self._gallery.index()
        if index is self._index:
            return
        self._index = index
        for track in self._tracks.values():
            track.vote = NameVote()
            for match in self._matches(index, track.look_again()):
                track.vote = track.vote.add(match)

    def _vote(self, faces: list[TrackedFace], now_ms: float) -> None:
        looked: list[tuple[_Ballots, Template]] = []
        for face in faces:
            embedding = face.face.embedding
            if embedding is not None and face.face.quality.eye_distance_px >= self._settings.name_eye_distance_px:
                track = self._tracks.setdefault(face.track_id, _Ballots(seen_ms=now_ms))
                looked.append((track, track.look(embedding)))
        for (track, _), match in zip(looked, self._matches(self._index, [probe for _, probe in looked]), strict=True):
            track.vote = track.vote.add(match)

    def _matches(self, index: TemplateIndex, probes: list[Template]) -> list[Match]:
        if not probes:
            return []
        vectors = np.stack([probe.vector for probe in probes])
        found = index.search(vectors, SHOWN_CANDIDATES, fusion_exponent=self._table.fusion_exponent)
        return [
            identify(
                # Fusing brings a probe nearer to everybody just as it does a template.
                [replace(each, agreement=each.agreement * probe.agreement) for each in candidates],
                self._table,
                target_fpir=self._settings.target_fpir,
                gallery_size=len(index),
            )
            for candidates, probe in zip(found, probes, strict=True)
        ]

    def _sighting(self, tracked: TrackedFace, now_ms: float) -> Sighting:
        track = self._tracks.setdefault(tracked.track_id, _Ballots())
        track.seen_ms = now_ms
        vote = track.vote
        small = tracked.face.quality.eye_distance_px < self._settings.name_eye_distance_px
        match = _TOO_SMALL if small and not vote.ballots else vote.match
        return Sighting(tracked.track_id, tracked.face, match, vote.have, vote.needed, tracked.first_seen_ms)


def overlay_of(sighting: Sighting) -> Overlay:
    """How a sighting is drawn: shape and word by its status."""
    match, box = sighting.match, sighting.face.box
    if match.status == "matched" and match.person is not None:
        return Overlay(box, "matched", match.person.name)
    if match.status == "unknown":
        return Overlay(box, "unknown", "Unknown")
    return Overlay(box, "poor" if match.reason == _TOO_SMALL.reason else "pending")
