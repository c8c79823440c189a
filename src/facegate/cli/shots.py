"""The faces of enrolment: one per picture, some per video."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from facegate.cli.failures import no_face
from facegate.cli.output import Output
from facegate.cli.sources import Source, existing, read_frame
from facegate.cli.times import format_time
from facegate.config import Settings
from facegate.errors import FacegateError, FaceRejected, InvalidRequest
from facegate.gallery.enrolment import usable_face
from facegate.gallery.values import Sample
from facegate.imaging.decode import ImageLimits
from facegate.imaging.video import VideoReader, open_video
from facegate.types import Embedding, Face, Frame
from facegate.vision.engine import FaceEngine

# Frames closer together show the same moment again (the page's enrolment takes them this far apart, too).
FRAME_GAP_MS = 600
MOST_FRAMES = 10
# A long video is looked at in so many places, so that all of it can contribute.
MOST_LOOKS = 30


@dataclass(frozen=True, slots=True)
class Window:
    """The part of a video that is used, milliseconds; the end None for all of it."""

    start_ms: int = 0
    end_ms: int | None = None


@dataclass(frozen=True, slots=True)
class Shot:
    """One picture, or one frame of a video.

    Attributes:
        source: where it is from.
        time_ms: in the video; None for a picture.
        face: the face it is used for, None when it is not used.
        error: why it is not used.
    """

    source: Source
    time_ms: float | None
    face: Face | None
    error: FacegateError | None = None

    def refused(self, error: FacegateError) -> "Shot":
        """The same shot, not used."""
        return replace(self, face=None, error=error)

    @property
    def embedding(self) -> Embedding | None:
        """Of the face it is used for."""
        return None if self.face is None else self.face.embedding

    @property
    def label(self) -> str:
        """What the gallery notes as its origin: the file's name, with the time in a video."""
        return self.source.name if self.time_ms is None else f"{self.source.name} {format_time(self.time_ms)}"


def take_shots(
    sources: Sequence[Source],
    engine: FaceEngine,
    settings: Settings,
    out: Output,
    *,
    largest: bool,
    window: Window | None,
) -> list[Shot]:
    """Every picture once and of every video up to ten usable frames, spread over it and at least 0.6 s apart.

    Raises:
        InvalidRequest: a window was given and there is no video.
    """
    videos = {source: source.is_video for source in sources}
    if window is not None and not any(videos.values()):
        raise InvalidRequest("--from and --to are times in a video, and no source is one. Leave them out.")
    shots: list[Shot] = []
    with out.progress("Looking", len(sources)) as step:
        for index, source in enumerate(sources):
            step(index, source.shown)
            try:
                if videos[source]:
                    shots += _of_video(source, engine, settings, largest=largest, window=window or Window())
                else:
                    shots.append(_shot(source, None, read_frame(source, settings), engine, settings, largest=largest))
            except FacegateError as error:
                shots.append(Shot(source, None, None, error))
    return shots


def _of_video(source: Source, engine: FaceEngine, settings: Settings, *, largest: bool, window: Window) -> list[Shot]:
    shots: list[Shot] = []
    with open_video(existing(source), limits=ImageLimits.from_settings(settings)) as video:
        for time_ms, frame in _apart(video, window):
            shots.append(_shot(source, time_ms, frame, engine, settings, largest=largest))
    if not shots:
        raise InvalidRequest(
            f"{source.name} has no picture from {format_time(window.start_ms)} on. Give an earlier --from.",
            details={"video": source.shown},
        )
    return _thinned(shots)


def _thinned(shots: list[Shot]) -> list[Shot]:
    """Without the usable shots beyond :data:`MOST_FRAMES`, the kept ones spread evenly."""
    usable = [index for index, shot in enumerate(shots) if shot.face is not None]
    step = max(1.0, len(usable) / MOST_FRAMES)
    kept = {usable[int(number * step)] for number in range(min(len(usable), MOST_FRAMES))}
    return [shot for index, shot in enumerate(shots) if shot.face is None or index in kept]


def _apart(video: VideoReader, window: Window) -> Iterator[tuple[float, Frame]]:
    gap_ms = _gap_ms(video, window)
    next_ms = float(window.start_ms)
    for each in video:
        if window.end_ms is not None and each.time_ms > window.end_ms:
            return
        if each.time_ms >= next_ms:
            next_ms = each.time_ms + gap_ms
            yield each.time_ms, each.frame


def _gap_ms(video: VideoReader, window: Window) -> float:
    end_ms = video.duration_ms
    if window.end_ms is not None:
        end_ms = min(end_ms, window.end_ms)
    return max(FRAME_GAP_MS, (end_ms - window.start_ms) / MOST_LOOKS)


def _shot(
    source: Source, time_ms: float | None, frame: Frame, engine: FaceEngine, settings: Settings, *, largest: bool
) -> Shot:
    faces = engine.analyze(frame)
    if not faces:
        return Shot(source, time_ms, None, no_face(source, faces, settings))
    try:
        return Shot(source, time_ms, usable_face(faces, settings=settings, largest=largest))
    except FaceRejected as error:
        return Shot(source, time_ms, None, _with_our_cure(error))


def _with_our_cure(error: FaceRejected) -> FaceRejected:
    if error.code != "multiple_faces":
        return error
    return FaceRejected(f"{error.message} Or take the largest: --largest.", code=error.code, details=error.details)


def samples(shots: Sequence[Shot]) -> list[Sample]:
    """The faces to store."""
    return [
        Sample(shot.face.embedding, shot.face.quality, shot.label)
        for shot in shots
        if shot.face is not None and shot.face.embedding is not None
    ]
