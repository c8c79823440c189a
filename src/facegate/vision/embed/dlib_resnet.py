"""dlib's face recognition ResNet: 29 convolutions, 128 numbers.

Network and weights by Davis E. King (CC0), trained on about three million photos of 7,485 people.
"""

from collections.abc import Iterator

import numpy as np

from facegate.models.runtime import Network
from facegate.types import Float32, UInt8
from facegate.vision.align import CHIP_PX
from facegate.vision.recipe import Recipe

# More chips at a time are no faster on one core, and the network's maps take 3 MB a chip.
_BATCH = 8


class DlibEmbedder:
    """Embeds chips; by default each together with its mirror image, which halves dlib's misses at a low FMR."""

    def __init__(self, network: Network, recipe: Recipe) -> None:
        self._network = network
        self._recipe = recipe

    @property
    def recipe(self) -> Recipe:
        """See :attr:`facegate.vision.embed.base.Embedder.recipe`."""
        return self._recipe

    def embed(self, chips: UInt8, mirror: bool = True) -> Float32:
        """See :meth:`facegate.vision.embed.base.Embedder.embed`."""
        if chips.dtype != np.uint8 or chips.ndim != 4 or chips.shape[1:] != (CHIP_PX, CHIP_PX, 3):
            raise ValueError(
                f"chips: expected uint8 (n, {CHIP_PX}, {CHIP_PX}, 3), got {chips.dtype.name} {chips.shape}"
            )
        parts = [self._unit_vectors(part, mirror) for part in _batches(chips)]
        return np.concatenate(parts) if parts else np.zeros((0, self._recipe.dimension), np.float32)

    def _unit_vectors(self, chips: UInt8, mirror: bool) -> Float32:
        if not mirror:
            return _normalized(self._network(np.ascontiguousarray(chips))[0])
        # In one call: the network's 22 MB of weights then pass through the processor's cache once.
        both = _normalized(self._network(np.concatenate([chips, chips[:, :, ::-1]]))[0])
        return _normalized(both[: len(chips)] + both[len(chips) :])


def _batches(chips: UInt8) -> Iterator[UInt8]:
    for start in range(0, len(chips), _BATCH):
        yield chips[start : start + _BATCH]


def _normalized(vectors: Float32) -> Float32:
    return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
