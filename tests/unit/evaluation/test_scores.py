import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from facegate.evaluation import scores
from facegate.evaluation.accuracy import accuracy_at, best_accuracy
from facegate.evaluation.embeddings import PhotoEmbeddings
from facegate.evaluation.scores import ScoreCounts, different_person_pairs, same_person_pairs, to_steps


def _people(embeddings: PhotoEmbeddings) -> np.ndarray:
    return np.array([int(key.person[1:]) for key in embeddings.keys])


def test_every_pair_once(population: PhotoEmbeddings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(scores, "_BLOCK", 97)
    vectors, people = population.vectors[:400], _people(population)[:400]
    blocks = list(different_person_pairs(vectors, people))
    genuine = same_person_pairs(vectors, people)
    first = np.concatenate([*(b.first for b in blocks), genuine.first])
    second = np.concatenate([*(b.second for b in blocks), genuine.second])
    seen = {tuple(sorted(pair)) for pair in zip(first.tolist(), second.tolist(), strict=True)}
    assert len(first) == len(seen) == 400 * 399 // 2
    assert all((people[b.first] != people[b.second]).all() for b in blocks)
    assert (people[genuine.first] == people[genuine.second]).all()
    exact = np.einsum("nd,nd->n", vectors[first].astype(np.float64), vectors[second].astype(np.float64))
    steps = np.concatenate([*(b.steps for b in blocks), genuine.steps])
    assert np.abs(steps / 1e5 - exact).max() < 1.1e-5


@given(st.lists(st.floats(-1, 1, width=32), min_size=1, max_size=50), st.floats(0, 1))
def test_counts_agree_with_counting(values: list[float], rate: float) -> None:
    steps = to_steps(np.array(values, np.float32))
    counts = ScoreCounts.of(iter([steps[:10], steps[10:]]))
    assert counts.trials == len(values)
    chosen = counts.step_for(rate)
    share = np.mean(steps >= chosen)
    assert share <= rate + 1e-12
    if chosen <= 100_000:
        assert counts.rate(chosen) == share
    if chosen > -100_000:
        assert np.mean(steps >= chosen - 1) > rate - 1e-12, "the lowest such threshold"
    assert counts.lowest_step == steps.min()


def test_best_accuracy_by_trying_everything() -> None:
    random = np.random.default_rng(3)
    for _ in range(50):
        similarities = random.integers(0, 8, 20) / 8
        same = random.random(20) < 0.5
        tried = max(float(np.mean((similarities >= t) == same)) for t in [*similarities, 2.0])
        best = best_accuracy(similarities, same)
        assert best.accuracy == pytest.approx(tried)
        assert accuracy_at(similarities, same, best.threshold).accuracy == pytest.approx(tried)
