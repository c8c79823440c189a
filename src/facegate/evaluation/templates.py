"""`python -m facegate.evaluation.templates`: what the shipped table means for fused templates and 1:N searches.

Prints the two tables of docs/concepts/decisions-from-scores.md.
"""

import argparse
import os
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from rich.console import Console

from facegate.config import Settings
from facegate.evaluation.dataset import person_numbers, shared_data
from facegate.evaluation.embeddings import embed_folders, join
from facegate.evaluation.fusion import EXPONENTS, PHOTOS_PER_TEMPLATE, measure_fusion
from facegate.evaluation.galleries import GALLERY_FPIR, MARGINS, GalleryRates, measure_galleries
from facegate.evaluation.scores import Int64
from facegate.matching.decide import comparison_fmr
from facegate.matching.table import CalibrationTable, load_table
from facegate.types import Float32
from facegate.vision.engine import FaceEngine


def fusion_table(vectors: Float32, people: Int64, table: CalibrationTable) -> str:
    """Markdown: rates of photo against template at the table's thresholds, without and with the correction."""
    lines = [
        "| photos | people | agreement | target FMR | FMR, plain cosine | FMR, corrected | FNMR, corrected |",
        "| ---: | ---: | ---: | ---: | ---: | ---: | ---: |",
    ]
    thresholds = [row.threshold for row in table.rows]
    corrected = EXPONENTS.index(table.fusion_exponent)
    for photos in (1, *PHOTOS_PER_TEMPLATE):
        rates = measure_fusion(vectors, people, photos=photos, thresholds=thresholds, seed=table.seed)
        if rates is None:
            continue
        for index, row in enumerate(table.rows):
            lines.append(
                f"| {photos} | {rates.people} | {rates.agreement:.3f} | {row.fmr:g} | {rates.fmr[0, index]:.2g} | "
                f"{rates.fmr[corrected, index]:.2g} | {rates.fnmr[corrected, index]:.1%} |"
            )
    return "\n".join(lines)


def gallery_table(galleries: Sequence[GalleryRates], margin: float) -> str:
    """Markdown: rates of 1:N searches without and with the margin."""
    lines = [
        "| people | photos | threshold | strangers named, no margin | with margin | known people missed, no margin "
        "| with margin | called by another name, no margin | with margin |",
        "| ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: |",
    ]
    with_margin = MARGINS.index(margin)
    for rates in galleries:
        cells = [
            f"{values[index]:.2%}" for values in (rates.fpir, rates.fnir, rates.misnamed) for index in (0, with_margin)
        ]
        lines.append(f"| {rates.size} | {rates.photos} | {rates.threshold:.4f} | {' | '.join(cells)} |")
    return "\n".join(lines)


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure photos against fused templates, and 1:N searches, with the default engine and its shipped table."""
    parser = argparse.ArgumentParser(prog="python -m facegate.evaluation.templates", description=main.__doc__)
    parser.add_argument(
        "--images", type=Path, nargs="+", help="folders of PERSON/PERSON_0001.jpg; default: both of LFW"
    )
    parser.add_argument("--cache", type=Path, help="npz file that keeps the embeddings between runs")
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1, help="threads")
    options = parser.parse_args(arguments)
    folders = options.images or [shared_data() / "lfw-view1", shared_data() / "lfw-multi"]
    with FaceEngine.open("default", settings=Settings()) as engine:
        sets = embed_folders(engine, folders, cache=options.cache, jobs=options.jobs)
        table = load_table(engine.recipe_id)
    embeddings = sets[0]
    for further in sets[1:]:
        embeddings = join(embeddings, further)
    people = np.array(person_numbers(embeddings.keys), np.int64)
    galleries = measure_galleries(
        embeddings.vectors,
        people,
        threshold=lambda size: table.threshold_at(comparison_fmr(GALLERY_FPIR, size)),
        exponent=table.fusion_exponent,
        seed=table.seed,
    )
    out = Console(soft_wrap=True, highlight=False)
    out.print(fusion_table(embeddings.vectors, people, table), markup=False)
    out.print(f"\nTarget FPIR {GALLERY_FPIR:g}, margin {table.margin:g}\n", markup=False)
    out.print(gallery_table(galleries, table.margin), markup=False)


if __name__ == "__main__":
    main()
