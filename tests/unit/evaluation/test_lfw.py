"""The accuracy that is promised, and that the shipped table belongs to the shipped engine."""

import os
from pathlib import Path

import numpy as np
import pytest

from facegate.config import Settings
from facegate.evaluation.calibrate import calibrate
from facegate.evaluation.dataset import LFW_MULTI, LFW_VIEW1, Pair, PhotoKey, read_pairs
from facegate.evaluation.embeddings import PhotoEmbeddings, embed_folders
from facegate.evaluation.lfw import TEST_PAIRS, TRAIN_PAIRS, evaluate_lfw
from facegate.matching.decide import largest_gallery
from facegate.matching.table import load_table
from facegate.vision.engine import FaceEngine


def test_the_shipped_table_is_of_the_shipped_engine() -> None:
    with FaceEngine.open("default", settings=Settings()) as engine:
        table = load_table(engine.recipe_id)
    assert [row.fmr for row in table.rows] == [1e-2, 1e-3, 1e-4, 1e-5]
    assert table.smallest_fmr == pytest.approx(1e-5)
    assert largest_gallery(table, Settings().target_fpir) == 1000


def test_the_shipped_table_judges_real_faces(astronaut: np.ndarray, grace_hopper: np.ndarray) -> None:
    with FaceEngine.open("default", settings=Settings()) as engine:
        table = load_table(engine.recipe_id)
        one, again, other = (
            engine.analyze(picture)[0].embedding for picture in (astronaut, astronaut[:, ::-1], grace_hopper)
        )
    assert one is not None
    assert again is not None
    assert other is not None
    assert one.similarity(again) > table.threshold_at(1e-5)
    assert one.similarity(other) < table.threshold_at(1e-2)


def test_pairs_are_judged_and_losses_told() -> None:
    keys = tuple(PhotoKey(person, number) for person in "ABCD" for number in (1, 2))
    angles = np.radians([0, 5, 40, 50, 80, 85, 120, 150])
    vectors = np.stack([np.cos(angles), np.sin(angles)], axis=1).astype(np.float32)
    embeddings = PhotoEmbeddings("r@1", keys, vectors, (PhotoKey("E", 1),))
    train = [Pair(PhotoKey("C", 1), PhotoKey("C", 2)), Pair(PhotoKey("C", 1), PhotoKey("D", 1))]
    test = [
        Pair(PhotoKey("A", 1), PhotoKey("A", 2)),
        Pair(PhotoKey("B", 1), PhotoKey("B", 2)),
        Pair(PhotoKey("A", 1), PhotoKey("B", 1)),
        Pair(PhotoKey("A", 1), PhotoKey("E", 1)),
        Pair(PhotoKey("A", 1), PhotoKey("Gone", 1)),
    ]
    report = evaluate_lfw(embeddings, test, train)
    assert report.missing == (test[4],)
    assert report.not_acquired == (test[3],)
    assert report.best.pairs == 4
    assert report.best.accuracy == pytest.approx(3 / 4), "all three right, the pair without a face counted wrong"
    assert report.best.threshold == pytest.approx(np.cos(np.radians(10)))
    assert report.transferred.accuracy == pytest.approx(2 / 4), "the training threshold, 5 degrees, loses one more"


@pytest.mark.slow
@pytest.mark.timeout(1800)
def test_accuracy_on_lfw_view1(shared_data: Path, tmp_path: Path) -> None:
    """About three minutes on two cores: every photo is embedded anew."""
    folders = [shared_data / "lfw-view1", shared_data / "lfw-multi"]
    with FaceEngine.open("default", settings=Settings()) as engine:
        view1, multi = embed_folders(engine, folders, jobs=os.cpu_count() or 1)
    test, train = (read_pairs(folders[0] / name) for name in (TEST_PAIRS, TRAIN_PAIRS))
    report = evaluate_lfw(view1, test, train)
    assert (report.best.pairs, len(report.missing)) == (999, 1)
    assert report.best.accuracy >= 0.987

    shipped = load_table(view1.recipe_id)
    made = calibrate(
        view1,
        multi,
        data_set=LFW_VIEW1,
        further_data_set=LFW_MULTI,
        date=shipped.date,
        seed=shipped.seed,
        replicates=20,
    )
    assert (made.impostor_trials, made.genuine_trials) == (shipped.impostor_trials, shipped.genuine_trials)
    for row, expected in zip(made.rows, shipped.rows, strict=True):
        # Another processor rounds otherwise; a step of the table is 1e-5.
        assert row.threshold == pytest.approx(expected.threshold, abs=5e-5)
    assert (made.margin, made.fusion_exponent) == (shipped.margin, shipped.fusion_exponent)
