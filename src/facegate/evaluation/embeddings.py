"""Embeddings of a whole data set, made by the engine as the product would, and kept in a file if asked."""

import json
import os
import zipfile
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import numpy as np

from facegate.errors import ModelMismatch
from facegate.evaluation.dataset import Photo, PhotoKey, find_photos
from facegate.evaluation.progress import ProgressCallback, progress_bar
from facegate.types import Face, Faces, Float32


class Analyzer(Protocol):
    """What is needed of :class:`facegate.vision.engine.FaceEngine`."""

    @property
    def recipe_id(self) -> str:
        """Identity of the embeddings."""
        ...

    def analyze(self, image: Path, /) -> Faces:
        """All faces of a picture, embedded."""
        ...


@dataclass(frozen=True, eq=False, slots=True)
class PhotoEmbeddings:
    """One embedding per photo in which a face was found.

    Attributes:
        recipe_id: of the engine.
        keys: the photos, n of them.
        vectors: float32 (n, d), unit length, same order.
        not_acquired: photos in which no face was found.
    """

    recipe_id: str
    keys: tuple[PhotoKey, ...]
    vectors: Float32
    not_acquired: tuple[PhotoKey, ...]


def central_face(faces: Faces) -> Face | None:
    """The face nearest the picture's centre: in LFW the person the photo is named for; None when there is none."""
    centre = np.array([faces.width, faces.height]) / 2

    def distance(face: Face) -> float:
        return float(np.linalg.norm((face.box[:2] + face.box[2:]) / 2 - centre))

    return min(faces, key=distance, default=None)


def embed_photos(
    engine: Analyzer, photos: Sequence[Photo], *, jobs: int, progress: ProgressCallback
) -> PhotoEmbeddings:
    """Embed the central face of every photo.

    Args:
        engine: makes the embeddings.
        photos: to read.
        jobs: native threads.
        progress: told after every photo how many are done, of how many.
    """

    def embed(photo: Photo) -> Float32 | None:
        face = central_face(engine.analyze(photo.path))
        return None if face is None or face.embedding is None else face.embedding.vector

    found: list[tuple[PhotoKey, Float32]] = []
    lost: list[PhotoKey] = []
    with ThreadPoolExecutor(jobs) as pool:
        for done, (photo, vector) in enumerate(zip(photos, pool.map(embed, photos), strict=True), start=1):
            if vector is None:
                lost.append(photo.key)
            else:
                found.append((photo.key, vector))
            progress(done, len(photos))
    vectors = np.stack([vector for _, vector in found]) if found else np.zeros((0, 0), np.float32)
    return PhotoEmbeddings(engine.recipe_id, tuple(key for key, _ in found), vectors, tuple(lost))


def embed_folders(
    engine: Analyzer, folders: Sequence[Path], *, cache: Path | None = None, jobs: int = 1
) -> list[PhotoEmbeddings]:
    """Embed the photos of several folders, each photo that two of them hold (by person and number) once.

    Args:
        engine: makes the embeddings.
        folders: see :func:`find_photos`.
        cache: npz file; read when it holds these photos, unchanged, by this recipe, else written.
        jobs: native threads.

    Returns:
        One set per folder.
    """
    per_folder = [find_photos(folder) for folder in folders]
    distinct = {photo.key: photo for photos in reversed(per_folder) for photo in photos}
    photos = [distinct[key] for key in sorted(distinct)]
    fingerprints = {photo.key: _fingerprint(photo) for photo in photos}
    made = _read_cache(cache, engine.recipe_id, fingerprints) if cache else None
    if made is None:
        with progress_bar("Embedding photos") as progress:
            made = embed_photos(engine, photos, jobs=jobs, progress=progress)
        if cache:
            _write_cache(cache, made, fingerprints)
    return [_only(made, {photo.key for photo in photos}) for photos in per_folder]


def join(one: PhotoEmbeddings, other: PhotoEmbeddings) -> PhotoEmbeddings:
    """Both sets, each photo once.

    Raises:
        ModelMismatch: they were made with different recipes.
    """
    if one.recipe_id != other.recipe_id:
        raise ModelMismatch(
            f"One set of photos was embedded with {one.recipe_id}, the other with {other.recipe_id}; "
            "their numbers cannot be compared. Embed both with the same engine."
        )
    known = {*one.keys, *one.not_acquired}
    new = [index for index, key in enumerate(other.keys) if key not in known]
    return PhotoEmbeddings(
        one.recipe_id,
        (*one.keys, *(other.keys[index] for index in new)),
        np.concatenate([one.vectors, other.vectors[new]]),
        (*one.not_acquired, *(key for key in other.not_acquired if key not in known)),
    )


def _only(embeddings: PhotoEmbeddings, wanted: set[PhotoKey]) -> PhotoEmbeddings:
    kept = [index for index, key in enumerate(embeddings.keys) if key in wanted]
    return PhotoEmbeddings(
        embeddings.recipe_id,
        tuple(embeddings.keys[index] for index in kept),
        embeddings.vectors[kept],
        tuple(key for key in embeddings.not_acquired if key in wanted),
    )


def _fingerprint(photo: Photo) -> str:
    status = photo.path.stat()
    return f"{status.st_size}-{status.st_mtime_ns}"


def _read_cache(path: Path, recipe_id: str, wanted: Mapping[PhotoKey, str]) -> PhotoEmbeddings | None:
    try:
        with np.load(path, allow_pickle=False) as arrays:
            about = json.loads(str(arrays["about"]))
            vectors: Float32 = arrays["vectors"]
    except (OSError, ValueError, KeyError, zipfile.BadZipFile):
        return None
    kept = {PhotoKey(person, number): fingerprint for person, number, fingerprint in about["photos"]}
    if about["recipe_id"] != recipe_id or any(kept.get(key) != fingerprint for key, fingerprint in wanted.items()):
        return None
    keys, lost = (tuple(PhotoKey(person, number) for person, number in about[part]) for part in ("keys", "lost"))
    return PhotoEmbeddings(recipe_id, keys, vectors, lost)


def _write_cache(path: Path, made: PhotoEmbeddings, fingerprints: Mapping[PhotoKey, str]) -> None:
    about = {
        "recipe_id": made.recipe_id,
        "keys": made.keys,
        "lost": made.not_acquired,
        "photos": [(*key, fingerprint) for key, fingerprint in fingerprints.items()],
    }
    unfinished = path.with_name(f"{path.name}.{os.getpid()}.part")
    with unfinished.open("wb") as file:
        np.savez(file, about=np.array(json.dumps(about)), vectors=made.vectors)
    unfinished.replace(path)
