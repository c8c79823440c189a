"""Who was seen in a video, and when: the sightings of all its frames, gathered."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from facegate.live.recognition import Sighting
from facegate.types import Match, PersonRef

# A person out of view for less than this was there all the time.
GAP_MS = 1000
_CERTAINTY = {"pending": 0, "unknown": 1, "matched": 2}


@dataclass(frozen=True, slots=True)
class Appearance:
    """One track, as far as one answer held for it.

    Attributes:
        track_id: of the track; one whose answer changed has several appearances.
        first_ms: when it began; a name holds from the beginning of its track.
        last_ms: when it was last seen with this answer.
        match: the best decision among its frames.
    """

    track_id: int
    first_ms: float
    last_ms: float
    match: Match


@dataclass(frozen=True, slots=True)
class SeenPerson:
    """Somebody who was named.

    Attributes:
        person: who.
        ranges_ms: beginning and end of each time in view, in order, without overlap.
        match: the best decision.
    """

    person: PersonRef
    ranges_ms: tuple[tuple[float, float], ...]
    match: Match


class AppearanceLog:
    """Takes in the sightings of one video, frame by frame."""

    def __init__(self) -> None:
        self._open: dict[int, Appearance] = {}
        self._closed: list[Appearance] = []

    def add(self, sightings: Iterable[Sighting], time_ms: float) -> None:
        """The faces of the frame shown at `time_ms`."""
        for sighting in sightings:
            last = self._open.get(sighting.track_id)
            if last is None:
                self._open[sighting.track_id] = Appearance(
                    sighting.track_id, sighting.first_seen_ms, time_ms, sighting.match
                )
            elif _same_answer(last.match, sighting.match):
                self._open[sighting.track_id] = replace(
                    last, last_ms=time_ms, match=_better(last.match, sighting.match)
                )
            else:
                self._closed.append(last)
                self._open[sighting.track_id] = Appearance(sighting.track_id, time_ms, time_ms, sighting.match)

    def appearances(self) -> list[Appearance]:
        """All of them, by their beginning."""
        return sorted([*self._closed, *self._open.values()], key=lambda each: (each.first_ms, each.track_id))


def people_seen(appearances: Iterable[Appearance]) -> list[SeenPerson]:
    """The people named, by when they were first seen."""
    by_person: dict[PersonRef, list[Appearance]] = {}
    for appearance in appearances:
        if appearance.match.person is not None:
            by_person.setdefault(appearance.match.person, []).append(appearance)
    seen = [
        SeenPerson(person, _ranges(each), min((one.match for one in each), key=_fmr))
        for person, each in by_person.items()
    ]
    return sorted(seen, key=lambda one: one.ranges_ms[0])


def _ranges(appearances: Sequence[Appearance]) -> tuple[tuple[float, float], ...]:
    ranges: list[tuple[float, float]] = []
    for start, end in sorted((each.first_ms, each.last_ms) for each in appearances):
        if ranges and start - ranges[-1][1] < GAP_MS:
            ranges[-1] = (ranges[-1][0], max(ranges[-1][1], end))
        else:
            ranges.append((start, end))
    return tuple(ranges)


def _same_answer(before: Match, now: Match) -> bool:
    """Whether the answer still holds.

    A track shows one face, so a name it gets later was true before, while votes were few or the face was turned away.
    """
    return before.status != "matched" or now.person == before.person


def _better(before: Match, now: Match) -> Match:
    """The more certain of two decisions with the same answer; a name rather than unknown, any decision over none."""
    if _CERTAINTY[now.status] != _CERTAINTY[before.status]:
        return max(before, now, key=lambda match: _CERTAINTY[match.status])
    return min(before, now, key=_fmr)


def _fmr(match: Match) -> float:
    return 1.0 if match.fmr is None else match.fmr
