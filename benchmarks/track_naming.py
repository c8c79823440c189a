"""How often a stranger in front of the camera is named, and a known person is: the numbers of `Several frames` in
docs/concepts/decisions-from-scores.md.

`python -m benchmarks.track_naming [SHARED_DATA]`. NUAA's live pictures, 8 people filmed by one webcam, are played as
streams, a look a picture. Templates are the first five pictures of a person's first session. A stranger's gallery holds
the other seven people; a known person is played from another session.
"""

import argparse
from collections import defaultdict
from pathlib import Path

import numpy as np

from facegate import FaceEngine
from facegate.gallery.index import TemplateIndex
from facegate.matching.decide import identify
from facegate.matching.table import CalibrationTable, load_table
from facegate.matching.vote import NameVote
from facegate.types import Embedding, PersonRef, Template

Streams = dict[tuple[str, str], list[Embedding]]


def read_streams(engine: FaceEngine, folder: Path) -> Streams:
    """Embeddings by person and session, in the order they were filmed."""
    streams: Streams = defaultdict(list)
    for path in sorted(folder.glob("*/*.jpg")):
        faces = engine.analyze(path, min_face_px=30)
        if len(faces) and faces[0].embedding is not None:
            streams[path.parent.name, path.stem.split("_")[2]].append(faces[0].embedding)
    return streams


def index_of(templates: dict[str, Template]) -> TemplateIndex:
    return TemplateIndex(
        tuple(PersonRef(name, name) for name in templates),
        np.stack([t.vector for t in templates.values()]),
        np.array([t.agreement for t in templates.values()], np.float32),
    )


def names_shown(
    looks: list[Embedding], index: TemplateIndex, table: CalibrationTable, *, fused: int, target_fpir: float
) -> list[str | None]:
    """The name on the box after each look; `fused` looks are averaged."""
    vote, shown = NameVote(), list[str | None]()
    for n in range(len(looks)):
        probe = Template.fuse(looks[max(0, n + 1 - fused) : n + 1])
        [found] = index.search(probe.vector[None], 5, fusion_exponent=table.fusion_exponent)
        candidates = [type(c)(c.person, c.similarity, c.agreement * probe.agreement) for c in found]
        vote = vote.add(identify(candidates, table, target_fpir=target_fpir, gallery_size=len(index)))
        shown.append(vote.match.person.id if vote.match.person else None)
    return shown


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("data", nargs="?", type=Path, default=Path("../shared/data"))
    parser.add_argument("--target-fpir", type=float, default=1e-2)
    arguments = parser.parse_args()
    engine = FaceEngine.open()
    table = load_table(engine.recipe_id)
    streams = read_streams(engine, arguments.data / "spoof/nuaa/live")
    people = sorted({person for person, _ in streams})
    first = {person: min(key for key in streams if key[0] == person) for person in people}
    templates = {person: Template.fuse(streams[first[person]][:5]) for person in people}
    print("| looks averaged | strangers' looks named | streams ever | known, other session, named | wrongly |")
    print("| ---: | ---: | ---: | ---: | ---: |")
    for fused in (1, 5):
        rules = {"fused": fused, "target_fpir": arguments.target_fpir}
        strange, known = list[list[str | None]](), list[tuple[str, list[str | None]]]()
        for (person, session), looks in streams.items():
            others = index_of({name: template for name, template in templates.items() if name != person})
            strange.append(names_shown(looks, others, table, **rules))
            if (person, session) != first[person]:
                known.append((person, names_shown(looks, index_of(templates), table, **rules)))
        named = sum(name is not None for shown in strange for name in shown)
        looks_played, known_played = sum(map(len, strange)), sum(len(shown) for _, shown in known)
        right = sum(name == person for person, shown in known for name in shown)
        wrong = sum(name not in (None, person) for person, shown in known for name in shown)
        ever = sum(any(shown) for shown in strange)
        print(
            f"| {fused} | {named} of {looks_played} ({named / looks_played:.0%}) | {ever} of {len(strange)} "
            f"| {right} of {known_played} ({right / known_played:.0%}) | {wrong} |"
        )


if __name__ == "__main__":
    main()
