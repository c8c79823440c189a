"""The tracker, told what was found and when."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from facegate.types import Detections
from facegate.vision.tracking import Tracker, TrackerOptions


def faces(*places: tuple[float, float], size: float = 100, score: float = 0.99) -> Detections:
    """Faces with their upper left corners at `places`."""
    corners = np.array(places, np.float32).reshape(-1, 2)
    boxes = np.concatenate([corners, corners + size], axis=1, dtype=np.float32)
    points = np.array([[0.3, 0.4], [0.7, 0.4], [0.5, 0.6], [0.35, 0.8], [0.65, 0.8]], np.float32)
    landmarks = (corners[:, None] + points[None] * size).astype(np.float32)
    return Detections(boxes, np.full(len(corners), score, np.float32), landmarks)


def ids(tracker: Tracker) -> list[int]:
    return [track.id for track in tracker.tracks]


@pytest.fixture
def tracker() -> Tracker:
    return Tracker(TrackerOptions(detect_every_ms=300, detect_every_frames=8, remember_ms=700))


def test_an_empty_view_is_searched_every_frame(tracker: Tracker) -> None:
    assert tracker.needs_detection(0)
    tracker.detected(Detections.empty(), 0)
    assert tracker.needs_detection(1)
    assert tracker.boxes.shape == (0, 4)


def test_a_face_in_view_is_not_searched_again_until_it_is_time(tracker: Tracker) -> None:
    tracker.detected(faces((10, 10)), 0)

    assert not tracker.needs_detection(299)
    assert tracker.needs_detection(300)


def test_nor_for_more_frames_than_allowed(tracker: Tracker) -> None:
    tracker.detected(faces((10, 10)), 0)
    for now in range(1, 8):
        tracker.refined(faces((10, 10)), now)
        assert not tracker.needs_detection(now)
    tracker.refined(faces((10, 10)), 8)
    assert tracker.needs_detection(8)


def test_a_clock_that_went_back_asks_for_a_search(tracker: Tracker) -> None:
    tracker.detected(faces((10, 10)), 10_000)

    assert tracker.needs_detection(5_000)


def test_a_moving_face_keeps_its_id(tracker: Tracker) -> None:
    tracker.detected(faces((10, 10)), 0)
    tracker.refined(faces((25, 12)), 33)
    tracker.refined(faces((40, 14)), 66)
    tracker.detected(faces((52, 16)), 100)

    assert ids(tracker) == [1]
    assert tracker.tracks[0].first_seen_ms == 0
    assert tracker.tracks[0].last_seen_ms == 100
    np.testing.assert_array_equal(tracker.tracks[0].box, [52, 16, 152, 116])


def test_faces_keep_their_ids_whatever_the_order_of_detection(tracker: Tracker) -> None:
    tracker.detected(faces((0, 0), (300, 0)), 0)
    tracker.detected(faces((305, 0), (600, 0), (4, 0)), 300)

    assert ids(tracker) == [1, 2, 3]
    assert [track.box[0] for track in tracker.tracks] == [4, 305, 600]


def test_a_low_score_loses_the_face_and_asks_for_a_search(tracker: Tracker) -> None:
    tracker.detected(faces((0, 0), (300, 0)), 0)
    both = faces((0, 0), (300, 0))
    both.scores[1] = 0.3
    tracker.refined(both, 33)

    assert ids(tracker) == [1]
    assert tracker.needs_detection(33)


def test_a_box_that_jumps_away_is_lost(tracker: Tracker) -> None:
    tracker.detected(faces((0, 0)), 0)
    tracker.refined(faces((80, 0)), 33)

    assert ids(tracker) == []


def test_two_tracks_on_one_face_leave_it_to_the_older(tracker: Tracker) -> None:
    tracker.detected(faces((0, 0), (60, 0)), 0)
    tracker.refined(faces((25, 0), (35, 0)), 33)

    assert ids(tracker) == [1]


def test_a_lost_face_is_resumed_in_its_place_for_a_while(tracker: Tracker) -> None:
    tracker.detected(faces((0, 0)), 0)
    tracker.refined(faces((0, 0), score=0.1), 100)
    tracker.detected(Detections.empty(), 100)
    tracker.detected(faces((10, 5)), 600)

    assert ids(tracker) == [1]


def test_and_is_a_new_one_afterwards(tracker: Tracker) -> None:
    tracker.detected(faces((0, 0)), 0)
    tracker.detected(Detections.empty(), 100)
    tracker.detected(faces((10, 5)), 801)

    assert ids(tracker) == [2]


def test_a_face_that_only_refinement_sees_is_given_up_in_the_end(tracker: Tracker) -> None:
    tracker.detected(faces((0, 0)), 0)
    seen = []
    for now in (300, 600, 900, 1200):
        if len(tracker.boxes):
            tracker.refined(faces((0, 0)), now)
        tracker.detected(Detections.empty(), now)
        seen.append(ids(tracker))

    assert seen == [[1], [1], [], []]


def test_a_detection_confirms_it_again(tracker: Tracker) -> None:
    tracker.detected(faces((0, 0)), 0)
    for now in (300, 600, 900, 1200, 1500):
        tracker.refined(faces((0, 0)), now)
        tracker.detected(faces((0, 0)) if now == 900 else Detections.empty(), now)
        assert ids(tracker) == [1]


def test_another_scene_begins_other_tracks(tracker: Tracker) -> None:
    tracker.detected(faces((0, 0)), 0)
    tracker.forget()

    assert tracker.needs_detection(1)
    tracker.detected(faces((0, 0)), 1)
    assert ids(tracker) == [2]


def test_a_new_track_is_embedded_until_its_name_can_be_voted_on(tracker: Tracker) -> None:
    tracker.detected(faces((0, 0)), 0)
    embedded = []
    for now in range(0, 1000, 33):
        if tracker.due(tracker.tracks[0], 0.5, now):
            tracker.embedded(1, 0.5, now)
            embedded.append(now)

    assert embedded == [0, 33, 66, 99, 132]
    assert tracker.tracks[0].embeddings == 5


def test_then_when_it_is_time_or_the_picture_is_better(tracker: Tracker) -> None:
    tracker.detected(faces((0, 0)), 0)
    for now in range(5):
        tracker.embedded(1, 0.5, now)
    track = tracker.tracks[0]

    assert not tracker.due(track, 0.5, 900)
    assert tracker.due(track, 0.5, 1004)
    assert tracker.due(track, 0.7, 200)
    assert not tracker.due(track, 0.7, 100)
    assert not tracker.due(track, 0.55, 200)


def test_a_worse_picture_does_not_lower_the_bar(tracker: Tracker) -> None:
    tracker.detected(faces((0, 0)), 0)
    tracker.embedded(1, 0.8, 0)
    tracker.embedded(1, 0.2, 1000)

    assert tracker.tracks[0].best_worth == 0.8


def test_refuses_an_answer_to_another_question(tracker: Tracker) -> None:
    tracker.detected(faces((0, 0)), 0)

    with pytest.raises(ValueError, match="expected 1 detections, got 2"):
        tracker.refined(faces((0, 0), (300, 0)), 1)


place = st.tuples(st.integers(0, 600), st.integers(0, 400))
scene = st.lists(place, max_size=5)


class TrackerMachine(RuleBasedStateMachine):
    """Any order of detections, refinements, scene cuts and embeddings, with time going on."""

    def __init__(self) -> None:
        super().__init__()
        self.tracker = Tracker()
        self.now = 0.0
        self.known: dict[int, float] = {}
        self.gone: set[int] = set()
        self.highest = 0

    @rule(places=scene, passed=st.integers(1, 2000))
    def detect(self, places: list[tuple[int, int]], passed: int) -> None:
        self.now += passed
        found = faces(*places)
        self.tracker.detected(found, self.now)

        shown = {tuple(track.box) for track in self.tracker.tracks}
        assert {tuple(box) for box in found.boxes} <= shown
        assert not self.tracker.needs_detection(self.now) or not places

    @rule(data=st.data(), passed=st.integers(1, 100))
    def refine(self, data: st.DataObject, passed: int) -> None:
        self.now += passed
        before = self.tracker.tracks
        moves = [data.draw(st.tuples(st.integers(-60, 60), st.integers(-60, 60))) for _ in before]
        scores = [data.draw(st.sampled_from([0.1, 0.69, 0.71, 0.99])) for _ in before]
        boxes = [(track.box[0] + dx, track.box[1] + dy) for track, (dx, dy) in zip(before, moves, strict=True)]
        found = faces(*boxes)
        found.scores[:] = scores
        self.tracker.refined(found, self.now)

        assert {track.id for track in self.tracker.tracks} <= {track.id for track in before}
        assert all(track.score >= 0.7 for track in self.tracker.tracks)
        if len(self.tracker.tracks) < len(before):
            assert self.tracker.needs_detection(self.now)

    @rule()
    def cut(self) -> None:
        self.gone |= set(self.known)
        self.tracker.forget()

        assert self.tracker.tracks == ()

    @rule(worth=st.floats(0, 1))
    def embed(self, worth: float) -> None:
        for track in self.tracker.tracks:
            if self.tracker.due(track, worth, self.now):
                self.tracker.embedded(track.id, worth, self.now)
        for track in self.tracker.tracks:
            assert track.embeddings >= 1
            assert 0 <= track.embedded_ms <= self.now

    @invariant()
    def tracks_are_sound(self) -> None:
        shown = [track.id for track in self.tracker.tracks]
        assert shown == sorted(set(shown))
        assert not self.gone & set(shown)
        assert len(self.tracker.boxes) == len(shown)
        for track in self.tracker.tracks:
            assert track.first_seen_ms <= track.last_seen_ms <= self.now
            assert track.id > self.highest or track.id in self.known
            assert self.known.setdefault(track.id, track.first_seen_ms) == track.first_seen_ms
        self.highest = max([self.highest, *shown])


TestTrackerMachine = TrackerMachine.TestCase
TestTrackerMachine.settings = settings(max_examples=60, stateful_step_count=30, deadline=None)


@given(scene, scene)
@settings(max_examples=100, deadline=None)
def test_every_detection_is_in_view_under_one_id(first: list[tuple[int, int]], second: list[tuple[int, int]]) -> None:
    tracker = Tracker()
    tracker.detected(faces(*first), 0)
    tracker.detected(faces(*second), 100)

    assert len(tracker.tracks) == len(second)
