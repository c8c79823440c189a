"""What makes two embeddings comparable."""

import hashlib
import json
from dataclasses import asdict, dataclass
from typing import Literal

from facegate.models.catalog import ModelSpec


@dataclass(frozen=True, slots=True)
class Recipe:
    """Everything that decides what an embedding's numbers mean.

    Attributes:
        preset: the engine's name.
        models: names and SHA-256 of the files of the networks that align and embed.
        dimension: numbers in an embedding.
        alignment: name of the way a face is brought into the chip.
        preprocessing: name of what happens to a chip before the network.
        mirror: whether the embeddings of the chip and its mirror image are averaged.
        metric: how embeddings are compared.
    """

    preset: str
    models: tuple[tuple[str, str], ...]
    dimension: int
    alignment: str
    preprocessing: str
    mirror: bool
    metric: Literal["cosine"]

    @classmethod
    def of(
        cls, preset: str, embedder: ModelSpec, *, alignment: str, preprocessing: str, mirror: bool = True
    ) -> "Recipe":
        """The recipe of one embedding network compared by cosine.

        Raises:
            ValueError: `embedder` does not embed.
        """
        if embedder.dimension is None:
            raise ValueError(f"Recipe: the model {embedder.name} does not embed")
        models = ((embedder.name, embedder.sha256),)
        return cls(preset, models, embedder.dimension, alignment, preprocessing, mirror, "cosine")

    @property
    def id(self) -> str:
        """The preset and a digest of everything else, such as `default@0123456789ab`."""
        parts = {name: value for name, value in asdict(self).items() if name != "preset"}
        canonical = json.dumps(parts, sort_keys=True, separators=(",", ":")).encode()
        return f"{self.preset}@{hashlib.sha256(canonical).hexdigest()[:12]}"
