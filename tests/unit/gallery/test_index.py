import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from facegate.errors import ModelMismatch
from facegate.gallery.index import TemplateIndex
from facegate.types import PersonRef


def random_units(seed: int, n: int, d: int) -> np.ndarray:
    vectors = np.random.default_rng(seed).normal(size=(n, d))
    return (vectors / np.linalg.norm(vectors, axis=1, keepdims=True)).astype(np.float32)


def index_of(matrix: np.ndarray) -> TemplateIndex:
    return TemplateIndex(
        tuple(PersonRef(f"id{i}", f"P{i}") for i in range(len(matrix))),
        matrix,
        np.linspace(0.8, 1, len(matrix), dtype=np.float32),
    )


@settings(max_examples=60, deadline=None)
@given(n=st.integers(0, 60), m=st.integers(0, 5), d=st.integers(1, 40), k=st.integers(1, 70), seed=st.integers(0, 999))
def test_the_best_k_are_those_of_a_full_sort(n: int, m: int, d: int, k: int, seed: int) -> None:
    templates, probes = random_units(seed, n, d), random_units(seed + 1000, m, d)
    answers = index_of(templates).search(probes, k)
    assert len(answers) == m
    for probe, candidates in zip(probes, answers, strict=True):
        brute = np.array([float(np.dot(t.astype(np.float64), probe.astype(np.float64))) for t in templates])
        assert len(candidates) == min(k, n)
        np.testing.assert_allclose([c.similarity for c in candidates], np.sort(brute)[::-1][:k], atol=1e-5)
        for candidate in candidates:
            assert candidate.similarity == pytest.approx(brute[int(candidate.person.id[2:])], abs=1e-5)
            assert -1 <= candidate.similarity <= 1
        assert len({c.person.id for c in candidates}) == len(candidates)


def test_equal_similarities_keep_the_order_of_entry() -> None:
    same = np.repeat(random_units(1, 1, 8), 5, axis=0)
    [found] = index_of(same).search(same[:1], 5)
    assert [c.person.id for c in found] == ["id0", "id1", "id2", "id3", "id4"]


def test_one_picture_is_not_crowded_out_by_the_well_fused() -> None:
    probe, near, fused = (np.array([c, np.sqrt(1 - c * c)], np.float32) for c in (1.0, 0.94, 0.95))
    people = tuple(PersonRef(f"id{i}", f"P{i}") for i in range(6))
    index = TemplateIndex(people, np.stack([near, *[fused] * 5]), np.array([1.0, *[0.95] * 5], np.float32))
    [found] = index.search(probe[None], 5, fusion_exponent=0.7)
    assert found[0].person.id == "id0"
    assert found[0].similarity == pytest.approx(0.94, abs=1e-5)
    assert "id0" not in {c.person.id for c in index.search(probe[None], 5)[0]}


def test_candidates_say_how_well_their_pictures_agreed() -> None:
    index = index_of(random_units(1, 3, 8))
    [found] = index.search(random_units(2, 1, 8), 3)
    assert {c.person.id: round(c.agreement, 3) for c in found} == {"id0": 0.8, "id1": 0.9, "id2": 1.0}


def test_wrong_probes_are_refused() -> None:
    index = index_of(random_units(1, 3, 8))
    with pytest.raises(ModelMismatch, match="templates of 8 numbers, these faces have 9"):
        index.search(random_units(1, 1, 9), 1)
    with pytest.raises(ValueError, match="two dimensions"):
        index.search(random_units(1, 1, 8)[0], 1)
    with pytest.raises(ValueError, match="finite"):
        index.search(np.full((1, 8), np.nan, np.float32), 1)
    with pytest.raises(ValueError, match="at least 1"):
        index.search(random_units(1, 1, 8), 0)
    with pytest.raises(ModelMismatch):
        index_of(random_units(1, 0, 8)).search(random_units(1, 1, 9), 1)
