"""People of a folder of pictures, held in memory only (`identify --against DIR`)."""

from collections import defaultdict
from pathlib import Path

import numpy as np

from facegate.cli.failures import Failures
from facegate.cli.one_face import read_one_face
from facegate.cli.output import Output
from facegate.cli.sources import Source, files_below
from facegate.config import Settings
from facegate.errors import FacegateError, NotFound
from facegate.types import Candidate, Embedding, Float32, PersonRef, Template
from facegate.vision.engine import FaceEngine


class FolderPeople:
    """Fused templates of the people of one folder; searched exactly, stored nowhere."""

    def __init__(self, people: list[PersonRef], templates: list[Template]) -> None:
        """Keep one template per person; at least one."""
        self._people = people
        self._agreements = [template.agreement for template in templates]
        self._matrix = np.stack([template.vector for template in templates])

    @property
    def size(self) -> int:
        """How many people."""
        return len(self._people)

    def search(self, vectors: Float32, *, k: int = 5) -> list[list[Candidate]]:
        """For each of float32 (n, d) unit probes the `k` most similar people, best first."""
        similarities = np.clip(vectors @ self._matrix.T, -1.0, 1.0)
        best = np.argsort(-similarities, axis=1, kind="stable")[:, :k]
        return [
            [Candidate(self._people[p], float(row[p]), self._agreements[p]) for p in chosen]
            for row, chosen in zip(similarities, best, strict=True)
        ]


def people_of_folder(
    folder: Path, engine: FaceEngine, settings: Settings, out: Output, failures: Failures
) -> FolderPeople:
    """Embed every picture below `folder`: a subfolder is a person, and so is a picture directly in it, by its name.

    Pictures that cannot be used are noted in `failures`; a picture with several faces of similar size is one of them.

    Raises:
        NotFound: no picture of the folder gives a face.
    """
    if not folder.is_dir():
        raise NotFound(f"--against {folder} is not a folder. Name one with a subfolder, or a picture, for each person.")
    files = list(files_below(folder))
    embeddings: dict[str, list[Embedding]] = defaultdict(list)
    with out.progress("Reading", len(files)) as step:
        for index, file in enumerate(files):
            source = Source(str(file), file, file.relative_to(folder))
            step(index, source.shown)
            try:
                embedding = read_one_face(source, engine, settings, largest=False, task="naming a person after it")
            except FacegateError as error:
                failures.add(source, error, against=True)
                continue
            embeddings[_name(source.place)].append(embedding)
    if not embeddings:
        raise NotFound(
            f"No picture in {folder} gives a face to compare with. Put a subfolder or a picture for each person there."
        )
    names = sorted(embeddings)
    return FolderPeople([PersonRef(name, name) for name in names], [Template.fuse(embeddings[name]) for name in names])


def _name(place: Path) -> str:
    return place.parts[0] if len(place.parts) > 1 else place.stem
