"""`python -m facegate.evaluation.lfw`: accuracy on the pairs of LFW View 1, one photo against one."""

import argparse
import json
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from rich.console import Console

from facegate.config import Settings
from facegate.evaluation.accuracy import Accuracy, accuracy_at, best_accuracy
from facegate.evaluation.dataset import Pair, PhotoKey, read_pairs, shared_data, split_by_presence
from facegate.evaluation.embeddings import PhotoEmbeddings, embed_folders
from facegate.types import Float32
from facegate.vision.engine import FaceEngine

TEST_PAIRS = "pairsDevTest.txt"
TRAIN_PAIRS = "pairsDevTrain.txt"


@dataclass(frozen=True, slots=True)
class LfwReport:
    """Accuracy on LFW View 1.

    Attributes:
        recipe_id: of the engine.
        best: on the test pairs, at the threshold that is best for them (the customary figure).
        transferred: on the test pairs, at the threshold that is best for the training pairs.
        missing: test pairs that lack a photo; they are not judged.
        not_acquired: test pairs with a photo in which no face was found; they are counted as judged wrong.
    """

    recipe_id: str
    best: Accuracy
    transferred: Accuracy
    missing: tuple[Pair, ...]
    not_acquired: tuple[Pair, ...]


def evaluate_lfw(embeddings: PhotoEmbeddings, test: Sequence[Pair], train: Sequence[Pair]) -> LfwReport:
    """Judge the test pairs.

    Args:
        embeddings: of all photos that are present.
        test: pairs to judge.
        train: pairs of other people, to choose a threshold on.
    """
    vectors = dict(zip(embeddings.keys, embeddings.vectors, strict=True))
    present, missing = split_by_presence(test, [*embeddings.keys, *embeddings.not_acquired])
    judged, lost = split_by_presence(present, embeddings.keys)
    usable_train, _ = split_by_presence(train, embeddings.keys)
    chosen = best_accuracy(*_scores(usable_train, vectors)).threshold
    similarities, same = _scores(judged, vectors)
    return LfwReport(
        embeddings.recipe_id,
        _with_losses(best_accuracy(similarities, same), len(lost)),
        _with_losses(accuracy_at(similarities, same, chosen), len(lost)),
        tuple(missing),
        tuple(lost),
    )


def _scores(pairs: Sequence[Pair], vectors: Mapping[PhotoKey, Float32]) -> tuple[Float32, np.ndarray]:
    first = np.stack([vectors[pair.first] for pair in pairs])
    second = np.stack([vectors[pair.second] for pair in pairs])
    return np.einsum("nd,nd->n", first, second), np.array([pair.same for pair in pairs])


def _with_losses(judged: Accuracy, lost: int) -> Accuracy:
    """Pairs without a face count as judged wrong, so that looking away never helps."""
    pairs = judged.pairs + lost
    return Accuracy(judged.accuracy * judged.pairs / pairs, judged.threshold, pairs)


def main(arguments: Sequence[str] | None = None) -> None:
    """Print the accuracy of the default engine on the test pairs of LFW View 1."""
    parser = argparse.ArgumentParser(prog="python -m facegate.evaluation.lfw", description=main.__doc__)
    parser.add_argument("--images", type=Path, help="folder with images/ and the pair lists; default: the shared one")
    parser.add_argument("--cache", type=Path, help="npz file that keeps the embeddings between runs")
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1, help="threads")
    parser.add_argument("--json", action="store_true", help="one JSON object instead of text")
    options = parser.parse_args(arguments)
    folder: Path = options.images or shared_data() / "lfw-view1"
    test, train = read_pairs(folder / TEST_PAIRS), read_pairs(folder / TRAIN_PAIRS)
    with FaceEngine.open("default", settings=Settings()) as engine:
        embeddings = embed_folders(engine, [folder], cache=options.cache, jobs=options.jobs)[0]
    report = evaluate_lfw(embeddings, test, train)
    text = _json(report) if options.json else _text(report, len(embeddings.keys), len(embeddings.not_acquired))
    Console(soft_wrap=True, highlight=False).print(text, markup=False)


def _json(report: LfwReport) -> str:
    return json.dumps(
        {
            "recipe_id": report.recipe_id,
            "accuracy": report.best.accuracy,
            "threshold": report.best.threshold,
            "accuracy_at_threshold": report.transferred.accuracy,
            "pairs": report.best.pairs,
            "missing": len(report.missing),
            "failures_to_acquire": len(report.not_acquired),
        }
    )


def _text(report: LfwReport, photos: int, without_face: int) -> str:
    lines = [
        f"{report.recipe_id} on LFW View 1, {report.best.pairs} test pairs, one photo against one",
        f"  accuracy at the best threshold       {report.best.accuracy:.2%} (similarity {report.best.threshold:.5f})",
        f"  at the threshold of training pairs   {report.transferred.accuracy:.2%} "
        f"(similarity {report.transferred.threshold:.5f})",
        f"  pairs that lack a photo              {len(report.missing)}"
        + "".join(f" ({pair.first.person}, {pair.second.person})" for pair in report.missing),
        f"  photos without a face                {without_face} of {photos + without_face}; "
        f"in test pairs: {len(report.not_acquired)}, counted as judged wrong",
    ]
    return "\n".join(lines)


if __name__ == "__main__":
    main()
