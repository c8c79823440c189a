import numpy as np
import pytest

from facegate.errors import ModelMismatch
from facegate.evaluation.calibrate import calibrate
from facegate.evaluation.embeddings import PhotoEmbeddings, join
from facegate.matching.table import CalibrationTable


def _calibrate(embeddings: PhotoEmbeddings, **options) -> CalibrationTable:
    return calibrate(embeddings, data_set="made up", date="2026-01-31", replicates=100, **options)


@pytest.fixture(scope="module")
def table(population) -> CalibrationTable:
    return _calibrate(population)


def test_thresholds_give_their_rates(population, table: CalibrationTable) -> None:
    people = np.array([key.person for key in population.keys])
    similarities = (population.vectors @ population.vectors.T)[np.triu_indices(len(people), 1)]
    same = (people[:, None] == people[None, :])[np.triu_indices(len(people), 1)]
    assert (table.people, table.photos) == (300, 1200)
    assert (table.genuine_trials, table.impostor_trials) == (same.sum(), (~same).sum())
    for row in table.rows:
        measured = np.mean(similarities[~same] >= row.threshold)
        assert measured == pytest.approx(row.fmr, rel=0.05, abs=2 / table.impostor_trials)
        assert np.mean(similarities[same] < row.threshold) == pytest.approx(row.fnmr, abs=2e-3)
        assert row.fmr_low <= row.fmr <= row.fmr_high
        assert row.fnmr_low <= row.fnmr <= row.fnmr_high
        assert row.threshold_low <= row.threshold <= row.threshold_high
    for similarity in np.quantile(similarities[~same], [0.1, 0.5, 0.9, 0.999]):
        assert table.fmr_at(float(similarity)) == pytest.approx(np.mean(similarities[~same] >= similarity), rel=0.03)


def test_only_supported_rates(population, table: CalibrationTable) -> None:
    assert table.smallest_fmr * table.impostor_trials >= 3
    assert [row.fmr for row in table.rows] == [1e-2, 1e-3, 1e-4, 1e-5]
    few = PhotoEmbeddings("default@0123", population.keys[:200], population.vectors[:200], ())
    assert [row.fmr for row in _calibrate(few).rows] == [1e-2, 1e-3]
    with pytest.raises(ValueError, match="support no rate"):
        _calibrate(PhotoEmbeddings("default@0123", population.keys[:12], population.vectors[:12], ()))


def test_the_same_bytes_again(population, table: CalibrationTable) -> None:
    text = table.to_json()
    assert _calibrate(population).to_json() == text
    assert _calibrate(population, seed=5).to_json() != text
    assert CalibrationTable.from_json(text) == table


def test_further_photos_do_not_move_thresholds(population, make_population, table: CalibrationTable) -> None:
    further = make_population(60, 7, seed=9, prefix="Q")
    more = _calibrate(population, further=further, further_data_set="others")
    assert more.rows == table.rows
    assert more.curve == table.curve
    assert more.fusion_data_set == "made up with others"
    foreign = PhotoEmbeddings("other@99", further.keys, further.vectors, ())
    with pytest.raises(ModelMismatch):
        _calibrate(population, further=foreign)


def test_joining_keeps_each_photo_once(population) -> None:
    half = PhotoEmbeddings("default@0123", population.keys[:600], population.vectors[:600], (population.keys[900],))
    joined = join(half, population)
    assert len(joined.keys) == len(set(joined.keys)) == 1199
    assert joined.not_acquired == half.not_acquired
