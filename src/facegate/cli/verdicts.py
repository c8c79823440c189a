"""What became of each picture and video of an enrolment."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from facegate.cli.output import JsonObject
from facegate.cli.shots import Shot
from facegate.cli.sources import Source
from facegate.errors import FacegateError


@dataclass(frozen=True, slots=True)
class SourceVerdict:
    """What became of one source.

    Attributes:
        source: the picture or video.
        used: pictures or frames that were added.
        frames: frames looked at; None for a picture.
        error: why it, or the most of its frames, was not used; None when all were.
    """

    source: Source
    used: int
    frames: int | None
    error: FacegateError | None

    @property
    def seen(self) -> int:
        """Pictures or frames looked at."""
        return 1 if self.frames is None else self.frames

    def as_json(self) -> JsonObject:
        """One entry of `pictures` in `enroll --json`."""
        kind: JsonObject = {"image": self.source.shown}
        if self.frames is not None:
            kind = {"video": self.source.shown, "frames": self.frames, "frames_used": self.used}
        unused = None if self.used else self.error
        return {
            **kind,
            "accepted": self.used > 0,
            "reason": None if unused is None else unused.code,
            "message": None if unused is None else unused.message,
        }


def verdicts(shots: Sequence[Shot]) -> list[SourceVerdict]:
    """One verdict per source, in order."""
    by_source: dict[Source, list[Shot]] = {}
    for shot in shots:
        by_source.setdefault(shot.source, []).append(shot)
    return [_verdict(source, each) for source, each in by_source.items()]


def _verdict(source: Source, shots: Sequence[Shot]) -> SourceVerdict:
    errors = [shot.error for shot in shots if shot.error is not None]
    commonest = Counter(error.code for error in errors).most_common(1)
    error = next((error for error in errors if error.code == commonest[0][0]), None) if commonest else None
    frames = sum(shot.time_ms is not None for shot in shots)
    return SourceVerdict(source, len(shots) - len(errors), frames if source.is_video else None, error)
