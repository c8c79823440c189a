import numpy as np

from facegate.evaluation.bootstrap import Tail, bound_points, tail_of
from facegate.evaluation.scores import ScoreCounts, different_person_pairs, same_person_pairs


def _bounds(vectors, people, points, seed=1, replicates=300):
    genuine = same_person_pairs(vectors, people)
    blocks = [(b.steps, people[b.first], people[b.second]) for b in different_person_pairs(vectors, people)]
    photos = np.bincount(people).astype(np.int64)
    return bound_points(
        points, tail_of(blocks), photos, genuine.steps, people[genuine.first], replicates=replicates, seed=seed
    )


def test_bounds_hold_the_measurement_and_repeat(population) -> None:
    people = np.array([int(key.person[1:]) for key in population.keys])
    counts = ScoreCounts.of(b.steps for b in different_person_pairs(population.vectors, people))
    points = [(rate, counts.step_for(rate)) for rate in (1e-2, 1e-3)]
    bounds = _bounds(population.vectors, people, points)
    for (rate, step), bound in zip(points, bounds, strict=True):
        assert bound.fmr.low < rate < bound.fmr.high
        assert bound.threshold_steps.low < step < bound.threshold_steps.high
    assert bounds == _bounds(population.vectors, people, points)
    assert bounds != _bounds(population.vectors, people, points, seed=2)


def test_people_are_drawn_not_pairs(population) -> None:
    """The same photos three times over triple the pairs, but no person was added: the bounds stay as wide."""
    people = np.array([int(key.person[1:]) for key in population.keys])[:400]
    vectors = population.vectors[:400]
    counts = ScoreCounts.of(b.steps for b in different_person_pairs(vectors, people))
    points = [(1e-2, counts.step_for(1e-2))]
    once = _bounds(vectors, people, points)[0]
    thrice = _bounds(np.tile(vectors, (3, 1)), np.tile(people, 3), points)[0]
    width = (thrice.fmr.high - thrice.fmr.low) / (once.fmr.high - once.fmr.low)
    assert 0.9 < width < 1.1


def test_a_weight_counts_pairs_of_both_sides() -> None:
    """Two people with one confusable pair: drawn once each it counts once, drawn twice on one side it is gone."""
    tail = Tail(np.array([90_000]), np.array([0]), np.array([1]))
    [bound] = bound_points(
        [(0.5, 90_000)], tail, np.array([1, 1]), np.array([95_000]), np.array([0]), replicates=50, seed=0
    )
    assert (bound.fmr.low, bound.fmr.high) == (0.0, 1.0)
    assert (bound.fnmr.low, bound.fnmr.high) == (0.0, 0.0)
