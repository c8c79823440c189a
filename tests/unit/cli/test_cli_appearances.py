"""Sightings of many frames become people with times."""

from dataclasses import replace

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from facegate.cli.appearances import AppearanceLog, people_seen
from facegate.live.recognition import Sighting
from facegate.types import Face, Match, PersonRef, Quality

ANA, BEN = PersonRef("1", "Ana"), PersonRef("2", "Ben")
FACE = Face(np.array([0, 0, 9, 9], np.float32), np.zeros((5, 2), np.float32), 1.0, Quality(40, 50, 50, 50, 0, 0))
PENDING = Match("pending", reason="needs_more_frames")
UNKNOWN = Match("unknown", similarity=0.5, threshold=0.9, fmr=0.1, reason="below_threshold")


def named(person: PersonRef, fmr: float = 1e-4) -> Match:
    return Match("matched", person=person, similarity=0.95, threshold=0.9, fmr=fmr)


def log_of(*frames: tuple[float, dict[int, Match]]) -> AppearanceLog:
    log = AppearanceLog()
    first: dict[int, float] = {}
    for time_ms, matches in frames:
        for track in matches:
            first.setdefault(track, time_ms)
        log.add([Sighting(track, FACE, match, 0, 3, first[track]) for track, match in matches.items()], time_ms)
    return log


def test_a_name_holds_from_the_beginning_of_its_track() -> None:
    log = log_of((0, {1: PENDING}), (100, {1: UNKNOWN}), (200, {1: named(ANA)}), (300, {1: named(ANA, 1e-5)}))
    (appearance,) = log.appearances()
    assert (appearance.first_ms, appearance.last_ms) == (0, 300)
    (person,) = people_seen([appearance])
    assert person.person == ANA
    assert person.match.fmr == 1e-5


def test_a_track_that_changes_its_name_is_two_appearances() -> None:
    log = log_of((0, {1: named(ANA)}), (100, {1: named(BEN)}), (200, {1: UNKNOWN}))
    assert [(a.match.person, a.first_ms, a.last_ms) for a in log.appearances()] == [
        (ANA, 0, 0),
        (BEN, 100, 100),
        (None, 200, 200),
    ]


def test_ranges_of_one_person_join_over_short_gaps_only() -> None:
    log = log_of(
        (0, {1: named(ANA)}), (500, {1: named(ANA)}), (1400, {2: named(ANA)}), (5000, {3: named(ANA), 4: named(BEN)})
    )
    ana, ben = people_seen(log.appearances())
    assert ana.ranges_ms == ((0, 1400), (5000, 5000))
    assert ben.ranges_ms == ((5000, 5000),)


def test_two_tracks_of_one_person_at_once_are_one_range() -> None:
    log = log_of((0, {1: named(ANA), 2: named(ANA)}), (900, {2: named(ANA)}))
    assert people_seen(log.appearances())[0].ranges_ms == ((0, 900),)


def test_a_face_that_stays_pending_is_nobody() -> None:
    log = log_of((0, {1: PENDING}))
    assert people_seen(log.appearances()) == []
    assert log.appearances()[0].match.status == "pending"


answers = st.sampled_from([PENDING, UNKNOWN, named(ANA), named(BEN), named(ANA, 1e-5)])


@given(st.lists(st.dictionaries(st.integers(1, 3), answers), max_size=20))
def test_ranges_never_overlap_and_cover_every_named_frame(frames: list[dict[int, Match]]) -> None:
    timed = [(index * 400.0, each) for index, each in enumerate(frames)]
    people = {seen.person: seen for seen in people_seen(log_of(*timed).appearances())}
    for time_ms, each in timed:
        for match in each.values():
            if match.person is not None:
                assert any(start <= time_ms <= end for start, end in people[match.person].ranges_ms)
    for seen in people.values():
        flat = [moment for pair in seen.ranges_ms for moment in pair]
        assert flat == sorted(flat)
        assert seen.match == replace(seen.match, person=seen.person)
