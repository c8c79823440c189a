"""`python -m facegate.evaluation.calibrate`: measure a data set and write the calibration table of the engine.

The same photos, recipe, seed and date give the same bytes.
"""

import argparse
import os
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
from rich.console import Console

import facegate.matching.tables
from facegate.config import Settings
from facegate.evaluation.bootstrap import PointBounds, bound_points, tail_of
from facegate.evaluation.dataset import LFW_MULTI, LFW_VIEW1, person_numbers, shared_data
from facegate.evaluation.embeddings import PhotoEmbeddings, embed_folders, join
from facegate.evaluation.fusion import FITTED_RATES, PHOTOS_PER_TEMPLATE, fit_exponent, measure_fusion
from facegate.evaluation.galleries import GALLERY_FPIR, fit_margin, measure_galleries
from facegate.evaluation.scores import (
    STEPS_PER_UNIT,
    Int64,
    PairBlock,
    ScoreCounts,
    different_person_pairs,
    same_person_pairs,
)
from facegate.matching.decide import comparison_fmr
from facegate.matching.table import CalibrationTable, TableRow, scoring_id, supported
from facegate.vision.engine import FaceEngine

LEVEL = "1v1"
TARGETS = (1e-2, 1e-3, 1e-4, 1e-5)
POINTS_PER_DECADE = 20
SEED = 20_260_101
REPLICATES = 1000
# The bootstrap looks for the threshold of the largest target rate, which moves between draws.
_TAIL_RATE = 3 * TARGETS[0]
# Without enough people to measure galleries: the largest margin that cost next to nothing where it was measured.
_UNMEASURED_MARGIN = 0.005


def calibrate(
    embeddings: PhotoEmbeddings,
    further: PhotoEmbeddings | None = None,
    *,
    data_set: str,
    further_data_set: str = "",
    date: str,
    seed: int = SEED,
    replicates: int = REPLICATES,
) -> CalibrationTable:
    """The 1v1 table of all pairs of photos.

    Args:
        embeddings: of the data set; all thresholds and rates come from these.
        further: more photos, of people who may be in both; they only join in measuring fusion and the margin.
        data_set: name of the photos.
        further_data_set: name of the further photos.
        date: ISO day.
        seed: of the bootstrap and of all random draws.
        replicates: of the bootstrap.

    Raises:
        ValueError: too few people or photos for the largest target rate.
        ModelMismatch: the two sets were embedded with different recipes.
    """
    people = np.array(person_numbers(embeddings.keys), np.int64)
    genuine = same_person_pairs(embeddings.vectors, people)
    counts = ScoreCounts.of(block.steps for block in different_person_pairs(embeddings.vectors, people))
    targets = [rate for rate in TARGETS if supported(rate, counts.trials)]
    if not targets or not len(genuine.steps):
        raise ValueError(f"calibrate: {counts.trials} and {len(genuine.steps)} comparisons support no rate")
    points = [(rate, counts.step_for(rate)) for rate in targets]
    cut = counts.step_for(_TAIL_RATE)
    blocks = (_above(block, cut, people) for block in different_person_pairs(embeddings.vectors, people))
    bounds = bound_points(
        points,
        tail_of(list(blocks)),
        np.bincount(people).astype(np.int64),
        genuine.steps,
        people[genuine.first],
        replicates=replicates,
        seed=seed,
    )
    everything = embeddings if further is None else join(embeddings, further)
    exponent, margin = fit_galleries(everything, counts, seed=seed)
    return CalibrationTable(
        scoring_id=scoring_id(embeddings.recipe_id, LEVEL),
        recipe_id=embeddings.recipe_id,
        level=LEVEL,
        data_set=data_set,
        date=date,
        people=int(people.max()) + 1,
        photos=len(people),
        failures_to_acquire=len(embeddings.not_acquired),
        genuine_trials=len(genuine.steps),
        impostor_trials=counts.trials,
        seed=seed,
        replicates=replicates,
        margin=margin,
        fusion_exponent=exponent,
        fusion_data_set=f"{data_set} with {further_data_set}" if further is not None else data_set,
        rows=tuple(_row(point, bound, genuine.steps) for point, bound in zip(points, bounds, strict=True)),
        curve=_curve(counts, targets[-1]),
    )


def fit_galleries(embeddings: PhotoEmbeddings, counts: ScoreCounts, *, seed: int) -> tuple[float, float]:
    """The fusion exponent and the margin of 1:N searches, measured on people with several photos."""
    people = np.array(person_numbers(embeddings.keys), np.int64)
    rates = [rate for rate in FITTED_RATES if supported(rate, counts.trials)]
    thresholds = [counts.step_for(rate) / STEPS_PER_UNIT for rate in rates]
    fused = [
        measure_fusion(embeddings.vectors, people, photos=photos, thresholds=thresholds, seed=seed)
        for photos in PHOTOS_PER_TEMPLATE
    ]
    exponent = fit_exponent([each for each in fused if each is not None], rates)

    def threshold(size: int) -> float:
        return counts.step_for(comparison_fmr(GALLERY_FPIR, size)) / STEPS_PER_UNIT

    galleries = measure_galleries(embeddings.vectors, people, threshold=threshold, exponent=exponent, seed=seed)
    return exponent, fit_margin(galleries) if galleries else _UNMEASURED_MARGIN


def _above(block: PairBlock, cut: int, people: Int64) -> tuple[Int64, Int64, Int64]:
    high = block.steps >= cut
    return block.steps[high], people[block.first[high]], people[block.second[high]]


def _row(point: tuple[float, int], bounds: PointBounds, genuine_steps: Int64) -> TableRow:
    rate, step = point
    return TableRow(
        fmr=rate,
        threshold=step / STEPS_PER_UNIT,
        threshold_low=round(bounds.threshold_steps.low / STEPS_PER_UNIT, 5),
        threshold_high=round(bounds.threshold_steps.high / STEPS_PER_UNIT, 5),
        fmr_low=_significant(bounds.fmr.low),
        fmr_high=_significant(bounds.fmr.high),
        fnmr=_significant(int(np.sum(genuine_steps < step)) / len(genuine_steps)),
        fnmr_low=_significant(bounds.fnmr.low),
        fnmr_high=_significant(bounds.fnmr.high),
    )


def _curve(counts: ScoreCounts, smallest: float) -> tuple[tuple[float, float], ...]:
    """(similarity, rate) from the lowest score seen to the smallest rate; strictly monotone."""
    steps = [counts.lowest_step]
    rates = [1.0]
    for point in range(1, round(-np.log10(smallest) * POINTS_PER_DECADE) + 1):
        rate = _significant(10 ** (-point / POINTS_PER_DECADE), 6)
        step = counts.step_for(rate)
        if step > steps[-1]:
            steps.append(step)
            rates.append(rate)
    return tuple((step / STEPS_PER_UNIT, rate) for step, rate in zip(steps, rates, strict=True))


def _significant(value: float, digits: int = 3) -> float:
    return float(f"{value:.{digits}g}")


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure a data set of photos and write the calibration table of the engine."""
    parser = argparse.ArgumentParser(prog="python -m facegate.evaluation.calibrate", description=main.__doc__)
    parser.add_argument("--images", type=Path, help="folder of PERSON/PERSON_0001.jpg; default: LFW View 1")
    parser.add_argument("--further-images", type=Path, help="more photos per person, for 1:N; default: lfw-multi")
    parser.add_argument("--out", type=Path, help="file to write; default: the shipped table of the engine")
    parser.add_argument("--cache", type=Path, help="npz file that keeps the embeddings between runs")
    parser.add_argument("--date", default=datetime.now(UTC).date().isoformat(), help="day written into the table")
    parser.add_argument("--seed", type=int, default=SEED, help="of bootstrap and draws")
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1, help="threads")
    options = parser.parse_args(arguments)
    folder, name = options.images or shared_data() / "lfw-view1", LFW_VIEW1
    further, further_name = options.further_images, LFW_MULTI
    if options.images:
        name = options.images.name
        further_name = further.name if further else ""
    else:
        further = further or shared_data() / "lfw-multi"
    with FaceEngine.open("default", settings=Settings()) as engine:
        embeddings = embed_folders(
            engine, [folder, further] if further else [folder], cache=options.cache, jobs=options.jobs
        )
    table = calibrate(
        embeddings[0],
        embeddings[1] if further else None,
        data_set=name,
        further_data_set=further_name,
        date=options.date,
        seed=options.seed,
    )
    out: Path = options.out or _shipped(table.recipe_id)
    out.write_text(table.to_json(), "utf-8")
    Console(soft_wrap=True, highlight=False).print(
        f"Wrote {out}: {table.people:,} people, {table.genuine_trials:,} same-person and "
        f"{table.impostor_trials:,} different-person comparisons, {table.failures_to_acquire} photos without a face."
    )


def _shipped(recipe_id: str) -> Path:
    """Where the table of a recipe lies inside the package."""
    return Path(facegate.matching.tables.__path__[0]) / f"{recipe_id.split('@', 1)[0]}.json"


if __name__ == "__main__":
    main()
