"""People of a folder of pictures, held in memory only (`identify --against DIR`)."""

from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from facegate.cli.failures import Failures
from facegate.cli.one_face import read_one_face
from facegate.cli.output import Output
from facegate.cli.sources import Source, files_below
from facegate.config import Settings
from facegate.errors import FacegateError, NotFound
from facegate.gallery.index import TemplateIndex
from facegate.gallery.names import clean_name
from facegate.types import Embedding, PersonRef, Template
from facegate.vision.engine import FaceEngine


@dataclass(frozen=True, eq=False, slots=True)
class FolderPeople:
    """Fused templates of the people of one folder; stored nowhere.

    Attributes:
        templates: one per person.
    """

    templates: TemplateIndex

    def index(self) -> TemplateIndex:
        """The templates."""
        return self.templates


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
    failures.expect(len(files))
    embeddings: dict[str, list[Embedding]] = defaultdict(list)
    with out.progress("Reading", len(files)) as step:
        for index, file in enumerate(files):
            source = Source(str(file), file, file.relative_to(folder))
            step(index, source.shown)
            try:
                name = clean_name(_name(source.place))
                embedding = read_one_face(source, engine, settings)
            except FacegateError as error:
                failures.add(source, error, against=True)
                continue
            embeddings[name].append(embedding)
    if not embeddings:
        failures.tell()
        raise NotFound(
            f"No picture in {folder} gives a face to compare with. Put a subfolder or a picture for each person there."
        )
    names = sorted(embeddings)
    fused = [Template.fuse(embeddings[name]) for name in names]
    return FolderPeople(
        TemplateIndex(
            tuple(PersonRef(name, name) for name in names),
            np.stack([template.vector for template in fused]),
            np.array([template.agreement for template in fused], np.float32),
        )
    )


def _name(place: Path) -> str:
    return place.parts[0] if len(place.parts) > 1 else place.stem
